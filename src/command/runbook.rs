//! `hagen runbook`.

use super::{Outcome, Stop};
use crate::cli::Runbook;

pub(super) fn run(_: &Runbook) -> Result<Outcome, Stop> {
    Ok(Outcome::Done)
}
