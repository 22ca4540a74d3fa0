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
            DiffFormat::Text => print::result(&in_words(cluster))?,
            DiffFormat::Markdown => {
                let refused: String = refused(cluster)
                    .iter()
                    .map(|sentence| format!("> **`hagen render` refuses this:** {sentence}\n\n"))
                    .collect();
                print::result(&(refused + &change::markdown(&changes, &files)))?;
            }
            DiffFormat::Json => {
                let mut result = change::json(&changes, &files);
                result["refused"] = refused(cluster).into();
                results.push(result);
            }
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
    let refused: String = refused(cluster)
        .iter()
        .map(|sentence| format!("! `hagen render` refuses this: {sentence}\n"))
        .collect();
    refused + &change::text(&changes, &files(cluster))
}

/// What `render` would refuse even with `--force`: what may not change, and another cluster.
fn refused(cluster: &Rendered) -> Vec<String> {
    cluster
        .folder
        .problems(&cluster.artifacts, &cluster.lock, true)
        .iter()
        .map(|problem| rendering::in_words(problem, &cluster.shown).message)
        .collect()
}

/// The differences of the files.
fn files(cluster: &Rendered) -> FileDiffs {
    change::differences(&cluster.folder.files, &cluster.artifacts)
}
