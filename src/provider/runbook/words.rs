//! What stands in a task: names, commands of a few lines, times.

use serde::Serialize;

use crate::component::external_etcd;
use crate::format::template::shell_quote;
use crate::plan::{Etcd, Node, Plan, Proxy};

/// The nodes of one kind, in words.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) count: usize,
    pub(super) more: usize,
    pub(super) fewer: usize,
    pub(super) new: String,
    /// The last two.
    pub(super) going: String,
    pub(super) last: String,
    pub(super) names: String,
    /// The names for a loop of a shell.
    pub(super) words: String,
    pub(super) first: String,
    /// The addresses for API servers, to a shell, where these are members of etcd: with the next
    /// two, and without the last two.
    pub(super) more_servers: String,
    pub(super) fewer_servers: String,
}

/// Names with commas.
pub(super) fn names(nodes: &[&Node]) -> String {
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    names.join(", ")
}

/// The nodes of a kind, and those that come next: machines that are made are numbered, those that
/// are there have names of their own.
pub(super) fn group(plan: &Plan, nodes: &[&Node], prefix: &str, step: usize, made: bool) -> Group {
    let count = nodes.len();
    let new: Vec<String> = (count + 1..=count + step)
        .map(|at| format!("{prefix}-{at}"))
        .collect();
    let there: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
    let left = count.saturating_sub(2);
    // Each by its name, in a line that is not too long to read.
    let servers = |names: &[String]| {
        let (port, names) = (external_etcd::CLIENT_PORT, names.join(" "));
        let Etcd::External(etcd) = &plan.etcd else {
            return String::new();
        };
        format!(
            "$(printf ,https://%s.{}:{port} {names}) servers=${{servers#,}}",
            etcd.domain
        )
    };
    Group {
        count,
        more: count + step,
        fewer: left,
        going: there[left..].join(" and "),
        last: there.last().cloned().unwrap_or_default(),
        more_servers: servers(&[there.clone(), new.clone()].concat()),
        fewer_servers: servers(&there[..left]),
        new: if made {
            new.join(" and ")
        } else {
            "the machines that you added".to_owned()
        },
        names: names(nodes),
        words: names(nodes).replace(',', ""),
        first: nodes
            .first()
            .map_or(String::new(), |node| node.name.clone()),
    }
}

/// Gives API servers other members of etcd, one after the other. kubelet reads all files of the
/// folder of manifests, so the new one is made beside it and is whole when it comes there.
pub(super) fn change_servers(nodes: &str, port: u16) -> String {
    format!(
        r#"       change='set -eu; umask 077; m=/etc/kubernetes/manifests/kube-apiserver.yaml new=/etc/kubernetes/kube-apiserver.new
         sed "s|--etcd-servers=.*|--etcd-servers=$1|" "$m" >"$new"
         grep -q -- "--etcd-servers=$1\$" "$new"; mv "$new" "$m"
         until pgrep -f "^kube-apiserver .*--etcd-servers=$1( |\$)" >/dev/null && curl -fsk https://127.0.0.1:{port}/readyz
         do sleep 5; done'
       for node in {nodes}; do
         test -n "$servers" && ssh "$node" sudo sh -c "'$change'" sh "$servers" || break
       done"#
    )
}

/// The proxy in the environment of a command.
pub(super) fn proxy(proxy: &Proxy) -> String {
    let url = shell_quote(&proxy.url);
    let without = shell_quote(&proxy.without.join(","));
    format!("http_proxy={url} https_proxy={url} \\\n      no_proxy={without}")
}

/// The bundle of a machine that waits for it: atomically, and for root only.
pub(super) fn deliver_indented(indent: &str, node: &str, bundle: &str) -> String {
    format!(
        "{indent}ssh {node} 'sudo sh -c \"cd /etc/hagen && umask 077 && cat >secrets.new && mv secrets.new secrets\"' <{bundle}"
    )
}

/// A machine that is there becomes a node.
pub(super) fn start(terraform: &str, node: &str) -> String {
    format!(
        "       {terraform} output -json cloud_init | jq -r '.[\"{node}\"]' | ssh {node} 'sudo sh -c \"umask 077; cat >/root/node.yaml\"'\n       \
         ssh {node} 'sudo cloud-init --file /root/node.yaml single --name write_files --frequency always; sudo shred -u /root/node.yaml'\n       \
         ssh {node} 'sudo systemctl daemon-reload && sudo systemctl enable --now hagen-bootstrap.service'"
    )
}

/// A machine that is there becomes a node, from its seed.
pub(in crate::provider) fn start_from_seed(seeds: &str, node: &str) -> String {
    format!(
        "       ssh {node} 'sudo sh -c \"umask 077; cat >/root/node.yaml\"' <{seeds}/{node}/user-data\n       \
         ssh {node} 'sudo cloud-init --file /root/node.yaml single --name write_files --frequency always; sudo shred -u /root/node.yaml'\n       \
         ssh {node} 'sudo hostnamectl set-hostname {node} && sudo systemctl daemon-reload && sudo systemctl enable --now hagen-bootstrap.service'"
    )
}

/// Milliseconds as seconds, to the tenth.
pub(in crate::provider) fn seconds(milliseconds: u32) -> String {
    let tenths = (milliseconds + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// etcdctl on a member of external etcd.
pub(super) fn etcdctl_on(member: &str) -> String {
    let port = external_etcd::CLIENT_PORT;
    format!(
        "       etcdctl() {{ ssh {member} sudo /usr/local/bin/etcdctl --endpoints https://127.0.0.1:{port} --cacert /etc/etcd/pki/ca.crt \\\n         \
         --cert /etc/etcd/pki/member.crt --key /etc/etcd/pki/member.key \"$@\"; }}"
    )
}

/// etcdctl in the pod of a stacked member.
pub(super) fn etcdctl_in(node: &str) -> String {
    format!(
        "       etcdctl() {{ kubectl -n kube-system exec etcd-{node} -- etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \\\n         \
         --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key \"$@\"; }}"
    )
}
