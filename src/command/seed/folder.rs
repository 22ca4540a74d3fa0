//! The folder that seeds go to, which is replaced as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::rendered::{Rendered, invalid};
use super::{Secret, image};
use crate::command::{Said, Stop};
use crate::diagnostic::code::output as code;
use crate::diagnostic::{Diagnostic, List};
use crate::secrets::Staging;
use crate::write::{LOCK, digest};

/// Says which files in the folder are hagen's.
const RECORD: &str = "hagen.seed.json";
/// Keeps git from all of the folder, wherever it is.
const IGNORE: &str = ".gitignore";
/// How many files an error names.
const NAMED: usize = 5;

/// What one machine boots with.
pub(super) struct Seed {
    pub(super) node: String,
    pub(super) user_data: Secret,
    pub(super) meta_data: String,
    pub(super) network_config: String,
}

impl Seed {
    fn files(&self) -> [(String, &str); 3] {
        let path = |name: &str| format!("{}/{name}", self.node);
        [
            (path("user-data"), self.user_data.as_str()),
            (path("meta-data"), &self.meta_data),
            (path("network-config"), &self.network_config),
        ]
    }

    fn image(&self) -> String {
        format!("{}.iso", self.node)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Record {
    cluster: String,
    /// The files that are hagen's, and their digests.
    files: BTreeMap<String, String>,
}

/// The folder that seeds go to.
pub(super) struct Folder {
    /// How the user calls it.
    pub(super) shown: PathBuf,
    path: PathBuf,
}

impl Folder {
    /// The one that is named, or `seed` in the rendered folder.
    pub(super) fn new(named: Option<&Path>, rendered: &Rendered) -> Result<Self, Stop> {
        let Some(named) = named else {
            // A link in the rendered folder is nobody's choice.
            return Ok(Self {
                shown: rendered.shown.join("seed"),
                path: rendered.path.join("seed"),
            });
        };
        let failed = |error: io::Error| cannot_write(named, &error);
        let path = if named.is_dir() {
            fs::canonicalize(named).map_err(failed)?
        } else {
            let absolute = std::path::absolute(named).map_err(failed)?;
            let (Some(above), Some(name)) = (absolute.parent(), absolute.file_name()) else {
                return Err(failed(io::ErrorKind::InvalidInput.into()));
            };
            fs::create_dir_all(above).map_err(failed)?;
            fs::canonicalize(above).map_err(failed)?.join(name)
        };
        Ok(Self {
            shown: named.to_owned(),
            path,
        })
    }

    /// Writes seeds, and removes what earlier runs wrote for machines that are gone. Gives the names of what
    /// was removed.
    pub(super) fn write(
        &self,
        seeds: &[Seed],
        rendered: &Rendered,
        images: bool,
        force: bool,
    ) -> Result<Vec<String>, Stop> {
        let before = self.look(&rendered.cluster, force)?;
        let mut coming: BTreeSet<String> = BTreeSet::from([RECORD, IGNORE].map(str::to_owned));
        for seed in seeds {
            coming.extend(seed.files().map(|(path, _)| path));
            if images {
                coming.insert(seed.image());
            }
        }
        // Seeds of machines that are gone, and images of older seeds.
        let going: BTreeSet<String> = before
            .files
            .keys()
            .filter(|path| !coming.contains(*path))
            .filter(|path| {
                let node = node_of(path);
                !rendered.has(node) || seeds.iter().any(|seed| seed.node == node)
            })
            .cloned()
            .collect();
        self.check(&before, &coming, &going, force)?;
        self.replace(seeds, &before, (&coming, &going), rendered, images)?;
        let removed: BTreeSet<String> = going
            .into_iter()
            .map(|path| match path.split_once('/') {
                Some((node, _)) if !rendered.has(node) => node.to_owned(),
                _ => path,
            })
            .collect();
        Ok(removed.into_iter().collect())
    }

    /// What is there: nothing, or what an earlier run wrote.
    fn look(&self, cluster: &str, force: bool) -> Result<Record, Stop> {
        let shown = self.shown.display();
        let found = match self.path.symlink_metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Record::default()),
            Err(error) => return Err(cannot_write(&self.shown, &error)),
        };
        if found.is_symlink() {
            return Err(invalid(
                Diagnostic::new(&code::LINK_IN_FOLDER, format!("{shown} is a symbolic link"))
                    .cure("remove the link, or name another folder with --out"),
            ));
        }
        if !found.is_dir() {
            return Err(invalid(not_a_seed(format!("{shown} is no folder"))));
        }
        if self.path.join(LOCK).symlink_metadata().is_ok() {
            return Err(invalid(
                Diagnostic::new(
                    &code::NOT_A_SEED,
                    format!("{shown} is a rendered folder, which is committed"),
                )
                .cure("name another with --out; without it, seeds go to DIR/seed"),
            ));
        }
        if std::env::current_dir().is_ok_and(|current| current.starts_with(&self.path)) {
            return Err(failed_because(
                &self.shown,
                "you stand in it, and would be left in the old one",
                "go out of it, and run again",
            ));
        }
        let text = fs::read_to_string(self.path.join(RECORD)).ok();
        let record = text.and_then(|text| serde_json::from_str::<Record>(&text).ok());
        match record {
            Some(record) if record.cluster != cluster => Err(invalid(
                Diagnostic::new(
                    &code::OTHER_CLUSTER,
                    format!(
                        "{shown} holds the seeds of the cluster `{}`",
                        record.cluster
                    ),
                )
                .cure("name another folder with --out, or delete this one"),
            )),
            Some(record) => Ok(record),
            None => {
                let other =
                    holds_files(&self.path).map_err(|error| cannot_write(&self.shown, &error))?;
                if other && !force {
                    return Err(invalid(not_a_seed(format!(
                        "{shown} holds other files, and no {RECORD}"
                    ))));
                }
                Ok(Record::default())
            }
        }
    }

    /// Refuses to replace or remove what is not as hagen wrote it.
    fn check(
        &self,
        before: &Record,
        coming: &BTreeSet<String>,
        going: &BTreeSet<String>,
        force: bool,
    ) -> Result<(), Stop> {
        let mut wrong = BTreeSet::new();
        for path in coming.union(going).filter(|path| *path != RECORD) {
            let full = self.path.join(path);
            let above = node_folder(path).map(|folder| self.path.join(folder));
            if let Some(above) = above
                && let Ok(found) = above.symlink_metadata()
                && !found.is_dir()
            {
                wrong.insert(node_of(path).to_owned());
                continue;
            }
            let Ok(found) = full.symlink_metadata() else {
                continue;
            };
            if found.is_dir() {
                return Err(invalid(not_a_seed(format!(
                    "{} is a folder",
                    self.shown.join(path).display()
                ))));
            }
            let own = found.is_file()
                && before.files.get(path).is_some_and(|written| {
                    fs::read(&full).is_ok_and(|bytes| digest(&bytes) == *written)
                });
            if !own {
                wrong.insert(path.clone());
            }
        }
        if wrong.is_empty() || force {
            return Ok(());
        }
        let some: Vec<&String> = wrong.iter().take(NAMED).collect();
        let more = wrong.len() - some.len();
        let mut list = List(some, "and").to_string();
        if more > 0 {
            list = format!("{list}, and {more} more");
        }
        Err(invalid(not_a_seed(format!(
            "{} has something in the way that hagen did not write so: {list}",
            self.shown.display()
        ))))
    }

    /// Makes the new folder beside the old one, and changes them.
    fn replace(
        &self,
        seeds: &[Seed],
        before: &Record,
        (coming, going): (&BTreeSet<String>, &BTreeSet<String>),
        rendered: &Rendered,
        images: bool,
    ) -> Result<(), Stop> {
        let failed = |error: io::Error| cannot_write(&self.shown, &error);
        let staging = Staging::beside(&self.path, rendered.locked.as_deref()).map_err(failed)?;
        let folders: BTreeSet<&str> = coming.iter().filter_map(|path| node_folder(path)).collect();
        let leave = |path: &str| {
            let in_the_way = folders.contains(path) && !self.path.join(path).is_dir()
                || folders.contains(path) && self.path.join(path).is_symlink();
            coming.contains(path) || going.contains(path) || in_the_way
        };
        if self.path.is_dir() {
            staging.take_over(&leave).map_err(failed)?;
        }
        let mut record = Record {
            cluster: rendered.cluster.clone(),
            files: before.files.clone(),
        };
        record
            .files
            .retain(|path, _| !coming.contains(path) && !going.contains(path));
        let put = |record: &mut Record, path: &str, bytes: &[u8]| {
            record.files.insert(path.to_owned(), digest(bytes));
            staging.write(path, bytes)
        };
        put(&mut record, IGNORE, b"*\n").map_err(failed)?;
        for seed in seeds {
            for (path, text) in seed.files() {
                put(&mut record, &path, text.as_bytes()).map_err(failed)?;
            }
            if images {
                let path = seed.image();
                staging.write(&path, b"").map_err(failed)?;
                image::make(staging.path(), &seed.node)?;
                let bytes = staging.close(&path).map_err(failed)?;
                record.files.insert(path, digest(&bytes));
            }
        }
        let text = serde_json::to_string_pretty(&record).map_err(|error| failed(error.into()))?;
        staging
            .write(RECORD, format!("{text}\n").as_bytes())
            .map_err(failed)?;
        staging.exchange().map_err(failed)
    }
}

/// Whether there is anything but empty folders, which are left where seeds were shredded.
fn holds_files(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || holds_files(&entry.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The machine that a file is of.
fn node_of(path: &str) -> &str {
    match path.split_once('/') {
        Some((node, _)) => node,
        None => path.strip_suffix(".iso").unwrap_or(path),
    }
}

/// The folder that a file is in.
fn node_folder(path: &str) -> Option<&str> {
    path.split_once('/').map(|(folder, _)| folder)
}

fn not_a_seed(message: String) -> Diagnostic {
    Diagnostic::new(&code::NOT_A_SEED, message)
        .cure("name another folder with --out")
        .cure("or give --force: seeds replace what is in their way, and other files stay")
}

fn cannot_write(shown: &Path, error: &io::Error) -> Stop {
    use io::ErrorKind as Kind;
    let (reason, cure) = match error.kind() {
        Kind::InvalidInput | Kind::Unsupported | Kind::CrossesDevices | Kind::ResourceBusy => (
            format!("it cannot change places with a new one ({error})"),
            "delete it first, or name another folder with --out: this is a mount point, or a file system that cannot exchange folders",
        ),
        _ => (
            error.to_string(),
            "make room or give permission, or name another folder with --out",
        ),
    };
    failed_because(shown, &reason, cure)
}

fn failed_because(shown: &Path, reason: &str, cure: &str) -> Stop {
    Stop::Failed(vec![Said::only(
        Diagnostic::new(
            &code::CANNOT_WRITE,
            format!("{} cannot be written: {reason}", shown.display()),
        )
        .cure(format!("{cure}; nothing was changed")),
    )])
}
