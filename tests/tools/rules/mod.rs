//! What must hold for every plan that Terraform makes of hagen's files. Each rule says what is
//! wrong and does not panic, so that the rules can be tested too.

mod balancer;
mod files;
mod machines;
mod security;

use std::collections::BTreeSet;

use hagen::spec::{AwsMachines, Cluster};
use hcl::Body;
use serde_json::Value;

pub(crate) use files::secrets_in;

/// A plan, the spec that it came from, and the files between.
pub(crate) struct Judged<'a> {
    pub(crate) spec: &'a Cluster,
    /// `terraform show -json` of the plan.
    pub(crate) plan: &'a Value,
    /// The rendered Terraform files.
    pub(crate) files: &'a [(String, Body)],
}

/// Everything that is wrong.
pub(crate) fn problems(judged: &Judged<'_>) -> Vec<String> {
    let mut found = Vec::new();
    balancer::problems(judged, &mut found);
    security::problems(judged, &mut found);
    machines::problems(judged, &mut found);
    files::problems(judged, &mut found);
    found
}

/// Says what is wrong unless a condition holds.
fn check(found: &mut Vec<String>, holds: bool, what: impl FnOnce() -> String) {
    if !holds {
        found.push(what());
    }
}

impl<'a> Judged<'a> {
    fn target(&self) -> &'a hagen::spec::Aws {
        self.spec.targets.aws.as_ref().unwrap()
    }

    fn makes_machines(&self) -> bool {
        matches!(self.target().machines, AwsMachines::Provision(_))
    }

    /// The planned resources of a kind.
    fn resources(&self, kind: &str) -> Vec<&'a Value> {
        self.plan["planned_values"]["root_module"]["resources"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter(|resource| resource["type"] == kind && resource["mode"] == "managed")
            .collect()
    }

    /// The kind's blocks in the configuration, each once whatever its `for_each`.
    fn blocks(&self, kind: &str) -> Vec<&'a Value> {
        self.configuration()
            .iter()
            .filter(|resource| resource["type"] == kind && resource["mode"] == "managed")
            .collect()
    }

    fn configuration(&self) -> &'a [Value] {
        self.plan["configuration"]["root_module"]["resources"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Whether a block refers to another one, directly or through others.
    fn depends(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if !seen.insert(at.clone()) {
                continue;
            }
            let block = self
                .configuration()
                .iter()
                .find(|block| block["address"] == at.as_str());
            if let Some(block) = block {
                open.extend(references(block).into_iter().map(|name| root_of(&name)));
            } else {
                open.extend(self.references_of_local(&at));
            }
        }
        false
    }

    /// What a local refers to: the plan does not say, so the files do.
    fn references_of_local(&self, name: &str) -> Vec<String> {
        let Some(name) = name.strip_prefix("local.") else {
            return Vec::new();
        };
        self.files
            .iter()
            .flat_map(|(_, body)| body.blocks())
            .filter(|block| block.identifier() == "locals")
            .flat_map(|block| block.body().attributes())
            .filter(|attribute| attribute.key() == name)
            .flat_map(|attribute| words(&attribute.expr().to_string()))
            .collect()
    }
}

/// The words of an expression that may be addresses.
fn words(expression: &str) -> Vec<String> {
    expression
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-')))
        .filter(|word| word.contains('.'))
        .map(root_of)
        .collect()
}

/// `aws_subnet.private` of `aws_subnet.private["a"].id`.
fn root_of(reference: &str) -> String {
    let plain = reference.split('[').next().unwrap_or_default();
    plain.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// Everything that a block refers to.
fn references(block: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(block, &mut found);
    if let Some(more) = block["depends_on"].as_array() {
        found.extend(more.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Array(items) if name == "references" => {
                        found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// The references of one argument of a block.
fn references_in(block: &Value, argument: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&block["expressions"][argument], &mut found);
    found
}
