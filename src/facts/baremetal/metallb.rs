//! `providers/baremetal/metallb.yaml`: which MetalLB is installed, its limits, and the ports that it needs.

use std::sync::LazyLock;

use serde::Deserialize;

/// Which MetalLB is installed, its limits, and the ports that it needs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metallb {
    /// The version, with its `v`.
    pub version: String,
    /// The namespace, which upstream's manifests and webhooks fix.
    pub namespace: String,
    /// Upstream's manifests.
    pub manifests: Manifests,
    /// The speaker's argument that makes it announce from control-plane nodes, too.
    pub ignore_exclude_argument: String,
    /// Beginnings of names of interfaces on which MetalLB never answers.
    pub excluded_interfaces: Vec<String>,
    /// Limits and defaults of BGP.
    pub bgp: Bgp,
    /// The BFD profile that is there without being written.
    pub bfd_fast: BfdFast,
    /// What a firewall must let in.
    pub ports: Vec<Port>,
}

/// Upstream's manifests.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifests {
    /// MetalLB alone.
    pub native: Manifest,
    /// With FRR.
    pub frr_k8s: Manifest,
}

/// A manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Where it is.
    pub url: String,
    /// Its digest, where that has been checked.
    pub sha256: Option<String>,
}

/// Limits and defaults of BGP.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bgp {
    /// The hold time that is set where the spec says none.
    pub hold_seconds: u32,
    /// The shortest hold time but 0.
    pub least_hold_seconds: u32,
    /// The longest hold time.
    pub most_hold_seconds: u32,
    /// The longest connect time.
    pub most_connect_seconds: u32,
}

/// The BFD profile that is there without being written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BfdFast {
    /// Its name.
    pub name: String,
    /// The interval of both directions.
    pub interval_milliseconds: u16,
    /// After how many missing packets the other side is dead.
    pub detect_multiplier: u8,
}

/// A port that a firewall must let in on the nodes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Port {
    /// The port.
    pub port: u16,
    /// The protocols.
    pub protocols: Vec<Protocol>,
    /// Where connections come from.
    pub from: From,
    /// What needs it.
    pub when: When,
    /// What for.
    pub purpose: String,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// Where connections come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum From {
    /// The cluster's nodes.
    Nodes,
    /// The routers that are BGP peers.
    Routers,
}

/// What needs a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// Every MetalLB.
    Always,
    /// BGP.
    Bgp,
    /// FRR in a DaemonSet of its own.
    FrrK8s,
    /// A BFD profile in use.
    Bfd,
    /// One with echo mode.
    BfdEcho,
    /// One of a router that is several hops away.
    BfdMultiHop,
}

impl Metallb {
    /// Whether MetalLB never answers on an interface of this name.
    pub fn excludes(&self, interface: &str) -> bool {
        interface == "lo"
            || self
                .excluded_interfaces
                .iter()
                .any(|beginning| interface.starts_with(beginning.as_str()))
    }
}

/// MetalLB.
pub static METALLB: LazyLock<Metallb> = LazyLock::new(|| {
    super::super::embedded(
        "baremetal/metallb.yaml",
        include_str!("../../../providers/baremetal/metallb.yaml"),
    )
});

#[cfg(test)]
mod tests {
    use super::METALLB;

    #[test]
    fn the_data_file_holds_together() {
        let facts = &*METALLB;
        for manifest in [&facts.manifests.native, &facts.manifests.frr_k8s] {
            assert!(manifest.url.contains(&format!("/{}/", facts.version)));
            let hexadecimal = |digest: &String| {
                digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())
            };
            assert!(manifest.sha256.iter().all(hexadecimal), "{manifest:?}");
        }
        let bgp = &facts.bgp;
        assert!(bgp.least_hold_seconds <= bgp.hold_seconds);
        assert!(bgp.hold_seconds <= bgp.most_hold_seconds);
        // Within what the spec takes of a profile.
        assert!((10..=60000).contains(&facts.bfd_fast.interval_milliseconds));
        assert!(facts.bfd_fast.detect_multiplier >= 2);
        let mut ports: Vec<u16> = facts.ports.iter().map(|port| port.port).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), facts.ports.len(), "a port stands twice");
    }

    #[test]
    fn interfaces_of_pods_are_left_out() {
        for name in [
            "lo",
            "docker0",
            "cali123",
            "flannel.1",
            "kube-ipvs0",
            "cni0",
        ] {
            assert!(METALLB.excludes(name), "{name}");
        }
        for name in ["eth0", "lo1", "bond0", "enp1s0", "br0"] {
            assert!(!METALLB.excludes(name), "{name}");
        }
    }
}
