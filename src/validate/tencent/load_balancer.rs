//! The load balancer: its zones, its capacity, its addresses.

use crate::diagnostic::code::tencent as code;
use crate::diagnostic::{Diagnostic, Report, closest};
use crate::facts::tencent::LOAD_BALANCER;
use crate::spec::TencentClb;

use super::Target;

pub(super) fn check(target: &Target<'_>, clb: &TencentClb, report: &mut Report) {
    if target.internet() {
        zones(target, clb, report);
        bandwidth(target, clb, report);
    } else {
        only_internet(target, clb, report);
    }
    sla_type(target, clb, report);
    addresses(target, report);
    if target.own.control_plane_security_group.is_some() && !target.provisions() {
        report.push(
            Diagnostic::new(
                &code::GROUP_UNUSED,
                "the load balancer passes the machines' security groups, so `controlPlaneSecurityGroup` has no effect",
            )
            .value(target.path("controlPlaneSecurityGroup"), "without effect")
            .cure("remove it"),
        );
    }
}

/// What an internal load balancer does not take.
fn only_internet(target: &Target<'_>, clb: &TencentClb, report: &mut Report) {
    for (key, given) in [
        ("bandwidth", clb.bandwidth.is_some()),
        ("masterZone", clb.master_zone.is_some()),
        ("slaveZone", clb.slave_zone.is_some()),
    ] {
        if given {
            report.push(
                Diagnostic::new(
                    &code::ONLY_INTERNET,
                    format!("an internal load balancer takes no `{key}`"),
                )
                .value(
                    target.path(&format!("clb.{key}")),
                    "only with `exposure: internet`",
                )
                .cure("remove it, or set `endpoint.exposure: internet`"),
            );
        }
    }
}

fn zones(target: &Target<'_>, clb: &TencentClb, report: &mut Report) {
    for (key, zone) in [
        ("masterZone", &clb.master_zone),
        ("slaveZone", &clb.slave_zone),
    ] {
        if let Some(zone) = zone {
            self::zone(target, key, zone, report);
        }
    }
    let (Some(slave), master) = (&clb.slave_zone, &clb.master_zone) else {
        return;
    };
    let at = target.path("clb.slaveZone");
    match master {
        None => report.push(
            Diagnostic::new(
                &code::SLAVE_ALONE,
                "the load balancer has a standby zone, and no active one is named",
            )
            .value(at, "only with `masterZone`")
            .cure("add `masterZone`, or remove `slaveZone`"),
        ),
        Some(master) if master == slave => report.push(
            Diagnostic::new(
                &code::SAME_ZONES,
                format!("the load balancer would stand by in `{slave}`, where it is active"),
            )
            .value(at, "the same zone")
            .also(target.path("clb.masterZone"), "the active one")
            .cure("use another zone of the region"),
        ),
        Some(_) => {}
    }
}

fn zone(target: &Target<'_>, key: &str, zone: &str, report: &mut Report) {
    let region = target.own.region;
    let at = target.path(&format!("clb.{key}"));
    let known = target.facts.regions.get(region);
    let number = zone
        .strip_prefix(region)
        .and_then(|rest| rest.strip_prefix('-'));
    let fits = number.is_some_and(|number| {
        (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
    });
    if !fits {
        let problem = Diagnostic::new(
            &code::BALANCER_ZONE,
            format!("`{zone}` is not a zone of the region `{region}`"),
        )
        .value(at, "not a zone of the region")
        .also(target.path("region"), "the region");
        report.push(match known.and_then(|zones| zones.first()) {
            Some(first) => {
                problem.cure(format!("use a zone of the region, for instance `{first}`"))
            }
            None => problem.cure("use a zone of the region"),
        });
        return;
    }
    let Some(zones) = known else {
        return;
    };
    if !zones.iter().any(|known| known == zone) {
        let problem = Diagnostic::new(
            &code::UNKNOWN_BALANCER_ZONE,
            format!("hagen does not know the zone `{zone}`"),
        )
        .value(at, "not a known zone");
        report.push(match closest(zone, zones.iter().map(String::as_str)) {
            Some(near) => problem.cure(format!("did you mean `{near}`? If the zone is new, go on")),
            None => problem.cure("check the zone; if it is new, go on"),
        });
    }
}

fn sla_type(target: &Target<'_>, clb: &TencentClb, report: &mut Report) {
    let Some(given) = &clb.sla_type else {
        return;
    };
    let known = &LOAD_BALANCER.sla_types;
    if known.iter().any(|known| known == given) {
        return;
    }
    let problem = Diagnostic::new(
        &code::SLA_TYPE,
        format!("`{given}` is not a specification of a load balancer"),
    )
    .value(target.path("clb.slaType"), "not a specification");
    report.push(match closest(given, known.iter().map(String::as_str)) {
        Some(near) => problem
            .cure(format!("did you mean `{near}`?"))
            .replace_with(near),
        None => problem.cure(format!("use one of {}", known.join(", "))),
    });
}

fn bandwidth(target: &Target<'_>, clb: &TencentClb, report: &mut Report) {
    let limits = &LOAD_BALANCER.bandwidth;
    let (most, what) = if clb.sla_type.is_some() {
        (limits.most_guaranteed, "with guaranteed capacity")
    } else {
        (limits.most_shared, "that is shared")
    };
    let Some(given) = clb
        .bandwidth
        .filter(|given| !(limits.least..=most).contains(given))
    else {
        return;
    };
    let problem = Diagnostic::new(
        &code::BANDWIDTH,
        format!(
            "a load balancer {what} has {} to {most} Mbit/s, and not {given}",
            limits.least
        ),
    )
    .value(target.path("clb.bandwidth"), "outside the range");
    report.push(if given > most && given <= limits.most_guaranteed {
        problem.cure(format!("use at most {most}, or choose a `slaType`"))
    } else {
        problem.cure(format!("use {} to {most}", limits.least))
    });
}

/// One address, of an internal load balancer.
fn addresses(target: &Target<'_>, report: &mut Report) {
    let at = |at: usize| target.path(&format!("network.subnets[{at}].apiAddress"));
    let mut given = target
        .own
        .network
        .subnets
        .iter()
        .enumerate()
        .filter(|(_, subnet)| subnet.api_address.is_some())
        .map(|(at, _)| at);
    let Some(first) = given.next() else {
        return;
    };
    if target.internet() {
        report.push(
            Diagnostic::new(
                &code::API_ADDRESS_UNUSED,
                "an internet-facing load balancer takes no private address",
            )
            .value(at(first), "private")
            .also("endpoint.exposure", "internet-facing")
            .cure("remove every `apiAddress`, or set `exposure: internal`"),
        );
    } else if let Some(second) = given.next() {
        report.push(
            Diagnostic::new(
                &code::API_ADDRESS_TWICE,
                "the load balancer stands in one subnet and has one address",
            )
            .value(at(second), "a second one")
            .also(at(first), "the first one")
            .cure("keep `apiAddress` in one subnet"),
        );
    }
}
