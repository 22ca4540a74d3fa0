//! The arithmetic of networks, for all rules.
//!
//! Two networks in CIDR form are apart or one holds the other, so a list is checked for
//! overlaps by sorting it: no rule compares each with each.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::facts::reserved_ranges;

/// A network of the spec.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// The path of its value.
    pub(super) path: String,
    /// What it is, as in "the pod network".
    pub(super) what: &'static str,
    /// The network.
    pub(super) net: IpNet,
}

/// How many blocks of a prefix a network holds.
pub(super) fn blocks(network: u8, block: u8) -> u64 {
    match block.checked_sub(network) {
        None => 0,
        Some(bits) => 1u64.checked_shl(bits.into()).unwrap_or(u64::MAX),
    }
}

/// Whether two networks have an address in common.
pub(super) fn overlap(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}

/// For each network that another one of the list holds, both: the outer one and the inner one.
/// Of equal networks the earlier one counts as the outer.
pub(super) fn held(list: &[IpNet]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    // By first address, and from the largest to the smallest.
    order.sort_by_key(|at| (list[*at].addr(), list[*at].prefix_len(), *at));
    let mut open: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for at in order {
        while open
            .last()
            .is_some_and(|outer| !list[*outer].contains(&list[at]))
        {
            open.pop();
        }
        if let Some(outer) = open.last() {
            found.push((*outer, at));
        }
        open.push(at);
    }
    found
}

/// Refuses networks that overlap.
pub(super) fn disjoint(list: &[Named], code: &'static Code, report: &mut Report) {
    let nets: Vec<IpNet> = list.iter().map(|named| named.net).collect();
    for (outer, inner) in held(&nets) {
        let (first, second) = (outer.min(inner), outer.max(inner));
        report.push(overlapping(&list[second], &list[first], code));
    }
}

/// The diagnostic of two networks that overlap.
pub(super) fn overlapping(a: &Named, b: &Named, code: &'static Code) -> Diagnostic {
    Diagnostic::new(
        code,
        format!("{} `{}` overlaps {} `{}`", a.what, a.net, b.what, b.net),
    )
    .value(&a.path, a.what)
    .also(&b.path, format!("{} is {}", b.what, b.net))
    .cure("move one of the two to a range of its own")
}

/// Warns of networks that another one in the list already holds.
pub(super) fn nested<N: Copy + Into<IpNet>>(list: &[N], path: &str, report: &mut Report) {
    let nets: Vec<IpNet> = list.iter().map(|net| (*net).into()).collect();
    for (outer, inner) in held(&nets) {
        let problem = if nets[outer] == nets[inner] {
            Diagnostic::new(
                &code::NESTED_NETWORKS,
                format!("`{}` stands twice", nets[inner]),
            )
            .value(format!("{path}[{inner}]"), "the second one")
            .also(format!("{path}[{outer}]"), "the first one")
            .cure("remove one of the two")
        } else {
            Diagnostic::new(
                &code::NESTED_NETWORKS,
                format!("`{}` is already a part of `{}`", nets[inner], nets[outer]),
            )
            .value(format!("{path}[{inner}]"), "adds nothing")
            .also(format!("{path}[{outer}]"), "holds it")
            .cure("remove the smaller one, or correct the larger one")
        };
        report.push(problem);
    }
}

/// Merged networks, for asking whether an address or network is in any of them.
pub(super) struct Set(Vec<IpNet>);

impl Set {
    pub(super) fn new(list: &[IpNet]) -> Self {
        let mut merged = IpNet::aggregate(&list.to_vec());
        merged.sort_by_key(IpNet::addr);
        Self(merged)
    }

    pub(super) fn contains(&self, net: IpNet) -> bool {
        // Merged networks are apart, so only the last that begins before can hold it.
        let after = self.0.partition_point(|own| own.addr() <= net.addr());
        after > 0 && self.0[after - 1].contains(&net)
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// Private ranges (RFC 1918), and the shared range of RFC 6598.
const PRIVATE: [Ipv4Net; 4] = [
    v4(10, 0, 0, 0, 8),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
    v4(100, 64, 0, 0, 10),
];

/// Private ranges of IPv6 (RFC 4193).
const UNIQUE_LOCAL: Ipv6Net =
    Ipv6Net::new_assert(std::net::Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);

/// Docker's first bridge.
const DOCKER: Ipv4Net = v4(172, 17, 0, 0, 16);

/// Ranges that are not routed like others (RFC 6890).
const SPECIAL_V4: [(Ipv4Net, &str); 5] = [
    (v4(0, 0, 0, 0, 8), "\"this network\""),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (
        v4(169, 254, 0, 0, 16),
        "link-local addresses, the cloud's metadata among them",
    ),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(240, 0, 0, 0, 4), "future use"),
];

/// As above, for IPv6.
const SPECIAL_V6: [(&str, &str); 4] = [
    ("::/127", "loopback"),
    ("::ffff:0:0/96", "IPv4 addresses in IPv6 form"),
    ("fe80::/10", "link-local addresses"),
    ("ff00::/8", "multicast"),
];

/// Whether a network is a private one.
pub(super) fn is_private(net: IpNet) -> bool {
    match net {
        IpNet::V4(net) => PRIVATE.iter().any(|range| range.contains(&net)),
        IpNet::V6(net) => UNIQUE_LOCAL.contains(&net),
    }
}

/// The special range that a network touches, and what it is for.
pub(super) fn special_range(net: IpNet) -> Option<(IpNet, &'static str)> {
    let v4 = SPECIAL_V4
        .iter()
        .map(|(range, what)| (IpNet::V4(*range), *what));
    let v6 = SPECIAL_V6
        .iter()
        .filter_map(|(range, what)| Some((range.parse().ok()?, *what)));
    v4.chain(v6).find(|(range, _)| overlap(*range, net))
}

/// Says where a network lies in a range that is not for it.
pub(super) fn special(network: &Named, report: &mut Report) {
    let Named { path, what, net } = network;
    if let Some((range, purpose)) = special_range(*net) {
        report.push(
            Diagnostic::new(
                &code::SPECIAL_NETWORK,
                format!("{what} `{net}` touches {range}, which is kept for {purpose}"),
            )
            .value(path, "kept for another purpose")
            .cure("use a private range, for instance a part of 10.0.0.0/8"),
        );
    } else if matches!(net, IpNet::V4(_)) && !is_private(*net) {
        report.push(
            Diagnostic::new(
                &code::PUBLIC_NETWORK,
                format!("{what} `{net}` holds public addresses"),
            )
            .value(path, "not a private range")
            .cure("use a private range, for instance a part of 10.0.0.0/8, unless the addresses are your own"),
        );
    } else if overlap(*net, IpNet::V4(DOCKER)) {
        report.push(
            Diagnostic::new(
                &code::DOCKER_NETWORK,
                format!("{what} `{net}` overlaps {DOCKER}, where Docker puts its bridge"),
            )
            .value(path, "overlaps Docker's bridge")
            .cure("use another range if Docker runs on the nodes or on machines that talk to them"),
        );
    }
}

/// Refuses networks in what a target's cloud keeps for itself.
pub(super) fn reserved<'a>(
    target: &str,
    networks: impl IntoIterator<Item = &'a Named>,
    report: &mut Report,
) {
    let Some(cloud) = reserved_ranges::of(target) else {
        return;
    };
    for Named { path, what, net } in networks {
        let Some(range) = cloud.ranges.iter().find(|range| overlap(range.cidr, *net)) else {
            continue;
        };
        report.push(
            Diagnostic::new(
                &code::CLOUD_RANGE,
                format!(
                    "{what} `{net}` touches {}, which {} keeps for {}",
                    range.cidr, cloud.title, range.purpose
                ),
            )
            .value(path, format!("kept by {}", cloud.title))
            .cure(match net {
                IpNet::V4(_) => "use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
                IpNet::V6(_) => "use another part of fd00::/8, with random digits behind fd",
            }),
        );
    }
}

/// A single address as a network.
pub(super) fn host(address: Ipv4Addr) -> IpNet {
    IpNet::from(IpAddr::V4(address))
}

#[cfg(test)]
mod tests;
