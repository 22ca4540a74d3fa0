//! The VPC and its subnets.

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::code::cluster;
use crate::diagnostic::{Count, Diagnostic, Report};
use crate::facts::kubernetes::Prefixes;
use crate::spec::CloudMachines;
use crate::validate::addresses;
use crate::validate::networks::{self, Named};

use super::{Sorted, Target};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    ranges(target, report);
    ids(target, report);
    if target.own.network.subnets.is_empty() {
        let word = target.subnet_word();
        report.push(
            Diagnostic::new(
                &code::NO_SUBNETS,
                format!("there is no {word} for the load balancer and the machines"),
            )
            .value(target.path("network.subnets"), "`subnets` is missing here")
            .cure("add `subnets`, one for each of three zones"),
        );
    }
    if let CloudMachines::Existing(_) = target.own.machines {
        room(target, report);
    }
}

/// Sizes, containment and overlaps.
fn ranges(target: &Target<'_>, report: &mut Report) {
    let vpc = Named {
        path: target.path("network.cidr"),
        what: "the VPC",
        net: target.own.network.cidr.into(),
    };
    size(target, &vpc, "VPC", target.facts.vpc_prefixes, report);
    networks::special(&vpc, report);
    let pods_and_services = addresses::cluster_networks(target.spec);
    networks::reserved(
        target.own.name,
        pods_and_services.iter().chain([&vpc]),
        report,
    );
    for network in &pods_and_services {
        if networks::overlap(network.net, vpc.net) {
            let problem = networks::overlapping(&vpc, network, &cluster::NETWORKS_OVERLAP);
            report.push(problem);
        }
    }
    let word = target.subnet_word();
    let mut all = Vec::new();
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        let named = Named {
            path: target.subnet_path(at, "cidr"),
            what: if word == "vSwitch" {
                "the vSwitch"
            } else {
                "the subnet"
            },
            net: subnet.cidr.into(),
        };
        size(target, &named, word, target.facts.subnet_prefixes, report);
        if !vpc.net.contains(&named.net) {
            report.push(
                Diagnostic::new(
                    &code::SUBNET_OUTSIDE_VPC,
                    format!(
                        "{} `{}` is not in the VPC's range `{}`",
                        named.what, named.net, vpc.net
                    ),
                )
                .value(&named.path, "outside the VPC")
                .also(&vpc.path, "the VPC's range")
                .cure("correct one of the two ranges"),
            );
        }
        all.push(named);
    }
    networks::disjoint(&all, &code::SUBNETS_OVERLAP, report);
}

fn size(target: &Target<'_>, network: &Named, what: &str, prefixes: Prefixes, report: &mut Report) {
    let length = network.net.prefix_len();
    let (shortest, longest) = (prefixes.shortest, prefixes.longest);
    if !(shortest..=longest).contains(&length) {
        report.push(
            Diagnostic::new(
                &code::PREFIX,
                format!("{} has no {what} of a /{length}", target.title()),
            )
            .value(&network.path, format!("from /{shortest} to /{longest}"))
            .cure(format!("use a {what} from /{shortest} to /{longest}")),
        );
    }
}

/// A VPC that exists has subnets with ids, and one that hagen makes has none.
fn ids(target: &Target<'_>, report: &mut Report) {
    let word = target.subnet_word();
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        let path = target.subnet_path(at, "id");
        match (target.makes_network(), &subnet.id) {
            (true, Some(_)) => report.push(
                Diagnostic::new(
                    &code::SUBNET_ID_IN_MADE_NETWORK,
                    format!("hagen makes the VPC, and this {word} has an id already"),
                )
                .value(path, format!("a {word} that exists"))
                .cure(format!("add `network.vpc` with the id of the {word}'s VPC"))
                .cure(format!("or remove the id, and hagen makes the {word}")),
            ),
            (false, None) => report.push(
                Diagnostic::new(
                    &code::NO_SUBNET_ID,
                    format!("a {word} of an existing VPC has no `id`"),
                )
                .value(path, "`id` is missing here")
                .also(target.path("network.vpc"), "the VPC exists")
                .cure(format!("add the {word}'s id"))
                .cure("or remove `vpc` and every id, and hagen makes the network"),
            ),
            _ => {}
        }
    }
}

/// Whether each subnet has room for the machines that are in it and the load balancer. Machines
/// that Terraform makes have fixed addresses, which have rules of their own.
fn room(target: &Target<'_>, report: &mut Report) {
    let CloudMachines::Existing(list) = target.own.machines else {
        return;
    };
    let subnets = &target.own.network.subnets;
    let sorted = Sorted::new(target);
    let mut machines = vec![0_usize; subnets.len()];
    for machine in list {
        if let Some((at, _)) = sorted.holder(machine.address) {
            machines[at] += 1;
        }
    }
    let kept = u64::from(target.facts.reserved_first + target.facts.reserved_last);
    for (at, (subnet, machines)) in subnets.iter().zip(machines).enumerate() {
        let free = networks::blocks(subnet.cidr.prefix_len(), 32).saturating_sub(kept);
        if free < machines as u64 + 1 {
            report.push(
                Diagnostic::new(
                    &code::SUBNET_FULL,
                    format!(
                        "the {} `{}` has {free} addresses, too few for {} and the load balancer",
                        target.subnet_word(),
                        subnet.cidr,
                        Count(machines, "machine"),
                    ),
                )
                .value(target.subnet_path(at, "cidr"), "too small")
                .cure("use a larger subnet, more zones or fewer machines"),
            );
        }
    }
}
