//! The `targets.baremetal` part of the spec.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Span;
use super::format::{Cidr4, Ip, Ipv4};
use super::kube_vip::KubeVip;
use super::metallb::Metallb;

/// Machines of your own, behind a virtual IP.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baremetal {
    /// The network that the machines and the virtual IP are in.
    pub network: BaremetalNetwork,
    /// The network interface of machines that name none of their own, for instance `eth0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The address at which the API server is reached, whichever machine holds it. It cannot change
    /// later without touching every node.
    #[schemars(with = "Ip")]
    pub virtual_ip: IpAddr,
    /// The port of each API server. The load balancer's is `endpoint.port`: another one where it runs on the
    /// control-plane nodes, and the same elsewhere.
    #[serde(default = "api_server_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub api_server_port: u16,
    /// What holds the virtual IP and passes connections on to the API servers. It cannot change later
    /// while the cluster runs.
    pub load_balancer: BaremetalLoadBalancer,
    /// How long the API may be out of reach when a load balancer fails. What the timers cannot keep is
    /// refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failover: Option<Span>,
    /// The machines.
    pub machines: Vec<BaremetalMachine>,
    /// Public SSH keys of the people who may log in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ssh_authorized_keys: Vec<String>,
    /// Where machines get the time. Left out, from where the operating system does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_servers: Vec<String>,
    /// What serves Services of type LoadBalancer.
    #[serde(default)]
    pub services: BaremetalServices,
}

/// The network that the machines and the virtual IP are in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaremetalNetwork {
    /// The subnet.
    #[schemars(with = "Cidr4")]
    pub cidr: Ipv4Net,
    /// The way out of it.
    #[schemars(with = "Ipv4")]
    pub gateway: Ipv4Addr,
    /// The DNS servers.
    #[serde(default)]
    #[schemars(with = "Vec<Ipv4>")]
    pub nameservers: Vec<Ipv4Addr>,
    /// Ranges that others use, such as that of a DHCP server: nothing of the cluster may be in them.
    /// Each is a network or `FIRST-LAST`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<String>,
}

/// What holds the virtual IP and passes connections on to the API servers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BaremetalLoadBalancer {
    /// keepalived holds the virtual IP, haproxy passes on. It asks API servers for `/readyz`.
    Haproxy(HaproxyLoadBalancer),
    /// keepalived holds the virtual IP, nginx passes on. It notices only API servers that do not
    /// answer at all.
    Nginx(NginxLoadBalancer),
    /// kube-vip on the control-plane nodes, which needs etcd's quorum.
    KubeVip(KubeVip),
}

/// keepalived and haproxy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HaproxyLoadBalancer {
    /// The machines of role `loadBalancer` that it runs on. Left out, it runs on the control-plane
    /// nodes, and `endpoint.port` has to differ from `apiServerPort`.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// keepalived, which holds the virtual IP.
    pub keepalived: Keepalived,
    /// How often haproxy asks an API server for `/readyz`.
    #[serde(default = "three_seconds")]
    pub check_interval: Span,
    /// After how many wrong answers an API server gets no new connection.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    pub check_fall: u8,
    /// The most connections at a time. Without it, haproxy takes as many as the system allows and
    /// runs out of memory.
    #[serde(default = "connections")]
    #[schemars(range(min = 1000, max = 1_000_000))]
    pub max_connections: u32,
}

/// keepalived and nginx.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NginxLoadBalancer {
    /// The machines of role `loadBalancer` that it runs on. Left out, it runs on the control-plane
    /// nodes, and `endpoint.port` has to differ from `apiServerPort`.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// keepalived, which holds the virtual IP.
    pub keepalived: Keepalived,
}

/// keepalived. Every node has the same priority: the virtual IP moves when its holder fails, and does
/// not move back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keepalived {
    /// The VRRP virtual router id, 1 to 255: of this cluster alone in its network. A change must come
    /// to all nodes at once.
    #[schemars(range(min = 0, max = 65535))]
    pub virtual_router_id: u16,
    /// How often the holder says that it is there, in whole seconds. The others take over after three
    /// of them.
    #[serde(default = "one_second")]
    pub advert_interval: Span,
    /// How often it is asked whether the local proxy is alive.
    #[serde(default = "two_seconds")]
    pub check_interval: Span,
    /// After how many failures the virtual IP goes: 2, or 3 on control-plane nodes, unless you say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub check_fall: Option<u8>,
    /// A word of at most 8 characters that keeps two clusters apart which use the same id by mistake.
    /// It is in clear text in every packet, and no secret. Left out, it is made from the cluster's name and
    /// the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<String>,
}

/// A machine.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaremetalMachine {
    /// The node's name, which is the machine's host name.
    pub name: String,
    /// What the machine is.
    #[serde(default)]
    pub role: BaremetalRole,
    /// Its address, in the subnet.
    #[schemars(with = "Ip")]
    pub address: IpAddr,
    /// Its network interface. Left out, the one of all machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The interface's MAC address, by which the machine finds it whatever its name is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// What fails together, such as a rack or a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// What a machine is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum BaremetalRole {
    /// A control-plane node.
    #[default]
    ControlPlane,
    /// A worker.
    Worker,
    /// A member of external etcd.
    Etcd,
    /// One of the nodes that hold the virtual IP, and nothing else.
    LoadBalancer,
}

/// What serves Services of type LoadBalancer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BaremetalServices {
    /// Nothing, unless you install something.
    #[default]
    None,
    /// MetalLB.
    Metallb(Metallb),
}

impl BaremetalLoadBalancer {
    /// The machines of its own that it runs on; empty where it runs on the control-plane nodes.
    pub fn nodes(&self) -> &[String] {
        match self {
            Self::Haproxy(own) => &own.nodes,
            Self::Nginx(own) => &own.nodes,
            Self::KubeVip(_) => &[],
        }
    }

    /// keepalived, where it holds the virtual IP.
    pub fn keepalived(&self) -> Option<&Keepalived> {
        match self {
            Self::Haproxy(own) => Some(&own.keepalived),
            Self::Nginx(own) => Some(&own.keepalived),
            Self::KubeVip(_) => None,
        }
    }

    /// The key of the kind, as the spec has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Haproxy(_) => "haproxy",
            Self::Nginx(_) => "nginx",
            Self::KubeVip(_) => "kubeVip",
        }
    }
}

fn api_server_port() -> u16 {
    6443
}

fn one_second() -> Span {
    Span::of(1)
}

fn two_seconds() -> Span {
    Span::of(2)
}

fn three_seconds() -> Span {
    Span::of(3)
}

fn three() -> u8 {
    3
}

fn connections() -> u32 {
    20_000
}
