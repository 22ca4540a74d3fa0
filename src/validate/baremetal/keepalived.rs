//! keepalived: its id, its word, and its timers and those of haproxy.

use std::ops::RangeInclusive;

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::baremetal::LOAD_BALANCER;
use crate::spec::{BaremetalLoadBalancer, Keepalived, Span};

use super::Target;

/// One byte of VRRP, in whole seconds.
const ADVERTS: RangeInclusive<u32> = 1..=255;
/// Less often, and a dead proxy keeps the virtual IP for minutes.
const CHECKS: RangeInclusive<u32> = 1..=60;
/// The id of keepalived's own sample.
const COMMON_ID: u16 = 51;
/// The bytes that VRRP has for the word.
const LONGEST_WORD: usize = 8;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let Some(keepalived) = target.own.load_balancer.keepalived() else {
        return;
    };
    router_id(target, keepalived.virtual_router_id, report);
    if let Some(word) = &keepalived.authentication {
        authentication(target, word, report);
    }
    timers(target, keepalived, report);
}

fn router_id(target: &Target<'_>, id: u16, report: &mut Report) {
    let here = target.balancer_path("keepalived.virtualRouterId");
    if !(1..=255).contains(&id) {
        report.push(
            Diagnostic::new(
                &code::ROUTER_ID,
                format!("{id} is not a virtual router id: VRRP has one byte for it, and 0 is none"),
            )
            .value(here, "not from 1 to 255")
            .cure("use a number from 1 to 255 that is of this cluster alone in its network"),
        );
    } else if id == COMMON_ID {
        report.push(
            Diagnostic::new(
                &code::COMMON_ROUTER_ID,
                format!("{id} is the virtual router id of every tutorial, and perhaps of another pair in this network"),
            )
            .value(here, "often in use already")
            .cure("use another number from 1 to 255, or make sure that nobody else in this network has it"),
        );
    }
}

fn authentication(target: &Target<'_>, word: &str, report: &mut Report) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let why = if word.len() > LONGEST_WORD {
        format!(
            "has {} bytes, and VRRP has {LONGEST_WORD} for it",
            word.len()
        )
    } else if !word.chars().all(plain) {
        "has other characters in it than letters, digits, dots, dashes and underscores".to_owned()
    } else {
        return;
    };
    report.push(
        Diagnostic::new(
            &code::AUTHENTICATION,
            format!("the word of authentication {why}"),
        )
        .value(
            target.balancer_path("keepalived.authentication"),
            "keepalived would read another word",
        )
        .cure(format!(
            "use 1 to {LONGEST_WORD} letters, digits, dots, dashes or underscores; it is no secret"
        ))
        .cure("or leave it out: it is then made from the cluster's name and the id"),
    );
}

/// Whether the timers are ones that keepalived and haproxy take.
pub(super) fn in_range(target: &Target<'_>) -> bool {
    let mut report = Report::default();
    if let Some(keepalived) = target.own.load_balancer.keepalived() {
        timers(target, keepalived, &mut report);
    }
    report.is_empty()
}

fn timers(target: &Target<'_>, keepalived: &Keepalived, report: &mut Report) {
    let mut range = |key: &str, span: Span, range: RangeInclusive<u32>, why: &str| {
        if range.contains(&span.seconds()) {
            return;
        }
        let (least, most) = (Span::of(*range.start()), Span::of(*range.end()));
        report.push(
            Diagnostic::new(&code::TIMER, format!("`{span}` {why}"))
                .value(
                    target.balancer_path(key),
                    format!("not from {least} to {most}"),
                )
                .cure(format!("use a time from {least} to {most}")),
        );
    };
    range(
        "keepalived.advertInterval",
        keepalived.advert_interval,
        ADVERTS,
        "is no interval that keepalived sends adverts at",
    );
    range(
        "keepalived.checkInterval",
        keepalived.check_interval,
        CHECKS,
        "is no interval to ask a local proxy at",
    );
    if let BaremetalLoadBalancer::Haproxy(haproxy) = &target.own.load_balancer {
        // slowstart has no effect on what is asked less often.
        range(
            "checkInterval",
            haproxy.check_interval,
            1..=LOAD_BALANCER.haproxy.slow_start_seconds - 1,
            "is no interval to ask API servers at",
        );
    }
}
