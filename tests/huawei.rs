//! What is rendered for Huawei Cloud, in what matters: the load balancer's switches, who may come in,
//! and what must not be there.
#![allow(clippy::expect_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::source::Source;
use hagen::validate;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(root(path)).expect(path)
}

/// What a good spec renders to.
fn render(spec: String) -> ArtifactSet {
    let source = Source::parse("hagen.yaml", spec).unwrap_or_else(|bad| panic!("{}", bad.message));
    let mut report = Report::default();
    let spec = validate::check(&source, Some("huawei"), &mut report).expect("a spec");
    let codes: Vec<&str> = report.iter().map(|problem| problem.code.id).collect();
    assert!(!report.has_errors(), "{codes:?}");
    let plan = hagen::plan::build(&spec, "huawei");
    let mut artifacts = ArtifactSet::default();
    let provider = hagen::provider::find("huawei").expect("the target");
    provider.render(&plan, &mut artifacts);
    artifacts
}

fn example(name: &str) -> ArtifactSet {
    render(read(&format!("examples/{name}.yaml")))
}

const EXAMPLES: &[&str] = &[
    "huawei",
    "huawei-existing",
    "huawei-internet",
    "huawei-mirrors",
];

/// A file without what `terraform fmt` aligns.
fn file(artifacts: &ArtifactSet, path: &str) -> String {
    let text = artifacts
        .get(path)
        .unwrap_or_else(|| panic!("no {path}"))
        .lines();
    text.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let indent = &line[..line.len() - line.trim_start().len()];
        format!("{indent}{}", words.join(" "))
    })
    .collect::<Vec<_>>()
    .join("\n")
}

/// The block that begins with this line, without blocks that follow it.
fn block<'a>(text: &'a str, begin: &str) -> &'a str {
    let (_, rest) = text
        .split_once(begin)
        .unwrap_or_else(|| panic!("no {begin}"));
    rest.split("\n}").next().unwrap_or_default()
}

#[test]
fn members_are_registered_so_that_a_node_reaches_itself() {
    for name in EXAMPLES {
        let text = file(&example(name), "load-balancer.tf");
        let balancer = block(&text, "resource \"huaweicloud_elb_loadbalancer\" \"api\"");
        assert!(balancer.contains("cross_vpc_backend = true"), "{name}");
        assert!(
            balancer.contains("ipv4_subnet_id = local.api_subnet_id"),
            "{name}"
        );
        assert!(
            balancer.contains("deletion_protection_enable = true"),
            "{name}"
        );
        assert!(balancer.contains("protection_status = \"consoleProtection\""));
        assert!(balancer.contains("prevent_destroy = true"), "{name}");
        let member = block(&text, "resource \"huaweicloud_elb_member\" \"api\"");
        assert!(!member.contains("subnet_id"), "{name}");
        let pool = block(&text, "resource \"huaweicloud_elb_pool\" \"api\"");
        assert!(pool.contains("listener_id = huaweicloud_elb_listener.api.id"));
        let listener = block(&text, "resource \"huaweicloud_elb_listener\" \"api\"");
        assert!(listener.contains("idle_timeout = 4000"), "{name}");
        assert!(listener.contains("access_policy = \"white\""), "{name}");
        for never in ["transparent_client_ip_enable", "force_delete"] {
            assert!(!text.contains(never), "{name}: {never}");
        }
    }
}

#[test]
fn the_check_asks_for_readyz_where_anybody_may() {
    for name in EXAMPLES {
        let text = file(&example(name), "load-balancer.tf");
        let monitor = block(&text, "resource \"huaweicloud_elb_monitor\" \"api\"");
        let readyz = *name != "huawei-mirrors";
        assert_eq!(monitor.contains("protocol = \"HTTPS\""), readyz, "{name}");
        assert_eq!(monitor.contains("url_path = \"/readyz\""), readyz, "{name}");
    }
}

#[test]
fn the_load_balancer_is_let_in_and_the_world_is_not() {
    for name in EXAMPLES {
        let artifacts = example(name);
        let text = file(&artifacts, "security.tf");
        let rule = block(
            &text,
            "resource \"huaweicloud_networking_secgroup_rule\" \"control_plane_api\"",
        );
        assert!(
            rule.contains("remote_ip_prefix = local.api_source"),
            "{name}"
        );
        for rule in text.split("resource ").skip(1) {
            if rule.contains("direction = \"ingress\"") {
                assert!(!rule.contains("0.0.0.0/0"), "{name}: {rule}");
                assert!(rule.contains("remote_"), "{name}: {rule}");
            }
            if rule.starts_with("\"huaweicloud_networking_secgroup\"") {
                assert!(
                    rule.contains("delete_default_rules = true"),
                    "{name}: {rule}"
                );
            }
        }
    }
}

#[test]
fn without_a_group_an_output_names_the_rule() {
    let spec = read("examples/huawei-existing.yaml");
    let without: String = spec
        .lines()
        .filter(|line| !line.contains("controlPlaneSecurityGroup"))
        .map(|line| format!("{line}\n"))
        .collect();
    let artifacts = render(without);
    let outputs = file(&artifacts, "outputs.tf");
    let output = block(&outputs, "output \"control_plane_rule_to_add\"");
    assert!(
        output.contains("ingress tcp 6443 from ${local.api_source}"),
        "{output}"
    );
    assert!(!file(&artifacts, "security.tf").contains("control_plane_api"));
}

#[test]
fn an_endpoint_on_the_internet_has_an_address_and_a_list_of_its_own() {
    let text = file(&example("huawei-internet"), "load-balancer.tf");
    assert!(text.contains("ipv4_eip_id = huaweicloud_vpc_eip.api.id"));
    let group = block(&text, "resource \"huaweicloud_elb_ipgroup\" \"api\"");
    for client in [
        "198.51.100.0/24",
        "203.0.113.7/32",
        "10.0.0.0/16",
        "${huaweicloud_vpc_eip.nat.address}/32",
    ] {
        assert!(group.contains(client), "{client}: {group}");
    }
    let internal = file(&example("huawei"), "load-balancer.tf");
    assert!(!internal.contains("huaweicloud_vpc_eip"));
}

#[test]
fn a_machine_is_never_replaced_by_a_render() {
    for (name, path, group) in [
        ("huawei", "control-plane.tf", true),
        ("huawei", "workers.tf", false),
        ("huawei-internet", "etcd.tf", true),
    ] {
        let text = file(&example(name), path);
        assert!(text.contains("ignore_changes = [user_data, image_id]"));
        assert!(text.contains("fixed_ip_v4 = local."), "{path}");
        assert_eq!(text.contains("scheduler_hints {"), group, "{path}");
    }
}

#[test]
fn the_controllers_keys_are_in_no_file() {
    let artifacts = example("huawei-internet");
    let manifest = artifacts
        .get("manifests/huawei-cloud-controller-manager.yaml")
        .expect("a manifest");
    assert!(!manifest.contains("kind: Secret\n"), "{manifest}");
    assert!(manifest.contains("secretName: cloud-config"));
    for (path, text) in artifacts.iter() {
        assert!(
            !text.contains("secret-key=") || path == "README.md",
            "{path}"
        );
    }
    let readme = artifacts.get("README.md").expect("a runbook");
    assert!(readme.contains("create secret generic cloud-config"));
}
