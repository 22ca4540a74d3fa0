//! Terraform for Alibaba Cloud.

use super::Files;

pub(super) const NODES: &str = r#"
locals {
  cluster                 = "prod"
  control_plane           = { "cp-1" = "zone-a", "cp-2" = "zone-b", "cp-3" = "zone-c" }
  control_plane_addresses = { "cp-1" = "10.0.16.20", "cp-2" = "10.0.32.20", "cp-3" = "10.0.48.20" }
  vswitch_ids             = { "zone-a" = "vsw-a", "zone-b" = "vsw-b", "zone-c" = "vsw-c" }
}

provider "alicloud" {
  region = "cn-hangzhou"
}

resource "alicloud_security_group" "control_plane" {
  security_group_name = "${local.cluster}-control-plane"
  vpc_id              = "vpc-1"
}

resource "alicloud_security_group_rule" "api" {
  type              = "ingress"
  ip_protocol       = "tcp"
  port_range        = "6443/6443"
  nic_type          = "intranet"
  policy            = "accept"
  security_group_id = alicloud_security_group.control_plane.id
  cidr_ip           = "10.0.0.0/16"
}

resource "alicloud_instance" "control_plane" {
  for_each          = local.control_plane
  instance_name     = each.key
  availability_zone = each.value
  image_id          = "ubuntu_24_04"
  instance_type     = "ecs.g7.large"
  vswitch_id        = local.vswitch_ids[each.value]
  private_ip        = local.control_plane_addresses[each.key]
  security_groups   = [alicloud_security_group.control_plane.id]
  system_disk_size  = 100
  user_data         = base64gzip(local.cloud_init[each.key])

  lifecycle {
    ignore_changes = [user_data, image_id]
  }
}
"#;

pub(super) const NLB: &str = r#"
resource "alicloud_nlb_load_balancer" "api" {
  load_balancer_name          = "prod-api"
  address_type                = "Intranet"
  vpc_id                      = "vpc-1"
  cross_zone_enabled          = true
  deletion_protection_enabled = true

  zone_mappings {
    zone_id              = "zone-a"
    vswitch_id           = "vsw-a"
    private_ipv4_address = "10.0.16.10"
  }

  zone_mappings {
    zone_id              = "zone-b"
    vswitch_id           = "vsw-b"
    private_ipv4_address = "10.0.32.10"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "alicloud_nlb_server_group" "api" {
  server_group_name          = "prod-api-6443"
  server_group_type          = "Instance"
  protocol                   = "TCP"
  vpc_id                     = "vpc-1"
  preserve_client_ip_enabled = false

  health_check {
    health_check_enabled  = true
    health_check_interval = 5
    healthy_threshold     = 2
  }
}

resource "alicloud_nlb_server_group_server_attachment" "api" {
  for_each        = alicloud_instance.control_plane
  server_group_id = alicloud_nlb_server_group.api.id
  server_type     = "Ecs"
  server_id       = each.value.id
  port            = 6443
}

resource "alicloud_nlb_listener" "api" {
  load_balancer_id  = alicloud_nlb_load_balancer.api.id
  listener_protocol = "TCP"
  listener_port     = 6443
  server_group_id   = alicloud_nlb_server_group.api.id
  idle_timeout      = 900
}
"#;

pub(super) const SLB: &str = r#"
resource "alicloud_slb_load_balancer" "api" {
  load_balancer_name = "prod-api"
  address_type       = "intranet"
  vswitch_id         = "vsw-a"
  address            = "10.0.16.10"
  load_balancer_spec = "slb.s2.small"
  master_zone_id     = "zone-a"
  slave_zone_id      = "zone-b"
  delete_protection  = "on"

  lifecycle {
    prevent_destroy = true
  }
}

resource "alicloud_slb_acl" "clients" {
  name = "prod-api"
}

resource "alicloud_slb_acl_entry_attachment" "clients" {
  for_each = toset(["10.0.0.0/16"])
  acl_id   = alicloud_slb_acl.clients.id
  entry    = each.value
}

resource "alicloud_slb_server_group" "api" {
  load_balancer_id = alicloud_slb_load_balancer.api.id
  name             = "prod-api-6443"
}

resource "alicloud_slb_listener" "api" {
  load_balancer_id      = alicloud_slb_load_balancer.api.id
  protocol              = "tcp"
  frontend_port         = 6443
  server_group_id       = alicloud_slb_server_group.api.id
  health_check_interval = 2
  acl_status            = "on"
  acl_type              = "white"
  acl_ids               = [alicloud_slb_acl.clients.id]
}
"#;

pub(super) const WITH_NLB: Files<'static> = &[("nodes.tf", NODES), ("load-balancer.tf", NLB)];
pub(super) const WITH_SLB: Files<'static> = &[("nodes.tf", NODES), ("load-balancer.tf", SLB)];
