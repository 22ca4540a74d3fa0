//! How the API server is reached: host, port, and who may come.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::kubernetes::KUBERNETES;
use crate::spec::{Cluster, Etcd, Exposure};

use super::{names, networks};

const HOST: &str = "endpoint.host";
const PORT: &str = "endpoint.port";
/// The domain of the names that hagen gives to members of external etcd.
const MEMBERS_DOMAIN: &str = "etcd.internal";
const ALLOWED: &str = "endpoint.allowedCidrs";

pub(super) fn check(spec: &Cluster, report: &mut Report) {
    if let Some(host) = &spec.endpoint.host {
        check_host(host, &spec.kubernetes.dns_domain, report);
        if spec.etcd != Etcd::Stacked {
            among_members(host, report);
        }
    }
    port(spec.endpoint.port, PORT, report);
    let allowed = &spec.endpoint.allowed_cidrs;
    if spec.endpoint.exposure == Exposure::Internet {
        if allowed.is_empty() {
            report.push(
                Diagnostic::new(
                    &code::NO_ALLOWED_CIDRS,
                    "an endpoint on the internet has to say which networks may connect",
                )
                .value(ALLOWED, "`allowedCidrs` is missing here")
                .cure("add `allowedCidrs` with the networks of your offices, VPN and CI"),
            );
        }
        open_to_all(allowed, ALLOWED, report);
    }
    networks::nested(allowed, ALLOWED, report);
}

fn check_host(host: &str, dns_domain: &str, report: &mut Report) {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        report.push(
            Diagnostic::new(
                &code::ENDPOINT_IS_ADDRESS,
                "the endpoint's host is an address, which cannot be moved to another load balancer",
            )
            .value(HOST, "an address, not a name")
            .cure("use a DNS name")
            .cure(
                "or leave `host` out: the load balancer's own name is then used, where it has one",
            ),
        );
        return;
    }
    if !is_host(host) {
        report.push(host_form(host));
        return;
    }
    if host == dns_domain || host.ends_with(&format!(".{dns_domain}")) {
        report.push(
            Diagnostic::new(
                &code::ENDPOINT_IN_CLUSTER_DOMAIN,
                format!("`{host}` is under `{dns_domain}`, which only the cluster itself serves"),
            )
            .value(HOST, "not known outside the cluster")
            .also(
                "kubernetes.dnsDomain",
                format!("the cluster's domain is {dns_domain}"),
            )
            .cure("use a name in a domain that is served outside the cluster"),
        );
    }
}

/// The names of members of external etcd are hagen's own.
fn among_members(host: &str, report: &mut Report) {
    if host == MEMBERS_DOMAIN || host.ends_with(&format!(".{MEMBERS_DOMAIN}")) {
        report.push(
            Diagnostic::new(
                &code::ENDPOINT_IS_MEMBER,
                format!("`{host}` is under `{MEMBERS_DOMAIN}`, where the members of etcd have their names"),
            )
            .value(HOST, "not a name of the API server")
            .also("etcd", "on machines of its own")
            .cure("use a name in a domain of your own"),
        );
    }
}

/// A name of at least two labels. One that ends in a number reads as an address (RFC 1123, 2.1).
fn is_host(host: &str) -> bool {
    names::is_subdomain(host)
        && host
            .rsplit_once('.')
            .is_some_and(|(_, last)| !last.bytes().all(|b| b.is_ascii_digit()))
}

fn host_form(host: &str) -> Diagnostic {
    let name = host.split_once("://").map_or(host, |(_, rest)| rest);
    let name = name.split('/').next().unwrap_or_default();
    let (name, port) = name
        .split_once(':')
        .map_or((name, false), |(name, _)| (name, true));
    let folded = name.trim_end_matches('.').to_ascii_lowercase();
    let (why, label) = if host.contains("://") {
        ("is a URL", "not a name alone")
    } else if port {
        ("has a port, which has a key of its own", "not a name alone")
    } else if host.starts_with("*.") {
        ("is a wildcard", "not one name")
    } else if host.len() > 253 {
        ("is longer than 253 characters", "too long")
    } else if names::is_subdomain(host) && !host.contains('.') {
        ("has no domain", "only one label")
    } else if is_host(&folded) {
        (
            "is not written in lower case without a dot at the end",
            "not in that form",
        )
    } else {
        ("is not a DNS name", "not a DNS name")
    };
    let problem =
        Diagnostic::new(&code::ENDPOINT_HOST, format!("`{host}` {why}")).value(HOST, label);
    if is_host(&folded) {
        problem.replace_with(folded)
    } else {
        problem.cure("use a full DNS name in lower case, for instance `api.prod.example.com`")
    }
}

/// Refuses a port of the load balancer or the API server that a control-plane node may need for something
/// else.
pub(super) fn port(port: u16, path: &str, report: &mut Report) {
    let (range, reserved) = (&KUBERNETES.node_ports, &KUBERNETES.reserved_ports);
    if let Some(taken) = reserved.iter().find(|taken| taken.port == port) {
        report.push(
            Diagnostic::new(
                &code::RESERVED_PORT,
                format!("a control-plane node needs port {port} for {}", taken.what),
            )
            .value(path, format!("the port of {}", taken.what))
            .cure("use 6443, or 443")
            .replace_with("6443"),
        );
    }
    if (range.first..=range.last).contains(&port) {
        report.push(
            Diagnostic::new(
                &code::NODE_PORT,
                format!(
                    "port {port} may be taken by a Service: NodePorts are {} to {}",
                    range.first, range.last
                ),
            )
            .value(path, "in the range of NodePorts")
            .cure("use 6443, or 443")
            .replace_with("6443"),
        );
    }
}

/// Refuses networks of everybody, or of so many that they keep no one out.
pub(super) fn open_to_all<N: Copy + Into<IpNet>>(list: &[N], path: &str, report: &mut Report) {
    for (at, network) in list.iter().enumerate() {
        let network: IpNet = (*network).into();
        let (longest, family) = match network {
            IpNet::V4(_) => (8, "IPv4"),
            IpNet::V6(_) => (16, "IPv6"),
        };
        if network.prefix_len() >= longest {
            continue;
        }
        let who = if network.prefix_len() == 0 {
            "everybody on the internet"
        } else {
            "a large part of the internet"
        };
        report.push(
            Diagnostic::new(
                &code::OPEN_TO_ALL,
                format!("`{network}` lets {who} reach the API server"),
            )
            .value(format!("{path}[{at}]"), who)
            .cure(format!(
                "name the networks of your offices, VPN and CI: with {family}, a /{longest} at most"
            )),
        );
    }
}
