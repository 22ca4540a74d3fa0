//! The report as text for a terminal.

use std::fmt::Write as _;

use super::words::{code, count, is_hidden};
use super::{Changes, FileDiffs, Severity};

/// The report as plain text: what changes, then the difference of each file.
pub fn text(changes: &Changes, files: &FileDiffs) -> String {
    let mut out = String::new();
    if files.list.is_empty() && changes.is_empty() {
        return "no changes\n".to_owned();
    }
    if !changes.title.is_empty() {
        out.push_str(&changes.title);
        out.push_str(": ");
    }
    out.push_str(&changes.headline.replace("**", ""));
    out.push_str("\n\n");
    for change in &changes.list {
        let mark = match change.severity {
            Severity::Danger => '!',
            Severity::Caution => '~',
            Severity::Notice => ' ',
        };
        let _ = writeln!(out, "{mark} {}", change.what);
        let _ = writeln!(
            out,
            "    {} ({})",
            change.effect.word(),
            file_name(&change.file)
        );
    }
    for file in &files.list {
        let _ = writeln!(out, "\n{} {}", file.state.word(), file_name(&file.path));
        match &file.hunks {
            Some(hunks) => out.push_str(&visible(hunks)),
            None => {
                let _ = writeln!(
                    out,
                    "  too large to compare line by line: {} before, {} after",
                    count(file.removed, "line"),
                    count(file.added, "line")
                );
            }
        }
    }
    out
}

/// A path, in quotes where it is not a plain one.
fn file_name(path: &str) -> String {
    if path
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/'))
    {
        path.to_owned()
    } else {
        code(path)
    }
}

/// Text without what would move the cursor or change colours.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
