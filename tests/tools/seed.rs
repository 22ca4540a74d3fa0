//! Seeds of bare metal, by what reads them: cloud-init boots from them, each of its renderers takes the network's
//! configuration, and xorriso reads the images back. And file systems that do not cooperate.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::cloud_init::schema;
use super::end_to_end::list;
use super::render::Rendered;
use super::terraform::text;
use super::tool::{self, Answer};
use super::{examples, python};

/// No letter: a reader of YAML 1.1 would take it for a number to the base of 60.
const MAC: &str = "52:54:00:12:34:56";

/// The example, with the MAC addresses of two machines.
fn spec() -> String {
    let spec = examples::text("baremetal");
    [("cp-1", MAC), ("lb-1", "52-54-00-AB-CD-EF")]
        .into_iter()
        .fold(spec, |spec, (name, mac)| {
            let with = spec.replace(
                &format!("name: {name}, role"),
                &format!("name: {name}, mac: \"{mac}\", role"),
            );
            assert_ne!(with, spec);
            with
        })
}

/// A rendered cluster with its secrets.
fn cluster(spec: &str) -> Rendered {
    let rendered = Rendered::on("baremetal", spec);
    rendered.write_secrets();
    rendered
}

fn seed(rendered: &Rendered, more: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hagen"));
    let folder = rendered.folder();
    command.arg("seed").arg("--secrets").arg(&folder);
    command.arg(&folder).args(more);
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(answer.status.success(), "hagen seed: {}", answer.all());
    answer
}

/// Boots a machine in a throw-away copy of this one, on a link that has another name at first.
fn boot(seed: &Path, mac: &str, out: &Path) -> String {
    let mut command = Command::new(tool::folder().join("cloud-init-run"));
    command.args([seed, out]).args(["init", "config", "final"]);
    command.env("LINK", mac);
    tool::run(&mut command, Duration::from_mins(2)).all()
}

#[test]
#[ignore = "needs cloud-init and root: see tests/tools/README.md"]
fn a_control_plane_node_boots_from_its_seed() {
    boots("cp-1", MAC, 10);
}

#[test]
#[ignore = "needs cloud-init and root: see tests/tools/README.md"]
fn a_load_balancer_boots_from_its_seed() {
    boots("lb-1", "52:54:00:ab:cd:ef", 5);
}

fn boots(node: &str, mac: &str, at_least: usize) {
    let rendered = cluster(&spec());
    seed(&rendered, &[]);
    let folder = rendered.folder().join("seed").join(node);
    let user_data = fs::read_to_string(folder.join("user-data")).unwrap();
    schema(&folder.join("user-data"));
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let said = boot(&folder, mac, &out);
    assert!(said.contains("status: done"), "{said}");
    for word in ["WARNING", "ERROR", "Failed"] {
        assert!(!said.contains(word), "{said}");
    }
    let root = out.join("root");
    let read = python::read_yaml(&user_data);
    let files = list(&read["write_files"]);
    assert!(files.len() >= at_least, "{}", files.len());
    for file in files {
        let path = text(&file["path"]);
        let there = root.join(&path[1..]);
        let data = there
            .metadata()
            .unwrap_or_else(|error| panic!("{path}: {error}: {said}"));
        let mode = u32::from_str_radix(text(&file["permissions"]), 8).unwrap();
        assert_eq!(data.mode() & 0o7777, mode, "{path}");
        assert_eq!((data.uid(), data.gid()), (0, 0), "{path}");
        let content = text(&file["content"]);
        let expected = if file["encoding"] == "b64" {
            STANDARD.decode(content).unwrap()
        } else {
            content.as_bytes().to_vec()
        };
        assert_eq!(fs::read(&there).unwrap(), expected, "{path}");
    }
    let secrets = rendered.secrets();
    let on_the_machine = |path: &str| fs::read_to_string(root.join(path)).ok();
    let (token, key) = (
        on_the_machine("etc/hagen/bootstrap-token"),
        on_the_machine("etc/hagen/pki/ca.key"),
    );
    if node == "cp-1" {
        assert_eq!(token.unwrap().trim(), text(&secrets["bootstrap_token"]));
        assert_eq!(key.unwrap(), text(&secrets["cluster_ca_key"]));
    } else {
        assert_eq!((token, key), (None, None));
    }
    // Its names, and what tells cloud-init that it is the same machine.
    assert_eq!(on_the_machine("etc/hostname").unwrap().trim(), node);
    let id = on_the_machine("var/lib/cloud/data/instance-id").unwrap();
    assert_eq!(id.trim(), format!("prod.{node}"));
    // The network, by netplan, on the link that has the MAC address.
    let network = fs::read_to_string(folder.join("network-config")).unwrap();
    let netplan = on_the_machine("etc/netplan/50-cloud-init.yaml").unwrap();
    assert_eq!(
        python::read_yaml(&netplan)["network"],
        python::read_yaml(&network)
    );
    let ran = on_the_machine("var/log/stub.log").unwrap();
    for line in [
        "netplan generate",
        "systemctl daemon-reload",
        "systemctl enable --now --no-block hagen-bootstrap.service",
    ] {
        assert!(ran.contains(line), "{ran}");
    }
    let log = fs::read_to_string(out.join("cloud-init.log")).unwrap();
    assert!(log.contains("'ip', 'link', 'set', 'ens7', 'name', 'eth0'"));
    // No secret comes into a log.
    let output = fs::read_to_string(out.join("cloud-init-output.log")).unwrap_or_default();
    let token = text(&secrets["bootstrap_token"]);
    assert!(!log.contains(token) && !output.contains(token) && !said.contains(token));
}

/// What a renderer of cloud-init makes of the network's configuration: its files, one after the other.
fn rendered_by(renderer: &str, distribution: &str, config: &Path, mac: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let cloud_init = tool::program(
        "HAGEN_CLOUD_INIT",
        "cloud-init",
        "apt-get install cloud-init",
    );
    let mut command = Command::new(cloud_init);
    command.args(["devel", "net-convert", "--kind", "yaml", "--network-data"]);
    command.arg(config).arg("--directory").arg(scratch.path());
    command.args(["--output-kind", renderer, "--distro", distribution]);
    command.args(["--mac", &format!("eth0,{mac}")]);
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(answer.status.success(), "{renderer}: {}", answer.all());
    assert!(
        !answer.all().to_lowercase().contains("deprecat"),
        "{}",
        answer.all()
    );
    let mut paths = files_below(scratch.path());
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
#[ignore = "needs cloud-init: see tests/tools/README.md"]
fn each_renderer_takes_the_network() {
    let rendered = cluster(&spec());
    for (node, mac, address) in [
        ("cp-1", Some(MAC), "10.20.0.21"),
        ("lb-1", Some("52:54:00:ab:cd:ef"), "10.20.0.11"),
        ("worker-1", None, "10.20.0.31"),
    ] {
        let path = rendered
            .folder()
            .join(format!("network-config/{node}.yaml"));
        let text = fs::read_to_string(&path).unwrap();
        let read = python::read_yaml(&text);
        let eth0 = &read["ethernets"]["eth0"];
        assert_eq!(read["version"], 2);
        assert_eq!(
            eth0["match"]["macaddress"].as_str(),
            mac,
            "text and no number, in lower case: {text}"
        );
        // Only where the virtual IP may come to.
        assert_eq!(eth0["critical"] == true, node == "lb-1", "{text}");
        let known = mac.unwrap_or("02:00:00:00:00:01");
        for (renderer, distribution, lines) in [
            (
                "netplan",
                "ubuntu",
                [
                    format!("- {address}/24"),
                    "to: 0.0.0.0/0".to_owned(),
                    "via: 10.20.0.1".to_owned(),
                ],
            ),
            (
                "sysconfig",
                "rhel",
                [
                    format!("IPADDR={address}\nNETMASK=255.255.255.0\n"),
                    "GATEWAY=10.20.0.1\n".to_owned(),
                    "DNS1=10.20.0.1\n".to_owned(),
                ],
            ),
            (
                "network-manager",
                "rhel",
                [
                    format!("address1={address}/24\n"),
                    "route1=0.0.0.0/0,10.20.0.1\n".to_owned(),
                    "dns=10.20.0.1;\n".to_owned(),
                ],
            ),
            (
                "networkd",
                "debian",
                [
                    format!("Address={address}/24\n"),
                    "Gateway=10.20.0.1\n".to_owned(),
                    "DNS=10.20.0.1\n".to_owned(),
                ],
            ),
            (
                "eni",
                "debian",
                [
                    format!("address {address}/24\n"),
                    "default gw 10.20.0.1".to_owned(),
                    "dns-nameservers 10.20.0.1\n".to_owned(),
                ],
            ),
        ] {
            let files = rendered_by(renderer, distribution, &path, known);
            for line in lines {
                assert!(files.contains(&line), "{renderer}: no {line:?} in {files}");
            }
            if let Some(mac) = mac {
                // RHEL's and NetworkManager's in upper case.
                assert!(files.to_lowercase().contains(mac), "{renderer}: {files}");
            }
        }
        network_schema(&path);
    }
}

/// cloud-init's schema of the network's configuration, from version 24 on.
fn network_schema(path: &Path) {
    let cloud_init = tool::program(
        "HAGEN_CLOUD_INIT",
        "cloud-init",
        "apt-get install cloud-init",
    );
    let help = tool::succeed(&cloud_init, ["schema", "--help"]);
    if !help.contains("--schema-type") {
        return;
    }
    let mut command = Command::new(cloud_init);
    command.args(["schema", "--schema-type", "network-config"]);
    command.arg("--config-file").arg(path);
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(answer.status.success(), "{}", answer.all());
}

#[test]
#[ignore = "needs xorriso: see tests/tools/README.md"]
fn an_image_holds_the_seed_and_is_the_same_each_time() {
    tool::program("HAGEN_XORRISO", "xorriso", "apt-get install xorriso");
    let rendered = cluster(&spec());
    let printed = seed(&rendered, &["--iso"]).stdout;
    let folder = rendered.folder().join("seed");
    let image = folder.join("cp-1.iso");
    assert!(printed.contains(&format!("{}\n", image.display())));
    let first = fs::read(&image).unwrap();
    for node in ["cp-1", "lb-1"] {
        let image = folder.join(format!("{node}.iso"));
        let mode = image.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        // The label, as cloud-init finds it.
        let label = tool::succeed(
            "blkid",
            ["-o", "value", "-s", "LABEL", image.to_str().unwrap()],
        );
        assert_eq!(label.trim(), "cidata");
        let scratch = tempfile::tempdir().unwrap();
        let out = scratch.path().join("out");
        let (image, to) = (image.to_str().unwrap(), out.to_str().unwrap());
        tool::succeed(
            "xorriso",
            [
                "-no_rc", "-osirrox", "on", "-indev", image, "-extract", "/", to,
            ],
        );
        let mut names: Vec<_> = fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["meta-data", "network-config", "user-data"]);
        for name in names {
            assert_eq!(
                fs::read(out.join(&name)).unwrap(),
                fs::read(folder.join(node).join(&name)).unwrap(),
                "{node}: {}",
                name.display()
            );
            // Whoever mounts it has to be root.
            let mode = out.join(&name).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o400);
        }
    }
    // Later, and in another folder.
    std::thread::sleep(Duration::from_millis(1100));
    let other = tempfile::tempdir().unwrap();
    let out = other.path().join("an other folder's [seeds]");
    seed(&rendered, &["--iso", "--out", out.to_str().unwrap()]);
    assert_eq!(fs::read(out.join("cp-1.iso")).unwrap(), first);
    assert_ne!(fs::read(out.join("cp-2.iso")).unwrap(), first);
}

/// What scripts share: `seed` writes seeds into $out and prints the exit code.
const PRELUDE: &str = r#"
set -euo pipefail
seed() { local code=0; "$HAGEN" seed --secrets "$DIR" "$DIR" --out "$out" "$@" || code=$?; echo "code $code"; }
rotate() { "$HAGEN" secrets --file "$DIR/../spec.yaml" --rotate --out "$DIR" >/dev/null 2>&1; }
sum() { (cd "$out" && find . -type f -exec sha256sum {} + | sort | sha256sum); }
left() { find "$W" -name '*hagen-staging*' -printf 'LEFT %p\n'; }
out=$W/mount/seeds
mkdir "$W/mount"
"#;

/// Runs a script with mounts to itself.
fn script(script: &str) -> Answer {
    tool::program("HAGEN_UNSHARE", "unshare", "apt-get install util-linux");
    assert!(
        rustix::process::geteuid().is_root(),
        "mounts need root: run tests/tools/run as root"
    );
    let rendered = cluster(&spec());
    let scratch = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "bash", "-c"])
        .arg(format!("{PRELUDE}{script}"))
        .env("HAGEN", env!("CARGO_BIN_EXE_hagen"))
        .env("DIR", rendered.folder())
        .env("W", scratch.path())
        .current_dir("/");
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(answer.status.success(), "{}", answer.all());
    assert!(!answer.stdout.contains("LEFT"), "{}", answer.all());
    assert!(!answer.stderr.contains("panicked"), "{}", answer.all());
    answer
}

fn codes(answer: &Answer) -> Vec<&str> {
    let lines = answer.stdout.lines();
    lines
        .filter_map(|line| line.strip_prefix("code "))
        .collect()
}

#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_read_only_file_system_keeps_its_seeds() {
    let answer = script(
        r#"mount -t tmpfs tmpfs "$W/mount"
           seed; before=$(sum); rotate
           mount -o remount,ro "$W/mount"
           seed; [[ $(sum) == "$before" ]] && echo unchanged; left"#,
    );
    assert_eq!(codes(&answer), ["0", "3"], "{}", answer.all());
    assert!(answer.stdout.contains("unchanged"), "{}", answer.all());
    assert!(answer.stderr.contains("HGN8005"), "{}", answer.all());
    assert!(answer.stderr.contains("Read-only"), "{}", answer.all());
}

#[test]
#[ignore = "needs root and xorriso: see tests/tools/README.md"]
fn a_full_disk_keeps_its_seeds() {
    let answer = script(
        r#"mount -t tmpfs -o size=900k tmpfs "$W/mount"
           seed --node cp-1; before=$(sum); rotate
           head -c 560000 /dev/zero >"$W/mount/other"
           seed; [[ $(sum) == "$before" ]] && echo unchanged; left
           seed --iso --node cp-1; [[ $(sum) == "$before" ]] && echo again; left
           rm "$W/mount/other"; seed; [[ $(sum) != "$before" ]] && echo changed; left"#,
    );
    assert_eq!(codes(&answer), ["0", "3", "3", "0"], "{}", answer.all());
    for word in ["unchanged", "again", "changed"] {
        assert!(answer.stdout.contains(word), "{word}: {}", answer.all());
    }
    assert!(answer.stderr.contains("No space left"), "{}", answer.all());
    assert!(answer.stderr.contains("HGN9023"), "{}", answer.all());
}

/// A mount point cannot change places with another folder: nothing is written into it file by file.
#[test]
#[ignore = "needs root: see tests/tools/README.md"]
fn a_mount_point_is_refused() {
    let answer = script(
        r#"mkdir "$out"; mount -t tmpfs tmpfs "$out"
           seed; [[ -z $(ls -A "$out") ]] && echo empty; left
           out=$out/below; seed; [[ -e $out/cp-1/user-data ]] && echo written; left"#,
    );
    assert_eq!(codes(&answer), ["3", "0"], "{}", answer.all());
    assert!(answer.stdout.contains("empty"), "{}", answer.all());
    assert!(answer.stdout.contains("written"), "{}", answer.all());
    assert!(
        answer.stderr.contains("cannot change places"),
        "{}",
        answer.all()
    );
}

/// A run that is ended leaves the old seeds or the new ones, whenever that is.
#[test]
#[ignore = "needs xorriso: see tests/tools/README.md"]
fn seeds_are_whole_whenever_the_run_is_ended() {
    tool::program("HAGEN_XORRISO", "xorriso", "apt-get install xorriso");
    let rendered = cluster(&spec());
    seed(&rendered, &["--iso"]);
    let folder = rendered.folder().join("seed");
    let record = || -> Value {
        let text = fs::read_to_string(folder.join("hagen.seed.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let mut seen = 0;
    for at in 0..12_u64 {
        let before = record();
        rotate(&rendered);
        let path = rendered.folder();
        let mut child = Command::new(env!("CARGO_BIN_EXE_hagen"))
            .arg("seed")
            .args([Path::new("--secrets"), &path, &path, Path::new("--iso")])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(at * 60));
        let _ = child.kill();
        child.wait().unwrap();
        let after = record();
        for (path, written) in after["files"].as_object().unwrap() {
            let found = hagen::write::digest(&fs::read(folder.join(path)).unwrap());
            assert_eq!(found, text(written), "{path}");
        }
        seen += usize::from(after == before);
    }
    assert!(seen > 0, "no run was ended before its end");
    seed(&rendered, &["--iso"]);
    let names = |folder: &Path| {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains("staging"))
            .count()
    };
    assert_eq!(names(&rendered.folder()), 0);
}

fn rotate(rendered: &Rendered) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hagen"));
    let folder = rendered.folder();
    command.args(["secrets", "--rotate", "--file"]);
    command.arg(folder.with_file_name("spec.yaml"));
    command.arg("--out").arg(&folder);
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(answer.status.success(), "{}", answer.all());
}
