//! Announcing by ARP: which nodes are left to answer.

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, List, Place, Report};
use crate::facts::baremetal::metallb::METALLB;
use crate::spec::{BaremetalMachine, MetallbL2Advertisement};

use super::fit::may_fit;
use super::{Target, names, path};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let Some(l2) = &target.metallb.l2 else {
        return;
    };
    let all = target.own.announcing();
    if l2.advertisements.is_empty() {
        if let [only] = all.as_slice() {
            report.push(alone(Place::Key(path("l2")), only));
        }
        return;
    }
    for (at, own) in l2.advertisements.iter().enumerate() {
        advertisement(target, at, own, &all, report);
    }
}

fn advertisement(
    target: &Target<'_>,
    at: usize,
    own: &MetallbL2Advertisement,
    all: &[&BaremetalMachine],
    report: &mut Report,
) {
    let here = |key: &str| path(&format!("l2.advertisements[{at}].{key}"));
    let interface = |machine| target.own.interface_of(machine);
    let fitting: Vec<&BaremetalMachine> = all
        .iter()
        .copied()
        .filter(|machine| may_fit(&own.node_selectors, machine))
        .collect();
    if fitting.is_empty() && !all.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_NODE,
                format!(
                    "no node that announces fits the advertisement `{}`",
                    own.name
                ),
            )
            .value(here("nodeSelectors"), "fits none")
            .cure(
                "correct the labels; control-plane nodes announce only where there are no workers",
            ),
        );
        return;
    }
    let mut known = true;
    for (number, name) in own.interfaces.iter().enumerate() {
        let possible = names::is_interface(name) && !METALLB.excludes(name);
        if possible
            && !fitting
                .iter()
                .any(|machine| interface(machine) == Some(name))
        {
            known = false;
            let mut names: Vec<&String> = fitting
                .iter()
                .filter_map(|machine| interface(machine))
                .collect();
            names.sort_unstable();
            names.dedup();
            names.truncate(5);
            let mut problem = Diagnostic::new(
                &code::INTERFACE_UNKNOWN,
                format!("no node that fits has the interface `{name}` in the subnet"),
            )
            .value(
                here(&format!("interfaces[{number}]")),
                "not an interface of these nodes",
            );
            problem = match names.as_slice() {
                [only] => problem.replace_with(only.as_str()),
                _ => problem.cure(format!("use {}", List(names, "or"))),
            };
            report.push(problem);
        }
    }
    let answering: Vec<&BaremetalMachine> = fitting
        .iter()
        .copied()
        .filter(|machine| {
            own.interfaces.is_empty()
                || interface(machine).is_some_and(|name| own.interfaces.contains(name))
        })
        .collect();
    if let ([only], true) = (answering.as_slice(), known) {
        report.push(alone(Place::Value(here("name")), only));
    }
}

fn alone(place: Place, only: &BaremetalMachine) -> Diagnostic {
    Diagnostic::new(
        &code::ONE_NODE,
        format!(
            "only `{}` answers for these addresses, and when it is gone nobody does",
            only.name
        ),
    )
    .at(place, "one node")
    .cure("add a worker, or let more nodes announce")
}
