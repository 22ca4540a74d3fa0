//! Writing secrets where nobody else can read them.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::Builder;

/// Writes a file that only its owner can read, whole or not at all. The folder must be there. A
/// file that is there is refused with [`io::ErrorKind::AlreadyExists`] unless `replace`; a symbolic
/// link is replaced, never followed.
pub fn write(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Made with mode 0600, beside the file so that a rename suffices.
    let mut file = Builder::new()
        .prefix(".hagen-secrets-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    if replace {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    }
    .map_err(|error| error.error)?;
    // Otherwise a loss of power could still take the name away.
    File::open(folder)?.sync_all()
}

/// Makes a folder that only its owner can look into; one that is there is made so.
pub fn folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !fs::symlink_metadata(path)?.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            fs::set_permissions(path, Permissions::from_mode(0o700))
        }
        other => other,
    }
}
