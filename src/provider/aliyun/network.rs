//! network.tf: where everything is; a VPC where the spec names none.

use super::Context;
use crate::facts::aliyun::LOAD_BALANCER;
use crate::format::terraform::{Document, expr};
use crate::plan::aliyun::LoadBalancer;
use crate::provider::cloud;

/// The locals that every other file uses, and a VPC of hagen's own.
pub(super) fn document(context: &Context<'_>, balancer: &LoadBalancer) -> Document {
    let mut document = Document::default();
    document.block(cloud::locals(context));
    let ranges = cloud::subnet_ranges(context);
    if let Some(vpc) = context.cloud.network.vpc.clone() {
        let ids = cloud::subnet_ids(context);
        document.commented(
            match balancer {
                LoadBalancer::Nlb => "An existing network: nothing of it is changed here. A network ACL of these vSwitches must let\n\
                 100.64.0.0/10 and ICMP through, or the load balancer takes its own addresses out of DNS.",
                LoadBalancer::Slb(_) => "An existing network: nothing of it is changed here. A network ACL of these vSwitches must let\n\
                 100.64.0.0/10 through, where the load balancer's checks come from.",
            },
            hcl::block! {
                locals {
                    vpc_id      = (vpc)
                    subnets     = (ranges)
                    vswitch_ids = (ids)
                }
            },
        );
    } else {
        document.block(hcl::block! {
            locals {
                vpc_id      = (expr("alicloud_vpc.cluster.id"))
                subnets     = (ranges)
                vswitch_ids = (expr("{ for zone, vswitch in alicloud_vswitch.node : zone => vswitch.id }"))
            }
        });
        made(&mut document, context);
    }
    document
}

fn made(document: &mut Document, context: &Context<'_>) {
    document.block(hcl::block! {
        resource "alicloud_vpc" "cluster" {
            vpc_name   = (expr("local.cluster"))
            cidr_block = (expr("local.vpc_cidr"))
            tags       = (expr("local.tags"))
        }
    });
    document.block(hcl::block! {
        resource "alicloud_vswitch" "node" {
            for_each     = (expr("local.subnets"))
            vswitch_name = (expr("\"${local.cluster}-${each.key}\""))
            vpc_id       = (expr("alicloud_vpc.cluster.id"))
            zone_id      = (expr("each.key"))
            cidr_block   = (expr("each.value"))
            tags         = (expr("local.tags"))
        }
    });
    let bandwidth = LOAD_BALANCER.public_bandwidth.to_string();
    document.commented(
        "The nodes' way to the internet, and the address they come from. Paid for by traffic: the bandwidth\n\
         is a peak.",
        hcl::block! {
            resource "alicloud_eip_address" "nat" {
                address_name         = (expr("\"${local.cluster}-nat\""))
                payment_type         = "PayAsYouGo"
                internet_charge_type = "PayByTraffic"
                bandwidth            = (bandwidth)
                tags                 = (expr("local.tags"))
            }
        },
    );
    // The zone is the user's word, so it goes in as a plain string.
    let zone = context.load_balancer_zone().to_owned();
    let vswitch = hcl::expr::Expression::from(
        hcl::expr::FuncCall::builder("lookup")
            .arg(expr("local.vswitch_ids"))
            .arg(zone)
            .build(),
    );
    document.commented(
        "One for all zones. With it the VPC's own route table gets a way to 0.0.0.0/0.",
        hcl::block! {
            resource "alicloud_nat_gateway" "cluster" {
                nat_gateway_name     = (expr("local.cluster"))
                nat_type             = "Enhanced"
                network_type         = "internet"
                payment_type         = "PayAsYouGo"
                internet_charge_type = "PayByLcu"
                vpc_id               = (expr("alicloud_vpc.cluster.id"))
                vswitch_id           = (vswitch)
                tags                 = (expr("local.tags"))
            }
        },
    );
    document.block(hcl::block! {
        resource "alicloud_eip_association" "nat" {
            allocation_id = (expr("alicloud_eip_address.nat.id"))
            instance_id   = (expr("alicloud_nat_gateway.cluster.id"))
            instance_type = "Nat"
        }
    });
    document.block(hcl::block! {
        resource "alicloud_snat_entry" "node" {
            for_each          = (expr("alicloud_vswitch.node"))
            snat_entry_name   = (expr("\"${local.cluster}-${each.key}\""))
            snat_table_id     = (expr("alicloud_nat_gateway.cluster.snat_table_ids"))
            source_vswitch_id = (expr("each.value.id"))
            snat_ip           = (expr("alicloud_eip_address.nat.ip_address"))
            depends_on        = (expr("[alicloud_eip_association.nat]"))
        }
    });
}
