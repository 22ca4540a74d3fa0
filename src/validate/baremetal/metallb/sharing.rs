//! Routers that a node of FRR talks to at once: FRR has one router id, one autonomous system for each VRF, and
//! one session for each address.

use std::collections::BTreeMap;

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{BaremetalMachine, BaremetalRole, MetallbBgp, MetallbPeer};

use super::Target;
use super::fit::may_fit;
use super::peers::{my_asn, of};

pub(super) fn check(target: &Target<'_>, bgp: &MetallbBgp, report: &mut Report) {
    let kubernetes = |role| matches!(role, BaremetalRole::ControlPlane | BaremetalRole::Worker);
    let machines = target.own.machines.iter();
    let mut nodes: Vec<&BaremetalMachine> = machines.filter(|one| kubernetes(one.role)).collect();
    if bgp.peers.iter().all(|peer| peer.node_selectors.is_empty()) {
        // Every node talks to every router.
        nodes.truncate(1);
    }
    let mut found: BTreeMap<(usize, usize, Clash), &str> = BTreeMap::new();
    for node in nodes {
        let peers = bgp.peers.iter().enumerate();
        let peers = peers.filter(|(_, peer)| may_fit(&peer.node_selectors, node));
        on(bgp, node, peers, &mut found);
    }
    for ((first, second, clash), node) in found {
        let name = |at: usize| &bgp.peers[at].name;
        let place = match clash {
            Clash::RouterId if bgp.peers[second].router_id.is_some() => "routerId",
            Clash::RouterId | Clash::Number => "name",
            Clash::Place if bgp.peers[second].address.is_some() => "address",
            Clash::Place => "interface",
        };
        let (code, message, cure) = match clash {
            Clash::RouterId => (
                &code::PEERS_DIFFER,
                format!(
                    "`{node}` would have two router ids, for `{}` and for `{}`, and FRR has one",
                    name(first),
                    name(second)
                ),
                "give all routers of a node the same `routerId`, or none",
            ),
            Clash::Number => (
                &code::PEERS_DIFFER,
                format!(
                    "`{node}` would be in two autonomous systems, for `{}` and for `{}`, and FRR is in one",
                    name(first),
                    name(second)
                ),
                "give them one `myAsn`, different VRFs, or different nodes; `localAsn` shows a router another number",
            ),
            Clash::Place => (
                &code::PEER_TWICE,
                format!(
                    "`{node}` would talk to `{}` and `{}` at one address, and FRR has one session with it",
                    name(first),
                    name(second)
                ),
                "remove one of the two, or let different nodes talk to them",
            ),
        };
        report.push(
            Diagnostic::new(code, message)
                .value(of(second, place), "the second one")
                .also(of(first, "name"), "the first one")
                .cure(cure),
        );
    }
}

/// What two routers of a node do not agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Clash {
    RouterId,
    Number,
    Place,
}

/// The routers of a node: adds those that do not go together, the first and the second one.
fn on<'a>(
    bgp: &MetallbBgp,
    node: &'a BaremetalMachine,
    peers: impl Iterator<Item = (usize, &'a MetallbPeer)>,
    found: &mut BTreeMap<(usize, usize, Clash), &'a str>,
) {
    let mut router_id = None;
    let mut numbers = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (at, peer) in peers {
        let mut clash = |first: usize, clash| {
            found.entry((first, at, clash)).or_insert(&node.name);
        };
        let (first, other) = *router_id.get_or_insert((at, peer.router_id));
        if other != peer.router_id {
            clash(first, Clash::RouterId);
        }
        if let Some(number) = my_asn(bgp, peer) {
            let (first, other) = *numbers.entry(&peer.vrf).or_insert((at, number));
            if other != number {
                clash(first, Clash::Number);
            }
        }
        if peer.address.is_some() || peer.interface.is_some() {
            let place = (peer.address, &peer.interface, &peer.vrf);
            let first = *places.entry(place).or_insert(at);
            if first != at {
                clash(first, Clash::Place);
            }
        }
    }
}
