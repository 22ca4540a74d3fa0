//! `providers/tencent/*.yaml`.

use std::sync::LazyLock;

use ipnet::Ipv4Net;
use serde::Deserialize;

use super::cloud::{Cloud, HealthCheck, IdForm};

/// What is known of Tencent Cloud.
pub static CLOUD: LazyLock<Cloud> = LazyLock::new(|| {
    super::embedded(
        "tencent/cloud.yaml",
        include_str!("../../providers/tencent/cloud.yaml"),
    )
});

/// What hagen sets on the load balancer, and its limits.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// The health check of the API servers.
    pub health_check: HealthCheck,
    /// Where checks come from: 1 is 100.64.0.0/10.
    pub health_source_ip_type: u32,
    /// Seconds after which an idle connection is forgotten.
    pub idle_timeout_seconds: u32,
    /// The weight of each target.
    pub target_weight: u32,
    /// The most targets of a listener.
    pub most_targets: usize,
    /// The most characters of the load balancer's name.
    pub name_length: usize,
    /// Specifications with guaranteed capacity.
    pub sla_types: Vec<String>,
    /// Mbit/s to the internet.
    pub bandwidth: Bandwidth,
}

/// Limits of the bandwidth to the internet, in Mbit/s.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bandwidth {
    /// The least.
    pub least: u32,
    /// The most of a shared instance.
    pub most_shared: u32,
    /// The most of one with guaranteed capacity.
    pub most_guaranteed: u32,
}

/// The load balancer.
pub static LOAD_BALANCER: LazyLock<LoadBalancer> = LazyLock::new(|| {
    super::embedded(
        "tencent/load-balancer.yaml",
        include_str!("../../providers/tencent/load-balancer.yaml"),
    )
});

/// The way out of a network, and what Tencent Cloud serves in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// The NAT gateway of a network that hagen makes.
    pub nat_gateway: NatGateway,
    /// What Tencent Cloud serves to each machine at addresses outside the VPC.
    pub services: Vec<Service>,
    /// Seconds that a private DNS record may be remembered.
    pub record_seconds: u32,
    /// The ranges that a VPC may lie in.
    pub vpc_ranges: Vec<Ipv4Net>,
    /// The most rules of a security group in each direction.
    pub rules_per_direction: usize,
}

/// A NAT gateway.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NatGateway {
    /// Mbit/s.
    pub bandwidth: u32,
    /// Connections at a time.
    pub connections: u32,
    /// How its address is paid for.
    pub charge_type: String,
}

/// Something that Tencent Cloud serves to each machine.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Where.
    pub range: Ipv4Net,
    /// Its protocol, as security groups have it.
    pub protocol: String,
    /// Its ports, as security groups have them.
    pub ports: String,
    /// What it is.
    pub what: String,
}

/// The network.
pub static NETWORK: LazyLock<Network> = LazyLock::new(|| {
    super::embedded(
        "tencent/network.yaml",
        include_str!("../../providers/tencent/network.yaml"),
    )
});

/// Types, disks and keys of machines.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machines {
    /// The words of sizes of instance types.
    pub sizes: Vec<String>,
    /// How sizes with one processor begin.
    pub one_processor: String,
    /// The step of a data disk's size, in GiB.
    pub data_disk_step: u16,
    /// The form of a key pair's id.
    pub key_pair: IdForm,
    /// The fewest characters of a host name.
    pub shortest_host_name: usize,
}

/// The machines.
pub static MACHINES: LazyLock<Machines> = LazyLock::new(|| {
    super::embedded(
        "tencent/machines.yaml",
        include_str!("../../providers/tencent/machines.yaml"),
    )
});

#[cfg(test)]
mod tests {
    use super::{LOAD_BALANCER, NETWORK};

    #[test]
    fn a_check_ends_before_the_next_begins() {
        let check = &LOAD_BALANCER.health_check;
        assert!(check.timeout_seconds < check.interval_seconds);
        assert!((2..=300).contains(&check.interval_seconds));
        assert!((2..=60).contains(&check.timeout_seconds));
        assert!((2..=10).contains(&check.healthy_threshold));
        assert!((2..=10).contains(&check.unhealthy_threshold));
    }

    #[test]
    fn what_hagen_sets_is_within_the_limits() {
        // The longer limit is for guaranteed capacity only.
        assert!((10..=900).contains(&LOAD_BALANCER.idle_timeout_seconds));
        assert!(LOAD_BALANCER.health_source_ip_type <= 1);
        assert!((1..=100).contains(&LOAD_BALANCER.target_weight));
        // The largest control plane has seven nodes.
        assert!(LOAD_BALANCER.most_targets >= 7);
        assert!((1..=86_400).contains(&NETWORK.record_seconds));
        for service in &NETWORK.services {
            assert!(service.range.prefix_len() >= 16, "{}", service.what);
        }
    }
}
