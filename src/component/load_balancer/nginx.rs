//! nginx.conf: TCP to the API servers that take connections.

use serde::Serialize;

use super::haproxy::{Server, servers};
use super::keepalived::health_port;
use crate::format::template;
use crate::plan::load_balancer::{Pair, fixed};

#[derive(Serialize)]
struct Values<'a> {
    open_files: u32,
    shutdown: u32,
    worker_connections: u32,
    max_fails: u32,
    fail_timeout: u32,
    port: u16,
    server_port: u16,
    health_port: u16,
    keep_alive_idle: u32,
    keep_alive_interval: u32,
    keep_alive_count: u32,
    connect_timeout: u32,
    session_timeout: u32,
    next_tries: u32,
    next_timeout: u32,
    servers: Vec<Server<'a>>,
}

pub(super) fn configuration(pair: &Pair) -> String {
    let (facts, haproxy) = (&fixed().nginx, &fixed().haproxy);
    template::render(
        "load-balancer/nginx.conf.hbs",
        &Values {
            open_files: facts.open_files,
            shutdown: facts.shutdown_minutes,
            worker_connections: facts.worker_connections,
            max_fails: facts.max_fails,
            fail_timeout: facts.fail_timeout_seconds,
            port: pair.port,
            server_port: pair.server_port,
            health_port: health_port(),
            keep_alive_idle: haproxy.keep_alive.idle_seconds,
            keep_alive_interval: haproxy.keep_alive.interval_seconds,
            keep_alive_count: haproxy.keep_alive.count,
            connect_timeout: facts.connect_timeout_seconds,
            session_timeout: haproxy.session_timeout_hours,
            next_tries: facts.next_tries,
            next_timeout: facts.next_timeout_seconds,
            servers: servers(pair),
        },
    )
}
