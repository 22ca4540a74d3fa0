//! How kube-proxy leads connections to Services. `nftables` is general since Kubernetes 1.33, older than any
//! version that is supported here.

use crate::diagnostic::code::kube_vip as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{KubeProxy, Kubernetes};

pub(super) fn check(kubernetes: &Kubernetes, report: &mut Report) {
    if kubernetes.kube_proxy == KubeProxy::Ipvs {
        report.push(
            Diagnostic::new(
                &code::IPVS,
                "kube-proxy's mode `ipvs` is deprecated since Kubernetes 1.35, off from 1.40 and gone with 1.43",
            )
            .value("kubernetes.kubeProxy", "on its way out")
            .cure("use `nftables`, or remove the key for `iptables`")
            .cure("or go on, and change it before 1.40"),
        );
    }
}
