//! Machines that Terraform makes.

use crate::diagnostic::code::huawei as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::huawei::MACHINES;
use crate::spec::{CloudImage, CloudProvision, Etcd};

use super::Target;

pub(super) fn check(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    flavors(target, provision, report);
    if let Some(key) = &provision.ssh_key {
        ssh_key(target, key, report);
    }
}

fn flavors(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    let types = &provision.instance_types;
    let at = |key: &str| target.path(&format!("machines.provision.instanceTypes.{key}"));
    // Without external etcd there is no such machine.
    let etcd = types
        .etcd
        .as_ref()
        .filter(|_| target.spec.etcd != Etcd::Stacked);
    let others: Vec<(&str, &str)> = [("worker", types.worker.as_ref()), ("etcd", etcd)]
        .into_iter()
        .filter_map(|(key, flavor)| Some((key, flavor?.as_str())))
        .collect();
    let control_plane = types.control_plane.as_str();
    let mut good = true;
    for (key, flavor) in [("controlPlane", control_plane)].iter().chain(&others) {
        if parts(flavor).is_some() {
            continue;
        }
        good = false;
        let problem = Diagnostic::new(
            &code::FLAVOR,
            format!("`{flavor}` is not a flavor: a family, a size and GiB of memory for each processor, with dots between"),
        )
        .value(at(key), "not a flavor");
        let folded = flavor.to_ascii_lowercase();
        report.push(if parts(&folded).is_some() {
            problem.replace_with(folded)
        } else {
            problem.cure("use a flavor such as `s6.large.2`; `hcloud ECS ListFlavors` has all")
        });
    }
    if !good {
        return;
    }
    let Some((family, size)) = parts(control_plane) else {
        return;
    };
    if MACHINES.one_processor.iter().any(|one| one == size) {
        report.push(
            Diagnostic::new(
                &code::TOO_SMALL,
                format!("`{control_plane}` has one of the two processors that kubeadm demands of a control-plane node"),
            )
            .value(at("controlPlane"), "too small")
            .cure("use `large` or more, for instance `s6.large.2`"),
        );
    }
    architectures(target, provision, (control_plane, family), &others, report);
}

/// All machines have one image, and the images that hagen looks up are for x86.
fn architectures(
    target: &Target<'_>,
    provision: &CloudProvision,
    (control_plane, family): (&str, &str),
    others: &[(&str, &str)],
    report: &mut Report,
) {
    let at = |key: &str| target.path(&format!("machines.provision.instanceTypes.{key}"));
    let name = |arm| if arm { "Arm" } else { "x86" };
    let mut mixed = false;
    for (key, other) in others {
        let arm = parts(other).is_some_and(|(family, _)| is_arm(family));
        if arm == is_arm(family) {
            continue;
        }
        mixed = true;
        report.push(
            Diagnostic::new(
                &code::ARCHITECTURES,
                format!(
                    "`{control_plane}` is {} and `{other}` is {}, and all machines have one image",
                    name(!arm),
                    name(arm)
                ),
            )
            .value(at(key), name(arm))
            .also(at("controlPlane"), name(!arm))
            .cure("use flavors of one architecture"),
        );
    }
    if !mixed && is_arm(family) && !matches!(provision.image, CloudImage::Id(_)) {
        report.push(
            Diagnostic::new(
                &code::ARM_IMAGE,
                format!(
                    "`{control_plane}` is Arm, and the public image that is looked up is for x86"
                ),
            )
            .value(target.path("machines.provision.image"), "x86")
            .also(at("controlPlane"), "Arm")
            .cure("name an image for Arm: `image: { id: UUID }`")
            .cure("or use a flavor for x86, such as `s6.large.2`"),
        );
    }
}

/// The family and the size of a flavor.
fn parts(flavor: &str) -> Option<(&str, &str)> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let mut parts = flavor.split('.');
    let (family, size) = (parts.next()?, parts.next()?);
    let rest: Vec<&str> = parts.collect();
    let ratio = rest
        .first()
        .is_some_and(|ratio| ratio.bytes().all(|b| b.is_ascii_digit()) && !ratio.is_empty());
    let good = flavor.len() <= 64
        && family.starts_with(|c: char| c.is_ascii_lowercase())
        && plain(family)
        && plain(size)
        && ratio
        && rest.iter().all(|part| plain(part));
    good.then_some((family, size))
}

fn is_arm(family: &str) -> bool {
    MACHINES
        .arm_prefixes
        .iter()
        .any(|prefix| family.starts_with(prefix.as_str()))
}

/// What the rule of all clouds lets through, and Huawei Cloud does not.
fn ssh_key(target: &Target<'_>, key: &str, report: &mut Report) {
    let common = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if !key.bytes().all(common) {
        return;
    }
    let fault = if key.contains('.') {
        "has a dot, which a key pair's name has not here".to_owned()
    } else if key.len() > MACHINES.key_pair_length {
        format!("is longer than {} characters", MACHINES.key_pair_length)
    } else {
        return;
    };
    report.push(
        Diagnostic::new(&code::SSH_KEY, format!("`sshKey` {fault}"))
            .value(
                target.path("machines.provision.sshKey"),
                "not the name of a key pair",
            )
            .cure("use the name that `hcloud KPS ListKeypairs` shows"),
    );
}

#[cfg(test)]
mod tests {
    use super::{is_arm, parts};

    #[test]
    fn flavors() {
        assert_eq!(parts("s6.large.2"), Some(("s6", "large")));
        assert_eq!(parts("c7n.2xlarge.4"), Some(("c7n", "2xlarge")));
        assert_eq!(parts("pi2.2xlarge.4.1"), Some(("pi2", "2xlarge")));
        for bad in [
            "",
            "s6",
            "s6.large",
            "s6.large.",
            "S6.large.2",
            "s6.large.x",
            "s6.la rge.2",
            ".large.2",
        ] {
            assert_eq!(parts(bad), None, "{bad}");
        }
        assert!(is_arm("kc1") && !is_arm("c7n"));
    }
}
