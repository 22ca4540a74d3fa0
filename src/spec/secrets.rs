//! The `secrets` part of the spec.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// How machines get the secrets that they join with, and how long these are good for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Secrets {
    /// What a machine trusts, and where its secrets come from. The runbook says what each
    /// choice protects against.
    pub mode: SecretsMode,
    /// How long the bootstrap token lets machines join, counted from the first node's init:
    /// from `10m` to `24h`.
    pub token_lifetime: Lifetime,
    /// How long the control plane's certificates can be fetched with the certificate key: from
    /// `10m` to `24h`.
    pub certificate_key_lifetime: Lifetime,
}

/// What a machine trusts, and where its secrets come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretsMode {
    /// The cluster's CA is made before: machines join no other cluster. Its key reaches the
    /// first control-plane node in its user data.
    #[default]
    Pinned,
    /// The first node makes the CA, and machines trust whoever knows the bootstrap token. No
    /// lasting secret is in any user data.
    Tofu,
    /// As pinned, but no secret is in any user data: machines wait for theirs.
    Drop(Drop),
}

/// How secrets come to a machine that waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Drop {
    /// A person copies a file to `/etc/hagen/secrets`.
    File,
    /// From an https address that is good for a short while, such as a presigned one of an
    /// object store. Terraform gets the addresses as a variable.
    Url,
}

/// A time span such as `2h`, `90m` or `1h30m`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lifetime(u32);

impl Lifetime {
    /// kubeadm's own for the certificate key, and hagen's for the token.
    pub const DEFAULT: Self = Self(2 * 60 * 60);

    /// How many seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FromStr for Lifetime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "hours and minutes such as 2h, 90m or 1h30m";
        // Four digits keep the sum far from any limit.
        let number = |text: &str| {
            let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            plain
                .then(|| text.parse::<u32>().ok())
                .flatten()
                .ok_or(FORM)
        };
        let (hours, rest) = match text.split_once('h') {
            Some((hours, rest)) => (number(hours)?, rest),
            None => (0, text),
        };
        let minutes = match rest.strip_suffix('m') {
            Some(minutes) => number(minutes)?,
            None if rest.is_empty() && !text.is_empty() => 0,
            None => return Err(FORM),
        };
        Ok(Self((hours * 60 + minutes) * 60))
    }
}

impl TryFrom<String> for Lifetime {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Lifetime> for String {
    fn from(lifetime: Lifetime) -> Self {
        lifetime.to_string()
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.0 / 3600, self.0 % 3600 / 60);
        match (hours, minutes) {
            (0, minutes) => write!(formatter, "{minutes}m"),
            (hours, 0) => write!(formatter, "{hours}h"),
            (hours, minutes) => write!(formatter, "{hours}h{minutes}m"),
        }
    }
}

impl JsonSchema for Lifetime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lifetime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "lifetime", "examples": ["2h"] })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Lifetime;

    #[test]
    fn hours_and_minutes_and_nothing_else() {
        let seconds = |text: &str| text.parse::<Lifetime>().map(Lifetime::seconds).ok();
        assert_eq!(seconds("2h"), Some(7200));
        assert_eq!(seconds("90m"), Some(5400));
        assert_eq!(seconds("1h30m"), Some(5400));
        for bad in [
            "", "2", "h", "m", "2h0", "1.5h", "-1h", "30s", "2 h", "1m2h", "99999h", "\u{662}h",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minutes in 0_u32..100_000) {
            let lifetime = Lifetime(minutes * 60);
            prop_assert_eq!(lifetime.to_string().parse::<Lifetime>(), Ok(lifetime));
        }
    }
}
