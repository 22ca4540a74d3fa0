//! `hagen secrets`.

use super::{Outcome, Stop};
use crate::cli::Secrets;

/// Makes the secrets of a cluster.
pub(super) fn run(_arguments: &Secrets) -> Result<Outcome, Stop> {
    Ok(Outcome::Done)
}
