//! etcd on machines of its own: a unit of systemd with a static list of members.

use serde_json::json;

use super::placeholder;
use crate::format::yaml;
use crate::plan::{Address, ExternalEtcd, Member, Node, Plan, Role};

/// The port for clients.
pub const CLIENT_PORT: u16 = 2379;
/// The port for other members.
const PEER_PORT: u16 = 2380;

/// The members' addresses for clients.
pub fn endpoints(etcd: &ExternalEtcd) -> Vec<String> {
    etcd.members
        .iter()
        .map(|member| url(&member.host, CLIENT_PORT))
        .collect()
}

fn url(host: &str, port: u16) -> String {
    format!("https://{host}:{port}")
}

/// The configuration file of a member (etcd.io: configuration options). It describes the first
/// start of all members together; the bootstrap script changes the two `initial-cluster` lines of a
/// member that comes later.
pub fn configuration(plan: &Plan, etcd: &ExternalEtcd, member: &Member) -> String {
    let peers: Vec<String> = etcd
        .members
        .iter()
        .map(|member| format!("{}={}", member.name, url(&member.host, PEER_PORT)))
        .collect();
    let own = placeholder::NODE_ADDRESS;
    // One certificate for both sides: members are clients of each other.
    let security = json!({
        "cert-file": "/etc/etcd/pki/member.crt",
        "key-file": "/etc/etcd/pki/member.key",
        "trusted-ca-file": "/etc/etcd/pki/ca.crt",
        "client-cert-auth": true,
    });
    yaml::document(&json!({
        "name": member.name,
        "data-dir": "/var/lib/etcd/data",
        "listen-peer-urls": url(own, PEER_PORT),
        "listen-client-urls": format!("{},{}", url(own, CLIENT_PORT), url("127.0.0.1", CLIENT_PORT)),
        "initial-advertise-peer-urls": url(&member.host, PEER_PORT),
        "advertise-client-urls": url(&member.host, CLIENT_PORT),
        "initial-cluster": peers.join(","),
        // Members of another cluster are refused, whatever their certificates say.
        "initial-cluster-token": format!("hagen-{}", plan.cluster),
        "initial-cluster-state": "new",
        "client-transport-security": security,
        "peer-transport-security": security,
        "listen-metrics-urls": "http://127.0.0.1:2381",
        // The most that etcd recommends, 8 GiB: beyond it etcd takes no writes until a person acts.
        "quota-backend-bytes": 8_589_934_592_u64,
        // A member joins or goes only where the others keep their quorum.
        "strict-reconfig-check": true,
        // Off by default with a configuration file, before 3.6: the first control-plane node asks here
        // whether a cluster's keys are there, and has no etcdctl.
        "enable-grpc-gateway": true,
        // A member compares its data with the others' before it serves.
        "feature-gates": "InitialCorruptCheck=true",
        // 5 s, in nanoseconds: API servers answer lists from their caches by it, as with kubeadm's etcd.
        "watch-progress-notify-interval": 5_000_000_000_u64,
    }))
}

/// The members' names and addresses for /etc/hosts; none where the cloud gives the addresses.
pub fn hosts(plan: &Plan, etcd: &ExternalEtcd) -> Option<String> {
    etcd.members
        .iter()
        .map(|member| {
            let node = plan.nodes.iter().find(|node| node.name == member.name)?;
            match node.address {
                Address::Known(address) => Some(format!("{address}\t{}\n", member.host)),
                Address::FoundAtBoot => None,
            }
        })
        .collect()
}

/// The member that a node is.
pub fn member<'a>(etcd: &'a ExternalEtcd, node: &Node) -> Option<&'a Member> {
    (node.role == Role::Etcd)
        .then(|| etcd.members.iter().find(|member| member.name == node.name))
        .flatten()
}
