//! The user's tags.

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Count, Diagnostic, Report};

use super::Target;

/// The tag by which hagen knows what it made.
const OWN: &str = "hagen-cluster";

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let (tags, limits) = (target.own.tags, &target.facts.tags);
    if tags.len() > limits.most {
        report.push(
            Diagnostic::new(
                &code::TOO_MANY_TAGS,
                format!(
                    "{} are more than the {} that fit on {}",
                    Count(tags.len(), "tag"),
                    limits.most,
                    target.title()
                ),
            )
            .key(target.path("tags"), "too many")
            .cure(format!("keep at most {}", limits.most)),
        );
    }
    let cure = format!("use letters, digits, spaces and `{}`", limits.characters);
    for (key, value) in tags {
        let at = target.path(&format!("tags.{key}"));
        if let Some(fault) = fault(target, key, limits.key_length) {
            report.push(
                Diagnostic::new(&code::TAG_FORM, format!("the tag's key {fault}"))
                    .key(&at, "not a key of a tag")
                    .cure(&cure),
            );
        } else if let Some(why) = reserved(target, key) {
            report.push(
                Diagnostic::new(&code::RESERVED_TAG, format!("the tag `{key}` {why}"))
                    .key(&at, "not yours to set")
                    .cure("use another key"),
            );
        }
        if let Some(fault) = fault(target, value, limits.value_length) {
            report.push(
                Diagnostic::new(
                    &code::TAG_FORM,
                    format!("the value of the tag `{key}` {fault}"),
                )
                .value(&at, "not a value of a tag")
                .cure(&cure),
            );
        } else if let Some(prefix) = address(target, value) {
            report.push(
                Diagnostic::new(
                    &code::TAG_FORM,
                    format!(
                        "the value of the tag `{key}` begins with `{prefix}`, which {} does not take",
                        target.title()
                    ),
                )
                .value(&at, "not a value of a tag")
                .cure("leave out the scheme"),
            );
        }
    }
}

fn fault(target: &Target<'_>, text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    if length == 0 {
        return Some("is empty".into());
    }
    if length > most {
        return Some(format!("has {length} characters, and at most {most} fit"));
    }
    let more = &target.facts.tags.characters;
    text.chars()
        .find(|c| !(c.is_alphanumeric() || *c == ' ' || more.contains(*c)))
        .map(|c| format!("has `{c}` in it, which {} does not take", target.title()))
}

fn reserved(target: &Target<'_>, key: &str) -> Option<String> {
    let folded = key.to_lowercase();
    let prefixes = &target.facts.tags.reserved_prefixes;
    if key == OWN {
        Some("is set by hagen".into())
    } else {
        let prefix = prefixes
            .iter()
            .find(|own| folded.starts_with(own.as_str()))?;
        Some(format!(
            "begins with `{prefix}`, which {} keeps for itself",
            target.title()
        ))
    }
}

/// The scheme with which a value begins, where keys must not begin with it either.
fn address(target: &Target<'_>, value: &str) -> Option<&'static str> {
    let prefixes = &target.facts.tags.reserved_prefixes;
    prefixes
        .iter()
        .map(String::as_str)
        .find(|prefix| prefix.ends_with("://") && value.to_lowercase().starts_with(prefix))
}
