//! A write file by file, with a journal, for folders that cannot change places.
//!
//! New texts and then the journal go into a folder of their own. Once the journal is there the
//! write has happened: this run, or the next one that looks, moves the files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::Change;
use crate::artifact::ArtifactSet;

const STAGING: &str = ".hagen-staging";
const JOURNAL: &str = "journal.json";

/// Writes the changes. On a failure before the journal is there, nothing has changed.
pub(super) fn commit(
    folder: &Path,
    artifacts: &ArtifactSet,
    changes: &BTreeMap<String, Change>,
) -> io::Result<()> {
    let staging = folder.join(STAGING);
    let prepared = prepare(&staging, artifacts, changes);
    if let Err(error) = prepared {
        let _ = fs::remove_dir_all(&staging);
        return Err(error);
    }
    finish(folder, &staging)
}

/// Finishes a write whose journal is there, and removes one that has none.
pub(super) fn recover(folder: &Path) -> io::Result<()> {
    let staging = folder.join(STAGING);
    if !staging.is_dir() {
        return Ok(());
    }
    if staging.join(JOURNAL).exists() {
        finish(folder, &staging)
    } else {
        fs::remove_dir_all(&staging)
    }
}

fn prepare(
    staging: &Path,
    artifacts: &ArtifactSet,
    changes: &BTreeMap<String, Change>,
) -> io::Result<()> {
    fs::create_dir_all(staging.join("new"))?;
    let mut journal: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for (at, (path, change)) in changes.iter().enumerate() {
        if *change == Change::Removed {
            journal.insert(path, None);
        } else {
            let name = at.to_string();
            fs::write(
                staging.join("new").join(&name),
                artifacts.get(path).unwrap_or_default(),
            )?;
            journal.insert(path, Some(name));
        }
    }
    let text = serde_json::to_string(&journal).map_err(io::Error::other)?;
    fs::write(staging.join("journal.new"), text)?;
    fs::rename(staging.join("journal.new"), staging.join(JOURNAL))
}

fn finish(folder: &Path, staging: &Path) -> io::Result<()> {
    let text = fs::read_to_string(staging.join(JOURNAL))?;
    let journal: BTreeMap<String, Option<String>> =
        serde_json::from_str(&text).map_err(io::Error::other)?;
    for (path, name) in journal {
        if !super::lock::is_plain(&path) {
            continue;
        }
        let target = folder.join(&path);
        if let Some(name) = name.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            match fs::rename(staging.join("new").join(name), target) {
                // Moved by the run that was interrupted.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        } else {
            match fs::remove_file(&target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            if let Some(parent) = target.parent().filter(|parent| *parent != folder) {
                // Fails where something is left in it, as it should.
                let _ = fs::remove_dir(parent);
            }
        }
    }
    fs::remove_dir_all(staging)
}
