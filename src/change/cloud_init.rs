//! The nodes' cloud-init: what changes in it, and that nodes that run do not get it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;

use super::compare::Comparison;
use super::words::{code, names, plural};
use super::{Effect, Severity, node, rule};

/// Values in a node's environment that have a name of their own.
const NAMED: &[(&str, &str)] = &[
    ("HAGEN_KUBERNETES_VERSION", "Kubernetes"),
    ("HAGEN_CONTAINERD_VERSION", "containerd"),
    ("HAGEN_CNI_URL", "the CNI manifest"),
    ("HAGEN_CNI_SHA256", "the CNI manifest's digest"),
    ("HAGEN_ENDPOINT_HOST", "the endpoint's host"),
    ("HAGEN_ENDPOINT_PORT", "the endpoint's port"),
    ("HAGEN_BIND_PORT", "the API server's port"),
    ("HAGEN_ADDRESS", "the node's address"),
    ("HAGEN_PEERS", "the addresses of its peers"),
    (
        "HAGEN_ENDPOINT_ADDRESSES",
        "the endpoint's addresses in /etc/hosts",
    ),
    ("HAGEN_PIN", "whether the node is its own endpoint"),
    ("HAGEN_PACKAGE_URL", "the package repository"),
    ("HAGEN_PREVIOUS", "the node that it joins after"),
];
/// Files with a name of their own, by the end of their path.
const FILES: &[(&str, &str)] = &[
    ("/bootstrap.sh", "the bootstrap script"),
    ("/kubeadm.yaml", "kubeadm's configuration"),
    ("/containerd.toml", "containerd's configuration"),
    ("/discovery.conf", "where nodes find the cluster"),
    ("/hagen/haproxy.conf", "haproxy's configuration"),
    ("/hagen/nginx.conf", "nginx's configuration"),
    ("/hagen/keepalived.conf", "keepalived's configuration"),
    (
        "/kube-apiserver+strategic.yaml",
        "the API server's manifest",
    ),
];

/// The part of cloud-init that is told apart. `deny_unknown_fields` is left out: a person may
/// have added more.
#[derive(Default, Deserialize)]
struct CloudConfig {
    #[serde(default)]
    write_files: Vec<WrittenFile>,
}

#[derive(Deserialize)]
struct WrittenFile {
    path: String,
    #[serde(default)]
    content: String,
}

/// What changes in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sections {
    list: Vec<String>,
    upgrade: Option<(String, String)>,
}

pub(super) fn report(comparison: &mut Comparison<'_>) {
    let mut roles = node::roles(&comparison.before);
    roles.extend(node::roles(&comparison.after));
    let machines = comparison
        .old_machines
        .iter()
        .chain(&comparison.new_machines);
    roles.extend(machines.map(|(name, machine)| (name.clone(), machine.role)));
    let restarts = restarting(comparison);
    let mut groups: BTreeMap<(&'static str, bool, Sections), Vec<String>> = BTreeMap::new();
    for (path, new) in comparison.new_files.iter() {
        let Some(node) = node_of(path) else { continue };
        let Some(old) = comparison.old_files.get(path).filter(|old| *old != new) else {
            continue;
        };
        let role = roles.get(node).copied().unwrap_or("node");
        groups
            .entry((role, restarts.contains(node), sections(old, new)))
            .or_default()
            .push(node.to_owned());
    }
    for ((role, restarts, sections), mut nodes) in groups {
        nodes.sort_by_key(|name| (name.len(), name.clone()));
        say(comparison, role, restarts, &sections, &nodes);
    }
    strays(comparison, &roles);
}

fn node_of(path: &str) -> Option<&str> {
    path.strip_prefix("cloud-init/")?.strip_suffix(".yaml")
}

/// Machines whose user data Terraform would change, by stopping them.
fn restarting(comparison: &Comparison<'_>) -> BTreeSet<String> {
    comparison
        .new
        .values()
        .filter(|one| {
            rule::of(&one.kind)
                .and_then(|rule| rule.user_data.as_deref())
                .is_some_and(|attribute| {
                    one.attributes.contains_key(attribute) && !one.ignores(attribute)
                })
        })
        .filter_map(|one| one.key.clone())
        .collect()
}

fn say(
    comparison: &mut Comparison<'_>,
    role: &str,
    restarts: bool,
    sections: &Sections,
    nodes: &[String],
) {
    let list = names(nodes.iter().map(String::as_str));
    let mut what = format!(
        "the cloud-init of {} {list} changes: {}. ",
        plural(nodes.len(), role),
        sections.list.join(", ")
    );
    let (severity, effect) = if restarts {
        what.push_str("Nothing makes Terraform ignore it: the machines stop and start, and cloud-init does not run again");
        (Severity::Danger, Effect::Restart)
    } else if !comparison.new_machines.is_empty() {
        what.push_str("Nothing brings it to machines that are there: only seeds that are made from then on have it");
        (Severity::Notice, Effect::NewMachinesOnly)
    } else {
        what.push_str("Nodes that run do not get it, only new ones do");
        (Severity::Notice, Effect::NewMachinesOnly)
    };
    let mut severity = severity;
    if let Some((before, after)) = &sections.upgrade {
        if version(after) < version(before) {
            severity = Severity::Danger;
            let _ = write!(
                what,
                "; Kubernetes cannot go back, so nodes of {} would join a cluster of {}",
                code(after),
                code(before)
            );
        } else {
            let _ = write!(
                what,
                "; upgrade those with `kubeadm upgrade`, node by node, from {} to {}",
                code(before),
                code(after)
            );
        }
    }
    let file = nodes
        .first()
        .map(|node| format!("cloud-init/{node}.yaml"))
        .unwrap_or_default();
    let change = comparison.say(severity, effect, list, what, file);
    if let Some((before, after)) = sections.upgrade.clone() {
        change.brief = Some(format!("Kubernetes {} for new {role}s", code(&after)));
        change.before = Some(before);
        change.after = Some(after);
    }
}

/// `1.37.10` comes after `1.37.9`.
fn version(text: &str) -> Vec<u32> {
    text.split('.')
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}

/// Files that come or go without their node.
fn strays(comparison: &mut Comparison<'_>, roles: &BTreeMap<String, &'static str>) {
    if comparison.first {
        return;
    }
    let mut found: Vec<(String, bool)> = Vec::new();
    for (path, _) in comparison.new_files.iter() {
        found.extend(
            node_of(path)
                .filter(|node| {
                    !comparison.old_files.contains_key(path) && !roles.contains_key(*node)
                })
                .map(|_| (path.to_owned(), true)),
        );
    }
    for path in comparison.old_files.keys() {
        found.extend(
            node_of(path)
                .filter(|node| {
                    comparison.new_files.get(path).is_none() && !roles.contains_key(*node)
                })
                .map(|_| (path.clone(), false)),
        );
    }
    // A node that was there before and whose file was lost gets one again.
    let before = node::roles(&comparison.before);
    for (path, _) in comparison.new_files.iter() {
        found.extend(
            node_of(path)
                .filter(|node| {
                    !comparison.old_files.contains_key(path) && before.contains_key(*node)
                })
                .map(|_| (path.to_owned(), true)),
        );
    }
    for (path, added) in found {
        let verb = if added { "comes" } else { "goes" };
        let what = format!("{} {verb}; nodes that run do not notice", code(&path));
        comparison.say(
            Severity::Notice,
            Effect::NewMachinesOnly,
            code(&path),
            what,
            path,
        );
    }
}

fn sections(old: &str, new: &str) -> Sections {
    let mut sections = Sections {
        list: Vec::new(),
        upgrade: None,
    };
    let (Some(before), Some(after)) = (read(old), read(new)) else {
        sections
            .list
            .push("the file before cannot be read as cloud-init".to_owned());
        return sections;
    };
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths {
        let (old, new) = (before.get(path), after.get(path));
        if old == new {
            continue;
        }
        if path.ends_with("/node.env") {
            environment(&mut sections, old, new);
            continue;
        }
        let named = FILES
            .iter()
            .find(|(end, _)| path.ends_with(end))
            .map(|(_, name)| (*name).to_owned());
        let named = named.unwrap_or_else(|| code(path));
        sections.list.push(match (old, new) {
            (None, _) => format!("{named} (new)"),
            (_, None) => format!("{named} (gone)"),
            _ => named,
        });
    }
    if sections.list.is_empty() {
        sections
            .list
            .push("what is around the files that it writes".to_owned());
    }
    sections
}

fn read(text: &str) -> Option<BTreeMap<String, String>> {
    let config: CloudConfig = serde_saphyr::from_str(text).ok()?;
    Some(
        config
            .write_files
            .into_iter()
            .map(|file| (file.path, file.content))
            .collect(),
    )
}

fn environment(sections: &mut Sections, old: Option<&String>, new: Option<&String>) {
    let (before, after) = (variables(old), variables(new));
    let keys: BTreeSet<&&str> = before.keys().chain(after.keys()).collect();
    let mut others = Vec::new();
    for key in keys {
        let (old, new) = (before.get(*key), after.get(*key));
        if old == new {
            continue;
        }
        let Some((_, name)) = NAMED.iter().find(|(known, _)| known == key) else {
            others.push(code(key));
            continue;
        };
        let shown = |value: Option<&&str>| match value {
            Some(&"") | None => "none".to_owned(),
            Some(value) => code(value),
        };
        sections
            .list
            .push(format!("{name} from {} to {}", shown(old), shown(new)));
        if *name == "Kubernetes" {
            sections.upgrade = old
                .zip(new)
                .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()));
        }
    }
    sections.list.extend(others);
}

/// The variables of `node.env`.
fn variables(text: Option<&String>) -> BTreeMap<&str, &str> {
    text.map(String::as_str)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim().trim_matches('\'')))
        .collect()
}
