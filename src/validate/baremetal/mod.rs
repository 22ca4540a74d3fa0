//! The rules about bare metal: what keepalived, haproxy and MetalLB refuse, or take and get wrong.

use crate::diagnostic::Report;
use crate::spec::{Baremetal, Cluster};

pub(super) fn check(_spec: &Cluster, _own: &Baremetal, _report: &mut Report) {}
