//! What differs between two sets of single resources, attribute by attribute, and what a
//! replacement takes with it.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::prevents_destroy;
use super::folder::Folder;
use super::instance::Instance;
use super::rule::Meaning;
use super::words::code;
use super::{Effect, rule};

/// A single resource that is on one side only, or not the same on both.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub(super) address: String,
    pub(super) old: Option<Instance>,
    pub(super) new: Option<Instance>,
    pub(super) attributes: Vec<AttributeChange>,
    /// The resource whose replacement replaces this one too.
    pub(super) because: Option<String>,
    /// Why that one is.
    cause: String,
}

/// An attribute that differs.
#[derive(Clone, Debug)]
pub(super) struct AttributeChange {
    pub(super) path: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) effect: Effect,
    pub(super) note: Option<String>,
    /// Whether it is a danger although it happens in place.
    pub(super) danger: bool,
}

impl Difference {
    /// Either side; the new one if there are both.
    pub(super) fn instance(&self) -> &Instance {
        match (&self.new, &self.old) {
            (Some(instance), _) | (None, Some(instance)) => instance,
            (None, None) => unreachable!("a difference has a side"),
        }
    }

    pub(super) fn is_added(&self) -> bool {
        self.old.is_none()
    }

    pub(super) fn is_removed(&self) -> bool {
        self.new.is_none()
    }

    /// Whether it is destroyed and made anew.
    pub(super) fn is_replaced(&self) -> bool {
        self.because.is_some()
            || (self.old.is_some()
                && self.new.is_some()
                && self
                    .attributes
                    .iter()
                    .any(|attribute| attribute.effect == Effect::Replace))
    }

    /// Why it is replaced.
    pub(super) fn reasons(&self) -> String {
        let replacing = || {
            self.attributes
                .iter()
                .filter(|attribute| attribute.effect == Effect::Replace)
        };
        let mut reasons: Vec<String> = replacing()
            .filter(|attribute| !attribute.path.contains('['))
            .map(AttributeChange::sentence)
            .collect();
        // One of several like blocks is told in full only where it is alone.
        let blocks: Vec<&AttributeChange> = replacing()
            .filter(|attribute| attribute.path.contains('['))
            .collect();
        match blocks.as_slice() {
            [] => {}
            [one] => reasons.push(one.sentence()),
            [first, ..] => {
                let block = first.path.split('[').next().unwrap_or_default();
                reasons.push(format!(
                    "{} changes in {} places",
                    code(block),
                    blocks.len()
                ));
            }
        }
        match (&self.because, reasons.is_empty()) {
            (Some(address), true) if self.cause.is_empty() => {
                format!("{} is replaced, which it belongs to", code(address))
            }
            (Some(address), true) => format!(
                "{} is replaced, which it belongs to: {}",
                code(address),
                self.cause
            ),
            _ => reasons.join("; "),
        }
    }
}

impl AttributeChange {
    /// `port` 6443 → 7443.
    pub(super) fn sentence(&self) -> String {
        let path = code(&self.path);
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                format!("{path} changes from {} to {}", code(before), code(after))
            }
            (None, Some(after)) => format!("{path} is added: {}", code(after)),
            (Some(before), None) => format!("{path} is removed, it was {}", code(before)),
            (None, None) => format!("{path} changes"),
        }
    }
}

/// What differs, each with all that differs in it.
pub(super) fn differences(
    before: &Folder,
    after: &Folder,
    old: &BTreeMap<String, Instance>,
    new: &BTreeMap<String, Instance>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let addresses: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for address in addresses {
        let (old, new) = (old.get(address), new.get(address));
        // What an unreadable file held is not known, so nothing of it counts as new.
        let unknown = |side: Option<&Instance>, unread: &BTreeMap<String, String>| {
            side.is_some_and(|instance| unread.contains_key(&instance.file))
        };
        if (old.is_none() && unknown(new, &before.unread))
            || (new.is_none() && unknown(old, &after.unread))
        {
            continue;
        }
        let attributes = match (old, new) {
            (Some(old), Some(new)) => attributes(old, new),
            _ => Vec::new(),
        };
        if old.is_none() || new.is_none() || !attributes.is_empty() {
            found.push(Difference {
                address: address.clone(),
                old: old.cloned(),
                new: new.cloned(),
                attributes,
                because: None,
                cause: String::new(),
            });
        }
    }
    cascade(&mut found, old, new, after);
    found
}

fn attributes(old: &Instance, new: &Instance) -> Vec<AttributeChange> {
    let paths: BTreeSet<&String> = old.attributes.keys().chain(new.attributes.keys()).collect();
    let mut found: Vec<AttributeChange> = Vec::new();
    for path in paths {
        let (before, after) = (old.attributes.get(path), new.attributes.get(path));
        if before == after || path.starts_with("timeouts") {
            continue;
        }
        // A block that comes or goes is one change and not one for each attribute.
        if found.last().is_some_and(|last| {
            (last.before.is_none() || last.after.is_none())
                && path
                    .strip_prefix(&last.path)
                    .is_some_and(|rest| rest.starts_with('.'))
        }) {
            continue;
        }
        let mut meaning = rule::meaning(
            &new.kind,
            path,
            before.map(String::as_str),
            after.map(String::as_str),
        );
        if new.ignores(path) && meaning.effect != Effect::Keeps {
            meaning = Effect::NewMachinesOnly.into();
        }
        let Meaning {
            effect,
            note,
            danger,
        } = meaning;
        let shown = |instance: &Instance, value: Option<&String>| {
            value.map(|value| {
                if value == "{}" {
                    contents(instance, path)
                } else {
                    unquoted(value).to_owned()
                }
            })
        };
        found.push(AttributeChange {
            path: path.clone(),
            before: shown(old, before),
            after: shown(new, after),
            effect,
            note,
            danger,
        });
    }
    found
}

/// A plain string without its quotes.
fn unquoted(value: &str) -> &str {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    inner
        .filter(|inner| !inner.contains(['"', '\\', '$']))
        .unwrap_or(value)
}

fn contents(instance: &Instance, block: &str) -> String {
    let prefix = format!("{block}.");
    let all: Vec<String> = instance
        .attributes
        .iter()
        .filter_map(|(path, value)| Some(format!("{} = {value}", path.strip_prefix(&prefix)?)))
        .collect();
    all.join(", ")
}

/// A replaced resource replaces those that cannot live without it.
fn cascade(
    found: &mut Vec<Difference>,
    old: &BTreeMap<String, Instance>,
    new: &BTreeMap<String, Instance>,
    after: &Folder,
) {
    let mut waiting: Vec<String> = found
        .iter()
        .filter(|difference| difference.is_replaced())
        .map(|difference| difference.address.clone())
        .collect();
    let mut done: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(replaced) = waiting.pop() {
        let block = replaced.split('[').next().unwrap_or(&replaced).to_owned();
        // A plan that Terraform refuses replaces nothing.
        if prevents_destroy(after, &block) {
            continue;
        }
        refuse(found, old, new, &replaced, &block);
        let cause = found
            .iter()
            .find(|difference| difference.address == replaced)
            .map_or_else(String::new, Difference::reasons);
        for (address, instance) in new {
            if done.contains(address)
                || !old.contains_key(address)
                || !depends(instance, &replaced, &block)
            {
                continue;
            }
            done.insert(address.clone());
            waiting.push(address.clone());
            if let Some(difference) = found
                .iter_mut()
                .find(|difference| difference.address == *address)
            {
                difference.because = Some(replaced.clone());
                difference.cause.clone_from(&cause);
            } else {
                found.push(Difference {
                    address: address.clone(),
                    old: old.get(address).cloned(),
                    new: Some(instance.clone()),
                    attributes: Vec::new(),
                    because: Some(replaced.clone()),
                    cause: cause.clone(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
}

fn depends(instance: &Instance, address: &str, block: &str) -> bool {
    references(instance, address, block)
        .any(|path| follows(instance, path).effect == Effect::Replace)
}

/// The attributes that name another resource, as far as they count once the own one is there.
fn references<'a>(
    instance: &'a Instance,
    address: &'a str,
    block: &'a str,
) -> impl Iterator<Item = &'a str> {
    instance
        .attributes
        .iter()
        .filter(move |(path, value)| {
            value.contains(block)
                && !instance.ignores(path)
                && (names(value, &format!("{address}.")) || names(value, &format!("{block}[each.")))
        })
        .map(|(path, _)| path.as_str())
}

/// What it means that the named resource is another.
fn follows(instance: &Instance, path: &str) -> Meaning {
    rule::meaning(&instance.kind, path, Some("old"), Some("new"))
}

/// A replaced resource has another id, and what may not change its reference to it is refused.
fn refuse(
    found: &mut Vec<Difference>,
    old: &BTreeMap<String, Instance>,
    new: &BTreeMap<String, Instance>,
    replaced: &str,
    block: &str,
) {
    for (address, instance) in new.iter().filter(|(address, _)| old.contains_key(*address)) {
        let refused: Vec<AttributeChange> = references(instance, replaced, block)
            .filter_map(|path| {
                let meaning = follows(instance, path);
                (meaning.effect == Effect::Refused).then(|| AttributeChange {
                    path: path.to_owned(),
                    before: None,
                    after: None,
                    effect: meaning.effect,
                    note: meaning.note,
                    danger: meaning.danger,
                })
            })
            .collect();
        if refused.is_empty() {
            continue;
        }
        let at = found
            .iter()
            .position(|difference| difference.address == *address)
            .unwrap_or_else(|| {
                found.push(Difference {
                    address: address.clone(),
                    old: old.get(address).cloned(),
                    new: Some(instance.clone()),
                    attributes: Vec::new(),
                    because: None,
                    cause: String::new(),
                });
                found.len() - 1
            });
        for attribute in refused {
            let known = &mut found[at].attributes;
            if !known.iter().any(|one| one.path == attribute.path) {
                known.push(attribute);
            }
        }
    }
}

/// Whether an expression names an address, and not one that only ends in the same words.
fn names(expression: &str, address: &str) -> bool {
    expression.match_indices(address).any(|(at, _)| {
        !expression[..at]
            .ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    })
}
