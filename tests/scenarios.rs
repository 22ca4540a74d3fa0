//! The diagnostics that no spec alone gives: about the output folder, the command line, files,
//! and what only shows when everything is rendered. A scenario and a snapshot for each code.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use common::{EXAMPLE, Folder, Ran};
use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::facts::user_data::warn_percent;
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

/// Makes secrets for a spec, changes the spec, and runs a command on them.
fn secrets_and_then(spec: &str, then: &str, arguments: &[&str]) -> (Folder, Ran) {
    let folder = Folder::new(spec);
    folder
        .hagen(&["secrets", "--out", "s.auto.tfvars.json"])
        .code(0);
    folder.spec(then);
    if then.contains("count: 5") {
        fs::remove_file(folder.path().join("secrets.etcd-ca.pem")).expect("etcd's CA");
    }
    let ran = folder.hagen(arguments).code(2);
    (folder, ran)
}

fn two_specs_for_secrets() -> (Folder, Ran) {
    let folder = Folder::empty();
    fs::create_dir(folder.path().join("specs")).expect("folder");
    for name in ["one.yaml", "two.yaml"] {
        fs::write(folder.path().join("specs").join(name), EXAMPLE).expect("write");
    }
    let ran = folder
        .hagen(&["secrets", "--file", "specs", "--out", "s.auto.tfvars.json"])
        .code(2);
    (folder, ran)
}

fn malformed_secrets() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    fs::write(
        folder.path().join("s.auto.tfvars.json"),
        "bootstrap_token = \"hunter2\"\n",
    )
    .expect("write");
    let ran = folder
        .hagen(&["rearm", "--secrets", "s.auto.tfvars.json"])
        .code(2);
    assert!(!ran.stderr().contains("hunter2"), "{}", ran.stderr());
    (folder, ran)
}

fn other_secrets() -> (Folder, Ran) {
    let tofu = EXAMPLE.replace("\nworkers", "\nsecrets: { mode: tofu }\nworkers");
    secrets_and_then(
        &tofu,
        EXAMPLE,
        &["secrets", "--add", "--out", "s.auto.tfvars.json"],
    )
}

fn no_etcd_ca() -> (Folder, Ran) {
    let etcd = |count| {
        EXAMPLE.replace(
            "\nworkers",
            &format!("\netcd: {{ external: {{ count: {count} }} }}\nworkers"),
        )
    };
    secrets_and_then(
        &etcd(3),
        &etcd(5),
        &["secrets", "--add", "--out", "s.auto.tfvars.json"],
    )
}

fn no_such_node() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    let ran = folder
        .hagen(&["runbook", "replace", "cp-9", "--provider", "aws"])
        .code(2);
    (folder, ran)
}

fn task_does_not_apply() -> (Folder, Ran) {
    let folder = Folder::new(EXAMPLE);
    let ran = folder
        .hagen(&["runbook", "add-etcd", "--provider", "aws"])
        .code(2);
    (folder, ran)
}

const BAREMETAL: &str = include_str!("../examples/baremetal.yaml");

/// Bare metal, rendered into `dir`, with its secrets there.
fn bare_metal() -> Folder {
    let folder = Folder::new(BAREMETAL);
    folder
        .hagen(&["render", "--provider", "baremetal", "--out", "dir"])
        .code(0);
    folder.hagen(&["secrets", "--out", "dir"]).code(0);
    folder
}

fn seed(folder: Folder, more: &[&str], code: i32) -> (Folder, Ran) {
    let arguments = [&["seed", "--secrets", "dir", "dir"], more].concat();
    let ran = folder.hagen(&arguments).code(code);
    (folder, ran)
}

fn not_as_rendered() -> (Folder, Ran) {
    let folder = bare_metal();
    fs::write(folder.path().join("dir/haproxy/haproxy.cfg"), "# mine\n").expect("write");
    fs::remove_file(folder.path().join("dir/cloud-init/cp-1.yaml")).expect("removed");
    seed(folder, &[], 2)
}

fn not_rendered() -> (Folder, Ran) {
    let folder = bare_metal();
    fs::remove_file(folder.path().join("dir/hagen.lock.json")).expect("removed");
    seed(folder, &[], 2)
}

fn no_seeds_here() -> (Folder, Ran) {
    let folder = rendered();
    let ran = folder.hagen(&["seed", "out/prod-aws"]).code(2);
    (folder, ran)
}

fn cannot_seed() -> (Folder, Ran) {
    let folder = bare_metal();
    let path = folder.path().join("dir/cloud-init/worker-1.yaml");
    let before = fs::read_to_string(&path).expect("a file");
    let after = before.replace("HAGEN_CA_CERTIFICATE_BASE64", "HAGEN_CA_KEY_BASE64");
    fs::write(&path, &after).expect("write");
    let lock = folder.path().join("dir/hagen.lock.json");
    let digest = |text: &str| hagen::write::digest(text.as_bytes());
    let text = fs::read_to_string(&lock).expect("the lock");
    fs::write(lock, text.replace(&digest(&before), &digest(&after))).expect("write");
    seed(folder, &[], 2)
}

fn not_a_seed() -> (Folder, Ran) {
    let folder = bare_metal();
    fs::create_dir(folder.path().join("seeds")).expect("folder");
    fs::write(folder.path().join("seeds/mine.txt"), "mine").expect("write");
    seed(folder, &["--out", "seeds"], 2)
}

fn no_secrets() -> (Folder, Ran) {
    let folder = bare_metal();
    let ran = folder.hagen(&["seed", "dir"]).code(2);
    (folder, ran)
}

/// Runs with a PATH that has nothing, or this xorriso.
fn seed_with_xorriso(body: Option<&str>) -> (Folder, Ran) {
    let folder = bare_metal();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).expect("folder");
    if let Some(body) = body {
        let path = bin.join("xorriso");
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("write");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    }
    let arguments = ["seed", "--secrets", "dir", "dir", "--iso"];
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hagen"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", &bin)
        .output()
        .expect("hagen");
    (folder, Ran::new(output, &arguments).code(3))
}

fn no_xorriso() -> (Folder, Ran) {
    seed_with_xorriso(None)
}

fn xorriso_failed() -> (Folder, Ran) {
    seed_with_xorriso(Some(
        "case $* in *-version*) exit 0 ;; esac\necho 'xorriso : FAILURE : Image size exceeds free space on media' >&2\nexit 32",
    ))
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
    ("HGN8009", not_as_rendered),
    ("HGN8010", not_rendered),
    ("HGN8011", no_seeds_here),
    ("HGN8012", cannot_seed),
    ("HGN8013", not_a_seed),
    ("HGN9001", cannot_read),
    ("HGN9002", no_such_target),
    ("HGN9003", unknown_code),
    ("HGN9004", same_folder),
    ("HGN9005", file_exists),
    ("HGN9006", cannot_write_file),
    ("HGN9007", no_specs),
    ("HGN9008", secrets_not_a_spec),
    ("HGN9009", two_specs_for_secrets),
    ("HGN9010", malformed_secrets),
    ("HGN9011", other_secrets),
    ("HGN9012", no_etcd_ca),
    ("HGN9013", no_such_node),
    ("HGN9014", task_does_not_apply),
    ("HGN9021", no_secrets),
    ("HGN9022", no_xorriso),
    ("HGN9023", xorriso_failed),
];

fn snapshot(code: &str, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/scenarios"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(code, shown));
}

/// Given by [`user_data_is_measured_against_the_limit`].
const MEASURED: &[&str] = &["HGN2901", "HGN2902"];

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

/// The size of user data is measured and not guessed. A spec with many mirrors reaches the limit;
/// then it is refused here and not by EC2.
#[test]
fn user_data_is_measured_against_the_limit() {
    let aws = provider::find("aws").expect("a target");
    let checked = |mirrors: usize| {
        let more = format!("\n{}controlPlane:", noise(mirrors));
        let spec = EXAMPLE.replace("\ncontrolPlane:", &more);
        let source = Source::parse("hagen.yaml", spec).expect("YAML");
        let mut report = Report::default();
        let spec = validate::check(&source, Some("aws"), &mut report).expect("a spec");
        let plan = plan::build(&spec, "aws");
        aws.check(&plan, &mut report);
        let usage = aws.user_data(&plan).expect("user data");
        (source, report, plan, usage)
    };
    // How many mirrors fill the user data depends on what the script takes, which changes.
    let (none, some) = (checked(0).3.bytes, checked(50).3.bytes);
    let filling =
        |percent: usize| 50 * (16_384 * percent / 100).saturating_sub(none) / (some - none);
    for (mirrors, code) in [
        (0, None),
        (
            filling(usize::midpoint(warn_percent(), 100)),
            Some("HGN2902"),
        ),
        (filling(115), Some("HGN2901")),
    ] {
        let (source, report, plan, usage) = checked(mirrors);
        let found: Vec<_> = report.iter().map(|problem| problem.code.id).collect();
        assert_eq!(found, Vec::from_iter(code), "{mirrors} mirrors: {usage:?}");
        for problem in report.iter() {
            assert!(problem.message.contains("`cp-1`"), "{}", problem.message);
            assert!(problem.message.contains("16384"), "{}", problem.message);
            let bytes = usage.bytes.to_string();
            assert!(problem.message.contains(&bytes), "{}", problem.message);
            let shown = hagen::diagnostic::text(&report, Some(&source), ("", ""));
            let shown: String = anstream::adapter::strip_str(&shown)
                .to_string()
                .lines()
                .map(|line| line.trim_end().to_owned() + "\n")
                .collect();
            snapshot(problem.code.id, &without_sizes(&shown));
        }
        // What Terraform refuses at plan is what hagen refuses here: the limit in base64.
        let mut rendered = ArtifactSet::default();
        aws.render(&plan, &mut rendered);
        let text = rendered.get("control-plane.tf").expect("a file");
        assert!(text.contains("<= 21848"), "{text}");
    }
}

/// A text with measured sizes as `N`, which change with each change of the script.
fn without_sizes(text: &str) -> String {
    text.split_inclusive(' ')
        .map(|word| {
            let number = word.trim_end();
            let measured =
                number.len() > 2 && number != "16384" && number.bytes().all(|b| b.is_ascii_digit());
            if measured {
                word.replace(number, "N")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// Mirrors with names that hardly compress, the same each time.
fn noise(mirrors: usize) -> String {
    let mut out = String::new();
    let mut state = 1_u32;
    let mut letters = |many: usize| -> String {
        (0..many)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(b'a' + u8::try_from((state >> 24) % 26).expect("small"))
            })
            .collect()
    };
    if mirrors > 0 {
        out.push_str("downloads:\n  registryMirrors:\n");
    }
    for _ in 0..mirrors {
        let line = format!(
            "    {}.example.com: {}.example.com\n",
            letters(20),
            letters(40)
        );
        out.push_str(&line);
    }
    out
}
