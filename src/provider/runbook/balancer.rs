//! A load balancer that hagen sets up, in the words and commands of the tasks.

use serde::Serialize;

use super::words::seconds;
use crate::component::load_balancer;
use crate::plan::load_balancer::{Failure, KubeVip, Pair, Proxy, fixed};
use crate::plan::{LoadBalancer, Node, Plan};

/// What stands in front of the API servers. Where it is a cloud's own, all of it is empty.
#[derive(Default, Serialize)]
pub(in crate::provider) struct Balancer {
    pair: bool,
    haproxy: bool,
    nginx: bool,
    kube_vip: bool,
    /// kube-vip, by ARP: one node has the address.
    arp: bool,
    /// kube-vip, by BGP: all nodes announce it.
    bgp: bool,
    dedicated: bool,
    on_control_plane: bool,
    /// The unit that passes connections on, which is also its program.
    proxy: &'static str,
    virtual_ip: String,
    /// The nodes that may hold the virtual IP, with commas.
    names: String,
    /// The same for a loop of a shell.
    words: String,
    first: String,
    health_port: u16,
    /// How long the virtual IP is nowhere when keepalived is stopped.
    stop_seconds: String,
    /// The same when a node with kube-vip's lease goes.
    leader_seconds: String,
    /// How long a process that was told to end keeps its connections.
    old_minutes: u32,
    /// Commands that say who holds the virtual IP.
    holders: String,
    /// Commands that say whether the nodes beside this one could take it.
    ready_others: String,
    /// Commands that bring each node its proxy's configuration, one after the other.
    reload_proxy: String,
    /// The same for keepalived.
    reload_keepalived: String,
    /// The same for what all nodes must have at once.
    replace_keepalived: String,
}

impl Balancer {
    /// Of a plan; `node` is the one that the task is about, `below` is the path of a file in the folder.
    pub(in crate::provider) fn of(
        plan: &Plan,
        node: Option<&Node>,
        below: impl Fn(&str) -> String,
    ) -> Self {
        match &plan.load_balancer {
            LoadBalancer::Managed(_) => Self::default(),
            LoadBalancer::Pair(pair) => Self::of_pair(pair, node, below),
            LoadBalancer::KubeVip(own) => Self::of_kube_vip(own, &super::holders(plan)),
        }
    }

    /// Commands that say who holds the virtual IP.
    pub(in crate::provider) fn holders(&self) -> &str {
        &self.holders
    }

    fn of_pair(pair: &Pair, node: Option<&Node>, below: impl Fn(&str) -> String) -> Self {
        let names: Vec<&str> = pair.nodes.iter().map(|one| one.name.as_str()).collect();
        let others: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| node.is_none_or(|node| node.name != *name))
            .collect();
        let haproxy = matches!(pair.proxy, Proxy::Haproxy { .. });
        let proxy = load_balancer::proxy_name(pair);
        let commands = Commands {
            nodes: names.join(" "),
            proxy,
            proxy_file: below(load_balancer::proxy_path(pair)),
            keepalived: below("keepalived"),
            health_port: load_balancer::health_port(),
            haproxy,
        };
        let virtual_ip = pair.virtual_ip.to_string();
        Self {
            pair: true,
            haproxy,
            nginx: !haproxy,
            dedicated: !pair.on_control_plane,
            on_control_plane: pair.on_control_plane,
            proxy,
            names: names.join(", "),
            words: commands.nodes.clone(),
            first: names.first().map_or_else(String::new, ToString::to_string),
            health_port: commands.health_port,
            stop_seconds: most(&pair.interruptions, Failure::HolderStopped),
            old_minutes: if haproxy {
                fixed().haproxy.hard_stop_minutes
            } else {
                fixed().nginx.shutdown_minutes
            },
            holders: holders(&commands.nodes, &virtual_ip),
            ready_others: commands.ready(&others.join(" ")),
            reload_proxy: commands.reload_proxy(),
            reload_keepalived: commands.reload_keepalived(),
            replace_keepalived: commands.replace_keepalived(),
            virtual_ip,
            ..Self::default()
        }
    }

    fn of_kube_vip(own: &KubeVip, names: &[&str]) -> Self {
        let virtual_ip = own.virtual_ip.to_string();
        Self {
            kube_vip: true,
            arp: own.bgp().is_none(),
            bgp: own.bgp().is_some(),
            names: names.join(", "),
            words: names.join(" "),
            first: names.first().map_or_else(String::new, ToString::to_string),
            leader_seconds: most(&own.interruptions, Failure::LeaderGone),
            holders: holders(&names.join(" "), &virtual_ip),
            virtual_ip,
            ..Self::default()
        }
    }
}

fn most(all: &[crate::plan::load_balancer::Interruption], failure: Failure) -> String {
    all.iter()
        .find(|one| one.failure == failure)
        .map_or_else(String::new, |one| seconds(one.most))
}

fn holders(nodes: &str, virtual_ip: &str) -> String {
    format!(
        "       for node in {nodes}; do echo \"$node: $(ssh \"$node\" ip -4 -o addr show to {virtual_ip})\"; done"
    )
}

/// What the commands for keepalived and its proxy are made of.
struct Commands {
    nodes: String,
    proxy: &'static str,
    proxy_file: String,
    keepalived: String,
    health_port: u16,
    haproxy: bool,
}

impl Commands {
    /// The address where the proxy says that it could serve.
    fn ready_url(&self) -> String {
        let path = if self.haproxy { "backends" } else { "healthz" };
        format!("http://127.0.0.1:{}/{path}", self.health_port)
    }

    fn ready(&self, nodes: &str) -> String {
        let (proxy, url) = (self.proxy, self.ready_url());
        format!(
            "       for node in {nodes}; do\n         \
             echo \"$node:\"; ssh \"$node\" 'systemctl is-active keepalived {proxy}; curl -s -o /dev/null -w \"%{{http_code}}\\n\" {url}'\n       \
             done"
        )
    }

    /// A file is checked beside the one in use, and takes its place as a whole.
    fn reload_proxy(&self) -> String {
        let (nodes, proxy, from) = (&self.nodes, self.proxy, &self.proxy_file);
        let (to, check) = if self.haproxy {
            ("/etc/haproxy/haproxy.cfg", "haproxy -c -f")
        } else {
            ("/etc/nginx/nginx.conf", "nginx -t -c")
        };
        let url = self.ready_url();
        format!(
            "       for node in {nodes}; do\n         \
             ssh \"$node\" 'sudo tee {to}.new >/dev/null' <{from} &&\n           \
             ssh \"$node\" 'sudo {check} {to}.new && sudo mv {to}.new {to} && sudo systemctl reload {proxy} &&\n             \
             sleep 8 && curl -fsS -o /dev/null {url} && echo \"$(hostname): taken\"' || break\n       \
             done"
        )
    }

    fn copy_keepalived(&self) -> String {
        let (from, to) = (&self.keepalived, "/etc/keepalived/keepalived.conf");
        format!(
            "ssh \"$node\" 'sudo tee {to}.new >/dev/null' <\"{from}/$node.conf\" &&\n           \
             ssh \"$node\" 'sudo keepalived -t -f {to}.new"
        )
    }

    fn reload_keepalived(&self) -> String {
        let (nodes, to) = (&self.nodes, "/etc/keepalived/keepalived.conf");
        let copy = self.copy_keepalived();
        format!(
            "       for node in {nodes}; do\n         \
             {copy} && sudo mv {to}.new {to} && sudo systemctl reload keepalived' || break\n       \
             done"
        )
    }

    fn replace_keepalived(&self) -> String {
        let (nodes, to) = (&self.nodes, "/etc/keepalived/keepalived.conf");
        let copy = self.copy_keepalived();
        format!(
            "       for node in {nodes}; do     # nothing is changed yet\n         \
             {copy}' && echo \"$node: ready\" || break\n       \
             done\n\n   \
             Every node is ready? Then, at once:\n\n       \
             for node in {nodes}; do ssh \"$node\" sudo systemctl stop keepalived; done\n       \
             for node in {nodes}; do ssh \"$node\" 'sudo mv {to}.new {to} && sudo systemctl start keepalived'; done"
        )
    }
}
