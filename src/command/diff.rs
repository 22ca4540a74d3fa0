//! `hagen diff`.

use super::rendering::{self, Rendered};
use super::{Outcome, Stop, print};
use crate::cli::Diff;

/// Says what a render would change.
pub(super) fn run(arguments: &Diff) -> Result<Outcome, Stop> {
    let rendered = rendering::all(&arguments.input, true)?;
    let mut different = false;
    for cluster in &rendered {
        different |= !cluster.folder.changes(&cluster.artifacts).is_empty();
        print::result(&files(cluster))?;
    }
    Ok(if different {
        Outcome::Different
    } else {
        Outcome::Done
    })
}

/// The differences as text.
pub(super) fn files(cluster: &Rendered) -> String {
    let mut out = String::new();
    for path in cluster.folder.changes(&cluster.artifacts).keys() {
        let old = cluster.folder.files.get(path).map_or("", String::as_str);
        let new = cluster.artifacts.get(path).unwrap_or_default();
        let diff = similar::TextDiff::from_lines(old, new);
        out.push_str(&diff.unified_diff().header(path, path).to_string());
    }
    out
}
