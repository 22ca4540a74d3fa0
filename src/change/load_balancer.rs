//! The load balancers: one clear statement for each, and their target groups.

use crate::facts::changes::{ResourceKind, UNSET};

use super::compare::Comparison;
use super::delta::{AttributeChange, Difference};
use super::instance::Instance;
use super::words::{code, name};
use super::{Effect, Severity, rule};

pub(super) fn report(comparison: &mut Comparison<'_>) {
    balancers(comparison);
    target_groups(comparison);
}

fn is(instance: &Instance, kind: ResourceKind) -> bool {
    rule::kind(&instance.kind) == Some(kind)
}

fn balancers(comparison: &mut Comparison<'_>) {
    let balancers: Vec<Instance> = comparison
        .new
        .values()
        .filter(|one| is(one, ResourceKind::LoadBalancer))
        .cloned()
        .collect();
    for balancer in balancers {
        let address = balancer.address();
        let title = name(&balancer.title());
        let file = balancer.file.clone();
        if let Some(difference) = find(comparison, &address) {
            if difference.is_added() {
                let reach = if is_internal(&balancer) {
                    "internal"
                } else {
                    "internet-facing"
                };
                let what = format!("the {reach} load balancer {title} is made");
                comparison
                    .say(Severity::Notice, Effect::Adds, title, what, file)
                    .brief = Some("a new load balancer".into());
                comparison.claimed.insert(address);
                continue;
            }
            if refused(comparison, &difference) {
                continue;
            }
            if difference.is_replaced() {
                replaced(comparison, &difference);
                comparison.claimed.insert(address);
                continue;
            }
        } else if !comparison.old.contains_key(&address) {
            let what = format!(
                "whether the load balancer {title} is kept is not known: {} cannot be read",
                code(&file)
            );
            comparison
                .say(Severity::Caution, Effect::Unknown, title, what, file)
                .brief = Some("load balancer not known".into());
            continue;
        }
        let what = format!("the load balancer {title} is kept");
        comparison
            .say(Severity::Notice, Effect::Keeps, title, what, file)
            .brief = Some("load balancer kept".into());
    }
    let gone: Vec<Difference> = comparison
        .differences
        .iter()
        .filter(|difference| {
            difference.is_removed() && is(difference.instance(), ResourceKind::LoadBalancer)
        })
        .cloned()
        .collect();
    for difference in gone {
        let title = name(&difference.instance().title());
        let file = difference.instance().file.clone();
        let (effect, tail) = match comparison.refusal(&difference) {
            Some(refusal) => (Effect::Refused, format!("; {refusal}")),
            None => (
                Effect::Removes,
                ", with its DNS name and its addresses".to_owned(),
            ),
        };
        let what = format!("the load balancer {title} would be removed{tail}");
        comparison
            .say(Severity::Danger, effect, title, what, file)
            .brief = Some(brief(effect, "removal"));
        comparison.claimed.insert(difference.address);
    }
}

/// Whether only the private network reaches a load balancer.
fn is_internal(balancer: &Instance) -> bool {
    rule::of(&balancer.kind).is_some_and(|rule| {
        rule.internal.iter().all(|(path, wanted)| {
            let value = balancer.plain(path).filter(|value| *value != "null");
            value.unwrap_or(UNSET) == wanted
        })
    })
}

/// The statement on a load balancer with a change that Terraform or the cloud refuses, if there is
/// one. What else changes has lines of its own.
fn refused(comparison: &mut Comparison<'_>, difference: &Difference) -> bool {
    let refused: Vec<&AttributeChange> = difference
        .attributes
        .iter()
        .filter(|attribute| attribute.effect == Effect::Refused)
        .collect();
    let [first, rest @ ..] = refused.as_slice() else {
        return false;
    };
    let sentences: Vec<String> = refused.iter().map(|one| one.sentence()).collect();
    let note = first.note.as_ref().map(|note| format!(" {note}"));
    let besides = if difference.is_replaced() {
        comparison.claimed.insert(difference.address.clone());
        let others: Vec<String> = difference
            .attributes
            .iter()
            .filter(|attribute| attribute.effect != Effect::Refused)
            .map(AttributeChange::sentence)
            .collect();
        format!(" Besides, it would be replaced: {}.", others.join("; "))
    } else {
        String::new()
    };
    let title = name(&difference.instance().title());
    let what = format!(
        "the load balancer {title} is kept and a change of it refused: {}.{}{besides}",
        sentences.join("; "),
        note.unwrap_or_default(),
    );
    let alone = rest.is_empty();
    let (before, after) = (first.before.clone(), first.after.clone());
    let file = difference.instance().file.clone();
    let change = comparison.say(Severity::Danger, Effect::Refused, title, what, file);
    change.brief = Some("load balancer change refused".into());
    if alone {
        change.before = before;
        change.after = after;
    }
    true
}

fn find(comparison: &Comparison<'_>, address: &str) -> Option<Difference> {
    comparison
        .differences
        .iter()
        .find(|difference| difference.address == *address)
        .cloned()
}

fn replaced(comparison: &mut Comparison<'_>, difference: &Difference) {
    let old = difference
        .old
        .as_ref()
        .unwrap_or_else(|| difference.instance());
    let title = name(&old.title());
    let reasons = difference.reasons();
    let notes: Vec<&str> = difference
        .attributes
        .iter()
        .filter_map(|attribute| attribute.note.as_deref())
        .collect();
    let notes = notes
        .first()
        .map(|note| format!(" {note}"))
        .unwrap_or_default();
    let others: Vec<String> = difference
        .attributes
        .iter()
        // Subnets are told of among the reasons, and tags in a line of their own.
        .filter(|attribute| attribute.effect != Effect::Replace)
        .filter(|attribute| attribute.path != "tags" && !attribute.path.contains('['))
        .map(AttributeChange::sentence)
        .collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!(" Besides, {}.", others.join("; "))
    };
    let refusal = match hidden_from_the_plan(comparison, difference) {
        Some(why) => Some(format!(
            "Terraform does not see it: its plan says update in-place, because the new subnet is not there yet, and passes `prevent_destroy`. {} refuses in the middle of the apply: {why}",
            rule::of(&old.kind).map_or("the cloud", |rule| rule.cloud),
        )),
        None => comparison.refusal(difference),
    };
    let (effect, what) = match refusal {
        Some(refusal) => (
            Effect::Refused,
            format!(
                "the load balancer {title} would be replaced: {reasons}.{notes} {refusal}.{others}"
            ),
        ),
        None => (
            Effect::Replace,
            format!(
                "the load balancer {title} is replaced: {reasons}.{notes} Nothing protects it: every API client and node is cut off.{others}"
            ),
        ),
    };
    let file = difference.instance().file.clone();
    comparison
        .say(Severity::Danger, effect, title, what, file)
        .brief = Some(brief(effect, "replacement"));
}

/// Why the cloud refuses what Terraform plans in place: only blocks change and one of them names what
/// the same plan makes, and the provider then does not know the values, and asks for no replacement.
fn hidden_from_the_plan(
    comparison: &Comparison<'_>,
    difference: &Difference,
) -> Option<&'static str> {
    let mut replacing = difference
        .attributes
        .iter()
        .filter(|attribute| attribute.effect == Effect::Replace);
    if replacing.any(|attribute| !attribute.path.contains('[')) {
        return None;
    }
    let blocks = &rule::of(&difference.instance().kind)?.blocks;
    let why = blocks.values().find_map(|block| block.hidden.as_deref())?;
    let made: Vec<String> = comparison
        .differences
        .iter()
        .filter(|other| {
            other.address != difference.address && (other.is_added() || other.is_replaced())
        })
        .map(|other| format!("{}.", other.address))
        .collect();
    difference
        .instance()
        .attributes
        .iter()
        .any(|(path, value)| {
            path.contains('[')
                && made
                    .iter()
                    .any(|address| value.starts_with(address.as_str()))
        })
        .then_some(why)
}

fn brief(effect: Effect, what: &str) -> String {
    match effect {
        Effect::Refused => format!("load balancer {what} refused"),
        _ => format!("load balancer {what}"),
    }
}

/// A replaced target group is filled before the listener moves to it, if Terraform is told so.
fn target_groups(comparison: &mut Comparison<'_>) {
    let replaced: Vec<Difference> = comparison
        .differences
        .iter()
        .filter(|difference| {
            difference.is_replaced() && is(difference.instance(), ResourceKind::TargetGroup)
        })
        .cloned()
        .collect();
    for difference in replaced {
        let new = difference.instance();
        let title = name(&new.title());
        let noun = rule::of(&new.kind).map_or("target group", |rule| rule.title.as_str());
        let reasons = difference.reasons();
        let file = new.file.clone();
        let block = new.block.clone();
        let in_order = new.is_true("lifecycle.create_before_destroy")
            && dependents_in_order(comparison, &block);
        let (severity, what) = if in_order {
            (
                Severity::Caution,
                format!(
                    "a new {noun}, {title}, is made and filled before the old one goes: {reasons}"
                ),
            )
        } else {
            (
                Severity::Danger,
                format!(
                    "{noun} {title} is emptied and replaced: {reasons}. The API is down until the new one's health checks pass"
                ),
            )
        };
        comparison
            .say(severity, Effect::Replace, title, what, file)
            .brief = Some(format!("a new {noun}"));
        comparison.claimed.insert(difference.address.clone());
        if in_order {
            // Its registrations move with it.
            let moved: Vec<String> = comparison
                .differences
                .iter()
                .filter(|other| {
                    other.is_replaced() && !is(other.instance(), ResourceKind::TargetGroup)
                })
                .filter(|other| {
                    let group = other.instance().attributes.get("target_group_arn");
                    group.is_some_and(|value| *value == format!("{block}.arn"))
                })
                .map(|other| other.address.clone())
                .collect();
            comparison.claimed.extend(moved);
        }
    }
}

/// Whether the registrations are made before they are destroyed, and the listener waits for them.
fn dependents_in_order(comparison: &Comparison<'_>, group: &str) -> bool {
    let reference = format!("{group}.arn");
    let all = &comparison.new;
    let mut registrations = all.values().filter(|one| {
        one.attributes
            .get("target_group_arn")
            .is_some_and(|value| *value == reference)
    });
    let ordered: Vec<&Instance> = registrations.by_ref().collect();
    let waits = all.values().any(|one| {
        one.attributes.get("default_action.target_group_arn") == Some(&reference)
            && ordered.iter().all(|registration| {
                one.attributes
                    .get("depends_on")
                    .is_some_and(|list| list.contains(&registration.block))
            })
    });
    waits
        && ordered
            .iter()
            .all(|one| one.is_true("lifecycle.create_before_destroy"))
}
