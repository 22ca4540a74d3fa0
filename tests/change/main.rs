//! What a change of the spec means for the cluster: specs through the real plan and provider,
//! compared with what was rendered before.

mod bare_metal;
mod clouds;
mod hostile;
mod load_balancer;
mod nodes;
mod output;

use std::collections::BTreeMap;

use hagen::artifact::ArtifactSet;
use hagen::change::{
    Change, Changes, Effect, FileState, Severity, compare, differences, json, markdown, text,
};

pub(crate) const MADE: &str = include_str!("../../examples/aws.yaml");
pub(crate) const EXISTING_VPC: &str = include_str!("../../examples/aws-internal.yaml");

pub(crate) const MACHINES: &str = "    machines:\n";

pub(crate) fn render(spec: &str) -> ArtifactSet {
    let source = hagen::source::Source::parse("spec.yaml", spec.to_owned()).expect("YAML");
    let mut report = hagen::diagnostic::Report::default();
    let cluster = hagen::validate::check(&source, None, &mut report);
    let cluster = cluster.unwrap_or_else(|| {
        panic!(
            "{}",
            hagen::diagnostic::text(&report, Some(&source), ("", ""))
        );
    });
    let plan = hagen::plan::build(&cluster, "aws");
    let mut artifacts = ArtifactSet::default();
    hagen::provider::find("aws")
        .expect("a target")
        .render(&plan, &mut artifacts);
    artifacts
}

pub(crate) fn files(artifacts: &ArtifactSet) -> BTreeMap<String, String> {
    artifacts
        .iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

/// A spec with words put in the place of others, which must be there.
pub(crate) fn with(spec: &str, replacements: &[(&str, &str)]) -> String {
    let mut spec = spec.to_owned();
    for (from, to) in replacements {
        assert!(spec.contains(from), "the spec has no {from:?}");
        spec = spec.replace(from, to);
    }
    spec
}

/// The changes from a spec to another.
pub(crate) fn changes(spec: &str, replacements: &[(&str, &str)]) -> Changes {
    compare(&files(&render(spec)), &render(&with(spec, replacements)))
}

/// The changes when a rendered file was another before.
pub(crate) fn from_edited(path: &str, replacements: &[(&str, &str)]) -> Changes {
    let new = render(MADE);
    let mut old = files(&new);
    let text = with(&old[path], replacements);
    old.insert(path.to_owned(), text);
    compare(&old, &new)
}

/// The one change whose words begin like this.
pub(crate) fn one<'a>(changes: &'a Changes, start: &str) -> &'a Change {
    let found: Vec<&Change> = changes
        .list
        .iter()
        .filter(|change| change.what.starts_with(start))
        .collect();
    assert_eq!(found.len(), 1, "{start:?} in {:#?}", changes.list);
    found[0]
}

pub(crate) fn expect(changes: &Changes, start: &str, severity: Severity, effect: Effect) {
    let change = one(changes, start);
    assert_eq!(
        (change.severity, change.effect),
        (severity, effect),
        "{change:#?}"
    );
}

/// The load balancer's statement is always there and always one.
pub(crate) fn kept(changes: &Changes) {
    expect(
        changes,
        "the load balancer prod-api is kept",
        Severity::Notice,
        Effect::Keeps,
    );
}

#[test]
fn the_same_spec_changes_nothing() {
    for spec in [MADE, EXISTING_VPC] {
        let new = render(spec);
        let old = files(&new);
        let (changes, files) = (compare(&old, &new), differences(&old, &new));
        kept(&changes);
        assert_eq!(changes.list.len(), 1);
        assert!(changes.is_empty());
        assert_eq!(text(&changes, &files), "no changes\n");
        assert_eq!(markdown(&changes, &files), "**prod on aws**: no changes\n");
        assert_eq!(json(&changes, &files)["changed"], false);
    }
}

#[test]
fn a_first_render_makes_everything() {
    let changes = compare(&BTreeMap::new(), &render(MADE));
    assert!(changes.first);
    assert!(
        changes.headline.starts_with("a new cluster; "),
        "{}",
        changes.headline
    );
    expect(
        &changes,
        "makes 3 control-plane nodes: cp-1, cp-2, cp-3",
        Severity::Notice,
        Effect::Adds,
    );
    expect(&changes, "makes 3 workers", Severity::Notice, Effect::Adds);
    expect(
        &changes,
        "the internal load balancer prod-api is made",
        Severity::Notice,
        Effect::Adds,
    );
    expect(
        &changes,
        "`10.0.0.0/16` can connect to the load balancer prod-api",
        Severity::Notice,
        Effect::Adds,
    );
    assert!(
        changes
            .list
            .iter()
            .all(|change| change.severity == Severity::Notice),
        "{:#?}",
        changes.list
    );
}

#[test]
fn who_may_connect() {
    let changes = changes(
        MADE,
        &[(
            "exposure: internal",
            "exposure: internal\n  allowedCidrs: [10.8.0.0/24, 0.0.0.0/0]",
        )],
    );
    kept(&changes);
    expect(
        &changes,
        "`0.0.0.0/0`, `10.8.0.0/24` can newly connect to the load balancer prod-api on `tcp 6443`: that is everyone",
        Severity::Danger,
        Effect::Adds,
    );
    expect(
        &changes,
        "`10.0.0.0/16` can no longer connect to the load balancer prod-api",
        Severity::Caution,
        Effect::Removes,
    );
    assert_eq!(
        changes.list.len(),
        3,
        "path MTU rules follow: {:#?}",
        changes.list
    );
}

#[test]
fn where_nodes_may_connect_to() {
    let changes = changes(
        MADE,
        &[(
            "nodeEgressCidrs: [0.0.0.0/0]",
            "nodeEgressCidrs: [192.0.2.0/24]",
        )],
    );
    expect(
        &changes,
        "control-plane nodes can newly connect to `192.0.2.0/24` on every port",
        Severity::Notice,
        Effect::Adds,
    );
    expect(
        &changes,
        "workers can no longer connect to `0.0.0.0/0`",
        Severity::Caution,
        Effect::Removes,
    );
}

#[test]
fn dns_records_come_change_and_go() {
    let endpoint = "endpoint:\n  host: api.prod.example.com\n";
    let dns = "    dns: { zoneId: Z0123456789ABCDEFGHIJ }\n    machines:\n";
    let named = with(MADE, &[("endpoint:\n", endpoint)]);
    let recorded = with(&named, &[(MACHINES, dns)]);
    let added = changes(&named, &[(MACHINES, dns)]);
    kept(&added);
    expect(
        &added,
        "adds 1 DNS record: `api`",
        Severity::Notice,
        Effect::Adds,
    );
    let moved = changes(
        &recorded,
        &[("Z0123456789ABCDEFGHIJ", "ZJIHGFEDCBA9876543210")],
    );
    expect(
        &moved,
        "DNS record `aws_route53_record.api` is replaced: `zone_id`",
        Severity::Danger,
        Effect::Replace,
    );
    let gone = compare(&files(&render(&recorded)), &render(&named));
    expect(
        &gone,
        "removes 1 DNS record: `api`",
        Severity::Danger,
        Effect::Removes,
    );
}

#[test]
fn tags_are_one_line() {
    let changes = changes(
        MADE,
        &[(MACHINES, "    tags: { team: core }\n    machines:\n")],
    );
    kept(&changes);
    assert_eq!(changes.list.len(), 2, "{:#?}", changes.list);
    expect(
        &changes,
        "tag `team` with the value `core` is added on ",
        Severity::Notice,
        Effect::InPlace,
    );
}

#[test]
fn another_region_is_everything() {
    let changes = changes(MADE, &[("region: eu-west-1\n", "region: eu-west-2\n")]);
    let change = one(
        &changes,
        "everything: the provider's `region` changes from `eu-west-1` to `eu-west-2`",
    );
    assert_eq!(
        (change.severity, change.effect),
        (Severity::Danger, Effect::Replace)
    );
}

#[test]
fn nothing_in_a_terraform_file_goes_unsaid() {
    let new = render(MADE);
    for (path, text) in new
        .iter()
        .filter(|(path, _)| path.strip_suffix(".tf").is_some())
    {
        for (at, line) in text.lines().enumerate() {
            // Each value in turn, and each comment.
            let edited = if line.starts_with('#') {
                format!("{line} edited")
            } else if let Some((key, value)) =
                line.split_once(" = ").filter(|_| !line.ends_with('{'))
            {
                let value = value.trim_end_matches(',');
                match value {
                    "true" => format!("{key} = false"),
                    "false" => format!("{key} = true"),
                    _ if value.parse::<u32>().is_ok() => format!("{key} = {value}0"),
                    _ if value.starts_with('"') && !value.contains("${") => {
                        format!("{key} = \"x{}", &value[1..])
                    }
                    _ if value.starts_with('[') && value.ends_with(']') => {
                        format!("{key} = [null, {}", &value[1..])
                    }
                    _ if value.ends_with(" }") || value.ends_with(')') => {
                        format!("{key} = [{value}]")
                    }
                    _ => continue,
                }
            } else {
                continue;
            };
            let mut old = files(&new);
            let lines: Vec<&str> = text.lines().collect();
            let before = [&lines[..at], &[edited.as_str()], &lines[at + 1..]]
                .concat()
                .join("\n")
                + "\n";
            old.insert(path.to_owned(), before);
            let changes = compare(&old, &new);
            let said = changes
                .list
                .iter()
                .filter(|change| !change.what.ends_with("prod-api is kept"));
            assert!(said.count() > 0, "{path}:{}: {edited:?} is silent", at + 1);
        }
    }
}

#[test]
fn a_renamed_address_is_followed() {
    let mut new = ArtifactSet::default();
    for (path, text) in render(MADE).iter() {
        let text = text
            .replace("aws_lb\" \"api\"", "aws_lb\" \"front\"")
            .replace("aws_lb.api.", "aws_lb.front.");
        new.insert(path, text);
    }
    let old = files(&render(MADE));
    let without = compare(&old, &new);
    assert!(
        without
            .list
            .iter()
            .any(|change| change.what.contains("would be removed")),
        "{:#?}",
        without.list
    );
    new.insert(
        "moved.tf",
        "moved {\n  from = aws_lb.api\n  to   = aws_lb.front\n}\n".to_owned(),
    );
    let with = compare(&old, &new);
    assert!(
        !with
            .list
            .iter()
            .any(|change| change.what.contains("would be removed")),
        "{:#?}",
        with.list
    );
}
