//! `hagen drill`.

use super::{Outcome, Said, Stop, load, print, rendering};
use crate::cli::{DiffFormat, Drill};
use crate::diagnostic::Report;
use crate::{drill, plan, validate};

/// Says what fails and what is left, for every spec or for none: a problem in one stops all.
pub(super) fn run(arguments: &Drill) -> Result<Outcome, Stop> {
    let provider = rendering::target(&arguments.provider);
    let mut drills = Vec::new();
    let mut said = Vec::new();
    for source in load::specs(&arguments.file, Some(provider))? {
        let source = match source {
            Ok(source) => source,
            Err(malformed) => {
                said.push(malformed);
                continue;
            }
        };
        let mut report = Report::default();
        let spec = validate::check(&source, Some(provider.name()), &mut report);
        if spec
            .as_ref()
            .is_some_and(|spec| !spec.targets.has(provider.name()))
        {
            report.push(rendering::no_target(provider.name()));
        }
        match spec.filter(|_| !report.has_errors()) {
            Some(spec) => {
                if !report.is_empty() {
                    print::said(&Said::about(source, report));
                }
                drills.push(drill::of(&plan::build(&spec, provider.name())));
            }
            None => said.push(Said::about(source, report)),
        }
    }
    if !said.is_empty() {
        return Err(Stop::Invalid(said));
    }
    match arguments.format {
        DiffFormat::Text => {
            let texts: Vec<String> = drills.iter().map(drill::Drill::text).collect();
            print::result(&texts.join("\n"))?;
        }
        DiffFormat::Markdown => {
            let many = drills.len() > 1;
            for drill in &drills {
                let heading = if many {
                    format!("## {}\n\n", drill.cluster)
                } else {
                    String::new()
                };
                print::result(&format!("{heading}{}", drill.markdown()))?;
            }
        }
        DiffFormat::Json => {
            let results: Vec<_> = drills.iter().map(drill::Drill::json).collect();
            print::json(&results.into())?;
        }
    }
    Ok(Outcome::Done)
}
