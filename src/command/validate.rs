//! `hagen validate`.

use serde_json::{Value, json};

use super::{Outcome, Said, Stop, load, print, rendering};
use crate::cli::{Format, Validate};
use crate::diagnostic::{self, Report};
use crate::facts::hairpin::{Hairpin, Works};
use crate::plan::{self, Pin, Plan};
use crate::provider::{PROVIDERS, Usage};
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
        let (mut used, mut cures) = (Vec::new(), Vec::new());
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
                provider.check(&plan, &mut report);
                cures.push((provider.name(), cure(&plan)));
                if let Some(usage) = provider.user_data(&plan) {
                    used.push((provider.name(), usage));
                }
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
                "hairpin": cures.iter().map(|(name, cure)| cure.json(name)).collect::<Vec<_>>(),
                "userData": used.iter().map(|(name, usage)| user_data(name, usage)).collect::<Vec<_>>(),
            })),
            Format::Text => {
                print::said(&Said::about(source, report));
                for (name, usage) in &used {
                    print::result(&in_words(name, usage))?;
                }
                for (name, cure) in &cures {
                    print::result(&format!("{name}: {}", cure.words))?;
                }
            }
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

/// How control-plane nodes reach themselves: which cure is in force.
struct Cure {
    words: String,
    row: &'static Hairpin,
    pin: &'static str,
}

fn cure(plan: &Plan) -> Cure {
    let endpoint = &plan.endpoint;
    let row = endpoint.hairpin;
    let (pin, mapped) = match endpoint.pin {
        Pin::Always => (
            "always",
            "control-plane nodes map the endpoint's name to themselves",
        ),
        Pin::WhileStarting => (
            "whileStarting",
            "the first control-plane node maps the endpoint's name to itself while it starts",
        ),
    };
    let words = if row.works == Works::Yes {
        format!(
            "a node reaches itself through {}: {}",
            row.title, row.load_balancer_cure
        )
    } else {
        format!("a node does not reach itself through {}", row.title)
    };
    Cure {
        words: format!("{words}; {mapped} (hagen explain hairpin)"),
        row,
        pin,
    }
}

impl Cure {
    fn json(&self, target: &str) -> Value {
        json!({
            "target": target,
            "loadBalancer": self.row.title,
            "works": self.row.works.word(),
            "loadBalancerCure": self.row.load_balancer_cure,
            "pin": self.pin,
        })
    }
}

/// How much of a target's user data is used, in one line.
fn in_words(target: &str, usage: &Usage) -> String {
    let (part, bytes) = &usage.largest_part;
    format!(
        "{target}: user data takes up to {} of {} bytes {} ({} %), on {}; most of it is {part} ({bytes})",
        usage.bytes,
        usage.limit.limit_bytes,
        usage.limit.counted.words(),
        usage.percent(),
        usage.node,
    )
}

fn user_data(target: &str, usage: &Usage) -> Value {
    json!({
        "target": target,
        "node": usage.node,
        "bytes": usage.bytes,
        "limitBytes": usage.limit.limit_bytes,
        "counted": usage.limit.counted.words(),
        "stated": usage.limit.stated,
        "largestPart": { "path": usage.largest_part.0, "bytes": usage.largest_part.1 },
    })
}
