//! The nodes: which come, which go, and whose machine is replaced.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::aws::ResourceKind;

use super::compare::Comparison;
use super::delta::Difference;
use super::folder::Folder;
use super::resolve::Resolver;
use super::value::entries;
use super::words::{code, names, plural};
use super::{Effect, Severity, rule};

/// A role, as it is called in Terraform and by people.
struct Role {
    /// The local that holds its nodes, each with its zone, address or instance id.
    local: &'static str,
    /// The local that holds addresses, where the other holds instance ids.
    addresses: Option<&'static str>,
    /// The name of its machines in Terraform.
    resource: &'static str,
    word: &'static str,
    /// Whether its nodes are members of etcd.
    etcd: bool,
}

const ROLES: &[Role] = &[
    Role {
        local: "control_plane",
        addresses: Some("control_plane_addresses"),
        resource: "control_plane",
        word: "control-plane node",
        etcd: true,
    },
    Role {
        local: "etcd",
        addresses: None,
        resource: "etcd",
        word: "etcd node",
        etcd: true,
    },
    Role {
        local: "workers",
        addresses: None,
        resource: "worker",
        word: "worker",
        etcd: false,
    },
];

/// `control-plane node` for the machines that Terraform calls `control_plane`.
pub(super) fn word(resource: &str) -> Option<&'static str> {
    ROLES
        .iter()
        .find(|role| role.resource == resource)
        .map(|role| role.word)
}

/// The role of each node in a folder.
pub(super) fn roles(folder: &Folder) -> BTreeMap<String, &'static str> {
    let resolver = Resolver::new(folder);
    let mut found = BTreeMap::new();
    for role in ROLES {
        for name in nodes(&resolver, role.local).into_keys() {
            found.insert(name, role.word);
        }
    }
    found
}

pub(super) fn report(comparison: &mut Comparison<'_>) {
    for role in ROLES {
        let (before, after) = {
            let (old, new) = (
                Resolver::new(&comparison.before),
                Resolver::new(&comparison.after),
            );
            (values(&old, role), values(&new, role))
        };
        let file = comparison
            .after
            .locals
            .get(role.local)
            .or_else(|| comparison.before.locals.get(role.local))
            .map(|(file, _)| file.clone())
            .unwrap_or_default();
        let added: Vec<&str> = missing(&after, &before);
        let removed: Vec<&str> = missing(&before, &after);
        comings(comparison, role, &added, &file);
        goings(comparison, role, &removed, before.len(), after.len(), &file);
        for name in added.iter().chain(&removed) {
            claim(comparison, name);
        }
        replaced(comparison, role, &before, &after);
        moves(comparison, role, &before, &after, &file);
    }
}

/// A node's zone, address or instance id.
fn values(resolver: &Resolver<'_>, role: &Role) -> BTreeMap<String, String> {
    let by_address = role
        .addresses
        .map(|local| nodes(resolver, local))
        .unwrap_or_default();
    let mut all = nodes(resolver, role.local);
    all.extend(by_address);
    all
}

fn nodes(resolver: &Resolver<'_>, local: &str) -> BTreeMap<String, String> {
    resolver
        .local(local)
        .map(|value| entries(&value))
        .unwrap_or_default()
}

fn missing<'a>(
    from: &'a BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> Vec<&'a str> {
    let mut found: Vec<&str> = from
        .keys()
        .filter(|name| !other.contains_key(*name))
        .map(String::as_str)
        .collect();
    // cp-2 before cp-10.
    found.sort_by_key(|name| (name.len(), *name));
    found
}

/// Terraform's single resources of a node need no line of their own.
fn claim(comparison: &mut Comparison<'_>, node: &str) {
    let own: Vec<String> = comparison
        .differences
        .iter()
        .filter(|difference| difference.is_added() || difference.is_removed())
        .filter(|difference| difference.instance().key.as_deref() == Some(node))
        .map(|difference| difference.address.clone())
        .collect();
    comparison.claimed.extend(own);
}

fn comings(comparison: &mut Comparison<'_>, role: &Role, added: &[&str], file: &str) {
    if added.is_empty() {
        return;
    }
    let verb = if comparison.first { "makes" } else { "adds" };
    let noun = plural(added.len(), role.word);
    let brief = format!("{verb} {} {noun}", added.len());
    let mut what = format!("{brief}: {}", names(added.iter().copied()));
    if !comparison.first {
        what.push_str(". What lets machines join expires two hours after it was made: renew it first, as README.md says");
    }
    let change = comparison.say(
        Severity::Notice,
        Effect::Adds,
        names(added.iter().copied()),
        what,
        file,
    );
    change.brief = Some(brief);
}

fn goings(
    comparison: &mut Comparison<'_>,
    role: &Role,
    removed: &[&str],
    before: usize,
    after: usize,
    file: &str,
) {
    if removed.is_empty() {
        return;
    }
    let noun = plural(removed.len(), role.word);
    let list = names(removed.iter().copied());
    let first = if role.etcd {
        let majority = before / 2 + 1;
        let quorum = if after < majority {
            format!(
                " Only {after} of {before} members would be left, and etcd needs {majority}: remove one at a time, each with an apply of its own."
            )
        } else {
            String::new()
        };
        let how = if role.local == "etcd" {
            "`etcdctl member remove` of its id, and its address out of the API servers' `--etcd-servers`"
        } else {
            "`kubectl drain`, then `kubeadm reset` on it, which takes its member out of etcd, then `kubectl delete node`"
        };
        format!(
            "First, for each: {how}. A member that only disappears still counts, and the next failure can stop the cluster.{quorum}"
        )
    } else {
        "First, for each: `kubectl drain`, then `kubectl delete node`.".to_owned()
    };
    let severity = if role.etcd {
        Severity::Danger
    } else {
        Severity::Caution
    };
    let brief = format!("removes {} {noun}", removed.len());
    let what = format!("{brief}: {list}. {first}");
    comparison
        .say(severity, Effect::Removes, list, what, file)
        .brief = Some(brief);
}

/// Machines that are replaced, all with one reason in one line.
fn replaced(
    comparison: &mut Comparison<'_>,
    role: &Role,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) {
    let mut groups: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut claimed = BTreeSet::new();
    let is_machine = |difference: &&Difference| {
        let instance = difference.instance();
        rule::kind(&instance.kind) == Some(ResourceKind::Machine) && instance.name == role.resource
    };
    for difference in comparison
        .differences
        .iter()
        .filter(is_machine)
        .filter(|d| d.is_replaced())
    {
        let instance = difference.instance();
        let node = instance
            .key
            .clone()
            .unwrap_or_else(|| difference.address.clone());
        let reasons = match (before.get(&node), after.get(&node)) {
            (Some(old), Some(new)) if old != new => {
                format!("it moves from {} to {}", code(old), code(new))
            }
            _ => difference.reasons(),
        };
        groups
            .entry((reasons, instance.file.clone()))
            .or_default()
            .push(node);
        claimed.insert(difference.address.clone());
    }
    for ((reasons, file), mut machines) in groups {
        machines.sort_by_key(|name| (name.len(), name.clone()));
        let list = names(machines.iter().map(String::as_str));
        let noun = plural(machines.len(), role.word);
        let verb = if machines.len() == 1 { "is" } else { "are" };
        let loss = match (
            role.etcd,
            machines.len() >= before.len() && !before.is_empty(),
        ) {
            (true, true) => {
                "All of etcd goes with them: the cluster and everything in it is lost. Take a snapshot, and replace nodes one by one with `-target`"
            }
            (true, false) => {
                "The etcd member on it goes too: `kubectl drain`, `kubeadm reset` and `kubectl delete node` first, one node at a time"
            }
            (false, _) => "`kubectl drain` and `kubectl delete node` first",
        };
        let what = format!("{noun} {list} {verb} replaced, disk and all: {reasons}. {loss}");
        let change = comparison.say(Severity::Danger, Effect::Replace, list.clone(), what, file);
        change.brief = Some(format!("{noun} {list} replaced"));
    }
    comparison.claimed.extend(claimed);
}

/// Nodes whose zone or address is another, beyond what replaces their machines.
fn moves(
    comparison: &mut Comparison<'_>,
    role: &Role,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    file: &str,
) {
    for (name, new) in after {
        let Some(old) = before.get(name).filter(|old| *old != new) else {
            continue;
        };
        // Said already, where Terraform makes the machine.
        let machine = format!("[{name:?}]");
        if comparison
            .claimed
            .iter()
            .any(|address| address.ends_with(&machine))
        {
            continue;
        }
        let list = names([name.as_str()]);
        let what = format!(
            "{} {list} is another machine: {} becomes {}. The load balancer follows; the node does not: its certificates{} hold the old address, so reset it and let it join again",
            role.word,
            code(old),
            code(new),
            if role.etcd {
                " and its etcd member"
            } else {
                ""
            },
        );
        let change = comparison.say(Severity::Danger, Effect::InPlace, list.clone(), what, file);
        change.brief = Some(format!("{} {list} is another machine", role.word));
        change.before = Some(old.clone());
        change.after = Some(new.clone());
    }
}
