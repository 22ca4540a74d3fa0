//! Where machines get packages and images from.

use crate::facts::kubernetes::KUBERNETES;
use crate::spec;

/// Where machines get packages and images from, beside Kubernetes' own.
#[derive(Clone, Debug)]
pub struct Downloads {
    /// The way to packages and images.
    pub proxy: Option<Proxy>,
    /// The address of the mirror of the operating system's packages.
    pub system_repository: Option<String>,
    /// Mirrors of registries: the registry, and the mirror's host and path.
    pub registry_mirrors: Vec<(String, String)>,
}

/// An HTTP proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Its address.
    pub url: String,
    /// What is reached without it.
    pub without: Vec<String>,
}

/// Builds the plan of downloads. `networks` are those of the target, whose machines are reached
/// without a proxy.
pub(super) fn build(spec: &spec::Cluster, networks: &[String]) -> Downloads {
    let downloads = &spec.downloads;
    Downloads {
        proxy: downloads.proxy.as_ref().map(|url| Proxy {
            url: url.clone(),
            without: without_proxy(spec, networks),
        }),
        system_repository: downloads
            .system_repository
            .as_ref()
            .map(|host| format!("https://{host}")),
        registry_mirrors: downloads
            .registry_mirrors
            .iter()
            .map(|(registry, mirror)| (registry.clone(), mirror.clone()))
            .collect(),
    }
}

/// The machine itself, the metadata service, the cluster's names and networks, and the user's.
fn without_proxy(spec: &spec::Cluster, networks: &[String]) -> Vec<String> {
    let kubernetes = &spec.kubernetes;
    let mut without: Vec<String> = ["localhost", "127.0.0.0/8", "::1", "169.254.0.0/16", ".svc"]
        .map(str::to_owned)
        .into();
    without.push(format!(".{}", kubernetes.dns_domain));
    without.push(format!(".{}", KUBERNETES.etcd_domain));
    without.extend(spec.endpoint.host.clone());
    let subnets = kubernetes.pod_subnets.iter();
    let subnets = subnets.chain(&kubernetes.service_subnets);
    without.extend(subnets.map(ToString::to_string));
    without.extend(networks.iter().cloned());
    without.extend(spec.downloads.no_proxy.iter().cloned());
    let mut seen = std::collections::BTreeSet::new();
    without.retain(|entry| seen.insert(entry.clone()));
    without
}
