//! The addresses of pools against all others: each other's, the machines', and the cluster's networks. MetalLB
//! looks at the first only (metallb/metallb#364 and #2779).

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Count, Diagnostic, Report};
use crate::spec::AddressRange;
use crate::validate::addresses::cluster_networks;
use crate::validate::networks::special_range;

use super::Target;
use super::advertisements::{ambiguous, announced};
use super::pools::Placed;

pub(super) fn check(target: &Target<'_>, ranges: &[Placed], report: &mut Report) {
    overlaps(target, ranges, report);
    let taken = taken(target);
    for placed in ranges {
        addresses(target, placed, &taken, report);
        networks(target, placed, report);
        special(target, placed, report);
        subnet(target, placed, report);
    }
}

fn pool_of<'a>(target: &Target<'a>, placed: &Placed) -> &'a str {
    &target.metallb.pools[placed.pool].name
}

/// Refuses ranges that have addresses in common, of one pool or of two.
fn overlaps(target: &Target<'_>, ranges: &[Placed], report: &mut Report) {
    let mut order: Vec<usize> = (0..ranges.len()).collect();
    order.sort_by_key(|at| (ranges[*at].range, *at));
    // Of those before, the one that reaches farthest: it overlaps if any of them does.
    let mut farthest: Option<usize> = None;
    for at in order {
        if let Some(before) = farthest
            && ranges[before].range.overlaps(ranges[at].range)
        {
            let (first, second) = (&ranges[before.min(at)], &ranges[before.max(at)]);
            report.push(
                Diagnostic::new(
                    &code::POOLS_OVERLAP,
                    format!("`{}` overlaps `{}`", second.range, first.range),
                )
                .value(
                    &second.path,
                    format!("of the pool `{}`", pool_of(target, second)),
                )
                .also(
                    &first.path,
                    format!("of the pool `{}`", pool_of(target, first)),
                )
                .cure("give each address to one pool, once"),
            );
        }
        if farthest.is_none_or(|before| ranges[before].range.last() < ranges[at].range.last()) {
            farthest = Some(at);
        }
    }
}

/// Addresses that somebody has, in order: the address, the path of its value, whose it is.
fn taken(target: &Target<'_>) -> Vec<(Ipv4Addr, String, String)> {
    const OWN: &str = "targets.baremetal";
    let own = target.own;
    let v4 = |address: IpAddr| match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    };
    let mut taken: Vec<(Ipv4Addr, String, String)> = own
        .machines
        .iter()
        .enumerate()
        .filter_map(|(at, machine)| {
            let path = format!("{OWN}.machines[{at}].address");
            Some((v4(machine.address)?, path, format!("`{}`", machine.name)))
        })
        .collect();
    taken.extend(v4(own.virtual_ip).map(|address| {
        let whose = "the API server (`virtualIp`)".to_owned();
        (address, format!("{OWN}.virtualIp"), whose)
    }));
    taken.push((
        own.network.gateway,
        format!("{OWN}.network.gateway"),
        "the gateway".to_owned(),
    ));
    for (at, server) in own.network.nameservers.iter().enumerate() {
        // Often the gateway.
        if *server != own.network.gateway {
            let path = format!("{OWN}.network.nameservers[{at}]");
            taken.push((*server, path, "a name server".to_owned()));
        }
    }
    for (at, peer) in target
        .metallb
        .bgp
        .iter()
        .flat_map(|bgp| bgp.peers.iter().enumerate())
    {
        if let Some(address) = peer
            .address
            .filter(|address| *address != own.network.gateway)
        {
            let path = super::path(&format!("bgp.peers[{at}].address"));
            taken.push((address, path, format!("the router `{}`", peer.name)));
        }
    }
    taken.sort();
    taken
}

fn addresses(
    target: &Target<'_>,
    placed: &Placed,
    taken: &[(Ipv4Addr, String, String)],
    report: &mut Report,
) {
    let range = placed.range;
    let first = taken.partition_point(|(address, ..)| *address < range.first());
    let last = taken.partition_point(|(address, ..)| *address <= range.last());
    let Some(((address, path, whose), others)) = taken[first..last].split_first() else {
        return;
    };
    let more = if others.is_empty() {
        String::new()
    } else {
        format!(" and {}", Count(others.len(), "other address"))
    };
    let mut problem = Diagnostic::new(
        &code::ADDRESS_TAKEN,
        format!(
            "the pool `{}` has the address {address} of {whose}{more}, and a Service would get it",
            pool_of(target, placed)
        ),
    )
    .value(&placed.path, "has addresses that are taken")
    .also(path, format!("{address}"));
    for (address, path, _) in others.iter().take(2) {
        problem = problem.also(path, format!("{address}"));
    }
    report.push(problem.cure("choose a range that nobody uses"));
}

/// Refuses ranges in the networks of pods and Services, and in what the network's own people have given away.
fn networks(target: &Target<'_>, placed: &Placed, report: &mut Report) {
    let of_cluster = cluster_networks(target.spec).into_iter();
    let of_cluster = of_cluster.filter_map(|named| match named.net {
        IpNet::V4(net) => Some((AddressRange::from(net), named.path, named.what)),
        IpNet::V6(_) => None,
    });
    let reserved = target.own.network.reserved.iter().enumerate();
    let reserved = reserved.filter_map(|(at, text)| {
        let path = format!("targets.baremetal.network.reserved[{at}]");
        // What is malformed is said elsewhere.
        Some((text.parse().ok()?, path, "the reserved range"))
    });
    for (range, path, what) in of_cluster.chain(reserved) {
        if placed.range.overlaps(range) {
            report.push(
                Diagnostic::new(
                    &code::RANGE_TAKEN,
                    format!(
                        "`{}` of the pool `{}` overlaps {what} `{range}`",
                        placed.range,
                        pool_of(target, placed)
                    ),
                )
                .value(&placed.path, "for something else")
                .also(path, what)
                .cure("choose a range that nobody uses"),
            );
        }
    }
}

/// Refuses addresses that no host can have.
fn special(target: &Target<'_>, placed: &Placed, report: &mut Report) {
    let mut nets = placed.range.networks();
    if let Some((range, purpose)) = nets.find_map(|net| special_range(IpNet::V4(net))) {
        report.push(
            Diagnostic::new(
                &code::SPECIAL_RANGE,
                format!(
                    "`{}` of the pool `{}` touches {range}, which is kept for {purpose}",
                    placed.range,
                    pool_of(target, placed)
                ),
            )
            .value(&placed.path, "kept for another purpose")
            .cure("use a range that routers and hosts take as an ordinary one"),
        );
    }
}

/// By ARP, an address must be one of the machines' subnet. By BGP, it should not be: hosts of the subnet ask for
/// it by ARP, and nobody answers.
fn subnet(target: &Target<'_>, placed: &Placed, report: &mut Report) {
    let net = target.own.network.cidr;
    let all = AddressRange::from(net);
    let pool = pool_of(target, placed);
    if ambiguous(target.metallb) {
        return;
    }
    let (by_arp, by_bgp) = announced(target.metallb, pool);
    let range = placed.range;
    if by_arp {
        if !(all.contains(range.first()) && all.contains(range.last())) {
            report.push(
                Diagnostic::new(
                    &code::OUTSIDE_SUBNET,
                    format!(
                        "`{range}` of the pool `{pool}` is not in the machines' subnet `{net}`, so nobody asks for it by ARP"
                    ),
                )
                .value(&placed.path, format!("not in {net}"))
                .also("targets.baremetal.network.cidr", "the subnet")
                .cure("choose a free range of the subnet, or announce the pool by `bgp`"),
            );
        } else if net.prefix_len() < 31
            && let Some((edge, what)) = [
                (net.network(), "the subnet's own address"),
                (net.broadcast(), "the subnet's broadcast address"),
            ]
            .into_iter()
            .find(|(edge, _)| range.contains(*edge))
        {
            report.push(
                Diagnostic::new(
                    &code::SUBNET_EDGE,
                    format!("`{range}` of the pool `{pool}` has {edge}, {what}"),
                )
                .value(&placed.path, format!("has {what}"))
                .cure(format!("leave {edge} out, which no host can have")),
            );
        }
    } else if by_bgp && all.overlaps(range) {
        report.push(
            Diagnostic::new(
                &code::INSIDE_SUBNET,
                format!(
                    "`{range}` of the pool `{pool}` is in the machines' subnet `{net}`, whose hosts ask for it by ARP, and nobody answers"
                ),
            )
            .value(&placed.path, format!("in {net}"))
            .also("targets.baremetal.network.cidr", "the subnet")
            .cure("choose a range outside of it, unless nothing in the subnet uses these Services"),
        );
    }
}
