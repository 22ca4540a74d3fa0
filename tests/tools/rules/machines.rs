//! The machines that Terraform makes, and tags.

use std::collections::{BTreeMap, BTreeSet};

use hagen::spec::{AwsMachines, Etcd};
use serde_json::Value;

use super::{Judged, check};

pub(super) fn problems(judged: &Judged<'_>, found: &mut Vec<String>) {
    tags(judged, found);
    let instances = judged.resources("aws_instance");
    let AwsMachines::Provision(provision) = &judged.target().machines else {
        check(found, instances.is_empty(), || {
            "machines are made beside those that are there".to_owned()
        });
        return;
    };
    let types = &provision.instance_types;
    let members = match judged.spec.etcd {
        Etcd::Stacked => 0,
        Etcd::External(etcd) => etcd.count,
    };
    etcd_volumes(judged, members, provision.disk_sizes.etcd, found);
    for (name, count, kind, disk) in [
        (
            "etcd",
            members,
            types.etcd.as_ref().unwrap_or(&types.control_plane),
            20,
        ),
        (
            "control_plane",
            judged.spec.control_plane.count,
            &types.control_plane,
            provision.disk_sizes.control_plane,
        ),
        (
            "worker",
            judged.spec.workers.count,
            types.worker.as_ref().unwrap_or(&types.control_plane),
            provision.disk_sizes.worker,
        ),
    ] {
        let own: Vec<&Value> = instances
            .iter()
            .copied()
            .filter(|instance| instance["name"] == name)
            .collect();
        check(found, own.len() == usize::from(count), || {
            format!("{} of {name}, not {count}", own.len())
        });
        for instance in &own {
            check(
                found,
                instance["values"]["instance_type"] == kind.as_str(),
                || format!("{} is no {kind}", instance["address"]),
            );
            let disk_of = &instance["values"]["root_block_device"][0];
            check(found, disk_of["volume_size"] == disk, || {
                format!("{} has no {disk} GiB", instance["address"])
            });
            one(judged, instance, found);
        }
        spread(judged, name, &own, found);
    }
}

/// Each member of external etcd has an encrypted volume of its own, attached to its machine.
fn etcd_volumes(judged: &Judged<'_>, members: u16, size: u16, found: &mut Vec<String>) {
    let volumes = judged.resources("aws_ebs_volume");
    let attachments = judged.resources("aws_volume_attachment");
    for (what, list) in [("volumes", &volumes), ("attachments", &attachments)] {
        check(found, list.len() == usize::from(members), || {
            format!("{} {what} for {members} members", list.len())
        });
    }
    for volume in volumes {
        let values = &volume["values"];
        check(
            found,
            values["encrypted"] == true && values["size"] == size,
            || {
                format!(
                    "{} is not encrypted, or not of {size} GiB",
                    volume["address"]
                )
            },
        );
    }
    for attachment in attachments {
        check(
            found,
            attachment["values"]["stop_instance_before_detaching"] == true,
            || format!("{} takes a disk that is written to", attachment["address"]),
        );
    }
}

fn one(judged: &Judged<'_>, instance: &Value, found: &mut Vec<String>) {
    let address = &instance["address"];
    let values = &instance["values"];
    let metadata = &values["metadata_options"][0];
    check(found, metadata["http_tokens"] == "required", || {
        format!("{address} answers IMDSv1")
    });
    check(found, metadata["http_put_response_hop_limit"] == 1, || {
        format!("{address}: pods reach the user data and its secrets")
    });
    let disk = &values["root_block_device"][0];
    check(found, disk["encrypted"] == true, || {
        format!("{address} has a disk in clear text")
    });
    check(found, values["associate_public_ip_address"] != true, || {
        format!("{address} has a public address")
    });
    // It holds the load balancer's name, so it is known only at apply; but it must come.
    let change = judged.plan["resource_changes"]
        .as_array()
        .and_then(|changes| {
            changes
                .iter()
                .find(|change| change["address"] == values_address(instance))
        });
    let comes = values["user_data_base64"].is_string()
        || change
            .is_some_and(|change| change["change"]["after_unknown"]["user_data_base64"] == true);
    check(found, comes, || format!("{address} has no user data"));
}

fn values_address(resource: &Value) -> Value {
    resource["address"].clone()
}

/// No zone has two more than another. In a network that is made the subnets are not known yet;
/// the end-to-end test looks there.
fn spread(judged: &Judged<'_>, name: &str, instances: &[&Value], found: &mut Vec<String>) {
    let interfaces = judged.resources("aws_network_interface");
    let interfaces: Vec<&Value> = interfaces
        .into_iter()
        .filter(|interface| interface["name"] == name)
        .collect();
    // Workers have no interface of their own: they may get another address.
    let placed = if name == "worker" {
        instances
    } else {
        &interfaces
    };
    check(found, placed.len() == instances.len(), || {
        format!(
            "{} interfaces for {} of {name}",
            placed.len(),
            instances.len()
        )
    });
    let mut of_subnet: BTreeMap<String, usize> = judged
        .target()
        .network
        .subnets
        .iter()
        .filter_map(|subnet| subnet.id.clone())
        .map(|id| (id, 0))
        .collect();
    if of_subnet.is_empty() {
        return;
    }
    for instance in placed {
        let id = instance["values"]["subnet_id"].as_str().unwrap_or_default();
        *of_subnet.entry(id.to_owned()).or_default() += 1;
    }
    let least = of_subnet.values().min().copied().unwrap_or_default();
    let most = of_subnet.values().max().copied().unwrap_or_default();
    check(found, most - least <= 1, || {
        format!("the zones are uneven: {of_subnet:?}")
    });
}

/// Every resource that can have tags has the user's, unchanged, and hagen's.
fn tags(judged: &Judged<'_>, found: &mut Vec<String>) {
    let user = &judged.target().tags;
    let mut kinds = BTreeSet::new();
    for resource in judged.plan["planned_values"]["root_module"]["resources"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
    {
        let kind = resource["type"].as_str().unwrap_or_default();
        let values = &resource["values"];
        if resource["mode"] != "managed" || values.get("tags_all").is_none() {
            continue;
        }
        // Rules are tagged by their group, and 60 of them would only be noise.
        if kind.starts_with("aws_vpc_security_group_") {
            continue;
        }
        kinds.insert(kind.to_owned());
        let tags = &values["tags"];
        for (key, value) in user {
            check(found, tags[key] == value.as_str(), || {
                format!(
                    "{}: the tag {key} is {}",
                    resource["address"],
                    tags[key.as_str()]
                )
            });
        }
        check(
            found,
            tags["hagen.dev/cluster"] == judged.spec.name.as_str(),
            || format!("{} does not say whose it is", resource["address"]),
        );
    }
    check(found, kinds.contains("aws_lb"), || {
        "the load balancer has no tags".to_owned()
    });
}
