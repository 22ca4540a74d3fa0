//! The load balancer: its zones, its flavor, its addresses and who may connect.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::diagnostic::code::huawei as code;
use crate::diagnostic::{Count, Diagnostic, List, Report, closest};
use crate::facts::cloud::IdForm;
use crate::facts::huawei::LOAD_BALANCER;
use crate::spec::{CloudMachines, CloudSubnet, HuaweiElb, HuaweiElbFlavor};

use super::Target;

pub(super) fn check(target: &Target<'_>, elb: &HuaweiElb, report: &mut Report) {
    zones(target, elb, report);
    one_zone(target, elb, report);
    flavor(target, &elb.flavor, report);
    bandwidth(target, elb.bandwidth, report);
    api_addresses(target, report);
    room(target, report);
    clients(target, report);
}

fn zones(target: &Target<'_>, elb: &HuaweiElb, report: &mut Report) {
    let region = target.own.region;
    let known = target.facts.regions.get(region);
    for (at, zone) in elb.zones.iter().enumerate() {
        let place = target.path(&format!("elb.zones[{at}]"));
        if let Some(first) = elb.zones[..at].iter().position(|other| other == zone) {
            report.push(
                Diagnostic::new(
                    &code::BALANCER_ZONE_TWICE,
                    format!("the load balancer's zone `{zone}` is given twice"),
                )
                .value(place, "again")
                .also(target.path(&format!("elb.zones[{first}]")), "given here")
                .cure("name each zone once"),
            );
            continue;
        }
        let letter = zone.strip_prefix(region);
        let in_region = letter.is_some_and(|letter| {
            letter.len() == 1 && letter.bytes().all(|b| b.is_ascii_lowercase())
        });
        if known.is_some_and(|known| known.contains(zone)) {
            continue;
        }
        if !in_region {
            let problem = Diagnostic::new(
                &code::BALANCER_ZONE,
                format!("`{zone}` is not a zone of the region `{region}`"),
            )
            .value(place, "a zone of the load balancer")
            .also(target.path("region"), "the region");
            let near = known.and_then(|known| {
                let free = known.iter().filter(|known| !elb.zones.contains(known));
                closest(zone, free.map(String::as_str))
            });
            report.push(match near {
                Some(near) => problem.replace_with(near),
                None => problem.cure(format!(
                    "use the region's name and a letter, as `{region}a`"
                )),
            });
        } else if let Some(known) = known {
            report.push(
                Diagnostic::new(
                    &code::BALANCER_ZONE_UNKNOWN,
                    format!("hagen does not know the zone `{zone}`"),
                )
                .value(place, "new, or a slip")
                .cure(format!(
                    "check it; known are {}",
                    List(known.iter().collect(), "and")
                )),
            );
        }
    }
}

/// A control plane of three in one subnet is another rule's.
fn one_zone(target: &Target<'_>, elb: &HuaweiElb, report: &mut Report) {
    let subnets = &target.own.network.subnets;
    let said = target.provisions() && target.spec.control_plane.count >= 3;
    let (zone, place) = match (elb.zones.as_slice(), subnets.as_slice()) {
        ([zone], _) => (zone, target.path("elb.zones")),
        ([], [subnet]) if !said => (&subnet.zone, target.path("network.subnets")),
        _ => return,
    };
    report.push(
        Diagnostic::new(
            &code::BALANCER_ONE_ZONE,
            format!("the load balancer is in `{zone}` only, and its loss takes the API away"),
        )
        .key(place, "one zone")
        .cure("name two zones or more in `elb.zones`; adding one later is possible too"),
    );
}

fn flavor(target: &Target<'_>, flavor: &HuaweiElbFlavor, report: &mut Report) {
    match flavor {
        HuaweiElbFlavor::Id(id) if !IdForm::Uuid.fits(id) => report.push(
            Diagnostic::new(
                &code::BALANCER_FLAVOR,
                format!("`{id}` is not the id of a flavor, which is a UUID"),
            )
            .value(target.path("elb.flavor.id"), "not a UUID")
            .cure("copy the id from `hcloud ELB ListFlavors/v3`")
            .cure("or name what it takes: `flavor: { maxConnections: 500000 }`"),
        ),
        HuaweiElbFlavor::MaxConnections(most) if !LOAD_BALANCER.max_connections.contains(most) => {
            let enough = LOAD_BALANCER.max_connections.iter().find(|it| *it >= most);
            let largest = LOAD_BALANCER.max_connections.last();
            let problem = Diagnostic::new(
                &code::BALANCER_CONNECTIONS,
                format!("there is no network flavor for {most} connections"),
            )
            .value(target.path("elb.flavor.maxConnections"), "no such flavor")
            .cure(format!(
                "use one of {}",
                List(LOAD_BALANCER.max_connections.iter().collect(), "or")
            ));
            report.push(match enough.or(largest) {
                Some(next) => problem.replace_with(next.to_string()),
                None => problem,
            });
        }
        _ => {}
    }
}

fn bandwidth(target: &Target<'_>, bandwidth: u32, report: &mut Report) {
    let place = target.path("elb.bandwidth");
    if !target.internet() {
        if bandwidth != HuaweiElb::default().bandwidth {
            report.push(
                Diagnostic::new(
                    &code::BANDWIDTH_UNUSED,
                    "`bandwidth` has no effect: an internal load balancer has no elastic IP",
                )
                .value(place, "without effect")
                .cure("remove it, or set `exposure: internet`"),
            );
        }
    } else if bandwidth > LOAD_BALANCER.largest_bandwidth {
        let most = LOAD_BALANCER.largest_bandwidth;
        report.push(
            Diagnostic::new(
                &code::BANDWIDTH,
                format!("an elastic IP that is paid by traffic has at most {most} Mbit/s"),
            )
            .value(place, "too much")
            .cure(format!("use 1 to {most}"))
            .replace_with(most.to_string()),
        );
    }
}

/// The subnets with an address of the load balancer.
fn with_address<'a>(
    target: &Target<'a>,
) -> impl Iterator<Item = (usize, &'a CloudSubnet, Ipv4Addr)> + use<'a> {
    let subnets = target.own.network.subnets.iter().enumerate();
    subnets.filter_map(|(at, subnet)| Some((at, subnet, subnet.api_address?)))
}

fn api_addresses(target: &Target<'_>, report: &mut Report) {
    let mut given = with_address(target);
    let Some((first, ..)) = given.next() else {
        return;
    };
    let at = |at: usize| target.path(&format!("network.subnets[{at}].apiAddress"));
    for (other, ..) in given {
        report.push(
            Diagnostic::new(
                &code::API_ADDRESS_TWICE,
                "a load balancer has one private address here, whatever its zones, and a second one is given",
            )
            .value(at(other), "the second")
            .also(at(first), "the first")
            .cure("keep `apiAddress` in one subnet: the load balancer stands there"),
        );
    }
}

/// IP as a backend wants free addresses in the load balancer's subnet.
fn room(target: &Target<'_>, report: &mut Report) {
    let subnets = &target.own.network.subnets;
    let own = with_address(target).next().map_or(0, |(at, ..)| at);
    let Some(subnet) = subnets.get(own) else {
        return;
    };
    let taken = match target.own.machines {
        CloudMachines::Provision(_) => {
            let share = |count: u16| {
                let (count, subnets) = (u32::from(count), subnets.len().max(1));
                let subnets = u32::try_from(subnets).unwrap_or(u32::MAX);
                let at = u32::try_from(own).unwrap_or(u32::MAX);
                count / subnets + u32::from(at < count % subnets)
            };
            let spec = target.spec;
            share(spec.control_plane.count)
                + share(spec.workers.count)
                + share(target.etcd_machines())
        }
        CloudMachines::Existing(machines) => {
            let inside = machines
                .iter()
                .filter(|it| subnet.cidr.contains(&it.address));
            u32::try_from(inside.count()).unwrap_or(u32::MAX)
        }
    };
    let free = usable(target, subnet.cidr).saturating_sub(taken);
    let needed = LOAD_BALANCER.free_addresses;
    if free < needed {
        report.push(
            Diagnostic::new(
                &code::BALANCER_ROOM,
                format!(
                    "the load balancer's subnet `{}` has {free} addresses left, and it needs {needed} for itself",
                    subnet.cidr
                ),
            )
            .value(
                target.path(&format!("network.subnets[{own}].cidr")),
                "too small for the load balancer",
            )
            .cure("use a larger subnet, or put `apiAddress` into another one"),
        );
    }
}

fn usable(target: &Target<'_>, cidr: Ipv4Net) -> u32 {
    let all = 1_u64 << (32 - cidr.prefix_len());
    let kept = u64::from(target.facts.reserved_first + target.facts.reserved_last);
    u32::try_from(all.saturating_sub(kept)).unwrap_or(u32::MAX)
}

/// The list is an IP address group. hagen adds two entries at most.
fn clients(target: &Target<'_>, report: &mut Report) {
    let own = if target.internet() {
        target.own.network.nat_cidrs.len() + 2
    } else {
        0
    };
    let count = target.spec.endpoint.allowed_cidrs.len() + own;
    let most = LOAD_BALANCER.most_clients;
    if count > most {
        report.push(
            Diagnostic::new(
                &code::TOO_MANY_CLIENTS,
                format!(
                    "{} may connect with hagen's own, and an IP address group holds {most}",
                    Count(count, "network")
                ),
            )
            .key("endpoint.allowedCidrs", "too many")
            .cure("join neighbours into larger networks"),
        );
    }
}
