//! Where words go: results to standard output, everything else to standard error.

use std::io::{self, Write as _};

use super::Said;
use crate::diagnostic::{self, Count, Report, Severity};

/// Prints a result. A reader that went away is an error of kind `BrokenPipe`.
pub(super) fn result(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Prints JSON as a result.
pub(super) fn json(value: &serde_json::Value) -> io::Result<()> {
    // A `Value` always serialises.
    result(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// Says something on standard error. If nobody reads it, nobody misses it.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Says a report on standard error, with a last line that counts.
pub(super) fn said(said: &Said) {
    let text = diagnostic::text(
        &said.report,
        said.source.as_ref(),
        (&said.text.0, &said.text.1),
    );
    let _ = write!(anstream::stderr().lock(), "{text}");
    if let Some(source) = &said.source {
        note(&summary(&source.name, &said.report));
        if said
            .report
            .iter()
            .any(|problem| problem.code.id.starts_with("HGN1"))
        {
            note("what the spec means is checked once its form is right");
        }
    }
}

fn summary(name: &str, report: &Report) -> String {
    let errors = report.count(Severity::Error);
    let warnings = report.count(Severity::Warning);
    match (errors, warnings) {
        (0, 0) => format!("{name} is valid"),
        (0, _) => format!("{name} is valid, with {}", Count(warnings, "warning")),
        (_, 0) => format!("{name} has {}", Count(errors, "error")),
        _ => format!(
            "{name} has {} and {}",
            Count(errors, "error"),
            Count(warnings, "warning")
        ),
    }
}

/// Why a file cannot be written, in words and without the names of temporary files.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        kind => kind.to_string(),
    }
}
