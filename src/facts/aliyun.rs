//! `providers/aliyun/*.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ipnet::Ipv4Net;
use serde::Deserialize;

use super::cloud::{Cloud, HealthCheck};

/// What is known of Alibaba Cloud.
pub static CLOUD: LazyLock<Cloud> = LazyLock::new(|| {
    super::embedded(
        "aliyun/cloud.yaml",
        include_str!("../../providers/aliyun/cloud.yaml"),
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
    /// Seconds that a backend which is taken out may finish its connections in.
    pub drain_seconds: u32,
    /// The peak of a public address, in Mbit/s.
    pub public_bandwidth: u32,
    /// The most characters of the load balancer's name.
    pub name_length: usize,
    /// The Network Load Balancer.
    pub nlb: Nlb,
    /// The classic load balancer.
    pub slb: Slb,
    /// The most rules of a security group.
    pub security_group_rules: usize,
}

/// Limits of a Network Load Balancer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nlb {
    /// The fewest zones.
    pub fewest_zones: usize,
    /// The most zones.
    pub most_zones: usize,
    /// Where there is one: the zones, by region.
    pub zones: BTreeMap<String, Vec<String>>,
}

/// Limits of a classic load balancer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Slb {
    /// The names of its specifications.
    pub specifications: Vec<String>,
    /// The one that hagen advises.
    pub default: String,
    /// Those that take too few connections for a cluster in production.
    pub too_small: Vec<String>,
    /// The most entries of an access control list.
    pub acl_entries: usize,
}

/// ECS instances and their security groups.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machines {
    /// Families of types whose processor is not x86.
    pub arm_families: Vec<String>,
    /// Sizes with one processor.
    pub one_processor: Vec<String>,
    /// Kinds of disks that can be an encrypted system disk.
    pub encryptable: Vec<String>,
    /// The kind of disk that goes with some families only.
    pub entry_disk: String,
    /// These families.
    pub entry_families: Vec<String>,
    /// Where the cloud's own services are inside every VPC.
    pub service_range: Ipv4Net,
    /// The priority of a rule that goes first.
    pub first_priority: u32,
    /// The priority of a rule that goes last.
    pub last_priority: u32,
}

/// The cloud controller manager.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudController {
    /// Its image.
    pub image: String,
    /// What it may do in the cloud.
    pub actions: Vec<String>,
}

/// The load balancer.
pub static LOAD_BALANCER: LazyLock<LoadBalancer> = LazyLock::new(|| {
    super::embedded(
        "aliyun/load-balancer.yaml",
        include_str!("../../providers/aliyun/load-balancer.yaml"),
    )
});

/// The machines.
pub static MACHINES: LazyLock<Machines> = LazyLock::new(|| {
    super::embedded(
        "aliyun/machines.yaml",
        include_str!("../../providers/aliyun/machines.yaml"),
    )
});

/// The cloud controller manager.
pub static CLOUD_CONTROLLER: LazyLock<CloudController> = LazyLock::new(|| {
    super::embedded(
        "aliyun/cloud-controller.yaml",
        include_str!("../../providers/aliyun/cloud-controller.yaml"),
    )
});

#[cfg(test)]
mod tests {
    use super::{CLOUD, CLOUD_CONTROLLER, LOAD_BALANCER, MACHINES};

    #[test]
    fn a_check_ends_before_the_next_begins() {
        let check = &LOAD_BALANCER.health_check;
        assert!(check.timeout_seconds <= check.interval_seconds);
        assert!((2..=10).contains(&check.healthy_threshold));
        assert!((2..=10).contains(&check.unhealthy_threshold));
    }

    #[test]
    fn the_files_agree_with_each_other() {
        for (region, zones) in &LOAD_BALANCER.nlb.zones {
            for zone in zones {
                assert!(CLOUD.regions[region].contains(zone), "{zone}");
            }
        }
        for kind in &MACHINES.encryptable {
            assert!(CLOUD.disk_types.contains(kind), "{kind}");
        }
        let slb = &LOAD_BALANCER.slb;
        assert!(slb.specifications.contains(&slb.default));
        assert!(CLOUD_CONTROLLER.actions.is_sorted());
    }
}
