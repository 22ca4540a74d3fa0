//! `providers/hairpin.yaml`: whether a node reaches itself through the load balancer in front of it.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    hairpin: Vec<Hairpin>,
}

/// What is known about one kind of load balancer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hairpin {
    /// The target, as `--provider` has it.
    pub provider: String,
    /// The kind, as the spec has it.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// Whose load balancer: internal, internet-facing, or both.
    pub exposure: Exposure,
    /// Whether a node reaches itself through it, set up as hagen does.
    pub works: Works,
    /// Why.
    pub why: String,
    /// What hagen sets on the load balancer.
    pub load_balancer_cure: String,
    /// When a control-plane node maps the endpoint's name to itself.
    pub pin: Pin,
    /// Whether the cluster hangs without that.
    pub required: bool,
    /// Where this is known from.
    pub source: String,
}

/// Which load balancers a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exposure {
    /// Those that only the private network reaches.
    Internal,
    /// Those on the internet.
    Internet,
    /// Both.
    Any,
}

/// Whether a node reaches itself through its load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Works {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Only while another target is healthy.
    Partly,
    /// Nobody has said, or tried.
    Unverified,
}

impl Works {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Partly => "partly",
            Self::Unverified => "unverified",
        }
    }
}

/// When a control-plane node maps the endpoint's name to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pin {
    /// From its start on.
    Always,
    /// The first one, until it is up.
    WhileStarting,
}

static FILE: LazyLock<File> =
    LazyLock::new(|| super::embedded("hairpin.yaml", include_str!("../../providers/hairpin.yaml")));

/// All rows.
pub fn all() -> &'static [Hairpin] {
    &FILE.hairpin
}

/// The row of a kind of load balancer. Panics where there is none: the file has each kind, in both
/// exposures.
pub fn of(provider: &str, kind: &str, internet: bool) -> &'static Hairpin {
    let own = if internet {
        Exposure::Internet
    } else {
        Exposure::Internal
    };
    all()
        .iter()
        .find(|row| {
            row.provider == provider
                && row.kind == kind
                && [own, Exposure::Any].contains(&row.exposure)
        })
        .unwrap_or_else(|| {
            panic!("providers/hairpin.yaml has no {provider} {kind}, a bug in hagen")
        })
}

#[cfg(test)]
mod tests {
    use super::{Pin, Works, all, of};

    #[test]
    fn each_kind_has_one_row_in_each_exposure() {
        for row in all() {
            for internet in [false, true] {
                of(&row.provider, &row.kind, internet);
            }
        }
    }

    #[test]
    fn what_does_not_work_by_itself_must_be_pinned() {
        for row in all() {
            let alone = row.works == Works::Yes;
            assert_eq!(row.required, !alone, "{}", row.title);
            assert!(alone || row.pin == Pin::Always, "{}", row.title);
            assert_eq!(alone, row.load_balancer_cure != "none", "{}", row.title);
        }
    }
}
