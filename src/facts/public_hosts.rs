//! `providers/public-hosts.yaml`.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    public_hosts: Vec<String>,
    other_names_of_docker_hub: Vec<String>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    super::embedded(
        "public-hosts.yaml",
        include_str!("../../providers/public-hosts.yaml"),
    )
});

/// Whether a host, with or without a port, is one that is known to be on the internet.
pub fn is_public(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default();
    FILE.public_hosts.iter().any(|known| {
        host.strip_suffix(known.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Whether a host is Docker Hub under a name that containerd does not know it by.
pub fn is_other_name_of_docker_hub(host: &str) -> bool {
    FILE.other_names_of_docker_hub
        .iter()
        .any(|name| name == host)
}

#[cfg(test)]
mod tests {
    use super::{FILE, is_public};

    #[test]
    fn a_name_below_a_public_one_is_public_and_one_that_ends_alike_is_not() {
        for public in [
            "quay.io",
            "registry.k8s.io",
            "download.docker.com",
            "docker.io:443",
        ] {
            assert!(is_public(public), "{public}");
        }
        for own in [
            "mirror.example.com",
            "notquay.io",
            "quay.io.example.com",
            "10.0.0.5:5000",
            "",
        ] {
            assert!(!is_public(own), "{own}");
        }
    }

    #[test]
    fn no_host_is_listed_twice_or_below_another() {
        for (at, host) in FILE.public_hosts.iter().enumerate() {
            for (other, above) in FILE.public_hosts.iter().enumerate() {
                assert!(
                    at == other || !format!(".{host}").ends_with(&format!(".{above}")),
                    "{host}"
                );
            }
        }
    }
}
