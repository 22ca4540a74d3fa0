//! `hagen explain`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Outcome, Said, Stop, print};
use crate::cli::{Explain, Format};
use crate::diagnostic::code::command as code;
use crate::diagnostic::{CODES, Code, Diagnostic, closest, find};

/// Explains one diagnostic, or lists all.
pub(super) fn run(arguments: &Explain) -> Result<Outcome, Stop> {
    let all = || CODES.iter().flat_map(|family| family.iter());
    let Some(wanted) = &arguments.code else {
        match arguments.format {
            Format::Json => print::json(&all().map(|code| in_json(code)).collect())?,
            Format::Text => {
                let mut text = String::new();
                for code in all() {
                    let _ = writeln!(
                        text,
                        "{}  {:7}  {}",
                        code.id,
                        code.severity.word(),
                        code.title
                    );
                }
                print::result(&text)?;
            }
        }
        return Ok(Outcome::Done);
    };
    let Some(code) = find(wanted) else {
        let mut problem = Diagnostic::new(
            &code::UNKNOWN_CODE,
            format!("there is no diagnostic `{wanted}`"),
        );
        if let Some(near) = closest(wanted, all().map(|code| code.id)) {
            problem = problem.cure(format!("did you mean {near}?"));
        }
        problem = problem.cure("`hagen explain` lists all");
        return Err(Stop::Invalid(vec![Said::only(problem)]));
    };
    match arguments.format {
        Format::Json => print::json(&in_json(code))?,
        Format::Text => print::result(&in_text(code))?,
    }
    Ok(Outcome::Done)
}

fn in_json(code: &Code) -> Value {
    json!({
        "code": code.id,
        "severity": code.severity.word(),
        "title": code.title,
        "cause": code.cause,
        "example": code.example,
        "cure": code.cure,
        "source": code.source,
    })
}

fn in_text(code: &Code) -> String {
    let example: String = code
        .example
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    format!(
        "{} ({}): {}\n\n{}\n\nExample:\n\n{example}\nCure: {}\n\nSource: {}\n",
        code.id,
        code.severity.word(),
        code.title,
        code.cause,
        code.cure,
        code.source,
    )
}
