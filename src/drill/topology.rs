//! What there is to fail, and what is left when some of it has.

use std::collections::BTreeSet;

use super::Api;
use crate::facts::failures::{self, Addresses};
use crate::plan::{Etcd, LoadBalancer, Plan, Role, Target};

/// The machines and what stands in front of them.
#[derive(Debug)]
pub(super) struct Topology {
    /// The machines, in the order of the plan's nodes.
    pub(super) machines: Vec<Machine>,
    /// How many members of etcd have to agree.
    pub(super) needed: usize,
    /// Whether each API server has a member of etcd beside it, and asks no other.
    pub(super) stacked: bool,
    /// What stands in front of the API servers.
    pub(super) front: Front,
}

/// A machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) zone: Option<String>,
    pub(super) role: Role,
    /// Whether it runs a member of etcd.
    pub(super) etcd: bool,
    /// Whether it may hold the virtual IP of keepalived.
    pub(super) holder: bool,
}

/// What stands in front of the API servers.
#[derive(Debug)]
pub(super) enum Front {
    /// A cloud's own: one way in, or one for nodes and one for people.
    Managed(Vec<Entrance>),
    /// keepalived with a proxy.
    Pair,
    /// kube-vip on the control-plane nodes: the leader has the virtual IP.
    KubeVip,
    /// kube-vip on the control-plane nodes: each announces a route to it as long as its API server answers.
    Routes,
}

/// A load balancer of a cloud's.
#[derive(Debug)]
pub(super) struct Entrance {
    addresses: Addresses,
    /// The zones that it is in; of a standby one the active zone, then the other.
    zones: Vec<String>,
    /// Whether clients come from inside the network only.
    internal: bool,
}

/// What has failed, or is out of reach.
#[derive(Clone, Debug, Default)]
pub(super) struct Damage {
    /// Machines, with all that runs on them.
    pub(super) machines: BTreeSet<usize>,
    /// Members of etcd alone, on machines that live.
    pub(super) etcd: BTreeSet<usize>,
    /// API servers alone.
    pub(super) api_servers: BTreeSet<usize>,
    /// The proxies alone, or keepalived in front of them.
    pub(super) proxies: BTreeSet<usize>,
    /// Zones of a cloud, with the load balancer's part in them.
    pub(super) zones: BTreeSet<String>,
    /// Whether they are there and only out of reach.
    pub(super) cut_off: bool,
    /// Whether the load balancer is gone as a whole.
    pub(super) front: bool,
}

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// Whether the API is reached.
    pub(super) api: Api,
    /// Members of etcd that are up.
    pub(super) members: usize,
    /// API servers that are ready.
    pub(super) servers: usize,
}

impl Topology {
    pub(super) fn of(plan: &Plan) -> Self {
        let stacked = matches!(plan.etcd, Etcd::Stacked);
        let machines: Vec<Machine> = plan
            .nodes
            .iter()
            .map(|node| Machine {
                name: node.name.clone(),
                zone: node.zone.clone(),
                role: node.role,
                etcd: if stacked {
                    node.role.is_control_plane()
                } else {
                    node.role == Role::Etcd
                },
                holder: plan
                    .load_balancer
                    .pair()
                    .is_some_and(|pair| pair.node(&node.name).is_some()),
            })
            .collect();
        let members = machines.iter().filter(|machine| machine.etcd).count();
        Self {
            machines,
            needed: members / 2 + 1,
            stacked,
            front: match &plan.load_balancer {
                LoadBalancer::Managed(_) => Front::Managed(entrances(plan)),
                LoadBalancer::Pair(_) => Front::Pair,
                // Without a leader, routers share connections out.
                LoadBalancer::KubeVip(own) if own.bgp().is_some() => Front::Routes,
                LoadBalancer::KubeVip(_) => Front::KubeVip,
            },
        }
    }

    fn where_is(&self, wanted: impl Fn(&Machine) -> bool) -> Vec<usize> {
        (0..self.machines.len())
            .filter(|at| wanted(&self.machines[*at]))
            .collect()
    }

    /// The machines with API servers.
    pub(super) fn api_servers(&self) -> Vec<usize> {
        self.where_is(|machine| machine.role.is_control_plane())
    }

    /// The machines with members of etcd.
    pub(super) fn members(&self) -> Vec<usize> {
        self.where_is(|machine| machine.etcd)
    }

    /// The machines that may hold the virtual IP of keepalived.
    pub(super) fn holders(&self) -> Vec<usize> {
        self.where_is(|machine| machine.holder)
    }

    /// The workers.
    pub(super) fn workers(&self) -> Vec<usize> {
        self.where_is(|machine| machine.role == Role::Worker)
    }

    /// The machines of a zone.
    pub(super) fn in_zone(&self, zone: &str) -> Vec<usize> {
        self.where_is(|machine| machine.zone.as_deref() == Some(zone))
    }

    /// The machines that the API needs: all but workers.
    pub(super) fn core(&self) -> Vec<usize> {
        self.where_is(|machine| machine.role != Role::Worker)
    }

    /// The zones of the machines that the API needs and of the load balancer, each once.
    pub(super) fn zones(&self) -> BTreeSet<String> {
        let mut zones: BTreeSet<String> = self
            .core()
            .into_iter()
            .filter_map(|at| self.machines[at].zone.clone())
            .collect();
        if let Front::Managed(entrances) = &self.front {
            zones.extend(entrances.iter().flat_map(|way| way.zones.iter().cloned()));
        }
        zones
    }

    /// The names of machines.
    pub(super) fn names(&self, machines: &[usize]) -> Vec<String> {
        machines
            .iter()
            .map(|at| self.machines[*at].name.clone())
            .collect()
    }

    /// What is left after some damage.
    pub(super) fn left(&self, damage: &Damage) -> Left {
        let up = |at: &usize| !damage.machines.contains(at);
        let member = |at: &usize| up(at) && !damage.etcd.contains(at);
        let members = self.members().iter().filter(|at| member(at)).count();
        let quorum = members >= self.needed;
        let servers = self
            .api_servers()
            .iter()
            .filter(|at| up(at) && !damage.api_servers.contains(at))
            .filter(|at| !self.stacked || member(at))
            .count();
        let servers = if quorum { servers } else { 0 };
        let front = match &self.front {
            _ if damage.front => Api::No,
            Front::Managed(entrances) => together(entrances.iter().map(|way| way.open(damage))),
            Front::Pair => {
                let mut holders = self.holders().into_iter();
                holders
                    .any(|at| up(&at) && !damage.proxies.contains(&at))
                    .into()
            }
            // Whoever has the lease in the API, or an API server that answers: both are asked for below.
            Front::KubeVip | Front::Routes => Api::Yes,
        };
        Left {
            api: if servers > 0 { front } else { Api::No },
            members,
            servers,
        }
    }

    /// What one side of a split network has left, when only `side` can talk to each other.
    pub(super) fn left_on(&self, side: &[usize], zones: &BTreeSet<String>) -> Left {
        let side: BTreeSet<usize> = side.iter().copied().collect();
        let machines = 0..self.machines.len();
        self.left(&Damage {
            machines: machines.filter(|at| !side.contains(at)).collect(),
            zones: self.zones().difference(zones).cloned().collect(),
            cut_off: true,
            ..Damage::default()
        })
    }
}

impl Entrance {
    /// Whether it only stands by in this zone.
    pub(super) fn stands_by(&self, zone: &str) -> bool {
        self.addresses == Addresses::Standby
            && self.zones.first().is_some_and(|active| active != zone)
            && self.uses(zone)
    }

    /// Whether it may be in this zone.
    pub(super) fn uses(&self, zone: &str) -> bool {
        self.zones.is_empty() || self.zones.iter().any(|own| own == zone)
    }

    fn open(&self, damage: &Damage) -> Api {
        let lost = |zone: &String| damage.zones.contains(zone);
        if damage.zones.is_empty() {
            return Api::Yes;
        }
        let some_left = || self.zones.iter().any(|zone| !lost(zone));
        // With all of its zones on one side it is on that side, whatever it is like.
        if damage.cut_off && !self.zones.is_empty() && !self.zones.iter().any(lost) {
            return Api::Yes;
        }
        if damage.cut_off && !self.zones.is_empty() && !some_left() {
            return Api::No;
        }
        match (self.addresses, damage.cut_off) {
            (Addresses::InEachZone, _) | (Addresses::OneForAllZones, false) => some_left().into(),
            // Inside the network the nearest zone's serves. Where the cloud sends the rest is its own affair.
            (Addresses::OneForAllZones, true) if self.internal => some_left().into(),
            (Addresses::Regional, false) => Api::Yes,
            (Addresses::Standby, false) => match self.zones.as_slice() {
                [] => Api::Unknown,
                [active] if lost(active) => Api::Unknown,
                [_] => Api::Yes,
                both => (!both.iter().all(lost)).into(),
            },
            // On which side the one address is then, nobody says.
            _ => Api::Unknown,
        }
    }
}

/// Several ways in as one answer.
fn together(ways: impl Iterator<Item = Api>) -> Api {
    ways.reduce(|one, other| match (one, other) {
        (one, other) if one == other => one,
        (Api::Unknown, _) | (_, Api::Unknown) => Api::Unknown,
        _ => Api::Partly,
    })
    .unwrap_or(Api::No)
}

fn entrances(plan: &Plan) -> Vec<Entrance> {
    let zones = |zones: &mut dyn Iterator<Item = &String>| zones.cloned().collect::<Vec<_>>();
    let of = |internal: bool, zones: Vec<String>| {
        let row = &plan.endpoint.hairpin;
        let known = failures::of_load_balancer(&row.provider, &row.kind, internal);
        Entrance {
            addresses: known.map_or(Addresses::Regional, |known| known.addresses),
            zones,
            internal,
        }
    };
    match &plan.target {
        Target::Aws(aws) => aws
            .load_balancers
            .iter()
            .map(|balancer| {
                let subnets = if balancer.internal {
                    &aws.network.subnets
                } else {
                    &aws.network.public_subnets
                };
                of(
                    balancer.internal,
                    zones(&mut subnets.iter().map(|subnet| &subnet.zone)),
                )
            })
            .collect(),
        Target::Aliyun(aliyun) => {
            use crate::plan::aliyun::LoadBalancer::{Nlb, Slb};
            let cloud = &aliyun.cloud;
            let own = match &aliyun.load_balancer {
                Nlb => zones(&mut cloud.network.subnets.iter().map(|subnet| &subnet.zone)),
                Slb(slb) => zones(&mut [&slb.master_zone, &slb.slave_zone].into_iter()),
            };
            vec![of(cloud.internal, own)]
        }
        Target::Tencent(tencent) => {
            let own = tencent.master_zone.iter().chain(&tencent.slave_zone);
            let internal = tencent.cloud.internal;
            let none = Vec::new();
            vec![of(
                internal,
                if internal {
                    none
                } else {
                    zones(&mut own.into_iter())
                },
            )]
        }
        Target::Huawei(huawei) => {
            vec![of(huawei.cloud.internal, huawei.zones.clone())]
        }
        Target::Baremetal(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
