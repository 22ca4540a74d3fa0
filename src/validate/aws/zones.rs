//! Regions and zones: their form, that they belong together, and one subnet a zone.

use std::collections::BTreeMap;

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::AwsMachines;

use super::{Target, path};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    // Without a region there is nothing to compare with.
    if is_region(&target.aws.region) {
        for subnet in &target.subnets {
            belongs(
                &format!("{}.zone", subnet.path),
                subnet.zone,
                target,
                report,
            );
        }
        if let AwsMachines::Existing(list) = &target.aws.machines {
            for (at, machine) in list.iter().enumerate() {
                if let Some(zone) = &machine.zone {
                    let path = path(&format!("machines.existing[{at}].zone"));
                    belongs(&path, zone, target, report);
                }
            }
        }
    }
    for public in [false, true] {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for subnet in target
            .subnets
            .iter()
            .filter(|subnet| subnet.public == public)
        {
            if let Some(first) = seen.insert(subnet.zone, &subnet.path) {
                let kind = if public { "public" } else { "private" };
                report.push(
                    Diagnostic::new(
                        &code::ZONE_TWICE,
                        format!("two {kind} subnets are in `{}`", subnet.zone),
                    )
                    .value(format!("{}.zone", subnet.path), "the second one")
                    .also(format!("{first}.zone"), "the first one")
                    .cure("keep one subnet for each zone"),
                );
            }
        }
    }
}

fn belongs(path: &str, zone: &str, target: &Target<'_>, report: &mut Report) {
    let region = target.aws.region.as_str();
    match zone.strip_prefix(region) {
        Some(rest) if rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_lowercase()) => {}
        Some(rest) if rest.starts_with('-') => report.push(
            Diagnostic::new(
                &code::LOCAL_ZONE,
                format!("`{zone}` is a Local Zone or Wavelength Zone, where no Network Load Balancer can be"),
            )
            .value(path, "not an availability zone")
            .cure(format!("use an availability zone, for instance `{region}a`")),
        ),
        _ => {
            let why = if is_zone_id(zone) {
                format!("`{zone}` is a zone's id and not its name")
            } else {
                format!("`{zone}` is not a zone of `{region}`")
            };
            report.push(
                Diagnostic::new(&code::ZONE, why)
                    .value(path, format!("not a zone of {region}"))
                    .also(super::path("region"), "the region")
                    .cure(format!("use a zone such as `{region}a`, or correct the region")),
            );
        }
    }
}

/// Whether a text has the form of a region: `eu-west-1`, `us-gov-east-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [words @ .., number] = parts.as_slice() else {
        return false;
    };
    words.len() >= 2
        && text.len() <= 32
        && words
            .iter()
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text has the form of a zone's id: `euw1-az1`.
fn is_zone_id(text: &str) -> bool {
    text.split_once("-az")
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_region;
    use crate::facts::aws::REGIONS;

    #[test]
    fn every_known_region_has_the_form_of_one() {
        for region in REGIONS
            .regions
            .iter()
            .chain(&REGIONS.without_load_balancer_security_groups)
        {
            assert!(is_region(region), "{region}");
        }
        for bad in [
            "",
            "eu-west-1a",
            "eu",
            "eu-west",
            "-1",
            "eu--1",
            "EU-WEST-1",
            "eu west 1",
            "ü-west-1",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
