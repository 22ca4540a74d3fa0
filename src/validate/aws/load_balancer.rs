//! The load balancer: its zones, its addresses, its clients and its name.

use ipnet::IpNet;

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::aws::LOAD_BALANCER;

use super::network::unused;
use super::{Subnet, Target, path};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    zones(target, report);
    api_addresses(target, report);
    ipv6(target, report);
    name(target, report);
    let settings = &target.aws.load_balancer;
    if settings.second_internal && !target.internet() {
        report.push(
            Diagnostic::new(
                &code::SECOND_INTERNAL,
                "the endpoint is internal already, so a second internal load balancer has no use",
            )
            .value(
                path("loadBalancer.secondInternal"),
                "only with `exposure: internet`",
            )
            .cure("set it to `false`, or remove it")
            .replace_with("false"),
        );
    }
    if settings.control_plane_security_group.is_some() && target.provisions() {
        report.push(unused(
            path("loadBalancer.controlPlaneSecurityGroup"),
            "`controlPlaneSecurityGroup` has no effect on machines that Terraform makes",
        ));
    }
}

fn zones(target: &Target<'_>, report: &mut Report) {
    for (subnets, key, used) in [
        (
            &target.private().collect::<Vec<_>>(),
            "subnets",
            target.internal_load_balancer(),
        ),
        (
            &target.public().collect::<Vec<_>>(),
            "publicSubnets",
            target.internet(),
        ),
    ] {
        // A control plane in one zone is warned about already.
        let said = key == "subnets" && target.provisions() && target.spec.control_plane.count >= 3;
        if used && subnets.len() == 1 && !said {
            report.push(
                Diagnostic::new(
                    &code::ONE_ZONE,
                    format!(
                        "the load balancer is in `{}` only, and its loss takes the API away",
                        subnets[0].zone
                    ),
                )
                .key(path(&format!("network.{key}")), "one zone")
                .cure("add subnets in two more zones; adding later is possible too"),
            );
        }
    }
}

fn api_addresses(target: &Target<'_>, report: &mut Report) {
    let private: Vec<&Subnet<'_>> = target.private().collect();
    let Some(given) = private.iter().find(|subnet| subnet.api_address.is_some()) else {
        return;
    };
    if !target.internal_load_balancer() {
        report.push(
            Diagnostic::new(
                &code::API_ADDRESS_UNUSED,
                "an internet-facing load balancer takes no private address",
            )
            .value(format!("{}.apiAddress", given.path), "private")
            .also("endpoint.exposure", "internet-facing")
            .cure("remove every `apiAddress`, or set `loadBalancer.secondInternal: true`"),
        );
        return;
    }
    for subnet in &private {
        let at = format!("{}.apiAddress", subnet.path);
        let Some(address) = subnet.api_address else {
            report.push(
                Diagnostic::new(
                    &code::API_ADDRESS_MISSING,
                    format!(
                        "the subnet in `{}` has no `apiAddress`, and another one has",
                        subnet.zone
                    ),
                )
                .value(&subnet.path, "`apiAddress` is missing here")
                .also(format!("{}.apiAddress", given.path), "given here")
                .cure("give `apiAddress` in every private subnet, or in none"),
            );
            continue;
        };
        if !subnet.cidr.contains(&address) {
            report.push(
                Diagnostic::new(
                    &code::API_ADDRESS_OUTSIDE,
                    format!("`{address}` is not in the subnet `{}`", subnet.cidr),
                )
                .value(at, "outside the subnet")
                .also(format!("{}.cidr", subnet.path), "the subnet")
                .cure("use an address of the subnet"),
            );
        } else if is_kept(subnet, address) {
            report.push(kept(subnet, address, at));
        }
    }
}

/// Whether an address is one of those of its subnet that AWS keeps.
pub(super) fn is_kept(subnet: &Subnet<'_>, address: std::net::Ipv4Addr) -> bool {
    let (first, last) = (
        u32::from(subnet.cidr.network()),
        u32::from(subnet.cidr.broadcast()),
    );
    let address = u32::from(address);
    subnet.cidr.contains(&std::net::Ipv4Addr::from(address))
        && (address - first < LOAD_BALANCER.reserved_first
            || last - address < LOAD_BALANCER.reserved_last)
}

/// The diagnostic of an address that AWS keeps.
pub(super) fn kept(subnet: &Subnet<'_>, address: std::net::Ipv4Addr, at: String) -> Diagnostic {
    Diagnostic::new(
        &code::ADDRESS_KEPT_BY_AWS,
        format!(
            "AWS keeps `{address}`: the first {} addresses of `{}` and the last",
            LOAD_BALANCER.reserved_first, subnet.cidr
        ),
    )
    .value(at, "kept by AWS")
    .cure("use another address of the subnet")
}

fn ipv6(target: &Target<'_>, report: &mut Report) {
    let spec = target.spec;
    if target.aws.load_balancer.dual_stack && !target.makes_network() {
        for subnet in &target.subnets {
            if target.has_load_balancer(subnet) && subnet.ipv6.is_none() {
                report.push(
                    Diagnostic::new(
                        &code::DUAL_STACK_SUBNET,
                        format!(
                            "the subnet `{}` has no IPv6 range for the dual-stack load balancer",
                            subnet.cidr
                        ),
                    )
                    .value(
                        format!("{}.ipv6Cidr", subnet.path),
                        "`ipv6Cidr` is missing here",
                    )
                    .also(path("loadBalancer.dualStack"), "dual-stack")
                    .cure("add the subnet's IPv6 range as `ipv6Cidr`")
                    .cure("or remove `dualStack`"),
                );
            }
        }
    }
    let pods = &spec.kubernetes.pod_subnets;
    let services = &spec.kubernetes.service_subnets;
    let first = [("podSubnets", pods), ("serviceSubnets", services)]
        .into_iter()
        .find(|(_, list)| matches!(list.first(), Some(IpNet::V6(_))));
    if let Some((key, list)) = first {
        let what = if list.len() > 1 {
            "first family"
        } else {
            "only family"
        };
        report.push(
            Diagnostic::new(
                &code::IPV6_PRIMARY,
                format!(
                    "the cluster's {what} is IPv6, and API servers on AWS advertise an IPv4 address"
                ),
            )
            .value(format!("kubernetes.{key}[0]"), "IPv6 comes first")
            .cure("put an IPv4 network first in `podSubnets` and `serviceSubnets`"),
        );
    } else if let Some((key, _)) = [("podSubnets", pods), ("serviceSubnets", services)]
        .into_iter()
        .find(|(_, list)| matches!(list.as_slice(), [IpNet::V4(_), IpNet::V6(_)]))
    {
        report.push(
            Diagnostic::new(
                &code::IPV6_NODES,
                "dual-stack pods are not available on AWS yet: nodes get an IPv4 address alone",
            )
            .value(format!("kubernetes.{key}[1]"), "needs nodes with IPv6")
            .cure("use one IPv4 network for pods and one for Services"),
        );
    }
}

fn name(target: &Target<'_>, report: &mut Report) {
    match (&target.aws.dns, &target.spec.endpoint.host) {
        (Some(_), None) => report.push(
            Diagnostic::new(
                &code::DNS_WITHOUT_HOST,
                "`dns` asks for a record, and `endpoint.host` has no name for it",
            )
            .key(path("dns"), "a record of what?")
            .cure("add `endpoint.host`, a name in that zone, or remove `dns`"),
        ),
        (None, Some(host)) => {
            // Nodes use the name of a second, internal load balancer where there is one.
            let who = if target.internet() && target.aws.load_balancer.second_internal {
                "you reach the API"
            } else {
                "nodes join"
            };
            report.push(
            Diagnostic::new(
                &code::HOST_WITHOUT_DNS,
                format!("nothing makes a DNS record for `{host}`, through which {who}"),
            )
            .value("endpoint.host", "you make this record")
            .cure("make it a CNAME to the output `api_dns_name`, as soon as the load balancer is there")
            .cure("or add `dns` with the id of its Route 53 zone, and hagen makes the record"),
        );
        }
        _ => {}
    }
}
