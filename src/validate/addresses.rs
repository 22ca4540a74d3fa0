//! The pod and Service networks: families, sizes, room for nodes, overlaps.

use ipnet::IpNet;

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Count, Diagnostic, Report};
use crate::facts::kubernetes::{KUBERNETES, Prefixes};
use crate::spec::Cluster;

use super::networks::{Named, blocks, disjoint, special};

pub(super) fn check(spec: &Cluster, report: &mut Report) {
    let kubernetes = &spec.kubernetes;
    let pods = &kubernetes.pod_subnets;
    let services = &kubernetes.service_subnets;
    let counted = count(pods, "kubernetes.podSubnets", "pod", report)
        & count(services, "kubernetes.serviceSubnets", "Service", report);
    if !counted {
        return;
    }
    let families = |list: &[IpNet]| list.iter().map(family).collect::<Vec<_>>();
    if families(pods) != families(services) {
        report.push(
            Diagnostic::new(
                &code::FAMILIES_DIFFER,
                format!(
                    "the pod networks are {}, and the Service networks {}",
                    families(pods).join(" and "),
                    families(services).join(" and ")
                ),
            )
            .value("kubernetes.podSubnets", families(pods).join(", then "))
            .also(
                "kubernetes.serviceSubnets",
                families(services).join(", then "),
            )
            .cure("give both the same families in the same order"),
        );
    }
    for (at, net) in pods.iter().enumerate() {
        pod_prefix(*net, &format!("kubernetes.podSubnets[{at}]"), spec, report);
    }
    for (at, net) in services.iter().enumerate() {
        service_prefix(*net, &format!("kubernetes.serviceSubnets[{at}]"), report);
    }
    let all = cluster_networks(spec);
    for network in &all {
        special(network, report);
    }
    disjoint(&all, &code::NETWORKS_OVERLAP, report);
}

/// The pod and Service networks, which must be apart from every other network.
pub(super) fn cluster_networks(spec: &Cluster) -> Vec<Named> {
    let named = |list: &[IpNet], key: &str, what| {
        list.iter()
            .enumerate()
            .map(|(at, net)| Named {
                path: format!("kubernetes.{key}[{at}]"),
                what,
                net: *net,
            })
            .collect::<Vec<_>>()
    };
    let mut all = named(
        &spec.kubernetes.pod_subnets,
        "podSubnets",
        "the pod network",
    );
    all.extend(named(
        &spec.kubernetes.service_subnets,
        "serviceSubnets",
        "the Service network",
    ));
    all
}

fn family(net: &IpNet) -> &'static str {
    match net {
        IpNet::V4(_) => "IPv4",
        IpNet::V6(_) => "IPv6",
    }
}

fn count(list: &[IpNet], path: &str, what: &str, report: &mut Report) -> bool {
    let message = match list {
        [_] => return true,
        [a, b] if family(a) != family(b) => return true,
        [] => format!("there is no {what} network"),
        [a, _] => format!("both {what} networks are {}", family(a)),
        more => format!(
            "{} are more than one of each family",
            Count(more.len(), "network")
        ),
    };
    report.push(
        Diagnostic::new(&code::SUBNET_COUNT, message)
            .value(path, "takes one network, or one of each family")
            .cure("give one network, or for dual stack one IPv4 and one IPv6 network"),
    );
    false
}

fn pod_prefix(net: IpNet, path: &str, spec: &Cluster, report: &mut Report) {
    let facts = &KUBERNETES.pod_blocks;
    let block = match net {
        IpNet::V4(_) => facts.ipv4,
        IpNet::V6(_) => facts.ipv6,
    };
    let prefixes = Prefixes {
        shortest: block.saturating_sub(facts.most_bits),
        longest: block,
    };
    if let Some(size) = outside(net, prefixes) {
        report.push(
            Diagnostic::new(
                &code::POD_PREFIX,
                match size {
                    "small" => format!("the pod network `{net}` is smaller than the /{block} that each node gets of it"),
                    _ => format!("the pod network `{net}` holds more than 65,536 blocks of a /{block}, the most that kubeadm takes"),
                },
            )
            .value(path, format!("too {size}"))
            .cure(format!(
                "use a prefix from /{} to /{}",
                prefixes.shortest, prefixes.longest
            )),
        );
        return;
    }
    let nodes = u64::from(spec.control_plane.count) + u64::from(spec.workers.count);
    let held = blocks(net.prefix_len(), block);
    // The shortest prefix with room for twice the nodes.
    let wide = (prefixes.shortest..=block)
        .rev()
        .find(|prefix| blocks(*prefix, block) >= 2 * nodes);
    let cure = match wide {
        Some(prefix) => format!("use a /{prefix} or larger: the network cannot change later"),
        None => "use fewer nodes: no pod network has a block for each of them".into(),
    };
    let (code, message) = if held < nodes {
        (
            &code::TOO_FEW_POD_BLOCKS,
            format!(
                "the pod network `{net}` has a /{block} for each of {held} nodes, and there are {nodes}"
            ),
        )
    } else if held < 2 * nodes {
        (
            &code::FEW_POD_BLOCKS,
            format!(
                "the pod network `{net}` has room for {held} nodes, fewer than twice the {nodes} there are"
            ),
        )
    } else {
        return;
    };
    report.push(
        Diagnostic::new(code, message)
            .value(path, format!("{held} blocks of a /{block}"))
            .cure(cure),
    );
}

fn service_prefix(net: IpNet, path: &str, report: &mut Report) {
    let prefixes = match net {
        IpNet::V4(_) => KUBERNETES.service_prefixes.ipv4,
        IpNet::V6(_) => KUBERNETES.service_prefixes.ipv6,
    };
    if let Some(size) = outside(net, prefixes) {
        report.push(
            Diagnostic::new(
                &code::SERVICE_PREFIX,
                match size {
                    "small" => format!(
                        "the Service network `{net}` has fewer addresses than kubeadm needs"
                    ),
                    _ => {
                        format!("the Service network `{net}` has more addresses than kubeadm takes")
                    }
                },
            )
            .value(path, format!("too {size}"))
            .cure(format!(
                "use a prefix from /{} to /{}",
                prefixes.shortest, prefixes.longest
            )),
        );
    }
}

fn outside(net: IpNet, prefixes: Prefixes) -> Option<&'static str> {
    match net.prefix_len() {
        length if length < prefixes.shortest => Some("large"),
        length if length > prefixes.longest => Some("small"),
        _ => None,
    }
}
