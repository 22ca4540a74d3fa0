//! The machines: types, disks, keys, host names.

use crate::diagnostic::code::tencent as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::tencent::MACHINES;
use crate::spec::{CloudMachine, CloudProvision, Etcd};

use super::Target;

/// Machines that Terraform makes.
pub(super) fn made(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    instance_types(target, provision, report);
    data_disk(target, provision, report);
    if let Some(key) = &provision.ssh_key {
        ssh_key(target, key, report);
    }
}

/// Machines that are there.
pub(super) fn existing(target: &Target<'_>, list: &[CloudMachine], report: &mut Report) {
    let lengths = MACHINES.shortest_host_name..=target.facts.machine_name_length;
    for (at, machine) in list.iter().enumerate() {
        let length = machine.name.len();
        // No name at all is another rule's.
        if length > 0 && !lengths.contains(&length) {
            report.push(
                Diagnostic::new(
                    &code::HOST_NAME,
                    format!(
                        "`{}` has {length} characters, and a host name on Tencent Cloud has {} to {}",
                        machine.name,
                        lengths.start(),
                        lengths.end()
                    ),
                )
                .value(
                    target.path(&format!("machines.existing[{at}].name")),
                    "not a machine's host name",
                )
                .cure("use the host name that the machine has"),
            );
        }
    }
}

fn instance_types(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    let types = &provision.instance_types;
    let at = |key: &str| target.path(&format!("machines.provision.instanceTypes.{key}"));
    let others = [("worker", &types.worker), ("etcd", &types.etcd)]
        .into_iter()
        .filter_map(|(key, kind)| Some((key, kind.as_deref()?)));
    for (key, kind) in [("controlPlane", types.control_plane.as_str())]
        .into_iter()
        .chain(others)
    {
        let Some(size) = size_of(kind) else {
            let problem = Diagnostic::new(
                &code::INSTANCE_TYPE,
                format!(
                    "`{kind}` is not an instance type: a family, a dot, a size and the memory in GB"
                ),
            )
            .value(at(key), "not an instance type");
            let folded = kind.to_ascii_uppercase();
            report.push(if size_of(&folded).is_some() {
                problem.replace_with(folded)
            } else {
                problem.cure("use a type such as `S5.LARGE8`")
            });
            continue;
        };
        if key == "controlPlane" && size.starts_with(&MACHINES.one_processor) {
            report.push(
                Diagnostic::new(
                    &code::TOO_SMALL,
                    format!("`{kind}` has one of the two processors that kubeadm demands of a control-plane node"),
                )
                .value(at(key), "too small")
                .cure("use `S5.LARGE8`, or `S5.MEDIUM4` for a test cluster"),
            );
        }
    }
}

/// The size in a type of the form `FAMILY.SIZE`, such as `LARGE8` in `S5.LARGE8`: a size in words,
/// with a number before it or none, and the memory in GB. None where it has another form.
fn size_of(kind: &str) -> Option<&str> {
    let (family, size) = kind.split_once('.')?;
    let family_fits = family.starts_with(|c: char| c.is_ascii_uppercase())
        && family.bytes().any(|b| b.is_ascii_digit())
        && family.bytes().all(|b| b.is_ascii_alphanumeric())
        && family.len() <= 16;
    let word = size.trim_start_matches(|c: char| c.is_ascii_digit());
    let memory = MACHINES
        .sizes
        .iter()
        .find_map(|known| word.strip_prefix(known.as_str()))?;
    let memory_fits = (1..=5).contains(&memory.len()) && memory.bytes().all(|b| b.is_ascii_digit());
    (family_fits && memory_fits && size.len() <= 20).then_some(size)
}

/// Data disks grow in steps. How small and how large they may be is another rule's.
fn data_disk(target: &Target<'_>, provision: &CloudProvision, report: &mut Report) {
    let (size, step) = (provision.disk_sizes.etcd, MACHINES.data_disk_step);
    let allowed = target.facts.smallest_data_disk..=target.facts.largest_disk;
    // Without external etcd there is no such disk, whatever its size.
    if target.spec.etcd == Etcd::Stacked || !allowed.contains(&size) || size.is_multiple_of(step) {
        return;
    }
    report.push(
        Diagnostic::new(
            &code::DISK_STEP,
            format!("a data disk has {step} GiB or a multiple of it, and not {size}"),
        )
        .value(
            target.path("machines.provision.diskSizes.etcd"),
            format!("not in steps of {step}"),
        )
        .cure(format!("use {}", size.next_multiple_of(step)))
        .replace_with(size.next_multiple_of(step).to_string()),
    );
}

/// Other clouds take the name of a key pair; what is neither is another rule's.
fn ssh_key(target: &Target<'_>, key: &str, report: &mut Report) {
    let is_name = key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.len() <= 128
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !is_name || MACHINES.key_pair.fits(key) {
        return;
    }
    report.push(
        Diagnostic::new(
            &code::SSH_KEY,
            format!("`{key}` is not the id of a key pair"),
        )
        .value(
            target.path("machines.provision.sshKey"),
            format!("an id is as {}", MACHINES.key_pair.example()),
        )
        .cure("copy the id from the console, or from `tccli cvm DescribeKeyPairs`"),
    );
}

#[cfg(test)]
mod tests {
    use super::size_of;

    #[test]
    fn instance_types_are_a_family_and_a_size_with_its_memory() {
        for (good, size) in [
            ("S5.LARGE8", "LARGE8"),
            ("S5.2XLARGE16", "2XLARGE16"),
            ("SA2.MEDIUM4", "MEDIUM4"),
            ("SR1.SMALL2", "SMALL2"),
            ("GN10Xp.2XLARGE40", "2XLARGE40"),
            ("BMG5t.24XLARGE384", "24XLARGE384"),
        ] {
            assert_eq!(size_of(good), Some(size), "{good}");
        }
        for bad in [
            "",
            "S5",
            "S5.",
            ".LARGE8",
            "s5.large8",
            "S5.LARGE",
            "S.LARGE8",
            "S5.LARGE8.x",
            "S5 LARGE8",
            "m7i.large",
            "ecs.g7.xlarge",
            "S5.8",
            "Ä5.LARGE8",
        ] {
            assert_eq!(size_of(bad), None, "{bad}");
        }
    }
}
