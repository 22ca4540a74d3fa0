//! network.tf: where everything is; a VPC where the spec names none.

use super::Context;
use crate::facts::tencent::NETWORK;
use crate::format::terraform::{Document, expr, set};
use crate::provider::cloud;

/// The locals that every other file uses, and a VPC of hagen's own.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    document.block(cloud::locals(context));
    let network = &context.cloud.network;
    let Some(vpc) = &network.vpc else {
        made(&mut document, context);
        return document;
    };
    let vpc = vpc.clone();
    let ids = cloud::subnet_ids(context);
    document.commented(
        "An existing network: nothing of it is changed here.",
        hcl::block! {
            locals {
                vpc_id     = (vpc)
                subnet_ids = (ids)
            }
        },
    );
    document
}

fn made(document: &mut Document, context: &Context<'_>) {
    let ranges = cloud::subnet_ranges(context);
    document.block(hcl::block! {
        locals {
            vpc_id     = (expr("tencentcloud_vpc.cluster.id"))
            subnets    = (ranges)
            subnet_ids = (expr("{ for zone, subnet in tencentcloud_subnet.zone : zone => subnet.id }"))
        }
    });
    document.block(hcl::block! {
        resource "tencentcloud_vpc" "cluster" {
            name       = (expr("local.cluster"))
            cidr_block = (expr("local.vpc_cidr"))
            tags       = (expr("local.tags"))
        }
    });
    document.commented(
        "A subnet is in one zone. Its route out is in a route table of its own, so that the VPC's default\n\
         one stays as it is.",
        hcl::block! {
            resource "tencentcloud_subnet" "zone" {
                for_each          = (expr("local.subnets"))
                name              = (expr("\"${local.cluster}-${each.key}\""))
                vpc_id            = (expr("tencentcloud_vpc.cluster.id"))
                availability_zone = (expr("each.key"))
                cidr_block        = (expr("each.value"))
                route_table_id    = (expr("tencentcloud_route_table.nodes.id"))
                tags              = (expr("local.tags"))
            }
        },
    );
    let gateway = &NETWORK.nat_gateway;
    let (charge_type, bandwidth) = (gateway.charge_type.clone(), gateway.bandwidth);
    document.commented(
        "The way out. Without a bandwidth of its own an address gets 1 Mbit/s.",
        hcl::block! {
            resource "tencentcloud_eip" "nat" {
                name                       = (expr("\"${local.cluster}-nat\""))
                internet_charge_type       = (charge_type)
                internet_max_bandwidth_out = (bandwidth)
                tags                       = (expr("local.tags"))
            }
        },
    );
    let mut nat = hcl::block! {
        resource "tencentcloud_nat_gateway" "cluster" {
            name             = (expr("local.cluster"))
            vpc_id           = (expr("tencentcloud_vpc.cluster.id"))
        }
    };
    set(&mut nat, "bandwidth", gateway.bandwidth);
    set(&mut nat, "max_concurrent", gateway.connections);
    set(
        &mut nat,
        "assigned_eip_set",
        expr("[tencentcloud_eip.nat.public_ip]"),
    );
    set(&mut nat, "tags", expr("local.tags"));
    document.commented(
        "One for all zones: on Tencent Cloud a NAT gateway is not in a zone, and outlives the loss of one.",
        nat,
    );
    document.block(hcl::block! {
        resource "tencentcloud_route_table" "nodes" {
            name   = (expr("\"${local.cluster}-nodes\""))
            vpc_id = (expr("tencentcloud_vpc.cluster.id"))
            tags   = (expr("local.tags"))
        }
    });
    document.block(hcl::block! {
        resource "tencentcloud_route_table_entry" "out" {
            route_table_id         = (expr("tencentcloud_route_table.nodes.id"))
            destination_cidr_block = "0.0.0.0/0"
            next_type              = "NAT"
            next_hub               = (expr("tencentcloud_nat_gateway.cluster.id"))
            description            = "Where nodes get packages and images from"
        }
    });
}
