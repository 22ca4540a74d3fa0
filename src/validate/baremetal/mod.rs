//! The rules about bare metal: what keepalived, haproxy and MetalLB refuse, or take and get wrong.

mod kube_vip;

use crate::diagnostic::Report;
use crate::spec::{Baremetal, Cluster};

pub(super) fn check(spec: &Cluster, own: &Baremetal, report: &mut Report) {
    kube_vip::check(spec, own, report);
}
