//! What a plan decides for Tencent Cloud.

use super::cloud::{self, Cloud, Kind};
use super::{Plan, Target};
use crate::facts::tencent::LOAD_BALANCER;
use crate::spec;

/// What a plan decides for Tencent Cloud.
#[derive(Clone, Debug)]
pub struct Tencent {
    /// What is the same for other clouds.
    pub cloud: Cloud,
    /// The specification of an instance with guaranteed capacity; none for a shared one.
    pub sla_type: Option<String>,
    /// Mbit/s to the internet, where the spec says so.
    pub bandwidth: Option<u32>,
    /// The zone that an internet-facing load balancer is active in.
    pub master_zone: Option<String>,
    /// The zone that it stands by in.
    pub slave_zone: Option<String>,
}

/// Builds the plan for Tencent Cloud.
pub(super) fn build(spec: &spec::Cluster, target: &spec::Tencent) -> Plan {
    let kind = Kind {
        word: "clb",
        own_name: false,
        address_in_each_zone: false,
        always_private: false,
        health_check: &LOAD_BALANCER.health_check,
        asks_readyz: false,
        name_length: LOAD_BALANCER.name_length,
        // Its controller ends with Kubernetes 1.14: a rule refuses it.
        controller: None,
    };
    cloud::build(spec, target.common(), kind, |cloud| {
        Target::Tencent(Tencent {
            cloud,
            sla_type: target.clb.sla_type.clone(),
            bandwidth: target.clb.bandwidth,
            master_zone: target.clb.master_zone.clone(),
            slave_zone: target.clb.slave_zone.clone(),
        })
    })
}
