//! IPv4 addresses that follow one another, as pools and reserved ranges have them.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::{Ipv4Net, Ipv4Subnets};

/// Addresses from the first to the last one: `10.0.0.10-10.0.0.19`, `10.0.0.0/28`, or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    first: Ipv4Addr,
    last: Ipv4Addr,
}

/// Why a text is no such range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotARange {
    /// It has none of the three forms.
    Form,
    /// It has IPv6 addresses, or those of both families.
    Ipv6,
    /// The first address stands behind the last one.
    Backwards(AddressRange),
    /// It is a network with bits behind its prefix. Read as that network, it has more addresses than was meant.
    HostBits(Ipv4Net),
}

impl AddressRange {
    /// The range between two addresses; nothing where the first stands behind the last.
    pub fn new(first: Ipv4Addr, last: Ipv4Addr) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The first address.
    pub const fn first(self) -> Ipv4Addr {
        self.first
    }

    /// The last address.
    pub const fn last(self) -> Ipv4Addr {
        self.last
    }

    /// Whether an address is in it.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        self.first <= address && address <= self.last
    }

    /// Whether it has an address in common with another one.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// How many addresses it has.
    pub fn count(self) -> u64 {
        u64::from(u32::from(self.last)) - u64::from(u32::from(self.first)) + 1
    }

    /// How many of its addresses end in .0 or .255, which some old devices take for those of a network.
    pub fn buggy(self) -> u64 {
        let (first, last) = (
            u64::from(u32::from(self.first)),
            u64::from(u32::from(self.last)),
        );
        // Multiples of 256 from `from` to `to`.
        let multiples = |from: u64, to: u64| (to / 256 + 1) - from.div_ceil(256);
        multiples(first, last) + multiples(first + 1, last + 1)
    }

    /// The networks that it is made of, none of which could be larger.
    pub fn networks(self) -> impl Iterator<Item = Ipv4Net> {
        Ipv4Subnets::new(self.first, self.last, 0)
    }
}

impl From<Ipv4Net> for AddressRange {
    fn from(net: Ipv4Net) -> Self {
        Self {
            first: net.network(),
            last: net.broadcast(),
        }
    }
}

impl FromStr for AddressRange {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Addresses are read strictly: a leading zero is octal for some programs.
        let address = |text: &str| text.trim().parse::<Ipv4Addr>().map_err(|_| NotARange::Form);
        let parsed = if let Some((first, last)) = text.split_once('-') {
            address(first).and_then(|first| Ok((first, address(last)?)))
        } else if let Some((net, prefix)) = text.split_once('/') {
            // What ipnet reads as a prefix is more than digits.
            let digits =
                (1..=2).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit());
            let net = address(net).and_then(|address| {
                let prefix = prefix.parse().ok().filter(|_| digits);
                prefix
                    .and_then(|prefix| Ipv4Net::new(address, prefix).ok())
                    .ok_or(NotARange::Form)
            });
            match net {
                Ok(net) if net.trunc() != net => return Err(NotARange::HostBits(net.trunc())),
                Ok(net) => Ok((net.network(), net.broadcast())),
                Err(why) => Err(why),
            }
        } else {
            address(text).map(|address| (address, address))
        };
        match parsed {
            Ok((first, last)) => Self::new(first, last).ok_or(NotARange::Backwards(Self {
                first: last,
                last: first,
            })),
            Err(_) if text.contains(':') => Err(NotARange::Ipv6),
            Err(why) => Err(why),
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut networks = self.networks();
        match (networks.next(), networks.next()) {
            (Some(net), None) => write!(formatter, "{net}"),
            _ => write!(formatter, "{}-{}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::{AddressRange, NotARange};

    fn read(text: &str) -> Result<AddressRange, NotARange> {
        text.parse()
    }

    #[test]
    fn the_three_forms() {
        let ends = |text: &str| {
            let range = read(text).expect(text);
            format!("{}-{}", range.first(), range.last())
        };
        assert_eq!(ends("10.0.0.10-10.0.0.19"), "10.0.0.10-10.0.0.19");
        assert_eq!(ends("10.0.0.10 - 10.0.0.19"), "10.0.0.10-10.0.0.19");
        assert_eq!(ends("10.0.0.16/28"), "10.0.0.16-10.0.0.31");
        assert_eq!(ends("0.0.0.0/0"), "0.0.0.0-255.255.255.255");
        assert_eq!(ends("10.0.0.10"), "10.0.0.10-10.0.0.10");
    }

    #[test]
    fn what_is_none_of_them() {
        for bad in [
            "",
            "-",
            "10.0.0.10-",
            "10.0.0.10-19",
            "10.0.0.10-10.0.0.19-10.0.0.20",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/024",
            "10.0.0.0/",
            "10.0.0.010",
            "10.0.0.256",
            "pool",
        ] {
            assert_eq!(read(bad), Err(NotARange::Form), "{bad}");
        }
        for bad in [
            "2001:db8::/64",
            "2001:db8::1-2001:db8::9",
            "10.0.0.1-::9",
            "::1",
        ] {
            assert_eq!(read(bad), Err(NotARange::Ipv6), "{bad}");
        }
        assert!(
            matches!(read("10.0.0.9-10.0.0.1"), Err(NotARange::Backwards(range)) if range.count() == 9)
        );
        assert!(
            matches!(read("10.0.0.77/24"), Err(NotARange::HostBits(net)) if net.to_string() == "10.0.0.0/24")
        );
    }

    /// A short range, often across the ends of a /24, and at both ends of all addresses.
    fn short() -> impl Strategy<Value = AddressRange> {
        let start = prop_oneof![0_u32..2000, any::<u32>(), (u32::MAX - 2000)..=u32::MAX];
        (start, 0_u32..1500).prop_map(|(first, more)| {
            AddressRange::new(
                Ipv4Addr::from(first),
                Ipv4Addr::from(first.saturating_add(more)),
            )
            .expect("in order")
        })
    }

    fn each(range: AddressRange) -> impl Iterator<Item = Ipv4Addr> {
        (u32::from(range.first())..=u32::from(range.last())).map(Ipv4Addr::from)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(range in short()) {
            prop_assert_eq!(range.to_string().parse::<AddressRange>(), Ok(range));
            let plain = format!("{}-{}", range.first(), range.last());
            prop_assert_eq!(plain.parse::<AddressRange>(), Ok(range));
        }

        #[test]
        fn counts_are_those_of_counting(range in short()) {
            prop_assert_eq!(range.count(), each(range).count() as u64);
            let buggy = each(range).filter(|one| [0, 255].contains(&one.octets()[3])).count();
            prop_assert_eq!(range.buggy(), buggy as u64);
        }

        #[test]
        fn an_overlap_is_an_address_in_both(a in short(), by in -1600_i64..1600, more in 0_u32..200) {
            let first = (i64::from(u32::from(a.first())) + by).clamp(0, i64::from(u32::MAX));
            let first = u32::try_from(first).expect("clamped");
            let b = AddressRange::new(first.into(), first.saturating_add(more).into()).expect("in order");
            let common = each(a).any(|one| each(b).any(|other| one == other));
            prop_assert_eq!(a.overlaps(b), common);
            prop_assert_eq!(b.overlaps(a), common);
            prop_assert_eq!(each(b).any(|one| a.contains(one)), common);
        }

        #[test]
        fn its_networks_hold_its_addresses_and_no_others(range in short()) {
            let nets: Vec<_> = range.networks().collect();
            let listed: Vec<Ipv4Addr> = nets.iter().flat_map(|net| each((*net).into())).collect();
            prop_assert_eq!(listed, each(range).collect::<Vec<_>>());
        }

        /// Nothing panics, whatever the text.
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9./: -]{0,40}|\\PC{0,20}") {
            if let Ok(range) = text.parse::<AddressRange>() {
                prop_assert!(range.count() >= 1);
                prop_assert!(range.buggy() <= range.count());
            }
        }
    }
}
