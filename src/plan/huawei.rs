//! What a plan decides for Huawei Cloud.

use super::cloud::{self, Cloud, Kind};
use super::{CloudController, Plan, Target};
use crate::facts::huawei::{CLOUD_CONTROLLER, LOAD_BALANCER};
use crate::spec;

/// What a plan decides for Huawei Cloud.
#[derive(Clone, Debug)]
pub struct Huawei {
    /// What is the same for other clouds.
    pub cloud: Cloud,
    /// The network flavor of the load balancer.
    pub flavor: Flavor,
    /// The zones of the load balancer.
    pub zones: Vec<String>,
    /// Mbit/s to the internet, of an internet-facing load balancer.
    pub bandwidth: u32,
}

/// A network flavor of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// Looked up by the connections that it takes.
    MaxConnections(u32),
    /// By its id.
    Id(String),
}

/// Builds the plan for Huawei Cloud.
pub(super) fn build(spec: &spec::Cluster, target: &spec::Huawei) -> Plan {
    let external = spec.kubernetes.cloud_provider == spec::CloudProvider::External;
    let kind = Kind {
        word: "elb",
        own_name: false,
        address_in_each_zone: false,
        always_private: true,
        health_check: &LOAD_BALANCER.health_check,
        asks_readyz: true,
        name_length: LOAD_BALANCER.name_length,
        controller: external.then(|| CloudController {
            cloud: "huawei",
            image: CLOUD_CONTROLLER.image.clone(),
        }),
    };
    let subnets = &target.network.subnets;
    cloud::build(spec, target.common(), kind, |cloud| {
        Target::Huawei(Huawei {
            cloud,
            flavor: match &target.elb.flavor {
                spec::HuaweiElbFlavor::MaxConnections(most) => Flavor::MaxConnections(*most),
                spec::HuaweiElbFlavor::Id(id) => Flavor::Id(id.clone()),
            },
            zones: if target.elb.zones.is_empty() {
                subnets.iter().map(|subnet| subnet.zone.clone()).collect()
            } else {
                target.elb.zones.clone()
            },
            bandwidth: target.elb.bandwidth,
        })
    })
}
