//! The manifest of AWS's cloud controller manager, as kubernetes/cloud-provider-aws has it in
//! examples/existing-cluster, with the rights of its `superset-role`: no controller of it has an
//! account of its own.

mod aliyun;
mod huawei;

pub use aliyun::aliyun;
pub use huawei::huawei;

use serde_json::{Value, json};

use crate::format::yaml;
use crate::plan::CloudController;

const NAME: &str = "cloud-controller-manager";
const NAMESPACE: &str = "kube-system";
const ROLE: &str = "system:cloud-controller-manager";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// The manifest for AWS.
pub fn aws(controller: &CloudController) -> String {
    let documents: Vec<String> = [
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": { "name": NAME, "namespace": NAMESPACE },
        }),
        cluster_role(),
        json!({
            "apiVersion": RBAC,
            "kind": "ClusterRoleBinding",
            "metadata": { "name": ROLE },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE },
            "subjects": [subject()],
        }),
        // Without it the controller ends at once: it reads how API servers authenticate.
        json!({
            "apiVersion": RBAC,
            "kind": "RoleBinding",
            "metadata": {
                "name": "cloud-controller-manager:apiserver-authentication-reader",
                "namespace": NAMESPACE,
            },
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role",
                "name": "extension-apiserver-authentication-reader",
            },
            "subjects": [subject()],
        }),
        daemon_set(controller),
    ]
    .iter()
    .map(yaml::document)
    .collect();
    yaml::documents(&documents)
}

fn subject() -> Value {
    json!({ "kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE })
}

fn cluster_role() -> Value {
    let rule = |group: &str, resource: &str, verbs: &[&str]| json!({ "apiGroups": [group], "resources": [resource], "verbs": verbs });
    json!({
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": { "name": ROLE },
        "rules": [
            rule("", "events", &["create", "patch", "update"]),
            // Deletes the nodes of machines that AWS has terminated.
            rule("", "nodes", &["delete", "get", "list", "patch", "update", "watch"]),
            rule("", "nodes/status", &["patch"]),
            rule("", "services", &["list", "patch", "update", "watch"]),
            rule("", "services/status", &["patch", "update"]),
            rule("", "serviceaccounts", &["create"]),
            rule("", "endpoints", &["create", "get", "list", "update", "watch"]),
            rule("coordination.k8s.io", "leases", &["create", "get", "list", "update", "watch"]),
        ],
    })
}

fn daemon_set(controller: &CloudController) -> Value {
    let labels = json!({ "k8s-app": "aws-cloud-controller-manager" });
    let control_plane = "node-role.kubernetes.io/control-plane";
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": "aws-cloud-controller-manager",
            "namespace": NAMESPACE,
            "labels": labels,
        },
        "spec": {
            "selector": { "matchLabels": labels },
            "updateStrategy": { "type": "RollingUpdate" },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    // Before it has seen a node no pod runs there, and before there is a pod network it
                    // must run itself. The host's network also is the way to the metadata service.
                    "hostNetwork": true,
                    "dnsPolicy": "Default",
                    "priorityClassName": "system-node-critical",
                    "serviceAccountName": NAME,
                    "nodeSelector": { control_plane: "" },
                    "tolerations": [
                        { "key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule" },
                        { "key": control_plane, "operator": "Exists", "effect": "NoSchedule" },
                        { "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule" },
                    ],
                    "containers": [{
                        "name": "aws-cloud-controller-manager",
                        "image": controller.image,
                        "args": ["--v=2", "--cloud-provider=aws", "--configure-cloud-routes=false"],
                        "resources": { "requests": { "cpu": "200m" } },
                    }],
                },
            },
        },
    })
}
