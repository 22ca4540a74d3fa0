//! Machines that exist.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::IpNet;

use crate::diagnostic::code::aws as code;
use crate::diagnostic::code::cluster;
use crate::diagnostic::{Count, Diagnostic, Place, Report};
use crate::spec::{AwsMachine, Etcd, MachineRole};
use crate::validate::quorum::{self, Zones};
use crate::validate::{addresses, names, networks};

use super::load_balancer::{is_kept, kept};
use super::{Subnet, Target, holder, path};

const LIST: &str = "machines.existing";

pub(super) fn check(target: &Target<'_>, list: &[AwsMachine], report: &mut Report) {
    if target.makes_network() {
        report.push(
            Diagnostic::new(
                &code::MACHINES_WITHOUT_VPC,
                "hagen makes a new VPC, and the machines are in another one",
            )
            .key(path(LIST), "machines that exist")
            .cure("add `network.vpc` with the id of their VPC, and the ids of its subnets")
            .cure("or use `provision`"),
        );
    }
    names::nodes(
        list.iter()
            .enumerate()
            .map(|(at, machine)| (field(at, "name"), machine.name.as_str())),
        report,
    );
    counts(target, list, report);
    mixed(list, report);
    if target.cloud_controller() {
        cloud_controller(target, list, report);
    }
    let mut private: Vec<&Subnet<'_>> = target.private().collect();
    private.sort_by_key(|subnet| subnet.cidr);
    check_addresses(target, list, &private, report);
    unique(target, list, report);
    spread(target, list, &private, report);
}

/// What AWS's controller makes of nodes.
fn cloud_controller(target: &Target<'_>, list: &[AwsMachine], report: &mut Report) {
    const PROVIDER: &str = "kubernetes.cloudProvider";
    // External etcd has no nodes.
    let nodes = list
        .iter()
        .enumerate()
        .filter(|(_, machine)| machine.role != MachineRole::Etcd);
    for (at, machine) in nodes {
        let name = machine.name.as_str();
        if name.starts_with("i-") {
            report.push(
                Diagnostic::new(
                    &code::NODE_NAME_LIKE_ID,
                    format!("AWS's controller takes the node's name `{name}` for an instance id"),
                )
                .value(field(at, "name"), "begins as an instance id does")
                .also(PROVIDER, "the controller runs in the cluster")
                .cure("rename the machine: the name must not begin with `i-`"),
            );
        }
        if !target.aws.network.cidr.contains(&machine.address) {
            report.push(
                Diagnostic::new(
                    &code::NODE_OUTSIDE_VPC,
                    format!("`{name}` is outside the VPC, and AWS's controller removes nodes that are no instances of its account and region"),
                )
                .value(field(at, "address"), "outside the VPC")
                .also(PROVIDER, "the controller runs in the cluster")
                .cure("make sure that the machine is an EC2 instance of this account and region")
                .cure("or set `cloudProvider: none`"),
            );
        }
    }
}

fn field(at: usize, key: &str) -> String {
    path(&format!("{LIST}[{at}].{key}"))
}

fn counts(target: &Target<'_>, list: &[AwsMachine], report: &mut Report) {
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
        if role == MachineRole::Etcd && spec.etcd == Etcd::Stacked {
            if found > 0 {
                report.push(
                    Diagnostic::new(
                        &code::COUNT_DIFFERS,
                        format!(
                            "{} in the list, and etcd is on the control-plane nodes",
                            Count(found, noun)
                        ),
                    )
                    .key(path(LIST), Count(found, noun).to_string())
                    .cure("add `etcd: { external: { count: 3 } }`, or correct their `role`"),
                );
            }
        } else if found != usize::from(count) {
            report.push(
                Diagnostic::new(
                    &code::COUNT_DIFFERS,
                    format!("{} in the list, and `{key}` is {count}", Count(found, noun)),
                )
                .key(path(LIST), Count(found, noun).to_string())
                .also(key, format!("`{key}` is {count}"))
                .cure("correct the count, add the missing machines or correct their `role`"),
            );
        }
    }
}

fn mixed(list: &[AwsMachine], report: &mut Report) {
    let mut nodes = list
        .iter()
        .enumerate()
        .filter(|(_, machine)| machine.role == MachineRole::ControlPlane);
    let Some((first, machine)) = nodes.next() else {
        return;
    };
    let by_id = machine.instance_id.is_some();
    let Some((other, _)) = nodes.find(|(_, machine)| machine.instance_id.is_some() != by_id) else {
        return;
    };
    let (with, without) = if by_id {
        (first, other)
    } else {
        (other, first)
    };
    report.push(
        Diagnostic::new(
            &code::MIXED_TARGETS,
            "some control-plane machines have an `instanceId` and some have none, and a target group takes either ids or addresses",
        )
        .value(path(&format!("{LIST}[{without}]")), "without `instanceId`")
        .also(field(with, "instanceId"), "with one")
        .cure("give `instanceId` for all control-plane machines or for none"),
    );
}

fn check_addresses(
    target: &Target<'_>,
    list: &[AwsMachine],
    private: &[&Subnet<'_>],
    report: &mut Report,
) {
    let vpc = target.aws.network.cidr;
    let cluster_networks = addresses::cluster_networks(target.spec);
    for (at, machine) in list.iter().enumerate() {
        let (address, net) = (machine.address, networks::host(machine.address));
        let here = field(at, "address");
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
            continue;
        }
        if !inside && machine.instance_id.is_some() {
            report.push(
                Diagnostic::new(
                    &code::INSTANCE_OUTSIDE_VPC,
                    format!("`{address}` is not in the VPC's range `{vpc}`, so the instance is not in the VPC"),
                )
                .value(here, "outside the VPC")
                .also(path("network.cidr"), "the VPC's range")
                .cure("correct the address or the range; to register machines of another VPC, remove `instanceId` from all"),
            );
            continue;
        }
        if !inside && !networks::is_private(net) && machine.role == MachineRole::ControlPlane {
            report.push(
                Diagnostic::new(
                    &code::TARGET_ADDRESS,
                    format!("`{address}` is a public address, which a load balancer does not take as a target"),
                )
                .value(here, "not a private address")
                .cure("use the machine's private address"),
            );
            continue;
        }
        // An overlap with the VPC itself is refused as such.
        if !inside
            && let Some(network) = cluster_networks
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
                .cure("move that network to another range"),
            );
            continue;
        }
        let Some(subnet) = holder(private, net) else {
            continue;
        };
        if is_kept(subnet, address) {
            report.push(kept(subnet, address, here));
        }
        if let Some(zone) = &machine.zone
            && zone != subnet.zone
        {
            report.push(
                Diagnostic::new(
                    &code::MACHINE_ZONE,
                    format!("`{address}` is in a subnet of `{}`, and the machine is said to be in `{zone}`", subnet.zone),
                )
                .value(field(at, "zone"), format!("not {}", subnet.zone))
                .also(format!("{}.zone", subnet.path), "the subnet's zone")
                .cure("correct the zone or the address"),
            );
        }
    }
}

/// Addresses of machines and of the load balancer, each once.
fn unique(target: &Target<'_>, list: &[AwsMachine], report: &mut Report) {
    let balancer = target
        .private()
        .filter_map(|subnet| Some((format!("{}.apiAddress", subnet.path), subnet.api_address?)))
        .map(|(path, address)| (path, address, "the load balancer"));
    let machines = list
        .iter()
        .enumerate()
        .map(|(at, machine)| (field(at, "address"), machine.address, "another machine"));
    let mut seen: BTreeMap<Ipv4Addr, (String, &str)> = BTreeMap::new();
    for (path, address, what) in balancer.chain(machines) {
        match seen.get(&address) {
            Some((first, whose)) => report.push(
                Diagnostic::new(
                    &code::ADDRESS_TWICE,
                    format!("`{address}` is the address of {whose} already"),
                )
                .value(path, "the second one")
                .also(first, "the first one")
                .cure("give each its own address"),
            ),
            None => {
                seen.insert(address, (path, what));
            }
        }
    }
}

/// How the machines of a role are spread over zones, where each one's zone is known.
fn spread(target: &Target<'_>, list: &[AwsMachine], private: &[&Subnet<'_>], report: &mut Report) {
    let of = |role: MachineRole| {
        let mut zones = Zones::new();
        for machine in list.iter().filter(|machine| machine.role == role) {
            let net: IpNet = networks::host(machine.address);
            let zone = holder(private, net)
                .map(|subnet| subnet.zone)
                .or(machine.zone.as_deref())?;
            *zones.entry(zone).or_default() += 1;
        }
        Some(zones)
    };
    let control_plane = of(MachineRole::ControlPlane);
    let place = Place::Key(path(LIST));
    match target.spec.etcd {
        Etcd::Stacked => quorum::zones(control_plane.as_ref(), None, &place, report),
        Etcd::External(_) => {
            let (etcd, none) = (of(MachineRole::Etcd), Zones::new());
            let control_plane = control_plane.as_ref().unwrap_or(&none);
            quorum::zones(etcd.as_ref(), Some(control_plane), &place, report);
        }
    }
}
