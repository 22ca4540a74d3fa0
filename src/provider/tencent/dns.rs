//! dns.tf: a private DNS record for the endpoint.

use super::Context;
use super::load_balancer::ADDRESSES;
use crate::facts::tencent::NETWORK;
use crate::format::terraform::{Document, expr};

/// The record, and its zone where that is not there yet.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let Some(dns) = &context.cloud.dns else {
        return document;
    };
    let zone_id = if let Some(id) = &dns.zone_id {
        hcl::Expression::String(id.clone())
    } else {
        let (zone, region) = (dns.zone.clone(), context.cloud.region.clone());
        document.commented(
            "The zone is known in this VPC only. A name that it does not hold is looked up on the internet,\n\
             as if the zone were not there.",
            hcl::block! {
                resource "tencentcloud_private_dns_zone" "cluster" {
                    domain             = (zone)
                    remark             = (expr("\"Kubernetes API of ${local.cluster}\""))
                    dns_forward_status = "ENABLED"
                    tags               = (expr("local.tags"))

                    vpc_set {
                        region      = (region)
                        uniq_vpc_id = (expr("local.vpc_id"))
                    }
                }
            },
        );
        expr("tencentcloud_private_dns_zone.cluster.id")
    };
    let (record, seconds) = (dns.record.clone(), NETWORK.record_seconds);
    document.commented(
        "The endpoint's name stays when what it leads to changes.",
        hcl::block! {
            resource "tencentcloud_private_dns_record" "api" {
                zone_id      = (zone_id)
                sub_domain   = (record)
                record_type  = "A"
                record_value = (expr(&format!("{ADDRESSES}[0]")))
                ttl          = (seconds)
            }
        },
    );
    document
}
