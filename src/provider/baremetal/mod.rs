//! Bare metal: keepalived in front of haproxy or nginx, or kube-vip; MetalLB for Services.
//!
//! There is no Terraform here. What it puts into a cloud-init on a cloud, `hagen seed` does.

mod network_config;
mod runbook;

use serde_json::{Value, json};

use super::runbook::{Paths, Task};
use super::{GITIGNORE, Provider, Usage};
use crate::artifact::ArtifactSet;
use crate::component::{kube_vip, load_balancer, metallb};
use crate::plan::baremetal::Services;
use crate::plan::{LoadBalancer, Plan, Target, baremetal};

/// Bare metal.
pub struct Baremetal;

impl Provider for Baremetal {
    fn name(&self) -> &'static str {
        "baremetal"
    }

    fn title(&self) -> &'static str {
        "bare metal"
    }

    fn abilities(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "API load balancer",
                "a virtual IP: keepalived with haproxy or nginx, on a pair of its own or on the control plane, or kube-vip",
            ),
            (
                "health check",
                "HTTPS /readyz with haproxy; nginx and kube-vip notice only what does not answer",
            ),
            (
                "failover",
                "computed from the timers, and bounded by maxFailover",
            ),
            ("network", "one subnet that is there"),
            (
                "machines",
                "existing ones, with NoCloud seeds by `hagen seed`",
            ),
            ("etcd", "stacked, or external on machines of its own"),
            ("name", "your own, in /etc/hosts"),
            ("Services", "MetalLB by ARP or BGP"),
        ]
    }

    fn example(&self) -> &'static str {
        include_str!("../../../examples/baremetal.yaml")
    }

    fn render(&self, plan: &Plan, artifacts: &mut ArtifactSet) {
        let target = target(plan);
        if let LoadBalancer::Pair(pair) = &plan.load_balancer {
            artifacts.insert(load_balancer::proxy_path(pair), load_balancer::proxy(pair));
            for node in &pair.nodes {
                artifacts.insert(
                    format!("keepalived/{}.conf", node.name),
                    load_balancer::keepalived(pair, node),
                );
            }
        }
        if let LoadBalancer::KubeVip(own) = &plan.load_balancer {
            for (path, text) in kube_vip::manifests(plan, own) {
                artifacts.insert(path, text);
            }
        }
        for machine in &target.machines {
            artifacts.insert(
                format!("network-config/{}.yaml", machine.name),
                network_config::document(plan, target, machine),
            );
        }
        if let Services::Metallb(wanted) = &target.services {
            for (path, text) in metallb::files(wanted) {
                artifacts.insert(path, text);
            }
        }
        super::machines(plan, artifacts);
        artifacts.insert("README.md", runbook::document(plan, target));
        artifacts.insert(
            ".gitignore",
            format!("{GITIGNORE}seed/\n.seed.hagen-staging/\n"),
        );
    }

    fn has_terraform(&self) -> bool {
        false
    }

    fn user_data(&self, _: &Plan) -> Option<Usage> {
        // A file, of any length.
        None
    }

    fn runbook(&self, plan: &Plan, task: Task<'_>, paths: Paths<'_>) -> String {
        runbook::words_of(plan, task, paths)
    }

    fn immutable(&self, plan: &Plan) -> Vec<(String, Value)> {
        let target = target(plan);
        let kind = match &plan.load_balancer {
            LoadBalancer::Pair(pair) => {
                match (load_balancer::proxy_name(pair), pair.on_control_plane) {
                    // The proxy can be changed node by node; where it runs is in the endpoint's port.
                    (_, true) => "on the control plane",
                    (_, false) => "on nodes of its own",
                }
            }
            LoadBalancer::KubeVip(_) | LoadBalancer::Managed(_) => "kube-vip",
        };
        vec![
            (
                "targets.baremetal.virtualIp".to_owned(),
                json!(target.virtual_ip.to_string()),
            ),
            (
                "targets.baremetal.apiServerPort".to_owned(),
                json!(plan.endpoint.bind_port),
            ),
            ("targets.baremetal.loadBalancer".to_owned(), json!(kind)),
        ]
    }
}

fn target(plan: &Plan) -> &baremetal::Baremetal {
    match &plan.target {
        Target::Baremetal(target) => target,
        _ => panic!("the plan is for another target, a bug in hagen"),
    }
}
