//! One zone.

use super::interruption::Timers;
use super::nodes::replaced;
use super::notice::noticed;
use super::topology::{Damage, Front, Topology};
use super::words::list;
use super::{Api, ELECTION, Interruption, Model, Pods, Reach, Row, counted};
use crate::facts::failures::Addresses;
use crate::plan::Addresses as Known;
use crate::plan::load_balancer::Failure;

pub(super) fn rows(model: &Model<'_>) -> Vec<Row> {
    let zones = model.topology.zones();
    zones.iter().map(|zone| lost(model, zone)).collect()
}

/// What the loss of a zone takes.
pub(super) fn damage(topology: &Topology, zone: &str) -> Damage {
    Damage {
        machines: topology.in_zone(zone).into_iter().collect(),
        zones: [zone.to_owned()].into(),
        ..Damage::default()
    }
}

/// Whether the API outlives the loss of a zone. With machines whose zone nobody says it may be otherwise.
pub(super) fn outlives(topology: &Topology, zone: &str) -> Api {
    let mut damage = damage(topology, zone);
    let api = topology.left(&damage).api;
    let nowhere = topology.core().into_iter();
    damage
        .machines
        .extend(nowhere.filter(|at| topology.machines[*at].zone.is_none()));
    if topology.left(&damage).api == api {
        api
    } else {
        Api::Unknown
    }
}

/// The machines that the API needs and whose zones the spec does not say.
pub(super) fn unplaced(topology: &Topology) -> Vec<String> {
    let mut unplaced = topology.core();
    unplaced.retain(|at| topology.machines[*at].zone.is_none());
    topology.names(&unplaced)
}

fn lost(model: &Model<'_>, zone: &str) -> Row {
    let topology = &model.topology;
    let machines = topology.in_zone(zone);
    let failing = model.failing(
        "zoneLost",
        &format!("Zone {zone} lost"),
        machines.len(),
        &machines,
    );
    let damage = damage(topology, zone);
    let has = |wanted: &[usize]| wanted.iter().any(|at| machines.contains(at));
    let members = has(&topology.members());
    let pods = if has(&topology.workers()) || has(&topology.api_servers()) {
        Pods::OnLostNodes
    } else {
        Pods::Unaffected
    };
    let mut row = model.row(failing, &damage, pods, |left| {
        let mut why = vec![if members {
            counted(model.quorum(left.members))
        } else {
            "No etcd member is in it.".to_owned()
        }];
        let mut time = if members {
            why.push(ELECTION.to_owned());
            Timers::election()
        } else {
            Interruption::None
        };
        if has(&topology.api_servers()) && !matches!(topology.front, Front::KubeVip) {
            why.push(noticed(model, Failure::ApiServerGone));
            time = time.and(model.timers.api_server(Failure::ApiServerGone).maybe());
        }
        let (moved, words) = front(model, zone, &machines, left.api);
        why.extend(words);
        (time.and(moved), why)
    });
    if has(&topology.workers()) && row.api == Api::Yes {
        row.why = format!("{} {}", row.why, replaced());
    }
    let unplaced = unplaced(topology);
    if !unplaced.is_empty() {
        row.api = outlives(topology, zone);
        row.why = format!(
            "{} The spec does not say the zone of {}: those that are in this one are lost as well.",
            row.why,
            list(&unplaced, "and")
        );
    }
    row.zone = Some(zone.to_owned());
    row
}

/// What becomes of the load balancer.
fn front(
    model: &Model<'_>,
    zone: &str,
    machines: &[usize],
    api: Api,
) -> (Interruption, Vec<String>) {
    let topology = &model.topology;
    match &topology.front {
        Front::Pair => {
            let holders = topology.holders();
            if !holders.iter().any(|at| machines.contains(at)) {
                return (Interruption::None, Vec::new());
            }
            let gone = model.timers.own(Failure::HolderGone).maybe();
            let server = topology
                .api_servers()
                .iter()
                .any(|at| machines.contains(at));
            let time = if server {
                gone.then(model.timers.own(Failure::ApiServerGone).maybe())
            } else {
                gone
            };
            let words = "If it has the holder of the virtual IP, another takes over after the missed adverts.";
            (time, vec![words.to_owned()])
        }
        // Its API servers, and the routes to them, are counted already.
        Front::Routes => (Interruption::None, Vec::new()),
        Front::KubeVip => {
            let servers = topology.api_servers();
            if !servers.iter().any(|at| machines.contains(at)) {
                return (Interruption::None, Vec::new());
            }
            let words = "If it has kube-vip's leader, another instance takes over once the lease has run out.";
            (
                model.timers.own(Failure::LeaderGone).maybe(),
                vec![words.to_owned()],
            )
        }
        Front::Managed(entrances) => {
            let inside = entrances.iter().any(|way| way.uses(zone));
            let Some(known) = model.timers.known().filter(|_| inside) else {
                return (
                    Interruption::None,
                    vec!["The load balancer is not in it.".to_owned()],
                );
            };
            if entrances.iter().all(|way| way.stands_by(zone)) {
                return (
                    Interruption::None,
                    vec!["The load balancer only stands by in it.".to_owned()],
                );
            }
            let mut why = match api {
                Api::Unknown => vec![
                    "The spec leaves it to the cloud in which zones the load balancer is, so that nobody can say whether it outlives this one.".to_owned(),
                ],
                _ => vec![known.zone.clone()],
            };
            if api == Api::Partly {
                why.push("Of its two load balancers one has no other zone.".to_owned());
            }
            let remembered = model.plan.endpoint.addresses != Known::Resolved;
            if known.addresses == Addresses::InEachZone && remembered {
                why.push(
                    "Machines have all of its addresses in /etc/hosts, and go on trying the one of the lost zone."
                        .to_owned(),
                );
            }
            let one_address = matches!(known.addresses, Addresses::Standby | Addresses::Regional);
            let time = Interruption::Lasts {
                least: 0,
                most: known.zone_seconds.map(|seconds| seconds * 1000),
                reach: if one_address {
                    Reach::Everyone
                } else {
                    Reach::Some
                },
            };
            (time, why)
        }
    }
}
