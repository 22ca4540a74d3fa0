//! The values that the bootstrap script reads: `/etc/hagen/node.env`.

use serde::Serialize;

use super::placeholder;
use crate::format::template;
use crate::plan::{Address, Node, Pin, Plan, Role};

/// Seconds that a control-plane node waits for each node before it: pulling images and adding
/// an etcd member take a few minutes.
const TURN_SECONDS: u32 = 480;

/// Seconds that a worker waits for the first control-plane node.
const WORKER_SECONDS: u32 = 1800;

/// The context of `templates/node.env.hbs`.
#[derive(Serialize)]
struct Environment<'a> {
    cluster: &'a str,
    role: &'static str,
    node: &'a str,
    address: String,
    first: &'a str,
    previous: &'a str,
    turn_limit: u32,
    peers: String,
    endpoint_host: &'a str,
    endpoint_port: u16,
    pin: &'static str,
    kubernetes_version: &'a str,
    image_repository: &'a str,
    package_revision: &'a str,
    package_url: &'a str,
    package_key: &'a str,
    containerd_url: &'a str,
    containerd_key: &'a str,
    containerd_version: &'a str,
    cni_url: &'a str,
    cni_sha256: &'a str,
}

/// The environment of a node, as shell assignments with quoted values.
pub fn environment(plan: &Plan, node: &Node) -> String {
    let kubernetes = &plan.kubernetes;
    let first = plan.control_plane().next().map_or("", |node| &node.name);
    let cni = kubernetes.cni.as_ref();
    template::render(
        "node.env.hbs",
        &Environment {
            cluster: &plan.cluster,
            role: match node.role {
                Role::FirstControlPlane => "first-control-plane",
                Role::ControlPlane => "control-plane",
                Role::Worker => "worker",
            },
            node: &node.name,
            address: known(node).unwrap_or_default(),
            first,
            previous: node.previous.as_deref().unwrap_or_default(),
            turn_limit: match node.role {
                Role::Worker => WORKER_SECONDS,
                _ => node.turn * TURN_SECONDS,
            },
            peers: peers(plan, node),
            endpoint_host: placeholder::host(&plan.endpoint.node_host),
            endpoint_port: plan.endpoint.port,
            pin: match (plan.endpoint.pin, node.role) {
                (Pin::WhileStarting, Role::FirstControlPlane) => "init",
                (Pin::WhileStarting, _) => "none",
            },
            kubernetes_version: &kubernetes.version,
            image_repository: &kubernetes.image_repository,
            package_revision: &kubernetes.package_revision,
            package_url: &kubernetes.package_url,
            package_key: &kubernetes.package_key,
            containerd_url: &kubernetes.containerd_url,
            containerd_key: &kubernetes.containerd_key,
            containerd_version: &kubernetes.containerd_version,
            cni_url: cni.map_or("", |(url, _)| url),
            cni_sha256: cni.map_or("", |(_, digest)| digest),
        },
    )
}

fn known(node: &Node) -> Option<String> {
    match node.address {
        Address::Known(address) => Some(address.to_string()),
        Address::FoundAtBoot => None,
    }
}

/// The addresses of the other control-plane nodes: if one of them answers, the cluster is
/// there already and must not be founded again.
fn peers(plan: &Plan, node: &Node) -> String {
    if node.role == Role::Worker {
        return String::new();
    }
    let peers: Vec<String> = plan
        .control_plane()
        .filter(|peer| peer.name != node.name)
        .filter_map(known)
        .collect();
    peers.join(" ")
}
