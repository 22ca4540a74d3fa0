//! Writing secrets where nobody else can read them.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::Builder;
use zeroize::Zeroizing;

use super::{Secrets, tfvars};

/// Writes `secrets.auto.tfvars.json` or a file of another name, readable by its owner only and
/// whole or not at all. The folder must be there. A file that is there is refused with
/// [`io::ErrorKind::AlreadyExists`] unless `force`; a symbolic link is replaced, never followed.
pub fn write(path: &Path, secrets: &Secrets, force: bool) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let text = Zeroizing::new(tfvars(secrets));
    // Made with mode 0600, beside the file so that a rename suffices.
    let mut file = Builder::new()
        .prefix(".hagen-secrets-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    if force {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    }
    .map_err(|error| error.error)?;
    // Otherwise a loss of power could still take the name away.
    File::open(folder)?.sync_all()
}
