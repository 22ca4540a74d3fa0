//! Where etcd runs.

use crate::facts::kubernetes::KUBERNETES;
use crate::spec;

use super::{Node, Role};

/// Where etcd runs.
#[derive(Clone, Debug)]
pub enum Etcd {
    /// A member on each control-plane node.
    Stacked,
    /// Members on machines of their own.
    External(ExternalEtcd),
}

/// etcd on machines of its own.
#[derive(Clone, Debug)]
pub struct ExternalEtcd {
    /// The version, for instance `3.6.11`.
    pub version: String,
    /// Where the releases are.
    pub url: String,
    /// The SHA-256 of the release for amd64.
    pub sha256_amd64: String,
    /// The SHA-256 of the release for arm64.
    pub sha256_arm64: String,
    /// The members, in the order of the nodes.
    pub members: Vec<Member>,
    /// The domain of the members' names.
    pub domain: String,
    /// Whether each machine has a disk of its own for the data.
    pub separate_disk: bool,
}

/// A member of external etcd.
#[derive(Clone, Debug)]
pub struct Member {
    /// The machine's name, which is the member's.
    pub name: String,
    /// The name by which the others find it. It stands in certificates and in /etc/hosts, so that
    /// a machine made anew may have another address.
    pub host: String,
}

/// Builds the plan of etcd from the nodes.
pub(super) fn build(spec: &spec::Cluster, nodes: &[Node], separate_disk: bool) -> Etcd {
    if spec.etcd == spec::Etcd::Stacked {
        return Etcd::Stacked;
    }
    let minor = KUBERNETES
        .minor(&spec.kubernetes.version)
        .unwrap_or_else(|| panic!("the version was not validated, a bug in hagen"));
    let release = KUBERNETES
        .etcd
        .iter()
        .find(|release| release.version == minor.etcd)
        .unwrap_or_else(|| panic!("providers/kubernetes.yaml has no etcd {}", minor.etcd));
    let domain = format!("{}.{}", spec.name, KUBERNETES.etcd_domain);
    Etcd::External(ExternalEtcd {
        version: release.version.clone(),
        url: format!("https://{}", spec.downloads.etcd_repository),
        sha256_amd64: release.amd64.clone(),
        sha256_arm64: release.arm64.clone(),
        members: nodes
            .iter()
            .filter(|node| node.role == Role::Etcd)
            .map(|node| Member {
                name: node.name.clone(),
                host: format!("{}.{domain}", node.name),
            })
            .collect(),
        domain,
        separate_disk,
    })
}
