//! What a plan decides for Alibaba Cloud, Tencent Cloud and Huawei Cloud alike.

mod machines;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::{
    Addresses, CertificateName, CloudController, Endpoint, Host, LoadBalancer, Plan, Target,
    downloads, etcd, health_check, kubernetes, pin, secrets, within,
};
use crate::facts::cloud::{self as facts, HealthCheck};
use crate::facts::hairpin;
use crate::spec;

/// What a plan decides for one of these clouds.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// The word of `--provider`.
    pub name: &'static str,
    /// What is known of the cloud.
    pub facts: &'static facts::Cloud,
    /// The region.
    pub region: String,
    /// The network.
    pub network: Network,
    /// The machines.
    pub machines: Machines,
    /// The load balancer's name.
    pub load_balancer: String,
    /// Whether the load balancer is internal.
    pub internal: bool,
    /// Who may connect to it, beside the NAT gateway of a network that hagen makes.
    pub clients: Vec<IpNet>,
    /// The private DNS record of the endpoint.
    pub dns: Option<Dns>,
    /// Whether the load balancer and what holds the cluster are protected from deletion.
    pub deletion_protection: bool,
    /// The security group of control-plane machines that are there already.
    pub control_plane_security_group: Option<String>,
    /// Tags of the user's, with hagen's own.
    pub tags: BTreeMap<String, String>,
}

/// The network.
#[derive(Clone, Debug)]
pub struct Network {
    /// The id of a VPC that is there already; none where hagen makes it.
    pub vpc: Option<String>,
    /// The VPC's range.
    pub cidr: Ipv4Net,
    /// The subnets, one for each zone.
    pub subnets: Vec<Subnet>,
    /// Where nodes may connect to, beside the VPC.
    pub node_egress: Vec<Ipv4Net>,
}

/// A subnet.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// The id, in a VPC that is there already.
    pub id: Option<String>,
    /// The zone.
    pub zone: String,
    /// The range.
    pub cidr: Ipv4Net,
    /// The load balancer's fixed private address here.
    pub api_address: Option<Ipv4Addr>,
}

/// The machines.
#[derive(Clone, Debug)]
pub enum Machines {
    /// Terraform makes them, each with a fixed address.
    Made(MadeMachines),
    /// They are there.
    Existing,
}

/// Machines that Terraform makes.
#[derive(Clone, Debug)]
pub struct MadeMachines {
    /// The image.
    pub image: Image,
    /// Whether the metadata service may want a token: not where the image's cloud-init may be too old
    /// to ask with one, and the machine would get no user data.
    pub metadata_tokens: bool,
    /// The type of a control-plane node.
    pub control_plane_type: String,
    /// The type of a worker.
    pub worker_type: String,
    /// The type of a member of external etcd.
    pub etcd_type: String,
    /// The kind of the disks.
    pub disk_type: String,
    /// GiB of a control-plane node's disk.
    pub control_plane_disk: u16,
    /// GiB of a worker's disk.
    pub worker_disk: u16,
    /// GiB of the data disk of a member of external etcd.
    pub etcd_disk: u16,
    /// The key pair for SSH.
    pub ssh_key: Option<String>,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// One image, by its id.
    Id(String),
    /// The newest public one of an operating system.
    Newest {
        /// What finds it.
        name: String,
        /// Who logs in.
        user: String,
    },
}

/// The private DNS record of the endpoint.
#[derive(Clone, Debug)]
pub struct Dns {
    /// The private zone.
    pub zone: String,
    /// Its id, where it is there already.
    pub zone_id: Option<String>,
    /// The record's name inside the zone; `@` for the zone itself.
    pub record: String,
}

/// What a kind of load balancer is like.
pub(super) struct Kind {
    /// The kind, as the spec has it.
    pub(super) word: &'static str,
    /// Whether it brings a DNS name.
    pub(super) own_name: bool,
    /// Whether it has an address in each zone, or a single one.
    pub(super) address_in_each_zone: bool,
    /// Whether an internet-facing one has a private address too, which nodes use.
    pub(super) always_private: bool,
    /// The health check.
    pub(super) health_check: &'static HealthCheck,
    /// Whether it can ask for `/readyz` over HTTPS.
    pub(super) asks_readyz: bool,
    /// The most characters of its name.
    pub(super) name_length: usize,
    /// The cloud's controller, where the spec wants it.
    pub(super) controller: Option<CloudController>,
}

/// Builds the plan; `target` puts the cloud's own part around what is the same for all.
pub(super) fn build(
    spec: &spec::Cluster,
    own: spec::CloudTarget<'_>,
    kind: Kind,
    target: impl FnOnce(Cloud) -> Target,
) -> Plan {
    let facts = facts::of(own.name)
        .unwrap_or_else(|| panic!("nothing is known of {}, a bug in hagen", own.name));
    let internal = spec.endpoint.exposure == spec::Exposure::Internal;
    let nodes = machines::nodes(spec, own);
    let made = matches!(own.machines, spec::CloudMachines::Provision(_));
    let row = hairpin::of(own.name, kind.word, !internal);
    let host = spec
        .endpoint
        .host
        .clone()
        .map_or(Host::OfLoadBalancer, Host::Named);
    let endpoint = Endpoint {
        node_host: host.clone(),
        client_host: host,
        port: spec.endpoint.port,
        bind_port: spec.endpoint.port,
        pin: pin(spec, row),
        hairpin: row,
        addresses: addresses(spec, own, &kind),
        other_names: other_names(spec, own, &kind),
    };
    let check = kind.health_check;
    // The metadata service is asked without a proxy, wherever it is.
    let mut near = vec![own.network.cidr.to_string()];
    near.extend(facts.metadata_addresses.iter().cloned());
    let mut tags = own.tags.clone();
    tags.insert("hagen-cluster".into(), spec.name.clone());
    Plan {
        cluster: spec.name.clone(),
        kubernetes: kubernetes(spec, own.name),
        endpoint,
        etcd: etcd::build(spec, &nodes, made),
        nodes,
        secrets: secrets(&spec.secrets),
        package_managers: machines::package_managers(own.machines),
        downloads: downloads::build(spec, &near),
        metadata_addresses: facts.metadata_addresses.clone(),
        cloud_controller: kind.controller,
        health_check: health_check(
            spec.kubernetes.anonymous_auth && kind.asks_readyz,
            check.unhealthy_threshold,
            check.interval_seconds,
        ),
        load_balancer: LoadBalancer::Managed(check.into()),
        time_servers: facts.time_servers.clone(),
        ssh_authorized_keys: Vec::new(),
        target: target(Cloud {
            name: own.name,
            facts,
            region: own.region.to_owned(),
            network: network(own),
            machines: machines::machines(own, facts),
            load_balancer: within(&spec.name, "api", kind.name_length),
            internal,
            clients: clients(spec, own, internal || kind.always_private),
            dns: dns(spec, own),
            deletion_protection: own.deletion_protection,
            control_plane_security_group: own.control_plane_security_group.map(str::to_owned),
            tags,
        }),
    }
}

/// The load balancer's fixed private addresses, where all are known now.
fn fixed(own: spec::CloudTarget<'_>, kind: &Kind) -> Option<Vec<Ipv4Addr>> {
    let subnets = &own.network.subnets;
    if kind.address_in_each_zone {
        subnets.iter().map(|subnet| subnet.api_address).collect()
    } else {
        let mut known = subnets.iter().filter_map(|subnet| subnet.api_address);
        known.next().map(|address| vec![address])
    }
}

fn is_private(spec: &spec::Cluster, kind: &Kind) -> bool {
    spec.endpoint.exposure == spec::Exposure::Internal || kind.always_private
}

fn addresses(spec: &spec::Cluster, own: spec::CloudTarget<'_>, kind: &Kind) -> Addresses {
    let by_name = spec.endpoint.host.is_none() || own.dns.is_some();
    if by_name {
        return Addresses::Resolved;
    }
    match fixed(own, kind).filter(|_| is_private(spec, kind)) {
        Some(addresses) => Addresses::Known(addresses),
        None => Addresses::OfLoadBalancer,
    }
}

/// People may come by the load balancer's own name and addresses.
fn other_names(
    spec: &spec::Cluster,
    own: spec::CloudTarget<'_>,
    kind: &Kind,
) -> Vec<CertificateName> {
    let mut names = Vec::new();
    if kind.own_name && spec.endpoint.host.is_some() {
        names.push(CertificateName::LoadBalancer);
    }
    let zones = || {
        let zones = own.network.subnets.iter().map(|subnet| &subnet.zone);
        zones.cloned().map(CertificateName::AddressOf)
    };
    let single = |what: &str| CertificateName::AddressOf(what.to_owned());
    match (is_private(spec, kind), fixed(own, kind)) {
        (false, _) => {}
        (true, Some(addresses)) => names.extend(
            addresses
                .iter()
                .map(|address| CertificateName::Known(address.to_string())),
        ),
        (true, None) if kind.address_in_each_zone => names.extend(zones()),
        (true, None) => names.push(single("private")),
    }
    if spec.endpoint.exposure == spec::Exposure::Internet {
        if kind.address_in_each_zone {
            names.extend(zones());
        } else {
            names.push(single("public"));
        }
    }
    names
}

/// Who may connect: the spec's list, or the VPC; nodes that come by a private address besides.
fn clients(spec: &spec::Cluster, own: spec::CloudTarget<'_>, private: bool) -> Vec<IpNet> {
    let vpc = IpNet::V4(own.network.cidr);
    let mut allowed = spec.endpoint.allowed_cidrs.clone();
    if spec.endpoint.exposure == spec::Exposure::Internet {
        allowed.extend(own.network.nat_cidrs.iter().copied().map(IpNet::V4));
        if private {
            allowed.push(vpc);
        }
    } else if allowed.is_empty() {
        allowed.push(vpc);
    }
    allowed.sort();
    allowed.dedup();
    allowed
}

fn network(own: spec::CloudTarget<'_>) -> Network {
    let network = own.network;
    Network {
        vpc: network.vpc.clone(),
        cidr: network.cidr,
        subnets: network
            .subnets
            .iter()
            .map(|subnet| Subnet {
                id: subnet.id.clone(),
                zone: subnet.zone.clone(),
                cidr: subnet.cidr,
                api_address: subnet.api_address,
            })
            .collect(),
        // The VPC has a rule of its own.
        node_egress: network
            .node_egress_cidrs
            .iter()
            .copied()
            .filter(|egress| *egress != network.cidr)
            .collect(),
    }
}

fn dns(spec: &spec::Cluster, own: spec::CloudTarget<'_>) -> Option<Dns> {
    let (dns, host) = own.dns.zip(spec.endpoint.host.as_ref())?;
    let record = host
        .strip_suffix(dns.zone.as_str())
        .and_then(|rest| rest.strip_suffix('.'))
        .unwrap_or("@");
    Some(Dns {
        zone: dns.zone.clone(),
        zone_id: dns.zone_id.clone(),
        record: record.to_owned(),
    })
}
