//! Machines that Terraform makes.

use std::collections::BTreeMap;

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::facts::aws::{LOAD_BALANCER, MACHINES, family, is_arm};
use crate::spec::AwsProvision;
use crate::validate::quorum;

use super::{Target, path};

pub(super) fn check(target: &Target<'_>, provision: &AwsProvision, report: &mut Report) {
    if target.aws.network.node_egress_cidrs.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_EGRESS,
                "nothing says where nodes may connect to, and they load packages and images when they boot",
            )
            .value(path("network.nodeEgressCidrs"), "`nodeEgressCidrs` is missing here")
            .cure("add `nodeEgressCidrs: [0.0.0.0/0]` to let nodes reach the internet")
            .cure("or name the networks of your mirrors; access to anywhere is never a default"),
        );
    }
    instance_types(provision, report);
    disks(provision, report);
    if let Some(key) = &provision.ssh_key {
        ssh_key(key, report);
    }
    spread(target, report);
}

fn instance_types(provision: &AwsProvision, report: &mut Report) {
    let types = &provision.instance_types;
    let at = |key: &str| path(&format!("machines.provision.instanceTypes.{key}"));
    let mut good = true;
    let worker = types.worker.as_deref().map(|worker| ("worker", worker));
    for (key, kind) in [("controlPlane", types.control_plane.as_str())]
        .into_iter()
        .chain(worker)
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
    if !good {
        return;
    }
    let kind = types.control_plane.as_str();
    let size = kind.split_once('.').map_or("", |(_, size)| size);
    if LOAD_BALANCER
        .families_without_instance_targets
        .iter()
        .any(|known| known == family(kind))
    {
        report.push(
            Diagnostic::new(
                &code::FAMILY_WITHOUT_TARGETS,
                format!(
                    "instances of the family `{}` cannot be targets of a Network Load Balancer",
                    family(kind)
                ),
            )
            .value(at("controlPlane"), "cannot be registered")
            .cure("use a current family, for instance `m7i.large`"),
        );
    } else if MACHINES.too_small.iter().any(|small| small == size) {
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
    if let Some(worker) = &types.worker
        && is_arm(worker) != is_arm(kind)
    {
        let name = |arm| if arm { "Arm" } else { "x86" };
        report.push(
            Diagnostic::new(
                &code::ARCHITECTURES,
                format!(
                    "`{kind}` is {} and `{worker}` is {}, and all machines have one image",
                    name(is_arm(kind)),
                    name(is_arm(worker))
                ),
            )
            .value(at("worker"), name(is_arm(worker)))
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

fn disks(provision: &AwsProvision, report: &mut Report) {
    let sizes = provision.disk_sizes;
    for (key, size) in [
        ("controlPlane", sizes.control_plane),
        ("worker", sizes.worker),
    ] {
        let fault = if size < MACHINES.smallest_disk {
            "small"
        } else if size > MACHINES.largest_disk {
            "large"
        } else {
            continue;
        };
        report.push(
            Diagnostic::new(
                &code::DISK_SIZE,
                format!("a root volume of {size} GiB is too {fault}"),
            )
            .value(
                path(&format!("machines.provision.diskSizes.{key}")),
                format!("too {fault}"),
            )
            .cure(format!(
                "use {} to {} GiB",
                MACHINES.smallest_disk, MACHINES.largest_disk
            )),
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

/// hagen spreads the control plane over the private subnets in turn.
fn spread(target: &Target<'_>, report: &mut Report) {
    let count = usize::from(target.spec.control_plane.count);
    let subnets: Vec<&str> = target.private().map(|subnet| subnet.zone).collect();
    if subnets.is_empty() {
        return;
    }
    let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, zone) in subnets.iter().enumerate() {
        let nodes = count / subnets.len() + usize::from(at < count % subnets.len());
        if nodes > 0 {
            *zones.entry(zone).or_default() += nodes;
        }
    }
    quorum::zones(&zones, &Place::Key(path("network.subnets")), report);
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
