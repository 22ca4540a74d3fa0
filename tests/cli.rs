//! The command line, as its users meet it.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use common::{EXAMPLE, Folder, hagen_with};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn render_in_an_empty_folder_uses_the_example_and_says_so() {
    let folder = Folder::empty();
    let ran = folder
        .render()
        .code(0)
        .stderr_has("using the embedded example for aws");
    assert_eq!(ran.stdout(), "out/prod-aws\n");
    assert!(folder.out("load-balancer.tf").exists());
    assert!(folder.out("hagen.lock.json").exists());
}

#[test]
fn render_says_what_it_did_as_json() {
    let folder = Folder::new(EXAMPLE);
    let ran = folder
        .hagen(&["render", "--provider", "aws", "--format", "json"])
        .code(0);
    let result = json(&ran.stdout());
    assert_eq!(result[0]["cluster"], "prod");
    assert_eq!(result[0]["folder"], "out/prod-aws");
    assert_eq!(result[0]["added"], result[0]["files"]);
}

#[test]
fn check_says_what_differs_and_writes_nothing() {
    let folder = Folder::new(EXAMPLE);
    let check = ["render", "--provider", "aws", "--check"];
    folder.hagen(&check).code(1).stderr_has("would change");
    assert!(!folder.path().join("out").exists());
    folder.render().code(0);
    folder.hagen(&check).code(0).stderr_has("up to date");
    folder.spec(&EXAMPLE.replace("m7i.large", "m7i.2xlarge"));
    folder
        .hagen(&check)
        .code(1)
        .stdout_has("-  instance_type    = \"m7i.large\"")
        .stdout_has("+  instance_type    = \"m7i.2xlarge\"");
    let ran = folder
        .hagen(&["render", "--provider", "aws", "--check", "--format", "json"])
        .code(1);
    let result = json(&ran.stdout());
    assert_eq!(result[0]["upToDate"], false);
    assert_eq!(result[0]["differences"][0]["path"], "control-plane.tf");
}

#[test]
fn a_spec_comes_from_standard_input() {
    let folder = Folder::empty();
    hagen_with(
        folder.path(),
        &[
            "render",
            "--provider",
            "aws",
            "--file",
            "-",
            "--out",
            "here",
        ],
        EXAMPLE,
    )
    .code(0);
    assert!(folder.path().join("here/outputs.tf").exists());
    hagen_with(folder.path(), &["validate", "--file", "-"], "name: [")
        .code(2)
        .stderr_has("HGN1001")
        .stderr_has("<stdin>:1:");
}

#[test]
fn a_fleet_is_rendered_in_one_run_or_not_at_all() {
    let folder = Folder::empty();
    std::fs::create_dir(folder.path().join("specs")).expect("folder");
    let spec = |name: &str| EXAMPLE.replace("name: prod", &format!("name: {name}"));
    let write = |file: &str, text: String| {
        std::fs::write(folder.path().join("specs").join(file), text).expect("write");
    };
    write("a.yaml", spec("alpha"));
    write("b.yaml", spec("beta").replace("count: 3", "count: 2"));
    let fleet = ["render", "--provider", "aws", "--file", "specs"];
    // One is wrong: none is written.
    folder.hagen(&fleet).code(2).stderr_has("specs/b.yaml");
    assert!(!folder.path().join("out").exists());
    write("b.yaml", spec("beta"));
    let ran = folder.hagen(&fleet).code(0);
    assert_eq!(ran.stdout(), "out/alpha-aws\nout/beta-aws\n");
    // Two of one name would be one folder.
    write("b.yaml", spec("alpha"));
    folder.hagen(&fleet).code(2).stderr_has("HGN9004");
    // Files one by one, into a folder of choice.
    write("b.yaml", spec("beta"));
    folder
        .hagen(&[
            "render",
            "--provider",
            "aws",
            "--file",
            "specs/a.yaml",
            "--file",
            "specs/b.yaml",
            "--out",
            "fleet",
        ])
        .code(0);
    assert!(folder.path().join("fleet/beta-aws/outputs.tf").exists());
    std::fs::create_dir(folder.path().join("none")).expect("folder");
    folder
        .hagen(&["validate", "--file", "none"])
        .code(2)
        .stderr_has("HGN9007");
}

#[test]
fn init_writes_a_spec_that_is_valid_and_its_schema() {
    let folder = Folder::empty();
    folder.hagen(&["init", "--provider", "aws"]).code(0);
    let spec = std::fs::read_to_string(folder.path().join("hagen.yaml")).expect("spec");
    assert!(spec.starts_with("# yaml-language-server: $schema=./hagen.schema.json\n"));
    folder
        .hagen(&["validate"])
        .code(0)
        .stderr_has("hagen.yaml is valid");
    let schema = std::fs::read_to_string(folder.path().join("hagen.schema.json")).expect("schema");
    assert_eq!(schema, folder.hagen(&["schema"]).code(0).stdout());
    // Neither is replaced by accident.
    folder
        .hagen(&["init", "--provider", "aws"])
        .code(2)
        .stderr_has("HGN9005");
    folder
        .hagen(&["init", "--provider", "aws", "--force"])
        .code(0);
    let ran = folder
        .hagen(&["init", "--provider", "aws", "--out", "-"])
        .code(0);
    assert_eq!(ran.stdout(), spec);
    folder
        .hagen(&["init", "--provider", "aws", "--out", "nowhere/hagen.yaml"])
        .code(3)
        .stderr_has("HGN9006");
}

#[test]
fn the_schema_in_the_repository_is_the_programs() {
    let ran = Folder::empty().hagen(&["schema"]).code(0);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/hagen.schema.json");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        std::fs::write(path, ran.stdout()).expect("write");
    }
    let committed = std::fs::read_to_string(path).expect("hagen.schema.json");
    assert_eq!(
        committed,
        ran.stdout(),
        "run `hagen schema > hagen.schema.json` and review the difference"
    );
}

#[test]
fn validate_says_everything_at_once() {
    let folder = Folder::new(
        &EXAMPLE
            .replace("name: prod", "nmae: prod")
            .replace("exposure: internal", "exposure: open")
            .replace("10.244.0.0/16", "10.244.0.1/16"),
    );
    folder
        .hagen(&["validate"])
        .code(2)
        .stderr_has("HGN1002")
        .stderr_has("did you mean `name`?")
        .stderr_has("HGN1004")
        .stderr_has("HGN1005")
        .stderr_has("HGN1009")
        .stderr_has("hagen.yaml has 4 errors");
}

#[test]
fn validate_as_json_has_places_and_defaults() {
    let folder = Folder::new(&EXAMPLE.replace("workers: { count: 3 }", "workers: { cuont: 3 }"));
    let ran = folder.hagen(&["validate", "--format", "json"]).code(2);
    let result = json(&ran.stdout());
    let problem = &result[0]["diagnostics"][0];
    assert_eq!(result[0]["valid"], false);
    assert_eq!(problem["code"], "HGN1002");
    assert_eq!(problem["path"], "workers.cuont");
    assert_eq!(problem["line"], 18);
    assert_eq!(problem["column"], 12);
    assert_eq!(problem["replacement"], "count");
    folder.spec(EXAMPLE);
    let ran = folder.hagen(&["validate", "--format", "json"]).code(0);
    let result = json(&ran.stdout());
    assert_eq!(result[0]["spec"]["endpoint"]["port"], 6443);
    assert_eq!(
        result[0]["spec"]["kubernetes"]["imageRepository"],
        "registry.k8s.io"
    );
    // What is no document has a place too.
    folder.spec("name: prod\nname: [\n");
    let ran = folder.hagen(&["validate", "--format", "json"]).code(2);
    let result = json(&ran.stdout());
    assert_eq!(result[0]["diagnostics"][0]["code"], "HGN1001");
    assert!(
        result[0]["diagnostics"][0]["line"]
            .as_u64()
            .is_some_and(|line| line >= 2)
    );
}

#[test]
fn a_target_that_the_spec_does_not_have_is_said() {
    let folder = Folder::new(
        "apiVersion: hagen.dev/v1alpha1\nkind: Cluster\nname: prod\nkubernetes: { version: 1.37.1 }\ntargets: {}\n",
    );
    folder.render().code(2).stderr_has("HGN9002");
    folder
        .hagen(&["validate", "--provider", "aws"])
        .code(2)
        .stderr_has("HGN9002");
}

#[test]
fn files_that_cannot_be_read_are_said() {
    let folder = Folder::empty();
    folder
        .hagen(&["validate", "--file", "nowhere.yaml"])
        .code(3)
        .stderr_has("HGN9001")
        .stderr_has("it does not exist");
    folder.hagen(&["validate"]).code(3).stderr_has("hagen init");
    std::fs::write(folder.path().join("binary"), [0xff, 0xfe, 0]).expect("write");
    folder
        .hagen(&["validate", "--file", "binary"])
        .code(3)
        .stderr_has("not UTF-8");
}

#[test]
fn explain_tells_the_whole_story_of_every_code() {
    let folder = Folder::empty();
    let all = json(
        &folder
            .hagen(&["explain", "--format", "json"])
            .code(0)
            .stdout(),
    );
    let all = all.as_array().expect("a list");
    assert!(all.len() > 60);
    let mut seen = std::collections::BTreeSet::new();
    for code in all {
        let id = code["code"].as_str().expect("a code");
        assert!(seen.insert(id.to_owned()), "{id} stands twice");
        assert!(id.len() == 7 && id.starts_with("HGN"), "{id}");
        for part in ["title", "cause", "example", "cure", "source"] {
            let text = code[part].as_str().expect("text");
            assert!(!text.is_empty(), "{id} has no {part}");
        }
    }
    folder
        .hagen(&["explain", "hgn1002"])
        .code(0)
        .stdout_has("HGN1002 (error): a key that the spec does not have")
        .stdout_has("Example:")
        .stdout_has("Cure:")
        .stdout_has("Source:");
    folder.hagen(&["explain"]).code(0).stdout_has("HGN8001");
    folder
        .hagen(&["explain", "HGN0000"])
        .code(2)
        .stderr_has("HGN9003");
}

/// The story that no single code tells: a row for each kind of load balancer.
#[test]
fn explain_tells_of_a_node_and_its_own_load_balancer() {
    let folder = Folder::empty();
    let told = folder.hagen(&["explain", "hairpin"]).code(0);
    for words in [
        "Alibaba Cloud classic SLB",
        "always, cannot be switched off",
        "snat_enable = true",
        "members without subnet_id",
        "preserve_client_ip = false",
    ] {
        assert!(told.stdout().contains(words), "{words}: {}", told.stdout());
    }
    let rows = json(
        &folder
            .hagen(&["explain", "hairpin", "--format", "json"])
            .code(0)
            .stdout(),
    );
    let rows = rows.as_array().expect("rows");
    for provider in hagen::provider::PROVIDERS {
        assert!(
            rows.iter().any(|row| row["provider"] == provider.name()),
            "{} has no row",
            provider.name()
        );
    }
    for row in rows {
        assert_eq!(row["pinRequired"] == true, row["works"] != "yes", "{row}");
    }
    folder.hagen(&["explain"]).code(0).stdout_has("hairpin");
}

#[test]
fn validate_says_which_cure_is_in_force() {
    let spec = include_str!("../examples/everywhere.yaml");
    let folder = Folder::new(spec);
    let said = folder.hagen(&["validate"]).code(0).stdout();
    for line in [
        "tencent: a node reaches itself through Tencent Cloud CLB, internal: snat_enable = true; control-plane nodes map",
        "huawei: a node reaches itself through Huawei Cloud dedicated ELB: cross_vpc_backend = true",
        "aws: a node reaches itself through AWS Network Load Balancer: preserve_client_ip = false; the first control-plane node maps",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    folder.spec(&spec.replace("exposure: internal", "pin: off\n  exposure: internal"));
    let said = json(
        &folder
            .hagen(&["validate", "--format", "json"])
            .code(0)
            .stdout(),
    );
    let cures = said[0]["hairpin"].as_array().expect("cures").clone();
    assert_eq!(cures.len(), 5, "{said}");
    assert!(
        cures.iter().all(|cure| cure["pin"] == "whileStarting"),
        "{cures:?}"
    );
}

#[test]
fn wrong_words_on_the_command_line_are_a_2() {
    let folder = Folder::empty();
    folder
        .hagen(&["render", "--provider", "asw"])
        .code(2)
        .stderr_has("possible values: aws");
    folder.hagen(&["rendre"]).code(2).stderr_has("render");
    folder.hagen(&[]).code(2);
    folder.hagen(&["render"]).code(2).stderr_has("--provider");
    folder
        .hagen(&["render", "--provider", "aws", "--check", "--force"])
        .code(2);
    folder.hagen(&["--version"]).code(0);
    folder.hagen(&["--help"]).code(0).stdout_has("Exit codes");
}

#[test]
fn providers_completions_and_the_manual_are_printed() {
    let folder = Folder::empty();
    folder
        .hagen(&["providers"])
        .code(0)
        .stdout_has("aws: Amazon Web Services")
        .stdout_has("Network Load Balancer");
    let all = json(
        &folder
            .hagen(&["providers", "--format", "json"])
            .code(0)
            .stdout(),
    );
    assert_eq!(all[0]["name"], "aws");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        folder
            .hagen(&["completions", shell])
            .code(0)
            .stdout_has("render");
    }
    folder.hagen(&["completions", "tcsh"]).code(2);
    folder
        .hagen(&["man"])
        .code(0)
        .stdout_has(".TH hagen")
        .stdout_has("\\-\\-provider");
}

#[test]
fn colours_only_where_they_belong() {
    let folder = Folder::new("name: [");
    let ran = folder.hagen(&["validate"]).code(2);
    assert!(!ran.stderr().contains('\u{1b}'));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_hagen"))
        .args(["explain", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("hagen");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("wait");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn secrets_are_written_once_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    let secrets = ["secrets", "--out", "out/prod-aws"];
    let ran = folder.hagen(&secrets).code(0);
    assert_eq!(ran.stdout(), "out/prod-aws/secrets.auto.tfvars.json\n");
    let path = folder.out("secrets.auto.tfvars.json");
    let mode = std::fs::metadata(&path).expect("file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).expect("file");
    let value = json(&text);
    for name in [
        "bootstrap_token",
        "certificate_key",
        "cluster_ca_certificate",
        "cluster_ca_key",
    ] {
        let secret = value[name].as_str().expect("a secret");
        // Neither is printed.
        assert!(!ran.stderr().contains(secret) && !ran.stdout().contains(secret));
    }
    folder.hagen(&secrets).code(2).stderr_has("HGN9005");
    assert_eq!(std::fs::read_to_string(&path).expect("file"), text);
    folder
        .hagen(&["secrets", "--out", "out/prod-aws", "--force"])
        .code(0);
    assert_ne!(std::fs::read_to_string(&path).expect("file"), text);
    folder
        .hagen(&["secrets", "--out", "nowhere/s.tfvars.json"])
        .code(3)
        .stderr_has("its folder does not exist");
    // A slip must not leave secrets in a file that nothing ignores.
    folder
        .hagen(&["secrets", "--out", "out/prd-aws"])
        .code(3)
        .stderr_has("HGN9006")
        .stderr_has("render first");
    assert!(!folder.path().join("out/prd-aws").exists());
    // A render leaves them alone, and .gitignore covers them.
    folder.spec(&EXAMPLE.replace("workers: { count: 3 }", "workers: { count: 4 }"));
    folder.render().code(0);
    assert!(path.exists());
    let ignored = std::fs::read_to_string(folder.out(".gitignore")).expect("file");
    assert!(ignored.lines().any(|line| line == "*.tfvars.json"));
}

#[test]
fn diff_says_in_words_what_changes() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    let diff = ["diff", "--provider", "aws"];
    folder.hagen(&diff).code(0).stdout_has("no changes");
    folder.spec(&EXAMPLE.replace("controlPlane: { count: 3 }", "controlPlane: { count: 5 }"));
    let ran = folder
        .hagen(&diff)
        .code(1)
        .stdout_has("cp-4")
        .stdout_has("cp-5");
    assert!(ran.stdout().contains("load balancer"));
    let ran = folder
        .hagen(&["diff", "--provider", "aws", "--format", "markdown"])
        .code(1)
        .stdout_has("<details>")
        .stdout_has("```diff");
    assert!(ran.stdout().len() < 65_536);
    let ran = folder
        .hagen(&["diff", "--provider", "aws", "--format", "json"])
        .code(1);
    assert_eq!(json(&ran.stdout())[0]["version"], 1);
    // Nothing was written.
    assert!(!folder.out("cloud-init/cp-4.yaml").exists());
}

/// AWS wants `availability_zone = "all"` for a target outside the VPC and refuses it inside.
#[test]
fn only_targets_outside_the_vpc_are_of_all_zones() {
    const EXISTING: &str = include_str!("../examples/aws-existing-address.yaml");
    let folder = Folder::new(EXISTING);
    let render = ["render", "--provider", "aws", "--out", "o"];
    let balancer =
        || std::fs::read_to_string(folder.path().join("o/load-balancer.tf")).expect("file");
    folder.hagen(&render).code(0);
    assert!(!balancer().contains("availability_zone"));
    folder.spec(
        &EXISTING
            .replace("address: 10.0.16.21", "address: 172.16.5.21")
            .replace("172.20.0.0/24]", "172.20.0.0/24, 172.16.5.0/24]"),
    );
    folder.hagen(&render).code(0);
    assert!(balancer().contains(r#"contains(["master-b"], each.key) ? "all" : null"#));
}
