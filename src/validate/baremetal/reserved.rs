//! Ranges that others use, such as that of a DHCP server.

use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::validate::form::leading_zero;

use super::{Target, path};

/// Addresses from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: Ipv4Addr,
    pub(super) last: Ipv4Addr,
}

impl Range {
    /// Reads a network or `FIRST-LAST`.
    fn parse(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            return (first <= last).then_some(Self { first, last });
        }
        let net: Ipv4Net = text.parse().ok()?;
        // ipnet reads 010.0.0.0 as 10.0.0.0; other programs read it as octal.
        (net.trunc() == net && !leading_zero(text)).then_some(Self {
            first: net.network(),
            last: net.broadcast(),
        })
    }

    /// Whether an address is in it.
    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.first, self.last)
    }
}

/// The ranges that can be read, each with its place in the list.
pub(super) fn ranges(target: &Target<'_>) -> Vec<(usize, Range)> {
    let list = target.own.network.reserved.iter().enumerate();
    list.filter_map(|(at, text)| Some((at, Range::parse(text)?)))
        .collect()
}

/// The path of one of them.
pub(super) fn at(index: usize) -> String {
    path(&format!("network.reserved[{index}]"))
}

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let subnet = target.own.network.cidr;
    for (index, text) in target.own.network.reserved.iter().enumerate() {
        match Range::parse(text) {
            None => report.push(form(text, at(index))),
            Some(range) if !subnet.contains(&range.first) || !subnet.contains(&range.last) => {
                report.push(
                    Diagnostic::new(
                        &code::RANGE_OUTSIDE,
                        format!("`{text}` is not within the subnet `{subnet}`"),
                    )
                    .value(at(index), "not within the subnet")
                    .also(path("network.cidr"), "the subnet")
                    .cure("correct the range, or leave out what is outside"),
                );
            }
            Some(_) => {}
        }
    }
}

fn form(text: &str, here: String) -> Diagnostic {
    let bare: String = text.split_whitespace().collect();
    let backwards = bare
        .split_once('-')
        .map(|(first, last)| format!("{last}-{first}"))
        .filter(|turned| Range::parse(turned).is_some());
    let net: Option<Ipv4Net> = bare.parse().ok().filter(|_| !leading_zero(&bare));
    let (why, meant) = match (backwards, net, bare.parse::<Ipv4Addr>()) {
        (Some(turned), _, _) => ("ends before it begins", Some(turned)),
        (_, Some(net), _) if net.trunc() != net => (
            "has bits set behind its prefix",
            Some(net.trunc().to_string()),
        ),
        (_, _, Ok(address)) => ("is one address", Some(format!("{address}/32"))),
        _ => (
            "is neither a network nor a first and a last address",
            Some(bare).filter(|bare| Range::parse(bare).is_some()),
        ),
    };
    let problem = Diagnostic::new(&code::RANGE_FORM, format!("`{text}` {why}"))
        .value(here, "not a range of addresses");
    match meant {
        Some(meant) => problem.replace_with(meant),
        None => problem.cure("write it as `10.20.0.100-10.20.0.149` or `10.20.0.64/27`"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Range, form};

    #[test]
    fn networks_and_ranges_and_nothing_else() {
        for good in [
            "10.20.0.64/27",
            "10.20.0.100-10.20.0.149",
            "10.0.0.0-10.0.0.1",
            "0.0.0.0/0",
        ] {
            assert!(Range::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "-",
            "10.20.0.100",
            "10.20.0.65/27",
            "10.20.0.149-10.20.0.100",
            "10.20.0.1 - 10.20.0.9",
            "10.20.0.1-",
            "10.20.0.1-10.20.0.2-10.20.0.3",
            "fd00::/64",
            "010.0.0.0/8",
            "10.20.0.010-10.20.0.020",
        ] {
            assert!(Range::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_slip_is_put_right() {
        let meant = |text: &str| form(text, String::new()).replacement;
        for (slip, right) in [
            ("10.20.0.149-10.20.0.100", "10.20.0.100-10.20.0.149"),
            ("10.20.0.1 - 10.20.0.9", "10.20.0.1-10.20.0.9"),
            ("10.20.0.65/27", "10.20.0.64/27"),
            ("10.20.0.7", "10.20.0.7/32"),
        ] {
            assert_eq!(meant(slip).as_deref(), Some(right));
        }
        assert_eq!(meant("everything"), None);
    }

    proptest! {
        #[test]
        fn what_is_put_in_its_place_can_be_read(text in "[0-9./ -]{0,24}|\\PC{0,12}") {
            if let Some(meant) = form(&text, String::new()).replacement {
                prop_assert!(Range::parse(&meant).is_some(), "{text}: {meant}");
            }
        }
    }
}
