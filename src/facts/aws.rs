//! `providers/aws/*.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What hagen sets on the Network Load Balancer, and its limits.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// The health check of the API servers.
    pub health_check: HealthCheck,
    /// Seconds that a leaving target keeps its connections.
    pub deregistration_delay_seconds: u32,
    /// Seconds that a failing target keeps its connections.
    pub unhealthy_draining_seconds: u32,
    /// Seconds after which an idle connection is forgotten.
    pub tcp_idle_timeout_seconds: u32,
    /// The most characters of a load balancer's or target group's name.
    pub name_length: usize,
    /// Addresses that AWS keeps at the start of a subnet.
    pub reserved_first: u32,
    /// Addresses that AWS keeps at the end of a subnet.
    pub reserved_last: u32,
    /// The longest prefix of a subnet.
    pub smallest_subnet: u8,
    /// The shortest prefix of a VPC.
    pub largest_subnet: u8,
    /// Addresses that have to be free in a subnet of the load balancer.
    pub free_addresses: u64,
    /// Quotas.
    pub quotas: Quotas,
    /// Tags.
    pub tags: TagLimits,
}

/// Limits of tags.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagLimits {
    /// The most tags that a spec may have.
    pub most: usize,
    /// The most characters of a key.
    pub key_length: usize,
    /// The most characters of a value.
    pub value_length: usize,
}

/// The health check of the API servers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// The path that is asked for.
    pub path: String,
    /// The status that is healthy.
    pub matcher: String,
    /// Seconds between two checks.
    pub interval_seconds: u32,
    /// Seconds that a check may take.
    pub timeout_seconds: u32,
    /// Checks in a row that make a target healthy.
    pub healthy_threshold: u32,
    /// Checks in a row that make a target unhealthy.
    pub unhealthy_threshold: u32,
}

/// Quotas that a cluster can run into.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quotas {
    /// Targets of a load balancer.
    pub targets: usize,
    /// Rules of a security group, per direction.
    pub security_group_rules: usize,
    /// Elastic IP addresses of a region.
    pub elastic_ips: usize,
}

/// The cloud controller manager.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudController {
    /// The tag of its image for each minor of Kubernetes.
    pub images: BTreeMap<String, String>,
    /// What it may do in AWS.
    pub actions: Vec<String>,
}

/// EC2 instances.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machines {
    /// Where the newest image of an operating system is found.
    pub images: BTreeMap<String, Image>,
    /// Sizes with too little memory for a control-plane node.
    pub too_small: Vec<String>,
    /// Instance types with one processor.
    pub one_processor: Vec<String>,
    /// The smallest root volume, in GiB.
    pub smallest_disk: u16,
    /// The largest root volume, in GiB.
    pub largest_disk: u16,
    /// The root volume of a member of external etcd, in GiB.
    pub etcd_root_disk: u16,
    /// The smallest data volume of a member of external etcd, in GiB.
    pub smallest_etcd_disk: u16,
}

/// Where the newest image of an operating system is found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// The publisher's account.
    pub owner: String,
    /// The pattern of the image's name, with `{arch}` in it.
    pub name: String,
    /// What stands for `{arch}` on x86.
    pub amd64: String,
    /// What stands for `{arch}` on Arm.
    pub arm64: String,
    /// Who logs in.
    pub user: String,
    /// Whether the agent of EC2 Instance Connect is in it.
    pub instance_connect: bool,
}

/// The regions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Regions {
    /// The regions that hagen knows.
    pub regions: Vec<String>,
    /// Regions where a Network Load Balancer cannot have a security group.
    pub without_load_balancer_security_groups: Vec<String>,
    /// Prefixes of regions outside the commercial partition.
    pub other_partitions: Vec<String>,
}

/// The load balancer.
pub static LOAD_BALANCER: LazyLock<LoadBalancer> = LazyLock::new(|| {
    super::embedded(
        "aws/load-balancer.yaml",
        include_str!("../../providers/aws/load-balancer.yaml"),
    )
});

/// The machines.
pub static MACHINES: LazyLock<Machines> = LazyLock::new(|| {
    super::embedded(
        "aws/machines.yaml",
        include_str!("../../providers/aws/machines.yaml"),
    )
});

/// The cloud controller manager.
pub static CLOUD_CONTROLLER: LazyLock<CloudController> = LazyLock::new(|| {
    super::embedded(
        "aws/cloud-controller.yaml",
        include_str!("../../providers/aws/cloud-controller.yaml"),
    )
});

/// The regions.
pub static REGIONS: LazyLock<Regions> = LazyLock::new(|| {
    super::embedded(
        "aws/regions.yaml",
        include_str!("../../providers/aws/regions.yaml"),
    )
});

/// Whether an instance type is Arm: the `g` after the generation, as in `m7g.large`.
pub fn is_arm(instance_type: &str) -> bool {
    let family = family(instance_type);
    let letters = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let options = letters.trim_start_matches(|c: char| c.is_ascii_digit());
    family == "a1" || (letters != family && options.starts_with('g'))
}

/// The family of an instance type: `m7g` of `m7g.large`.
fn family(instance_type: &str) -> &str {
    instance_type.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{LOAD_BALANCER, MACHINES, REGIONS, is_arm};

    #[test]
    fn the_data_files_parse_and_hold_together() {
        let check = &LOAD_BALANCER.health_check;
        assert!(check.timeout_seconds < check.interval_seconds);
        assert!((5..=300).contains(&check.interval_seconds));
        assert!((2..=120).contains(&check.timeout_seconds));
        assert!((2..=10).contains(&check.healthy_threshold));
        assert!((2..=10).contains(&check.unhealthy_threshold));
        assert!(LOAD_BALANCER.deregistration_delay_seconds <= 3600);
        assert!((60..=6000).contains(&LOAD_BALANCER.tcp_idle_timeout_seconds));
        assert!(REGIONS.regions.is_sorted());
        for image in MACHINES.images.values() {
            assert!(image.name.contains("{arch}"));
        }
    }

    #[test]
    fn arm_is_the_letter_after_the_generation() {
        for arm in [
            "m7g.large",
            "c6gn.xlarge",
            "t4g.small",
            "a1.medium",
            "x2gd.medium",
            "g5g.xlarge",
        ] {
            assert!(is_arm(arm), "{arm}");
        }
        for x86 in [
            "m7i.large",
            "g4dn.xlarge",
            "t3.medium",
            "c6a.large",
            "p4d.24xlarge",
            "m7i-flex.large",
        ] {
            assert!(!is_arm(x86), "{x86}");
        }
    }
}
