//! Machines that exist.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::code::cluster;
use crate::diagnostic::{Count, Diagnostic, Place, Report};
use crate::spec::{CloudMachine, Etcd, MachineRole};
use crate::validate::networks::Named;
use crate::validate::quorum::{self, Zones};
use crate::validate::{addresses, names, networks};

use super::endpoint::kept;
use super::{Sorted, Target};

const LIST: &str = "machines.existing";

pub(super) fn check(target: &Target<'_>, list: &[CloudMachine], report: &mut Report) {
    if target.makes_network() {
        report.push(
            Diagnostic::new(
                &code::MACHINES_WITHOUT_VPC,
                "hagen makes a new VPC, and the machines are in another one",
            )
            .key(target.path(LIST), "machines that exist")
            .cure("add `network.vpc` with the id of their VPC, and the ids of its subnets")
            .cure("or use `provision`"),
        );
    }
    names::nodes(
        list.iter()
            .enumerate()
            .map(|(at, machine)| (target.machine_path(at, "name"), machine.name.as_str())),
        report,
    );
    counts(target, list, report);
    ids(target, list, report);
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        if subnet.node_addresses.is_some() {
            report.push(target.unused(
                &format!("network.subnets[{at}].nodeAddresses"),
                "`nodeAddresses` has no effect on machines that exist",
            ));
        }
    }
    let subnets = Sorted::new(target);
    let cluster_networks = addresses::cluster_networks(target.spec);
    for (at, machine) in list.iter().enumerate() {
        check_address(target, (at, machine), &subnets, &cluster_networks, report);
    }
    unique(target, list, report);
    spread(target, list, &subnets, report);
}

fn counts(target: &Target<'_>, list: &[CloudMachine], report: &mut Report) {
    let spec = target.spec;
    for (role, noun, key, count) in [
        (
            MachineRole::ControlPlane,
            "control-plane machine",
            "controlPlane.count",
            spec.control_plane.count,
        ),
        (
            MachineRole::Worker,
            "worker",
            "workers.count",
            spec.workers.count,
        ),
        (
            MachineRole::Etcd,
            "etcd machine",
            "etcd.external.count",
            target.etcd_machines(),
        ),
    ] {
        let found = list.iter().filter(|machine| machine.role == role).count();
        if found == usize::from(count) {
            continue;
        }
        let found = Count(found, noun);
        let stacked = role == MachineRole::Etcd && spec.etcd == Etcd::Stacked;
        let problem = Diagnostic::new(
            &code::COUNT_DIFFERS,
            if stacked {
                format!("{found} in the list, and etcd is on the control-plane nodes")
            } else {
                format!("{found} in the list, and `{key}` is {count}")
            },
        )
        .key(target.path(LIST), found.to_string());
        report.push(if stacked {
            problem.cure("add `etcd: { external: { count: 3 } }`, or correct their `role`")
        } else {
            problem
                .also(key, format!("`{key}` is {count}"))
                .cure("correct the count, add the missing machines or correct their `role`")
        });
    }
}

/// Where the load balancer takes machines by their ids, each of the control plane has one.
fn ids(target: &Target<'_>, list: &[CloudMachine], report: &mut Report) {
    if !target.registers_by_id() {
        let mut with = list
            .iter()
            .enumerate()
            .filter(|(_, machine)| machine.instance_id.is_some());
        if let Some((at, _)) = with.next() {
            report.push(target.unused(
                &format!("{LIST}[{at}].instanceId"),
                &format!(
                    "`instanceId` has no effect: {} registers machines by their addresses",
                    target.title()
                ),
            ));
        }
        return;
    }
    for (at, machine) in list.iter().enumerate() {
        if machine.role == MachineRole::ControlPlane && machine.instance_id.is_none() {
            report.push(
                Diagnostic::new(
                    &code::NO_INSTANCE_ID,
                    format!(
                        "`{}` has no `instanceId`, by which {} registers it with the load balancer",
                        machine.name,
                        target.title()
                    ),
                )
                .value(
                    target.machine_path(at, "instanceId"),
                    "`instanceId` is missing here",
                )
                .cure(format!(
                    "add the machine's id, such as `{}`",
                    target.facts.ids.instance.example()
                )),
            );
        }
    }
}

fn check_address(
    target: &Target<'_>,
    (at, machine): (usize, &CloudMachine),
    subnets: &Sorted<'_>,
    cluster_networks: &[Named],
    report: &mut Report,
) {
    let vpc = target.own.network.cidr;
    let (address, net) = (machine.address, networks::host(machine.address));
    let here = target.machine_path(at, "address");
    let inside = vpc.contains(&address);
    if let Some((range, purpose)) = networks::special_range(net) {
        report.push(
            Diagnostic::new(
                &cluster::SPECIAL_NETWORK,
                format!("`{address}` is in {range}, which is kept for {purpose}"),
            )
            .value(here, "not the address of a machine")
            .cure("use the machine's private address"),
        );
        return;
    }
    let registered = machine.role == MachineRole::ControlPlane;
    if !inside && registered && target.registers_by_id() {
        report.push(
            Diagnostic::new(
                &code::MACHINE_OUTSIDE_VPC,
                format!(
                    "`{address}` is not in the VPC's range `{vpc}`, and {} registers machines of the load balancer's own VPC",
                    target.title()
                ),
            )
            .value(here, "outside the VPC")
            .also(target.path("network.cidr"), "the VPC's range")
            .cure("correct the address or the range"),
        );
        return;
    }
    if !inside && registered && !networks::is_private(net) {
        report.push(
            Diagnostic::new(
                &code::PUBLIC_MACHINE,
                format!(
                    "`{address}` is a public address, at which a load balancer reaches no machine"
                ),
            )
            .value(here, "not a private address")
            .cure("use the machine's private address"),
        );
        return;
    }
    // An overlap with the VPC itself is refused as such.
    let network = cluster_networks
        .iter()
        .find(|network| !inside && network.net.contains(&net));
    if let Some(network) = network {
        report.push(
            Diagnostic::new(
                &cluster::ADDRESS_IN_CLUSTER_NETWORK,
                format!("`{address}` is in {} `{}`", network.what, network.net),
            )
            .value(here, "taken for a pod or a Service")
            .also(&network.path, network.what)
            .cure("move that network to another range"),
        );
        return;
    }
    let Some((holder, subnet)) = subnets.holder(address) else {
        return;
    };
    if target.keeps(subnet.cidr, address) {
        report.push(kept(target, holder, address, here));
    }
    if let Some(zone) = &machine.zone
        && *zone != subnet.zone
    {
        report.push(
            Diagnostic::new(
                &code::MACHINE_ZONE,
                format!(
                    "`{address}` is in a {} of `{}`, and the machine is said to be in `{zone}`",
                    target.subnet_word(),
                    subnet.zone
                ),
            )
            .value(
                target.machine_path(at, "zone"),
                format!("not {}", subnet.zone),
            )
            .also(target.subnet_path(holder, "zone"), "the zone there")
            .cure("correct the zone or the address"),
        );
    }
}

/// Addresses of machines and of the load balancer, each once.
fn unique(target: &Target<'_>, list: &[CloudMachine], report: &mut Report) {
    let mut seen: BTreeMap<Ipv4Addr, (String, &str)> = BTreeMap::new();
    // Two of the load balancer are refused with its other addresses.
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        if let Some(address) = subnet.api_address {
            let path = target.subnet_path(at, "apiAddress");
            seen.insert(address, (path, "the load balancer"));
        }
    }
    for (at, machine) in list.iter().enumerate() {
        let (address, path) = (machine.address, target.machine_path(at, "address"));
        if let Some((first, whose)) = seen.get(&address) {
            report.push(
                Diagnostic::new(
                    &code::ADDRESS_TWICE,
                    format!("`{address}` is the address of {whose} already"),
                )
                .value(path, "the second one")
                .also(first, "the first one")
                .cure("give each its own address"),
            );
        } else {
            seen.insert(address, (path, "another machine"));
        }
    }
}

/// How the machines of a role are spread over zones, where each one's zone is known.
fn spread(target: &Target<'_>, list: &[CloudMachine], subnets: &Sorted<'_>, report: &mut Report) {
    let of = |role: MachineRole| {
        let mut zones = Zones::new();
        for machine in list.iter().filter(|machine| machine.role == role) {
            let zone = subnets
                .holder(machine.address)
                .map(|(_, subnet)| subnet.zone.as_str())
                .or(machine.zone.as_deref())?;
            *zones.entry(zone).or_default() += 1;
        }
        Some(zones)
    };
    let control_plane = of(MachineRole::ControlPlane);
    let place = Place::Key(target.path(LIST));
    match target.spec.etcd {
        Etcd::Stacked => quorum::zones(control_plane.as_ref(), None, &place, report),
        Etcd::External(_) => {
            let (etcd, none) = (of(MachineRole::Etcd), Zones::new());
            let control_plane = control_plane.as_ref().unwrap_or(&none);
            quorum::zones(etcd.as_ref(), Some(control_plane), &place, report);
        }
    }
}
