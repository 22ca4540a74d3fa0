//! The kustomization that installs MetalLB: upstream's own manifest, by its address.

use std::fmt::Write as _;

use serde_json::json;

use super::commented;
use crate::plan::metallb::{Backend, Metallb};

pub(super) fn kustomization(metallb: &Metallb) -> String {
    let mut comment = format!(
        "MetalLB {}, {}.\n",
        metallb.version,
        match metallb.backend {
            Backend::Native => "which speaks ARP and BGP itself (upstream's config/native)",
            Backend::FrrK8s => "with FRR for BGP (upstream's config/frr-k8s)",
        }
    );
    match &metallb.manifest.sha256 {
        Some(digest) => {
            let _ = writeln!(comment, "The file has the SHA-256 digest {digest}.");
        }
        None => comment.push_str(
            "Upstream publishes no digest of the file: note that of the one that you have read.\n",
        ),
    }
    comment.push_str(
        "Where machines with kubectl have no way to it, put it beside this file, check the digest with\n\
         `sha256sum`, and name it here instead. Its images come from quay.io.",
    );
    let mut keys = json!({ "resources": [metallb.manifest.url] });
    if let Some(argument) = metallb.ignore_exclude_argument {
        comment.push_str(
            "\n\n\
             There are no workers. kubeadm gives control-plane nodes the label\n\
             node.kubernetes.io/exclude-from-external-load-balancers, and MetalLB announces from no node with it\n\
             (metallb/metallb#2285): Services would have addresses that nobody answers for. The patch makes it\n\
             announce from them, too. Remove it when there are workers.",
        );
        // The list of arguments has no keys to merge by: only a JSON patch adds to it.
        let patch = super::yaml::document(&json!([{
            "op": "add",
            "path": "/spec/template/spec/containers/0/args/-",
            "value": argument,
        }]));
        keys["patches"] = json!([{
            "target": { "group": "apps", "version": "v1", "kind": "DaemonSet", "name": "speaker" },
            "patch": patch,
        }]);
    }
    commented(&comment, &super::kustomization(keys))
}
