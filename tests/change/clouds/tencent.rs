//! Tencent Cloud: CLB.

use super::*;

const NODES: &str = r#"
locals {
  cluster                 = "prod"
  control_plane           = { "cp-1" = "zone-a", "cp-2" = "zone-b", "cp-3" = "zone-c" }
  control_plane_addresses = { "cp-1" = "10.0.16.20", "cp-2" = "10.0.32.20", "cp-3" = "10.0.48.20" }
  subnet_ids              = { "zone-a" = "subnet-a", "zone-b" = "subnet-b", "zone-c" = "subnet-c" }
}

provider "tencentcloud" {
  region = "ap-guangzhou"
}

resource "tencentcloud_security_group" "control_plane" {
  name = "${local.cluster}-control-plane"
}

resource "tencentcloud_security_group_rule_set" "control_plane" {
  security_group_id = tencentcloud_security_group.control_plane.id

  ingress {
    action             = "ACCEPT"
    source_security_id = tencentcloud_security_group.control_plane.id
    protocol           = "ALL"
    port               = "ALL"
    description        = "etcd, kubelet, API servers"
  }

  egress {
    action     = "ACCEPT"
    cidr_block = "10.0.0.0/16"
    protocol   = "ALL"
    port       = "ALL"
  }
}

resource "tencentcloud_instance" "control_plane" {
  for_each                = local.control_plane
  instance_name           = each.key
  availability_zone       = each.value
  image_id                = "img-1"
  instance_type           = "S5.MEDIUM4"
  vpc_id                  = "vpc-1"
  subnet_id               = local.subnet_ids[each.value]
  private_ip              = local.control_plane_addresses[each.key]
  orderly_security_groups = [tencentcloud_security_group.control_plane.id]
  user_data               = base64gzip(local.cloud_init[each.key])

  lifecycle {
    ignore_changes = [user_data, image_id]
  }
}
"#;

const CLB: &str = r#"
resource "tencentcloud_security_group" "api_lb" {
  name = "${local.cluster}-api-lb"
}

resource "tencentcloud_security_group_rule_set" "api_lb" {
  security_group_id = tencentcloud_security_group.api_lb.id

  ingress {
    action      = "ACCEPT"
    cidr_block  = "10.0.0.0/16"
    protocol    = "TCP"
    port        = "6443"
    description = "Kubernetes API clients"
  }

  egress {
    action     = "ACCEPT"
    cidr_block = "10.0.0.0/16"
    protocol   = "TCP"
    port       = "6443"
  }
}

resource "tencentcloud_clb_instance" "api" {
  network_type                 = "INTERNAL"
  clb_name                     = "prod-api"
  vpc_id                       = "vpc-1"
  subnet_id                    = "subnet-a"
  vip                          = "10.0.16.10"
  security_groups              = [tencentcloud_security_group.api_lb.id]
  load_balancer_pass_to_target = true
  delete_protect               = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "tencentcloud_clb_listener" "api" {
  clb_id                     = tencentcloud_clb_instance.api.id
  listener_name              = "kube-apiserver"
  protocol                   = "TCP"
  port                       = 6443
  snat_enable                = true
  health_check_switch        = true
  health_check_time_out      = 2
  health_check_interval_time = 5
  idle_connect_timeout       = 900
}

resource "tencentcloud_clb_attachment" "api" {
  clb_id      = tencentcloud_clb_instance.api.id
  listener_id = tencentcloud_clb_listener.api.listener_id

  dynamic "targets" {
    for_each = tencentcloud_instance.control_plane

    content {
      instance_id = targets.value.id
      port        = 6443
      weight      = 10
    }
  }
}
"#;

const ALL: Files<'static> = &[("nodes.tf", NODES), ("load-balancer.tf", CLB)];

#[test]
fn it_is_made_internal() {
    let changes = compare(&BTreeMap::new(), &set_of(ALL));
    for start in [
        "the internal load balancer prod-api is made",
        "`10.0.0.0/16` can connect to the load balancer prod-api on `tcp 6443`",
    ] {
        expect(&changes, start, Severity::Notice, Effect::Adds);
    }
    let open = edit(ALL, &[("\"INTERNAL\"", "\"OPEN\"")]);
    one(
        &compare(&BTreeMap::new(), &open),
        "the internet-facing load balancer prod-api is made",
    );
}

#[test]
fn nodes_come_and_go() {
    nodes(ALL);
    let more = edited(
        ALL,
        &[(
            "\"cp-3\" = \"zone-c\"",
            "\"cp-3\" = \"zone-c\", \"cp-4\" = \"zone-a\"",
        )],
    );
    expect(
        &more,
        "registration `tencentcloud_clb_attachment.api`: `targets[tencentcloud_instance.control_plane[\"cp-4\"].id]` is added",
        Severity::Notice,
        Effect::InPlace,
    );
}

#[test]
fn machines_that_run_keep_cloud_init_and_image() {
    only_new_machines(ALL, "img-1");
}

#[test]
fn what_the_provider_refuses_is_said_to_be_refused() {
    let with = [(
        "  delete_protect               = true\n",
        "  delete_protect               = true\n  master_zone_id = \"1\"\n  slave_zone_id = \"2\"\n",
    )];
    let old = edit(ALL, &with);
    for (from, to, start) in [
        (
            "master_zone_id = \"1\"",
            "master_zone_id = \"3\"",
            "the load balancer prod-api is kept and a change of it refused: `master_zone_id` changes from `1` to `3`",
        ),
        (
            "  slave_zone_id = \"2\"\n",
            "",
            "the load balancer prod-api is kept and a change of it refused: `slave_zone_id` is removed, it was `2`",
        ),
        (
            "  delete_protect ",
            "  address_ip_version = \"IPV6\"\n  delete_protect ",
            "the load balancer prod-api is kept and a change of it refused: `address_ip_version` is added: `IPV6`",
        ),
    ] {
        let mut new = ArtifactSet::default();
        for (path, text) in old.iter() {
            new.insert(path, text.replace(from, to));
        }
        let changes = compare(&files(&old), &new);
        expect(&changes, start, Severity::Danger, Effect::Refused);
        has(
            &changes,
            start,
            &["The plan says that it changes in place, and the apply fails"],
        );
        assert!(
            changes
                .headline
                .starts_with("**load balancer change refused**"),
            "{}",
            changes.headline
        );
        assert_eq!(changes.list.len(), 1, "{:#?}", changes.list);
    }
}

#[test]
fn what_replaces_is_refused_while_it_is_protected() {
    for (from, to, why) in [
        ("\"INTERNAL\"", "\"OPEN\"", "`network_type`"),
        (
            "subnet_id                    = \"subnet-a\"",
            "subnet_id = \"subnet-b\"",
            "`subnet_id`",
        ),
        ("\"10.0.16.10\"", "\"10.0.16.11\"", "`vip`"),
    ] {
        let changes = edited(ALL, &[(from, to)]);
        let start = format!("the load balancer prod-api would be replaced: {why} changes");
        expect(&changes, &start, Severity::Danger, Effect::Refused);
        has(
            &changes,
            &start,
            &["Terraform refuses the plan because of `prevent_destroy`"],
        );
        let both = [
            (from, to),
            ("prevent_destroy = true", "prevent_destroy = false"),
        ];
        has(
            &edited(ALL, &both),
            &start,
            &["Tencent Cloud refuses to delete it while `delete_protect` is on"],
        );
    }
    let open = CLB
        .replace(
            "delete_protect               = true",
            "delete_protect = false",
        )
        .replace("prevent_destroy = true", "prevent_destroy = false");
    let changes = edited(
        &[("nodes.tf", NODES), ("load-balancer.tf", &open)],
        &[("\"subnet-a\"\n  vip", "\"subnet-b\"\n  vip")],
    );
    expect(
        &changes,
        "the load balancer prod-api is replaced: `subnet_id` changes",
        Severity::Danger,
        Effect::Replace,
    );
}

#[test]
fn deletion_protection_that_goes_is_loud() {
    let changes = edited(
        ALL,
        &[(
            "delete_protect               = true",
            "delete_protect               = false",
        )],
    );
    kept(&changes);
    has(
        &changes,
        "the deletion protection of load balancer prod-api is switched off",
        &["nothing in Tencent Cloud keeps it from being deleted"],
    );
}

#[test]
fn a_node_that_no_longer_reaches_itself_is_a_danger() {
    for to in ["  snat_enable                = false\n", ""] {
        let changes = edited(ALL, &[("  snat_enable                = true\n", to)]);
        kept(&changes);
        let start = "listener kube-apiserver: `snat_enable`";
        expect(&changes, start, Severity::Danger, Effect::InPlace);
        has(&changes, start, &["hairpin"]);
    }
}

#[test]
fn health_checks_change_in_place() {
    let changes = edited(
        ALL,
        &[
            (
                "health_check_interval_time = 5",
                "health_check_interval_time = 10",
            ),
            (
                "idle_connect_timeout       = 900",
                "idle_connect_timeout       = 600",
            ),
        ],
    );
    kept(&changes);
    expect(
        &changes,
        "listener kube-apiserver: `health_check_interval_time` changes from `5` to `10`; `idle_connect_timeout` changes from `900` to `600`; changes in place",
        Severity::Notice,
        Effect::InPlace,
    );
}

#[test]
fn another_port_is_an_outage() {
    let changes = edited(ALL, &[("port                       = 6443", "port = 7443")]);
    kept(&changes);
    expect(
        &changes,
        "listener kube-apiserver is emptied and replaced: `port` changes from `6443` to `7443`",
        Severity::Danger,
        Effect::Replace,
    );
    expect(
        &changes,
        "registration `tencentcloud_clb_attachment.api` is replaced: `tencentcloud_clb_listener.api` is replaced",
        Severity::Danger,
        Effect::Replace,
    );
}

#[test]
fn wider_rules_are_a_danger() {
    let client = "cidr_block  = \"10.0.0.0/16\"";
    let wider = edited(ALL, &[(client, "cidr_block  = \"10.0.0.0/8\"")]);
    kept(&wider);
    expect(
        &wider,
        "`10.0.0.0/8` can newly connect to the load balancer prod-api on `tcp 6443`: that is wider than `10.0.0.0/16`",
        Severity::Danger,
        Effect::Adds,
    );
    expect(
        &wider,
        "`10.0.0.0/16` can no longer connect to the load balancer prod-api on `tcp 6443`",
        Severity::Caution,
        Effect::Removes,
    );
    assert_eq!(wider.list.len(), 3, "{:#?}", wider.list);
    let one_more = "  ingress {\n    action = \"ACCEPT\"\n    cidr_block = \"0.0.0.0/0\"\n    protocol = \"TCP\"\n    port = \"6443\"\n  }\n\n  ingress {\n    action      =";
    let everyone = edited(ALL, &[("  ingress {\n    action      =", one_more)]);
    expect(
        &everyone,
        "`0.0.0.0/0` can newly connect to the load balancer prod-api on `tcp 6443`: that is everyone on the internet",
        Severity::Danger,
        Effect::Adds,
    );
    silent(&everyone, "no longer");
    let group = edited(
        ALL,
        &[(
            "source_security_id = tencentcloud_security_group.control_plane.id",
            "cidr_block = \"10.0.0.0/8\"",
        )],
    );
    expect(
        &group,
        "`10.0.0.0/8` can newly connect to control-plane nodes on every port",
        Severity::Notice,
        Effect::Adds,
    );
}

#[test]
fn rules_of_a_dynamic_block_are_seen() {
    let dynamic = CLB.replacen(
        "  ingress {\n    action      = \"ACCEPT\"\n    cidr_block  = \"10.0.0.0/16\"\n    protocol    = \"TCP\"\n    port        = \"6443\"\n    description = \"Kubernetes API clients\"\n  }\n",
        "  dynamic \"ingress\" {\n    for_each = toset([\"10.0.0.0/16\"])\n    content {\n      action = \"ACCEPT\"\n      cidr_block = ingress.value\n      protocol = \"TCP\"\n      port = \"6443\"\n    }\n  }\n",
        1,
    );
    assert!(dynamic.contains("dynamic \"ingress\""));
    let changes = edited(
        &[("nodes.tf", NODES), ("load-balancer.tf", &dynamic)],
        &[(
            "toset([\"10.0.0.0/16\"])",
            "toset([\"10.0.0.0/16\", \"0.0.0.0/0\"])",
        )],
    );
    expect(
        &changes,
        "`0.0.0.0/0` can newly connect to the load balancer prod-api on `tcp 6443`: that is everyone",
        Severity::Danger,
        Effect::Adds,
    );
}
