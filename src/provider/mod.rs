//! The targets: each turns a plan into Terraform, or files, for one cloud.
//!
//! [`PROVIDERS`] is the one list of them; `--provider`, `hagen providers` and the tests read it.

pub mod aliyun;
pub mod aws;
pub mod baremetal;
mod cloud;
mod cloud_init;
pub mod huawei;
pub mod runbook;
pub mod tencent;
mod user_data;
mod variables;

pub use user_data::Usage;

use crate::artifact::ArtifactSet;
use crate::component::{self, bootstrap, secrets};
use crate::diagnostic::Report;
use crate::plan::Plan;

/// Turns a plan into the files for one target. Pure: reads nothing but its arguments, and the
/// same plan gives the same bytes.
pub trait Provider: Sync {
    /// The word of `--provider` and the key under `targets`.
    fn name(&self) -> &'static str;

    /// The target's full name.
    fn title(&self) -> &'static str;

    /// What the target can do, each a line of `hagen providers`: what, and how.
    fn abilities(&self) -> &'static [(&'static str, &'static str)];

    /// A complete spec with comments: what `hagen init` writes, and what `hagen render` uses
    /// where there is none.
    fn example(&self) -> &'static str;

    /// Renders the files. Must not fail: what can is a rule of [`crate::validate`].
    fn render(&self, plan: &Plan, artifacts: &mut ArtifactSet);

    /// Whether Terraform makes the machines and hands them their secrets. Otherwise `hagen seed` does.
    fn has_terraform(&self) -> bool {
        true
    }

    /// How much of the cloud's user data the largest cloud-init takes; none where it is no user
    /// data, or there is no limit.
    fn user_data(&self, plan: &Plan) -> Option<Usage>;

    /// The words of one task of the runbook, as Markdown.
    fn runbook(&self, plan: &Plan, task: runbook::Task<'_>, paths: runbook::Paths<'_>) -> String;

    /// Says what only shows in what is rendered, such as user data that is too large.
    fn check(&self, plan: &Plan, report: &mut Report) {
        if let Some(usage) = self.user_data(plan) {
            user_data::check(&usage, self.title(), report);
        }
    }

    /// What cannot change once the cluster is up: the route of keys in the spec, and its value.
    /// It goes into the lock, and a render that would change it is refused.
    fn immutable(&self, plan: &Plan) -> Vec<(String, serde_json::Value)>;
}

/// Every target, in the order of the documentation.
pub const PROVIDERS: &[&dyn Provider] = &[
    &aws::Aws,
    &aliyun::Aliyun,
    &tencent::Tencent,
    &huawei::Huawei,
    &baremetal::Baremetal,
];

/// The target with this name.
pub fn find(name: &str) -> Option<&'static dyn Provider> {
    PROVIDERS
        .iter()
        .find(|provider| provider.name() == name)
        .copied()
}

/// The files of the machines, the same on every target: the cloud-init of each, and the script of each
/// role and the units in it as files of their own, with their comments, for review.
fn machines(plan: &Plan, artifacts: &mut ArtifactSet) {
    for node in &plan.nodes {
        artifacts.insert(
            format!("cloud-init/{}.yaml", node.name),
            component::cloud_init::document(plan, node),
        );
        let script = format!("bootstrap/{}.sh", secrets::role(node.role));
        if artifacts.get(&script).is_none() {
            artifacts.insert(script, bootstrap::script(plan, node));
        }
        for (name, text) in bootstrap::units(node) {
            let unit = format!("bootstrap/{name}");
            if artifacts.get(&unit).is_none() {
                artifacts.insert(unit, text.to_owned());
            }
        }
    }
}

/// What must never be committed.
const GITIGNORE: &str = "\
# State and plans hold secrets in clear text; so does what `hagen secrets` writes.
.terraform/
*.tfstate
*.tfstate.*
*.tfplan
crash.log
crash.*.log
*.tfvars
*.tfvars.json
secrets.*
secrets/
kubeconfig
";
