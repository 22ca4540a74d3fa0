//! The machines of Alibaba Cloud, Tencent Cloud and Huawei Cloud: what they are made from, and the nodes
//! that they become.

use std::collections::BTreeMap;

use super::{Image, Machines, MadeMachines};
use crate::facts::cloud::{self as facts, Slot, fixed_address};
use crate::plan::{Address, Node, PackageManager, Role, node};
use crate::spec;

pub(super) fn machines(own: spec::CloudTarget<'_>, facts: &facts::Cloud) -> Machines {
    let spec::CloudMachines::Provision(provision) = own.machines else {
        return Machines::Existing;
    };
    let types = &provision.instance_types;
    let or_control_plane = |own: &Option<String>| {
        let own = own.as_ref();
        own.unwrap_or(&types.control_plane).clone()
    };
    Machines::Made(MadeMachines {
        image: image(&provision.image, facts),
        metadata_tokens: system(&provision.image)
            .is_some_and(|system| facts.images[system].metadata_tokens),
        control_plane_type: types.control_plane.clone(),
        worker_type: or_control_plane(&types.worker),
        etcd_type: or_control_plane(&types.etcd),
        disk_type: provision.disk_type.clone(),
        control_plane_disk: provision.disk_sizes.control_plane,
        worker_disk: provision.disk_sizes.worker,
        etcd_disk: provision.disk_sizes.etcd,
        ssh_key: provision.ssh_key.clone(),
    })
}

fn image(image: &spec::CloudImage, facts: &facts::Cloud) -> Image {
    match (image, system(image)) {
        (spec::CloudImage::Id(id), _) => Image::Id(id.clone()),
        (_, system) => {
            let known = &facts.images[system.unwrap_or_default()];
            Image::Newest {
                name: known.name.clone(),
                user: known.user.clone(),
            }
        }
    }
}

/// The operating system of an image, as the data files call it; none of one that is named by its id.
fn system(image: &spec::CloudImage) -> Option<&'static str> {
    Some(match image {
        spec::CloudImage::Id(_) => return None,
        spec::CloudImage::Ubuntu2204 => "ubuntu-22.04",
        spec::CloudImage::Ubuntu2404 => "ubuntu-24.04",
        spec::CloudImage::Debian12 => "debian-12",
        spec::CloudImage::Rocky9 => "rocky-9",
        spec::CloudImage::Alinux3 => "alinux-3",
    })
}

/// Known where the image is: user data has little room for what does not run.
pub(super) fn package_managers(machines: &spec::CloudMachines) -> &'static [PackageManager] {
    use spec::CloudImage::{Alinux3, Debian12, Id, Rocky9, Ubuntu2204, Ubuntu2404};
    const BOTH: &[PackageManager] = &[PackageManager::Apt, PackageManager::Dnf];
    match machines {
        spec::CloudMachines::Existing(_) => BOTH,
        spec::CloudMachines::Provision(provision) => match provision.image {
            Ubuntu2204 | Ubuntu2404 | Debian12 => &[PackageManager::Apt],
            Rocky9 | Alinux3 => &[PackageManager::Dnf],
            Id(_) => BOTH,
        },
    }
}

/// The nodes. Made machines get fixed addresses, so that each knows the others before any is there.
pub(super) fn nodes(spec: &spec::Cluster, own: spec::CloudTarget<'_>) -> Vec<Node> {
    let subnets = &own.network.subnets;
    match own.machines {
        spec::CloudMachines::Existing(machines) => {
            node::existing(machines.iter().map(|machine| node::Existing {
                name: &machine.name,
                role: machine.role,
                address: machine.address,
                zone: machine.zone.as_deref(),
                instance_id: machine.instance_id.as_deref(),
            }))
        }
        spec::CloudMachines::Provision(_) => {
            let zones: Vec<&str> = subnets.iter().map(|subnet| subnet.zone.as_str()).collect();
            let mut nodes = node::made(spec, &zones);
            let mut taken: BTreeMap<(String, Role), u32> = BTreeMap::new();
            for node in &mut nodes {
                let zone = node.zone.clone().unwrap_or_default();
                let Some(subnet) = subnets.iter().find(|subnet| subnet.zone == zone) else {
                    continue;
                };
                let (slot, role) = match node.role {
                    Role::FirstControlPlane | Role::ControlPlane => {
                        (Slot::ControlPlane, Role::ControlPlane)
                    }
                    Role::Etcd => (Slot::Etcd, Role::Etcd),
                    Role::Worker => (Slot::Worker, Role::Worker),
                    Role::LoadBalancer => continue,
                };
                let at = taken.entry((zone, role)).or_default();
                let address = fixed_address(subnet.cidr, subnet.node_addresses, slot, *at);
                node.address = Address::Known(address);
                *at += 1;
            }
            nodes
        }
    }
}
