//! What a changed attribute does to its resource: `providers/*/changes.yaml`.

use crate::facts::changes::{AttributeEffect, CHANGES, Change, Danger, ResourceKind};

use super::Effect;

/// The provider's update function knows the attribute only to refuse it.
const REFUSED: &str = "The plan says that it changes in place, and the apply fails in the middle, because the provider cannot change it once it is made. Take this change back";
/// The provider looks at the attribute while it plans.
const REFUSED_IN_PLAN: &str = "Terraform's plan fails, and with it everything else in it, because the provider does not change it once it is made. Take this change back";

/// What it means that an attribute changes.
#[derive(Clone, Debug)]
pub(super) struct Meaning {
    pub(super) effect: Effect,
    /// What there is to say of it.
    pub(super) note: Option<String>,
    /// Whether it is a danger although it happens in place.
    pub(super) danger: bool,
}

impl From<Effect> for Meaning {
    fn from(effect: Effect) -> Self {
        Self {
            effect,
            note: None,
            danger: false,
        }
    }
}

/// What is known about a type of resource.
pub(super) fn of(kind: &str) -> Option<&'static Change> {
    CHANGES.get(kind)
}

/// What a type of resource is to the cluster.
pub(super) fn kind(resource: &str) -> Option<ResourceKind> {
    of(resource)?.kind
}

/// What it means that an attribute goes from one value to another.
pub(super) fn meaning(
    kind: &str,
    path: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> Meaning {
    if path.starts_with("lifecycle.") || path == "depends_on" {
        return Effect::Keeps.into();
    }
    let Some(rule) = of(kind) else {
        return Effect::Unknown.into();
    };
    if let Some((block, rest)) = path.split_once('[')
        && let Some(known) = rule.blocks.get(block)
    {
        let whole = closes_at_the_end(rest);
        let effect = match (before, after) {
            (None, Some(_)) if whole => return of_attribute(known.added).into(),
            (Some(_), None) if whole => known.removed,
            _ => known.changed,
        };
        return with_danger(of_attribute(effect).into(), rule.dangers.get(block), after);
    }
    let path = without_indices(path);
    let mut wanted = path.as_str();
    loop {
        if let Some(effect) = listed(rule, wanted, before, after) {
            let meaning = Meaning {
                note: note(rule, wanted, effect),
                effect,
                danger: false,
            };
            return with_danger(meaning, rule.dangers.get(wanted), after);
        }
        match wanted.rsplit_once('.') {
            Some((outer, _)) => wanted = outer,
            None => return Effect::Unknown.into(),
        }
    }
}

/// The effect of an attribute that stands in one of the lists.
fn listed(
    rule: &Change,
    wanted: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> Option<Effect> {
    let is_in = |list: &[String]| list.iter().any(|name| name == wanted);
    if is_in(&rule.refused) || is_in(&rule.refused_in_plan) {
        Some(Effect::Refused)
    } else if is_in(&rule.replace) {
        Some(Effect::Replace)
    } else if is_in(&rule.restart) {
        Some(Effect::Restart)
    } else if !is_in(&rule.in_place) {
        None
    } else if is_in(&rule.presence_replaces) && empty(before) != empty(after) {
        Some(Effect::Replace)
    } else if is_in(&rule.grows_only) && shrinks(before, after) {
        Some(Effect::Refused)
    } else {
        Some(Effect::InPlace)
    }
}

fn note(rule: &Change, wanted: &str, effect: Effect) -> Option<String> {
    let own = rule.notes.get(wanted);
    let is_in = |list: &[String]| list.iter().any(|name| name == wanted);
    let why = match effect {
        Effect::Refused if is_in(&rule.refused) => REFUSED,
        Effect::Refused if is_in(&rule.refused_in_plan) => REFUSED_IN_PLAN,
        Effect::Refused => return Some(format!("{} refuses to make it smaller.", rule.cloud)),
        _ => return own.cloned(),
    };
    Some(match own {
        Some(own) => format!("{why}. {own}"),
        None => format!("{why}."),
    })
}

fn with_danger(meaning: Meaning, danger: Option<&Danger>, after: Option<&str>) -> Meaning {
    let after = after
        .filter(|value| *value != "null")
        .map(|value| value.trim_matches('"'));
    match danger.filter(|danger| danger.meets(after)) {
        Some(danger) => Meaning {
            effect: if danger.refused {
                Effect::Refused
            } else {
                meaning.effect
            },
            note: Some(danger.why.clone()),
            danger: true,
        },
        None => meaning,
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
