//! Tencent Cloud: Cloud Load Balancer (CLB), internal or internet-facing in front of the API servers.
//!
//! A file of Terraform for each concern, with the same names on every target. What is set to what, and
//! why, stands in the comments of the emitted files and in `providers/tencent`.

mod dns;
mod load_balancer;
mod network;
mod nodes;
mod runbook;
mod security;

use serde_json::{Value, json};

use super::cloud::{self, Balancer, Context, Outputs};
use super::runbook::{Paths, Task};
use super::{GITIGNORE, Provider, Usage, cloud_init, user_data, variables};
use crate::artifact::ArtifactSet;
use crate::format::terraform::Document;
use crate::plan::cloud::Machines;
use crate::plan::{Plan, Target, tencent};

/// Tencent Cloud.
pub struct Tencent;

impl Provider for Tencent {
    fn name(&self) -> &'static str {
        "tencent"
    }

    fn title(&self) -> &'static str {
        "Tencent Cloud"
    }

    fn abilities(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "API load balancer",
                "Cloud Load Balancer (CLB), internal or internet-facing, shared or with guaranteed capacity",
            ),
            ("health check", "the port"),
            ("fixed addresses", "one, internal"),
            ("network", "an existing VPC, or one that hagen makes"),
            (
                "machines",
                "made by Terraform on different hosts, or existing ones by instance id",
            ),
            (
                "etcd",
                "stacked, or, with secrets.mode { drop: file }, external on machines with an encrypted disk of their own",
            ),
            ("name", "your own, in /etc/hosts or as a private DNS record"),
            (
                "Services",
                "none: Tencent Cloud's controller ends with Kubernetes 1.14",
            ),
        ]
    }

    fn example(&self) -> &'static str {
        include_str!("../../../examples/tencent.yaml")
    }

    fn render(&self, plan: &Plan, artifacts: &mut ArtifactSet) {
        let target = target(plan);
        let context = Context {
            plan,
            cloud: &target.cloud,
        };
        let address = format!("{}[0]", load_balancer::ADDRESSES);
        let balancer = Balancer {
            // The endpoint always has a name of the user's own.
            dns_name: "\"\"",
            node_addresses: load_balancer::ADDRESSES,
            // One address: the private one of an internal load balancer, else the public one.
            address_of: &|_| address.clone(),
        };
        let files: [(&str, Document); 12] = [
            (
                "versions.tf",
                cloud::versions(
                    "tencentcloud",
                    "tencentcloudstack/tencentcloud",
                    ">= 1.82.64, < 2.0.0",
                    "hagen is tested with 1.83.25.",
                ),
            ),
            (
                "providers.tf",
                cloud::provider(
                    "tencentcloud",
                    &target.cloud,
                    "TENCENTCLOUD_SECRET_ID and _KEY",
                ),
            ),
            ("variables.tf", variables::document(plan)),
            ("network.tf", network::document(&context)),
            (
                "load-balancer.tf",
                load_balancer::document(&context, target),
            ),
            ("security.tf", security::document(&context)),
            (
                "cloud-init.tf",
                cloud_init::document(plan, cloud::names_and_addresses(&context, &balancer)),
            ),
            ("control-plane.tf", nodes::control_plane(&context)),
            ("etcd.tf", nodes::etcd(&context)),
            ("workers.tf", nodes::workers(&context)),
            ("dns.tf", dns::document(&context)),
            ("outputs.tf", cloud::outputs(&context, &OUTPUTS)),
        ];
        for (path, document) in files {
            if !document.is_empty() {
                artifacts.insert(path, document.to_text());
            }
        }
        super::machines(plan, artifacts);
        artifacts.insert("README.md", runbook::document(&context));
        artifacts.insert(".gitignore", GITIGNORE.to_owned());
    }

    fn user_data(&self, plan: &Plan) -> Option<Usage> {
        let made = matches!(target(plan).cloud.machines, Machines::Made(_));
        made.then(|| user_data::largest(plan, self.name()))
            .flatten()
    }

    fn runbook(&self, plan: &Plan, task: Task<'_>, paths: Paths<'_>) -> String {
        let cloud = &target(plan).cloud;
        let context = Context { plan, cloud };
        cloud::words_of(&context, &runbook::cloud(&context), task, paths)
    }

    fn immutable(&self, plan: &Plan) -> Vec<(String, Value)> {
        let target = target(plan);
        let context = Context {
            plan,
            cloud: &target.cloud,
        };
        let mut fields = cloud::immutable(&target.cloud, "clb");
        let path = |key: &str| format!("targets.tencent.{key}");
        // The provider plans these changes and refuses them when it applies, or it would replace the
        // load balancer, whose name may not be taken twice.
        if target.cloud.internal {
            fields.push((
                path("network.subnets[of the load balancer].zone"),
                json!(context.load_balancer_zone()),
            ));
        } else {
            fields.push((path("clb.masterZone"), json!(target.master_zone)));
            fields.push((path("clb.slaveZone"), json!(target.slave_zone)));
        }
        fields
    }
}

/// What the resources give.
const OUTPUTS: Outputs<'static> = Outputs {
    dns_name: "",
    addresses: load_balancer::ADDRESSES,
    load_balancer: "tencentcloud_clb_instance.api.id",
    target_group: ("tencentcloud_clb_listener.api.listener_id", "listener"),
    security_group: "tencentcloud_security_group.api_lb.id",
    control_plane_security_group: "tencentcloud_security_group.control_plane.id",
    // The load balancer passes the machines' security groups.
    source: "",
};

fn target(plan: &Plan) -> &tencent::Tencent {
    match &plan.target {
        Target::Tencent(target) => target,
        _ => panic!("the plan is for another target, a bug in hagen"),
    }
}
