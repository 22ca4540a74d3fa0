//! The tasks of the runbook: each is a section of the rendered README.md, and what `hagen runbook`
//! prints. The words are in `templates/runbook`, the same for every target.

mod cloud;
mod words;

use serde::Serialize;

pub(super) use self::cloud::{Cloud, ObjectStore};
use self::words::{
    Group, change_servers, deliver_indented, etcdctl_in, etcdctl_on, group, names, proxy, start,
};
use crate::component::{kubeadm, placeholder, secrets};
use crate::format::template;
use crate::plan::{Drop, Etcd, Host, Node, PackageManager, Plan, Role, SecretsMode, Target};

/// A task.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// Add control-plane nodes.
    AddControlPlane,
    /// Add workers.
    AddWorker,
    /// Add members to external etcd.
    AddEtcd,
    /// Take members out of external etcd.
    RemoveEtcd,
    /// Replace a machine.
    Replace(&'a Node),
    /// Renew certificates.
    RotateCertificates,
    /// Upgrade Kubernetes to a version.
    Upgrade(&'a str),
    /// Revive the join secrets.
    Rearm,
    /// What the mode of the secrets protects against.
    Secrets,
    /// The commands of kubeadm that people know.
    Kubeadm,
    /// Delete the cluster.
    TearDown,
    /// Install the cloud controller.
    CloudController,
}

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

/// The context of every template of a task.
#[derive(Serialize)]
struct Values<'a> {
    cluster: &'a str,
    provider: &'a str,
    title: &'a str,
    protection: &'a str,
    spec: &'a str,
    folder: &'a str,
    terraform: String,
    version: &'a str,
    minor: &'a str,
    to: &'a str,
    made: bool,
    protected: bool,
    volumes: bool,
    apt: bool,
    dnf: bool,
    stacked: bool,
    external: bool,
    pinned: bool,
    tofu: bool,
    drop: bool,
    drop_file: bool,
    drop_url: bool,
    cloud_controller: bool,
    readyz: bool,
    controller_keys: bool,
    controller_region: &'a str,
    hop_limit: bool,
    object_put: String,
    object_sign: &'a str,
    object_remove: &'a str,
    object_way: &'a str,
    user_data_readers: &'a str,
    token_lifetime: String,
    key_lifetime: String,
    secrets_name: &'static str,
    secrets_file: String,
    bundles: String,
    bundle_names: String,
    bundle_words: String,
    urls_file: String,
    cloud_init: String,
    manifests: String,
    first: &'a str,
    from: &'a str,
    node: &'a str,
    is_first: bool,
    others: String,
    join_nodes: String,
    machine: String,
    volume: String,
    attachment: String,
    control_plane: Group,
    worker: Group,
    etcd: Group,
    change_servers: String,
    going_state: String,
    get: &'static str,
    proxy: String,
    etcd_version: &'a str,
    etcdctl: String,
    start: String,
    deliver: String,
    deliver_control_plane: String,
    deliver_worker: String,
    deliver_etcd: String,
    deliver_node: String,
    endpoint: String,
    port: u16,
    images: &'a str,
    pods: String,
    services: String,
    dns_domain: &'a str,
}

/// Why a cluster does not have a task, in one sentence without a full stop, and what to do.
pub fn refused(plan: &Plan, task: Task<'_>) -> Option<(String, String)> {
    let refuse = |why: &str, cure: &str| Some((why.to_owned(), cure.to_owned()));
    let masters = plan.control_plane().count();
    match task {
        Task::AddControlPlane if masters >= 7 => refuse(
            "seven control-plane nodes are the most",
            "larger machines help further",
        ),
        Task::AddEtcd if plan.etcd_nodes().count() == 0 => refuse(
            "the members of etcd are on the control-plane nodes",
            "add control-plane nodes: `hagen runbook add-control-plane`",
        ),
        Task::AddEtcd if plan.etcd_nodes().count() >= 7 => refuse(
            "seven members of etcd are the most",
            "larger machines and faster disks help further",
        ),
        Task::RemoveEtcd if plan.etcd_nodes().count() == 0 => refuse(
            "the members of etcd are on the control-plane nodes",
            "each goes with its node",
        ),
        Task::RemoveEtcd if plan.etcd_nodes().count() < 5 => refuse(
            "with fewer than three members no loss of a machine is survived",
            "`hagen runbook replace NODE` makes one anew",
        ),
        Task::Replace(node) if node.role.is_control_plane() && masters == 1 => refuse(
            "the only control-plane node cannot be replaced: nothing is left to join",
            "add control-plane nodes first: `hagen runbook add-control-plane`",
        ),
        Task::CloudController if plan.cloud_controller.is_none() => refuse(
            "the cluster has no cloud controller",
            "`kubernetes: { cloudProvider: external }` in the spec is for new clusters",
        ),
        _ => None,
    }
}

/// The section of a task.
pub(super) fn section(plan: &Plan, cloud: &Cloud<'_>, task: Task<'_>, paths: Paths<'_>) -> String {
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
    };
    let text = template::render(
        &format!("runbook/{template}.md.hbs"),
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
    tasks.extend([
        Task::Rearm,
        Task::AddControlPlane,
        Task::AddWorker,
        Task::AddEtcd,
        Task::RemoveEtcd,
    ]);
    // Of each kind the last: what is said of it holds for all.
    for kind in [Role::ControlPlane, Role::Worker, Role::Etcd] {
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

/// The version to which an upgrade goes if no other is named: hagen knows minors, not the newest
/// patch.
pub fn next_version(plan: &Plan, minors: &[&str]) -> String {
    let own = minors
        .iter()
        .position(|minor| *minor == plan.kubernetes.minor);
    let next = own.and_then(|at| minors.get(at + 1));
    format!("{}.PATCH", next.unwrap_or(&plan.kubernetes.minor.as_str()))
}

fn values<'a>(plan: &'a Plan, cloud: &Cloud<'a>, task: Task<'a>, paths: Paths<'a>) -> Values<'a> {
    let mode = plan.secrets.mode;
    let node = match task {
        Task::Replace(node) => Some(node),
        _ => None,
    };
    let control_plane: Vec<&Node> = plan.control_plane().collect();
    let members: Vec<&Node> = plan.etcd_nodes().collect();
    let first = control_plane.first().map_or("", |node| &node.name);
    let not_this = |other: &&&Node| node.is_none_or(|node| node.name != other.name);
    let from = control_plane.iter().find(not_this);
    let from = from.map_or(first, |node| &node.name);
    let drop = matches!(mode, SecretsMode::Drop(_));
    let secrets_name = if drop {
        "secrets.operator.json"
    } else {
        "secrets.auto.tfvars.json"
    };
    let below = |name: &str| {
        if paths.folder == "." {
            name.to_owned()
        } else {
            format!("{}/{name}", paths.folder)
        }
    };
    let terraform = if paths.folder == "." {
        "terraform".to_owned()
    } else {
        format!("terraform -chdir={}", paths.folder)
    };
    let bundles = below("secrets");
    let new = node.map_or("NODE", |node| &node.name);
    let to_new = |bundle: &str| deliver_indented("       ", new, &format!("{bundles}/{bundle}"));
    // Where machines have no role that the controller could use.
    let controller_region = match &plan.target {
        Target::Huawei(target) => Some(target.cloud.region.as_str()),
        _ => None,
    };
    let [machine, volume, attachment] = node.map_or_else(Default::default, cloud.resources);
    let mut bundle_names: Vec<String> = Vec::new();
    for node in plan.nodes.iter().filter(|node| node.role.takes_secrets()) {
        let name = secrets::bundle(node);
        if !bundle_names.contains(&name) {
            bundle_names.push(name);
        }
    }
    let endpoint = match &plan.endpoint.node_host {
        Host::Named(name) => format!("{name}:{}", plan.endpoint.port),
        host => {
            let two = placeholder::host(host) != placeholder::host(&plan.endpoint.client_host);
            let output = if two { "node_endpoint" } else { "api_endpoint" };
            format!("\"$({terraform} output -raw {output})\"")
        }
    };
    Values {
        cluster: &plan.cluster,
        provider: cloud.provider,
        title: cloud.title,
        protection: cloud.protection,
        spec: paths.spec,
        folder: paths.folder,
        version: &plan.kubernetes.version,
        minor: &plan.kubernetes.minor,
        to: match task {
            Task::Upgrade(to) => to,
            _ => "",
        },
        made: cloud.made,
        protected: cloud.protected,
        volumes: cloud.volumes && cloud.made,
        apt: plan.package_managers.contains(&PackageManager::Apt),
        dnf: plan.package_managers.contains(&PackageManager::Dnf),
        stacked: members.is_empty(),
        external: !members.is_empty(),
        pinned: mode == SecretsMode::Pinned,
        tofu: mode == SecretsMode::Tofu,
        drop,
        drop_file: mode == SecretsMode::Drop(Drop::File),
        drop_url: mode == SecretsMode::Drop(Drop::Url),
        cloud_controller: plan.cloud_controller.is_some(),
        controller_keys: controller_region.is_some(),
        controller_region: controller_region.unwrap_or_default(),
        readyz: plan.health_check.readyz,
        hop_limit: cloud.hop_limit,
        object_put: cloud.object_store.put.replace("{bundles}", &bundles),
        object_sign: cloud.object_store.sign,
        object_remove: cloud.object_store.remove,
        object_way: cloud.object_store.way,
        user_data_readers: cloud.user_data_readers,
        token_lifetime: plan.secrets.token_lifetime.to_string(),
        key_lifetime: plan.secrets.certificate_key_lifetime.to_string(),
        secrets_name,
        secrets_file: below(secrets_name),
        bundle_words: bundle_names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", "),
        bundle_names: bundle_names.join(" "),
        urls_file: below("secrets-urls.auto.tfvars.json"),
        cloud_init: below("cloud-init"),
        manifests: below("manifests"),
        first,
        from,
        node: node.map_or("", |node| &node.name),
        is_first: node.is_some_and(|node| node.role == Role::FirstControlPlane),
        others: if control_plane.len() > 1 {
            names(&control_plane[1..])
        } else {
            "Further control-plane nodes".to_owned()
        },
        join_nodes: if control_plane.len() > 1 {
            names(&control_plane[1..])
        } else {
            "further control-plane nodes".to_owned()
        },
        machine,
        volume,
        attachment,
        control_plane: group(plan, &control_plane, "cp", 2, cloud.made),
        worker: group(
            plan,
            &plan.workers().collect::<Vec<_>>(),
            "worker",
            1,
            cloud.made,
        ),
        etcd: group(plan, &members, "etcd", 2, cloud.made),
        change_servers: change_servers(&names(&control_plane).replace(',', ""), plan.endpoint.port),
        going_state: members
            .iter()
            .rev()
            .take(2)
            .map(|member| {
                let [_, volume, attachment] = (cloud.resources)(member);
                format!("       {terraform} state rm '{attachment}' '{volume}'")
            })
            .collect::<Vec<_>>()
            .join("\n"),
        get: if plan.downloads.proxy.is_some() {
            "proxied"
        } else {
            "sudo"
        },
        proxy: plan
            .downloads
            .proxy
            .as_ref()
            .map_or_else(String::new, proxy),
        etcd_version: match &plan.etcd {
            Etcd::External(etcd) => &etcd.version,
            Etcd::Stacked => "",
        },
        etcdctl: match members.iter().find(not_this) {
            Some(member) => etcdctl_on(&member.name),
            None => etcdctl_in(from),
        },
        start: start(&terraform, new),
        deliver: deliver_indented("    ", "\"$node\"", &format!("\"{bundles}/$bundle\"")),
        deliver_control_plane: to_new("control-plane"),
        deliver_worker: to_new("worker"),
        deliver_etcd: to_new("member-NODE"),
        deliver_node: node.map_or_else(String::new, |node| to_new(&secrets::bundle(node))),
        bundles,
        terraform,
        endpoint,
        port: plan.endpoint.port,
        images: &plan.kubernetes.image_repository,
        pods: kubeadm::list(&plan.kubernetes.pod_subnets),
        services: kubeadm::list(&plan.kubernetes.service_subnets),
        dns_domain: &plan.kubernetes.dns_domain,
    }
}
