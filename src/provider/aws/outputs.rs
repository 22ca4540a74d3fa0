//! outputs.tf: what people and other modules need. Few, and the same names on every target.

use super::Context;
use crate::format::terraform::{Document, expr, set};
use crate::plan::Host;

/// The outputs.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let endpoint = &context.plan.endpoint;
    let host = |host: &Host| match host {
        Host::Named(name) => hcl::Expression::String(format!("{name}:{}", endpoint.port)),
        Host::OfLoadBalancer if context.target.load_balancers.len() > 1 => expr(&format!(
            "\"${{aws_lb.api_internal.dns_name}}:{}\"",
            endpoint.port
        )),
        Host::OfLoadBalancer | Host::OfPublicLoadBalancer => {
            expr(&format!("\"${{aws_lb.api.dns_name}}:{}\"", endpoint.port))
        }
    };
    let mut output = |name: &str, description: &str, value: hcl::Expression, sensitive: bool| {
        let mut block = hcl::block! {
            output (name) {
                description = (description)
                value       = (value)
            }
        };
        if sensitive {
            set(&mut block, "sensitive", true);
        }
        document.block(block);
    };
    output(
        "api_endpoint",
        "Where people reach the API server, host:port.",
        host(&endpoint.client_host),
        false,
    );
    output(
        "api_dns_name",
        "The load balancer's own name.",
        expr("aws_lb.api.dns_name"),
        false,
    );
    output(
        "api_zone_id",
        "The hosted zone of that name, for an alias record.",
        expr("aws_lb.api.zone_id"),
        false,
    );
    output(
        "api_load_balancer_id",
        "The load balancer.",
        expr("aws_lb.api.id"),
        false,
    );
    output(
        "api_target_group_id",
        "The target group of the API servers, by the name that the output has on every target.",
        expr("aws_lb_target_group.api.id"),
        false,
    );
    output(
        "api_security_group_id",
        "The load balancer's security group.",
        expr("aws_security_group.api_lb.id"),
        false,
    );
    output(
        "api_target_group_arn",
        "The target group of the API servers.",
        expr("aws_lb_target_group.api.arn"),
        false,
    );
    if context.target.load_balancers.len() > 1 {
        output(
            "node_endpoint",
            "Where nodes reach the API server, host:port: kubeadm's controlPlaneEndpoint.",
            host(&endpoint.node_host),
            false,
        );
        output(
            "api_internal_target_group_arn",
            "The target group of the internal load balancer.",
            expr("aws_lb_target_group.api_internal.arn"),
            false,
        );
    }
    if context.made().is_some() {
        output(
            "control_plane_addresses",
            "The private address of each control-plane node.",
            expr("{ for name, node in aws_instance.control_plane : name => node.private_ip }"),
            false,
        );
        output(
            "control_plane_security_group_id",
            "The control-plane nodes' security group.",
            expr("aws_security_group.control_plane.id"),
            false,
        );
        if context.etcd().is_some() {
            output(
                "etcd_addresses",
                "The private address of each member of etcd.",
                expr(
                    "{ for name, interface in aws_network_interface.etcd : name => interface.private_ip }",
                ),
                false,
            );
            output(
                "etcd_hosts",
                "The members' addresses and names, as lines of /etc/hosts.",
                expr("local.etcd_hosts"),
                false,
            );
        }
        return document;
    }
    if context.target.control_plane_security_group.is_none() {
        let port = endpoint.port;
        output(
            "control_plane_rule_to_add",
            "hagen does not know the security group of the control-plane machines. Add this rule to it, or no health check passes.",
            expr(&format!(
                "\"ingress tcp {port} from ${{aws_security_group.api_lb.id}}\""
            )),
            false,
        );
    }
    output(
        "cloud_init",
        "The finished cloud-init of each machine. It holds secrets.",
        expr("local.cloud_init"),
        true,
    );
    document
}
