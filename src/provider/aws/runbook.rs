//! README.md: the runbook of one cluster.

use serde::Serialize;

use super::Context;
use crate::component::placeholder;
use crate::facts::aws::LOAD_BALANCER;
use crate::format::template;
use crate::plan::{Host, Node};

/// The context of `templates/aws/README.md.hbs`.
#[derive(Serialize)]
struct Runbook<'a> {
    cluster: &'a str,
    region: &'a str,
    version: &'a str,
    end_of_life: &'a str,
    endpoint: String,
    node_endpoint: String,
    load_balancer: &'a str,
    scheme: &'static str,
    second: bool,
    port: u16,
    made: bool,
    first: &'a str,
    last: &'a str,
    control_plane: String,
    workers: String,
    by_instance: bool,
    protected: bool,
    own_name: bool,
    record: bool,
    rule_missing: bool,
    cni: bool,
    readyz: bool,
    out_seconds: u32,
    shutdown_delay: u32,
}

/// The runbook of this cluster.
pub(super) fn document(context: &Context<'_>) -> String {
    let plan = context.plan;
    let target = context.target;
    let check = &LOAD_BALANCER.health_check;
    // What people use is the last one: the only one, or the public one.
    let balancer = target.load_balancers.last();
    let shown = |host: &Host| match host {
        Host::Named(name) => format!("`{name}:{}`", plan.endpoint.port),
        Host::OfLoadBalancer | Host::OfPublicLoadBalancer => {
            format!("the load balancer's own name, port {}", plan.endpoint.port)
        }
    };
    let names = |nodes: Vec<&Node>| {
        nodes
            .iter()
            .map(|node| match &node.zone {
                Some(zone) => format!("{} ({zone})", node.name),
                None => node.name.clone(),
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let control_plane: Vec<&Node> = plan.control_plane().collect();
    template::render(
        "aws/README.md.hbs",
        &Runbook {
            cluster: &plan.cluster,
            region: &target.region,
            version: &plan.kubernetes.version,
            end_of_life: &plan.kubernetes.end_of_life,
            endpoint: shown(&plan.endpoint.client_host),
            node_endpoint: shown(&plan.endpoint.node_host),
            load_balancer: balancer.map_or("", |balancer| &balancer.name),
            scheme: if balancer.is_some_and(|balancer| balancer.internal) {
                "internal"
            } else {
                "internet-facing"
            },
            second: target.load_balancers.len() > 1,
            port: plan.endpoint.port,
            made: context.made().is_some(),
            first: control_plane.first().map_or("", |node| &node.name),
            last: control_plane.last().map_or("", |node| &node.name),
            control_plane: names(control_plane.clone()),
            workers: names(plan.workers().collect()),
            by_instance: !context.by_address(),
            protected: target.deletion_protection,
            own_name: placeholder::host(&plan.endpoint.client_host) != placeholder::API_HOST
                && plan.endpoint.client_host != Host::OfPublicLoadBalancer,
            record: target.dns.is_some(),
            rule_missing: context.made().is_none() && target.control_plane_security_group.is_none(),
            cni: plan.kubernetes.cni.is_some(),
            readyz: plan.health_check.readyz,
            out_seconds: check.interval_seconds * check.unhealthy_threshold,
            shutdown_delay: plan.health_check.shutdown_delay_seconds,
        },
    )
}
