//! dns.tf: a private DNS record for the endpoint.

use super::Context;
use crate::format::terraform::{Document, expr, set};
use crate::plan::aliyun::LoadBalancer;

/// The record, if the spec names a private zone.
pub(super) fn document(context: &Context<'_>, balancer: &LoadBalancer) -> Document {
    let mut document = Document::default();
    let Some(dns) = &context.cloud.dns else {
        return document;
    };
    let zone = if let Some(id) = dns.zone_id.clone() {
        hcl::Expression::String(id)
    } else {
        let name = dns.zone.clone();
        document.commented(
            "A zone that only this VPC knows. It hides a public zone of the same name.",
            hcl::block! {
                resource "alicloud_pvtz_zone" "cluster" {
                    zone_name = (name)
                    tags      = (expr("local.tags"))
                }
            },
        );
        document.block(hcl::block! {
            resource "alicloud_pvtz_zone_attachment" "cluster" {
                zone_id = (expr("alicloud_pvtz_zone.cluster.id"))
                vpc_ids = (expr("[local.vpc_id]"))
            }
        });
        expr("alicloud_pvtz_zone.cluster.id")
    };
    let record = dns.record.clone();
    let mut block = hcl::block! {
        resource "alicloud_pvtz_zone_record" "api" {
            zone_id = (zone)
            rr      = (record)
        }
    };
    let comment = match balancer {
        LoadBalancer::Nlb if dns.record == "@" => {
            let items = hcl::Attribute::new("for_each", expr("local.subnets"));
            block.body.0.insert(0, items.into());
            set(&mut block, "type", "A");
            set(&mut block, "value", expr(&super::nlb_address(context)));
            "The zone itself cannot be a CNAME, so it has the load balancer's address in each zone."
        }
        LoadBalancer::Nlb => {
            set(&mut block, "type", "CNAME");
            let name = expr("alicloud_nlb_load_balancer.api.dns_name");
            set(&mut block, "value", name);
            "The load balancer's own name knows which of its addresses answer."
        }
        LoadBalancer::Slb(_) => {
            set(&mut block, "type", "A");
            let address = expr("alicloud_slb_load_balancer.api.address");
            set(&mut block, "value", address);
            "This kind of load balancer has no name of its own, but an address that stays."
        }
    };
    set(&mut block, "ttl", 60);
    document.commented(comment, block);
    document
}
