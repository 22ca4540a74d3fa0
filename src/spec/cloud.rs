//! What the targets Alibaba Cloud, Tencent Cloud and Huawei Cloud have in common.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tags;
use super::format::{Cidr4, Ipv4};
use super::{DiskSizes, InstanceTypes, MachineRole};

/// The network: an existing VPC where `vpc` is given, otherwise one that hagen makes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudNetwork {
    /// The id of an existing VPC. Left out, hagen makes a VPC with the subnets below and a NAT
    /// gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// The VPC's IPv4 range.
    #[schemars(with = "Cidr4")]
    pub cidr: Ipv4Net,
    /// The subnets (on Alibaba Cloud: vSwitches), one for each zone: nodes and the load balancer.
    #[serde(default)]
    pub subnets: Vec<CloudSubnet>,
    /// Where nodes that Terraform makes may connect to, on any port. Packages and images come
    /// from the internet unless you have mirrors, so there is no default.
    #[serde(default)]
    #[schemars(with = "Vec<Cidr4>")]
    pub node_egress_cidrs: Vec<Ipv4Net>,
    /// The public addresses from which nodes leave an existing VPC (its NAT gateways). Nodes reach
    /// an internet-facing load balancer from there, so they are allowed beside `allowedCidrs`.
    #[serde(default)]
    #[schemars(with = "Vec<Cidr4>")]
    pub nat_cidrs: Vec<Ipv4Net>,
}

/// A subnet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudSubnet {
    /// The id, in an existing VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The zone of the nodes in it, for instance `cn-hangzhou-h`.
    pub zone: String,
    /// The subnet's IPv4 range.
    #[schemars(with = "Cidr4")]
    pub cidr: Ipv4Net,
    /// The fixed private address of the load balancer in this subnet. A load balancer that has an
    /// address in each zone takes one in each subnet or in none; others take one in a single subnet.
    /// It cannot change later without replacing the load balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Ipv4>")]
    pub api_address: Option<Ipv4Addr>,
    /// The part of the subnet from which machines that Terraform makes get fixed addresses: 8 for
    /// control-plane nodes, 8 for members of etcd, then the workers. Left out, the subnet from its
    /// sixteenth address on. It cannot change later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Cidr4>")]
    pub node_addresses: Option<Ipv4Net>,
}

/// The machines: made by Terraform, or there already.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CloudMachines {
    /// Terraform makes the machines; their cloud-init is their user data.
    Provision(CloudProvision),
    /// The machines are there; their cloud-init is a file, and the control plane is registered
    /// with the load balancer by instance id, or by address where the load balancer takes these.
    Existing(Vec<CloudMachine>),
}

/// Machines that Terraform makes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudProvision {
    /// The image: its id, or an operating system of which the newest public image is looked up.
    pub image: CloudImage,
    /// The types of the machines (on Huawei Cloud: flavors). All of one architecture.
    pub instance_types: InstanceTypes,
    /// The kind of the disks, which differs by zone and by type of machine.
    pub disk_type: String,
    /// The sizes of the disks.
    #[serde(default)]
    pub disk_sizes: DiskSizes,
    /// The key pair for SSH: its name, or on Tencent Cloud its id. Left out, there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<String>,
}

/// The image of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CloudImage {
    /// The newest public image of Ubuntu 22.04.
    #[serde(rename = "ubuntu-22.04")]
    Ubuntu2204,
    /// The newest public image of Ubuntu 24.04.
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
    /// The newest public image of Debian 12.
    #[serde(rename = "debian-12")]
    Debian12,
    /// The newest public image of Rocky Linux 9.
    #[serde(rename = "rocky-9")]
    Rocky9,
    /// The newest public image of Alibaba Cloud Linux 3, on Alibaba Cloud only. It boots with
    /// cgroup v1: the node switches it over and reboots once.
    #[serde(rename = "alinux-3")]
    Alinux3,
    /// One image, by its id.
    Id(String),
}

/// A machine that is there already.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudMachine {
    /// The node's name, which is the machine's host name.
    pub name: String,
    /// What the machine is.
    #[serde(default)]
    pub role: MachineRole,
    /// The machine's private address.
    #[schemars(with = "Ipv4")]
    pub address: Ipv4Addr,
    /// The machine's id, by which Alibaba Cloud and Tencent Cloud register a control-plane node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// A private DNS record for `endpoint.host`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudDns {
    /// The private zone that `endpoint.host` is in, for instance `example.internal`.
    pub zone: String,
    /// The id of a private zone that is there and known in the VPC. Left out, hagen makes the zone
    /// for this VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<String>,
}

/// The parts of a target that these clouds have in common.
#[derive(Clone, Copy, Debug)]
pub struct CloudTarget<'a> {
    /// The word of `--provider`.
    pub name: &'static str,
    /// The region.
    pub region: &'a str,
    /// The network.
    pub network: &'a CloudNetwork,
    /// The machines.
    pub machines: &'a CloudMachines,
    /// A private DNS record for the endpoint.
    pub dns: Option<&'a CloudDns>,
    /// Whether the load balancer and what holds the cluster are protected from deletion.
    pub deletion_protection: bool,
    /// The security group of existing control-plane machines.
    pub control_plane_security_group: Option<&'a str>,
    /// Tags of the user's.
    pub tags: &'a Tags,
}

/// The default of `deletionProtection`.
pub(super) fn protected() -> bool {
    true
}
