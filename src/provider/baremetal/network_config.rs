//! The network configuration of a machine, in version 2 of `NoCloud`'s network-config.
//!
//! <https://cloudinit.readthedocs.io/en/latest/reference/network-config-format-v2.html>

use serde_json::{Value, json};

use crate::format::yaml;
use crate::plan::baremetal::{Baremetal, Machine};
use crate::plan::{LoadBalancer, Plan};

/// Stands without a `network:` around it: all versions of cloud-init take that.
pub(super) fn document(plan: &Plan, target: &Baremetal, machine: &Machine) -> String {
    let network = &target.network;
    let mut interface = serde_json::Map::new();
    let mut set = |key: &str, value: Value| interface.insert(key.to_owned(), value);
    let mut comment = "";
    if let Some(mac) = &machine.mac {
        // cloud-init renames the interface, whatever the kernel called it, and wants lower case.
        set("match", json!({ "macaddress": mac.to_lowercase() }));
        set("set-name", json!(machine.interface));
    }
    set("dhcp4", json!(false));
    if holds_virtual_ip(plan, &machine.name) {
        comment = "# critical: systemd-networkd leaves the virtual IP on the interface when it is restarted.\n";
        set("critical", json!(true));
    }
    set(
        "addresses",
        json!([format!("{}/{}", machine.address, network.cidr.prefix_len())]),
    );
    // cloud-init before 22.4 stops at `to: default`, and from 23.1 warns of `gateway4`:
    // canonical/cloud-init#3988, #1794.
    set(
        "routes",
        json!([{ "to": "0.0.0.0/0", "via": network.gateway.to_string() }]),
    );
    if !network.nameservers.is_empty() {
        let addresses: Vec<String> = network
            .nameservers
            .iter()
            .map(ToString::to_string)
            .collect();
        set("nameservers", json!({ "addresses": addresses }));
    }
    let mut ethernets = serde_json::Map::new();
    ethernets.insert(machine.interface.clone(), Value::Object(interface));
    let document = json!({ "version": 2, "ethernets": Value::Object(ethernets) });
    format!("{comment}{}", yaml::document(&document))
}

/// Whether the virtual IP may come to this machine. systemd-networkd takes addresses away that it did not
/// set: acassen/keepalived#836, #1385. netplan makes `KeepConfiguration=` of `critical`.
fn holds_virtual_ip(plan: &Plan, machine: &str) -> bool {
    match &plan.load_balancer {
        LoadBalancer::Pair(pair) => pair.node(machine).is_some(),
        LoadBalancer::KubeVip(_) => plan.control_plane().any(|node| node.name == machine),
        LoadBalancer::Managed(_) => false,
    }
}
