//! One node, one API server.

use super::interruption::Timers;
use super::notice::noticed;
use super::topology::{Damage, Front};
use super::{ELECTION, Interruption, Model, Pods, Row, counted};
use crate::facts::baremetal::LOAD_BALANCER;
use crate::facts::failures::FAILURES;
use crate::plan::LoadBalancer;
use crate::plan::load_balancer::{Failure, Proxy};

pub(super) fn rows(model: &Model<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(control_plane_node(model));
    rows.extend(worker(model));
    rows.extend(api_servers(model));
    rows.extend([restarted(model), drained(model)]);
    rows
}

/// A control-plane node that does not hold the virtual IP; where each may, another row has the holder.
fn control_plane_node(model: &Model<'_>) -> Option<Row> {
    let topology = &model.topology;
    let servers = topology.api_servers();
    let holds = |at: &usize| topology.machines[*at].holder;
    let kube_vip = matches!(topology.front, Front::KubeVip);
    let may_hold = kube_vip || servers.iter().any(holds);
    if may_hold && servers.len() < 2 {
        return None;
    }
    let title = match (may_hold, kube_vip) {
        (false, _) => "One control-plane node lost",
        (true, false) => "One control-plane node lost, not the holder",
        (true, true) => "One control-plane node lost, not kube-vip's leader",
    };
    let failing = model.failing("controlPlaneNodeLost", title, 1, &servers);
    let damage = Damage {
        machines: servers.last().copied().into_iter().collect(),
        ..Damage::default()
    };
    Some(model.row(failing, &damage, Pods::OnLostNodes, |left| {
        let mut why = Vec::new();
        let mut time = if kube_vip {
            why.push("The leader's API server takes every request.".to_owned());
            Interruption::None
        } else {
            why.push(noticed(model, Failure::ApiServerGone));
            model.timers.api_server(Failure::ApiServerGone)
        };
        if topology.stacked {
            why.insert(0, counted(model.quorum(left.members)));
            why.push(ELECTION.to_owned());
            time = time.and(Timers::election());
        }
        (time, why)
    }))
}

fn worker(model: &Model<'_>) -> Option<Row> {
    let workers = model.topology.workers();
    let first = workers.first()?;
    let failing = model.failing("workerLost", "One worker lost", 1, &workers);
    let damage = Damage {
        machines: [*first].into(),
        ..Damage::default()
    };
    Some(model.row(failing, &damage, Pods::OnLostNodes, |_| {
        (
            Interruption::None,
            vec![format!(
                "Neither etcd nor an API server is on it. {}",
                replaced()
            )],
        )
    }))
}

/// When pods of a node that is gone are replaced.
pub(super) fn replaced() -> String {
    let pods = &FAILURES.pods;
    format!(
        "A node counts as gone after about {} s without a word, and its pods are replaced {} s after that.",
        pods.node_monitor_grace_seconds, pods.toleration_seconds
    )
}

/// One API server fails in one way or another, and its node lives.
fn api_servers(model: &Model<'_>) -> Vec<Row> {
    let servers = model.topology.api_servers();
    let kube_vip = matches!(model.topology.front, Front::KubeVip);
    let ways = [
        (
            "apiServerDead",
            "leaderApiServerDead",
            "dead",
            Failure::ApiServerDead,
        ),
        (
            "apiServerHung",
            "leaderApiServerHung",
            "hung",
            Failure::ApiServerHung,
        ),
        (
            "apiServerNotReady",
            "leaderApiServerNotReady",
            "not ready",
            Failure::ApiServerNotReady,
        ),
    ];
    ways.into_iter()
        .map(|(id, of_leader, word, failure)| {
            let (id, title) = if kube_vip {
                (
                    of_leader,
                    format!("The API server of kube-vip's leader {word}"),
                )
            } else {
                (id, format!("One API server {word}"))
            };
            let failing = model.failing(id, &title, 1, &servers);
            let damage = Damage {
                api_servers: servers.first().copied().into_iter().collect(),
                ..Damage::default()
            };
            model.row(failing, &damage, Pods::Unaffected, |_| {
                let time = model.timers.api_server(failure);
                let unsure = kube_vip && failure == Failure::ApiServerNotReady;
                (
                    if unsure { time.maybe() } else { time },
                    vec![noticed(model, failure)],
                )
            })
        })
        .collect()
}

/// All API servers are down at once, and come back.
fn restarted(model: &Model<'_>) -> Row {
    let servers = model.topology.api_servers();
    let title = "All API servers restarted";
    let routes = matches!(model.topology.front, Front::Routes);
    let failing = model.failing("apiServersBack", title, servers.len(), &servers);
    model.row(failing, &Damage::default(), Pods::Unaffected, |_| {
        let mut why = vec!["Counted from when the first API server is ready again.".to_owned()];
        why.push(match &model.plan.load_balancer {
            LoadBalancer::Pair(pair) => match pair.proxy {
                Proxy::Haproxy { .. } => format!(
                    "All load balancers see none, so that the virtual IP stays, and haproxy takes it back after {} good checks, one every {} s.",
                    LOAD_BALANCER.haproxy.rise, LOAD_BALANCER.haproxy.down_interval_seconds
                ),
                Proxy::Nginx => format!(
                    "nginx leaves out what has failed for {} s (fail_timeout), and the virtual IP stays.",
                    LOAD_BALANCER.nginx.fail_timeout_seconds
                ),
            },
            LoadBalancer::KubeVip(_) if routes => {
                "kube-vip gives the route to an API server back with its first good answer."
                    .to_owned()
            }
            LoadBalancer::KubeVip(_) => {
                "kube-vip's lease may have run out meanwhile; then its instances have to get it anew.".to_owned()
            }
            LoadBalancer::Managed(check) => format!(
                "{} takes it back after {} good checks, one every {} s.",
                model.timers.name(),
                check.healthy_threshold,
                check.interval_seconds
            ),
        });
        (model.timers.back(), why)
    })
}

/// An API server is told to stop, as in an upgrade.
fn drained(model: &Model<'_>) -> Row {
    let servers = model.topology.api_servers();
    let title = "One API server stopped in order, as in an upgrade";
    let routes = matches!(model.topology.front, Front::Routes);
    let failing = model.failing("apiServerDrained", title, 1, &servers);
    let damage = Damage {
        api_servers: servers.first().copied().into_iter().collect(),
        ..Damage::default()
    };
    model.row(failing, &damage, Pods::Unaffected, |_| {
        let delay = model.plan.health_check.shutdown_delay_seconds;
        let goes_on = format!(
            "It fails /readyz at once and goes on answering for {delay} s (shutdown-delay-duration)."
        );
        let then = |text: &str| vec![goes_on.clone(), text.to_owned()];
        match &model.plan.load_balancer {
            LoadBalancer::Pair(pair) => match pair.proxy {
                Proxy::Haproxy { .. } => (
                    Interruption::None,
                    then("haproxy has noticed by then, and sends nothing new to it."),
                ),
                Proxy::Nginx => (
                    Interruption::some(0, 0),
                    then("nginx does not ask; once the port is closed, it goes on to another API server."),
                ),
            },
            LoadBalancer::KubeVip(_) if routes => (
                model.timers.api_server(Failure::ApiServerDead),
                then("kube-vip asks for /livez, which stays well until the port is closed."),
            ),
            LoadBalancer::KubeVip(_) => (
                model.timers.own(Failure::LeaderGone).maybe(),
                then(
                    "If it is the leader's, kube-vip renews no lease through it after that, and another instance takes over; otherwise nobody notices.",
                ),
            ),
            LoadBalancer::Managed(_) if model.plan.health_check.readyz => (
                Interruption::None,
                then("The load balancer has noticed by then, and sends nothing new to it."),
            ),
            LoadBalancer::Managed(_) => (
                model.timers.api_server(Failure::ApiServerDead),
                then(
                    "The load balancer sees only whether the port is open, and sends connections to it until its checks of the closed port have failed.",
                ),
            ),
        }
    })
}
