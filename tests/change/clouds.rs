//! Alibaba Cloud, Tencent Cloud and Huawei Cloud: Terraform as hagen writes it for them, before and
//! after. What every example of every target makes.

mod aliyun;
mod huawei;
mod tencent;

use hagen::facts::changes::CHANGES;
use hagen::provider::PROVIDERS;

use super::*;

/// Files of Terraform, each with its text.
pub(crate) type Files<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn set_of(all: Files<'_>) -> ArtifactSet {
    let mut set = ArtifactSet::default();
    for (path, text) in all {
        set.insert(*path, (*text).to_owned());
    }
    set
}

/// The files with words put in the place of others, which must be in one of them.
pub(crate) fn edit(all: Files<'_>, replacements: &[(&str, &str)]) -> ArtifactSet {
    let mut set = ArtifactSet::default();
    for (from, _) in replacements {
        assert!(
            all.iter().any(|(_, text)| text.contains(from)),
            "no file has {from:?}"
        );
    }
    for (path, text) in all {
        let text = replacements
            .iter()
            .fold((*text).to_owned(), |text, (from, to)| {
                text.replace(from, to)
            });
        set.insert(*path, text);
    }
    set
}

/// The changes when words are put in the place of others.
pub(crate) fn edited(all: Files<'_>, replacements: &[(&str, &str)]) -> Changes {
    compare(&files(&set_of(all)), &edit(all, replacements))
}

pub(crate) fn has(changes: &Changes, start: &str, parts: &[&str]) {
    let what = &one(changes, start).what;
    for part in parts {
        assert!(what.contains(part), "{part:?} in {what}");
    }
}

pub(crate) fn silent(changes: &Changes, part: &str) {
    assert!(
        !changes.list.iter().any(|change| change.what.contains(part)),
        "{part:?} in {:#?}",
        changes.list
    );
}

/// Nodes come, go and get other addresses, whatever the cloud calls its machines.
pub(crate) fn nodes(all: Files<'_>) {
    let more = edited(
        all,
        &[
            (
                "\"cp-3\" = \"zone-c\"",
                "\"cp-3\" = \"zone-c\", \"cp-4\" = \"zone-a\"",
            ),
            (
                "\"cp-3\" = \"10.0.48.20\"",
                "\"cp-3\" = \"10.0.48.20\", \"cp-4\" = \"10.0.16.21\"",
            ),
        ],
    );
    kept(&more);
    expect(
        &more,
        "adds 1 control-plane node: cp-4.",
        Severity::Notice,
        Effect::Adds,
    );
    let fewer = edited(
        all,
        &[
            (", \"cp-3\" = \"zone-c\"", ""),
            (", \"cp-3\" = \"10.0.48.20\"", ""),
        ],
    );
    kept(&fewer);
    expect(
        &fewer,
        "removes 1 control-plane node: cp-3",
        Severity::Danger,
        Effect::Removes,
    );
    let moved = edited(all, &[("\"cp-2\" = \"zone-b\"", "\"cp-2\" = \"zone-c\"")]);
    expect(
        &moved,
        "control-plane node cp-2 is replaced, disk and all: it moves from `zone-b` to `zone-c`",
        Severity::Danger,
        Effect::Replace,
    );
    let readdressed = edited(all, &[("10.0.32.20", "10.0.32.21")]);
    let change = one(
        &readdressed,
        "the address of control-plane node cp-2 changes from `10.0.32.20` to `10.0.32.21`",
    );
    assert_eq!(change.severity, Severity::Danger);
    for part in ["etcd member", "one node at a time"] {
        assert!(change.what.contains(part), "{change:?}");
    }
}

/// Cloud-init and images are for machines that are made: what runs keeps its own.
pub(crate) fn only_new_machines(all: Files<'_>, image: &str) {
    let changes = edited(
        all,
        &[
            (
                "base64gzip(local.cloud_init[each.key])",
                "base64gzip(local.other[each.key])",
            ),
            (image, "another-image"),
        ],
    );
    kept(&changes);
    expect(
        &changes,
        "control-plane nodes cp-1, cp-2, cp-3: `image_id` changes from",
        Severity::Notice,
        Effect::NewMachinesOnly,
    );
    has(
        &changes,
        "control-plane nodes cp-1, cp-2, cp-3: `image_id` changes from",
        &["`user_data` changes", "only new machines get it"],
    );
    silent(&changes, "stops and starts");
    silent(&changes, "replaced");
}

struct Rendered {
    name: String,
    provider: &'static str,
    artifacts: ArtifactSet,
}

fn examples() -> Vec<Rendered> {
    let mut found = Vec::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    for entry in std::fs::read_dir(folder).expect("examples/") {
        let path = entry.expect("entry").path();
        let text = std::fs::read_to_string(&path).expect("a spec");
        let source = hagen::source::Source::parse("spec.yaml", text).expect("YAML");
        for provider in PROVIDERS {
            let mut report = hagen::diagnostic::Report::default();
            let spec = hagen::validate::check(&source, Some(provider.name()), &mut report);
            let Some(spec) = spec.filter(|spec| spec.targets.has(provider.name())) else {
                continue;
            };
            let mut artifacts = ArtifactSet::default();
            provider.render(&hagen::plan::build(&spec, provider.name()), &mut artifacts);
            found.push(Rendered {
                name: path.display().to_string(),
                provider: provider.name(),
                artifacts,
            });
        }
    }
    assert!(found.len() >= 4);
    found
}

#[test]
fn every_type_that_an_example_makes_is_known() {
    let mut unknown = std::collections::BTreeSet::new();
    for example in examples() {
        for (path, text) in example.artifacts.iter() {
            if path.strip_suffix(".tf").is_none() {
                continue;
            }
            for block in hcl::parse(text).expect("Terraform").blocks() {
                let label = block.labels().first().map(hcl::BlockLabel::as_str);
                let kind = match (block.identifier(), label) {
                    ("locals" | "moved", _) => continue,
                    ("resource", Some(kind)) => kind.to_owned(),
                    (word @ ("data" | "provider"), Some(kind)) => format!("{word}.{kind}"),
                    (word, _) => word.to_owned(),
                };
                if !CHANGES.contains_key(&kind) {
                    unknown.insert(format!("{}: {path}: {kind}", example.provider));
                }
            }
        }
    }
    assert!(
        unknown.is_empty(),
        "in no providers/*/changes.yaml: {unknown:#?}"
    );
}

#[test]
fn an_example_that_is_rendered_again_changes_nothing() {
    for example in examples() {
        let changes = compare(&files(&example.artifacts), &example.artifacts);
        assert!(changes.is_empty(), "{}: {changes:#?}", example.name);
        let first = compare(&BTreeMap::new(), &example.artifacts);
        let grave = first
            .list
            .iter()
            .find(|change| change.severity != Severity::Notice);
        // An example that opens the API to everyone says so.
        assert!(
            grave.is_none_or(|change| change.what.contains("everyone on the internet")),
            "{}: {grave:#?}",
            example.name
        );
    }
}
