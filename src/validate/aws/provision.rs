//! Machines that Terraform makes.

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::facts::aws::{MACHINES, is_arm};
use crate::spec::{AwsProvision, Etcd};
use crate::validate::quorum::{self, Zones};

use super::network::unused;
use super::{Target, path};

pub(super) fn check(target: &Target<'_>, provision: &AwsProvision, report: &mut Report) {
    if target.aws.network.node_egress_cidrs.is_empty() {
        let problem = Diagnostic::new(
            &code::NO_EGRESS,
            "nothing says where nodes may connect to, and they load packages and images when they boot",
        )
        .value(path("network.nodeEgressCidrs"), "`nodeEgressCidrs` is missing here");
        report.push(if target.spec.downloads.air_gapped {
            problem.cure("add `nodeEgressCidrs` with the networks of your mirrors; the VPC's own range, where they are in it")
        } else {
            problem
                .cure("add `nodeEgressCidrs: [0.0.0.0/0]` to let nodes reach the internet")
                .cure("or name the networks of your mirrors; access to anywhere is never a default")
        });
    }
    instance_types(target, provision, report);
    disks(target, provision, report);
    if let Some(key) = &provision.ssh_key {
        ssh_key(key, report);
    }
    spread(target, report);
}

fn instance_types(target: &Target<'_>, provision: &AwsProvision, report: &mut Report) {
    let types = &provision.instance_types;
    let at = |key: &str| path(&format!("machines.provision.instanceTypes.{key}"));
    let mut good = true;
    let others = [("worker", &types.worker), ("etcd", &types.etcd)]
        .into_iter()
        .filter_map(|(key, kind)| Some((key, kind.as_deref()?)));
    for (key, kind) in [("controlPlane", types.control_plane.as_str())]
        .into_iter()
        .chain(others.clone())
    {
        if !is_instance_type(kind) {
            good = false;
            let problem = Diagnostic::new(
                &code::INSTANCE_TYPE,
                format!("`{kind}` is not an instance type: a family, a dot and a size"),
            )
            .value(at(key), "not an instance type");
            let folded = kind.to_ascii_lowercase();
            report.push(if is_instance_type(&folded) {
                problem.replace_with(folded)
            } else {
                problem.cure("use a type such as `m7i.large`")
            });
        }
    }
    if types.etcd.is_some() && target.spec.etcd == Etcd::Stacked {
        report.push(unused(
            at("etcd"),
            "`instanceTypes.etcd` has no effect: etcd is on the control-plane nodes",
        ));
    }
    if !good {
        return;
    }
    let kind = types.control_plane.as_str();
    let size = kind.split_once('.').map_or("", |(_, size)| size);
    if MACHINES.too_small.iter().any(|small| small == size) {
        report.push(too_small(
            at("controlPlane"),
            kind,
            "less than the 1700 MB of memory",
        ));
    } else if MACHINES.one_processor.iter().any(|one| one == kind) {
        report.push(too_small(
            at("controlPlane"),
            kind,
            "one of the two processors",
        ));
    }
    for (key, other) in others.filter(|(_, other)| is_arm(other) != is_arm(kind)) {
        let name = |arm| if arm { "Arm" } else { "x86" };
        report.push(
            Diagnostic::new(
                &code::ARCHITECTURES,
                format!(
                    "`{kind}` is {} and `{other}` is {}, and all machines have one image",
                    name(is_arm(kind)),
                    name(is_arm(other))
                ),
            )
            .value(at(key), name(is_arm(other)))
            .also(at("controlPlane"), name(is_arm(kind)))
            .cure("use types of one architecture"),
        );
    }
}

fn too_small(at: String, kind: &str, lack: &str) -> Diagnostic {
    Diagnostic::new(
        &code::TOO_SMALL,
        format!("`{kind}` has {lack} that kubeadm demands of a control-plane node"),
    )
    .value(at, "too small")
    .cure("use `m7i.large`, or `t3.medium` for a test cluster")
}

/// `FAMILY.SIZE` in lower case.
fn is_instance_type(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .split_once('.')
            .is_some_and(|(family, size)| plain(family) && plain(size))
}

fn disks(target: &Target<'_>, provision: &AwsProvision, report: &mut Report) {
    let sizes = provision.disk_sizes;
    let mut all = vec![
        (
            "controlPlane",
            "root",
            sizes.control_plane,
            MACHINES.smallest_disk,
        ),
        ("worker", "root", sizes.worker, MACHINES.smallest_disk),
    ];
    // Without external etcd there is no such volume, whatever its size.
    if target.spec.etcd != Etcd::Stacked {
        all.push(("etcd", "data", sizes.etcd, MACHINES.smallest_etcd_disk));
    }
    for (key, what, size, smallest) in all {
        let fault = if size < smallest {
            "small"
        } else if size > MACHINES.largest_disk {
            "large"
        } else {
            continue;
        };
        report.push(
            Diagnostic::new(
                &code::DISK_SIZE,
                format!("a {what} volume of {size} GiB is too {fault}"),
            )
            .value(
                path(&format!("machines.provision.diskSizes.{key}")),
                format!("too {fault}"),
            )
            .cure(format!("use {smallest} to {} GiB", MACHINES.largest_disk)),
        );
    }
}

fn ssh_key(key: &str, report: &mut Report) {
    let fault = if key.len() > 255 {
        "is longer than 255 characters"
    } else if !key.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        "has a character outside ASCII"
    } else if key.trim() != key {
        "begins or ends with a space"
    } else if key.starts_with("ssh-") && key.contains(' ') {
        "is a public key, and not the name of a key pair"
    } else {
        return;
    };
    report.push(
        Diagnostic::new(&code::SSH_KEY, format!("`sshKey` {fault}"))
            .value(
                path("machines.provision.sshKey"),
                "not the name of a key pair",
            )
            .cure("use the name that `aws ec2 describe-key-pairs` shows"),
    );
}

/// hagen spreads the machines of each role over the private subnets in turn.
fn spread(target: &Target<'_>, report: &mut Report) {
    let subnets: Vec<&str> = target.private().map(|subnet| subnet.zone).collect();
    if subnets.is_empty() {
        return;
    }
    let in_turn = |count: u16| {
        let mut zones = Zones::new();
        for (zone, nodes) in subnets.iter().zip(target.shares(count)) {
            if nodes > 0 {
                *zones.entry(zone).or_default() += nodes;
            }
        }
        zones
    };
    let control_plane = in_turn(target.spec.control_plane.count);
    let etcd = match target.spec.etcd {
        Etcd::Stacked => None,
        Etcd::External(external) => Some(in_turn(external.count)),
    };
    let place = Place::Key(path("network.subnets"));
    match &etcd {
        None => quorum::zones(Some(&control_plane), None, &place, report),
        Some(etcd) => quorum::zones(Some(etcd), Some(&control_plane), &place, report),
    }
}

#[cfg(test)]
mod tests {
    use super::is_instance_type;

    #[test]
    fn instance_types_are_a_family_and_a_size() {
        for good in [
            "m7i.large",
            "m7i-flex.xlarge",
            "u-6tb1.112xlarge",
            "c6gn.16xlarge",
            "m7i.metal-24xl",
        ] {
            assert!(is_instance_type(good), "{good}");
        }
        for bad in [
            "",
            "m7i",
            "m7i.",
            ".large",
            "M7i.large",
            "m7i.large.x",
            "7i.large",
            "m7i large",
            "ü.large",
        ] {
            assert!(!is_instance_type(bad), "{bad}");
        }
    }
}
