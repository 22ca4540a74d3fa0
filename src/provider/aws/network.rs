//! network.tf: where everything is; a VPC where the spec names none.

use hcl::expr::Expression;

use super::{Context, tags};
use crate::format::terraform::{Document, expr, mapping, nest, set};
use crate::plan::aws::{Network, Subnet};

/// The locals that every other file uses, and a VPC of hagen's own.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut document = Document::default();
    let network = &context.target.network;
    let cluster = context.plan.cluster.clone();
    let all_tags = mapping(context.target.tags.clone());
    document.block(hcl::block! {
        locals {
            cluster = (cluster)
            tags    = (all_tags)
        }
    });
    if context.plan.cloud_controller.is_some() {
        let own = mapping([(
            format!("kubernetes.io/cluster/{}", context.plan.cluster),
            "owned".to_owned(),
        )]);
        document.commented(
            "By this tag the cloud controller finds its cluster: on machines, on one security group of\n\
             each, and on subnets.",
            hcl::block! {
                locals {
                    controller_tags = (own)
                }
            },
        );
    }
    if let Some(vpc) = &network.vpc {
        existing(&mut document, context, vpc);
    } else {
        made(&mut document, context);
    }
    document
}

fn existing(document: &mut Document, context: &Context<'_>, vpc: &str) {
    let network = &context.target.network;
    let vpc = vpc.to_owned();
    let cidr = network.cidr.to_string();
    let mut locals = hcl::block! {
        locals {
            vpc_id   = (vpc)
            vpc_cidr = (cidr)
        }
    };
    for (name, subnets) in [
        ("private_subnet_ids", &network.subnets),
        ("public_subnet_ids", &network.public_subnets),
    ] {
        if !subnets.is_empty() {
            set(&mut locals, name, ids(subnets));
        }
    }
    document.commented(
        "An existing network: nothing of it is changed here.",
        locals,
    );
}

fn ids(subnets: &[Subnet]) -> Expression {
    mapping(
        subnets
            .iter()
            .map(|subnet| (subnet.zone.clone(), subnet.id.clone().unwrap_or_default())),
    )
}

fn ranges(subnets: &[Subnet]) -> Expression {
    mapping(
        subnets
            .iter()
            .map(|subnet| (subnet.zone.clone(), subnet.cidr.to_string())),
    )
}

fn made(document: &mut Document, context: &Context<'_>) {
    let network = &context.target.network;
    let cidr = network.cidr.to_string();
    let private = ranges(&network.subnets);
    let public = ranges(&network.public_subnets);
    document.block(hcl::block! {
        locals {
            vpc_id             = (expr("aws_vpc.cluster.id"))
            vpc_cidr           = (cidr)
            private_subnets    = (private)
            public_subnets     = (public)
            private_subnet_ids = (expr("{ for zone, subnet in aws_subnet.private : zone => subnet.id }"))
            public_subnet_ids  = (expr("{ for zone, subnet in aws_subnet.public : zone => subnet.id }"))
        }
    });
    let mut vpc = hcl::block! {
        resource "aws_vpc" "cluster" {
            cidr_block           = (expr("local.vpc_cidr"))
            enable_dns_support   = true
            enable_dns_hostnames = true
        }
    };
    if network.dual_stack {
        set(&mut vpc, "assign_generated_ipv6_cidr_block", true);
    }
    set(&mut vpc, "tags", tags("local.cluster"));
    document.block(vpc);
    document.block(hcl::block! {
        resource "aws_internet_gateway" "cluster" {
            vpc_id = (expr("aws_vpc.cluster.id"))
            tags   = (tags("local.cluster"))
        }
    });
    if network.dual_stack {
        ipv6_numbers(document, network);
    }
    subnets(document, context, "private", "internal-elb");
    subnets(document, context, "public", "elb");
    routes_out(document, network.dual_stack);
}

/// The number of each subnet's IPv6 range, by the letter of its zone, so that a subnet more
/// moves no other: private ones from 0, public ones from 128.
fn ipv6_numbers(document: &mut Document, network: &Network) {
    let numbers = |subnets: &[Subnet], first: u32| {
        mapping(subnets.iter().map(|subnet| {
            let letter = subnet.zone.chars().last().unwrap_or('a');
            let number = u32::from(letter).saturating_sub(u32::from('a'));
            (subnet.zone.clone(), Expression::from(first + number))
        }))
    };
    let private = numbers(&network.subnets, 0);
    let public = numbers(&network.public_subnets, 128);
    document.commented(
        "Fixed numbers: a subnet more moves no other's range.",
        hcl::block! {
            locals {
                private_ipv6_numbers = (private)
                public_ipv6_numbers  = (public)
            }
        },
    );
}

/// The subnets of one kind, one for each zone, with the tag by which a cloud controller finds
/// them for Services.
fn subnets(document: &mut Document, context: &Context<'_>, kind: &str, role: &str) {
    let dual_stack = context.target.network.dual_stack;
    let controller = if context.plan.cloud_controller.is_some() {
        "local.controller_tags, "
    } else {
        ""
    };
    let ranges = expr(&format!("local.{kind}_subnets"));
    let name = format!("\"${{local.cluster}}-{kind}-${{each.key}}\"");
    let all_tags = expr(&format!(
        "merge(local.tags, {controller}{{ Name = {name}, \"kubernetes.io/role/{role}\" = \"1\" }})"
    ));
    let mut subnet = hcl::block! {
        resource "aws_subnet" (kind) {
            for_each          = (ranges)
            vpc_id            = (expr("aws_vpc.cluster.id"))
            availability_zone = (expr("each.key"))
            cidr_block        = (expr("each.value"))
        }
    };
    if dual_stack {
        set(
            &mut subnet,
            "ipv6_cidr_block",
            expr(&format!(
                "cidrsubnet(aws_vpc.cluster.ipv6_cidr_block, 8, local.{kind}_ipv6_numbers[each.key])"
            )),
        );
    }
    set(&mut subnet, "tags", all_tags);
    document.block(subnet);
}

fn routes_out(document: &mut Document, dual_stack: bool) {
    let mut public = hcl::block! {
        resource "aws_route_table" "public" {
            vpc_id = (expr("aws_vpc.cluster.id"))
            tags   = (tags("\"${local.cluster}-public\""))

            route {
                cidr_block = "0.0.0.0/0"
                gateway_id = (expr("aws_internet_gateway.cluster.id"))
            }
        }
    };
    if dual_stack {
        nest(
            &mut public,
            hcl::block! {
                route {
                    ipv6_cidr_block = "::/0"
                    gateway_id      = (expr("aws_internet_gateway.cluster.id"))
                }
            },
        );
    }
    document.block(public);
    document.block(hcl::block! {
        resource "aws_route_table_association" "public" {
            for_each       = (expr("local.public_subnets"))
            subnet_id      = (expr("aws_subnet.public[each.key].id"))
            route_table_id = (expr("aws_route_table.public.id"))
        }
    });
    document.block(hcl::block! {
        resource "aws_eip" "nat" {
            for_each = (expr("local.private_subnets"))
            domain   = "vpc"
            tags     = (tags("\"${local.cluster}-nat-${each.key}\""))
            depends_on = (expr("[aws_internet_gateway.cluster]"))
        }
    });
    document.commented(
        "One for each zone: a zone that fails takes no other zone's way out with it.",
        hcl::block! {
            resource "aws_nat_gateway" "zone" {
                for_each      = (expr("local.private_subnets"))
                allocation_id = (expr("aws_eip.nat[each.key].allocation_id"))
                subnet_id     = (expr("aws_subnet.public[each.key].id"))
                depends_on    = (expr("[aws_internet_gateway.cluster]"))
                tags          = (tags("\"${local.cluster}-${each.key}\""))
            }
        },
    );
    document.block(hcl::block! {
        resource "aws_route_table" "private" {
            for_each = (expr("local.private_subnets"))
            vpc_id   = (expr("aws_vpc.cluster.id"))
            tags     = (tags("\"${local.cluster}-private-${each.key}\""))

            route {
                cidr_block     = "0.0.0.0/0"
                nat_gateway_id = (expr("aws_nat_gateway.zone[each.key].id"))
            }
        }
    });
    document.block(hcl::block! {
        resource "aws_route_table_association" "private" {
            for_each       = (expr("local.private_subnets"))
            subnet_id      = (expr("aws_subnet.private[each.key].id"))
            route_table_id = (expr("aws_route_table.private[each.key].id"))
        }
    });
}
