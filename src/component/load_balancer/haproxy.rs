//! haproxy.cfg: TCP to the API servers that say that they are ready.

use serde::Serialize;

use super::keepalived::health_port;
use crate::format::template;
use crate::plan::load_balancer::{ApiServerChecks, Pair, fixed};

#[derive(Serialize)]
struct Values<'a> {
    on_control_plane: bool,
    threads: u32,
    max_connections: u32,
    hard_stop: u32,
    connect_timeout: u32,
    queue_timeout: u32,
    check_timeout: u32,
    session_timeout: u32,
    fin_timeout: u32,
    keep_alive_idle: u32,
    keep_alive_interval: u32,
    keep_alive_count: u32,
    port: u16,
    server_port: u16,
    health_port: u16,
    interval: u32,
    down_interval: u32,
    fall: u32,
    rise: u32,
    slow_start: u32,
    servers: Vec<Server<'a>>,
}

#[derive(Serialize)]
pub(super) struct Server<'a> {
    name: &'a str,
    address: String,
}

pub(super) fn servers(pair: &Pair) -> Vec<Server<'_>> {
    pair.servers
        .iter()
        .map(|(name, address)| Server {
            name,
            address: address.to_string(),
        })
        .collect()
}

pub(super) fn configuration(pair: &Pair, checks: ApiServerChecks, max_connections: u32) -> String {
    let facts = &fixed().haproxy;
    template::render(
        "load-balancer/haproxy.cfg.hbs",
        &Values {
            on_control_plane: pair.on_control_plane,
            threads: facts.threads_on_control_plane,
            max_connections,
            hard_stop: facts.hard_stop_minutes,
            connect_timeout: facts.connect_timeout_seconds,
            queue_timeout: facts.queue_timeout_seconds,
            check_timeout: facts.check_timeout_seconds,
            session_timeout: facts.session_timeout_hours,
            fin_timeout: facts.fin_timeout_seconds,
            keep_alive_idle: facts.keep_alive.idle_seconds,
            keep_alive_interval: facts.keep_alive.interval_seconds,
            keep_alive_count: facts.keep_alive.count,
            port: pair.port,
            server_port: pair.server_port,
            health_port: health_port(),
            interval: checks.interval_seconds,
            down_interval: facts.down_interval_seconds,
            fall: checks.fall,
            rise: facts.rise,
            slow_start: facts.slow_start_seconds,
            servers: servers(pair),
        },
    )
}
