//! Quotas that an account has unless AWS raised them: warned about, since hagen cannot know.

use ipnet::IpNet;

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::aws::LOAD_BALANCER;

use super::{Target, path};

/// Each allowed network takes a rule for the API and one for path MTU discovery.
const RULES_A_NETWORK: usize = 2;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let quotas = &LOAD_BALANCER.quotas;
    let allowed = &target.spec.endpoint.allowed_cidrs;
    let v6 = allowed
        .iter()
        .filter(|net| matches!(net, IpNet::V6(_)))
        .count();
    let nat = if target.internet() {
        target.aws.network.nat_cidrs.len()
    } else {
        0
    };
    let gateways = if target.makes_network() {
        target.private().count()
    } else {
        0
    };
    for (family, networks) in [("IPv4", allowed.len() - v6 + nat), ("IPv6", v6)] {
        // One more for each NAT gateway that hagen makes and a public load balancer lets in.
        let own =
            if family == "IPv4" && target.internet() && !target.aws.load_balancer.second_internal {
                gateways
            } else {
                0
            };
        let rules = networks * RULES_A_NETWORK + own;
        if rules > quotas.security_group_rules {
            report.push(
                Diagnostic::new(
                    &code::SECURITY_GROUP_RULES,
                    format!(
                        "{networks} {family} networks take {rules} security group rules, and the default quota is {}",
                        quotas.security_group_rules
                    ),
                )
                .key("endpoint.allowedCidrs", "more than the default quota")
                .cure("merge neighbouring networks, or have the quota raised before you apply"),
            );
        }
    }
    let balancer = if target.internet() {
        target.public().count()
    } else {
        0
    };
    if balancer + gateways > quotas.elastic_ips {
        report.push(
            Diagnostic::new(
                &code::ELASTIC_IPS,
                format!(
                    "the load balancer takes {balancer} Elastic IP addresses and the NAT gateways {gateways}, and the default quota of a region is {}",
                    quotas.elastic_ips
                ),
            )
            .key(path("network"), format!("{} Elastic IP addresses", balancer + gateways))
            .cure("have the quota `EC2-VPC Elastic IPs` raised before you apply, or use an existing VPC"),
        );
    }
}
