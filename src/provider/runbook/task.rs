//! The tasks, and which of them a cluster does not have.

use super::metallb;
use crate::plan::{LoadBalancer, Node, Plan};

/// A task.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// Add control-plane nodes.
    AddControlPlane,
    /// Add workers.
    AddWorker,
    /// Add members to external etcd.
    AddEtcd,
    /// Take members out of external etcd.
    RemoveEtcd,
    /// Replace a machine.
    Replace(&'a Node),
    /// Renew certificates.
    RotateCertificates,
    /// Upgrade Kubernetes to a version.
    Upgrade(&'a str),
    /// Revive the join secrets.
    Rearm,
    /// What the mode of the secrets protects against.
    Secrets,
    /// The commands of kubeadm that people know.
    Kubeadm,
    /// Delete the cluster.
    TearDown,
    /// Install the cloud controller.
    CloudController,
    /// Take the virtual IP from a node for a while.
    DrainLoadBalancer(&'a Node),
    /// Bring a changed configuration to the nodes that may hold the virtual IP.
    ChangeLoadBalancer,
    /// Install MetalLB, check it, change how it announces.
    Metallb,
}

/// Why a cluster does not have a task, in one sentence without a full stop, and what to do.
pub fn refused(plan: &Plan, task: Task<'_>) -> Option<(String, String)> {
    let refuse = |why: &str, cure: &str| Some((why.to_owned(), cure.to_owned()));
    let managed = matches!(plan.load_balancer, LoadBalancer::Managed(_));
    let masters = plan.control_plane().count();
    match task {
        Task::AddControlPlane if masters >= 7 => refuse(
            "seven control-plane nodes are the most",
            "larger machines help further",
        ),
        Task::AddEtcd if plan.etcd_nodes().count() == 0 => refuse(
            "the members of etcd are on the control-plane nodes",
            "add control-plane nodes: `hagen runbook add-control-plane`",
        ),
        Task::AddEtcd if plan.etcd_nodes().count() >= 7 => refuse(
            "seven members of etcd are the most",
            "larger machines and faster disks help further",
        ),
        Task::RemoveEtcd if plan.etcd_nodes().count() == 0 => refuse(
            "the members of etcd are on the control-plane nodes",
            "each goes with its node",
        ),
        Task::RemoveEtcd if plan.etcd_nodes().count() < 5 => refuse(
            "with fewer than three members no loss of a machine is survived",
            "`hagen runbook replace NODE` makes one anew",
        ),
        Task::Replace(node) if node.role.is_control_plane() && masters == 1 => refuse(
            "the only control-plane node cannot be replaced: nothing is left to join",
            "add control-plane nodes first: `hagen runbook add-control-plane`",
        ),
        Task::CloudController if plan.cloud_controller.is_none() => refuse(
            "the cluster has no cloud controller",
            "`kubernetes: { cloudProvider: external }` in the spec is for new clusters",
        ),
        Task::DrainLoadBalancer(_) | Task::ChangeLoadBalancer if managed => refuse(
            "the load balancer is the cloud's own: no node of the cluster is one",
            "Terraform changes it: `hagen diff` says what it would do",
        ),
        Task::DrainLoadBalancer(node) if !may_hold(plan, node) => Some((
            format!("{} never holds the virtual IP", node.name),
            format!("those that may are {}", holders(plan).join(", ")),
        )),
        Task::Metallb if metallb(plan).is_none() => refuse(
            "nothing of hagen's serves Services of type LoadBalancer here",
            "on bare metal, put `services: { metallb: … }` under `targets.baremetal`",
        ),
        _ => None,
    }
}

/// The nodes that may hold the virtual IP.
pub fn holders(plan: &Plan) -> Vec<&str> {
    match &plan.load_balancer {
        LoadBalancer::Managed(_) => Vec::new(),
        LoadBalancer::Pair(pair) => pair.nodes.iter().map(|node| node.name.as_str()).collect(),
        LoadBalancer::KubeVip(_) => plan
            .control_plane()
            .map(|node| node.name.as_str())
            .collect(),
    }
}

fn may_hold(plan: &Plan, node: &Node) -> bool {
    holders(plan).contains(&node.name.as_str())
}
