//! Tencent Cloud: Cloud Load Balancer (CLB), internal or internet-facing in front of the API servers.
//!
//! A file of Terraform for each concern, with the same names on every target. What is set to what, and
//! why, stands in the comments of the emitted files and in `providers/tencent`.

mod runbook;

use serde_json::Value;

use super::cloud::{self, Balancer, Context};
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
        &[(
            "API load balancer",
            "Cloud Load Balancer (CLB), internal or internet-facing",
        )]
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
        // To be replaced: what the load balancer's resources give.
        let balancer = Balancer {
            dns_name: "\"\"",
            node_addresses: "[]",
            address_of: &|_| "\"\"".to_owned(),
        };
        let files: [(&str, Document); 4] = [
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
            (
                "cloud-init.tf",
                cloud_init::document(plan, cloud::names_and_addresses(&context, &balancer)),
            ),
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
        let kind = "clb";
        cloud::immutable(&target(plan).cloud, kind)
    }
}

fn target(plan: &Plan) -> &tencent::Tencent {
    match &plan.target {
        Target::Tencent(target) => target,
        _ => panic!("the plan is for another target, a bug in hagen"),
    }
}
