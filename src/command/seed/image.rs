//! An image of a seed, by xorriso.
//!
//! <https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html>: a volume with ISO 9660 and
//! the label `cidata`.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::command::{Said, Stop};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::command as code;

/// The date of everything in an image: the same seed gives the same bytes.
const DATE: &str = "2000010100000000";

/// Stops where there is no xorriso, before anything is written.
pub(super) fn there() -> Result<(), Stop> {
    run(Path::new("."), &["-version"]).map(drop)
}

/// Makes `name`.iso of the folder `name`, both below `folder`. The file must be there, empty and with the mode
/// that it shall have.
pub(super) fn make(folder: &Path, name: &str) -> Result<(), Stop> {
    let (device, everywhere) = (format!("stdio:{name}.iso"), ["-find", "/", "-type"]);
    let mut arguments = vec!["-outdev", &device, "-volid", "cidata", "-joliet", "on"];
    arguments.extend(["-volume_date", "uuid", DATE]);
    arguments.extend(["-volume_date", "all_file_dates", DATE]);
    arguments.extend(["-uid", "0", "-gid", "0", "-map", name, "/"]);
    arguments.extend(everywhere);
    arguments.extend(["d", "-exec", "chmod", "0500", "--"]);
    arguments.extend(everywhere);
    arguments.extend(["f", "-exec", "chmod", "0400", "--"]);
    arguments.push("-commit");
    run(folder, &arguments).map(drop)
}

/// Runs xorriso without the user's own start-up files, which could change the image.
fn run(folder: &Path, arguments: &[&str]) -> Result<Output, Stop> {
    let output = Command::new("xorriso")
        .arg("-no_rc")
        .args(["-report_about", "WARNING", "-abort_on", "FAILURE"])
        .args(arguments)
        .current_dir(folder)
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .env_remove("SOURCE_DATE_EPOCH")
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(output),
        Ok(output) => Err(failed(&said(&output))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Stop::Failed(vec![
            Said::only(
                Diagnostic::new(
                    &code::NO_XORRISO,
                    "there is no xorriso, which makes the images of --iso",
                )
                .cure("install it: `apt-get install xorriso`, `dnf install xorriso`, `brew install xorriso`")
                .cure("or leave --iso out: NoCloud takes the three files too"),
            ),
        ])),
        Err(error) => Err(failed(&error.to_string())),
    }
}

/// The last thing that xorriso said, which tells of files and not of what is in them.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines()
        .rfind(|line| line.contains("FAILURE") || line.contains("FATAL") || line.contains("SORRY"))
        .or_else(|| lines().next_back());
    match last {
        Some(line) => line.chars().take(300).collect(),
        None => format!("nothing, with {}", output.status),
    }
}

fn failed(said: &str) -> Stop {
    Stop::Failed(vec![Said::only(
        Diagnostic::new(&code::XORRISO_FAILED, format!("xorriso says: {said}"))
            .cure("make room, or use xorriso 1.5 or newer; nothing was changed")
            .cure("or leave --iso out: NoCloud takes the three files too"),
    )])
}
