//! Every example, rendered: one snapshot an artifact, for review, and what must hold of every
//! rendered byte.
#![allow(clippy::expect_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::format::template::verbatim;
use hagen::plan::{self, Plan};
use hagen::provider::PROVIDERS;
use hagen::source::Source;
use hagen::validate;
use hagen::write::Lock;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

struct Example {
    name: String,
    provider: &'static str,
    plan: Plan,
    artifacts: ArtifactSet,
}

fn examples() -> Vec<Example> {
    let mut found = Vec::new();
    let mut paths: Vec<PathBuf> = fs::read_dir(format!("{ROOT}/examples"))
        .expect("examples/")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    for path in paths {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("a spec");
        let source = Source::parse(name.clone(), text).expect("YAML");
        for provider in PROVIDERS {
            let mut report = Report::default();
            let spec = validate::check(&source, Some(provider.name()), &mut report);
            let problems = hagen::diagnostic::text(&report, Some(&source), ("", ""));
            assert!(!report.has_errors(), "{problems}");
            let spec = spec.expect("a spec");
            if !spec.targets.has(provider.name()) {
                continue;
            }
            let plan = plan::build(&spec, provider.name());
            let mut artifacts = ArtifactSet::default();
            provider.render(&plan, &mut artifacts);
            provider.check(&plan, &mut report);
            assert!(!report.has_errors(), "{name}");
            let mut immutable = plan.immutable();
            immutable.extend(provider.immutable(&plan));
            let lock = Lock::new(&plan.cluster, provider.name(), immutable, &artifacts);
            artifacts.insert(hagen::write::LOCK, lock.to_text());
            found.push(Example {
                name: name.clone(),
                provider: provider.name(),
                plan,
                artifacts,
            });
        }
    }
    assert!(found.len() >= 2);
    found
}

/// What is a file of its own in the folder, too: `tests/tools/bare_metal.rs` compares the two.
const REVIEWED: &[&str] = &[
    "/etc/hagen/haproxy.conf",
    "/etc/hagen/nginx.conf",
    "/etc/hagen/keepalived.conf",
    "/etc/hagen/kube-vip.yaml",
    "/etc/hagen/kube-vip-init.yaml",
];

const SCRIPT: &str = "/usr/local/lib/hagen/bootstrap.sh";

/// What a reviewer reads: scripts and units are files of their own in templates/, and digests say
/// nothing.
fn for_review(path: &str, text: &str) -> String {
    if path.starts_with("bootstrap/") {
        let mut text = text.to_owned();
        for (name, body) in verbatim::PARTS {
            if !body.is_empty() {
                let line = format!("(templates/bootstrap/{name}.sh, as it is)\n");
                text = text.replace(body, &line);
            }
        }
        return text;
    }
    if path.starts_with("cloud-init/") {
        let mut shown = String::new();
        let mut elided = false;
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("  - path: ") {
                elided = path == SCRIPT
                    || path.starts_with("/etc/systemd/system/")
                    || REVIEWED.contains(&path);
                shown.extend([line, "\n"]);
                continue;
            }
            // The keys of the file stay.
            if elided && line.starts_with("      ") {
                continue;
            }
            elided &= line.starts_with("    ") || line.trim().is_empty();
            shown.extend([line, "\n"]);
        }
        return shown;
    }
    if path == hagen::write::LOCK {
        return text
            .lines()
            .map(|line| match line.find("sha256:") {
                Some(at) => format!(
                    "{}sha256:…\"{}\n",
                    &line[..at],
                    if line.ends_with(',') { "," } else { "" }
                ),
                None => format!("{line}\n"),
            })
            .collect();
    }
    text.to_owned()
}

#[test]
fn snapshots_are_what_is_rendered() {
    let mut expected = BTreeSet::new();
    for example in examples() {
        for (path, text) in example.artifacts.iter() {
            let full = Path::new(ROOT)
                .join("snapshots")
                .join(&example.name)
                .join(example.provider)
                .join(path);
            let file = full
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(full.parent().expect("a folder"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            let text = for_review(path, text);
            // A runbook has a page for each task.
            let most = if path == "README.md" { 750 } else { 400 };
            assert!(text.lines().count() < most, "{} is a wall", full.display());
            settings.bind(|| insta::assert_snapshot!(file.clone(), text));
            expected.insert(full.with_file_name(format!("{file}.snap")));
        }
    }
    // A snapshot of something that is not rendered any more.
    let stale: Vec<_> = snapshots(&Path::new(ROOT).join("snapshots"))
        .into_iter()
        // These have tests of their own, diagnostics.rs and scenarios.rs.
        .filter(|path| {
            !["diagnostics", "scenarios"]
                .iter()
                .any(|own| path.starts_with(Path::new(ROOT).join("snapshots").join(own)))
        })
        .filter(|path| !expected.contains(path))
        .collect();
    assert!(stale.is_empty(), "stale snapshots, delete them: {stale:#?}");
}

fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("snapshots/") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            found.extend(snapshots(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    for (first, second) in examples().iter().zip(&examples()) {
        assert!(
            first.artifacts.iter().eq(second.artifacts.iter()),
            "{}",
            first.name
        );
    }
}

/// Secrets have forms that nothing else has: a bootstrap token, 64 hexadecimal digits, PEM.
#[test]
fn no_rendered_byte_is_a_secret() {
    for example in examples() {
        for (path, text) in example.artifacts.iter() {
            let at = format!("{}/{path}", example.name);
            assert!(!text.contains("PRIVATE KEY-----\n"), "{at}");
            assert!(!text.contains("BEGIN CERTIFICATE-----\n"), "{at}");
            for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')) {
                let token = word.len() == 23
                    && word.as_bytes()[6] == b'.'
                    && word.chars().filter(|c| *c == '.').count() == 1
                    && word
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.')
                    && word.chars().any(|c| c.is_ascii_digit());
                assert!(!token, "{at} may hold a bootstrap token: {word}");
                let key = word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
                let of_manifest = example.plan.kubernetes.cni.as_ref();
                let digest = path == hagen::write::LOCK
                    || of_manifest.is_some_and(|(_, sha256)| sha256 == word)
                    // Of etcd's releases.
                    || include_str!("../providers/kubernetes.yaml").contains(word)
                    // Of MetalLB's manifest.
                    || include_str!("../providers/baremetal/metallb.yaml").contains(word);
                assert!(!key || digest, "{at} may hold a certificate key: {word}");
            }
        }
    }
}

#[test]
fn secrets_reach_only_the_nodes_that_need_them() {
    use hagen::component::placeholder as word;
    use hagen::plan::{Etcd, Role, SecretsMode};
    let mut modes = std::collections::BTreeSet::new();
    for example in examples() {
        let plan = &example.plan;
        let pinned = plan.secrets.mode == SecretsMode::Pinned;
        let dropped = matches!(plan.secrets.mode, SecretsMode::Drop(_));
        let external = matches!(plan.etcd, Etcd::External(_)) && !dropped;
        modes.insert(format!("{:?}", plan.secrets.mode));
        for node in &plan.nodes {
            let path = format!("cloud-init/{}.yaml", node.name);
            let text = example.artifacts.get(&path).expect("a cloud-init");
            let first = node.role == Role::FirstControlPlane;
            let control_plane = first || node.role == Role::ControlPlane;
            let member = node.role == Role::Etcd;
            // Where secrets come later, kubeadm's files have the words, which nobody but the machine
            // puts anything in for.
            for (word, wanted) in [
                (word::BOOTSTRAP_TOKEN, node.role.is_kubernetes()),
                (word::CERTIFICATE_KEY, control_plane),
                (
                    word::CA_CERTIFICATE,
                    node.role.is_kubernetes() && (pinned || dropped),
                ),
                (word::CA_KEY, first && pinned),
                (word::ETCD_CA_CERTIFICATE, external && (first || member)),
                (word::ETCD_CLIENT_CERTIFICATE, external && first),
                (word::ETCD_CLIENT_KEY, external && first),
                (word::ETCD_MEMBER_CERTIFICATE, external && member),
                (word::ETCD_MEMBER_KEY, external && member),
            ] {
                assert_eq!(
                    text.contains(word),
                    wanted,
                    "{}/{path}: {word}",
                    example.name
                );
            }
            for file in ["bootstrap-token", "certificate-key", "pki/"] {
                let there = text.contains(&format!("  - path: /etc/hagen/{file}"));
                assert!(!(dropped && there), "{path} has {file}");
            }
        }
    }
    assert_eq!(modes.len(), 4, "{modes:?}");
}

#[test]
fn the_embedded_examples_are_examples() {
    for provider in PROVIDERS {
        let path = format!("{ROOT}/examples/{}.yaml", provider.name());
        let text = fs::read_to_string(&path).expect("the provider's example");
        assert_eq!(text, provider.example());
        assert!(text.starts_with("# yaml-language-server: $schema="));
    }
}

/// What the runbook asks Terraform for is there.
#[test]
fn every_output_that_the_runbook_names_is_there() {
    let mut seen = 0;
    for example in examples() {
        let readme = example.artifacts.get("README.md").expect("a runbook");
        // Without Terraform there are none, and none is named.
        let outputs = example.artifacts.get("outputs.tf").unwrap_or_default();
        for rest in readme.split("output -").skip(1) {
            let name = rest.split_whitespace().nth(1).unwrap_or_default();
            let name = name.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            assert!(
                outputs.contains(&format!("output \"{name}\"")),
                "{}: {name}",
                example.name
            );
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

/// Behind an air gap nothing on a machine names a host but the mirrors, the cluster and the cloud's
/// own services.
#[test]
fn behind_an_air_gap_only_mirrors_are_named() {
    let mut seen = 0;
    for example in examples() {
        let air_gapped = example.name == "aws-air-gapped";
        for (path, text) in example.artifacts.iter() {
            if !path.starts_with("cloud-init/") {
                continue;
            }
            let foreign: Vec<&str> = text
                .split("://")
                .skip(1)
                .map(|rest| {
                    let end =
                        rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-._[]:".contains(c)));
                    rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ':'])
                })
                .filter(|host| host.contains('.'))
                .filter(|host| {
                    ![
                        "mirror.internal.example.com",
                        "169.254.169.254",
                        "127.0.0.1",
                        // In a unit's Documentation.
                        "etcd.io",
                    ]
                    .iter()
                    .any(|known| host.starts_with(known))
                        && !host.contains(".etcd.internal")
                })
                .collect();
            let public = ["registry.k8s.io", "docker.com", "github.com", "pkgs.k8s.io"];
            let named = public.iter().any(|host| {
                text.lines()
                    .filter(|line| !line.contains("${HAGEN_IMAGE_REPOSITORY:-"))
                    .any(|line| line.contains(host))
            });
            if air_gapped {
                seen += 1;
                assert!(foreign.is_empty() && !named, "{path}: {foreign:?}");
            } else {
                // The test sees them where they are.
                assert!(
                    // A load balancer and a member of etcd get their packages from the distribution.
                    named || path.contains("etcd") || path.contains("/lb-") || !foreign.is_empty(),
                    "{path}"
                );
            }
        }
    }
    assert_eq!(seen, 10);
}

/// What the cloud controller's manifest names is in it.
#[test]
fn the_manifest_of_the_cloud_controller_is_whole() {
    let example = examples()
        .into_iter()
        .find(|example| example.name == "aws-external-etcd")
        .expect("the example");
    let text = example
        .artifacts
        .get("manifests/aws-cloud-controller-manager.yaml")
        .expect("the manifest");
    let documents: Vec<serde_json::Value> =
        serde_saphyr::from_multiple(text).expect("YAML documents");
    let of = |kind: &str| {
        let found = documents.iter().find(|document| document["kind"] == kind);
        found.unwrap_or_else(|| panic!("no {kind}"))
    };
    assert_eq!(documents.len(), 5);
    let account = &of("ServiceAccount")["metadata"];
    for kind in ["ClusterRoleBinding", "RoleBinding"] {
        let subject = &of(kind)["subjects"][0];
        assert_eq!(subject["name"], account["name"]);
        assert_eq!(subject["namespace"], account["namespace"]);
    }
    let role = &of("ClusterRoleBinding")["roleRef"]["name"];
    assert_eq!(*role, of("ClusterRole")["metadata"]["name"]);
    let pod = &of("DaemonSet")["spec"]["template"];
    assert_eq!(pod["spec"]["serviceAccountName"], account["name"]);
    assert_eq!(
        pod["metadata"]["labels"],
        of("DaemonSet")["spec"]["selector"]["matchLabels"]
    );
    // It runs before nodes are initialised and before there is a pod network.
    assert_eq!(pod["spec"]["hostNetwork"], true);
    let tolerated: Vec<&str> = pod["spec"]["tolerations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["key"].as_str())
        .collect();
    for taint in [
        "node.cloudprovider.kubernetes.io/uninitialized",
        "node-role.kubernetes.io/control-plane",
        "node.kubernetes.io/not-ready",
    ] {
        assert!(tolerated.contains(&taint), "{tolerated:?}");
    }
    let image = pod["spec"]["containers"][0]["image"].as_str();
    assert_eq!(
        image,
        Some("registry.k8s.io/provider-aws/cloud-controller-manager:v1.36.1")
    );
    let policy: serde_json::Value = serde_json::from_str(
        example
            .artifacts
            .get("manifests/aws-cloud-controller-policy.json")
            .expect("the policy"),
    )
    .expect("JSON");
    let actions = policy["Statement"][0]["Action"]
        .as_array()
        .expect("actions");
    assert!(
        actions
            .iter()
            .all(|action| !action.as_str().unwrap_or("*").contains('*'))
    );
}

/// The script that runs is the one in bootstrap/, without the lines that are comments.
#[test]
fn machines_run_the_script_that_is_reviewed() {
    let mut seen = 0;
    for example in examples() {
        for node in &example.plan.nodes {
            let role = hagen::component::secrets::role(node.role);
            let file = example.artifacts.get(&format!("bootstrap/{role}.sh"));
            let reviewed = file.expect("the script of the role");
            let document = example
                .artifacts
                .get(&format!("cloud-init/{}.yaml", node.name))
                .expect("its cloud-init");
            let written = document
                .split_once(&format!("  - path: {SCRIPT}\n"))
                .and_then(|(_, rest)| rest.split_once("    content: |\n"))
                .map(|(_, rest)| rest)
                .expect("the script");
            let mut wanted = reviewed.lines().enumerate().filter(|(at, line)| {
                let line = line.trim_start();
                *at == 0 || !(line.is_empty() || line.starts_with('#'))
            });
            for line in written
                .lines()
                .take_while(|line| line.starts_with("      "))
            {
                let (_, same) = wanted.next().expect("no line more");
                assert_eq!(line.strip_prefix("      "), Some(same), "{}", node.name);
            }
            assert!(wanted.next().is_none(), "{}: lines are missing", node.name);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

/// What Terraform puts in must be in no script: it would be replaced there too.
#[test]
fn the_script_holds_no_word_that_terraform_replaces() {
    for example in examples() {
        let mut words = hagen::component::placeholder::all(&example.plan);
        words.push("HAGEN_API_ADDRESS_".to_owned());
        let parts = verbatim::PARTS.iter().map(|(_, body)| *body);
        for body in parts.chain([verbatim::BOOTSTRAP_UNIT, verbatim::ETCD_UNIT]) {
            for word in &words {
                assert!(!body.contains(word.as_str()), "{word}");
            }
        }
        for (path, text) in example.artifacts.iter() {
            if path.starts_with("cloud-init/") {
                variables_begin_with_no_word(path, text, &words);
            }
        }
    }
}

/// A variable that begins with such a word would be cut in two.
fn variables_begin_with_no_word(path: &str, text: &str, words: &[String]) {
    for line in text.lines() {
        let Some((name, _)) = line.trim().split_once("='") else {
            continue;
        };
        for word in words {
            assert!(!name.contains(word.as_str()), "{path}: {name} holds {word}");
        }
    }
}
