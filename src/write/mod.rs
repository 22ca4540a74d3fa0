//! Output: the only module that writes rendered files.
//!
//! Three steps, so that `render`, `render --check` and `diff` share all but the last: [`read`]
//! looks at the folder as it is, [`Folder::problems`] and [`Folder::changes`] say what stands
//! against a write and what it would do, [`commit()`] does it, all or nothing.

mod commit;
mod in_place;
mod lock;

pub use commit::commit;
pub use lock::{LOCK, Lock, digest};

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::artifact::ArtifactSet;

/// A folder as it is, as far as hagen's files go.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// The lock that is in it.
    pub lock: Option<Lock>,
    /// The text of each file that hagen wrote or would write, if it is there. What is not
    /// UTF-8 is not hagen's own and is shown with replacement characters.
    pub files: BTreeMap<String, String>,
    /// The digest of each of these.
    digests: BTreeMap<String, String>,
    links: Vec<String>,
    terraform_runs: bool,
}

/// Something that stands against a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A rendered file was edited.
    Edited(String),
    /// A file of someone else's stands where a rendered one belongs.
    Foreign(String),
    /// A path is a symbolic link.
    Link(String),
    /// Terraform is at work in the folder.
    TerraformRuns,
    /// The folder is of another cluster or target.
    OtherCluster {
        /// The cluster that the lock names.
        cluster: String,
        /// The target that the lock names.
        target: String,
    },
    /// The spec would change what may not change.
    Immutable {
        /// The route of keys.
        field: String,
        /// What the folder was rendered with.
        before: String,
        /// What the spec says now.
        after: String,
    },
}

/// Why a folder could not be read or written.
#[derive(Debug)]
pub enum Failure {
    /// The lock is not the JSON that hagen wrote.
    BrokenLock(String),
    /// The operating system refused.
    Io(PathBuf, io::Error),
}

/// What a write does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// Its text changes.
    Changed,
    /// It goes: hagen wrote it and does not render it any more.
    Removed,
}

/// Looks at a folder. An interrupted write of an earlier run is finished or undone first,
/// unless `look_only`.
pub fn read(path: &Path, artifacts: &ArtifactSet, look_only: bool) -> Result<Folder, Failure> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| Failure::Io(path, error)
    };
    // A folder that is itself a link is the user's choice; what is below it is checked.
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(Failure::Io(path.to_owned(), error)),
    };
    if !look_only {
        in_place::recover(&path).map_err(failed(&path))?;
    }
    let lock = match fs::read_to_string(path.join(LOCK)) {
        Ok(text) => Some(Lock::parse(&text).map_err(Failure::BrokenLock)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(Failure::BrokenLock("it is not UTF-8".into()));
        }
        Err(error) => return Err(Failure::Io(path.join(LOCK), error)),
    };
    let mut folder = Folder {
        terraform_runs: path.join(".terraform.tfstate.lock.info").exists(),
        path,
        files: BTreeMap::new(),
        digests: BTreeMap::new(),
        links: Vec::new(),
        lock,
    };
    let mut paths: Vec<String> = artifacts.iter().map(|(path, _)| path.to_owned()).collect();
    if let Some(lock) = &folder.lock {
        paths.extend(
            lock.files
                .keys()
                .filter(|path| lock::is_plain(path))
                .cloned(),
        );
    }
    paths.sort();
    paths.dedup();
    for relative in paths {
        if let Some(link) = link_on_the_way(&folder.path, &relative) {
            folder.links.push(link);
            continue;
        }
        let full = folder.path.join(&relative);
        match fs::read(&full) {
            Ok(bytes) => {
                folder.digests.insert(relative.clone(), digest(&bytes));
                let text = String::from_utf8_lossy(&bytes).into_owned();
                folder.files.insert(relative, text);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) => {}
            Err(error) => return Err(Failure::Io(full, error)),
        }
    }
    folder.links.dedup();
    Ok(folder)
}

/// The first part of a path below `root` that is a symbolic link.
fn link_on_the_way(root: &Path, relative: &str) -> Option<String> {
    let mut at = root.to_owned();
    for part in relative.split('/') {
        at.push(part);
        if at.is_symlink() {
            let link = at.strip_prefix(root).unwrap_or(&at);
            return Some(link.to_string_lossy().into_owned());
        }
    }
    None
}

impl Folder {
    /// What stands against writing `artifacts` with `lock`. `force` takes edited and foreign
    /// files, but no links, no other cluster and no change of what may not change.
    pub fn problems(&self, artifacts: &ArtifactSet, lock: &Lock, force: bool) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.links.iter().cloned().map(Problem::Link).collect();
        if self.terraform_runs {
            problems.push(Problem::TerraformRuns);
        }
        if let Some(before) = &self.lock {
            if before.cluster != lock.cluster || before.target != lock.target {
                problems.push(Problem::OtherCluster {
                    cluster: before.cluster.clone(),
                    target: before.target.clone(),
                });
                return problems;
            }
            problems.extend(before.immutable_changes(lock));
        }
        if force {
            return problems;
        }
        for (path, digest) in &self.digests {
            if path == LOCK {
                continue;
            }
            let wanted = artifacts
                .get(path)
                .map(|text| lock::digest(text.as_bytes()));
            if wanted.as_ref() == Some(digest) {
                continue;
            }
            match self.lock.as_ref().and_then(|lock| lock.files.get(path)) {
                Some(written) if written == digest => {}
                Some(_) => problems.push(Problem::Edited(path.clone())),
                None => problems.push(Problem::Foreign(path.clone())),
            }
        }
        problems
    }

    /// What a write would do, by path.
    pub fn changes(&self, artifacts: &ArtifactSet) -> BTreeMap<String, Change> {
        let mut changes = BTreeMap::new();
        for (path, text) in artifacts.iter() {
            match self.digests.get(path) {
                None => {
                    changes.insert(path.to_owned(), Change::Added);
                }
                Some(found) if *found != digest(text.as_bytes()) => {
                    changes.insert(path.to_owned(), Change::Changed);
                }
                Some(_) => {}
            }
        }
        for path in self.files.keys() {
            if artifacts.get(path).is_none() {
                changes.insert(path.clone(), Change::Removed);
            }
        }
        changes
    }
}
