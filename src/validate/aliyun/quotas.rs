//! Limits of lists of clients.

use ipnet::IpNet;

use crate::diagnostic::code::aliyun as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::aliyun::LOAD_BALANCER;
use crate::spec::AliyunLoadBalancer;

use super::Target;

/// Rules of the load balancer's group beside the clients': the NAT gateway, probes, and the refusal.
const OF_LOAD_BALANCER: usize = 3;
/// Rules of the control plane's group beside the clients', at most.
const OF_CONTROL_PLANE: usize = 15;

pub(super) fn check(target: &Target<'_>, kind: AliyunLoadBalancer, report: &mut Report) {
    let allowed = &target.spec.endpoint.allowed_cidrs;
    let mut clients = allowed
        .iter()
        .filter(|network| matches!(network, IpNet::V4(_)))
        .count();
    if target.internet() {
        clients += target.own.network.nat_cidrs.len();
    }
    let slb = kind == AliyunLoadBalancer::Slb;
    let entries = clients + usize::from(target.internet() && target.makes_network());
    if slb && entries > LOAD_BALANCER.slb.acl_entries {
        report.push(
            Diagnostic::new(
                &code::ACCESS_LIST,
                format!(
                    "{entries} networks are let in, and an access control list has at most {} entries",
                    LOAD_BALANCER.slb.acl_entries
                ),
            )
            .key("endpoint.allowedCidrs", "too many")
            .cure("merge neighbouring networks")
            .cure("use `loadBalancer: nlb`"),
        );
        return;
    }
    let egress = target.own.network.node_egress_cidrs.len();
    let rules = if !slb {
        clients + OF_LOAD_BALANCER
    } else if target.provisions() || target.own.control_plane_security_group.is_some() {
        clients + egress + OF_CONTROL_PLANE
    } else {
        return;
    };
    if rules > LOAD_BALANCER.security_group_rules {
        report.push(
            Diagnostic::new(
                &code::SECURITY_GROUP_RULES,
                format!(
                    "{clients} networks take {rules} rules of a security group, and the default quota is {}",
                    LOAD_BALANCER.security_group_rules
                ),
            )
            .key("endpoint.allowedCidrs", "more than the default quota")
            .cure("merge neighbouring networks")
            .cure("have the quota raised before you apply"),
        );
    }
}
