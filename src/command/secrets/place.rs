//! Where secrets are, and whose they are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Said, Stop};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::{command as code, output};
use crate::provider::{self, PROVIDERS, Provider};
use crate::secrets::Secrets;
use crate::spec::{Cluster, SecretsMode};
use crate::write::{LOCK, Lock};

/// The name that Terraform reads by itself and the emitted .gitignore covers.
const FOR_TERRAFORM: &str = "secrets.auto.tfvars.json";
/// A name that Terraform does not read: no secret may come into its state, or there is no Terraform.
pub(in crate::command) const FOR_OPERATOR: &str = "secrets.operator.json";

/// The lock of a rendered folder.
fn lock_of(folder: &Path) -> Option<Lock> {
    let text = fs::read_to_string(folder.join(LOCK)).ok()?;
    serde_json::from_str(&text).ok()
}

/// Refuses secrets in the folder of another cluster: they would be taken for its own. `what` is of this
/// one.
pub(in crate::command) fn beside_its_cluster(
    cluster: &str,
    what: &str,
    secrets: &Path,
) -> Result<(), Stop> {
    let folder = secrets.parent().unwrap_or(Path::new(""));
    let Some(lock) = lock_of(folder).filter(|lock| lock.cluster != cluster) else {
        return Ok(());
    };
    Err(other_cluster(format!(
        "{} holds the cluster `{}` on {}, and {what} is of `{cluster}`",
        folder.display(),
        lock.cluster,
        lock.target,
    )))
}

/// Refuses secrets that say that they are of another cluster.
pub(in crate::command) fn of_cluster(
    cluster: &str,
    what: &str,
    secrets: &Secrets,
    path: &Path,
) -> Result<(), Stop> {
    match secrets.cluster() {
        Some(other) if other != cluster => Err(other_cluster(format!(
            "{} has the secrets of the cluster `{other}`, and {what} is of `{cluster}`",
            path.display(),
        ))),
        _ => Ok(()),
    }
}

fn other_cluster(message: String) -> Stop {
    Stop::Invalid(vec![Said::only(
        Diagnostic::new(&output::OTHER_CLUSTER, message)
            .cure("name a folder, secrets and a spec of one cluster"),
    )])
}

/// Whether Terraform makes the machines of a folder and hands them their secrets: the folder's lock says it;
/// without one, the targets of the spec.
pub(super) fn has_terraform(out: &Path, spec: &Cluster) -> bool {
    let folder = if out.is_dir() {
        Some(out)
    } else {
        out.parent()
    };
    match folder.and_then(lock_of) {
        Some(lock) => provider::find(&lock.target).is_none_or(Provider::has_terraform),
        None => PROVIDERS
            .iter()
            .any(|provider| spec.targets.has(provider.name()) && provider.has_terraform()),
    }
}

/// Whether Terraform is to read secrets at a path: not with `mode: drop`, which keeps them from it.
pub(in crate::command) fn terraform_reads(out: &Path, spec: &Cluster) -> bool {
    !matches!(spec.secrets.mode, SecretsMode::Drop(_)) && has_terraform(out, spec)
}

/// Where the secrets go. A slip must not leave them in a file that nothing ignores, nor in one that
/// Terraform reads where it must not know them.
pub(super) fn place(out: &Path, spec: &Cluster, terraform: bool) -> Result<PathBuf, Stop> {
    let drop = matches!(spec.secrets.mode, SecretsMode::Drop(_));
    let own = if terraform {
        FOR_TERRAFORM
    } else {
        FOR_OPERATOR
    };
    if out.is_dir() {
        return Ok(out.join(own));
    }
    let name = out
        .file_name()
        .map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let fits = if terraform {
        name.ends_with(".tfvars.json")
    } else {
        let middle = name
            .strip_prefix("secrets.")
            .and_then(|rest| rest.strip_suffix(".json"));
        middle.is_some_and(|middle| middle != "tfvars" && !middle.ends_with(".tfvars"))
    };
    if fits {
        return Ok(out.to_owned());
    }
    let (what, cure) = if drop {
        (
            "secrets.*.json, with which `mode: drop` keeps secrets from Terraform",
            "or name a file that Terraform does not read and .gitignore covers, secrets.*.json",
        )
    } else if terraform {
        (
            "*.tfvars.json",
            "or name a file that Terraform reads and .gitignore covers, *.auto.tfvars.json",
        )
    } else {
        (
            "secrets.*.json, which .gitignore covers",
            "or name a file that .gitignore covers, secrets.*.json",
        )
    };
    Err(Stop::Failed(vec![Said::only(
        Diagnostic::new(
            &code::CANNOT_WRITE_FILE,
            format!(
                "{} is no folder that is there, and no name of a {what}",
                out.display()
            ),
        )
        .cure("render first, and name the rendered folder")
        .cure(cure),
    )]))
}

/// The file of secrets that is meant: one that is named, or that of a folder.
pub(in crate::command) fn find(named: &Path, terraform: bool) -> PathBuf {
    if !named.is_dir() {
        return named.to_owned();
    }
    let names = if terraform {
        [FOR_TERRAFORM, FOR_OPERATOR]
    } else {
        [FOR_OPERATOR, FOR_TERRAFORM]
    };
    let paths = names.map(|name| named.join(name));
    paths
        .iter()
        .find(|path| path.exists())
        .unwrap_or(&paths[0])
        .clone()
}
