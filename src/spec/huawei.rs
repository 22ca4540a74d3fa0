//! The `targets.huawei` part of the spec.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tags;
use super::cloud::{CloudDns, CloudMachines, CloudNetwork, CloudTarget, protected};

/// Huawei Cloud, behind a dedicated Elastic Load Balance.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Huawei {
    /// The region, for instance `cn-north-4`.
    pub region: String,
    /// The network: an existing VPC, or one that hagen makes.
    pub network: CloudNetwork,
    /// The machines: made by Terraform, or there already.
    pub machines: CloudMachines,
    /// The kind of load balancer in front of the API servers. It cannot change later.
    #[serde(default)]
    pub load_balancer: HuaweiLoadBalancer,
    /// The options of the load balancer.
    #[serde(default)]
    pub elb: HuaweiElb,
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

impl Huawei {
    /// What it has in common with the other clouds.
    pub fn common(&self) -> CloudTarget<'_> {
        CloudTarget {
            name: "huawei",
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
pub enum HuaweiLoadBalancer {
    /// A dedicated Elastic Load Balance (ELB) with a network flavor.
    #[default]
    Elb,
}

/// The options of a dedicated load balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiElb {
    /// The network flavor: its id, or the connections that it takes, by which one is looked up.
    pub flavor: HuaweiElbFlavor,
    /// The zones of the load balancer. Left out, those of the subnets.
    pub zones: Vec<String>,
    /// Mbit/s to the internet, of an internet-facing load balancer.
    #[schemars(range(min = 1, max = 2000))]
    pub bandwidth: u32,
}

impl Default for HuaweiElb {
    fn default() -> Self {
        Self {
            flavor: HuaweiElbFlavor::default(),
            zones: Vec::new(),
            bandwidth: 10,
        }
    }
}

/// A network flavor of a dedicated load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HuaweiElbFlavor {
    /// The flavor with at most this many connections at a time.
    MaxConnections(u32),
    /// The flavor with this id.
    Id(String),
}

impl Default for HuaweiElbFlavor {
    fn default() -> Self {
        Self::MaxConnections(500_000)
    }
}
