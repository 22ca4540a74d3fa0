//! kube-vip: the manifest of its static pod on each control-plane node.
//!
//! Written here and not by `kube-vip manifest pod`, which writes a variable twice under one name. Names and
//! values: `pkg/kubevip/config_environment.go` of the pinned version.

use serde_json::{Value, json};

use crate::format::yaml;
use crate::plan::load_balancer::{Announced, Bgp, KubeVip, PairNode, Peer};
use crate::plan::{Node, Plan, Role};

/// kubeadm's credentials, which the pod finds at this path whatever file they come from.
const ADMIN: &str = "/etc/kubernetes/admin.conf";
/// Those that have rights before kubeadm has given any to the others.
const SUPER_ADMIN: &str = "/etc/kubernetes/super-admin.conf";
/// This node's API server: a name that is in its certificate, and 127.0.0.1 for the pod.
const HERE: &str = "kubernetes";
/// The cluster's CA.
const CA: &str = "/etc/kubernetes/pki/ca.crt";

/// The files that a node gets: path on the machine, text. None on a worker.
pub fn files(own: &KubeVip, node: &Node) -> Vec<(String, String)> {
    let Some(pair_node) = own.node(&node.name) else {
        return Vec::new();
    };
    let mut files = vec![(
        "/etc/hagen/kube-vip.yaml".to_owned(),
        manifest(own, pair_node),
    )];
    if node.role == Role::FirstControlPlane {
        files.push((
            "/etc/hagen/kube-vip-init.yaml".to_owned(),
            init_manifest(own, pair_node),
        ));
    }
    files
}

/// The same manifests in the rendered folder: path, text.
pub fn manifests(plan: &Plan, own: &KubeVip) -> Vec<(String, String)> {
    let folder = "manifests/kube-vip";
    let mut all: Vec<(String, String)> = own
        .nodes
        .iter()
        .map(|node| (format!("{folder}/{}.yaml", node.name), manifest(own, node)))
        .collect();
    let first = plan.control_plane().next();
    if let Some(first) = first.and_then(|node| own.node(&node.name)) {
        all.push((
            format!("{folder}/init/{}.yaml", first.name),
            init_manifest(own, first),
        ));
    }
    all
}

/// The manifest of a node that is part of the cluster.
pub fn manifest(own: &KubeVip, node: &PairNode) -> String {
    let head = match &own.announced {
        Announced::Arp(_) => format!(
            "\
# kube-vip on {}: the leader has {} as an address of its own and answers ARP for it. It renews its lease
# through this node's API server, so that one which is cut off from etcd's majority gives the address up.
# Services are not its business (no svc_enable), nor is passing connections on (no lb_enable).
",
            node.name, own.virtual_ip
        ),
        Announced::Bgp(_) => format!(
            "\
# kube-vip on {}: it announces {} to the routers while this node's API server answers, and has the
# address on lo. There is no leader: routers share connections out to all nodes that announce it.
# Services are not its business (no svc_enable), nor is passing connections on (no lb_enable).
",
            node.name, own.virtual_ip
        ),
    };
    head + &yaml::document(&pod(own, node, ADMIN))
}

/// The manifest of the first node while it founds the cluster.
pub fn init_manifest(own: &KubeVip, node: &PairNode) -> String {
    format!(
        "\
# kube-vip on {} during `kubeadm init` only. admin.conf has no rights before kubeadm binds them, in the
# middle of init (Kubernetes 1.29 and later; kube-vip/kube-vip#684). The script puts the other manifest in its
# place as soon as init is over.
{}",
        node.name,
        yaml::document(&pod(own, node, SUPER_ADMIN))
    )
}

fn pod(own: &KubeVip, node: &PairNode, credentials: &str) -> Value {
    let mut mounts = vec![mount("kubeconfig", ADMIN)];
    let mut volumes = vec![volume("kubeconfig", credentials)];
    if own.bgp().is_some() {
        mounts.push(mount("ca", CA));
        volumes.push(volume("ca", CA));
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "kube-vip", "namespace": "kube-system" },
        "spec": {
            "containers": [{
                "name": "kube-vip",
                "image": own.image,
                "args": ["manager"],
                "env": environment(own, node),
                "securityContext": {
                    "capabilities": { "add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"] },
                },
                "volumeMounts": mounts,
            }],
            // kube-vip asks the API server by this name.
            "hostAliases": [{ "ip": "127.0.0.1", "hostnames": [HERE] }],
            "hostNetwork": true,
            "volumes": volumes,
        },
    })
}

fn mount(name: &str, path: &str) -> Value {
    json!({ "name": name, "mountPath": path, "readOnly": true })
}

/// `File`: without it, kubelet makes a folder of what is not there yet.
fn volume(name: &str, path: &str) -> Value {
    json!({ "name": name, "hostPath": { "path": path, "type": "File" } })
}

fn environment(own: &KubeVip, node: &PairNode) -> Vec<Value> {
    let (mode, own_mode, interface) = match &own.announced {
        Announced::Arp(_) => ("vip_arp", arp(own), node.interface.as_str()),
        Announced::Bgp(bgp) => ("bgp_enable", self::bgp(own, bgp, node), "lo"),
    };
    let mut values = vec![
        // Exactly one of its modes, or it ends.
        (mode, "true".to_owned()),
        ("address", own.virtual_ip.to_string()),
        // No subnet's: never a source address, and nothing is lost when it goes.
        ("vip_subnet", "32".to_owned()),
        // Never the one that it would find by itself.
        ("vip_interface", interface.to_owned()),
        // That of the API server: it passes nothing on.
        ("port", own.port.to_string()),
        ("cp_enable", "true".to_owned()),
        ("cp_namespace", "kube-system".to_owned()),
        (
            "prometheus_server",
            format!("127.0.0.1:{}", own.metrics_port()),
        ),
    ];
    values.extend(own_mode);
    let mut variables: Vec<Value> = values
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    variables.push(json!({
        "name": "vip_nodename",
        "valueFrom": { "fieldRef": { "fieldPath": "spec.nodeName" } },
    }));
    variables
}

type Values = Vec<(&'static str, String)>;

fn arp(own: &KubeVip) -> Values {
    let Announced::Arp(lease) = own.announced else {
        return Vec::new();
    };
    let mut values = vec![
        ("vip_leaderelection", "true".to_owned()),
        ("vip_leasename", "plndr-cp-lock".to_owned()),
        ("vip_leaseduration", lease.duration_seconds.to_string()),
        ("vip_renewdeadline", lease.renew_seconds.to_string()),
        ("vip_retryperiod", lease.retry_seconds.to_string()),
    ];
    if lease.preserve {
        values.push(("vip_preserve_on_leadership_loss", "true".to_owned()));
    }
    values
}

fn bgp(own: &KubeVip, bgp: &Bgp, node: &PairNode) -> Values {
    let peers: Vec<String> = bgp.peers.iter().map(peer).collect();
    let check = own.health_check();
    vec![
        ("vip_leaderelection", "false".to_owned()),
        ("bgp_routerid", node.address.to_string()),
        ("bgp_as", bgp.autonomous_system.to_string()),
        ("bgp_peers", peers.join(",")),
        ("bgp_hold_time", bgp.hold_seconds.to_string()),
        ("bgp_keepalive_interval", bgp.keepalive_seconds.to_string()),
        // Without it, a node whose API server is dead would keep its share of the connections. By a name that
        // the certificate has: kubeadm puts neither 127.0.0.1 nor localhost into it, and a check that fails
        // from the start never lets the address be announced.
        (
            "control_plane_health_check_address",
            format!("https://{HERE}:{}{}", own.port, check.path),
        ),
        ("control_plane_health_check_ca_path", CA.to_owned()),
        (
            "control_plane_health_check_period_seconds",
            check.period_seconds.to_string(),
        ),
        (
            "control_plane_health_check_timeout_seconds",
            check.timeout_seconds.to_string(),
        ),
        (
            "control_plane_health_check_failure_threshold",
            check.failures.to_string(),
        ),
    ]
}

/// `ADDRESS:AS:PASSWORD:MULTIHOP[:PORT]`, without a password.
fn peer(peer: &Peer) -> String {
    let port = peer.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!(
        "{}:{}::{}{port}",
        peer.address, peer.autonomous_system, peer.multihop
    )
}
