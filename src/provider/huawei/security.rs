//! security.tf: who may talk to whom. One rule, one resource: a change replaces nothing else.

use hcl::Block;
use hcl::expr::Expression;

use super::Context;
use crate::facts::huawei::NETWORK;
use crate::format::terraform::{Document, expr, fields, mapping, set, texts};

/// The security groups and their rules.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let made = context.made().is_some();
    let own = context.cloud.control_plane_security_group.clone();
    let group = if made {
        group(&mut document, "control_plane", "Control-plane nodes");
        Some(expr(CONTROL_PLANE))
    } else {
        own.map(Expression::String)
    };
    let range = context
        .cloud
        .network
        .subnets
        .iter()
        .find(|subnet| subnet.zone == context.load_balancer_zone())
        .map_or_else(String::new, |subnet| subnet.cidr.to_string());
    document.commented(
        "The load balancer, and its health check, come from addresses of its own subnet.",
        hcl::block! {
            locals {
                api_source = (range)
            }
        },
    );
    if let Some(group) = group {
        let mut block = rule(
            "ingress",
            "control_plane_api",
            group,
            "kube-apiserver from the API load balancer",
        );
        ports(&mut block, "tcp", context.port());
        set(&mut block, "remote_ip_prefix", expr("local.api_source"));
        document.commented("Without this rule no member is ever healthy.", block);
    }
    if made {
        of_nodes(&mut document, context);
    }
    document
}

const CONTROL_PLANE: &str = "huaweicloud_networking_secgroup.control_plane.id";
const WORKER: &str = "huaweicloud_networking_secgroup.worker.id";
const ETCD: &str = "huaweicloud_networking_secgroup.etcd.id";

fn group(document: &mut Document, name: &str, description: &str) {
    let label = expr(&format!(
        "\"${{local.cluster}}-{}\"",
        name.replace('_', "-")
    ));
    let description = expr(&format!("\"{description} of ${{local.cluster}}\""));
    document.commented(
        "Without the default rules, which let everything out.",
        hcl::block! {
            resource "huaweicloud_networking_secgroup" (name) {
                name                 = (label)
                description          = (description)
                delete_default_rules = true
                tags                 = (expr("local.tags"))
            }
        },
    );
}

/// A rule without its ports and its other side.
fn rule(direction: &str, name: &str, group: Expression, description: &str) -> Block {
    hcl::block! {
        resource "huaweicloud_networking_secgroup_rule" (name) {
            security_group_id = (group)
            description       = (description)
            direction         = (direction)
            ethertype         = "IPv4"
        }
    }
}

fn ports(block: &mut Block, protocol: &str, port: u16) {
    set(block, "protocol", protocol);
    set(block, "ports", port.to_string());
}

/// Puts `for_each` first, where a reader looks for it.
fn for_each(block: &mut Block, items: Expression) {
    let attribute = hcl::Attribute::new("for_each", items);
    block.body.0.insert(0, attribute.into());
}

/// Everything from another group.
fn everything(document: &mut Document, name: &str, group: &str, from: &str, description: &str) {
    let mut block = rule("ingress", name, expr(group), description);
    set(&mut block, "remote_group_id", expr(from));
    document.block(block);
}

fn of_nodes(document: &mut Document, context: &Context<'_>) {
    everything(
        document,
        "control_plane_self",
        CONTROL_PLANE,
        CONTROL_PLANE,
        "etcd, kubelet, API servers",
    );
    if context.has_workers() {
        group(document, "worker", "Workers");
        everything(
            document,
            "worker_self",
            WORKER,
            WORKER,
            "Pods and nodes among themselves",
        );
        everything(
            document,
            "worker_control_plane",
            WORKER,
            CONTROL_PLANE,
            "kubelet and pods, from the control plane",
        );
        from_workers(document, context.port());
    }
    if context.etcd().is_some() {
        of_etcd(document);
    }
    egress(document, context);
}

fn from_workers(document: &mut Document, port: u16) {
    let open = |protocol: &str, port: u16| {
        fields([
            ("protocol", Expression::from(protocol)),
            ("ports", Expression::from(port.to_string())),
        ])
    };
    let mut block = rule(
        "ingress",
        "control_plane_worker",
        expr(CONTROL_PLANE),
        "From workers",
    );
    for_each(
        &mut block,
        fields([
            ("api", open("tcp", port)),
            ("kubelet", open("tcp", 10250)),
            ("bgp", open("tcp", 179)),
            ("vxlan", open("udp", 4789)),
            ("vxlan_linux", open("udp", 8472)),
            ("geneve", open("udp", 6081)),
            ("typha", open("tcp", 5473)),
            ("cilium_health", open("tcp", 4240)),
        ]),
    );
    set(&mut block, "protocol", expr("each.value.protocol"));
    set(&mut block, "ports", expr("each.value.ports"));
    set(&mut block, "remote_group_id", expr(WORKER));
    document.commented(
        "The kubernetes Service leads pods straight to the API servers. kubelet is for metrics,\n\
         the rest for the usual pod networks. etcd stays closed.",
        block,
    );
    let mut block = rule(
        "ingress",
        "control_plane_worker_icmp",
        expr(CONTROL_PLANE),
        "Path MTU discovery and ping, from workers",
    );
    set(&mut block, "protocol", "icmp");
    set(&mut block, "remote_group_id", expr(WORKER));
    document.commented("Without it large answers hang behind a tunnel.", block);
}

/// Only API servers and members come to etcd.
fn of_etcd(document: &mut Document) {
    group(document, "etcd", "Members of etcd");
    for (name, description, from, ports) in [
        ("etcd_self", "etcd, among its members", ETCD, "2379-2380"),
        (
            "etcd_control_plane",
            "etcd, from the API servers",
            CONTROL_PLANE,
            "2379",
        ),
    ] {
        let mut block = rule("ingress", name, expr(ETCD), description);
        set(&mut block, "protocol", "tcp");
        set(&mut block, "ports", ports);
        set(&mut block, "remote_group_id", expr(from));
        document.block(block);
    }
}

/// Where machines may connect to: the VPC, the cloud's own services, and what the spec says.
fn egress(document: &mut Document, context: &Context<'_>) {
    document.commented(
        "The cloud's own services outside the VPC: metadata, name servers, time.",
        hcl::block! {
            locals {
                services = (services())
            }
        },
    );
    let out = Expression::from(
        hcl::expr::FuncCall::builder("toset")
            .arg(texts(&context.cloud.network.node_egress))
            .build(),
    );
    for (name, group, there) in [
        ("control_plane", CONTROL_PLANE, true),
        ("worker", WORKER, context.has_workers()),
        ("etcd", ETCD, context.etcd().is_some()),
    ] {
        if !there {
            continue;
        }
        let mut block = rule("egress", &format!("{name}_vpc"), expr(group), "The VPC");
        set(&mut block, "remote_ip_prefix", expr("local.vpc_cidr"));
        document.block(block);
        let mut block = rule(
            "egress",
            &format!("{name}_services"),
            expr(group),
            "Services of the cloud",
        );
        for_each(&mut block, expr("local.services"));
        set(&mut block, "protocol", expr("each.value.protocol"));
        set(&mut block, "ports", expr("each.value.ports"));
        set(&mut block, "remote_ip_prefix", expr("each.value.range"));
        document.block(block);
        if context.cloud.network.node_egress.is_empty() {
            continue;
        }
        let mut block = rule(
            "egress",
            &format!("{name}_out"),
            expr(group),
            "nodeEgressCidrs of the spec",
        );
        for_each(&mut block, out.clone());
        set(&mut block, "remote_ip_prefix", expr("each.value"));
        document.block(block);
    }
}

fn services() -> Expression {
    mapping(NETWORK.services.iter().map(|(name, service)| {
        let value = fields([
            ("protocol", Expression::from(service.protocol.clone())),
            ("ports", Expression::from(service.port.to_string())),
            ("range", Expression::from(service.range.to_string())),
        ]);
        (name.clone(), value)
    }))
}
