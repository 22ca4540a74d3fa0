//! The resolved cluster: every decision is made here, before anything is written.
//!
//! In order: names and numbers of Kubernetes from the spec and the data files; the nodes, each
//! with its role, zone, address and turn; the endpoint and who may reach it; the target's own
//! part. [`build`] cannot fail: what can is a validation rule, and a spec that comes here has
//! passed them all. Components and providers only translate what stands here.

pub mod aliyun;
pub mod aws;
pub mod baremetal;
pub mod cloud;
mod downloads;
mod etcd;
pub mod huawei;
mod kube_proxy;
pub mod load_balancer;
pub mod metallb;
mod name;
mod node;
pub mod tencent;

pub use crate::spec::{Drop, Lifetime, SecretsMode};
pub use downloads::{Downloads, Proxy};
pub use etcd::{Etcd, ExternalEtcd, Member};
pub use kube_proxy::KubeProxy;
pub use load_balancer::LoadBalancer;
pub use name::{hash6, within};
pub use node::{Address, Node, Role};

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::IpNet;

use crate::facts::hairpin::Hairpin;
use crate::facts::kubernetes::KUBERNETES;
use crate::facts::mirrors;
use crate::spec;

/// A cluster for one target, resolved.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cluster's name.
    pub cluster: String,
    /// Kubernetes itself.
    pub kubernetes: Kubernetes,
    /// How the API server is reached.
    pub endpoint: Endpoint,
    /// The nodes: the control plane in its order of joining, then the workers, then the members
    /// of external etcd, then load balancers on machines of their own.
    pub nodes: Vec<Node>,
    /// Where etcd runs.
    pub etcd: Etcd,
    /// How machines get their secrets.
    pub secrets: Secrets,
    /// Where machines get packages and images from.
    pub downloads: Downloads,
    /// The package managers that the machines may have.
    pub package_managers: &'static [PackageManager],
    /// Where the cloud's metadata service is, which pods must not reach: it serves the user data.
    pub metadata_addresses: Vec<String>,
    /// The cloud's controller, if one runs in the cluster.
    pub cloud_controller: Option<CloudController>,
    /// How the load balancer asks an API server for its health.
    pub health_check: HealthCheck,
    /// What stands in front of the API servers.
    pub load_balancer: LoadBalancer,
    /// Where nodes get the time; empty for what the operating system brings.
    pub time_servers: Vec<String>,
    /// Public SSH keys that cloud-init puts on every machine; empty where the cloud does it.
    pub ssh_authorized_keys: Vec<String>,
    /// The target's own part.
    pub target: Target,
}

/// A cloud's controller. With it kubelet says which machine of the cloud it is on, and nodes take
/// no pods before the controller has seen them.
#[derive(Clone, Debug)]
pub struct CloudController {
    /// The word by which the bootstrap script knows how to find the machine's id.
    pub cloud: &'static str,
    /// Its image.
    pub image: String,
}

/// What installs packages on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageManager {
    /// Of Debian and Ubuntu.
    Apt,
    /// Of Rocky Linux and Alibaba Cloud Linux.
    Dnf,
}

/// How machines get their secrets.
#[derive(Clone, Copy, Debug)]
pub struct Secrets {
    /// What a machine trusts, and where its secrets come from.
    pub mode: SecretsMode,
    /// How long the bootstrap token is good.
    pub token_lifetime: Lifetime,
    /// How long the certificate key opens something.
    pub certificate_key_lifetime: Lifetime,
}

/// The target's own part of a plan.
#[derive(Clone, Debug)]
pub enum Target {
    /// Amazon Web Services.
    Aws(aws::Aws),
    /// Alibaba Cloud.
    Aliyun(aliyun::Aliyun),
    /// Tencent Cloud.
    Tencent(tencent::Tencent),
    /// Huawei Cloud.
    Huawei(huawei::Huawei),
    /// Machines of the user's own.
    Baremetal(baremetal::Baremetal),
}

/// Kubernetes itself.
#[derive(Clone, Debug)]
pub struct Kubernetes {
    /// The exact version, for instance `1.37.1`.
    pub version: String,
    /// Its minor, for instance `1.37`.
    pub minor: String,
    /// When its fixes end, `YYYY-MM-DD`.
    pub end_of_life: String,
    /// The pod networks.
    pub pod_subnets: Vec<IpNet>,
    /// The Service networks.
    pub service_subnets: Vec<IpNet>,
    /// The DNS domain of Services.
    pub dns_domain: String,
    /// Where images come from.
    pub image_repository: String,
    /// The sandbox image, with its repository and tag.
    pub sandbox_image: String,
    /// Where the packages of this minor are: `deb` and `rpm` are below it.
    pub package_url: String,
    /// The fingerprint of the packages' key.
    pub package_key: String,
    /// The Debian revision of the packages.
    pub package_revision: String,
    /// Where containerd's packages are, without the distribution's name.
    pub containerd_url: String,
    /// The fingerprint of the key of their Debian form.
    pub containerd_key: String,
    /// The fingerprint of the key of their RPM form.
    pub containerd_rpm_key: String,
    /// containerd's version with its Debian revision.
    pub containerd_version: String,
    /// The pod network's manifest and its SHA-256, if the first node applies one.
    pub cni: Option<(String, String)>,
    /// How kube-proxy leads connections to Services.
    pub kube_proxy: KubeProxy,
}

/// How the API server is reached.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name that nodes use: kubeadm's controlPlaneEndpoint.
    pub node_host: Host,
    /// The name that people use. The same, unless a second load balancer serves the nodes.
    pub client_host: Host,
    /// The port of the listener.
    pub port: u16,
    /// The port of each API server: the same, but perhaps on bare metal.
    pub bind_port: u16,
    /// When a control-plane node maps the host that nodes use to itself.
    pub pin: Pin,
    /// What is known of a node that reaches itself through this kind of load balancer.
    pub hairpin: &'static Hairpin,
    /// Where machines know the address of that host from.
    pub addresses: Addresses,
    /// What else the API server's certificate must name, beside both hosts.
    pub other_names: Vec<CertificateName>,
}

/// A name of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name of the user's own.
    Named(String),
    /// The name that the cloud gives to the nodes' load balancer, known when it is made.
    OfLoadBalancer,
    /// The name that the cloud gives to the public load balancer, where nodes use another.
    OfPublicLoadBalancer,
}

/// Where machines know the address of the endpoint's host from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// From DNS.
    Resolved,
    /// From /etc/hosts: the load balancer's fixed addresses.
    Known(Vec<Ipv4Addr>),
    /// From /etc/hosts: the load balancer's addresses, known when it is made.
    OfLoadBalancer,
}

/// A further name in the API server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateName {
    /// Known now.
    Known(String),
    /// The load balancer's own name, beside a name of the user's.
    LoadBalancer,
    /// An address of the load balancer, known when it is made: that in this zone, or what else tells
    /// its addresses apart.
    AddressOf(String),
}

/// When a control-plane node maps the endpoint's name to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    /// The first one, until it is up: the load balancer has no healthy target before that, and
    /// takes minutes to find one.
    WhileStarting,
    /// Each one, from its start on: the first one before it founds the cluster; a joining one to
    /// another API server before it joins, and to itself afterwards.
    Always,
}

/// How the load balancer asks an API server for its health.
#[derive(Clone, Copy, Debug)]
pub struct HealthCheck {
    /// Whether it asks for `/readyz` over HTTPS, or only opens the port.
    pub readyz: bool,
    /// Seconds that an API server goes on answering when it is told to stop: long enough for
    /// the load balancer to notice.
    pub shutdown_delay_seconds: u32,
    /// Seconds that kubelet lets it live after that.
    pub termination_seconds: u32,
}

/// Builds the plan of a valid spec for one of its targets.
///
/// Panics on a spec that has not passed [`crate::validate::check`] for that target.
pub fn build(spec: &spec::Cluster, target: &str) -> Plan {
    let targets = &spec.targets;
    let plan = match target {
        "aws" => targets.aws.as_ref().map(|own| aws::build(spec, own)),
        "aliyun" => targets.aliyun.as_ref().map(|own| aliyun::build(spec, own)),
        "tencent" => targets
            .tencent
            .as_ref()
            .map(|own| tencent::build(spec, own)),
        "huawei" => targets.huawei.as_ref().map(|own| huawei::build(spec, own)),
        "baremetal" => targets
            .baremetal
            .as_ref()
            .map(|own| baremetal::build(spec, own)),
        _ => None,
    };
    plan.unwrap_or_else(|| {
        panic!("no target `{target}`: the spec was not validated, a bug in hagen")
    })
}

/// When control-plane nodes map the endpoint's name to themselves.
fn pin(spec: &spec::Cluster, row: &Hairpin) -> Pin {
    use crate::facts::hairpin;
    match (spec.endpoint.pin, row.pin) {
        (spec::PinChoice::Auto, hairpin::Pin::Always) => Pin::Always,
        (spec::PinChoice::Auto, hairpin::Pin::WhileStarting) | (spec::PinChoice::Off, _) => {
            Pin::WhileStarting
        }
    }
}

fn secrets(spec: &spec::Secrets) -> Secrets {
    Secrets {
        mode: spec.mode,
        token_lifetime: spec.token_lifetime,
        certificate_key_lifetime: spec.certificate_key_lifetime,
    }
}

fn kubernetes(cluster: &spec::Cluster, target: &str) -> Kubernetes {
    let spec = &cluster.kubernetes;
    let facts = &*KUBERNETES;
    let version = spec.version.clone();
    let minor = facts
        .minor(&version)
        .unwrap_or_else(|| panic!("version {version} was not validated, a bug in hagen"));
    // A mirror stands in for what the spec leaves at its default.
    let mirror = match cluster.downloads.mirrors {
        spec::Mirrors::None => None,
        spec::Mirrors::China => Some(mirrors::china(target)),
    };
    let images = match mirror {
        Some(mirror) if spec.image_repository == spec::IMAGE_REPOSITORY => mirror.images.clone(),
        _ => spec.image_repository.clone(),
    };
    let packages = match mirror {
        Some(mirror) if spec.package_repository == spec::PACKAGE_REPOSITORY => {
            mirror.packages.replace("{minor}", &minor.minor)
        }
        _ => format!("{}/core:/stable:/v{}", spec.package_repository, minor.minor),
    };
    let containerd = match mirror {
        Some(mirror) if cluster.downloads.containerd_repository == spec::CONTAINERD_REPOSITORY => {
            &mirror.containerd
        }
        _ => &cluster.downloads.containerd_repository,
    };
    Kubernetes {
        minor: minor.minor.clone(),
        end_of_life: minor.end_of_life.clone(),
        pod_subnets: spec.pod_subnets.clone(),
        service_subnets: spec.service_subnets.clone(),
        dns_domain: spec.dns_domain.clone(),
        sandbox_image: format!("{images}/pause:{}", minor.pause),
        image_repository: images,
        package_url: format!("https://{packages}"),
        package_key: facts.packages.key_fingerprint.clone(),
        package_revision: facts.packages.revision.clone(),
        containerd_url: format!("https://{containerd}"),
        containerd_key: facts.containerd.key_fingerprint.clone(),
        containerd_rpm_key: facts.containerd.rpm_key_fingerprint.clone(),
        containerd_version: facts.containerd.version.clone(),
        cni: match &spec.cni {
            spec::Cni::None => None,
            spec::Cni::Manifest(manifest) => Some((manifest.url.clone(), manifest.sha256.clone())),
        },
        // No cloud's load balancer is on a node, and none is announced by ARP.
        kube_proxy: kube_proxy::build(spec.kube_proxy, kube_proxy::Around::default()),
        version,
    }
}

/// The health check that fits a load balancer's own timing.
fn health_check(
    anonymous_auth: bool,
    unhealthy_threshold: u32,
    interval_seconds: u32,
) -> HealthCheck {
    // One check more than it takes, and ten seconds for the routing to follow.
    let shutdown_delay_seconds = (unhealthy_threshold + 1) * interval_seconds + 10;
    HealthCheck {
        readyz: anonymous_auth,
        shutdown_delay_seconds,
        // Requests in flight have a minute (the API server's --request-timeout), and some more.
        termination_seconds: shutdown_delay_seconds + 60 + 10,
    }
}

impl Plan {
    /// The control-plane nodes.
    pub fn control_plane(&self) -> impl Iterator<Item = &Node> {
        self.nodes
            .iter()
            .filter(|node| node.role.is_control_plane())
    }

    /// The workers.
    pub fn workers(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.role == Role::Worker)
    }

    /// The members of external etcd, as machines.
    pub fn etcd_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.role == Role::Etcd)
    }

    /// The machines that are load balancers and nothing else.
    pub fn load_balancer_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes
            .iter()
            .filter(|node| node.role == Role::LoadBalancer)
    }

    /// External etcd, if the cluster has it.
    pub fn external_etcd(&self) -> Option<&ExternalEtcd> {
        match &self.etcd {
            Etcd::External(etcd) => Some(etcd),
            Etcd::Stacked => None,
        }
    }

    /// Whether there are workers.
    pub fn has_workers(&self) -> bool {
        self.workers().next().is_some()
    }

    /// What cannot change once the first node is up, on any target: the route of keys in the
    /// spec, and its value. kubeadm has no way to change these
    /// (kubernetes-sigs/cluster-api: the `KubeadmControlPlane` webhook has the list).
    pub fn immutable(&self) -> BTreeMap<String, serde_json::Value> {
        let texts = |networks: &[IpNet]| {
            let texts: Vec<String> = networks.iter().map(ToString::to_string).collect();
            serde_json::Value::from(texts)
        };
        let host = match &self.endpoint.node_host {
            Host::Named(name) => serde_json::Value::from(name.as_str()),
            Host::OfLoadBalancer | Host::OfPublicLoadBalancer => "the load balancer's own".into(),
        };
        [
            ("name", self.cluster.as_str().into()),
            ("endpoint.host", host),
            ("endpoint.port", self.endpoint.port.into()),
            (
                "etcd",
                match self.etcd {
                    Etcd::Stacked => "stacked".into(),
                    Etcd::External(_) => "external".into(),
                },
            ),
            ("kubernetes.podSubnets", texts(&self.kubernetes.pod_subnets)),
            (
                "kubernetes.serviceSubnets",
                texts(&self.kubernetes.service_subnets),
            ),
            (
                "kubernetes.dnsDomain",
                self.kubernetes.dns_domain.as_str().into(),
            ),
        ]
        .into_iter()
        .map(|(field, value)| (field.to_owned(), value))
        .collect()
    }
}
