//! What a plan decides for MetalLB: nothing is left to MetalLB's own defaults.

mod build;

use std::net::Ipv4Addr;

use crate::facts::baremetal::metallb::{Manifest, Port};

pub(super) use self::build::build;
pub use crate::facts::baremetal::metallb::{From, Protocol};
pub use crate::spec::{AddressRange, LabelSelector, MetallbDynamicAsn};

/// What a plan decides for MetalLB.
#[derive(Clone, Debug)]
pub struct Metallb {
    /// The version, with its `v`.
    pub version: &'static str,
    /// The namespace.
    pub namespace: &'static str,
    /// Upstream's manifest.
    pub manifest: &'static Manifest,
    /// What speaks BGP, and so which manifest it is.
    pub backend: Backend,
    /// The speaker's argument that makes it announce from control-plane nodes, where there are no others.
    pub ignore_exclude_argument: Option<&'static str>,
    /// The addresses for Services.
    pub pools: Vec<Pool>,
    /// What is announced by ARP.
    pub l2: Vec<L2Advertisement>,
    /// What is announced by BGP.
    pub bgp: Option<Bgp>,
    /// What a firewall must let in on the nodes.
    pub ports: Vec<&'static Port>,
}

/// What speaks BGP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// MetalLB itself, which also is what speaks ARP.
    Native,
    /// FRR, in a DaemonSet of its own.
    FrrK8s,
}

/// Addresses for Services.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The addresses.
    pub addresses: Vec<AddressRange>,
    /// Whether a Service that asks for no address gets one of these.
    pub auto_assign: bool,
    /// Whether addresses that end in .0 and .255 are left out.
    pub avoid_buggy_ips: bool,
    /// Which Services may have them.
    pub allocation: Option<Allocation>,
}

/// Which Services may have the addresses of a pool.
#[derive(Clone, Debug)]
pub struct Allocation {
    /// 1 comes first, 0 last.
    pub priority: u32,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Labels of namespaces.
    pub namespace_selectors: Vec<LabelSelector>,
    /// Labels of Services.
    pub service_selectors: Vec<LabelSelector>,
}

/// What is announced by ARP.
#[derive(Clone, Debug)]
pub struct L2Advertisement {
    /// Its name.
    pub name: String,
    /// The pools, at least one.
    pub pools: Vec<String>,
    /// The interfaces; none where the machines' are called differently.
    pub interfaces: Vec<String>,
    /// Labels of nodes.
    pub node_selectors: Vec<LabelSelector>,
    /// Labels of Services.
    pub service_selectors: Vec<LabelSelector>,
}

/// What is announced by BGP.
#[derive(Clone, Debug)]
pub struct Bgp {
    /// The routers.
    pub peers: Vec<Peer>,
    /// What is announced to them.
    pub advertisements: Vec<BgpAdvertisement>,
    /// The BFD profiles: those of the spec, and `fast` where a peer has it.
    pub bfd_profiles: Vec<BfdProfile>,
    /// Names for communities.
    pub communities: Vec<(String, String)>,
}

/// A router.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: PeerPlace,
    /// Its port.
    pub port: u16,
    /// The number of the cluster's autonomous system.
    pub my_asn: u32,
    /// The number of the router's.
    pub asn: PeerAsn,
    /// The number that the router sees.
    pub local_asn: Option<u32>,
    /// After how long without a message the session is over.
    pub hold_seconds: u32,
    /// How often a message comes; MetalLB's own BGP has no such setting.
    pub keepalive_seconds: Option<u32>,
    /// How long to wait before it is tried again to connect.
    pub connect_seconds: Option<u32>,
    /// The router id of every node.
    pub router_id: Option<Ipv4Addr>,
    /// Labels of nodes.
    pub node_selectors: Vec<LabelSelector>,
    /// The Secret that has the password.
    pub password_secret: Option<String>,
    /// The BFD profile.
    pub bfd: Option<String>,
    /// Whether it is more than one hop away.
    pub multi_hop: bool,
    /// Whether routes stay while a node's BGP starts anew.
    pub graceful_restart: bool,
    /// The VRF.
    pub vrf: Option<String>,
}

/// Where a router is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerPlace {
    /// At an address.
    Address(Ipv4Addr),
    /// At the other end of an interface.
    Interface(String),
}

/// The number of the router's autonomous system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerAsn {
    /// This one.
    Number(u32),
    /// What it says itself.
    Dynamic(MetallbDynamicAsn),
}

/// What is announced to routers.
#[derive(Clone, Debug)]
pub struct BgpAdvertisement {
    /// Its name.
    pub name: String,
    /// The pools, at least one.
    pub pools: Vec<String>,
    /// The routers, at least one.
    pub peers: Vec<String>,
    /// The prefix length of the routes.
    pub aggregation_length: u8,
    /// The preference within an autonomous system.
    pub local_pref: Option<u32>,
    /// Communities, or names for them.
    pub communities: Vec<String>,
    /// Labels of nodes.
    pub node_selectors: Vec<LabelSelector>,
    /// Labels of Services.
    pub service_selectors: Vec<LabelSelector>,
}

/// Timers that notice a dead router or node. Intervals are in milliseconds.
#[derive(Clone, Debug)]
pub struct BfdProfile {
    /// Its name.
    pub name: String,
    /// The shortest interval at which packets may come.
    pub receive_interval: u16,
    /// The shortest interval at which packets are sent.
    pub transmit_interval: u16,
    /// After how many missing packets the other side is dead.
    pub detect_multiplier: u8,
    /// The shortest interval of echo packets.
    pub echo_interval: Option<u16>,
    /// Whether echo packets are sent.
    pub echo_mode: bool,
    /// Whether it waits for the router to begin.
    pub passive_mode: bool,
    /// The lowest TTL of packets of a router that is several hops away.
    pub minimum_ttl: Option<u8>,
}

impl Metallb {
    /// Whether nodes answer ARP for addresses of Services, so that kube-proxy in IPVS mode needs strictARP.
    pub fn answers_arp(&self) -> bool {
        !self.l2.is_empty()
    }

    /// The Secrets with the passwords of routers, each once.
    pub fn password_secrets(&self) -> Vec<&str> {
        let peers = self.bgp.iter().flat_map(|bgp| &bgp.peers);
        let mut names: Vec<&str> = peers
            .filter_map(|peer| peer.password_secret.as_deref())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
