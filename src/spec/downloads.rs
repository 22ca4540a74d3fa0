//! The `downloads` part of the spec.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where machines get packages and images from, and the way there. Images and packages of
/// Kubernetes itself have their own keys: `kubernetes.imageRepository` and
/// `kubernetes.packageRepository`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Downloads {
    /// Public mirrors for a region of the world, for whatever names no mirror of its own: images and
    /// packages of Kubernetes and containerd's packages.
    pub mirrors: Mirrors,
    /// Machines reach nothing but your mirrors: every source must then be named, and none may be
    /// a public one.
    pub air_gapped: bool,
    /// An HTTP proxy for packages and images, for instance `http://proxy.example.com:3128`. The
    /// API server is never asked through it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Hosts, domains that begin with a dot, and networks that are reached without the proxy,
    /// beside those of the cluster itself.
    pub no_proxy: Vec<String>,
    /// A mirror of the operating system's packages, host and path: below it are `ubuntu`,
    /// `debian` and `debian-security`, `rockylinux` or `alinux`. Left out, the machine's own
    /// sources are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_repository: Option<String>,
    /// The host and path of containerd's packages.
    pub containerd_repository: String,
    /// The host and path of etcd's releases; needed with external etcd only.
    pub etcd_repository: String,
    /// Mirrors of other registries, for the images of the pod network and of your own: the
    /// registry, and the host and path to ask in its place.
    pub registry_mirrors: BTreeMap<String, String>,
}

/// Public mirrors for a region of the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mirrors {
    /// None: the projects' own hosts.
    #[default]
    None,
    /// Mirrors in mainland China, those that are near to the target.
    China,
}

/// The default of `containerdRepository`.
pub const CONTAINERD_REPOSITORY: &str = "download.docker.com/linux";

impl Default for Downloads {
    fn default() -> Self {
        Self {
            mirrors: Mirrors::None,
            air_gapped: false,
            proxy: None,
            no_proxy: Vec::new(),
            system_repository: None,
            containerd_repository: CONTAINERD_REPOSITORY.into(),
            etcd_repository: "github.com/etcd-io/etcd/releases/download".into(),
            registry_mirrors: BTreeMap::new(),
        }
    }
}
