//! Machines that Terraform makes.

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Diagnostic, List, Place, Report, closest};
use crate::spec::{CloudImage, CloudProvision, Etcd};
use crate::validate::quorum::{self, Zones};

use super::Target;

pub(super) fn check(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    if target.own.control_plane_security_group.is_some() {
        report.push(target.unused(
            "controlPlaneSecurityGroup",
            "`controlPlaneSecurityGroup` has no effect on machines that Terraform makes",
        ));
    }
    image(target, &provision.image, report);
    if provision.instance_types.etcd.is_some() && target.spec.etcd == Etcd::Stacked {
        report.push(target.unused(
            "machines.provision.instanceTypes.etcd",
            "`instanceTypes.etcd` has no effect: etcd is on the control-plane nodes",
        ));
    }
    disk_type(target, &provision.disk_type, report);
    disk_sizes(target, provision, report);
    if let Some(key) = &provision.ssh_key {
        ssh_key(target, key, report);
    }
    spread(target, report);
}

fn image(target: &Target<'_>, image: &CloudImage, report: &mut Report) {
    let system = match image {
        CloudImage::Id(_) => return,
        CloudImage::Ubuntu2204 => "ubuntu-22.04",
        CloudImage::Ubuntu2404 => "ubuntu-24.04",
        CloudImage::Debian12 => "debian-12",
        CloudImage::Rocky9 => "rocky-9",
        CloudImage::Alinux3 => "alinux-3",
    };
    let known = &target.facts.images;
    if !known.contains_key(system) {
        report.push(
            Diagnostic::new(
                &code::NO_IMAGE,
                format!("{} has no public image of `{system}`", target.title()),
            )
            .value(target.path("machines.provision.image"), "not there")
            .cure(format!("use {}", List(known.keys().collect(), "or")))
            .cure("or name an image of your own: `image: { id: … }`"),
        );
    }
}

fn disk_type(target: &Target<'_>, kind: &str, report: &mut Report) {
    let known = &target.facts.disk_types;
    if known.iter().any(|known| known == kind) {
        return;
    }
    let problem = Diagnostic::new(
        &code::DISK_TYPE,
        format!("{} has no kind of disk called `{kind}`", target.title()),
    )
    .value(
        target.path("machines.provision.diskType"),
        "not a kind of disk",
    );
    let near = closest(kind, known.iter().map(String::as_str));
    report.push(match near {
        Some(near) => problem
            .cure(format!(
                "did you mean `{near}`? There are {}",
                List(known.iter().collect(), "and")
            ))
            .replace_with(near),
        None => problem.cure(format!("use {}", List(known.iter().collect(), "or"))),
    });
}

fn disk_sizes(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    let (sizes, facts) = (provision.disk_sizes, target.facts);
    let mut all = vec![
        (
            "controlPlane",
            "system",
            sizes.control_plane,
            facts.smallest_disk,
        ),
        ("worker", "system", sizes.worker, facts.smallest_disk),
    ];
    // Without external etcd there is no such disk, whatever its size.
    if target.spec.etcd != Etcd::Stacked {
        all.push(("etcd", "data", sizes.etcd, facts.smallest_data_disk));
    }
    for (key, what, size, smallest) in all {
        let fault = if size < smallest {
            "small"
        } else if size > facts.largest_disk {
            "large"
        } else {
            continue;
        };
        report.push(
            Diagnostic::new(
                &code::DISK_SIZE,
                format!(
                    "a {what} disk of {size} GiB is too {fault} on {}",
                    target.title()
                ),
            )
            .value(
                target.path(&format!("machines.provision.diskSizes.{key}")),
                format!("too {fault}"),
            )
            .cure(format!("use {smallest} to {} GiB", facts.largest_disk)),
        );
    }
}

fn ssh_key(target: &Target<'_>, key: &str, report: &mut Report) {
    let fault = if key.starts_with("ssh-") && key.contains(' ') {
        "is a public key, and not the name of a key pair".to_owned()
    } else if key.len() > 128 {
        "is longer than 128 characters".to_owned()
    } else if !key.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        "does not begin with a letter or a digit".to_owned()
    } else if let Some(c) = key
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(*c)))
    {
        format!("has `{c}` in it, which is no letter, digit, dash, dot or underscore")
    } else {
        return;
    };
    let what = if target.own.name == "tencent" {
        "the id of the key pair, such as `skey-a1b2c3d4`,"
    } else {
        "the name of the key pair"
    };
    report.push(
        Diagnostic::new(&code::SSH_KEY, format!("`sshKey` {fault}"))
            .value(target.path("machines.provision.sshKey"), "not a key pair")
            .cure(format!(
                "use {what} as the console of {} shows it",
                target.title()
            )),
    );
}

/// hagen spreads the machines of each role over the subnets in turn.
fn spread(target: &Target<'_>, report: &mut Report) {
    let subnets = &target.own.network.subnets;
    if subnets.is_empty() {
        return;
    }
    let in_turn = |count: u16| {
        let mut zones = Zones::new();
        for (subnet, nodes) in subnets.iter().zip(target.shares(count)) {
            if nodes > 0 {
                *zones.entry(subnet.zone.as_str()).or_default() += nodes;
            }
        }
        zones
    };
    let control_plane = in_turn(target.spec.control_plane.count);
    let etcd = match target.spec.etcd {
        Etcd::Stacked => None,
        Etcd::External(external) => Some(in_turn(external.count)),
    };
    let place = Place::Key(target.path("network.subnets"));
    match &etcd {
        None => quorum::zones(Some(&control_plane), None, &place, report),
        Some(etcd) => quorum::zones(Some(etcd), Some(&control_plane), &place, report),
    }
}
