//! The VPC and its subnets.

use std::collections::BTreeSet;

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Count, Diagnostic, Report};
use crate::facts::aws::LOAD_BALANCER;
use crate::spec::AwsMachines;
use crate::validate::addresses;
use crate::validate::networks::{self, Named};

use super::{Subnet, Target, holder, path};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    ranges(target, report);
    if target.makes_network() {
        made(target, report);
    } else {
        existing(target, report);
    }
    present(target, report);
    room(target, report);
    if !target.makes_network()
        && !target.internet()
        && !target.aws.network.public_subnets.is_empty()
    {
        report.push(unused(
            path("network.publicSubnets"),
            "`publicSubnets` has no effect with an internal endpoint in an existing VPC",
        ));
    }
}

/// The warning about a setting that nothing depends on.
pub(super) fn unused(path: String, message: &str) -> Diagnostic {
    Diagnostic::new(&code::UNUSED_SETTING, message)
        .key(path, "without effect")
        .cure("remove it, or make the choice that uses it")
}

/// Sizes, containment and overlaps.
fn ranges(target: &Target<'_>, report: &mut Report) {
    let vpc = Named {
        path: path("network.cidr"),
        what: "the VPC",
        net: target.aws.network.cidr.into(),
    };
    size(&vpc, "a VPC", report);
    networks::special(&vpc, report);
    let cluster = addresses::cluster_networks(target.spec);
    networks::reserved("aws", cluster.iter().chain([&vpc]), report);
    for network in &cluster {
        if networks::overlap(network.net, vpc.net) {
            report.push(networks::overlapping(
                &vpc,
                network,
                &crate::diagnostic::code::cluster::NETWORKS_OVERLAP,
            ));
        }
    }
    let mut all = Vec::new();
    for subnet in &target.subnets {
        let named = Named {
            path: format!("{}.cidr", subnet.path),
            what: "the subnet",
            net: subnet.cidr.into(),
        };
        size(&named, "a subnet", report);
        if !vpc.net.contains(&named.net) {
            report.push(
                Diagnostic::new(
                    &code::SUBNET_OUTSIDE_VPC,
                    format!(
                        "the subnet `{}` is not in the VPC's range `{}`",
                        named.net, vpc.net
                    ),
                )
                .value(&named.path, "outside the VPC")
                .also(&vpc.path, "the VPC's range")
                .cure("correct one of the two ranges"),
            );
        }
        all.push(named);
        if let Some(ipv6) = subnet.ipv6 {
            let named = Named {
                path: format!("{}.ipv6Cidr", subnet.path),
                what: "the subnet",
                net: ipv6.into(),
            };
            if !(44..=64).contains(&ipv6.prefix_len()) || !ipv6.prefix_len().is_multiple_of(4) {
                report.push(
                    Diagnostic::new(
                        &code::PREFIX,
                        format!(
                            "AWS has no subnet with an IPv6 range of a /{}",
                            ipv6.prefix_len()
                        ),
                    )
                    .value(&named.path, "from /44 to /64, in steps of 4")
                    .cure("use the range that the subnet has, most often a /64"),
                );
            }
            for network in &cluster {
                if networks::overlap(network.net, named.net) {
                    report.push(networks::overlapping(
                        &named,
                        network,
                        &crate::diagnostic::code::cluster::NETWORKS_OVERLAP,
                    ));
                }
            }
            all.push(named);
        }
    }
    networks::disjoint(&all, &code::SUBNETS_OVERLAP, report);
}

fn size(network: &Named, what: &str, report: &mut Report) {
    let (largest, smallest) = (LOAD_BALANCER.largest_subnet, LOAD_BALANCER.smallest_subnet);
    let length = network.net.prefix_len();
    if !(largest..=smallest).contains(&length) {
        report.push(
            Diagnostic::new(
                &code::PREFIX,
                format!("AWS has no {} of a /{length}", &what[2..]),
            )
            .value(&network.path, format!("from /{largest} to /{smallest}"))
            .cure(format!("use {what} from /{largest} to /{smallest}")),
        );
    }
}

/// A VPC that hagen makes.
fn made(target: &Target<'_>, report: &mut Report) {
    for subnet in &target.subnets {
        if subnet.id.is_some() {
            report.push(
                Diagnostic::new(
                    &code::SUBNET_ID_IN_MADE_NETWORK,
                    "hagen makes the VPC, and this subnet has an id already",
                )
                .value(format!("{}.id", subnet.path), "a subnet that exists")
                .cure("add `network.vpc` with the id of the subnet's VPC")
                .cure("or remove the id, and hagen makes the subnet"),
            );
        }
        if subnet.ipv6.is_some() {
            report.push(
                Diagnostic::new(
                    &code::IPV6_IN_MADE_NETWORK,
                    "hagen makes the VPC, and AWS assigns its IPv6 range only then",
                )
                .value(format!("{}.ipv6Cidr", subnet.path), "not known before")
                .cure("remove `ipv6Cidr`; with `loadBalancer.dualStack` the subnets get a range"),
            );
        }
    }
    let zones: BTreeSet<&str> = target.public().map(|subnet| subnet.zone).collect();
    for subnet in target
        .private()
        .filter(|subnet| !zones.contains(subnet.zone))
    {
        report.push(
            Diagnostic::new(
                &code::NO_NAT_ZONE,
                format!("`{}` has no public subnet for its NAT gateway", subnet.zone),
            )
            .value(
                format!("{}.zone", subnet.path),
                "no public subnet in this zone",
            )
            .cure(format!(
                "add a public subnet in `{}` to `network.publicSubnets`",
                subnet.zone
            )),
        );
    }
}

/// A VPC that exists.
fn existing(target: &Target<'_>, report: &mut Report) {
    for subnet in target.subnets.iter().filter(|subnet| subnet.id.is_none()) {
        report.push(
            Diagnostic::new(
                &code::NO_SUBNET_ID,
                "a subnet of an existing VPC has no `id`",
            )
            .value(format!("{}.id", subnet.path), "`id` is missing here")
            .also(path("network.vpc"), "the VPC exists")
            .cure("add the subnet's id")
            .cure("or remove `vpc` and every id, and hagen makes the network"),
        );
    }
}

/// The lists that have to hold something.
fn present(target: &Target<'_>, report: &mut Report) {
    if target.aws.network.subnets.is_empty()
        && (target.internal_load_balancer() || target.provisions() || target.makes_network())
    {
        let what = if target.internal_load_balancer() {
            "the internal load balancer"
        } else {
            "the machines"
        };
        report.push(
            Diagnostic::new(
                &code::NO_SUBNETS,
                format!("there is no private subnet for {what}"),
            )
            .value(path("network.subnets"), "`subnets` is missing here")
            .cure("add `subnets`, one for each of three zones"),
        );
    }
    if target.internet() && target.aws.network.public_subnets.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_PUBLIC_SUBNETS,
                "there is no public subnet for the internet-facing load balancer",
            )
            .value(
                path("network.publicSubnets"),
                "`publicSubnets` is missing here",
            )
            .also("endpoint.exposure", "internet-facing")
            .cure("add `publicSubnets`, one for each of three zones"),
        );
    }
}

/// Whether each private subnet has room for its nodes and the load balancer.
fn room(target: &Target<'_>, report: &mut Report) {
    let mut private: Vec<&Subnet<'_>> = target.private().collect();
    let mut nodes = vec![0_usize; private.len()];
    match &target.aws.machines {
        AwsMachines::Provision(_) => {
            for count in [
                target.spec.control_plane.count,
                target.spec.workers.count,
                target.etcd_machines(),
            ] {
                for (nodes, share) in nodes.iter_mut().zip(target.shares(count)) {
                    *nodes += share;
                }
            }
        }
        AwsMachines::Existing(list) => {
            private.sort_by_key(|subnet| subnet.cidr);
            for machine in list {
                let found = holder(&private, networks::host(machine.address));
                if let Some(at) = found.and_then(|found| {
                    private
                        .binary_search_by_key(&found.cidr, |subnet| subnet.cidr)
                        .ok()
                }) {
                    nodes[at] += 1;
                }
            }
        }
    }
    let kept = u64::from(LOAD_BALANCER.reserved_first + LOAD_BALANCER.reserved_last);
    for (subnet, nodes) in private.iter().zip(nodes) {
        let balancer = match (target.has_load_balancer(subnet), subnet.api_address) {
            (false, _) => 0,
            (true, Some(_)) => 1,
            (true, None) => LOAD_BALANCER.free_addresses,
        };
        let free = networks::blocks(subnet.cidr.prefix_len(), 32).saturating_sub(kept);
        if free < nodes as u64 + balancer {
            report.push(
                Diagnostic::new(
                    &code::SUBNET_FULL,
                    format!(
                        "the subnet `{}` has {free} addresses, too few for {} and {balancer} for the load balancer",
                        subnet.cidr,
                        Count(nodes, "machine"),
                    ),
                )
                .value(format!("{}.cidr", subnet.path), "too small")
                .cure("use a larger subnet, more zones or fewer nodes"),
            );
        }
    }
}
