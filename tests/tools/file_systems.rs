//! Writing where the file system does not cooperate: the old folder stays whole, or the write
//! happens in another way; either way the message says what to do.
//!
//! Each test has mounts of its own, in a mount namespace that goes away with it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::tool::{self, Answer};
use super::{examples, render};

/// What the scripts share: `render N` renders spec N into $out and prints the exit code; `sum`
/// prints a digest of every file below $out.
const PRELUDE: &str = r#"
set -euo pipefail
render() { local code=0; "${as[@]}" "$HAGEN" render --provider aws --file "$W/$1.yaml" --out "$out" ${2-} || code=$?; echo "code $code"; }
sum() { (cd "$out" && find . -type f -exec sha256sum {} + | sort | sha256sum); }
unchanged() { [[ $(sum) == "$before" ]] && echo unchanged || { echo CHANGED; find "$out"; }; }
left() { find "$W" -name '*hagen-staging*' -printf 'LEFT %p\n'; }
as=()
out=$W/mount/out
mkdir "$W/mount"
"#;

/// Runs a script with the mounts to itself. Two specs are there: 1, and 2 with fewer nodes.
fn script(script: &str) -> Answer {
    tool::program("HAGEN_UNSHARE", "unshare", "apt-get install util-linux");
    assert!(
        rustix::process::geteuid().is_root(),
        "mounts need root: run tests/tools/run as root"
    );
    let scratch = tempfile::tempdir().unwrap();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(scratch.path(), open.clone()).unwrap();
    // A copy that another user can reach.
    let hagen = scratch.path().join("hagen");
    fs::copy(env!("CARGO_BIN_EXE_hagen"), &hagen).unwrap();
    fs::set_permissions(&hagen, open).unwrap();
    let spec = examples::text("aws");
    let fewer = spec
        .replace("workers: { count: 3 }", "workers: { count: 2 }")
        .replace("version: 1.37.1", "version: 1.37.2");
    fs::write(scratch.path().join("1.yaml"), &spec).unwrap();
    fs::write(scratch.path().join("2.yaml"), fewer).unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "bash", "-c"])
        .arg(format!("{PRELUDE}{script}"))
        .env("HAGEN", &hagen)
        .env("W", scratch.path())
        .current_dir("/");
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(answer.status.success(), "{}", answer.all());
    assert!(!answer.stdout.contains("LEFT"), "{}", answer.all());
    answer
}

fn codes(answer: &Answer) -> Vec<&str> {
    answer
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("code "))
        .collect()
}

/// Refused with the code for files, and what was there is as it was.
fn refused(answer: &Answer, word: &str) {
    assert!(answer.stderr.contains("HGN8005"), "{}", answer.all());
    assert!(
        answer.stderr.to_lowercase().contains(word),
        "no {word:?}: {}",
        answer.all()
    );
    assert!(answer.stdout.contains("unchanged"), "{}", answer.all());
    assert!(!answer.stderr.contains("panicked"), "{}", answer.all());
}

#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_read_only_file_system() {
    let answer = script(
        r#"mount -t tmpfs tmpfs "$W/mount"
           render 1; before=$(sum)
           mount -o remount,ro "$W/mount"
           render 2; unchanged; left"#,
    );
    assert_eq!(codes(&answer), ["0", "3"], "{}", answer.all());
    refused(&answer, "read-only");
}

#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_full_disk_and_nothing_there_yet() {
    let answer = script(
        r#"mount -t tmpfs -o size=64k tmpfs "$W/mount"
           render 1; [[ -e $out ]] || echo unchanged; left"#,
    );
    assert_eq!(codes(&answer), ["3"], "{}", answer.all());
    refused(&answer, "no space");
}

#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_full_disk_and_an_older_folder() {
    let answer = script(
        r#"mount -t tmpfs -o size=480k tmpfs "$W/mount"
           render 1; before=$(sum)
           render 2; unchanged; left
           mount -o remount,size=2m "$W/mount"
           render 2; render 2 --check; left"#,
    );
    assert_eq!(codes(&answer), ["0", "3", "0", "0"], "{}", answer.all());
    refused(&answer, "no space");
}

/// A mount point cannot change places with another folder, so it is written file by file.
#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_folder_that_is_a_mount_point() {
    let answer = script(
        r#"mkdir "$out"; mount -t tmpfs -o size=2m tmpfs "$out"
           render 1; render 1 --check
           echo state >"$out/terraform.tfstate"
           render 2; render 2 --check
           cat "$out/terraform.tfstate"
           [[ -e $out/cloud-init/worker-3.yaml ]] && echo STALE
           left"#,
    );
    assert_eq!(codes(&answer), ["0", "0", "0", "0"], "{}", answer.all());
    assert!(answer.stdout.contains("state"), "{}", answer.all());
    assert!(!answer.stdout.contains("STALE"), "{}", answer.all());
}

/// A mount point that is full: nothing of the old folder is lost.
#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_mount_point_that_is_full() {
    let answer = script(
        r#"mkdir "$out"; mount -t tmpfs -o size=480k tmpfs "$out"
           render 1; before=$(sum)
           render 2; unchanged; left"#,
    );
    assert_eq!(codes(&answer), ["0", "3"], "{}", answer.all());
    refused(&answer, "no space");
}

const AS_NOBODY: &str = "as=(setpriv --reuid 65534 --regid 65534 --clear-groups)\n";

#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_folder_of_another_user() {
    let answer = script(&format!(
        "render 1; before=$(sum)\n{AS_NOBODY}render 2; unchanged; left"
    ));
    assert_eq!(codes(&answer), ["0", "3"], "{}", answer.all());
    refused(&answer, "permission denied");
}

/// Only the folder above is someone else's: the folder is written file by file.
#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_folder_below_one_of_another_user() {
    let answer = script(&format!(
        "render 1; chown -R 65534:65534 \"$out\"\n{AS_NOBODY}render 2; render 2 --check; left"
    ));
    assert_eq!(codes(&answer), ["0", "0", "0"], "{}", answer.all());
}

/// A folder that may not be read says so, and is not taken for an empty one.
#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_folder_that_cannot_be_read() {
    let answer = script(&format!(
        "render 1; before=$(sum); chmod 700 \"$out\"\n{AS_NOBODY}render 2; unchanged; left"
    ));
    assert_eq!(codes(&answer), ["0", "3"], "{}", answer.all());
    refused(&answer, "permission denied");
}

/// `render` without any of this works, so the tests above fail for their own reasons.
#[test]
fn an_ordinary_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let spec = tool::root().join("examples/aws.yaml");
    let answer = render::render(&spec, Path::new(&scratch.path().join("out")));
    assert_eq!(answer.code(), 0, "{}", answer.all());
}
