//! README.md: the runbook of one cluster.

use serde::Serialize;

use super::{Context, resource_of};
use crate::facts::hairpin::Works;
use crate::facts::kubernetes::KUBERNETES;
use crate::format::template;
use crate::plan::cloud::Image;
use crate::plan::{Addresses, Drop, Host, Node, Pin, SecretsMode};
use crate::provider::runbook::{self, Cloud, HERE, Paths, Task};

/// What a cloud says of its load balancer in the runbook.
pub(in crate::provider) struct Readme<'a> {
    /// The template of the cloud.
    pub(in crate::provider) template: &'a str,
    /// The load balancer's kind, in words.
    pub(in crate::provider) load_balancer_kind: &'a str,
    /// Seconds after which a target that stops answering gets no new connection.
    pub(in crate::provider) out_seconds: u32,
    /// The words for the tasks.
    pub(in crate::provider) cloud: Cloud<'a>,
}

/// The context of the templates.
#[derive(Serialize)]
struct Values<'a> {
    cluster: &'a str,
    title: &'a str,
    region: &'a str,
    version: &'a str,
    end_of_life: &'a str,
    endpoint: String,
    load_balancer: &'a str,
    load_balancer_kind: &'a str,
    scheme: &'static str,
    internal: bool,
    port: u16,
    made: bool,
    os_user: &'a str,
    ssh_key: bool,
    by_name: bool,
    first: &'a str,
    control_plane: String,
    workers: String,
    etcd: String,
    drop: bool,
    drop_file: bool,
    drop_url: bool,
    secrets: String,
    tasks: String,
    record: bool,
    in_hosts: bool,
    rule_missing: bool,
    cni: bool,
    readyz: bool,
    pinned: bool,
    hairpin_works: bool,
    hairpin_why: &'a str,
    hairpin_cure: &'a str,
    out_seconds: u32,
    shutdown_delay: u32,
    cloud_controller: bool,
}

/// The runbook of this cluster.
pub(in crate::provider) fn readme(context: &Context<'_>, own: &Readme<'_>) -> String {
    let (plan, cloud) = (context.plan, context.cloud);
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
    let minors: Vec<&str> = KUBERNETES
        .minors
        .iter()
        .map(|minor| minor.minor.as_str())
        .collect();
    let mode = plan.secrets.mode;
    let made = context.made();
    let hairpin = plan.endpoint.hairpin;
    let text = template::render(
        own.template,
        &Values {
            cluster: &plan.cluster,
            title: &cloud.facts.title,
            region: &cloud.region,
            version: &plan.kubernetes.version,
            end_of_life: &plan.kubernetes.end_of_life,
            endpoint: match &plan.endpoint.client_host {
                Host::Named(name) => format!("`{name}:{}`", plan.endpoint.port),
                Host::OfLoadBalancer | Host::OfPublicLoadBalancer => {
                    format!("the load balancer's own name, port {}", plan.endpoint.port)
                }
            },
            load_balancer: &cloud.load_balancer,
            load_balancer_kind: own.load_balancer_kind,
            scheme: if cloud.internal {
                "internal"
            } else {
                "internet-facing"
            },
            internal: cloud.internal,
            port: plan.endpoint.port,
            made: made.is_some(),
            os_user: match made.map(|made| &made.image) {
                Some(Image::Newest { user, .. }) => user,
                Some(Image::Id(_)) | None => "USER",
            },
            by_name: made.is_some_and(|made| matches!(made.image, Image::Newest { .. })),
            ssh_key: made.is_some_and(|made| made.ssh_key.is_some()),
            first: control_plane.first().map_or("", |node| &node.name),
            control_plane: names(control_plane.clone()),
            workers: names(plan.workers().collect()),
            etcd: names(plan.etcd_nodes().collect()),
            drop: matches!(mode, SecretsMode::Drop(_)),
            drop_file: mode == SecretsMode::Drop(Drop::File),
            drop_url: mode == SecretsMode::Drop(Drop::Url),
            secrets: runbook::section(plan, &own.cloud, Task::Secrets, HERE),
            tasks: runbook::sections(plan, &own.cloud, &runbook::next_version(plan, &minors)),
            record: cloud.dns.is_some(),
            in_hosts: plan.endpoint.addresses != Addresses::Resolved,
            rule_missing: made.is_none()
                && cloud.control_plane_security_group.is_none()
                && !cloud.facts.load_balancer_passes_security_groups,
            cni: plan.kubernetes.cni.is_some(),
            readyz: plan.health_check.readyz,
            pinned: plan.endpoint.pin == Pin::Always,
            hairpin_works: hairpin.works == Works::Yes,
            hairpin_why: &hairpin.why,
            hairpin_cure: &hairpin.load_balancer_cure,
            out_seconds: own.out_seconds,
            shutdown_delay: plan.health_check.shutdown_delay_seconds,
            cloud_controller: plan.cloud_controller.is_some(),
        },
    );
    runbook::tidy(&text)
}

/// The words of one task, for `hagen runbook`.
pub(in crate::provider) fn words_of(
    context: &Context<'_>,
    cloud: &Cloud<'_>,
    task: Task<'_>,
    paths: Paths<'_>,
) -> String {
    runbook::section(context.plan, cloud, task, paths)
}

/// The address in Terraform of a machine of a cloud whose machines are `KIND.ROLE["NODE"]`.
pub(in crate::provider) fn machine(kind: &str, node: &Node) -> String {
    format!("{kind}.{}[\"{}\"]", resource_of(node.role), node.name)
}
