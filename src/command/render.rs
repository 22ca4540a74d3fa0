//! `hagen render`.

use serde_json::json;

use super::rendering::{self, Rendered};
use super::{Outcome, Stop, print};
use crate::cli::{Format, Render};
use crate::diagnostic::Count;
use crate::write::{self, Change};

/// Renders every spec, or with `--check` says what differs.
pub(super) fn run(arguments: &Render) -> Result<Outcome, Stop> {
    let rendered = rendering::all(&arguments.input, arguments.check)?;
    if arguments.check {
        return check(&rendered, arguments.format);
    }
    let refused: Vec<_> = rendered
        .iter()
        .filter_map(|cluster| rendering::allow(cluster, arguments.force).err())
        .collect();
    if !refused.is_empty() {
        return Err(Stop::Invalid(refused));
    }
    let mut results = Vec::new();
    for cluster in &rendered {
        let changes = cluster.folder.changes(&cluster.artifacts);
        write::commit(&cluster.folder, &cluster.artifacts, &changes)
            .map_err(|failure| rendering::failed(&failure))?;
        let count = |wanted| changes.values().filter(|change| **change == wanted).count();
        let (added, changed, removed) = (
            count(Change::Added),
            count(Change::Changed),
            count(Change::Removed),
        );
        match arguments.format {
            Format::Json => results.push(json!({
                "cluster": cluster.cluster,
                "folder": cluster.shown.display().to_string(),
                "files": cluster.artifacts.len(),
                "added": added,
                "changed": changed,
                "removed": removed,
            })),
            Format::Text => {
                print::note(&format!(
                    "{}: {}, {added} new, {changed} changed, {removed} removed",
                    cluster.cluster,
                    Count(cluster.artifacts.len(), "file")
                ));
                print::result(&cluster.shown.display().to_string())?;
            }
        }
    }
    if arguments.format == Format::Json {
        print::json(&results.into())?;
    }
    Ok(Outcome::Done)
}

fn check(rendered: &[Rendered], format: Format) -> Result<Outcome, Stop> {
    let mut different = false;
    let mut results = Vec::new();
    for cluster in rendered {
        let changes = cluster.folder.changes(&cluster.artifacts);
        different |= !changes.is_empty();
        match format {
            Format::Json => results.push(json!({
                "cluster": cluster.cluster,
                "folder": cluster.shown.display().to_string(),
                "upToDate": changes.is_empty(),
                "differences": changes.iter().map(|(path, change)| json!({
                    "path": path,
                    "change": match change {
                        Change::Added => "added",
                        Change::Changed => "changed",
                        Change::Removed => "removed",
                    },
                })).collect::<Vec<_>>(),
            })),
            Format::Text if changes.is_empty() => {
                print::note(&format!("{} is up to date", cluster.shown.display()));
            }
            Format::Text => {
                print::result(&super::diff::in_words(cluster))?;
                print::note(&format!(
                    "{} is not what render would write: {} would change",
                    cluster.shown.display(),
                    Count(changes.len(), "file")
                ));
            }
        }
    }
    if format == Format::Json {
        print::json(&results.into())?;
    }
    Ok(if different {
        Outcome::Different
    } else {
        Outcome::Done
    })
}
