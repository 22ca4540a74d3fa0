//! What a plan decides for AWS.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::{
    Addresses, CertificateName, CloudController, Endpoint, Host, Node, PackageManager, Plan,
    Target, downloads, etcd, hash6, health_check, kubernetes, node, pin, secrets, within,
};
use crate::facts::aws::{CLOUD_CONTROLLER, LOAD_BALANCER, MACHINES, is_arm};
use crate::facts::hairpin;
use crate::spec;

/// What a plan decides for AWS.
#[derive(Clone, Debug)]
pub struct Aws {
    /// The region.
    pub region: String,
    /// The network.
    pub network: Network,
    /// The machines.
    pub machines: Machines,
    /// The load balancers: the one that nodes use first, then the public one if that is another.
    pub load_balancers: Vec<LoadBalancer>,
    /// How control-plane nodes are registered.
    pub target_type: TargetType,
    /// The control-plane nodes that are registered by an address outside the VPC.
    pub targets_outside_vpc: Vec<String>,
    /// The security group of control-plane machines that are there already.
    pub control_plane_security_group: Option<String>,
    /// Whether the load balancers are protected from deletion and replacement.
    pub deletion_protection: bool,
    /// The hosted zone of the Route 53 record and its name.
    pub dns: Option<(String, String)>,
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
    /// The private subnets.
    pub subnets: Vec<Subnet>,
    /// The public subnets.
    pub public_subnets: Vec<Subnet>,
    /// Where nodes may connect to.
    pub node_egress: Vec<Ipv4Net>,
    /// Whether subnets that hagen makes have IPv6 ranges.
    pub dual_stack: bool,
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
    /// The internal load balancer's fixed address here.
    pub api_address: Option<Ipv4Addr>,
}

/// The machines.
#[derive(Clone, Debug)]
pub enum Machines {
    /// Terraform makes them.
    Made(MadeMachines),
    /// They are there.
    Existing,
}

/// How control-plane nodes are registered with the load balancers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetType {
    /// By their address.
    Address,
    /// By their instance id.
    Instance,
}

impl TargetType {
    /// The word of the target group's `target_type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "ip",
            Self::Instance => "instance",
        }
    }
}

/// Machines that Terraform makes.
#[derive(Clone, Debug)]
pub struct MadeMachines {
    /// The image.
    pub image: Image,
    /// The instance type of a control-plane node.
    pub control_plane_type: String,
    /// The instance type of a worker.
    pub worker_type: String,
    /// The instance type of a member of external etcd.
    pub etcd_type: String,
    /// GiB of a control-plane node's disk.
    pub control_plane_disk: u16,
    /// GiB of a worker's disk.
    pub worker_disk: u16,
    /// GiB of the data volume of a member of external etcd.
    pub etcd_disk: u16,
    /// The key pair for SSH.
    pub ssh_key: Option<String>,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// One image, by its id.
    Id(String),
    /// The newest one of a publisher.
    Newest {
        /// The publisher's account.
        owner: String,
        /// The pattern of the image's name.
        name: String,
        /// The architecture, in EC2's word.
        architecture: &'static str,
        /// Who logs in.
        user: String,
        /// Whether the agent of EC2 Instance Connect is in it.
        instance_connect: bool,
    },
}

/// A load balancer in front of the API servers.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// The name of its resources in Terraform: `api` or `api_internal`.
    pub resource: &'static str,
    /// Its name in AWS.
    pub name: String,
    /// The name of its target group.
    pub target_group: String,
    /// Whether it is internal.
    pub internal: bool,
    /// Whether it has IPv6 addresses too.
    pub dual_stack: bool,
    /// Who may connect.
    pub clients: Vec<IpNet>,
}

/// Builds the plan for AWS.
pub(super) fn build(spec: &spec::Cluster, target: &spec::Aws) -> Plan {
    let public = spec.endpoint.exposure == spec::Exposure::Internet;
    let second = public && target.load_balancer.second_internal;
    let machines = machines(target);
    let target_type = target_type(target);
    let load_balancers = load_balancers(spec, target, target_type);
    let named = spec.endpoint.host.clone().map(Host::Named);
    let (node_host, client_host) = if second {
        (
            Host::OfLoadBalancer,
            named.clone().unwrap_or(Host::OfPublicLoadBalancer),
        )
    } else {
        let host = named.clone().unwrap_or(Host::OfLoadBalancer);
        (host.clone(), host)
    };
    let mut other_names = Vec::new();
    if named.is_some() && !second {
        other_names.push(CertificateName::LoadBalancer);
    }
    if !public || second {
        other_names.extend(
            target
                .network
                .subnets
                .iter()
                .filter_map(|subnet| subnet.api_address)
                .map(|address| CertificateName::Known(address.to_string())),
        );
    }
    if public {
        other_names.extend(
            target
                .network
                .public_subnets
                .iter()
                .map(|subnet| CertificateName::AddressOf(subnet.zone.clone())),
        );
    }
    let mut tags = target.tags.clone();
    tags.insert("hagen.dev/cluster".into(), spec.name.clone());
    let check = &LOAD_BALANCER.health_check;
    let nodes = nodes(spec, target);
    let made = matches!(machines, Machines::Made(_));
    let kubernetes = kubernetes(spec, "aws");
    let row = hairpin::of("aws", "nlb", public);
    let cloud_controller =
        (spec.kubernetes.cloud_provider == spec::CloudProvider::External).then(|| {
            CloudController {
                cloud: "aws",
                image: format!(
                    "{}/provider-aws/cloud-controller-manager:{}",
                    kubernetes.image_repository, CLOUD_CONTROLLER.images[&kubernetes.minor]
                ),
            }
        });
    Plan {
        cluster: spec.name.clone(),
        kubernetes,
        endpoint: Endpoint {
            node_host,
            client_host,
            port: spec.endpoint.port,
            bind_port: spec.endpoint.port,
            pin: pin(spec, row),
            hairpin: row,
            addresses: Addresses::Resolved,
            other_names,
        },
        etcd: etcd::build(spec, &nodes, made),
        nodes,
        secrets: secrets(&spec.secrets),
        package_managers: package_managers(&target.machines),
        downloads: downloads::build(spec, &[target.network.cidr.to_string()]),
        metadata_addresses: ["169.254.169.254", "fd00:ec2::254"]
            .map(str::to_owned)
            .into(),
        cloud_controller,
        health_check: health_check(
            spec.kubernetes.anonymous_auth,
            check.unhealthy_threshold,
            check.interval_seconds,
        ),
        load_balancer: super::LoadBalancer::Managed(check.into()),
        // The Amazon Time Sync Service, which needs no way out of the network.
        time_servers: vec!["169.254.169.123".to_owned()],
        ssh_authorized_keys: Vec::new(),
        target: Target::Aws(Aws {
            region: target.region.clone(),
            network: network(target),
            machines,
            load_balancers,
            target_type,
            targets_outside_vpc: targets_outside_vpc(target),
            control_plane_security_group: target.load_balancer.control_plane_security_group.clone(),
            deletion_protection: target.load_balancer.deletion_protection,
            dns: target
                .dns
                .as_ref()
                .zip(spec.endpoint.host.as_ref())
                .map(|(dns, host)| (dns.zone_id.clone(), host.clone())),
            tags,
        }),
    }
}

/// Only machines that are there can be elsewhere, and only by address.
fn targets_outside_vpc(target: &spec::Aws) -> Vec<String> {
    let spec::AwsMachines::Existing(machines) = &target.machines else {
        return Vec::new();
    };
    machines
        .iter()
        .filter(|machine| {
            machine.role == spec::MachineRole::ControlPlane
                && machine.instance_id.is_none()
                && !target.network.cidr.contains(&machine.address)
        })
        .map(|machine| machine.name.clone())
        .collect()
}

fn network(target: &spec::Aws) -> Network {
    let network = &target.network;
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
        public_subnets: network
            .public_subnets
            .iter()
            .map(|subnet| Subnet {
                id: subnet.id.clone(),
                zone: subnet.zone.clone(),
                cidr: subnet.cidr,
                api_address: None,
            })
            .collect(),
        // The VPC has a rule of its own, and AWS refuses the same rule twice.
        node_egress: network
            .node_egress_cidrs
            .iter()
            .copied()
            .filter(|egress| *egress != network.cidr)
            .collect(),
        dual_stack: target.load_balancer.dual_stack,
    }
}

fn machines(target: &spec::Aws) -> Machines {
    match &target.machines {
        spec::AwsMachines::Existing(_) => Machines::Existing,
        spec::AwsMachines::Provision(provision) => {
            let control_plane_type = provision.instance_types.control_plane.clone();
            Machines::Made(MadeMachines {
                image: image(&provision.image, is_arm(&control_plane_type)),
                worker_type: provision
                    .instance_types
                    .worker
                    .clone()
                    .unwrap_or_else(|| control_plane_type.clone()),
                etcd_type: provision
                    .instance_types
                    .etcd
                    .clone()
                    .unwrap_or_else(|| control_plane_type.clone()),
                control_plane_type,
                control_plane_disk: provision.disk_sizes.control_plane,
                worker_disk: provision.disk_sizes.worker,
                etcd_disk: provision.disk_sizes.etcd,
                ssh_key: provision.ssh_key.clone(),
            })
        }
    }
}

/// Known where the image is: user data has little room for what does not run.
fn package_managers(machines: &spec::AwsMachines) -> &'static [PackageManager] {
    use spec::AwsImage::{Ami, Debian12, Debian13, Rocky9, Ubuntu2204, Ubuntu2404};
    match machines {
        spec::AwsMachines::Existing(_) => &[PackageManager::Apt, PackageManager::Dnf],
        spec::AwsMachines::Provision(provision) => match provision.image {
            Ubuntu2204 | Ubuntu2404 | Debian12 | Debian13 => &[PackageManager::Apt],
            Rocky9 => &[PackageManager::Dnf],
            Ami(_) => &[PackageManager::Apt, PackageManager::Dnf],
        },
    }
}

fn image(image: &spec::AwsImage, arm: bool) -> Image {
    let system = match image {
        spec::AwsImage::Ami(id) => return Image::Id(id.clone()),
        spec::AwsImage::Ubuntu2204 => "ubuntu-22.04",
        spec::AwsImage::Ubuntu2404 => "ubuntu-24.04",
        spec::AwsImage::Debian12 => "debian-12",
        spec::AwsImage::Debian13 => "debian-13",
        spec::AwsImage::Rocky9 => "rocky-9",
    };
    let known = &MACHINES.images[system];
    let word = if arm { &known.arm64 } else { &known.amd64 };
    Image::Newest {
        owner: known.owner.clone(),
        name: known.name.replace("{arch}", word),
        architecture: if arm { "arm64" } else { "x86_64" },
        user: known.user.clone(),
        instance_connect: known.instance_connect,
    }
}

/// Machines that are made keep their address when they are made anew, so they are registered by it.
fn target_type(target: &spec::Aws) -> TargetType {
    let by_id = |machine: &spec::AwsMachine| {
        machine.role == spec::MachineRole::ControlPlane && machine.instance_id.is_some()
    };
    match &target.machines {
        spec::AwsMachines::Existing(machines) if machines.iter().any(by_id) => TargetType::Instance,
        _ => TargetType::Address,
    }
}

fn load_balancers(
    spec: &spec::Cluster,
    target: &spec::Aws,
    target_type: TargetType,
) -> Vec<LoadBalancer> {
    let public = spec.endpoint.exposure == spec::Exposure::Internet;
    // Target groups are replaced when one of these changes, and a new one needs a new name to
    // stand beside the old.
    let replaced_by = format!(
        "{} {} ipv4 TCP {}",
        target.network.vpc.as_deref().unwrap_or("made"),
        target_type.word(),
        spec.endpoint.port,
    );
    let hash = hash6(&replaced_by);
    let most = LOAD_BALANCER.name_length;
    let own = vec![IpNet::V4(target.network.cidr)];
    let make = |resource, suffix: &str, internal, clients| LoadBalancer {
        resource,
        name: within(&spec.name, suffix, most),
        target_group: within(&spec.name, &format!("{suffix}-{hash}"), most),
        internal,
        dual_stack: target.load_balancer.dual_stack,
        clients,
    };
    let mut allowed = spec.endpoint.allowed_cidrs.clone();
    if !public {
        if allowed.is_empty() {
            allowed.clone_from(&own);
        }
        return vec![make("api", "api", true, allowed)];
    }
    allowed.extend(target.network.nat_cidrs.iter().copied().map(IpNet::V4));
    allowed.sort();
    allowed.dedup();
    let facing = make("api", "api", false, allowed);
    if target.load_balancer.second_internal {
        vec![make("api_internal", "api-internal", true, own), facing]
    } else {
        vec![facing]
    }
}

/// The nodes: the control plane first.
fn nodes(spec: &spec::Cluster, target: &spec::Aws) -> Vec<Node> {
    match &target.machines {
        spec::AwsMachines::Provision(_) => {
            let subnets = &target.network.subnets;
            let zones: Vec<&str> = subnets.iter().map(|subnet| subnet.zone.as_str()).collect();
            node::made(spec, &zones)
        }
        spec::AwsMachines::Existing(machines) => {
            node::existing(machines.iter().map(|machine| node::Existing {
                name: &machine.name,
                role: machine.role,
                address: machine.address,
                zone: machine.zone.as_deref(),
                instance_id: machine.instance_id.as_deref(),
            }))
        }
    }
}
