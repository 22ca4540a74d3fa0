//! The bootstrap script with the files that an example renders: it runs in a scratch root with
//! stand-ins for what it drives, and is killed after each of its steps and started again.
//! `tests/bootstrap/bootstrap_sandbox.py` is the sandbox, and has the scenarios of the script alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use super::cloud_init::{Finished, finished};
use super::end_to_end::list;
use super::terraform::text;
use super::{python, tool};

/// Runs the script with the files of one node.
fn runs(node: &Finished) {
    let scratch = tempfile::tempdir().unwrap();
    for file in list(&node.read["write_files"]) {
        let path = text(&file["path"]);
        let full = scratch.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(&full, node.content(path).unwrap()).unwrap();
        let mode = u32::from_str_radix(text(&file["permissions"]), 8).unwrap();
        fs::set_permissions(&full, fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut command = Command::new(python::interpreter(&["yaml"]));
    command
        .arg(tool::root().join("tests/bootstrap/bootstrap_sandbox.py"))
        .arg(scratch.path().join("usr/local/lib/hagen/bootstrap.sh"))
        .arg("--files")
        .arg(scratch.path());
    let answer = tool::run(&mut command, Duration::from_mins(6));
    assert!(answer.status.success(), "{}: {}", node.node, answer.all());
    assert!(
        answer.all().contains("1 passed, 0 failed"),
        "{}",
        answer.all()
    );
}

#[test]
#[ignore = "needs root and Python: see tests/tools/README.md"]
fn a_node_of_each_role_boots_from_what_is_rendered() {
    let nodes = finished("aws");
    let mut roles: Vec<&Finished> = Vec::new();
    for node in &nodes {
        if roles.iter().all(|other| other.kind != node.kind) {
            roles.push(node);
        }
    }
    assert_eq!(roles.len(), 3, "a node of each role");
    // Mostly waiting, so side by side.
    std::thread::scope(|scope| {
        for node in roles {
            scope.spawn(|| runs(node));
        }
    });
}
