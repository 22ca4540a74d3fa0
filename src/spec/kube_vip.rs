//! kube-vip, one of the load balancers of `targets.baremetal`.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Span;
use super::format::Ipv4;

/// kube-vip as a static pod on each control-plane node.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeVip {
    /// How the virtual IP is announced. It cannot change later while the cluster runs.
    #[serde(default)]
    pub mode: KubeVipMode,
    /// How long a leader that is gone keeps the others from taking over. Longer than `renewDeadline`. With
    /// `bgp` there is no leader.
    #[serde(default = "lease")]
    pub lease_duration: Span,
    /// How long the leader tries to renew before it gives up. Longer than 1.2 × `retryPeriod`.
    #[serde(default = "renew")]
    pub renew_deadline: Span,
    /// How often the leader renews, and the others try to take over.
    #[serde(default = "retry")]
    pub retry_period: Span,
    /// Whether a leader that cannot renew keeps the virtual IP until it sees another one: for an etcd that
    /// is slow at times.
    #[serde(default)]
    pub preserve_on_leadership_loss: bool,
}

/// How the virtual IP is announced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KubeVipMode {
    /// By ARP: the leader answers for it.
    #[default]
    Arp,
    /// By BGP: each control-plane node whose API server answers announces it to the routers, which share
    /// connections out. The virtual IP is outside the machines' subnet.
    Bgp(KubeVipBgp),
}

/// BGP of kube-vip. Each node's router id is its own address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeVipBgp {
    /// The autonomous system of the control-plane nodes.
    #[serde(rename = "as")]
    pub autonomous_system: u32,
    /// The routers.
    pub peers: Vec<KubeVipPeer>,
    /// After how long without a word the router takes a node for gone: 3 s at least.
    #[serde(default = "hold")]
    pub hold_time: Span,
    /// How often a node says that it is there: at most a third of `holdTime`.
    #[serde(default = "keepalive")]
    pub keepalive: Span,
}

/// A router. It has no password: kube-vip takes one from its manifest alone, where it would be for all to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeVipPeer {
    /// Its address.
    #[schemars(with = "Ipv4")]
    pub address: Ipv4Addr,
    /// Its autonomous system.
    #[serde(rename = "as")]
    pub autonomous_system: u32,
    /// Whether it may be more than one hop away. A router of another autonomous system outside the subnet is.
    #[serde(default)]
    pub multihop: bool,
    /// Its port.
    #[serde(default = "bgp_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
}

/// The default of `leaseDuration`.
pub const LEASE_DURATION: Span = Span::of(5);
/// The default of `renewDeadline`.
pub const RENEW_DEADLINE: Span = Span::of(3);
/// The default of `retryPeriod`.
pub const RETRY_PERIOD: Span = Span::of(1);

fn lease() -> Span {
    LEASE_DURATION
}

fn renew() -> Span {
    RENEW_DEADLINE
}

fn retry() -> Span {
    RETRY_PERIOD
}

fn hold() -> Span {
    Span::of(30)
}

fn keepalive() -> Span {
    Span::of(10)
}

fn bgp_port() -> u16 {
    179
}
