//! `providers/tencent/*.yaml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::cloud::{Cloud, HealthCheck};

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
    /// Seconds after which an idle connection is forgotten.
    pub idle_timeout_seconds: u32,
    /// The most characters of the load balancer's name.
    pub name_length: usize,
}

/// The load balancer.
pub static LOAD_BALANCER: LazyLock<LoadBalancer> = LazyLock::new(|| {
    super::embedded(
        "tencent/load-balancer.yaml",
        include_str!("../../providers/tencent/load-balancer.yaml"),
    )
});

#[cfg(test)]
mod tests {
    use super::LOAD_BALANCER;

    #[test]
    fn a_check_ends_before_the_next_begins() {
        let check = &LOAD_BALANCER.health_check;
        assert!(check.timeout_seconds <= check.interval_seconds);
        assert!((2..=10).contains(&check.healthy_threshold));
        assert!((2..=10).contains(&check.unhealthy_threshold));
    }
}
