//! Ids: their form, and that none is given twice.

use std::collections::BTreeMap;

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::cloud::IdForm;
use crate::spec::{CloudImage, CloudMachines};

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let ids = &target.facts.ids;
    let network = target.own.network;
    let mut form = |path: String, id: &str, wanted: &IdForm, what: &str| {
        if wanted.fits(id) {
            return;
        }
        let problem = Diagnostic::new(
            &code::BAD_ID,
            format!("`{id}` is not the id of {what} on {}", target.title()),
        )
        .value(path, format!("not the id of {what}"));
        let folded = id.trim().to_ascii_lowercase();
        report.push(if wanted.fits(&folded) {
            problem.replace_with(folded)
        } else {
            problem.cure(match wanted {
                IdForm::Word => "use the id that the console shows, without spaces".to_owned(),
                wanted => format!("use an id such as `{}`", wanted.example()),
            })
        });
    };
    if let Some(vpc) = &network.vpc {
        form(target.path("network.vpc"), vpc, &ids.vpc, "a VPC");
    }
    let word = target.subnet_word();
    let subnets = || {
        network
            .subnets
            .iter()
            .enumerate()
            .filter_map(|(at, subnet)| Some((target.subnet_path(at, "id"), subnet.id.as_deref()?)))
    };
    for (path, id) in subnets() {
        form(path, id, &ids.subnet, &format!("a {word}"));
    }
    if let Some(group) = target.own.control_plane_security_group {
        let path = target.path("controlPlaneSecurityGroup");
        form(path, group, &ids.security_group, "a security group");
    }
    if let Some(id) = target.own.dns.and_then(|dns| dns.zone_id.as_deref()) {
        form(
            target.path("dns.zoneId"),
            id,
            &ids.dns_zone,
            "a private DNS zone",
        );
    }
    match target.own.machines {
        CloudMachines::Provision(provision) => {
            if let CloudImage::Id(id) = &provision.image {
                let path = target.path("machines.provision.image.id");
                form(path, id, &ids.image, "an image");
            }
            twice(word, subnets(), report);
        }
        CloudMachines::Existing(list) => {
            let machines = || {
                list.iter().enumerate().filter_map(|(at, machine)| {
                    let path = target.machine_path(at, "instanceId");
                    Some((path, machine.instance_id.as_deref()?))
                })
            };
            for (path, id) in machines() {
                form(path, id, &ids.instance, "a machine");
            }
            twice(word, subnets(), report);
            twice("machine", machines(), report);
        }
    }
}

fn twice<'a>(what: &str, ids: impl Iterator<Item = (String, &'a str)>, report: &mut Report) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (path, id) in ids {
        if let Some(first) = seen.get(id) {
            report.push(
                Diagnostic::new(&code::ID_TWICE, format!("the {what} `{id}` is given twice"))
                    .value(path, "the second one")
                    .also(first, "the first one")
                    .cure(format!("give each {what} once")),
            );
        } else {
            seen.insert(id, path);
        }
    }
}
