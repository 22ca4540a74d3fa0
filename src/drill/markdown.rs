//! Markdown: a table for a pull request or a runbook.

use std::fmt::Write as _;

use super::Drill;
use super::text::{alike, members, title, which};

pub(super) fn of(drill: &Drill) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n", escaped(&drill.summary.line));
    for warning in &drill.summary.warnings {
        let _ = writeln!(out, "- {}", escaped(warning));
    }
    if !drill.summary.warnings.is_empty() {
        out.push('\n');
    }
    out.push_str("| failure | API | etcd | interruption | who notices | pods | why |\n");
    out.push_str("|---|---|---|---|---|---|---|\n");
    for rows in alike(&drill.rows) {
        let row = rows[0];
        let failure = match which(&rows) {
            Some(which) => format!("{} ({which})", title(&rows)),
            None => title(&rows),
        };
        let cells = [
            failure,
            row.api.word().to_owned(),
            members(row),
            row.interruption.words(),
            row.interruption.who().to_owned(),
            row.pods.words().to_owned(),
            row.why.clone(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// Text as a cell of a table, where only the table is Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_ends_a_cell() {
        assert_eq!(escaped("a|b\nc <d> `e`"), r"a\|b c \<d\> \`e\`");
    }
}
