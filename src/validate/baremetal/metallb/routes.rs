//! Which routes are announced to which routers.

use std::collections::BTreeMap;

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{MetallbBgp, MetallbBgpAdvertisement};

use super::fit::may_fit;
use super::peers::my_asn;
use super::pools::Placed;
use super::{Target, communities, meant, path, twice};

fn of(at: usize, key: &str) -> String {
    path(&format!("bgp.advertisements[{at}].{key}"))
}

pub(super) fn check(target: &Target<'_>, bgp: &MetallbBgp, ranges: &[Placed], report: &mut Report) {
    for (at, own) in bgp.advertisements.iter().enumerate() {
        peers(bgp, at, own, report);
        aggregation(target, at, own, ranges, report);
        let list = of(at, "communities");
        twice(&own.communities, &list, "community", report);
        communities::used(bgp, &list, &own.communities, report);
        let announcing = target.own.announcing();
        if !announcing.is_empty()
            && !announcing
                .iter()
                .any(|one| may_fit(&own.node_selectors, one))
        {
            report.push(
                Diagnostic::new(
                    &code::NO_NODE,
                    format!("no node that announces fits the advertisement `{}`", own.name),
                )
                .value(of(at, "nodeSelectors"), "fits none")
                .cure("correct the labels; control-plane nodes announce only where there are no workers"),
            );
        }
    }
    preferences(target, bgp, report);
}

/// The routers of an advertisement: those it names, or all.
fn named<'a>(bgp: &'a MetallbBgp, own: &'a MetallbBgpAdvertisement) -> Vec<&'a str> {
    if own.peers.is_empty() {
        bgp.peers.iter().map(|peer| peer.name.as_str()).collect()
    } else {
        own.peers.iter().map(String::as_str).collect()
    }
}

fn peers(bgp: &MetallbBgp, at: usize, own: &MetallbBgpAdvertisement, report: &mut Report) {
    let list = of(at, "peers");
    twice(&own.peers, &list, "router", report);
    let known = bgp.peers.iter().map(|peer| peer.name.as_str());
    for (number, name) in own.peers.iter().enumerate() {
        if !known.clone().any(|known| known == name) {
            let problem = Diagnostic::new(
                &code::UNKNOWN_PEER,
                format!("there is no router `{name}`, and MetalLB would ignore the name"),
            )
            .value(format!("{list}[{number}]"), "not a router");
            report.push(meant(
                problem,
                name,
                known.clone(),
                "add the router, or name another one",
            ));
        }
    }
    // Only routers of the same autonomous system are told the preference.
    let internal = |name: &str| {
        bgp.peers.iter().any(|peer| {
            peer.name == name && (peer.peer_asn.is_none() || peer.peer_asn == my_asn(bgp, peer))
        })
    };
    if own.local_pref.is_some() && !named(bgp, own).into_iter().any(internal) {
        report.push(
            Diagnostic::new(
                &code::PREFERENCE_UNUSED,
                format!("no router of `{}` is in the cluster's autonomous system, and others are not told `localPref`", own.name),
            )
            .value(of(at, "localPref"), "without effect")
            .cure("remove it; routers of others heed communities"),
        );
    }
}

/// MetalLB refuses routes that are larger than what an entry of the pool has.
fn aggregation(
    target: &Target<'_>,
    at: usize,
    own: &MetallbBgpAdvertisement,
    ranges: &[Placed],
    report: &mut Report,
) {
    if !own.service_selectors.is_empty() && own.aggregation_length != 32 {
        report.push(
            Diagnostic::new(
                &code::AGGREGATED_SELECTION,
                format!(
                    "routes of a /{} hold addresses of Services that are not selected",
                    own.aggregation_length
                ),
            )
            .value(of(at, "aggregationLength"), "beside `serviceSelectors`")
            .cure("leave `aggregationLength` out: each selected address is announced by itself"),
        );
    }
    for placed in ranges {
        if !own.pools.contains(&target.metallb.pools[placed.pool].name) {
            continue;
        }
        let largest = placed.range.networks().map(|net| net.prefix_len()).min();
        if let Some(largest) = largest.filter(|largest| own.aggregation_length < *largest) {
            report.push(
                Diagnostic::new(
                    &code::AGGREGATION,
                    format!(
                        "a route of a /{} holds more than `{}`, the largest part of which is a /{largest}",
                        own.aggregation_length, placed.range
                    ),
                )
                .value(of(at, "aggregationLength"), "shorter than the pool's prefix")
                .also(&placed.path, "this part of the pool")
                .cure(format!("use {largest} to 32, or a larger pool")),
            );
        }
    }
}

/// Two advertisements of one pool to one router must agree on the preference of the same route.
fn preferences(target: &Target<'_>, bgp: &MetallbBgp, report: &mut Report) {
    let announcing = target.own.announcing();
    let share = |a: &MetallbBgpAdvertisement, b: &MetallbBgpAdvertisement| {
        announcing
            .iter()
            .any(|node| may_fit(&a.node_selectors, node) && may_fit(&b.node_selectors, node))
    };
    let mut said: BTreeMap<(&str, u8, &str), Vec<usize>> = BTreeMap::new();
    let mut pairs = std::collections::BTreeSet::new();
    for (at, own) in bgp.advertisements.iter().enumerate() {
        if !own.service_selectors.is_empty() {
            continue;
        }
        for pool in &own.pools {
            for peer in named(bgp, own) {
                let before = said
                    .entry((pool, own.aggregation_length, peer))
                    .or_default();
                let other = before.iter().copied().find(|first| {
                    let first = &bgp.advertisements[*first];
                    first.local_pref.unwrap_or(0) != own.local_pref.unwrap_or(0)
                        && share(first, own)
                });
                if let Some(first) = other {
                    pairs.insert((first, at));
                } else {
                    before.push(at);
                }
            }
        }
    }
    for (first, second) in pairs {
        let name = |at: usize| &bgp.advertisements[at].name;
        let place = |at: usize| match bgp.advertisements[at].local_pref {
            Some(_) => of(at, "localPref"),
            None => of(at, "name"),
        };
        report.push(
            Diagnostic::new(
                &code::PREFERENCES_DIFFER,
                format!(
                    "`{}` and `{}` announce the same routes with different preferences",
                    name(first),
                    name(second)
                ),
            )
            .value(place(second), "the second one")
            .also(place(first), "the first one")
            .cure("give both the same `localPref`, or other pools, routers, nodes or lengths"),
        );
    }
}
