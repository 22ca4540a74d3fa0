//! `hagen schema`.

use super::{Outcome, Stop, print};
use crate::validate::SCHEMA;

/// Prints the JSON Schema of the spec.
pub(super) fn run() -> Result<Outcome, Stop> {
    print::result(&text())?;
    Ok(Outcome::Done)
}

/// The schema as text.
pub(super) fn text() -> String {
    // A `Value` always serialises.
    serde_json::to_string_pretty(&*SCHEMA).unwrap_or_default() + "\n"
}
