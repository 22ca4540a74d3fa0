//! The diagnostics that no spec alone gives: about the output folder, the command line, files,
//! and what only shows when everything is rendered. A scenario and a snapshot for each code.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use common::{EXAMPLE, Folder, Ran};
use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::source::Source;
use hagen::{plan, provider, validate};

const RENDER: &[&str] = &["render", "--provider", "aws"];

/// A rendered folder.
fn rendered() -> Folder {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    folder
}

fn edited_file() -> (Folder, Ran) {
    let folder = rendered();
    fs::write(folder.out("dns.tf"), "").expect("write");
    fs::write(folder.out("outputs.tf"), "# by hand\n").expect("write");
    let ran = folder.render().code(2);
    (folder, ran)
}

fn foreign_file() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    fs::create_dir_all(folder.out("")).expect("folder");
    fs::write(folder.out("outputs.tf"), "# mine\n").expect("write");
    let ran = folder.render().code(2);
    (folder, ran)
}

fn immutable_field() -> (Folder, Ran) {
    let folder = rendered();
    folder.spec(&EXAMPLE.replace("10.96.0.0/12", "10.112.0.0/12"));
    let ran = folder.render().code(2);
    (folder, ran)
}

fn link_in_folder() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    fs::create_dir_all(folder.out("")).expect("folder");
    symlink("/etc", folder.out("cloud-init")).expect("link");
    let ran = folder.render().code(2);
    (folder, ran)
}

fn cannot_write() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    fs::write(folder.path().join("file"), "").expect("write");
    let ran = folder
        .hagen(&["render", "--provider", "aws", "--out", "file/below"])
        .code(3);
    (folder, ran)
}

fn broken_lock() -> (Folder, Ran) {
    let folder = rendered();
    fs::write(folder.out("hagen.lock.json"), "<<<<<<< HEAD\n").expect("write");
    let ran = folder.render().code(2);
    (folder, ran)
}

fn terraform_running() -> (Folder, Ran) {
    let folder = rendered();
    fs::write(folder.out(".terraform.tfstate.lock.info"), "{}").expect("write");
    folder.spec(&EXAMPLE.replace("workers: { count: 3 }", "workers: { count: 4 }"));
    let ran = folder.render().code(2);
    (folder, ran)
}

fn other_cluster() -> (Folder, Ran) {
    let folder = rendered();
    folder.spec(&EXAMPLE.replace("name: prod", "name: test"));
    let ran = folder
        .hagen(&["render", "--provider", "aws", "--out", "out/prod-aws"])
        .code(2);
    (folder, ran)
}

fn cannot_read() -> (Folder, Ran) {
    let folder = Folder::empty();
    let ran = folder
        .hagen(&["validate", "--file", "nowhere.yaml"])
        .code(3);
    (folder, ran)
}

fn no_such_target() -> (Folder, Ran) {
    let head = EXAMPLE.split("targets:").next().expect("a head");
    let folder = Folder::new(&format!("{head}targets: {{}}\n"));
    let ran = folder.hagen(RENDER).code(2);
    (folder, ran)
}

fn unknown_code() -> (Folder, Ran) {
    let folder = Folder::empty();
    let ran = folder.hagen(&["explain", "HGN1020"]).code(2);
    (folder, ran)
}

fn same_folder() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    fs::write(folder.path().join("again.yaml"), EXAMPLE).expect("write");
    let ran = folder
        .hagen(&[
            "render",
            "--provider",
            "aws",
            "--file",
            "hagen.yaml",
            "--file",
            "again.yaml",
        ])
        .code(2);
    (folder, ran)
}

fn file_exists() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    let ran = folder.hagen(&["init", "--provider", "aws"]).code(2);
    (folder, ran)
}

fn cannot_write_file() -> (Folder, Ran) {
    let folder = Folder::empty();
    let ran = folder
        .hagen(&["init", "--provider", "aws", "--out", "nowhere/hagen.yaml"])
        .code(3);
    (folder, ran)
}

fn no_specs() -> (Folder, Ran) {
    let folder = Folder::empty();
    fs::create_dir(folder.path().join("specs")).expect("folder");
    let ran = folder.hagen(&["validate", "--file", "specs"]).code(2);
    (folder, ran)
}

fn secrets_not_a_spec() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    folder
        .hagen(&["secrets", "--out", "s.auto.tfvars.json"])
        .code(0);
    let text = fs::read_to_string(folder.path().join("s.auto.tfvars.json")).expect("secrets");
    let secrets: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for arguments in [
        &["validate", "--file", "s.auto.tfvars.json"][..],
        &[
            "validate",
            "--file",
            "s.auto.tfvars.json",
            "--format",
            "json",
        ][..],
        &[
            "render",
            "--provider",
            "aws",
            "--file",
            "s.auto.tfvars.json",
        ][..],
        &["validate", "--file", "."][..],
    ] {
        let ran = folder.hagen(arguments);
        for secret in secrets.as_object().expect("a mapping").values() {
            for line in secret
                .as_str()
                .expect("text")
                .lines()
                .filter(|line| !line.contains("-----") && line.len() >= 16)
            {
                assert!(!ran.stdout().contains(&line[..16]) && !ran.stderr().contains(&line[..16]));
            }
        }
    }
    let ran = folder
        .hagen(&["validate", "--file", "s.auto.tfvars.json"])
        .code(2);
    (folder, ran)
}

type Scenario = (&'static str, fn() -> (Folder, Ran));

const SCENARIOS: &[Scenario] = &[
    ("HGN8001", edited_file),
    ("HGN8002", foreign_file),
    ("HGN8003", immutable_field),
    ("HGN8004", link_in_folder),
    ("HGN8005", cannot_write),
    ("HGN8006", broken_lock),
    ("HGN8007", terraform_running),
    ("HGN8008", other_cluster),
    ("HGN9001", cannot_read),
    ("HGN9002", no_such_target),
    ("HGN9003", unknown_code),
    ("HGN9004", same_folder),
    ("HGN9005", file_exists),
    ("HGN9006", cannot_write_file),
    ("HGN9007", no_specs),
    ("HGN9008", secrets_not_a_spec),
];

fn snapshot(code: &str, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/scenarios"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(code, shown));
}

/// Given by [`user_data_is_measured_against_the_limit`].
const MEASURED: &[&str] = &["HGN3901", "HGN3902"];

#[test]
fn every_scenario_gives_its_code_and_is_shown_as_its_snapshot() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/scenarios");
    for (code, scenario) in SCENARIOS {
        let (place, ran) = scenario();
        let shown = ran
            .stderr()
            .replace(&place.path().display().to_string(), "FOLDER");
        // The system's temporary folder may be a link.
        let real = fs::canonicalize(place.path()).expect("a path");
        let shown = shown.replace(&real.display().to_string(), "FOLDER");
        assert!(shown.contains(code), "{code}:\n{shown}");
        assert!(shown.contains("help: "), "{code} has no cure:\n{shown}");
        snapshot(code, &shown);
    }
    let expected: BTreeSet<String> = SCENARIOS
        .iter()
        .map(|(code, _)| *code)
        .chain(MEASURED.iter().copied())
        .map(|code| format!("{code}.snap"))
        .collect();
    let found: BTreeSet<String> = fs::read_dir(&folder)
        .expect("snapshots")
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(
        found, expected,
        "snapshots that no scenario gives, or the other way round"
    );
}

#[test]
fn every_code_has_a_fixture_or_a_scenario() {
    let fixtures: BTreeSet<String> = fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/diagnostics"
    ))
    .expect("fixtures")
    .map(|entry| entry.expect("entry").file_name().to_string_lossy()[..7].to_owned())
    .collect();
    for code in hagen::diagnostic::CODES
        .iter()
        .flat_map(|family| family.iter())
    {
        let rendered = MEASURED.contains(&code.id);
        assert!(
            rendered
                || fixtures.contains(code.id)
                || SCENARIOS.iter().any(|(id, _)| *id == code.id),
            "{} has neither",
            code.id
        );
    }
}

/// The size of user data is measured and not guessed. No spec reaches the limit today; a longer
/// script could, and then it is refused here and not by EC2.
#[test]
fn user_data_is_measured_against_the_limit() {
    for (letters, code) in [
        (0, None),
        (3_500, Some("HGN3902")),
        (12_000, Some("HGN3901")),
    ] {
        let source = Source::parse("hagen.yaml", EXAMPLE.to_owned()).expect("YAML");
        let mut report = Report::default();
        let spec = validate::check(&source, Some("aws"), &mut report).expect("a spec");
        let plan = plan::build(&spec, "aws");
        let aws = provider::find("aws").expect("a target");
        let mut rendered = ArtifactSet::default();
        aws.render(&plan, &mut rendered);
        let mut longer = ArtifactSet::default();
        for (path, text) in rendered.iter() {
            let more = if path == "cloud-init/cp-1.yaml" {
                noise(letters)
            } else {
                String::new()
            };
            longer.insert(path, format!("{text}{more}"));
        }
        aws.check(&plan, &longer, &mut report);
        let found: Vec<_> = report.iter().map(|problem| problem.code.id).collect();
        assert_eq!(found, Vec::from_iter(code));
        for problem in report.iter() {
            assert!(problem.message.contains("`cp-1`"), "{}", problem.message);
            assert!(problem.message.contains("16384"), "{}", problem.message);
            let shown = hagen::diagnostic::text(&report, Some(&source), ("", ""));
            snapshot(
                problem.code.id,
                &anstream::adapter::strip_str(&shown).to_string(),
            );
        }
        // What Terraform refuses at plan is what hagen refuses here.
        let precondition = format!("<= {}", 19_312);
        assert!(
            rendered
                .get("control-plane.tf")
                .expect("a file")
                .contains(&precondition)
        );
    }
}

/// Lines of letters that hardly compress, the same each time.
fn noise(letters: usize) -> String {
    let mut out = String::new();
    let mut state = 1_u32;
    for at in 0..letters {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out.push(char::from(
            b'!' + u8::try_from((state >> 24) % 90).expect("small"),
        ));
        if at % 80 == 79 {
            out.push('\n');
        }
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}
