//! The arithmetic of networks against a model that counts addresses one by one.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::prelude::*;

use super::{Set, blocks, held, is_private, overlap, special_range};

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

#[test]
fn blocks_of_ipv6_do_not_overflow() {
    assert_eq!(blocks(0, 64), u64::MAX);
    assert_eq!(blocks(48, 64), 65_536);
    assert_eq!(blocks(64, 64), 1);
}
