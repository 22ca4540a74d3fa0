//! kube-vip's manifests, and what kube-proxy is told beside each load balancer.
#![allow(clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::plan::load_balancer::{Failure, Reach};
use hagen::plan::{self, Plan};
use hagen::source::Source;
use hagen::{provider, validate};
use serde_json::{Value, json};

const ARP: &str = include_str!("../examples/baremetal-kube-vip.yaml");
const BGP: &str = include_str!("../examples/baremetal-kube-vip-bgp.yaml");
const PAIR: &str = include_str!("../examples/baremetal.yaml");
const AWS: &str = include_str!("../examples/aws.yaml");

fn planned(spec: &str, target: &str) -> (Plan, ArtifactSet) {
    let source = Source::parse("spec", spec.to_owned()).expect("YAML");
    let mut report = Report::default();
    let spec = validate::check(&source, Some(target), &mut report);
    let problems = hagen::diagnostic::text(&report, Some(&source), ("", ""));
    assert!(!report.has_errors(), "{problems}");
    let plan = plan::build(&spec.expect("a spec"), target);
    let mut artifacts = ArtifactSet::default();
    let provider = provider::find(target).expect("a target");
    provider.render(&plan, &mut artifacts);
    (plan, artifacts)
}

/// A text with some of its parts replaced, each of which is there.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old:?} is not there");
        text.replace(old, new)
    })
}

/// The manifest of a node, and its variables.
fn manifest(spec: &str, path: &str) -> (Value, BTreeMap<String, String>) {
    let (_, artifacts) = planned(spec, "baremetal");
    let text = artifacts.get(path).expect(path);
    let pod: Value = serde_saphyr::from_str(text).expect("YAML");
    let variables = pod["spec"]["containers"][0]["env"].as_array().expect("env");
    let found: BTreeMap<String, String> = variables
        .iter()
        .map(|variable| {
            let name = variable["name"].as_str().expect("a name").to_owned();
            let value = variable["value"]
                .as_str()
                .unwrap_or("by the pod's own fields");
            (name, value.to_owned())
        })
        .collect();
    assert_eq!(found.len(), variables.len(), "a name stands twice");
    (pod, found)
}

fn expected(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    pairs.collect()
}

const COMMON: &[(&str, &str)] = &[
    ("vip_subnet", "32"),
    ("vip_nodename", "by the pod's own fields"),
    ("port", "6443"),
    ("cp_enable", "true"),
    ("cp_namespace", "kube-system"),
    ("prometheus_server", "127.0.0.1:2112"),
];

#[test]
fn by_arp_the_leader_has_the_address_on_its_own_interface() {
    let own = [
        ("vip_arp", "true"),
        ("address", "10.20.0.10"),
        ("vip_interface", "ens3"),
        ("vip_leaderelection", "true"),
        ("vip_leasename", "plndr-cp-lock"),
        ("vip_leaseduration", "5"),
        ("vip_renewdeadline", "3"),
        ("vip_retryperiod", "1"),
    ];
    let (pod, variables) = manifest(ARP, "manifests/kube-vip/cp-3.yaml");
    assert_eq!(variables, expected(&[COMMON, &own].concat()));
    let container = &pod["spec"]["containers"][0];
    assert_eq!(
        container["securityContext"],
        json!({ "capabilities": { "add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"] } })
    );
    assert_eq!(
        pod["spec"]["hostAliases"],
        json!([{ "ip": "127.0.0.1", "hostnames": ["kubernetes"] }])
    );
    assert_eq!(pod["spec"]["hostNetwork"], true);
    let spec = with(
        ARP,
        &[(
            "retryPeriod: 1s",
            "retryPeriod: 1s\n        preserveOnLeadershipLoss: true",
        )],
    );
    let (_, variables) = manifest(&spec, "manifests/kube-vip/cp-1.yaml");
    assert_eq!(variables["vip_preserve_on_leadership_loss"], "true");
    assert_eq!(variables["vip_interface"], "eth0");
}

#[test]
fn by_bgp_each_node_announces_it_while_its_api_server_answers() {
    let own = [
        ("bgp_enable", "true"),
        ("address", "10.20.99.10"),
        ("vip_interface", "lo"),
        ("vip_leaderelection", "false"),
        ("bgp_routerid", "10.20.0.22"),
        ("bgp_as", "64512"),
        (
            "bgp_peers",
            "10.20.0.1:64513::false,10.20.255.2:64513::true:1179",
        ),
        ("bgp_hold_time", "9"),
        ("bgp_keepalive_interval", "3"),
        (
            "control_plane_health_check_address",
            "https://kubernetes:6443/livez",
        ),
        (
            "control_plane_health_check_ca_path",
            "/etc/kubernetes/pki/ca.crt",
        ),
        ("control_plane_health_check_period_seconds", "5"),
        ("control_plane_health_check_timeout_seconds", "3"),
        ("control_plane_health_check_failure_threshold", "3"),
    ];
    let spec = with(BGP, &[("multihop: true }", "multihop: true, port: 1179 }")]);
    let (pod, variables) = manifest(&spec, "manifests/kube-vip/cp-2.yaml");
    assert_eq!(variables, expected(&[COMMON, &own].concat()));
    // The check trusts the cluster's CA alone, and needs it in the pod.
    let mounts = pod["spec"]["containers"][0]["volumeMounts"]
        .as_array()
        .expect("mounts");
    assert!(
        mounts
            .iter()
            .any(|mount| mount["mountPath"] == "/etc/kubernetes/pki/ca.crt")
    );
    let volumes = pod["spec"]["volumes"].as_array().expect("volumes");
    assert!(
        volumes
            .iter()
            .all(|volume| volume["hostPath"]["type"] == "File")
    );
}

/// Only the first node has the manifest with all rights, and the two differ in nothing but the file.
#[test]
fn during_init_the_pod_has_other_credentials_and_nothing_else() {
    for spec in [ARP, BGP] {
        let (_, artifacts) = planned(spec, "baremetal");
        let init: Vec<&str> = artifacts
            .iter()
            .map(|(path, _)| path)
            .filter(|path| path.starts_with("manifests/kube-vip/init/"))
            .collect();
        assert_eq!(init, ["manifests/kube-vip/init/cp-1.yaml"]);
        let (mut during, _) = manifest(spec, init[0]);
        let (after, _) = manifest(spec, "manifests/kube-vip/cp-1.yaml");
        let file = &mut during["spec"]["volumes"][0]["hostPath"]["path"];
        assert_eq!(*file, "/etc/kubernetes/super-admin.conf");
        *file = json!("/etc/kubernetes/admin.conf");
        assert_eq!(during, after);
        for (path, text) in artifacts.iter() {
            let may = [
                "cloud-init/cp-1.yaml",
                "bootstrap/first-control-plane.sh",
                init[0],
            ];
            // The script of all control-plane nodes looks for it, so that no pod keeps it.
            let looks = path == "bootstrap/control-plane.sh" || path.starts_with("cloud-init/cp-");
            let has = text.contains("/etc/kubernetes/super-admin.conf");
            assert!(!has || may.contains(&path), "{path}");
            assert!(
                !text.contains("super-admin") || looks || may.contains(&path),
                "{path}"
            );
        }
    }
}

/// What the first node's file says about kube-proxy.
fn kube_proxy(spec: &str, target: &str) -> Option<Value> {
    let (_, artifacts) = planned(spec, target);
    let cloud_init = artifacts.get("cloud-init/cp-1.yaml").expect("cp-1");
    let read: Value = serde_saphyr::from_str(cloud_init).expect("YAML");
    let files = read["write_files"].as_array().expect("files");
    let content = |path: &str| {
        let file = files.iter().find(|file| file["path"] == path).expect(path);
        file["content"].as_str().expect("text").to_owned()
    };
    let documents = content("/etc/hagen/kubeadm.yaml");
    let found = documents.split("---\n").find_map(|document| {
        let read: Value = serde_saphyr::from_str(document).expect("YAML");
        (read["kind"] == "KubeProxyConfiguration").then_some(read)
    });
    let modules = content("/etc/modules-load.d/hagen.conf");
    let ipvs = found.as_ref().is_some_and(|found| found["mode"] == "ipvs");
    assert_eq!(modules.contains("ip_vs\n"), ipvs, "{modules}");
    found
}

fn in_mode(spec: &str, mode: &str) -> String {
    let spec = spec.replace("  kubeProxy: nftables\n", "");
    with(
        &spec,
        &[(
            "  version: 1.37.1\n",
            &format!("  version: 1.37.1\n  kubeProxy: {mode}\n"),
        )],
    )
}

#[test]
fn kube_proxy_is_told_only_what_kubeadm_does_not_say_by_itself() {
    for (spec, target) in [(ARP, "baremetal"), (PAIR, "baremetal"), (AWS, "aws")] {
        assert_eq!(kube_proxy(&in_mode(spec, "iptables"), target), None);
        let found = kube_proxy(&in_mode(spec, "nftables"), target).expect("a document");
        let wanted = json!({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
        });
        assert_eq!(found, wanted);
    }
}

#[test]
fn ipvs_is_strict_about_arp_where_someone_announces_addresses_by_it() {
    let metallb = "services: { metallb: { pools: [ { name: default, addresses: [10.20.0.200-10.20.0.239] } ], l2: {} } }";
    let on_control_plane = with(
        PAIR,
        &[
            ("  port: 6443\n", "  port: 8443\n"),
            ("        nodes: [lb-1, lb-2]\n", ""),
            (
                "      - { name: lb-1, role: loadBalancer, address: 10.20.0.11 }\n",
                "",
            ),
            (
                "      - { name: lb-2, role: loadBalancer, address: 10.20.0.12 }\n",
                "",
            ),
            ("    maxFailover: 6s\n", ""),
        ],
    );
    let services = |spec: &str| {
        with(
            spec,
            &[(
                "    interface: eth0\n",
                &format!("    interface: eth0\n    {metallb}\n"),
            )],
        )
    };
    let exclude = |address: &str| json!({ "excludeCIDRs": [address] });
    let strict = |mut ipvs: Value| {
        ipvs["strictARP"] = json!(true);
        ipvs
    };
    for (spec, target, wanted) in [
        (
            ARP.to_owned(),
            "baremetal",
            strict(exclude("10.20.0.10/32")),
        ),
        (BGP.to_owned(), "baremetal", exclude("10.20.99.10/32")),
        (
            services(BGP),
            "baremetal",
            strict(exclude("10.20.99.10/32")),
        ),
        (PAIR.to_owned(), "baremetal", Value::Null),
        (services(PAIR), "baremetal", strict(json!({}))),
        (
            on_control_plane.clone(),
            "baremetal",
            exclude("10.20.0.10/32"),
        ),
        (
            services(&on_control_plane),
            "baremetal",
            strict(exclude("10.20.0.10/32")),
        ),
        (AWS.to_owned(), "aws", Value::Null),
    ] {
        let found = kube_proxy(&in_mode(&spec, "ipvs"), target).expect("a document");
        assert_eq!(found["mode"], "ipvs");
        assert_eq!(found["ipvs"], wanted, "{spec}");
    }
}

#[test]
fn how_long_each_failure_takes() {
    let rows = |spec: &str| -> Vec<(Failure, u32, u32, Reach)> {
        let (plan, _) = planned(spec, "baremetal");
        let rows = plan.load_balancer.interruptions().iter();
        rows.map(|row| (row.failure, row.least, row.most, row.reach))
            .collect()
    };
    assert_eq!(
        rows(ARP),
        [(Failure::LeaderGone, 5000, 7000, Reach::Everyone)]
    );
    // A share of connections only: the others go to the other nodes.
    assert_eq!(
        rows(BGP),
        [
            (Failure::HolderStopped, 0, 0, Reach::Some),
            (Failure::HolderGone, 6000, 9000, Reach::Some),
            (Failure::ApiServerDead, 10_000, 15_000, Reach::Some),
            (Failure::ApiServerHung, 13_000, 18_000, Reach::Some),
        ]
    );
}

/// It needs a mirror of its own, which containerd then asks.
#[test]
fn its_image_comes_from_a_mirror_of_its_own_registry() {
    let spec = with(
        ARP,
        &[(
            "controlPlane: { count: 3 }\n",
            "controlPlane: { count: 3 }\ndownloads: { registryMirrors: { ghcr.io: mirror.example.com/ghcr } }\n",
        )],
    );
    let (_, artifacts) = planned(&spec, "baremetal");
    let cloud_init = artifacts.get("cloud-init/cp-2.yaml").expect("cp-2");
    assert!(cloud_init.contains("/etc/containerd/certs.d/ghcr.io/hosts.toml"));
    assert!(cloud_init.contains("https://mirror.example.com/v2/ghcr"));
    assert!(cloud_init.contains("image: ghcr.io/kube-vip/kube-vip:v1.2.3"));
}
