//! What a plan decides for Alibaba Cloud.

use super::cloud::{self, Cloud, Kind};
use super::{CloudController, Plan, Target};
use crate::facts::aliyun::{CLOUD_CONTROLLER, LOAD_BALANCER};
use crate::spec;

/// What a plan decides for Alibaba Cloud.
#[derive(Clone, Debug)]
pub struct Aliyun {
    /// What is the same for other clouds.
    pub cloud: Cloud,
    /// The load balancer.
    pub load_balancer: LoadBalancer,
}

/// The load balancer.
#[derive(Clone, Debug)]
pub enum LoadBalancer {
    /// A Network Load Balancer.
    Nlb,
    /// The classic one.
    Slb(Slb),
}

/// The classic load balancer.
#[derive(Clone, Debug)]
pub struct Slb {
    /// Its specification; none where it is paid for by what it does.
    pub specification: Option<String>,
    /// The zone that it is active in.
    pub master_zone: String,
    /// The zone that it stands by in.
    pub slave_zone: String,
}

/// Builds the plan for Alibaba Cloud.
pub(super) fn build(spec: &spec::Cluster, target: &spec::Aliyun) -> Plan {
    let nlb = target.load_balancer == spec::AliyunLoadBalancer::Nlb;
    let external = spec.kubernetes.cloud_provider == spec::CloudProvider::External;
    let kind = Kind {
        word: if nlb { "nlb" } else { "slb" },
        own_name: nlb,
        address_in_each_zone: nlb,
        always_private: false,
        health_check: &LOAD_BALANCER.health_check,
        asks_readyz: false,
        name_length: LOAD_BALANCER.name_length,
        controller: external.then(|| CloudController {
            cloud: "aliyun",
            image: CLOUD_CONTROLLER.image.clone(),
        }),
    };
    cloud::build(spec, target.common(), kind, |cloud| {
        let load_balancer = if nlb {
            LoadBalancer::Nlb
        } else {
            LoadBalancer::Slb(slb(target))
        };
        Target::Aliyun(Aliyun {
            cloud,
            load_balancer,
        })
    })
}

fn slb(target: &spec::Aliyun) -> Slb {
    let subnets = &target.network.subnets;
    // Its subnet is the one with its address, or else the first.
    let own = subnets
        .iter()
        .position(|subnet| subnet.api_address.is_some())
        .unwrap_or_default();
    let zone = |at: usize| {
        subnets
            .get(at % subnets.len().max(1))
            .map_or_else(String::new, |subnet| subnet.zone.clone())
    };
    Slb {
        specification: match &target.slb.billing {
            spec::AliyunSlbBilling::Specification(name) => Some(name.clone()),
            spec::AliyunSlbBilling::PayByClcu => None,
        },
        master_zone: target.slb.master_zone.clone().unwrap_or_else(|| zone(own)),
        slave_zone: target
            .slb
            .slave_zone
            .clone()
            .unwrap_or_else(|| zone(own + 1)),
    }
}
