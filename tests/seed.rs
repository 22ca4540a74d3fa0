//! `hagen seed`: what is in a seed, who can read it, and what is refused.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Folder, Ran};
use serde_json::Value;

const EXAMPLE: &str = include_str!("../examples/baremetal.yaml");
const OUT: &str = "out/prod-baremetal";
const SECRETS: &str = "out/prod-baremetal/secrets.operator.json";
const SEED: &[&str] = &["seed", "--secrets", SECRETS, OUT];

/// A rendered cluster with its secrets.
fn cluster(spec: &str) -> Folder {
    let folder = Folder::new(spec);
    render(&folder);
    folder.hagen(&["secrets", "--out", OUT]).code(0);
    folder
}

fn render(folder: &Folder) {
    folder.hagen(&["render", "--provider", "baremetal"]).code(0);
}

/// The example with members of external etcd.
fn with_etcd(members: usize) -> String {
    let machines: String = (1..=members)
        .map(|at| format!("      - {{ name: etcd-{at}, role: etcd, address: 10.20.0.4{at} }}\n"))
        .collect();
    let etcd = format!("\netcd: {{ external: {{ count: {members} }} }}\nworkers: {{");
    let spec = EXAMPLE.replace("\nworkers: {", &etcd);
    spec.replace(
        "    # Who may log in.",
        &format!("{machines}    # Who may log in."),
    )
}

fn with_mode(mode: &str) -> String {
    format!("{EXAMPLE}\nsecrets: {{ mode: {mode} }}\n")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn below(folder: &Folder, path: &str) -> PathBuf {
    folder.path().join(OUT).join(path)
}

fn secrets(folder: &Folder) -> Value {
    serde_json::from_str(&text(&folder.path().join(SECRETS))).expect("JSON")
}

/// Every text among the secrets.
fn values(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "cluster")
            .flat_map(|(_, value)| values(value))
            .collect(),
        _ => Vec::new(),
    }
}

/// Every file and folder below a folder, with what is in it and its mode.
fn tree(folder: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        let Ok(entries) = fs::read_dir(&at) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("entry").path();
            let data = path.symlink_metadata().expect("data");
            let name = path.strip_prefix(folder).expect("below");
            let mode = data.permissions().mode() & 0o7777;
            let bytes = fs::read(&path).unwrap_or_default();
            found.insert(name.to_string_lossy().into_owned(), (mode, bytes));
            if data.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// A folder with a program called xorriso in it.
fn xorriso(folder: &Folder, body: &str) -> String {
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).expect("folder");
    let path = bin.join("xorriso");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    format!("{}:/usr/bin:/bin", bin.display())
}

/// Writes into the file of `-outdev stdio:FILE` what the seed is called.
const STAND_IN: &str = r#"
while [ $# -gt 0 ]; do
  case $1 in
    -outdev) file=${2#stdio:} ;;
    -map) name=$2 ;;
  esac
  shift
done
[ -z "$file" ] || echo "image of $name" >"$file""#;

/// Runs hagen with a PATH of its own, from a shell that does something first.
fn with_path(folder: &Folder, path: &str, first: &str, arguments: &[&str]) -> Ran {
    let mut all = vec![
        "-c",
        "eval \"$0\"; exec \"$@\"",
        first,
        env!("CARGO_BIN_EXE_hagen"),
    ];
    all.extend(arguments);
    let output = Command::new("/bin/sh")
        .args(&all)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .output()
        .expect("sh");
    Ran::new(output, arguments)
}

#[test]
fn each_machine_gets_its_files_with_its_own_secrets() {
    let folder = cluster(&with_etcd(3));
    let ran = folder.hagen(SEED).code(0);
    let nodes = [
        "cp-1", "cp-2", "cp-3", "etcd-1", "etcd-2", "etcd-3", "lb-1", "lb-2", "worker-1",
        "worker-2", "worker-3",
    ];
    let expected: String = nodes
        .iter()
        .map(|node| format!("{OUT}/seed/{node}\n"))
        .collect();
    assert_eq!(ran.stdout(), expected);
    let secrets = secrets(&folder);
    let word = |name: &str| secrets[name].as_str().expect("text").to_owned();
    let encoded = |text: &str| STANDARD.encode(text);
    let keys = [
        ("cluster_ca_key", vec!["cp-1"]),
        ("etcd_client_key", vec!["cp-1"]),
        ("certificate_key", vec!["cp-1", "cp-2", "cp-3"]),
    ];
    for node in nodes {
        let at = |name: &str| text(&below(&folder, &format!("seed/{node}/{name}")));
        let rendered = text(&below(&folder, &format!("cloud-init/{node}.yaml")));
        let user_data = at("user-data");
        // Word for word what was rendered.
        let member = |field: &str| {
            let value = secrets["etcd_members"][node][field].as_str();
            encoded(value.unwrap_or_default())
        };
        let expected = rendered
            .replace("HAGEN_BOOTSTRAP_TOKEN", &word("bootstrap_token"))
            .replace("HAGEN_CERTIFICATE_KEY", &word("certificate_key"))
            .replace(
                "HAGEN_ETCD_CA_CERTIFICATE_BASE64",
                &encoded(&word("etcd_ca_certificate")),
            )
            .replace(
                "HAGEN_ETCD_CLIENT_CERTIFICATE_BASE64",
                &encoded(&word("etcd_client_certificate")),
            )
            .replace(
                "HAGEN_ETCD_CLIENT_KEY_BASE64",
                &encoded(&word("etcd_client_key")),
            )
            .replace(
                "HAGEN_ETCD_MEMBER_CERTIFICATE_BASE64",
                &member("certificate"),
            )
            .replace("HAGEN_ETCD_MEMBER_KEY_BASE64", &member("key"))
            .replace(
                "HAGEN_CA_CERTIFICATE_BASE64",
                &encoded(&word("cluster_ca_certificate")),
            )
            .replace("HAGEN_CA_KEY_BASE64", &encoded(&word("cluster_ca_key")));
        assert_eq!(user_data, expected, "{node}");
        assert!(!user_data.contains("_BASE64"), "{node}");
        // The document has the same form as before.
        let document = |text: &str| -> Value { serde_saphyr::from_str(text).expect("YAML") };
        let (before, after) = (document(&rendered), document(&user_data));
        let count = |value: &Value| value["write_files"].as_array().expect("files").len();
        assert_eq!(count(&before), count(&after), "{node}");
        assert_eq!(before["runcmd"], after["runcmd"], "{node}");
        assert_eq!(
            at("meta-data"),
            format!("instance-id: prod.{node}\nlocal-hostname: {node}\n")
        );
        let network = text(&below(&folder, &format!("network-config/{node}.yaml")));
        assert_eq!(at("network-config"), network);
        for (name, who) in &keys {
            let value = word(name);
            let there = user_data.contains(&value) || user_data.contains(&encoded(&value));
            assert_eq!(there, who.contains(&node), "{name} in {node}");
        }
        // A member's key is its own.
        for other in ["etcd-1", "etcd-2", "etcd-3"] {
            let key = secrets["etcd_members"][other]["key"]
                .as_str()
                .expect("text");
            assert_eq!(user_data.contains(&encoded(key)), node == other);
        }
        if node.starts_with("lb-") {
            assert_eq!(user_data, rendered, "a load balancer has no secret");
        }
    }
}

#[test]
fn only_the_owner_can_read_a_seed_whatever_the_umask() {
    for umask in ["umask 000", "umask 0277", "umask 077"] {
        let folder = cluster(EXAMPLE);
        let path = xorriso(&folder, STAND_IN);
        let arguments = [SEED, &["--iso"]].concat();
        with_path(&folder, &path, umask, &arguments).code(0);
        let found = tree(&below(&folder, "seed"));
        assert_eq!(found.len(), 8 * 5 + 2);
        for (name, (mode, _)) in found {
            let folder = !name.contains('/') && !name.contains('.');
            assert_eq!(mode, if folder { 0o700 } else { 0o600 }, "{name}");
        }
        let seed = below(&folder, "seed").metadata().expect("data");
        assert_eq!(seed.permissions().mode() & 0o7777, 0o700);
    }
}

#[test]
fn nothing_that_is_printed_is_a_secret() {
    let folder = cluster(&with_etcd(3));
    let hidden: Vec<String> = values(&secrets(&folder));
    assert!(hidden.len() > 8);
    let path = xorriso(&folder, "echo 'xorriso : FAILURE : no room' >&2; exit 32");
    let runs = [
        folder.hagen(SEED),
        folder.hagen(&[SEED, &["--format", "json"]].concat()),
        with_path(&folder, &path, ":", &[SEED, &["--iso"]].concat()),
    ];
    for ran in runs {
        let said = ran.stdout() + &ran.stderr();
        assert!(!said.is_empty());
        for secret in &hidden {
            for line in secret.lines().filter(|line| !line.starts_with("-----")) {
                assert!(!said.contains(line), "{said}");
            }
        }
    }
}

#[test]
fn the_same_again_gives_the_same_bytes_and_json_says_where() {
    let folder = cluster(EXAMPLE);
    let path = xorriso(&folder, STAND_IN);
    let arguments = [SEED, &["--iso", "--format", "json"]].concat();
    let first = with_path(&folder, &path, ":", &arguments).code(0);
    let before = tree(&below(&folder, "seed"));
    let second = with_path(&folder, &path, ":", &arguments).code(0);
    assert_eq!(tree(&below(&folder, "seed")), before);
    assert_eq!(first.stdout(), second.stdout());
    let said: Value = serde_json::from_str(&first.stdout()).expect("JSON");
    assert_eq!(said["cluster"], "prod");
    assert_eq!(
        said["seeds"][0],
        serde_json::json!({
            "node": "cp-1",
            "role": "first-control-plane",
            "folder": format!("{OUT}/seed/cp-1"),
            "image": format!("{OUT}/seed/cp-1.iso"),
            "secrets": true,
        })
    );
    assert_eq!(said["seeds"][3]["node"], "lb-1");
    assert_eq!(said["seeds"][3]["secrets"], false);
    assert_eq!(said["removed"], serde_json::json!([]));
    assert_eq!(
        text(&below(&folder, "seed/cp-2.iso")),
        "image of cp-2\n",
        "xorriso made it"
    );
}

#[test]
fn the_seed_of_a_machine_that_is_gone_goes() {
    let folder = cluster(EXAMPLE);
    let path = xorriso(&folder, STAND_IN);
    with_path(&folder, &path, ":", &[SEED, &["--iso"]].concat()).code(0);
    fs::write(below(&folder, "seed/notes.txt"), "mine").expect("written");
    fs::write(below(&folder, "seed/worker-2/vendor-data"), "mine").expect("written");
    let before = tree(&below(&folder, "seed"));
    let fewer = EXAMPLE
        .replace("workers: { count: 3 }", "workers: { count: 1 }")
        .replace(
            "      - { name: worker-2, role: worker, address: 10.20.0.32 }\n",
            "",
        )
        .replace(
            "      - { name: worker-3, role: worker, address: 10.20.0.33 }\n",
            "",
        );
    folder.spec(&fewer);
    render(&folder);
    // A render leaves seeds alone, and they stay for their owner only.
    assert_eq!(tree(&below(&folder, "seed")), before);
    // Even a run for one machine.
    folder
        .hagen(&[SEED, &["--node", "lb-1"]].concat())
        .code(0)
        .stderr_has(
            "removed: `lb-1.iso`, `worker-2`, `worker-2.iso`, `worker-3` and `worker-3.iso`",
        );
    let names: BTreeSet<String> = tree(&below(&folder, "seed")).into_keys().collect();
    assert!(
        !names.iter().any(|name| name.contains("worker-3")),
        "{names:?}"
    );
    assert!(!names.contains("worker-2/user-data"));
    for kept in [
        "notes.txt",
        "worker-2/vendor-data",
        "cp-1/user-data",
        "cp-1.iso",
    ] {
        assert!(names.contains(kept), "{kept}: {names:?}");
    }
}

#[test]
fn some_machines_only_and_the_others_stay_as_they_are() {
    let folder = cluster(EXAMPLE);
    let path = xorriso(&folder, STAND_IN);
    with_path(&folder, &path, ":", &[SEED, &["--iso"]].concat()).code(0);
    let before = tree(&below(&folder, "seed"));
    let old = secrets(&folder);
    folder.hagen(&["secrets", "--rotate", "--out", OUT]).code(0);
    let ran = folder
        .hagen(&[SEED, &["--node", "worker-1", "--node", "cp-2"]].concat())
        .code(0);
    assert_eq!(
        ran.stdout(),
        format!("{OUT}/seed/cp-2\n{OUT}/seed/worker-1\n")
    );
    let after = tree(&below(&folder, "seed"));
    let differing: Vec<&String> = before
        .iter()
        .filter(|(name, data)| after.get(*name) != Some(data))
        .map(|(name, _)| name)
        .collect();
    // An image of the older seed would be the wrong one.
    assert_eq!(
        differing,
        [
            "cp-2.iso",
            "cp-2/user-data",
            "hagen.seed.json",
            "worker-1.iso",
            "worker-1/user-data"
        ]
    );
    let token = old["bootstrap_token"].as_str().expect("text");
    assert!(!text(&below(&folder, "seed/cp-2/user-data")).contains(token));
    assert!(text(&below(&folder, "seed/cp-3/user-data")).contains(token));
    // The record still knows them all.
    folder.hagen(SEED).code(0).stderr_has("removed: `cp-1.iso`");
}

#[test]
fn seeds_without_secrets_need_none() {
    let folder = Folder::new(EXAMPLE);
    render(&folder);
    folder
        .hagen(&["seed", OUT, "--node", "lb-2"])
        .code(0)
        .stderr_has("prod: 1 seed, without secrets");
    folder
        .hagen(&["seed", OUT])
        .code(2)
        .stderr_has("HGN9021")
        .stderr_has("`cp-1`")
        .stderr_has("--secrets out/prod-baremetal/secrets.operator.json");
    // With `drop`, machines wait for theirs, and the words are for their script.
    let folder = cluster(&with_mode("{ drop: file }"));
    folder
        .hagen(&["seed", OUT])
        .code(0)
        .stderr_has("prod: 8 seeds, without secrets")
        .stderr_has("machines wait for their secrets");
    for node in ["cp-1", "worker-1", "lb-1"] {
        assert_eq!(
            text(&below(&folder, &format!("seed/{node}/user-data"))),
            text(&below(&folder, &format!("cloud-init/{node}.yaml")))
        );
    }
    assert!(below(&folder, "secrets/first-control-plane").exists());
    // With `tofu`, there is no CA.
    let folder = cluster(&with_mode("tofu"));
    folder.hagen(SEED).code(0);
    let user_data = text(&below(&folder, "seed/cp-1/user-data"));
    assert!(user_data.contains(secrets(&folder)["bootstrap_token"].as_str().expect("text")));
}

#[test]
fn a_folder_that_is_not_as_it_was_rendered_is_refused() {
    let folder = cluster(EXAMPLE);
    for (path, change) in [
        ("cloud-init/cp-2.yaml", Some("# mine\n")),
        // For review: the machine would get another.
        ("haproxy/haproxy.cfg", Some("# mine\n")),
        ("network-config/lb-1.yaml", None),
    ] {
        let file = below(&folder, path);
        let before = text(&file);
        match change {
            Some(more) => fs::write(&file, before.clone() + more),
            None => fs::remove_file(&file),
        }
        .expect("changed");
        folder
            .hagen(SEED)
            .code(2)
            .stderr_has("HGN8009")
            .stderr_has(&format!(
                "1 file of {OUT} is not as rendered, or not there: `{path}`"
            ));
        // Nor with --force, nor for another machine.
        folder
            .hagen(&[SEED, &["--force", "--node", "worker-1"]].concat())
            .code(2)
            .stderr_has("HGN8009");
        fs::write(&file, before).expect("put back");
    }
    assert!(!below(&folder, "seed").exists());
    folder.hagen(SEED).code(0);
    for node in [
        "cp-1", "cp-2", "cp-3", "lb-1", "lb-2", "worker-1", "worker-2",
    ] {
        fs::remove_file(below(&folder, &format!("cloud-init/{node}.yaml"))).expect("removed");
    }
    folder
        .hagen(SEED)
        .code(2)
        .stderr_has("7 files of")
        .stderr_has("and 2 more");
}

#[test]
fn a_link_in_the_rendered_folder_is_not_followed() {
    let folder = cluster(EXAMPLE);
    let file = below(&folder, "cloud-init/cp-1.yaml");
    let elsewhere = folder.path().join("elsewhere.yaml");
    fs::rename(&file, &elsewhere).expect("moved");
    symlink(&elsewhere, &file).expect("linked");
    folder.hagen(SEED).code(2).stderr_has("HGN8004");
    fs::rename(&elsewhere, &file).expect("moved back");
    let target = folder.path().join("target");
    fs::create_dir(&target).expect("folder");
    symlink(&target, below(&folder, "seed")).expect("linked");
    folder
        .hagen(SEED)
        .code(2)
        .stderr_has("HGN8004")
        .stderr_has("seed is a symbolic link");
    folder
        .hagen(&[SEED, &["--force"]].concat())
        .code(2)
        .stderr_has("HGN8004");
    assert_eq!(tree(&target).len(), 0);
    fs::remove_file(below(&folder, "seed")).expect("removed");
    folder.hagen(SEED).code(0);
    // The folder of a seed, as a link to elsewhere: replaced on --force, never followed.
    fs::remove_dir_all(below(&folder, "seed/cp-1")).expect("removed");
    symlink(&target, below(&folder, "seed/cp-1")).expect("linked");
    folder
        .hagen(SEED)
        .code(2)
        .stderr_has("HGN8013")
        .stderr_has("`cp-1`");
    folder.hagen(&[SEED, &["--force"]].concat()).code(0);
    assert_eq!(tree(&target).len(), 0);
    assert!(
        below(&folder, "seed/cp-1")
            .symlink_metadata()
            .expect("there")
            .is_dir()
    );
}

#[test]
fn folders_that_hold_no_bare_metal_are_refused() {
    let folder = cluster(EXAMPLE);
    folder
        .hagen(&["seed", "--secrets", SECRETS, "nowhere"])
        .code(2)
        .stderr_has("HGN8010")
        .stderr_has("nowhere is no folder");
    folder
        .hagen(&["seed", "--secrets", SECRETS, "out"])
        .code(2)
        .stderr_has("HGN8010")
        .stderr_has("hagen.lock.json");
    folder.spec(common::EXAMPLE);
    folder.render().code(0);
    folder
        .hagen(&["seed", "--secrets", SECRETS, "out/prod-aws"])
        .code(2)
        .stderr_has("HGN8011")
        .stderr_has("terraform -chdir=out/prod-aws apply");
    assert!(!folder.out("seed").exists());
    let lock = below(&folder, "hagen.lock.json");
    let other = text(&lock).replace("\"cluster\": \"prod\"", "\"cluster\": \"../prod\"");
    fs::write(&lock, other).expect("written");
    folder
        .hagen(SEED)
        .code(2)
        .stderr_has("HGN8010")
        .stderr_has("names no cluster");
    fs::write(&lock, "<<<<<<< HEAD\n").expect("written");
    folder.hagen(SEED).code(2).stderr_has("HGN8006");
}

#[test]
fn secrets_of_another_cluster_are_refused() {
    let folder = cluster(EXAMPLE);
    let own = secrets(&folder);
    assert_eq!(own["cluster"], "prod");
    folder.spec(&EXAMPLE.replace("name: prod", "name: test"));
    render(&folder);
    let other = "out/test-baremetal";
    // By the folder that they are in, and by what they say.
    folder
        .hagen(&["seed", "--secrets", SECRETS, other])
        .code(2)
        .stderr_has("HGN8008")
        .stderr_has("out/prod-baremetal holds the cluster `prod`");
    fs::copy(
        folder.path().join(SECRETS),
        folder.path().join("secrets.json"),
    )
    .expect("copied");
    folder
        .hagen(&["seed", "--secrets", "secrets.json", other])
        .code(2)
        .stderr_has("HGN8008")
        .stderr_has("secrets.json has the secrets of the cluster `prod`");
    assert!(!folder.path().join(other).join("seed").exists());
    // The same for who adds to them, and for rearm.
    for command in [
        &["rearm", "--secrets", "secrets.json"][..],
        &["secrets", "--add", "--out", "secrets.operator.json"][..],
    ] {
        fs::copy(
            folder.path().join("secrets.json"),
            folder.path().join("secrets.operator.json"),
        )
        .expect("copied");
        folder
            .hagen(command)
            .code(2)
            .stderr_has("HGN8008")
            .stderr_has("and the spec is of `test`");
    }
    // Seeds of another cluster are not replaced either.
    folder.hagen(&[SEED, &["--out", "seeds"]].concat()).code(0);
    folder.hagen(&["secrets", "--out", other]).code(0);
    folder
        .hagen(&[
            "seed",
            "--secrets",
            other,
            other,
            "--out",
            "seeds",
            "--force",
        ])
        .code(2)
        .stderr_has("HGN8008")
        .stderr_has("seeds holds the seeds of the cluster `prod`");
}

#[test]
fn secrets_that_lack_something_say_what_makes_it() {
    let folder = cluster(&with_etcd(3));
    folder.spec(&with_etcd(5));
    render(&folder);
    folder
        .hagen(SEED)
        .code(2)
        .stderr_has("HGN9011")
        .stderr_has("has no `member.crt` for `etcd-4`")
        .stderr_has(&format!(
            "`hagen secrets --add --file SPEC --out {SECRETS}`"
        ));
    assert!(!below(&folder, "seed").exists());
    folder
        .hagen(&["secrets", "--add", "--out", SECRETS])
        .code(0);
    folder.hagen(SEED).code(0);
    // Made for a cluster that makes its own CA.
    let folder = cluster(&with_mode("tofu"));
    folder.spec(EXAMPLE);
    render(&folder);
    folder
        .hagen(SEED)
        .code(2)
        .stderr_has("HGN9011")
        .stderr_has("`ca.crt` for `cp-1`")
        .stderr_has("secrets.mode: tofu");
    // Not there, and not secrets.
    folder
        .hagen(&["seed", "--secrets", "nowhere.json", OUT])
        .code(3)
        .stderr_has("HGN9001");
    folder
        .hagen(&["seed", "--secrets", "hagen.yaml", OUT])
        .code(2)
        .stderr_has("HGN9010");
}

#[test]
fn a_token_that_yaml_would_read_as_a_number_is_refused() {
    let folder = cluster(EXAMPLE);
    let path = folder.path().join(SECRETS);
    let good = secrets(&folder);
    for (name, value) in [
        ("bootstrap_token", "123456.1234567890123456".to_owned()),
        ("bootstrap_token", "123456.12345678901234e6".to_owned()),
        ("certificate_key", "1".repeat(64)),
        (
            "bootstrap_token",
            "abcdef.0123456789abcdef\nx: y".to_owned(),
        ),
        ("certificate_key", "HAGEN".to_owned()),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value.clone().into();
        fs::write(&path, wrong.to_string()).expect("written");
        let ran = folder
            .hagen(SEED)
            .code(2)
            .stderr_has("HGN9010")
            .stderr_has(&format!("`{name}`"));
        assert!(!ran.stderr().contains(&value), "{}", ran.stderr());
    }
    assert!(!below(&folder, "seed").exists());
}

#[test]
fn unknown_names_are_said_together() {
    let folder = cluster(EXAMPLE);
    folder
        .hagen(
            &[
                SEED,
                &["--node", "cp-4", "--node", "lb-1", "--node", "Worker-1"],
            ]
            .concat(),
        )
        .code(2)
        .stderr_has("has no node `cp-4`")
        .stderr_has("has no node `Worker-1`")
        .stderr_has("did you mean `worker-1`?");
    assert!(!below(&folder, "seed").exists());
}

/// A folder whose lock goes with it, as another version of hagen could have rendered it.
fn rewritten(folder: &Folder, path: &str, old: &str, new: &str) {
    let file = below(folder, path);
    let before = text(&file);
    assert!(before.contains(old), "{old} is not in {path}");
    let after = before.replace(old, new);
    fs::write(&file, &after).expect("written");
    let lock = below(folder, "hagen.lock.json");
    let digests = text(&lock).replace(
        &hagen::write::digest(before.as_bytes()),
        &hagen::write::digest(after.as_bytes()),
    );
    fs::write(lock, digests).expect("written");
}

#[test]
fn no_machine_gets_a_secret_that_is_not_for_its_role() {
    for (path, old, new, word) in [
        (
            "cloud-init/worker-1.yaml",
            "HAGEN_CA_CERTIFICATE_BASE64",
            "HAGEN_CA_KEY_BASE64",
            "HAGEN_CA_KEY_BASE64",
        ),
        (
            "cloud-init/lb-1.yaml",
            "hostname: lb-1",
            "hostname: HAGEN_BOOTSTRAP_TOKEN",
            "HAGEN_BOOTSTRAP_TOKEN",
        ),
        (
            "cloud-init/cp-3.yaml",
            "HAGEN_BOOTSTRAP_TOKEN",
            "HAGEN_API_HOST",
            "HAGEN_API_HOST",
        ),
        (
            "cloud-init/cp-3.yaml",
            "HAGEN_BOOTSTRAP_TOKEN",
            "HAGEN_API_ADDRESS_A",
            "HAGEN_API_ADDRESS_",
        ),
        (
            "cloud-init/cp-3.yaml",
            "HAGEN_BOOTSTRAP_TOKEN",
            "HAGEN_SECRETS_URL",
            "HAGEN_SECRETS_URL",
        ),
    ] {
        let folder = cluster(EXAMPLE);
        rewritten(&folder, path, old, new);
        folder
            .hagen(SEED)
            .code(2)
            .stderr_has("HGN8012")
            .stderr_has(path)
            .stderr_has(&format!("asks for {word}"));
        assert!(!below(&folder, "seed").exists());
    }
    let folder = cluster(EXAMPLE);
    rewritten(
        &folder,
        "cloud-init/cp-1.yaml",
        "HAGEN_ROLE='first-control-plane'",
        "HAGEN_ROLE='king'",
    );
    folder
        .hagen(SEED)
        .code(2)
        .stderr_has("HGN8012")
        .stderr_has("says no role that is known");
}

#[test]
fn what_is_no_seed_of_hagens_stays() {
    let folder = cluster(EXAMPLE);
    let seeds = folder.path().join("seeds");
    let to = |more: &[&str]| {
        let arguments = [SEED, &["--out", "seeds"], more].concat();
        folder.hagen(&arguments)
    };
    fs::create_dir(&seeds).expect("folder");
    fs::set_permissions(&seeds, fs::Permissions::from_mode(0o755)).expect("chmod");
    fs::create_dir(seeds.join("lb-1")).expect("folder");
    fs::write(seeds.join("notes.txt"), "mine").expect("written");
    fs::write(seeds.join("lb-1/user-data"), "mine").expect("written");
    symlink("/etc/hostname", seeds.join("link")).expect("linked");
    let before = tree(&seeds);
    to(&[])
        .code(2)
        .stderr_has("HGN8013")
        .stderr_has("seeds holds other files, and no hagen.seed.json");
    assert_eq!(tree(&seeds), before);
    to(&["--force"]).code(0);
    assert_eq!(text(&seeds.join("notes.txt")), "mine");
    assert_eq!(
        fs::read_link(seeds.join("link")).expect("a link"),
        Path::new("/etc/hostname")
    );
    assert!(text(&seeds.join("lb-1/user-data")).starts_with("#cloud-config\n"));
    assert_eq!(
        seeds.metadata().expect("data").permissions().mode() & 0o777,
        0o700
    );
    // Now it is hagen's; an edit is not.
    to(&[]).code(0);
    fs::write(seeds.join("cp-1/user-data"), "#cloud-config\n{}\n").expect("written");
    let before = tree(&seeds);
    to(&[])
        .code(2)
        .stderr_has("HGN8013")
        .stderr_has("`cp-1/user-data`");
    assert_eq!(tree(&seeds), before);
    // Other machines' seeds do not touch it.
    to(&["--node", "lb-1"]).code(0);
    to(&["--force"]).code(0);
    // git keeps out, wherever the folder is.
    assert_eq!(text(&seeds.join(".gitignore")), "*\n");
    // A folder where a file belongs is nothing to delete.
    fs::remove_file(seeds.join("cp-1/meta-data")).expect("removed");
    fs::create_dir(seeds.join("cp-1/meta-data")).expect("folder");
    to(&["--force"])
        .code(2)
        .stderr_has("HGN8013")
        .stderr_has("seeds/cp-1/meta-data is a folder");
    // Nor does a seed go among rendered files.
    folder
        .hagen(&[SEED, &["--out", OUT, "--force"]].concat())
        .code(2)
        .stderr_has("HGN8013")
        .stderr_has("is a rendered folder");
    fs::write(folder.path().join("file"), "").expect("written");
    folder
        .hagen(&[SEED, &["--out", "file", "--force"]].concat())
        .code(2)
        .stderr_has("file is no folder");
}

/// Secrets that are used up are shredded; the seeds can be made again.
#[test]
fn shredded_seeds_are_made_again() {
    let folder = cluster(EXAMPLE);
    folder.hagen(SEED).code(0);
    let before = tree(&below(&folder, "seed"));
    for (name, _) in before.iter().filter(|(_, (mode, _))| *mode == 0o600) {
        fs::remove_file(below(&folder, "seed").join(name)).expect("removed");
    }
    assert!(below(&folder, "seed/cp-1").is_dir());
    folder.hagen(SEED).code(0);
    assert_eq!(tree(&below(&folder, "seed")), before);
    // So are those of which only the secrets were.
    fs::remove_file(below(&folder, "seed/cp-1/user-data")).expect("removed");
    folder.hagen(SEED).code(0);
    assert_eq!(tree(&below(&folder, "seed")), before);
}

#[test]
fn what_cannot_be_written_leaves_everything_as_it_was() {
    let folder = cluster(EXAMPLE);
    fs::write(folder.path().join("file"), "").expect("written");
    folder
        .hagen(&[SEED, &["--out", "file/seeds"]].concat())
        .code(3)
        .stderr_has("HGN8005");
    folder
        .hagen(&[SEED, &["--out", "/proc/seeds"]].concat())
        .code(3)
        .stderr_has("HGN8005");
    // Who stands in the folder would be left in the old one.
    folder.hagen(SEED).code(0);
    let before = tree(&below(&folder, "seed"));
    common::hagen_in(
        &below(&folder, "seed/cp-1"),
        &["seed", "--secrets", "../../secrets.operator.json", "../.."],
    )
    .code(3)
    .stderr_has("HGN8005")
    .stderr_has("you stand in it");
    assert_eq!(tree(&below(&folder, "seed")), before);
}

#[test]
fn without_xorriso_or_where_it_fails_nothing_changes() {
    let folder = cluster(EXAMPLE);
    folder.hagen(SEED).code(0);
    folder.hagen(&["secrets", "--rotate", "--out", OUT]).code(0);
    let before = tree(&below(&folder, ""));
    let arguments = [SEED, &["--iso"]].concat();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("folder");
    with_path(&folder, &empty.display().to_string(), ":", &arguments)
        .code(3)
        .stderr_has("HGN9022")
        .stderr_has("apt-get install xorriso");
    assert_eq!(tree(&below(&folder, "")), before);
    let path = xorriso(
        &folder,
        "case $* in *-version*) exit 0 ;; *' lb-1 '*) echo 'xorriso : FAILURE : No room' >&2; exit 32 ;; esac",
    );
    with_path(&folder, &path, ":", &arguments)
        .code(3)
        .stderr_has("HGN9023")
        .stderr_has("xorriso : FAILURE : No room");
    assert_eq!(tree(&below(&folder, "")), before);
}

/// Whoever is killed leaves the old seeds, and nothing that the next run does not clear away.
#[test]
fn a_kill_leaves_the_old_seeds() {
    let folder = cluster(EXAMPLE);
    folder.hagen(SEED).code(0);
    let before = tree(&below(&folder, "seed"));
    folder.hagen(&["secrets", "--rotate", "--out", OUT]).code(0);
    let path = xorriso(
        &folder,
        "case $* in *-version*) exit 0 ;; esac\ntouch \"$HERE/working\"; exec sleep 3",
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_hagen"))
        .args([SEED, &["--iso"]].concat())
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .env("HERE", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("hagen");
    let end = Instant::now() + Duration::from_secs(30);
    while !folder.path().join("working").exists() {
        assert!(Instant::now() < end, "xorriso was not run");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!(tree(&below(&folder, "seed")), before);
    let left = below(&folder, ".seed.hagen-staging");
    let mode = left.metadata().expect("left").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else looks into what is left");
    assert!(text(&below(&folder, ".gitignore")).contains("\n.seed.hagen-staging/\n"));
    folder.hagen(SEED).code(0);
    assert!(!left.exists());
    assert_ne!(tree(&below(&folder, "seed")), before);
}

#[test]
fn secrets_of_bare_metal_are_not_for_terraform() {
    let folder = Folder::new(EXAMPLE);
    render(&folder);
    let ran = folder.hagen(&["secrets", "--out", OUT]).code(0);
    assert_eq!(ran.stdout(), format!("{SECRETS}\n"));
    assert!(!ran.stderr().contains("Terraform"), "{}", ran.stderr());
    let ran = ran.stderr_has(&format!("`hagen seed --secrets {SECRETS} {OUT}`"));
    assert!(!ran.stderr().contains("tfvars"), "{}", ran.stderr());
    let ignored = text(&below(&folder, ".gitignore"));
    assert!(ignored.lines().any(|line| line == "secrets.*"));
    assert!(ignored.lines().any(|line| line == "seed/"));
    // rearm finds them in the folder.
    let token = secrets(&folder)["bootstrap_token"]
        .as_str()
        .expect("text")
        .to_owned();
    folder
        .hagen(&["rearm", "--secrets", OUT])
        .code(0)
        .stdout_has(&token);
    // So do changes.
    folder.hagen(&["secrets", "--rotate", "--out", OUT]).code(0);
    assert_ne!(secrets(&folder)["bootstrap_token"], token.as_str());
    assert_eq!(secrets(&folder)["cluster"], "prod");
    // Without a rendered folder, the spec says that there is no Terraform.
    folder
        .hagen(&["secrets", "--out", "secrets.prod.json"])
        .code(0)
        .stderr_has("`hagen seed --secrets secrets.prod.json DIR`");
    folder
        .hagen(&["secrets", "--out", "prod.auto.tfvars.json"])
        .code(3)
        .stderr_has("secrets.*.json");
    // A spec of a cloud too: Terraform reads them there, and not here.
    let aws: String = {
        let (_, targets) = common::EXAMPLE.split_once("\ntargets:\n").expect("targets");
        let own = targets.split("\n\n").next().expect("a target");
        assert!(own.contains("aws:"));
        targets.to_owned()
    };
    folder.spec(&EXAMPLE.replace("\ntargets:\n", &format!("\ntargets:\n{aws}\n")));
    folder.hagen(&["secrets", "--add", "--out", OUT]).code(0);
    folder
        .hagen(&["secrets", "--out", "both.auto.tfvars.json"])
        .code(0)
        .stderr_has("Terraform's state");
    let both = text(&folder.path().join("both.auto.tfvars.json"));
    assert!(
        !both.contains("\"cluster\""),
        "Terraform warns of what is no variable"
    );
    folder
        .hagen(&["seed", "--secrets", "both.auto.tfvars.json", OUT])
        .code(0);
}
