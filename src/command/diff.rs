//! `hagen diff`.

use super::rendering::{self, Rendered};
use super::{Outcome, Stop, print};
use crate::change::{self, FileDiffs};
use crate::cli::{Diff, DiffFormat};

/// Says what a render would change: in words, and as text.
pub(super) fn run(arguments: &Diff) -> Result<Outcome, Stop> {
    let rendered = rendering::all(&arguments.input, true)?;
    let mut different = false;
    let mut results = Vec::new();
    for cluster in &rendered {
        let files = files(cluster);
        let changes = change::compare(&cluster.folder.files, &cluster.artifacts);
        different |= !cluster.folder.changes(&cluster.artifacts).is_empty();
        match arguments.format {
            DiffFormat::Text => print::result(&change::text(&changes, &files))?,
            DiffFormat::Markdown => print::result(&change::markdown(&changes, &files))?,
            DiffFormat::Json => results.push(change::json(&changes, &files)),
        }
    }
    if arguments.format == DiffFormat::Json {
        print::json(&results.into())?;
    }
    Ok(if different {
        Outcome::Different
    } else {
        Outcome::Done
    })
}

/// What a render would change, as text.
pub(super) fn in_words(cluster: &Rendered) -> String {
    let changes = change::compare(&cluster.folder.files, &cluster.artifacts);
    change::text(&changes, &files(cluster))
}

/// The differences of the files.
fn files(cluster: &Rendered) -> FileDiffs {
    change::differences(&cluster.folder.files, &cluster.artifacts)
}
