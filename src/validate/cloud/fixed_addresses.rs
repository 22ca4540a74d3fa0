//! The fixed addresses of machines that Terraform makes.

use std::net::Ipv4Addr;

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::cloud::{Slot, fixed_address};
use crate::spec::CloudSubnet;
use crate::validate::quorum;

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let spec = target.spec;
    // Larger numbers of control-plane nodes and members are refused as such.
    let most = |count: u16| count.min(quorum::MOST);
    let roles = [
        (
            Slot::ControlPlane,
            "cp",
            "controlPlane.count",
            most(spec.control_plane.count),
        ),
        (
            Slot::Etcd,
            "etcd",
            "etcd.external.count",
            most(target.etcd_machines()),
        ),
        (Slot::Worker, "worker", "workers.count", spec.workers.count),
    ];
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        if let Some(part) = subnet.node_addresses
            && !subnet.cidr.contains(&part)
        {
            report.push(
                Diagnostic::new(
                    &code::NODE_ADDRESSES_OUTSIDE,
                    format!(
                        "`{part}` is not a part of the {} `{}`",
                        target.subnet_word(),
                        subnet.cidr
                    ),
                )
                .value(
                    target.subnet_path(at, "nodeAddresses"),
                    format!("outside the {}", target.subnet_word()),
                )
                .also(target.subnet_path(at, "cidr"), "its range")
                .cure("use a part of that range"),
            );
            continue;
        }
        if let Some(address) = subnet.api_address
            && (fixed(subnet, Slot::ControlPlane, 0)..fixed(subnet, Slot::Worker, 0))
                .contains(&address)
        {
            report.push(kept(target, at, address));
            continue;
        }
        for (slot, name, count, machines) in roles {
            let share = target.shares(machines)[at];
            let Some(last) = share.checked_sub(1) else {
                continue;
            };
            // Of a role in a subnet, one problem is enough: the others have the same cure.
            let found = [0, last].into_iter().find_map(|nth| {
                let number = at + nth * target.own.network.subnets.len() + 1;
                let slot = Slotted {
                    slot,
                    name: format!("{name}-{number}"),
                    count,
                };
                fault(target, at, subnet, &slot, nth)
            });
            let found = found.or_else(|| {
                // The load balancer's address may be that of one in between.
                let address = subnet.api_address?;
                let first = u32::from(fixed(subnet, slot, 0));
                let nth = u32::from(address).checked_sub(first)? as usize;
                let number = at + nth.min(share) * target.own.network.subnets.len() + 1;
                (nth < share).then(|| taken(target, at, address, &format!("{name}-{number}")))
            });
            if let Some(problem) = found {
                report.push(problem);
                break;
            }
        }
    }
}

/// A machine of a role.
struct Slotted {
    slot: Slot,
    name: String,
    count: &'static str,
}

fn fixed(subnet: &CloudSubnet, slot: Slot, nth: usize) -> Ipv4Addr {
    let nth = u32::try_from(nth).unwrap_or(u32::MAX);
    fixed_address(subnet.cidr, subnet.node_addresses, slot, nth)
}

/// What keeps a machine from its fixed address.
fn fault(
    target: &Target<'_>,
    at: usize,
    subnet: &CloudSubnet,
    machine: &Slotted,
    nth: usize,
) -> Option<Diagnostic> {
    let address = fixed(subnet, machine.slot, nth);
    let name = &machine.name;
    let (range, key) = match subnet.node_addresses {
        Some(part) => (part, "nodeAddresses"),
        None => (subnet.cidr, "cidr"),
    };
    let place = target.subnet_path(at, key);
    if !range.contains(&address) {
        return Some(
            Diagnostic::new(
                &code::TOO_FEW_ADDRESSES,
                format!("`{name}` would get `{address}`, which is not in `{range}`"),
            )
            .value(place, "too few addresses for the machines")
            .also(machine.count, "as many machines, spread over the zones")
            .cure(match key {
                "cidr" => format!("use a larger {}", target.subnet_word()),
                _ => "use a larger part".to_owned(),
            })
            .cure("or use more zones, or fewer machines"),
        );
    }
    if target.keeps(subnet.cidr, address) {
        return Some(
            Diagnostic::new(
                &code::MACHINE_AT_KEPT_ADDRESS,
                format!(
                    "`{name}` would get `{address}`, and {} keeps {}",
                    target.title(),
                    target.kept(subnet.cidr)
                ),
            )
            .value(place, format!("holds what {} keeps", target.title()))
            .cure(match key {
                "cidr" => format!("use a larger {}", target.subnet_word()),
                _ => format!("use a part in the middle of the {}", target.subnet_word()),
            }),
        );
    }
    (subnet.api_address == Some(address)).then(|| taken(target, at, address, name))
}

/// The load balancer has an address that a machine may get later, when the load balancer's cannot
/// change any more.
fn kept(target: &Target<'_>, at: usize, address: Ipv4Addr) -> Diagnostic {
    Diagnostic::new(
        &code::MACHINE_AT_API_ADDRESS,
        format!(
            "`{address}` is the load balancer's address, and kept for control-plane nodes and members of etcd"
        ),
    )
    .value(target.subnet_path(at, "apiAddress"), "kept for machines")
    .cure(CURE)
    .cure("or keep another part of the subnet for machines with `nodeAddresses`")
}

const CURE: &str =
    "use one of the first sixteen addresses of the subnet, or one behind those of the machines";

/// The load balancer has the address of a machine.
fn taken(target: &Target<'_>, at: usize, address: Ipv4Addr, name: &str) -> Diagnostic {
    Diagnostic::new(
        &code::MACHINE_AT_API_ADDRESS,
        format!("`{address}` is the load balancer's address, and `{name}` would get it, too"),
    )
    .value(target.subnet_path(at, "apiAddress"), "a machine's address")
    .cure(CURE)
    .cure("or keep a part of the subnet for machines with `nodeAddresses`")
}
