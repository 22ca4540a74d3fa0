//! Which specs a command is about, and their text.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Said, Stop, print};
use crate::diagnostic::code::{command as code, document};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::provider::Provider;
use crate::source::Source;

/// The spec that is read where no other is named.
const DEFAULT: &str = "hagen.yaml";

/// The specs that `files` name: files, folders of specs, `-`. Without any, `hagen.yaml` here;
/// without that, the embedded example of `provider`, which is said on standard error. A text that
/// is no document is said beside the others' problems.
pub(super) fn specs(
    files: &[PathBuf],
    provider: Option<&dyn Provider>,
) -> Result<Vec<Result<Source, Said>>, Stop> {
    if files.is_empty() {
        if Path::new(DEFAULT).exists() {
            return Ok(vec![file(Path::new(DEFAULT))?]);
        }
        let Some(provider) = provider else {
            return Err(Stop::Failed(vec![Said::only(
                Diagnostic::new(&code::CANNOT_READ, "there is no hagen.yaml in this folder")
                    .cure("name a spec with --file, or write one with `hagen init`"),
            )]));
        };
        print::note(&format!(
            "no hagen.yaml here: using the embedded example for {} (`hagen init --provider {}` writes it to a file)",
            provider.name(),
            provider.name()
        ));
        let name = format!("<example {}>", provider.name());
        return Ok(vec![parse(name, provider.example().to_owned())]);
    }
    let mut specs = Vec::new();
    for path in files {
        if path.as_os_str() == "-" {
            specs.push(standard_input()?);
        } else if path.is_dir() {
            for path in folder(path)? {
                specs.push(file(&path)?);
            }
        } else {
            specs.push(file(path)?);
        }
    }
    Ok(specs)
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            let name = path
                .file_name()
                .map_or(String::new(), |name| name.to_string_lossy().into_owned());
            let other = [
                ".schema.json",
                ".tfvars.json",
                "secrets.operator.json",
                "hagen.lock.json",
            ]
            .iter()
            .any(|end| name.ends_with(end));
            matches!(extension, Some("yaml" | "yml" | "json")) && !other && path.is_file()
        })
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(Stop::Invalid(vec![Said::only(
            Diagnostic::new(
                &code::NO_SPECS,
                format!("there is no spec in {}", path.display()),
            )
            .cure("name a folder with *.yaml files, or a file"),
        )]));
    }
    Ok(found)
}

fn file(path: &Path) -> Result<Result<Source, Said>, Stop> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(parse(path.display().to_string(), text))
}

fn standard_input() -> Result<Result<Source, Said>, Stop> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| unreadable(Path::new("<stdin>"), &error))?;
    Ok(parse("<stdin>".to_owned(), text))
}

/// A file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Stop {
    let mut cure = "check the path; `hagen init` writes a spec to start from";
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::InvalidData => {
            cure = "save it as UTF-8";
            "it is not UTF-8 text".to_owned()
        }
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    Stop::Failed(vec![Said::only(
        Diagnostic::new(
            &code::CANNOT_READ,
            format!("{} cannot be read: {reason}", path.display()),
        )
        .cure(cure),
    )])
}

/// Whether a text holds what `hagen secrets` writes, or is a key in PEM. A key inside a spec has a code of its own,
/// and is not shown.
fn holds_secrets(text: &str) -> bool {
    let has_value = |word: &str| {
        text.match_indices(word).any(|(at, word)| {
            let rest = text[at + word.len()..].trim_start_matches(['"', '\'']);
            let value = rest.trim_start().strip_prefix([':', '=']);
            value.is_some_and(|value| !value.trim_start_matches([' ', '"', '\'']).starts_with('\n'))
        })
    };
    let spec = text.contains("hagen.dev/v1");
    (!spec && text.contains("PRIVATE KEY-----"))
        || ["bootstrap_token", "certificate_key", "cluster_ca_key"]
            .into_iter()
            .any(has_value)
}

fn parse(name: String, text: String) -> Result<Source, Said> {
    // A mark that some editors put first.
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    if holds_secrets(&text) {
        // Nothing of it is shown: an excerpt would end up in a log.
        return Err(Said::only(
            Diagnostic::new(
                &code::SECRETS_NOT_A_SPEC,
                format!("{name} holds secrets and is no spec"),
            )
            .cure("name the spec with --file, and keep secrets out of it"),
        ));
    }
    match Source::parse(name.clone(), text.clone()) {
        Ok(source) => Ok(source),
        Err(malformed) => {
            let mut report = Report::default();
            report.push(
                Diagnostic::new(&document::NOT_A_DOCUMENT, malformed.message)
                    .at(Place::Bytes(malformed.range), "here")
                    .cure("correct this line; `hagen init` writes a spec to compare with"),
            );
            Err(Said {
                report,
                source: None,
                text: (name, text),
            })
        }
    }
}
