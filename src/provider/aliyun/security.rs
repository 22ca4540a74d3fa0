//! security.tf: who may talk to whom. One rule, one resource: a change replaces nothing else.

use hcl::Block;
use hcl::expr::{Expression, FuncCall};
use ipnet::IpNet;

use super::Context;
use super::slb::leaves_by_nat;
use crate::facts::aliyun::MACHINES;
use crate::format::terraform::{Document, expr, fields, set, texts};
use crate::plan::aliyun::LoadBalancer;

/// The security groups and their rules.
pub(super) fn document(context: &Context<'_>, balancer: &LoadBalancer) -> Document {
    let mut document = Document::default();
    let clients = texts(
        context
            .cloud
            .clients
            .iter()
            .filter(|network| matches!(network, IpNet::V4(_))),
    );
    document.block(hcl::block! {
        locals {
            api_clients = (clients)
        }
    });
    if matches!(balancer, LoadBalancer::Nlb) {
        of_load_balancer(&mut document, context);
    }
    if context.made().is_some() {
        of_nodes(&mut document, context);
    }
    to_api_servers(&mut document, context, balancer);
    document
}

/// Where connections to an API server come from, in words that Terraform fills in.
pub(super) fn source(balancer: &LoadBalancer) -> String {
    match balancer {
        LoadBalancer::Nlb => "${join(\", \", values(local.subnets))}".to_owned(),
        LoadBalancer::Slb(_) => format!(
            "{}, ${{join(\", \", local.api_clients)}}",
            MACHINES.service_range
        ),
    }
}

/// A security group. What is inside it may not talk to each other but by a rule.
fn group(name: &str, description: &str) -> Block {
    let full = format!("\"${{local.cluster}}-{}\"", name.replace('_', "-"));
    let description = expr(&format!("\"{description} of ${{local.cluster}}\""));
    hcl::block! {
        resource "alicloud_security_group" (name) {
            security_group_name = (expr(&full))
            description         = (description)
            vpc_id              = (expr("local.vpc_id"))
            security_group_type = "normal"
            inner_access_policy = "Drop"
            tags                = (expr("local.tags"))
        }
    }
}

/// A security group's id.
fn id(name: &str) -> Expression {
    expr(&format!("alicloud_security_group.{name}.id"))
}

/// What a rule is about: a protocol and its ports.
struct Traffic {
    protocol: Expression,
    ports: Expression,
}

fn everything() -> Traffic {
    Traffic {
        protocol: "all".into(),
        ports: "-1/-1".into(),
    }
}

fn tcp(first: u16, last: u16) -> Traffic {
    Traffic {
        protocol: "tcp".into(),
        ports: format!("{first}/{last}").into(),
    }
}

/// A rule without its other side.
fn rule(name: &str, direction: &str, group: &Expression, traffic: &Traffic, text: &str) -> Block {
    let (direction, text) = (direction.to_owned(), text.to_owned());
    hcl::block! {
        resource "alicloud_security_group_rule" (name) {
            type              = (direction)
            security_group_id = (group.clone())
            description       = (text)
            ip_protocol       = (traffic.protocol.clone())
            port_range        = (traffic.ports.clone())
            nic_type          = "intranet"
        }
    }
}

/// Lets the other side through.
fn accept(block: &mut Block, side: &str, value: Expression) {
    set(block, "policy", "accept");
    set(block, "priority", MACHINES.first_priority);
    set(block, side, value);
}

/// Refuses what no other rule lets through.
fn refuse_rest(name: &str, direction: &str, group: &Expression) -> Block {
    let mut block = rule(name, direction, group, &everything(), "The rest");
    set(&mut block, "policy", "drop");
    set(&mut block, "priority", MACHINES.last_priority);
    set(&mut block, "cidr_ip", "0.0.0.0/0");
    block
}

/// Puts `for_each` first, where a reader looks for it.
fn for_each(block: &mut Block, items: Expression) {
    let attribute = hcl::Attribute::new("for_each", items);
    block.body.0.insert(0, attribute.into());
}

fn of_load_balancer(document: &mut Document, context: &Context<'_>) {
    let port = context.port();
    document.block(group("api", "Kubernetes API load balancer"));
    let mut block = rule(
        "api_client",
        "ingress",
        &id("api"),
        &tcp(port, port),
        "Kubernetes API clients",
    );
    for_each(&mut block, expr("toset(local.api_clients)"));
    accept(&mut block, "cidr_ip", expr("each.value"));
    document.block(block);
    if leaves_by_nat(context) {
        let mut block = rule(
            "api_nat",
            "ingress",
            &id("api"),
            &tcp(port, port),
            "Nodes, through their NAT gateway",
        );
        let nat = expr("\"${alicloud_eip_address.nat.ip_address}/32\"");
        accept(&mut block, "cidr_ip", nat);
        document.commented("Nodes reach a public load balancer from outside.", block);
    }
    let ping = Traffic {
        protocol: "icmp".into(),
        ports: "-1/-1".into(),
    };
    let mut block = rule(
        "api_probe",
        "ingress",
        &id("api"),
        &ping,
        "Alibaba Cloud, probing the addresses",
    );
    let services = MACHINES.service_range.to_string();
    accept(&mut block, "cidr_ip", services.into());
    document.commented(
        "An address of the load balancer that does not answer is taken out of its DNS name.",
        block,
    );
    document.commented(
        "A group that only lets in keeps nobody out: the load balancer brings a rule of its own that lets\n\
         everybody in, with the last priority. At the same priority a refusal wins.",
        refuse_rest("api_rest", "ingress", &id("api")),
    );
}

/// The API servers' side of the load balancer.
fn to_api_servers(document: &mut Document, context: &Context<'_>, balancer: &LoadBalancer) {
    let port = context.port();
    let nodes = if context.made().is_some() {
        id("control_plane")
    } else if let Some(group) = context.cloud.control_plane_security_group.clone() {
        group.into()
    } else {
        return;
    };
    let api = |name: &str, text: &str| rule(name, "ingress", &nodes, &tcp(port, port), text);
    match balancer {
        LoadBalancer::Nlb => {
            let mut block = api(
                "control_plane_api",
                "kube-apiserver from the API load balancer",
            );
            for_each(&mut block, expr("local.subnets"));
            accept(&mut block, "cidr_ip", expr("each.value"));
            document.commented(
                "The load balancer connects, and checks, from addresses of its own in each vSwitch.",
                block,
            );
        }
        LoadBalancer::Slb(_) => {
            let services = MACHINES.service_range.to_string();
            let sources = FuncCall::builder("toset")
                .arg(Expression::from(
                    FuncCall::builder("concat")
                        .arg(texts([services]))
                        .arg(expr("local.api_clients"))
                        .build(),
                ))
                .build();
            let mut block = api(
                "control_plane_api",
                "kube-apiserver through the API load balancer",
            );
            for_each(&mut block, sources.into());
            accept(&mut block, "cidr_ip", expr("each.value"));
            document.commented(
                "API servers see the clients' own addresses; checks come from 100.64.0.0/10.",
                block,
            );
            if leaves_by_nat(context) && context.made().is_some() {
                let mut block = api("control_plane_nat", "Nodes, through their NAT gateway");
                let nat = expr("\"${alicloud_eip_address.nat.ip_address}/32\"");
                accept(&mut block, "cidr_ip", nat);
                document.block(block);
            }
        }
    }
}

fn of_nodes(document: &mut Document, context: &Context<'_>) {
    let workers = context.has_workers();
    let group_side = "source_security_group_id";
    document.block(group("control_plane", "Control-plane nodes"));
    let mut block = rule(
        "control_plane_self",
        "ingress",
        &id("control_plane"),
        &everything(),
        "etcd, kubelet, API servers",
    );
    accept(&mut block, group_side, id("control_plane"));
    document.block(block);
    if workers {
        document.block(group("worker", "Workers"));
        for (name, from, text) in [
            ("worker_self", "worker", "Pods and nodes among themselves"),
            (
                "worker_control_plane",
                "control_plane",
                "kubelet and pods, from the control plane",
            ),
        ] {
            let mut block = rule(name, "ingress", &id("worker"), &everything(), text);
            accept(&mut block, group_side, id(from));
            document.block(block);
        }
        from_workers(document, context);
        if context.plan.cloud_controller.is_some() {
            let mut block = rule(
                "worker_node_ports",
                "ingress",
                &id("worker"),
                &tcp(30000, 32767),
                "Network Load Balancers of Services",
            );
            for_each(&mut block, expr("local.subnets"));
            accept(&mut block, "cidr_ip", expr("each.value"));
            document.commented(
                "The cloud controller opens nothing for the Network Load Balancers that it makes: they come from\n\
                 addresses of their own in the vSwitches. Classic ones need no rule.",
                block,
            );
        }
    }
    if context.etcd().is_some() {
        document.commented(
            "Only API servers and members come to etcd.",
            group("etcd", "Members of etcd"),
        );
        for (name, from, last, text) in [
            ("etcd_self", "etcd", 2380, "etcd, among its members"),
            (
                "etcd_control_plane",
                "control_plane",
                2379,
                "etcd, from the API servers",
            ),
        ] {
            let mut block = rule(name, "ingress", &id("etcd"), &tcp(2379, last), text);
            accept(&mut block, group_side, id(from));
            document.block(block);
        }
    }
    for name in ["control_plane", "worker", "etcd"] {
        if (name == "worker" && !workers) || (name == "etcd" && context.etcd().is_none()) {
            continue;
        }
        egress(document, context, name);
    }
}

fn from_workers(document: &mut Document, context: &Context<'_>) {
    let port = context.port();
    let open = |protocol: &str, ports: String| {
        fields([
            ("protocol", Expression::from(protocol)),
            ("ports", Expression::from(ports)),
        ])
    };
    let one = |port: u16| format!("{port}/{port}");
    let opened = fields([
        ("api", open("tcp", one(port))),
        ("kubelet", open("tcp", one(10250))),
        ("bgp", open("tcp", one(179))),
        ("vxlan", open("udp", one(4789))),
        ("vxlan_linux", open("udp", one(8472))),
        ("geneve", open("udp", one(6081))),
        ("typha", open("tcp", one(5473))),
        ("cilium_health", open("tcp", one(4240))),
        ("icmp", open("icmp", "-1/-1".to_owned())),
    ]);
    let mut block = rule(
        "control_plane_worker",
        "ingress",
        &id("control_plane"),
        &Traffic {
            protocol: expr("each.value.protocol"),
            ports: expr("each.value.ports"),
        },
        "From workers",
    );
    for_each(&mut block, opened);
    accept(&mut block, "source_security_group_id", id("worker"));
    document.commented(
        "The kubernetes Service leads pods straight to the API servers. kubelet is for metrics,\n\
         the rest for the usual pod networks. etcd stays closed.",
        block,
    );
}

/// A security group of this kind lets everything out unless a rule refuses it.
fn egress(document: &mut Document, context: &Context<'_>, name: &str) {
    for (suffix, address, text) in [
        ("vpc", expr("local.vpc_cidr"), "The VPC"),
        (
            "services",
            MACHINES.service_range.to_string().into(),
            "Alibaba Cloud's own DNS, time, metadata and mirrors",
        ),
    ] {
        let rule_name = format!("{name}_{suffix}");
        let mut block = rule(&rule_name, "egress", &id(name), &everything(), text);
        accept(&mut block, "cidr_ip", address);
        document.block(block);
    }
    let out = FuncCall::builder("toset")
        .arg(texts(&context.cloud.network.node_egress))
        .build();
    let mut block = rule(
        &format!("{name}_out"),
        "egress",
        &id(name),
        &everything(),
        "nodeEgressCidrs of the spec",
    );
    for_each(&mut block, out.into());
    accept(&mut block, "cidr_ip", expr("each.value"));
    document.block(block);
    document.commented(
        "Security groups of this kind let everything out unless a rule refuses it.",
        refuse_rest(&format!("{name}_rest"), "egress", &id(name)),
    );
}
