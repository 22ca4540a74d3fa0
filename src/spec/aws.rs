//! The `targets.aws` part of the spec.

use std::net::Ipv4Addr;

use ipnet::{Ipv4Net, Ipv6Net};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tags;
use super::format::{Cidr4, Cidr6, Ipv4};

/// Amazon Web Services, behind a Network Load Balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aws {
    /// The region, for instance `eu-west-1`.
    pub region: String,
    /// The network: an existing VPC, or one that hagen makes.
    pub network: AwsNetwork,
    /// The machines: made by Terraform, or there already.
    pub machines: AwsMachines,
    /// The load balancer in front of the API servers.
    #[serde(default)]
    pub load_balancer: AwsLoadBalancer,
    /// A Route 53 record for `endpoint.host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<AwsDns>,
    /// Tags for everything that can carry them, besides `Name` and `hagen.dev/cluster`.
    #[serde(default)]
    pub tags: Tags,
}

/// The network: an existing VPC where `vpc` is given, otherwise one that hagen makes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsNetwork {
    /// The id of an existing VPC. Left out, hagen makes a VPC with the subnets below, an
    /// internet gateway and a NAT gateway for each zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// The VPC's IPv4 range.
    #[schemars(with = "Cidr4")]
    pub cidr: Ipv4Net,
    /// The private subnets, one for each zone: nodes and the internal load balancer.
    #[serde(default)]
    pub subnets: Vec<AwsSubnet>,
    /// The public subnets, one for each zone: an internet-facing load balancer and, in a VPC
    /// that hagen makes, the NAT gateways.
    #[serde(default)]
    pub public_subnets: Vec<AwsPublicSubnet>,
    /// Where nodes that Terraform makes may connect to, on any port. Packages and images come
    /// from the internet unless you have mirrors, so there is no default.
    #[serde(default)]
    #[schemars(with = "Vec<Cidr4>")]
    pub node_egress_cidrs: Vec<Ipv4Net>,
    /// The addresses from which nodes leave an existing VPC (its NAT gateways). Nodes reach an
    /// internet-facing load balancer from there, so they are allowed beside `allowedCidrs`.
    #[serde(default)]
    #[schemars(with = "Vec<Cidr4>")]
    pub nat_cidrs: Vec<Ipv4Net>,
}

/// A private subnet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsSubnet {
    /// The id, in an existing VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The availability zone, for instance `eu-west-1a`.
    pub zone: String,
    /// The subnet's IPv4 range.
    #[schemars(with = "Cidr4")]
    pub cidr: Ipv4Net,
    /// The fixed address of the internal load balancer in this subnet. It cannot change later
    /// without replacing the load balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4>")]
    pub api_address: Option<Ipv4Addr>,
    /// The subnet's IPv6 range, where an existing subnet has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Cidr6>")]
    pub ipv6_cidr: Option<Ipv6Net>,
}

/// A public subnet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsPublicSubnet {
    /// The id, in an existing VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The availability zone, for instance `eu-west-1a`.
    pub zone: String,
    /// The subnet's IPv4 range.
    #[schemars(with = "Cidr4")]
    pub cidr: Ipv4Net,
    /// The subnet's IPv6 range, where an existing subnet has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Cidr6>")]
    pub ipv6_cidr: Option<Ipv6Net>,
}

/// The machines: made by Terraform, or there already.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AwsMachines {
    /// Terraform makes the instances; their cloud-init is their user data.
    Provision(AwsProvision),
    /// The machines are there; their cloud-init is a file, and the control plane is
    /// registered with the load balancer by address or by instance id.
    Existing(Vec<AwsMachine>),
}

/// Machines that Terraform makes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsProvision {
    /// The image: an AMI id, or an operating system of which the publisher's newest image
    /// is looked up.
    pub image: AwsImage,
    /// The instance types. All of one architecture.
    pub instance_types: InstanceTypes,
    /// The sizes of the encrypted volumes.
    #[serde(default)]
    pub disk_sizes: DiskSizes,
    /// An EC2 key pair for SSH. Left out, there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<String>,
}

/// The image of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AwsImage {
    /// The publisher's newest image of Ubuntu 22.04.
    #[serde(rename = "ubuntu-22.04")]
    Ubuntu2204,
    /// The publisher's newest image of Ubuntu 24.04.
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
    /// The publisher's newest image of Debian 12.
    #[serde(rename = "debian-12")]
    Debian12,
    /// The publisher's newest image of Debian 13.
    #[serde(rename = "debian-13")]
    Debian13,
    /// The publisher's newest image of Rocky Linux 9.
    #[serde(rename = "rocky-9")]
    Rocky9,
    /// One image, by its id: `ami: ami-0123456789abcdef0`.
    Ami(String),
}

/// The instance types of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstanceTypes {
    /// Of the control-plane nodes: two processors and 2 GiB or more.
    pub control_plane: String,
    /// Of the workers. Left out, the same as the control plane's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Of the members of external etcd. Left out, the same as the control plane's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etcd: Option<String>,
}

/// The sizes of the volumes, in GiB.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DiskSizes {
    /// Of a control-plane node's root volume, stacked etcd included.
    pub control_plane: u16,
    /// Of a worker's root volume.
    pub worker: u16,
    /// Of the data volume of a member of external etcd, which outlives the machine.
    pub etcd: u16,
}

impl Default for DiskSizes {
    fn default() -> Self {
        Self {
            control_plane: 100,
            worker: 100,
            etcd: 40,
        }
    }
}

/// A machine that is there already.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsMachine {
    /// The node's name, which is the machine's host name.
    pub name: String,
    /// What the machine is.
    #[serde(default)]
    pub role: MachineRole,
    /// The machine's private address. A control-plane node without an instance id is
    /// registered by it.
    #[schemars(with = "Ipv4")]
    pub address: Ipv4Addr,
    /// The EC2 instance id, by which a control-plane node is then registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The availability zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// What a machine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MachineRole {
    /// A control-plane node.
    #[default]
    ControlPlane,
    /// A worker.
    Worker,
    /// A member of external etcd.
    Etcd,
}

/// The load balancer in front of the API servers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AwsLoadBalancer {
    /// Protects the load balancer twice: AWS refuses to delete it, and Terraform refuses to
    /// plan its replacement. Turn it off, and apply, before a tear-down.
    pub deletion_protection: bool,
    /// Gives the load balancer IPv6 addresses too. Every one of its subnets needs a range.
    pub dual_stack: bool,
    /// A second, internal load balancer for an internet-facing endpoint; nodes use it.
    pub second_internal: bool,
    /// The security group of existing control-plane machines, to which hagen adds the rule
    /// that lets the load balancer in. Left out, an output says which rule to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_security_group: Option<String>,
}

impl Default for AwsLoadBalancer {
    fn default() -> Self {
        Self {
            deletion_protection: true,
            dual_stack: false,
            second_internal: false,
            control_plane_security_group: None,
        }
    }
}

/// A Route 53 record for `endpoint.host`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsDns {
    /// The id of the hosted zone that `endpoint.host` is in.
    pub zone_id: String,
}
