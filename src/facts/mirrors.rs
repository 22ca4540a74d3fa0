//! `providers/mirrors.yaml`: public mirrors for a region of the world.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    mirrors: BTreeMap<String, BTreeMap<String, Mirror>>,
}

/// The mirrors for one target.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mirror {
    /// The repository of Kubernetes' images.
    pub images: String,
    /// The host and path of Kubernetes' packages, with `{minor}` in it.
    pub packages: String,
    /// The host and path of containerd's packages.
    pub containerd: String,
    /// The newest minor whose packages were seen there.
    pub newest_packages: String,
    /// The newest minor whose images were seen there.
    pub newest_images: String,
    /// Where this is known from.
    #[expect(dead_code, reason = "for the reader of the file")]
    source: String,
}

static FILE: LazyLock<File> =
    LazyLock::new(|| super::embedded("mirrors.yaml", include_str!("../../providers/mirrors.yaml")));

/// The mirrors in mainland China that are near to a target.
pub fn china(target: &str) -> &'static Mirror {
    let rows = &FILE.mirrors["china"];
    rows.get(target).unwrap_or_else(|| &rows["other"])
}

#[cfg(test)]
mod tests {
    use super::china;

    #[test]
    fn each_target_has_mirrors() {
        for target in ["aws", "aliyun", "tencent", "huawei", "baremetal"] {
            let mirror = china(target);
            assert!(mirror.packages.ends_with("/v{minor}"), "{target}");
        }
        assert!(china("tencent").packages.contains("tencent"));
    }
}
