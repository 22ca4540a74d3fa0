//! iam.tf: what the cloud controller may do in Alibaba Cloud.

use serde_json::json;

use super::Context;
use crate::facts::aliyun::CLOUD_CONTROLLER;
use crate::format::terraform::{Document, expr};

/// The file with the policy.
pub(super) const POLICY: &str = "manifests/aliyun-cloud-controller-policy.json";

/// What the cloud controller may do, an action a line.
pub(super) fn policy() -> String {
    let allowed = json!({
        "Effect": "Allow",
        "Action": CLOUD_CONTROLLER.actions,
        "Resource": "*",
    });
    // Alibaba Cloud makes the load balancers' own role at the first one of an account.
    let role = json!({
        "Effect": "Allow",
        "Action": "ram:CreateServiceLinkedRole",
        "Resource": "*",
        "Condition": { "StringEquals": { "ram:ServiceName": "nlb.aliyuncs.com" } },
    });
    let policy = json!({ "Version": "1", "Statement": [allowed, role] });
    format!("{policy:#}\n")
}

/// The role of the control-plane machines, on which the controller runs.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    if context.plan.cloud_controller.is_none() {
        return document;
    }
    let trust = expr(
        "jsonencode({ Version = \"1\", Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { Service = [\"ecs.aliyuncs.com\"] } }] })",
    );
    document.block(hcl::block! {
        resource "alicloud_ram_role" "control_plane" {
            role_name                   = (expr("\"${local.cluster}-control-plane\""))
            description                 = (expr("\"Control-plane nodes of ${local.cluster}\""))
            assume_role_policy_document = (trust)
            tags                        = (expr("local.tags"))
        }
    });
    let policy = expr(&format!("file(\"${{path.module}}/{POLICY}\")"));
    document.commented(
        "Nodes' zones and types, and load balancers for Services. The controller touches no load balancer\n\
         without its own tag, so not that of the API servers.",
        hcl::block! {
            resource "alicloud_ram_policy" "cloud_controller" {
                policy_name     = (expr("\"${local.cluster}-cloud-controller\""))
                description     = (expr("\"Cloud controller of ${local.cluster}\""))
                policy_document = (policy)
                tags            = (expr("local.tags"))
            }
        },
    );
    document.block(hcl::block! {
        resource "alicloud_ram_role_policy_attachment" "cloud_controller" {
            policy_name = (expr("alicloud_ram_policy.cloud_controller.policy_name"))
            policy_type = "Custom"
            role_name   = (expr("alicloud_ram_role.control_plane.role_name"))
        }
    });
    let instance = if context.made().is_some() {
        expr("alicloud_instance.control_plane[each.key].id")
    } else {
        expr("each.value")
    };
    let block = hcl::block! {
        resource "alicloud_ecs_ram_role_attachment" "control_plane" {
            for_each      = (expr("local.control_plane"))
            ram_role_name = (expr("alicloud_ram_role.control_plane.role_name"))
            instance_id   = (instance)
            depends_on    = (expr("[alicloud_ram_role_policy_attachment.cloud_controller]"))
        }
    };
    if context.made().is_some() {
        document.block(block);
    } else {
        document.commented(
            "A machine has one role. If these have one already, Alibaba Cloud refuses this: give that role\n\
             the policy instead, in a file of your own.",
            block,
        );
    }
    document
}
