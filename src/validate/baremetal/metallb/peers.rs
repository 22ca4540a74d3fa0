//! Each router by itself.

use std::net::IpAddr;

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::baremetal::metallb::METALLB;
use crate::spec::{BaremetalRole, MetallbBgp, MetallbDynamicAsn, MetallbPeer, Span};

use super::fit::may_fit;
use super::{Target, meant, path};

/// The path of a key of a router.
pub(super) fn of(at: usize, key: &str) -> String {
    path(&format!("bgp.peers[{at}].{key}"))
}

/// The number of the cluster's own autonomous system towards a router.
pub(super) fn my_asn(bgp: &MetallbBgp, peer: &MetallbPeer) -> Option<u32> {
    peer.my_asn.or(bgp.my_asn)
}

pub(super) fn check(target: &Target<'_>, bgp: &MetallbBgp, report: &mut Report) {
    for (at, peer) in bgp.peers.iter().enumerate() {
        numbers(bgp, at, peer, report);
        place(target, bgp, at, peer, report);
        timers(at, peer, report);
        failures(bgp, at, peer, report);
        let kubernetes = |role| matches!(role, BaremetalRole::ControlPlane | BaremetalRole::Worker);
        let mut nodes = target
            .own
            .machines
            .iter()
            .filter(|machine| kubernetes(machine.role));
        if !nodes.any(|machine| may_fit(&peer.node_selectors, machine)) {
            report.push(
                Diagnostic::new(
                    &code::NO_NODE,
                    format!("no node talks to the router `{}`", peer.name),
                )
                .value(of(at, "nodeSelectors"), "fits none")
                .cure("correct the labels"),
            );
        }
    }
}

fn numbers(bgp: &MetallbBgp, at: usize, peer: &MetallbPeer, report: &mut Report) {
    let own = my_asn(bgp, peer);
    if own.is_none() {
        report.push(
            Diagnostic::new(
                &code::NO_OWN_ASN,
                format!(
                    "the cluster has no autonomous system for the router `{}`",
                    peer.name
                ),
            )
            .value(of(at, "name"), "without `myAsn`")
            .cure("set `bgp.myAsn`, for instance to 64512 of the private numbers"),
        );
    }
    match (peer.peer_asn, peer.dynamic_asn) {
        (Some(_), None) | (None, Some(_)) => {}
        (None, None) => report.push(
            Diagnostic::new(
                &code::PEER_ASN,
                format!("the router `{}` has no autonomous system", peer.name),
            )
            .value(of(at, "name"), "neither `peerAsn` nor `dynamicAsn`")
            .cure("set `peerAsn` to the router's number"),
        ),
        (Some(_), Some(_)) => report.push(
            Diagnostic::new(
                &code::PEER_ASN,
                format!(
                    "the router `{}` has a number and is to say it, too",
                    peer.name
                ),
            )
            .value(of(at, "dynamicAsn"), "beside `peerAsn`")
            .cure("remove one of the two"),
        ),
    }
    let internal = peer.dynamic_asn == Some(MetallbDynamicAsn::Internal)
        || peer.peer_asn.is_some() && peer.peer_asn == own;
    if peer.ebgp_multi_hop && internal {
        report.push(
            Diagnostic::new(
                &code::MULTI_HOP_INTERNAL,
                format!(
                    "the router `{}` is in the cluster's own autonomous system",
                    peer.name
                ),
            )
            .value(of(at, "ebgpMultiHop"), "only for another autonomous system")
            .cure("remove it: sessions within one may be several hops long anyway"),
        );
    }
}

fn place(
    target: &Target<'_>,
    bgp: &MetallbBgp,
    at: usize,
    peer: &MetallbPeer,
    report: &mut Report,
) {
    let address = match (peer.address, &peer.interface) {
        (Some(address), None) => address,
        (None, Some(_)) => return,
        (None, None) => {
            report.push(
                Diagnostic::new(
                    &code::PEER_ADDRESS,
                    format!("the router `{}` has no address", peer.name),
                )
                .value(of(at, "name"), "neither `address` nor `interface`")
                .cure("set `address`"),
            );
            return;
        }
        (Some(_), Some(_)) => {
            report.push(
                Diagnostic::new(
                    &code::PEER_ADDRESS,
                    format!("the router `{}` has an address and an interface", peer.name),
                )
                .value(of(at, "interface"), "beside `address`")
                .cure("remove one of the two"),
            );
            return;
        }
    };
    let own = target.own;
    let node = own.machines.iter().enumerate().find(|(_, machine)| {
        let kubernetes = matches!(
            machine.role,
            BaremetalRole::ControlPlane | BaremetalRole::Worker
        );
        kubernetes && machine.address == IpAddr::V4(address)
    });
    let whose = match node {
        Some((number, machine)) => Some((
            format!("the node `{}`", machine.name),
            format!("targets.baremetal.machines[{number}].address"),
        )),
        None if own.virtual_ip == IpAddr::V4(address) => Some((
            "the API server".to_owned(),
            "targets.baremetal.virtualIp".to_owned(),
        )),
        None => None,
    };
    if let Some((whose, path)) = whose {
        report.push(
            Diagnostic::new(
                &code::PEER_IS_NODE,
                format!("the router `{}` has the address of {whose}", peer.name),
            )
            .value(of(at, "address"), "not a router's")
            .also(path, "the same address")
            .cure("use the router's address"),
        );
        return;
    }
    let external = match (peer.peer_asn, peer.dynamic_asn) {
        (Some(number), None) => my_asn(bgp, peer).is_some_and(|own| own != number),
        (None, Some(dynamic)) => dynamic == MetallbDynamicAsn::External,
        _ => false,
    };
    if external && !peer.ebgp_multi_hop && !own.network.cidr.contains(&address) {
        report.push(
            Diagnostic::new(
                &code::PEER_FAR,
                format!(
                    "the router `{}` is not in the machines' subnet, and packets to another autonomous system live one hop",
                    peer.name
                ),
            )
            .value(of(at, "address"), format!("not in {}", own.network.cidr))
            .cure("set `ebgpMultiHop: true`, unless the nodes have another interface in its network"),
        );
    }
}

fn timers(at: usize, peer: &MetallbPeer, report: &mut Report) {
    let facts = &METALLB.bgp;
    let (hold, keepalive) = (
        peer.hold_time.map(Span::seconds),
        peer.keepalive_time.map(Span::seconds),
    );
    // MetalLB takes three times the other for the one that is missing.
    let effective = hold.or(keepalive.map(|seconds| seconds * 3));
    let key = if hold.is_some() {
        "holdTime"
    } else {
        "keepaliveTime"
    };
    let mut refuse = |key: &str, why: String, cure: String| {
        report.push(
            Diagnostic::new(&code::TIMERS, why)
                .value(of(at, key), "not a timer that BGP takes")
                .cure(cure),
        );
    };
    let (least, most) = (facts.least_hold_seconds, facts.most_hold_seconds);
    if let Some(effective) = effective.filter(|one| *one != 0 && !(least..=most).contains(one)) {
        refuse(
            key,
            format!("the hold time would be {effective} seconds"),
            format!("use a hold time from {least} to {most} seconds, or 0 for none"),
        );
    } else if let (Some(hold), Some(keepalive)) = (hold, keepalive)
        && keepalive > hold
    {
        refuse(
            "keepaliveTime",
            format!(
                "messages come every {keepalive} seconds, and the session is over after {hold}"
            ),
            format!("use at most {}s, a third of the hold time", hold / 3),
        );
    }
    let most = facts.most_connect_seconds;
    if let Some(seconds) = peer.connect_time.map(Span::seconds)
        && !(1..=most).contains(&seconds)
    {
        report.push(
            Diagnostic::new(
                &code::CONNECT_TIME,
                format!("{seconds} seconds are no time to wait between two tries to connect"),
            )
            .value(of(at, "connectTime"), "out of range")
            .cure(format!("use a time from 1 to {most} seconds")),
        );
    }
}

/// What notices that the router or the node is dead.
fn failures(bgp: &MetallbBgp, at: usize, peer: &MetallbPeer, report: &mut Report) {
    let Some(name) = &peer.bfd else {
        return;
    };
    let own = bgp.bfd_profiles.iter().map(|profile| profile.name.as_str());
    let known = own.chain([METALLB.bfd_fast.name.as_str()]);
    if !known.clone().any(|known| known == name) {
        let problem = Diagnostic::new(
            &code::UNKNOWN_BFD_PROFILE,
            format!("there is no BFD profile `{name}`"),
        )
        .value(of(at, "bfd"), "not a profile");
        let otherwise = "use `fast`, or add the profile to `bfdProfiles`";
        report.push(meant(problem, name, known, otherwise));
    }
    if peer.graceful_restart {
        report.push(
            Diagnostic::new(
                &code::RESTART_WITH_BFD,
                format!(
                    "BFD ends the session with `{}` when a node's BGP starts anew, so its restart is not graceful",
                    peer.name
                ),
            )
            .value(of(at, "gracefulRestart"), "beside `bfd`")
            .cure("remove `gracefulRestart`, or `bfd`"),
        );
    }
}
