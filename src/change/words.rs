//! Words for people. What a file says goes through [`code`] or [`name`], so that it can neither
//! move a terminal's cursor nor be markup in a pull request's comment.

use std::fmt::Write as _;

/// The most characters of a value in a sentence.
const LONGEST: usize = 100;
/// The most names in a list.
const MOST_NAMES: usize = 12;

/// A value, set off as code.
pub(super) fn code(value: &str) -> String {
    let mut out = String::from("`");
    for (at, c) in value.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        match c {
            '`' => out.push('\''),
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    if value.is_empty() {
        out.push(' ');
    }
    out.push('`');
    out
}

/// A name: as it is where it is a plain word, otherwise set off as code.
pub(super) fn name(name: &str) -> String {
    let plain = name.len() <= LONGEST
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if plain { name.to_owned() } else { code(name) }
}

/// Names, with commas.
pub(super) fn names<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    listed(all, name)
}

/// Values as code, with commas.
pub(super) fn codes<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    listed(all, code)
}

fn listed<'a>(all: impl IntoIterator<Item = &'a str>, show: fn(&str) -> String) -> String {
    let all: Vec<&str> = all.into_iter().collect();
    let mut out = all
        .iter()
        .take(MOST_NAMES)
        .map(|one| show(one))
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > MOST_NAMES {
        let _ = write!(out, " and {} more", all.len() - MOST_NAMES);
    }
    out
}

/// `1 node`, `2 nodes`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

/// `node`, `nodes`.
pub(super) fn plural(number: usize, noun: &str) -> String {
    if number == 1 {
        return noun.to_owned();
    }
    if noun.ends_with("address") || noun.ends_with("ch") {
        return format!("{noun}es");
    }
    match noun.strip_suffix('y') {
        Some(rest) if !rest.ends_with(['a', 'e', 'o', 'u']) => format!("{rest}ies"),
        _ => format!("{noun}s"),
    }
}

/// Whether a character would be seen as something else, or not at all.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
