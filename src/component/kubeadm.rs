//! kubeadm's configuration files, in the version that every supported minor reads: v1beta4.

use serde_json::{Value, json};

use super::{external_etcd, placeholder};
use crate::format::yaml;
use crate::plan::{Address, Etcd, KubeProxy, Node, Plan, Role, SecretsMode};

const API_VERSION: &str = "kubeadm.k8s.io/v1beta4";

/// Where the patches of static pods are on a control-plane node.
pub const PATCHES: &str = "/etc/hagen/patches";
/// Where a joining node finds the cluster and its CA.
pub const DISCOVERY: &str = "/etc/hagen/discovery.conf";

/// The configuration of a node: `kubeadm init` on the first one, `kubeadm join` elsewhere.
pub fn configuration(plan: &Plan, node: &Node) -> String {
    if node.role != Role::FirstControlPlane {
        return join(plan, node);
    }
    let mut documents = vec![init(plan, node), cluster(plan), kubelet()];
    documents.extend(kube_proxy(&plan.kubernetes.kube_proxy));
    let documents: Vec<String> = documents.iter().map(yaml::document).collect();
    yaml::documents(&documents)
}

fn init(plan: &Plan, node: &Node) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "InitConfiguration",
        // The clock of the token starts when this node runs init.
        "bootstrapTokens": [{
            "token": placeholder::BOOTSTRAP_TOKEN,
            "ttl": duration(plan.secrets.token_lifetime.seconds()),
            "description": "hagen",
            "usages": ["authentication", "signing"],
            "groups": ["system:bootstrappers:kubeadm:default-node-token"],
        }],
        "nodeRegistration": registration(plan, node),
        "localAPIEndpoint": {
            "advertiseAddress": address(node),
            "bindPort": plan.endpoint.bind_port,
        },
        "certificateKey": placeholder::CERTIFICATE_KEY,
        "patches": { "directory": PATCHES },
        "timeouts": timeouts(),
    })
}

fn cluster(plan: &Plan) -> Value {
    let kubernetes = &plan.kubernetes;
    let mut names = vec![placeholder::host(&plan.endpoint.node_host).to_owned()];
    names.push(placeholder::host(&plan.endpoint.client_host).to_owned());
    names.extend(
        plan.endpoint
            .other_names
            .iter()
            .map(placeholder::certificate_name),
    );
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    json!({
        "apiVersion": API_VERSION,
        "kind": "ClusterConfiguration",
        "clusterName": plan.cluster,
        "kubernetesVersion": format!("v{}", kubernetes.version),
        "controlPlaneEndpoint": endpoint(plan),
        "imageRepository": kubernetes.image_repository,
        // Small keys: user data has little room.
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {
            "podSubnet": list(&kubernetes.pod_subnets),
            "serviceSubnet": list(&kubernetes.service_subnets),
            "dnsDomain": kubernetes.dns_domain,
        },
        "apiServer": {
            "certSANs": names,
            // Goes on answering until the load balancer has noticed that /readyz says no.
            "extraArgs": [{
                "name": "shutdown-delay-duration",
                "value": format!("{}s", plan.health_check.shutdown_delay_seconds),
            }],
        },
        "etcd": match &plan.etcd {
            Etcd::Stacked => json!({ "local": { "dataDir": "/var/lib/etcd" } }),
            Etcd::External(etcd) => json!({ "external": {
                "endpoints": external_etcd::endpoints(etcd),
                "caFile": "/etc/kubernetes/pki/etcd/ca.crt",
                "certFile": "/etc/kubernetes/pki/apiserver-etcd-client.crt",
                "keyFile": "/etc/kubernetes/pki/apiserver-etcd-client.key",
            } }),
        },
    })
}

fn kubelet() -> Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
    })
}

/// kube-proxy's configuration, where it is not what kubeadm makes by itself.
fn kube_proxy(chosen: &KubeProxy) -> Option<Value> {
    let mut document = json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
    });
    match chosen {
        KubeProxy::Iptables => return None,
        KubeProxy::Nftables => document["mode"] = json!("nftables"),
        KubeProxy::Ipvs {
            strict_arp,
            exclude,
        } => {
            document["mode"] = json!("ipvs");
            if *strict_arp {
                document["ipvs"]["strictARP"] = json!(true);
            }
            if !exclude.is_empty() {
                document["ipvs"]["excludeCIDRs"] = json!(exclude);
            }
        }
    }
    Some(document)
}

/// The configuration with which a node joins a cluster that is there: also the first one's, if it
/// is made anew.
pub fn join(plan: &Plan, node: &Node) -> String {
    let discovery = match plan.secrets.mode {
        SecretsMode::Pinned | SecretsMode::Drop(_) => json!({
            "file": { "kubeConfigPath": DISCOVERY },
            "tlsBootstrapToken": placeholder::BOOTSTRAP_TOKEN,
        }),
        // The CA is not known before. Whoever answers has to know the token, which signs the
        // cluster's information.
        SecretsMode::Tofu => json!({
            "bootstrapToken": {
                "token": placeholder::BOOTSTRAP_TOKEN,
                "apiServerEndpoint": endpoint(plan),
                "unsafeSkipCAVerification": true,
            },
        }),
    };
    let mut document = json!({
        "apiVersion": API_VERSION,
        "kind": "JoinConfiguration",
        "discovery": discovery,
        "nodeRegistration": registration(plan, node),
        "timeouts": timeouts(),
    });
    if node.role.is_control_plane() {
        document["controlPlane"] = json!({
            "localAPIEndpoint": {
                "advertiseAddress": address(node),
                "bindPort": plan.endpoint.bind_port,
            },
            "certificateKey": placeholder::CERTIFICATE_KEY,
        });
        document["patches"] = json!({ "directory": PATCHES });
    }
    yaml::document(&document)
}

fn registration(plan: &Plan, node: &Node) -> Value {
    let mut arguments = vec![json!({ "name": "node-ip", "value": address(node) })];
    if plan.cloud_controller.is_some() {
        arguments.push(json!({ "name": "cloud-provider", "value": "external" }));
        arguments.push(json!({ "name": "provider-id", "value": placeholder::NODE_PROVIDER_ID }));
    }
    json!({
        "name": node.name,
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": arguments,
    })
}

/// Seconds as Go writes them.
fn duration(seconds: u32) -> String {
    format!("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `HOST:PORT` of the API server, as nodes use it.
fn endpoint(plan: &Plan) -> String {
    format!(
        "{}:{}",
        placeholder::host(&plan.endpoint.node_host),
        plan.endpoint.port
    )
}

/// Longer than kubeadm's own: a fresh cloud takes its time, and etcd admits one learner at a
/// time (kubernetes/kubeadm#3269).
fn timeouts() -> Value {
    json!({
        "controlPlaneComponentHealthCheck": "10m0s",
        "kubeletHealthCheck": "4m0s",
        "kubernetesAPICall": "2m0s",
        "etcdAPICall": "10m0s",
        "tlsBootstrap": "10m0s",
        "discovery": "30m0s",
    })
}

fn address(node: &Node) -> String {
    match node.address {
        Address::Known(address) => address.to_string(),
        Address::FoundAtBoot => placeholder::NODE_ADDRESS.to_owned(),
    }
}

/// Networks as kubeadm takes them, in a file and as a flag.
pub fn list(networks: &[ipnet::IpNet]) -> String {
    let texts: Vec<String> = networks.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// The patch that lets an API server live long enough to drain: kubelet would end it after 30
/// seconds, in the middle of its shutdown delay.
pub fn api_server_patch(plan: &Plan) -> String {
    yaml::document(&json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "kube-apiserver", "namespace": "kube-system" },
        "spec": {
            "terminationGracePeriodSeconds": plan.health_check.termination_seconds,
        },
    }))
}

/// Where a joining node finds the cluster, with the CA that it must show: kubeadm's file
/// discovery. It has no user, so kubeadm uses the bootstrap token.
pub fn discovery(plan: &Plan) -> String {
    let server = format!("https://{}", endpoint(plan));
    yaml::document(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "cluster",
            "cluster": {
                "server": server,
                "certificate-authority-data": placeholder::CA_CERTIFICATE,
            },
        }],
        "contexts": [{ "name": "cluster", "context": { "cluster": "cluster", "user": "" } }],
        "current-context": "cluster",
    }))
}
