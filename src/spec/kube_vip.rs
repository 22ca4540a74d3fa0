//! kube-vip, one of the load balancers of `targets.baremetal`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Span;

/// kube-vip as a static pod on each control-plane node.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeVip {
    /// How the virtual IP is announced. It cannot change later while the cluster runs.
    #[serde(default)]
    pub mode: KubeVipMode,
    /// How long a leader that is gone keeps the others from taking over.
    #[serde(default = "lease")]
    pub lease_duration: Span,
    /// How long the leader tries to renew before it gives up.
    #[serde(default = "renew")]
    pub renew_deadline: Span,
    /// How often the others try to take over.
    #[serde(default = "retry")]
    pub retry_period: Span,
}

/// How the virtual IP is announced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KubeVipMode {
    /// By ARP: the leader answers for it.
    #[default]
    Arp,
}

fn lease() -> Span {
    Span::of(5)
}

fn renew() -> Span {
    Span::of(3)
}

fn retry() -> Span {
    Span::of(1)
}
