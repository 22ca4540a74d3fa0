//! The write itself: all or nothing.
//!
//! The new folder is made beside the old one and the two change places in one system call, so
//! that whoever is killed, whenever, leaves the old folder or the new one. Files that are not
//! hagen's (state, secrets, `.terraform`) are in both, as hard links, before that.
//!
//! Where that cannot be (the folder is a mount point, or the process stands in it, or the file
//! system has no exchange or no hard links), [`super::in_place`] writes with a journal that the
//! next run finishes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags};

use super::{Change, Failure, Folder, in_place};
use crate::artifact::ArtifactSet;

/// Writes what [`Folder::changes`] said. On a failure the folder is as it was.
pub fn commit(
    folder: &Folder,
    artifacts: &ArtifactSet,
    changes: &BTreeMap<String, Change>,
) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(());
    }
    let failed = |error| Failure::Io(folder.path.clone(), error);
    let (parent, name) = place(&folder.path).map_err(failed)?;
    fs::create_dir_all(&parent).map_err(|error| Failure::Io(parent.clone(), error))?;
    // One write at a time below a parent, across processes; the lock goes with the handle.
    let guard = File::open(&parent).map_err(|error| Failure::Io(parent.clone(), error))?;
    rustix::fs::flock(&guard, FlockOperation::LockExclusive)
        .map_err(|error| failed(error.into()))?;
    let exists = folder.path.symlink_metadata().is_ok();
    if exists && stands_in(&folder.path) {
        return in_place::commit(&folder.path, artifacts, changes).map_err(failed);
    }
    let staging = parent.join(format!(".{name}.hagen-staging"));
    let result = beside(&folder.path, &staging, exists, artifacts, changes);
    // Whatever is left here is the old folder, or half a new one.
    let _ = fs::remove_dir_all(&staging);
    match result {
        Err(error) if exists && has_no_exchange(&error) => {
            in_place::commit(&folder.path, artifacts, changes).map_err(failed)
        }
        result => result.map_err(failed),
    }
}

/// The parent and the name of a folder that may not be there yet.
fn place(path: &Path) -> io::Result<(PathBuf, String)> {
    let absolute = std::path::absolute(path)?;
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => Ok((parent.to_owned(), name.to_string_lossy().into_owned())),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is no folder to render into",
        )),
    }
}

/// Whether this process stands in the folder: its shell would be left in the old one.
fn stands_in(folder: &Path) -> bool {
    std::env::current_dir().is_ok_and(|current| current.starts_with(folder))
}

fn has_no_exchange(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        error.raw_os_error().map(Errno::from_raw_os_error),
        Some(
            Errno::INVAL
                | Errno::NOSYS
                | Errno::XDEV
                | Errno::BUSY
                | Errno::PERM
                | Errno::OPNOTSUPP
                | Errno::MLINK
                | Errno::ACCESS
        )
    )
}

fn beside(
    folder: &Path,
    staging: &Path,
    exists: bool,
    artifacts: &ArtifactSet,
    changes: &BTreeMap<String, Change>,
) -> io::Result<()> {
    match fs::remove_dir_all(staging) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir(staging)?;
    if exists {
        fs::set_permissions(staging, fs::metadata(folder)?.permissions())?;
        link_tree(folder, staging, "", changes)?;
    }
    for (path, change) in changes {
        if *change == Change::Removed {
            continue;
        }
        let full = staging.join(path);
        if let Some(parent) = full.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&full, artifacts.get(path).unwrap_or_default())?;
    }
    if exists {
        rustix::fs::renameat_with(CWD, staging, CWD, folder, RenameFlags::EXCHANGE)?;
        carry_over(staging, folder)?;
    } else {
        rustix::fs::renameat_with(CWD, staging, CWD, folder, RenameFlags::NOREPLACE)?;
    }
    Ok(())
}

/// Links every file below `from` that the write leaves alone into `to`. Folders that become
/// empty are left out if something was removed from them.
fn link_tree(
    from: &Path,
    to: &Path,
    prefix: &str,
    changes: &BTreeMap<String, Change>,
) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let relative = format!("{prefix}{}", name.to_string_lossy());
        if changes.contains_key(&relative) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            fs::set_permissions(&target, entry.metadata()?.permissions())?;
            let below = format!("{relative}/");
            link_tree(&source, &target, &below, changes)?;
            if changes
                .range(below.clone()..)
                .next()
                .is_some_and(|(path, _)| path.starts_with(&below))
            {
                // Not empty, or only just emptied: then it goes.
                let _ = fs::remove_dir(&target);
            }
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?;
        } else {
            fs::hard_link(&source, &target)?;
        }
    }
    Ok(())
}

/// Moves what another program wrote into the old folder between the linking and the exchange
/// (a state file, say) to the new one.
fn carry_over(old: &Path, new: &Path) -> io::Result<()> {
    for name in fs::read_dir(old)?.flatten().map(|entry| entry.file_name()) {
        let (before, after) = (old.join(&name), new.join(&name));
        let Ok(found) = before.symlink_metadata() else {
            continue;
        };
        if !found.is_file() {
            continue;
        }
        let text = name.to_string_lossy();
        let foreign = text.contains(".tfstate")
            || text.ends_with(".tfvars.json")
            || text.starts_with("secrets.");
        let same = after
            .symlink_metadata()
            .is_ok_and(|kept| kept.ino() == found.ino());
        if foreign && !same {
            fs::rename(before, after)?;
        }
    }
    Ok(())
}
