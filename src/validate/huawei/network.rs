//! The network that hagen makes.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::diagnostic::code::huawei as code;
use crate::diagnostic::{Diagnostic, List, Report};
use crate::facts::huawei::NETWORK;

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    // In a network that is there, the gateways are where its owner has put them.
    if !target.makes_network() {
        return;
    }
    let cidr = target.own.network.cidr;
    if !NETWORK.vpc_ranges.iter().any(|range| range.contains(&cidr)) {
        report.push(
            Diagnostic::new(
                &code::VPC_RANGE,
                format!("Huawei Cloud makes no VPC with the range `{cidr}`"),
            )
            .value(target.path("network.cidr"), "not a range for a VPC")
            .cure(format!(
                "use a part of {}",
                List(NETWORK.vpc_ranges.iter().collect(), "or")
            )),
        );
    }
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        let gateway = gateway(subnet.cidr);
        let place = |key: &str| target.path(&format!("network.subnets[{at}].{key}"));
        if subnet.api_address == Some(gateway) {
            report.push(
                Diagnostic::new(
                    &code::GATEWAY,
                    format!("`{gateway}` is the gateway of its subnet"),
                )
                .value(place("apiAddress"), "the gateway")
                .cure("use another address of the subnet"),
            );
        }
        if subnet
            .node_addresses
            .is_some_and(|part| part.contains(&gateway))
        {
            report.push(
                Diagnostic::new(
                    &code::GATEWAY,
                    format!("the part for machines holds `{gateway}`, the gateway of its subnet"),
                )
                .value(place("nodeAddresses"), "holds the gateway")
                .cure("use a part that begins later in the subnet"),
            );
        }
    }
}

/// The gateway of a subnet that hagen makes: its first address.
fn gateway(subnet: Ipv4Net) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(subnet.network()).saturating_add(1))
}
