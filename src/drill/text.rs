//! Text for people at a terminal: a line for each failure, and why below it.

use std::fmt::Write as _;

use super::words::some_of;
use super::{Drill, Row};

/// Columns that a line of words may have.
const WIDTH: usize = 100;
const INDENT: &str = "    ";

pub(super) fn of(drill: &Drill) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} on {}", drill.cluster, drill.target);
    wrap(&mut out, "", &drill.summary.line);
    for warning in &drill.summary.warnings {
        wrap(&mut out, "", warning);
    }
    let groups = alike(&drill.rows);
    let head = [
        "FAILURE",
        "API",
        "ETCD",
        "INTERRUPTION",
        "WHO NOTICES",
        "PODS",
    ]
    .map(str::to_owned);
    let cells = groups.iter().map(|rows| {
        let row = rows[0];
        [
            title(rows),
            row.api.word().to_owned(),
            members(row),
            row.interruption.words(),
            row.interruption.who().to_owned(),
            row.pods.words().to_owned(),
        ]
    });
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(cells).collect();
    let widths: [usize; 6] = std::array::from_fn(|column| {
        let cells = lines.iter().map(|cells| cells[column].chars().count());
        cells.max().unwrap_or(0)
    });
    for (at, cells) in lines.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(out, "\n{}", line.trim_end());
        if let Some(rows) = at.checked_sub(1).map(|at| &groups[at]) {
            if let Some(which) = which(rows) {
                wrap(&mut out, INDENT, &format!("Which: {which}."));
            }
            wrap(&mut out, INDENT, &rows[0].why);
        }
    }
    out
}

/// Rows that differ only in the zone that they are about, together.
pub(super) fn alike(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        let same = |group: &&mut Vec<&Row>| {
            let first = group[0];
            row.zone.is_some()
                && first.id == row.id
                && first.api == row.api
                && first.quorum == row.quorum
                && first.interruption == row.interruption
                && first.pods == row.pods
                && first.why == row.why
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// The title of rows that are alike.
pub(super) fn title(rows: &[&Row]) -> String {
    let row = rows[0];
    let (Some(zone), 2..) = (&row.zone, rows.len()) else {
        return row.title.clone();
    };
    row.title
        .replacen(&format!("Zone {zone}"), "One zone", 1)
        .replacen(&format!("zone {zone}"), "one zone", 1)
}

/// Which nodes or zones a failure is of, where the title does not say it.
pub(super) fn which(rows: &[&Row]) -> Option<String> {
    let row = rows[0];
    let zones: Vec<String> = rows.iter().filter_map(|row| row.zone.clone()).collect();
    if rows.len() > 1 {
        return Some(some_of(1, &zones));
    }
    let told = row.nodes.is_empty() || !row.sides.is_empty();
    (!told).then(|| some_of(row.count, &row.nodes))
}

/// The members of etcd that are left.
pub(super) fn members(row: &Row) -> String {
    let quorum = row.quorum;
    let lost = if quorum.kept() { "" } else { ", no quorum" };
    format!("{} of {}{lost}", quorum.left, quorum.members)
}

fn wrap(out: &mut String, indent: &str, text: &str) {
    let mut line = String::from(indent);
    for word in words(text) {
        let empty = line.len() == indent.len();
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line.truncate(indent.len());
        } else if !empty {
            line.push(' ');
        }
        line.push_str(&word);
    }
    let _ = writeln!(out, "{line}");
}

/// The words of a text, where a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let unit = word.trim_end_matches([',', '.', ';', ')', ':']) == "s";
        match words.last_mut() {
            Some(last) if unit && last.ends_with(|c: char| c.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, words, wrap};

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(
            words("up to 35 s. Then 2 s (x) s"),
            ["up", "to", "35 s.", "Then", "2 s", "(x)", "s"]
        );
    }

    #[test]
    fn no_line_is_longer_than_it_may_be() {
        let mut out = String::new();
        wrap(&mut out, "    ", &"a word of 10 s ".repeat(40));
        assert!(
            out.lines()
                .all(|line| line.chars().count() <= WIDTH && line.starts_with("    "))
        );
        assert_eq!(out.split_whitespace().count(), 200);
    }
}
