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
    /// Ports that a node needs for itself.
    pub reserved_ports: Vec<u16>,
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
    /// The repository, without the distribution's name.
    pub url: String,
    /// The fingerprint of the signing key.
    pub key_fingerprint: String,
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
