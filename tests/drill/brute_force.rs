//! Another model, which shares no code with hagen's: every machine runs processes, processes talk along the
//! edges of a graph, and a client searches its way to a member of etcd that can talk to most of the others.

use std::collections::{BTreeMap, BTreeSet};

use hagen::drill::{self, Api, Drill, Row};
use hagen::plan::{Plan, Role};
use proptest::prelude::*;

use crate::cluster::{Baremetal, Front, narrow};

/// A process. A cloud's load balancer is one in each of its zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Process {
    Balancer(usize),
    ApiServer(usize),
    Member(usize),
}

/// Where a process is: on a machine, or in a zone of the cloud's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Machine(usize),
    Zone(String),
}

struct World {
    names: Vec<String>,
    zones: Vec<Option<String>>,
    workers: BTreeSet<usize>,
    processes: BTreeMap<Process, Place>,
    stacked: bool,
    /// A load balancer that passes on to the API server beside it only, and runs only while that one serves.
    beside: bool,
}

impl World {
    fn new(plan: &Plan, stacked: bool, balancers: &[Place], beside: bool) -> Self {
        let mut processes = BTreeMap::new();
        for (at, node) in plan.nodes.iter().enumerate() {
            let control_plane = matches!(node.role, Role::FirstControlPlane | Role::ControlPlane);
            if control_plane {
                processes.insert(Process::ApiServer(at), Place::Machine(at));
            }
            if node.role == Role::Etcd || (stacked && control_plane) {
                processes.insert(Process::Member(at), Place::Machine(at));
            }
        }
        for (at, place) in balancers.iter().enumerate() {
            processes.insert(Process::Balancer(at), place.clone());
        }
        Self {
            names: plan.nodes.iter().map(|node| node.name.clone()).collect(),
            zones: plan.nodes.iter().map(|node| node.zone.clone()).collect(),
            workers: (0..plan.nodes.len())
                .filter(|at| plan.nodes[*at].role == Role::Worker)
                .collect(),
            processes,
            stacked,
            beside,
        }
    }

    fn at(&self, name: &str) -> usize {
        let found = self.names.iter().position(|own| own == name);
        found.expect("a machine with this name")
    }

    /// What is lost with a machine.
    fn on(&self, machine: usize) -> BTreeSet<Process> {
        self.at_place(&Place::Machine(machine))
    }

    fn at_place(&self, wanted: &Place) -> BTreeSet<Process> {
        let all = self.processes.iter();
        all.filter(|(_, place)| *place == wanted)
            .map(|(process, _)| *process)
            .collect()
    }

    /// What is lost with a zone.
    fn in_zone(&self, zone: &str) -> BTreeSet<Process> {
        let mut lost = self.at_place(&Place::Zone(zone.to_owned()));
        for (at, own) in self.zones.iter().enumerate() {
            if own.as_deref() == Some(zone) {
                lost.extend(self.on(at));
            }
        }
        lost
    }

    /// The members of etcd that are up, in groups that talk to each other: here all of them, since what is on
    /// another side counts as lost.
    fn members(&self, lost: &BTreeSet<Process>) -> usize {
        self.up(lost)
            .filter(|process| matches!(process, Process::Member(_)))
            .count()
    }

    fn up<'a>(&'a self, lost: &'a BTreeSet<Process>) -> impl Iterator<Item = Process> + 'a {
        self.processes
            .keys()
            .copied()
            .filter(|process| !lost.contains(process))
    }

    /// Whether this member can have a write agreed on: it and those it talks to are more than half of all.
    fn agrees(&self, member: Process, lost: &BTreeSet<Process>) -> bool {
        let all = self.members(&BTreeSet::new());
        let mut group = BTreeSet::from([member]);
        for other in self.up(lost) {
            if matches!(other, Process::Member(_)) {
                group.insert(other);
            }
        }
        2 * group.len() > all
    }

    /// Where a process passes a request on to.
    fn edges(&self, from: Process, lost: &BTreeSet<Process>) -> Vec<Process> {
        let to = |process: &Process| match (from, process) {
            (Process::Balancer(_), Process::ApiServer(_)) => {
                !self.beside || self.processes[&from] == self.processes[process]
            }
            (Process::ApiServer(_), Process::Member(_)) => {
                !self.stacked || self.processes[&from] == self.processes[process]
            }
            _ => false,
        };
        self.up(lost).filter(to).collect()
    }

    /// Whether a client that sees all processes that are not lost has a request answered.
    fn answered(&self, lost: &BTreeSet<Process>) -> bool {
        let mut seen: BTreeSet<Process> = BTreeSet::new();
        let mut next: Vec<Process> = self
            .up(lost)
            .filter(|process| matches!(process, Process::Balancer(_)))
            .collect();
        while let Some(process) = next.pop() {
            if !seen.insert(process) {
                continue;
            }
            if matches!(process, Process::Member(_)) && self.agrees(process, lost) {
                return true;
            }
            next.extend(self.edges(process, lost));
        }
        false
    }
}

/// Each way to choose some of several.
fn choices(of: &[usize], count: usize) -> Vec<Vec<usize>> {
    (0_u32..1 << of.len())
        .filter(|mask| mask.count_ones() as usize == count)
        .map(|mask| {
            let chosen = (0..of.len()).filter(|at| mask & (1 << at) != 0);
            chosen.map(|at| of[at]).collect()
        })
        .collect()
}

/// What a row takes away, when these of its machines are the ones; none for a network that is split.
fn taken(world: &World, row: &Row, chosen: &[usize]) -> Option<BTreeSet<Process>> {
    let each = |make: &dyn Fn(usize) -> Process| chosen.iter().map(|at| make(*at)).collect();
    let balancers = |machines: Option<&[usize]>| {
        let on = |place: &Place| match (machines, place) {
            (None, _) => true,
            (Some(machines), Place::Machine(at)) => machines.contains(at),
            (Some(_), Place::Zone(_)) => false,
        };
        let all = world.processes.iter();
        all.filter(|(process, place)| matches!(process, Process::Balancer(_)) && on(place))
            .map(|(process, _)| *process)
            .collect()
    };
    Some(match row.id {
        "controlPlaneNodeLost"
        | "workerLost"
        | "holderGone"
        | "backgroundNodeLost"
        | "leaderGone" => chosen.iter().flat_map(|at| world.on(*at)).collect(),
        "zoneLost" => world.in_zone(row.zone.as_deref().expect("a zone")),
        "apiServerDead"
        | "apiServerHung"
        | "apiServerNotReady"
        | "apiServerDrained"
        | "leaderApiServerDead"
        | "leaderApiServerHung"
        | "leaderApiServerNotReady" => each(&Process::ApiServer),
        "etcdMemberLost" | "twoEtcdMembersLost" | "etcdMinorityLost" | "etcdQuorumLost" => {
            each(&Process::Member)
        }
        "holderStopped" | "proxyDead" | "proxyHung" | "holderBlind" => balancers(Some(chosen)),
        "loadBalancersLost" => balancers(None),
        "apiServersBack"
        | "keepalivedKilled"
        | "loadBalancersSplit"
        | "splitHealed"
        | "loadBalancerNodeLost" => BTreeSet::new(),
        "zoneSplit" | "controlPlaneSplit" | "etcdSplit" => return None,
        other => panic!("the brute-force model does not know what {other} takes away"),
    })
}

/// Compares every row, and the summary.
fn compare(world: &World, drill: &Drill, sure: bool) {
    for row in &drill.rows {
        let machines: Vec<usize> = row.nodes.iter().map(|name| world.at(name)).collect();
        for chosen in choices(&machines, row.count.min(machines.len())) {
            match taken(world, row, &chosen) {
                Some(lost) => {
                    assert_eq!(
                        row.quorum.left,
                        world.members(&lost),
                        "{} of {chosen:?}: {row:?}",
                        row.id
                    );
                    if sure || row.api != Api::Unknown {
                        let expected = if world.answered(&lost) {
                            Api::Yes
                        } else {
                            Api::No
                        };
                        assert_eq!(row.api, expected, "{} of {chosen:?}: {row:?}", row.id);
                    }
                }
                None => split(world, row, sure),
            }
        }
    }
    zones(world, drill, sure);
    smallest(world, drill);
}

/// Each side of a split, from inside it.
fn split(world: &World, row: &Row, sure: bool) {
    let mut all: Vec<&String> = row.sides.iter().flat_map(|side| &side.nodes).collect();
    all.sort();
    let mut every: Vec<&String> = world.names.iter().collect();
    every.sort();
    assert_eq!(all, every, "each machine is on one side");
    for (at, side) in row.sides.iter().enumerate() {
        let mut lost = BTreeSet::new();
        for (machine, name) in world.names.iter().enumerate() {
            if !side.nodes.contains(name) {
                lost.extend(world.on(machine));
            }
        }
        // The first side is the zone, or has no zone of the cloud's.
        for (process, place) in &world.processes {
            if let Place::Zone(zone) = place
                && (row.zone.as_ref() == Some(zone)) != (at == 0)
            {
                lost.insert(*process);
            }
        }
        assert_eq!(side.members, world.members(&lost), "{row:?}");
        if sure || side.api != Api::Unknown {
            let expected = if world.answered(&lost) {
                Api::Yes
            } else {
                Api::No
            };
            assert_eq!(side.api, expected, "side {at} of {row:?}");
        }
    }
}

fn zones(world: &World, drill: &Drill, sure: bool) {
    let summary = &drill.summary;
    let own: BTreeSet<&String> = world
        .zones
        .iter()
        .enumerate()
        .filter(|(at, _)| !world.workers.contains(at))
        .filter_map(|(_, zone)| zone.as_ref())
        .collect();
    for zone in own {
        let stops = !world.answered(&world.in_zone(zone));
        if summary.unknown_zones.contains(zone) {
            assert!(!sure, "{zone}");
            continue;
        }
        assert_eq!(
            summary.fatal_zones.contains(zone),
            stops,
            "{zone}: {summary:?}"
        );
        assert_eq!(
            summary.survived_zones.contains(zone),
            !stops,
            "{zone}: {summary:?}"
        );
    }
}

/// All sets of machines are tried: the smallest that stop the API are those of the summary, and no others.
fn smallest(world: &World, drill: &Drill) {
    let core: Vec<usize> = (0..world.names.len())
        .filter(|at| !world.workers.contains(at))
        .collect();
    assert!(core.len() <= 12, "too many to try");
    let stop = |machines: &Vec<usize>| {
        let lost = machines.iter().flat_map(|at| world.on(*at)).collect();
        !world.answered(&lost)
    };
    let least: BTreeSet<Vec<usize>> = (1..=core.len())
        .map(|count| {
            let sets = choices(&core, count).into_iter();
            sets.filter(stop).collect::<BTreeSet<_>>()
        })
        .find(|sets| !sets.is_empty())
        .expect("all machines are enough");
    let mut told = BTreeSet::new();
    for set in &drill.summary.smallest {
        let nodes: Vec<usize> = set.nodes.iter().map(|name| world.at(name)).collect();
        for mut chosen in choices(&nodes, set.count) {
            chosen.sort_unstable();
            told.insert(chosen);
        }
    }
    assert_eq!(told, least, "{:?}", drill.summary);
}

fn front() -> impl Strategy<Value = Front> {
    prop_oneof![
        Just(Front::Haproxy),
        Just(Front::HaproxyOnControlPlane),
        Just(Front::Nginx),
        Just(Front::NginxOnControlPlane),
        Just(Front::KubeVip),
    ]
}

/// Machines in one to three zones, or in none.
fn baremetal() -> impl Strategy<Value = Baremetal> {
    // Even numbers are refused elsewhere, and counted right all the same.
    let control_plane = prop_oneof![2 => Just(1_usize), 3 => Just(3), 2 => Just(5), 1 => Just(7), 2 => Just(2), 2 => Just(4)];
    let etcd = prop_oneof![6 => Just(0_usize), 2 => Just(3), 2 => Just(5), 1 => Just(4)];
    (front(), control_plane, etcd, 0_u8..=3)
        .prop_flat_map(|(front, control_plane, etcd, zones)| {
            // With etcd elsewhere there are fewer API servers, so that all sets can be tried.
            let control_plane = if etcd > 0 {
                control_plane.min(3)
            } else {
                control_plane
            };
            let places = move |count| {
                proptest::collection::vec(
                    (0..zones.max(1)).prop_map(move |zone| (zones > 0).then_some(zone)),
                    count,
                )
            };
            (
                Just(front),
                places(control_plane),
                places(etcd),
                places(2),
                places(2),
            )
        })
        .prop_map(
            |(front, control_plane, etcd, load_balancers, workers)| Baremetal {
                front,
                control_plane,
                etcd,
                load_balancers,
                workers,
            },
        )
}

fn world_of(cluster: &Baremetal, plan: &Plan) -> World {
    let roles = |wanted: &[Role]| -> Vec<Place> {
        (0..plan.nodes.len())
            .filter(|at| wanted.contains(&plan.nodes[*at].role))
            .map(Place::Machine)
            .collect()
    };
    let dedicated = matches!(cluster.front, Front::Haproxy | Front::Nginx);
    let balancers = if dedicated {
        roles(&[Role::LoadBalancer])
    } else {
        roles(&[Role::FirstControlPlane, Role::ControlPlane])
    };
    World::new(
        plan,
        cluster.etcd.is_empty(),
        &balancers,
        cluster.front == Front::KubeVip,
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn bare_metal_is_as_a_search_of_all_sets_finds(cluster in baremetal()) {
        let plan = cluster.plan();
        compare(&world_of(&cluster, &plan), &drill::of(&plan), true);
    }

    /// However a network is split in two, at most one side has the API; and where the side without the most of
    /// etcd is a part of the control plane that the drill cuts off, the other side has it.
    #[test]
    fn at_most_one_side_of_any_split_has_the_api(cluster in baremetal()) {
        let plan = cluster.plan();
        let world = world_of(&cluster, &plan);
        let core: Vec<usize> = (0..world.names.len())
            .filter(|at| !world.workers.contains(at))
            .collect();
        let drill = drill::of(&plan);
        let cut = drill.rows.iter().find(|row| row.id == "controlPlaneSplit");
        for mask in 0_u32..1 << core.len() {
            let side = |one: bool| {
                let out = (0..core.len()).filter(|at| (mask & (1 << at) != 0) != one);
                out.flat_map(|at| world.on(core[at])).collect::<BTreeSet<_>>()
            };
            let (one, other) = (world.answered(&side(true)), world.answered(&side(false)));
            prop_assert!(!(one && other));
            let Some(cut) = cut else { continue };
            let inside: Vec<usize> = (0..core.len()).filter(|at| mask & (1 << at) != 0).collect();
            let control_plane = inside
                .iter()
                .all(|at| world.processes.contains_key(&Process::ApiServer(core[*at])));
            if control_plane && inside.len() == cut.count {
                prop_assert_eq!([one, other].map(Api::from), [cut.sides[0].api, cut.sides[1].api]);
            }
        }
    }

    #[test]
    fn clouds_are_as_a_search_of_all_sets_finds(
        which in 0_usize..7,
        control_plane in prop_oneof![Just(1_u16), Just(3), Just(5), Just(7)],
        etcd in prop_oneof![2 => Just(None), 1 => Just(Some(3_u16)), 1 => Just(Some(5))],
        zones in 1_usize..=3,
        of_balancer in 1_usize..=3,
    ) {
        let (example, target) = [
            ("aws", "aws"),
            ("aws-internet", "aws"),
            ("aliyun", "aliyun"),
            ("aliyun-slb", "aliyun"),
            ("tencent", "tencent"),
            ("tencent-open", "tencent"),
            ("huawei", "huawei"),
        ][which];
        let control_plane = if etcd.is_some() { control_plane.min(3) } else { control_plane };
        let (spec, plan) = narrow(example, target, (control_plane, etcd), zones, of_balancer);
        let subnets: Vec<String> = match target {
            "aws" if example == "aws" => {
                let own = spec.targets.aws.expect("aws");
                own.network.subnets.into_iter().map(|subnet| subnet.zone).collect()
            }
            "aws" => {
                let own = spec.targets.aws.expect("aws");
                own.network.public_subnets.into_iter().map(|subnet| subnet.zone).collect()
            }
            "aliyun" if example == "aliyun" => {
                let own = spec.targets.aliyun.expect("aliyun");
                own.network.subnets.into_iter().map(|subnet| subnet.zone).collect()
            }
            // Active in one, standing by in the other.
            "aliyun" => vec!["cn-beijing-h".into(), "cn-beijing-i".into()],
            "tencent" if example == "tencent" => vec!["in no zone".into()],
            "tencent" => {
                let own = spec.targets.tencent.expect("tencent").clb;
                [own.master_zone, own.slave_zone].into_iter().flatten().collect()
            }
            _ => {
                spec.targets.huawei.expect("huawei").elb.zones
            }
        };
        let balancers: Vec<Place> = subnets.into_iter().map(Place::Zone).collect();
        let world = World::new(&plan, etcd.is_none(), &balancers, false);
        // Where one address is after a split, two clouds do not say.
        let sure = !matches!(example, "aliyun-slb" | "tencent" | "tencent-open");
        compare(&world, &drill::of(&plan), sure);
    }
}

/// The search itself: three members agree without any one of them, and not without two.
#[test]
fn the_search_finds_what_everyone_knows() {
    let cluster = Baremetal::stacked(Front::Haproxy, 3);
    let plan = cluster.plan();
    let world = world_of(&cluster, &plan);
    let machines = |names: &[&str]| -> BTreeSet<Process> {
        names
            .iter()
            .flat_map(|name| world.on(world.at(name)))
            .collect()
    };
    assert!(world.answered(&machines(&[])));
    assert!(world.answered(&machines(&["cp-1", "lb-1"])));
    assert!(!world.answered(&machines(&["cp-1", "cp-2"])));
    assert!(!world.answered(&machines(&["lb-1", "lb-2"])));
    let own_member = BTreeSet::from([Process::Member(world.at("cp-1"))]);
    assert!(world.answered(&own_member));
    let cluster = Baremetal::stacked(Front::KubeVip, 3);
    let plan = cluster.plan();
    let world = world_of(&cluster, &plan);
    let all_but_one: BTreeSet<Process> = ["cp-2", "cp-3"]
        .iter()
        .map(|name| Process::ApiServer(world.at(name)))
        .collect();
    assert!(world.answered(&all_but_one));
}
