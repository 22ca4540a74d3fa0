//! control-plane.tf, etcd.tf and workers.tf: the machines.

use hcl::Block;

use super::Context;
use crate::facts::user_data::{self, Counted};
use crate::format::terraform::{Document, expr, nest, set};
use crate::plan::Node;
use crate::plan::cloud::{Image, MadeMachines};
use crate::provider::cloud;

const INSTANCES: &str = "\
A new image or cloud-init is for new machines: changing user data reboots a running one, and changing its
image wipes its disk, on the control plane with its member of etcd. Replace nodes one by one; README.md
says how. Addresses are fixed: a node that is made anew keeps its own, and the others know it.
User data is gzipped. Pods with a network of their own cannot reach the metadata service, and with it the
secrets in the user data: the bootstrap script sees to that. A token is required besides, unless the image's
cloud-init may be too old for it and would get no user data.
Disks of the cluster's own carry their own tags.";

/// The control-plane nodes.
pub(super) fn control_plane(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let nodes: Vec<&Node> = context.plan.control_plane().collect();
    let locals = cloud::node_locals(context, "control_plane", &nodes);
    let Some(made) = context.made() else {
        document.commented(
            "The machines that are there: each one's id, which the load balancer registers, and address.",
            locals,
        );
        return document;
    };
    image(&mut document, made);
    document.commented("Each node's zone, and its address.", locals);
    deployment_set(&mut document, "control_plane");
    let size = (made.control_plane_type.as_str(), made.control_plane_disk);
    document.commented(INSTANCES, instances(context, "control_plane", size, made));
    document
}

/// The members of external etcd.
pub(super) fn etcd(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let members: Vec<&Node> = context.plan.etcd_nodes().collect();
    if members.is_empty() {
        return document;
    }
    let locals = cloud::node_locals(context, "etcd", &members);
    let Some(made) = context.made() else {
        document.commented("The machines that are there.", locals);
        return document;
    };
    document.commented("Each member's zone, and its address.", locals);
    deployment_set(&mut document, "etcd");
    let size = (made.etcd_type.as_str(), context.cloud.facts.etcd_root_disk);
    let block = instances(context, "etcd", size, made);
    document.commented(
        "Members hold all that the cluster knows, each on a disk of its own that goes with the machine: a\n\
         member that is made anew gets its data from the others. Replace them one by one; README.md says how.",
        block,
    );
    document
}

/// The workers.
pub(super) fn workers(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let nodes: Vec<&Node> = context.plan.workers().collect();
    if nodes.is_empty() {
        return document;
    }
    let locals = cloud::node_locals(context, "workers", &nodes);
    if let Some(made) = context.made() {
        document.commented("Each node's zone, and its address.", locals);
        let size = (made.worker_type.as_str(), made.worker_disk);
        document.commented(INSTANCES, instances(context, "worker", size, made));
    } else {
        document.commented("The machines that are there.", locals);
    }
    document
}

fn image(document: &mut Document, made: &MadeMachines) {
    match &made.image {
        Image::Id(id) => {
            let id = id.clone();
            document.block(hcl::block! {
                locals {
                    image_id = (id)
                }
            });
        }
        Image::Newest { name, .. } => {
            let name = name.clone();
            document.commented(
                "Alibaba Cloud's newest image. It is read at every plan, and only new machines get it.",
                hcl::block! {
                    data "alicloud_images" "node" {
                        owners      = "system"
                        name_regex  = (name)
                        most_recent = true
                    }
                },
            );
            document.block(hcl::block! {
                locals {
                    image_id = (expr("data.alicloud_images.node.images[0].id"))
                }
            });
        }
    }
}

/// No two of these machines on one host.
fn deployment_set(document: &mut Document, name: &str) {
    let full = format!("\"${{local.cluster}}-{}\"", name.replace('_', "-"));
    document.commented(
        "No two of these machines on one host.",
        hcl::block! {
            resource "alicloud_ecs_deployment_set" (name) {
                deployment_set_name = (expr(&full))
                strategy            = "Availability"
            }
        },
    );
}

/// The machines of one kind, `control_plane`, `worker` or `etcd`, of a type and with a system disk.
fn instances(
    context: &Context<'_>,
    name: &str,
    (instance_type, disk): (&str, u16),
    made: &MadeMachines,
) -> Block {
    let nodes = if name == "worker" { "workers" } else { name };
    let address = format!("local.{nodes}_addresses[each.key]");
    let group = format!("[alicloud_security_group.{name}.id]");
    let instance_type = instance_type.to_owned();
    let disk_type = made.disk_type.clone();
    let mut block = hcl::block! {
        resource "alicloud_instance" (name) {
            for_each             = (expr(&format!("local.{nodes}")))
            instance_name        = (expr("\"${local.cluster}-${each.key}\""))
            host_name            = (expr("each.key"))
            image_id             = (expr("local.image_id"))
            instance_type        = (instance_type)
            instance_charge_type = "PostPaid"
            vswitch_id           = (expr("local.vswitch_ids[each.value]"))
            private_ip           = (expr(&address))
            security_groups      = (expr(&group))
        }
    };
    if let Some(key) = &made.ssh_key {
        set(&mut block, "key_name", key.clone());
    }
    if name != "worker" {
        let id = format!("alicloud_ecs_deployment_set.{name}.id");
        set(&mut block, "deployment_set_id", expr(&id));
    }
    set(&mut block, "system_disk_category", disk_type);
    set(&mut block, "system_disk_size", disk);
    set(&mut block, "system_disk_encrypted", true);
    set(&mut block, "http_endpoint", "enabled");
    let tokens = if made.metadata_tokens {
        "required"
    } else {
        "optional"
    };
    set(&mut block, "http_tokens", tokens);
    set(
        &mut block,
        "user_data",
        expr("base64gzip(local.cloud_init[each.key])"),
    );
    set(&mut block, "tags", expr("local.tags"));
    if context.cloud.network.vpc.is_none() {
        // Machines load packages as soon as they boot.
        set(&mut block, "depends_on", expr("[alicloud_snat_entry.node]"));
    }
    if name == "etcd" {
        nest(&mut block, data_disk(made));
    }
    let limit = user_data::limit("aliyun");
    let most = limit.map_or(0, |limit| Counted::Base64.of(limit.limit_bytes));
    let fits = format!("length(base64gzip(local.cloud_init[each.key])) <= {most}");
    let message = format!(
        "User data is over the {} bytes that ECS takes everywhere: a secret is longer than hagen makes them.",
        limit.map_or(0, |limit| limit.limit_bytes)
    );
    nest(
        &mut block,
        hcl::block! {
            lifecycle {
                ignore_changes = (expr("[image_id, user_data]"))

                precondition {
                    condition     = (expr(&fits))
                    error_message = (message)
                }
            }
        },
    );
    block
}

/// The disk of a member of etcd.
fn data_disk(made: &MadeMachines) -> Block {
    let disk_type = made.disk_type.clone();
    hcl::block! {
        data_disks {
            name                 = "etcd"
            category             = (disk_type)
            size                 = (made.etcd_disk)
            encrypted            = true
            delete_with_instance = true
        }
    }
}
