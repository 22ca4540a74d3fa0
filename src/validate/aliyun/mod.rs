//! The rules about Alibaba Cloud: what it refuses and Terraform does not notice before it applies.

mod machines;
mod nlb;
mod quotas;
mod slb;

use crate::diagnostic::Report;
use crate::spec::{Aliyun, AliyunLoadBalancer, Cluster};

use super::cloud::{self, Target};

pub(super) fn check(spec: &Cluster, own: &Aliyun, report: &mut Report) {
    let target = Target::new(spec, own.common());
    cloud::check(&target, report);
    match own.load_balancer {
        AliyunLoadBalancer::Nlb => nlb::check(&target, own, report),
        AliyunLoadBalancer::Slb => slb::check(&target, own, report),
    }
    machines::check(&target, report);
    quotas::check(&target, own.load_balancer, report);
}

/// The paths of the subnets that have a fixed address of the load balancer.
fn addressed(target: &Target<'_>) -> Vec<String> {
    let subnets = target.own.network.subnets.iter().enumerate();
    subnets
        .filter(|(_, subnet)| subnet.api_address.is_some())
        .map(|(at, _)| target.path(&format!("network.subnets[{at}].apiAddress")))
        .collect()
}
