//! Bare metal, where nothing applies a folder: what has to be copied where, and what must not stand side
//! by side meanwhile.

mod machine;
mod proxy;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::facts::baremetal::failover::{Failure, Timers, of_pair};

use super::compare::Comparison;
use super::words::{code, codes, names};
use super::{Effect, Severity};

pub(super) use self::machine::{Machine, machines, title};

/// What all nodes must have at once: one that differs does not hear the others, and takes the virtual IP
/// too. Source: `vrrp_in_chk()` in keepalived 2.2.7, measured in network namespaces.
const AT_ONCE: &[&str] = &["virtual_router_id", "auth_pass", "advert_int"];
/// Directives that say how soon the virtual IP moves.
const CHECKS: &[&str] = &["script", "interval", "timeout", "fall", "rise", "weight"];

pub(super) fn report(comparison: &mut Comparison<'_>) {
    machine::report(comparison);
    if comparison.first {
        return;
    }
    keepalived(comparison);
    proxy::report(comparison);
    copied(comparison);
}

/// A file that is there before and after, and differs.
fn changed<'a>(comparison: &Comparison<'a>, path: &str) -> Option<(&'a str, &'a str)> {
    let old = comparison.old_files.get(path)?;
    let new = comparison.new_files.get(path)?;
    (old != new).then_some((old, new))
}

/// The nodes that have a file of their own in a folder.
fn nodes_of(comparison: &Comparison<'_>, folder: &str, end: &str) -> Vec<String> {
    let mut nodes: Vec<String> = comparison
        .new_files
        .iter()
        .filter_map(|(path, _)| path.strip_prefix(folder)?.strip_suffix(end))
        .map(str::to_owned)
        .collect();
    nodes.sort_by_key(|name| (name.len(), name.clone()));
    nodes
}

/// The lines of a configuration that count, without comments and indents.
fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The directives of a keepalived.conf, each with its values in their order; peers under `unicast_peer`.
fn directives(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut block = Vec::new();
    for line in lines(text) {
        if line == "}" {
            block.pop();
            continue;
        }
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        if let Some(name) = line.strip_suffix('{') {
            let name = name.trim();
            found
                .entry("block".to_owned())
                .or_default()
                .push(name.to_owned());
            block.push(name);
        } else if let Some(list @ ("unicast_peer" | "track_script" | "virtual_ipaddress")) =
            block.last().copied()
        {
            found
                .entry(list.to_owned())
                .or_default()
                .push(line.to_owned());
        } else {
            found
                .entry(key.to_owned())
                .or_default()
                .push(value.trim().to_owned());
        }
    }
    found
}

/// What differs between two keepalived.conf.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Differs {
    /// Each directive with its value before and after.
    list: Vec<(String, String, String)>,
    /// How long the failures of the load balancer take at most, before and after, in milliseconds.
    failover: Option<(u32, u32)>,
}

fn keepalived(comparison: &mut Comparison<'_>) {
    let nodes = nodes_of(comparison, "keepalived/", ".conf");
    let mut groups: BTreeMap<Differs, Vec<String>> = BTreeMap::new();
    for node in &nodes {
        let Some((old, new)) = changed(comparison, &path(node)) else {
            continue;
        };
        let (before, after) = (directives(old), directives(new));
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let shown = |all: &BTreeMap<String, Vec<String>>, key: &str| {
            all.get(key).map_or_else(String::new, |one| one.join(" "))
        };
        let list = keys
            .into_iter()
            // Each node has the others for peers: what is new in one is not in another.
            .filter(|key| before.get(*key) != after.get(*key))
            .map(|key| match key.as_str() {
                "unicast_peer" => (key.clone(), String::new(), String::new()),
                _ => (key.clone(), shown(&before, key), shown(&after, key)),
            })
            .collect();
        let failover = failover(&before)
            .zip(failover(&after))
            .filter(|(before, after)| before != after);
        groups
            .entry(Differs { list, failover })
            .or_default()
            .push(node.clone());
    }
    for (differs, of) in groups {
        say(comparison, &differs, &of, &nodes);
    }
}

fn path(node: &str) -> String {
    format!("keepalived/{node}.conf")
}

/// The longest of the failures that are the load balancer's own, from the timers in the file.
fn failover(directives: &BTreeMap<String, Vec<String>>) -> Option<u32> {
    let number = |key: &str| -> Option<u32> { directives.get(key)?.first()?.parse().ok() };
    let timers = Timers {
        advert_seconds: number("advert_int")?,
        // That of the proxy is the first of the scripts.
        check_seconds: number("interval")?,
        check_fall: number("fall").filter(|fall| *fall > 0)?,
        api_servers: None,
    };
    let plain = [
        timers.advert_seconds,
        timers.check_seconds,
        timers.check_fall,
    ];
    // A file that a person edited may have anything in it.
    if plain.iter().any(|value| *value == 0 || *value > 10_000) {
        return None;
    }
    of_pair(timers)
        .into_iter()
        .filter(|one| one.bounded && one.failure != Failure::HolderStopped)
        .map(|one| one.most)
        .max()
}

fn say(comparison: &mut Comparison<'_>, differs: &Differs, of: &[String], nodes: &[String]) {
    let list = names(of.iter().map(String::as_str));
    let file = of.first().map(|node| path(node)).unwrap_or_default();
    if differs.list.is_empty() {
        let what =
            format!("keepalived.conf of {list} is written differently and comes to the same");
        comparison.say(Severity::Notice, Effect::Keeps, list, what, file);
        return;
    }
    let said: Vec<String> = differs
        .list
        .iter()
        .map(|(key, before, after)| match key.as_str() {
            "unicast_peer" => format!("{} has other peers", code(key)),
            // Whole scripts that come or go.
            "block" => "other checks".to_owned(),
            _ => format!("{} from {} to {}", code(key), code(before), code(after)),
        })
        .collect();
    let has = |keys: &[&str]| {
        differs
            .list
            .iter()
            .any(|(key, ..)| keys.contains(&key.as_str()))
    };
    let mut what = format!("keepalived.conf of {list} changes: {}. ", said.join(", "));
    let all = names(nodes.iter().map(String::as_str));
    let change = if has(AT_ONCE) {
        let _ = write!(
            what,
            "All load balancer nodes at once ({all}), or both hold the virtual IP meanwhile: stop keepalived on all, copy, start it, as README.md says; the API is away for about ten seconds"
        );
        let change = comparison.say(Severity::Danger, Effect::Restart, list, what, file);
        change.brief = Some("keepalived on all load balancer nodes at once".to_owned());
        change
    } else if has(&["unicast_peer"]) {
        what.push_str(
            "Copy it to each and reload keepalived before a machine that is new to it starts: one that hears no adverts takes the virtual IP too",
        );
        comparison.say(Severity::Caution, Effect::InPlace, list, what, file)
    } else {
        what.push_str(if has(&["virtual_ipaddress"]) {
            "The virtual IP is in certificates and kubelets: render refuses this for a cluster that is there"
        } else if has(&["interface"]) {
            "Copy it to each and reload keepalived, one node at a time, the holder last: the virtual IP leaves a node whose interface is another"
        } else {
            "Copy it to each and reload keepalived, one node at a time: the virtual IP stays where it is"
        });
        let severity = if has(CHECKS) || !has(&["interface", "virtual_ipaddress", "priority"]) {
            Severity::Notice
        } else {
            Severity::Caution
        };
        comparison.say(severity, Effect::InPlace, list, what, file)
    };
    if let Some((before, after)) = differs.failover {
        let seconds = |milliseconds: u32| {
            let tenths = (milliseconds + 50) / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        };
        let _ = write!(
            change.what,
            ". A load balancer that fails then interrupts for {} at most, before for {}",
            code(&seconds(after)),
            code(&seconds(before))
        );
        change.before = Some(seconds(before));
        change.after = Some(seconds(after));
    }
}

/// Files that a person copies or applies, and nothing else of them is told.
fn copied(comparison: &mut Comparison<'_>) {
    let differs = |folder: &str| -> Vec<String> {
        let olds = comparison.old_files.keys().map(String::as_str);
        let news = comparison.new_files.iter().map(|(path, _)| path);
        let all: BTreeSet<&str> = olds
            .chain(news)
            .filter(|path| path.starts_with(folder))
            .collect();
        all.into_iter()
            .filter(|path| {
                comparison.old_files.get(*path).map(String::as_str)
                    != comparison.new_files.get(path)
            })
            .map(str::to_owned)
            .collect()
    };
    let (metallb, kube_vip) = (
        differs("manifests/metallb/"),
        differs("manifests/kube-vip/"),
    );
    let network: Vec<String> = differs("network-config/")
        .into_iter()
        .filter(|path| changed(comparison, path).is_some())
        .collect();
    let shown = |paths: &[String]| codes(paths.iter().map(String::as_str));
    if let Some(first) = metallb.first() {
        let gone = comparison
            .new_files
            .get("manifests/metallb/apply.sh")
            .is_none();
        let (severity, effect, what) = if gone {
            (
                Severity::Caution,
                Effect::Removes,
                "MetalLB goes from the folder, and stays in the cluster until you delete it: Services of type LoadBalancer then lose their addresses".to_owned(),
            )
        } else {
            (
                Severity::Notice,
                Effect::InPlace,
                format!(
                    "MetalLB's {} change: apply them with `bash manifests/metallb/apply.sh`",
                    shown(&metallb)
                ),
            )
        };
        comparison.say(severity, effect, "MetalLB", what, first.clone());
    }
    if let Some(first) = kube_vip.first() {
        let what = format!(
            "kube-vip's {} change: copy them to the nodes, one at a time, as README.md says; the virtual IP may move each time",
            shown(&kube_vip)
        );
        comparison.say(
            Severity::Caution,
            Effect::InPlace,
            "kube-vip",
            what,
            first.clone(),
        );
    }
    if let Some(first) = network.first() {
        let what = format!(
            "{} change. A machine that is there keeps its network, as only a seed has these: change it by hand",
            shown(&network)
        );
        let subject = shown(&network);
        comparison.say(
            Severity::Caution,
            Effect::NewMachinesOnly,
            subject,
            what,
            first.clone(),
        );
    }
}
