//! Which pool is announced how: MetalLB ignores a name that it does not know, and gives out addresses of pools
//! that nobody announces.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::Metallb;

use super::{PATH, Target, meant, path, twice};

/// Whether a pool is announced by ARP, and whether by BGP.
pub(super) fn announced(metallb: &Metallb, pool: &str) -> (bool, bool) {
    let names = |pools: &[String]| pools.iter().any(|name| name == pool);
    let by_arp = metallb.l2.as_ref().is_some_and(|l2| {
        l2.advertisements.is_empty() || l2.advertisements.iter().any(|own| names(&own.pools))
    });
    let by_bgp = metallb.bgp.as_ref().is_some_and(|bgp| {
        bgp.advertisements.is_empty() || bgp.advertisements.iter().any(|own| names(&own.pools))
    });
    (by_arp, by_bgp)
}

/// Whether it is open which pools are announced how.
pub(super) fn ambiguous(metallb: &Metallb) -> bool {
    match (&metallb.l2, &metallb.bgp) {
        (Some(l2), Some(bgp)) => l2.advertisements.is_empty() || bgp.advertisements.is_empty(),
        _ => false,
    }
}

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let metallb = target.metallb;
    let l2 = metallb.l2.as_ref().map(|l2| &l2.advertisements);
    let bgp = metallb.bgp.as_ref().map(|bgp| &bgp.advertisements);
    match (l2, bgp) {
        (None, None) => {
            report.push(
                Diagnostic::new(
                    &code::NO_ANNOUNCEMENT,
                    "Services would get addresses, and nothing would announce them",
                )
                .at(
                    crate::diagnostic::Place::Key(PATH.to_owned()),
                    "neither `l2` nor `bgp`",
                )
                .cure("add `l2: {}` to announce them by ARP, or `bgp` with your routers"),
            );
            return;
        }
        (Some(l2), Some(_)) if ambiguous(metallb) => {
            let key = if l2.is_empty() { "l2" } else { "bgp" };
            report.push(
                Diagnostic::new(
                    &code::WHICH_POOLS,
                    "with `l2` and `bgp`, each has to say which pools it announces",
                )
                .key(path(key), "without `advertisements`")
                .cure("add `advertisements` that name pools to both, or remove one of the two"),
            );
            return;
        }
        _ => {}
    }
    let all = l2.into_iter().flatten().map(|own| &own.pools);
    for (at, pools) in all.enumerate() {
        references(
            target,
            &path(&format!("l2.advertisements[{at}].pools")),
            pools,
            report,
        );
    }
    let all = bgp.into_iter().flatten().map(|own| &own.pools);
    for (at, pools) in all.enumerate() {
        references(
            target,
            &path(&format!("bgp.advertisements[{at}].pools")),
            pools,
            report,
        );
    }
    same("l2.advertisements", l2.into_iter().flatten(), report);
    same("bgp.advertisements", bgp.into_iter().flatten(), report);
    for (at, pool) in metallb.pools.iter().enumerate() {
        if announced(metallb, &pool.name) == (false, false) {
            report.push(
                Diagnostic::new(
                    &code::NOT_ANNOUNCED,
                    format!(
                        "no advertisement names the pool `{}`, so its addresses lead nowhere",
                        pool.name
                    ),
                )
                .value(path(&format!("pools[{at}].name")), "announced by nothing")
                .cure("name it in an advertisement, or remove it"),
            );
        }
    }
}

/// The pools of an advertisement.
fn references(target: &Target<'_>, path: &str, pools: &[String], report: &mut Report) {
    if pools.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_POOLS_NAMED,
                "an advertisement without pools announces all of them, now and later",
            )
            .value(path, "empty")
            .cure("name the pools"),
        );
    }
    let known = target.metallb.pools.iter().map(|pool| pool.name.as_str());
    for (at, name) in pools.iter().enumerate() {
        if !known.clone().any(|known| known == name) {
            let problem = Diagnostic::new(
                &code::UNKNOWN_POOL,
                format!("there is no pool `{name}`, and MetalLB would ignore the name"),
            )
            .value(format!("{path}[{at}]"), "not a pool");
            report.push(meant(
                problem,
                name,
                known.clone(),
                "add the pool, or name another one",
            ));
        }
    }
    twice(pools, path, "pool", report);
}

/// Warns of advertisements that say the same under two names.
fn same<'a, A: Serialize + 'a>(
    list: &str,
    advertisements: impl Iterator<Item = &'a A>,
    report: &mut Report,
) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (at, own) in advertisements.enumerate() {
        let mut says = serde_json::json!(own);
        says["name"] = serde_json::Value::Null;
        if let Some(first) = seen.get(&says.to_string()) {
            report.push(
                Diagnostic::new(
                    &code::SAME_ADVERTISEMENT,
                    "two advertisements say the same but for their names",
                )
                .value(path(&format!("{list}[{at}].name")), "the second one")
                .also(path(&format!("{list}[{first}].name")), "the first one")
                .cure("remove one of the two"),
            );
        } else {
            seen.insert(says.to_string(), at);
        }
    }
}
