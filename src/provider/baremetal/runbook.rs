//! README.md: the runbook of a cluster on bare metal.

use serde::Serialize;

use crate::format::template;
use crate::plan::baremetal::Baremetal;
use crate::plan::{Node, Plan};
use crate::provider::runbook::{self, Cloud, HERE, ObjectStore, Paths, Task};

/// The context of the template.
#[derive(Serialize)]
struct Values<'a> {
    cluster: &'a str,
    version: &'a str,
    virtual_ip: String,
    secrets: String,
}

/// The runbook of this cluster.
pub(super) fn document(plan: &Plan, target: &Baremetal) -> String {
    let text = template::render(
        "baremetal/README.md.hbs",
        &Values {
            cluster: &plan.cluster,
            version: &plan.kubernetes.version,
            virtual_ip: target.virtual_ip.to_string(),
            secrets: runbook::section(plan, &cloud(), Task::Secrets, HERE),
        },
    );
    runbook::tidy(&text)
}

/// The words of one task, for `hagen runbook`.
pub(super) fn words_of(plan: &Plan, task: Task<'_>, paths: Paths<'_>) -> String {
    runbook::section(plan, &cloud(), task, paths)
}

fn cloud() -> Cloud<'static> {
    Cloud {
        provider: "baremetal",
        title: "bare metal",
        protection: "",
        made: false,
        protected: false,
        volumes: false,
        hop_limit: false,
        object_store: &NO_STORE,
        user_data_readers: "whoever reads the seed",
        resources: |_: &Node| Default::default(),
    }
}

const NO_STORE: ObjectStore = ObjectStore {
    put: "",
    sign: "",
    remove: "",
    way: "",
};
