//! Putting a whole folder of secrets in the place of another: all of it or nothing.
//!
//! The new folder is made beside the old one, and the two change places in one system call, so that whoever
//! is killed, whenever, leaves the old one or the new one. Where that cannot be, nothing changes.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags};

/// A new folder that is made beside the one whose place it takes. What is left of it goes when it is
/// dropped.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    beside: PathBuf,
    /// Held as long as it lives: one at a time below a parent, across processes.
    _guard: Option<File>,
}

impl Staging {
    /// Begins. `target` is absolute, and the folder above it is there. `locked` is a folder that this process
    /// holds the lock of already.
    pub fn beside(target: &Path, locked: Option<&Path>) -> io::Result<Self> {
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is no folder that can be replaced",
            ));
        };
        let guard = if locked == Some(parent) {
            None
        } else {
            Some(lock(parent)?)
        };
        let beside = parent.join(format!(".{}.hagen-staging", name.to_string_lossy()));
        // Of a run that was killed: it holds secrets.
        match fs::remove_dir_all(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        make_folder(&beside)?;
        Ok(Self {
            target: target.to_owned(),
            beside,
            _guard: guard,
        })
    }

    /// Where the new folder is made.
    pub fn path(&self) -> &Path {
        &self.beside
    }

    /// Writes a file that only its owner can read, and the folders that it is in.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.beside.join(relative);
        if let Some(parent) = path.parent().filter(|parent| !parent.is_dir()) {
            make_folder(parent)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        private(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Reads what another program put into a file that was written, and makes sure that it is on the disk and
    /// for its owner only.
    pub fn close(&self, relative: &str) -> io::Result<Vec<u8>> {
        let path = self.beside.join(relative);
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        private(&path)?;
        File::open(&path)?.sync_all()?;
        fs::read(&path)
    }

    /// Takes over what is in the old folder, but for the paths that `leave` names: files as hard links, links
    /// as links, folders with what is in them.
    pub fn take_over(&self, leave: &dyn Fn(&str) -> bool) -> io::Result<()> {
        link_tree(&self.target, &self.beside, "", leave)
    }

    /// Puts the new folder in its place. What was there is gone.
    pub fn exchange(self) -> io::Result<()> {
        sync_folders(&self.beside)?;
        if self.target.symlink_metadata().is_ok() {
            rustix::fs::renameat_with(CWD, &self.beside, CWD, &self.target, RenameFlags::EXCHANGE)?;
        } else {
            // A folder cannot be renamed onto one that holds something.
            fs::rename(&self.beside, &self.target)?;
        }
        match self.target.parent() {
            // Otherwise a loss of power could still bring the old one back.
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Half a new folder, or the old one.
        let _ = fs::remove_dir_all(&self.beside);
    }
}

/// Waits until no other process works below a folder. The lock goes with the handle.
pub fn lock(folder: &Path) -> io::Result<File> {
    let guard = File::open(folder)?;
    rustix::fs::flock(&guard, FlockOperation::LockExclusive)?;
    Ok(guard)
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    private(path)
}

/// Refuses what others could read, as on a file system without permissions.
fn private(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "the file system keeps no permissions: others could read the secrets",
        ));
    }
    Ok(())
}

fn link_tree(from: &Path, to: &Path, prefix: &str, leave: &dyn Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let relative = format!("{prefix}{}", name.to_string_lossy());
        if leave(&relative) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let below = format!("{relative}/");
            make_folder(&target)?;
            link_tree(&source, &target, &below, leave)?;
            if fs::read_dir(&source)?.next().is_some() {
                // It goes if everything was left out: this fails where something is in it.
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

fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}
