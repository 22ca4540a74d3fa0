//! What is in a pool: the forms of its addresses, and who may have them.

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Count, Diagnostic, Report};
use crate::spec::{AddressRange, MetallbPool, NotARange};

use super::{PATH, Target, names, path, twice};

/// A range of a pool, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// The path of its value.
    pub(super) path: String,
    /// The number of its pool.
    pub(super) pool: usize,
    /// The addresses.
    pub(super) range: AddressRange,
}

/// Checks each pool by itself. What comes back are the ranges whose form is right.
pub(super) fn check(target: &Target<'_>, report: &mut Report) -> Vec<Placed> {
    let pools = &target.metallb.pools;
    if pools.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_POOLS,
                "MetalLB has no addresses to give to Services",
            )
            .value(path("pools"), "empty")
            .cure("add a pool, or set `services: none`"),
        );
    } else if !pools.iter().any(|pool| pool.auto_assign) {
        report.push(
            Diagnostic::new(
                &code::NO_AUTO_ASSIGN,
                "no pool gives addresses to Services that ask for none, so these wait for ever",
            )
            .value(path("pools"), "`autoAssign: false` in each")
            .cure("leave `autoAssign` out of one pool, if Services are to get addresses by themselves"),
        );
    }
    let mut all = Vec::new();
    for (at, pool) in pools.iter().enumerate() {
        let list = format!("{PATH}.pools[{at}].addresses");
        if pool.addresses.is_empty() {
            report.push(
                Diagnostic::new(
                    &code::NO_ADDRESSES,
                    format!("the pool `{}` has no addresses", pool.name),
                )
                .value(list, "empty")
                .cure("add a network or a range, or remove the pool"),
            );
            continue;
        }
        let before = all.len();
        for (number, text) in pool.addresses.iter().enumerate() {
            let path = format!("{list}[{number}]");
            match text.parse::<AddressRange>() {
                Ok(range) => all.push(Placed {
                    path,
                    pool: at,
                    range,
                }),
                Err(why) => report.push(malformed(&path, text, &why)),
            }
        }
        if all.len() - before == pool.addresses.len() {
            usable(pool, &list, &all[before..], report);
        }
        allocation(pool, at, report);
    }
    all
}

fn malformed(path: &str, text: &str, why: &NotARange) -> Diagnostic {
    match why {
        NotARange::Form => Diagnostic::new(
            &code::ADDRESS_FORM,
            format!("`{text}` is neither a network nor a range of addresses"),
        )
        .value(path, "not of that form")
        .cure(
            "write a network such as 10.20.0.192/27, or FIRST-LAST such as 10.20.0.200-10.20.0.239",
        ),
        NotARange::Ipv6 => Diagnostic::new(
            &code::ADDRESS_FAMILY,
            format!("`{text}` has IPv6 addresses, and the machines have none"),
        )
        .value(path, "IPv6")
        .cure("use IPv4 addresses"),
        NotARange::Backwards(range) => Diagnostic::new(
            &code::RANGE_BACKWARDS,
            format!("the range `{text}` ends before it begins"),
        )
        .value(path, "from the last to the first address")
        .replace_with(format!("{}-{}", range.first(), range.last())),
        NotARange::HostBits(net) => Diagnostic::new(
            &code::ADDRESS_HOST_BITS,
            format!(
                "`{text}` has bits set behind its prefix, and MetalLB would take all of `{net}`"
            ),
        )
        .value(path, "an address, and not a network")
        .cure(format!(
            "write `{net}` if you mean all of it, or the addresses as FIRST-LAST"
        )),
    }
}

/// Refuses a pool of which MetalLB gives out nothing.
fn usable(pool: &MetallbPool, list: &str, ranges: &[Placed], report: &mut Report) {
    let buggy: u64 = ranges.iter().map(|one| one.range.buggy()).sum();
    let all: u64 = ranges.iter().map(|one| one.range.count()).sum();
    if pool.avoid_buggy_ips && buggy == all {
        report.push(
            Diagnostic::new(
                &code::NOTHING_USABLE,
                format!(
                    "the pool `{}` has {}, and with `avoidBuggyIPs` none is given out",
                    pool.name,
                    Count(usize::try_from(all).unwrap_or(usize::MAX), "address")
                ),
            )
            .value(list, "only addresses that end in .0 or .255")
            .cure("add other addresses, or set `avoidBuggyIPs: false`"),
        );
    }
}

fn allocation(pool: &MetallbPool, at: usize, report: &mut Report) {
    let Some(allocation) = &pool.service_allocation else {
        return;
    };
    let list = format!("{PATH}.pools[{at}].serviceAllocation.namespaces");
    twice(&allocation.namespaces, &list, "namespace", report);
    for (number, name) in allocation.namespaces.iter().enumerate() {
        if !names::is_namespace(name) {
            report.push(
                Diagnostic::new(
                    &code::OBJECT_NAME,
                    format!("no namespace can be called `{name}`"),
                )
                .value(format!("{list}[{number}]"), "not a namespace")
                .cure("use at most 63 lower-case letters, digits and dashes"),
            );
        }
    }
}
