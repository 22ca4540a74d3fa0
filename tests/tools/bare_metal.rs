//! Each example for bare metal: its configurations by haproxy, nginx and keepalived, its cloud-init files by what reads
//! those. `tests/baremetal` breaks them, too.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::cloud_init::{self, Finished};
use super::render::Rendered;
use super::tool::{self, Answer};
use super::{examples, python};

/// The examples for bare metal, and the one for every target.
fn bare_metal() -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(tool::root().join("examples"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".yaml").map(str::to_owned)
        })
        .filter(|name| examples::text(name).contains("\n  baremetal:\n"))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

#[test]
#[ignore = "needs haproxy, nginx, keepalived, cloud-init and Python: see tests/tools/README.md"]
fn each_example_is_taken_by_what_reads_it() {
    let mut kinds = [0; 3];
    for name in bare_metal() {
        let spec = examples::text(&name);
        let rendered = Rendered::on("baremetal", &spec);
        rendered.write_secrets();
        let nodes = cloud_init::finished_of(&rendered, &spec);
        cloud_init::judged(&nodes);
        for (path, text) in rendered.files() {
            let file = rendered.folder().join(&path);
            let (kind, answer) = match path.split('/').next().unwrap() {
                "haproxy" => (0, haproxy(&file)),
                "nginx" => (1, nginx(&file)),
                "keepalived" => (2, keepalived(&file, &text)),
                _ => continue,
            };
            assert_eq!(answer.code(), 0, "{name}: {path}: {}", answer.all());
            kinds[kind] += 1;
            installed(&nodes, &path, &text);
        }
        network_configs(&rendered);
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
}

/// What was reviewed is what a machine installs.
fn installed(nodes: &[Finished], path: &str, text: &str) {
    let (folder, rest) = path.split_once('/').unwrap();
    let mut holders = 0;
    for node in nodes {
        let Some(content) = node.content(&format!("/etc/hagen/{folder}.conf")) else {
            continue;
        };
        if folder != "keepalived" || rest == format!("{}.conf", node.node) {
            assert_eq!(content, text, "{path} on {}", node.node);
            holders += 1;
        }
    }
    let wanted = if folder == "keepalived" { 1..=1 } else { 2..=7 };
    assert!(wanted.contains(&holders), "{path} is on {holders} machines");
}

fn haproxy(file: &Path) -> Answer {
    let program = tool::program("HAGEN_HAPROXY", "haproxy", "apt-get install haproxy");
    // Warnings are problems too.
    let mut command = Command::new(program);
    command.args(["-c", "-dW", "-f"]).arg(file);
    tool::run(&mut command, Duration::from_mins(1))
}

fn nginx(file: &Path) -> Answer {
    let program = tool::program(
        "HAGEN_NGINX",
        "nginx",
        "apt-get install nginx libnginx-mod-stream",
    );
    let mut command = Command::new(program);
    command.args(["-t", "-q", "-c"]).arg(file);
    tool::run(&mut command, Duration::from_mins(1))
}

/// In a network of its own, which has the interface that the file names.
fn keepalived(file: &Path, text: &str) -> Answer {
    tool::program(
        "HAGEN_KEEPALIVED",
        "keepalived",
        "apt-get install keepalived",
    );
    let interface = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("interface "))
        .unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--net", "sh", "-euc"])
        .arg("ip link add \"$1\" type veth peer name peer-of-it; ip link set \"$1\" up; exec keepalived -t -f \"$2\"")
        .args(["sh", interface])
        .arg(file);
    tool::run(&mut command, Duration::from_mins(1))
}

#[test]
#[ignore = "needs haproxy, nginx and keepalived: see tests/tools/README.md"]
fn what_is_wrong_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file.conf");
    let pair = Rendered::on("baremetal", &examples::text("baremetal"));
    let broken = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "there is no {from:?}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
    };
    let proxy = pair.read("haproxy/haproxy.cfg");
    for (from, to) in [
        ("balance leastconn", "balance least"),
        ("timeout client 4h", "timeout clients 4h"),
        // A warning only.
        ("option tcplog", "option httplog"),
    ] {
        broken(&proxy, from, to);
        assert_ne!(haproxy(&file).code(), 0, "{to}");
    }
    let holder = pair.read("keepalived/lb-1.conf");
    for (from, to) in [
        ("auth_pass ", "auth_pass longer-"),
        ("state BACKUP", "state SLAVE"),
        ("virtual_router_id 77", "virtual_router_id 300"),
        ("script_user root", "script_user nobody-of-that-name"),
    ] {
        broken(&holder, from, to);
        let text = fs::read_to_string(&file).unwrap();
        assert_ne!(keepalived(&file, &text).code(), 0, "{to}");
    }
    let with_nginx = examples::text("baremetal").replace("      haproxy:\n", "      nginx:\n");
    let stream = Rendered::on("baremetal", &with_nginx).read("nginx/nginx.conf");
    for (from, to) in [
        ("least_conn;", "least_connections;"),
        ("proxy_timeout 4h;", "proxy_timeout 4h"),
    ] {
        broken(&stream, from, to);
        assert_ne!(nginx(&file).code(), 0, "{to}");
    }
}

/// One interface each, in the version that NoCloud takes. seed.rs lets cloud-init read them.
fn network_configs(rendered: &Rendered) {
    for (path, _) in rendered.files() {
        if path.starts_with("network-config/") {
            let file = rendered.folder().join(&path);
            let read = python::read_yaml(&fs::read_to_string(&file).unwrap());
            assert_eq!(read["version"], 2, "{path}");
            assert_eq!(read["ethernets"].as_object().unwrap().len(), 1, "{path}");
        }
    }
}
