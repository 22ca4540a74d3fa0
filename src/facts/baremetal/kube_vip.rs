//! `providers/baremetal/kube-vip.yaml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::failover::{Failure, Interruption, Reach};

/// kube-vip, where the spec has no key for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeVip {
    /// The version: the image's tag.
    pub version: String,
    /// The registry that has the image.
    pub registry: String,
    /// The image without its tag.
    pub repository: String,
    /// The port on 127.0.0.1 with its metrics.
    pub metrics_port: u16,
    /// How much longer than the retry period the renew deadline has to be, in percent.
    pub jitter_percent: u32,
    /// How a node asks its own API server, with BGP.
    pub health_check: HealthCheck,
    /// BGP.
    pub bgp: Bgp,
}

/// How a node asks its own API server.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// For what.
    pub path: String,
    /// How often.
    pub period_seconds: u32,
    /// When a check gives up.
    pub timeout_seconds: u32,
    /// After how many failures the route goes.
    pub failures: u32,
}

/// BGP.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bgp {
    /// The shortest hold time.
    pub least_hold_seconds: u32,
    /// How many keepalives a hold time has room for.
    pub keepalives_in_hold: u32,
    /// The port of a router, unless it says another.
    pub port: u16,
    /// Autonomous systems that no router may have.
    pub reserved_systems: Vec<u32>,
}

/// kube-vip.
pub static KUBE_VIP: LazyLock<KubeVip> = LazyLock::new(|| {
    super::super::embedded(
        "baremetal/kube-vip.yaml",
        include_str!("../../../providers/baremetal/kube-vip.yaml"),
    )
});

impl KubeVip {
    /// The image with its tag.
    pub fn image(&self) -> String {
        format!("{}:{}", self.repository, self.version)
    }
}

/// How long each failure takes with BGP: routers share connections out to all nodes, so that one that fails is
/// noticed by its share of them.
pub fn of_bgp(hold_seconds: u32, keepalive_seconds: u32) -> Vec<Interruption> {
    let check = &KUBE_VIP.health_check;
    let of = |failure, least, most, bounded| Interruption {
        failure,
        least,
        most,
        reach: Reach::Some,
        bounded,
    };
    let seen = (check.failures - 1) * check.period_seconds * 1000;
    let most = check.failures * check.period_seconds * 1000;
    let timeout = check.timeout_seconds * 1000;
    vec![
        // It takes its route back before it ends.
        of(Failure::HolderStopped, 0, 0, true),
        of(
            Failure::HolderGone,
            (hold_seconds - keepalive_seconds) * 1000,
            hold_seconds * 1000,
            true,
        ),
        of(Failure::ApiServerDead, seen, most, false),
        of(
            Failure::ApiServerHung,
            seen + timeout,
            most + timeout,
            false,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Failure, KUBE_VIP, of_bgp};

    #[test]
    fn the_data_file_holds_together() {
        assert_eq!(KUBE_VIP.image(), "ghcr.io/kube-vip/kube-vip:v1.2.3");
        assert!(
            KUBE_VIP
                .repository
                .starts_with(&format!("{}/", KUBE_VIP.registry))
        );
        let check = &KUBE_VIP.health_check;
        assert!(check.failures >= 1 && check.timeout_seconds < check.period_seconds);
    }

    /// kube-vip's documentation: 15 to 18 seconds with these checks.
    #[test]
    fn no_failure_takes_less_at_most_than_at_least() {
        let rows = of_bgp(30, 10);
        assert!(rows.iter().all(|row| row.least <= row.most), "{rows:?}");
        let most = |failure| {
            rows.iter()
                .find(|row| row.failure == failure)
                .map(|row| row.most)
        };
        assert_eq!(most(Failure::HolderGone), Some(30_000));
        assert_eq!(most(Failure::ApiServerDead), Some(15_000));
        assert_eq!(most(Failure::ApiServerHung), Some(18_000));
    }
}
