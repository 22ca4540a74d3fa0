//! Data flows one way: which part of hagen may use which. Reads every `crate::…` path below
//! src/ and fails on one that the table does not allow.
#![allow(clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each part, and the parts it may use. `command`, `cli` and `main` may use all.
const ALLOWED: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("spec", &[]),
    ("facts", &[]),
    ("format", &[]),
    ("artifact", &[]),
    ("secrets", &[]),
    ("validate", &["spec", "source", "diagnostic", "facts"]),
    ("plan", &["spec", "facts"]),
    ("component", &["plan", "artifact", "format"]),
    (
        "provider",
        &[
            "plan",
            "component",
            "artifact",
            "format",
            "diagnostic",
            "facts",
        ],
    ),
    ("write", &["artifact"]),
    ("change", &["artifact", "facts"]),
    ("drill", &["plan", "facts"]),
];

const ABOVE: &[&str] = &["main", "lib", "cli", "command"];

#[test]
fn imports_go_one_way() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in rust_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let part = part_of(&file);
        if ABOVE.contains(&part.as_str()) {
            continue;
        }
        let Some(may) = allowed.get(part.as_str()) else {
            wrong.push(format!("{part} is in no row of the table"));
            continue;
        };
        let text = fs::read_to_string(&file).expect("source");
        // Documentation may point anywhere.
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        for used in uses(&code) {
            seen += 1;
            if used != part && !may.contains(&used.as_str()) {
                wrong.push(format!("{} uses crate::{used}", file.display()));
            }
        }
    }
    assert!(seen > 50, "the test reads nothing: {seen} imports");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_write_and_command_write_files() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    for file in rust_files(root) {
        let part = part_of(&file);
        if ["write", "command", "secrets"].contains(&part.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("source");
        // Tests may read the repository; nothing else touches the disk, the clock or the
        // environment.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in [
            "std::fs",
            "fs::write",
            "std::env::",
            "SystemTime::now",
            "Instant::now",
            "rand::",
        ] {
            assert!(!code.contains(word), "{} uses {word}", file.display());
        }
    }
}

#[test]
fn files_have_one_subject() {
    for file in rust_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let lines = fs::read_to_string(&file).expect("source").lines().count();
        assert!(lines <= 600, "{} has {lines} lines", file.display());
    }
}

fn uses(text: &str) -> Vec<String> {
    text.match_indices("crate::")
        .filter(|(at, _)| !text[..*at].ends_with('$'))
        .flat_map(|(at, _)| {
            let rest = &text[at + "crate::".len()..];
            let group = rest
                .strip_prefix('{')
                .and_then(|rest| rest.split('}').next());
            let names = group
                .unwrap_or(rest)
                .split(',')
                .take(if group.is_some() { 99 } else { 1 });
            names
                .map(|name| {
                    name.trim()
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                        .collect::<String>()
                })
                .collect::<Vec<_>>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn part_of(file: &Path) -> String {
    let below = file
        .strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
        .expect("below src");
    let first = below.components().next().expect("a part");
    Path::new(first.as_os_str())
        .file_stem()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
