//! `providers/baremetal/*.yaml`.

pub mod failover;
pub mod kube_vip;
pub mod metallb;
pub mod ports;

use std::sync::LazyLock;

use serde::Deserialize;

/// What hagen sets in front of the API servers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// keepalived.
    pub keepalived: Keepalived,
    /// haproxy.
    pub haproxy: Haproxy,
    /// nginx.
    pub nginx: Nginx,
    /// The end of an API server.
    pub shutdown: Shutdown,
}

/// keepalived.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keepalived {
    /// The priority of every node.
    pub priority: u32,
    /// How many adverts in a row have to be missed.
    pub missed_adverts: u32,
    /// Whether the local proxy is alive.
    pub check: Check,
    /// Whether the node sees an API server.
    pub backends: Backends,
    /// The real-time priority on nodes of its own.
    pub max_auto_priority: i32,
    /// The real-time priority on control-plane nodes.
    pub max_auto_priority_on_control_plane: i32,
    /// The port on 127.0.0.1 where the proxy says how it is.
    pub health_port: u16,
}

/// Whether the local proxy is alive.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// After how many good answers it counts again.
    pub rise: u32,
    /// When keepalived gives up on the script.
    pub timeout_seconds: u32,
    /// When curl gives up.
    pub max_time_seconds: u32,
    /// After how many failures the virtual IP goes, on nodes of its own.
    pub fall: u32,
    /// The same on control-plane nodes.
    pub fall_on_control_plane: u32,
}

/// Whether the node sees an API server.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Backends {
    /// How often it is asked.
    pub interval_seconds: u32,
    /// After how many failures the priority goes down.
    pub fall: u32,
    /// After how many good answers it goes up again.
    pub rise: u32,
    /// By how much it goes down.
    pub weight: u32,
}

/// haproxy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Haproxy {
    /// `timeout connect`.
    pub connect_timeout_seconds: u32,
    /// `timeout queue`.
    pub queue_timeout_seconds: u32,
    /// `timeout check`.
    pub check_timeout_seconds: u32,
    /// `timeout client` and `timeout server`.
    pub session_timeout_hours: u32,
    /// `timeout client-fin` and `timeout server-fin`.
    pub fin_timeout_seconds: u32,
    /// TCP keepalive to both sides.
    pub keep_alive: KeepAlive,
    /// After how many good answers an API server is back.
    pub rise: u32,
    /// How often one that is out is asked.
    pub down_interval_seconds: u32,
    /// How long one that is back gets fewer connections.
    pub slow_start_seconds: u32,
    /// How long an old process may live after a reload.
    pub hard_stop_minutes: u32,
    /// Threads on control-plane nodes; elsewhere one for each processor.
    pub threads_on_control_plane: u32,
}

/// TCP keepalive.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeepAlive {
    /// After how long without a packet it begins.
    pub idle_seconds: u32,
    /// How often it asks.
    pub interval_seconds: u32,
    /// After how many missing answers the connection is over.
    pub count: u32,
}

/// nginx.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nginx {
    /// `max_fails`.
    pub max_fails: u32,
    /// `fail_timeout`.
    pub fail_timeout_seconds: u32,
    /// `proxy_connect_timeout`.
    pub connect_timeout_seconds: u32,
    /// `proxy_next_upstream_tries`.
    pub next_tries: u32,
    /// `proxy_next_upstream_timeout`.
    pub next_timeout_seconds: u32,
    /// `worker_connections`.
    pub worker_connections: u32,
    /// `worker_rlimit_nofile`.
    pub open_files: u32,
    /// `worker_shutdown_timeout`.
    pub shutdown_minutes: u32,
}

/// How long an API server that is told to stop goes on answering.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shutdown {
    /// Beyond the checks that it takes haproxy to notice.
    pub spare_seconds: u32,
    /// Behind nginx, which does not ask.
    pub without_checks_seconds: u32,
    /// Behind kube-vip, which does not ask either.
    pub kube_vip_seconds: u32,
}

/// The load balancer.
pub static LOAD_BALANCER: LazyLock<LoadBalancer> = LazyLock::new(|| {
    super::embedded(
        "baremetal/load-balancer.yaml",
        include_str!("../../../providers/baremetal/load-balancer.yaml"),
    )
});

#[cfg(test)]
mod tests {
    use super::LOAD_BALANCER;

    #[test]
    fn the_data_file_holds_together() {
        let (keepalived, haproxy) = (&LOAD_BALANCER.keepalived, &LOAD_BALANCER.haproxy);
        // A priority of 255 would make keepalived ignore weights, and 0 is invalid.
        assert!((1..=254).contains(&keepalived.priority));
        assert!(keepalived.backends.weight > 0 && keepalived.backends.weight < keepalived.priority);
        assert!(keepalived.check.max_time_seconds < keepalived.check.timeout_seconds);
        assert!(haproxy.slow_start_seconds > haproxy.down_interval_seconds);
        assert!(haproxy.session_timeout_hours >= 1);
    }
}
