//! The network that hagen makes.

use crate::diagnostic::code::huawei as code;
use crate::diagnostic::{Diagnostic, List, Report};
use crate::facts::huawei::NETWORK;

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
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
}
