//! How many control-plane nodes there are, and over how many zones.

use std::collections::BTreeMap;

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Count, Diagnostic, Place, Report};
use crate::spec::{Cluster, Etcd};

/// More members make etcd slower and no safer (etcd.io: FAQ).
pub(super) const MOST: u16 = 7;

const COUNT: &str = "controlPlane.count";
const MEMBERS: &str = "etcd.external.count";

pub(super) fn check(spec: &Cluster, report: &mut Report) {
    let count = spec.control_plane.count;
    match (count, spec.etcd) {
        (0, _) => report.push(
            Diagnostic::new(
                &code::NO_CONTROL_PLANE,
                "a cluster needs a control-plane node",
            )
            .value(COUNT, "none")
            .replace_with("3"),
        ),
        (1, _) if !spec.control_plane.allow_single => report.push(
            Diagnostic::new(
                &code::SINGLE_CONTROL_PLANE,
                "a single control-plane node is not highly available: its failure stops the API",
            )
            .value(COUNT, "tolerates no failure")
            .cure("use 3")
            .cure("for a test cluster, set `controlPlane.allowSingle: true`")
            .replace_with("3"),
        ),
        (1, Etcd::Stacked) => {}
        (_, Etcd::Stacked) => members(
            count,
            COUNT,
            "use 3, 5 or 7, and larger machines where the API needs more",
            report,
        ),
        // API servers keep nothing and agree on nothing: two of them are as good a number as
        // three. Each one more holds all objects in memory and watches all of etcd, though.
        (_, Etcd::External(_)) if count > MOST => report.push(
            Diagnostic::new(
                &code::TOO_MANY_API_SERVERS,
                format!("{count} control-plane nodes are too many: more than {MOST} cost more than they give"),
            )
            .value(COUNT, "too many")
            .cure(format!("use 2 to {MOST}, and larger machines where the API needs more")),
        ),
        (_, Etcd::External(_)) => {}
    }
    if let Etcd::External(external) = spec.etcd {
        if external.count < 2 {
            report.push(
                Diagnostic::new(
                    &code::TOO_FEW_MEMBERS,
                    match external.count {
                        0 => "external etcd needs members",
                        _ => "a single etcd member tolerates no failure, and its disk is all there is of the cluster",
                    },
                )
                .value(MEMBERS, "too few")
                .replace_with("3"),
            );
        } else {
            members(
                external.count,
                MEMBERS,
                "use 3, 5 or 7, and faster disks where etcd needs more",
                report,
            );
        }
    }
}

/// A number of etcd members, two or more.
fn members(count: u16, path: &str, most: &str, report: &mut Report) {
    if count > MOST {
        report.push(
            Diagnostic::new(
                &code::TOO_MANY_MEMBERS,
                format!(
                    "{count} etcd members are too many: {} have to agree on each write",
                    quorum(count.into())
                ),
            )
            .value(path, "too many")
            .cure(most),
        );
    } else if count.is_multiple_of(2) {
        report.push(even(count, path));
    }
}

fn even(count: u16, path: &str) -> Diagnostic {
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
    .value(path, "an even number");
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

/// The nodes of each zone.
pub(super) type Zones<'a> = BTreeMap<&'a str, usize>;

/// Warns where the loss of one zone stops the API. `members` holds the etcd members of each zone;
/// `api_servers` the control-plane nodes, where these are other machines. Nothing is said of
/// machines whose zones are not all known. The diagnostics point at `place`.
pub(super) fn zones(
    members: Option<&Zones<'_>>,
    api_servers: Option<&Zones<'_>>,
    place: &Place,
    report: &mut Report,
) {
    let external = api_servers.is_some();
    if let Some(members) = members {
        member_zones(members, external, place, report);
    }
    if let Some(zones) = api_servers
        && let (1, Some((zone, count))) = (zones.len(), zones.iter().next())
        && *count > 1
    {
        report.push(
            Diagnostic::new(
                &code::ONE_ZONE,
                format!(
                    "{} control-plane nodes are in `{zone}`, and with it the API is lost",
                    match count {
                        2 => "both".to_owned(),
                        count => format!("all {count}"),
                    }
                ),
            )
            .at(place.clone(), format!("the loss of `{zone}` stops the API"))
            .cure("spread the control plane over two zones or more"),
        );
    }
}

fn member_zones(zones: &Zones<'_>, external: bool, place: &Place, report: &mut Report) {
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
    let (what, machines) = if external {
        ("etcd", "etcd machines")
    } else {
        ("the control plane", "control-plane machines")
    };
    let are = if left == 1 { "is" } else { "are" };
    let stops = format!(
        "{most} of {members} etcd members are in `{zone}`; without it {left} {are} left, and {} have to agree",
        quorum(members)
    );
    report.push(if zones.len() < 3 {
        Diagnostic::new(
            &code::FEW_ZONES,
            format!("{what} is in {}: {stops}", Count(zones.len(), "zone")),
        )
        .at(place.clone(), "fewer than three zones")
        .cure(format!("spread {what} over three zones"))
    } else {
        Diagnostic::new(&code::ZONE_LOSS, stops)
            .at(place.clone(), format!("the loss of `{zone}` stops the API"))
            .cure(format!("spread the {machines} evenly over the zones"))
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{MOST, Zones, check, quorum, zones};
    use crate::diagnostic::{Place, Report};
    use crate::spec::{Cluster, Etcd, ExternalEtcd};

    #[test]
    fn more_than_half_have_to_agree() {
        let of = |members| (quorum(members), members - quorum(members));
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 7].map(of),
            [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (4, 2), (4, 3)]
        );
    }

    fn codes(report: &Report) -> Vec<&'static str> {
        report.iter().map(|problem| problem.code.id).collect()
    }

    /// Whether the members that are left can go on: the others must be too few to do the same.
    fn agree(left: usize, all: usize) -> bool {
        left > all - left
    }

    /// How many failures a number of members survives, whichever fail: all sets of them are tried.
    fn survives(members: u32) -> u32 {
        (0..members)
            .rev()
            .find(|failures| {
                (0..1_u32 << members)
                    .filter(|failed| failed.count_ones() <= *failures)
                    .all(|failed| agree((members - failed.count_ones()) as usize, members as usize))
            })
            .unwrap_or(0)
    }

    /// Where each node is, as a number of a zone.
    fn placed() -> impl Strategy<Value = Vec<usize>> {
        proptest::collection::vec(0..5_usize, 0..12)
    }

    const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn counted(nodes: &[usize]) -> Zones<'static> {
        let mut zones = BTreeMap::new();
        for node in nodes {
            *zones.entry(NAMES[*node]).or_default() += 1;
        }
        zones
    }

    /// Whether the loss of some zone leaves too few of a number of members that is a good one.
    fn lost(nodes: &[usize]) -> bool {
        matches!(nodes.len(), 3 | 5 | 7)
            && (0..NAMES.len()).any(|zone| {
                let left = nodes.iter().filter(|node| **node != zone).count();
                !agree(left, nodes.len())
            })
    }

    proptest! {
        #[test]
        fn a_warning_exactly_where_the_loss_of_a_zone_stops_etcd(
            nodes in placed(), others in proptest::option::of(placed()),
        ) {
            let place = Place::Key("here".into());
            let mut report = Report::default();
            let (zones_of, others_of) = (counted(&nodes), others.as_deref().map(counted));
            zones(Some(&zones_of), others_of.as_ref(), &place, &mut report);
            let found = codes(&report);
            let etcd = found.iter().filter(|id| ["HGN2065", "HGN2066"].contains(id)).count();
            prop_assert_eq!(etcd, usize::from(lost(&nodes)), "{:?}", nodes);
            let few = found.contains(&"HGN2065");
            prop_assert_eq!(few, lost(&nodes) && zones_of.len() < 3);
            // API servers on machines of their own agree on nothing: one is enough.
            let gone = others.as_ref().is_some_and(|others| {
                others.len() > 1
                    && (0..NAMES.len()).any(|zone| others.iter().all(|node| *node == zone))
            });
            prop_assert_eq!(found.contains(&"HGN2070"), gone, "{:?}", others);
            prop_assert_eq!(found.len(), etcd + usize::from(gone));
        }

        #[test]
        fn a_number_of_members_is_accepted_exactly_where_none_fewer_survives_as_much(
            count in 0_u16..20, members in proptest::option::of(0_u16..20), allow_single: bool,
        ) {
            let mut spec = spec();
            spec.control_plane.count = count;
            spec.control_plane.allow_single = allow_single;
            spec.etcd = members.map_or(Etcd::Stacked, |count| Etcd::External(ExternalEtcd { count }));
            let mut report = Report::default();
            check(&spec, &mut report);
            let good = |count: u16| {
                (3..=MOST).contains(&count)
                    && survives(count.into()) > survives(u32::from(count) - 1)
            };
            let single = count == 1 && allow_single;
            let accepted = match members {
                None => single || good(count),
                Some(members) => (single || (2..=MOST).contains(&count)) && good(members),
            };
            prop_assert_eq!(!report.has_errors(), accepted, "{:?}", codes(&report));
        }
    }

    fn spec() -> Cluster {
        serde_saphyr::from_str(include_str!("../../examples/aws.yaml")).expect("a spec")
    }
}
