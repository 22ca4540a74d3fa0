//! What matters in the files for Tencent Cloud: what the provider would refuse at apply is not there,
//! and what keeps a cluster reachable and protected is.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::Path;

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::plan;
use hagen::provider::{self, Provider};
use hagen::source::Source;
use hagen::validate;

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.yaml"));
    fs::read_to_string(path).expect(name)
}

fn tencent() -> &'static dyn Provider {
    provider::find("tencent").expect("the target")
}

fn planned(spec: String) -> plan::Plan {
    let mut report = Report::default();
    let source = Source::parse("hagen.yaml", spec).expect("a document");
    let spec = validate::check(&source, Some("tencent"), &mut report).expect("the form holds");
    assert!(!report.has_errors());
    plan::build(&spec, "tencent")
}

fn rendered(name: &str) -> ArtifactSet {
    let mut artifacts = ArtifactSet::default();
    tencent().render(&planned(example(name)), &mut artifacts);
    artifacts
}

/// The text of a block, from its first line to its last.
fn block<'a>(artifacts: &'a ArtifactSet, file: &str, first: &str) -> &'a str {
    let text = artifacts.get(file).expect(file);
    let begin = text
        .find(first)
        .unwrap_or_else(|| panic!("{file}: {first}"));
    let end = text[begin..].find("\n}\n").expect("its end");
    &text[begin..begin + end]
}

const INSTANCE: &str = "resource \"tencentcloud_clb_instance\" \"api\" {";

fn value<'a>(block: &'a str, argument: &str) -> Option<&'a str> {
    block.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == argument).then(|| value.trim())
    })
}

#[test]
fn an_internal_load_balancer_has_no_argument_of_an_internet_facing_one() {
    for name in ["tencent", "tencent-existing", "tencent-mirrors"] {
        let artifacts = rendered(name);
        let block = block(&artifacts, "load-balancer.tf", INSTANCE);
        assert_eq!(value(block, "network_type"), Some("\"INTERNAL\""));
        assert!(value(block, "subnet_id").is_some(), "{name}");
        for forbidden in [
            "vip_isp",
            "address_ip_version",
            "internet_charge_type",
            "internet_bandwidth_max_out",
            "master_zone_id",
            "slave_zone_id",
            "zone_id",
            "target_region_info_region",
            "target_region_info_vpc_id",
            "bandwidth_package_id",
            "dynamic_vip",
        ] {
            assert_eq!(value(block, forbidden), None, "{name}: {forbidden}");
        }
    }
}

#[test]
fn an_internet_facing_load_balancer_has_no_private_address() {
    let artifacts = rendered("tencent-open");
    let block = block(&artifacts, "load-balancer.tf", INSTANCE);
    for (argument, expected) in [
        ("network_type", Some("\"OPEN\"")),
        ("internet_bandwidth_max_out", Some("200")),
        ("master_zone_id", Some("\"ap-singapore-2\"")),
        ("slave_zone_id", Some("\"ap-singapore-3\"")),
        ("sla_type", Some("\"clb.c2.medium\"")),
        ("subnet_id", None),
        ("vip", None),
        ("zone_id", None),
        ("vip_isp", None),
    ] {
        assert_eq!(value(block, argument), expected, "{argument}");
    }
    // Nodes come from their NAT gateway.
    let rules = artifacts.get("security.tf").unwrap();
    assert!(rules.contains("\"${tencentcloud_eip.nat.public_ip}/32\""));
}

#[test]
fn nodes_reach_themselves_and_checks_get_answers() {
    for name in [
        "tencent",
        "tencent-existing",
        "tencent-open",
        "tencent-mirrors",
    ] {
        let artifacts = rendered(name);
        let file = "load-balancer.tf";
        let listener = block(
            &artifacts,
            file,
            "resource \"tencentcloud_clb_listener\" \"api\" {",
        );
        for (argument, expected) in [
            ("protocol", "\"TCP\""),
            ("port", "6443"),
            ("scheduler", "\"WRR\""),
            ("snat_enable", "true"),
            ("health_source_ip_type", "1"),
            ("health_check_type", "\"TCP\""),
            ("health_check_interval_time", "5"),
            ("health_check_time_out", "2"),
            ("idle_connect_timeout", "900"),
        ] {
            assert_eq!(value(listener, argument), Some(expected), "{name}");
        }
        assert_eq!(value(listener, "session_expire_time"), None, "{name}");
        let balancer = block(&artifacts, file, INSTANCE);
        for argument in ["delete_protect", "load_balancer_pass_to_target"] {
            assert_eq!(value(balancer, argument), Some("true"), "{name}");
        }
        assert!(balancer.contains("prevent_destroy = true"), "{name}");
        assert!(!balancer.contains("create_before_destroy"), "{name}");
        let text = artifacts.get(file).unwrap();
        let attachments = text.matches("\"tencentcloud_clb_attachment\"").count();
        assert_eq!(attachments, 1, "{name}");
        assert!(text.contains("= tencentcloud_clb_listener.api.listener_id"));
        assert!(!text.contains("target_group"), "{name}");
    }
}

#[test]
fn no_rule_lets_anyone_in_and_each_group_has_one_rule_set() {
    for name in ["tencent", "tencent-existing", "tencent-open"] {
        let artifacts = rendered(name);
        let text = artifacts.get("security.tf").unwrap();
        for part in text.split("\n  ingress {").skip(1) {
            let rule = &part[..part.find("\n  }").unwrap()];
            assert!(!rule.contains("0.0.0.0/0"), "{name}: {rule}");
        }
        let groups: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("resource \"tencentcloud_security_group\" "))
            // Its rules are the user's.
            .filter(|group| !group.starts_with("\"access\""))
            .collect();
        let sets: Vec<&str> = text
            .lines()
            .filter_map(|line| {
                line.strip_prefix("resource \"tencentcloud_security_group_rule_set\" ")
            })
            .collect();
        assert_eq!(groups.len(), sets.len(), "{name}");
        for group in groups {
            assert!(sets.contains(&group), "{name}: {group}");
        }
        assert!(!text.contains("\"tencentcloud_security_group_rule\""));
    }
}

#[test]
fn what_would_reboot_or_wipe_a_machine_is_ignored() {
    for (name, files) in [
        ("tencent", &["control-plane.tf", "workers.tf"][..]),
        (
            "tencent-open",
            &["control-plane.tf", "workers.tf", "etcd.tf"],
        ),
    ] {
        let artifacts = rendered(name);
        for file in files {
            let machine = block(&artifacts, file, "resource \"tencentcloud_instance\" ");
            let ignored = "ignore_changes = [user_data, image_id, key_ids, system_disk_type";
            assert!(machine.contains(ignored), "{name}: {file}");
            assert_eq!(
                machine.contains("system_disk_type, data_disks]"),
                *file == "etcd.tf"
            );
            assert!(machine.contains("<= 16384"), "{name}: {file}");
            assert!(value(machine, "user_data_raw").is_none());
            assert!(value(machine, "disable_api_termination").is_none());
            assert_eq!(value(machine, "allocate_public_ip"), Some("false"));
        }
    }
}

/// What the lock says of a spec: a render that would change it is refused by name.
fn lock(name: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut spec = example(name);
    for (old, new) in changes {
        assert!(spec.contains(old), "{old}");
        spec = spec.replace(old, new);
    }
    let fields = tencent().immutable(&planned(spec));
    fields
        .into_iter()
        .map(|(field, value)| (field, value.to_string()))
        .collect()
}

#[test]
fn what_the_provider_refuses_to_change_is_in_the_lock() {
    for (name, changes, changed) in [
        (
            "tencent-open",
            &[("masterZone: ap-singapore-2", "masterZone: ap-singapore-4")][..],
            "targets.tencent.clb.masterZone",
        ),
        (
            "tencent-open",
            &[("      slaveZone: ap-singapore-3\n", "")],
            "targets.tencent.clb.slaveZone",
        ),
        (
            "tencent-existing",
            &[("vpc-a1b2c3d4", "vpc-e5f6a7b8")],
            "targets.tencent.network.vpc",
        ),
        (
            "tencent-existing",
            &[("apiAddress: 10.0.0.10", "apiAddress: 10.0.0.11")],
            "targets.tencent.network.subnets[ap-shanghai-2]",
        ),
        (
            "tencent-existing",
            &[
                (", apiAddress: 10.0.0.10", ""),
                (
                    "cidr: 10.0.16.0/20",
                    "cidr: 10.0.16.0/20, apiAddress: 10.0.16.10",
                ),
            ],
            "targets.tencent.network.subnets[of the load balancer].zone",
        ),
        (
            "tencent-existing",
            &[
                (", apiAddress: 10.0.0.10", ""),
                (
                    "  allowedCidrs: [10.0.0.0/16, 172.16.8.0/24]",
                    "  exposure: internet\n  allowedCidrs: [198.51.100.0/24]",
                ),
                (
                    "      cidr: 10.0.0.0/16\n",
                    "      cidr: 10.0.0.0/16\n      natCidrs: [203.0.113.9/32]\n",
                ),
            ],
            "endpoint.exposure",
        ),
    ] {
        let (before, after) = (lock(name, &[]), lock(name, changes));
        let differs = before
            .iter()
            .filter(|field| !after.contains(field))
            .any(|(field, _)| field == changed);
        assert!(differs, "{name}: {changed}\n{before:?}\n{after:?}");
    }
    // A larger bandwidth or another specification is changed in place.
    let more = [
        ("bandwidth: 200", "bandwidth: 400"),
        ("clb.c2.medium", "clb.c3.medium"),
    ];
    assert_eq!(lock("tencent-open", &[]), lock("tencent-open", &more));
}

#[test]
fn user_data_has_room_for_the_next_version() {
    for name in ["tencent", "tencent-open", "tencent-mirrors"] {
        let usage = tencent().user_data(&planned(example(name))).expect("made");
        let limit = usage.limit.limit_bytes;
        assert!(
            usage.bytes * 100 <= limit * 95,
            "{name}: {} of {limit}",
            usage.bytes
        );
    }
}
