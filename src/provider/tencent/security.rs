//! security.tf: who may talk to whom. A rule set holds all rules of its group, in order.

use hcl::Block;

use super::Context;
use crate::facts::tencent::NETWORK;
use crate::format::terraform::{Document, expr, nest, set};

/// The security groups and their rules.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    of_load_balancer(&mut document, context);
    if context.made().is_some() {
        of_nodes(&mut document, context);
    }
    document
}

/// The other side of a rule.
enum Side<'a> {
    /// A group of hagen's own, by its name in Terraform.
    Group(&'a str),
    /// A range that the spec or a data file has.
    Range(String),
    /// An expression of hagen's own.
    Expression(&'a str),
}

fn group(name: &str, description: &str) -> Block {
    let label = expr(&format!(
        "\"${{local.cluster}}-{}\"",
        name.replace('_', "-")
    ));
    let description = expr(&format!("\"{description} of ${{local.cluster}}\""));
    hcl::block! {
        resource "tencentcloud_security_group" (name) {
            name        = (label)
            description = (description)
            tags        = (expr("local.tags"))
        }
    }
}

/// All rules of a group, to be filled with [`rule`].
fn rules(name: &str) -> Block {
    let id = expr(&format!("tencentcloud_security_group.{name}.id"));
    hcl::block! {
        resource "tencentcloud_security_group_rule_set" (name) {
            security_group_id = (id)
        }
    }
}

fn rule(
    block: &mut Block,
    direction: &str,
    other: Side<'_>,
    protocol_and_ports: (&str, &str),
    why: &str,
) {
    let (protocol, ports) = protocol_and_ports;
    let mut inner = Block::builder(direction).build();
    set(&mut inner, "action", "ACCEPT");
    match other {
        Side::Group(name) => set(
            &mut inner,
            "source_security_id",
            expr(&format!("tencentcloud_security_group.{name}.id")),
        ),
        Side::Range(range) => set(&mut inner, "cidr_block", range),
        Side::Expression(expression) => set(&mut inner, "cidr_block", expr(expression)),
    }
    set(&mut inner, "protocol", protocol);
    set(&mut inner, "port", ports);
    set(&mut inner, "description", why);
    nest(block, inner);
}

fn of_load_balancer(document: &mut Document, context: &Context<'_>) {
    let port = context.port().to_string();
    let tcp = ("TCP", port.as_str());
    document.commented(
        "The only guard in front of the API servers: what the load balancer lets in, the machines let in.",
        group("api_lb", "Kubernetes API load balancer"),
    );
    let mut block = rules("api_lb");
    for client in &context.cloud.clients {
        rule(
            &mut block,
            "ingress",
            Side::Range(client.to_string()),
            tcp,
            "Kubernetes API clients",
        );
    }
    if !context.cloud.internal && context.cloud.network.vpc.is_none() {
        rule(
            &mut block,
            "ingress",
            Side::Expression("\"${tencentcloud_eip.nat.public_ip}/32\""),
            tcp,
            "Nodes, through their NAT gateway",
        );
    }
    rule(
        &mut block,
        "egress",
        Side::Expression("local.vpc_cidr"),
        tcp,
        "kube-apiserver",
    );
    document.commented(
        "A rule set holds all rules of its group: one that is added elsewhere is taken away again.",
        block,
    );
}

fn of_nodes(document: &mut Document, context: &Context<'_>) {
    const ALL: (&str, &str) = ("ALL", "ALL");
    let workers = context.has_workers();
    let port = context.port().to_string();
    document.block(group("control_plane", "Control-plane nodes"));
    if workers {
        document.block(group("worker", "Workers"));
    }
    if context.etcd().is_some() {
        document.block(group("etcd", "Members of etcd"));
    }
    document.commented(
        "A way in for people, on every machine as its last group. It has no rule here: add yours with a\n\
         rule set in a file of your own. README.md says how.",
        group("access", "Access to the machines"),
    );
    let mut block = rules("control_plane");
    let control_plane = || Side::Group("control_plane");
    let worker = || Side::Group("worker");
    rule(
        &mut block,
        "ingress",
        control_plane(),
        ALL,
        "etcd, kubelet, API servers",
    );
    if workers {
        for (protocol, ports, why) in [
            ("TCP", port.as_str(), "kube-apiserver"),
            ("TCP", "10250", "kubelet, for metrics"),
            ("TCP", "179", "BGP"),
            ("UDP", "4789", "VXLAN"),
            ("UDP", "8472", "VXLAN of Linux"),
            ("UDP", "6081", "Geneve"),
            ("TCP", "5473", "Typha"),
            ("TCP", "4240", "Health checks of Cilium"),
            ("ICMP", "ALL", "Ping and path MTU"),
        ] {
            rule(&mut block, "ingress", worker(), (protocol, ports), why);
        }
    }
    egress(&mut block, context);
    document.commented(
        "The kubernetes Service leads pods straight to the API servers, so nodes come to their port without\n\
         the load balancer. The rest is for the usual pod networks. etcd stays closed to workers.",
        block,
    );
    if workers {
        let mut block = rules("worker");
        rule(
            &mut block,
            "ingress",
            worker(),
            ALL,
            "Pods and nodes among themselves",
        );
        rule(
            &mut block,
            "ingress",
            control_plane(),
            ALL,
            "kubelet and pods",
        );
        egress(&mut block, context);
        document.block(block);
    }
    if context.etcd().is_some() {
        let mut block = rules("etcd");
        rule(
            &mut block,
            "ingress",
            control_plane(),
            ("TCP", "2379"),
            "etcd, from the API servers",
        );
        rule(
            &mut block,
            "ingress",
            Side::Group("etcd"),
            ("TCP", "2379-2380"),
            "etcd, among its members",
        );
        egress(&mut block, context);
        document.commented("Only API servers and members come to etcd.", block);
    }
}

/// The VPC, what Tencent Cloud itself serves to each machine, and what the spec lists.
fn egress(block: &mut Block, context: &Context<'_>) {
    const ALL: (&str, &str) = ("ALL", "ALL");
    let vpc = Side::Expression("local.vpc_cidr");
    rule(block, "egress", vpc, ALL, "The VPC");
    for service in &NETWORK.services {
        rule(
            block,
            "egress",
            Side::Range(service.range.to_string()),
            (&service.protocol, &service.ports),
            &service.what,
        );
    }
    for range in &context.cloud.network.node_egress {
        let range = Side::Range(range.to_string());
        rule(block, "egress", range, ALL, "nodeEgressCidrs of the spec");
    }
}
