//! How MetalLB announces the addresses of Services, as far as the runbook differs by it.

use crate::plan::{Plan, Target};

/// How MetalLB announces.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::provider) struct Announced {
    /// By ARP.
    pub(in crate::provider) l2: bool,
    /// By BGP.
    pub(in crate::provider) bgp: bool,
    /// By BGP, with FRR.
    pub(in crate::provider) frr: bool,
}

/// How MetalLB announces here, where there is one.
pub(in crate::provider) fn metallb(plan: &Plan) -> Option<Announced> {
    let Target::Baremetal(target) = &plan.target else {
        return None;
    };
    target.metallb.as_ref().map(|_| Announced {
        l2: true,
        bgp: false,
        frr: false,
    })
}
