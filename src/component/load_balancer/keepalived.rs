//! keepalived.conf: which node holds the virtual IP.

use serde::Serialize;

use crate::format::template;
use crate::plan::load_balancer::{Pair, PairNode, Proxy, fixed};

#[derive(Serialize)]
struct Values<'a> {
    node: &'a str,
    interface: &'a str,
    interfaces_differ: bool,
    address: String,
    peers: Vec<String>,
    virtual_ip: String,
    haproxy: bool,
    virtual_router_id: u16,
    authentication: &'a str,
    priority: u32,
    advert_interval: u32,
    max_auto_priority: i32,
    health_port: u16,
    check_interval: u32,
    check_timeout: u32,
    check_max_time: String,
    check_fall: u32,
    check_rise: u32,
    backends_interval: u32,
    backends_max_time: String,
    backends_fall: u32,
    backends_rise: u32,
    backends_weight: u32,
}

/// The port on 127.0.0.1 where the proxy says how it is.
pub fn health_port() -> u16 {
    fixed().keepalived.health_port
}

/// Milliseconds as seconds, as curl takes them.
fn seconds(milliseconds: u32) -> String {
    let (whole, rest) = (milliseconds / 1000, milliseconds % 1000 / 100);
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest}")
    }
}

/// How long systemd waits before it starts a killed keepalived again: until another node has the address.
/// One that starts takes the address off first, and for some seconds nobody would have it.
pub(super) fn restart(pair: &Pair) -> String {
    let seconds = fixed().keepalived.missed_adverts * pair.keepalived.advert_seconds + 2;
    format!(
        "# Another node has the address by then; one that starts takes it off here first.\nRestartSec={seconds}\n"
    )
}

pub(super) fn configuration(pair: &Pair, node: &PairNode) -> String {
    let facts = &fixed().keepalived;
    let own = &pair.keepalived;
    template::render(
        "load-balancer/keepalived.conf.hbs",
        &Values {
            node: &node.name,
            interface: &node.interface,
            interfaces_differ: pair
                .nodes
                .iter()
                .any(|other| other.interface != node.interface),
            address: node.address.to_string(),
            peers: pair
                .nodes
                .iter()
                .filter(|other| other.name != node.name)
                .map(|other| other.address.to_string())
                .collect(),
            virtual_ip: pair.virtual_ip.to_string(),
            haproxy: matches!(pair.proxy, Proxy::Haproxy { .. }),
            virtual_router_id: own.virtual_router_id,
            authentication: &own.authentication,
            priority: facts.priority,
            advert_interval: own.advert_seconds,
            max_auto_priority: if pair.on_control_plane {
                facts.max_auto_priority_on_control_plane
            } else {
                facts.max_auto_priority
            },
            health_port: facts.health_port,
            check_interval: own.check_seconds,
            check_timeout: own.check_timeout_seconds,
            check_max_time: seconds(own.check_max_time_milliseconds),
            check_fall: own.check_fall,
            check_rise: facts.check.rise,
            backends_interval: facts.backends.interval_seconds,
            backends_max_time: facts.check.max_time_seconds.to_string(),
            backends_fall: facts.backends.fall,
            backends_rise: facts.backends.rise,
            backends_weight: facts.backends.weight,
        },
    )
}
