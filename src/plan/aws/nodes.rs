//! The nodes on AWS: names, zones, turns.

use crate::plan::{Address, Node};
use crate::spec;

/// The nodes of a cluster on AWS: the control plane first.
pub(super) fn build(spec: &spec::Cluster, target: &spec::Aws) -> Vec<Node> {
    let mut nodes = match &target.machines {
        spec::AwsMachines::Provision(_) => made_nodes(spec, target),
        spec::AwsMachines::Existing(machines) => existing_nodes(machines),
    };
    nodes.sort_by_key(|node| node.role);
    nodes
}

/// Nodes are numbered from 1 and go round the zones, so that one more changes none of the rest.
fn made_nodes(spec: &spec::Cluster, target: &spec::Aws) -> Vec<Node> {
    let zones: Vec<&str> = target
        .network
        .subnets
        .iter()
        .map(|subnet| subnet.zone.as_str())
        .collect();
    let zone = |at: usize| {
        zones
            .get(at % zones.len().max(1))
            .map(|zone| (*zone).to_owned())
    };
    let mut nodes = Vec::new();
    for at in 0..spec.control_plane.count {
        let previous = (at > 0).then(|| format!("cp-{at}"));
        let mut node = Node::control_plane(format!("cp-{}", at + 1), at.into(), previous);
        node.zone = zone(at.into());
        nodes.push(node);
    }
    for at in 0..spec.workers.count {
        let mut node = Node::worker(format!("worker-{}", at + 1), "cp-1");
        node.zone = zone(at.into());
        nodes.push(node);
    }
    if let spec::Etcd::External(external) = spec.etcd {
        for at in 0..external.count {
            let mut node = Node::etcd(format!("etcd-{}", at + 1));
            node.zone = zone(at.into());
            nodes.push(node);
        }
    }
    nodes
}

/// Machines that are there join in the order of the spec.
fn existing_nodes(machines: &[spec::AwsMachine]) -> Vec<Node> {
    let mut previous: Option<String> = None;
    let mut turn = 0;
    let first = machines
        .iter()
        .find(|machine| machine.role == spec::MachineRole::ControlPlane)
        .map_or("", |machine| machine.name.as_str());
    machines
        .iter()
        .map(|machine| {
            let mut node = match machine.role {
                spec::MachineRole::Worker => Node::worker(machine.name.clone(), first),
                spec::MachineRole::Etcd => Node::etcd(machine.name.clone()),
                spec::MachineRole::ControlPlane => {
                    let node = Node::control_plane(machine.name.clone(), turn, previous.take());
                    previous = Some(machine.name.clone());
                    turn += 1;
                    node
                }
            };
            node.address = Address::Known(machine.address);
            node.zone.clone_from(&machine.zone);
            node.instance_id.clone_from(&machine.instance_id);
            node
        })
        .collect()
}
