//! The network configuration of a machine, in version 2 of NoCloud's network-config.
//!
//! <https://cloudinit.readthedocs.io/en/latest/reference/network-config-format-v2.html>

use serde_json::{Value, json};

use crate::format::yaml;
use crate::plan::baremetal::{Baremetal, Machine};

pub(super) fn document(target: &Baremetal, machine: &Machine) -> String {
    let network = &target.network;
    let mut interface = json!({
        "dhcp4": false,
        "addresses": [format!("{}/{}", machine.address, network.cidr.prefix_len())],
        // Older versions of cloud-init know no `to: default`.
        "routes": [{ "to": "0.0.0.0/0", "via": network.gateway.to_string() }],
    });
    if !network.nameservers.is_empty() {
        let addresses: Vec<String> = network
            .nameservers
            .iter()
            .map(ToString::to_string)
            .collect();
        interface["nameservers"] = json!({ "addresses": addresses });
    }
    if let Some(mac) = &machine.mac {
        interface["match"] = json!({ "macaddress": mac });
        interface["set-name"] = json!(machine.interface);
    }
    let mut ethernets = serde_json::Map::new();
    ethernets.insert(machine.interface.clone(), interface);
    yaml::document(&json!({ "version": 2, "ethernets": Value::Object(ethernets) }))
}
