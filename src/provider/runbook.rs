//! The tasks of the runbook: each is a section of the rendered README.md, and what `hagen runbook`
//! prints. The words are in `templates/runbook`, the same for every target.

mod balancer;
mod cloud;
mod metallb;
mod task;
mod values;
mod words;

pub(super) use self::balancer::Balancer;
pub(super) use self::cloud::{Cloud, ObjectStore};
pub(super) use self::metallb::metallb;
pub use self::task::{Task, holders, refused};
use self::values::values;
pub(super) use self::words::{seconds, start_from_seed};
use crate::format::template;
use crate::plan::{Plan, Role, SecretsMode, Target};

/// How the reader calls the spec and the rendered folder.
#[derive(Clone, Copy, Debug)]
pub struct Paths<'a> {
    /// The spec.
    pub spec: &'a str,
    /// The rendered folder.
    pub folder: &'a str,
}

/// In README.md, which is in the folder.
pub(super) const HERE: Paths<'static> = Paths {
    spec: "SPEC",
    folder: ".",
};

/// The section of a task.
pub(super) fn section(plan: &Plan, cloud: &Cloud<'_>, task: Task<'_>, paths: Paths<'_>) -> String {
    // Where nothing applies a folder, these are other tasks.
    let folder = match task {
        Task::AddControlPlane | Task::Secrets | Task::TearDown if !cloud.terraform => "baremetal",
        _ => "runbook",
    };
    let template = match task {
        Task::AddControlPlane => "add-control-plane",
        Task::AddWorker => "add-worker",
        Task::AddEtcd => "add-etcd",
        Task::RemoveEtcd => "remove-etcd",
        Task::Replace(node) => match node.role {
            Role::FirstControlPlane | Role::ControlPlane => "replace-control-plane",
            Role::Worker => "replace-worker",
            Role::Etcd => "replace-etcd",
            Role::LoadBalancer => "replace-load-balancer",
        },
        Task::RotateCertificates => "rotate-certificates",
        Task::Upgrade(_) => "upgrade",
        Task::Rearm => "rearm",
        Task::Secrets => "secrets",
        Task::Kubeadm => "kubeadm",
        Task::TearDown => "tear-down",
        Task::CloudController => "cloud-controller",
        Task::DrainLoadBalancer(_) => "drain-load-balancer",
        Task::ChangeLoadBalancer => "change-load-balancer",
        Task::Metallb => "metallb",
    };
    let text = template::render(
        &format!("{folder}/{template}.md.hbs"),
        &values(plan, cloud, task, paths),
    );
    tidy(&text)
}

/// Without the empty lines that conditions leave.
pub(super) fn tidy(text: &str) -> String {
    let mut tidy = text.trim().to_owned();
    while tidy.contains("\n\n\n") {
        tidy = tidy.replace("\n\n\n", "\n\n");
    }
    tidy + "\n"
}

/// The sections that README.md has: all that the cluster has, each once.
pub(super) fn sections(plan: &Plan, cloud: &Cloud<'_>, to: &str) -> String {
    let mut tasks = Vec::new();
    if plan.cloud_controller.is_some() {
        tasks.push(Task::CloudController);
    }
    tasks.push(Task::Metallb);
    let last = |name: &&str| plan.nodes.iter().find(|node| node.name == **name);
    let holder = holders(plan).last().and_then(last);
    tasks.extend(holder.map(Task::DrainLoadBalancer));
    tasks.push(Task::ChangeLoadBalancer);
    tasks.extend([
        Task::Rearm,
        Task::AddControlPlane,
        Task::AddWorker,
        Task::AddEtcd,
        Task::RemoveEtcd,
    ]);
    // Of each kind the last: what is said of it holds for all.
    let kinds = [
        Role::LoadBalancer,
        Role::ControlPlane,
        Role::Worker,
        Role::Etcd,
    ];
    for kind in kinds {
        let mut nodes = plan.nodes.iter().filter(|node| node.role == kind);
        tasks.extend(nodes.next_back().map(Task::Replace));
    }
    tasks.extend([
        Task::RotateCertificates,
        Task::Upgrade(to),
        Task::Kubeadm,
        Task::TearDown,
    ]);
    let sections: Vec<String> = tasks
        .into_iter()
        .filter(|task| refused(plan, *task).is_none())
        .map(|task| section(plan, cloud, task, HERE))
        .collect();
    sections.join("\n")
}

/// The file of the secrets: where there is no Terraform, or it must not read them, it has another name.
pub(super) fn secrets_name(plan: &Plan) -> &'static str {
    let drop = matches!(plan.secrets.mode, SecretsMode::Drop(_));
    if drop || matches!(plan.target, Target::Baremetal(_)) {
        "secrets.operator.json"
    } else {
        "secrets.auto.tfvars.json"
    }
}

/// The command that makes seeds, up to the folder.
pub(super) fn seed(plan: &Plan, secrets: &str) -> String {
    if matches!(plan.secrets.mode, SecretsMode::Drop(_)) {
        "hagen seed".to_owned()
    } else {
        format!("hagen seed --secrets {secrets}")
    }
}

/// The version to which an upgrade goes if no other is named: hagen knows minors, not the newest
/// patch.
pub fn next_version(plan: &Plan, minors: &[&str]) -> String {
    let own = minors
        .iter()
        .position(|minor| *minor == plan.kubernetes.minor);
    let next = own.and_then(|at| minors.get(at + 1));
    format!("{}.PATCH", next.unwrap_or(&plan.kubernetes.minor.as_str()))
}
