//! A node's cloud-init: one `#cloud-config` that writes files and starts one systemd unit.
//!
//! The work is in the unit's script and not in `runcmd`, which goes on after a failed line and
//! runs once per machine: the unit says what failed, tries again and survives a reboot.

use serde::Serialize;

use super::{containerd, kubeadm, node_environment, placeholder};
use crate::format::{template::verbatim, yaml};
use crate::plan::{Node, Plan, Role};

/// The document, in the order in which a person reads it.
#[derive(Serialize)]
struct CloudConfig {
    hostname: String,
    preserve_hostname: bool,
    manage_etc_hosts: bool,
    ntp: Ntp,
    write_files: Vec<WrittenFile>,
    runcmd: Vec<Vec<&'static str>>,
}

#[derive(Serialize)]
struct Ntp {
    enabled: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    servers: Vec<String>,
}

#[derive(Serialize)]
struct WrittenFile {
    path: &'static str,
    owner: &'static str,
    permissions: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    content: String,
}

fn file(path: &'static str, permissions: &'static str, content: String) -> WrittenFile {
    WrittenFile {
        path,
        owner: "root:root",
        permissions,
        encoding: None,
        content,
    }
}

/// A file whose base64 Terraform puts in: it may have several lines, and stays data.
fn encoded(path: &'static str, permissions: &'static str, placeholder: &str) -> WrittenFile {
    WrittenFile {
        encoding: Some("b64"),
        ..file(path, permissions, placeholder.to_owned())
    }
}

/// The cloud-init of a node.
pub fn document(plan: &Plan, node: &Node) -> String {
    let mut files = vec![
        file(
            "/etc/hagen/node.env",
            "0600",
            node_environment::environment(plan, node),
        ),
        file(
            "/etc/hagen/kubeadm.yaml",
            "0600",
            kubeadm::configuration(plan, node),
        ),
    ];
    if node.role != Role::FirstControlPlane {
        files.push(file(kubeadm::DISCOVERY, "0600", kubeadm::discovery(plan)));
    }
    if node.role != Role::Worker {
        files.push(file(
            "/etc/hagen/patches/kube-apiserver+strategic.yaml",
            "0644",
            kubeadm::api_server_patch(plan),
        ));
    }
    files.push(file(
        "/etc/hagen/bootstrap-token",
        "0600",
        format!("{}\n", placeholder::BOOTSTRAP_TOKEN),
    ));
    files.push(encoded(
        "/etc/hagen/pki/ca.crt",
        "0644",
        placeholder::CA_CERTIFICATE,
    ));
    if node.role == Role::FirstControlPlane {
        files.push(encoded(
            "/etc/hagen/pki/ca.key",
            "0600",
            placeholder::CA_KEY,
        ));
    }
    files.extend([
        file(
            "/etc/hagen/containerd.toml",
            "0644",
            containerd::configuration(plan),
        ),
        file(
            "/etc/modules-load.d/hagen.conf",
            "0644",
            "overlay\nbr_netfilter\n".to_owned(),
        ),
        file("/etc/sysctl.d/99-hagen.conf", "0644", sysctl(plan)),
        file(
            "/usr/local/lib/hagen/bootstrap.sh",
            "0700",
            verbatim::BOOTSTRAP.to_owned(),
        ),
        file(
            "/etc/systemd/system/hagen-bootstrap.service",
            "0644",
            verbatim::BOOTSTRAP_UNIT.to_owned(),
        ),
    ]);
    let config = CloudConfig {
        hostname: node.name.clone(),
        preserve_hostname: false,
        manage_etc_hosts: false,
        ntp: Ntp {
            enabled: true,
            servers: plan.time_servers.clone(),
        },
        write_files: files,
        runcmd: vec![
            vec!["systemctl", "daemon-reload"],
            vec![
                "systemctl",
                "enable",
                "--now",
                "--no-block",
                "hagen-bootstrap.service",
            ],
        ],
    };
    format!("#cloud-config\n{}", yaml::document(&config))
}

/// The kernel's settings that kubeadm's preflight and kube-proxy want.
fn sysctl(plan: &Plan) -> String {
    let mut text = String::from(
        "net.ipv4.ip_forward = 1\n\
         net.bridge.bridge-nf-call-iptables = 1\n\
         net.bridge.bridge-nf-call-ip6tables = 1\n\
         fs.inotify.max_user_instances = 8192\n",
    );
    if plan.kubernetes.pod_subnets.len() > 1 {
        text.push_str("net.ipv6.conf.all.forwarding = 1\n");
    }
    text
}
