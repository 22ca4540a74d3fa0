//! How MetalLB announces the addresses of Services, as far as the runbook differs by it.

use crate::plan::baremetal::Services;
use crate::plan::metallb::{Backend, Metallb};
use crate::plan::{Plan, Target};

/// How MetalLB announces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    /// By ARP.
    pub(super) l2: bool,
    /// By BGP.
    pub(super) bgp: bool,
    /// By BGP, with FRR.
    pub(super) frr: bool,
}

impl From<&Metallb> for Announced {
    fn from(metallb: &Metallb) -> Self {
        let bgp = metallb.bgp.is_some();
        Self {
            l2: metallb.answers_arp(),
            bgp,
            frr: bgp && metallb.backend == Backend::FrrK8s,
        }
    }
}

/// MetalLB, where it serves Services.
pub(in crate::provider) fn metallb(plan: &Plan) -> Option<&Metallb> {
    match &plan.target {
        Target::Baremetal(target) => match &target.services {
            Services::Metallb(metallb) => Some(metallb),
            Services::None => None,
        },
        _ => None,
    }
}
