//! The rules about AWS: what AWS refuses and Terraform does not notice before it applies.

mod ids;
mod load_balancer;
mod machines;
mod network;
mod provision;
mod quotas;
mod tags;
mod traffic;
mod zones;

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Report, closest};
use crate::facts::aws::REGIONS;
use crate::spec::{Aws, AwsImage, AwsMachines, CloudProvider, Cluster, Etcd, Exposure};

pub(super) fn check(spec: &Cluster, aws: &Aws, report: &mut Report) {
    let target = Target::new(spec, aws);
    region(aws, report);
    ids::check(&target, report);
    zones::check(&target, report);
    network::check(&target, report);
    load_balancer::check(&target, report);
    traffic::check(&target, report);
    match &aws.machines {
        AwsMachines::Provision(provision) => provision::check(&target, provision, report),
        AwsMachines::Existing(list) => machines::check(&target, list, report),
    }
    tags::check(&aws.tags, report);
    quotas::check(&target, report);
}

/// The target with what most rules ask of it.
struct Target<'a> {
    spec: &'a Cluster,
    aws: &'a Aws,
    /// All subnets, the private ones first.
    subnets: Vec<Subnet<'a>>,
}

/// A private or public subnet.
struct Subnet<'a> {
    path: String,
    public: bool,
    id: Option<&'a str>,
    zone: &'a str,
    cidr: Ipv4Net,
    ipv6: Option<Ipv6Net>,
    api_address: Option<Ipv4Addr>,
}

impl<'a> Target<'a> {
    fn new(spec: &'a Cluster, aws: &'a Aws) -> Self {
        let private = aws
            .network
            .subnets
            .iter()
            .enumerate()
            .map(|(at, subnet)| Subnet {
                path: path(&format!("network.subnets[{at}]")),
                public: false,
                id: subnet.id.as_deref(),
                zone: &subnet.zone,
                cidr: subnet.cidr,
                ipv6: subnet.ipv6_cidr,
                api_address: subnet.api_address,
            });
        let public = aws
            .network
            .public_subnets
            .iter()
            .enumerate()
            .map(|(at, subnet)| Subnet {
                path: path(&format!("network.publicSubnets[{at}]")),
                public: true,
                id: subnet.id.as_deref(),
                zone: &subnet.zone,
                cidr: subnet.cidr,
                ipv6: subnet.ipv6_cidr,
                api_address: None,
            });
        Self {
            spec,
            aws,
            subnets: private.chain(public).collect(),
        }
    }

    fn private(&self) -> impl Iterator<Item = &Subnet<'a>> {
        self.subnets.iter().filter(|subnet| !subnet.public)
    }

    fn public(&self) -> impl Iterator<Item = &Subnet<'a>> {
        self.subnets.iter().filter(|subnet| subnet.public)
    }

    /// Whether the endpoint is on the internet.
    fn internet(&self) -> bool {
        self.spec.endpoint.exposure == Exposure::Internet
    }

    /// Whether a load balancer stands in the private subnets.
    fn internal_load_balancer(&self) -> bool {
        !self.internet() || self.aws.load_balancer.second_internal
    }

    /// Whether a load balancer stands in the subnet.
    fn has_load_balancer(&self, subnet: &Subnet<'_>) -> bool {
        if subnet.public {
            self.internet()
        } else {
            self.internal_load_balancer()
        }
    }

    /// How many of `count` machines that Terraform makes stand in each private subnet: they go
    /// round, beginning with the first.
    fn shares(&self, count: u16) -> Vec<usize> {
        let (subnets, count) = (self.private().count(), usize::from(count));
        (0..subnets)
            .map(|at| count / subnets + usize::from(at < count % subnets))
            .collect()
    }

    /// How many machines external etcd has; none with stacked etcd.
    fn etcd_machines(&self) -> u16 {
        match self.spec.etcd {
            Etcd::Stacked => 0,
            Etcd::External(external) => external.count,
        }
    }

    /// Whether AWS's own controller runs in the cluster.
    fn cloud_controller(&self) -> bool {
        self.spec.kubernetes.cloud_provider == CloudProvider::External
    }

    /// Whether hagen makes the VPC.
    fn makes_network(&self) -> bool {
        self.aws.network.vpc.is_none()
    }

    /// Whether Terraform makes the machines.
    fn provisions(&self) -> bool {
        matches!(self.aws.machines, AwsMachines::Provision(_))
    }
}

/// A path below this target.
fn path(rest: &str) -> String {
    format!("targets.aws.{rest}")
}

/// A subnet that holds an address or network.
fn holder<'a, 'b>(subnets: &'b [&'b Subnet<'a>], net: IpNet) -> Option<&'b Subnet<'a>> {
    // Sorted by first address, and apart unless another rule has refused them.
    let after = subnets.partition_point(|subnet| IpNet::V4(subnet.cidr).addr() <= net.addr());
    let subnet = *subnets.get(after.checked_sub(1)?)?;
    IpNet::V4(subnet.cidr).contains(&net).then_some(subnet)
}

fn region(aws: &Aws, report: &mut Report) {
    let region = aws.region.as_str();
    let at = path("region");
    if !zones::is_region(region) {
        let problem = Diagnostic::new(
            &code::REGION_FORM,
            format!("`{region}` is not the name of a region"),
        )
        .value(at, "not a region");
        let bare = region.trim_end_matches(|c: char| c.is_ascii_lowercase());
        report.push(if zones::is_region(bare) {
            problem
                .cure("leave out the zone's letter")
                .replace_with(bare)
        } else {
            problem.cure("use a name such as `eu-west-1`")
        });
        return;
    }
    if REGIONS
        .without_load_balancer_security_groups
        .iter()
        .any(|known| known == region)
    {
        report.push(
            Diagnostic::new(
                &code::REGION_WITHOUT_SECURITY_GROUPS,
                format!("in `{region}` a Network Load Balancer cannot have a security group"),
            )
            .value(&at, "clients could not be restricted")
            .cure("use another region"),
        );
    } else if !REGIONS.regions.iter().any(|known| known == region) {
        let problem = Diagnostic::new(
            &code::UNKNOWN_REGION,
            format!("hagen does not know the region `{region}`"),
        )
        .value(&at, "not a known region");
        report.push(
            match closest(region, REGIONS.regions.iter().map(String::as_str)) {
                Some(near) => problem
                    .cure(format!(
                        "did you mean `{near}`? If the region is new, go on"
                    ))
                    .replace_with(near),
                None => problem.cure("check the name; if the region is new, go on"),
            },
        );
    }
    if let AwsMachines::Provision(provision) = &aws.machines
        && !matches!(provision.image, AwsImage::Ami(_))
        && REGIONS
            .other_partitions
            .iter()
            .any(|prefix| region.starts_with(prefix))
    {
        report.push(
            Diagnostic::new(
                &code::IMAGE_IN_PARTITION,
                format!(
                    "in `{region}` an image cannot be looked up by the operating system's name"
                ),
            )
            .value(path("machines.provision.image"), "not an image's id")
            .also(&at, "not a commercial region")
            .cure("name an image of that region: `image: { ami: ami-… }`"),
        );
    }
}
