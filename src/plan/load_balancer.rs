//! What stands in front of the API servers: a cloud's own load balancer, or one that hagen sets up.

use std::net::Ipv4Addr;

pub use crate::facts::baremetal::failover::{ApiServerChecks, Failure, Interruption, Reach};

use crate::facts::baremetal::LOAD_BALANCER;
use crate::facts::baremetal::kube_vip::{HealthCheck, KUBE_VIP};
use crate::facts::{aws, cloud};

/// What stands in front of the API servers.
#[derive(Clone, Debug)]
pub enum LoadBalancer {
    /// The cloud's own.
    Managed(Managed),
    /// A virtual IP that keepalived holds, in front of haproxy or nginx.
    Pair(Pair),
    /// A virtual IP that kube-vip holds.
    KubeVip(KubeVip),
}

/// A cloud's own load balancer.
#[derive(Clone, Copy, Debug)]
pub struct Managed {
    /// Seconds between two checks of an API server.
    pub interval_seconds: u32,
    /// Wrong answers after which it gets no new connection.
    pub unhealthy_threshold: u32,
    /// Right answers after which it does again.
    pub healthy_threshold: u32,
}

impl From<&cloud::HealthCheck> for Managed {
    fn from(check: &cloud::HealthCheck) -> Self {
        Self {
            interval_seconds: check.interval_seconds,
            unhealthy_threshold: check.unhealthy_threshold,
            healthy_threshold: check.healthy_threshold,
        }
    }
}

impl From<&aws::HealthCheck> for Managed {
    fn from(check: &aws::HealthCheck) -> Self {
        Self {
            interval_seconds: check.interval_seconds,
            unhealthy_threshold: check.unhealthy_threshold,
            healthy_threshold: check.healthy_threshold,
        }
    }
}

/// What hagen sets where the spec has no key for it.
pub fn fixed() -> &'static crate::facts::baremetal::LoadBalancer {
    &LOAD_BALANCER
}

/// keepalived and haproxy or nginx, on nodes of their own or on the control-plane nodes.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The address that moves.
    pub virtual_ip: Ipv4Addr,
    /// The port that clients use.
    pub port: u16,
    /// What passes connections on.
    pub proxy: Proxy,
    /// Whether it runs on the control-plane nodes.
    pub on_control_plane: bool,
    /// The nodes that may hold the address.
    pub nodes: Vec<PairNode>,
    /// The API servers: name, address.
    pub servers: Vec<(String, Ipv4Addr)>,
    /// The port of each API server.
    pub server_port: u16,
    /// keepalived.
    pub keepalived: Keepalived,
    /// How long each failure takes.
    pub interruptions: Vec<Interruption>,
}

/// What passes connections on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// haproxy, with its checks.
    Haproxy {
        /// How API servers are asked.
        checks: ApiServerChecks,
        /// The most connections at a time.
        max_connections: u32,
    },
    /// nginx, which checks nothing.
    Nginx,
}

/// A node that may hold the virtual IP.
#[derive(Clone, Debug)]
pub struct PairNode {
    /// Its name.
    pub name: String,
    /// Its own address.
    pub address: Ipv4Addr,
    /// The interface that the virtual IP is on.
    pub interface: String,
}

/// keepalived.
#[derive(Clone, Debug)]
pub struct Keepalived {
    /// The VRRP virtual router id.
    pub virtual_router_id: u16,
    /// Seconds between two adverts.
    pub advert_seconds: u32,
    /// Seconds between two checks of the local proxy.
    pub check_seconds: u32,
    /// Failures after which the virtual IP is given up.
    pub check_fall: u32,
    /// Seconds after which keepalived gives up on the script of a check.
    pub check_timeout_seconds: u32,
    /// Milliseconds after which that script gives up on the proxy.
    pub check_max_time_milliseconds: u32,
    /// The word in each advert that keeps clusters apart; no secret.
    pub authentication: String,
}

/// kube-vip on each control-plane node.
#[derive(Clone, Debug)]
pub struct KubeVip {
    /// The address that moves.
    pub virtual_ip: Ipv4Addr,
    /// The port of the API servers.
    pub port: u16,
    /// Its image, with its tag.
    pub image: String,
    /// The control-plane nodes.
    pub nodes: Vec<PairNode>,
    /// How the address is announced.
    pub announced: Announced,
    /// How long each failure takes.
    pub interruptions: Vec<Interruption>,
}

/// How kube-vip announces the virtual IP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    /// By ARP, by the leader.
    Arp(Lease),
    /// By BGP, by each node whose API server answers.
    Bgp(Bgp),
}

/// How the leader is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// How long a leader that is gone keeps the others from taking over, in seconds.
    pub duration_seconds: u32,
    /// How long the leader tries to renew, in seconds.
    pub renew_seconds: u32,
    /// How often the others try, in seconds.
    pub retry_seconds: u32,
    /// Whether a leader that cannot renew keeps the address until it sees another one.
    pub preserve: bool,
}

/// BGP. A node's router id is its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bgp {
    /// The autonomous system of the nodes.
    pub autonomous_system: u32,
    /// The routers.
    pub peers: Vec<Peer>,
    /// Seconds without a word after which a node is taken for gone.
    pub hold_seconds: u32,
    /// Seconds between two words.
    pub keepalive_seconds: u32,
}

/// A router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: Ipv4Addr,
    /// Its autonomous system.
    pub autonomous_system: u32,
    /// Whether it may be more than one hop away.
    pub multihop: bool,
    /// Its port, if it is not the usual one.
    pub port: Option<u16>,
}

impl KubeVip {
    /// The node with this name, if kube-vip runs there.
    pub fn node(&self, name: &str) -> Option<&PairNode> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// BGP, if that is how the address is announced.
    pub fn bgp(&self) -> Option<&Bgp> {
        match &self.announced {
            Announced::Arp(_) => None,
            Announced::Bgp(bgp) => Some(bgp),
        }
    }

    /// The port on 127.0.0.1 with its metrics.
    pub fn metrics_port(&self) -> u16 {
        KUBE_VIP.metrics_port
    }

    /// How a node asks its own API server, with BGP.
    pub fn health_check(&self) -> &'static HealthCheck {
        &KUBE_VIP.health_check
    }
}

impl Pair {
    /// The node with this name, if it may hold the virtual IP.
    pub fn node(&self, name: &str) -> Option<&PairNode> {
        self.nodes.iter().find(|node| node.name == name)
    }
}

impl LoadBalancer {
    /// keepalived and its proxy, if that is what it is.
    pub fn pair(&self) -> Option<&Pair> {
        match self {
            Self::Pair(pair) => Some(pair),
            Self::Managed(_) | Self::KubeVip(_) => None,
        }
    }

    /// kube-vip, if that is what it is.
    pub fn kube_vip(&self) -> Option<&KubeVip> {
        match self {
            Self::KubeVip(own) => Some(own),
            Self::Managed(_) | Self::Pair(_) => None,
        }
    }

    /// How long each failure takes, where hagen sets the timers.
    pub fn interruptions(&self) -> &[Interruption] {
        match self {
            Self::Managed(_) => &[],
            Self::Pair(pair) => &pair.interruptions,
            Self::KubeVip(own) => &own.interruptions,
        }
    }
}
