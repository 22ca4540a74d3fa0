//! The addresses of machines and the virtual IP: of the subnet, each once, and not what others may have.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::code::cluster;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{BaremetalLoadBalancer, KubeVip, KubeVipMode};
use crate::validate::{addresses, networks};

use super::reserved::{self, Range};
use super::{Target, machine_path, path, v4};

const VIRTUAL_IP: &str = "virtualIp";

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let own = target.own;
    let ranges = reserved::ranges(target);
    let announced_by_bgp = matches!(
        &own.load_balancer,
        BaremetalLoadBalancer::KubeVip(KubeVip {
            mode: KubeVipMode::Bgp(_),
            ..
        })
    );
    let mut used = Used::default();
    // The gateway is often the DNS server, too.
    for (at, address) in own.network.nameservers.iter().enumerate() {
        let here = path(&format!("network.nameservers[{at}]"));
        used.seen.entry(*address).or_insert((here, "a DNS server"));
    }
    used.seen.insert(
        own.network.gateway,
        (path("network.gateway"), "the gateway"),
    );
    let machines = own.machines.iter().enumerate().map(|(at, machine)| {
        let place = machine_path(at, "address");
        (machine.address, place, "a machine", "another machine")
    });
    let all = [(
        own.virtual_ip,
        path(VIRTUAL_IP),
        "the virtual IP",
        "the virtual IP",
    )];
    for (address, here, what, whose) in all.into_iter().chain(machines) {
        let Some(address) = v4(address) else {
            report.push(of_other_family(address, what, here));
            continue;
        };
        // With BGP, the routers know the way to it, and it must not be in the subnet: another rule says so.
        if announced_by_bgp && here == path(VIRTUAL_IP) {
            routed(target, address, &here, report);
        } else {
            place(target, address, what, &here, report);
        }
        in_range(address, &here, &ranges, report);
        used.once(address, here, whose, report);
    }
}

fn of_other_family(address: IpAddr, what: &str, here: String) -> Diagnostic {
    Diagnostic::new(
        &code::IPV6_ADDRESS,
        format!("`{address}` is an IPv6 address, and machines and the virtual IP are IPv4"),
    )
    .value(here, format!("not an IPv4 address for {what}"))
    .also(path("network.cidr"), "an IPv4 subnet")
    .cure("use an IPv4 address of the subnet")
}

/// Refuses an address that is not one of the subnet's for hosts.
pub(super) fn place(
    target: &Target<'_>,
    address: Ipv4Addr,
    what: &str,
    here: &str,
    report: &mut Report,
) {
    let subnet = target.own.network.cidr;
    if !subnet.contains(&address) {
        report.push(
            Diagnostic::new(
                &code::OUTSIDE_NETWORK,
                format!("`{address}` is not in the subnet `{subnet}`"),
            )
            .value(here, format!("not an address for {what}"))
            .also(path("network.cidr"), "the subnet")
            .cure("use an address of the subnet, or correct `network.cidr`"),
        );
        return;
    }
    let kind = if address == subnet.network() {
        "first address, which names the subnet itself"
    } else if address == subnet.broadcast() {
        "last address, which is its broadcast address"
    } else {
        return;
    };
    report.push(
        Diagnostic::new(&code::NETWORK_ADDRESS, format!("`{address}` is the {kind}"))
            .value(here, format!("not an address for {what}"))
            .also(path("network.cidr"), "the subnet")
            .cure("use another address of the subnet"),
    );
}

/// Refuses a virtual IP to which no router leads, or that a node takes for a pod or a Service.
fn routed(target: &Target<'_>, address: Ipv4Addr, here: &str, report: &mut Report) {
    let net = networks::host(address);
    if let Some((range, purpose)) = networks::special_range(net) {
        report.push(
            Diagnostic::new(
                &cluster::SPECIAL_NETWORK,
                format!("`{address}` is in {range}, which is kept for {purpose}"),
            )
            .value(here, "not an address for the virtual IP")
            .cure("use an address that the routers lead to the machines"),
        );
    } else if let Some(network) = addresses::cluster_networks(target.spec)
        .into_iter()
        .find(|network| network.net.contains(&net))
    {
        report.push(
            Diagnostic::new(
                &cluster::ADDRESS_IN_CLUSTER_NETWORK,
                format!("`{address}` is in {} `{}`", network.what, network.net),
            )
            .value(here, "taken for a pod or a Service")
            .also(&network.path, network.what)
            .cure("use another address that the routers lead to the machines"),
        );
    }
}

fn in_range(address: Ipv4Addr, here: &str, ranges: &[(usize, Range)], report: &mut Report) {
    let Some((at, range)) = ranges.iter().find(|(_, range)| range.contains(address)) else {
        return;
    };
    report.push(
        Diagnostic::new(
            &code::RESERVED_ADDRESS,
            format!("`{address}` is in the range `{range}`, which others use"),
        )
        .value(here, "may be given to someone else")
        .also(reserved::at(*at), "reserved")
        .cure("use an address outside the range, or correct the range"),
    );
}

/// The addresses that were seen: where, and whose.
#[derive(Default)]
struct Used {
    seen: BTreeMap<Ipv4Addr, (String, &'static str)>,
}

impl Used {
    fn once(&mut self, address: Ipv4Addr, here: String, whose: &'static str, report: &mut Report) {
        if let Some((first, whose)) = self.seen.get(&address) {
            report.push(
                Diagnostic::new(
                    &code::ADDRESS_TWICE,
                    format!("`{address}` is the address of {whose} already"),
                )
                .value(here, "the second one")
                .also(first, "the first one")
                .cure("give each its own address"),
            );
        } else {
            self.seen.insert(address, (here, whose));
        }
    }
}
