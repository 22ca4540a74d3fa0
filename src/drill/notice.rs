//! How the load balancer notices that an API server has failed: the reason of a time.

use super::Model;
use super::topology::Front;
use crate::facts::baremetal::LOAD_BALANCER;
use crate::plan::LoadBalancer;
use crate::plan::load_balancer::{ApiServerChecks, Failure, Managed, Proxy};

/// One sentence or two.
pub(super) fn noticed(model: &Model<'_>, failure: Failure) -> String {
    match &model.plan.load_balancer {
        LoadBalancer::Pair(pair) => match pair.proxy {
            Proxy::Haproxy { checks, .. } => haproxy(checks, failure),
            Proxy::Nginx => nginx(failure),
        },
        LoadBalancer::KubeVip(_) if matches!(model.topology.front, Front::Routes) => {
            routes(failure)
        }
        LoadBalancer::KubeVip(_) => kube_vip(failure),
        LoadBalancer::Managed(check) => managed(model, check, failure),
    }
}

fn haproxy(checks: ApiServerChecks, failure: Failure) -> String {
    let facts = &LOAD_BALANCER.haproxy;
    let ApiServerChecks {
        interval_seconds: interval,
        fall,
    } = checks;
    match failure {
        Failure::ApiServerDead => {
            "Its port is closed: haproxy takes the next API server at once (redispatch), and connections to the dead one are cut."
                .to_owned()
        }
        Failure::ApiServerGone => format!(
            "Nothing refuses a connection: haproxy waits {} s (timeout connect) before it takes another API server, until {fall} checks have failed, each after as long and {interval} s after the one before.",
            facts.connect_timeout_seconds
        ),
        Failure::ApiServerHung => format!(
            "It takes connections and answers nothing, until {fall} checks of /readyz have failed, each after {} to {} s and {interval} s after the one before.",
            facts.connect_timeout_seconds, facts.check_timeout_seconds
        ),
        _ => format!(
            "haproxy sends it no new connection from the first check on whose answer is not 200, one every {interval} s; what it has goes on."
        ),
    }
}

fn nginx(failure: Failure) -> String {
    let facts = &LOAD_BALANCER.nginx;
    match failure {
        Failure::ApiServerDead => {
            "Its port is closed: nginx takes the next API server at once, and connections to the dead one are cut."
                .to_owned()
        }
        Failure::ApiServerGone => format!(
            "Nothing refuses a connection: nginx waits {} s (proxy_connect_timeout) before it takes another API server, and asks at most {} in turn.",
            facts.connect_timeout_seconds, facts.next_tries
        ),
        _ => "nginx asks nobody for /readyz: it sends connections to it as long as the port is open."
            .to_owned(),
    }
}

fn kube_vip(failure: Failure) -> String {
    let renewed = "kube-vip does not ask it for its health; the leader notices when it cannot renew its lease through it.";
    match failure {
        Failure::ApiServerNotReady => {
            format!(
                "{renewed} As long as it can, the virtual IP stays, and every request goes there."
            )
        }
        _ => format!("{renewed} Every request goes there until another instance has the lease."),
    }
}

/// kube-vip with BGP.
fn routes(failure: Failure) -> String {
    match failure {
        Failure::ApiServerGone => {
            "Routers send it its share of the connections until BGP's hold time has run out.".to_owned()
        }
        Failure::ApiServerNotReady => {
            "kube-vip asks each API server for /livez, which says nothing of readiness: routers send it its share."
                .to_owned()
        }
        _ => "kube-vip beside it asks it for /livez and takes its route back after some failures; until then routers send it its share of the connections."
            .to_owned(),
    }
}

fn managed(model: &Model<'_>, check: &Managed, failure: Failure) -> String {
    let name = model.timers.name();
    let (threshold, interval) = (check.unhealthy_threshold, check.interval_seconds);
    let how = match (failure, model.plan.health_check.readyz) {
        (Failure::ApiServerHung | Failure::ApiServerNotReady, false) => {
            return format!(
                "{name} sees only whether the port is open, and goes on sending connections to it."
            );
        }
        (Failure::ApiServerDead, _) => "Its port is closed",
        (Failure::ApiServerGone, _) => "Nothing refuses a connection",
        (Failure::ApiServerHung, true) => "It takes connections and answers nothing",
        _ => "Its /readyz says no",
    };
    let measured = match model.timers.known().and_then(|known| known.routing_seconds) {
        Some(seconds) => format!("it was measured to take up to {seconds} s"),
        None => "how long it takes to follow them is not published".to_owned(),
    };
    format!(
        "{how}: {name} sends connections to it until {threshold} checks have failed, one every {interval} s; {measured}."
    )
}
