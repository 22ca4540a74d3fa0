//! load-balancer.tf: the Network Load Balancer in front of the API servers.

use hcl::Block;
use hcl::expr::{Conditional, Expression, FuncCall};

use super::{Context, create_before_destroy, tags};
use crate::facts::aws::LOAD_BALANCER;
use crate::format::terraform::{Document, expr, nest, set, texts};
use crate::plan::aws::{LoadBalancer, TargetType};

/// The load balancers with their target groups, attachments and listeners.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    for balancer in &context.target.load_balancers {
        if !balancer.internal {
            addresses(&mut document, context);
        }
        document.commented(
            format!(
                "{} load balancer of the API servers.\n\
                 Cross-zone: a zone without a healthy API server would otherwise fail its clients\n\
                 until DNS forgets it.\n\
                 No idle timeout here: on this kind of load balancer it belongs to the listener.{}",
                if balancer.internal { "The internal" } else { "The internet-facing" },
                if context.target.deletion_protection {
                    "\nProtected twice: AWS refuses to delete it, and Terraform refuses a plan that would\n\
                     replace it before it has deleted the listener. README.md says how to tear it down."
                } else {
                    ""
                }
            ),
            load_balancer(context, balancer),
        );
        document.commented(
            "The API servers.\n\
             preserve_client_ip: with the client's address kept, which is the default for\n\
             instances, a node that reaches itself through the load balancer is dropped.\n\
             target_health_state: a failed check must not cut every watch and exec at once.\n\
             The name ends in a hash of what replaces a target group, so that the new one can\n\
             stand beside the old one.",
            target_group(context, balancer),
        );
        document.block(attachment(context, balancer));
        document.commented(
            "The listener's port is the API servers' own: the first node maps the endpoint to\n\
             itself while it starts. TLS is the API server's: client certificates must reach it.",
            listener(context, balancer),
        );
    }
    document
}

/// Elastic addresses, so that certificates and allow-lists outlive the load balancer.
fn addresses(document: &mut Document, context: &Context<'_>) {
    let mut block = hcl::block! {
        resource "aws_eip" "api" {
            for_each = (expr("local.public_subnet_ids"))
            domain   = "vpc"
            tags     = (tags("\"${local.cluster}-api-${each.key}\""))
        }
    };
    if context.target.network.vpc.is_none() {
        set(&mut block, "depends_on", gateway());
    }
    if context.target.deletion_protection {
        nest(&mut block, prevent_destroy());
    }
    document.commented(
        "Fixed addresses: certificates name them and firewalls allow them.",
        block,
    );
}

/// Public addresses need the internet gateway from first to last, and nothing else says so.
fn gateway() -> hcl::Expression {
    expr("[aws_internet_gateway.cluster]")
}

fn prevent_destroy() -> Block {
    hcl::block! {
        lifecycle {
            prevent_destroy = true
        }
    }
}

fn load_balancer(context: &Context<'_>, balancer: &LoadBalancer) -> Block {
    let name = balancer.name.clone();
    let internal = balancer.internal;
    let family = if balancer.dual_stack {
        "dualstack"
    } else {
        "ipv4"
    };
    let group = expr(&format!("[aws_security_group.{}_lb.id]", balancer.resource));
    let protected = context.target.deletion_protection;
    let mut block = hcl::block! {
        resource "aws_lb" (balancer.resource) {
            name                             = (name.clone())
            load_balancer_type               = "network"
            internal                         = (internal)
            ip_address_type                  = (family)
            security_groups                  = (group)
            enable_cross_zone_load_balancing = true
            enable_deletion_protection       = (protected)
            tags                             = (tags(&format!("\"{name}\"")))
        }
    };
    let network = &context.target.network;
    if !internal && network.vpc.is_none() {
        set(&mut block, "depends_on", gateway());
    }
    let subnets = if internal {
        &network.subnets
    } else {
        &network.public_subnets
    };
    for subnet in subnets {
        let zone = subnet.zone.as_str();
        let mut mapping = Block::builder("subnet_mapping").build();
        if internal {
            set(
                &mut mapping,
                "subnet_id",
                expr(&format!("local.private_subnet_ids[\"{zone}\"]")),
            );
            if let Some(address) = subnet.api_address {
                set(&mut mapping, "private_ipv4_address", address.to_string());
            }
        } else {
            set(
                &mut mapping,
                "subnet_id",
                expr(&format!("local.public_subnet_ids[\"{zone}\"]")),
            );
            set(
                &mut mapping,
                "allocation_id",
                expr(&format!("aws_eip.api[\"{zone}\"].allocation_id")),
            );
        }
        nest(&mut block, mapping);
    }
    if protected {
        nest(&mut block, prevent_destroy());
    }
    block
}

fn target_group(context: &Context<'_>, balancer: &LoadBalancer) -> Block {
    let name = balancer.target_group.clone();
    let target_type = context.target.target_type;
    let kind = target_type.word();
    let port = context.plan.endpoint.port;
    let mut block = hcl::block! {
        resource "aws_lb_target_group" (balancer.resource) {
            name        = (name)
            vpc_id      = (expr("local.vpc_id"))
            target_type = (kind)
        }
    };
    if target_type == TargetType::Address {
        set(&mut block, "ip_address_type", "ipv4");
    }
    set(&mut block, "protocol", "TCP");
    set(&mut block, "port", port);
    set(&mut block, "preserve_client_ip", false);
    set(&mut block, "connection_termination", true);
    set(
        &mut block,
        "deregistration_delay",
        LOAD_BALANCER.deregistration_delay_seconds,
    );
    set(&mut block, "tags", tags(&format!("\"{}\"", balancer.name)));
    nest(&mut block, health_check(context));
    let draining = LOAD_BALANCER.unhealthy_draining_seconds;
    nest(
        &mut block,
        hcl::block! {
            target_health_state {
                enable_unhealthy_connection_termination = false
                unhealthy_draining_interval             = (draining)
            }
        },
    );
    nest(&mut block, create_before_destroy());
    block
}

fn health_check(context: &Context<'_>) -> Block {
    let check = &LOAD_BALANCER.health_check;
    let readyz = context.plan.health_check.readyz;
    let mut block = Block::builder("health_check").build();
    set(&mut block, "protocol", if readyz { "HTTPS" } else { "TCP" });
    set(&mut block, "port", "traffic-port");
    if readyz {
        set(&mut block, "path", check.path.clone());
        set(&mut block, "matcher", check.matcher.clone());
    }
    set(&mut block, "interval", check.interval_seconds);
    set(&mut block, "timeout", check.timeout_seconds);
    set(&mut block, "healthy_threshold", check.healthy_threshold);
    set(&mut block, "unhealthy_threshold", check.unhealthy_threshold);
    block
}

fn attachment(context: &Context<'_>, balancer: &LoadBalancer) -> Block {
    let group = expr(&format!("aws_lb_target_group.{}.arn", balancer.resource));
    // By address: what is made before it goes passes that on to what it refers to, and a new machine
    // cannot start with a network interface that the old one holds. The address stays anyway.
    let target = if context.made().is_some() {
        "aws_network_interface.control_plane[each.key].private_ip"
    } else {
        "each.value"
    };
    let port = context.plan.endpoint.port;
    let mut block = hcl::block! {
        resource "aws_lb_target_group_attachment" (balancer.resource) {
            for_each         = (expr("local.control_plane"))
            target_group_arn = (group)
            target_id        = (expr(target))
            port             = (port)
        }
    };
    let outside = &context.target.targets_outside_vpc;
    if !outside.is_empty() {
        // AWS wants it for an address outside the VPC, and refuses it for another.
        let is_outside = FuncCall::builder("contains")
            .arg(texts(outside))
            .arg(expr("each.key"))
            .build();
        set(
            &mut block,
            "availability_zone",
            Conditional::new(is_outside, "all", Expression::Null),
        );
    }
    nest(&mut block, create_before_destroy());
    block
}

fn listener(context: &Context<'_>, balancer: &LoadBalancer) -> Block {
    let balancer_arn = expr(&format!("aws_lb.{}.arn", balancer.resource));
    let group_arn = expr(&format!("aws_lb_target_group.{}.arn", balancer.resource));
    let filled = expr(&format!(
        "[aws_lb_target_group_attachment.{}]",
        balancer.resource
    ));
    let port = context.plan.endpoint.port;
    let idle = LOAD_BALANCER.tcp_idle_timeout_seconds;
    hcl::block! {
        resource "aws_lb_listener" (balancer.resource) {
            load_balancer_arn        = (balancer_arn)
            protocol                 = "TCP"
            port                     = (port)
            tcp_idle_timeout_seconds = (idle)
            depends_on               = (filled)
            tags                     = (expr("local.tags"))

            default_action {
                type             = "forward"
                target_group_arn = (group_arn)
            }
        }
    }
}
