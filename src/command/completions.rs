//! `hagen completions`.

use clap::CommandFactory as _;

use super::{Outcome, Stop, print};
use crate::cli::{Cli, Completions};

/// Prints the completions of a shell.
pub(super) fn run(arguments: &Completions) -> Result<Outcome, Stop> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "hagen", &mut text);
    print::result(&String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
}
