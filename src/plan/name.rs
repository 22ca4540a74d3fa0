//! Names of cloud resources that fit their limits.

use sha2::{Digest as _, Sha256};

/// The first six hexadecimal digits of a SHA-256.
pub fn hash6(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(3)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// `name-suffix`, within `most` characters: a name that is too long is cut and gets a hash of
/// the whole, so that two long names that begin alike stay two.
pub fn within(name: &str, suffix: &str, most: usize) -> String {
    let whole = format!("{name}-{suffix}");
    if whole.len() <= most {
        return whole;
    }
    let hash = hash6(&whole);
    let room = most - suffix.len() - hash.len() - 2;
    let cut: String = name.chars().take(room).collect();
    format!("{}-{hash}-{suffix}", cut.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::within;

    #[test]
    fn a_name_that_fits_stays() {
        assert_eq!(within("prod", "api", 32), "prod-api");
    }

    #[test]
    fn long_names_that_begin_alike_stay_two() {
        let a = within("a-very-long-name-of-a-cluster-one", "api", 32);
        let b = within("a-very-long-name-of-a-cluster-two", "api", 32);
        assert_ne!(a, b);
        assert_eq!(a.len(), 32);
    }

    proptest! {
        #[test]
        fn always_a_name_that_aws_takes(name in "[a-z]([a-z0-9-]{0,30}[a-z0-9])?") {
            for suffix in ["api", "api-internal", "api-0a1b2c", "api-internal-0a1b2c"] {
                let name = within(&name, suffix, 32);
                prop_assert!(name.len() <= 32);
                prop_assert!(!name.ends_with('-') && !name.contains("--") || !name.ends_with('-'));
                prop_assert!(name.ends_with(suffix));
            }
        }
    }
}
