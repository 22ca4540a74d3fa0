//! Attributes that change: what that does to their resource, one line for all that are alike.

use std::collections::BTreeMap;

use crate::facts::changes::ResourceKind;

use super::compare::Comparison;
use super::delta::{AttributeChange, Difference};
use super::tags::is_tags;
use super::words::{code, codes, name, names, plural};
use super::{Effect, Severity, node, rule};

/// What makes resources alike: their block, file, and what changes.
type Alike = (String, String, Vec<String>);

pub(super) fn report(comparison: &mut Comparison<'_>, unclaimed: &[Difference]) {
    // The lines on these told of the replacement only.
    let replaced: Vec<Difference> = comparison
        .differences
        .iter()
        .filter(|difference| {
            comparison.claimed.contains(&difference.address) && difference.is_replaced()
        })
        .filter(|difference| {
            rule::kind(&difference.instance().kind) != Some(ResourceKind::LoadBalancer)
        })
        .cloned()
        .collect();
    let mut groups: BTreeMap<Alike, (Vec<AttributeChange>, Vec<&Difference>)> = BTreeMap::new();
    for difference in unclaimed.iter().chain(&replaced) {
        if follows_others(comparison, difference) {
            continue;
        }
        let mut by_effect: BTreeMap<(Effect, usize), Vec<AttributeChange>> = BTreeMap::new();
        for (at, attribute) in difference.attributes.iter().enumerate() {
            if is_tags(&attribute.path)
                || attribute.effect == Effect::Replace
                || told_with_the_load_balancer(difference, attribute)
                || condition_is_the_same(comparison, difference, attribute)
            {
                continue;
            }
            // What has more to say stands for itself.
            let alone = if stands_alone(difference, attribute) {
                at + 1
            } else {
                0
            };
            by_effect
                .entry((attribute.effect, alone))
                .or_default()
                .push(without_long_values(difference, attribute));
        }
        let one = difference.instance();
        for attributes in by_effect.into_values() {
            let sentences = attributes.iter().map(AttributeChange::sentence).collect();
            groups
                .entry((one.block.clone(), one.file.clone(), sentences))
                .or_insert_with(|| (attributes, Vec::new()))
                .1
                .push(difference);
        }
    }
    for ((block, file, sentences), (attributes, group)) in groups {
        say(
            comparison,
            &block,
            &sentences.join("; "),
            &attributes,
            &group,
            file,
        );
    }
}

/// Whether this is an output whose own words are the same: its value follows what it names, of
/// which other lines speak.
fn follows_others(comparison: &Comparison<'_>, difference: &Difference) -> bool {
    let one = difference.instance();
    rule::kind(&one.kind) == Some(ResourceKind::Text)
        && comparison.old_files.get(&one.file).map(String::as_str)
            == comparison.new_files.get(&one.file)
}

/// Whether a condition reads the same in the file, and only what it names is another: of that
/// other lines speak.
fn condition_is_the_same(
    comparison: &Comparison<'_>,
    difference: &Difference,
    attribute: &AttributeChange,
) -> bool {
    if !attribute.path.starts_with("lifecycle.precondition") {
        return false;
    }
    let key = attribute.path.rsplit('.').next().unwrap_or_default();
    let lines = |text: Option<&str>| -> Vec<String> {
        text.unwrap_or_default()
            .lines()
            .filter(|line| line.trim_start().starts_with(key))
            .map(str::to_owned)
            .collect()
    };
    let file = &difference.instance().file;
    lines(comparison.old_files.get(file).map(String::as_str))
        == lines(comparison.new_files.get(file))
}

/// Whether the statement on the load balancer says it.
fn told_with_the_load_balancer(difference: &Difference, attribute: &AttributeChange) -> bool {
    attribute.effect == Effect::Refused
        && rule::kind(&difference.instance().kind) == Some(ResourceKind::LoadBalancer)
}

fn stands_alone(difference: &Difference, attribute: &AttributeChange) -> bool {
    attribute.note.is_some()
        || attribute.path.starts_with("lifecycle.")
        || rule::of(&difference.instance().kind)
            .is_some_and(|rule| rule.guards.contains(&attribute.path))
}

/// An output's value follows its resources, and user data is read in cloud-init/.
fn without_long_values(difference: &Difference, attribute: &AttributeChange) -> AttributeChange {
    let mut attribute = attribute.clone();
    let rule = rule::of(&difference.instance().kind);
    let user_data =
        rule.is_some_and(|rule| rule.user_data.as_deref() == Some(attribute.path.as_str()));
    if user_data || rule.is_some_and(|rule| rule.kind == Some(ResourceKind::Text)) {
        attribute.before = None;
        attribute.after = None;
    }
    attribute
}

fn say(
    comparison: &mut Comparison<'_>,
    block: &str,
    sentence: &str,
    attributes: &[AttributeChange],
    group: &[&Difference],
    file: String,
) {
    let (Some(first), [attribute, ..]) = (group.first(), attributes) else {
        return;
    };
    let kind = first.instance().kind.as_str();
    let subject = subject(group);
    let note = attribute
        .note
        .as_ref()
        .map(|note| format!(". {note}"))
        .unwrap_or_default();
    let off = is_on(attribute.before.as_deref()) && !is_on(attribute.after.as_deref());
    let known = rule::of(kind);
    let guards = known.is_some_and(|rule| rule.guards.contains(&attribute.path));
    let cloud = known.map_or("the cloud", |rule| rule.cloud);
    let mut brief = None;
    let (severity, effect, what) = match (attribute.path.as_str(), attribute.effect) {
        (_, Effect::InPlace) if guards && off => {
            brief = Some("deletion protection switched off".to_owned());
            let what = format!(
                "the deletion protection of {subject} is switched off ({sentence}): once this is applied, nothing in {cloud} keeps it from being deleted"
            );
            (Severity::Danger, Effect::InPlace, what)
        }
        (_, Effect::InPlace) if attribute.danger => {
            brief = Some(format!("a dangerous change of {subject}"));
            let what = format!("{subject}: {sentence}; changes in place{note}");
            (Severity::Danger, Effect::InPlace, what)
        }
        ("lifecycle.prevent_destroy", _) if off => {
            let what =
                format!("Terraform no longer refuses a plan that destroys {subject} ({sentence})");
            (Severity::Danger, Effect::Keeps, what)
        }
        ("lifecycle.ignore_changes", _) => {
            let what = format!(
                "{subject}: {sentence}; what was ignored until now can have an effect, see terraform plan"
            );
            (Severity::Caution, Effect::Unknown, what)
        }
        (_, Effect::Keeps) => {
            let what = format!("{subject}: {sentence}; what is there stays");
            (Severity::Notice, Effect::Keeps, what)
        }
        (_, Effect::Restart) => {
            brief = Some(format!("{subject} stopped and started"));
            let verb = if group.len() == 1 {
                "it stops and starts"
            } else {
                "each stops and starts"
            };
            (
                Severity::Danger,
                Effect::Restart,
                format!("{subject}: {sentence}; {verb}{note}"),
            )
        }
        (_, Effect::NewMachinesOnly) => {
            let what = format!("{subject}: {sentence}; only new machines get it");
            (Severity::Notice, Effect::NewMachinesOnly, what)
        }
        (_, Effect::InPlace) => (
            Severity::Notice,
            Effect::InPlace,
            format!("{subject}: {sentence}; changes in place{note}"),
        ),
        (_, Effect::Refused) => {
            brief = Some(format!("a change of {subject} refused"));
            (
                Severity::Danger,
                Effect::Refused,
                format!("{subject}: {sentence}{note}"),
            )
        }
        _ if rule::kind(kind) == Some(ResourceKind::Image) => {
            let what =
                format!("the image of new machines: {sentence}; machines that run keep theirs");
            (Severity::Notice, Effect::NewMachinesOnly, what)
        }
        _ => {
            let what = format!("{subject}: {sentence}; changes, see terraform plan");
            (Severity::Caution, Effect::Unknown, what)
        }
    };
    let change = comparison.say(severity, effect, code(block), what, file);
    change.brief = brief;
    if attributes.len() == 1 {
        change.before.clone_from(&attribute.before);
        change.after.clone_from(&attribute.after);
    }
}

/// Whether a switch is on, in the words of any of the clouds.
fn is_on(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "on"))
}

/// `control-plane nodes cp-1, cp-2`, `load balancer prod-api`, `aws_eip.nat["…"]`.
fn subject(group: &[&Difference]) -> String {
    let addresses = || codes(group.iter().map(|difference| difference.address.as_str()));
    let Some(first) = group.first().map(|difference| difference.instance()) else {
        return String::new();
    };
    let Some(rule) = rule::of(&first.kind) else {
        return addresses();
    };
    if rule.kind == Some(ResourceKind::Machine)
        && let Some(word) = node::word(&first.name)
    {
        let mut keys: Vec<&str> = group
            .iter()
            .map(|difference| {
                difference
                    .instance()
                    .key
                    .as_deref()
                    .unwrap_or(&difference.address)
            })
            .collect();
        keys.sort_by_key(|key| (key.len(), *key));
        return format!("{} {}", plural(keys.len(), word), names(keys));
    }
    let noun = plural(group.len(), &rule.title);
    if rule.name.is_some() && group.len() == 1 {
        return format!("{noun} {}", name(&first.title()));
    }
    format!("{noun} {}", addresses())
}
