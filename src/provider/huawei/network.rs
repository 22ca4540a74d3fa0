//! network.tf: where everything is; a VPC where the spec names none.

use super::Context;
use crate::facts::huawei::NETWORK;
use crate::format::terraform::{Document, expr};
use crate::provider::cloud::{locals, subnet_ids, subnet_ranges};

/// The locals that every other file uses, and a VPC of hagen's own.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    document.block(locals(context));
    let zone = context.load_balancer_zone().to_owned();
    document.commented(
        "The zone of the subnet that the load balancer stands in.",
        hcl::block! {
            locals {
                api_zone = (zone)
            }
        },
    );
    if let Some(vpc) = &context.cloud.network.vpc {
        existing(&mut document, context, vpc);
    } else {
        made(&mut document, context);
    }
    document
}

fn existing(document: &mut Document, context: &Context<'_>, vpc: &str) {
    let vpc = vpc.to_owned();
    let ids = subnet_ids(context);
    document.commented(
        "An existing network: nothing of it is changed here.",
        hcl::block! {
            locals {
                vpc_id     = (vpc)
                subnet_ids = (ids)
            }
        },
    );
    document.commented(
        "A subnet has two ids here: a machine takes the one that people know, a load balancer the other.",
        hcl::block! {
            data "huaweicloud_vpc_subnet" "api" {
                id = (expr("local.subnet_ids[local.api_zone]"))
            }
        },
    );
    document.block(hcl::block! {
        locals {
            api_subnet_id = (expr("data.huaweicloud_vpc_subnet.api.ipv4_subnet_id"))
        }
    });
}

fn made(document: &mut Document, context: &Context<'_>) {
    let ranges = subnet_ranges(context);
    document.block(hcl::block! {
        locals {
            vpc_id     = (expr("huaweicloud_vpc.cluster.id"))
            subnets    = (ranges)
            subnet_ids = (expr("{ for zone, subnet in huaweicloud_vpc_subnet.zone : zone => subnet.id }"))
        }
    });
    document.block(hcl::block! {
        resource "huaweicloud_vpc" "cluster" {
            name = (expr("local.cluster"))
            cidr = (expr("local.vpc_cidr"))
            tags = (expr("local.tags"))
        }
    });
    document.commented(
        "A subnet spans the zones of a region here: each holds the machines of one zone, so that every\n\
         target has the same plan of addresses. The gateway is the subnet's first address.\n\
         No name servers: the provider sets the cloud's own, which know private zones.",
        hcl::block! {
            resource "huaweicloud_vpc_subnet" "zone" {
                for_each   = (expr("local.subnets"))
                name       = (expr("\"${local.cluster}-${each.key}\""))
                vpc_id     = (expr("huaweicloud_vpc.cluster.id"))
                cidr       = (expr("each.value"))
                gateway_ip = (expr("cidrhost(each.value, 1)"))
                tags       = (expr("local.tags"))
            }
        },
    );
    document.commented(
        "A subnet has two ids here: a machine takes the one that people know, a load balancer the other.",
        hcl::block! {
            locals {
                api_subnet_id = (expr("huaweicloud_vpc_subnet.zone[local.api_zone].ipv4_subnet_id"))
            }
        },
    );
    way_out(document);
}

/// The way to the internet.
fn way_out(document: &mut Document) {
    let kind = NETWORK.eip_type.clone();
    let bandwidth = NETWORK.nat.bandwidth;
    document.block(hcl::block! {
        resource "huaweicloud_vpc_eip" "nat" {
            name = (expr("\"${local.cluster}-nat\""))
            tags = (expr("local.tags"))

            publicip {
                type = (kind)
            }

            bandwidth {
                name        = (expr("\"${local.cluster}-nat\""))
                share_type  = "PER"
                charge_mode = "traffic"
                size        = (bandwidth)
            }
        }
    });
    let spec = NETWORK.nat.spec.clone();
    document.commented(
        "One for all zones: on this cloud it survives the loss of one.",
        hcl::block! {
            resource "huaweicloud_nat_gateway" "cluster" {
                name      = (expr("local.cluster"))
                spec      = (spec)
                vpc_id    = (expr("huaweicloud_vpc.cluster.id"))
                subnet_id = (expr("huaweicloud_vpc_subnet.zone[local.api_zone].id"))
                tags      = (expr("local.tags"))
            }
        },
    );
    document.block(hcl::block! {
        resource "huaweicloud_nat_snat_rule" "zone" {
            for_each       = (expr("local.subnets"))
            nat_gateway_id = (expr("huaweicloud_nat_gateway.cluster.id"))
            floating_ip_id = (expr("huaweicloud_vpc_eip.nat.id"))
            subnet_id      = (expr("huaweicloud_vpc_subnet.zone[each.key].id"))
        }
    });
}
