//! What a plan decides for bare metal.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;

use super::load_balancer::{
    Announced, Bgp, Keepalived, KubeVip, Lease, LoadBalancer, Pair, PairNode, Peer, Proxy,
};
use super::metallb::{self, Metallb};
use super::{
    Addresses, CertificateName, Endpoint, HealthCheck, Host, Kubernetes, Node, PackageManager,
    Plan, Target, downloads, etcd, hash6, kube_proxy, kubernetes, node, pin, secrets,
};
use crate::facts::baremetal::LOAD_BALANCER;
use crate::facts::baremetal::failover::{self, ApiServerChecks, Timers};
use crate::facts::baremetal::kube_vip::{KUBE_VIP, of_bgp};
use crate::facts::hairpin;
use crate::spec;

/// What a plan decides for bare metal.
#[derive(Clone, Debug)]
pub struct Baremetal {
    /// The network.
    pub network: Network,
    /// The address at which the API server is reached.
    pub virtual_ip: Ipv4Addr,
    /// The machines, in the order of the plan's nodes.
    pub machines: Vec<Machine>,
    /// Seconds that the API may be out of reach when a load balancer fails, if the spec says.
    pub max_failover_seconds: Option<u32>,
    /// What serves Services of type LoadBalancer.
    pub services: Services,
}

/// What serves Services of type LoadBalancer.
#[derive(Clone, Debug)]
pub enum Services {
    /// Nothing.
    None,
    /// MetalLB.
    Metallb(Box<Metallb>),
}

impl Services {
    /// Whether nodes answer ARP for addresses of Services, so that kube-proxy in IPVS mode needs strictARP.
    pub fn answers_arp(&self) -> bool {
        match self {
            Self::None => false,
            Self::Metallb(metallb) => metallb.answers_arp(),
        }
    }
}

/// The network.
#[derive(Clone, Debug)]
pub struct Network {
    /// The subnet.
    pub cidr: Ipv4Net,
    /// The way out of it.
    pub gateway: Ipv4Addr,
    /// The DNS servers.
    pub nameservers: Vec<Ipv4Addr>,
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name, which is that of its node.
    pub name: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its network interface.
    pub interface: String,
    /// The interface's MAC address, in lower case with colons.
    pub mac: Option<String>,
}

impl From<Machine> for PairNode {
    fn from(machine: Machine) -> Self {
        Self {
            name: machine.name,
            address: machine.address,
            interface: machine.interface,
        }
    }
}

/// Builds the plan for bare metal.
pub(super) fn build(spec: &spec::Cluster, own: &spec::Baremetal) -> Plan {
    let nodes = nodes(own);
    let row = hairpin::of("baremetal", own.load_balancer.kind(), false);
    let virtual_ip = v4(own.virtual_ip);
    let host = Host::Named(spec.endpoint.host.clone().unwrap_or_default());
    let load_balancer = load_balancer(spec, own, &nodes);
    Plan {
        cluster: spec.name.clone(),
        kubernetes: Kubernetes {
            kube_proxy: kube_proxy::build(
                spec.kubernetes.kube_proxy,
                around_kube_proxy(own, &load_balancer),
            ),
            ..kubernetes(spec, "baremetal")
        },
        endpoint: Endpoint {
            node_host: host.clone(),
            client_host: host,
            port: spec.endpoint.port,
            bind_port: own.api_server_port,
            pin: pin(spec, row),
            hairpin: row,
            addresses: Addresses::Known(vec![virtual_ip]),
            other_names: vec![CertificateName::Known(virtual_ip.to_string())],
        },
        etcd: etcd::build(spec, &nodes, false),
        secrets: secrets(&spec.secrets),
        package_managers: &[PackageManager::Apt, PackageManager::Dnf],
        downloads: downloads::build(spec, &[own.network.cidr.to_string()]),
        metadata_addresses: Vec::new(),
        cloud_controller: None,
        health_check: health_check(&load_balancer),
        load_balancer,
        time_servers: own.time_servers.clone(),
        ssh_authorized_keys: own.ssh_authorized_keys.clone(),
        target: Target::Baremetal(Baremetal {
            network: Network {
                cidr: own.network.cidr,
                gateway: own.network.gateway,
                nameservers: own.network.nameservers.clone(),
            },
            virtual_ip,
            machines: nodes.iter().map(|node| machine(own, &node.name)).collect(),
            max_failover_seconds: own.max_failover.map(spec::Span::seconds),
            services: match &own.services {
                spec::BaremetalServices::None => Services::None,
                spec::BaremetalServices::Metallb(wanted) => {
                    Services::Metallb(Box::new(metallb::build(own, wanted)))
                }
            },
        }),
        nodes,
    }
}

/// The machines as nodes: the control plane in the order of the spec, then the others.
fn nodes(own: &spec::Baremetal) -> Vec<Node> {
    let mut nodes = node::existing(own.machines.iter().filter_map(|machine| {
        Some(node::Existing {
            name: &machine.name,
            role: match machine.role {
                spec::BaremetalRole::ControlPlane => spec::MachineRole::ControlPlane,
                spec::BaremetalRole::Worker => spec::MachineRole::Worker,
                spec::BaremetalRole::Etcd => spec::MachineRole::Etcd,
                spec::BaremetalRole::LoadBalancer => return None,
            },
            address: v4(machine.address),
            zone: machine.zone.as_deref(),
            instance_id: None,
        })
    }));
    let balancers = own
        .machines
        .iter()
        .filter(|machine| machine.role == spec::BaremetalRole::LoadBalancer);
    nodes.extend(balancers.map(|machine| {
        Node::load_balancer(
            machine.name.clone(),
            v4(machine.address),
            machine.zone.clone(),
        )
    }));
    nodes
}

fn machine(own: &spec::Baremetal, name: &str) -> Machine {
    let found = own.machines.iter().find(|machine| machine.name == name);
    let machine = found.unwrap_or_else(|| panic!("no machine is called {name}, a bug in hagen"));
    Machine {
        name: machine.name.clone(),
        address: v4(machine.address),
        interface: interface(own, machine),
        mac: machine
            .mac
            .as_ref()
            .map(|mac| mac.to_ascii_lowercase().replace('-', ":")),
    }
}

fn interface(own: &spec::Baremetal, machine: &spec::BaremetalMachine) -> String {
    let named = machine.interface.as_ref().or(own.interface.as_ref());
    named.cloned().unwrap_or_default()
}

/// Every machine is IPv4: a rule says so.
fn v4(address: IpAddr) -> Ipv4Addr {
    match address {
        IpAddr::V4(address) => address,
        IpAddr::V6(address) => panic!("{address} was not validated, a bug in hagen"),
    }
}

fn load_balancer(spec: &spec::Cluster, own: &spec::Baremetal, nodes: &[Node]) -> LoadBalancer {
    let control_plane = || {
        nodes
            .iter()
            .filter(|node| node.role.is_control_plane())
            .map(|node| machine(own, &node.name))
    };
    let (proxy, keepalived, names) = match &own.load_balancer {
        spec::BaremetalLoadBalancer::KubeVip(kube_vip) => {
            return LoadBalancer::KubeVip(self::kube_vip(own, kube_vip, control_plane()));
        }
        spec::BaremetalLoadBalancer::Haproxy(haproxy) => {
            let proxy = Proxy::Haproxy {
                checks: ApiServerChecks {
                    interval_seconds: haproxy.check_interval.seconds(),
                    fall: haproxy.check_fall.into(),
                },
                max_connections: haproxy.max_connections,
            };
            (proxy, &haproxy.keepalived, &haproxy.nodes)
        }
        spec::BaremetalLoadBalancer::Nginx(nginx) => {
            (Proxy::Nginx, &nginx.keepalived, &nginx.nodes)
        }
    };
    let on_control_plane = names.is_empty();
    let holders: Vec<Machine> = if on_control_plane {
        control_plane().collect()
    } else {
        names.iter().map(|name| machine(own, name)).collect()
    };
    let check = &LOAD_BALANCER.keepalived.check;
    let fall = if on_control_plane {
        check.fall_on_control_plane
    } else {
        check.fall
    };
    let keepalived = Keepalived {
        virtual_router_id: keepalived.virtual_router_id,
        advert_seconds: keepalived.advert_interval.seconds(),
        check_seconds: keepalived.check_interval.seconds(),
        check_fall: keepalived.check_fall.map_or(fall, u32::from),
        check_timeout_seconds: failover::check_timeout(keepalived.check_interval.seconds()),
        check_max_time_milliseconds: failover::check_max_time(keepalived.check_interval.seconds()),
        authentication: keepalived.authentication.clone().unwrap_or_else(|| {
            // Two characters of the id keep it apart for the same name in another network.
            format!(
                "{}{:02x}",
                hash6(&spec.name),
                keepalived.virtual_router_id & 0xff
            )
        }),
    };
    LoadBalancer::Pair(Pair {
        virtual_ip: v4(own.virtual_ip),
        port: spec.endpoint.port,
        on_control_plane,
        nodes: holders.into_iter().map(PairNode::from).collect(),
        servers: control_plane()
            .map(|machine| (machine.name, machine.address))
            .collect(),
        server_port: own.api_server_port,
        interruptions: failover::of_pair(Timers {
            advert_seconds: keepalived.advert_seconds,
            check_seconds: keepalived.check_seconds,
            check_fall: keepalived.check_fall,
            api_servers: match proxy {
                Proxy::Haproxy { checks, .. } => Some(checks),
                Proxy::Nginx => None,
            },
        }),
        proxy,
        keepalived,
    })
}

fn kube_vip(
    own: &spec::Baremetal,
    kube_vip: &spec::KubeVip,
    control_plane: impl Iterator<Item = Machine>,
) -> KubeVip {
    let announced = match &kube_vip.mode {
        spec::KubeVipMode::Arp => Announced::Arp(Lease {
            duration_seconds: kube_vip.lease_duration.seconds(),
            renew_seconds: kube_vip.renew_deadline.seconds(),
            retry_seconds: kube_vip.retry_period.seconds(),
            preserve: kube_vip.preserve_on_leadership_loss,
        }),
        spec::KubeVipMode::Bgp(bgp) => Announced::Bgp(Bgp {
            autonomous_system: bgp.autonomous_system,
            peers: bgp.peers.iter().map(peer).collect(),
            hold_seconds: bgp.hold_time.seconds(),
            keepalive_seconds: bgp.keepalive.seconds(),
        }),
    };
    KubeVip {
        virtual_ip: v4(own.virtual_ip),
        port: own.api_server_port,
        image: KUBE_VIP.image(),
        nodes: control_plane.map(PairNode::from).collect(),
        interruptions: match &announced {
            Announced::Arp(lease) => {
                failover::of_kube_vip(lease.duration_seconds, lease.retry_seconds)
            }
            Announced::Bgp(bgp) => of_bgp(bgp.hold_seconds, bgp.keepalive_seconds),
        },
        announced,
    }
}

fn peer(peer: &spec::KubeVipPeer) -> Peer {
    Peer {
        address: peer.address,
        autonomous_system: peer.autonomous_system,
        multihop: peer.multihop,
        port: Some(peer.port).filter(|port| *port != KUBE_VIP.bgp.port),
    }
}

/// Who announces addresses by ARP, and whether the virtual IP may be on a node of the cluster.
fn around_kube_proxy(own: &spec::Baremetal, load_balancer: &LoadBalancer) -> kube_proxy::Around {
    let on_a_node = match load_balancer {
        LoadBalancer::KubeVip(_) => true,
        LoadBalancer::Pair(pair) => pair.on_control_plane,
        LoadBalancer::Managed(_) => false,
    };
    let by_arp = load_balancer
        .kube_vip()
        .is_some_and(|kube_vip| kube_vip.bgp().is_none());
    let services_by_arp = match &own.services {
        spec::BaremetalServices::None => false,
        spec::BaremetalServices::Metallb(metallb) => metallb.l2.is_some(),
    };
    kube_proxy::Around {
        arp: by_arp || services_by_arp,
        virtual_ip: on_a_node.then(|| v4(own.virtual_ip)),
    }
}

/// An API server goes on answering until the load balancer has noticed that it is not ready.
fn health_check(load_balancer: &LoadBalancer) -> HealthCheck {
    let shutdown = &LOAD_BALANCER.shutdown;
    let (readyz, shutdown_delay_seconds) = match load_balancer {
        LoadBalancer::Pair(pair) => match pair.proxy {
            Proxy::Haproxy { checks, .. } => (
                true,
                (checks.fall + 1) * checks.interval_seconds + shutdown.spare_seconds,
            ),
            Proxy::Nginx => (false, shutdown.without_checks_seconds),
        },
        LoadBalancer::KubeVip(_) | LoadBalancer::Managed(_) => (false, shutdown.kube_vip_seconds),
    };
    HealthCheck {
        readyz,
        shutdown_delay_seconds,
        // Requests in flight have a minute (the API server's --request-timeout), and some more.
        termination_seconds: shutdown_delay_seconds + 60 + 10,
    }
}
