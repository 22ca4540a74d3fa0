//! The difference of the files as text.

use std::collections::{BTreeMap, BTreeSet};

use similar::{Algorithm, TextDiff};

use crate::artifact::ArtifactSet;

/// Beyond this a file is not compared line by line: it would take minutes.
const MOST_BYTES: usize = 1 << 20;
/// Likewise.
const MOST_LINES: usize = 20_000;

/// The files that differ, by path.
#[derive(Clone, Debug, Default)]
pub struct FileDiffs {
    /// The files, in the order of their paths.
    pub list: Vec<FileDiff>,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// The path, relative to the folder.
    pub path: String,
    /// Whether it is new, gone or another.
    pub state: FileState,
    /// Lines that are new.
    pub added: usize,
    /// Lines that are gone.
    pub removed: usize,
    /// The hunks of a unified diff with three lines of context; none where it is too large.
    pub hunks: Option<String>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

impl FileState {
    /// The word for it, also in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// Compares the files of the folder with those that a render would write, as text.
pub fn differences(old: &BTreeMap<String, String>, new: &ArtifactSet) -> FileDiffs {
    let paths: BTreeSet<&str> = old
        .keys()
        .map(String::as_str)
        .chain(new.iter().map(|(path, _)| path))
        .collect();
    let list = paths
        .into_iter()
        .filter_map(|path| difference(path, old.get(path).map(String::as_str), new.get(path)))
        .collect();
    FileDiffs { list }
}

fn difference(path: &str, old: Option<&str>, new: Option<&str>) -> Option<FileDiff> {
    if old == new {
        return None;
    }
    let state = match (old, new) {
        (None, _) => FileState::Added,
        (_, None) => FileState::Removed,
        _ => FileState::Changed,
    };
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let lines = |text: &str| text.lines().count();
    let file = FileDiff {
        path: path.to_owned(),
        state,
        added: lines(new),
        removed: lines(old),
        hunks: None,
    };
    if old.len().max(new.len()) > MOST_BYTES || lines(old).max(lines(new)) > MOST_LINES {
        return Some(file);
    }
    // Histogram keeps blocks of Terraform together, and its time does not explode.
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Histogram)
        .diff_lines(old, new);
    let hunks = diff.unified_diff().context_radius(3).to_string();
    let count = |sign: char| hunks.lines().filter(|line| line.starts_with(sign)).count();
    Some(FileDiff {
        added: count('+'),
        removed: count('-'),
        hunks: Some(hunks),
        ..file
    })
}
