//! The endpoint: its name, its private record, the load balancer's addresses, and the pin.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::hairpin;
use crate::spec::{CloudDns, PinChoice};
use crate::validate::names;

use super::Target;

const HOST: &str = "endpoint.host";

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    name(target, report);
    if let Some(own) = target.own.dns {
        dns(target, own, report);
    }
    pin(target, report);
    api_addresses(target, report);
    ipv6(target, report);
}

fn name(target: &Target<'_>, report: &mut Report) {
    let balancer = target.balancer();
    if balancer.own_name || target.spec.endpoint.host.is_some() {
        return;
    }
    let example = match target.own.dns {
        Some(dns) if names::is_subdomain(&dns.zone) => format!("api.{}", dns.zone),
        _ => format!("api.{}.example.internal", target.spec.name),
    };
    report.push(
        Diagnostic::new(
            &code::NO_HOST,
            format!(
                "{} of {} brings no DNS name, so the endpoint needs one",
                balancer.title,
                target.title()
            ),
        )
        .value(HOST, "`host` is missing here")
        .cure(format!(
            "add `endpoint.host`, for instance `{example}`: machines know it from /etc/hosts"
        )),
    );
}

fn dns(target: &Target<'_>, dns: &CloudDns, report: &mut Report) {
    let zone = dns.zone.as_str();
    let place = target.path("dns.zone");
    if !names::is_subdomain(zone) {
        let problem = Diagnostic::new(
            &code::DNS_ZONE_FORM,
            format!("`{zone}` is not a DNS name in lower case without a dot at its end"),
        )
        .value(place, "not a DNS zone");
        let folded = zone
            .trim_start_matches("*.")
            .trim_end_matches('.')
            .to_ascii_lowercase();
        report.push(if names::is_subdomain(&folded) {
            problem.replace_with(folded)
        } else {
            problem.cure("use the zone's name, for instance `example.internal`")
        });
        return;
    }
    let Some(host) = &target.spec.endpoint.host else {
        // Where the name is missed anyway, this would say the same again.
        if target.balancer().own_name {
            report.push(
                Diagnostic::new(
                    &code::DNS_WITHOUT_HOST,
                    format!(
                        "a record in `{zone}` is to be made, and the endpoint has no name for it"
                    ),
                )
                .key(target.path("dns"), "a record without a name")
                .cure(format!("add `endpoint.host`, for instance `api.{zone}`"))
                .cure("or remove `dns`: the load balancer's own name is used then"),
            );
        }
        return;
    };
    let inside = host
        .strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if !inside && host.parse::<IpAddr>().is_err() {
        report.push(
            Diagnostic::new(
                &code::HOST_OUTSIDE_ZONE,
                format!("`{host}` is not in the zone `{zone}`, where its record would be"),
            )
            .value(place, "another zone")
            .also(HOST, "the name of the record")
            .cure(format!(
                "use a host such as `api.{zone}`, or correct the zone"
            )),
        );
    }
}

/// Whether a node that is not pinned to itself would hang.
fn pin(target: &Target<'_>, report: &mut Report) {
    if target.spec.endpoint.pin != PinChoice::Off {
        return;
    }
    let row = hairpin::of(target.own.name, target.balancer().kind, target.internet());
    if !row.required {
        return;
    }
    let problem = Diagnostic::new(
        &code::PIN_OFF,
        format!(
            "without the pin a control-plane node does not reach itself through {}: {}",
            row.title, row.why
        ),
    )
    .value("endpoint.pin", "the cluster would hang")
    .cure("remove `pin`, or set it to `auto`");
    let problem = if target.own.name == "aliyun" {
        problem.cure(
            "use `loadBalancer: nlb` where no pin is wanted: it leads a machine back to itself",
        )
    } else {
        problem
    };
    report.push(problem.replace_with("auto"));
}

fn api_addresses(target: &Target<'_>, report: &mut Report) {
    let mut seen: BTreeMap<Ipv4Addr, String> = BTreeMap::new();
    let word = target.subnet_word();
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        let Some(address) = subnet.api_address else {
            continue;
        };
        let place = target.subnet_path(at, "apiAddress");
        if !subnet.cidr.contains(&address) {
            report.push(
                Diagnostic::new(
                    &code::API_ADDRESS_OUTSIDE,
                    format!("`{address}` is not in the {word} `{}`", subnet.cidr),
                )
                .value(&place, format!("outside the {word}"))
                .also(target.subnet_path(at, "cidr"), "its range")
                .cure(format!("use an address of the {word}, or leave it out")),
            );
        } else if target.keeps(subnet.cidr, address) {
            report.push(kept(target, at, address, place.clone()));
        }
        if let Some(first) = seen.get(&address) {
            report.push(
                Diagnostic::new(
                    &code::ADDRESS_TWICE,
                    format!("`{address}` is the load balancer's address twice"),
                )
                .value(place, "the second one")
                .also(first, "the first one")
                .cure(format!("give each {word} an address of its own")),
            );
        } else {
            seen.insert(address, place);
        }
    }
}

/// The diagnostic of an address that the cloud keeps.
pub(super) fn kept(
    target: &Target<'_>,
    subnet: usize,
    address: Ipv4Addr,
    place: String,
) -> Diagnostic {
    Diagnostic::new(
        &code::KEPT_ADDRESS,
        format!(
            "{} keeps `{address}`: it keeps {}",
            target.title(),
            target.kept(target.own.network.subnets[subnet].cidr)
        ),
    )
    .value(place, format!("kept by {}", target.title()))
    .cure(format!(
        "use another address of the {}",
        target.subnet_word()
    ))
}

/// Nodes get an IPv4 address alone.
fn ipv6(target: &Target<'_>, report: &mut Report) {
    let kubernetes = &target.spec.kubernetes;
    let lists = [
        ("podSubnets", &kubernetes.pod_subnets),
        ("serviceSubnets", &kubernetes.service_subnets),
    ];
    let title = target.title();
    if let Some((key, list)) = lists
        .into_iter()
        .find(|(_, list)| matches!(list.first(), Some(IpNet::V6(_))))
    {
        let what = if list.len() > 1 { "first" } else { "only" };
        report.push(
            Diagnostic::new(
                &code::IPV6_PRIMARY,
                format!("the cluster's {what} family is IPv6, and API servers on {title} advertise an IPv4 address"),
            )
            .value(format!("kubernetes.{key}[0]"), "IPv6 comes first")
            .cure("put an IPv4 network first in `podSubnets` and `serviceSubnets`"),
        );
    } else if let Some((key, _)) = lists
        .into_iter()
        .find(|(_, list)| matches!(list.as_slice(), [IpNet::V4(_), IpNet::V6(_)]))
    {
        report.push(
            Diagnostic::new(
                &code::IPV6_NODES,
                format!("dual-stack pods are not available on {title} yet: nodes get an IPv4 address alone"),
            )
            .value(format!("kubernetes.{key}[1]"), "needs nodes with IPv6")
            .cure("use one IPv4 network for pods and one for Services"),
        );
    }
}
