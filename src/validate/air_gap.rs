//! Machines that reach nothing but mirrors.

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::mirrors::china;
use crate::facts::public_hosts::is_public;
use crate::spec::{
    CONTAINERD_REPOSITORY, Cluster, Cni, Etcd, IMAGE_REPOSITORY, Mirrors, PACKAGE_REPOSITORY,
};

use super::downloads::{PROXY, host as host_of, repositories};

const AIR_GAPPED: &str = "downloads.airGapped";

/// Refuses each source that is on the internet.
pub(super) fn check(spec: &Cluster, report: &mut Report) {
    let (kubernetes, downloads) = (&spec.kubernetes, &spec.downloads);
    let mirrored = |host: &str| downloads.registry_mirrors.contains_key(host);
    let mirrors = downloads.mirrors == Mirrors::China;
    let mut public = |path: String, what: &str, host: &str, key: &str| {
        // What a public mirror stands in for is on the internet all the same.
        let stands_in = mirrors
            && [
                china("other").images.as_str(),
                PACKAGE_REPOSITORY,
                CONTAINERD_REPOSITORY,
            ]
            .iter()
            .any(|repository| host_of(repository) == host);
        let host = if stands_in {
            "a public mirror in China".to_owned()
        } else {
            format!("`{host}`")
        };
        report.push(
            Diagnostic::new(
                &code::PUBLIC_SOURCE,
                format!("{what} would come from {host}, which is on the internet"),
            )
            .value(path, "out of reach")
            .also(AIR_GAPPED, "machines reach mirrors alone")
            .cure(format!("name a mirror of your own in `{key}`")),
        );
    };
    let repository = kubernetes.image_repository.as_str();
    let registry = if mirrors && repository == IMAGE_REPOSITORY {
        image_registry(&china("other").images)
    } else {
        image_registry(repository)
    };
    if is_public(registry) && !mirrored(registry) {
        let key = "kubernetes.imageRepository";
        public(key.into(), "images of Kubernetes", registry, key);
    }
    let host = host_of(&kubernetes.package_repository);
    if is_public(host) {
        let key = "kubernetes.packageRepository";
        public(key.into(), "packages of Kubernetes", host, key);
    }
    for (key, what, value) in repositories(downloads) {
        let needed = key != "etcdRepository" || spec.etcd != Etcd::Stacked;
        let host = host_of(value);
        if needed && is_public(host) {
            let key = format!("downloads.{key}");
            public(key.clone(), what, host, &key);
        }
    }
    for (registry, mirror) in &downloads.registry_mirrors {
        let host = host_of(mirror);
        if is_public(host) {
            let key = format!("downloads.registryMirrors.{registry}");
            let what = format!("images of `{registry}`");
            public(key.clone(), &what, host, "downloads.registryMirrors");
        }
    }
    if let Cni::Manifest(manifest) = &kubernetes.cni {
        let rest = manifest.url.strip_prefix("https://").unwrap_or_default();
        let host = host_of(rest);
        if is_public(&host.to_ascii_lowercase()) {
            let key = "kubernetes.cni.manifest.url";
            public(key.into(), "the pod network's manifest", host, key);
        }
        if downloads.registry_mirrors.is_empty() {
            report.push(
                Diagnostic::new(
                    &code::NO_REGISTRY_MIRRORS,
                    "the pod network's manifest names images, and no registry has a mirror",
                )
                .key("kubernetes.cni", "its images come from somewhere")
                .also(AIR_GAPPED, "machines reach mirrors alone")
                .cure("add `downloads.registryMirrors` for the registries in the manifest, such as `docker.io` and `quay.io`")
                .cure("or go on, if the manifest names images in a registry of your own"),
            );
        }
    }
    if downloads.system_repository.is_none() {
        report.push(
            Diagnostic::new(
                &code::PUBLIC_SOURCE,
                "the operating system's packages would come from its own sources, which are on the internet",
            )
            .key("downloads", "no `systemRepository`")
            .also(AIR_GAPPED, "machines reach mirrors alone")
            .cure("add `systemRepository` with the host and path of a mirror"),
        );
    }
    if downloads.proxy.is_some() {
        report.push(
            Diagnostic::new(
                &code::PROXY_IN_AIR_GAP,
                "machines reach mirrors alone, and a proxy is a way to elsewhere",
            )
            .key(PROXY, "a way out")
            .also(AIR_GAPPED, "machines reach mirrors alone")
            .cure("remove the proxy where machines reach the mirrors without it")
            .cure("or remove `airGapped` where the proxy leads to the internet"),
        );
    }
}

/// The registry of a repository of images: without one it is Docker Hub's.
fn image_registry(repository: &str) -> &str {
    let first = host_of(repository);
    if first.contains(['.', ':']) || first == "localhost" {
        first
    } else {
        "docker.io"
    }
}

#[cfg(test)]
mod tests {
    use super::image_registry;

    #[test]
    fn an_image_without_a_registry_is_docker_hubs() {
        assert_eq!(image_registry("registry.k8s.io"), "registry.k8s.io");
        assert_eq!(image_registry("10.0.0.5:5000/k8s"), "10.0.0.5:5000");
        assert_eq!(image_registry("google_containers"), "docker.io");
        assert_eq!(image_registry("team/k8s"), "docker.io");
    }
}
