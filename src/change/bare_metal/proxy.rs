//! haproxy.cfg and nginx.conf: which API servers are behind the load balancer, and how they are asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::compare::Comparison;
use crate::change::words::{code, codes, count, names};
use crate::change::{Effect, Severity};

use super::{changed, lines, nodes_of};

const FILES: &[(&str, &str)] = &[
    ("haproxy", "haproxy/haproxy.cfg"),
    ("nginx", "nginx/nginx.conf"),
];

pub(super) fn report(comparison: &mut Comparison<'_>) {
    for (program, path) in FILES {
        if let Some((old, new)) = changed(comparison, path) {
            say(comparison, program, path, old, new);
        }
    }
    another(comparison);
}

/// A server: where it is.
fn servers(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(str::trim)
        .filter_map(|line| line.strip_prefix("server "))
        .filter_map(|rest| {
            // `NAME ADDRESS` in haproxy; in nginx `ADDRESS options; # NAME`.
            let (first, rest) = rest.split_once(' ')?;
            match rest.rsplit_once("# ") {
                Some((_, name)) => Some((name.to_owned(), first.to_owned())),
                None => Some((first.to_owned(), rest.split(' ').next()?.to_owned())),
            }
        })
        .filter(|(name, _)| name != "{")
        .collect()
}

fn say(comparison: &mut Comparison<'_>, program: &str, path: &str, old: &str, new: &str) {
    let nodes = nodes_of(comparison, "keepalived/", ".conf");
    let all = names(nodes.iter().map(String::as_str));
    let how = format!(
        "Copy {} to each load balancer node ({all}) and reload, one at a time: nothing is interrupted",
        code(path)
    );
    let (before, after) = (servers(old), servers(new));
    let only = |these: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let list: Vec<String> = these
            .keys()
            .filter(|name| !other.contains_key(*name))
            .cloned()
            .collect();
        list
    };
    let (come, go) = (only(&after, &before), only(&before, &after));
    let shown = |list: &[String]| names(list.iter().map(String::as_str));
    if !come.is_empty() {
        let when = if program == "haproxy" {
            "It may be there before its machine: it is DOWN until it says that it is ready"
        } else {
            "Only once its machine has joined: nginx checks nothing"
        };
        let what = format!(
            "{program} passes on to {} more: {}. {how}. {when}",
            count(come.len(), "API server"),
            shown(&come)
        );
        comparison.say(Severity::Caution, Effect::InPlace, shown(&come), what, path);
    }
    if !go.is_empty() {
        let what = format!(
            "{program} no longer passes on to {}. {how}. Its connections end with the old process, ten minutes later at most",
            shown(&go)
        );
        comparison.say(Severity::Caution, Effect::InPlace, shown(&go), what, path);
    }
    let moved = after.iter().filter_map(|(name, new)| {
        let old = before.get(name).filter(|old| *old != new)?;
        Some((name.clone(), old.clone(), new.clone()))
    });
    for (name, old, new) in moved.collect::<Vec<_>>() {
        let what = format!(
            "{program} looks for {} at {} and no longer at {}. {how}",
            names([name.as_str()]),
            code(&new),
            code(&old)
        );
        let change = comparison.say(Severity::Caution, Effect::InPlace, name, what, path);
        change.before = Some(old);
        change.after = Some(new);
    }
    let settings = settings(old, new);
    if !settings.is_empty() {
        let what = format!(
            "{program} has other settings: {}. {how}",
            codes(settings.iter().map(String::as_str))
        );
        comparison.say(Severity::Notice, Effect::InPlace, program, what, path);
    } else if before == after {
        let what = format!(
            "{} is written differently and comes to the same",
            code(path)
        );
        comparison.say(Severity::Notice, Effect::Keeps, code(path), what, path);
    }
}

/// The lines that are new or gone, without the servers.
fn settings(old: &str, new: &str) -> Vec<String> {
    let plain = |text: &str| -> BTreeSet<String> {
        lines(text)
            .into_iter()
            .filter(|line| !line.starts_with("server "))
            .map(str::to_owned)
            .collect()
    };
    let (before, after) = (plain(old), plain(new));
    let mut all: Vec<String> = after.difference(&before).cloned().collect();
    all.extend(
        before
            .difference(&after)
            .map(|line| format!("no more {line}")),
    );
    all
}

/// haproxy makes room for nginx, or the other way round.
fn another(comparison: &mut Comparison<'_>) {
    let there = |path: &str| {
        let old = comparison.old_files.contains_key(path);
        (old, comparison.new_files.get(path).is_some())
    };
    let find = |wanted: (bool, bool)| {
        FILES
            .iter()
            .find(|(_, path)| there(path) == wanted)
            .copied()
    };
    let (Some((old, _)), Some((new, path))) = (find((true, false)), find((false, true))) else {
        return;
    };
    let nodes = nodes_of(comparison, "keepalived/", ".conf");
    let what = format!(
        "{new} comes in the place of {old} on {}. Machines that are there keep {old}: replace them one after the other, with new seeds",
        names(nodes.iter().map(String::as_str))
    );
    comparison.say(Severity::Caution, Effect::NewMachinesOnly, new, what, path);
}
