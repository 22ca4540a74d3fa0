//! Resources that have no words of their own: counted by type. Together with what is told of
//! attributes, tags and texts, nothing that differs in a Terraform file goes unsaid.

use std::collections::BTreeMap;

use crate::facts::changes::ResourceKind;

use super::compare::Comparison;
use super::delta::{AttributeChange, Difference};
use super::words::{code, codes, count, plural};
use super::{Effect, Severity, rule};

pub(super) fn report(comparison: &mut Comparison<'_>) {
    let unclaimed: Vec<Difference> = comparison
        .differences
        .iter()
        .filter(|difference| !comparison.claimed.contains(&difference.address))
        .cloned()
        .collect();
    comings_and_goings(comparison, &unclaimed);
    replacements(comparison, &unclaimed);
    super::attribute::report(comparison, &unclaimed);
    super::tags::report(comparison);
    super::rest_text::report(comparison);
}

/// `Elastic IP address`, or the type as it stands.
fn title(kind: &str) -> String {
    match rule::of(kind) {
        Some(rule) => rule.title.clone(),
        None => code(kind),
    }
}

/// A resource's name without its type, for a list under its type.
fn short(difference: &Difference) -> String {
    let one = difference.instance();
    match &one.key {
        Some(key) => format!("{}[{key:?}]", one.name),
        None => one.name.clone(),
    }
}

fn comings_and_goings(comparison: &mut Comparison<'_>, all: &[Difference]) {
    let mut groups: BTreeMap<(bool, String, String, Option<String>), Vec<&Difference>> =
        BTreeMap::new();
    for difference in all {
        let added = difference.is_added();
        if !added && !difference.is_removed() {
            continue;
        }
        let one = difference.instance();
        let refusal = if added {
            None
        } else {
            comparison.refusal(difference)
        };
        groups
            .entry((added, one.kind.clone(), one.file.clone(), refusal))
            .or_default()
            .push(difference);
    }
    for ((added, kind, file, refusal), group) in groups {
        let known = rule::of(&kind);
        let noun = match known {
            Some(rule) => count(group.len(), &rule.title),
            None => format!("{} {}", group.len(), code(&kind)),
        };
        let list: Vec<String> = group.iter().map(|difference| short(difference)).collect();
        let shown = codes(list.iter().map(String::as_str));
        let verb = match (added, comparison.first) {
            (true, true) => "makes",
            (true, false) => "adds",
            (false, _) => "removes",
        };
        let what = format!("{verb} {noun}: {shown}");
        let effect = if added { Effect::Adds } else { Effect::Removes };
        let resource = group[0].instance().block.split('.').next() == Some(kind.as_str());
        let text = kind.starts_with("data.") || rule::kind(&kind) == Some(ResourceKind::Text);
        let precious = known.is_some_and(|rule| rule.precious);
        let (severity, effect, what) = match refusal {
            Some(refusal) => (
                Severity::Danger,
                Effect::Refused,
                format!("would remove {noun}: {shown}. {refusal}"),
            ),
            None if text => (
                Severity::Notice,
                effect,
                format!("{what}; that alone changes nothing that runs"),
            ),
            None if !resource && !comparison.first => (
                Severity::Caution,
                Effect::Unknown,
                format!("{what}; see terraform plan"),
            ),
            None if added => (Severity::Notice, effect, what),
            None if precious => (Severity::Danger, effect, what),
            None => (Severity::Caution, effect, what),
        };
        let brief = format!("{verb} {noun}");
        let change = comparison.say(severity, effect, code(&kind), what, file);
        if severity == Severity::Danger {
            change.brief = Some(brief);
        }
    }
}

fn replacements(comparison: &mut Comparison<'_>, all: &[Difference]) {
    let mut groups: BTreeMap<(String, String, String), Vec<&Difference>> = BTreeMap::new();
    let mut followers: BTreeMap<String, Vec<&Difference>> = BTreeMap::new();
    for difference in all.iter().filter(|difference| difference.is_replaced()) {
        let one = difference.instance();
        let precious = rule::of(&one.kind).is_some_and(|rule| rule.precious);
        if let Some(because) = difference.because.as_ref().filter(|_| !precious) {
            followers
                .entry(because.clone())
                .or_default()
                .push(difference);
            continue;
        }
        groups
            .entry((one.block.clone(), difference.reasons(), one.file.clone()))
            .or_default()
            .push(difference);
    }
    for (because, group) in followers {
        let shown = codes(group.iter().map(|difference| difference.address.as_str()));
        let file = group[0].instance().file.clone();
        let what = format!(
            "with {}, what belongs to it is replaced: {shown}",
            code(&because)
        );
        comparison.say(
            Severity::Caution,
            Effect::Replace,
            code(&because),
            what,
            file,
        );
    }
    for ((block, reasons, file), group) in groups {
        let first = group[0];
        let kind = &first.instance().kind;
        if rule::kind(kind) == Some(ResourceKind::Provider) {
            region(comparison, first, &file);
            continue;
        }
        let title = title(kind);
        let shown = codes(group.iter().map(|difference| difference.address.as_str()));
        let verb = if group.len() == 1 { "is" } else { "are" };
        let noun = format!("{} {shown}", plural(group.len(), &title));
        let replacing = || {
            first
                .attributes
                .iter()
                .filter(|attribute| attribute.effect == Effect::Replace)
        };
        let note = replacing()
            .find_map(|attribute| attribute.note.as_ref())
            .map(|note| format!(". {note}"))
            .unwrap_or_default();
        let precious = rule::of(kind).is_some_and(|rule| rule.precious)
            || replacing().any(|attribute| attribute.danger);
        let (severity, effect, what) = match comparison.refusal(first) {
            Some(refusal) => (
                Severity::Danger,
                Effect::Refused,
                format!("{noun} would be replaced: {reasons}. {refusal}{note}"),
            ),
            None => (
                if precious {
                    Severity::Danger
                } else {
                    Severity::Caution
                },
                Effect::Replace,
                format!("{noun} {verb} replaced: {reasons}{note}"),
            ),
        };
        let one = single(first);
        let change = comparison.say(severity, effect, code(&block), what, file);
        if severity == Severity::Danger {
            let refused = if effect == Effect::Refused {
                " refused"
            } else {
                ""
            };
            change.brief = Some(format!("{title} replacement{refused}"));
        }
        if let Some(attribute) = one {
            change.before.clone_from(&attribute.before);
            change.after.clone_from(&attribute.after);
        }
    }
}

/// The attribute, if only one replaces.
fn single(difference: &Difference) -> Option<&AttributeChange> {
    let mut replacing = difference
        .attributes
        .iter()
        .filter(|attribute| attribute.effect == Effect::Replace);
    replacing.next().filter(|_| replacing.next().is_none())
}

fn region(comparison: &mut Comparison<'_>, difference: &Difference, file: &str) {
    for attribute in difference
        .attributes
        .iter()
        .filter(|attribute| attribute.effect == Effect::Replace)
    {
        let note = attribute
            .note
            .as_ref()
            .map(|note| format!(". {note}"))
            .unwrap_or_default();
        let what = format!("everything: the provider's {}{note}", attribute.sentence());
        let change = comparison.say(Severity::Danger, Effect::Replace, "everything", what, file);
        change.brief = Some("everything is made anew".to_owned());
        change.before.clone_from(&attribute.before);
        change.after.clone_from(&attribute.after);
    }
}
