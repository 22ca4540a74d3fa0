//! keepalived and the proxy behind its virtual IP: the files of each node that may hold it.

mod haproxy;
mod keepalived;
mod nginx;

use crate::format::template::verbatim;
use crate::plan::load_balancer::{Pair, PairNode, Proxy, fixed};

/// The port on 127.0.0.1 where the proxy says how it is.
pub use keepalived::health_port;

/// The proxy's configuration, the same on each node.
pub fn proxy(pair: &Pair) -> String {
    match pair.proxy {
        Proxy::Haproxy {
            checks,
            max_connections,
        } => haproxy::configuration(pair, checks, max_connections),
        Proxy::Nginx => nginx::configuration(pair),
    }
}

/// The proxy's name: that of its program, its package and its unit.
pub fn proxy_name(pair: &Pair) -> &'static str {
    match pair.proxy {
        Proxy::Haproxy { .. } => "haproxy",
        Proxy::Nginx => "nginx",
    }
}

/// The path of the proxy's configuration in the rendered folder.
pub fn proxy_path(pair: &Pair) -> &'static str {
    match pair.proxy {
        Proxy::Haproxy { .. } => "haproxy/haproxy.cfg",
        Proxy::Nginx => "nginx/nginx.conf",
    }
}

/// keepalived's configuration on a node.
pub fn keepalived(pair: &Pair, node: &PairNode) -> String {
    keepalived::configuration(pair, node)
}

/// The files that a node gets, beside its units' own: path on the machine, text.
pub fn files(pair: &Pair, node: &PairNode) -> Vec<(String, String)> {
    let name = proxy_name(pair);
    vec![
        (format!("/etc/hagen/{name}.conf"), proxy(pair)),
        (
            "/etc/hagen/keepalived.conf".to_owned(),
            keepalived(pair, node),
        ),
        (
            format!("/etc/systemd/system/{name}.service.d/hagen.conf"),
            match pair.proxy {
                // Only Debian's package makes the folder of the admin socket.
                Proxy::Haproxy { .. } => {
                    format!(
                        "{}RuntimeDirectory=haproxy\nRuntimeDirectoryPreserve=yes\n",
                        verbatim::RESTART
                    )
                }
                // systemd raises it before SELinux would have to let nginx do so.
                Proxy::Nginx => format!(
                    "{}LimitNOFILE={}\n",
                    verbatim::RESTART,
                    fixed().nginx.open_files
                ),
            },
        ),
        (
            "/etc/systemd/system/keepalived.service.d/hagen.conf".to_owned(),
            // The check fails until the proxy is there.
            verbatim::RESTART
                .replacen("[Unit]\n", &format!("[Unit]\nAfter={name}.service\n"), 1)
                .replacen("RestartSec=1\n", &keepalived::restart(pair), 1),
        ),
        (
            "/etc/systemd/networkd.conf.d/10-hagen.conf".to_owned(),
            verbatim::NETWORKD.to_owned(),
        ),
    ]
}
