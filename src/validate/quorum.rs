//! How many control-plane nodes there are, and over how many zones.

use std::collections::BTreeMap;

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Count, Diagnostic, Place, Report};
use crate::spec::{Cluster, Etcd};

/// More members make etcd slower and no safer (etcd.io: FAQ).
const MOST: u16 = 7;

const COUNT: &str = "controlPlane.count";

pub(super) fn check(spec: &Cluster, report: &mut Report) {
    let count = spec.control_plane.count;
    match count {
        0 => report.push(
            Diagnostic::new(
                &code::NO_CONTROL_PLANE,
                "a cluster needs a control-plane node",
            )
            .value(COUNT, "none")
            .replace_with("3"),
        ),
        1 if !spec.control_plane.allow_single => report.push(
            Diagnostic::new(
                &code::SINGLE_CONTROL_PLANE,
                "a single control-plane node is not highly available: its failure stops the API",
            )
            .value(COUNT, "tolerates no failure")
            .cure("use 3")
            .cure("for a test cluster, set `controlPlane.allowSingle: true`")
            .replace_with("3"),
        ),
        _ if count > MOST => report.push(
            Diagnostic::new(
                &code::TOO_MANY_MEMBERS,
                format!(
                    "{count} etcd members are too many: {} have to agree on each write",
                    quorum(count.into())
                ),
            )
            .value(COUNT, "too many")
            .cure("use 3, 5 or 7, and larger machines where the API needs more"),
        ),
        _ if count.is_multiple_of(2) && matches!(spec.etcd, Etcd::Stacked) => {
            report.push(even(count));
        }
        _ => {}
    }
    if let Etcd::External(_) = spec.etcd {
        report.push(
            Diagnostic::new(&code::EXTERNAL_ETCD, "external etcd is not available yet")
                .key("etcd.external", "not available yet")
                .cure("use `etcd: stacked`, a member on each control-plane node"),
        );
    }
}

fn even(count: u16) -> Diagnostic {
    let (count, fewer) = (usize::from(count), usize::from(count) - 1);
    let tolerated = match count - quorum(count) {
        0 => "no failure".to_owned(),
        failures => Count(failures, "failure").to_string(),
    };
    let problem = Diagnostic::new(
        &code::EVEN_MEMBERS,
        format!(
            "{count} etcd members tolerate {tolerated} ({} have to agree), the same as {fewer}",
            quorum(count),
        ),
    )
    .value(COUNT, "an even number");
    // Two nodes stand for one too few; of four and six, both neighbours are good.
    if count == 2 {
        problem.replace_with("3")
    } else {
        problem.cure(format!("use {fewer} or {}", count + 1))
    }
}

/// How many of `members` have to agree.
pub(super) fn quorum(members: usize) -> usize {
    members / 2 + 1
}

/// Warns where the loss of one zone stops etcd. `zones` holds the control-plane nodes of each
/// zone; the diagnostic points at `place`.
pub(super) fn zones(zones: &BTreeMap<&str, usize>, place: &Place, report: &mut Report) {
    let members: usize = zones.values().sum();
    // Of equally large zones the first is named, so that the message is always the same.
    let Some((zone, most)) = zones.iter().rev().max_by_key(|(_, count)| **count) else {
        return;
    };
    let left = members - most;
    // Numbers that are refused as such are not explained by their zones.
    if members < 3
        || members > usize::from(MOST)
        || members.is_multiple_of(2)
        || left >= quorum(members)
    {
        return;
    }
    let are = if left == 1 { "is" } else { "are" };
    let stops = format!(
        "{most} of {members} etcd members are in `{zone}`; without it {left} {are} left, and {} have to agree",
        quorum(members)
    );
    report.push(if zones.len() < 3 {
        Diagnostic::new(
            &code::FEW_ZONES,
            format!(
                "the control plane is in {}: {stops}",
                Count(zones.len(), "zone")
            ),
        )
        .at(place.clone(), "fewer than three zones")
        .cure("spread the control plane over three zones")
    } else {
        Diagnostic::new(&code::ZONE_LOSS, stops)
            .at(place.clone(), format!("the loss of `{zone}` stops the API"))
            .cure("spread the control-plane machines evenly over the zones")
    });
}

#[cfg(test)]
mod tests {
    use super::quorum;

    #[test]
    fn more_than_half_have_to_agree() {
        let of = |members| (quorum(members), members - quorum(members));
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 7].map(of),
            [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (4, 2), (4, 3)]
        );
    }
}
