//! The machines, which no Terraform names: their cloud-init does.

use std::collections::BTreeMap;

use crate::change::compare::Comparison;
use crate::change::words::{code, name, names, plural};
use crate::change::{Effect, Severity};

/// The roles, as the bootstrap script and people call them, and whether a member of etcd may be there.
const ROLES: &[(&str, &str, bool)] = &[
    ("first-control-plane", "control-plane node", true),
    ("control-plane", "control-plane node", true),
    ("etcd", "etcd node", true),
    ("worker", "worker", false),
    ("load-balancer", "load balancer node", false),
];

/// A machine, from its cloud-init.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::change) struct Machine {
    pub(in crate::change) role: &'static str,
    etcd: bool,
    address: String,
    cluster: String,
}

/// The machines of a set of files; none where Terraform names them.
pub(in crate::change) fn machines<'a>(
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, Machine> {
    files
        .filter_map(|(path, text)| {
            let node = path.strip_prefix("cloud-init/")?.strip_suffix(".yaml")?;
            Some((node.to_owned(), machine(text)?))
        })
        .collect()
}

fn machine(text: &str) -> Option<Machine> {
    let value = |key: &str| {
        text.lines()
            .find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim_matches('\'').to_owned())
    };
    let word = value("HAGEN_ROLE")?;
    let (_, role, etcd) = ROLES.iter().find(|(role, ..)| *role == word)?;
    Some(Machine {
        role,
        etcd: *etcd,
        address: value("HAGEN_ADDRESS").unwrap_or_default(),
        cluster: value("HAGEN_CLUSTER").unwrap_or_default(),
    })
}

/// `prod on baremetal`, where no Terraform says it.
pub(in crate::change) fn title<'a>(
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let cluster = machines(files).into_values().next()?.cluster;
    Some(format!("{} on baremetal", name(&cluster)))
}

pub(super) fn report(comparison: &mut Comparison<'_>) {
    let old = comparison.old_machines.clone();
    let new = comparison.new_machines.clone();
    let mut words: Vec<&str> = ROLES.iter().map(|(_, word, _)| *word).collect();
    words.dedup();
    for word in words {
        let of = |all: &BTreeMap<String, Machine>| -> BTreeMap<String, Machine> {
            let own = all.iter().filter(|(_, machine)| machine.role == word);
            own.map(|(name, machine)| (name.clone(), machine.clone()))
                .collect()
        };
        let (before, after) = (of(&old), of(&new));
        comings(comparison, word, &before, &after);
        goings(comparison, word, &before, &after);
        moves(comparison, word, &before, &after);
    }
}

fn missing(from: &BTreeMap<String, Machine>, other: &BTreeMap<String, Machine>) -> Vec<String> {
    let mut found: Vec<String> = from
        .keys()
        .filter(|name| !other.contains_key(*name))
        .cloned()
        .collect();
    found.sort_by_key(|name| (name.len(), name.clone()));
    found
}

fn file(node: &str) -> String {
    format!("cloud-init/{node}.yaml")
}

fn comings(
    comparison: &mut Comparison<'_>,
    word: &str,
    before: &BTreeMap<String, Machine>,
    after: &BTreeMap<String, Machine>,
) {
    let added = missing(after, before);
    let Some(first) = added.first() else { return };
    let verb = if comparison.first { "has" } else { "adds" };
    let brief = format!("{verb} {} {}", added.len(), plural(added.len(), word));
    let list = names(added.iter().map(String::as_str));
    let how = if word == "load balancer node" {
        "Their peers must have them in keepalived.conf before they start"
    } else {
        "They need seeds with join secrets that are still good, as README.md says"
    };
    let what = if comparison.first {
        format!("{brief}: {list}")
    } else {
        format!("{brief}: {list}. {how}")
    };
    comparison
        .say(Severity::Notice, Effect::Adds, list, what, file(first))
        .brief = Some(brief);
}

fn goings(
    comparison: &mut Comparison<'_>,
    word: &str,
    before: &BTreeMap<String, Machine>,
    after: &BTreeMap<String, Machine>,
) {
    let removed = missing(before, after);
    let Some(first) = removed.first() else { return };
    let brief = format!("removes {} {}", removed.len(), plural(removed.len(), word));
    let list = names(removed.iter().map(String::as_str));
    let etcd = before.values().any(|machine| machine.etcd);
    let first_of_all = match word {
        "control-plane node" => {
            "`kubectl drain`, then `kubeadm reset` on it, which takes its member out of etcd if it has one, then `kubectl delete node`"
        }
        "etcd node" => {
            "`etcdctl member remove` of its id, and its address out of the API servers' `--etcd-servers`"
        }
        "worker" => "`kubectl drain`, then `kubectl delete node`",
        _ => "`systemctl disable --now keepalived`",
    };
    let majority = before.len() / 2 + 1;
    let quorum = if etcd && after.len() < majority {
        format!(
            " Only {} of {} would be left, and etcd needs {majority}: one at a time.",
            after.len(),
            before.len()
        )
    } else {
        String::new()
    };
    let severity = if etcd {
        Severity::Danger
    } else {
        Severity::Caution
    };
    let what = format!(
        "{brief}: {list}. Nothing stops the machines: for each, first {first_of_all}, then switch it off.{quorum}"
    );
    comparison
        .say(severity, Effect::Removes, list, what, file(first))
        .brief = Some(brief);
}

fn moves(
    comparison: &mut Comparison<'_>,
    word: &str,
    before: &BTreeMap<String, Machine>,
    after: &BTreeMap<String, Machine>,
) {
    let moved = after.iter().filter_map(|(node, machine)| {
        let old = before
            .get(node)
            .filter(|old| old.address != machine.address)?;
        Some((node.clone(), old.address.clone(), machine.address.clone()))
    });
    for (node, old, new) in moved.collect::<Vec<_>>() {
        let list = names([node.as_str()]);
        let etcd = before.values().any(|machine| machine.etcd);
        let (severity, how) = if etcd {
            (
                Severity::Danger,
                "Its certificates and members of etcd hold the old address: take it out of the cluster and install it anew, one node at a time",
            )
        } else {
            (
                Severity::Caution,
                "A machine that is there keeps its network: install it anew, or change it by hand",
            )
        };
        let what = format!(
            "{word} {list} is at another address: {} becomes {}. {how}",
            code(&old),
            code(&new)
        );
        let change = comparison.say(severity, Effect::Replace, list.clone(), what, file(&node));
        change.brief = Some(format!("{word} {list} at another address"));
        change.before = Some(old);
        change.after = Some(new);
    }
}
