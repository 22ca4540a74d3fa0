//! What Debian's cloud-init makes of each document, in a throw-away copy of this machine.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::cloud_init::{Finished, finished, wanted_files};
use super::examples::each_example;
use super::tool;

each_example!(
    every_document_of,
    "needs cloud-init and root: see tests/tools/README.md"
);

fn every_document_of(name: &str) {
    let nodes = finished(name);
    assert!(!nodes.is_empty());
    nodes.iter().for_each(really_runs);
}

/// As a cloud hands it over: gzipped, which cloud-init undoes.
fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text.as_bytes()).unwrap();
    let bytes = encoder.finish().unwrap();
    // What goes over the wire is this in base64, and comes out the same.
    let wire = STANDARD.encode(&bytes);
    let mut back = String::new();
    GzDecoder::new(STANDARD.decode(wire).unwrap().as_slice())
        .read_to_string(&mut back)
        .unwrap();
    assert_eq!(back, text);
    bytes
}

fn really_runs(node: &Finished) {
    let scratch = tempfile::tempdir().unwrap();
    let user_data = scratch.path().join("user-data");
    fs::write(&user_data, gzipped(&node.text)).unwrap();
    let out = scratch.path().join("out");
    let mut command = Command::new(tool::folder().join("cloud-init-run"));
    command
        .args([&user_data, &out])
        .args(["init", "config", "final"]);
    let answer = tool::run(&mut command, Duration::from_mins(2));
    let said = answer.all();
    assert!(said.contains("status: done"), "{}: {said}", node.node);
    let root = out.join("root");
    for (path, permissions) in wanted_files(&node.spec, node.kind) {
        let file = root.join(&path[1..]);
        let data = file
            .metadata()
            .unwrap_or_else(|error| panic!("{path}: {error}: {said}"));
        let mode = u32::from_str_radix(permissions, 8).unwrap();
        assert_eq!(data.mode() & 0o7777, mode, "{path}");
        assert_eq!((data.uid(), data.gid()), (0, 0), "{path}");
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            node.content(&path).unwrap(),
            "{path}"
        );
    }
    let ran = fs::read_to_string(root.join("var/log/stub.log")).unwrap();
    let ran: Vec<&str> = ran
        .lines()
        .filter_map(|line| line.split_once("systemctl "))
        .map(|(_, arguments)| arguments)
        .filter(|arguments| arguments.contains("hagen") || *arguments == "daemon-reload")
        .collect();
    assert_eq!(
        ran,
        [
            "daemon-reload",
            "enable --now --no-block hagen-bootstrap.service"
        ]
    );
    let hostname = fs::read_to_string(root.join("etc/hostname")).unwrap();
    assert_eq!(hostname.trim(), node.node);
}
