//! Regions and zones: their form, that they exist and belong together, and one subnet a zone.

use std::collections::BTreeMap;

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Count, Diagnostic, List, Report, closest};
use crate::spec::CloudMachines;

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    // Without a region there is nothing to compare with.
    if region(target, report) {
        for (at, subnet) in target.own.network.subnets.iter().enumerate() {
            zone(
                target,
                &target.subnet_path(at, "zone"),
                &subnet.zone,
                report,
            );
        }
        if let CloudMachines::Existing(list) = target.own.machines {
            for (at, machine) in list.iter().enumerate() {
                if let Some(own) = &machine.zone {
                    zone(target, &target.machine_path(at, "zone"), own, report);
                }
            }
        }
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, subnet) in target.own.network.subnets.iter().enumerate() {
        if let Some(first) = seen.insert(&subnet.zone, at) {
            report.push(
                Diagnostic::new(
                    &code::ZONE_TWICE,
                    format!(
                        "{} are in `{}`",
                        Count(2, target.subnet_word()),
                        subnet.zone
                    ),
                )
                .value(target.subnet_path(at, "zone"), "the second one")
                .also(target.subnet_path(first, "zone"), "the first one")
                .cure(format!("keep one {} for each zone", target.subnet_word())),
            );
        }
    }
}

/// Whether the region has the form of one.
fn region(target: &Target<'_>, report: &mut Report) -> bool {
    let region = target.own.region;
    let at = target.path("region");
    let known = &target.facts.regions;
    if known.contains_key(region) {
        return true;
    }
    let of_zone = known
        .iter()
        .find(|(_, zones)| zones.iter().any(|zone| zone == region));
    if of_zone.is_some() || !is_region(region) {
        let problem = Diagnostic::new(
            &code::REGION_FORM,
            match of_zone {
                Some((own, _)) => format!("`{region}` is a zone of the region `{own}`"),
                None => format!(
                    "`{region}` is not the name of a region of {}",
                    target.title()
                ),
            },
        )
        .value(at, "not a region");
        let folded = region.to_ascii_lowercase();
        report.push(match of_zone {
            Some((own, _)) => problem
                .cure("leave out what names the zone")
                .replace_with(own.as_str()),
            None if known.contains_key(&folded) => problem.replace_with(folded),
            None => problem.cure(format!("use a name such as {}", example(target))),
        });
        return false;
    }
    let problem = Diagnostic::new(
        &code::UNKNOWN_REGION,
        format!(
            "hagen does not know the region `{region}` of {}",
            target.title()
        ),
    )
    .value(&at, "not a known region");
    report.push(match closest(region, known.keys().map(String::as_str)) {
        Some(near) => problem
            .cure(format!(
                "did you mean `{near}`? If the region is new, go on"
            ))
            .replace_with(near),
        None => problem.cure("check the name; if the region is new, go on"),
    });
    true
}

/// A region in ticks.
fn example(target: &Target<'_>) -> String {
    let first = target.facts.regions.keys().next();
    format!("`{}`", first.map_or("", String::as_str))
}

/// Whether a text has the form of a region: words and numbers with dashes between them.
fn is_region(text: &str) -> bool {
    text.len() <= 40
        && text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn zone(target: &Target<'_>, path: &str, zone: &str, report: &mut Report) {
    let region = target.own.region;
    let zones = target.facts.regions.get(region);
    if zones.is_some_and(|zones| zones.iter().any(|known| known == zone)) {
        return;
    }
    let belongs = zone.strip_prefix(region).is_some_and(|rest| {
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        (1..=2).contains(&rest.len())
            && rest
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    match zones {
        None if belongs => {}
        Some(zones) if belongs => {
            let problem = Diagnostic::new(
                &code::UNKNOWN_ZONE,
                format!("{} has no zone `{zone}`", target.title()),
            )
            .value(path, format!("not a zone of {region}"))
            .cure(format!("use {}", List(zones.iter().collect(), "or")));
            report.push(problem);
        }
        _ => {
            let problem =
                Diagnostic::new(&code::ZONE, format!("`{zone}` is not a zone of `{region}`"))
                    .value(path, format!("not a zone of {region}"))
                    .also(target.path("region"), "the region");
            // The end of a zone's name alone, as consoles show it, or in capitals.
            let folded = zone.to_ascii_lowercase();
            let meant = zones.into_iter().flatten().find(|known| {
                let end = known.strip_prefix(region).unwrap_or_default();
                **known == folded || (!folded.is_empty() && end.trim_start_matches('-') == folded)
            });
            report.push(match (meant, zones.and_then(|zones| zones.first())) {
                (Some(meant), _) => problem.replace_with(meant.as_str()),
                (None, Some(first)) => problem.cure(format!(
                    "use a zone such as `{first}`, or correct the region"
                )),
                (None, None) => problem.cure(format!(
                    "use a zone whose name begins with `{region}`, or correct the region"
                )),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_region;
    use crate::facts::cloud::of;

    #[test]
    fn every_known_region_has_the_form_of_one() {
        for name in ["aliyun", "tencent", "huawei"] {
            for region in of(name).into_iter().flat_map(|cloud| cloud.regions.keys()) {
                assert!(is_region(region), "{region}");
            }
        }
        for bad in [
            "",
            "cn",
            "-cn",
            "cn-",
            "cn--1",
            "CN-north-4",
            "cn north",
            "ü-1",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
