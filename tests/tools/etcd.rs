//! External etcd from the files that are rendered, with the certificates that `hagen secrets` makes:
//! real etcd, each member in a network of its own. `tests/bootstrap/etcd_real.py` has the scenarios.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::cloud_init::{Finished, Kind, finished, finished_of};
use super::examples;
use super::render::Rendered;
use super::{python, tool};

const NEEDS: &str = "apt-get install etcd-server etcd-client";

/// A tree for each member.
fn trees(nodes: &[Finished], folder: &Path) {
    for node in nodes.iter().filter(|node| node.kind == Kind::Etcd) {
        let root = folder.join(&node.node);
        node.write_below(&root);
        // No machine here has a second disk; etcd_real.py has scenarios of its own for that.
        let path = root.join("etc/hagen/node.env");
        let text = fs::read_to_string(&path).unwrap();
        let text = text.replace("HAGEN_ETCD_DISK='separate'", "HAGEN_ETCD_DISK=''");
        fs::write(&path, text).unwrap();
    }
}

fn passes(files: &Path, grown: Option<&Path>, only: &str) {
    tool::program("HAGEN_ETCD", "etcd", NEEDS);
    tool::program("HAGEN_ETCDCTL", "etcdctl", NEEDS);
    let mut command = Command::new(python::interpreter(&["yaml"]));
    command
        .arg(tool::root().join("tests/bootstrap/etcd_real.py"))
        .arg("--files")
        .arg(files);
    if let Some(grown) = grown {
        command.arg("--grown").arg(grown);
    }
    command.args(["--only", only]);
    let answer = tool::run(&mut command, Duration::from_mins(8));
    assert!(answer.status.success(), "{}", answer.all());
    assert!(answer.all().contains(" 0 failed"), "{}", answer.all());
}

/// Three members, and two more with certificates that were added to the secrets.
#[test]
#[ignore = "needs etcd and root: see tests/tools/README.md"]
fn members_with_disks_of_their_own() {
    // The image's system is not known: the script is for Debian's, too, which the test runs on.
    let image = "image: { ami: ami-0123456789abcdef0 }";
    let spec = examples::text("aws-external-etcd").replace("image: rocky-9", image);
    let rendered = Rendered::new(&spec);
    rendered.write_secrets();
    let three = finished_of(&rendered, &spec);
    let grown = spec.replace("external: { count: 3 }", "external: { count: 5 }");
    assert_ne!(grown, spec);
    rendered.again(&grown);
    rendered.add_secrets();
    let five = finished_of(&rendered, &grown);
    for (before, after) in three.iter().zip(&five) {
        // Certificates that are in use stay as they are.
        if before.kind == Kind::Etcd {
            for file in ["ca.crt", "member.crt", "member.key"] {
                let path = format!("/etc/hagen/pki/{file}");
                assert_eq!(before.content(&path), after.content(&path), "{path}");
            }
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let (files, more) = (scratch.path().join("three"), scratch.path().join("five"));
    trees(&three, &files);
    trees(&five, &more);
    passes(&files, Some(&more), "");
}

/// Members that are there already, and wait for their secrets.
#[test]
#[ignore = "needs etcd and root: see tests/tools/README.md"]
fn members_that_get_their_secrets_later() {
    let scratch = tempfile::tempdir().unwrap();
    trees(&finished("aws-existing-etcd"), scratch.path());
    passes(scratch.path(), None, "life");
}
