//! The manifest of Huawei Cloud's cloud controller manager, as kubernetes-sigs/cloud-provider-huaweicloud
//! has it in manifests/, in one file.

use serde_json::{Value, json};

use super::{NAME, NAMESPACE, RBAC, ROLE, subject};
use crate::format::yaml;
use crate::plan::CloudController;

const DAEMON_SET: &str = "huawei-cloud-controller-manager";

/// The manifest for Huawei Cloud. Its Secret `cloud-config` holds keys and is not in it.
pub fn huawei(controller: &CloudController) -> String {
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
        // It reads how API servers authenticate.
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
        load_balancers(),
        daemon_set(controller),
    ]
    .iter()
    .map(yaml::document)
    .collect();
    yaml::documents(&documents)
}

/// Upstream's rights, without those for Ingresses and custom resources, which it does not serve.
fn cluster_role() -> Value {
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs });
    let edit: &[&str] = &["create", "get", "list", "patch", "update", "watch"];
    json!({
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": { "name": ROLE },
        "rules": [
            rule("", &["events"], &["create", "patch", "update"]),
            // Deletes the nodes of machines that are gone.
            rule("", &["nodes"], &["delete", "get", "list", "patch", "update", "watch"]),
            rule("", &["nodes/status"], &["patch", "update"]),
            rule("", &["configmaps", "endpoints", "services"], edit),
            rule("", &["services/status"], &["patch", "update"]),
            rule("", &["pods", "secrets"], &["get", "list", "watch"]),
            // An account for each of its controllers.
            rule("", &["serviceaccounts", "serviceaccounts/token"], &["create", "get", "list", "update"]),
            rule("authentication.k8s.io", &["tokenreviews"], &["create"]),
            rule("coordination.k8s.io", &["leases"], &["create", "get", "list", "update", "watch"]),
            rule("discovery.k8s.io", &["endpointslices"], &["get", "list", "watch"]),
        ],
    })
}

/// What load balancers of Services get where a Service says nothing itself: JSON inside YAML, which is
/// how the controller reads it.
fn load_balancers() -> Value {
    let option = json!({
        "lb-algorithm": "ROUND_ROBIN",
        "keep-eip": false,
        "health-check-flag": "on",
        "health-check-option": { "delay": 5, "timeout": 3, "max_retries": 3 },
    });
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "loadbalancer-config", "namespace": NAMESPACE },
        "data": { "loadBalancerOption": format!("{option:#}\n") },
    })
}

fn daemon_set(controller: &CloudController) -> Value {
    let labels = json!({ "k8s-app": DAEMON_SET });
    let control_plane = "node-role.kubernetes.io/control-plane";
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": { "name": DAEMON_SET, "namespace": NAMESPACE, "labels": labels },
        "spec": {
            "selector": { "matchLabels": labels },
            "updateStrategy": { "type": "RollingUpdate" },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    // Before it has seen a node no pod runs there, and before there is a pod network it
                    // must run itself.
                    "hostNetwork": true,
                    "dnsPolicy": "Default",
                    "priorityClassName": "system-node-critical",
                    "serviceAccountName": NAME,
                    "securityContext": { "runAsUser": 1001, "runAsNonRoot": true },
                    "nodeSelector": { control_plane: "" },
                    "tolerations": [
                        { "key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule" },
                        { "key": control_plane, "operator": "Exists", "effect": "NoSchedule" },
                        { "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule" },
                    ],
                    "containers": [{
                        "name": DAEMON_SET,
                        "image": controller.image,
                        "args": [
                            "/bin/huawei-cloud-controller-manager",
                            "--v=2",
                            "--cloud-config=/etc/config/cloud-config",
                            "--cloud-provider=huaweicloud",
                            "--use-service-account-credentials=true",
                            "--node-status-update-frequency=5s",
                            "--node-monitor-period=5s",
                            "--leader-elect-lease-duration=30s",
                            "--leader-elect-renew-deadline=20s",
                            "--leader-elect-retry-period=2s",
                        ],
                        "volumeMounts": [{ "name": "cloud-config", "mountPath": "/etc/config", "readOnly": true }],
                        "resources": {
                            "requests": { "cpu": "200m", "memory": "100Mi" },
                            "limits": { "memory": "2Gi" },
                        },
                    }],
                    "volumes": [{ "name": "cloud-config", "secret": { "secretName": "cloud-config" } }],
                },
            },
        },
    })
}
