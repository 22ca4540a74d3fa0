//! Public mirrors, which stand in for what names no repository of its own.

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::kubernetes::KUBERNETES;
use crate::facts::mirrors::china;
use crate::spec::{
    CONTAINERD_REPOSITORY, Cluster, Downloads, Etcd, IMAGE_REPOSITORY, Mirrors, PACKAGE_REPOSITORY,
};

use super::downloads;

const MIRRORS: &str = "downloads.mirrors";
const TARGETS: [&str; 5] = ["aws", "aliyun", "tencent", "huawei", "baremetal"];

/// Checks what public mirrors stand in for. `has` says for which targets the spec is checked.
pub(super) fn check(spec: &Cluster, has: impl Fn(&str) -> bool, report: &mut Report) {
    let own = &spec.downloads;
    if own.mirrors == Mirrors::None {
        return;
    }
    let images = spec.kubernetes.image_repository == IMAGE_REPOSITORY;
    let packages = spec.kubernetes.package_repository == PACKAGE_REPOSITORY;
    if !images && !packages && own.containerd_repository != CONTAINERD_REPOSITORY {
        report.push(
            Diagnostic::new(
                &code::UNUSED_DOWNLOAD,
                "`mirrors` has no effect: each source has a repository of its own",
            )
            .key(MIRRORS, "without effect")
            .cure("remove it, or one of the repositories"),
        );
    }
    if spec.etcd != Etcd::Stacked && own.etcd_repository == Downloads::default().etcd_repository {
        report.push(
            Diagnostic::new(
                &code::NO_ETCD_MIRROR,
                format!(
                    "etcd's releases would come from `{}`: no mirror stands in for it",
                    downloads::host(&own.etcd_repository)
                ),
            )
            .key(MIRRORS, "not for etcd's releases")
            .also("etcd", "on machines of its own")
            .cure("put etcd's release on a host of your own, and name it in `downloads.etcdRepository`")
            .cure("or go on, if machines reach that host"),
        );
    }
    let Some(minor) = minor(&spec.kubernetes.version) else {
        return;
    };
    // A version that is on all mirrors that are used, and that hagen supports.
    let older = older(images, packages, &has);
    let mut said = Vec::new();
    for name in TARGETS {
        if !has(name) {
            continue;
        }
        let mirror = china(name);
        for (used, what, repository, newest, key) in [
            (
                packages,
                "packages",
                &mirror.packages,
                &mirror.newest_packages,
                "kubernetes.packageRepository",
            ),
            (
                images,
                "images",
                &mirror.images,
                &mirror.newest_images,
                "kubernetes.imageRepository",
            ),
        ] {
            let host = downloads::host(repository);
            let behind = self::minor(&format!("{newest}.0")).is_some_and(|newest| minor > newest);
            if !used || !behind || said.contains(&(what, host)) {
                continue;
            }
            said.push((what, host));
            report.push(
                Diagnostic::new(
                    &code::MIRROR_LAGS,
                    format!(
                        "the mirror `{host}` was last seen with {what} of {newest}, and the version is {}",
                        spec.kubernetes.version
                    ),
                )
                .value("kubernetes.version", format!("newer than {newest}"))
                .also(MIRRORS, format!("{what} come from there"))
                .cure(format!("look whether the mirror has this version by now{older}"))
                .cure(format!("or name a repository of your own in `{key}`")),
            );
        }
    }
}

/// In words, the version that all mirrors of the targets have; nothing where hagen supports none of it.
fn older(images: bool, packages: bool, has: &impl Fn(&str) -> bool) -> String {
    let mirrors = TARGETS
        .iter()
        .filter(|name| has(name))
        .map(|name| china(name));
    let newest = mirrors
        .flat_map(|mirror| {
            [
                (packages, &mirror.newest_packages),
                (images, &mirror.newest_images),
            ]
        })
        .filter(|(used, _)| *used)
        .filter_map(|(_, newest)| Some((minor(&format!("{newest}.0"))?, newest)))
        .min();
    let known = newest.and_then(|(_, newest)| {
        let minors = &KUBERNETES.minors;
        minors.iter().find(|known| known.minor == *newest)
    });
    known.map_or_else(String::new, |known| {
        format!(
            ", or use {}.{} or a later patch of {}",
            known.minor, known.first_patch, known.minor
        )
    })
}

/// The major and the minor of a version.
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn minors_are_compared_as_numbers() {
        assert!(minor("1.100.0") > minor("1.36.0"));
        assert_eq!(minor("1.36"), minor("1.36.9"));
        assert_eq!(minor("v1.36.0"), None);
        assert_eq!(minor("1"), None);
    }
}
