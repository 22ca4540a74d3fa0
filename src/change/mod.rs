//! What another render means for a cluster that is there, in words.
//!
//! Two sets of files are compared: those of the folder and those that a render would write.
//! Terraform files are read and their values put in, so that a change is reported where it has
//! an effect; what each attribute's change does is data, `providers/*/changes.yaml`. Whatever
//! differs in a Terraform file is reported, in general words where there are no better ones.
//! Only `terraform plan` knows what is really there.

mod access;
mod attribute;
mod bare_metal;
mod cloud_init;
mod compare;
mod delta;
mod difference;
mod folder;
mod instance;
mod json;
mod load_balancer;
mod markdown;
mod node;
mod resolve;
mod rest;
mod rest_text;
mod rule;
mod summary;
mod tags;
mod text;
mod value;
mod words;

pub use compare::compare;
pub use difference::{FileDiff, FileDiffs, FileState, differences};
pub use json::json;
pub use markdown::markdown;
pub use text::text;

/// What another render means for the cluster.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The cluster and where it is: `prod on aws`. Empty where the files do not say.
    pub title: String,
    /// Whether there was nothing before.
    pub first: bool,
    /// One line: what matters most.
    pub headline: String,
    /// The changes, gravest first; then in a fixed order.
    pub list: Vec<Change>,
}

impl Changes {
    /// Whether the cluster stays as it is. What only says that something is kept is no change.
    pub fn is_empty(&self) -> bool {
        self.list
            .iter()
            .all(|change| change.effect == Effect::Keeps && change.severity == Severity::Notice)
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How much care it takes.
    pub severity: Severity,
    /// What happens to the subject.
    pub effect: Effect,
    /// What changes: a node, a load balancer's name, the address of a resource.
    pub subject: String,
    /// What happens, in words. Values stand in backticks.
    pub what: String,
    /// The file that says so.
    pub file: String,
    /// The value before, where one value changes.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
    /// What the headline says of it; without, it is only counted there.
    pub(crate) brief: Option<String>,
}

/// How much care a change takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can cost the cluster or its availability, or opens it.
    Danger,
    /// It interrupts something, or someone must look.
    Caution,
    /// It is safe.
    Notice,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Caution => "caution",
            Self::Notice => "notice",
        }
    }
}

/// What happens to the subject of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Terraform or the cloud will refuse it.
    Refused,
    /// It is destroyed and made anew.
    Replace,
    /// It goes.
    Removes,
    /// It stops and starts.
    Restart,
    /// Not known here: `terraform plan` says.
    Unknown,
    /// It changes, and nothing stops.
    InPlace,
    /// It is new.
    Adds,
    /// Machines that run stay as they are; new ones get it.
    NewMachinesOnly,
    /// It stays.
    Keeps,
}

impl Effect {
    /// The word for it, also in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Replace => "replace",
            Self::Removes => "remove",
            Self::Restart => "restart",
            Self::Unknown => "unknown",
            Self::InPlace => "in-place",
            Self::Adds => "add",
            Self::NewMachinesOnly => "new-machines-only",
            Self::Keeps => "keep",
        }
    }
}
