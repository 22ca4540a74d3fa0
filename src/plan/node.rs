//! The nodes: who they are, in which order they join.

use std::net::Ipv4Addr;

use crate::facts::kubernetes::KUBERNETES;
use crate::spec;

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name, which is its host name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Its own address.
    pub address: Address,
    /// Its zone, where that is known.
    pub zone: Option<String>,
    /// The id of a machine that is there already.
    pub instance_id: Option<String>,
    /// The node whose turn to join is before this one's; none on the first.
    pub previous: Option<String>,
    /// How many seconds it waits for its turn, before it goes on without.
    pub turn_limit_seconds: u32,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The control-plane node that founds the cluster.
    FirstControlPlane,
    /// A control-plane node that joins it.
    ControlPlane,
    /// A worker.
    Worker,
    /// A member of external etcd, on a machine of its own.
    Etcd,
    /// A load balancer on a machine of its own.
    LoadBalancer,
}

impl Role {
    /// Whether it runs an API server.
    pub fn is_control_plane(self) -> bool {
        matches!(self, Self::FirstControlPlane | Self::ControlPlane)
    }

    /// Whether it gets secrets of the cluster: a load balancer passes on what is encrypted.
    pub fn takes_secrets(self) -> bool {
        self != Self::LoadBalancer
    }

    /// Whether it is a node of Kubernetes, with a kubelet.
    pub fn is_kubernetes(self) -> bool {
        !matches!(self, Self::Etcd | Self::LoadBalancer)
    }
}

/// A node's own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Known now.
    Known(Ipv4Addr),
    /// The machine finds it when it boots: the cloud gives it.
    FoundAtBoot,
}

impl Node {
    /// A control-plane node, the `turn`-th from 0, with the name of the one before it.
    fn control_plane(name: String, turn: u32, previous: Option<String>) -> Self {
        Self {
            name,
            role: if turn == 0 {
                Role::FirstControlPlane
            } else {
                Role::ControlPlane
            },
            address: Address::FoundAtBoot,
            zone: None,
            instance_id: None,
            previous,
            turn_limit_seconds: turn * KUBERNETES.turns.minutes * 60,
        }
    }

    /// A member of external etcd; all of them start at once.
    fn etcd(name: String) -> Self {
        Self {
            name,
            role: Role::Etcd,
            address: Address::FoundAtBoot,
            zone: None,
            instance_id: None,
            previous: None,
            turn_limit_seconds: 0,
        }
    }

    /// A load balancer; it waits for nobody.
    pub(super) fn load_balancer(name: String, address: Ipv4Addr, zone: Option<String>) -> Self {
        Self {
            role: Role::LoadBalancer,
            address: Address::Known(address),
            zone,
            ..Self::etcd(name)
        }
    }

    /// A worker; it waits for the first control-plane node only.
    fn worker(name: String, first: &str) -> Self {
        Self {
            name,
            role: Role::Worker,
            address: Address::FoundAtBoot,
            zone: None,
            instance_id: None,
            previous: Some(first.to_owned()),
            turn_limit_seconds: KUBERNETES.turns.worker_minutes * 60,
        }
    }
}

/// Machines that Terraform makes, the control plane first. They are numbered from 1 and go round the
/// zones, so that one more changes none of the rest.
pub(super) fn made(spec: &spec::Cluster, zones: &[&str]) -> Vec<Node> {
    let zone = |at: u16| {
        zones
            .get(usize::from(at) % zones.len().max(1))
            .map(|zone| (*zone).to_owned())
    };
    let mut nodes = Vec::new();
    for at in 0..spec.control_plane.count {
        let previous = (at > 0).then(|| format!("cp-{at}"));
        let mut node = Node::control_plane(format!("cp-{}", at + 1), at.into(), previous);
        node.zone = zone(at);
        nodes.push(node);
    }
    for at in 0..spec.workers.count {
        let mut node = Node::worker(format!("worker-{}", at + 1), "cp-1");
        node.zone = zone(at);
        nodes.push(node);
    }
    if let spec::Etcd::External(external) = spec.etcd {
        for at in 0..external.count {
            let mut node = Node::etcd(format!("etcd-{}", at + 1));
            node.zone = zone(at);
            nodes.push(node);
        }
    }
    nodes
}

/// A machine that is there already.
pub(super) struct Existing<'a> {
    pub(super) name: &'a str,
    pub(super) role: spec::MachineRole,
    pub(super) address: Ipv4Addr,
    pub(super) zone: Option<&'a str>,
    pub(super) instance_id: Option<&'a str>,
}

/// Machines that are there, the control plane first: they join in the order of the spec.
pub(super) fn existing<'a>(machines: impl Iterator<Item = Existing<'a>> + Clone) -> Vec<Node> {
    let mut previous: Option<String> = None;
    let mut turn = 0;
    let first = machines
        .clone()
        .find(|machine| machine.role == spec::MachineRole::ControlPlane)
        .map_or("", |machine| machine.name);
    let mut nodes: Vec<Node> = machines
        .map(|machine| {
            let name = machine.name.to_owned();
            let mut node = match machine.role {
                spec::MachineRole::Worker => Node::worker(name, first),
                spec::MachineRole::Etcd => Node::etcd(name),
                spec::MachineRole::ControlPlane => {
                    let node = Node::control_plane(name.clone(), turn, previous.take());
                    previous = Some(name);
                    turn += 1;
                    node
                }
            };
            node.address = Address::Known(machine.address);
            node.zone = machine.zone.map(str::to_owned);
            node.instance_id = machine.instance_id.map(str::to_owned);
            node
        })
        .collect();
    nodes.sort_by_key(|node| node.role);
    nodes
}
