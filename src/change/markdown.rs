//! The report as a comment on a pull request.

use std::fmt::Write as _;

use super::text::visible;
use super::words::{code, count};
use super::{Change, Changes, FileDiff, FileDiffs, Severity};

/// GitHub takes 65,536 characters. Bytes are counted, which are never fewer.
const MOST_BYTES: usize = 60_000;
/// What the list of changes may take of them, so that differences have room.
const MOST_FOR_CHANGES: usize = 30_000;
/// Room for what closes the comment.
const RESERVE: usize = 400;

/// The report as Markdown for GitHub and GitLab: a headline, the changes, and the difference of
/// each file folded away. It never exceeds what a comment may hold, and says what it leaves out.
pub fn markdown(changes: &Changes, files: &FileDiffs) -> String {
    let mut out = String::new();
    if !changes.title.is_empty() {
        let _ = write!(out, "**{}**: ", changes.title);
    }
    if files.list.is_empty() && changes.is_empty() {
        out.push_str("no changes\n");
        return out;
    }
    out.push_str(&changes.headline);
    out.push('\n');
    list(&mut out, changes);
    let mut left_out = 0;
    // Terraform first and long files last, so that what is cut matters least.
    let mut ordered: Vec<&FileDiff> = files.list.iter().collect();
    ordered.sort_by_key(|file| {
        let length = file.hunks.as_ref().map_or(usize::MAX, String::len);
        (!super::folder::is_terraform(&file.path), length)
    });
    for file in ordered {
        let room = MOST_BYTES.saturating_sub(out.len() + RESERVE);
        match details(file, room) {
            Some(details) => out.push_str(&details),
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            out,
            "\nThe difference of {} more is left out: a comment holds no more. `hagen diff` shows all.",
            count(left_out, "file")
        );
    }
    out
}

fn list(out: &mut String, changes: &Changes) {
    if changes.list.is_empty() {
        return;
    }
    out.push('\n');
    for (at, change) in changes.list.iter().enumerate() {
        let line = line(change);
        if out.len() + line.len() > MOST_FOR_CHANGES {
            let _ = writeln!(
                out,
                "- … and {} more",
                count(changes.list.len() - at, "change")
            );
            return;
        }
        out.push_str(&line);
    }
}

fn line(change: &Change) -> String {
    let mark = match change.severity {
        Severity::Danger => "**Danger:** ",
        Severity::Caution => "Caution: ",
        Severity::Notice => "",
    };
    format!("- {mark}{} ({})\n", change.what, code(&change.file))
}

/// A file's difference, folded, as much of it as there is room for.
fn details(file: &FileDiff, room: usize) -> Option<String> {
    let summary = format!(
        "<code>{}</code> {}, +{} −{}",
        escaped(&file.path),
        file.state.word(),
        file.added,
        file.removed
    );
    let head = format!("\n<details><summary>{summary}</summary>\n\n");
    let tail = "\n</details>\n";
    let Some(hunks) = &file.hunks else {
        let body = format!("{head}Too large to compare line by line.\n{tail}");
        return (body.len() <= room).then_some(body);
    };
    let hunks = visible(hunks);
    let fence = "`".repeat(longest_run(&hunks).max(2) + 1);
    // The fences, and the line that says what is left out.
    let frame = head.len() + tail.len() + 2 * fence.len() + 120;
    let room = room
        .checked_sub(frame)
        .filter(|room| *room >= hunks.len().min(500))?;
    let (shown, more) = cut(&hunks, room);
    let mut body = format!("{head}{fence}diff\n{shown}{fence}\n");
    if more > 0 {
        let _ = writeln!(
            body,
            "\n{} more left out: `hagen diff` shows all.",
            count(more, "line")
        );
    }
    body.push_str(tail);
    Some(body)
}

/// As many whole lines as fit, and how many do not.
fn cut(text: &str, room: usize) -> (&str, usize) {
    if text.len() <= room {
        return (text, 0);
    }
    let end = text
        .char_indices()
        .rfind(|(at, c)| *c == '\n' && *at < room)
        .map_or(0, |(at, _)| at + 1);
    (&text[..end], text[end..].lines().count())
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A path as text in HTML, on one line.
fn escaped(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars().take(200) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' | '\t' => out.push(' '),
            // Markdown is read inside the tags too.
            '`' | '*' | '_' | '[' | ']' | '@' | '#' | '!' | '\\' | '~' | '|' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if super::words::is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
