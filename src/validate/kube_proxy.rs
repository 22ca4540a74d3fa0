//! How kube-proxy leads connections to Services. `nftables` is general since Kubernetes 1.33, older than any
//! version that is supported here.

use crate::diagnostic::code::kube_vip as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{Aliyun, CloudImage, CloudMachines, Cluster, KubeProxy};

const PATH: &str = "kubernetes.kubeProxy";

/// Checks the mode; `aliyun` is that target, if the spec is checked for it.
pub(super) fn check(spec: &Cluster, aliyun: Option<&Aliyun>, report: &mut Report) {
    match spec.kubernetes.kube_proxy {
        KubeProxy::Iptables => {}
        KubeProxy::Nftables => {
            if let Some(CloudMachines::Provision(machines)) = aliyun.map(|own| &own.machines)
                && machines.image == CloudImage::Alinux3
            {
                report.push(
                    Diagnostic::new(
                        &code::NFTABLES,
                        "kube-proxy's mode `nftables` needs Linux 5.13, and Alibaba Cloud Linux 3 has 5.10",
                    )
                    .value(PATH, "does not start there")
                    .also("targets.aliyun.machines.provision.image", "Linux 5.10")
                    .cure("remove the key for `iptables`")
                    .cure("or use another image"),
                );
            }
        }
        KubeProxy::Ipvs => report.push(
            Diagnostic::new(
                &code::IPVS,
                "kube-proxy's mode `ipvs` is deprecated since Kubernetes 1.35, off from 1.40 and gone with 1.43",
            )
            .value(PATH, "on its way out")
            .cure("use `nftables`, or remove the key for `iptables`")
            .cure("or go on, and change it before 1.40"),
        ),
    }
}
