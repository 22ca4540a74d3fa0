//! The rules about Huawei Cloud: what it refuses and Terraform does not notice before it applies.

mod load_balancer;
mod machines;
mod network;
mod tags;

use crate::diagnostic::Report;
use crate::spec::{CloudMachines, Cluster, Huawei};

use super::cloud::{self, Target};

pub(super) fn check(spec: &Cluster, own: &Huawei, report: &mut Report) {
    let target = Target::new(spec, own.common());
    cloud::check(&target, report);
    network::check(&target, report);
    load_balancer::check(&target, &own.elb, report);
    if let CloudMachines::Provision(provision) = &own.machines {
        machines::check(&target, provision, report);
    }
    tags::check(&target, report);
}
