//! The user's tags.

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Count, Diagnostic, Report};
use crate::facts::aws::LOAD_BALANCER;
use crate::spec::Tags;

use super::path;

pub(super) fn check(tags: &Tags, report: &mut Report) {
    if tags.len() > LOAD_BALANCER.tags.most {
        report.push(
            Diagnostic::new(
                &code::TOO_MANY_TAGS,
                format!(
                    "{} are more than the {} that fit beside hagen's own",
                    Count(tags.len(), "tag"),
                    LOAD_BALANCER.tags.most
                ),
            )
            .key(path("tags"), "too many")
            .cure(format!("keep at most {}", LOAD_BALANCER.tags.most)),
        );
    }
    for (key, value) in tags {
        let at = path(&format!("tags.{key}"));
        if let Some(fault) = fault(key, LOAD_BALANCER.tags.key_length) {
            report.push(
                Diagnostic::new(&code::TAG_FORM, format!("the tag's key {fault}"))
                    .key(&at, "not a key of a tag")
                    .cure("use letters, digits, spaces and `_.:/=+-@`"),
            );
        } else if let Some(why) = reserved(key) {
            report.push(
                Diagnostic::new(&code::RESERVED_TAG, format!("the tag `{key}` {why}"))
                    .key(&at, "not yours to set")
                    .cure("use another key"),
            );
        }
        if let Some(fault) = fault(value, LOAD_BALANCER.tags.value_length) {
            report.push(
                Diagnostic::new(
                    &code::TAG_FORM,
                    format!("the value of the tag `{key}` {fault}"),
                )
                .value(&at, "not a value of a tag")
                .cure("use letters, digits, spaces and `_.:/=+-@`"),
            );
        }
    }
}

fn fault(text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    if length == 0 {
        return Some("is empty".into());
    }
    if length > most {
        return Some(format!("has {length} characters, and at most {most} fit"));
    }
    text.chars()
        .find(|c| !(c.is_alphanumeric() || *c == ' ' || "_.:/=+-@".contains(*c)))
        .map(|c| format!("has `{c}` in it, which AWS does not take"))
}

fn reserved(key: &str) -> Option<&'static str> {
    if key.to_lowercase().starts_with("aws:") {
        Some("has a prefix that AWS keeps for itself")
    } else if key == "Name" || key.starts_with("hagen.dev/") {
        Some("is set by hagen")
    } else if key.starts_with("kubernetes.io/cluster/") {
        Some("must not be on two security groups of one node, and would be")
    } else {
        None
    }
}
