//! What ECS asks of machines that Terraform makes.

use crate::diagnostic::code::aliyun as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::aliyun::MACHINES;
use crate::spec::{CloudImage, CloudMachines, CloudProvision};

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let CloudMachines::Provision(provision) = target.own.machines else {
        return;
    };
    for (key, name) in types(provision) {
        let path = target.path(&format!("machines.provision.instanceTypes.{key}"));
        let Some(family) = family(name) else {
            report.push(
                Diagnostic::new(
                    &code::INSTANCE_TYPE,
                    format!("`{name}` is no type of an ECS instance"),
                )
                .value(path, "not ecs.FAMILY.SIZE")
                .cure("use a type such as `ecs.g7.large`"),
            );
            continue;
        };
        let size = name.rsplit_once('.').map_or("", |(_, size)| size);
        if key == "controlPlane" && MACHINES.one_processor.iter().any(|one| one == size) {
            report.push(
                Diagnostic::new(
                    &code::TOO_SMALL,
                    format!(
                        "`{name}` has one of the two processors that kubeadm demands of a control-plane node"
                    ),
                )
                .value(path.clone(), "too small")
                .cure("use `ecs.g7.large` or a larger type"),
            );
        }
        let looked_up = !matches!(provision.image, CloudImage::Id(_));
        if looked_up && MACHINES.arm_families.iter().any(|arm| arm == family) {
            report.push(
                Diagnostic::new(
                    &code::ARM_TYPE,
                    format!("`{name}` has an Arm processor, and the image is for x86"),
                )
                .value(path, "Arm")
                .also(target.path("machines.provision.image"), "x86")
                .cure("use a type with an x86 processor")
                .cure("name an Arm image: `image: { id: … }`"),
            );
        }
    }
    disks(target, provision, report);
}

fn types(provision: &CloudProvision) -> impl Iterator<Item = (&'static str, &str)> {
    let types = &provision.instance_types;
    let optional = [
        ("worker", types.worker.as_deref()),
        ("etcd", types.etcd.as_deref()),
    ];
    std::iter::once(("controlPlane", types.control_plane.as_str())).chain(
        optional
            .into_iter()
            .filter_map(|(key, name)| Some((key, name?))),
    )
}

/// The family of a type, such as `g7` of `ecs.g7.large`.
fn family(name: &str) -> Option<&str> {
    let mut parts = name.strip_prefix("ecs.")?.split('.');
    let (family, size) = (parts.next()?, parts.next()?);
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    (plain(family) && plain(size) && parts.next().is_none()).then_some(family)
}

fn disks(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    let kind = &provision.disk_type;
    let path = target.path("machines.provision.diskType");
    let known = target.facts.disk_types.contains(kind);
    if known && !MACHINES.encryptable.contains(kind) {
        report.push(
            Diagnostic::new(
                &code::SYSTEM_DISK_KIND,
                format!("hagen encrypts disks, and `{kind}` may not take that as a system disk"),
            )
            .value(path.clone(), "an older kind")
            .replace_with(MACHINES.encryptable[0].clone()),
        );
    }
    let other = types(provision).find(|(_, name)| {
        family(name).is_some_and(|family| !MACHINES.entry_families.iter().any(|own| own == family))
    });
    if let Some((_, name)) = other.filter(|_| *kind == MACHINES.entry_disk) {
        report.push(
            Diagnostic::new(
                &code::ENTRY_DISK,
                format!("`{name}` may not take a disk of kind `{kind}`"),
            )
            .value(path, "for ecs.e and ecs.u1")
            .replace_with(MACHINES.encryptable[0].clone()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn families_of_types() {
        assert_eq!(family("ecs.g7.large"), Some("g7"));
        assert_eq!(family("ecs.ebmc6a.64xlarge"), Some("ebmc6a"));
        assert_eq!(family("ecs.u1-c1m2.large"), Some("u1-c1m2"));
        for bad in [
            "g7.large",
            "ecs.g7",
            "ecs..large",
            "ecs.G7.large",
            "ecs.a.b.c",
            "m5.large",
        ] {
            assert_eq!(family(bad), None, "{bad}");
        }
    }
}
