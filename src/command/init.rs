//! `hagen init`.

use std::io::Write as _;
use std::path::Path;

use super::{Outcome, Said, Stop, print, rendering, schema};
use crate::cli::Init;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::command as code;

/// The schema's name beside the spec, as the spec's first line has it.
const SCHEMA: &str = "hagen.schema.json";

/// Writes a spec to start from and its schema, or prints the spec.
pub(super) fn run(arguments: &Init) -> Result<Outcome, Stop> {
    let example = rendering::target(&arguments.provider).example();
    if arguments.out.as_os_str() == "-" {
        print::result(example)?;
        return Ok(Outcome::Done);
    }
    let schema_path = arguments.out.with_file_name(SCHEMA);
    if !arguments.force && arguments.out.symlink_metadata().is_ok() {
        return Err(Stop::Invalid(vec![Said::only(
            Diagnostic::new(
                &code::FILE_EXISTS,
                format!("{} is there already", arguments.out.display()),
            )
            .cure("choose another name with --out, or replace it with --force"),
        )]));
    }
    write(&arguments.out, example)?;
    // The schema is hagen's own text and goes with the version of hagen.
    write(&schema_path, &schema::text())?;
    print::note(&format!(
        "next: edit {}, then `hagen validate --file {}`; {} is for your editor",
        arguments.out.display(),
        arguments.out.display(),
        schema_path.display()
    ));
    print::result(&arguments.out.display().to_string())?;
    Ok(Outcome::Done)
}

/// Writes a whole file or none.
fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.persist(path).map_err(|error| error.error)
        })
        .map_err(|error| {
            Stop::Failed(vec![Said::only(
                Diagnostic::new(
                    &code::CANNOT_WRITE_FILE,
                    format!(
                        "{} cannot be written: {}",
                        path.display(),
                        print::reason(&error)
                    ),
                )
                .cure("check that the folder is there and may be written to"),
            )])
        })?;
    Ok(())
}
