//! `hagen runbook`.

use std::path::{Path, PathBuf};

use super::{Outcome, Said, Stop, load, print, rendering};
use crate::cli::{self, Runbook};
use crate::diagnostic::code::command as code;
use crate::diagnostic::{Diagnostic, List, Report};
use crate::facts::kubernetes::KUBERNETES;
use crate::format::template::shell_quote;
use crate::plan::{self, Node, Plan};
use crate::provider::runbook::{self, Paths, Task};
use crate::validate;

/// Prints the words of one task.
pub(super) fn run(arguments: &Runbook) -> Result<Outcome, Stop> {
    let provider = rendering::target(&arguments.provider);
    let files: Vec<PathBuf> = arguments.file.iter().cloned().collect();
    let mut sources = load::specs(&files, None)?.into_iter();
    let (Some(source), None) = (sources.next(), sources.next()) else {
        return Err(stop(
            Diagnostic::new(&code::ONE_SPEC, "a task is about one cluster")
                .cure("name one spec with --file"),
        ));
    };
    let source = source.map_err(|malformed| Stop::Invalid(vec![malformed]))?;
    let mut report = Report::default();
    let spec = validate::check(&source, Some(provider.name()), &mut report);
    if spec
        .as_ref()
        .is_some_and(|spec| !spec.targets.has(provider.name()))
    {
        report.push(rendering::no_target(provider.name()));
    }
    let spec = match spec {
        Some(spec) if !report.has_errors() => spec,
        _ => return Err(Stop::Invalid(vec![Said::about(source, report)])),
    };
    let plan = plan::build(&spec, provider.name());
    let minors: Vec<&str> = KUBERNETES
        .minors
        .iter()
        .map(|minor| minor.minor.as_str())
        .collect();
    let to = match &arguments.to {
        Some(to) => version(&plan, &minors, to.strip_prefix('v').unwrap_or(to))?,
        None => runbook::next_version(&plan, &minors),
    };
    let task = task(arguments, &plan, &to)?;
    if let Some((why, cure)) = runbook::refused(&plan, task) {
        return Err(stop(
            Diagnostic::new(&code::TASK_DOES_NOT_APPLY, why).cure(cure),
        ));
    }
    let spec = arguments
        .file
        .as_deref()
        .unwrap_or(Path::new("hagen.yaml"))
        .display()
        .to_string();
    let spec = word(&spec);
    let folder = match &arguments.out {
        Some(out) => out.display().to_string(),
        None => format!("out/{}-{}", plan.cluster, provider.name()),
    };
    let folder = word(&folder);
    let paths = Paths {
        spec: &spec,
        folder: &folder,
    };
    print::result(&provider.runbook(&plan, task, paths))?;
    Ok(Outcome::Done)
}

/// A path as a word of a shell.
fn word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._/-+@".contains(c);
    if path.chars().all(plain) && !path.starts_with('-') {
        path.to_owned()
    } else {
        shell_quote(path)
    }
}

fn stop(problem: Diagnostic) -> Stop {
    Stop::Invalid(vec![Said::only(problem)])
}

fn task<'a>(arguments: &Runbook, plan: &'a Plan, to: &'a str) -> Result<Task<'a>, Stop> {
    let unwanted = match (arguments.task, &arguments.node, &arguments.to) {
        (cli::Task::Replace | cli::Task::DrainLoadBalancer, _, None)
        | (_, None, None)
        | (cli::Task::Upgrade, None, _) => None,
        (_, _, Some(_)) => Some("--to goes with `upgrade`"),
        (_, Some(_), None) => {
            Some("the name of a node goes with `replace` and `drain-load-balancer`")
        }
    };
    if let Some(unwanted) = unwanted {
        return Err(stop(
            Diagnostic::new(&code::TASK_DOES_NOT_APPLY, unwanted).cure("leave it out"),
        ));
    }
    Ok(match arguments.task {
        cli::Task::AddControlPlane => Task::AddControlPlane,
        cli::Task::AddWorker => Task::AddWorker,
        cli::Task::AddEtcd => Task::AddEtcd,
        cli::Task::RemoveEtcd => Task::RemoveEtcd,
        cli::Task::Replace => Task::Replace(node(plan, "replace", arguments.node.as_deref())?),
        cli::Task::RotateCertificates => Task::RotateCertificates,
        cli::Task::Upgrade => Task::Upgrade(to),
        cli::Task::Rearm => Task::Rearm,
        cli::Task::Secrets => Task::Secrets,
        cli::Task::Kubeadm => Task::Kubeadm,
        cli::Task::TearDown => Task::TearDown,
        cli::Task::CloudController => Task::CloudController,
        cli::Task::DrainLoadBalancer => {
            Task::DrainLoadBalancer(node(plan, DRAIN, arguments.node.as_deref())?)
        }
        cli::Task::ChangeLoadBalancer => Task::ChangeLoadBalancer,
        cli::Task::Metallb => Task::Metallb,
    })
}

/// The task of one load balancer node.
const DRAIN: &str = "drain-load-balancer";

fn node<'a>(plan: &'a Plan, task: &str, name: Option<&str>) -> Result<&'a Node, Stop> {
    let names: Vec<&str> = match plan.load_balancer.pair() {
        Some(pair) if task == DRAIN => pair.nodes.iter().map(|node| node.name.as_str()).collect(),
        _ => plan.nodes.iter().map(|node| node.name.as_str()).collect(),
    };
    let problem = match name {
        None => Diagnostic::new(&code::NO_SUCH_NODE, format!("`{task}` is about one node")),
        Some(name) => {
            if let Some(node) = plan.nodes.iter().find(|node| node.name == name) {
                return Ok(node);
            }
            // No nearest name: the wrong machine would be taken out of the cluster.
            Diagnostic::new(
                &code::NO_SUCH_NODE,
                format!("{} has no node `{name}`", plan.cluster),
            )
        }
    };
    Err(stop(
        problem.cure(format!("its nodes are {}", List(names, "and"))),
    ))
}

/// A version that can be reached in one step.
fn version(plan: &Plan, minors: &[&str], to: &str) -> Result<String, Stop> {
    let parts = |version: &str| -> Option<(u32, u32)> {
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.len() < 5;
        match version.split('.').collect::<Vec<_>>().as_slice() {
            ["1", minor, patch] if plain(minor) && plain(patch) => {
                Some((minor.parse().ok()?, patch.parse().ok()?))
            }
            _ => None,
        }
    };
    let own = &plan.kubernetes.version;
    let (Some(before), Some(after)) = (parts(own), parts(to)) else {
        return Err(stop(
            Diagnostic::new(
                &code::TASK_DOES_NOT_APPLY,
                format!("`{to}` is no version of Kubernetes"),
            )
            .cure("name a release with its patch, such as 1.37.1"),
        ));
    };
    let step = after.0.checked_sub(before.0);
    let known = minors.contains(&format!("1.{}", after.0).as_str());
    if after > before && matches!(step, Some(0 | 1)) && known {
        return Ok(to.to_owned());
    }
    let why = if after <= before {
        format!("{to} is not newer than {own}, which the spec says")
    } else if known {
        format!("from {own} to {to} is more than one minor")
    } else {
        format!("this hagen does not know Kubernetes 1.{}", after.0)
    };
    Err(stop(
        Diagnostic::new(&code::TASK_DOES_NOT_APPLY, why)
            .cure("go one minor at a time, or to a newer patch")
            .cure(format!("it knows {}", List(minors.to_vec(), "and"))),
    ))
}
