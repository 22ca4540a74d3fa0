//! What MetalLB's own BGP does not have: it refuses its whole configuration over it.

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::MetallbBgp;

use super::communities::{Form, form};
use super::{path, peers};

pub(super) fn check(bgp: &MetallbBgp, report: &mut Report) {
    let mut refuse = |place: String, what: &str| {
        report.push(
            Diagnostic::new(
                &code::NATIVE_ONLY,
                format!("MetalLB's own BGP has no {what}"),
            )
            .value(place, "only with FRR")
            .cure("remove `backend: native`, or this")
            .cure("what it has are sessions with an address, a number, a hold time and a password"),
        );
    };
    for (at, peer) in bgp.peers.iter().enumerate() {
        for (key, there, what) in [
            ("bfd", peer.bfd.is_some(), "BFD"),
            (
                "keepaliveTime",
                peer.keepalive_time.is_some(),
                "keepalive time",
            ),
            ("vrf", peer.vrf.is_some(), "VRFs"),
            ("connectTime", peer.connect_time.is_some(), "connect time"),
            ("gracefulRestart", peer.graceful_restart, "graceful restart"),
            ("dynamicAsn", peer.dynamic_asn.is_some(), "dynamic numbers"),
            (
                "interface",
                peer.interface.is_some(),
                "sessions without addresses",
            ),
            ("localAsn", peer.local_asn.is_some(), "second number"),
        ] {
            if there {
                refuse(peers::of(at, key), what);
            }
        }
    }
    if !bgp.bfd_profiles.is_empty() {
        refuse(path("bgp.bfdProfiles"), "BFD");
    }
    let large = |text: &str| form(text) == Some(Form::Large);
    for (at, own) in bgp.communities.iter().enumerate() {
        if large(&own.value) {
            refuse(
                path(&format!("bgp.communities[{at}].value")),
                "large communities",
            );
        }
    }
    for (at, own) in bgp.advertisements.iter().enumerate() {
        for (number, text) in own.communities.iter().enumerate() {
            if large(text) {
                let key = format!("bgp.advertisements[{at}].communities[{number}]");
                refuse(path(&key), "large communities");
            }
        }
    }
}
