//! The rules about Tencent Cloud: what it refuses and Terraform does not notice before it applies.

mod load_balancer;
mod machines;
mod network;

use crate::diagnostic::code::tencent as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{CloudMachines, Cluster, Tencent};

use super::cloud::{self, Target};

pub(super) fn check(spec: &Cluster, own: &Tencent, report: &mut Report) {
    let target = Target::new(spec, own.common());
    cloud::check(&target, report);
    controller(&target, report);
    network::check(&target, report);
    load_balancer::check(&target, &own.clb, report);
    match target.own.machines {
        CloudMachines::Provision(provision) => machines::made(&target, provision, report),
        CloudMachines::Existing(list) => machines::existing(&target, list, report),
    }
}

fn controller(target: &Target<'_>, report: &mut Report) {
    if target.cloud_controller() {
        report.push(
            Diagnostic::new(
                &code::CONTROLLER,
                "Tencent Cloud's controller ends with Kubernetes 1.14, so nodes would wait for it, tainted, for ever",
            )
            .value("kubernetes.cloudProvider", "no controller for this version")
            .cure("set it to `none`, or remove it")
            .replace_with("none"),
        );
    }
}
