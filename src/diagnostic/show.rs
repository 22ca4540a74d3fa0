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
                "message": diagnostic.message,
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
                value["label"] = diagnostic.label.clone().into();
                if let Place::Key(path) | Place::Value(path) = place {
                    value["path"] = path.clone().into();
                }
            }
            value["cures"] = diagnostic.cures.clone().into();
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

/// Text of the spec that is repeated in a message must not move the terminal's cursor, change
/// its colours or flood it.
fn visible(text: &str) -> String {
    const MOST: usize = 400;
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
