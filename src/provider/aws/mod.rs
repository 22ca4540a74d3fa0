//! Amazon Web Services: a Network Load Balancer in front of the API servers.
//!
//! A file of Terraform for each concern, with the same names on every target. What is set to
//! what, and why, stands in the comments of the emitted files and in `providers/aws`.

mod cloud_controller;
mod dns;
mod etcd;
mod load_balancer;
mod names;
mod network;
mod nodes;
mod outputs;
mod runbook;
mod security;

use hcl::Block;
use serde_json::{Value, json};

use super::runbook::{Paths, Task};
use super::{GITIGNORE, Provider, Usage, cloud_init, user_data, variables};
use crate::artifact::ArtifactSet;
use crate::component;
use crate::format::terraform::Document;
use crate::plan::{self, Plan, Target, aws};

/// Amazon Web Services.
pub struct Aws;

impl Provider for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn title(&self) -> &'static str {
        "Amazon Web Services"
    }

    fn abilities(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "API load balancer",
                "Network Load Balancer, internal or internet-facing, or one of each",
            ),
            (
                "health check",
                "HTTPS /readyz, or the port where anonymous access is off",
            ),
            ("fixed addresses", "one for each zone, internal or elastic"),
            ("network", "an existing VPC, or one that hagen makes"),
            (
                "machines",
                "made by Terraform, or existing ones by address or instance id",
            ),
            (
                "etcd",
                "stacked, or external on machines with a volume of their own",
            ),
            (
                "name",
                "the load balancer's own, your own, or a Route 53 record",
            ),
            ("IPv6", "dual-stack load balancer"),
            (
                "Services",
                "the cloud controller of AWS, with cloudProvider: external",
            ),
        ]
    }

    fn example(&self) -> &'static str {
        include_str!("../../../examples/aws.yaml")
    }

    fn render(&self, plan: &Plan, artifacts: &mut ArtifactSet) {
        let target = target(plan);
        let context = Context { plan, target };
        let files: [(&str, Document); 13] = [
            ("versions.tf", versions()),
            ("providers.tf", providers(target)),
            ("variables.tf", variables::document(plan)),
            ("network.tf", network::document(&context)),
            ("load-balancer.tf", load_balancer::document(&context)),
            ("security.tf", security::document(&context)),
            ("iam.tf", cloud_controller::document(&context)),
            (
                "cloud-init.tf",
                cloud_init::document(plan, names::names_and_addresses(&context)),
            ),
            ("control-plane.tf", nodes::control_plane(&context)),
            ("etcd.tf", etcd::document(&context)),
            ("workers.tf", nodes::workers(&context)),
            ("dns.tf", dns::document(&context)),
            ("outputs.tf", outputs::document(&context)),
        ];
        for (path, document) in files {
            if !document.is_empty() {
                artifacts.insert(path, document.to_text());
            }
        }
        super::machines(plan, artifacts);
        if let Some(controller) = &plan.cloud_controller {
            artifacts.insert(
                "manifests/aws-cloud-controller-manager.yaml",
                component::cloud_controller::aws(controller),
            );
            artifacts.insert(cloud_controller::POLICY, cloud_controller::policy());
        }
        artifacts.insert("README.md", runbook::document(&context));
        artifacts.insert(".gitignore", GITIGNORE.to_owned());
    }

    fn user_data(&self, plan: &Plan) -> Option<Usage> {
        let made = matches!(target(plan).machines, aws::Machines::Made(_));
        made.then(|| user_data::largest(plan, self.name()))
            .flatten()
    }

    fn runbook(&self, plan: &Plan, task: Task<'_>, paths: Paths<'_>) -> String {
        let target = target(plan);
        runbook::task(&Context { plan, target }, task, paths)
    }

    fn immutable(&self, plan: &Plan) -> Vec<(String, Value)> {
        let target = target(plan);
        let path = |key: &str| format!("targets.aws.{key}");
        let mut fields = vec![
            (path("region"), json!(target.region)),
            (path("network.vpc"), json!(target.network.vpc)),
            (path("network.cidr"), json!(target.network.cidr.to_string())),
            (
                "endpoint.exposure".to_owned(),
                json!(if target.load_balancers.iter().any(|lb| !lb.internal) {
                    "internet"
                } else {
                    "internal"
                }),
            ),
            (
                path("loadBalancer.secondInternal"),
                json!(target.load_balancers.len() > 1),
            ),
            (
                path("machines"),
                json!(match target.machines {
                    aws::Machines::Made(_) => "provision",
                    aws::Machines::Existing => "existing",
                }),
            ),
        ];
        if let aws::Machines::Made(_) = target.machines {
            // Nodes go round the zones in this order: another order would move machines, and
            // with them members of etcd.
            let zones: Vec<&str> = target
                .network
                .subnets
                .iter()
                .map(|subnet| subnet.zone.as_str())
                .collect();
            fields.push((path("network.subnets"), json!(zones)));
        }
        // A subnet may be added in place; one that goes, or whose address changes, replaces the
        // load balancer.
        for (key, subnets) in [
            ("network.subnets", &target.network.subnets),
            ("network.publicSubnets", &target.network.public_subnets),
        ] {
            for subnet in subnets {
                fields.push((
                    format!("{}[{}]", path(key), subnet.zone),
                    json!({
                        "id": subnet.id,
                        "cidr": subnet.cidr.to_string(),
                        "apiAddress": subnet.api_address.map(|address| address.to_string()),
                    }),
                ));
            }
        }
        fields
    }
}

/// What every file of Terraform is made from.
struct Context<'a> {
    plan: &'a Plan,
    target: &'a aws::Aws,
}

impl Context<'_> {
    /// The machines that Terraform makes, if it makes any.
    fn made(&self) -> Option<&aws::MadeMachines> {
        match &self.target.machines {
            aws::Machines::Made(machines) => Some(machines),
            aws::Machines::Existing => None,
        }
    }

    /// The tags of what the cloud controller takes for its cluster's own, as `tags` has them
    /// otherwise.
    fn controller_tags(&self, name: &str) -> hcl::Expression {
        if self.plan.cloud_controller.is_none() {
            return tags(name);
        }
        crate::format::terraform::expr(&format!(
            "merge(local.tags, local.controller_tags, {{ Name = {name} }})"
        ))
    }

    /// External etcd, if the cluster has it.
    fn etcd(&self) -> Option<&plan::ExternalEtcd> {
        self.plan.external_etcd()
    }

    fn has_workers(&self) -> bool {
        self.plan.has_workers()
    }
}

fn target(plan: &Plan) -> &aws::Aws {
    match &plan.target {
        Target::Aws(target) => target,
        _ => panic!("the plan is for another target, a bug in hagen"),
    }
}

fn versions() -> Document {
    let mut document = Document::default();
    document.commented(
        "hagen is tested with 5.100; 7.0 is not known yet.",
        hcl::block! {
            terraform {
                required_version = ">= 1.5"

                required_providers {
                    aws = {
                        source  = "hashicorp/aws"
                        version = ">= 5.100, < 7.0"
                    }
                }
            }
        },
    );
    document
}

fn providers(target: &aws::Aws) -> Document {
    let mut document = Document::default();
    let region = target.region.clone();
    document.commented(
        "Credentials and a state backend are yours to add, in a file of your own.",
        hcl::block! {
            provider "aws" {
                region = (region)
            }
        },
    );
    document
}

/// `tags = merge(local.tags, { Name = … })`.
fn tags(name: &str) -> hcl::Expression {
    crate::format::terraform::expr(&format!("merge(local.tags, {{ Name = {name} }})"))
}

/// A lifecycle block that makes the new one before the old one goes.
fn create_before_destroy() -> Block {
    hcl::block! {
        lifecycle {
            create_before_destroy = true
        }
    }
}
