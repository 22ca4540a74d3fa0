//! The `kubernetes` part of the spec.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::format::Cidr;

/// Kubernetes itself: version, networks, registries.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubernetes {
    /// The exact version, for instance `1.37.1`.
    pub version: String,
    /// The pod networks: one, or two of different families. They cannot change later.
    #[serde(default = "pod_subnets")]
    #[schemars(with = "Vec<Cidr>")]
    pub pod_subnets: Vec<IpNet>,
    /// The Service networks: one, or two of different families. They cannot change later.
    #[serde(default = "service_subnets")]
    #[schemars(with = "Vec<Cidr>")]
    pub service_subnets: Vec<IpNet>,
    /// The DNS domain of Services. It cannot change later.
    #[serde(default = "dns_domain")]
    pub dns_domain: String,
    /// Where the images of Kubernetes come from.
    #[serde(default = "image_repository")]
    pub image_repository: String,
    /// The host (and path) of the package repository of Kubernetes.
    #[serde(default = "package_repository")]
    pub package_repository: String,
    /// Whether a cloud controller runs in the cluster.
    #[serde(default)]
    pub cloud_provider: CloudProvider,
    /// The pod network's manifest, applied once by the first control-plane node.
    #[serde(default)]
    pub cni: Cni,
    /// Whether the API server answers `/readyz` without credentials. Set it to false if you
    /// turn anonymous access off: load balancers then check the port only.
    #[serde(default = "yes")]
    pub anonymous_auth: bool,
    /// How kube-proxy leads connections to Services. It is read when the cluster is founded; afterwards it is in
    /// the config map `kube-proxy`.
    #[serde(default)]
    pub kube_proxy: KubeProxy,
}

/// How kube-proxy leads connections to Services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KubeProxy {
    /// kubeadm's own default.
    #[default]
    Iptables,
    /// The kernel's newer rules: faster with many Services. It needs Linux 5.13, and serves node ports at
    /// each node's own address only.
    Nftables,
    /// Deprecated since Kubernetes 1.35, off unless asked for from 1.40.
    Ipvs,
}

/// Whether a cloud controller runs in the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CloudProvider {
    /// No cloud controller.
    #[default]
    None,
    /// The cloud's own controller, out of tree.
    External,
}

/// The pod network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cni {
    /// None: nodes stay `NotReady` until you install one.
    #[default]
    None,
    /// A manifest, pinned by its digest.
    Manifest(CniManifest),
}

/// A manifest, pinned by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CniManifest {
    /// An https address, of one version and not of "latest".
    pub url: String,
    /// The SHA-256 of the manifest, 64 hexadecimal digits.
    pub sha256: String,
}

fn pod_subnets() -> Vec<IpNet> {
    vec![IpNet::new_assert([10, 244, 0, 0].into(), 16)]
}

fn service_subnets() -> Vec<IpNet> {
    vec![IpNet::new_assert([10, 96, 0, 0].into(), 12)]
}

fn dns_domain() -> String {
    "cluster.local".into()
}

/// The default of `imageRepository`.
pub const IMAGE_REPOSITORY: &str = "registry.k8s.io";
/// The default of `packageRepository`.
pub const PACKAGE_REPOSITORY: &str = "pkgs.k8s.io";

fn image_repository() -> String {
    IMAGE_REPOSITORY.into()
}

fn package_repository() -> String {
    PACKAGE_REPOSITORY.into()
}

fn yes() -> bool {
    true
}
