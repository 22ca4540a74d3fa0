//! load-balancer.tf: the dedicated load balancer in front of the API servers.

use hcl::Block;

use super::Context;
use crate::facts::huawei::{LOAD_BALANCER, NETWORK};
use crate::format::terraform::{Document, expr, nest, set, texts};
use crate::plan::huawei::{Flavor, Huawei};
use crate::provider::cloud::prevent_destroy;

/// The load balancer with its listener, pool, monitor and members.
pub(super) fn document(context: &Context<'_>, target: &Huawei) -> Document {
    let mut document = Document::default();
    if let Flavor::MaxConnections(most) = target.flavor {
        document.commented(
            "The network flavor for this many connections at a time, in each zone.",
            hcl::block! {
                data "huaweicloud_elb_flavors" "api" {
                    type            = "L4"
                    max_connections = (most)
                }
            },
        );
    }
    if !context.cloud.internal {
        public_address(&mut document, context, target);
    }
    let mut comment = "\
Dedicated: its pool can ask for /readyz over HTTPS. Machines are members by address alone (IP as a
backend, cross_vpc_backend), so that it sends from addresses of its own subnet: a member of a subnet
would see the client's address, and a node that reaches itself through it would be dropped."
        .to_owned();
    if context.cloud.deletion_protection {
        comment.push_str(
            "\nProtected twice: Huawei Cloud refuses to delete it, and Terraform refuses a plan that would\n\
             replace it. README.md says how to tear it down.",
        );
    }
    document.commented(comment, load_balancer(context, target));
    clients(&mut document, context);
    listener(&mut document, context);
    pool(&mut document);
    monitor(&mut document, context);
    members(&mut document, context);
    document
}

/// Of its own, so that certificates and allow-lists outlive the load balancer.
fn public_address(document: &mut Document, context: &Context<'_>, target: &Huawei) {
    let name = context.cloud.load_balancer.clone();
    let kind = NETWORK.eip_type.clone();
    let size = target.bandwidth;
    let mut block = hcl::block! {
        resource "huaweicloud_vpc_eip" "api" {
            name = (name.clone())
            tags = (expr("local.tags"))

            publicip {
                type = (kind)
            }

            bandwidth {
                name        = (name)
                share_type  = "PER"
                charge_mode = "traffic"
                size        = (size)
            }
        }
    };
    if context.cloud.deletion_protection {
        nest(&mut block, prevent_destroy());
    }
    document.commented(
        "A fixed public address: certificates name it and firewalls allow it. Nodes use the private one.",
        block,
    );
}

fn load_balancer(context: &Context<'_>, target: &Huawei) -> Block {
    let cloud = context.cloud;
    let name = cloud.load_balancer.clone();
    let zones = texts(&target.zones);
    let mut block = hcl::block! {
        resource "huaweicloud_elb_loadbalancer" "api" {
            name              = (name)
            vpc_id            = (expr("local.vpc_id"))
            ipv4_subnet_id    = (expr("local.api_subnet_id"))
        }
    };
    let fixed = cloud.network.subnets.iter().find_map(|it| it.api_address);
    if let Some(address) = fixed {
        set(&mut block, "ipv4_address", address.to_string());
    }
    if !cloud.internal {
        set(
            &mut block,
            "ipv4_eip_id",
            expr("huaweicloud_vpc_eip.api.id"),
        );
    }
    set(&mut block, "availability_zone", zones);
    let looked_up = match &target.flavor {
        Flavor::MaxConnections(_) => {
            let first = expr("data.huaweicloud_elb_flavors.api.ids[0]");
            set(&mut block, "l4_flavor_id", first);
            true
        }
        Flavor::Id(id) => {
            set(&mut block, "l4_flavor_id", id.clone());
            false
        }
    };
    set(&mut block, "cross_vpc_backend", true);
    set(
        &mut block,
        "deletion_protection_enable",
        cloud.deletion_protection,
    );
    if cloud.deletion_protection {
        set(&mut block, "protection_status", "consoleProtection");
        let reason = expr("\"kubernetes-api-${local.cluster}\"");
        set(&mut block, "protection_reason", reason);
    } else {
        set(&mut block, "protection_status", "nonProtection");
    }
    set(&mut block, "tags", expr("local.tags"));
    let mut lifecycle = if cloud.deletion_protection {
        prevent_destroy()
    } else {
        Block::builder("lifecycle").build()
    };
    if looked_up {
        // The order of what is found is nobody's promise.
        set(&mut lifecycle, "ignore_changes", expr("[l4_flavor_id]"));
    }
    if !lifecycle.body.0.is_empty() {
        nest(&mut block, lifecycle);
    }
    block
}

/// Who may connect. The load balancer has no security group.
fn clients(document: &mut Document, context: &Context<'_>) {
    let name = context.cloud.load_balancer.clone();
    let mut block = hcl::block! {
        resource "huaweicloud_elb_ipgroup" "api" {
            name = (name)
        }
    };
    let mut client = |ip: hcl::Expression, description: &str| {
        nest(
            &mut block,
            hcl::block! {
                ip_list {
                    ip          = (ip)
                    description = (description)
                }
            },
        );
    };
    for network in &context.cloud.clients {
        client(
            hcl::Expression::String(network.to_string()),
            "Kubernetes API clients",
        );
    }
    if !context.cloud.internal && context.cloud.network.vpc.is_none() {
        client(
            expr("\"${huaweicloud_vpc_eip.nat.address}/32\""),
            "Nodes and pods, through their NAT gateway",
        );
    }
    document.commented(
        "Who may connect: a load balancer has no security group here, and a member's sees the load\n\
         balancer alone. It holds for new connections.",
        block,
    );
}

fn listener(document: &mut Document, context: &Context<'_>) {
    let port = context.port();
    let idle = LOAD_BALANCER.idle_timeout_seconds;
    document.commented(
        "The listener's port is the API servers' own: control-plane nodes map the endpoint to themselves.\n\
         TLS is the API server's: client certificates must reach it.\n\
         idle_timeout: the default of 300 s would cut watches, logs and exec that are quiet.",
        hcl::block! {
            resource "huaweicloud_elb_listener" "api" {
                name            = "kube-apiserver"
                loadbalancer_id = (expr("huaweicloud_elb_loadbalancer.api.id"))
                protocol        = "TCP"
                protocol_port   = (port)
                idle_timeout    = (idle)
                access_policy   = "white"
                ip_group        = (expr("huaweicloud_elb_ipgroup.api.id"))
                tags            = (expr("local.tags"))
            }
        },
    );
}

fn pool(document: &mut Document) {
    let drain = LOAD_BALANCER.drain_seconds;
    document.commented(
        "By its listener's id: so Terraform deletes the pool first, and a listener whose pool is there\n\
         cannot be deleted.",
        hcl::block! {
            resource "huaweicloud_elb_pool" "api" {
                name                     = "kube-apiserver"
                listener_id              = (expr("huaweicloud_elb_listener.api.id"))
                protocol                 = "TCP"
                lb_method                = "ROUND_ROBIN"
                connection_drain_enabled = true
                connection_drain_timeout = (drain)
            }
        },
    );
}

fn monitor(document: &mut Document, context: &Context<'_>) {
    let check = &LOAD_BALANCER.health_check;
    let readyz = context.plan.health_check.readyz;
    let port = context.port();
    let mut block = hcl::block! {
        resource "huaweicloud_elb_monitor" "api" {
            pool_id = (expr("huaweicloud_elb_pool.api.id"))
        }
    };
    set(&mut block, "protocol", if readyz { "HTTPS" } else { "TCP" });
    set(&mut block, "port", port);
    if readyz {
        set(&mut block, "url_path", "/readyz");
        set(&mut block, "http_method", "GET");
        set(&mut block, "status_code", "200");
    }
    set(&mut block, "interval", check.interval_seconds);
    set(&mut block, "timeout", check.timeout_seconds);
    set(&mut block, "max_retries", check.healthy_threshold);
    set(&mut block, "max_retries_down", check.unhealthy_threshold);
    document.commented(
        if readyz {
            "An open port does not mean that an API server is ready, and it stays open while one drains."
        } else {
            "Anonymous access is off in the spec, so that /readyz answers nobody: the check opens the port."
        },
        block,
    );
}

fn members(document: &mut Document, context: &Context<'_>) {
    let port = context.port();
    document.commented(
        "No subnet_id, on purpose: see above. Addresses are fixed, so that a machine made anew is a member\n\
         at once, and healthy when its API server is.",
        hcl::block! {
            resource "huaweicloud_elb_member" "api" {
                for_each      = (expr("local.control_plane_addresses"))
                name          = (expr("each.key"))
                pool_id       = (expr("huaweicloud_elb_pool.api.id"))
                address       = (expr("each.value"))
                protocol_port = (port)
                weight        = 1
            }
        },
    );
}
