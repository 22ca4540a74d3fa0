//! `hagen providers`.

use std::fmt::Write as _;

use serde_json::json;

use super::{Outcome, Stop, print};
use crate::cli::{Format, Providers};
use crate::provider::PROVIDERS;

/// Lists the targets and what each can do.
pub(super) fn run(arguments: &Providers) -> Result<Outcome, Stop> {
    match arguments.format {
        Format::Json => {
            let all: serde_json::Value = PROVIDERS
                .iter()
                .map(|provider| {
                    let abilities: serde_json::Map<_, _> = provider
                        .abilities()
                        .iter()
                        .map(|(what, how)| ((*what).to_owned(), (*how).into()))
                        .collect();
                    json!({
                        "name": provider.name(),
                        "title": provider.title(),
                        "abilities": abilities,
                    })
                })
                .collect();
            print::json(&all)?;
        }
        Format::Text => {
            let mut text = String::new();
            for provider in PROVIDERS {
                let _ = writeln!(text, "{}: {}", provider.name(), provider.title());
                for (what, how) in provider.abilities() {
                    let _ = writeln!(text, "  {what:18} {how}");
                }
            }
            print::result(&text)?;
        }
    }
    Ok(Outcome::Done)
}
