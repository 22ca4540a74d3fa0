//! The values that the bootstrap script reads: `/etc/hagen/node.env`.

use super::{external_etcd, load_balancer, placeholder, secrets};
use crate::format::template::shell_quote;
use crate::plan::load_balancer::{Pair, PairNode};
use crate::plan::{Address, Addresses, Etcd, ExternalEtcd, Node, Pin, Plan, Role, SecretsMode};

/// The environment of a node, as shell assignments with quoted values.
pub fn environment(plan: &Plan, node: &Node) -> String {
    let mut values = of_every_machine(plan, node);
    match &plan.etcd {
        Etcd::External(etcd) if node.role == Role::Etcd => values.extend(of_etcd(etcd, node)),
        _ if node.role == Role::LoadBalancer => {
            values.push(("ENDPOINT_PORT", plan.endpoint.port.to_string()));
        }
        _ => values.extend(of_kubernetes(plan, node)),
    }
    if let Some(pair) = plan.load_balancer.pair()
        && let Some(own) = pair.node(&node.name)
    {
        values.extend(of_load_balancer(pair, own, node));
    }
    if let Some(kube_vip) = plan.load_balancer.kube_vip()
        && kube_vip.node(&node.name).is_some()
    {
        values.push(("KUBE_VIP", kube_vip.virtual_ip.to_string()));
        values.push(("KUBE_VIP_IMAGE", kube_vip.image.clone()));
    }
    values
        .into_iter()
        .map(|(name, value)| format!("HAGEN_{name}={}\n", shell_quote(&value)))
        .collect()
}

type Values = Vec<(&'static str, String)>;

fn of_every_machine(plan: &Plan, node: &Node) -> Values {
    let downloads = &plan.downloads;
    vec![
        ("CLUSTER", plan.cluster.clone()),
        ("ROLE", secrets::role(node.role).to_owned()),
        ("NODE", node.name.clone()),
        ("ADDRESS", known(node).unwrap_or_default()),
        (
            "SECRETS",
            match plan.secrets.mode {
                SecretsMode::Pinned => "pinned",
                SecretsMode::Tofu => "tofu",
                SecretsMode::Drop(_) => "drop",
            }
            .to_owned(),
        ),
        (
            "PROXY",
            downloads
                .proxy
                .as_ref()
                .map(|proxy| proxy.url.clone())
                .unwrap_or_default(),
        ),
        (
            "NO_PROXY",
            downloads
                .proxy
                .as_ref()
                .map(|proxy| proxy.without.join(","))
                .unwrap_or_default(),
        ),
        (
            "SYSTEM_REPOSITORY",
            downloads.system_repository.clone().unwrap_or_default(),
        ),
    ]
}

fn of_etcd(etcd: &ExternalEtcd, node: &Node) -> Values {
    vec![
        ("ETCD_VERSION", etcd.version.clone()),
        ("ETCD_URL", etcd.url.clone()),
        ("ETCD_SHA256_AMD64", etcd.sha256_amd64.clone()),
        ("ETCD_SHA256_ARM64", etcd.sha256_arm64.clone()),
        (
            "ETCD_HOST",
            external_etcd::member(etcd, node)
                .map(|member| member.host.clone())
                .unwrap_or_default(),
        ),
        (
            "ETCD_DISK",
            if etcd.separate_disk { "separate" } else { "" }.to_owned(),
        ),
    ]
}

fn of_load_balancer(pair: &Pair, own: &PairNode, node: &Node) -> Values {
    let mut values = vec![
        ("LOAD_BALANCER", load_balancer::proxy_name(pair).to_owned()),
        ("HEALTH_PORT", load_balancer::health_port().to_string()),
    ];
    if node.role == Role::LoadBalancer {
        let others = pair.nodes.iter().filter(|other| other.name != own.name);
        let others: Vec<String> = others.map(|other| other.address.to_string()).collect();
        values.push(("PEERS", others.join(" ")));
    }
    values
}

fn of_kubernetes(plan: &Plan, node: &Node) -> Values {
    let kubernetes = &plan.kubernetes;
    let first = plan.control_plane().next();
    let (cni_url, cni_digest) = kubernetes.cni.clone().unwrap_or_default();
    let mut values = vec![
        (
            "FIRST",
            first.map(|node| node.name.clone()).unwrap_or_default(),
        ),
        ("PREVIOUS", node.previous.clone().unwrap_or_default()),
        ("TURN_LIMIT", node.turn_limit_seconds.to_string()),
        ("PEERS", peers(plan, node)),
        (
            "ENDPOINT_HOST",
            placeholder::host(&plan.endpoint.node_host).to_owned(),
        ),
        ("ENDPOINT_PORT", plan.endpoint.port.to_string()),
        ("BIND_PORT", plan.endpoint.bind_port.to_string()),
        (
            "PIN",
            match (plan.endpoint.pin, node.role) {
                (_, Role::Worker) => "none",
                (Pin::Always, _) => "always",
                (Pin::WhileStarting, Role::FirstControlPlane) => "init",
                (Pin::WhileStarting, _) => "none",
            }
            .to_owned(),
        ),
        ("ENDPOINT_ADDRESSES", endpoint_addresses(plan)),
        ("KUBERNETES_VERSION", kubernetes.version.clone()),
        ("IMAGE_REPOSITORY", kubernetes.image_repository.clone()),
        ("PACKAGE_REVISION", kubernetes.package_revision.clone()),
        ("PACKAGE_URL", kubernetes.package_url.clone()),
        ("PACKAGE_KEY", kubernetes.package_key.clone()),
        ("CONTAINERD_URL", kubernetes.containerd_url.clone()),
        ("CONTAINERD_KEY", kubernetes.containerd_key.clone()),
        ("CONTAINERD_RPM_KEY", kubernetes.containerd_rpm_key.clone()),
        ("CONTAINERD_VERSION", kubernetes.containerd_version.clone()),
        ("CNI_URL", cni_url),
        ("CNI_SHA256", cni_digest),
        (
            "METADATA",
            plan.cloud_controller
                .as_ref()
                .map_or("", |controller| controller.cloud)
                .to_owned(),
        ),
    ];
    values.extend([
        (
            // Not CERTIFICATE_KEY_…, which would begin with a word that Terraform replaces.
            "CERTIFICATES_SECONDS",
            plan.secrets.certificate_key_lifetime.seconds().to_string(),
        ),
        (
            "ETCD_ENDPOINTS",
            match &plan.etcd {
                Etcd::Stacked => String::new(),
                Etcd::External(etcd) => external_etcd::endpoints(etcd).join(" "),
            },
        ),
    ]);
    values
}

/// The load balancer's addresses for /etc/hosts; empty where DNS has the endpoint's name.
fn endpoint_addresses(plan: &Plan) -> String {
    match &plan.endpoint.addresses {
        Addresses::Resolved => String::new(),
        Addresses::OfLoadBalancer => placeholder::LOAD_BALANCER_ADDRESSES.to_owned(),
        Addresses::Known(addresses) => {
            let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            texts.join(" ")
        }
    }
}

fn known(node: &Node) -> Option<String> {
    match node.address {
        Address::Known(address) => Some(address.to_string()),
        Address::FoundAtBoot => None,
    }
}

/// The addresses of the control-plane nodes: if one of them answers, the cluster is there already
/// and must not be founded again.
fn peers(plan: &Plan, node: &Node) -> String {
    if node.role == Role::Worker {
        return String::new();
    }
    let known: Option<Vec<String>> = plan.control_plane().map(known).collect();
    match known {
        Some(addresses) => addresses.join(" "),
        // The cloud gives them: Terraform knows them before the first machine starts.
        None => placeholder::CONTROL_PLANE_ADDRESSES.to_owned(),
    }
}
