//! load-balancer.tf: the Cloud Load Balancer in front of the API servers.

use hcl::Block;

use super::Context;
use crate::facts::tencent::LOAD_BALANCER;
use crate::format::terraform::{Document, expr, nest, set};
use crate::plan::tencent::Tencent;
use crate::provider::cloud;

/// The load balancer's addresses, as an expression.
pub(super) const ADDRESSES: &str = "tencentcloud_clb_instance.api.clb_vips";

/// The load balancer with its listener and targets.
pub(super) fn document(context: &Context<'_>, target: &Tencent) -> Document {
    let mut document = Document::default();
    let internal = context.cloud.internal;
    if internal {
        let zone = context.load_balancer_zone().to_owned();
        document.commented(
            "It stands in one subnet, and its address outlives the loss of that zone all the same.",
            hcl::block! {
                locals {
                    load_balancer_zone = (zone)
                }
            },
        );
    }
    document.commented(
        format!(
            "The {} load balancer of the API servers.\n\
             load_balancer_pass_to_target: its own security group decides who comes, and the machines' are\n\
             not asked again: they would see other addresses than the clients'.\n\
             {}\n\
             The provider refuses a name that is taken, so no new one can stand beside the old one.{}",
            if internal { "internal" } else { "internet-facing" },
            if internal {
                "An internal one takes no zones, no bandwidth and no kind of address: the provider refuses them\n\
                 when it applies."
            } else {
                "Its zones cannot change later: the provider plans that, and refuses it when it applies."
            },
            if context.cloud.deletion_protection {
                "\nProtected twice: Tencent Cloud refuses to delete it, and Terraform refuses a plan that would\n\
                 replace it. README.md says how to tear it down."
            } else {
                ""
            }
        ),
        instance(context, target),
    );
    document.commented(
        "snat_enable: with the client's address kept, a node that reaches itself through the load\n\
         balancer waits for ever when it is the only healthy one, as the first one is. The API servers'\n\
         audit log shows the load balancer's addresses for it.\n\
         health_source_ip_type: checks come from 100.64.0.0/10. From the load balancer's own address\n\
         they would die on a node whose kube-proxy has taken that address for its own (IPVS).\n\
         No stickiness: it would undo the balancing. TLS is the API server's: client certificates must\n\
         reach it, so the check can only open the port.",
        listener(context),
    );
    document.commented(
        "The API servers, all in one: the provider changes a load balancer one call at a time. A node more\n\
         or less changes the set in place, and the others stay registered.",
        attachment(context),
    );
    document
}

fn instance(context: &Context<'_>, target: &Tencent) -> Block {
    let cloud = context.cloud;
    let kind = if cloud.internal { "INTERNAL" } else { "OPEN" };
    let name = cloud.load_balancer.clone();
    let mut block = hcl::block! {
        resource "tencentcloud_clb_instance" "api" {
            network_type = (kind)
            clb_name     = (name)
            project_id   = 0
            vpc_id       = (expr("local.vpc_id"))
        }
    };
    if cloud.internal {
        let address = cloud
            .network
            .subnets
            .iter()
            .find_map(|subnet| subnet.api_address);
        set(
            &mut block,
            "subnet_id",
            expr("local.subnet_ids[local.load_balancer_zone]"),
        );
        if let Some(address) = address {
            set(&mut block, "vip", address.to_string());
        }
    } else {
        if let Some(bandwidth) = target.bandwidth {
            set(&mut block, "internet_bandwidth_max_out", bandwidth);
        }
        if let Some(zone) = &target.master_zone {
            set(&mut block, "master_zone_id", zone.clone());
        }
        if let Some(zone) = &target.slave_zone {
            set(&mut block, "slave_zone_id", zone.clone());
        }
    }
    if let Some(sla) = &target.sla_type {
        set(&mut block, "sla_type", sla.clone());
    }
    set(
        &mut block,
        "security_groups",
        expr("[tencentcloud_security_group.api_lb.id]"),
    );
    set(&mut block, "load_balancer_pass_to_target", true);
    set(&mut block, "delete_protect", cloud.deletion_protection);
    set(&mut block, "tags", expr("local.tags"));
    if cloud.deletion_protection {
        nest(&mut block, cloud::prevent_destroy());
    }
    block
}

fn listener(context: &Context<'_>) -> Block {
    let port = context.port();
    let facts = &*LOAD_BALANCER;
    let check = &facts.health_check;
    let mut block = hcl::block! {
        resource "tencentcloud_clb_listener" "api" {
            clb_id        = (expr("tencentcloud_clb_instance.api.id"))
            listener_name = "kube-apiserver"
            protocol      = "TCP"
            port          = (port)
            scheduler     = "WRR"
            target_type   = "NODE"
            snat_enable   = true
        }
    };
    set(&mut block, "health_check_switch", true);
    set(&mut block, "health_check_type", "TCP");
    set(
        &mut block,
        "health_check_interval_time",
        check.interval_seconds,
    );
    set(&mut block, "health_check_time_out", check.timeout_seconds);
    set(
        &mut block,
        "health_check_health_num",
        check.healthy_threshold,
    );
    set(
        &mut block,
        "health_check_unhealth_num",
        check.unhealthy_threshold,
    );
    set(
        &mut block,
        "health_source_ip_type",
        facts.health_source_ip_type,
    );
    set(
        &mut block,
        "idle_connect_timeout",
        facts.idle_timeout_seconds,
    );
    set(&mut block, "deregister_target_rst", true);
    block
}

fn attachment(context: &Context<'_>) -> Block {
    let port = context.port();
    let weight = LOAD_BALANCER.target_weight;
    let (nodes, id) = if context.made().is_some() {
        ("tencentcloud_instance.control_plane", "targets.value.id")
    } else {
        ("local.control_plane", "targets.value")
    };
    // `listener_id`, and not `id`, which is both ids in one.
    hcl::block! {
        resource "tencentcloud_clb_attachment" "api" {
            clb_id      = (expr("tencentcloud_clb_instance.api.id"))
            listener_id = (expr("tencentcloud_clb_listener.api.listener_id"))

            dynamic "targets" {
                for_each = (expr(nodes))

                content {
                    instance_id = (expr(id))
                    port        = (port)
                    weight      = (weight)
                }
            }
        }
    }
}
