//! Who may connect: clients to the load balancer, nodes to the rest of the world.

use ipnet::{IpNet, Ipv4Net};

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{CloudMachines, MachineRole};
use crate::validate::endpoint;
use crate::validate::networks::{self, Set};

use super::{Target, plain};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    clients(target, report);
    if target.private_for_nodes() {
        nodes_allowed(target, report);
    }
    nat(target, report);
    egress(target, report);
    let network = target.own.network;
    for (key, list) in [
        ("nodeEgressCidrs", &network.node_egress_cidrs),
        ("natCidrs", &network.nat_cidrs),
    ] {
        networks::nested(list, &target.path(&format!("network.{key}")), report);
    }
}

fn clients(target: &Target<'_>, report: &mut Report) {
    for (at, net) in target.spec.endpoint.allowed_cidrs.iter().enumerate() {
        let place = format!("endpoint.allowedCidrs[{at}]");
        if matches!(net, IpNet::V6(_)) {
            report.push(
                Diagnostic::new(
                    &code::IPV6_CLIENTS,
                    format!(
                        "no one comes from `{net}`: the load balancer on {} has no IPv6 address",
                        target.title()
                    ),
                )
                .value(place, "an IPv6 network")
                .cure("remove the network"),
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

/// Nodes are clients of the load balancer's private address, each with its own. It lets in
/// `allowedCidrs` where it is internal, and the VPC without them and where it has a public address
/// besides.
fn nodes_allowed(target: &Target<'_>, report: &mut Report) {
    let list = &target.spec.endpoint.allowed_cidrs;
    let vpc = target.own.network.cidr;
    let by_default = target.internet() || list.is_empty();
    let mut allowed = list.clone();
    if by_default {
        allowed.push(vpc.into());
    }
    let allowed = Set::new(&allowed);
    let nodes: Vec<(String, IpNet)> = match target.own.machines {
        CloudMachines::Provision(_) => target
            .own
            .network
            .subnets
            .iter()
            .enumerate()
            .map(|(at, subnet)| match subnet.node_addresses {
                Some(part) => (target.subnet_path(at, "nodeAddresses"), part.into()),
                None => (target.subnet_path(at, "cidr"), subnet.cidr.into()),
            })
            // What is outside the VPC is refused as such.
            .filter(|(_, net)| IpNet::V4(vpc).contains(net))
            .collect(),
        CloudMachines::Existing(list) => list
            .iter()
            .enumerate()
            // etcd is asked by API servers and asks none.
            .filter(|(_, machine)| machine.role != MachineRole::Etcd)
            .filter(|(_, machine)| {
                let registered = machine.role == MachineRole::ControlPlane;
                let refused = target.registers_by_id()
                    || !networks::is_private(networks::host(machine.address));
                vpc.contains(&machine.address) || !(registered && refused)
            })
            .map(|(at, machine)| {
                (
                    target.machine_path(at, "address"),
                    networks::host(machine.address),
                )
            })
            // What no machine can have is refused as such.
            .filter(|(_, net)| networks::special_range(*net).is_none())
            .collect(),
    };
    let missing: Vec<_> = nodes
        .iter()
        .filter(|(_, net)| !allowed.contains(*net))
        .collect();
    let Some((first, net)) = missing.first() else {
        return;
    };
    let more = match missing.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    let problem = Diagnostic::new(
        &code::NODES_NOT_ALLOWED,
        format!(
            "nodes at `{}`{more} are not allowed to reach the API server",
            plain(*net)
        ),
    );
    report.push(if by_default {
        problem
            .value(first, "outside the VPC")
            .also(target.path("network.cidr"), "let in by default")
            .cure(format!(
                "add `endpoint.allowedCidrs` with `{vpc}` and the networks of the other nodes"
            ))
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
    let list = &target.own.network.node_egress_cidrs;
    let key = "network.nodeEgressCidrs";
    let at = target.path(key);
    let air_gapped = target.spec.downloads.air_gapped;
    match (list.is_empty(), target.provisions()) {
        (true, true) => {
            let problem = Diagnostic::new(
                &code::NO_EGRESS,
                "nothing says where nodes may connect to, and they load packages and images when they boot",
            )
            .value(at, "`nodeEgressCidrs` is missing here");
            report.push(if air_gapped {
                problem.cure("add `nodeEgressCidrs` with the networks of your mirrors; the VPC's own range, where they are in it")
            } else {
                problem
                    .cure("add `nodeEgressCidrs: [0.0.0.0/0]` to let nodes reach the internet")
                    .cure("or name the networks of your mirrors; access to anywhere is never a default")
            });
            return;
        }
        (true, false) => return,
        (false, false) => {
            report.push(target.unused(
                key,
                "`nodeEgressCidrs` has no effect on machines that exist",
            ));
            return;
        }
        (false, true) => {}
    }
    let nets: Vec<IpNet> = list.iter().map(|net| IpNet::V4(*net)).collect();
    let anywhere = Set::new(&nets).contains(IpNet::V4(Ipv4Net::default()));
    if air_gapped && anywhere {
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
    if !target.private_for_nodes() && !anywhere {
        report.push(
            Diagnostic::new(
                &code::NARROW_EGRESS,
                format!("nodes reach the load balancer at a public address that {} chooses, and may connect to a few networks only", target.title()),
            )
            .key(at, "hardly holds it")
            .also("endpoint.exposure", "internet-facing")
            .cure("use `exposure: internal`, and nodes stay inside")
            .cure("or add the network of the load balancer's address as soon as it is known"),
        );
    }
}

/// The addresses of NAT gateways.
fn nat(target: &Target<'_>, report: &mut Report) {
    let list: &[Ipv4Net] = &target.own.network.nat_cidrs;
    let key = "network.natCidrs";
    let at = target.path(key);
    let through_nat = !target.private_for_nodes();
    if list.is_empty() {
        if through_nat && !target.makes_network() {
            report.push(
                Diagnostic::new(
                    &code::NAT_CIDRS_MISSING,
                    "nodes could not reach the internet-facing load balancer: nothing says from which addresses they come",
                )
                .value(at, "`natCidrs` is missing here")
                .also("endpoint.exposure", "internet-facing")
                .cure("add `natCidrs` with the public addresses of the VPC's NAT gateways, each as a /32"),
            );
        }
        return;
    }
    if target.makes_network() {
        report.push(
            Diagnostic::new(
                &code::NAT_CIDRS_IN_MADE_NETWORK,
                "hagen makes the NAT gateway and allows its address itself",
            )
            .key(at, "not the nodes' addresses")
            .cure("remove `natCidrs`; other clients belong in `endpoint.allowedCidrs`"),
        );
        return;
    }
    if !target.internet() {
        report.push(target.unused(key, "`natCidrs` has no effect with an internal endpoint"));
        return;
    }
    if !through_nat {
        report.push(target.unused(
            key,
            "`natCidrs` has no effect: nodes reach the load balancer at its private address",
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
