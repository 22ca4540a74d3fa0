//! load-balancer.tf: the load balancer in front of the API servers, of either kind.

use hcl::Block;

use super::Context;
use super::{nlb, slb};
use crate::format::terraform::{Document, nest};
use crate::plan::aliyun::LoadBalancer;
use crate::provider::cloud;

/// The load balancer with its server group, attachments and listener.
pub(super) fn document(context: &Context<'_>, balancer: &LoadBalancer) -> Document {
    match balancer {
        LoadBalancer::Nlb => nlb::document(context),
        LoadBalancer::Slb(slb) => slb::document(context, slb),
    }
}

/// Keeps Terraform from destroying it, where the spec wants that.
pub(super) fn protect(context: &Context<'_>, block: &mut Block) {
    if context.cloud.deletion_protection {
        nest(block, cloud::prevent_destroy());
    }
}

/// The comment above the load balancer about its protection.
pub(super) fn protection(context: &Context<'_>) -> &'static str {
    if context.cloud.deletion_protection {
        "\nProtected twice: Alibaba Cloud refuses to delete it, and Terraform refuses a plan that would.\n\
         Its addresses are the cluster's. README.md says how to tear it down."
    } else {
        ""
    }
}

/// The id of the machine that is registered, as an expression.
pub(super) fn server_id(context: &Context<'_>) -> &'static str {
    if context.made().is_some() {
        "alicloud_instance.control_plane[each.key].id"
    } else {
        "each.value"
    }
}
