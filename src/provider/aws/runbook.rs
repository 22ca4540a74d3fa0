//! README.md: the runbook of one cluster.

use serde::Serialize;

use super::Context;
use crate::component::placeholder;
use crate::facts::aws::LOAD_BALANCER;
use crate::facts::kubernetes::KUBERNETES;
use crate::format::template;
use crate::plan::aws::Image;
use crate::plan::{Drop, Host, Node, Role, SecretsMode};
use crate::provider::runbook::{self, Cloud, HERE, ObjectStore, Paths, Task};

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
    os_user: &'a str,
    connect: bool,
    ssh_key: bool,
    first: &'a str,
    control_plane: String,
    workers: String,
    etcd: String,
    drop: bool,
    drop_file: bool,
    drop_url: bool,
    secrets: String,
    tasks: String,
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
    let cloud = cloud(context);
    let minors: Vec<&str> = KUBERNETES
        .minors
        .iter()
        .map(|minor| minor.minor.as_str())
        .collect();
    let mode = plan.secrets.mode;
    let (os_user, connect) = match context.made().map(|made| &made.image) {
        Some(Image::Newest {
            user,
            instance_connect,
            ..
        }) => (user.as_str(), *instance_connect),
        Some(Image::Id(_)) | None => ("USER", false),
    };
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
            os_user,
            connect,
            ssh_key: context.made().is_some_and(|made| made.ssh_key.is_some()),
            first: control_plane.first().map_or("", |node| &node.name),
            control_plane: names(control_plane.clone()),
            workers: names(plan.workers().collect()),
            etcd: names(plan.etcd_nodes().collect()),
            drop: matches!(mode, SecretsMode::Drop(_)),
            drop_file: mode == SecretsMode::Drop(Drop::File),
            drop_url: mode == SecretsMode::Drop(Drop::Url),
            secrets: runbook::section(plan, &cloud, Task::Secrets, HERE),
            tasks: runbook::sections(plan, &cloud, &runbook::next_version(plan, &minors)),
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

/// The words of one task.
pub(super) fn task(context: &Context<'_>, task: Task<'_>, paths: Paths<'_>) -> String {
    runbook::section(context.plan, &cloud(context), task, paths)
}

/// What AWS says for itself.
fn cloud<'a>(context: &Context<'_>) -> Cloud<'a> {
    let made = context.made();
    Cloud {
        provider: "aws",
        title: "AWS",
        terraform: true,
        protection: "loadBalancer: { deletionProtection: false }",
        made: made.is_some(),
        protected: context.target.deletion_protection,
        volumes: context.etcd().is_some(),
        hop_limit: made.is_some(),
        object_store: &S3,
        user_data_readers: if made.is_some() {
            "EC2 shows to whoever has `ec2:DescribeInstanceAttribute` (the AWS policy ReadOnlyAccess has it)"
        } else {
            "the output `cloud_init` shows to whoever reads the state"
        },
        resources: |node| {
            let of = |resource: &str| format!("{resource}[\"{}\"]", node.name);
            [
                of(match node.role {
                    Role::FirstControlPlane | Role::ControlPlane => "aws_instance.control_plane",
                    Role::Worker => "aws_instance.worker",
                    Role::Etcd => "aws_instance.etcd",
                    Role::LoadBalancer => {
                        panic!("a cloud has its own load balancer, a bug in hagen")
                    }
                }),
                of("aws_ebs_volume.etcd"),
                of("aws_volume_attachment.etcd"),
            ]
        },
    }
}

const S3: ObjectStore = ObjectStore {
    put: "aws s3 cp --quiet \"{bundles}/$bundle\" \"s3://BUCKET/$bundle\"",
    sign: "aws s3 presign \"s3://BUCKET/$bundle\" --expires-in 3600",
    remove: "aws s3 rm \"s3://BUCKET/$bundle\"",
    way: "Nodes without a way to S3's public addresses cannot fetch from it: use an interface endpoint for S3 with private DNS in\n\
          the VPC, or an https server of your own inside nodeEgressCidrs, whose addresses you write into secrets-urls.auto.tfvars.json.\n\
          A gateway endpoint does not do: security groups see public addresses there.",
};
