//! `hagen man`.

use clap::CommandFactory as _;

use super::{Outcome, Stop, print};
use crate::cli::Cli;

/// Prints the manual page, with a section for each command.
pub(super) fn run() -> Result<Outcome, Stop> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    for command in Cli::command().get_subcommands() {
        let title = format!("hagen {}", command.get_name());
        let man = clap_mangen::Man::new(command.clone());
        let mut section = format!(".SH \"{}\"\n", title.to_uppercase()).into_bytes();
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        text.extend(section);
    }
    print::result(&String::from_utf8_lossy(&text))?;
    Ok(Outcome::Done)
}
