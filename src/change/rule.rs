//! What a changed attribute does to its resource: `providers/*/changes.yaml`.

use crate::facts::aws::{self, AttributeEffect, ResourceKind};

use super::Effect;

/// What is known about a type of resource.
pub(super) fn of(kind: &str) -> Option<&'static aws::Change> {
    aws::CHANGES.get(kind)
}

/// What a type of resource is to the cluster.
pub(super) fn kind(resource: &str) -> Option<ResourceKind> {
    of(resource)?.kind
}

/// What it means that an attribute goes from one value to another, with what there is to say.
pub(super) fn effect(
    kind: &str,
    path: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> (Effect, Option<&'static str>) {
    if path.starts_with("lifecycle.") || path == "depends_on" {
        return (Effect::Keeps, None);
    }
    let Some(rule) = of(kind) else {
        return (Effect::Unknown, None);
    };
    if let Some((block, rest)) = path.split_once('[')
        && let Some(known) = rule.blocks.get(block)
    {
        let whole = closes_at_the_end(rest);
        let meaning = match (before, after) {
            (None, Some(_)) if whole => known.added,
            (Some(_), None) if whole => known.removed,
            _ => known.changed,
        };
        return (of_attribute(meaning), None);
    }
    let path = without_indices(path);
    let mut wanted = path.as_str();
    loop {
        let note = rule.notes.get(wanted).map(String::as_str);
        let is_in = |list: &[String]| list.iter().any(|name| name == wanted);
        if is_in(&rule.replace) {
            return (Effect::Replace, note);
        }
        if is_in(&rule.restart) {
            return (Effect::Restart, note);
        }
        if is_in(&rule.in_place) {
            if is_in(&rule.presence_replaces) && empty(before) != empty(after) {
                return (Effect::Replace, note);
            }
            if is_in(&rule.grows_only) && shrinks(before, after) {
                return (Effect::Refused, Some("AWS refuses to make it smaller."));
            }
            return (Effect::InPlace, note);
        }
        match wanted.rsplit_once('.') {
            Some((outer, _)) => wanted = outer,
            None => return (Effect::Unknown, None),
        }
    }
}

fn of_attribute(effect: AttributeEffect) -> Effect {
    match effect {
        AttributeEffect::Replace => Effect::Replace,
        AttributeEffect::Restart => Effect::Restart,
        AttributeEffect::InPlace => Effect::InPlace,
    }
}

fn empty(value: Option<&str>) -> bool {
    value.is_none_or(|value| matches!(value.trim(), "[]" | "null" | "\"\""))
}

fn shrinks(before: Option<&str>, after: Option<&str>) -> bool {
    let number = |value: Option<&str>| value.and_then(|value| value.parse::<f64>().ok());
    number(before)
        .zip(number(after))
        .is_some_and(|(before, after)| after < before)
}

/// Whether the bracket that is open at the start is closed by the last character.
fn closes_at_the_end(rest: &str) -> bool {
    let mut depth = 1_u32;
    for (at, c) in rest.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return at + 1 == rest.len(),
            ']' => depth -= 1,
            _ => {}
        }
    }
    false
}

fn without_indices(path: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}
