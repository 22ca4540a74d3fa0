//! control-plane.tf, workers.tf and etcd.tf: the machines.

use hcl::Block;

use super::Context;
use crate::facts::user_data::{self, Counted};
use crate::format::terraform::{Document, expr, nest, set};
use crate::plan::Node;
use crate::plan::cloud::{Image, MadeMachines};
use crate::provider::cloud;

/// The control-plane nodes.
pub(super) fn control_plane(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let nodes: Vec<&Node> = context.plan.control_plane().collect();
    let locals = cloud::node_locals(context, "control_plane", &nodes);
    let Some(made) = context.made() else {
        document.commented(
            "The machines that are there, by instance id: that is what the load balancer registers.",
            locals,
        );
        return document;
    };
    image(&mut document, made);
    document.commented(NODES, locals);
    document.commented(APART, placement_group("control_plane"));
    document.commented(
        MACHINES,
        instances(
            context,
            made,
            "control_plane",
            &made.control_plane_type,
            made.control_plane_disk,
        ),
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
    let Some(made) = context.made() else {
        document.commented("The machines that are there.", locals);
        return document;
    };
    document.commented(NODES, locals);
    document.commented(
        MACHINES,
        instances(context, made, "worker", &made.worker_type, made.worker_disk),
    );
    document
}

/// The members of external etcd.
pub(super) fn etcd(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let nodes: Vec<&Node> = context.plan.etcd_nodes().collect();
    if nodes.is_empty() {
        return document;
    }
    let locals = cloud::node_locals(context, "etcd", &nodes);
    let Some(made) = context.made() else {
        document.commented("The machines that are there.", locals);
        return document;
    };
    document.commented(NODES, locals);
    document.commented(APART, placement_group("etcd"));
    let mut block = instances(
        context,
        made,
        "etcd",
        &made.etcd_type,
        context.cloud.facts.etcd_root_disk,
    );
    let (kind, size) = (made.disk_type.clone(), made.etcd_disk);
    // Before the lifecycle, which closes the block.
    let lifecycle = block.body.0.pop();
    nest(
        &mut block,
        hcl::block! {
            data_disks {
                data_disk_type       = (kind)
                data_disk_size       = (size)
                encrypt              = true
                delete_with_instance = true
            }
        },
    );
    block.body.0.extend(lifecycle);
    document.commented(
        "Members hold all that the cluster knows, on a disk of their own that goes with the machine. Another\n\
         kind or size of disk is for new machines: it would replace all members at once. Replace them one by\n\
         one; README.md says how. The disk is encrypted with Tencent Cloud's own key (KMS).",
        block,
    );
    document
}

const NODES: &str =
    "Each node, its zone, and its address, which is the same for a machine made anew.";

const APART: &str = "\
No two of them on one physical machine. A machine can change its placement group, but never leave
it for none.";

const MACHINES: &str = "\
A new image, key, kind of disk or cloud-init is for new machines: on running ones the image would install
the system anew, on the control plane with its member of etcd, and the rest would stop them, all at once.
Replace nodes one by one; README.md says how.
User data is gzipped and counted behind base64: 16,384 bytes. The metadata service shows it to
the machine; the script closes it for pods, which have no business with the secrets in it.";

fn placement_group(name: &str) -> Block {
    let label = expr(&format!(
        "\"${{local.cluster}}-{}\"",
        name.replace('_', "-")
    ));
    hcl::block! {
        resource "tencentcloud_placement_group" (name) {
            name = (label)
            type = "HOST"
            tags = (expr("local.tags"))
        }
    }
}

fn image(document: &mut Document, made: &MadeMachines) {
    let id = match &made.image {
        Image::Id(id) => hcl::Expression::String(id.clone()),
        Image::Newest { name, .. } => {
            let (name, instance_type) = (name.clone(), made.control_plane_type.clone());
            document.commented(
                "Tencent Cloud's own images that this type of machine takes. They are read at every plan, and\n\
                 only new machines get another one.",
                hcl::block! {
                    data "tencentcloud_images" "node" {
                        image_type       = ["PUBLIC_IMAGE"]
                        image_name_regex = (name)
                        instance_type    = (instance_type)

                        lifecycle {
                            postcondition {
                                condition     = (expr("length(self.images) > 0"))
                                error_message = "There is no such public image for this type of machine in this region: give the image by its id."
                            }
                        }
                    }
                },
            );
            document.commented(
                "They come in no order: the newest one, or else the one with the highest number.",
                hcl::block! {
                    locals {
                        images = (expr("{ for image in data.tencentcloud_images.node.images : \"${coalesce(image.created_time, \"-\")} ${image.image_name}\" => image.image_id... }"))
                    }
                },
            );
            expr("local.images[reverse(sort(keys(local.images)))[0]][0]")
        }
    };
    document.block(hcl::block! {
        locals {
            image_id = (id)
        }
    });
}

/// The machines of one kind: `control_plane`, `worker` or `etcd`.
fn instances(
    context: &Context<'_>,
    made: &MadeMachines,
    name: &str,
    instance_type: &str,
    disk: u16,
) -> Block {
    let nodes = if name == "worker" { "workers" } else { name };
    let for_each = expr(&format!("local.{nodes}"));
    let address = expr(&format!("local.{nodes}_addresses[each.key]"));
    let groups = expr(&format!(
        "[tencentcloud_security_group.{name}.id, tencentcloud_security_group.access.id]"
    ));
    let instance_type = instance_type.to_owned();
    let disk_type = made.disk_type.clone();
    let mut block = hcl::block! {
        resource "tencentcloud_instance" (name) {
            for_each                = (for_each)
            instance_name           = (expr("\"${local.cluster}-${each.key}\""))
            hostname                = (expr("each.key"))
            availability_zone       = (expr("each.value"))
            image_id                = (expr("local.image_id"))
            instance_type           = (instance_type)
            vpc_id                  = (expr("local.vpc_id"))
            subnet_id               = (expr("local.subnet_ids[each.value]"))
            private_ip              = (address)
            allocate_public_ip      = false
            orderly_security_groups = (groups)
        }
    };
    if name != "worker" {
        set(
            &mut block,
            "placement_group_id",
            expr(&format!("tencentcloud_placement_group.{name}.id")),
        );
    }
    let mut ignored = vec!["user_data", "image_id", "key_ids", "system_disk_type"];
    if name == "etcd" {
        // Another kind of disk would replace all members at once.
        ignored.push("data_disks");
    }
    if let Some(key) = &made.ssh_key {
        set(
            &mut block,
            "key_ids",
            hcl::Expression::Array(vec![hcl::Expression::String(key.clone())]),
        );
    }
    set(&mut block, "system_disk_type", disk_type);
    set(&mut block, "system_disk_size", disk);
    // Without it the machine is stopped for a larger disk.
    set(&mut block, "system_disk_resize_online", true);
    set(
        &mut block,
        "user_data",
        expr("base64gzip(local.cloud_init[each.key])"),
    );
    set(&mut block, "tags", expr("local.tags"));
    // What a machine asks for at its first boot is let out by then, and the way out is there.
    let mut before = vec![format!("tencentcloud_security_group_rule_set.{name}")];
    if context.cloud.network.vpc.is_none() {
        before.push("tencentcloud_route_table_entry.out".to_owned());
    }
    set(
        &mut block,
        "depends_on",
        expr(&format!("[{}]", before.join(", "))),
    );
    let most = user_data::limit("tencent").map_or(0, |limit| match limit.counted {
        Counted::Base64 => limit.limit_bytes,
        Counted::Compressed => Counted::Base64.of(limit.limit_bytes),
    });
    let fits = format!("length(base64gzip(local.cloud_init[each.key])) <= {most}");
    let ignored = expr(&format!("[{}]", ignored.join(", ")));
    nest(
        &mut block,
        hcl::block! {
            lifecycle {
                ignore_changes = (ignored)

                precondition {
                    condition     = (expr(&fits))
                    error_message = "User data is over the 16,384 bytes that Tencent Cloud takes behind base64: a secret is longer than hagen makes them."
                }
            }
        },
    );
    block
}
