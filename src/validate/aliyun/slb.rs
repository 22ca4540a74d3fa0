//! What a classic load balancer asks for.

use crate::diagnostic::code::aliyun as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::aliyun::LOAD_BALANCER;
use crate::spec::{Aliyun, AliyunSlbBilling};

use super::{Target, addressed};

pub(super) fn check(target: &Target<'_>, own: &Aliyun, report: &mut Report) {
    addresses(target, report);
    billing(target, own, report);
    zones(target, own, report);
}

fn addresses(target: &Target<'_>, report: &mut Report) {
    let addressed = addressed(target);
    match addressed.as_slice() {
        [first, ..] if target.internet() => report.push(
            Diagnostic::new(
                &code::ADDRESS_OF_PUBLIC_SLB,
                "an internet-facing classic load balancer has no private address",
            )
            .value(first, "not read")
            .cure("remove `apiAddress`")
            .cure("use `loadBalancer: nlb`"),
        ),
        [first, second, ..] => report.push(
            Diagnostic::new(
                &code::ADDRESS_TWICE,
                format!(
                    "a classic load balancer has one address, and {} are given",
                    addressed.len()
                ),
            )
            .value(second, "another one")
            .also(first, "the first one")
            .cure("keep `apiAddress` in one subnet"),
        ),
        _ => {}
    }
}

fn billing(target: &Target<'_>, own: &Aliyun, report: &mut Report) {
    let limits = &LOAD_BALANCER.slb;
    match &own.slb.billing {
        AliyunSlbBilling::Specification(name) if !limits.specifications.contains(name) => {
            report.push(
                Diagnostic::new(
                    &code::SPECIFICATION,
                    format!("`{name}` is no specification of a classic load balancer"),
                )
                .value(target.path("slb.billing.specification"), "not known")
                .cure(format!("use one of {}", limits.specifications.join(", "))),
            );
        }
        AliyunSlbBilling::Specification(name) if limits.too_small.contains(name) => report.push(
            Diagnostic::new(
                &code::SMALL_SPECIFICATION,
                format!("`{name}` takes too few connections for a cluster in production"),
            )
            .value(target.path("slb.billing.specification"), "the smallest one")
            .replace_with(limits.default.clone()),
        ),
        AliyunSlbBilling::PayByClcu if !target.own.region.starts_with("cn-") => report.push(
            Diagnostic::new(
                &code::CLCU_ABROAD,
                format!(
                    "only accounts of the China site pay by CLCU, and `{}` is outside China",
                    target.own.region
                ),
            )
            .value(target.path("slb.billing"), "by CLCU")
            .cure(format!(
                "use `billing: {{ specification: {} }}`",
                limits.default
            ))
            .cure("if the account is of the China site, go on"),
        ),
        _ => {}
    }
}

fn zones(target: &Target<'_>, own: &Aliyun, report: &mut Report) {
    let region = target.own.region;
    let named = [
        ("slb.masterZone", own.slb.master_zone.as_deref()),
        ("slb.slaveZone", own.slb.slave_zone.as_deref()),
    ];
    let mut wrong = false;
    for (path, zone) in named {
        let Some(zone) = zone else { continue };
        // Zones are added from time to time: one that only hagen does not know may be there.
        let letter = zone
            .strip_prefix(region)
            .map(|rest| rest.trim_start_matches('-'));
        let fits = letter.is_some_and(|rest| {
            rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_lowercase())
        });
        if !fits {
            wrong = true;
            report.push(
                Diagnostic::new(
                    &code::ZONE_OF_SLB,
                    format!("`{zone}` is no zone of `{region}`"),
                )
                .value(target.path(path), "not of the region")
                .also(target.path("region"), "the region")
                .cure(match target.facts.regions.get(region) {
                    Some(zones) => format!("use one of {}", zones.join(", ")),
                    None => "use a zone of the region".to_owned(),
                }),
            );
        }
    }
    if wrong {
        return;
    }
    let subnets = &target.own.network.subnets;
    let at = subnets
        .iter()
        .position(|subnet| subnet.api_address.is_some())
        .unwrap_or_default();
    let zone = |at: usize| {
        let subnet = subnets.get(at % subnets.len().max(1));
        subnet.map(|subnet| subnet.zone.as_str())
    };
    let master = own.slb.master_zone.as_deref().or_else(|| zone(at));
    let slave = own.slb.slave_zone.as_deref().or_else(|| zone(at + 1));
    // Two subnets in one zone are another mistake, with a code of its own.
    let named = own.slb.master_zone.is_some() || own.slb.slave_zone.is_some();
    let told_elsewhere = !named && subnets.len() > 1;
    if master.is_some() && master == slave && !told_elsewhere {
        let diagnostic = Diagnostic::new(
            &code::SAME_ZONE,
            format!(
                "the load balancer is active and stands by in `{}`",
                master.unwrap_or_default()
            ),
        );
        let diagnostic = if own.slb.slave_zone.is_some() {
            diagnostic.value(target.path("slb.slaveZone"), "the same zone")
        } else if own.slb.master_zone.is_some() {
            diagnostic.value(target.path("slb.masterZone"), "the zone of the next subnet")
        } else {
            diagnostic.key(target.path("network.subnets"), "one zone")
        };
        report.push(
            diagnostic
                .cure("name another zone with `slb.slaveZone`")
                .cure("add a subnet in a second zone"),
        );
    }
}
