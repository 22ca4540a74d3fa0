//! Machines: how many of each role, their names, and what fails together.

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Count, Diagnostic, Place, Report};
use crate::spec::{BaremetalRole, Etcd};
use crate::validate::names;
use crate::validate::quorum::{self, Zones};

use super::{Target, machine_path, path};

const LIST: &str = "machines";
/// The most characters of a label's value in Kubernetes.
const LONGEST_ZONE: usize = 63;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let list = &target.own.machines;
    names::nodes(
        list.iter()
            .enumerate()
            .map(|(at, machine)| (machine_path(at, "name"), machine.name.as_str())),
        report,
    );
    counts(target, report);
    for (at, machine) in list.iter().enumerate() {
        if let Some(zone) = &machine.zone {
            zone_form(zone, machine_path(at, "zone"), report);
        }
    }
    spread(target, report);
}

fn counts(target: &Target<'_>, report: &mut Report) {
    let spec = target.spec;
    let etcd = match spec.etcd {
        Etcd::Stacked => 0,
        Etcd::External(external) => external.count,
    };
    for (role, noun, key, count) in [
        (
            BaremetalRole::ControlPlane,
            "control-plane machine",
            "controlPlane.count",
            spec.control_plane.count,
        ),
        (
            BaremetalRole::Worker,
            "worker",
            "workers.count",
            spec.workers.count,
        ),
        (
            BaremetalRole::Etcd,
            "etcd machine",
            "etcd.external.count",
            etcd,
        ),
    ] {
        let found = target.machines(role).count();
        if found == usize::from(count) {
            continue;
        }
        let found = Count(found, noun);
        let stacked = role == BaremetalRole::Etcd && spec.etcd == Etcd::Stacked;
        let problem = Diagnostic::new(
            &code::COUNT_DIFFERS,
            if stacked {
                format!("{found} in the list, and etcd is on the control-plane nodes")
            } else {
                format!("{found} in the list, and `{key}` is {count}")
            },
        )
        .key(path(LIST), found.to_string());
        report.push(if stacked {
            problem.cure("add `etcd: { external: { count: 3 } }`, or correct their `role`")
        } else {
            problem
                .also(key, format!("`{key}` is {count}"))
                .cure("correct the count, add the missing machines or correct their `role`")
        });
    }
}

fn zone_form(zone: &str, here: String, report: &mut Report) {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let good = zone.len() <= LONGEST_ZONE
        && zone
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && ends(zone.chars().next())
        && ends(zone.chars().next_back());
    if good {
        return;
    }
    report.push(
        Diagnostic::new(
            &code::ZONE_FORM,
            format!("`{zone}` is not a word for what fails together"),
        )
        .value(here, "not a zone")
        .cure(format!(
            "use a word such as `rack-a`: at most {LONGEST_ZONE} letters, digits, dashes, dots and underscores"
        )),
    );
}

/// How the machines of a role are spread over zones, where each one's zone is known.
fn spread(target: &Target<'_>, report: &mut Report) {
    let of = |role: BaremetalRole| {
        let mut zones = Zones::new();
        for machine in target.machines(role) {
            *zones.entry(machine.zone.as_deref()?).or_default() += 1;
        }
        Some(zones)
    };
    let control_plane = of(BaremetalRole::ControlPlane);
    let place = Place::Key(path(LIST));
    match target.spec.etcd {
        Etcd::Stacked => quorum::zones(control_plane.as_ref(), None, &place, report),
        Etcd::External(_) => {
            let (etcd, none) = (of(BaremetalRole::Etcd), Zones::new());
            let control_plane = control_plane.as_ref().unwrap_or(&none);
            quorum::zones(etcd.as_ref(), Some(control_plane), &place, report);
        }
    }
    let balancers = of(BaremetalRole::LoadBalancer).unwrap_or_default();
    if let (1, Some((zone, count))) = (balancers.len(), balancers.iter().next())
        && *count > 1
        && target
            .own
            .machines
            .iter()
            .any(|machine| machine.zone.as_deref().is_some_and(|other| other != *zone))
    {
        report.push(
            Diagnostic::new(
                &code::BALANCERS_IN_ONE_ZONE,
                format!(
                    "{} load balancer nodes are in `{zone}`, and with it the virtual IP is lost",
                    match count {
                        2 => "both".to_owned(),
                        count => format!("all {count}"),
                    }
                ),
            )
            .at(place, format!("the loss of `{zone}` stops the API"))
            .cure("put the load balancer nodes into different zones"),
        );
    }
}
