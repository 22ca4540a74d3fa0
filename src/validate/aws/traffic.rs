//! Who may connect: clients to the load balancer, nodes to the rest of the world.

use ipnet::{IpNet, Ipv4Net};

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{AwsMachines, MachineRole};
use crate::validate::endpoint;
use crate::validate::networks::{self, Set};

use super::network::unused;
use super::{Target, path};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    clients(target, report);
    if target.internal_load_balancer() {
        nodes_allowed(target, report);
    }
    nat(target, report);
    egress(target, report);
    let network = &target.aws.network;
    for (key, list) in [
        ("nodeEgressCidrs", &network.node_egress_cidrs),
        ("natCidrs", &network.nat_cidrs),
    ] {
        networks::nested(list, &path(&format!("network.{key}")), report);
    }
}

fn clients(target: &Target<'_>, report: &mut Report) {
    let allowed = &target.spec.endpoint.allowed_cidrs;
    for (at, net) in allowed.iter().enumerate() {
        let place = format!("endpoint.allowedCidrs[{at}]");
        if matches!(net, IpNet::V6(_)) && !target.aws.load_balancer.dual_stack {
            report.push(
                Diagnostic::new(
                    &code::IPV6_CLIENTS,
                    format!("no one comes from `{net}`: the load balancer has no IPv6 address"),
                )
                .value(place, "an IPv6 network")
                .cure("set `loadBalancer.dualStack: true`, or remove the network"),
            );
        } else if target.internet() && networks::is_private(*net) {
            report.push(
                Diagnostic::new(
                    &code::UNREACHABLE_CLIENTS,
                    format!("no one comes from `{net}`: an internet-facing load balancer sees public addresses"),
                )
                .value(place, "a private network")
                .also("endpoint.exposure", "internet-facing")
                .cure("give the public addresses from which these clients come, or remove the network"),
            );
        }
    }
}

/// Nodes are clients of an internal load balancer, each with its own address. It lets in
/// `allowedCidrs`, or the VPC without them and where it is the second one.
fn nodes_allowed(target: &Target<'_>, report: &mut Report) {
    let list = &target.spec.endpoint.allowed_cidrs;
    let vpc = target.aws.network.cidr;
    let own = target.internet() || list.is_empty();
    let allowed = if own {
        Set::new(&[vpc.into()])
    } else {
        Set::new(list)
    };
    let nodes: Vec<(String, IpNet)> = match &target.aws.machines {
        AwsMachines::Provision(_) => target
            .private()
            .map(|subnet| (format!("{}.cidr", subnet.path), subnet.cidr.into()))
            .collect(),
        AwsMachines::Existing(list) => list
            .iter()
            .enumerate()
            // etcd is asked by API servers and asks none.
            .filter(|(_, machine)| machine.role != MachineRole::Etcd)
            .map(|(at, machine)| {
                (
                    path(&format!("machines.existing[{at}].address")),
                    networks::host(machine.address),
                )
            })
            .collect(),
    };
    let missing: Vec<_> = nodes
        .iter()
        .filter(|(_, net)| !allowed.contains(*net))
        .collect();
    let Some((first, net)) = missing.first() else {
        return;
    };
    let net = if net.prefix_len() == net.max_prefix_len() {
        net.addr().to_string()
    } else {
        net.to_string()
    };
    let more = match missing.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    let problem = Diagnostic::new(
        &code::NODES_NOT_ALLOWED,
        format!("nodes at `{net}`{more} are not allowed to reach the API server"),
    );
    report.push(if target.internet() {
        problem
            .value(first, "outside the VPC")
            .also(path("network.cidr"), "the second load balancer lets in this")
            .cure("remove `secondInternal`, and add the addresses from which nodes come to `natCidrs`")
    } else if own {
        problem
            .value(first, "outside the VPC")
            .also(path("network.cidr"), "let in by default")
            .cure(format!("add `endpoint.allowedCidrs` with `{vpc}` and the networks of the other nodes"))
    } else {
        problem
            .value("endpoint.allowedCidrs", "does not hold them")
            .also(first, "nodes are here")
            .cure("add the nodes' networks")
            .cure("or remove `allowedCidrs`: the default is the VPC")
    });
}

/// Where nodes that Terraform makes may connect to, beside the VPC.
fn egress(target: &Target<'_>, report: &mut Report) {
    let list = &target.aws.network.node_egress_cidrs;
    let at = path("network.nodeEgressCidrs");
    if list.is_empty() {
        return;
    }
    if !target.provisions() {
        report.push(unused(
            at,
            "`nodeEgressCidrs` has no effect on machines that exist",
        ));
        return;
    }
    let nets: Vec<IpNet> = list.iter().map(|net| IpNet::V4(*net)).collect();
    let anywhere = Set::new(&nets).contains(IpNet::V4(Ipv4Net::default()));
    if target.spec.downloads.air_gapped && anywhere {
        report.push(
            Diagnostic::new(
                &code::OPEN_AIR_GAP,
                "machines are to reach mirrors alone, and may connect to anywhere",
            )
            .key(&at, "anywhere")
            .also("downloads.airGapped", "machines reach mirrors alone")
            .cure("name the networks of your mirrors; the VPC's own range, where they are in it"),
        );
    }
    if target.internet() && !target.aws.load_balancer.second_internal && !anywhere {
        report.push(
            Diagnostic::new(
                &code::NARROW_EGRESS,
                "nodes reach the load balancer at public addresses that AWS chooses, and may connect to a few networks only",
            )
            .key(at, "hardly holds them")
            .also("endpoint.exposure", "internet-facing")
            .cure("set `loadBalancer.secondInternal: true`, and nodes stay inside"),
        );
    }
}

/// The addresses of NAT gateways.
fn nat(target: &Target<'_>, report: &mut Report) {
    let list: &[Ipv4Net] = &target.aws.network.nat_cidrs;
    let at = path("network.natCidrs");
    if list.is_empty() {
        if target.internet() && !target.makes_network() && !target.aws.load_balancer.second_internal
        {
            report.push(
                Diagnostic::new(
                    &code::NAT_CIDRS_MISSING,
                    "nodes could not reach the internet-facing load balancer: nothing says from which addresses they come",
                )
                .value(at, "`natCidrs` is missing here")
                .also("endpoint.exposure", "internet-facing")
                .cure("add `natCidrs` with the public addresses of the VPC's NAT gateways, each as a /32")
                .cure("or set `loadBalancer.secondInternal: true`, and nodes stay inside"),
            );
        }
        return;
    }
    if target.makes_network() {
        report.push(
            Diagnostic::new(
                &code::NAT_CIDRS_IN_MADE_NETWORK,
                "hagen makes the NAT gateways and allows their addresses itself",
            )
            .key(at, "not the nodes' addresses")
            .cure("remove `natCidrs`; other clients belong in `endpoint.allowedCidrs`"),
        );
        return;
    }
    if !target.internet() {
        report.push(unused(
            at,
            "`natCidrs` has no effect with an internal endpoint",
        ));
        return;
    }
    endpoint::open_to_all(list, &at, report);
    for (index, net) in list.iter().enumerate() {
        if networks::is_private(IpNet::V4(*net)) {
            report.push(
                Diagnostic::new(
                    &code::NAT_CIDRS_PRIVATE,
                    format!("`{net}` is private, and connections to the load balancer come from public addresses"),
                )
                .value(format!("{at}[{index}]"), "not an address of a NAT gateway")
                .cure("give the public addresses of the NAT gateways, each as a /32"),
            );
        }
    }
}
