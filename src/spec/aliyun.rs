//! The `targets.aliyun` part of the spec.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tags;
use super::cloud::{CloudDns, CloudMachines, CloudNetwork, CloudTarget, protected};

/// Alibaba Cloud, behind a Network Load Balancer or a classic one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aliyun {
    /// The region, for instance `cn-hangzhou`.
    pub region: String,
    /// The network: an existing VPC, or one that hagen makes.
    pub network: CloudNetwork,
    /// The machines: made by Terraform, or there already.
    pub machines: CloudMachines,
    /// The kind of load balancer in front of the API servers. It cannot change later.
    #[serde(default)]
    pub load_balancer: AliyunLoadBalancer,
    /// The options of `loadBalancer: slb`.
    #[serde(default)]
    pub slb: AliyunSlb,
    /// Protects the load balancer twice: the cloud refuses to delete it, and Terraform refuses to
    /// plan its replacement. Turn it off, and apply, before a tear-down.
    #[serde(default = "protected")]
    pub deletion_protection: bool,
    /// The security group of existing control-plane machines, to which hagen adds the rule that
    /// lets the load balancer in. Left out, an output says which rule to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_plane_security_group: Option<String>,
    /// A private DNS record for `endpoint.host`. Left out, machines know the name from /etc/hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<CloudDns>,
    /// Tags for everything that can carry them, besides `hagen-cluster`.
    #[serde(default)]
    pub tags: Tags,
}

impl Aliyun {
    /// What it has in common with the other clouds.
    pub fn common(&self) -> CloudTarget<'_> {
        CloudTarget {
            name: "aliyun",
            region: &self.region,
            network: &self.network,
            machines: &self.machines,
            dns: self.dns.as_ref(),
            deletion_protection: self.deletion_protection,
            control_plane_security_group: self.control_plane_security_group.as_deref(),
            tags: &self.tags,
        }
    }
}

/// The kind of load balancer in front of the API servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AliyunLoadBalancer {
    /// A Network Load Balancer (NLB), over two zones or more.
    #[default]
    Nlb,
    /// The classic one (SLB, CLB), active in one zone and standing by in another. It does not lead a
    /// machine back to itself: control-plane nodes map the endpoint's name to themselves.
    Slb,
}

/// The options of the classic load balancer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AliyunSlb {
    /// How it is paid for, and with it its capacity.
    pub billing: AliyunSlbBilling,
    /// The zone that it is active in. Left out, the zone of its subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_zone: Option<String>,
    /// The zone that it stands by in. Left out, the zone of the next subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slave_zone: Option<String>,
}

/// How a classic load balancer is paid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AliyunSlbBilling {
    /// By its specification, for instance `slb.s2.small`.
    Specification(String),
    /// By what it does (CLCU), on the China site only.
    PayByClcu,
}

impl Default for AliyunSlbBilling {
    fn default() -> Self {
        Self::Specification("slb.s2.small".into())
    }
}
