//! Every example, for every target that it has.

use std::collections::BTreeSet;
use std::fs;

use hagen::diagnostic::Report;
use hagen::drill::{self, Api, Drill, Interruption, Reach};
use hagen::plan;
use hagen::provider::PROVIDERS;
use hagen::source::Source;
use hagen::validate;

fn drills() -> Vec<(String, Drill)> {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut found = Vec::new();
    for entry in fs::read_dir(format!("{root}/examples")).expect("examples/") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("a spec");
        let source = Source::parse(name.clone(), text).expect("YAML");
        for provider in PROVIDERS {
            let mut report = Report::default();
            let spec =
                validate::check(&source, Some(provider.name()), &mut report).expect("a spec");
            if spec.targets.has(provider.name()) {
                let plan = plan::build(&spec, provider.name());
                found.push((format!("{name} on {}", provider.name()), drill::of(&plan)));
            }
        }
    }
    assert!(
        found.len() >= 25,
        "the examples are not read: {}",
        found.len()
    );
    found
}

#[test]
fn no_row_reaches_the_api_without_quorum() {
    for (name, drill) in drills() {
        for row in &drill.rows {
            let about = format!("{name}: {row:?}");
            assert!(row.quorum.left <= row.quorum.members, "{about}");
            assert_eq!(row.quorum.needed, row.quorum.members / 2 + 1, "{about}");
            if row.api != Api::No {
                assert!(row.quorum.kept(), "{about}");
            }
            let for_good = row.interruption == Interruption::UntilRepaired(Reach::Everyone);
            assert_eq!(row.api == Api::No, for_good, "{about}");
            if let Interruption::Lasts {
                least,
                most: Some(most),
                ..
            } = row.interruption
            {
                assert!(least <= most, "{about}");
            }
        }
    }
}

#[test]
fn what_the_issue_asks_for_is_in_every_table() {
    for (name, drill) in drills() {
        let ids: BTreeSet<&str> = drill.rows.iter().map(|row| row.id).collect();
        let any = |wanted: &[&str]| wanted.iter().any(|id| ids.contains(id));
        assert!(
            any(&["controlPlaneNodeLost", "leaderGone", "holderGone"]),
            "{name}"
        );
        assert!(
            any(&[
                "loadBalancerNodeLost",
                "holderGone",
                "holderStopped",
                "leaderGone"
            ]),
            "{name}"
        );
        assert!(
            any(&["loadBalancersLost"]) && any(&["etcdMemberLost"]),
            "{name}"
        );
        assert!(
            any(&["apiServersBack"]) && any(&["apiServerDrained"]),
            "{name}"
        );
        if drill.rows[0].quorum.members > 1 {
            assert!(any(&["twoEtcdMembersLost"]), "{name}");
            assert!(any(&["zoneSplit", "controlPlaneSplit"]), "{name}");
        }
        let unique: BTreeSet<_> = drill.rows.iter().map(|row| (row.id, &row.zone)).collect();
        assert_eq!(unique.len(), drill.rows.len(), "{name}");
        assert!(!drill.summary.smallest.is_empty(), "{name}");
        let zones = drill.rows.iter().filter(|row| row.id == "zoneLost").count();
        let summary = &drill.summary;
        let told = [
            &summary.fatal_zones,
            &summary.unknown_zones,
            &summary.survived_zones,
        ];
        assert_eq!(
            told.iter().map(|zones| zones.len()).sum::<usize>(),
            zones,
            "{name}"
        );
    }
}

#[test]
fn sentences_begin_and_end() {
    for (name, drill) in drills() {
        let warnings = drill.summary.warnings.iter();
        let whys = drill.rows.iter().map(|row| &row.why);
        for text in whys.chain(warnings).chain([&drill.summary.line]) {
            let first = text.chars().next().expect("words");
            let about = format!("{name}: {text}");
            // A name of a program may begin a sentence.
            let named = ["haproxy", "nginx", "keepalived", "kube-vip", "etcd"];
            assert!(
                !first.is_lowercase() || named.iter().any(|name| text.starts_with(name)),
                "{about}"
            );
            assert!(text.ends_with('.'), "{about}");
            for wrong in [
                "  ",
                "..",
                " .",
                " ,",
                "{",
                "}",
                "\n",
                "1 have",
                "one every 1 s s",
            ] {
                assert!(!text.contains(wrong), "{about}");
            }
        }
        for row in &drill.rows {
            assert!(
                !row.title.ends_with('.') && row.title.chars().count() <= 80,
                "{}",
                row.title
            );
        }
    }
}

#[test]
fn every_form_holds_every_row() {
    for (name, drill) in drills() {
        let (text, markdown, json) = (drill.text(), drill.markdown(), drill.json());
        assert_eq!(
            json["failures"].as_array().expect("rows").len(),
            drill.rows.len(),
            "{name}"
        );
        for line in text.lines() {
            assert!(
                line.chars().count() <= 130 && line == line.trim_end(),
                "{name}: {line:?}"
            );
        }
        let table: Vec<&str> = markdown
            .lines()
            .filter(|line| line.starts_with('|'))
            .collect();
        for line in &table {
            let bars = line.replace("\\|", "").matches('|').count();
            assert_eq!(bars, 8, "{name}: {line}");
        }
        for row in &drill.rows {
            // Rows that differ in their zone alone are told once, with the zones.
            if let Some(zone) = &row.zone {
                assert!(
                    text.contains(zone.as_str()) && markdown.contains(zone.as_str()),
                    "{name}"
                );
            } else {
                assert!(text.contains(&row.title), "{name}: {}", row.title);
            }
        }
        assert_eq!(drill.text(), text);
    }
}
