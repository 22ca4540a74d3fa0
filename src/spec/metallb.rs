//! MetalLB, for Services of type LoadBalancer on bare metal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// MetalLB: pools of addresses, and how they are announced.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metallb {
    /// The addresses for Services.
    pub pools: Vec<MetallbPool>,
}

/// Addresses for Services.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetallbPool {
    /// Its name.
    pub name: String,
    /// Networks, or ranges as `FIRST-LAST`.
    pub addresses: Vec<String>,
}
