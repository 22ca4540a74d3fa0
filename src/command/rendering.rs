//! From specs to files in memory, and to the folders they belong in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Said, Stop, load, print};
use crate::artifact::ArtifactSet;
use crate::cli::Input;
use crate::diagnostic::code::{command, output as code};
use crate::diagnostic::{Diagnostic, Report};
use crate::plan;
use crate::provider::{self, Provider};
use crate::source::Source;
use crate::validate;
use crate::write::{self, Failure, Folder, LOCK, Lock, Problem};

/// A cluster that is rendered in memory, with its folder as it is now.
pub(super) struct Rendered {
    /// The cluster's name.
    pub(super) cluster: String,
    /// The spec.
    pub(super) source: Source,
    /// The files, the lock among them.
    pub(super) artifacts: ArtifactSet,
    /// The lock.
    pub(super) lock: Lock,
    /// The folder.
    pub(super) folder: Folder,
    /// How the user calls the folder.
    pub(super) shown: PathBuf,
}

/// Renders every spec of the input, all or none: a problem in one stops all, and all problems
/// are said. With `look_only` nothing on the disk is touched.
pub(super) fn all(input: &Input, look_only: bool) -> Result<Vec<Rendered>, Stop> {
    let provider = target(&input.provider);
    let sources = load::specs(&input.file, Some(provider))?;
    let many = sources.len() > 1 || input.file.iter().any(|path| path.is_dir());
    let mut rendered = Vec::new();
    let mut said = Vec::new();
    let mut folders = BTreeSet::new();
    for source in sources {
        let source = match source {
            Ok(source) => source,
            Err(malformed) => {
                said.push(malformed);
                continue;
            }
        };
        let mut report = Report::default();
        let Some((cluster, mut artifacts, immutable)) = one(&source, provider, &mut report) else {
            said.push(Said::about(source, report));
            continue;
        };
        if !report.is_empty() {
            print::said(&Said::about(source.clone(), report));
        }
        let shown = place(input.out.as_deref(), many, &cluster, provider.name());
        if !folders.insert(shown.clone()) {
            said.push(Said::only(
                Diagnostic::new(
                    &command::SAME_FOLDER,
                    format!(
                        "{} would be rendered twice, the second time from {}",
                        shown.display(),
                        source.name
                    ),
                )
                .cure("give the clusters different names"),
            ));
            continue;
        }
        let lock = Lock::new(&cluster, provider.name(), immutable, &artifacts);
        artifacts.insert(LOCK, lock.to_text());
        let folder =
            write::read(&shown, &artifacts, look_only).map_err(|failure| failed(&failure))?;
        rendered.push(Rendered {
            cluster,
            source,
            artifacts,
            lock,
            folder,
            shown,
        });
    }
    if said.is_empty() {
        Ok(rendered)
    } else {
        Err(Stop::Invalid(said))
    }
}

/// The target of this name. clap lets no other through.
pub(super) fn target(name: &str) -> &'static dyn Provider {
    match provider::find(name) {
        Some(provider) => provider,
        None => unreachable!("clap checks the names of targets"),
    }
}

type Files = (String, ArtifactSet, BTreeMap<String, serde_json::Value>);

/// One spec: its cluster's name, files, and what may not change. Nothing on an error, which is
/// then in the report.
fn one(source: &Source, provider: &dyn Provider, report: &mut Report) -> Option<Files> {
    let spec = validate::check(source, Some(provider.name()), report)?;
    if !spec.targets.has(provider.name()) {
        report.push(no_target(provider.name()));
    }
    if report.has_errors() {
        return None;
    }
    let plan = plan::build(&spec, provider.name());
    let mut artifacts = ArtifactSet::default();
    provider.render(&plan, &mut artifacts);
    provider.check(&plan, report);
    if report.has_errors() {
        return None;
    }
    let mut immutable = plan.immutable();
    immutable.extend(provider.immutable(&plan));
    Some((plan.cluster.clone(), artifacts, immutable))
}

/// A spec that has nothing for a target.
pub(super) fn no_target(name: &str) -> Diagnostic {
    Diagnostic::new(
        &command::NO_SUCH_TARGET,
        format!("the spec has no `targets.{name}`"),
    )
    .key("targets", "these are all")
    .cure(format!(
        "add it; `hagen init --provider {name} --out -` prints an example"
    ))
}

/// Where a cluster goes.
fn place(out: Option<&Path>, many: bool, cluster: &str, provider: &str) -> PathBuf {
    let name = format!("{cluster}-{provider}");
    match out {
        Some(out) if many => out.join(name),
        Some(out) => out.to_owned(),
        None => Path::new("out").join(name),
    }
}

/// Refuses a write that something stands against.
pub(super) fn allow(rendered: &Rendered, force: bool) -> Result<(), Said> {
    let problems = rendered
        .folder
        .problems(&rendered.artifacts, &rendered.lock, force);
    if problems.is_empty() {
        return Ok(());
    }
    let mut report = Report::default();
    for problem in problems {
        report.push(in_words(&problem, &rendered.shown));
    }
    Err(Said::about(rendered.source.clone(), report))
}

pub(super) fn in_words(problem: &Problem, folder: &Path) -> Diagnostic {
    let folder = folder.display();
    match problem {
        Problem::Edited(path) => Diagnostic::new(
            &code::EDITED_FILE,
            format!("{folder}/{path} was edited since it was rendered"),
        )
        .cure("move the edit into the spec or a file of your own, then render with --force"),
        Problem::Foreign(path) => Diagnostic::new(
            &code::FOREIGN_FILE,
            format!("{folder}/{path} is there and is not hagen's own"),
        )
        .cure("rename it, or render with --force to replace it"),
        Problem::Link(path) => Diagnostic::new(
            &code::LINK_IN_FOLDER,
            format!("{folder}/{path} is a symbolic link"),
        )
        .cure("remove the link: hagen writes only inside the folder"),
        Problem::TerraformRuns => Diagnostic::new(
            &code::TERRAFORM_RUNNING,
            format!("Terraform is at work in {folder}"),
        )
        .cure("wait until it is done; after a crash, `terraform force-unlock`"),
        Problem::OtherCluster { cluster, target } => Diagnostic::new(
            &code::OTHER_CLUSTER,
            format!("{folder} holds the cluster `{cluster}` on {target}"),
        )
        .value("name", "this is another cluster")
        .cure("choose another folder with --out"),
        Problem::Immutable {
            field,
            before,
            after,
        } => Diagnostic::new(
            &code::IMMUTABLE_FIELD,
            format!("`{field}` may not change: it is {before} and would become {after}"),
        )
        .value(
            field.clone(),
            format!("was {before} when {folder} was rendered"),
        )
        .cure(format!(
            "put {before} back, or render a new cluster into a new folder"
        )),
    }
}

/// A folder that could not be read or written.
pub(super) fn failed(failure: &Failure) -> Stop {
    match failure {
        Failure::BrokenLock(reason) => Stop::Invalid(vec![Said::only(
            Diagnostic::new(
                &code::BROKEN_LOCK,
                format!("hagen.lock.json cannot be read: {reason}"),
            )
            .cure("restore it from version control and render again"),
        )]),
        Failure::Io(path, error) => Stop::Failed(vec![Said::only(
            Diagnostic::new(
                &code::CANNOT_WRITE,
                format!("{}: {error}", path.display()),
            )
            .cure("nothing was changed: make room or give permission, or choose another folder with --out"),
        )]),
    }
}
