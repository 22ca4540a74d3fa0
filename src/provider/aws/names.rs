//! What AWS's resources put into the cloud-init files.

use super::Context;
use crate::component::placeholder;
use crate::plan::{CertificateName, Host};
use crate::provider::cloud_init::{Step, step};

/// The names and addresses in cloud-init files that are known once their resources are there.
pub(super) fn names_and_addresses(context: &Context<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let endpoint = &context.plan.endpoint;
    let nodes_balancer = context
        .target
        .load_balancers
        .first()
        .map_or("api", |balancer| balancer.resource);
    let certificate_names_balancer = endpoint
        .other_names
        .contains(&CertificateName::LoadBalancer);
    if endpoint.node_host == Host::OfLoadBalancer || certificate_names_balancer {
        steps.push(step(
            "host",
            placeholder::API_HOST,
            format!("aws_lb.{nodes_balancer}.dns_name"),
        ));
    }
    if endpoint.client_host == Host::OfPublicLoadBalancer {
        steps.push(step(
            "public_host",
            placeholder::PUBLIC_API_HOST,
            "aws_lb.api.dns_name",
        ));
    }
    for name in &endpoint.other_names {
        if let CertificateName::AddressOf(zone) = name {
            steps.push(step(
                format!("address_{}", zone.replace('-', "_")),
                placeholder::address_of(zone),
                format!("aws_eip.api[\"{zone}\"].public_ip"),
            ));
        }
    }
    if context.made().is_some() {
        steps.push(step(
            "peers",
            placeholder::CONTROL_PLANE_ADDRESSES,
            "join(\" \", values(aws_network_interface.control_plane)[*].private_ip)",
        ));
    }
    if context.made().is_some() && context.etcd().is_some() {
        steps.push(step(
            "etcd_hosts",
            placeholder::ETCD_HOSTS,
            "base64encode(local.etcd_hosts)",
        ));
    }
    steps
}
