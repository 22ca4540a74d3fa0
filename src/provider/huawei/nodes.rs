//! control-plane.tf, etcd.tf and workers.tf: the machines.

use hcl::Block;

use super::Context;
use crate::facts::user_data;
use crate::format::terraform::{Document, expr, nest, set};
use crate::plan::Node;
use crate::plan::cloud::{Image, MadeMachines};
use crate::provider::cloud::node_locals;

/// Machines of one kind: the name of their resource and locals, and what they are like.
struct Kind<'a> {
    resource: &'static str,
    locals: &'static str,
    flavor: &'a str,
    disk: u16,
    data_disk: Option<u16>,
    spread: bool,
}

/// The control-plane nodes.
pub(super) fn control_plane(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    if let Some(made) = context.made() {
        image(&mut document, made);
    }
    let nodes: Vec<&Node> = context.plan.control_plane().collect();
    machines(&mut document, context, &nodes, |made| Kind {
        resource: "control_plane",
        locals: "control_plane",
        flavor: &made.control_plane_type,
        disk: made.control_plane_disk,
        data_disk: None,
        spread: true,
    });
    document
}

/// The members of external etcd.
pub(super) fn etcd(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let nodes: Vec<&Node> = context.plan.etcd_nodes().collect();
    let root = context.cloud.facts.etcd_root_disk;
    machines(&mut document, context, &nodes, |made| Kind {
        resource: "etcd",
        locals: "etcd",
        flavor: &made.etcd_type,
        disk: root,
        data_disk: Some(made.etcd_disk),
        spread: true,
    });
    document
}

/// The workers.
pub(super) fn workers(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let nodes: Vec<&Node> = context.plan.workers().collect();
    machines(&mut document, context, &nodes, |made| Kind {
        resource: "worker",
        locals: "workers",
        flavor: &made.worker_type,
        disk: made.worker_disk,
        data_disk: None,
        spread: false,
    });
    document
}

fn machines<'a>(
    document: &mut Document,
    context: &Context<'a>,
    nodes: &[&Node],
    kind: impl FnOnce(&'a MadeMachines) -> Kind<'a>,
) {
    let Some(role) = nodes.first().map(|node| node.role) else {
        return;
    };
    let Some(made) = context.made() else {
        let locals = crate::provider::cloud::resource_of(role);
        let name = if locals == "worker" {
            "workers"
        } else {
            locals
        };
        document.commented(
            "The machines that are there.",
            node_locals(context, name, nodes),
        );
        return;
    };
    let kind = kind(made);
    document.commented(
        "Each machine with its zone and its address. Addresses are fixed, so that each machine knows the\n\
         others before any is there, and one made anew is its former self to them.",
        node_locals(context, kind.locals, nodes),
    );
    if kind.spread {
        let name = expr(&format!(
            "\"${{local.cluster}}-{}\"",
            kind.resource.replace('_', "-")
        ));
        document.commented(
            "No two on one host: the loss of a host must not take the majority.",
            hcl::block! {
                resource "huaweicloud_compute_servergroup" (kind.resource) {
                    name     = (name)
                    policies = ["anti-affinity"]
                }
            },
        );
    }
    let mut comment = INSTANCES.to_owned();
    if kind.data_disk.is_some() {
        comment.push_str(
            "\nMembers hold all that the cluster knows. The data disk goes with its machine: a member made anew\n\
             gets its data from the others.",
        );
    }
    if context.plan.cloud_controller.is_some() {
        comment.push_str(
            "\nThe cloud controller finds a machine by its node's name, so that it has no other.",
        );
    }
    document.commented(comment, instances(context, &kind, made));
}

const INSTANCES: &str = "\
A new image or cloud-init is for new machines: changing it on a running one would replace it, on the
control plane with its member of etcd. Replace nodes one by one; README.md says how.
User data is gzipped: ECS takes 32 KB.";

fn image(document: &mut Document, made: &MadeMachines) {
    let id = match &made.image {
        Image::Id(id) => hcl::Expression::String(id.clone()),
        Image::Newest { name, .. } => {
            let name = name.clone();
            document.commented(
                "The newest public image of that name. It is read at every plan, and only new machines get it.",
                hcl::block! {
                    data "huaweicloud_images_image" "node" {
                        name        = (name)
                        visibility  = "public"
                        most_recent = true
                    }
                },
            );
            expr("data.huaweicloud_images_image.node.id")
        }
    };
    document.block(hcl::block! {
        locals {
            image_id = (id)
        }
    });
}

fn instances(context: &Context<'_>, kind: &Kind<'_>, made: &MadeMachines) -> Block {
    let name = if context.plan.cloud_controller.is_some() {
        "each.key"
    } else {
        "\"${local.cluster}-${each.key}\""
    };
    let group = expr(&format!(
        "[huaweicloud_networking_secgroup.{}.id]",
        kind.resource
    ));
    let disk = kind.disk;
    let mut block = hcl::block! {
        resource "huaweicloud_compute_instance" (kind.resource) {
            for_each           = (expr(&format!("local.{}", kind.locals)))
            name               = (expr(name))
            image_id           = (expr("local.image_id"))
            flavor_id          = (kind.flavor.to_owned())
            availability_zone  = (expr("each.value"))
            security_group_ids = (group)
        }
    };
    if let Some(key) = &made.ssh_key {
        set(&mut block, "key_pair", key.clone());
    }
    set(&mut block, "system_disk_type", made.disk_type.clone());
    set(&mut block, "system_disk_size", disk);
    if kind.data_disk.is_some() {
        set(&mut block, "delete_disks_on_termination", true);
    }
    set(
        &mut block,
        "user_data",
        expr("base64gzip(local.cloud_init[each.key])"),
    );
    set(&mut block, "tags", expr("local.tags"));
    // A group without rules lets nothing out: cloud-init would not find its user data, and never ask
    // again. Machines load packages as soon as they boot.
    let mut before: Vec<String> = ["vpc", "services", "out"]
        .map(|rule| {
            format!(
                "huaweicloud_networking_secgroup_rule.{}_{rule}",
                kind.resource
            )
        })
        .into();
    if context.cloud.network.vpc.is_none() {
        before.push("huaweicloud_nat_snat_rule.zone".to_owned());
    }
    set(
        &mut block,
        "depends_on",
        expr(&format!("[{}]", before.join(", "))),
    );
    let address = expr(&format!("local.{}_addresses[each.key]", kind.locals));
    nest(
        &mut block,
        hcl::block! {
            network {
                uuid        = (expr("local.subnet_ids[each.value]"))
                fixed_ip_v4 = (address)
            }
        },
    );
    if let Some(size) = kind.data_disk {
        let disk_type = made.disk_type.clone();
        nest(
            &mut block,
            hcl::block! {
                data_disks {
                    type = (disk_type)
                    size = (size)
                }
            },
        );
    }
    if kind.spread {
        let group = expr(&format!(
            "huaweicloud_compute_servergroup.{}.id",
            kind.resource
        ));
        nest(
            &mut block,
            hcl::block! {
                scheduler_hints {
                    group = (group)
                }
            },
        );
    }
    // Counted after base64, which is what the request holds.
    let most = user_data::limit("huawei").map_or(0, |limit| limit.limit_bytes);
    let fits = format!("length(base64gzip(local.cloud_init[each.key])) <= {most}");
    nest(
        &mut block,
        hcl::block! {
            lifecycle {
                ignore_changes = (expr("[user_data, image_id]"))

                precondition {
                    condition     = (expr(&fits))
                    error_message = "User data is over the 32 KB that ECS takes: a secret is longer than hagen makes them."
                }
            }
        },
    );
    block
}
