//! dns.tf: a private record for the endpoint.

use super::Context;
use crate::format::terraform::{Document, expr};

/// The record, and its zone where it is not there already.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let Some(dns) = &context.cloud.dns else {
        return document;
    };
    let bare = dns.zone.trim_end_matches('.');
    let zone_id = if let Some(id) = &dns.zone_id {
        hcl::Expression::String(id.clone())
    } else {
        let name = format!("{bare}.");
        document.commented(
            "The private zone, for this VPC. The dot at its end is the cloud's.",
            hcl::block! {
                resource "huaweicloud_dns_zone" "cluster" {
                    name      = (name)
                    zone_type = "private"
                    tags      = (expr("local.tags"))

                    router {
                        router_id = (expr("local.vpc_id"))
                    }
                }
            },
        );
        expr("huaweicloud_dns_zone.cluster.id")
    };
    let name = match dns.record.as_str() {
        "@" => format!("{bare}."),
        record => format!("{record}.{bare}."),
    };
    document.commented(
        "The endpoint's name stays when what it leads to changes. Inside the VPC it leads to the private\n\
         address, of an internet-facing load balancer too.",
        hcl::block! {
            resource "huaweicloud_dns_recordset" "api" {
                zone_id = (zone_id)
                name    = (name)
                type    = "A"
                ttl     = 60
                records = (expr("[huaweicloud_elb_loadbalancer.api.ipv4_address]"))
                tags    = (expr("local.tags"))
            }
        },
    );
    document
}
