//! control-plane.tf and workers.tf: the machines.

use hcl::Block;

use super::{Context, tags};
use crate::facts::user_data::{self, Counted};
use crate::format::terraform::{Document, expr, mapping, nest, set};
use crate::plan::aws::{Image, MadeMachines, TargetType};
use crate::plan::{Address, Node};

/// The control-plane nodes.
pub(super) fn control_plane(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let nodes: Vec<&Node> = context.plan.control_plane().collect();
    if let Some(made) = context.made() {
        image(&mut document, made);
        let zones = zones(&nodes);
        document.commented(
            "Each node and its zone.",
            hcl::block! {
                locals {
                    control_plane = (zones)
                }
            },
        );
        document.commented(
            "The nodes' addresses are known before the first machine starts: a first node that is made\n\
             anew asks the others, and never founds a second cluster.",
            network_interfaces("control_plane"),
        );
        document.commented(
            INSTANCES,
            instances(
                context,
                "control_plane",
                &made.control_plane_type,
                made.control_plane_disk,
                made,
            ),
        );
        return document;
    }
    let addresses = mapping(nodes.iter().map(|node| (node.name.clone(), address(node))));
    let targets = if context.target.target_type == TargetType::Address {
        expr("local.control_plane_addresses")
    } else {
        mapping(nodes.iter().map(|node| {
            (
                node.name.clone(),
                node.instance_id.clone().unwrap_or_default(),
            )
        }))
    };
    document.commented(
        "The machines that are there: by address for the firewall, and what the load balancer\n\
         registers.",
        hcl::block! {
            locals {
                control_plane_addresses = (addresses)
                control_plane           = (targets)
            }
        },
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
    if let Some(made) = context.made() {
        let zones = zones(&nodes);
        document.commented(
            "Each node and its zone.",
            hcl::block! {
                locals {
                    workers = (zones)
                }
            },
        );
        document.commented(
            INSTANCES,
            instances(context, "worker", &made.worker_type, made.worker_disk, made),
        );
    } else {
        let addresses = mapping(nodes.iter().map(|node| (node.name.clone(), address(node))));
        document.commented(
            "The machines that are there.",
            hcl::block! {
                locals {
                    workers = (addresses)
                }
            },
        );
    }
    document
}

const INSTANCES: &str = "\
A new image or cloud-init is for new machines: changing it on a running one would stop it, or
replace it, on the control plane with its member of etcd. Replace nodes one by one; README.md says how.
User data is gzipped: EC2 takes 16,384 bytes. Pods with a network of their own cannot reach the
metadata service, and with it the secrets in the user data: one hop, and a token.
Only the root volume is tagged here: volumes of the cluster's own carry their own tags.";

pub(super) fn address(node: &Node) -> String {
    match node.address {
        Address::Known(address) => address.to_string(),
        Address::FoundAtBoot => String::new(),
    }
}

pub(super) fn zones(nodes: &[&Node]) -> hcl::Expression {
    mapping(
        nodes
            .iter()
            .map(|node| (node.name.clone(), node.zone.clone().unwrap_or_default())),
    )
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
        Image::Newest {
            owner,
            name,
            architecture,
            ..
        } => {
            let owner = owner.clone();
            let name = name.clone();
            document.commented(
                "The publisher's newest image. It is read at every plan, and only new machines get it.",
                hcl::block! {
                    data "aws_ami" "node" {
                        most_recent = true
                        owners      = [(owner)]

                        filter {
                            name   = "name"
                            values = [(name)]
                        }

                        filter {
                            name   = "architecture"
                            values = [(*architecture)]
                        }

                        filter {
                            name   = "virtualization-type"
                            values = ["hvm"]
                        }
                    }
                },
            );
            document.block(hcl::block! {
                locals {
                    image_id = (expr("data.aws_ami.node.id"))
                }
            });
        }
    }
}

/// The network interfaces of machines that keep their address when they are made anew.
pub(super) fn network_interfaces(name: &str) -> Block {
    let group = expr(&format!("[aws_security_group.{name}.id]"));
    hcl::block! {
        resource "aws_network_interface" (name) {
            for_each        = (expr(&format!("local.{name}")))
            subnet_id       = (expr("local.private_subnet_ids[each.value]"))
            security_groups = (group)
            tags            = (tags("\"${local.cluster}-${each.key}\""))
        }
    }
}

/// The machines of one kind: `control_plane`, `worker` or `etcd`.
pub(super) fn instances(
    context: &Context<'_>,
    name: &str,
    instance_type: &str,
    disk: u16,
    made: &MadeMachines,
) -> Block {
    let nodes = if name == "worker" {
        "local.workers".to_owned()
    } else {
        format!("local.{name}")
    };
    let instance_type = instance_type.to_owned();
    let mut block = hcl::block! {
        resource "aws_instance" (name) {
            for_each      = (expr(&nodes))
            ami           = (expr("local.image_id"))
            instance_type = (instance_type)
        }
    };
    if name == "worker" {
        let group = expr(&format!("[aws_security_group.{name}.id]"));
        set(
            &mut block,
            "subnet_id",
            expr("local.private_subnet_ids[each.value]"),
        );
        set(&mut block, "vpc_security_group_ids", group);
    }
    if let Some(key) = &made.ssh_key {
        set(&mut block, "key_name", key.clone());
    }
    set(
        &mut block,
        "user_data_base64",
        expr("base64gzip(local.cloud_init[each.key])"),
    );
    if name == "control_plane" && context.plan.cloud_controller.is_some() {
        set(
            &mut block,
            "iam_instance_profile",
            expr("aws_iam_instance_profile.control_plane.name"),
        );
    }
    let label = "\"${local.cluster}-${each.key}\"";
    let own_tags = if name == "etcd" {
        tags(label)
    } else {
        context.controller_tags(label)
    };
    set(&mut block, "tags", own_tags);
    if name != "worker" {
        let interface = format!("aws_network_interface.{name}[each.key].id");
        nest(
            &mut block,
            hcl::block! {
                network_interface {
                    network_interface_id = (expr(&interface))
                    device_index         = 0
                }
            },
        );
    }
    nest(
        &mut block,
        hcl::block! {
            metadata_options {
                http_endpoint               = "enabled"
                http_tokens                 = "required"
                http_put_response_hop_limit = 1
            }
        },
    );
    nest(
        &mut block,
        hcl::block! {
            root_block_device {
                encrypted   = true
                volume_type = "gp3"
                volume_size = (disk)
                tags        = (tags("\"${local.cluster}-${each.key}\""))
            }
        },
    );
    let most = user_data::limit("aws").map_or(0, |limit| Counted::Base64.of(limit.limit_bytes));
    let fits = format!("length(base64gzip(local.cloud_init[each.key])) <= {most}");
    nest(
        &mut block,
        hcl::block! {
            lifecycle {
                ignore_changes = (expr("[ami, user_data_base64]"))

                precondition {
                    condition     = (expr(&fits))
                    error_message = "User data is over the 16,384 bytes that EC2 takes: a secret is longer than hagen makes them."
                }
            }
        },
    );
    block
}
