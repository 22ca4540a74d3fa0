//! What a firewall in front of the machines must let through.

use serde::Serialize;

use crate::plan::metallb::{From, Protocol};
use crate::plan::{LoadBalancer, Plan};
use crate::provider::runbook;

/// A row of the table.
#[derive(Serialize)]
pub(super) struct Opening {
    to: &'static str,
    port: String,
    from: String,
}

pub(super) fn openings(plan: &Plan) -> Vec<Opening> {
    let (port, bind_port) = (plan.endpoint.port, plan.endpoint.bind_port);
    let mut all = Vec::new();
    let mut open = |to: &'static str, port: String, from: &str| {
        all.push(Opening {
            to,
            port,
            from: from.to_owned(),
        });
    };
    let people = "all nodes, who uses the API";
    match &plan.load_balancer {
        LoadBalancer::Pair(pair) if pair.on_control_plane => {
            open("control plane", format!("{port}/tcp"), people);
            open("control plane", VRRP.to_owned(), "control plane");
            open("control plane", format!("{bind_port}/tcp"), "all nodes");
        }
        LoadBalancer::Pair(_) => {
            open("load balancer nodes", format!("{port}/tcp"), people);
            open(
                "load balancer nodes",
                VRRP.to_owned(),
                "load balancer nodes",
            );
            // Pods reach the API servers by the Service `kubernetes`, without the load balancer.
            let from = "load balancer nodes, all nodes";
            open("control plane", format!("{bind_port}/tcp"), from);
        }
        LoadBalancer::KubeVip(own) => {
            open("control plane", format!("{bind_port}/tcp"), people);
            for peer in own.bgp().map_or(&[][..], |bgp| &bgp.peers) {
                let port = format!("{}/tcp (BGP)", peer.port.unwrap_or(BGP));
                open(
                    "control plane",
                    port,
                    &format!("{}, and back", peer.address),
                );
            }
        }
        LoadBalancer::Managed(_) => {}
    }
    if plan.external_etcd().is_some() {
        open("etcd", "2379/tcp".to_owned(), "control plane, etcd");
        open("etcd", "2380/tcp".to_owned(), "etcd");
    } else {
        let ports = "2379, 2380/tcp".to_owned();
        open("control plane", ports, "control plane");
    }
    let kubelets = if plan.has_workers() {
        "control plane, workers"
    } else {
        "control plane"
    };
    open("all nodes", "10250/tcp".to_owned(), kubelets);
    let network = "those of the pod network, as VXLAN 4789 or 8472/udp".to_owned();
    open("all nodes", network, "all nodes");
    let node_ports = "30000-32767/tcp and udp".to_owned();
    open("all nodes", node_ports, "who uses NodePorts");
    for port in runbook::metallb(plan).map_or(&[][..], |metallb| &metallb.ports) {
        let protocols: Vec<&str> = port
            .protocols
            .iter()
            .map(|protocol| match protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
            })
            .collect();
        let words = format!(
            "{}/{} ({})",
            port.port,
            protocols.join(" and "),
            port.purpose
        );
        let from = match port.from {
            From::Nodes => "all nodes",
            From::Routers => "routers, and back",
        };
        open("all nodes", words, from);
    }
    open("all machines", "22/tcp".to_owned(), "who follows this page");
    all
}

/// RFC 4271, 8.
const BGP: u16 = 179;
/// RFC 3768: adverts between the nodes that may hold the address.
const VRRP: &str = "IP protocol 112 (VRRP), no port";
