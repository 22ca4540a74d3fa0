//! A node's cloud-init: one `#cloud-config` that writes files and starts one systemd unit.
//!
//! The work is in the unit's script and not in `runcmd`, which goes on after a failed line and
//! runs once per machine: the unit says what failed, tries again and survives a reboot.

use std::borrow::Cow;

use serde::Serialize;

use super::{
    bootstrap, containerd, external_etcd, kube_vip, kubeadm, load_balancer, metadata,
    node_environment, placeholder, secrets,
};
use crate::format::yaml;
use crate::plan::{Drop, Etcd, KubeProxy, Node, Plan, Role, SecretsMode};

/// The document, in the order in which a person reads it.
#[derive(Serialize)]
struct CloudConfig {
    hostname: String,
    /// On Rocky Linux the cloud's own name for the machine would win otherwise.
    prefer_fqdn_over_hostname: bool,
    preserve_hostname: bool,
    manage_etc_hosts: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh_authorized_keys: Vec<String>,
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
    path: Cow<'static, str>,
    owner: &'static str,
    permissions: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    content: String,
}

fn file(
    path: impl Into<Cow<'static, str>>,
    permissions: &'static str,
    content: String,
) -> WrittenFile {
    WrittenFile {
        path: path.into(),
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
    let files = files(plan, node);
    let config = CloudConfig {
        hostname: node.name.clone(),
        prefer_fqdn_over_hostname: false,
        preserve_hostname: false,
        manage_etc_hosts: false,
        ssh_authorized_keys: plan.ssh_authorized_keys.clone(),
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

/// The files that a node's cloud-init writes, path and text: what makes it long.
pub fn parts(plan: &Plan, node: &Node) -> Vec<(String, String)> {
    files(plan, node)
        .into_iter()
        .map(|file| (file.path.into_owned(), file.content))
        .collect()
}

fn files(plan: &Plan, node: &Node) -> Vec<WrittenFile> {
    let mut files = vec![file(
        "/etc/hagen/node.env",
        "0600",
        node_environment::environment(plan, node),
    )];
    match &plan.etcd {
        Etcd::External(etcd) if !matches!(node.role, Role::Worker | Role::LoadBalancer) => {
            let hosts = "/etc/hagen/etcd-hosts";
            files.push(match external_etcd::hosts(plan, etcd) {
                Some(text) => file(hosts, "0644", text),
                None => encoded(hosts, "0644", placeholder::ETCD_HOSTS),
            });
            if let Some(member) = external_etcd::member(etcd, node) {
                files.push(file(
                    "/etc/hagen/etcd.yaml",
                    "0644",
                    external_etcd::configuration(plan, etcd, member),
                ));
            }
        }
        _ => {}
    }
    if node.role.is_kubernetes() {
        files.extend(cluster_files(plan, node));
    }
    if let Some(pair) = plan.load_balancer.pair()
        && let Some(own) = pair.node(&node.name)
    {
        let own = load_balancer::files(pair, own).into_iter();
        files.extend(own.map(|(path, text)| file(path, "0644", text)));
    }
    files.extend(secret_files(plan, node));
    if node.role.is_kubernetes() {
        files.extend(machine_files(plan));
    }
    files.push(file(
        "/usr/local/lib/hagen/bootstrap.sh",
        "0700",
        bootstrap::installed(plan, node),
    ));
    for (name, text) in bootstrap::units(node) {
        files.push(file(
            format!("/etc/systemd/system/{name}"),
            "0644",
            bootstrap::without_comments(text),
        ));
    }
    files
}

/// What kubeadm reads, and what comes with it.
fn cluster_files(plan: &Plan, node: &Node) -> Vec<WrittenFile> {
    let mut files = vec![file(
        "/etc/hagen/kubeadm.yaml",
        "0600",
        kubeadm::configuration(plan, node),
    )];
    if node.role == Role::FirstControlPlane {
        // Made anew, it finds its cluster there and joins it.
        files.push(file(
            "/etc/hagen/kubeadm-join.yaml",
            "0600",
            kubeadm::join(plan, node),
        ));
    }
    if plan.secrets.mode != SecretsMode::Tofu {
        files.push(file(kubeadm::DISCOVERY, "0600", kubeadm::discovery(plan)));
    }
    if let Some(own) = plan.load_balancer.kube_vip() {
        let own = kube_vip::files(own, node).into_iter();
        files.extend(own.map(|(path, text)| file(path, "0600", text)));
    }
    if node.role.is_control_plane() {
        files.push(file(
            "/etc/hagen/patches/kube-apiserver+strategic.yaml",
            "0644",
            kubeadm::api_server_patch(plan),
        ));
    }
    files
}

/// The secrets, or where they come from.
fn secret_files(plan: &Plan, node: &Node) -> Vec<WrittenFile> {
    match plan.secrets.mode {
        SecretsMode::Drop(Drop::File) => Vec::new(),
        _ if node.role == Role::LoadBalancer => Vec::new(),
        SecretsMode::Drop(Drop::Url) => vec![file(
            "/etc/hagen/secrets-url",
            "0600",
            format!("{}\n", placeholder::SECRETS_URL),
        )],
        SecretsMode::Pinned | SecretsMode::Tofu => secrets::of(plan, node.role)
            .into_iter()
            .map(|secret| {
                if secret.encoded {
                    encoded(secret.path, secret.mode, secret.placeholder)
                } else {
                    let text = format!("{}\n", secret.placeholder);
                    file(secret.path, secret.mode, text)
                }
            })
            .collect(),
    }
}

/// What a node needs of the machine, for its pods.
fn machine_files(plan: &Plan) -> Vec<WrittenFile> {
    let mut files = vec![file(
        "/etc/hagen/containerd.toml",
        "0644",
        containerd::configuration(plan),
    )];
    for (registry, mirror) in &plan.downloads.registry_mirrors {
        let (path, text) = containerd::mirror(registry, mirror);
        files.push(file(path, "0644", text));
    }
    if let Some(proxy) = &plan.downloads.proxy {
        files.push(file(
            "/etc/systemd/system/containerd.service.d/hagen-proxy.conf",
            "0644",
            containerd::proxy(proxy),
        ));
    }
    if let Some(rules) = metadata::rules(plan) {
        files.push(file(metadata::PATH, "0644", rules));
    }
    files.push(file(
        "/etc/modules-load.d/hagen.conf",
        "0644",
        modules(plan),
    ));
    files.push(file("/etc/sysctl.d/99-hagen.conf", "0644", sysctl(plan)));
    files
}

/// The kernel's modules that containerd and kube-proxy want.
fn modules(plan: &Plan) -> String {
    let mut text = String::from("overlay\nbr_netfilter\n");
    if let KubeProxy::Ipvs { .. } = plan.kubernetes.kube_proxy {
        // kube-proxy sees in its container whether they are there (kubernetes/kubernetes, pkg/proxy/ipvs/README.md).
        text.push_str("ip_vs\nip_vs_rr\nip_vs_wrr\nip_vs_sh\nnf_conntrack\n");
    }
    text
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
