//! Whatever the spec: it renders or it is refused, and never panics; and what a user wrote stays
//! data.
#![allow(clippy::expect_used, missing_docs)]

use std::fs;

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::plan;
use hagen::provider::PROVIDERS;
use hagen::source::Source;
use hagen::validate;
use proptest::prelude::*;

/// Renders a text for every target. Nothing where it is refused.
fn render(text: &str) -> Option<ArtifactSet> {
    let source = Source::parse("spec", text.to_owned()).ok()?;
    let mut report = Report::default();
    let spec = validate::check(&source, None, &mut report);
    // What is said must be showable, too.
    let _ = hagen::diagnostic::text(&report, Some(&source), ("", ""));
    let _ = hagen::diagnostic::json(&report, Some(&source), ("", ""));
    let spec = spec?;
    if report.has_errors() {
        return None;
    }
    let mut artifacts = ArtifactSet::default();
    for provider in PROVIDERS {
        if spec.targets.has(provider.name()) {
            let plan = plan::build(&spec, provider.name());
            provider.render(&plan, &mut artifacts);
            provider.check(&plan, &mut report);
        }
    }
    Some(artifacts)
}

fn examples() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("examples/")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("a spec"))
        .collect()
}

/// Texts that mean something to Terraform, YAML, a shell, Markdown, or a terminal.
const HOSTILE: &[&str] = &[
    "${file(\"/etc/passwd\")}",
    "%{ for x in y }",
    "$${a}%${b}",
    "a\" }\nresource \"x\" \"y\" {",
    "a\nb",
    "'; rm -rf / #",
    "$(reboot)",
    "`reboot`",
    "--help",
    "-x",
    "../../etc",
    "HAGEN_CA_KEY_BASE64",
    "{{cluster}}",
    "| --- |",
    "prüfung",
    "😀",
    "\u{202e}drop",
    "\u{1b}[31m",
    "null",
    "for",
];

/// The scalars of a spec: where each stands in the text.
fn scalars(text: &str) -> Vec<std::ops::Range<usize>> {
    fn walk(node: &hagen::source::Node, found: &mut Vec<std::ops::Range<usize>>) {
        use hagen::source::Content;
        match &node.content {
            Content::Scalar { .. } => found.push(node.range.clone()),
            Content::List(items) => items.iter().for_each(|item| walk(item, found)),
            Content::Mapping(entries) => entries.iter().for_each(|(_, value)| walk(value, found)),
        }
    }
    let source = Source::parse("spec", text.to_owned()).expect("YAML");
    let mut found = Vec::new();
    walk(&source.root, &mut found);
    found
}

fn put(text: &str, at: &std::ops::Range<usize>, value: &str) -> String {
    // A JSON string is a YAML string, whatever is in it.
    let value = serde_json::to_string(value).expect("JSON");
    format!("{}{value}{}", &text[..at.start], &text[at.end..])
}

/// Every template that a file of Terraform evaluates.
fn templates(text: &str) -> Vec<String> {
    let body = hcl::parse(text).expect("Terraform");
    let shown = format!("{body:?}");
    shown
        .match_indices("QuotedString(")
        .map(|(at, _)| shown[at..].chars().take(400).collect())
        .collect()
}

#[test]
fn hostile_texts_stay_texts_wherever_they_stand() {
    let (mut refused, mut quoted) = (0, 0);
    for example in examples() {
        for at in scalars(&example) {
            for hostile in HOSTILE {
                let text = put(&example, &at, hostile);
                let Some(artifacts) = render(&text) else {
                    refused += 1;
                    continue;
                };
                quoted += 1;
                for (path, text) in artifacts.iter() {
                    if path.rsplit('.').next() != Some("tf") {
                        continue;
                    }
                    for template in templates(text) {
                        for word in ["passwd", "for x in y", "reboot"] {
                            assert!(!template.contains(word), "{path}: {template}");
                        }
                    }
                }
            }
        }
    }
    assert!(
        refused > 1000 && quoted > 0,
        "{refused} refused, {quoted} quoted"
    );
}

#[test]
fn ten_thousand_characters_are_refused() {
    let long = "a".repeat(10_000);
    for example in examples() {
        for at in scalars(&example) {
            assert!(render(&put(&example, &at, &long)).is_none());
        }
    }
}

fn edit() -> impl Strategy<Value = (usize, usize, String)> {
    (
        any::<prop::sample::Index>(),
        0_usize..4,
        prop_oneof![
            prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
            "[a-z0-9.:/-]{0,40}",
            any::<i64>().prop_map(|number| number.to_string()),
            Just("[]".to_owned()),
            Just("{}".to_owned()),
            Just("0.0.0.0/0".to_owned()),
            Just("65535".to_owned()),
        ],
    )
        .prop_map(|(index, kind, value)| (index.index(usize::MAX - 1), kind, value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// A spec with some of its lines lost, doubled or with other values.
    #[test]
    fn any_spec_renders_or_is_refused(
        example in prop::sample::select(examples()),
        edits in prop::collection::vec(edit(), 1..4),
    ) {
        let mut text = example;
        for (at, kind, value) in edits {
            let places = match Source::parse("spec", text.clone()) {
                Ok(_) => scalars(&text),
                Err(_) => break,
            };
            if places.is_empty() {
                break;
            }
            let place = places[at % places.len()].clone();
            text = match kind {
                0 => put(&text, &place, &value),
                // Bare: it may become a mapping, a list, or no YAML at all.
                1 => format!("{}{value}{}", &text[..place.start], &text[place.end..]),
                // Without its line.
                2 => {
                    let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
                    let end = text[place.start..].find('\n').map_or(text.len(), |at| place.start + at + 1);
                    format!("{}{}", &text[..start], &text[end..])
                }
                // With its line twice.
                _ => {
                    let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
                    let end = text[place.start..].find('\n').map_or(text.len(), |at| place.start + at + 1);
                    format!("{}{}", &text[..end], &text[start..])
                }
            };
        }
        render(&text);
    }

    /// Any bytes at all.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        render(&text);
    }

    /// What looks like YAML.
    #[test]
    fn any_yaml_is_read_or_refused(text in "([a-z]{1,3}: ?[\\[\\]{}&*!|>'\"#%@`,a-z0-9\n-]{0,12}\n? {0,4}){0,12}") {
        render(&text);
    }
}
