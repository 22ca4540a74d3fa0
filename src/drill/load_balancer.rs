//! The load balancer: the node that holds the virtual IP, another one, all of them; or a cloud's own.

use super::interruption::Timers;
use super::notice::noticed;
use super::topology::{Damage, Front};
use super::words::seconds;
use super::{ELECTION, Interruption, Model, Pods, Reach, Row, counted};
use crate::facts::baremetal::LOAD_BALANCER;
use crate::facts::baremetal::failover::skew;
use crate::plan::load_balancer::{Announced, Failure, Pair};
use crate::plan::{LoadBalancer, Pin};

pub(super) fn rows(model: &Model<'_>) -> Vec<Row> {
    match &model.plan.load_balancer {
        LoadBalancer::Managed(_) => managed(model),
        LoadBalancer::Pair(pair) => of_pair(model, pair),
        LoadBalancer::KubeVip(_) => kube_vip(model),
    }
}

fn managed(model: &Model<'_>) -> Vec<Row> {
    let known = model.timers.known();
    let title = "One node of the cloud's load balancer lost";
    let node = model.failing("loadBalancerNodeLost", title, 1, &[]);
    let all = model.failing(
        "loadBalancersLost",
        "The cloud's load balancer lost",
        1,
        &[],
    );
    let gone = Damage {
        front: true,
        ..Damage::default()
    };
    let mut lost = model.row(all, &gone, Pods::Unaffected, |_| {
        (Interruption::None, Vec::new())
    });
    if let Some(known) = known {
        lost.why = format!("{} {}", lost.why, known.all_lost);
    }
    if model.plan.endpoint.pin == Pin::Always {
        lost.why.push_str(
            " Control-plane nodes map the endpoint's name to themselves, and go on without it; workers and people do not.",
        );
    }
    vec![
        model.row(node, &Damage::default(), Pods::Unaffected, |_| {
            let time = Interruption::Lasts {
                least: 0,
                most: None,
                reach: Reach::Some,
            };
            let how = known.map_or("", |known| known.node.as_str());
            (
                time,
                vec![
                    how.to_owned(),
                    "How long that takes is not published.".to_owned(),
                ],
            )
        }),
        lost,
    ]
}

fn of_pair(model: &Model<'_>, pair: &Pair) -> Vec<Row> {
    let keepalived = &LOAD_BALANCER.keepalived;
    let own = &pair.keepalived;
    let holders = model.topology.holders();
    let skew = seconds(skew(keepalived.priority));
    let at: Vec<usize> = holders.first().copied().into_iter().collect();
    let proxy = Damage {
        proxies: at.iter().copied().collect(),
        ..Damage::default()
    };
    let machine = Damage {
        machines: at.iter().copied().collect(),
        ..Damage::default()
    };
    let name = model.timers.name();
    let given_up = format!("gives the address up, and another takes it {skew} s later");
    let row = |id, title: &str, damage: &Damage, failure, why: String| {
        let failing = model.failing(id, title, 1, &holders);
        model.row(failing, damage, Pods::Unaffected, |_| {
            (model.timers.own(failure), vec![why])
        })
    };
    let mut rows = vec![
        row(
            "holderStopped",
            "keepalived stopped in order on the holder",
            &proxy,
            Failure::HolderStopped,
            format!(
                "The holder of the virtual IP {given_up} (priority 0 in its last advert; the skew time of priority {}). Connections are cut.",
                keepalived.priority
            ),
        ),
        holder_gone(model, pair, &machine, &skew),
        row(
            "proxyDead",
            &format!("{name} dead for good on the holder"),
            &proxy,
            Failure::ProxyDead,
            format!(
                "keepalived asks the local {name} every {} s and after {} failures {given_up}. systemd starts a crashed one again before that.",
                own.check_seconds, own.check_fall
            ),
        ),
        row(
            "proxyHung",
            &format!("{name} hung on the holder"),
            &proxy,
            Failure::ProxyHung,
            format!(
                "keepalived asks the local {name} every {} s, waits {} s for each answer, and after {} failures {given_up}.",
                own.check_seconds,
                seconds(own.check_max_time_milliseconds),
                own.check_fall
            ),
        ),
        killed(model),
    ];
    if model.timers.own(Failure::HolderBlind) != Interruption::None {
        let backends = &keepalived.backends;
        rows.push(row(
            "holderBlind",
            "The holder alone reaches no API server",
            &proxy,
            Failure::HolderBlind,
            format!(
                "haproxy takes every API server out, {} checks of that lower the holder's priority by {}, and the others take over when its adverts no longer count. If none saw an API server, all would be lower alike and the address would stay.",
                backends.fall, backends.weight
            ),
        ));
    }
    rows.extend(background(model, pair));
    let all = Damage {
        proxies: holders.iter().copied().collect(),
        ..Damage::default()
    };
    let failing = model.failing(
        "loadBalancersLost",
        "Every load balancer lost",
        holders.len(),
        &holders,
    );
    rows.push(model.row(failing, &all, Pods::Unaffected, |_| {
        (Interruption::None, Vec::new())
    }));
    rows
}

/// The holder is gone at once. On the control plane an API server goes with it.
fn holder_gone(model: &Model<'_>, pair: &Pair, damage: &Damage, skew: &str) -> Row {
    let holders = model.topology.holders();
    let title = if pair.on_control_plane {
        "One control-plane node lost, the holder"
    } else {
        "The holder of the virtual IP lost"
    };
    let failing = model.failing("holderGone", title, 1, &holders);
    let pods = if pair.on_control_plane {
        Pods::OnLostNodes
    } else {
        Pods::Unaffected
    };
    model.row(failing, damage, pods, |left| {
        let mut why = vec![format!(
            "The others take over once {} adverts, one every {} s, and {skew} s more have passed without a word. A lost cable is the same.",
            LOAD_BALANCER.keepalived.missed_adverts, pair.keepalived.advert_seconds
        )];
        let mut time = model.timers.own(Failure::HolderGone);
        if pair.on_control_plane {
            why.push(noticed(model, Failure::ApiServerGone));
            time = time.then(model.timers.own(Failure::ApiServerGone).maybe());
            if model.topology.stacked {
                why.push(counted(model.quorum(left.members)));
                why.push(ELECTION.to_owned());
                time = time.and(Timers::election());
            }
        }
        (time, why)
    })
}

/// keepalived is killed and everything else lives.
fn killed(model: &Model<'_>) -> Row {
    let all = model.plan.load_balancer.interruptions();
    let gone = all.iter().find(|row| row.failure == Failure::HolderGone);
    let longest = gone.map_or(0, |row| row.most);
    let holders = model.topology.holders();
    let title = "keepalived killed on the holder";
    let failing = model.failing("keepalivedKilled", title, 1, &holders);
    model.row(failing, &Damage::default(), Pods::Unaffected, |_| {
        (
            Interruption::everyone(0, longest),
            vec![
                "The address stays on it, another takes it as well after the missed adverts, and both serve; systemd starts keepalived again only then, which takes the old one away. Where its child alone is killed, keepalived starts it again at once and takes the address off first, so that nobody has it until then.".to_owned(),
            ],
        )
    })
}

/// Another load balancer of a pair of its own, which does not hold the virtual IP.
fn background(model: &Model<'_>, pair: &Pair) -> Option<Row> {
    let holders = model.topology.holders();
    if pair.on_control_plane || holders.len() < 2 {
        return None;
    }
    let title = "Another load balancer node lost, not the holder";
    let failing = model.failing("backgroundNodeLost", title, 1, &holders);
    let damage = Damage {
        machines: holders.last().copied().into_iter().collect(),
        ..Damage::default()
    };
    Some(model.row(failing, &damage, Pods::Unaffected, |_| {
        let left = if holders.len() == 2 {
            "Nothing takes over from the holder until it is back."
        } else {
            "The others still take over from the holder."
        };
        (Interruption::None, vec![left.to_owned()])
    }))
}

fn kube_vip(model: &Model<'_>) -> Vec<Row> {
    let servers = model.topology.api_servers();
    let first = match model.topology.front {
        Front::Routes => route_withdrawn(model, &servers),
        _ => leader_gone(model, &servers),
    };
    let title = "Every kube-vip lost";
    let failing = model.failing("loadBalancersLost", title, servers.len(), &servers);
    let gone = Damage {
        front: true,
        ..Damage::default()
    };
    let all = model.row(failing, &gone, Pods::Unaffected, |_| {
        (Interruption::None, Vec::new())
    });
    vec![first, all]
}

fn leader_gone(model: &Model<'_>, servers: &[usize]) -> Row {
    let title = "One control-plane node lost, kube-vip's leader";
    let failing = model.failing("leaderGone", title, 1, servers);
    let damage = Damage {
        machines: servers.first().copied().into_iter().collect(),
        ..Damage::default()
    };
    model.row(failing, &damage, Pods::OnLostNodes, |left| {
        let lease = match model.plan.load_balancer.kube_vip().map(|own| &own.announced) {
            Some(Announced::Arp(lease)) => format!(
                "the lease of {} s has run out and it looks again, every {} s",
                lease.duration_seconds, lease.retry_seconds
            ),
            _ => "the lease has run out and it looks again".to_owned(),
        };
        let mut why = vec![format!(
            "Another instance takes over when {lease}. The lease is kept in the API, so that needs etcd's quorum."
        )];
        let mut time = model.timers.own(Failure::LeaderGone);
        if model.topology.stacked {
            why.push(counted(model.quorum(left.members)));
            why.push(ELECTION.to_owned());
            time = time.and(Timers::election());
        }
        (time, why)
    })
}

/// With BGP each node has a route of its own, which goes before its kube-vip does.
fn route_withdrawn(model: &Model<'_>, servers: &[usize]) -> Row {
    let title = "kube-vip stopped in order on one node";
    let failing = model.failing("holderStopped", title, 1, servers);
    let damage = Damage {
        proxies: servers.first().copied().into_iter().collect(),
        ..Damage::default()
    };
    model.row(failing, &damage, Pods::Unaffected, |_| {
        (
            model.timers.own(Failure::HolderStopped),
            vec![
                "It takes its route back before it ends, and routers share connections out to the others. Those through it are cut.".to_owned(),
            ],
        )
    })
}
