//! The arithmetic of networks against a model that counts addresses one by one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::prelude::*;

use super::{Named, Set, blocks, held, is_private, overlap, reserved, special_range};
use crate::diagnostic::Report;

/// Networks in 10.0.0.0/24, or in a /120 of IPv6: small enough to count.
fn small() -> impl Strategy<Value = IpNet> {
    (any::<bool>(), any::<u8>(), 0..=8_u8).prop_map(|(v4, last, bits)| {
        if v4 {
            Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, last), 32 - bits)
                .trunc()
                .into()
        } else {
            let address = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last.into());
            Ipv6Net::new_assert(address, 128 - bits).trunc().into()
        }
    })
}

/// The addresses of a small network, each as its family and last byte.
fn members(net: IpNet) -> Vec<(bool, u8)> {
    let (v4, first) = match net {
        IpNet::V4(net) => (true, net.network().octets()[3]),
        IpNet::V6(net) => (false, net.network().octets()[15]),
    };
    let size = 1_u16 << (net.max_prefix_len() - net.prefix_len());
    (0..size)
        .map(|n| (v4, u8::try_from(u16::from(first) + n).expect("in a /24")))
        .collect()
}

proptest! {
    #[test]
    fn networks_overlap_where_they_share_an_address(a in small(), b in small()) {
        let (of_a, of_b) = (members(a), members(b));
        prop_assert_eq!(overlap(a, b), of_a.iter().any(|one| of_b.contains(one)));
        prop_assert_eq!(overlap(a, b), overlap(b, a));
        prop_assert_eq!(a.contains(&b), of_b.iter().all(|one| of_a.contains(one)));
    }

    #[test]
    fn held_names_each_network_that_another_one_holds(list in proptest::collection::vec(small(), 0..24)) {
        let found = held(&list);
        for (outer, inner) in &found {
            prop_assert!(outer != inner && list[*outer].contains(&list[*inner]));
        }
        for (at, net) in list.iter().enumerate() {
            let expected = list.iter().enumerate().any(|(other, outer)| {
                other != at && outer.contains(net) && (outer != net || other < at)
            });
            prop_assert_eq!(found.iter().filter(|(_, inner)| *inner == at).count(), usize::from(expected));
        }
    }

    #[test]
    fn a_set_holds_what_its_networks_hold_together(list in proptest::collection::vec(small(), 0..12), net in small()) {
        let all: Vec<_> = list.iter().copied().flat_map(members).collect();
        let expected = members(net).iter().all(|one| all.contains(one));
        prop_assert_eq!(Set::new(&list).contains(net), expected);
    }

    #[test]
    fn blocks_are_counted_as_subnets_are(prefix in 0..=32_u8, bits in 0..=10_u8) {
        let block = prefix.saturating_add(bits).min(32);
        let net = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, prefix);
        let counted = net.subnets(block).expect("longer").count() as u64;
        prop_assert_eq!(blocks(prefix, block), counted);
        prop_assert_eq!(blocks(block.saturating_add(1), block), 0);
    }

    #[test]
    fn special_and_private_ranges_agree_with_the_standard_library(address: u32, prefix in 0..=32_u8) {
        let address = Ipv4Addr::from(address);
        let net = IpNet::new_assert(address.into(), 32);
        let shared = address.octets()[0] == 100 && (64..128).contains(&address.octets()[1]);
        prop_assert_eq!(is_private(net), address.is_private() || shared);
        let special = address.is_loopback() || address.is_link_local() || address.is_multicast()
            || address.octets()[0] == 0 || address.octets()[0] >= 240;
        prop_assert_eq!(special_range(net).is_some(), special);
        let wide = IpNet::new_assert(address.into(), prefix).trunc();
        prop_assert!(!special || special_range(wide).is_some());
    }
}

/// What each cloud keeps, written down a second time, as first and last address.
const KEPT: [(&str, &[(&str, &str)]); 5] = [
    (
        "aws",
        &[("fd00:ec2::", "fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff")],
    ),
    ("aliyun", &[("100.64.0.0", "100.127.255.255")]),
    ("tencent", &[("100.64.0.0", "100.127.255.255")]),
    (
        "huawei",
        &[
            ("100.64.0.0", "100.127.255.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("214.0.0.0", "215.255.255.255"),
        ],
    ),
    ("baremetal", &[]),
];

fn refused(target: &str, net: IpNet) -> bool {
    let named = Named {
        path: "kubernetes.podSubnets[0]".into(),
        what: "the pod network",
        net,
    };
    let mut report = Report::default();
    reserved(target, [&named], &mut report);
    for problem in report.iter() {
        assert_eq!(problem.code.id, "HGN2052");
    }
    report.has_errors()
}

#[test]
fn each_cloud_keeps_its_own_ranges() {
    for (target, net, expected) in [
        ("aliyun", "100.100.0.0/16", true),
        ("aliyun", "100.0.0.0/8", true),
        ("aliyun", "100.128.0.0/16", false),
        ("tencent", "100.64.0.0/16", true),
        ("tencent", "10.244.0.0/16", false),
        ("huawei", "100.125.0.0/16", true),
        ("huawei", "198.19.0.0/16", true),
        ("huawei", "198.20.0.0/16", false),
        ("aws", "100.64.0.0/10", false),
        ("aws", "fd00:ec2::/56", true),
        ("aws", "fd00:ec3::/56", false),
        ("baremetal", "100.64.0.0/10", false),
    ] {
        assert_eq!(
            refused(target, net.parse().expect(net)),
            expected,
            "{target} {net}"
        );
    }
}

proptest! {
    #[test]
    fn a_network_is_refused_exactly_where_it_shares_an_address_with_what_the_cloud_keeps(
        near in proptest::sample::select(vec![0x6440_0000_u32, 0xc612_0000, 0xd600_0000, 0x0a00_0000]),
        offset in -0x0100_0000_i64..0x0300_0000, prefix in 4..=32_u8, v6: u128,
    ) {
        let address = u32::try_from(i64::from(near) + offset).expect("an address");
        let v4 = Ipv4Net::new_assert(address.into(), prefix).trunc();
        let v6 = Ipv6Net::new_assert((0xfd00_0ec1_u128 << 96 | v6 >> 30).into(), 24 + prefix).trunc();
        for net in [IpNet::V4(v4), IpNet::V6(v6)] {
            let (first, last) = (net.network(), net.broadcast());
            for (target, kept) in KEPT {
                let expected = kept.iter().any(|(from, to)| {
                    let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
                    let (from, to) = (parse(from), parse(to));
                    // Addresses of one family are in order; those of the other are not asked.
                    first.is_ipv4() == from.is_ipv4() && first <= to && from <= last
                });
                prop_assert_eq!(refused(target, net), expected, "{} {}", target, net);
            }
        }
    }
}

#[test]
fn blocks_of_ipv6_do_not_overflow() {
    assert_eq!(blocks(0, 64), u64::MAX);
    assert_eq!(blocks(48, 64), 65_536);
    assert_eq!(blocks(64, 64), 1);
}

/// How many blocks a network has, by listing them.
fn listed(net: IpNet, block: u8) -> u64 {
    match net {
        IpNet::V4(net) => net.subnets(block).map_or(0, |blocks| blocks.count() as u64),
        IpNet::V6(net) => net.subnets(block).map_or(0, |blocks| blocks.count() as u64),
    }
}

proptest! {
    /// The pod network of a spec: too large or too small for kubeadm, no block for some node, room
    /// for fewer than twice the nodes, or good.
    #[test]
    fn the_room_for_nodes_is_what_listing_the_blocks_finds(
        v4: bool, bits in 0..=20_u8, control_plane in proptest::sample::select(vec![1_u16, 3, 5, 7]),
        workers in 0_u16..300,
    ) {
        let (net, block): (IpNet, u8) = if v4 {
            (Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 28 - bits).trunc().into(), 24)
        } else {
            (Ipv6Net::new_assert(Ipv6Addr::new(0xfd01, 0, 0, 0, 0, 0, 0, 0), 66 - bits).trunc().into(), 64)
        };
        let mut spec: crate::spec::Cluster =
            serde_saphyr::from_str(include_str!("../../../examples/aws.yaml")).expect("a spec");
        spec.kubernetes.pod_subnets = vec![net];
        spec.kubernetes.service_subnets = vec![if v4 { "172.30.0.0/16" } else { "fd02::/112" }.parse().expect("a network")];
        spec.control_plane.count = control_plane;
        spec.workers.count = workers;
        let mut report = Report::default();
        crate::validate::addresses::check(&spec, &mut report);
        let found: Vec<_> = report.iter().map(|problem| problem.code.id).collect();
        let nodes = u64::from(control_plane) + u64::from(workers);
        let held = listed(net, block);
        let expected = match held {
            0 => vec!["HGN2043"],
            held if held > 65_536 => vec!["HGN2043"],
            held if held < nodes => vec!["HGN2048"],
            held if held < 2 * nodes => vec!["HGN2049"],
            _ => vec![],
        };
        prop_assert_eq!(found, expected, "{} has {} blocks for {} nodes", net, held, nodes);
    }

    /// A Service network has ten addresses at least, and kubeadm takes 2^20 at most.
    #[test]
    fn the_size_of_a_service_network_is_what_counting_finds(v4: bool, prefix in 0..=32_u8) {
        let (net, pods, bits): (IpNet, &str, u8) = if v4 {
            (Ipv4Net::new_assert(Ipv4Addr::new(172, 30, 0, 0), prefix).trunc().into(), "10.0.0.0/12", 32 - prefix)
        } else {
            (Ipv6Net::new_assert(Ipv6Addr::new(0xfd02, 0, 0, 0, 0, 0, 0, 0), 96 + prefix).trunc().into(), "fd01::/50", 32 - prefix)
        };
        let mut spec: crate::spec::Cluster =
            serde_saphyr::from_str(include_str!("../../../examples/aws.yaml")).expect("a spec");
        spec.kubernetes.pod_subnets = vec![pods.parse().expect("a network")];
        spec.kubernetes.service_subnets = vec![net];
        let mut report = Report::default();
        crate::validate::addresses::check(&spec, &mut report);
        let addresses = 1_u64 << bits;
        let expected = !(10..=1 << 20).contains(&addresses);
        prop_assert_eq!(report.iter().any(|problem| problem.code.id == "HGN2044"), expected, "{}", net);
    }
}
