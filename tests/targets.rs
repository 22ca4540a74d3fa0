//! Adding a target is a procedure (docs/design.md); this says what is missing of one.
#![allow(clippy::expect_used, missing_docs)]

use std::path::Path;

use hagen::provider::PROVIDERS;

#[test]
fn every_target_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for provider in PROVIDERS {
        let name = provider.name();
        for path in [
            format!("src/spec/{name}.rs"),
            format!("src/plan/{name}.rs"),
            format!("src/provider/{name}/mod.rs"),
            format!("src/validate/{name}/mod.rs"),
            format!("providers/{name}"),
            format!("templates/{name}/README.md.hbs"),
            format!("examples/{name}.yaml"),
            format!("snapshots/{name}/{name}"),
        ] {
            let facts = [
                format!("src/facts/{name}.rs"),
                format!("src/facts/{name}/mod.rs"),
            ];
            if !facts.iter().any(|path| root.join(path).exists()) {
                missing.push(facts[0].clone());
            }
            if !root.join(&path).exists() {
                missing.push(path);
            }
        }
        let facts = [
            format!("src/facts/{name}.rs"),
            format!("src/facts/{name}/mod.rs"),
        ];
        if !facts.iter().any(|path| root.join(path).exists()) {
            missing.push(facts[0].clone());
        }
        let schema = &hagen::validate::SCHEMA["$defs"]["Targets"]["properties"][name];
        if schema.is_null() {
            missing.push(format!("`targets.{name}` in the schema of the spec"));
        }
        assert!(!provider.abilities().is_empty(), "{name} can do nothing");
    }
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_folder_of_a_target_is_in_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["providers", "src/provider", "templates"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("folder") {
            let entry = entry.expect("entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            // Of every target, or of all clouds but AWS.
            let shared = folder != "providers"
                && ["bootstrap", "cloud", "load-balancer", "runbook"].contains(&name.as_str());
            if entry.path().is_dir() && !shared {
                assert!(
                    PROVIDERS.iter().any(|provider| provider.name() == name),
                    "{folder}/{name} belongs to no target in PROVIDERS"
                );
            }
        }
    }
}
