//! The cluster spec as its author writes it: plain types for serde and schemars, no logic.
//!
//! Unknown keys are errors, choices are externally tagged, nothing is flattened or untagged,
//! so that each error keeps its line. Doc comments here become the descriptions in
//! `hagen schema`, which editors show.

mod address_range;
mod aliyun;
mod aws;
mod baremetal;
mod cloud;
mod downloads;
mod format;
mod huawei;
mod kube_vip;
mod kubernetes;
mod metallb;
mod secrets;
mod span;
mod tencent;

pub use address_range::{AddressRange, NotARange};
pub use aliyun::{Aliyun, AliyunLoadBalancer, AliyunSlb, AliyunSlbBilling};

pub use aws::{
    Aws, AwsDns, AwsImage, AwsLoadBalancer, AwsMachine, AwsMachines, AwsNetwork, AwsProvision,
    AwsPublicSubnet, AwsSubnet, DiskSizes, InstanceTypes, MachineRole,
};
pub use baremetal::{
    Baremetal, BaremetalLoadBalancer, BaremetalMachine, BaremetalNetwork, BaremetalRole,
    BaremetalServices, HaproxyLoadBalancer, Keepalived, NginxLoadBalancer,
};
pub use cloud::{
    CloudDns, CloudImage, CloudMachine, CloudMachines, CloudNetwork, CloudProvision, CloudSubnet,
    CloudTarget,
};
pub use downloads::{CONTAINERD_REPOSITORY, Downloads, Mirrors};
pub use huawei::{Huawei, HuaweiElb, HuaweiElbFlavor, HuaweiLoadBalancer};
pub use kube_vip::{
    KubeVip, KubeVipBgp, KubeVipMode, KubeVipPeer, LEASE_DURATION, RENEW_DEADLINE, RETRY_PERIOD,
};
pub use kubernetes::{
    CloudProvider, Cni, CniManifest, IMAGE_REPOSITORY, KubeProxy, Kubernetes, PACKAGE_REPOSITORY,
};
pub use metallb::{
    LabelExpression, LabelOperator, LabelSelector, Metallb, MetallbBackend, MetallbBfdProfile,
    MetallbBgp, MetallbBgpAdvertisement, MetallbCommunity, MetallbDynamicAsn, MetallbL2,
    MetallbL2Advertisement, MetallbPeer, MetallbPool, MetallbServiceAllocation,
};
pub use secrets::{Drop, Lifetime, Secrets, SecretsMode};
pub use span::Span;
pub use tencent::{Tencent, TencentClb, TencentLoadBalancer};

use std::collections::BTreeMap;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::format::Cidr;

/// One highly available kubeadm cluster and the places it can be rendered for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// The version of this format.
    pub api_version: ApiVersion,
    /// What this document describes.
    pub kind: Kind,
    /// The cluster's name: lower-case letters, digits and dashes, at most 32 characters.
    /// It names the load balancer and cannot change later.
    #[schemars(extend("minLength" = 1))]
    pub name: String,
    /// Kubernetes itself: version, networks, registries.
    pub kubernetes: Kubernetes,
    /// How the API server is reached.
    #[serde(default)]
    pub endpoint: Endpoint,
    /// Where etcd runs.
    #[serde(default)]
    pub etcd: Etcd,
    /// The control-plane nodes.
    #[serde(default)]
    pub control_plane: ControlPlane,
    /// The worker nodes.
    #[serde(default)]
    pub workers: Workers,
    /// How machines get the secrets that they join with, and how long these are good for.
    #[serde(default)]
    pub secrets: Secrets,
    /// Where machines get packages and images from, and the way there.
    #[serde(default)]
    pub downloads: Downloads,
    /// One or more places to render for; `--provider` picks one.
    pub targets: Targets,
}

/// The version of the spec format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first version.
    #[serde(rename = "hagen.dev/v1alpha1")]
    V1Alpha1,
}

/// The kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// A kubeadm cluster.
    Cluster,
}

/// How the API server is reached.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Endpoint {
    /// A DNS name for the API server. Left out, the load balancer's own name is used where it
    /// brings one. It cannot change later.
    pub host: Option<String>,
    /// The port of the load balancer's listener. On a cloud it is the API server's own, too; on bare metal
    /// that one is `apiServerPort`.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// Who can reach the load balancer at all.
    pub exposure: Exposure,
    /// The networks that may connect. Required with `exposure: internet`; with `internal` the
    /// default is the target's own network.
    #[schemars(with = "Vec<Cidr>")]
    pub allowed_cidrs: Vec<IpNet>,
    /// Whether control-plane nodes map the endpoint's name to themselves in /etc/hosts.
    pub pin: PinChoice,
}

/// Whether control-plane nodes map the endpoint's name to themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PinChoice {
    /// As the kind of load balancer needs it: `hagen explain hairpin` has the table.
    #[default]
    Auto,
    /// Only the first one, while it starts. Refused where a node could not reach itself through
    /// its load balancer.
    Off,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            host: None,
            port: 6443,
            exposure: Exposure::Internal,
            allowed_cidrs: Vec::new(),
            pin: PinChoice::Auto,
        }
    }
}

/// Who can reach the load balancer at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Exposure {
    /// Only the private network.
    #[default]
    Internal,
    /// The internet, restricted to `allowedCidrs`.
    Internet,
}

/// Where etcd runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Etcd {
    /// A member on each control-plane node.
    #[default]
    Stacked,
    /// Members on machines of their own. It cannot change later.
    External(ExternalEtcd),
}

/// etcd on machines of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalEtcd {
    /// How many members: 3, 5 or 7.
    pub count: u16,
}

/// The control-plane nodes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ControlPlane {
    /// How many: 3, 5 or 7, or 1 with `allowSingle`.
    pub count: u16,
    /// Accepts a single control-plane node, which is not highly available.
    pub allow_single: bool,
}

impl Default for ControlPlane {
    fn default() -> Self {
        Self {
            count: 3,
            allow_single: false,
        }
    }
}

/// The worker nodes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Workers {
    /// How many.
    pub count: u16,
}

/// The places this cluster can be rendered for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Targets {
    /// Amazon Web Services, behind a Network Load Balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<Aws>,
    /// Alibaba Cloud, behind a Network Load Balancer or a classic one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aliyun: Option<Aliyun>,
    /// Tencent Cloud, behind a Cloud Load Balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tencent: Option<Tencent>,
    /// Huawei Cloud, behind a dedicated Elastic Load Balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huawei: Option<Huawei>,
    /// Machines of your own, behind a virtual IP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baremetal: Option<Baremetal>,
}

impl Targets {
    /// Whether there is something for this target.
    pub fn has(&self, name: &str) -> bool {
        match name {
            "aws" => self.aws.is_some(),
            "aliyun" => self.aliyun.is_some(),
            "tencent" => self.tencent.is_some(),
            "huawei" => self.huawei.is_some(),
            "baremetal" => self.baremetal.is_some(),
            _ => false,
        }
    }
}

/// Tags that the user puts on everything that can carry them.
pub type Tags = BTreeMap<String, String>;
