//! The bootstrap script of a machine: the parts of `templates/bootstrap/` that it needs. User data
//! has little room, so what a machine never runs is not in it.

use crate::format::template::verbatim;
use crate::plan::{Etcd, Node, PackageManager, Pin, Plan, Role, SecretsMode};

/// The script as a machine gets it: without the lines that are comments only. They are for who
/// reviews it, in [`script`], and would take a tenth of the user data.
pub fn installed(plan: &Plan, node: &Node) -> String {
    let mut lines = script(plan, node);
    let first = lines.find('\n').map_or(0, |end| end + 1);
    let rest = lines.split_off(first);
    lines + &without_comments(&rest)
}

/// The units that a machine gets: name, and text with its comments.
pub fn units(node: &Node) -> Vec<(&'static str, &'static str)> {
    let mut units = vec![("hagen-bootstrap.service", verbatim::BOOTSTRAP_UNIT)];
    if node.role == Role::Etcd {
        units.push(("etcd.service", verbatim::ETCD_UNIT));
    }
    units
}

/// A script or a unit without the lines that are comments only.
pub fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty())
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The script of a machine, with its comments.
pub fn script(plan: &Plan, node: &Node) -> String {
    parts(plan, node)
        .into_iter()
        .map(|name| {
            verbatim::PARTS
                .iter()
                .find(|(part, _)| *part == name)
                .map_or_else(
                    || panic!("there is no part {name}, a bug in hagen"),
                    |(_, text)| *text,
                )
        })
        .collect()
}

fn holds_virtual_ip(plan: &Plan, node: &Node) -> bool {
    let pair = plan.load_balancer.pair();
    pair.is_some_and(|pair| pair.node(&node.name).is_some())
}

/// The names of the parts, in their order. The last one runs what the others define.
fn parts(plan: &Plan, node: &Node) -> Vec<&'static str> {
    let mut parts = vec!["begin"];
    if matches!(plan.secrets.mode, SecretsMode::Drop(_)) && node.role != Role::LoadBalancer {
        parts.push("drop");
    }
    for manager in plan.package_managers {
        parts.push(match manager {
            PackageManager::Apt => "apt",
            PackageManager::Dnf => "dnf",
        });
    }
    match node.role {
        Role::Etcd => {
            parts.push("etcd");
            return parts;
        }
        Role::LoadBalancer => {
            parts.extend(["load-balancer", "load-balancer-node"]);
            return parts;
        }
        _ => {}
    }
    if holds_virtual_ip(plan, node) {
        parts.push("load-balancer");
    }
    if let Some(controller) = &plan.cloud_controller {
        parts.push(match controller.cloud {
            "aws" => "provider-aws",
            "aliyun" => "provider-aliyun",
            "huawei" => "provider-huawei",
            other => panic!("no part finds the provider id on {other}, a bug in hagen"),
        });
    }
    if plan.endpoint.pin == Pin::Always && node.role.is_control_plane() {
        parts.push("pin");
    }
    if plan.secrets.mode == SecretsMode::Tofu {
        parts.push("tofu");
    }
    if node.role == Role::FirstControlPlane {
        parts.push("first");
        if let Etcd::External(_) = plan.etcd {
            parts.push("first-etcd");
        }
    }
    if let Some(kube_vip) = plan.load_balancer.kube_vip()
        && kube_vip.node(&node.name).is_some()
    {
        parts.push("kube-vip");
    }
    parts.push("kubernetes");
    parts
}
