//! dns.tf: a Route 53 record for the endpoint.

use super::Context;
use crate::format::terraform::{Document, expr};

/// The record, if the spec names a hosted zone. It leads to the load balancer that people use.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let Some((zone, name)) = &context.target.dns else {
        return document;
    };
    let families: &[(&str, &str)] = if context.target.network.dual_stack {
        &[("api", "A"), ("api_ipv6", "AAAA")]
    } else {
        &[("api", "A")]
    };
    for (resource, kind) in families {
        let zone = zone.clone();
        let name = name.clone();
        document.commented(
            "The endpoint's name stays when what it leads to changes. With one record, evaluating the\n\
             target's health would only take the name away when it is needed most.",
            hcl::block! {
                resource "aws_route53_record" (*resource) {
                    zone_id = (zone)
                    name    = (name)
                    type    = (*kind)

                    alias {
                        name                   = (expr("aws_lb.api.dns_name"))
                        zone_id                = (expr("aws_lb.api.zone_id"))
                        evaluate_target_health = false
                    }
                }
            },
        );
    }
    document
}
