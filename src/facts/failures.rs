//! `providers/failures.yaml`: what a failure does beyond what the cluster's own timers tell.

use std::sync::LazyLock;

use serde::Deserialize;

use super::hairpin::Exposure;

/// What is known of failures.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failures {
    /// etcd.
    pub etcd: Etcd,
    /// Pods of a node that is gone.
    pub pods: Pods,
    load_balancers: Vec<LoadBalancer>,
}

/// etcd.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Etcd {
    /// After one to two of these without a leader a follower calls an election.
    pub election_timeout_milliseconds: u32,
}

/// Pods of a node that is gone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pods {
    /// After how long without a word a node counts as gone.
    pub node_monitor_grace_seconds: u32,
    /// After how long its pods are replaced then.
    pub toleration_seconds: u32,
}

/// A kind of load balancer that a cloud runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    provider: String,
    kind: String,
    exposure: Exposure,
    /// How its addresses relate to zones.
    pub addresses: Addresses,
    /// Seconds at most until it sends nothing to an API server that is gone, if somebody has measured it.
    pub routing_seconds: Option<u32>,
    /// Seconds at most until it has moved away from a lost zone, if that is published.
    pub zone_seconds: Option<u32>,
    /// What happens when one of its nodes fails.
    pub node: String,
    /// What happens when one of its zones is lost.
    pub zone: String,
    /// What happens when all of it is gone.
    pub all_lost: String,
    /// Where this is known from.
    pub source: String,
}

/// How a load balancer's addresses relate to zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Addresses {
    /// A node and an address in each zone.
    InEachZone,
    /// A node in each zone, and one address.
    OneForAllZones,
    /// Active in one zone, and another stands by.
    Standby,
    /// The cloud says no zone.
    Regional,
}

/// What is known of failures.
pub static FAILURES: LazyLock<Failures> = LazyLock::new(|| {
    super::embedded(
        "failures.yaml",
        include_str!("../../providers/failures.yaml"),
    )
});

/// What is known of the failures of this kind of a cloud's load balancer.
pub fn of_load_balancer(
    provider: &str,
    kind: &str,
    internal: bool,
) -> Option<&'static LoadBalancer> {
    FAILURES.load_balancers.iter().find(|row| {
        row.provider == provider
            && row.kind == kind
            && match row.exposure {
                Exposure::Any => true,
                Exposure::Internal => internal,
                Exposure::Internet => !internal,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::{FAILURES, of_load_balancer};

    #[test]
    fn every_managed_load_balancer_has_a_row() {
        for (provider, kind) in [
            ("aws", "nlb"),
            ("aliyun", "nlb"),
            ("aliyun", "slb"),
            ("tencent", "clb"),
            ("huawei", "elb"),
        ] {
            for internal in [false, true] {
                assert!(
                    of_load_balancer(provider, kind, internal).is_some(),
                    "{provider} {kind}"
                );
            }
        }
        assert!(of_load_balancer("baremetal", "haproxy", true).is_none());
    }

    #[test]
    fn every_row_is_sentences_with_a_source() {
        for row in &FAILURES.load_balancers {
            for text in [&row.node, &row.zone, &row.all_lost] {
                assert!(text.ends_with('.') && !text.contains('\n'), "{text}");
            }
            assert!(!row.source.is_empty());
        }
    }
}
