//! README.md: the runbook of a cluster on bare metal.

mod failures;
mod firewall;

use serde::Serialize;

use self::failures::Row;
use self::firewall::Opening;
use crate::component::load_balancer;
use crate::facts::kubernetes::KUBERNETES;
use crate::format::template;
use crate::plan::baremetal::Baremetal;
use crate::plan::{Drop, Host, KubeProxy, LoadBalancer, Node, Plan, SecretsMode};
use crate::provider::runbook::{self, Balancer, Cloud, HERE, ObjectStore, Paths, Task};

/// The context of the template.
#[derive(Serialize)]
struct Values<'a> {
    cluster: &'a str,
    version: &'a str,
    end_of_life: &'a str,
    endpoint: String,
    host: String,
    url: String,
    url_by_address: String,
    port: u16,
    bind_port: u16,
    lb: Balancer,
    timers: String,
    readyz: bool,
    max_failover: String,
    failures: Vec<Row>,
    firewall: Vec<Opening>,
    machines: Vec<Machine<'a>>,
    ssh_keys: bool,
    first: &'a str,
    first_address: String,
    control_plane: String,
    control_plane_words: String,
    control_plane_count: usize,
    two: bool,
    nftables: bool,
    joining: String,
    workers: String,
    worker_names: String,
    external: bool,
    etcd: String,
    etcd_names: String,
    all_words: String,
    metallb: bool,
    cni: bool,
    drop: bool,
    drop_file: bool,
    seed: String,
    mended: bool,
    start: String,
    holders: String,
    secrets: String,
    tasks: String,
}

/// A machine, for ~/.ssh/config.
#[derive(Serialize)]
struct Machine<'a> {
    name: &'a str,
    address: String,
}

/// The runbook of this cluster.
pub(super) fn document(plan: &Plan, target: &Baremetal) -> String {
    let minors: Vec<&str> = KUBERNETES
        .minors
        .iter()
        .map(|minor| minor.minor.as_str())
        .collect();
    let control_plane: Vec<&Node> = plan.control_plane().collect();
    let workers: Vec<&Node> = plan.workers().collect();
    let members: Vec<&Node> = plan.etcd_nodes().collect();
    let host = match &plan.endpoint.node_host {
        Host::Named(name) => name.clone(),
        Host::OfLoadBalancer | Host::OfPublicLoadBalancer => target.virtual_ip.to_string(),
    };
    let first = control_plane.first().map_or("", |node| &node.name);
    let address = |name: &str| {
        let found = target.machines.iter().find(|machine| machine.name == name);
        found.map_or_else(String::new, |machine| machine.address.to_string())
    };
    let port = plan.endpoint.port;
    let drop = matches!(plan.secrets.mode, SecretsMode::Drop(_));
    let lb = Balancer::of(plan, None, str::to_owned);
    let text = template::render(
        "baremetal/README.md.hbs",
        &Values {
            cluster: &plan.cluster,
            version: &plan.kubernetes.version,
            end_of_life: &plan.kubernetes.end_of_life,
            endpoint: format!("{host}:{port}"),
            url: format!("https://{host}:{port}"),
            url_by_address: format!("https://{}:{port}", target.virtual_ip),
            port,
            bind_port: plan.endpoint.bind_port,
            holders: lb.holders().to_owned(),
            lb,
            timers: timers(plan),
            readyz: plan.health_check.readyz,
            max_failover: target
                .max_failover_seconds
                .map_or_else(String::new, |seconds| format!("{seconds}s")),
            failures: failures::rows(plan, target.max_failover_seconds.is_some()),
            firewall: firewall::openings(plan),
            machines: target
                .machines
                .iter()
                .map(|machine| Machine {
                    name: &machine.name,
                    address: machine.address.to_string(),
                })
                .collect(),
            ssh_keys: !plan.ssh_authorized_keys.is_empty(),
            first,
            first_address: address(first),
            control_plane: with_zones(&control_plane),
            control_plane_words: names(&control_plane, " "),
            control_plane_count: control_plane.len(),
            two: control_plane.len() == 2 && members.is_empty(),
            nftables: plan.kubernetes.kube_proxy == KubeProxy::Nftables,
            joining: names(control_plane.get(1..).unwrap_or_default(), ", "),
            workers: with_zones(&workers),
            worker_names: names(&workers, ", "),
            external: !members.is_empty(),
            etcd: with_zones(&members),
            etcd_names: names(&members, ", "),
            all_words: names(&plan.nodes.iter().collect::<Vec<_>>(), " "),
            metallb: runbook::metallb(plan).is_some(),
            cni: plan.kubernetes.cni.is_some(),
            drop,
            drop_file: plan.secrets.mode == SecretsMode::Drop(Drop::File),
            seed: runbook::seed(plan, runbook::secrets_name(plan)),
            mended: mended(plan),
            start: runbook::start_from_seed("seed", "NODE"),
            secrets: runbook::section(plan, &cloud(), Task::Secrets, HERE),
            tasks: runbook::sections(plan, &cloud(), &runbook::next_version(plan, &minors)),
            host,
        },
    );
    runbook::tidy(&text)
}

/// The words of one task, for `hagen runbook`.
pub(super) fn words_of(plan: &Plan, task: Task<'_>, paths: Paths<'_>) -> String {
    runbook::section(plan, &cloud(), task, paths)
}

/// Whether the proxy runs again before the virtual IP moves: systemd waits a second.
fn mended(plan: &Plan) -> bool {
    plan.load_balancer
        .pair()
        .is_some_and(|pair| (pair.keepalived.check_fall - 1) * pair.keepalived.check_seconds >= 2)
}

/// The files that have the timers.
fn timers(plan: &Plan) -> String {
    match &plan.load_balancer {
        LoadBalancer::Pair(pair) => {
            format!("keepalived/ and {}", load_balancer::proxy_path(pair))
        }
        LoadBalancer::KubeVip(_) | LoadBalancer::Managed(_) => "manifests/kube-vip/".to_owned(),
    }
}

fn names(nodes: &[&Node], between: &str) -> String {
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    names.join(between)
}

fn with_zones(nodes: &[&Node]) -> String {
    let names: Vec<String> = nodes
        .iter()
        .map(|node| match &node.zone {
            Some(zone) => format!("{} ({zone})", node.name),
            None => node.name.clone(),
        })
        .collect();
    names.join(", ")
}

fn cloud() -> Cloud<'static> {
    Cloud {
        provider: "baremetal",
        title: "bare metal",
        terraform: false,
        protection: "",
        made: false,
        protected: false,
        volumes: false,
        hop_limit: false,
        object_store: &NO_STORE,
        user_data_readers: "",
        resources: |_: &Node| Default::default(),
    }
}

const NO_STORE: ObjectStore = ObjectStore {
    put: "",
    sign: "",
    remove: "",
    way: "",
};
