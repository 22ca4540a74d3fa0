//! The rules that Alibaba Cloud, Tencent Cloud and Huawei Cloud have in common.

use crate::diagnostic::Report;
use crate::facts::cloud::{self as facts, Cloud};
use crate::spec::{CloudMachines, CloudProvider, CloudTarget, Cluster, Etcd, Exposure};

/// Checks what these clouds have in common.
pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let _ = (target, report);
}

/// The target with what most rules ask of it.
pub(super) struct Target<'a> {
    pub(super) spec: &'a Cluster,
    pub(super) own: CloudTarget<'a>,
    pub(super) facts: &'static Cloud,
}

impl<'a> Target<'a> {
    pub(super) fn new(spec: &'a Cluster, own: CloudTarget<'a>) -> Self {
        let facts = facts::of(own.name)
            .unwrap_or_else(|| panic!("nothing is known of {}, a bug in hagen", own.name));
        Self { spec, own, facts }
    }

    /// A path below this target.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("targets.{}.{rest}", self.own.name)
    }

    /// Whether the endpoint is on the internet.
    pub(super) fn internet(&self) -> bool {
        self.spec.endpoint.exposure == Exposure::Internet
    }

    /// Whether hagen makes the VPC.
    pub(super) fn makes_network(&self) -> bool {
        self.own.network.vpc.is_none()
    }

    /// Whether Terraform makes the machines.
    pub(super) fn provisions(&self) -> bool {
        matches!(self.own.machines, CloudMachines::Provision(_))
    }

    /// Whether the cloud's own controller runs in the cluster.
    pub(super) fn cloud_controller(&self) -> bool {
        self.spec.kubernetes.cloud_provider == CloudProvider::External
    }

    /// How many machines external etcd has; none with stacked etcd.
    pub(super) fn etcd_machines(&self) -> u16 {
        match self.spec.etcd {
            Etcd::Stacked => 0,
            Etcd::External(external) => external.count,
        }
    }
}
