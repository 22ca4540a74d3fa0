//! Each cloud-init file: by cloud-init's own schema, by `PyYAML`, by yamllint, its scripts by
//! shellcheck, and for one node of each role by a real run of cloud-init.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use hagen::format::template::verbatim::BOOTSTRAP;

use super::end_to_end::{base64, list, placeholders};
use super::examples::{self, each_example};
use super::render::{self, Rendered};
use super::terraform::text;
use super::{python, tool};

each_example!(
    files_of,
    "needs cloud-init, yamllint, shellcheck and Python: see tests/tools/README.md"
);

const UNIT: &str = include_str!("../../templates/hagen-bootstrap.service");

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    First,
    ControlPlane,
    Worker,
}

/// Path, permissions, and on whom. In the order of the file.
const FILES: &[(&str, &str, &[Kind])] = {
    use Kind::{ControlPlane, First, Worker};
    const ALL: &[Kind] = &[First, ControlPlane, Worker];
    &[
        ("/etc/hagen/node.env", "0600", ALL),
        ("/etc/hagen/kubeadm.yaml", "0600", ALL),
        ("/etc/hagen/discovery.conf", "0600", &[ControlPlane, Worker]),
        (
            "/etc/hagen/patches/kube-apiserver+strategic.yaml",
            "0644",
            &[First, ControlPlane],
        ),
        ("/etc/hagen/bootstrap-token", "0600", ALL),
        ("/etc/hagen/pki/ca.crt", "0644", ALL),
        ("/etc/hagen/pki/ca.key", "0600", &[First]),
        ("/etc/hagen/containerd.toml", "0644", ALL),
        ("/etc/modules-load.d/hagen.conf", "0644", ALL),
        ("/etc/sysctl.d/99-hagen.conf", "0644", ALL),
        ("/usr/local/lib/hagen/bootstrap.sh", "0700", ALL),
        ("/etc/systemd/system/hagen-bootstrap.service", "0644", ALL),
    ]
};

/// A cloud-init file that Terraform has finished.
pub(crate) struct Finished {
    pub(crate) node: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// As `PyYAML` reads it.
    pub(crate) read: Value,
}

impl Finished {
    /// The decoded content of a file that is written on the machine.
    pub(crate) fn content(&self, path: &str) -> Option<String> {
        use base64::Engine as _;
        let file = list(&self.read["write_files"])
            .iter()
            .find(|file| file["path"] == path)?;
        let content = text(&file["content"]);
        if file["encoding"] == "b64" {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(content)
                .unwrap();
            return Some(String::from_utf8(bytes).unwrap());
        }
        Some(content.to_owned())
    }
}

/// The nodes of an example, finished as Terraform would.
pub(crate) fn finished(name: &str) -> Vec<Finished> {
    let rendered = Rendered::new(&examples::text(name));
    rendered
        .files()
        .into_iter()
        .filter_map(|(path, text)| {
            let node = path.strip_prefix("cloud-init/")?.strip_suffix(".yaml")?;
            let text = fill(&text);
            let read = python::read_yaml(&text);
            let environment = text.lines().find(|line| line.contains("HAGEN_ROLE="));
            let kind = match environment.unwrap().trim() {
                "HAGEN_ROLE='first-control-plane'" => Kind::First,
                "HAGEN_ROLE='control-plane'" => Kind::ControlPlane,
                "HAGEN_ROLE='worker'" => Kind::Worker,
                other => panic!("{other}"),
            };
            Some(Finished {
                node: node.to_owned(),
                kind,
                text,
                read,
            })
        })
        .collect()
}

/// Puts in what Terraform puts in.
fn fill(text: &str) -> String {
    let secrets = render::secrets();
    let secret = |key: &str| secrets[key].as_str().unwrap().to_owned();
    let mut text = text.to_owned();
    for (word, value) in [
        (
            "HAGEN_API_HOST",
            "nodes-0123456789abcdef.elb.eu-west-1.amazonaws.com".to_owned(),
        ),
        (
            "HAGEN_PUBLIC_API_HOST",
            "people-0123456789abcdef.elb.eu-west-1.amazonaws.com".to_owned(),
        ),
        ("HAGEN_API_ADDRESS_EU_WEST_1A", "203.0.113.1".to_owned()),
        ("HAGEN_API_ADDRESS_EU_WEST_1B", "203.0.113.2".to_owned()),
        ("HAGEN_API_ADDRESS_EU_WEST_1C", "203.0.113.3".to_owned()),
        ("HAGEN_BOOTSTRAP_TOKEN", secret("bootstrap_token")),
        ("HAGEN_CERTIFICATE_KEY", secret("certificate_key")),
        (
            "HAGEN_CA_CERTIFICATE_BASE64",
            base64(&secret("cluster_ca_certificate")),
        ),
        ("HAGEN_CA_KEY_BASE64", base64(&secret("cluster_ca_key"))),
    ] {
        text = text.replace(word, &value);
    }
    text
}

fn files_of(name: &str) {
    let scratch = tempfile::tempdir().unwrap();
    let nodes = finished(name);
    let mut paths = Vec::new();
    for node in &nodes {
        assert_eq!(placeholders(&node.text), [""; 0].into(), "{}", node.node);
        says_what_was_meant(node);
        let path = scratch.path().join(format!("{}.yaml", node.node));
        fs::write(&path, &node.text).unwrap();
        schema(&path);
        paths.push(path);
    }
    let python = python::interpreter(&["yaml"]);
    let top_keys = tool::folder().join("cloud-init-top-keys");
    tool::succeed(&python, [&top_keys].into_iter().chain(&paths));
    let yamllint = tool::program("HAGEN_YAMLLINT", "yamllint", "apt-get install yamllint");
    let rules = tool::folder().join("yamllint.yaml");
    let flags = ["--strict".into(), "-c".into(), rules];
    tool::succeed(&yamllint, flags.iter().chain(&paths));
    scripts(&nodes, scratch.path());
}

/// cloud-init's own opinion. Its warnings are problems too.
fn schema(path: &Path) {
    let cloud_init = tool::program(
        "HAGEN_CLOUD_INIT",
        "cloud-init",
        "apt-get install cloud-init",
    );
    let mut command = Command::new(cloud_init);
    command.args(["schema", "--config-file"]).arg(path);
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(
        answer.status.success(),
        "{}: {}",
        path.display(),
        answer.all()
    );
    assert!(
        !answer.all().to_lowercase().contains("deprecat"),
        "{}",
        answer.all()
    );
}

/// Exactly the files of the node's role, each as it must be.
fn says_what_was_meant(node: &Finished) {
    let name = &node.node;
    assert_eq!(node.read["hostname"], name.as_str());
    assert_eq!(node.read["ntp"]["enabled"], true);
    let files = list(&node.read["write_files"]);
    let is: Vec<(&str, &str)> = files
        .iter()
        .map(|file| {
            assert_eq!(file["owner"], "root:root", "{name}: {}", file["path"]);
            // A number would be read as octal, or not.
            (text(&file["path"]), text(&file["permissions"]))
        })
        .collect();
    let wanted: Vec<(&str, &str)> = FILES
        .iter()
        .filter(|(_, _, kinds)| kinds.contains(&node.kind))
        .map(|(path, permissions, _)| (*path, *permissions))
        .collect();
    assert_eq!(is, wanted, "{name}");
    let secrets = render::secrets();
    let secret = |key: &str| Some(text(&secrets[key]).to_owned());
    let token = secret("bootstrap_token").map(|token| token + "\n");
    let key = secret("cluster_ca_key").filter(|_| node.kind == Kind::First);
    for (path, content) in [
        (
            "/usr/local/lib/hagen/bootstrap.sh",
            Some(BOOTSTRAP.to_owned()),
        ),
        (
            "/etc/systemd/system/hagen-bootstrap.service",
            Some(UNIT.to_owned()),
        ),
        (
            "/etc/modules-load.d/hagen.conf",
            Some("overlay\nbr_netfilter\n".to_owned()),
        ),
        ("/etc/hagen/bootstrap-token", token),
        ("/etc/hagen/pki/ca.crt", secret("cluster_ca_certificate")),
        ("/etc/hagen/pki/ca.key", key),
    ] {
        assert_eq!(node.content(path), content, "{name}: {path}");
    }
    assert_eq!(
        node.read["runcmd"],
        serde_json::json!([
            ["systemctl", "daemon-reload"],
            [
                "systemctl",
                "enable",
                "--now",
                "--no-block",
                "hagen-bootstrap.service"
            ],
        ])
    );
}

/// The scripts as they are on the machine, and the values that they read.
fn scripts(nodes: &[Finished], scratch: &Path) {
    let shellcheck = tool::program(
        "HAGEN_SHELLCHECK",
        "shellcheck",
        "apt-get install shellcheck",
    );
    let bash = tool::program("HAGEN_BASH", "bash", "install bash");
    let script = scratch.join("bootstrap.sh");
    fs::write(
        &script,
        nodes[0]
            .content("/usr/local/lib/hagen/bootstrap.sh")
            .unwrap(),
    )
    .unwrap();
    // Values come from node.env, which is checked below.
    let flags = ["-s", "bash", "-S", "style", "-e", "SC2154"].map(Into::into);
    tool::succeed(&shellcheck, flags.iter().chain([&script]));
    for node in nodes {
        let file = scratch.join("node.env");
        fs::write(&file, node.content("/etc/hagen/node.env").unwrap()).unwrap();
        let flags = ["-s", "bash", "-e", "SC2034"].map(Into::into);
        tool::succeed(&shellcheck, flags.iter().chain([&file]));
        let read = tool::succeed(
            &bash,
            [
                "-euc",
                ". \"$1\"; printf '%s ' \"$HAGEN_NODE\" \"$HAGEN_BIND_PORT\" \"$HAGEN_ENDPOINT_PORT\"",
                "-",
                file.to_str().unwrap(),
            ],
        );
        assert_eq!(read, format!("{} 6443 6443 ", node.node));
    }
}

/// What Debian's cloud-init makes of it, in a throw-away copy of this machine.
#[test]
#[ignore = "needs cloud-init and root: see tests/tools/README.md"]
fn a_real_run_writes_the_files_and_starts_the_unit() {
    let nodes = finished("aws-existing-address");
    for kind in [Kind::First, Kind::ControlPlane, Kind::Worker] {
        let node = nodes.iter().find(|node| node.kind == kind).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let user_data = scratch.path().join("user-data");
        fs::write(&user_data, &node.text).unwrap();
        let out = scratch.path().join("out");
        let mut command = Command::new(tool::folder().join("cloud-init-run"));
        command
            .args([&user_data, &out])
            .args(["init", "config", "final"]);
        let answer = tool::run(&mut command, Duration::from_mins(2));
        let said = answer.all();
        assert!(said.contains("status: done"), "{}: {said}", node.node);
        let root = out.join("root");
        for (path, permissions, kinds) in FILES {
            let file = root.join(&path[1..]);
            assert_eq!(file.exists(), kinds.contains(&kind), "{path}: {said}");
            if !file.exists() {
                continue;
            }
            let data = file.metadata().unwrap();
            let mode = u32::from_str_radix(permissions, 8).unwrap();
            assert_eq!(data.mode() & 0o7777, mode, "{path}");
            assert_eq!((data.uid(), data.gid()), (0, 0), "{path}");
            assert_eq!(
                fs::read_to_string(&file).unwrap(),
                node.content(path).unwrap(),
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
}
