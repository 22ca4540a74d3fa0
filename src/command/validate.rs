//! `hagen validate`.

use serde_json::json;

use super::{Outcome, Said, Stop, load, print, rendering};
use crate::artifact::ArtifactSet;
use crate::cli::{Format, Validate};
use crate::diagnostic::{self, Report};
use crate::plan;
use crate::provider::PROVIDERS;
use crate::validate;

/// Says every problem of every spec.
pub(super) fn run(arguments: &Validate) -> Result<Outcome, Stop> {
    let mut invalid = false;
    let mut results = Vec::new();
    for source in load::specs(&arguments.file, None)? {
        let source = match source {
            Ok(source) => source,
            Err(malformed) => {
                invalid = true;
                let (name, text) = (&malformed.text.0, &malformed.text.1);
                match arguments.format {
                    Format::Json => results.push(json!({
                        "file": name,
                        "valid": false,
                        "diagnostics": diagnostic::json(&malformed.report, None, (name, text)),
                        "spec": null,
                    })),
                    Format::Text => print::said(&malformed),
                }
                continue;
            }
        };
        let mut report = Report::default();
        let spec = validate::check(&source, arguments.provider.as_deref(), &mut report);
        if let (Some(spec), Some(name)) = (&spec, &arguments.provider)
            && !spec.targets.has(name)
        {
            report.push(rendering::no_target(name));
        }
        if let Some(spec) = spec.as_ref().filter(|_| !report.has_errors()) {
            let wanted = |name: &str| {
                arguments
                    .provider
                    .as_deref()
                    .is_none_or(|only| only == name)
            };
            for provider in PROVIDERS.iter().filter(|provider| wanted(provider.name())) {
                if !spec.targets.has(provider.name()) {
                    continue;
                }
                let plan = plan::build(spec, provider.name());
                let mut artifacts = ArtifactSet::default();
                provider.render(&plan, &mut artifacts);
                provider.check(&plan, &artifacts, &mut report);
            }
        }
        invalid |= report.has_errors();
        match arguments.format {
            Format::Json => results.push(json!({
                "file": source.name,
                "valid": !report.has_errors(),
                "diagnostics": diagnostic::json(&report, Some(&source), ("", "")),
                // With every default, as it will be rendered.
                "spec": spec,
            })),
            Format::Text => print::said(&Said::about(source, report)),
        }
    }
    if arguments.format == Format::Json {
        print::json(&results.into())?;
    }
    if invalid {
        return Err(Stop::Invalid(Vec::new()));
    }
    Ok(Outcome::Done)
}
