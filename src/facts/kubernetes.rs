//! `providers/kubernetes.yaml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// What hagen knows about Kubernetes itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubernetes {
    /// The supported minors, oldest first.
    pub minors: Vec<Minor>,
    /// The package repository.
    pub packages: Packages,
    /// containerd's packages.
    pub containerd: Containerd,
    /// etcd's releases, for external etcd.
    pub etcd: Vec<EtcdRelease>,
    /// The domain of the members of external etcd.
    pub etcd_domain: String,
    /// How long nodes wait for each other.
    pub turns: Turns,
    /// Ports that a node needs for itself.
    pub reserved_ports: Vec<ReservedPort>,
    /// The range of `NodePort` Services.
    pub node_ports: PortRange,
    /// A node's block of the pod network.
    pub pod_blocks: PodBlocks,
    /// The prefixes of a Service network.
    pub service_prefixes: ServicePrefixes,
}

/// How long nodes wait for each other, in minutes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Turns {
    /// A control-plane node, for each one before it.
    pub minutes: u32,
    /// A worker, for the first control-plane node.
    pub worker_minutes: u32,
}

/// A port that a node needs for itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReservedPort {
    /// The port.
    pub port: u16,
    /// What needs it.
    pub what: String,
}

/// A range of ports, both ends included.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
}

/// A node's block of the pod network, as prefix lengths.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodBlocks {
    /// Of an IPv4 network.
    pub ipv4: u8,
    /// Of an IPv6 network.
    pub ipv6: u8,
    /// The most bits between the pod network's prefix and the block's.
    pub most_bits: u8,
}

/// The prefixes of a Service network.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePrefixes {
    /// Of an IPv4 network.
    pub ipv4: Prefixes,
    /// Of an IPv6 network.
    pub ipv6: Prefixes,
}

/// A range of prefix lengths, both ends included.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prefixes {
    /// The shortest prefix, of the largest network.
    pub shortest: u8,
    /// The longest prefix, of the smallest network.
    pub longest: u8,
}

/// A supported minor of Kubernetes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Minor {
    /// For instance `1.37`.
    pub minor: String,
    /// The first patch release whose `kubeadm init` does without the load balancer.
    pub first_patch: u16,
    /// The date after which there are no fixes, `YYYY-MM-DD`.
    pub end_of_life: String,
    /// The version of the pause image.
    pub pause: String,
    /// The version of etcd that external members run.
    pub etcd: String,
}

/// A release of etcd.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EtcdRelease {
    /// The version.
    pub version: String,
    /// The SHA-256 of the archive for amd64.
    pub amd64: String,
    /// The SHA-256 of the archive for arm64.
    pub arm64: String,
}

/// The package repository of Kubernetes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Packages {
    /// The fingerprint of the signing key.
    pub key_fingerprint: String,
    /// The Debian revision.
    pub revision: String,
}

/// containerd's packages.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Containerd {
    /// The fingerprint of the key that signs the Debian packages.
    pub key_fingerprint: String,
    /// The fingerprint of the key that signs the RPM packages.
    pub rpm_key_fingerprint: String,
    /// The version with its Debian revision.
    pub version: String,
}

impl Kubernetes {
    /// The minor that a version such as `1.37.1` belongs to, if it is supported.
    pub fn minor(&self, version: &str) -> Option<&Minor> {
        let minor = version.rsplit_once('.')?.0;
        self.minors.iter().find(|known| known.minor == minor)
    }
}

/// The data.
pub static KUBERNETES: LazyLock<Kubernetes> = LazyLock::new(|| {
    super::embedded(
        "kubernetes.yaml",
        include_str!("../../providers/kubernetes.yaml"),
    )
});
