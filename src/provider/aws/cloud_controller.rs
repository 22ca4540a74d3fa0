//! iam.tf: what the cloud controller may do in AWS.

use serde_json::json;

use super::{Context, tags};
use crate::facts::aws::CLOUD_CONTROLLER;
use crate::format::terraform::{Document, expr, nest};

/// The file with the policy.
pub(super) const POLICY: &str = "manifests/aws-cloud-controller-policy.json";

/// What the cloud controller may do, an action a line.
pub(super) fn policy() -> String {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": CLOUD_CONTROLLER.actions,
            "Resource": "*",
        }],
    });
    format!("{policy:#}\n")
}

/// The role of the control-plane machines, on which the controller runs.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    if context.plan.cloud_controller.is_none() {
        return document;
    }
    let mut trust = hcl::block! {
        data "aws_iam_policy_document" "control_plane_trust" {}
    };
    nest(
        &mut trust,
        hcl::block! {
            statement {
                actions = ["sts:AssumeRole"]

                principals {
                    type        = "Service"
                    identifiers = ["ec2.amazonaws.com"]
                }
            }
        },
    );
    document.block(trust);
    let prefix = expr("\"${local.cluster}-control-plane-\"");
    document.block(hcl::block! {
        resource "aws_iam_role" "control_plane" {
            name_prefix        = (prefix.clone())
            assume_role_policy = (expr("data.aws_iam_policy_document.control_plane_trust.json"))
            tags               = (tags("\"${local.cluster}-control-plane\""))
        }
    });
    let policy = expr(&format!("file(\"${{path.module}}/{POLICY}\")"));
    document.commented(
        "Nodes' own names and zones, and load balancers for Services. The controller finds what is its\n\
         own by the tag kubernetes.io/cluster; AWS has no conditions for most of these actions.",
        hcl::block! {
            resource "aws_iam_role_policy" "cloud_controller" {
                name   = "cloud-controller"
                role   = (expr("aws_iam_role.control_plane.id"))
                policy = (policy)
            }
        },
    );
    let profile = hcl::block! {
        resource "aws_iam_instance_profile" "control_plane" {
            name_prefix = (prefix)
            role        = (expr("aws_iam_role.control_plane.name"))
            tags        = (tags("\"${local.cluster}-control-plane\""))
        }
    };
    if context.made().is_some() {
        document.block(profile);
    } else {
        document.commented(
            "The machines are there: give each control-plane machine this profile, and each machine of the\n\
             cluster and one of its security groups the tag of local.controller_tags.",
            profile,
        );
    }
    document
}
