//! The way to packages and images: proxy, repositories, and mirrors of registries.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::public_hosts::is_other_name_of_docker_hub;
use crate::spec::{Cluster, Downloads, Etcd};

use super::air_gap;
use super::form::leading_zero;
use super::names;
use super::registries::{self, is_authority, is_port};

pub(super) const PROXY: &str = "downloads.proxy";
const NO_PROXY: &str = "downloads.noProxy";

pub(super) fn check(spec: &Cluster, report: &mut Report) {
    let downloads = &spec.downloads;
    if let Some(proxy) = &downloads.proxy {
        check_proxy(proxy, report);
    }
    for (at, entry) in downloads.no_proxy.iter().enumerate() {
        exception(entry, format!("{NO_PROXY}[{at}]"), report);
    }
    for (key, what, value) in repositories(downloads) {
        registries::packages(value, &format!("downloads.{key}"), what, report);
    }
    for (registry, mirror) in &downloads.registry_mirrors {
        check_mirror(registry, mirror, report);
    }
    unused(spec, report);
    if downloads.air_gapped {
        air_gap::check(spec, report);
    }
}

/// The repositories beside Kubernetes' own: the key, what is in it, and where it is.
pub(super) fn repositories(
    downloads: &Downloads,
) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
    let system = downloads.system_repository.as_deref();
    system
        .map(|system| {
            (
                "systemRepository",
                "the operating system's packages",
                system,
            )
        })
        .into_iter()
        .chain([
            (
                "containerdRepository",
                "containerd's packages",
                downloads.containerd_repository.as_str(),
            ),
            (
                "etcdRepository",
                "etcd's releases",
                downloads.etcd_repository.as_str(),
            ),
        ])
}

fn check_proxy(proxy: &str, report: &mut Report) {
    if proxy.contains('@') {
        // The value is not repeated: it is a secret.
        report.push(
            Diagnostic::new(
                &code::PROXY_CREDENTIALS,
                "the proxy's address has credentials in it, and a spec holds no secret",
            )
            .value(PROXY, "would be in every machine's user data")
            .cure("use a proxy that lets the machines in by their addresses")
            .cure("and change that password: it stands in a file"),
        );
        return;
    }
    let Some(why) = proxy_fault(proxy) else {
        return;
    };
    let problem = Diagnostic::new(&code::PROXY, format!("the proxy `{proxy}` {why}"))
        .value(PROXY, "not a scheme, a host and a port");
    let lower = proxy.trim_end_matches('/').to_ascii_lowercase();
    let folded = if lower.contains("://") {
        lower
    } else {
        format!("http://{lower}")
    };
    report.push(if proxy_fault(&folded).is_none() {
        problem.replace_with(folded)
    } else {
        problem.cure("write it as `http://proxy.example.com:3128`")
    });
}

/// What keeps a text from being a proxy in the eyes of curl, apt, dnf and containerd alike.
fn proxy_fault(proxy: &str) -> Option<&'static str> {
    let Some(rest) = ["http://", "https://"]
        .iter()
        .find_map(|scheme| proxy.strip_prefix(scheme))
    else {
        return Some("does not begin with `http://` or `https://`");
    };
    if rest.contains(['/', '?', '#']) {
        return Some("has a path");
    }
    let Some((host, port)) = rest.rsplit_once(':') else {
        return Some("has no port, and programs differ in which one they then take");
    };
    if !names::is_subdomain(host) {
        return Some("has no host in lower case");
    }
    (!is_port(port)).then_some("has no port from 1 to 65535")
}

/// What is reached without the proxy.
fn exception(entry: &str, path: String, report: &mut Report) {
    if is_exception(entry) {
        return;
    }
    let network = entry.parse::<IpNet>().ok().filter(|_| !leading_zero(entry));
    let fault = if network.is_some() {
        "has bits set behind its prefix"
    } else {
        "is no host, no domain that begins with a dot, no address and no network"
    };
    let problem = Diagnostic::new(&code::NO_PROXY, format!("`{entry}` {fault}"))
        .value(path, "not read alike by all programs");
    let folded = match network {
        Some(network) => network.trunc().to_string(),
        None => entry
            .trim_start_matches('*')
            .trim_end_matches('.')
            .to_ascii_lowercase(),
    };
    report.push(if is_exception(&folded) {
        problem.replace_with(folded)
    } else {
        problem.cure("write it as `mirror.example.com`, `.example.com`, `10.0.0.5` or `10.0.0.0/8`")
    });
}

fn is_exception(entry: &str) -> bool {
    if entry.contains('/') {
        return !leading_zero(entry)
            && entry
                .parse::<IpNet>()
                .is_ok_and(|network| network.trunc() == network);
    }
    if entry.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = entry.strip_prefix('.').unwrap_or(entry);
    // A name whose last label is a number reads as an address, and this one is none.
    let last = name.rsplit('.').next().unwrap_or_default();
    names::is_subdomain(name) && !last.bytes().all(|b| b.is_ascii_digit())
}

fn check_mirror(registry: &str, mirror: &str, report: &mut Report) {
    let path = format!("downloads.registryMirrors.{registry}");
    let known = registry.contains(['.', ':']) || registry == "localhost";
    let fault = if registry.is_empty() || registry.contains("://") || registry.contains('/') {
        Some("is not a host alone".to_owned())
    } else if !is_authority(registry) || !known {
        Some("is not a registry's host in lower case".to_owned())
    } else if is_other_name_of_docker_hub(registry) {
        Some("is Docker Hub, which containerd calls `docker.io`".to_owned())
    } else {
        None
    };
    if let Some(fault) = fault {
        let cure = if is_other_name_of_docker_hub(registry) || registry == "docker" {
            "use `docker.io`"
        } else {
            "use the part of an image's name before the first slash, such as `quay.io` or `registry.example.com:5000`"
        };
        report.push(
            Diagnostic::new(
                &code::REGISTRY_MIRROR,
                format!("the registry `{registry}` {fault}"),
            )
            .key(&path, "containerd would never look here")
            .cure(cure),
        );
    }
    if let Some(fault) = registries::package_fault(mirror) {
        let problem = Diagnostic::new(
            &code::REGISTRY_MIRROR,
            format!("the mirror `{mirror}` {fault}"),
        )
        .value(&path, "not a host with a path");
        let plain = registries::without_scheme(mirror);
        report.push(if registries::package_fault(plain).is_none() {
            problem.replace_with(plain)
        } else {
            problem.cure(
                "write a host with an optional path, for instance `mirror.example.com/docker-hub`",
            )
        });
    }
}

fn unused(spec: &Cluster, report: &mut Report) {
    let downloads = &spec.downloads;
    let mut push = |path: &str, message: &str| {
        report.push(
            Diagnostic::new(&code::UNUSED_DOWNLOAD, message)
                .key(path, "without effect")
                .cure("remove it, or make the choice that uses it"),
        );
    };
    if !downloads.no_proxy.is_empty() && downloads.proxy.is_none() {
        push(NO_PROXY, "`noProxy` has no effect: there is no proxy");
    }
    if spec.etcd == Etcd::Stacked
        && downloads.etcd_repository != Downloads::default().etcd_repository
    {
        push(
            "downloads.etcdRepository",
            "`etcdRepository` has no effect: stacked etcd is an image, and comes from `kubernetes.imageRepository`",
        );
    }
}

/// The host of an address without a scheme.
pub(super) fn host(text: &str) -> &str {
    text.split(['/', '?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{is_exception, proxy_fault};

    #[test]
    fn proxies() {
        for good in [
            "http://proxy.example.com:3128",
            "https://proxy:443",
            "http://10.0.0.5:8080",
        ] {
            assert_eq!(proxy_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "proxy.example.com:3128",
            "socks5://proxy:1080",
            "http://",
            "http://proxy",
            "http://proxy:",
            "http://proxy:0",
            "http://proxy:65536",
            "http://proxy:+80",
            "http://Proxy:80",
            "http://proxy:80/",
            "http://proxy:80?x",
            "http://pro xy:80",
            "http://proxy:80'",
            "http://proxy:80\";id;\"",
            "http://$(id):80",
            "http://ä.example.com:80",
            "HTTP://proxy:80",
        ] {
            assert!(proxy_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn what_is_reached_without_a_proxy() {
        for good in [
            "mirror",
            "mirror.example.com",
            ".example.com",
            "10.0.0.5",
            "10.0.0.0/8",
            "2001:db8::5",
            "2001:db8::/32",
        ] {
            assert!(is_exception(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "*",
            "*.example.com",
            "..example.com",
            "example.com.",
            "EXAMPLE.com",
            "mirror:8080",
            "http://mirror",
            "10.0.0.5/8",
            "010.0.0.0/8",
            "10.0.0.300",
            "10.0.0",
            "a,b",
            "a b",
            "a'b",
        ] {
            assert!(!is_exception(bad), "{bad}");
        }
    }
}
