//! The network: its range, and the rules of security groups.

use ipnet::Ipv4Net;

use crate::diagnostic::code::tencent as code;
use crate::diagnostic::{Count, Diagnostic, Report};
use crate::facts::tencent::NETWORK;

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    range(target, report);
    rules(target, report);
}

fn range(target: &Target<'_>, report: &mut Report) {
    let cidr = target.own.network.cidr;
    if !target.makes_network() {
        return;
    }
    let fits = |within: &Ipv4Net| within.contains(&cidr);
    if !NETWORK.vpc_ranges.iter().any(fits) {
        let ranges: Vec<String> = NETWORK.vpc_ranges.iter().map(ToString::to_string).collect();
        report.push(
            Diagnostic::new(
                &code::VPC_RANGE,
                format!("Tencent Cloud makes no VPC of the range `{cidr}`"),
            )
            .value(target.path("network.cidr"), "not a private range")
            .cure(format!("use a range inside one of {}", ranges.join(", "))),
        );
    }
}

/// How many rules the groups have in each direction.
fn rules(target: &Target<'_>, report: &mut Report) {
    let most = NETWORK.rules_per_direction;
    let network = target.own.network;
    // Beside the clients: the NAT gateway or the VPC. Beside the list: the VPC and the cloud's services.
    let clients = target.spec.endpoint.allowed_cidrs.len() + network.nat_cidrs.len() + 1;
    let egress = network.node_egress_cidrs.len() + 1 + NETWORK.services.len();
    for (count, path, what) in [
        (
            clients,
            "endpoint.allowedCidrs".to_owned(),
            "the load balancer's security group",
        ),
        (
            egress,
            target.path("network.nodeEgressCidrs"),
            "the machines' security groups",
        ),
    ] {
        if count > most {
            report.push(
                Diagnostic::new(
                    &code::GROUP_RULES,
                    format!(
                        "{what} would have {}, and {most} in one direction is the most",
                        Count(count, "rule")
                    ),
                )
                .key(path, "too many networks")
                .cure("merge neighbouring networks"),
            );
        }
    }
}
