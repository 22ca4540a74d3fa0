//! `providers/baremetal/ports.yaml`: ports that something else has.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::facts::kubernetes::{PortRange, ReservedPort};

/// Ports that something else has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ports {
    /// Those that a program on the nodes needs.
    pub reserved: Vec<ReservedPort>,
    /// Those that outgoing connections take.
    pub ephemeral: PortRange,
}

/// The data.
pub static PORTS: LazyLock<Ports> = LazyLock::new(|| {
    crate::facts::embedded(
        "baremetal/ports.yaml",
        include_str!("../../../providers/baremetal/ports.yaml"),
    )
});

#[cfg(test)]
mod tests {
    use super::PORTS;
    use crate::facts::baremetal::LOAD_BALANCER;
    use crate::facts::baremetal::kube_vip::KUBE_VIP;
    use crate::facts::kubernetes::KUBERNETES;

    #[test]
    fn each_port_is_reserved_once_and_those_that_hagen_sets_are_among_them() {
        let own = PORTS.reserved.iter().chain(&KUBERNETES.reserved_ports);
        let mut ports: Vec<u16> = own.map(|reserved| reserved.port).collect();
        assert!(ports.contains(&LOAD_BALANCER.keepalived.health_port));
        assert!(ports.contains(&KUBE_VIP.metrics_port));
        ports.sort_unstable();
        let all = ports.len();
        ports.dedup();
        assert_eq!(ports.len(), all);
    }
}
