//! etcd.tf: the machines of external etcd.

use super::{Context, nodes, tags};
use crate::facts::aws::MACHINES;
use crate::format::terraform::{Document, expr, mapping, nest};
use crate::plan::Node;

/// The members' machines, or the addresses of those that are there.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let members: Vec<&Node> = context.plan.etcd_nodes().collect();
    if members.is_empty() {
        return document;
    }
    let Some(made) = context.made() else {
        let addresses = mapping(
            members
                .iter()
                .map(|node| (node.name.clone(), nodes::address(node))),
        );
        document.commented(
            "The machines that are there.",
            hcl::block! {
                locals {
                    etcd = (addresses)
                }
            },
        );
        return document;
    };
    let Some(etcd) = context.etcd() else {
        return document;
    };
    let domain = etcd.domain.clone();
    let zones = nodes::zones(&members);
    document.commented(
        "Each member and its zone.",
        hcl::block! {
            locals {
                etcd = (zones)
            }
        },
    );
    document.commented(
        "The members' names for /etc/hosts of the machines that need them: their certificates name no\n\
         address, so that a member may get another.",
        hcl::block! {
            locals {
                etcd_domain = (domain)
                etcd_hosts  = (expr("join(\"\", [for name, interface in aws_network_interface.etcd : format(\"%s %s.%s\\n\", interface.private_ip, name, local.etcd_domain)])"))
            }
        },
    );
    document.commented(
        "A member made anew keeps its address.",
        nodes::network_interfaces("etcd"),
    );
    document.commented(
        "Members hold all that the cluster knows. Replace them one by one; README.md says how.",
        nodes::instances(
            context,
            "etcd",
            &made.etcd_type,
            MACHINES.etcd_root_disk,
            made,
        ),
    );
    let size = made.etcd_disk;
    let mut volume = hcl::block! {
        resource "aws_ebs_volume" "etcd" {
            for_each          = (expr("local.etcd"))
            availability_zone = (expr("each.value"))
            encrypted         = true
            type              = "gp3"
            size              = (size)
            tags              = (tags("\"${local.cluster}-${each.key}-data\""))
        }
    };
    if context.target.deletion_protection {
        nest(
            &mut volume,
            hcl::block! {
                lifecycle {
                    prevent_destroy = true
                }
            },
        );
    }
    document.commented(
        "The data outlives the machine: made anew, a member finds its disk and goes on.",
        volume,
    );
    document.commented(
        "A disk is taken from a machine that is stopped, never from one that writes.",
        hcl::block! {
            resource "aws_volume_attachment" "etcd" {
                for_each                       = (expr("local.etcd"))
                device_name                    = "/dev/sdf"
                volume_id                      = (expr("aws_ebs_volume.etcd[each.key].id"))
                instance_id                    = (expr("aws_instance.etcd[each.key].id"))
                stop_instance_before_detaching = true
            }
        },
    );
    document
}
