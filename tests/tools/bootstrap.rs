//! The bootstrap script with the files that an example renders: it runs in a scratch root with
//! stand-ins for what it drives, and is killed after each of its steps in turn and started again.
//! `tests/bootstrap/bootstrap_sandbox.py` is the sandbox, and has the scenarios of the script alone.

use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use super::cloud_init::{Finished, Kind, finished};
use super::{python, tool};

/// Runs the script with the files of one node.
fn runs(node: &Finished) {
    let scratch = tempfile::tempdir().unwrap();
    // The sandbox has a CA of its own, and so its own bundles.
    node.write_below(scratch.path());
    let _ = fs::remove_file(scratch.path().join("etc/hagen/secrets"));
    let mut command = Command::new(python::interpreter(&["yaml"]));
    command
        .arg(tool::root().join("tests/bootstrap/bootstrap_sandbox.py"))
        .arg(scratch.path().join("usr/local/lib/hagen/bootstrap.sh"))
        .arg("--files")
        .arg(scratch.path());
    let answer = tool::run(&mut command, Duration::from_mins(10));
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
    roles_of("aws");
}

#[test]
#[ignore = "needs root and Python: see tests/tools/README.md"]
fn with_external_etcd_and_a_cloud_controller() {
    roles_of("aws-external-etcd");
}

#[test]
#[ignore = "needs root and Python: see tests/tools/README.md"]
fn from_mirrors_with_secrets_from_an_address() {
    roles_of("aws-air-gapped");
}

#[test]
#[ignore = "needs root and Python: see tests/tools/README.md"]
fn through_a_proxy_with_no_ca_made_before() {
    roles_of("aws-proxy");
}

#[test]
#[ignore = "needs root and Python: see tests/tools/README.md"]
fn with_the_endpoint_pinned_and_in_hosts() {
    roles_of("tencent");
}

#[test]
#[ignore = "needs root, haproxy, keepalived and Python: see tests/tools/README.md"]
fn on_bare_metal() {
    for name in [
        "baremetal",
        "baremetal-colocated",
        "baremetal-external-etcd",
    ] {
        roles_of(name);
    }
}

/// One example at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A node of each role of an example; etcd.rs has the members of etcd.
fn roles_of(name: &str) {
    let nodes = finished(name);
    let mut roles: Vec<&Finished> = Vec::new();
    for node in nodes.iter().filter(|node| node.kind != Kind::Etcd) {
        if roles.iter().all(|other| other.kind != node.kind) {
            roles.push(node);
        }
    }
    let balancers = nodes.iter().any(|node| node.kind == Kind::LoadBalancer);
    assert_eq!(
        roles.len(),
        if balancers { 4 } else { 3 },
        "a node of each role"
    );
    // The scripts wait by the clock: twelve at a time, beside Terraform, would run into its limits.
    let _turn = TURN.lock();
    std::thread::scope(|scope| {
        for node in roles {
            scope.spawn(|| runs(node));
        }
    });
}
