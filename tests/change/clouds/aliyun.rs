//! Alibaba Cloud: NLB and classic CLB.

mod fixtures;

use super::*;
use fixtures::{NLB, NODES, SLB, WITH_NLB, WITH_SLB};

#[test]
fn it_is_made_internal() {
    for all in [WITH_NLB, WITH_SLB] {
        let changes = compare(&BTreeMap::new(), &set_of(all));
        expect(
            &changes,
            "the internal load balancer prod-api is made",
            Severity::Notice,
            Effect::Adds,
        );
    }
    let open = edit(WITH_NLB, &[("\"Intranet\"", "\"Internet\"")]);
    one(
        &compare(&BTreeMap::new(), &open),
        "the internet-facing load balancer prod-api is made",
    );
}

#[test]
fn nodes_come_and_go() {
    nodes(WITH_NLB);
    nodes(WITH_SLB);
}

#[test]
fn machines_that_run_keep_cloud_init_and_image() {
    only_new_machines(WITH_NLB, "ubuntu_24_04");
}

#[test]
fn cloud_init_that_is_not_ignored_reboots_machines() {
    let all = &[
        (
            "nodes.tf",
            &*NODES.replace(
                "ignore_changes = [user_data, image_id]",
                "prevent_destroy = false",
            ),
        ),
        ("load-balancer.tf", NLB),
    ];
    let changes = edited(all, &[("gzip(local.cloud_init", "gzip(local.other")]);
    expect(
        &changes,
        "control-plane nodes cp-1, cp-2, cp-3: `user_data` changes; each stops and starts",
        Severity::Danger,
        Effect::Restart,
    );
}

#[test]
fn an_address_that_changes_restarts_its_machine() {
    let changes = edited(WITH_NLB, &[("10.0.32.20", "10.0.32.21")]);
    expect(
        &changes,
        "control-plane node cp-2: `private_ip` changes from `10.0.32.20` to `10.0.32.21`; it stops and starts",
        Severity::Danger,
        Effect::Restart,
    );
}

#[test]
fn a_nlb_is_kept_and_its_zones_change_in_place() {
    let changes = edited(WITH_NLB, &[("10.0.32.10", "10.0.32.11")]);
    kept(&changes);
    expect(
        &changes,
        "load balancer prod-api: `zone_mappings[zone-b].private_ipv4_address` changes from `10.0.32.10` to `10.0.32.11`; changes in place. Its address in that zone is another afterwards",
        Severity::Danger,
        Effect::InPlace,
    );
    let more = edited(
        WITH_NLB,
        &[(
            "  lifecycle {\n    prevent_destroy",
            "  zone_mappings {\n    zone_id    = \"zone-c\"\n    vswitch_id = \"vsw-c\"\n  }\n\n  lifecycle {\n    prevent_destroy",
        )],
    );
    kept(&more);
    expect(
        &more,
        "load balancer prod-api: `zone_mappings[zone-c]` is added",
        Severity::Notice,
        Effect::InPlace,
    );
    let open = edited(WITH_NLB, &[("\"Intranet\"", "\"Internet\"")]);
    kept(&open);
    expect(
        &open,
        "load balancer prod-api: `address_type` changes from `Intranet` to `Internet`; changes in place. Its DNS name",
        Severity::Danger,
        Effect::InPlace,
    );
}

#[test]
fn what_replaces_is_refused_while_it_is_protected() {
    for (all, from, to, why) in [
        (
            WITH_NLB,
            "vpc_id                      = \"vpc-1\"",
            "vpc_id = \"vpc-2\"",
            "`vpc_id`",
        ),
        (
            WITH_SLB,
            "\"intranet\"\n  vswitch",
            "\"internet\"\n  vswitch",
            "`address_type`",
        ),
        (
            WITH_SLB,
            "\"vsw-a\"\n  address ",
            "\"vsw-b\"\n  address ",
            "`vswitch_id`",
        ),
        (
            WITH_SLB,
            "slave_zone_id      = \"zone-b\"",
            "slave_zone_id = \"zone-c\"",
            "`slave_zone_id`",
        ),
    ] {
        let changes = edited(all, &[(from, to)]);
        let start = format!("the load balancer prod-api would be replaced: {why} changes");
        expect(&changes, &start, Severity::Danger, Effect::Refused);
        has(
            &changes,
            &start,
            &["Terraform refuses the plan because of `prevent_destroy`"],
        );
        let unprotected = [
            (from, to),
            ("prevent_destroy = true", "prevent_destroy = false"),
        ];
        let changes = edited(all, &unprotected);
        has(
            &changes,
            &start,
            &["Alibaba Cloud refuses to delete it while"],
        );
    }
    let open = SLB.replace(
        "\"on\"\n\n  lifecycle {\n    prevent_destroy = true",
        "\"off\"\n\n  lifecycle {",
    );
    let changes = edited(
        &[("nodes.tf", NODES), ("load-balancer.tf", &open)],
        &[("\"10.0.16.10\"", "\"10.0.16.11\"")],
    );
    expect(
        &changes,
        "the load balancer prod-api is replaced: `address` changes",
        Severity::Danger,
        Effect::Replace,
    );
}

#[test]
fn deletion_protection_that_goes_is_loud() {
    for (all, from, to) in [
        (
            WITH_NLB,
            "deletion_protection_enabled = true",
            "deletion_protection_enabled = false",
        ),
        (
            WITH_SLB,
            "delete_protection  = \"on\"",
            "delete_protection  = \"off\"",
        ),
    ] {
        let changes = edited(all, &[(from, to)]);
        kept(&changes);
        has(
            &changes,
            "the deletion protection of load balancer prod-api is switched off",
            &["nothing in Alibaba Cloud keeps it from being deleted"],
        );
    }
}

#[test]
fn a_node_that_no_longer_reaches_itself_is_a_danger() {
    let changes = edited(
        WITH_NLB,
        &[(
            "preserve_client_ip_enabled = false",
            "preserve_client_ip_enabled = true",
        )],
    );
    kept(&changes);
    let start =
        "server group prod-api-6443: `preserve_client_ip_enabled` changes from `false` to `true`";
    expect(&changes, start, Severity::Danger, Effect::InPlace);
    has(&changes, start, &["hairpin"]);
    // The way back is none.
    let old = edit(
        WITH_NLB,
        &[(
            "preserve_client_ip_enabled = false",
            "preserve_client_ip_enabled = true",
        )],
    );
    expect(
        &compare(&files(&old), &set_of(WITH_NLB)),
        "server group prod-api-6443: `preserve_client_ip_enabled`",
        Severity::Notice,
        Effect::InPlace,
    );
}

#[test]
fn health_checks_change_in_place() {
    let nlb = edited(
        WITH_NLB,
        &[("health_check_interval = 5", "health_check_interval = 10")],
    );
    kept(&nlb);
    expect(
        &nlb,
        "server group prod-api-6443: `health_check.health_check_interval` changes from `5` to `10`; changes in place",
        Severity::Notice,
        Effect::InPlace,
    );
    let slb = edited(
        WITH_SLB,
        &[("health_check_interval = 2", "health_check_interval = 5")],
    );
    kept(&slb);
    expect(
        &slb,
        "listener `alicloud_slb_listener.api`: `health_check_interval` changes from `2` to `5`; changes in place",
        Severity::Notice,
        Effect::InPlace,
    );
}

#[test]
fn another_port_replaces_the_listener() {
    let changes = edited(
        WITH_NLB,
        &[("listener_port     = 6443", "listener_port     = 7443")],
    );
    kept(&changes);
    expect(
        &changes,
        "listener `alicloud_nlb_listener.api` is replaced: `listener_port` changes from `6443` to `7443`",
        Severity::Danger,
        Effect::Replace,
    );
}

#[test]
fn a_wider_rule_is_a_danger() {
    let changes = edited(WITH_NLB, &[("\"10.0.0.0/16\"", "\"10.0.0.0/8\"")]);
    kept(&changes);
    expect(
        &changes,
        "`10.0.0.0/8` can newly connect to control-plane nodes on `tcp 6443`: that is wider than `10.0.0.0/16`",
        Severity::Danger,
        Effect::Adds,
    );
    let everyone = edited(WITH_NLB, &[("\"10.0.0.0/16\"", "\"0.0.0.0/0\"")]);
    expect(
        &everyone,
        "`0.0.0.0/0` can newly connect to control-plane nodes on `tcp 6443`: that is everyone on the internet",
        Severity::Danger,
        Effect::Adds,
    );
    let list = edited(WITH_SLB, &[("[\"10.0.0.0/16\"]", "[\"0.0.0.0/0\"]")]);
    expect(
        &list,
        "`0.0.0.0/0` can newly connect to the load balancer prod-api: that is everyone",
        Severity::Danger,
        Effect::Adds,
    );
    let off = edited(
        WITH_SLB,
        &[("acl_status            = \"on\"", "acl_status = \"off\"")],
    );
    expect(
        &off,
        "listener `alicloud_slb_listener.api`: `acl_status` changes from `on` to `off`; changes in place. Without",
        Severity::Danger,
        Effect::InPlace,
    );
    let rest = NODES.replace(
        "resource \"alicloud_instance\"",
        "resource \"alicloud_security_group_rule\" \"rest\" {\n  type = \"ingress\"\n  ip_protocol = \"all\"\n  port_range = \"-1/-1\"\n  policy = \"drop\"\n  security_group_id = alicloud_security_group.control_plane.id\n  cidr_ip = \"0.0.0.0/0\"\n}\n\nresource \"alicloud_instance\"",
    );
    let gone = compare(
        &files(&set_of(&[("nodes.tf", &rest), ("load-balancer.tf", NLB)])),
        &set_of(WITH_NLB),
    );
    expect(
        &gone,
        "`0.0.0.0/0` is no longer refused to connect to control-plane nodes on every port",
        Severity::Danger,
        Effect::Removes,
    );
    let refusing = edited(WITH_NLB, &[("\"accept\"", "\"drop\"")]);
    expect(
        &refusing,
        "`10.0.0.0/16` can no longer connect to control-plane nodes",
        Severity::Caution,
        Effect::Removes,
    );
}

#[test]
fn another_region_is_everything() {
    let changes = edited(WITH_NLB, &[("cn-hangzhou", "cn-shanghai")]);
    expect(
        &changes,
        "everything: the provider's `region` changes",
        Severity::Danger,
        Effect::Replace,
    );
}
