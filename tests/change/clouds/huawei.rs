//! Huawei Cloud: dedicated ELB.

use super::*;

const NODES: &str = r#"
locals {
  cluster                 = "prod"
  control_plane           = { "cp-1" = "zone-a", "cp-2" = "zone-b", "cp-3" = "zone-c" }
  control_plane_addresses = { "cp-1" = "10.0.16.20", "cp-2" = "10.0.32.20", "cp-3" = "10.0.48.20" }
  subnet_ids              = { "zone-a" = "net-a", "zone-b" = "net-b", "zone-c" = "net-c" }
}

provider "huaweicloud" {
  region = "cn-north-4"
}

resource "huaweicloud_networking_secgroup" "control_plane" {
  name                 = "${local.cluster}-control-plane"
  delete_default_rules = true
}

resource "huaweicloud_networking_secgroup_rule" "control_plane_api" {
  security_group_id = huaweicloud_networking_secgroup.control_plane.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  ports             = "6443"
  remote_ip_prefix  = "10.0.16.0/20"
}

resource "huaweicloud_compute_instance" "control_plane" {
  for_each           = local.control_plane
  name               = each.key
  availability_zone  = each.value
  image_id           = "image-1"
  flavor_id          = "c7.large.2"
  security_group_ids = [huaweicloud_networking_secgroup.control_plane.id]
  system_disk_type   = "GPSSD"
  system_disk_size   = 100
  user_data          = base64gzip(local.cloud_init[each.key])

  network {
    uuid        = local.subnet_ids[each.value]
    fixed_ip_v4 = local.control_plane_addresses[each.key]
  }

  lifecycle {
    ignore_changes = [user_data, image_id]
  }
}
"#;

const ELB: &str = r#"
resource "huaweicloud_elb_loadbalancer" "api" {
  name                       = "prod-api"
  vpc_id                     = "vpc-1"
  ipv4_subnet_id             = "subnet-a"
  ipv4_address               = "10.0.16.10"
  availability_zone          = ["zone-a", "zone-b"]
  l4_flavor_id               = "flavor-1"
  cross_vpc_backend          = true
  deletion_protection_enable = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "huaweicloud_elb_ipgroup" "api" {
  name = "prod-api"

  ip_list {
    ip          = "10.0.0.0/16"
    description = "Kubernetes API clients"
  }
}

resource "huaweicloud_elb_listener" "api" {
  name            = "kube-apiserver"
  loadbalancer_id = huaweicloud_elb_loadbalancer.api.id
  protocol        = "TCP"
  protocol_port   = 6443
  idle_timeout    = 4000
  access_policy   = "white"
  ip_group        = huaweicloud_elb_ipgroup.api.id
}

resource "huaweicloud_elb_pool" "api" {
  name        = "kube-apiserver"
  listener_id = huaweicloud_elb_listener.api.id
  protocol    = "TCP"
  lb_method   = "ROUND_ROBIN"
}

resource "huaweicloud_elb_monitor" "api" {
  pool_id  = huaweicloud_elb_pool.api.id
  protocol = "HTTPS"
  port     = 6443
  interval = 5
  timeout  = 3
}

resource "huaweicloud_elb_member" "api" {
  for_each      = local.control_plane_addresses
  name          = each.key
  pool_id       = huaweicloud_elb_pool.api.id
  address       = each.value
  protocol_port = 6443
}
"#;

const ALL: Files<'static> = &[("nodes.tf", NODES), ("load-balancer.tf", ELB)];

#[test]
fn it_is_made_internal() {
    let changes = compare(&BTreeMap::new(), &set_of(ALL));
    for start in [
        "the internal load balancer prod-api is made",
        "`10.0.0.0/16` can connect to the load balancer prod-api",
        "`10.0.16.0/20` can connect to control-plane nodes on `tcp 6443`",
    ] {
        expect(&changes, start, Severity::Notice, Effect::Adds);
    }
    let public = "  ipv4_eip_id = huaweicloud_vpc_eip.api.id\n  l4_flavor_id ";
    let open = edit(ALL, &[("  l4_flavor_id ", public)]);
    one(
        &compare(&BTreeMap::new(), &open),
        "the internet-facing load balancer prod-api is made",
    );
}

#[test]
fn nodes_come_and_go() {
    nodes(ALL);
}

#[test]
fn machines_that_run_keep_cloud_init_and_image() {
    only_new_machines(ALL, "image-1");
}

#[test]
fn a_disk_only_grows() {
    let changes = edited(
        ALL,
        &[("system_disk_size   = 100", "system_disk_size   = 50")],
    );
    has(
        &changes,
        "control-plane nodes cp-1, cp-2, cp-3: `system_disk_size` changes from `100` to `50`",
        &["Huawei Cloud refuses to make it smaller"],
    );
}

#[test]
fn what_the_plan_refuses_is_said_to_be_refused() {
    for (from, to, start) in [
        (
            "\"vpc-1\"",
            "\"vpc-2\"",
            "the load balancer prod-api is kept and a change of it refused: `vpc_id` changes from `vpc-1` to `vpc-2`",
        ),
        (
            "  l4_flavor_id ",
            "  ipv4_eip_id = huaweicloud_vpc_eip.api.id\n  l4_flavor_id ",
            "the load balancer prod-api is kept and a change of it refused: `ipv4_eip_id` is added",
        ),
    ] {
        let changes = edited(ALL, &[(from, to)]);
        expect(&changes, start, Severity::Danger, Effect::Refused);
        has(
            &changes,
            start,
            &["Terraform's plan fails, and with it everything else"],
        );
        assert_eq!(changes.list.len(), 1, "{:#?}", changes.list);
    }
}

#[test]
fn a_listener_that_is_replaced_leaves_a_pool_that_is_not() {
    let changes = edited(ALL, &[("protocol_port   = 6443", "protocol_port   = 7443")]);
    kept(&changes);
    expect(
        &changes,
        "listener `huaweicloud_elb_listener.api` is replaced",
        Severity::Danger,
        Effect::Replace,
    );
    let start = "pool kube-apiserver: `listener_id` changes. Terraform's plan fails";
    expect(&changes, start, Severity::Danger, Effect::Refused);
    has(&changes, start, &["Replace the pool with its listener"]);
}

#[test]
fn another_subnet_or_address_cuts_everyone_off_in_place() {
    let changes = edited(
        ALL,
        &[
            ("\"subnet-a\"", "\"subnet-b\""),
            ("\"10.0.16.10\"", "\"10.0.32.10\""),
        ],
    );
    kept(&changes);
    for start in [
        "load balancer prod-api: `ipv4_subnet_id` changes from `subnet-a` to `subnet-b`; changes in place. It gets another address",
        "load balancer prod-api: `ipv4_address` changes from `10.0.16.10` to `10.0.32.10`; changes in place. Nodes",
    ] {
        expect(&changes, start, Severity::Danger, Effect::InPlace);
    }
}

#[test]
fn what_goes_is_refused_while_it_is_protected() {
    let gone = ELB.replace(
        "\"huaweicloud_elb_loadbalancer\" \"api\"",
        "\"huaweicloud_elb_loadbalancer\" \"other\"",
    );
    let changes = compare(
        &files(&set_of(ALL)),
        &set_of(&[("nodes.tf", NODES), ("load-balancer.tf", &gone)]),
    );
    expect(
        &changes,
        "the load balancer prod-api would be removed; Huawei Cloud refuses to delete it while `deletion_protection_enable` is on",
        Severity::Danger,
        Effect::Refused,
    );
}

#[test]
fn deletion_protection_that_goes_is_loud() {
    let changes = edited(
        ALL,
        &[(
            "deletion_protection_enable = true",
            "deletion_protection_enable = false",
        )],
    );
    kept(&changes);
    has(
        &changes,
        "the deletion protection of load balancer prod-api is switched off",
        &["nothing in Huawei Cloud keeps it from being deleted"],
    );
}

#[test]
fn a_node_that_no_longer_reaches_itself_is_a_danger() {
    for to in ["  cross_vpc_backend          = false\n", ""] {
        let changes = edited(ALL, &[("  cross_vpc_backend          = true\n", to)]);
        let start =
            "the load balancer prod-api is kept and a change of it refused: `cross_vpc_backend`";
        expect(&changes, start, Severity::Danger, Effect::Refused);
        has(
            &changes,
            start,
            &["hairpin", "does not switch it off again"],
        );
    }
    let members = edited(
        ALL,
        &[(
            "  address       = each.value\n",
            "  address       = each.value\n  subnet_id     = \"subnet-a\"\n",
        )],
    );
    let start = "registrations `huaweicloud_elb_member.api";
    expect(&members, start, Severity::Danger, Effect::Replace);
    has(&members, start, &["hairpin"]);
}

#[test]
fn health_checks_change_in_place() {
    let changes = edited(ALL, &[("interval = 5", "interval = 10")]);
    kept(&changes);
    expect(
        &changes,
        "health check `huaweicloud_elb_monitor.api`: `interval` changes from `5` to `10`; changes in place",
        Severity::Notice,
        Effect::InPlace,
    );
}

#[test]
fn wider_rules_are_a_danger() {
    let wider = edited(ALL, &[("\"10.0.0.0/16\"", "\"0.0.0.0/0\"")]);
    kept(&wider);
    expect(
        &wider,
        "`0.0.0.0/0` can newly connect to the load balancer prod-api: that is everyone on the internet",
        Severity::Danger,
        Effect::Adds,
    );
    expect(
        &wider,
        "`10.0.0.0/16` can no longer connect to the load balancer prod-api",
        Severity::Caution,
        Effect::Removes,
    );
    // A rule that names nobody means everyone.
    let nobody = edited(ALL, &[("  remote_ip_prefix  = \"10.0.16.0/20\"\n", "")]);
    expect(
        &nobody,
        "`0.0.0.0/0` can newly connect to control-plane nodes on `tcp 6443`: that is everyone",
        Severity::Danger,
        Effect::Adds,
    );
    let off = edited(ALL, &[("  access_policy   = \"white\"\n", "")]);
    expect(
        &off,
        "listener kube-apiserver: `access_policy` is removed",
        Severity::Danger,
        Effect::InPlace,
    );
}
