//! security.tf: who may talk to whom. One rule, one resource: a change replaces nothing else.

use hcl::Block;
use ipnet::IpNet;

use super::{Context, create_before_destroy, tags};
use crate::format::terraform::{Document, expr, fields, nest, set, texts};
use crate::plan::aws::LoadBalancer;

/// The security groups and their rules.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    for balancer in &context.target.load_balancers {
        of_load_balancer(&mut document, context, balancer);
    }
    if context.made().is_some() {
        of_nodes(&mut document, context);
    }
    document
}

/// A security group. Its name is a prefix: the new one stands before the old one goes, since a
/// group in use cannot be deleted.
fn group(name: &str, description: &str) -> Block {
    let own_tags = tags(&group_name(name));
    tagged_group(name, description, &own_tags)
}

/// The name of a security group, as an expression.
fn group_name(name: &str) -> String {
    format!("\"${{local.cluster}}-{}\"", name.replace('_', "-"))
}

fn tagged_group(name: &str, description: &str, own_tags: &hcl::Expression) -> Block {
    let label = name.replace('_', "-");
    let prefix = expr(&format!("\"${{local.cluster}}-{label}-\""));
    let description = expr(&format!("\"{description} of ${{local.cluster}}\""));
    let mut block = hcl::block! {
        resource "aws_security_group" (name) {
            name_prefix = (prefix)
            description = (description)
            vpc_id      = (expr("local.vpc_id"))
            tags        = (own_tags.clone())
        }
    };
    nest(&mut block, create_before_destroy());
    block
}

/// A rule without its other side.
fn rule(direction: &str, name: &str, group: &str, description: &str) -> Block {
    let kind = format!("aws_vpc_security_group_{direction}_rule");
    let group = expr(group);
    let description = description.to_owned();
    hcl::block! {
        resource (kind) (name) {
            security_group_id = (group)
            description       = (description)
        }
    }
}

fn ports(block: &mut Block, protocol: &str, from: i64, to: i64) {
    set(block, "ip_protocol", protocol);
    set(block, "from_port", from);
    set(block, "to_port", to);
}

/// Puts `for_each` first, where a reader looks for it.
fn for_each(block: &mut Block, items: hcl::Expression) {
    let attribute = hcl::Attribute::new("for_each", items);
    block.body.0.insert(0, attribute.into());
}

fn of_load_balancer(document: &mut Document, context: &Context<'_>, balancer: &LoadBalancer) {
    let name = format!("{}_lb", balancer.resource);
    let id = format!("aws_security_group.{name}.id");
    let port = i64::from(context.plan.endpoint.port);
    document.commented(
        "A load balancer made without a security group can never have one: it would be replaced.",
        group(&name, "Kubernetes API load balancer"),
    );
    clients(document, balancer, &name, &id, port);
    if !balancer.internal
        && context.target.network.vpc.is_none()
        && context.target.load_balancers.len() == 1
    {
        let mut block = rule(
            "ingress",
            &format!("{name}_nat"),
            &id,
            "Nodes, through their NAT gateway",
        );
        for_each(&mut block, expr("aws_eip.nat"));
        set(
            &mut block,
            "cidr_ipv4",
            expr("\"${each.value.public_ip}/32\""),
        );
        ports(&mut block, "tcp", port, port);
        document.commented("Nodes reach a public load balancer from outside.", block);
    }
    // The load balancer's side of each API server.
    if context.made().is_some() {
        let mut block = rule(
            "egress",
            &format!("{name}_target"),
            &id,
            "kube-apiserver and its health check",
        );
        set(
            &mut block,
            "referenced_security_group_id",
            expr("aws_security_group.control_plane.id"),
        );
        ports(&mut block, "tcp", port, port);
        document.commented("Health checks obey egress rules.", block);
    } else {
        let mut block = rule(
            "egress",
            &format!("{name}_target"),
            &id,
            "kube-apiserver and its health check",
        );
        for_each(&mut block, expr("local.control_plane_addresses"));
        set(&mut block, "cidr_ipv4", expr("\"${each.value}/32\""));
        ports(&mut block, "tcp", port, port);
        document.commented("Health checks obey egress rules.", block);
    }
    // The API server's side.
    let nodes = if context.made().is_some() {
        Some(expr("aws_security_group.control_plane.id"))
    } else {
        context
            .target
            .control_plane_security_group
            .clone()
            .map(hcl::Expression::String)
    };
    if let Some(nodes) = nodes {
        let suffix = if balancer.resource == "api" {
            ""
        } else {
            "_internal"
        };
        let mut block = rule(
            "ingress",
            &format!("control_plane_api{suffix}"),
            "null",
            "kube-apiserver from the API load balancer",
        );
        block.body.0.remove(0);
        let attribute = hcl::Attribute::new("security_group_id", nodes);
        block.body.0.insert(0, attribute.into());
        set(&mut block, "referenced_security_group_id", expr(&id));
        ports(&mut block, "tcp", port, port);
        document.block(block);
    }
}

fn clients(document: &mut Document, balancer: &LoadBalancer, name: &str, id: &str, port: i64) {
    for (family, suffix, argument, icmp, icmp_type, icmp_code) in [
        (4, "", "cidr_ipv4", "icmp", 3, 4),
        (6, "_ipv6", "cidr_ipv6", "icmpv6", 2, 0),
    ] {
        let networks: Vec<&IpNet> = balancer
            .clients
            .iter()
            .filter(|network| matches!(network, IpNet::V4(_)) == (family == 4))
            .collect();
        if networks.is_empty() {
            continue;
        }
        let networks = hcl::Expression::from(
            hcl::expr::FuncCall::builder("toset")
                .arg(texts(networks))
                .build(),
        );
        let mut block = rule(
            "ingress",
            &format!("{name}_client{suffix}"),
            id,
            "Kubernetes API clients",
        );
        for_each(&mut block, networks);
        set(&mut block, argument, expr("each.value"));
        ports(&mut block, "tcp", port, port);
        document.block(block);
        let mut block = rule(
            "ingress",
            &format!("{name}_path_mtu{suffix}"),
            id,
            "Path MTU discovery",
        );
        let same =
            format!("toset(keys(aws_vpc_security_group_ingress_rule.{name}_client{suffix}))");
        for_each(&mut block, expr(&same));
        set(&mut block, argument, expr("each.value"));
        ports(&mut block, icmp, icmp_type, icmp_code);
        document.commented("Without it large answers hang behind a tunnel.", block);
    }
}

fn of_nodes(document: &mut Document, context: &Context<'_>) {
    let workers = context.has_workers();
    let port = i64::from(context.plan.endpoint.port);
    let of_nodes = |name: &str, description: &str| {
        let own_tags = context.controller_tags(&group_name(name));
        tagged_group(name, description, &own_tags)
    };
    document.block(of_nodes("control_plane", "Control-plane nodes"));
    let everything = |block: &mut Block, from: &str| {
        set(block, "referenced_security_group_id", expr(from));
        set(block, "ip_protocol", "-1");
    };
    let control_plane = "aws_security_group.control_plane.id";
    let worker = "aws_security_group.worker.id";
    let mut block = rule(
        "ingress",
        "control_plane_self",
        control_plane,
        "etcd, kubelet, API servers",
    );
    everything(&mut block, control_plane);
    document.block(block);
    if workers {
        document.block(of_nodes("worker", "Workers"));
        let mut block = rule(
            "ingress",
            "worker_self",
            worker,
            "Pods and nodes among themselves",
        );
        everything(&mut block, worker);
        document.block(block);
        let mut block = rule(
            "ingress",
            "worker_control_plane",
            worker,
            "kubelet and pods, from the control plane",
        );
        everything(&mut block, control_plane);
        document.block(block);
        let from_workers = fields([
            ("api", open("tcp", port, port)),
            ("kubelet", open("tcp", 10250, 10250)),
            ("bgp", open("tcp", 179, 179)),
            ("vxlan", open("udp", 4789, 4789)),
            ("vxlan_linux", open("udp", 8472, 8472)),
            ("geneve", open("udp", 6081, 6081)),
            ("typha", open("tcp", 5473, 5473)),
            ("cilium_health", open("tcp", 4240, 4240)),
            ("ping", open("icmp", 8, 0)),
            ("path_mtu", open("icmp", 3, 4)),
        ]);
        let mut block = rule(
            "ingress",
            "control_plane_worker",
            control_plane,
            "From workers",
        );
        for_each(&mut block, from_workers);
        set(&mut block, "referenced_security_group_id", expr(worker));
        set(&mut block, "ip_protocol", expr("each.value.protocol"));
        set(&mut block, "from_port", expr("each.value.from"));
        set(&mut block, "to_port", expr("each.value.to"));
        document.commented(
            "The kubernetes Service leads pods straight to the API servers. kubelet is for metrics,\n\
             the rest for the usual pod networks. etcd stays closed.",
            block,
        );
    }
    if context.etcd().is_some() {
        of_etcd(document);
    }
    let egress = hcl::Expression::from(
        hcl::expr::FuncCall::builder("toset")
            .arg(texts(&context.target.network.node_egress))
            .build(),
    );
    for name in ["control_plane", "worker", "etcd"] {
        if (name == "worker" && !workers) || (name == "etcd" && context.etcd().is_none()) {
            continue;
        }
        let id = format!("aws_security_group.{name}.id");
        let mut block = rule("egress", &format!("{name}_vpc"), &id, "The VPC");
        set(&mut block, "cidr_ipv4", expr("local.vpc_cidr"));
        set(&mut block, "ip_protocol", "-1");
        document.block(block);
        let mut block = rule(
            "egress",
            &format!("{name}_out"),
            &id,
            "nodeEgressCidrs of the spec",
        );
        for_each(&mut block, egress.clone());
        set(&mut block, "cidr_ipv4", expr("each.value"));
        set(&mut block, "ip_protocol", "-1");
        document.block(block);
    }
}

/// Only API servers and members come to etcd.
fn of_etcd(document: &mut Document) {
    let etcd = "aws_security_group.etcd.id";
    document.block(group("etcd", "Members of etcd"));
    for (name, description, from, to) in [
        ("etcd_self", "etcd, among its members", etcd, 2380),
        (
            "etcd_control_plane",
            "etcd, from the API servers",
            "aws_security_group.control_plane.id",
            2379,
        ),
    ] {
        let mut block = rule("ingress", name, etcd, description);
        set(&mut block, "referenced_security_group_id", expr(from));
        ports(&mut block, "tcp", 2379, to);
        document.block(block);
    }
}

fn open(protocol: &str, from: i64, to: i64) -> hcl::Expression {
    fields([
        ("protocol", hcl::Expression::from(protocol)),
        ("from", hcl::Expression::from(from)),
        ("to", hcl::Expression::from(to)),
    ])
}
