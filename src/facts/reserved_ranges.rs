//! `providers/reserved-ranges.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ipnet::IpNet;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    reserved_ranges: BTreeMap<String, Reserved>,
}

/// What a cloud keeps for itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reserved {
    /// The cloud's name in words.
    pub title: String,
    /// The ranges.
    pub ranges: Vec<Range>,
}

/// A range that a cloud keeps for itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// The range.
    pub cidr: IpNet,
    /// What it is kept for.
    #[serde(rename = "for")]
    pub purpose: String,
    /// Where this is known from.
    #[expect(dead_code, reason = "for the reader of the file")]
    source: String,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    super::embedded(
        "reserved-ranges.yaml",
        include_str!("../../providers/reserved-ranges.yaml"),
    )
});

/// What a target's cloud keeps for itself; none where there is no cloud.
pub fn of(target: &str) -> Option<&'static Reserved> {
    FILE.reserved_ranges.get(target)
}

#[cfg(test)]
mod tests {
    use super::FILE;

    #[test]
    fn every_range_is_a_network() {
        for (target, reserved) in &FILE.reserved_ranges {
            assert!(
                !reserved.title.is_empty() && !reserved.ranges.is_empty(),
                "{target}"
            );
            for range in &reserved.ranges {
                assert_eq!(range.cidr, range.cidr.trunc(), "{target}");
                assert!(!range.purpose.is_empty(), "{target}");
            }
        }
    }
}
