//! The rendered folder: what it must be to be seeded, and the machines in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::artifact::ArtifactSet;
use crate::command::{Said, Stop, load, rendering};
use crate::component::placeholder;
use crate::component::secrets::{self, ROLES, Secret};
use crate::diagnostic::code::{command, output as code};
use crate::diagnostic::{Count, Diagnostic, List, Report, closest};
use crate::plan::Role;
use crate::provider;
use crate::secrets::lock;
use crate::write::{self, Failure, LOCK, Problem};

/// How many files an error names.
const NAMED: usize = 5;

/// A rendered folder of bare metal, as it was rendered.
pub(super) struct Rendered {
    /// How the user calls it.
    pub(super) shown: PathBuf,
    /// Where it is.
    pub(super) path: PathBuf,
    /// The cluster.
    pub(super) cluster: String,
    machines: Vec<Machine>,
    /// The folder whose lock is held: a render waits until the seeds are written.
    pub(super) locked: Option<PathBuf>,
    _guard: Option<File>,
}

/// A machine, as its cloud-init has it.
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) role: Role,
    /// Whether it waits for its secrets, and has none in its cloud-init.
    pub(super) waits: bool,
    pub(super) cloud_init: String,
    pub(super) network_config: String,
}

#[derive(Deserialize)]
struct CloudConfig {
    write_files: Vec<WrittenFile>,
}

#[derive(Deserialize)]
struct WrittenFile {
    path: String,
    #[serde(default)]
    content: String,
}

impl Rendered {
    /// Reads the folder, and refuses one that is not as it was rendered, or not for bare metal.
    pub(super) fn read(shown: &Path) -> Result<Self, Stop> {
        if !shown.is_dir() {
            return Err(invalid(not_rendered(shown, "is no folder")));
        }
        let path = fs::canonicalize(shown).map_err(|error| load::unreadable(shown, &error))?;
        // As `hagen render` does, so that neither sees half of the other. Who may not look into the folder
        // above goes without.
        let above = path.parent();
        let guard = above.and_then(|above| lock(above).ok());
        let locked = above.filter(|_| guard.is_some()).map(Path::to_owned);
        let folder =
            write::read(&path, &ArtifactSet::default(), true).map_err(
                |failure| match &failure {
                    Failure::Io(path, error) => load::unreadable(path, error),
                    Failure::BrokenLock(_) => rendering::failed(&failure),
                },
            )?;
        let Some(lock) = &folder.lock else {
            let why = format!("has no {LOCK}");
            return Err(invalid(not_rendered(shown, &why)));
        };
        check_target(shown, &lock.cluster, &lock.target)?;
        // It becomes a part of the machine's id, and so of paths on it.
        if !is_name(&lock.cluster) {
            let why = format!("has a {LOCK} that names no cluster");
            return Err(invalid(not_rendered(shown, &why)));
        }
        let mut wrong = BTreeSet::new();
        for problem in folder.problems(&ArtifactSet::default(), lock, false) {
            match problem {
                Problem::Link(_) => return Err(invalid(rendering::in_words(&problem, shown))),
                Problem::Edited(path) => {
                    wrong.insert(path);
                }
                _ => {}
            }
        }
        let missing = lock
            .files
            .keys()
            .filter(|path| !folder.files.contains_key(*path));
        wrong.extend(missing.cloned());
        if !wrong.is_empty() {
            return Err(invalid(not_as_rendered(shown, &wrong)));
        }
        let machines = machines(shown, &folder.files)?;
        if machines.is_empty() {
            return Err(invalid(not_rendered(shown, "has no machine in it")));
        }
        Ok(Self {
            shown: shown.to_owned(),
            path,
            cluster: lock.cluster.clone(),
            machines,
            locked,
            _guard: guard,
        })
    }

    /// The machines of these names, or all.
    pub(super) fn machines(&self, named: &[String]) -> Result<Vec<&Machine>, Stop> {
        let mut report = Report::default();
        for name in named {
            if self.has(name) {
                continue;
            }
            let names: Vec<&str> = self.names().collect();
            let mut problem = Diagnostic::new(
                &command::NO_SUCH_NODE,
                format!("{} has no node `{name}`", self.shown.display()),
            )
            .cure(format!("it has {}", List(names.clone(), "and")));
            if let Some(meant) = closest(name, names) {
                problem = problem.cure(format!("did you mean `{meant}`?"));
            }
            report.push(problem);
        }
        if report.has_errors() {
            return Err(Stop::Invalid(vec![Said {
                report,
                source: None,
                text: (String::new(), String::new()),
            }]));
        }
        let wanted = |machine: &&Machine| named.is_empty() || named.contains(&machine.name);
        Ok(self.machines.iter().filter(wanted).collect())
    }

    /// The names of all machines.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.machines.iter().map(|machine| machine.name.as_str())
    }

    /// Whether a machine has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }
}

impl Machine {
    /// The secrets that are to be put in. Where a machine waits for them, their words are for its script.
    pub(super) fn words(&self) -> Vec<Secret> {
        if self.waits {
            return Vec::new();
        }
        let mut words: Vec<Secret> = Vec::new();
        for secret in ROLES.into_iter().flat_map(secrets::at_most) {
            let word = secret.placeholder;
            if self.cloud_init.contains(word) && words.iter().all(|own| own.placeholder != word) {
                words.push(secret);
            }
        }
        words
    }

    /// A word in the cloud-init that no seed of this machine may have something for, or nobody here knows.
    pub(super) fn unknown_word(&self) -> Option<String> {
        let allowed = secrets::at_most(self.role);
        if let Some(secret) = self.words().into_iter().find(|secret| {
            allowed
                .iter()
                .all(|own| own.placeholder != secret.placeholder)
        }) {
            return Some(secret.placeholder.to_owned());
        }
        // Names and addresses that clouds give.
        let of_clouds = [
            placeholder::API_HOST,
            placeholder::PUBLIC_API_HOST,
            placeholder::SECRETS_URL,
            placeholder::CONTROL_PLANE_ADDRESSES,
            placeholder::LOAD_BALANCER_ADDRESSES,
            placeholder::ETCD_HOSTS,
            &placeholder::address_of(""),
        ];
        of_clouds
            .into_iter()
            .find(|word| self.cloud_init.contains(*word))
            .map(str::to_owned)
    }
}

/// The machines, by the names of their cloud-init.
fn machines(shown: &Path, files: &BTreeMap<String, String>) -> Result<Vec<Machine>, Stop> {
    let mut machines = Vec::new();
    for (path, text) in files {
        let name = path
            .strip_prefix("cloud-init/")
            .and_then(|rest| rest.strip_suffix(".yaml"));
        let Some(name) = name.filter(|name| is_name(name)) else {
            continue;
        };
        let network = files.get(&format!("network-config/{name}.yaml"));
        let environment = environment(text);
        let value = |key: &str| {
            let quoted = environment.iter().find_map(|line| line.strip_prefix(key));
            quoted.map(|quoted| quoted.trim_matches('\'').to_owned())
        };
        let role = value("HAGEN_ROLE=")
            .and_then(|word| ROLES.into_iter().find(|role| secrets::role(*role) == word));
        let (Some(role), Some(network)) = (role, network) else {
            return Err(invalid(cannot_seed(
                shown,
                name,
                "says no role that is known, or has no network-config",
            )));
        };
        machines.push(Machine {
            name: name.to_owned(),
            role,
            waits: value("HAGEN_SECRETS=").is_some_and(|mode| mode == "drop"),
            cloud_init: text.clone(),
            network_config: network.clone(),
        });
    }
    Ok(machines)
}

/// A name of a machine or a cluster is a DNS label: anything else is no part of a path.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The lines of `/etc/hagen/node.env` in a cloud-init.
fn environment(cloud_init: &str) -> Vec<String> {
    let config: Option<CloudConfig> = serde_saphyr::from_str(cloud_init).ok();
    let files = config.map(|config| config.write_files).unwrap_or_default();
    files
        .into_iter()
        .filter(|file| file.path == "/etc/hagen/node.env")
        .flat_map(|file| {
            let lines: Vec<String> = file.content.lines().map(str::to_owned).collect();
            lines
        })
        .collect()
}

/// Refuses a folder of a target whose machines get their user data otherwise.
fn check_target(shown: &Path, cluster: &str, target: &str) -> Result<(), Stop> {
    let folder = shown.display();
    let title = match provider::find(target) {
        Some(provider) if !provider.has_terraform() => return Ok(()),
        Some(provider) => provider.title(),
        None => target,
    };
    Err(invalid(
        Diagnostic::new(
            &code::NO_SEEDS_HERE,
            format!("{folder} holds the cluster `{cluster}` on {title}, where Terraform hands machines their user data"),
        )
        .cure(format!("`terraform -chdir={folder} apply`, with the secrets that `hagen secrets --out {folder}` makes"))
        .cure("for bare metal, name the folder that `hagen render --provider baremetal` wrote"),
    ))
}

fn not_rendered(shown: &Path, why: &str) -> Diagnostic {
    Diagnostic::new(&code::NOT_RENDERED, format!("{} {why}", shown.display()))
        .cure("name the folder that `hagen render --provider baremetal` wrote")
}

fn not_as_rendered(shown: &Path, wrong: &BTreeSet<String>) -> Diagnostic {
    let mut named: Vec<String> = wrong.iter().take(NAMED).cloned().collect();
    let more = wrong.len() - named.len();
    let last = named.pop().unwrap_or_default();
    let list = match (named.is_empty(), more) {
        (true, _) => format!("`{last}`"),
        (false, 0) => {
            named.push(last);
            List(named, "and").to_string()
        }
        (false, _) => {
            named.push(last);
            format!("{} and {more} more", List(named, ","))
        }
    };
    let verb = if wrong.len() == 1 { "is" } else { "are" };
    Diagnostic::new(
        &code::NOT_AS_RENDERED,
        format!(
            "{} of {} {verb} not as rendered, or not there: {list}",
            Count(wrong.len(), "file"),
            shown.display()
        ),
    )
    .cure("put it back from version control: what goes onto machines is what was reviewed")
    .cure("to keep an edit, move it into the spec; then `hagen render --force`")
}

/// A cloud-init that no seed can be made of.
pub(super) fn cannot_seed(shown: &Path, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        &code::CANNOT_SEED,
        format!("{}/cloud-init/{name}.yaml {why}", shown.display()),
    )
    .cure("render the folder again with this version of hagen, and review what changes")
}

/// What is wrong with the command or what it names.
pub(super) fn invalid(diagnostic: Diagnostic) -> Stop {
    Stop::Invalid(vec![Said::only(diagnostic)])
}
