//! The network that the machines are in.

use std::net::Ipv4Addr;

use ipnet::IpNet;

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::code::cluster;
use crate::diagnostic::{Diagnostic, Report};
use crate::validate::networks::Named;
use crate::validate::{addresses, networks};

use super::addresses::place;
use super::{Target, path, reserved};

/// Machines of a larger subnet would hear too much of each other's ARP; a smaller one has no room for a
/// gateway, the virtual IP and a machine.
const PREFIXES: std::ops::RangeInclusive<u8> = 12..=29;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let network = &target.own.network;
    let own = Named {
        path: path("network.cidr"),
        what: "the machines' network",
        net: network.cidr.into(),
    };
    let length = network.cidr.prefix_len();
    if !PREFIXES.contains(&length) {
        let (shortest, longest) = (PREFIXES.start(), PREFIXES.end());
        report.push(
            Diagnostic::new(
                &code::NETWORK_SIZE,
                format!("a /{length} is not a subnet for machines and a virtual IP"),
            )
            .value(&own.path, format!("not from /{shortest} to /{longest}"))
            .cure(format!(
                "give the one subnet that all machines are in, from a /{shortest} to a /{longest}"
            )),
        );
    }
    networks::special(&own, report);
    let cluster_networks = addresses::cluster_networks(target.spec);
    for other in &cluster_networks {
        if networks::overlap(other.net, own.net) {
            report.push(networks::overlapping(
                &own,
                other,
                &cluster::NETWORKS_OVERLAP,
            ));
        }
    }
    place(
        target,
        network.gateway,
        "the gateway",
        &path("network.gateway"),
        report,
    );
    nameservers(target, &cluster_networks, report);
    reserved::check(target, report);
}

fn nameservers(target: &Target<'_>, cluster_networks: &[Named], report: &mut Report) {
    let list = &target.own.network.nameservers;
    let at = path("network.nameservers");
    if list.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_NAMESERVERS,
                "machines have no DNS server, and find no repository of packages or images by its name",
            )
            .value(&at, "`nameservers` is missing here")
            .cure("add `nameservers` with the addresses of your DNS servers"),
        );
    }
    for (index, address) in list.iter().enumerate() {
        // An overlap with the machines' own network is refused as such.
        let own = target.own.network.cidr.contains(address);
        let apart = if own { &[] } else { cluster_networks };
        nameserver(*address, format!("{at}[{index}]"), apart, report);
    }
}

fn nameserver(address: Ipv4Addr, here: String, cluster_networks: &[Named], report: &mut Report) {
    let net: IpNet = networks::host(address);
    if let Some((range, purpose)) = networks::special_range(net) {
        report.push(
            Diagnostic::new(
                &cluster::SPECIAL_NETWORK,
                format!("`{address}` is in {range}, which is kept for {purpose}"),
            )
            .value(here, "not the address of a DNS server")
            .cure("use the address at which machines reach the DNS server"),
        );
    } else if let Some(network) = cluster_networks
        .iter()
        .find(|network| network.net.contains(&net))
    {
        report.push(
            Diagnostic::new(
                &cluster::ADDRESS_IN_CLUSTER_NETWORK,
                format!("`{address}` is in {} `{}`", network.what, network.net),
            )
            .value(here, "taken for a pod or a Service")
            .also(&network.path, network.what)
            .cure("use a DNS server outside the cluster, or move that network to another range"),
        );
    }
}
