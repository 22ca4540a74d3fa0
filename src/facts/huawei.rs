//! `providers/huawei/*.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ipnet::Ipv4Net;
use serde::Deserialize;

use super::cloud::{Cloud, HealthCheck};

/// What is known of Huawei Cloud.
pub static CLOUD: LazyLock<Cloud> = LazyLock::new(|| {
    super::embedded(
        "huawei/cloud.yaml",
        include_str!("../../providers/huawei/cloud.yaml"),
    )
});

/// What hagen sets on the load balancer, and its limits.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// The health check of the API servers.
    pub health_check: HealthCheck,
    /// Seconds after which an idle connection is forgotten.
    pub idle_timeout_seconds: u32,
    /// Seconds that a member that goes keeps its connections.
    pub drain_seconds: u32,
    /// The most characters of the load balancer's name.
    pub name_length: usize,
    /// The connections at a time of the network flavors that there are, in each zone.
    pub max_connections: Vec<u32>,
    /// The most Mbit/s of an elastic IP that is paid by traffic.
    pub largest_bandwidth: u32,
    /// Free addresses that its subnet must have.
    pub free_addresses: u32,
    /// The most entries of the list of who may connect.
    pub most_clients: usize,
}

/// The load balancer.
pub static LOAD_BALANCER: LazyLock<LoadBalancer> = LazyLock::new(|| {
    super::embedded(
        "huawei/load-balancer.yaml",
        include_str!("../../providers/huawei/load-balancer.yaml"),
    )
});

/// The network that hagen makes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// The kind of elastic IPs.
    pub eip_type: String,
    /// The NAT gateway.
    pub nat: Nat,
    /// The cloud's own services outside a VPC, which machines need.
    pub services: BTreeMap<String, Service>,
}

/// The NAT gateway.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nat {
    /// Its size.
    pub spec: String,
    /// Mbit/s of its elastic IP.
    pub bandwidth: u32,
}

/// A service of the cloud's own outside a VPC.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// `tcp` or `udp`.
    pub protocol: String,
    /// The port.
    pub port: u16,
    /// Where it is.
    pub range: Ipv4Net,
}

/// The network that hagen makes.
pub static NETWORK: LazyLock<Network> = LazyLock::new(|| {
    super::embedded(
        "huawei/network.yaml",
        include_str!("../../providers/huawei/network.yaml"),
    )
});

/// Machines.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machines {
    /// Sizes with a single processor.
    pub one_processor: Vec<String>,
    /// The letters that families of Arm processors begin with.
    pub arm_prefixes: Vec<String>,
    /// The most characters of a key pair's name.
    pub key_pair_length: usize,
}

/// Machines.
pub static MACHINES: LazyLock<Machines> = LazyLock::new(|| {
    super::embedded(
        "huawei/machines.yaml",
        include_str!("../../providers/huawei/machines.yaml"),
    )
});

/// The cloud controller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudController {
    /// The image, with its tag.
    pub image: String,
    /// What the user whose keys it has may do.
    pub actions: Vec<String>,
}

/// The cloud controller.
pub static CLOUD_CONTROLLER: LazyLock<CloudController> = LazyLock::new(|| {
    super::embedded(
        "huawei/cloud-controller.yaml",
        include_str!("../../providers/huawei/cloud-controller.yaml"),
    )
});

#[cfg(test)]
mod tests {
    use super::{CLOUD_CONTROLLER, LOAD_BALANCER, MACHINES, NETWORK};

    #[test]
    fn a_check_ends_before_the_next_begins() {
        let check = &LOAD_BALANCER.health_check;
        assert!(check.timeout_seconds <= check.interval_seconds);
        assert!((2..=10).contains(&check.healthy_threshold));
        assert!((2..=10).contains(&check.unhealthy_threshold));
    }
    #[test]
    fn the_data_files_hold_together() {
        assert!((10..=4000).contains(&LOAD_BALANCER.idle_timeout_seconds));
        assert!((10..=4000).contains(&LOAD_BALANCER.drain_seconds));
        assert!(LOAD_BALANCER.max_connections.is_sorted());
        assert!(NETWORK.nat.bandwidth <= LOAD_BALANCER.largest_bandwidth);
        assert!(NETWORK.services.values().all(|service| {
            ["tcp", "udp"].contains(&service.protocol.as_str()) && service.range.prefix_len() >= 16
        }));
        assert!(!MACHINES.one_processor.is_empty());
        assert!(CLOUD_CONTROLLER.image.contains(":v"));
    }
}
