//! The `targets.tencent` part of the spec.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tags;
use super::cloud::{CloudDns, CloudMachines, CloudNetwork, CloudTarget, protected};

/// Tencent Cloud, behind a Cloud Load Balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tencent {
    /// The region, for instance `ap-guangzhou`.
    pub region: String,
    /// The network: an existing VPC, or one that hagen makes.
    pub network: CloudNetwork,
    /// The machines: made by Terraform, or there already.
    pub machines: CloudMachines,
    /// The kind of load balancer in front of the API servers. It cannot change later.
    #[serde(default)]
    pub load_balancer: TencentLoadBalancer,
    /// The options of the load balancer.
    #[serde(default)]
    pub clb: TencentClb,
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

impl Tencent {
    /// What it has in common with the other clouds.
    pub fn common(&self) -> CloudTarget<'_> {
        CloudTarget {
            name: "tencent",
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
pub enum TencentLoadBalancer {
    /// A Cloud Load Balancer (CLB).
    #[default]
    Clb,
}

/// The options of a Cloud Load Balancer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TencentClb {
    /// The specification of an instance with guaranteed capacity (LCU), for instance
    /// `clb.c2.medium`. Left out, a shared instance: 50,000 connections, enough for most clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla_type: Option<String>,
    /// Mbit/s to the internet, of an internet-facing load balancer. Left out, the cloud's default of 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<u32>,
    /// The zone that an internet-facing load balancer is active in. Left out, the cloud chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_zone: Option<String>,
    /// The zone that an internet-facing load balancer stands by in; only with `masterZone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slave_zone: Option<String>,
}
