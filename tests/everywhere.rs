//! One spec for every target: what is decided above `targets` is the same on each.
#![allow(clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::plan::{self, Host, Plan};
use hagen::provider::PROVIDERS;
use hagen::source::Source;
use hagen::validate;
use serde_json::Value;

/// The plan of examples/everywhere.yaml for each target, and its files.
fn everywhere() -> BTreeMap<&'static str, (Plan, ArtifactSet)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/everywhere.yaml");
    let text = fs::read_to_string(path).expect("the example");
    let source = Source::parse("everywhere", text).expect("YAML");
    PROVIDERS
        .iter()
        .map(|provider| {
            let mut report = Report::default();
            let spec = validate::check(&source, Some(provider.name()), &mut report);
            let problems = hagen::diagnostic::text(&report, Some(&source), ("", ""));
            assert!(!report.has_errors(), "{problems}");
            let spec = spec.expect("a spec");
            assert!(
                spec.targets.has(provider.name()),
                "examples/everywhere.yaml has no target {}",
                provider.name()
            );
            let plan = plan::build(&spec, provider.name());
            let mut artifacts = ArtifactSet::default();
            provider.render(&plan, &mut artifacts);
            provider.check(&plan, &mut report);
            assert!(!report.has_errors(), "{}", provider.name());
            (provider.name(), (plan, artifacts))
        })
        .collect()
}

/// What a plan says, target by target: one row for each decision.
fn decisions(plan: &Plan) -> Vec<(&'static str, String)> {
    let kubernetes = &plan.kubernetes;
    // On bare metal the load balancer has machines of its own.
    let nodes: Vec<String> = plan
        .nodes
        .iter()
        .filter(|node| node.role != plan::Role::LoadBalancer)
        .map(|node| {
            format!(
                "{} {:?} after {:?}, {} s",
                node.name, node.role, node.previous, node.turn_limit_seconds
            )
        })
        .collect();
    let host = match &plan.endpoint.node_host {
        Host::Named(name) => name.clone(),
        other => format!("{other:?}"),
    };
    vec![
        ("cluster", plan.cluster.clone()),
        ("nodes", nodes.join("; ")),
        ("endpoint", format!("{host}:{}", plan.endpoint.port)),
        (
            "people's endpoint",
            format!("{:?}", plan.endpoint.client_host),
        ),
        ("etcd", format!("{:?}", plan.etcd)),
        ("version", kubernetes.version.clone()),
        ("minor", kubernetes.minor.clone()),
        ("pods", format!("{:?}", kubernetes.pod_subnets)),
        ("Services", format!("{:?}", kubernetes.service_subnets)),
        ("DNS domain", kubernetes.dns_domain.clone()),
        ("images", kubernetes.image_repository.clone()),
        ("sandbox", kubernetes.sandbox_image.clone()),
        ("packages", kubernetes.package_url.clone()),
        ("package key", kubernetes.package_key.clone()),
        (
            "containerd",
            format!(
                "{} {}",
                kubernetes.containerd_url, kubernetes.containerd_version
            ),
        ),
        ("secrets", format!("{:?}", plan.secrets)),
        ("package managers", format!("{:?}", plan.package_managers)),
    ]
}

#[test]
fn what_no_target_decides_is_the_same_on_each() {
    let all = everywhere();
    assert!(all.len() >= 5, "{:?}", all.keys());
    let mut table: BTreeMap<&str, BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    for (target, (plan, _)) in &all {
        for (decision, value) in decisions(plan) {
            // Which system is on a machine of the user's own is not known.
            if *target == "baremetal" && decision == "package managers" {
                assert_eq!(value, "[Apt, Dnf]");
                continue;
            }
            table
                .entry(decision)
                .or_default()
                .entry(value)
                .or_default()
                .push(target);
        }
    }
    for (decision, values) in &table {
        assert_eq!(values.len(), 1, "{decision} differs: {values:#?}");
    }
    assert!(table.len() > 15);
}

/// The cluster that kubeadm founds is the same, but for the load balancer's own names and how its health
/// is asked for.
#[test]
fn kubeadm_founds_the_same_cluster_on_each() {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let all = everywhere();
    for (target, (_, artifacts)) in &all {
        let text = artifacts.get("cloud-init/cp-1.yaml").expect("a cloud-init");
        let document: Value = serde_saphyr::from_str(text).expect("YAML");
        let file = document["write_files"]
            .as_array()
            .expect("files")
            .iter()
            .find(|file| file["path"] == "/etc/hagen/kubeadm.yaml")
            .expect("kubeadm's file");
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(file["content"].as_str().expect("text")).expect("YAML");
        let mut cluster = documents
            .into_iter()
            .find(|document| document["kind"] == "ClusterConfiguration")
            .expect("a cluster");
        let names = cluster["apiServer"]["certSANs"].take();
        assert!(names.is_array(), "{target}: {names}");
        // The delay follows the load balancer's health check.
        cluster["apiServer"]["extraArgs"].take();
        found.entry(cluster.to_string()).or_default().push(target);
    }
    assert_eq!(found.len(), 1, "{found:#?}");
}

/// Who knows one target's folder knows them all.
#[test]
fn files_have_the_same_names_on_each() {
    const KNOWN: &[&str] = &[
        "versions.tf",
        "providers.tf",
        "variables.tf",
        "network.tf",
        "load-balancer.tf",
        "security.tf",
        "iam.tf",
        "cloud-init.tf",
        "control-plane.tf",
        "etcd.tf",
        "workers.tf",
        "dns.tf",
        "outputs.tf",
        "README.md",
        ".gitignore",
    ];
    // Without Terraform there is what it would have done: network, load balancer.
    const BARE_METAL: &[&str] = &[
        "README.md",
        ".gitignore",
        "haproxy/haproxy.cfg",
        "keepalived/lb-1.conf",
        "keepalived/lb-2.conf",
    ];
    let all = everywhere();
    for (target, (plan, artifacts)) in &all {
        let below = ["cloud-init/", "bootstrap/", "manifests/"];
        if *target == "baremetal" {
            for (path, _) in artifacts.iter() {
                assert!(
                    BARE_METAL.contains(&path)
                        || path.starts_with("network-config/")
                        || below.iter().any(|folder| path.starts_with(folder)),
                    "{target}: {path}"
                );
            }
            for wanted in BARE_METAL {
                assert!(artifacts.get(wanted).is_some(), "{target} has no {wanted}");
            }
            for node in &plan.nodes {
                for folder in ["cloud-init", "network-config"] {
                    let path = format!("{folder}/{}.yaml", node.name);
                    assert!(artifacts.get(&path).is_some(), "{target} has no {path}");
                }
            }
            continue;
        }
        for (path, _) in artifacts.iter() {
            assert!(
                KNOWN.contains(&path) || below.iter().any(|folder| path.starts_with(folder)),
                "{target}: {path}"
            );
        }
        for wanted in [
            "load-balancer.tf",
            "network.tf",
            "security.tf",
            "control-plane.tf",
            "workers.tf",
            "outputs.tf",
        ] {
            assert!(artifacts.get(wanted).is_some(), "{target} has no {wanted}");
        }
        let outputs = artifacts.get("outputs.tf").expect("outputs");
        for name in [
            "api_endpoint",
            "api_load_balancer_id",
            "api_target_group_id",
            "api_security_group_id",
            "control_plane_addresses",
            "control_plane_security_group_id",
        ] {
            let there = outputs.contains(&format!("output \"{name}\""));
            // Huawei's load balancer has none: who may connect is in the listener.
            let none = *target == "huawei" && name == "api_security_group_id";
            assert!(there || none, "{target} has no output {name}");
        }
    }
}
