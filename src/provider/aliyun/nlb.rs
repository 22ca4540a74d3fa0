//! The Network Load Balancer.

use hcl::Block;
use hcl::expr::{Expression, FuncCall};

use super::Context;
use super::load_balancer::{protect, protection, server_id};
use crate::facts::aliyun::LOAD_BALANCER;
use crate::format::terraform::{Document, expr, nest, set};

/// The load balancer with its server group, attachments and listener.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let internal = context.cloud.internal;
    if !internal {
        addresses(&mut document, context);
    }
    document.commented(
        format!(
            "The {} load balancer of the API servers, with an address in each zone.\n\
             Cross-zone: a zone without a healthy API server would otherwise fail its clients.\n\
             Without its security group everybody who reaches it could connect.{}",
            if internal {
                "internal"
            } else {
                "internet-facing"
            },
            protection(context)
        ),
        load_balancer(context),
    );
    document.commented(
        "The API servers.\n\
         preserve_client_ip_enabled: with the client's address kept, a node that reaches itself through\n\
         the load balancer gets its own packets back and drops them. API servers see addresses of the\n\
         load balancer's own, in the vSwitches.\n\
         The check opens the port: this kind of load balancer cannot ask over HTTPS.",
        server_group(),
    );
    let server = expr(server_id(context));
    let port = context.port();
    document.commented(
        "By name: taking one node out moves no other.",
        hcl::block! {
            resource "alicloud_nlb_server_group_server_attachment" "api" {
                for_each        = (expr("local.control_plane"))
                server_group_id = (expr("alicloud_nlb_server_group.api.id"))
                server_type     = "Ecs"
                server_id       = (server)
                port            = (port)
                weight          = 100
                description     = (expr("\"${local.cluster}-${each.key}\""))
            }
        },
    );
    let idle = LOAD_BALANCER.idle_timeout_seconds;
    document.commented(
        "The listener's port is the API servers' own: control-plane nodes map the endpoint's name to\n\
         themselves, and that changes no port. TLS is the API server's: client certificates must reach it,\n\
         and it cannot read the PROXY protocol.",
        hcl::block! {
            resource "alicloud_nlb_listener" "api" {
                load_balancer_id       = (expr("alicloud_nlb_load_balancer.api.id"))
                listener_protocol      = "TCP"
                listener_port          = (port)
                listener_description   = "kube-apiserver"
                server_group_id        = (expr("alicloud_nlb_server_group.api.id"))
                idle_timeout           = (idle)
                proxy_protocol_enabled = false
                tags                   = (expr("local.tags"))
                depends_on             = (expr("[alicloud_nlb_server_group_server_attachment.api]"))
            }
        },
    );
    document
}

/// Elastic addresses, so that certificates and allow-lists outlive the load balancer.
fn addresses(document: &mut Document, context: &Context<'_>) {
    let bandwidth = LOAD_BALANCER.public_bandwidth.to_string();
    let mut block = hcl::block! {
        resource "alicloud_eip_address" "api" {
            for_each             = (expr("local.subnets"))
            address_name         = (expr("\"${local.cluster}-api-${each.key}\""))
            payment_type         = "PayAsYouGo"
            internet_charge_type = "PayByTraffic"
            bandwidth            = (bandwidth)
            tags                 = (expr("local.tags"))
        }
    };
    protect(context, &mut block);
    document.commented(
        "Fixed addresses, one for each zone: certificates name them and firewalls allow them.",
        block,
    );
}

fn load_balancer(context: &Context<'_>) -> Block {
    let name = context.cloud.load_balancer.clone();
    let protected = context.cloud.deletion_protection;
    let internal = context.cloud.internal;
    let kind = if internal { "Intranet" } else { "Internet" };
    let mut block = hcl::block! {
        resource "alicloud_nlb_load_balancer" "api" {
            load_balancer_name          = (name)
            address_type                = (kind)
            address_ip_version          = "ipv4"
            vpc_id                      = (expr("local.vpc_id"))
            cross_zone_enabled          = true
            security_group_ids          = (expr("[alicloud_security_group.api.id]"))
            deletion_protection_enabled = (protected)
        }
    };
    if protected {
        set(&mut block, "deletion_protection_reason", "kubernetes-api");
    }
    set(&mut block, "tags", expr("local.tags"));
    set(
        &mut block,
        "depends_on",
        expr("[alicloud_security_group_rule.api_rest]"),
    );
    for subnet in &context.cloud.network.subnets {
        let zone = subnet.zone.clone();
        let mut mapping = hcl::block! {
            zone_mappings {
                zone_id    = (zone.clone())
                vswitch_id = (of_zone("local.vswitch_ids", &zone))
            }
        };
        if let Some(address) = subnet.api_address {
            set(&mut mapping, "private_ipv4_address", address.to_string());
        }
        if !internal {
            let ids = "{ for zone, address in alicloud_eip_address.api : zone => address.id }";
            set(&mut mapping, "allocation_id", of_zone(ids, &zone));
        }
        nest(&mut block, mapping);
    }
    protect(context, &mut block);
    block
}

/// What a mapping by zone has for one; the zone is the user's word, so it goes in as a plain string.
fn of_zone(mapping: &str, zone: &str) -> Expression {
    FuncCall::builder("lookup")
        .arg(expr(mapping))
        .arg(zone)
        .build()
        .into()
}

fn server_group() -> Block {
    let drain = LOAD_BALANCER.drain_seconds;
    let mut block = hcl::block! {
        resource "alicloud_nlb_server_group" "api" {
            server_group_name          = (expr("\"${local.cluster}-api\""))
            server_group_type          = "Instance"
            protocol                   = "TCP"
            scheduler                  = "Wrr"
            vpc_id                     = (expr("local.vpc_id"))
            address_ip_version         = "Ipv4"
            preserve_client_ip_enabled = false
            connection_drain_enabled   = true
            connection_drain_timeout   = (drain)
            tags                       = (expr("local.tags"))
        }
    };
    let check = &LOAD_BALANCER.health_check;
    nest(
        &mut block,
        hcl::block! {
            health_check {
                health_check_enabled         = true
                health_check_type            = "TCP"
                health_check_connect_port    = 0
                health_check_connect_timeout = (check.timeout_seconds)
                health_check_interval        = (check.interval_seconds)
                healthy_threshold            = (check.healthy_threshold)
                unhealthy_threshold          = (check.unhealthy_threshold)
            }
        },
    );
    block
}
