//! How kube-proxy leads connections to Services.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::spec;

/// How kube-proxy leads connections to Services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KubeProxy {
    /// kubeadm's own default.
    Iptables,
    /// The kernel's newer rules.
    Nftables,
    /// Deprecated.
    Ipvs {
        /// Whether nodes answer ARP only for addresses of the interface that is asked: with IPVS each node has
        /// every Service's address, and would answer in the place of who announces it.
        strict_arp: bool,
        /// Networks whose IPVS services are not kube-proxy's, so that it does not clear them away.
        exclude: Vec<Ipv4Net>,
    },
}

/// What of the cluster kube-proxy must leave alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// Whether someone announces addresses by ARP.
    pub arp: bool,
    /// The virtual IP, where it may be on a node.
    pub virtual_ip: Option<Ipv4Addr>,
}

pub(super) fn build(chosen: spec::KubeProxy, around: Around) -> KubeProxy {
    match chosen {
        spec::KubeProxy::Iptables => KubeProxy::Iptables,
        spec::KubeProxy::Nftables => KubeProxy::Nftables,
        spec::KubeProxy::Ipvs => KubeProxy::Ipvs {
            strict_arp: around.arp,
            exclude: around.virtual_ip.map(Ipv4Net::from).into_iter().collect(),
        },
    }
}
