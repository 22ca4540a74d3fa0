//! What the templates of the tasks know of a cluster.

use serde::Serialize;

use super::metallb::{Announced, metallb};
use super::words::{
    Group, change_servers, deliver_indented, etcdctl_in, etcdctl_on, group, names, proxy, start,
    start_from_seed,
};
use super::{Balancer, Cloud, Paths, Task};
use crate::component::{kubeadm, placeholder, secrets};
use crate::plan::{Drop, Etcd, Host, Node, PackageManager, Plan, Role, SecretsMode, Target};

/// The context of every template of a task.
#[derive(Serialize)]
pub(super) struct Values<'a> {
    bare: bool,
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
    machines_key: &'static str,
    seeds: String,
    seed: String,
    new: &'a str,
    lb: Balancer,
    l2: bool,
    bgp: bool,
    frr: bool,
    endpoint: String,
    bind_port: u16,
    images: &'a str,
    pods: String,
    services: String,
    dns_domain: &'a str,
}

/// What there is to know for a task.
pub(super) fn values<'a>(
    plan: &'a Plan,
    cloud: &Cloud<'a>,
    task: Task<'a>,
    paths: Paths<'a>,
) -> Values<'a> {
    let mode = plan.secrets.mode;
    let node = match task {
        Task::Replace(node) | Task::DrainLoadBalancer(node) => Some(node),
        _ => None,
    };
    let control_plane: Vec<&Node> = plan.control_plane().collect();
    let members: Vec<&Node> = plan.etcd_nodes().collect();
    let first = control_plane.first().map_or("", |node| &node.name);
    let not_this = |other: &&&Node| node.is_none_or(|node| node.name != other.name);
    let from = control_plane.iter().find(not_this);
    let from = from.map_or(first, |node| &node.name);
    let drop = matches!(mode, SecretsMode::Drop(_));
    let secrets_name = super::secrets_name(plan);
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
    let seeds = below("seed");
    let announced = metallb(plan).map(Announced::from).unwrap_or_default();
    Values {
        bare: !cloud.terraform,
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
        change_servers: change_servers(
            &names(&control_plane).replace(',', ""),
            plan.endpoint.bind_port,
        ),
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
        start: if cloud.terraform {
            start(&terraform, new)
        } else {
            start_from_seed(&seeds, new)
        },
        deliver: deliver_indented("    ", "\"$node\"", &format!("\"{bundles}/$bundle\"")),
        deliver_control_plane: to_new("control-plane"),
        deliver_worker: to_new("worker"),
        deliver_etcd: to_new("member-NODE"),
        deliver_node: node.map_or_else(String::new, |node| to_new(&secrets::bundle(node))),
        bundles,
        terraform,
        machines_key: if cloud.terraform {
            "machines.existing"
        } else {
            "machines"
        },
        lb: Balancer::of(plan, node, below),
        seed: match node {
            Some(node) if !node.role.takes_secrets() => "hagen seed".to_owned(),
            _ => super::seed(plan, &below(secrets_name)),
        },
        seeds,
        new,
        l2: announced.l2,
        bgp: announced.bgp,
        frr: announced.frr,
        endpoint,
        bind_port: plan.endpoint.bind_port,
        images: &plan.kubernetes.image_repository,
        pods: kubeadm::list(&plan.kubernetes.pod_subnets),
        services: kubeadm::list(&plan.kubernetes.service_subnets),
        dns_domain: &plan.kubernetes.dns_domain,
    }
}
