//! A network that is split: each side sees only itself, and has clients.

use std::collections::BTreeSet;

use super::interruption::Timers;
use super::nodes::replaced;
use super::topology::{Damage, Front};
use super::words::list;
use super::zones::unplaced;
use super::{Api, Interruption, Model, Pods, Reach, Row, Side, preserves, sentences};
use crate::plan::load_balancer::Failure;

pub(super) fn rows(model: &Model<'_>) -> Vec<Row> {
    let mut rows = between_zones(model);
    if rows.is_empty() {
        rows.extend(control_plane(model));
        rows.extend(members(model));
    }
    rows.extend(load_balancers(model));
    rows
}

/// Each zone from the others; of two, once.
fn between_zones(model: &Model<'_>) -> Vec<Row> {
    let topology = &model.topology;
    let zones = topology.zones();
    if zones.len() < 2 || !unplaced(topology).is_empty() {
        return Vec::new();
    }
    let once = if zones.len() == 2 { 1 } else { zones.len() };
    zones
        .iter()
        .take(once)
        .map(|zone| {
            let rest: Vec<&str> = zones
                .iter()
                .filter(|it| *it != zone)
                .map(String::as_str)
                .collect();
            let title = match rest.as_slice() {
                [other] => format!("Network split: zone {zone} from {other}"),
                _ => format!("Network split: zone {zone} from the others"),
            };
            let own = topology.in_zone(zone);
            let labels = match rest.as_slice() {
                [other] => [format!("zone {zone}"), format!("zone {other}")],
                _ => [format!("zone {zone}"), "the others".to_owned()],
            };
            let mut row = split(
                model,
                "zoneSplit",
                title,
                &own,
                [zone.clone()].into(),
                &labels,
            );
            row.zone = Some(zone.clone());
            row
        })
        .collect()
}

/// The largest minority of control-plane nodes from all else.
fn control_plane(model: &Model<'_>) -> Option<Row> {
    let topology = &model.topology;
    let servers = topology.api_servers();
    let few = (servers.len().max(1) - 1) / 2;
    // Two API servers with etcd elsewhere: one of them.
    let few = if !topology.stacked && servers.len() == 2 {
        1
    } else {
        few
    };
    if few == 0 {
        return None;
    }
    let cut: Vec<usize> = servers[servers.len() - few..].to_vec();
    Some(cut_off(model, "controlPlaneSplit", &cut))
}

/// The largest minority of the members of external etcd from all else.
fn members(model: &Model<'_>) -> Option<Row> {
    let topology = &model.topology;
    let members = topology.members();
    let few = members.len() - topology.needed;
    if topology.stacked || few == 0 {
        return None;
    }
    let cut: Vec<usize> = members[members.len() - few..].to_vec();
    Some(cut_off(model, "etcdSplit", &cut))
}

fn cut_off(model: &Model<'_>, id: &'static str, own: &[usize]) -> Row {
    let names = list(&model.topology.names(own), "and");
    let title = format!("Network split: {names} from the rest");
    // Without zones the load balancer of a cloud stays with the rest.
    let labels = [names, "the rest".to_owned()];
    split(model, id, title, own, BTreeSet::new(), &labels)
}

/// `own` with the load balancer of a cloud in `zones`, from all else.
fn split(
    model: &Model<'_>,
    id: &'static str,
    title: String,
    own: &[usize],
    zones: BTreeSet<String>,
    labels: &[String; 2],
) -> Row {
    let topology = &model.topology;
    let all = 0..topology.machines.len();
    let rest: Vec<usize> = all.filter(|at| !own.contains(at)).collect();
    let others: BTreeSet<String> = topology.zones().difference(&zones).cloned().collect();
    let sides = [(own.to_vec(), zones), (rest, others)];
    let lefts = sides
        .clone()
        .map(|(side, zones)| topology.left_on(&side, &zones));
    let most = usize::from(lefts[1].members >= lefts[0].members);
    let members = lefts[most].members;
    let api = match (lefts[0].api, lefts[1].api) {
        (Api::Unknown, _) | (_, Api::Unknown) => Api::Unknown,
        (Api::No, Api::No) => Api::No,
        (Api::Yes, Api::Yes) => Api::Yes,
        _ => Api::Partly,
    };
    let kept = members >= topology.needed;
    let (majority, minority) = (&sides[most].0, &sides[1 - most].0);
    let mut why = Vec::new();
    if kept {
        why.push(format!(
            "{} of {} etcd members are with {}: only there is a quorum{}.",
            members,
            topology.members().len(),
            labels[most],
            if members == topology.members().len() {
                ""
            } else {
                ", and a leader within 1 to 2 s"
            },
        ));
        why.push(match api {
            Api::Unknown => format!(
                "On which side the address of {} is then is not published; clients on the other side reach nothing.",
                model.timers.name()
            ),
            Api::No if lefts[most].servers == 0 => "No API server that is ready is there.".to_owned(),
            Api::No => "The load balancer is on the other side.".to_owned(),
            Api::Partly => "Clients on the other side get no answer until the network is whole.".to_owned(),
            Api::Yes => "Both sides reach API servers that have it.".to_owned(),
        });
    } else {
        why.push(format!(
            "No side has {} of {} etcd members.",
            topology.needed,
            topology.members().len()
        ));
    }
    why.extend(front(model, majority, minority));
    let on = |wanted: &[usize], side: &[usize]| wanted.iter().any(|at| side.contains(at));
    let workers = on(&topology.workers(), minority);
    if kept && workers {
        why.push(replaced());
    }
    Row {
        id,
        zone: None,
        title,
        count: own.len(),
        nodes: topology.names(own),
        api,
        quorum: model.quorum(members),
        interruption: if api == Api::No {
            Interruption::UntilRepaired(Reach::Everyone)
        } else {
            time(model, majority, minority)
        },
        pods: if kept && workers {
            Pods::OnCutOffNodes
        } else {
            Pods::Unaffected
        },
        sides: sides
            .iter()
            .zip(lefts)
            .map(|((side, _), left)| Side {
                nodes: topology.names(side),
                api: left.api,
                members: left.members,
            })
            .collect(),
        why: sentences(&why),
    }
}

/// What the load balancer of the cluster's own does.
fn front(model: &Model<'_>, majority: &[usize], minority: &[usize]) -> Vec<String> {
    let topology = &model.topology;
    let both = |among: &[usize]| {
        let on = |side: &[usize]| among.iter().any(|at| side.contains(at));
        on(majority) && on(minority)
    };
    let preserves = model.plan.load_balancer.kube_vip().is_some_and(preserves);
    match topology.front {
        Front::Pair if both(&topology.holders()) => vec![
            "The virtual IP is held on both sides until then.".to_owned(),
        ],
        Front::KubeVip if both(&topology.api_servers()) && preserves => vec![
            "kube-vip's last leader keeps the virtual IP until it sees another, so that both sides may hold it.".to_owned(),
        ],
        Front::KubeVip if both(&topology.api_servers()) => vec![
            "kube-vip's leader must renew its lease in the API: on the side without quorum nobody holds the virtual IP.".to_owned(),
        ],
        Front::Routes if both(&topology.api_servers()) => vec![
            "kube-vip takes the routes back to API servers that have no etcd.".to_owned(),
        ],
        Front::Pair | Front::KubeVip | Front::Routes | Front::Managed(_) => Vec::new(),
    }
}

/// How long it takes on the side that keeps the API.
fn time(model: &Model<'_>, majority: &[usize], minority: &[usize]) -> Interruption {
    let topology = &model.topology;
    let cut = |among: &[usize]| among.iter().any(|at| minority.contains(at));
    let mut time = if cut(&topology.members()) {
        Timers::election()
    } else {
        Interruption::None
    };
    let servers = topology.api_servers();
    match &topology.front {
        Front::Pair => {
            let moved = if cut(&topology.holders()) {
                model.timers.own(Failure::HolderGone).maybe()
            } else {
                Interruption::None
            };
            let tried = if cut(&servers) {
                model.timers.own(Failure::ApiServerGone).maybe()
            } else {
                Interruption::None
            };
            time = time.and(moved.then(tried));
        }
        Front::KubeVip => {
            if cut(&servers) {
                time = time.and(model.timers.own(Failure::LeaderGone).maybe());
            }
        }
        Front::Routes => {
            if cut(&servers) {
                let gone = model.timers.api_server(Failure::ApiServerGone);
                time = time.and(gone.maybe());
            }
        }
        Front::Managed(_) => {
            if cut(&servers) {
                time = time.and(model.timers.api_server(Failure::ApiServerGone).maybe());
            }
            let lost: BTreeSet<String> = minority
                .iter()
                .filter_map(|at| topology.machines[*at].zone.clone())
                .collect();
            let here: BTreeSet<String> = majority
                .iter()
                .filter_map(|at| topology.machines[*at].zone.clone())
                .collect();
            // Addresses of the other side leave the load balancer's name, and nobody says how soon.
            if lost.difference(&here).next().is_some() {
                time = time.and(Interruption::Lasts {
                    least: 0,
                    most: None,
                    reach: Reach::Some,
                });
            }
        }
    }
    time
}

/// The load balancers from each other, while each reaches clients and API servers; and whole again.
fn load_balancers(model: &Model<'_>) -> Vec<Row> {
    let topology = &model.topology;
    let holders = topology.holders();
    let Some(pair) = model.plan.load_balancer.pair() else {
        return Vec::new();
    };
    if holders.len() < 2 {
        return Vec::new();
    }
    let whole = Damage::default();
    let title = "Load balancers do not hear each other (VRRP blocked)";
    let failing = model.failing("loadBalancersSplit", title, holders.len(), &holders);
    let split = model.row(failing, &whole, Pods::Unaffected, |_| {
        (
            Interruption::some(0, 0),
            vec![
                "Each holds the virtual IP and passes on to the same API servers, so that both serve whoever reaches them. Connections may be cut when a switch changes its mind.".to_owned(),
            ],
        )
    });
    // One advert until the one that gives way hears the other, and a second until the other has announced
    // the address twice (vrrp_garp_master_delay).
    let most = (pair.keepalived.advert_seconds + 1) * 1000;
    let title = "Load balancers hear each other again";
    let failing = model.failing("splitHealed", title, holders.len(), &holders);
    let healed = model.row(failing, &whole, Pods::Unaffected, |_| {
        (
            Interruption::some(0, most),
            vec![
                "With equal priorities the higher address keeps the virtual IP and announces it; the other gives it up at the next advert, and connections through it are cut.".to_owned(),
            ],
        )
    });
    vec![split, healed]
}
