//! The manifest of Alibaba Cloud's cloud controller manager, as kubernetes/cloud-provider-alibaba-cloud
//! has it in deploy/v2, without what routes need. It holds no secret: the controller gets its rights from
//! the role of the machine that it runs on.

use serde_json::{Value, json};

use super::{NAME, NAMESPACE, RBAC, ROLE, subject};
use crate::format::yaml;
use crate::plan::CloudController;

const CONFIGURATION: &str = "cloud-config";

/// The manifest for Alibaba Cloud.
pub fn aliyun(controller: &CloudController, cluster: &str, region: &str) -> String {
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
        configuration(cluster, region),
        daemon_set(controller),
    ]
    .iter()
    .map(yaml::document)
    .collect();
    yaml::documents(&documents)
}

fn cluster_role() -> Value {
    let rule = |group: &str, resource: &str, verbs: &[&str]| json!({ "apiGroups": [group], "resources": [resource], "verbs": verbs });
    json!({
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": { "name": ROLE },
        "rules": [
            rule("", "events", &["create", "patch", "update"]),
            // Deletes the nodes of machines that are gone.
            rule("", "nodes", &["delete", "get", "list", "patch", "update", "watch"]),
            rule("", "nodes/status", &["patch", "update"]),
            rule("", "services", &["get", "list", "patch", "update", "watch"]),
            rule("", "services/status", &["patch", "update"]),
            rule("", "endpoints", &["create", "get", "list", "patch", "update", "watch"]),
            rule("discovery.k8s.io", "endpointslices", &["get", "list", "watch"]),
            // The backends of a Service may be pods, which are ready once the load balancer has them.
            rule("", "pods", &["get", "list", "watch"]),
            rule("", "pods/status", &["patch", "update"]),
            rule("coordination.k8s.io", "leases", &["create", "get", "list", "update", "watch"]),
        ],
    })
}

/// Without the cluster's own id, load balancers of two clusters in one account have the same tag.
fn configuration(cluster: &str, region: &str) -> Value {
    let global = json!({ "Global": { "clusterID": cluster, "region": region } });
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": CONFIGURATION, "namespace": NAMESPACE },
        "data": { "cloud-config.conf": format!("{global:#}\n") },
    })
}

fn daemon_set(controller: &CloudController) -> Value {
    let labels = json!({ "k8s-app": "aliyun-cloud-controller-manager" });
    let control_plane = "node-role.kubernetes.io/control-plane";
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": "aliyun-cloud-controller-manager",
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
                    // must run itself. The host's network also is the way to the metadata service, where
                    // it gets the rights of the machine's role.
                    "hostNetwork": true,
                    "dnsPolicy": "Default",
                    "priorityClassName": "system-node-critical",
                    "serviceAccountName": NAME,
                    // Upstream's manifest still says master, a label that kubeadm no longer sets.
                    "nodeSelector": { control_plane: "" },
                    "tolerations": [
                        { "key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule" },
                        { "key": control_plane, "operator": "Exists", "effect": "NoSchedule" },
                        { "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule" },
                    ],
                    "containers": [container(controller)],
                    "volumes": [{
                        "name": CONFIGURATION,
                        "configMap": { "name": CONFIGURATION },
                    }],
                },
            },
        },
    })
}

fn container(controller: &CloudController) -> Value {
    json!({
        "name": "aliyun-cloud-controller-manager",
        "image": controller.image,
        "command": [
            "/cloud-controller-manager",
            "--cloud-config=/etc/kubernetes/config/cloud-config.conf",
            "--configure-cloud-routes=false",
            "--metrics-bind-addr=0",
        ],
        "livenessProbe": {
            "httpGet": { "host": "127.0.0.1", "path": "/healthz", "port": 10258, "scheme": "HTTP" },
            "initialDelaySeconds": 15,
            "timeoutSeconds": 15,
            "failureThreshold": 8,
        },
        "resources": { "requests": { "cpu": "100m", "memory": "200Mi" } },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "runAsUser": 1200,
        },
        "volumeMounts": [{
            "name": CONFIGURATION,
            "mountPath": "/etc/kubernetes/config",
            "readOnly": true,
        }],
    })
}
