//! MetalLB, for Services of type LoadBalancer on bare metal. The names are those of MetalLB's own resources.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::format::Ipv4;
use super::{Baremetal, BaremetalMachine, BaremetalRole, Span};

/// MetalLB: pools of addresses, and how they are announced: by ARP (`l2`), by BGP, or both.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metallb {
    /// The addresses for Services.
    pub pools: Vec<MetallbPool>,
    /// Announces pools by ARP: one node answers for an address. Needs no router, and the pools must be in
    /// the machines' subnet. `l2: {}` announces all pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l2: Option<MetallbL2>,
    /// Announces pools to routers by BGP: several nodes take the traffic of an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bgp: Option<MetallbBgp>,
}

/// Addresses for Services.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbPool {
    /// Its name.
    pub name: String,
    /// Networks, ranges as `FIRST-LAST`, or single addresses. Nothing else may use them.
    pub addresses: Vec<String>,
    /// Whether a Service that asks for no address gets one of these.
    #[serde(default = "yes")]
    pub auto_assign: bool,
    /// Leaves out addresses that end in .0 and .255, which some old devices refuse.
    #[serde(default = "yes", rename = "avoidBuggyIPs")]
    pub avoid_buggy_ips: bool,
    /// Which Services may have these addresses. Left out, all may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_allocation: Option<MetallbServiceAllocation>,
}

/// Which Services may have the addresses of a pool. Without namespaces and selectors all may.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbServiceAllocation {
    /// The order among pools that fit: 1 comes first, 0 last.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub priority: u32,
    /// The namespaces of the Services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Labels of the namespaces of the Services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespace_selectors: Vec<LabelSelector>,
    /// Labels of the Services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_selectors: Vec<LabelSelector>,
}

/// Labels that an object must have. All of it must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    /// Labels and their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Conditions on labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelExpression>,
}

/// A condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelExpression {
    /// The label.
    pub key: String,
    /// The condition.
    pub operator: LabelOperator,
    /// The values of `In` and `NotIn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// A condition on a label, as Kubernetes calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LabelOperator {
    /// It has one of the values.
    In,
    /// It has none of the values, or is not there.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// Announcing by ARP.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbL2 {
    /// Which pools are announced where. Left out, all pools by all nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advertisements: Vec<MetallbL2Advertisement>,
}

/// Pools that are announced by ARP.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbL2Advertisement {
    /// Its name.
    pub name: String,
    /// The pools.
    pub pools: Vec<String>,
    /// The network interfaces to answer on. Left out, the machines' interface where all have the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<String>,
    /// Labels of the nodes that may answer; one selector that fits is enough. Left out, all may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_selectors: Vec<LabelSelector>,
    /// Labels of the Services whose addresses are announced. Left out, those of all. Such Services cannot
    /// share an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_selectors: Vec<LabelSelector>,
}

/// Announcing by BGP.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbBgp {
    /// What speaks BGP.
    #[serde(default)]
    pub backend: MetallbBackend,
    /// The number of the cluster's autonomous system, for peers that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub my_asn: Option<u32>,
    /// The routers.
    pub peers: Vec<MetallbPeer>,
    /// Which pools are announced to which routers. Left out, all pools to all routers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advertisements: Vec<MetallbBgpAdvertisement>,
    /// Timers that notice a dead router or node. The profile `fast` (three times 300 ms) is there without
    /// being written here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bfd_profiles: Vec<MetallbBfdProfile>,
    /// Names for BGP communities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub communities: Vec<MetallbCommunity>,
}

/// What speaks BGP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MetallbBackend {
    /// FRR, in a DaemonSet of its own. It has BFD.
    #[default]
    FrrK8s,
    /// MetalLB itself: less to run, without BFD, VRFs, graceful restart and more.
    Native,
}

/// A router.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbPeer {
    /// Its name.
    pub name: String,
    /// Its address; or give `interface`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4>")]
    pub address: Option<Ipv4Addr>,
    /// The node's interface at whose other end the router is, for BGP without addresses (unnumbered).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Its port.
    #[serde(default = "bgp_port")]
    #[schemars(range(min = 1, max = 16384))]
    pub port: u16,
    /// The number of the cluster's autonomous system, where it is another one than `bgp.myAsn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub my_asn: Option<u32>,
    /// The number of the router's autonomous system; or give `dynamicAsn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub peer_asn: Option<u32>,
    /// Takes the router's number from its own first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamic_asn: Option<MetallbDynamicAsn>,
    /// The number that the router sees instead of `myAsn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    pub local_asn: Option<u32>,
    /// After how long without a message the session is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_time: Option<Span>,
    /// How often a message comes: a third of the hold time, unless you say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keepalive_time: Option<Span>,
    /// How long to wait before it is tried again to connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_time: Option<Span>,
    /// The router id of every node. Left out, each has its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4>")]
    pub router_id: Option<Ipv4Addr>,
    /// Labels of the nodes that talk to it; one selector that fits is enough. Left out, all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_selectors: Vec<LabelSelector>,
    /// The Secret in metallb-system, of type kubernetes.io/basic-auth, that has the session's password. You
    /// make it by hand: no secret is rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret: Option<String>,
    /// The BFD profile: `fast`, or one of `bfdProfiles`. Left out, a dead node is noticed when the hold time
    /// is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bfd: Option<String>,
    /// Whether the router is more than one hop away. Only for another autonomous system.
    #[serde(default)]
    pub ebgp_multi_hop: bool,
    /// Keeps routes while a node's BGP starts anew. It cannot change later.
    #[serde(default)]
    pub graceful_restart: bool,
    /// The VRF of the nodes that the session is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vrf: Option<String>,
}

/// Where a router's number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MetallbDynamicAsn {
    /// It must be the cluster's own.
    Internal,
    /// It must be another one.
    External,
}

/// Pools that are announced to routers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbBgpAdvertisement {
    /// Its name.
    pub name: String,
    /// The pools.
    pub pools: Vec<String>,
    /// The routers. Left out, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<String>,
    /// The prefix length of the routes: 32 announces each address by itself.
    #[serde(default = "host_route")]
    #[schemars(range(min = 1, max = 32))]
    pub aggregation_length: u8,
    /// The preference that routers of the same autonomous system give to the routes; the highest wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub local_pref: Option<u32>,
    /// Communities: `64512:100`, `large:64512:1:2`, or names of `communities`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub communities: Vec<String>,
    /// Labels of the nodes that announce; one selector that fits is enough. Left out, all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_selectors: Vec<LabelSelector>,
    /// Labels of the Services whose addresses are announced. Left out, those of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_selectors: Vec<LabelSelector>,
}

/// Timers that notice a dead router or node (RFC 5880). Intervals are in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbBfdProfile {
    /// Its name.
    pub name: String,
    /// The shortest interval at which packets may come.
    #[serde(default = "bfd_interval")]
    #[schemars(range(min = 10, max = 60000))]
    pub receive_interval: u16,
    /// The shortest interval at which packets are sent.
    #[serde(default = "bfd_interval")]
    #[schemars(range(min = 10, max = 60000))]
    pub transmit_interval: u16,
    /// After how many missing packets the other side is dead.
    #[serde(default = "bfd_multiplier")]
    #[schemars(range(min = 2, max = 255))]
    pub detect_multiplier: u8,
    /// The shortest interval of echo packets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 60000))]
    pub echo_interval: Option<u16>,
    /// Also sends packets that the router only returns.
    #[serde(default)]
    pub echo_mode: bool,
    /// Waits for the router to begin.
    #[serde(default)]
    pub passive_mode: bool,
    /// The lowest TTL of packets of a router that is several hops away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 254))]
    pub minimum_ttl: Option<u8>,
}

/// A name for a BGP community.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbCommunity {
    /// The name.
    pub name: String,
    /// The community: `64512:100` or `large:64512:1:2`.
    pub value: String,
}

impl Baremetal {
    /// The machines whose nodes announce addresses of Services: the workers, or where there are none the
    /// control plane, which MetalLB then has to be told.
    pub fn announcing(&self) -> Vec<&BaremetalMachine> {
        let of = |role| {
            let machines = self.machines.iter().filter(move |one| one.role == role);
            machines.collect::<Vec<_>>()
        };
        let workers = of(BaremetalRole::Worker);
        if workers.is_empty() {
            of(BaremetalRole::ControlPlane)
        } else {
            workers
        }
    }

    /// The network interface of a machine.
    pub fn interface_of<'a>(&'a self, machine: &'a BaremetalMachine) -> Option<&'a String> {
        machine.interface.as_ref().or(self.interface.as_ref())
    }
}

fn yes() -> bool {
    true
}

fn bgp_port() -> u16 {
    179
}

fn host_route() -> u8 {
    32
}

fn bfd_interval() -> u16 {
    300
}

fn bfd_multiplier() -> u8 {
    3
}
