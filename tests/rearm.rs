//! `hagen rearm`: what its script holds and does, with stand-ins for kubeadm and kubectl.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use common::{EXAMPLE, Folder};

const TFVARS: &str = "out/prod-aws/secrets.auto.tfvars.json";

/// A rendered cluster with its secrets.
fn cluster(secrets: &str) -> Folder {
    let folder = Folder::new(&format!("{EXAMPLE}\nsecrets: {secrets}\n"));
    fs::create_dir_all(folder.out("")).expect("a folder");
    folder.hagen(&["secrets", "--out", "out/prod-aws"]).code(0);
    folder
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

fn text<'a>(value: &'a serde_json::Value, name: &str) -> &'a str {
    value[name].as_str().expect("text")
}

/// A control-plane node: a folder for /etc/kubernetes and /run, and programs that write down what
/// they are asked.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder"));
        for folder in ["etc/manifests", "run", "bin"] {
            fs::create_dir_all(machine.at(folder)).expect("a folder");
        }
        fs::write(machine.at("etc/admin.conf"), "admin\n").expect("written");
        fs::write(
            machine.at("etc/manifests/kube-apiserver.yaml"),
            "    - kube-apiserver\n    - --advertise-address=10.0.1.7\n    - --secure-port=7443\n",
        )
        .expect("written");
        machine.program("id", "echo 0");
        machine.program(
            "kubectl",
            r#"echo "kubectl $*" >>"$LOG"
case "$*" in
*"get configmap kubeadm-config"*) printf 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nclusterName: prod\n' ;;
*"get secret kubeadm-certs"*) printf 'bootstrap-token-abc123' ;;
esac"#,
        );
        machine.program(
            "kubeadm",
            r#"echo "kubeadm $*" >>"$LOG"
for last; do :; done
cp "$last" "$LOG.config"
stat -c '%a' "$last" >"$LOG.mode"
case "$1" in token) sed -n 's/.*token: "\(.*\)"/\1/p' "$last" ;; esac"#,
        );
        machine
    }

    fn at(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn program(&self, name: &str, body: &str) {
        let path = self.at("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    }

    /// Runs a script as `sh` with it on standard input, as over SSH.
    fn runs(&self, script: &str) -> Output {
        use std::io::Write as _;
        let here = |path: &str| self.at(path).display().to_string();
        let script = script
            .replace("/etc/kubernetes/", &format!("{}/", here("etc")))
            .replace("/run/hagen-rearm", &format!("{}/hagen-rearm", here("run")));
        let mut child = Command::new("sh")
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", here("bin")))
            .env("LOG", self.at("log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh");
        child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(script.as_bytes())
            .expect("read");
        child.wait_with_output().expect("ended")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.at("log")).unwrap_or_default()
    }

    fn left(&self) -> usize {
        fs::read_dir(self.at("run")).expect("a folder").count()
    }
}

fn all(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

#[test]
fn the_same_secrets_come_back_and_are_on_no_command_line() {
    let folder = cluster("{}");
    let secrets = json(&folder.path().join(TFVARS));
    let (token, key) = (
        text(&secrets, "bootstrap_token"),
        text(&secrets, "certificate_key"),
    );
    let script = folder
        .hagen(&["rearm", "--secrets", TFVARS])
        .code(0)
        .stdout();
    assert_eq!(script.matches(token).count(), 1);
    assert_eq!(script.matches(key).count(), 1);
    assert!(!script.contains("PRIVATE") && !script.contains("CERTIFICATE"));
    // The folder names the file too.
    assert_eq!(
        folder
            .hagen(&["rearm", "--secrets", "out/prod-aws"])
            .code(0)
            .stdout(),
        script
    );

    let machine = Machine::new();
    let ran = machine.runs(&script);
    assert!(ran.status.success(), "{}", all(&ran));
    let log = machine.log();
    let asked: Vec<&str> = log.lines().collect();
    let (id, _) = token.split_once('.').expect("a dot");
    assert!(asked[0].starts_with("kubectl -n kube-system get configmap kubeadm-config"));
    assert!(asked[1].starts_with(
        "kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print --config /"
    ));
    assert_eq!(
        asked[2],
        format!("kubectl -n kube-system delete secret bootstrap-token-{id} --ignore-not-found")
    );
    assert!(asked[3].starts_with("kubeadm token create --kubeconfig /"));
    assert_eq!(asked.len(), 4);
    for words in [&log, &all(&ran)] {
        assert!(!words.contains(token) && !words.contains(key), "{words}");
    }
    // What kubeadm was given: the cluster's own part, then the secrets and this machine's address.
    let config = fs::read_to_string(machine.at("log.config")).expect("a file");
    for part in [
        "kind: ClusterConfiguration\nclusterName: prod\n---\napiVersion:",
        &format!("- token: \"{token}\"\n  ttl: 7200s\n"),
        &format!("certificateKey: \"{key}\"\n"),
        "advertiseAddress: 10.0.1.7\n  bindPort: 7443\n",
        "usages: [authentication, signing]",
    ] {
        assert!(config.contains(part), "no {part:?} in {config}");
    }
    assert_eq!(
        fs::read_to_string(machine.at("log.mode")).expect("a file"),
        "600\n"
    );
    assert_eq!(machine.left(), 0, "the file is gone");
}

#[test]
fn lifetimes_of_the_spec_hold_for_both() {
    let folder = cluster("{ tokenLifetime: 4h, certificateKeyLifetime: 6h }");
    let script = folder
        .hagen(&["rearm", "--secrets", TFVARS])
        .code(0)
        .stdout();
    let machine = Machine::new();
    let before = SystemTime::now();
    let ran = machine.runs(&script);
    assert!(ran.status.success(), "{}", all(&ran));
    assert!(all(&ran).contains("for 4h, control-plane nodes for 4h"));
    let config = fs::read_to_string(machine.at("log.config")).expect("a file");
    assert!(config.contains("ttl: 14400s"));
    let log = machine.log();
    let patch = log
        .lines()
        .find(|line| line.contains(" patch "))
        .expect("patched");
    assert!(patch.contains("patch secret bootstrap-token-abc123 --type merge"));
    let time = patch.split('"').nth(5).expect("a time");
    let date = Command::new("date")
        .args(["-u", "+%s", "-d", time])
        .output()
        .expect("date");
    let seconds: u64 = String::from_utf8_lossy(&date.stdout)
        .trim()
        .parse()
        .expect("a number");
    let expected = before
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
        + 6 * 3600;
    assert!((expected..expected + 60).contains(&seconds), "{patch}");

    // An owner that is none is not patched: an unreadable time would end the certificates at once.
    let machine = Machine::new();
    machine.program(
        "kubectl",
        r#"echo "kubectl $*" >>"$LOG"
case "$*" in *"get configmap"*) printf 'kind: ClusterConfiguration\nclusterName: "prod"\n' ;; esac"#,
    );
    let ran = machine.runs(&script);
    assert!(ran.status.success(), "{}", all(&ran));
    assert!(all(&ran).contains("WARNING"));
    assert!(!machine.log().contains(" patch "));
}

#[test]
fn what_fails_is_said_and_nothing_stays() {
    let folder = cluster("{}");
    let script = folder
        .hagen(&["rearm", "--secrets", TFVARS])
        .code(0)
        .stdout();
    let machine = Machine::new();
    machine.program("kubeadm", r#"echo "kubeadm $*" >>"$LOG"; exit 1"#);
    let ran = machine.runs(&script);
    assert_eq!(ran.status.code(), Some(1));
    assert!(all(&ran).contains("could not be uploaded"));
    assert!(!machine.log().contains("token create"));
    assert_eq!(machine.left(), 0);

    let machine = Machine::new();
    fs::remove_file(machine.at("etc/admin.conf")).expect("removed");
    let ran = machine.runs(&script);
    assert!(
        all(&ran).contains("on a control-plane node"),
        "{}",
        all(&ran)
    );
    assert_eq!(machine.log(), "");

    // Half of it, from a connection that broke, does nothing.
    for part in 1..10 {
        let machine = Machine::new();
        let _ = machine.runs(&script[..script.len() * part / 10]);
        assert_eq!(machine.log(), "", "{part} tenths");
    }
}

#[test]
fn another_cluster_is_left_as_it_is() {
    let folder = cluster("{}");
    let script = folder
        .hagen(&["rearm", "--secrets", TFVARS])
        .code(0)
        .stdout();
    for name in ["clusterName: prod-2", "clusterName: ''", "kind: prod"] {
        let machine = Machine::new();
        machine.program(
            "kubectl",
            &format!("echo \"kubectl $*\" >>\"$LOG\"\necho \"{name}\""),
        );
        let ran = machine.runs(&script);
        assert_eq!(ran.status.code(), Some(1));
        assert!(all(&ran).contains("those of prod"), "{}", all(&ran));
        assert_eq!(machine.log().lines().count(), 1, "only asked");
        assert_eq!(machine.left(), 0);
    }
}

#[test]
fn rotated_secrets_are_in_the_file_before_they_are_printed() {
    let folder = cluster("{}");
    let path = folder.path().join(TFVARS);
    let before = json(&path);
    let script = folder
        .hagen(&["rearm", "--secrets", TFVARS, "--rotate"])
        .code(0)
        .stdout();
    let after = json(&path);
    for name in ["bootstrap_token", "certificate_key"] {
        assert_ne!(before[name], after[name]);
        assert!(script.contains(text(&after, name)) && !script.contains(text(&before, name)));
    }
    assert_eq!(before["cluster_ca_key"], after["cluster_ca_key"]);
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn machines_that_wait_for_their_secrets_get_the_rotated_ones() {
    let folder = cluster("{ mode: { drop: file } }");
    let path = folder.out("secrets.operator.json");
    let bundles = || {
        ["first-control-plane", "control-plane", "worker"].map(|name| {
            fs::read_to_string(folder.out(&format!("secrets/{name}"))).expect("a bundle")
        })
    };
    let before = bundles();
    let script = folder
        .hagen(&["rearm", "--secrets", "out/prod-aws", "--rotate"])
        .code(0)
        .stdout();
    assert!(script.contains(text(&json(&path), "bootstrap_token")));
    for (before, after) in before.iter().zip(bundles()) {
        assert_ne!(*before, after);
    }
    // Another name does as well.
    fs::rename(&path, folder.out("mine.json")).expect("renamed");
    assert_eq!(
        folder
            .hagen(&["rearm", "--secrets", "out/prod-aws/mine.json"])
            .code(0)
            .stdout(),
        script
    );
}

#[test]
fn secrets_that_lack_a_member_are_not_rotated() {
    let spec = |count: u16| {
        format!(
            "{EXAMPLE}\netcd: {{ external: {{ count: {count} }} }}\nsecrets: {{ mode: {{ drop: file }} }}\n"
        )
    };
    let folder = Folder::new(&spec(3));
    fs::create_dir_all(folder.out("")).expect("a folder");
    folder.hagen(&["secrets", "--out", "out/prod-aws"]).code(0);
    let before = fs::read_to_string(folder.out("secrets.operator.json")).expect("a file");
    folder.spec(&spec(5));
    let rotate = ["rearm", "--secrets", "out/prod-aws", "--rotate"];
    let ran = folder.hagen(&rotate).code(2).stderr_has("HGN9011");
    assert!(ran.stderr().contains("--add") && ran.stdout().is_empty());
    assert_eq!(
        fs::read_to_string(folder.out("secrets.operator.json")).expect("a file"),
        before
    );
    // Without new ones, what is there is enough.
    folder.hagen(&rotate[..3]).code(0);
}

#[test]
fn a_file_for_its_owner_only() {
    let folder = cluster("{}");
    let ran = folder
        .hagen(&["rearm", "--secrets", TFVARS, "--out", "rearm.sh"])
        .code(0);
    assert_eq!(ran.stdout(), "rearm.sh\n");
    let path = folder.path().join("rearm.sh");
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let script = fs::read_to_string(&path).expect("a file");
    assert!(script.starts_with("#!/bin/sh\n"));
    folder
        .hagen(&["rearm", "--secrets", TFVARS, "--out", "none/rearm.sh"])
        .code(3)
        .stderr_has("HGN9006");
}

#[test]
fn a_file_that_holds_no_secrets_is_refused_and_not_shown() {
    let folder = cluster("{}");
    folder
        .hagen(&["rearm", "--secrets", "nowhere.json"])
        .code(3)
        .stderr_has("HGN9001")
        .stderr_has("`hagen secrets` makes them");
    fs::write(
        folder.path().join("other.json"),
        "{\"bootstrap_token\": \"hunter2\"}",
    )
    .expect("written");
    let ran = folder
        .hagen(&["rearm", "--secrets", "other.json"])
        .code(2)
        .stderr_has("HGN9010")
        .stderr_has("`bootstrap_token`");
    assert!(!ran.stderr().contains("hunter2") && ran.stdout().is_empty());
}

#[test]
#[ignore = "needs shellcheck"]
fn shellcheck_finds_nothing() {
    for secrets in ["{}", "{ certificateKeyLifetime: 30m }"] {
        let folder = cluster(secrets);
        folder
            .hagen(&["rearm", "--secrets", TFVARS, "--out", "rearm.sh"])
            .code(0);
        let output = Command::new("shellcheck")
            .args(["-S", "style", "-s", "sh"])
            .arg(folder.path().join("rearm.sh"))
            .output()
            .expect("shellcheck runs");
        assert!(output.status.success(), "{}", all(&output));
    }
}
