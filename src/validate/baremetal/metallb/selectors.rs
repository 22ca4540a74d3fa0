//! The forms of label selectors: MetalLB refuses its whole configuration over one that is wrong.

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{LabelExpression, LabelOperator, LabelSelector};
use crate::validate::names::is_subdomain;

use super::{Target, path, twice};

/// The most characters of a label's name and of its value.
const LONGEST: usize = 63;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let metallb = target.metallb;
    for (at, pool) in metallb.pools.iter().enumerate() {
        if let Some(own) = &pool.service_allocation {
            let of = |key: &str| path(&format!("pools[{at}].serviceAllocation.{key}"));
            list(&of("namespaceSelectors"), &own.namespace_selectors, report);
            list(&of("serviceSelectors"), &own.service_selectors, report);
        }
    }
    for (at, own) in metallb
        .l2
        .iter()
        .flat_map(|l2| l2.advertisements.iter().enumerate())
    {
        let of = |key: &str| path(&format!("l2.advertisements[{at}].{key}"));
        list(&of("nodeSelectors"), &own.node_selectors, report);
        list(&of("serviceSelectors"), &own.service_selectors, report);
        twice(&own.interfaces, &of("interfaces"), "interface", report);
    }
    let Some(bgp) = &metallb.bgp else {
        return;
    };
    for (at, own) in bgp.peers.iter().enumerate() {
        let path = path(&format!("bgp.peers[{at}].nodeSelectors"));
        list(&path, &own.node_selectors, report);
    }
    for (at, own) in bgp.advertisements.iter().enumerate() {
        let of = |key: &str| path(&format!("bgp.advertisements[{at}].{key}"));
        list(&of("nodeSelectors"), &own.node_selectors, report);
        list(&of("serviceSelectors"), &own.service_selectors, report);
    }
}

/// The selectors of a list, of which one has to fit.
fn list(path: &str, selectors: &[LabelSelector], report: &mut Report) {
    let texts: Vec<String> = selectors
        .iter()
        .map(|one| serde_json::json!(one).to_string())
        .collect();
    twice(&texts, path, "selector", report);
    for (at, selector) in selectors.iter().enumerate() {
        let path = format!("{path}[{at}]");
        if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
            wrong(
                &path,
                "the selector asks for no label, so it fits everything",
                "name a label, or remove the selector",
                report,
            );
        }
        for (key, value) in &selector.match_labels {
            // A key may have dots, which would be read as a route.
            let path = format!("{path}.matchLabels");
            label(&path, key, report);
            self::value(&path, value, report);
        }
        let expressions: Vec<String> = selector
            .match_expressions
            .iter()
            .map(|one| serde_json::json!(one).to_string())
            .collect();
        twice(
            &expressions,
            &format!("{path}.matchExpressions"),
            "condition",
            report,
        );
        for (number, one) in selector.match_expressions.iter().enumerate() {
            expression(&format!("{path}.matchExpressions[{number}]"), one, report);
        }
    }
}

fn expression(path: &str, one: &LabelExpression, report: &mut Report) {
    label(&format!("{path}.key"), &one.key, report);
    twice(&one.values, &format!("{path}.values"), "value", report);
    for (at, value) in one.values.iter().enumerate() {
        self::value(&format!("{path}.values[{at}]"), value, report);
    }
    let wants = matches!(one.operator, LabelOperator::In | LabelOperator::NotIn);
    if wants == one.values.is_empty() {
        let (why, cure) = if wants {
            ("`In` and `NotIn` need values", "add `values`")
        } else {
            (
                "`Exists` and `DoesNotExist` take no values",
                "remove `values`, or use `In` or `NotIn`",
            )
        };
        wrong(&format!("{path}.operator"), why, cure, report);
    }
}

fn label(path: &str, key: &str, report: &mut Report) {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if !prefix.is_none_or(is_subdomain) || !is_word(name) {
        wrong(
            path,
            &format!("no label can be called `{key}`"),
            "use letters, digits, dashes, underscores and dots, with a domain and a slash in front if you like",
            report,
        );
    }
}

fn value(path: &str, value: &str, report: &mut Report) {
    if !is_word(value) {
        wrong(
            path,
            &format!("no label can have the value `{value}`"),
            "use at most 63 letters, digits, dashes, underscores and dots",
            report,
        );
    }
}

/// Whether a text can be the name of a label, or its value where it has one.
fn is_word(text: &str) -> bool {
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= LONGEST
        && end(text.chars().next())
        && end(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn wrong(path: &str, why: &str, cure: &str, report: &mut Report) {
    report.push(
        Diagnostic::new(&code::SELECTOR, why)
            .value(path, "not a selector that Kubernetes takes")
            .cure(cure),
    );
}
