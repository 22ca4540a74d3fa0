//! What a Network Load Balancer asks for.

use crate::diagnostic::code::aliyun as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::aliyun::LOAD_BALANCER;
use crate::spec::{Aliyun, AliyunSlbBilling};

use super::{Target, addressed};

pub(super) fn check(target: &Target<'_>, own: &Aliyun, report: &mut Report) {
    let limits = &LOAD_BALANCER.nlb;
    let subnets = &target.own.network.subnets;
    // Without any subnet that is what is to be said.
    if subnets.len() < limits.fewest_zones && !subnets.is_empty() {
        report.push(
            Diagnostic::new(
                &code::FEW_ZONES,
                "a Network Load Balancer has two zones or more, and there is a subnet in one",
            )
            .key(target.path("network.subnets"), "one subnet")
            .cure("add a subnet in a second zone")
            .cure("use `loadBalancer: slb`"),
        );
    }
    if subnets.len() > limits.most_zones {
        report.push(
            Diagnostic::new(
                &code::MANY_ZONES,
                format!(
                    "a Network Load Balancer has at most {} zones, and there are {} subnets",
                    limits.most_zones,
                    subnets.len()
                ),
            )
            .key(target.path("network.subnets"), "too many")
            .cure(format!("keep {} subnets or fewer", limits.most_zones)),
        );
    }
    zones(target, report);
    let addressed = addressed(target);
    if !addressed.is_empty() && addressed.len() < subnets.len() {
        report.push(
            Diagnostic::new(
                &code::ADDRESS_IN_SOME_ZONES,
                format!(
                    "the load balancer has a fixed address in {} of {} zones",
                    addressed.len(),
                    subnets.len()
                ),
            )
            .value(&addressed[0], "here, but not in each subnet")
            .cure("give `apiAddress` in each subnet, or in none"),
        );
    }
    let slb = &own.slb;
    let other_billing = slb.billing != AliyunSlbBilling::default();
    if other_billing || slb.master_zone.is_some() || slb.slave_zone.is_some() {
        report.push(
            Diagnostic::new(
                &code::SLB_OPTIONS_UNUSED,
                "`slb` has no effect on a Network Load Balancer",
            )
            .key(target.path("slb"), "not read")
            .cure("remove `slb`")
            .cure("say `loadBalancer: slb`"),
        );
    }
}

/// Machines are sold in more zones. Regions and zones that hagen does not know are not judged here.
fn zones(target: &Target<'_>, report: &mut Report) {
    let region = target.own.region;
    let Some(known) = target.facts.regions.get(region) else {
        return;
    };
    let Some(with) = LOAD_BALANCER.nlb.zones.get(region) else {
        report.push(
            Diagnostic::new(
                &code::ZONE_WITHOUT_NLB,
                format!("hagen knows of no Network Load Balancers in `{region}`"),
            )
            .value(target.path("region"), "without them")
            .cure("use `loadBalancer: slb`")
            .cure("if they are there by now, go on"),
        );
        return;
    };
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        if known.contains(&subnet.zone) && !with.contains(&subnet.zone) {
            report.push(
                Diagnostic::new(
                    &code::ZONE_WITHOUT_NLB,
                    format!(
                        "hagen knows of no Network Load Balancers in `{}`",
                        subnet.zone
                    ),
                )
                .value(
                    target.path(&format!("network.subnets[{at}].zone")),
                    "without them",
                )
                .cure(format!("use one of {}", with.join(", ")))
                .cure("if they are there by now, go on"),
            );
        }
    }
}
