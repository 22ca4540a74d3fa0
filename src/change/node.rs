//! The nodes: which come, which go, and whose machine is replaced.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::changes::ResourceKind;

use super::compare::Comparison;
use super::delta::Difference;
use super::folder::Folder;
use super::resolve::Resolver;
use super::value::entries;
use super::words::{code, names, plural};
use super::{Change, Effect, Severity, rule};

/// A role, as it is called in Terraform and by people.
struct Role {
    /// The local that holds its nodes, each with its zone, address or instance id.
    local: &'static str,
    /// The local that holds addresses, where the other holds zones or instance ids.
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
        addresses: Some("etcd_addresses"),
        resource: "etcd",
        word: "etcd node",
        etcd: true,
    },
    Role {
        local: "workers",
        addresses: Some("workers_addresses"),
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
        let (before, after, zones) = {
            let (old, new) = (
                Resolver::new(&comparison.before),
                Resolver::new(&comparison.after),
            );
            let zones = (nodes(&old, role.local), nodes(&new, role.local));
            (values(&old, role), values(&new, role), zones)
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
        let placed = Placed {
            before: &before,
            after: &after,
            zones: &zones,
        };
        replaced(comparison, role, &placed);
        moves(comparison, role, &placed, &file);
    }
}

/// Where the nodes of a role are, before and after.
struct Placed<'a> {
    before: &'a BTreeMap<String, String>,
    after: &'a BTreeMap<String, String>,
    /// Their zones or instance ids.
    zones: &'a (BTreeMap<String, String>, BTreeMap<String, String>),
}

impl Placed<'_> {
    /// From where to where a node moves, if it does.
    fn moves(&self, node: &str) -> Option<String> {
        let both = |before: &BTreeMap<String, String>, after: &BTreeMap<String, String>| {
            let (old, new) = (before.get(node)?, after.get(node)?);
            (old != new).then(|| format!("it moves from {} to {}", code(old), code(new)))
        };
        both(&self.zones.0, &self.zones.1).or_else(|| both(self.before, self.after))
    }
}

/// A node's address, or else its zone or instance id.
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
fn replaced(comparison: &mut Comparison<'_>, role: &Role, placed: &Placed<'_>) {
    let before = placed.before;
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
        let reasons = placed.moves(&node).unwrap_or_else(|| difference.reasons());
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
fn moves(comparison: &mut Comparison<'_>, role: &Role, placed: &Placed<'_>, file: &str) {
    for name in placed.after.keys() {
        let differ = |before: &BTreeMap<String, String>, after: &BTreeMap<String, String>| {
            let (old, new) = (before.get(name)?, after.get(name)?);
            (old != new).then(|| (old.clone(), new.clone()))
        };
        let address = differ(placed.before, placed.after);
        let Some((old, new)) = address.or_else(|| differ(&placed.zones.0, &placed.zones.1)) else {
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
        if is_made(comparison, role, name) {
            let change = readdressed(comparison, role, name, (&old, &new), file);
            change.before = Some(old);
            change.after = Some(new);
            continue;
        }
        let what = format!(
            "{} {list} is another machine: {} becomes {}. The load balancer follows; the node does not: its certificates{} hold the old address, so reset it and let it join again",
            role.word,
            code(&old),
            code(&new),
            if role.etcd {
                " and its etcd member"
            } else {
                ""
            },
        );
        let change = comparison.say(Severity::Danger, Effect::InPlace, list.clone(), what, file);
        change.brief = Some(format!("{} {list} is another machine", role.word));
        change.before = Some(old);
        change.after = Some(new);
    }
}

/// Whether Terraform makes a node's machine.
fn is_made(comparison: &Comparison<'_>, role: &Role, node: &str) -> bool {
    comparison.new.values().any(|one| {
        rule::kind(&one.kind) == Some(ResourceKind::Machine)
            && one.name == role.resource
            && one.key.as_deref() == Some(node)
    })
}

/// A machine that stays and whose address is another.
fn readdressed<'a>(
    comparison: &'a mut Comparison<'_>,
    role: &Role,
    node: &str,
    (old, new): (&str, &str),
    file: &str,
) -> &'a mut Change {
    let list = names([node]);
    let (holds, first) = if role.etcd {
        (
            "its certificates, its etcd member and the other members",
            "Take it out of etcd and reset it before the apply, one node at a time, and let it join again afterwards",
        )
    } else {
        (
            "its kubelet and its certificates",
            "Drain it before the apply, and reset it and let it join again afterwards",
        )
    };
    let severity = if role.etcd {
        Severity::Danger
    } else {
        Severity::Caution
    };
    let subject = if old.parse::<std::net::IpAddr>().is_ok() {
        "address"
    } else {
        "zone"
    };
    let what = format!(
        "the {subject} of {} {list} changes from {} to {}, and the machine keeps its disk: {holds} still hold the old one. {first}",
        role.word,
        code(old),
        code(new),
    );
    let change = comparison.say(severity, Effect::InPlace, list.clone(), what, file);
    change.brief = Some(format!("another {subject} of {} {list}", role.word));
    change
}
