//! How long each failure takes, in words.

use serde::Serialize;

use crate::component::load_balancer;
use crate::plan::Plan;
use crate::plan::load_balancer::{Failure, Interruption, Reach};
use crate::provider::runbook::seconds;

/// A row of the table.
#[derive(Serialize)]
pub(super) struct Row {
    what: String,
    took: String,
    who: &'static str,
    bounded: &'static str,
}

pub(super) fn rows(plan: &Plan, limit: bool) -> Vec<Row> {
    let proxy = plan
        .load_balancer
        .pair()
        .map_or("", load_balancer::proxy_name);
    let kube_vip = plan.load_balancer.kube_vip();
    let by_bgp = kube_vip.is_some_and(|own| own.bgp().is_some());
    let all = plan.load_balancer.interruptions().iter();
    all.map(|one| Row {
        what: what(one.failure, proxy, by_bgp),
        took: took(one),
        who: match one.reach {
            Reach::Everyone => "every new request",
            Reach::Some | Reach::SomeForGood => "requests that meet it",
        },
        bounded: match (one.bounded, limit) {
            (true, true) => "yes",
            (true, false) => "would be",
            (false, _) => "no",
        },
    })
    .collect()
}

fn took(one: &Interruption) -> String {
    if one.reach == Reach::SomeForGood {
        return "as long as it lasts".to_owned();
    }
    let (least, most) = (seconds(one.least), seconds(one.most));
    if one.most == 0 {
        "nothing: another one takes it at once".to_owned()
    } else if one.least == 0 {
        format!("up to {most} s")
    } else if least == most {
        format!("{most} s")
    } else {
        format!("{least} to {most} s")
    }
}

fn what(failure: Failure, proxy: &str, by_bgp: bool) -> String {
    match failure {
        Failure::HolderStopped if by_bgp => {
            "kube-vip on a node is stopped, and takes its route back".to_owned()
        }
        Failure::HolderGone if by_bgp => {
            "a node is gone at once: power, kernel, network".to_owned()
        }
        Failure::HolderStopped => {
            "keepalived on the holder is stopped, or the holder is shut down in order".to_owned()
        }
        Failure::HolderGone => "the holder is gone at once: power, kernel, network".to_owned(),
        Failure::ProxyDead => format!("{proxy} on the holder is dead and does not come back"),
        Failure::ProxyHung => format!("{proxy} on the holder runs and does not answer"),
        Failure::HolderBlind => "the holder alone reaches no API server".to_owned(),
        Failure::LeaderGone => "the holder is gone, with kube-vip's lease".to_owned(),
        Failure::ApiServerDead => "an API server's process is gone".to_owned(),
        Failure::ApiServerGone => "an API server's machine is gone without a word".to_owned(),
        Failure::ApiServerHung => "an API server takes connections and does not answer".to_owned(),
        Failure::ApiServerNotReady => "an API server says that it is not ready".to_owned(),
        Failure::ApiServersBack => "all API servers were gone; from the return of one".to_owned(),
    }
}
