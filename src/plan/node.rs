//! The nodes: who they are, in which order they join.

use std::net::Ipv4Addr;

use crate::facts::kubernetes::KUBERNETES;

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
}

impl Role {
    /// Whether it runs an API server.
    pub fn is_control_plane(self) -> bool {
        matches!(self, Self::FirstControlPlane | Self::ControlPlane)
    }

    /// Whether it is a node of Kubernetes, with a kubelet.
    pub fn is_kubernetes(self) -> bool {
        self != Self::Etcd
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
    pub(super) fn control_plane(name: String, turn: u32, previous: Option<String>) -> Self {
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
    pub(super) fn etcd(name: String) -> Self {
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

    /// A worker; it waits for the first control-plane node only.
    pub(super) fn worker(name: String, first: &str) -> Self {
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
