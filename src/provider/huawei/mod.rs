//! Huawei Cloud: dedicated Elastic Load Balance (ELB), internal or internet-facing in front of the API servers.
//!
//! A file of Terraform for each concern, with the same names on every target. What is set to what, and
//! why, stands in the comments of the emitted files and in `providers/huawei`.

mod cloud_controller;
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
use crate::component;
use crate::format::terraform::Document;
use crate::plan::cloud::Machines;
use crate::plan::{Plan, Target, huawei};

/// Huawei Cloud.
pub struct Huawei;

impl Provider for Huawei {
    fn name(&self) -> &'static str {
        "huawei"
    }

    fn title(&self) -> &'static str {
        "Huawei Cloud"
    }

    fn abilities(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "API load balancer",
                "dedicated Elastic Load Balance (ELB), internal or internet-facing",
            ),
            (
                "health check",
                "HTTPS /readyz, or the port where anonymous access is off",
            ),
            (
                "fixed addresses",
                "one private address, and an elastic IP where internet-facing",
            ),
            ("network", "an existing VPC, or one that hagen makes"),
            ("machines", "made by Terraform, or existing ones by address"),
            (
                "etcd",
                "stacked, or external on machines with a data disk of their own",
            ),
            ("name", "your own, in /etc/hosts or a private DNS record"),
            (
                "Services",
                "the cloud controller of Huawei Cloud, with cloudProvider: external",
            ),
        ]
    }

    fn example(&self) -> &'static str {
        include_str!("../../../examples/huawei.yaml")
    }

    fn render(&self, plan: &Plan, artifacts: &mut ArtifactSet) {
        let target = target(plan);
        let context = Context {
            plan,
            cloud: &target.cloud,
        };
        let files: [(&str, Document); 12] = [
            (
                "versions.tf",
                cloud::versions(
                    "huaweicloud",
                    "huaweicloud/huaweicloud",
                    ">= 1.68.0, < 2.0.0",
                    "hagen is tested with 1.97.1.",
                ),
            ),
            (
                "providers.tf",
                cloud::provider(
                    "huaweicloud",
                    &target.cloud,
                    "HW_ACCESS_KEY and HW_SECRET_KEY",
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
                cloud_init::document(
                    plan,
                    cloud::names_and_addresses(
                        &context,
                        &Balancer {
                            dns_name: "",
                            node_addresses: "[huaweicloud_elb_loadbalancer.api.ipv4_address]",
                            address_of: &address_of,
                        },
                    ),
                ),
            ),
            ("control-plane.tf", nodes::control_plane(&context)),
            ("etcd.tf", nodes::etcd(&context)),
            ("workers.tf", nodes::workers(&context)),
            ("dns.tf", dns::document(&context)),
            ("outputs.tf", outputs(&context)),
        ];
        for (path, document) in files {
            if !document.is_empty() {
                artifacts.insert(path, document.to_text());
            }
        }
        super::machines(plan, artifacts);
        if let Some(controller) = &plan.cloud_controller {
            artifacts.insert(
                "manifests/huawei-cloud-controller-manager.yaml",
                component::cloud_controller::huawei(controller),
            );
            artifacts.insert(cloud_controller::POLICY, cloud_controller::policy());
        }
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
        let cloud = &target(plan).cloud;
        let mut fields = cloud::immutable(cloud, "elb");
        // Without a fixed address, the load balancer stands in the first subnet: another one would
        // give it another address.
        let subnets = &cloud.network.subnets;
        if subnets.iter().all(|subnet| subnet.api_address.is_none()) {
            let first = subnets.first().map(|subnet| subnet.zone.as_str());
            fields.push(("targets.huawei.network.subnets[0]".to_owned(), json!(first)));
        }
        fields
    }
}

/// One of the load balancer's addresses, by the key of the plan.
fn address_of(key: &str) -> String {
    match key {
        "public" => "huaweicloud_vpc_eip.api.address",
        _ => "huaweicloud_elb_loadbalancer.api.ipv4_address",
    }
    .to_owned()
}

fn outputs(context: &Context<'_>) -> Document {
    cloud::outputs(
        context,
        &Outputs {
            dns_name: "",
            // People come by the public one, nodes by the private one.
            addresses: if context.cloud.internal {
                "[huaweicloud_elb_loadbalancer.api.ipv4_address]"
            } else {
                "[huaweicloud_vpc_eip.api.address]"
            },
            load_balancer: "huaweicloud_elb_loadbalancer.api.id",
            target_group: ("huaweicloud_elb_pool.api.id", "backend server group"),
            security_group: "",
            control_plane_security_group: "huaweicloud_networking_secgroup.control_plane.id",
            source: "${local.api_source}",
        },
    )
}

fn target(plan: &Plan) -> &huawei::Huawei {
    match &plan.target {
        Target::Huawei(target) => target,
        _ => panic!("the plan is for another target, a bug in hagen"),
    }
}
