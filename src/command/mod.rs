//! One file a command; what they share is here and in [`load`], [`rendering`] and [`mod@print`].

mod completions;
mod diff;
mod drill;
mod explain;
mod init;
mod load;
mod man;
mod print;
mod providers;
mod rearm;
mod render;
mod rendering;
mod runbook;
mod schema;
mod secrets;
mod seed;
mod validate;

use std::io;
use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::diagnostic::{Diagnostic, Report};
use crate::source::Source;

/// How a command ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Differences were found.
    Different,
}

/// How a command ended otherwise.
#[derive(Debug)]
enum Stop {
    /// The spec or the command line is wrong. Each spec has a report of its own.
    Invalid(Vec<Said>),
    /// A file could not be read or written.
    Failed(Vec<Said>),
    /// Nobody reads standard output any more.
    Pipe,
}

/// What is to be said about one spec, or about none.
#[derive(Debug)]
struct Said {
    report: Report,
    source: Option<Source>,
    /// The name and the text, where the text is no document.
    text: (String, String),
}

impl Said {
    fn about(source: Source, report: Report) -> Self {
        Self {
            report,
            source: Some(source),
            text: (String::new(), String::new()),
        }
    }

    fn only(diagnostic: Diagnostic) -> Self {
        let mut report = Report::default();
        report.push(diagnostic);
        Self {
            report,
            source: None,
            text: (String::new(), String::new()),
        }
    }
}

impl From<io::Error> for Stop {
    /// Only printing gives a bare I/O error.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Pipe;
        }
        let problem = Diagnostic::new(
            &crate::diagnostic::code::command::CANNOT_WRITE_FILE,
            format!("the result cannot be printed: {error}"),
        );
        Self::Failed(vec![Said::only(
            problem.cure("look at where standard output goes"),
        )])
    }
}

/// Runs a command and says how it ended: 0 done, 1 differences found, 2 the spec or the command
/// line is wrong, 3 a file or a cloud API failed.
pub fn run(cli: &Cli) -> ExitCode {
    let result = match &cli.command {
        Command::Init(arguments) => init::run(arguments),
        Command::Render(arguments) => render::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Drill(arguments) => drill::run(arguments),
        Command::Validate(arguments) => validate::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema => schema::run(),
        Command::Providers(arguments) => providers::run(arguments),
        Command::Secrets(arguments) => secrets::run(arguments),
        Command::Seed(arguments) => seed::run(arguments),
        Command::Rearm(arguments) => rearm::run(arguments),
        Command::Runbook(arguments) => runbook::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man => man::run(),
    };
    let (said, code) = match result {
        Ok(Outcome::Done) | Err(Stop::Pipe) => return ExitCode::SUCCESS,
        Ok(Outcome::Different) => return ExitCode::from(1),
        Err(Stop::Invalid(said)) => (said, 2),
        Err(Stop::Failed(said)) => (said, 3),
    };
    for said in &said {
        print::said(said);
    }
    ExitCode::from(code)
}
