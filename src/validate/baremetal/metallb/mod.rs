//! The rules about MetalLB: what it refuses, what it takes and gets wrong, and what it does not look at.
//!
//! MetalLB keeps its last good configuration without a word when it cannot read a new one, so what is not said
//! here is not said at all. `tests/fixtures/metallb-rules.md` has each of its rules.

mod addresses;
mod advertisements;
mod bfd;
mod communities;
mod fit;
mod l2;
mod names;
mod native;
mod peers;
mod pools;
mod routes;
mod selectors;
mod sharing;

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{Baremetal, BaremetalServices, Cluster, Metallb, MetallbBackend};

/// Where MetalLB's part of the spec is.
const PATH: &str = "targets.baremetal.services.metallb";

/// A spec with MetalLB.
struct Target<'a> {
    spec: &'a Cluster,
    own: &'a Baremetal,
    metallb: &'a Metallb,
}

pub(super) fn check(spec: &Cluster, own: &Baremetal, report: &mut Report) {
    let BaremetalServices::Metallb(metallb) = &own.services else {
        return;
    };
    let target = Target { spec, own, metallb };
    names::check(&target, report);
    let ranges = pools::check(&target, report);
    addresses::check(&target, &ranges, report);
    selectors::check(&target, report);
    advertisements::check(&target, report);
    l2::check(&target, report);
    let Some(bgp) = &metallb.bgp else {
        return;
    };
    if bgp.peers.is_empty() {
        report.push(
            Diagnostic::new(&code::NO_PEERS, "there is no router to announce to")
                .value(path("bgp.peers"), "empty")
                .cure("name at least one router, or remove `bgp`"),
        );
    }
    peers::check(&target, bgp, report);
    communities::check(bgp, report);
    routes::check(&target, bgp, &ranges, report);
    bfd::check(bgp, report);
    match bgp.backend {
        MetallbBackend::Native => native::check(bgp, report),
        MetallbBackend::FrrK8s => sharing::check(&target, bgp, report),
    }
}

/// The path of a key of MetalLB's part.
fn path(key: &str) -> String {
    format!("{PATH}.{key}")
}

/// Says which entries of a list stand there before.
fn twice<'a>(
    list: impl IntoIterator<Item = &'a String>,
    path: &str,
    what: &str,
    report: &mut Report,
) {
    let mut seen = std::collections::BTreeMap::new();
    for (at, entry) in list.into_iter().enumerate() {
        if let Some(first) = seen.get(entry) {
            report.push(
                Diagnostic::new(
                    &code::ENTRY_TWICE,
                    format!("the {what} `{entry}` stands twice"),
                )
                .value(format!("{path}[{at}]"), "the second one")
                .also(format!("{path}[{first}]"), "the first one")
                .cure("remove one of the two"),
            );
        } else {
            seen.insert(entry, at);
        }
    }
}

/// The cure for a name that is none of some: the one that was meant, or what there is.
fn meant<'a>(
    problem: Diagnostic,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    otherwise: &str,
) -> Diagnostic {
    match crate::diagnostic::closest(name, known) {
        Some(known) => problem
            .cure(format!("did you mean `{known}`?"))
            .replace_with(known),
        None => problem.cure(otherwise.to_owned()),
    }
}
