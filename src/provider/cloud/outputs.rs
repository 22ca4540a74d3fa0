//! outputs.tf: what people and other modules need. Few, and the same names on every target.

use super::Context;
use crate::facts::kubernetes::KUBERNETES;
use crate::format::terraform::{Document, expr, set};
use crate::plan::Host;

/// What a cloud's own resources give, as expressions of hagen's own.
pub(in crate::provider) struct Outputs<'a> {
    /// The load balancer's own name; empty where it has none.
    pub(in crate::provider) dns_name: &'a str,
    /// The list of the load balancer's addresses.
    pub(in crate::provider) addresses: &'a str,
    /// The load balancer's id.
    pub(in crate::provider) load_balancer: &'a str,
    /// The id of what the API servers are registered with, and what the cloud calls it.
    pub(in crate::provider) target_group: (&'a str, &'a str),
    /// The load balancer's security group; empty where it has none.
    pub(in crate::provider) security_group: &'a str,
    /// The security group of control-plane nodes that are made.
    pub(in crate::provider) control_plane_security_group: &'a str,
    /// Where connections to an API server come from, in words that Terraform fills in.
    pub(in crate::provider) source: &'a str,
}

/// The outputs.
pub(in crate::provider) fn outputs(context: &Context<'_>, own: &Outputs<'_>) -> Document {
    let mut document = Document::default();
    let port = context.port();
    let mut output = |name: &str, description: &str, value: hcl::Expression, sensitive: bool| {
        let description = description.to_owned();
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
    let endpoint = match &context.plan.endpoint.client_host {
        Host::Named(name) => hcl::Expression::String(format!("{name}:{port}")),
        Host::OfLoadBalancer | Host::OfPublicLoadBalancer => {
            expr(&format!("\"${{{}}}:{port}\"", own.dns_name))
        }
    };
    output(
        "api_endpoint",
        "Where people reach the API server, host:port.",
        endpoint,
        false,
    );
    if !own.dns_name.is_empty() {
        output(
            "api_dns_name",
            "The load balancer's own name.",
            expr(own.dns_name),
            false,
        );
    }
    output(
        "api_addresses",
        "The load balancer's addresses, for a record of the endpoint's name.",
        expr(own.addresses),
        false,
    );
    output(
        "api_load_balancer_id",
        "The load balancer.",
        expr(own.load_balancer),
        false,
    );
    let (group, called) = own.target_group;
    output(
        "api_target_group_id",
        &format!("The {called} of the API servers."),
        expr(group),
        false,
    );
    if !own.security_group.is_empty() {
        output(
            "api_security_group_id",
            "The load balancer's security group.",
            expr(own.security_group),
            false,
        );
    }
    if context.made().is_some() {
        output(
            "control_plane_addresses",
            "The private address of each control-plane node.",
            expr("local.control_plane_addresses"),
            false,
        );
        output(
            "control_plane_security_group_id",
            "The control-plane nodes' security group.",
            expr(own.control_plane_security_group),
            false,
        );
        if context.has_workers() {
            output(
                "worker_addresses",
                "The private address of each worker.",
                expr("local.workers_addresses"),
                false,
            );
        }
        if context.etcd().is_some() {
            output(
                "etcd_addresses",
                "The private address of each member of etcd.",
                expr("local.etcd_addresses"),
                false,
            );
            let domain = &KUBERNETES.etcd_domain;
            let hosts = format!(
                "join(\"\", [for name, address in local.etcd_addresses : format(\"%s %s.%s.{domain}\\n\", address, name, local.cluster)])"
            );
            output(
                "etcd_hosts",
                "The members' addresses and names, as lines of /etc/hosts.",
                expr(&hosts),
                false,
            );
        }
        return document;
    }
    if context.cloud.control_plane_security_group.is_none()
        && !context.cloud.facts.load_balancer_passes_security_groups
    {
        let source = own.source;
        output(
            "control_plane_rule_to_add",
            "hagen does not know the security group of the control-plane machines. Add this rule to it, or the load balancer does not get through.",
            expr(&format!("\"ingress tcp {port} from {source}\"")),
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
