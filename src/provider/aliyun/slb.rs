//! The classic load balancer.

use hcl::Block;
use hcl::expr::{Expression, FuncCall};

use super::Context;
use super::load_balancer::{protect, protection, server_id};
use crate::facts::aliyun::LOAD_BALANCER;
use crate::format::terraform::{Document, expr, set};
use crate::plan::aliyun::Slb;

/// The load balancer with its server group, attachments, listener and access control list.
pub(super) fn document(context: &Context<'_>, slb: &Slb) -> Document {
    let mut document = Document::default();
    let scheme = if context.cloud.internal {
        "internal"
    } else {
        "internet-facing"
    };
    document.commented(
        format!(
            "The {scheme} load balancer of the API servers, active in one zone and standing by in another.\n\
             It does not lead a machine back to itself, whatever is set: control-plane nodes map the\n\
             endpoint's name to themselves.{}",
            protection(context)
        ),
        load_balancer(context, slb),
    );
    document.block(hcl::block! {
        resource "alicloud_slb_server_group" "api" {
            load_balancer_id = (expr("alicloud_slb_load_balancer.api.id"))
            name             = (expr("\"${local.cluster}-api\""))
            tags             = (expr("local.tags"))
        }
    });
    let server = expr(server_id(context));
    let port = context.port();
    document.commented(
        "By name: taking one node out moves no other.",
        hcl::block! {
            resource "alicloud_slb_server_group_server_attachment" "api" {
                for_each        = (expr("local.control_plane"))
                server_group_id = (expr("alicloud_slb_server_group.api.id"))
                server_id       = (server)
                port            = (port)
                type            = "ecs"
                weight          = 100
                description     = (expr("\"${local.cluster}-${each.key}\""))
            }
        },
    );
    access_list(&mut document, context);
    document.commented(
        "The listener's port is the API servers' own: /etc/hosts changes no port. The check opens the port:\n\
         this kind of load balancer cannot ask over HTTPS. A bandwidth of -1 is no limit.",
        listener(context),
    );
    document
}

fn load_balancer(context: &Context<'_>, slb: &Slb) -> Block {
    let name = context.cloud.load_balancer.clone();
    let internal = context.cloud.internal;
    let kind = if internal { "intranet" } else { "internet" };
    let mut block = hcl::block! {
        resource "alicloud_slb_load_balancer" "api" {
            load_balancer_name = (name)
            address_type       = (kind)
        }
    };
    if internal {
        let vswitch = FuncCall::builder("lookup")
            .arg(expr("local.vswitch_ids"))
            .arg(context.load_balancer_zone())
            .build();
        set(&mut block, "vswitch_id", Expression::from(vswitch));
        let subnets = &context.cloud.network.subnets;
        if let Some(address) = subnets.iter().find_map(|subnet| subnet.api_address) {
            set(&mut block, "address", address.to_string());
        }
    } else {
        set(&mut block, "internet_charge_type", "PayByTraffic");
    }
    set(&mut block, "payment_type", "PayAsYouGo");
    match &slb.specification {
        Some(specification) => {
            set(&mut block, "instance_charge_type", "PayBySpec");
            set(&mut block, "load_balancer_spec", specification.clone());
        }
        None => set(&mut block, "instance_charge_type", "PayByCLCU"),
    }
    set(&mut block, "master_zone_id", slb.master_zone.clone());
    set(&mut block, "slave_zone_id", slb.slave_zone.clone());
    let protected = context.cloud.deletion_protection;
    set(
        &mut block,
        "delete_protection",
        if protected { "on" } else { "off" },
    );
    set(&mut block, "tags", expr("local.tags"));
    protect(context, &mut block);
    block
}

/// Who may connect. The load balancer's own checks need no entry.
fn access_list(document: &mut Document, context: &Context<'_>) {
    document.commented(
        "Who may connect: this kind of load balancer has no security group.",
        hcl::block! {
            resource "alicloud_slb_acl" "api" {
                name       = (expr("\"${local.cluster}-api\""))
                ip_version = "ipv4"
                tags       = (expr("local.tags"))
            }
        },
    );
    document.block(hcl::block! {
        resource "alicloud_slb_acl_entry_attachment" "client" {
            for_each = (expr("toset(local.api_clients)"))
            acl_id   = (expr("alicloud_slb_acl.api.id"))
            entry    = (expr("each.value"))
            comment  = "client"
        }
    });
    if leaves_by_nat(context) {
        document.commented(
            "Nodes reach an internet-facing load balancer from outside, through their NAT gateway.",
            hcl::block! {
                resource "alicloud_slb_acl_entry_attachment" "nat" {
                    acl_id  = (expr("alicloud_slb_acl.api.id"))
                    entry   = (expr("\"${alicloud_eip_address.nat.ip_address}/32\""))
                    comment = "nodes"
                }
            },
        );
    }
}

/// Whether nodes come to the load balancer from the address of a NAT gateway that hagen makes.
pub(super) fn leaves_by_nat(context: &Context<'_>) -> bool {
    !context.cloud.internal && context.cloud.network.vpc.is_none()
}

fn listener(context: &Context<'_>) -> Block {
    let port = context.port();
    let check = &LOAD_BALANCER.health_check;
    let idle = LOAD_BALANCER.idle_timeout_seconds;
    let mut block = hcl::block! {
        resource "alicloud_slb_listener" "api" {
            load_balancer_id          = (expr("alicloud_slb_load_balancer.api.id"))
            protocol                  = "tcp"
            frontend_port             = (port)
            server_group_id           = (expr("alicloud_slb_server_group.api.id"))
            description               = "kube-apiserver"
            bandwidth                 = (-1)
            scheduler                 = "wrr"
            health_check_type         = "tcp"
            health_check_connect_port = (port)
            health_check_interval     = (check.interval_seconds)
            health_check_timeout      = (check.timeout_seconds)
            healthy_threshold         = (check.healthy_threshold)
            unhealthy_threshold       = (check.unhealthy_threshold)
            established_timeout       = (idle)
        }
    };
    // Whatever is routed to the VPC reaches an internal one, too.
    set(&mut block, "acl_status", "on");
    set(&mut block, "acl_type", "white");
    set(&mut block, "acl_ids", expr("[alicloud_slb_acl.api.id]"));
    let mut before = vec![
        "alicloud_slb_server_group_server_attachment.api",
        "alicloud_slb_acl_entry_attachment.client",
    ];
    if leaves_by_nat(context) {
        before.push("alicloud_slb_acl_entry_attachment.nat");
    }
    let before = format!("[{}]", before.join(", "));
    set(&mut block, "depends_on", expr(&before));
    block
}
