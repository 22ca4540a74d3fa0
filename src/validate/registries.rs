//! Where images, packages and the pod network's manifest come from.

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{Cni, CniManifest, Kubernetes};

use super::names;

/// Parts of a path that name no version.
const MOVING: [&str; 6] = ["latest", "main", "master", "HEAD", "stable", "nightly"];

pub(super) fn check(kubernetes: &Kubernetes, report: &mut Report) {
    images(&kubernetes.image_repository, report);
    packages(
        &kubernetes.package_repository,
        "kubernetes.packageRepository",
        "packages of Kubernetes",
        report,
    );
    if let Cni::Manifest(manifest) = &kubernetes.cni {
        check_manifest(manifest, report);
    }
}

fn images(repository: &str, report: &mut Report) {
    let Some(why) = image_fault(repository) else {
        return;
    };
    let problem = Diagnostic::new(
        &code::IMAGE_REPOSITORY,
        format!("the image repository `{repository}` {why}"),
    )
    .value("kubernetes.imageRepository", "not a registry with a path");
    let plain = without_scheme(repository);
    report.push(if image_fault(plain).is_none() {
        problem.replace_with(plain)
    } else {
        problem
            .cure("write a registry with an optional path, for instance `registry.example.com/k8s`")
    });
}

/// What keeps a text from being a repository in the sense of distribution/reference.
fn image_fault(text: &str) -> Option<&'static str> {
    if text.contains("://") {
        return Some("has a scheme");
    }
    if text.contains('@') {
        return Some("has a digest, and each image has its own");
    }
    if text.ends_with('/') {
        return Some("ends with a slash");
    }
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        return Some("has upper-case letters");
    }
    let mut parts = text.split('/');
    let first = parts.next().unwrap_or_default();
    let registry = first.contains(['.', ':']) || first == "localhost";
    if registry && !is_authority(first) {
        let port = first.split_once(':').map(|(_, port)| port);
        return Some(match port {
            Some(port) if !port.bytes().all(|b| b.is_ascii_digit()) => {
                "has a tag, and each image has its own"
            }
            _ => "does not begin with a registry",
        });
    }
    if !registry && !is_component(first) {
        return Some("is not a repository");
    }
    for part in parts {
        if part.contains(':') {
            return Some("has a tag, and each image has its own");
        }
        if !is_component(part) {
            return Some("is not a repository");
        }
    }
    None
}

/// A path component of an image: letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(word)
        && text.ends_with(word)
        && text
            .split(word)
            .all(|joint| matches!(joint, "" | "." | "_" | "__") || joint.bytes().all(|b| b == b'-'))
}

/// A host in lower case with an optional port.
pub(super) fn is_authority(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    names::is_subdomain(host) && port.is_none_or(is_port)
}

pub(super) fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

pub(super) fn without_scheme(text: &str) -> &str {
    text.split_once("://")
        .map_or(text, |(_, rest)| rest)
        .trim_end_matches('/')
}

/// A repository of packages or releases, `what`, at `path` of the spec.
pub(super) fn packages(repository: &str, path: &str, what: &str, report: &mut Report) {
    let Some(why) = package_fault(repository) else {
        return;
    };
    let problem = Diagnostic::new(
        &code::PACKAGE_REPOSITORY,
        format!("the repository `{repository}` of {what} {why}"),
    )
    .value(path, "not a host with a path");
    let plain = without_scheme(repository);
    report.push(if package_fault(plain).is_none() {
        problem.replace_with(plain)
    } else {
        problem.cure(
            "write a host with an optional path, for instance `mirror.example.com/kubernetes`",
        )
    });
}

pub(super) fn package_fault(text: &str) -> Option<&'static str> {
    if text.contains("://") {
        return Some("has a scheme, and https is added to it");
    }
    if text.ends_with('/') {
        return Some("ends with a slash");
    }
    let mut parts = text.split('/');
    if !is_authority(parts.next().unwrap_or_default()) {
        return Some("does not begin with a host in lower case");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:+".contains(c);
    parts
        .any(|part| part.is_empty() || part == "." || part == ".." || !part.chars().all(plain))
        .then_some("has a path with other than letters, digits and `-._~:+`")
}

fn check_manifest(manifest: &CniManifest, report: &mut Report) {
    const URL: &str = "kubernetes.cni.manifest.url";
    if let Some(why) = url_fault(&manifest.url) {
        report.push(
            Diagnostic::new(&code::CNI_URL, format!("the manifest's address {why}"))
                .value(URL, "not a plain https address")
                .cure("use an https address without credentials; encode other characters with `%`"),
        );
    } else if let Some(word) = manifest
        .url
        .split(['/', '?', '='])
        .find(|part| MOVING.contains(part))
    {
        report.push(
            Diagnostic::new(
                &code::MOVING_MANIFEST,
                format!("`{word}` in the manifest's address changes, and then its digest is wrong"),
            )
            .value(URL, "names no version")
            .cure("use the address of a release or a commit"),
        );
    }
    let digest = &manifest.sha256;
    if is_digest(digest) {
        return;
    }
    let problem = Diagnostic::new(
        &code::CNI_DIGEST,
        "the manifest's digest is not 64 hexadecimal digits in lower case",
    )
    .value(
        "kubernetes.cni.manifest.sha256",
        format!("{} characters", digest.chars().count()),
    );
    let folded = digest.trim_start_matches("sha256:").to_ascii_lowercase();
    report.push(if is_digest(&folded) {
        problem.replace_with(folded)
    } else {
        problem.cure("use what `curl -fsSL URL | sha256sum` prints")
    });
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What keeps a text from being an address that a shell and curl read as one word.
fn url_fault(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("https://") else {
        return Some("does not begin with `https://`");
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!&()*+,;=%".contains(c);
    if !rest.chars().all(plain) {
        return Some("has a space, a quote or another character that an address does not have");
    }
    if rest.chars().any(|c| "!&()*;".contains(c)) {
        return Some("has a character that a shell reads");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("has credentials in it, and a spec holds no secret");
    }
    if !is_authority(&authority.to_ascii_lowercase()) {
        return Some("has no host");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{image_fault, package_fault, url_fault};

    #[test]
    fn repositories_of_images() {
        for good in [
            "registry.k8s.io",
            "registry.aliyuncs.com/google_containers",
            "localhost:5000/k8s",
            "registry:5000",
            "10.0.0.5:5000/a/b__c/d-e.f",
            "mirror",
        ] {
            assert_eq!(image_fault(good), None, "{good}");
        }
        for bad in [
            "https://registry.k8s.io",
            "registry.k8s.io/",
            "registry.k8s.io/k8s:latest",
            "registry.k8s.io@sha256:00",
            "Registry.k8s.io",
            "registry.k8s.io/a//b",
            "registry.k8s.io/_a",
            "registry.k8s.io:0",
            "registry.k8s.io:99999",
            "a b",
            "ä.example.com",
            ":5000",
        ] {
            assert!(image_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn repositories_of_packages() {
        for good in [
            "pkgs.k8s.io",
            "10.0.0.5:8080/k8s",
            "mirror.example.com/kubernetes/core:",
        ] {
            assert_eq!(package_fault(good), None, "{good}");
        }
        for bad in [
            "https://pkgs.k8s.io",
            "pkgs.k8s.io/",
            "a b",
            "a\"b",
            "a/../b",
            "a//b",
            "a/$(id)",
            "[trusted=yes]",
            "host:port",
            "",
        ] {
            assert!(package_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn addresses_of_manifests() {
        for good in [
            "https://example.com/v1.2/cni.yaml",
            "https://example.com:8443/a?b=c%20d",
            "https://EXAMPLE.com/x",
        ] {
            assert_eq!(url_fault(good), None, "{good}");
        }
        for bad in [
            "http://example.com/x",
            "https://",
            "https:///x",
            "https://u:p@example.com/x",
            "https://example.com/$(id)",
            "https://example.com/a;b",
            "https://example.com/'x'",
            "https://example.com/a b",
            "https://example.com/ä",
        ] {
            assert!(url_fault(bad).is_some(), "{bad}");
        }
    }
}
