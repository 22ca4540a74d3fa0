//! Names of MetalLB's resources, and of what they refer to outside of it.

use std::collections::BTreeMap;

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::baremetal::metallb::METALLB;
use crate::validate::names::{is_label, is_subdomain};

use super::{Target, path};

/// The longest name of a network interface (IFNAMSIZ, with its terminating zero, is 16).
const LONGEST_INTERFACE: usize = 15;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let metallb = target.metallb;
    let pools = metallb.pools.iter().map(|one| &one.name);
    of_kind("pools", "pool", pools, report);
    if let Some(l2) = &metallb.l2 {
        let advertisements = l2.advertisements.iter().map(|one| &one.name);
        of_kind("l2.advertisements", "advertisement", advertisements, report);
        for (at, own) in l2.advertisements.iter().enumerate() {
            for (number, name) in own.interfaces.iter().enumerate() {
                let path = path(&format!("l2.advertisements[{at}].interfaces[{number}]"));
                if interface(&path, name, report) && METALLB.excludes(name) {
                    report.push(
                        Diagnostic::new(
                            &code::INTERFACE_EXCLUDED,
                            format!(
                                "MetalLB never answers on `{name}`, whatever an advertisement says"
                            ),
                        )
                        .value(path, "left out by its name")
                        .cure("name the machines' own interface"),
                    );
                }
            }
        }
    }
    let Some(bgp) = &metallb.bgp else {
        return;
    };
    of_kind(
        "bgp.peers",
        "router",
        bgp.peers.iter().map(|one| &one.name),
        report,
    );
    let advertisements = bgp.advertisements.iter().map(|one| &one.name);
    of_kind(
        "bgp.advertisements",
        "advertisement",
        advertisements,
        report,
    );
    let profiles = bgp.bfd_profiles.iter().map(|one| &one.name);
    of_kind("bgp.bfdProfiles", "BFD profile", profiles, report);
    let communities = bgp.communities.iter().map(|one| &one.name);
    once("bgp.communities", "community", communities, report);
    for (at, peer) in bgp.peers.iter().enumerate() {
        let of = |key: &str| path(&format!("bgp.peers[{at}].{key}"));
        if let Some(secret) = &peer.password_secret {
            object(&of("passwordSecret"), "Secret", secret, report);
        }
        for (key, name) in [("interface", &peer.interface), ("vrf", &peer.vrf)] {
            if let Some(name) = name {
                interface(&of(key), name, report);
            }
        }
    }
}

/// Names of resources of one kind.
fn of_kind<'a>(
    list: &str,
    what: &'static str,
    names: impl Iterator<Item = &'a String> + Clone,
    report: &mut Report,
) {
    for (at, name) in names.clone().enumerate() {
        object(&path(&format!("{list}[{at}].name")), what, name, report);
    }
    once(list, what, names, report);
}

/// Refuses a name that no object of Kubernetes can have.
fn object(path: &str, what: &str, name: &str, report: &mut Report) {
    if !is_subdomain(name) {
        let problem = Diagnostic::new(
            &code::OBJECT_NAME,
            format!("no {what} can be called `{name}`"),
        )
        .value(path, "not a name for an object of Kubernetes");
        let folded = name.to_ascii_lowercase().replace(['_', ' '], "-");
        report.push(if is_subdomain(&folded) {
            problem.replace_with(folded)
        } else {
            problem.cure("use lower-case letters, digits, dashes and dots, with a letter or digit at both ends")
        });
    }
}

fn once<'a>(list: &str, what: &str, names: impl Iterator<Item = &'a String>, report: &mut Report) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, name) in names.enumerate() {
        let Some(first) = seen.get(name.as_str()) else {
            seen.insert(name, at);
            continue;
        };
        report.push(
            Diagnostic::new(
                &code::NAME_TWICE,
                format!("there are two entries called `{name}`, each a {what}"),
            )
            .value(path(&format!("{list}[{at}].name")), "the second one")
            .also(path(&format!("{list}[{first}].name")), "the first one")
            .cure("give each a name of its own, or make one of the two"),
        );
    }
}

/// Whether a text can be the name of a network interface; the report says if not.
fn interface(path: &str, name: &str, report: &mut Report) -> bool {
    let fits = is_interface(name);
    if !fits {
        report.push(
            Diagnostic::new(
                &code::INTERFACE_NAME,
                format!("no network interface can be called `{name}`"),
            )
            .value(path, "not the name of an interface")
            .cure("use the name that `ip link` shows: at most 15 characters, without spaces and slashes"),
        );
    }
    fits
}

/// Whether a text can be the name of a network interface.
pub(super) fn is_interface(name: &str) -> bool {
    name.len() <= LONGEST_INTERFACE
        && name != "."
        && name != ".."
        && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
}

/// Whether a text can be the name of a namespace.
pub(super) fn is_namespace(name: &str) -> bool {
    is_label(name)
}
