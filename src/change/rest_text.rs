//! Terraform files that differ and of which nothing was said.

use std::collections::BTreeSet;

use crate::facts::changes::ResourceKind;

use super::compare::Comparison;
use super::delta::Difference;
use super::folder::{Folder, is_terraform};
use super::words::{code, codes};
use super::{Effect, Severity, rule};

/// Locals that the report on nodes reads.
const OF_NODES: &[&str] = &[
    "control_plane",
    "control_plane_addresses",
    "etcd",
    "etcd_addresses",
    "workers",
    "workers_addresses",
];

pub(super) fn report(comparison: &mut Comparison<'_>) {
    locals(comparison);
    texts(comparison);
}

/// Locals that changed, and that no resource with a change uses.
fn locals(comparison: &mut Comparison<'_>) {
    let (old, new) = (&comparison.before.locals, &comparison.after.locals);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut silent: Vec<(String, String)> = Vec::new();
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        let same = before.map(|(_, value)| value) == after.map(|(_, value)| value);
        if same || (OF_NODES.contains(&name.as_str()) && !comparison.list.is_empty()) {
            continue;
        }
        let file = after
            .or(before)
            .map(|(file, _)| file.clone())
            .unwrap_or_default();
        if !comparison.before.unread.contains_key(&file) && !is_heard(comparison, name) {
            silent.push((name.clone(), file));
        }
    }
    if comparison.first {
        return;
    }
    for (name, file) in silent {
        let local = format!("local.{name}");
        let what = format!(
            "{} changes, and no resource that is compared here with it; see terraform plan",
            code(&local)
        );
        comparison.say(Severity::Notice, Effect::Unknown, code(&local), what, file);
    }
}

/// Whether a block with a reported change uses a local, by itself or through others.
fn is_heard(comparison: &Comparison<'_>, local: &str) -> bool {
    let users = |folder: &Folder| {
        let mut waiting = vec![local.to_owned()];
        let mut seen = BTreeSet::new();
        let mut blocks = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let reference = format!("local.{name}");
            for (address, block) in folder.resources.iter().chain(&folder.others) {
                if mentions(&hcl::to_string(&block.body).unwrap_or_default(), &reference) {
                    blocks.insert(address.clone());
                }
            }
            for (other, (_, value)) in &folder.locals {
                if mentions(&super::value::text(value), &reference) {
                    waiting.push(other.clone());
                }
            }
        }
        blocks
    };
    let mut blocks = users(&comparison.before);
    blocks.extend(users(&comparison.after));
    comparison
        .differences
        .iter()
        .map(Difference::instance)
        // Of an output's value other lines speak, or this one.
        .filter(|one| rule::kind(&one.kind) != Some(ResourceKind::Text))
        .any(|one| blocks.contains(&one.block))
}

fn mentions(text: &str, reference: &str) -> bool {
    text.match_indices(reference).any(|(at, _)| {
        !text[at + reference.len()..]
            .starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    })
}

/// Files that differ as text and not in what they say, and blocks that say the same otherwise.
fn texts(comparison: &mut Comparison<'_>) {
    let mut comments: BTreeSet<String> = BTreeSet::new();
    for (path, old) in comparison.old_files {
        let Some(new) = comparison
            .new_files
            .get(path)
            .filter(|new| is_terraform(path) && *new != old)
        else {
            continue;
        };
        let readable = !comparison.before.unread.contains_key(path)
            && !comparison.after.unread.contains_key(path);
        if readable && hcl::parse(old).ok() == hcl::parse(new).ok() {
            comments.insert(path.clone());
        }
    }
    if !comments.is_empty() {
        let list = codes(comments.iter().map(String::as_str));
        let what = format!("{list}: only comments or layout differ");
        let file = comments.into_iter().next().unwrap_or_default();
        comparison.say(Severity::Notice, Effect::Keeps, list, what, file);
    }
    let mut reworded: Vec<(String, String)> = Vec::new();
    let (old, new) = (&comparison.before, &comparison.after);
    for (address, block) in new.resources.iter().chain(&new.others) {
        let before = old
            .resources
            .get(address)
            .or_else(|| old.others.get(address));
        let same = before.is_none_or(|before| before.body == block.body);
        let said = comparison
            .differences
            .iter()
            .any(|difference| difference.instance().block == *address);
        if !same && !said {
            reworded.push((address.clone(), block.file.clone()));
        }
    }
    for (address, file) in reworded {
        let what = format!(
            "{} is written differently and comes to the same",
            code(&address)
        );
        comparison.say(Severity::Notice, Effect::Keeps, code(&address), what, file);
    }
}
