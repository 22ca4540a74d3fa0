//! Alibaba Cloud: a Network Load Balancer, or a classic one in front of the API servers.
//!
//! A file of Terraform for each concern, with the same names on every target. What is set to what, and
//! why, stands in the comments of the emitted files and in `providers/aliyun`.

mod cloud_controller;
mod dns;
mod load_balancer;
mod machines;
mod network;
mod nlb;
mod runbook;
mod security;
mod slb;

use serde_json::{Value, json};

use super::cloud::{self, Balancer, Context, Outputs};
use super::runbook::{Paths, Task};
use super::{GITIGNORE, Provider, Usage, cloud_init, user_data, variables};
use crate::artifact::ArtifactSet;
use crate::component;
use crate::format::terraform::Document;
use crate::plan::aliyun::LoadBalancer;
use crate::plan::cloud::Machines;
use crate::plan::{Plan, Target, aliyun};

/// Alibaba Cloud.
pub struct Aliyun;

impl Provider for Aliyun {
    fn name(&self) -> &'static str {
        "aliyun"
    }

    fn title(&self) -> &'static str {
        "Alibaba Cloud"
    }

    fn abilities(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "API load balancer",
                "Network Load Balancer, or the classic one (SLB, CLB), internal or internet-facing",
            ),
            ("health check", "the port; neither kind asks over HTTPS"),
            (
                "fixed addresses",
                "NLB: one for each zone, internal or elastic; SLB: one, internal",
            ),
            ("network", "an existing VPC, or one that hagen makes"),
            (
                "machines",
                "made by Terraform, or existing ones by instance id",
            ),
            (
                "etcd",
                "stacked, or external on machines with a disk of their own",
            ),
            (
                "name",
                "NLB: the load balancer's own, or your own; a record in PrivateZone",
            ),
            (
                "Services",
                "the cloud controller of Alibaba Cloud, with cloudProvider: external",
            ),
        ]
    }

    fn example(&self) -> &'static str {
        include_str!("../../../examples/aliyun.yaml")
    }

    fn render(&self, plan: &Plan, artifacts: &mut ArtifactSet) {
        let target = target(plan);
        let context = Context {
            plan,
            cloud: &target.cloud,
        };
        let own = &target.load_balancer;
        let names = names(&context, own);
        let balancer = Balancer {
            dns_name: names.dns_name,
            node_addresses: names.addresses,
            address_of: &|key| address_of(&context, own, key),
        };
        let outputs = Outputs {
            dns_name: names.dns_name,
            addresses: names.addresses,
            load_balancer: names.id,
            target_group: (names.server_group, "server group"),
            security_group: names.security_group,
            control_plane_security_group: "alicloud_security_group.control_plane.id",
            source: &security::source(own),
        };
        let files: [(&str, Document); 13] = [
            ("versions.tf", versions()),
            (
                "providers.tf",
                cloud::provider(
                    "alicloud",
                    &target.cloud,
                    "ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET",
                ),
            ),
            ("variables.tf", variables::document(plan)),
            ("network.tf", network::document(&context, own)),
            ("load-balancer.tf", load_balancer::document(&context, own)),
            ("security.tf", security::document(&context, own)),
            ("iam.tf", cloud_controller::document(&context)),
            (
                "cloud-init.tf",
                cloud_init::document(plan, cloud::names_and_addresses(&context, &balancer)),
            ),
            ("control-plane.tf", machines::control_plane(&context)),
            ("etcd.tf", machines::etcd(&context)),
            ("workers.tf", machines::workers(&context)),
            ("dns.tf", dns::document(&context, own)),
            ("outputs.tf", cloud::outputs(&context, &outputs)),
        ];
        for (path, document) in files {
            if !document.is_empty() {
                artifacts.insert(path, document.to_text());
            }
        }
        super::machines(plan, artifacts);
        if let Some(controller) = &plan.cloud_controller {
            artifacts.insert(
                "manifests/aliyun-cloud-controller-manager.yaml",
                component::cloud_controller::aliyun(
                    controller,
                    &plan.cluster,
                    &target.cloud.region,
                ),
            );
            artifacts.insert(cloud_controller::POLICY, cloud_controller::policy());
        }
        artifacts.insert("README.md", runbook::document(&context, own));
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
        let LoadBalancer::Slb(slb) = &target.load_balancer else {
            return cloud::immutable(&target.cloud, "nlb");
        };
        let mut fields = cloud::immutable(&target.cloud, "slb");
        // Either zone cannot change without another load balancer, and another address.
        fields.push((
            "targets.aliyun.slb.masterZone".to_owned(),
            json!(slb.master_zone),
        ));
        fields.push((
            "targets.aliyun.slb.slaveZone".to_owned(),
            json!(slb.slave_zone),
        ));
        fields
    }
}

fn versions() -> Document {
    cloud::versions(
        "alicloud",
        "aliyun/alicloud",
        ">= 1.264.0, < 2.0.0",
        "hagen is tested with 1.264.0, which has the fixes of NLB server groups; 2.0 is not known yet.",
    )
}

/// What other files call the load balancer's parts, as expressions.
struct Names {
    dns_name: &'static str,
    addresses: &'static str,
    id: &'static str,
    server_group: &'static str,
    security_group: &'static str,
}

fn names(context: &Context<'_>, balancer: &LoadBalancer) -> Names {
    match balancer {
        LoadBalancer::Nlb => Names {
            dns_name: "alicloud_nlb_load_balancer.api.dns_name",
            addresses: if context.cloud.internal {
                "sort([for mapping in alicloud_nlb_load_balancer.api.zone_mappings : mapping.private_ipv4_address])"
            } else {
                "sort([for address in alicloud_eip_address.api : address.ip_address])"
            },
            id: "alicloud_nlb_load_balancer.api.id",
            server_group: "alicloud_nlb_server_group.api.id",
            security_group: "alicloud_security_group.api.id",
        },
        LoadBalancer::Slb(_) => Names {
            dns_name: "",
            addresses: "[alicloud_slb_load_balancer.api.address]",
            id: "alicloud_slb_load_balancer.api.id",
            server_group: "alicloud_slb_server_group.api.id",
            security_group: "",
        },
    }
}

/// One of the load balancer's addresses: that in a zone, or the only one.
fn address_of(context: &Context<'_>, balancer: &LoadBalancer, key: &str) -> String {
    match balancer {
        LoadBalancer::Nlb => nlb_address(context).replace("each.key", &format!("\"{key}\"")),
        LoadBalancer::Slb(_) => "alicloud_slb_load_balancer.api.address".to_owned(),
    }
}

/// The Network Load Balancer's address in the zone `each.key`, as an expression.
fn nlb_address(context: &Context<'_>) -> String {
    if context.cloud.internal {
        "one([for mapping in alicloud_nlb_load_balancer.api.zone_mappings : mapping.private_ipv4_address if mapping.zone_id == each.key])".to_owned()
    } else {
        "alicloud_eip_address.api[each.key].ip_address".to_owned()
    }
}

fn target(plan: &Plan) -> &aliyun::Aliyun {
    match &plan.target {
        Target::Aliyun(target) => target,
        _ => panic!("the plan is for another target, a bug in hagen"),
    }
}
