//! What Alibaba Cloud, Tencent Cloud and Huawei Cloud have in common as targets: the same locals,
//! outputs and files, around resources of each cloud's own.

mod outputs;
mod readme;

use hcl::Block;
use hcl::expr::Expression;
use serde_json::{Value, json};

use super::cloud_init::{Step, step};
use crate::component::placeholder;
use crate::format::terraform::{Document, fields, mapping, nest, set};
use crate::plan::cloud::{Cloud, Machines, MadeMachines};
use crate::plan::{Address, Addresses, CertificateName, ExternalEtcd, Host, Node, Plan, Role};

pub(super) use outputs::{Outputs, outputs};
pub(super) use readme::{Readme, machine, readme, words_of};

/// What every file of Terraform is made from.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cloud: &'a Cloud,
}

impl<'a> Context<'a> {
    /// The machines that Terraform makes, if it makes any.
    pub(super) fn made(&self) -> Option<&'a MadeMachines> {
        match &self.cloud.machines {
            Machines::Made(machines) => Some(machines),
            Machines::Existing => None,
        }
    }

    /// External etcd, if the cluster has it.
    pub(super) fn etcd(&self) -> Option<&'a ExternalEtcd> {
        self.plan.external_etcd()
    }

    pub(super) fn has_workers(&self) -> bool {
        self.plan.has_workers()
    }

    /// The port of the listener and of each API server.
    pub(super) fn port(&self) -> u16 {
        self.plan.endpoint.port
    }

    /// The zone of the subnet that a load balancer with a single address stands in: the one with its
    /// address, or else the first.
    pub(super) fn load_balancer_zone(&self) -> &'a str {
        let subnets = &self.cloud.network.subnets;
        subnets
            .iter()
            .find(|subnet| subnet.api_address.is_some())
            .or_else(|| subnets.first())
            .map_or("", |subnet| &subnet.zone)
    }
}

/// versions.tf: the provider, as `source`, `version` and why.
pub(super) fn versions(name: &str, source: &str, version: &str, why: &str) -> Document {
    let mut document = Document::default();
    let mut required = Block::builder("required_providers").build();
    set(
        &mut required,
        name,
        fields([
            ("source", Expression::from(source)),
            ("version", Expression::from(version)),
        ]),
    );
    let mut block = hcl::block! {
        terraform {
            required_version = ">= 1.5"
        }
    };
    nest(&mut block, required);
    document.commented(why, block);
    document
}

/// providers.tf.
pub(super) fn provider(name: &str, cloud: &Cloud, credentials: &str) -> Document {
    let mut document = Document::default();
    let region = cloud.region.clone();
    document.commented(
        format!(
            "Credentials come from the environment ({credentials}). A state backend is yours to add, in a\n\
             file of your own."
        ),
        hcl::block! {
            provider (name) {
                region = (region)
            }
        },
    );
    document
}

/// The locals that every file uses: the cluster's name, tags, and the VPC's range.
pub(super) fn locals(context: &Context<'_>) -> Block {
    let cluster = context.plan.cluster.clone();
    let tags = mapping(context.cloud.tags.clone());
    let cidr = context.cloud.network.cidr.to_string();
    hcl::block! {
        locals {
            cluster  = (cluster)
            tags     = (tags)
            vpc_cidr = (cidr)
        }
    }
}

/// The ids of subnets that are there, by zone.
pub(super) fn subnet_ids(context: &Context<'_>) -> Expression {
    let subnets = &context.cloud.network.subnets;
    mapping(
        subnets
            .iter()
            .map(|subnet| (subnet.zone.clone(), subnet.id.clone().unwrap_or_default())),
    )
}

/// The ranges of subnets, by zone.
pub(super) fn subnet_ranges(context: &Context<'_>) -> Expression {
    let subnets = &context.cloud.network.subnets;
    mapping(
        subnets
            .iter()
            .map(|subnet| (subnet.zone.clone(), subnet.cidr.to_string())),
    )
}

/// A node's address; every node of these clouds has one.
pub(super) fn address(node: &Node) -> String {
    match node.address {
        Address::Known(address) => address.to_string(),
        Address::FoundAtBoot => String::new(),
    }
}

/// The locals of the nodes of one kind. `name` is `control_plane`, `workers` or `etcd`: it holds the
/// zone of a machine that is made and the instance id (or else the address) of one that is there;
/// `NAME_addresses` holds each one's address.
pub(super) fn node_locals(context: &Context<'_>, name: &str, nodes: &[&Node]) -> Block {
    let made = context.made().is_some();
    let values = mapping(nodes.iter().map(|node| {
        let value = if made {
            node.zone.clone().unwrap_or_default()
        } else {
            node.instance_id.clone().unwrap_or_else(|| address(node))
        };
        (node.name.clone(), value)
    }));
    let addresses = mapping(nodes.iter().map(|node| (node.name.clone(), address(node))));
    let mut block = Block::builder("locals").build();
    set(&mut block, name, values);
    set(&mut block, &format!("{name}_addresses"), addresses);
    block
}

/// What Terraform knows of the load balancer once it is there, as expressions.
pub(super) struct Balancer<'a> {
    /// Its DNS name; empty where it has none.
    pub(super) dns_name: &'a str,
    /// The list of addresses that nodes reach it at.
    pub(super) node_addresses: &'a str,
    /// One of its addresses, by the key of [`CertificateName::AddressOf`].
    pub(super) address_of: &'a dyn Fn(&str) -> String,
}

/// What Terraform puts into the cloud-init files beside the secrets.
pub(super) fn names_and_addresses(context: &Context<'_>, balancer: &Balancer<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let endpoint = &context.plan.endpoint;
    let named = endpoint
        .other_names
        .contains(&CertificateName::LoadBalancer);
    if endpoint.node_host == Host::OfLoadBalancer || named {
        steps.push(step("host", placeholder::API_HOST, balancer.dns_name));
    }
    for name in &endpoint.other_names {
        if let CertificateName::AddressOf(key) = name {
            steps.push(step(
                format!("address_{}", key.replace('-', "_")),
                placeholder::address_of(key),
                (balancer.address_of)(key),
            ));
        }
    }
    if endpoint.addresses == Addresses::OfLoadBalancer {
        steps.push(step(
            "hosts",
            placeholder::LOAD_BALANCER_ADDRESSES,
            format!("join(\" \", {})", balancer.node_addresses),
        ));
    }
    steps
}

/// Terraform refuses a plan that would destroy it.
pub(super) fn prevent_destroy() -> Block {
    hcl::block! {
        lifecycle {
            prevent_destroy = true
        }
    }
}

/// What may not change once the cluster is up, beside what no target may change. `kind` is the kind
/// of load balancer.
pub(super) fn immutable(cloud: &Cloud, kind: &str) -> Vec<(String, Value)> {
    let path = |key: &str| format!("targets.{}.{key}", cloud.name);
    let network = &cloud.network;
    let zones: Vec<&str> = network
        .subnets
        .iter()
        .map(|subnet| subnet.zone.as_str())
        .collect();
    let (machines, made) = match cloud.machines {
        Machines::Made(_) => ("provision", true),
        Machines::Existing => ("existing", false),
    };
    let exposure = if cloud.internal {
        "internal"
    } else {
        "internet"
    };
    let mut fields = vec![
        (path("region"), json!(cloud.region)),
        (path("network.vpc"), json!(network.vpc)),
        (path("network.cidr"), json!(network.cidr.to_string())),
        (path("loadBalancer"), json!(kind)),
        ("endpoint.exposure".to_owned(), json!(exposure)),
        (path("machines"), json!(machines)),
    ];
    if made {
        // Nodes go round the zones in this order: another order would move machines, and with them
        // members of etcd.
        fields.push((path("network.subnets"), json!(zones)));
    }
    for subnet in &network.subnets {
        fields.push((
            format!("{}[{}]", path("network.subnets"), subnet.zone),
            json!({
                "id": subnet.id,
                "cidr": subnet.cidr.to_string(),
                "apiAddress": subnet.api_address.map(|address| address.to_string()),
            }),
        ));
    }
    fields
}

/// The word for a node's kind in Terraform: `control_plane`, `worker` or `etcd`.
pub(super) fn resource_of(role: Role) -> &'static str {
    match role {
        Role::FirstControlPlane | Role::ControlPlane => "control_plane",
        Role::Worker => "worker",
        Role::Etcd => "etcd",
        Role::LoadBalancer => panic!("a cloud has its own load balancer, a bug in hagen"),
    }
}
