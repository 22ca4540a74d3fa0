//! `hagen secrets`.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::{Outcome, Said, Stop, load, print};
use crate::cli::Secrets;
use crate::diagnostic::code::command as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::secrets;
use crate::validate;

/// The name that Terraform reads by itself and the emitted .gitignore covers.
const NAME: &str = "secrets.auto.tfvars.json";

/// Makes the secrets of a cluster. The spec must be valid, so that they are made for something
/// that can be rendered; nothing of it goes into them.
pub(super) fn run(arguments: &Secrets) -> Result<Outcome, Stop> {
    let files: Vec<_> = arguments.file.iter().cloned().collect();
    for source in load::specs(&files, None)? {
        let source = source.map_err(|malformed| Stop::Invalid(vec![malformed]))?;
        let mut report = Report::default();
        validate::check(&source, None, &mut report);
        if report.has_errors() {
            return Err(Stop::Invalid(vec![Said::about(source, report)]));
        }
    }
    let path = if arguments.out.is_dir() {
        arguments.out.join(NAME)
    } else if arguments.out.to_string_lossy().ends_with(".tfvars.json") {
        arguments.out.clone()
    } else {
        return Err(Stop::Failed(vec![Said::only(
            Diagnostic::new(
                &code::CANNOT_WRITE_FILE,
                format!(
                    "{} is no folder that is there, and no name of a *.tfvars.json",
                    arguments.out.display()
                ),
            )
            .cure("render first, and name the rendered folder")
            .cure("or name a file that Terraform reads and .gitignore covers, *.auto.tfvars.json"),
        )]));
    };
    if let Err(error) = secrets::write(
        &path,
        &secrets::generate(SystemTime::now()),
        arguments.force,
    ) {
        return Err(refused(&path, &error));
    }
    print::note(
        "keep this file: the same secrets let further nodes join later; never commit it, and keep \
         Terraform's state, which holds them too, where few can read it",
    );
    print::result(&path.display().to_string())?;
    Ok(Outcome::Done)
}

fn refused(path: &Path, error: &io::Error) -> Stop {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Stop::Invalid(vec![Said::only(
            Diagnostic::new(
                &code::FILE_EXISTS,
                format!("{} holds secrets already", path.display()),
            )
            .cure("keep them: a running cluster does not know new ones")
            .cure("for a new cluster, name another file with --out, or replace it with --force"),
        )]);
    }
    Stop::Failed(vec![Said::only(
        Diagnostic::new(
            &code::CANNOT_WRITE_FILE,
            format!(
                "{} cannot be written: {}",
                path.display(),
                print::reason(error)
            ),
        )
        .cure("check that the folder is there and may be written to"),
    )])
}
