//! BFD over several hops: what goes with it, and what only goes with it.

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::MetallbBgp;

use super::{path, peers};

pub(super) fn check(bgp: &MetallbBgp, report: &mut Report) {
    for (at, profile) in bgp.bfd_profiles.iter().enumerate() {
        let of = |key: &str| path(&format!("bgp.bfdProfiles[{at}].{key}"));
        let users = bgp.peers.iter().enumerate();
        let mut far = users
            .filter(|(_, peer)| peer.ebgp_multi_hop && peer.bfd.as_ref() == Some(&profile.name));
        let far = far.next();
        if let (true, Some((number, peer))) = (profile.echo_mode, far) {
            report.push(
                Diagnostic::new(
                    &code::ECHO_MULTI_HOP,
                    format!(
                        "echo packets go over one hop, and the router `{}` is farther away",
                        peer.name
                    ),
                )
                .value(of("echoMode"), "only over one hop")
                .also(peers::of(number, "ebgpMultiHop"), "several hops")
                .cure("give this router a profile without `echoMode`"),
            );
        }
        if profile.minimum_ttl.is_some() && far.is_none() {
            report.push(
                Diagnostic::new(
                    &code::TTL_UNUSED,
                    format!(
                        "no router with the profile `{}` is several hops away",
                        profile.name
                    ),
                )
                .value(of("minimumTtl"), "without effect")
                .cure("remove it, or set `ebgpMultiHop: true` where the router is farther away"),
            );
        }
        if profile.echo_interval.is_some() && !profile.echo_mode {
            report.push(
                Diagnostic::new(
                    &code::ECHO_UNUSED,
                    format!(
                        "the profile `{}` has an interval of echo packets and sends none",
                        profile.name
                    ),
                )
                .value(of("echoInterval"), "without effect")
                .cure("set `echoMode: true`, or remove it"),
            );
        }
    }
}
