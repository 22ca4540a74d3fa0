//! What stops the API: the smallest set of machines, and zones.

use super::topology::Front;
use super::words::list;
use super::zones::{damage, outlives, unplaced};
use super::{Api, Model, counted};

/// What stops the API.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The smallest sets of machines without which it is not reached.
    pub smallest: Vec<Stops>,
    /// The zones each of which stops it, or one of two load balancers.
    pub fatal_zones: Vec<String>,
    /// Those of which the cloud does not say.
    pub unknown_zones: Vec<String>,
    /// Those that it survives.
    pub survived_zones: Vec<String>,
    /// The line to read first.
    pub line: String,
    /// What else to know.
    pub warnings: Vec<String>,
}

/// Any `count` of `nodes` stop the API.
#[derive(Clone, Debug)]
pub struct Stops {
    /// What they are.
    pub what: What,
    /// How many.
    pub count: usize,
    /// Of these.
    pub nodes: Vec<String>,
}

/// What machines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Machines with members of etcd.
    EtcdMembers,
    /// Machines with API servers.
    ControlPlane,
    /// Load balancers of the cluster's own.
    LoadBalancers,
}

impl What {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::EtcdMembers => "etcdMembers",
            Self::ControlPlane => "controlPlane",
            Self::LoadBalancers => "loadBalancers",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::EtcdMembers => "etcd members",
            Self::ControlPlane => "control-plane nodes",
            Self::LoadBalancers => "load balancer nodes",
        }
    }
}

pub(super) fn of(model: &Model<'_>) -> Summary {
    let topology = &model.topology;
    let members = topology.members();
    let minority = members.len() - topology.needed;
    let mut sets = vec![
        (What::EtcdMembers, minority + 1, members),
        (
            What::ControlPlane,
            topology.api_servers().len(),
            topology.api_servers(),
        ),
    ];
    if matches!(topology.front, Front::Pair) {
        let holders = topology.holders();
        sets.push((What::LoadBalancers, holders.len(), holders));
    }
    let least = sets.iter().map(|(_, count, _)| *count).min().unwrap_or(0);
    let mut smallest: Vec<Stops> = Vec::new();
    for (what, count, machines) in sets {
        let nodes = topology.names(&machines);
        // Members of etcd, API servers and load balancers may be the same machines.
        let told = smallest.iter().any(|set| set.nodes == nodes);
        if count == least && !told {
            smallest.push(Stops { what, count, nodes });
        }
    }
    let of_zones = |wanted: &[Api]| -> Vec<String> {
        let zones = topology.zones().into_iter();
        zones
            .filter(|zone| wanted.contains(&outlives(topology, zone)))
            .collect()
    };
    let mut summary = Summary {
        smallest,
        fatal_zones: of_zones(&[Api::No, Api::Partly]),
        unknown_zones: of_zones(&[Api::Unknown]),
        survived_zones: of_zones(&[Api::Yes]),
        line: String::new(),
        warnings: Vec::new(),
    };
    summary.line = line(&summary);
    summary.warnings = warnings(model, &summary);
    summary
}

fn line(summary: &Summary) -> String {
    let machines: Vec<String> = summary
        .smallest
        .iter()
        .map(|set| match set.nodes.len() {
            1 => set.nodes[0].clone(),
            all => format!(
                "{} {} ({})",
                match (set.count, all) {
                    (2, 2) => "both".to_owned(),
                    (count, all) if count == all => format!("all {all}"),
                    (count, all) => format!("any {count} of {all}"),
                },
                set.what.words(),
                list(&set.nodes, "and")
            ),
        })
        .collect();
    let machines = list(&machines, "or");
    match summary.fatal_zones.as_slice() {
        [] => format!("The smallest set of failures that stops the API: {machines}."),
        zones => format!(
            "The smallest set of failures that stops the API: the loss of zone {} alone. Of machines: {machines}.",
            list(zones, "or")
        ),
    }
}

fn warnings(model: &Model<'_>, summary: &Summary) -> Vec<String> {
    let topology = &model.topology;
    let mut warnings = Vec::new();
    for zone in &summary.fatal_zones {
        let left = topology.left(&damage(topology, zone));
        let quorum = model.quorum(left.members);
        warnings.push(if quorum.kept() {
            format!("The loss of zone {zone} takes every API server or load balancer that somebody needs.")
        } else {
            format!("The loss of zone {zone} breaks etcd's quorum: {}", counted(quorum))
        });
    }
    let unplaced = unplaced(topology);
    if topology.zones().is_empty() {
        warnings.push(
            "The spec names no zones: what shares a rack, a room or a power supply fails together."
                .to_owned(),
        );
    } else if !unplaced.is_empty() {
        warnings.push(format!(
            "The spec does not say the zone of {}, so that more may be lost with a zone than is counted.",
            list(&unplaced, "and")
        ));
    } else if !summary.unknown_zones.is_empty() {
        warnings.push(format!(
            "Whether the load balancer outlives the loss of zone {} is the cloud's choice.",
            list(&summary.unknown_zones, "or")
        ));
    }
    if let Front::Managed(_) = topology.front {
        warnings.push(format!(
            "Everything is behind {}, which the cloud keeps running: no machine of the cluster stands in for it.",
            model.timers.name()
        ));
    }
    warnings
}
