//! `providers/user-data.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// How much user data each cloud takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    user_data: BTreeMap<String, Limit>,
    warn_percent: usize,
}

/// How much user data a cloud takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limit {
    /// The number.
    pub limit_bytes: usize,
    /// What it is about.
    pub counted: Counted,
    /// The limit in the cloud's own words.
    pub stated: String,
    /// Where these are.
    #[expect(dead_code, reason = "for the reader of the file")]
    source: String,
}

/// What a limit of user data is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Counted {
    /// What cloud-init gets: the text after gzip.
    Compressed,
    /// The text of the request: gzip, then base64.
    Base64,
}

impl Counted {
    /// How much of the limit a text takes that is this long after gzip.
    pub fn of(self, compressed: usize) -> usize {
        match self {
            Self::Compressed => compressed,
            Self::Base64 => compressed.div_ceil(3) * 4,
        }
    }

    /// What the number is about, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Compressed => "after gzip",
            Self::Base64 => "after gzip and base64",
        }
    }
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    super::embedded(
        "user-data.yaml",
        include_str!("../../providers/user-data.yaml"),
    )
});

/// The limit of a target, by its name; none where there is none.
pub fn limit(target: &str) -> Option<&'static Limit> {
    FILE.user_data.get(target)
}

/// The share of a limit, in percent, above which there is a warning.
pub fn warn_percent() -> usize {
    FILE.warn_percent
}

#[cfg(test)]
mod tests {
    use super::{Counted, limit};

    /// The most bytes after gzip that fit.
    fn most(target: &str) -> usize {
        let limit = limit(target).expect("a limit");
        (0..100_000)
            .rev()
            .find(|bytes| limit.counted.of(*bytes) <= limit.limit_bytes)
            .expect("something fits")
    }

    #[test]
    fn each_cloud_counts_in_its_own_way() {
        assert_eq!(most("aws"), 16_384);
        assert_eq!(most("aliyun"), 16_384);
        // 16 KB of base64 are 12,288 bytes.
        assert_eq!(most("tencent"), 12_288);
        assert_eq!(most("huawei"), 24_576);
        assert!(limit("baremetal").is_none());
    }

    #[test]
    fn base64_is_as_long_as_it_is() {
        use base64::Engine as _;
        for length in 0..50 {
            let text = base64::engine::general_purpose::STANDARD.encode(vec![7; length]);
            assert_eq!(Counted::Base64.of(length), text.len(), "{length}");
        }
    }
}
