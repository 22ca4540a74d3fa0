//! A time span of seconds, as timers of load balancers have it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A time span such as `5s`, `2m` or `1m30s`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u32);

impl Span {
    /// A span of so many seconds.
    pub const fn of(seconds: u32) -> Self {
        Self(seconds)
    }

    /// How many seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "minutes and seconds such as 5s, 2m or 1m30s";
        // Four digits keep the sum far from any limit.
        let number = |text: &str| {
            let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            plain
                .then(|| text.parse::<u32>().ok())
                .flatten()
                .ok_or(FORM)
        };
        let (minutes, rest) = match text.split_once('m') {
            Some((minutes, rest)) => (number(minutes)?, rest),
            None => (0, text),
        };
        let seconds = match rest.strip_suffix('s') {
            Some(seconds) => number(seconds)?,
            None if rest.is_empty() && !text.is_empty() => 0,
            None => return Err(FORM),
        };
        Ok(Self(minutes * 60 + seconds))
    }
}

impl TryFrom<String> for Span {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 60, self.0 % 60) {
            (0, seconds) => write!(formatter, "{seconds}s"),
            (minutes, 0) => write!(formatter, "{minutes}m"),
            (minutes, seconds) => write!(formatter, "{minutes}m{seconds}s"),
        }
    }
}

impl JsonSchema for Span {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "span", "examples": ["5s"] })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Span;

    #[test]
    fn minutes_and_seconds_and_nothing_else() {
        let seconds = |text: &str| text.parse::<Span>().map(Span::seconds).ok();
        assert_eq!(seconds("5s"), Some(5));
        assert_eq!(seconds("2m"), Some(120));
        assert_eq!(seconds("1m30s"), Some(90));
        for bad in [
            "", "5", "s", "m", "5s1", "1.5s", "-1s", "1h", "5 s", "99999s", "\u{662}s",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seconds in 0_u32..600_000) {
            let span = Span::of(seconds);
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }
    }
}
