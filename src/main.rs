//! The `hagen` command.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    hagen::command::run(&hagen::cli::Cli::parse())
}
