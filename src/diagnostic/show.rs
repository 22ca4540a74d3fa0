//! Diagnostics as text for people and as JSON for tools.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use serde_json::{Value, json};

use super::{Diagnostic, Place, Report, Severity};
use crate::source::{Source, position};

/// The report as text with colours, for a stream that strips them where they do not belong.
/// `source` is absent where the text itself could not be parsed into a document; `fallback`
/// then gives name and text.
pub fn text(report: &Report, source: Option<&Source>, fallback: (&str, &str)) -> String {
    let renderer = Renderer::styled();
    let (name, body) = source.map_or(fallback, |s| (s.name.as_str(), s.text.as_str()));
    let body = &masked(body);
    let mut out = String::new();
    for diagnostic in sorted(report, source) {
        let level = match diagnostic.code.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level
            .primary_title(visible(&diagnostic.message))
            .id(diagnostic.code.id);
        let mut groups = Vec::new();
        let mut cures = diagnostic.cures.iter();
        if let Some(place) = &diagnostic.place {
            let mut snippet = Snippet::source(body).path(name).fold(true).annotation(
                AnnotationKind::Primary
                    .span(bytes(place, source, body))
                    .label(visible(&diagnostic.label)),
            );
            for (place, label) in &diagnostic.others {
                snippet = snippet.annotation(
                    AnnotationKind::Context
                        .span(bytes(place, source, body))
                        .label(visible(label)),
                );
            }
            let patch = match &diagnostic.replacement {
                Some(value) => cures.next().map(|cure| (value, cure)),
                None => None,
            };
            groups.push(with_cures(title.element(snippet), cures));
            if let Some((value, cure)) = patch {
                groups.push(
                    Level::HELP.secondary_title(visible(cure)).element(
                        Snippet::source(body)
                            .path(name)
                            .patch(Patch::new(bytes(place, source, body), value.clone())),
                    ),
                );
            }
        } else {
            groups.push(with_cures(Group::with_title(title), cures));
        }
        out.push_str(&renderer.render(&groups));
        out.push_str("\n\n");
    }
    out
}

/// Adds each cure as a line of help.
fn with_cures<'a>(mut group: Group<'a>, cures: impl Iterator<Item = &'a String>) -> Group<'a> {
    for cure in cures {
        group = group.element(Level::HELP.message(visible(cure)));
    }
    group
}

/// The report as JSON: a list in the order of the text. `fallback` is the name and the text where
/// the text is no document.
pub fn json(report: &Report, source: Option<&Source>, fallback: (&str, &str)) -> Value {
    let (name, body) = source.map_or(fallback, |s| (s.name.as_str(), s.text.as_str()));
    sorted(report, source)
        .into_iter()
        .map(|diagnostic| {
            let mut value = json!({
                "code": diagnostic.code.id,
                "severity": diagnostic.code.severity.word(),
                "message": masked(&diagnostic.message),
                "file": name,
            });
            if let Some(place) = &diagnostic.place {
                let range = bytes(place, source, body);
                let (line, column) = position(body, range.start);
                let (end_line, end_column) = position(body, range.end);
                value["line"] = line.into();
                value["column"] = column.into();
                value["endLine"] = end_line.into();
                value["endColumn"] = end_column.into();
                value["label"] = masked(&diagnostic.label).into();
                if let Place::Key(path) | Place::Value(path) = place {
                    value["path"] = masked(path).into();
                }
            }
            let cures: Vec<String> = diagnostic.cures.iter().map(|cure| masked(cure)).collect();
            value["cures"] = cures.into();
            if let Some(replacement) = &diagnostic.replacement {
                value["replacement"] = replacement.clone().into();
            }
            value
        })
        .collect()
}

fn sorted<'a>(report: &'a Report, source: Option<&Source>) -> Vec<&'a Diagnostic> {
    let mut all: Vec<_> = report.iter().collect();
    all.sort_by_key(|diagnostic| match &diagnostic.place {
        Some(place) => bytes(place, source, "").start,
        None => usize::MAX,
    });
    all
}

fn bytes(place: &Place, source: Option<&Source>, body: &str) -> Range<usize> {
    match (place, source) {
        (Place::Bytes(range), _) => range.clone(),
        (Place::Key(path), Some(source)) => source.key(path),
        (Place::Value(path), Some(source)) => source.value(path),
        (_, None) => 0..body.len().min(1),
    }
}

/// Where a text has private keys, and values of a key `password`.
fn private(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let line = |from: usize| text[from..].find('\n').map_or(text.len(), |end| from + end);
    for (at, head) in text.match_indices("PRIVATE KEY-----") {
        let before = &text[..at];
        let ends = before
            .rfind("-----")
            .is_some_and(|at| before[at..].starts_with("-----END"));
        if !ends {
            let begin = at + head.len();
            let end = text[begin..].find("-----END");
            found.push(begin..end.map_or(text.len(), |end| begin + end));
        }
    }
    // Of other programs, and a body without its first line: all that follows on the line.
    for mark in [
        "PRIVATE KEY",
        "PuTTY-User-Key-File",
        "b3BlbnNzaC1rZXktdjE",
        "password:",
        "password\":",
    ] {
        for (at, mark) in text.match_indices(mark) {
            let begin = at + mark.len();
            if !text[begin..].starts_with("-----") {
                found.push(begin..line(begin));
            }
        }
    }
    found
}

/// The text with the credentials of addresses and with private keys as stars, byte for byte: a spec that
/// has some is refused, and the refusal is printed in a CI's log that more people read than the spec.
fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in private(text) {
        // Lines stay lines.
        for byte in bytes[range].iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b'*';
        }
    }
    for (at, _) in text.match_indices('@') {
        let before = &text[..at];
        let word = before.rfind(|c: char| c.is_whitespace() || "\"'`".contains(c));
        let word = word.map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
        let scheme = before[word..].find("://").map(|at| word + at + 3);
        let own = &before[scheme.unwrap_or(word)..];
        let (authority, path) = match own.split_once('/') {
            Some((authority, _)) => (authority, true),
            None => (own, false),
        };
        // `host:8443/path@v1` is a path; with anything but a port it is a password with a slash.
        let port = authority.split_once(':').map(|(_, port)| port);
        let password = port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit()));
        if if path {
            password
        } else {
            scheme.is_some() || port.is_some()
        } {
            bytes[scheme.unwrap_or(word)..at].fill(b'*');
        }
    }
    // Whole characters became stars.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Text of the spec that is repeated in a message must not move the terminal's cursor, change
/// its colours or flood it.
fn visible(text: &str) -> String {
    const MOST: usize = 400;
    let text = &masked(text);
    let mut out = String::with_capacity(text.len().min(MOST));
    for (at, c) in text.chars().enumerate() {
        if at == MOST {
            out.push('…');
            break;
        }
        match c {
            '\n' | '\t' | '\r' => out.push(' '),
            c if c.is_control()
                || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn credentials_of_an_address_become_stars_and_nothing_else_does() {
        for (text, shown) in [
            ("http://u:p@host:80", "http://***@host:80"),
            ("x: \"https://u@host/a\"", "x: \"https://*@host/a\""),
            ("proxy: u:p@host:80 }", "proxy: ***@host:80 }"),
            ("http://u:p@ss@host", "http://******@host"),
            ("http://u:p/w@host", "http://*****@host"),
            ("http://u:pä@host", "http://*****@host"),
            (
                "-----BEGIN PRIVATE KEY-----\nabcä\n-----END PRIVATE KEY-----\nx",
                "-----BEGIN PRIVATE KEY-----\n*****\n-----END PRIVATE KEY-----\nx",
            ),
            ("OPENSSH PRIVATE KEY-----abc", "OPENSSH PRIVATE KEY-----***"),
            ("MY PRIVATE KEY abc\nx", "MY PRIVATE KEY****\nx"),
            ("- b3BlbnNzaC1rZXktdjEAAA\nx", "- b3BlbnNzaC1rZXktdjE***\nx"),
            ("{ password: hunter2 }\nx", "{ password:**********\nx"),
            (
                "`http://a:b@c` and `http://d:e@f`",
                "`http://***@c` and `http://***@f`",
            ),
        ] {
            assert_eq!(masked(text), shown);
            assert_eq!(text.len(), shown.len());
        }
        for plain in [
            "",
            "@",
            "someone@example.com",
            "https://cdn.example.com/npm/cni@1.2/x.yaml",
            "https://host:8443/cni@1.2/x.yaml",
            "registry.example.com/k8s@sha256:00",
            "tags: { owner: team@example.com, cost: a }",
        ] {
            assert_eq!(masked(plain), plain);
        }
    }
}
