//! Ids: their form, and that none is given twice.

use std::collections::BTreeMap;

use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{AwsImage, AwsMachines};

use super::{Target, path};

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let aws = target.aws;
    if let Some(vpc) = &aws.network.vpc {
        form(path("network.vpc"), vpc, "vpc", "a VPC", report);
    }
    for subnet in &target.subnets {
        if let Some(id) = subnet.id {
            form(
                format!("{}.id", subnet.path),
                id,
                "subnet",
                "a subnet",
                report,
            );
        }
    }
    twice(
        "subnet",
        target
            .subnets
            .iter()
            .filter_map(|subnet| Some((format!("{}.id", subnet.path), subnet.id?))),
        report,
    );
    if let Some(group) = &aws.load_balancer.control_plane_security_group {
        form(
            path("loadBalancer.controlPlaneSecurityGroup"),
            group,
            "sg",
            "a security group",
            report,
        );
    }
    match &aws.machines {
        AwsMachines::Provision(provision) => {
            if let AwsImage::Ami(ami) = &provision.image {
                form(
                    path("machines.provision.image.ami"),
                    ami,
                    "ami",
                    "an image",
                    report,
                );
            }
        }
        AwsMachines::Existing(list) => {
            let ids = || {
                list.iter().enumerate().filter_map(|(at, machine)| {
                    let path = path(&format!("machines.existing[{at}].instanceId"));
                    Some((path, machine.instance_id.as_deref()?))
                })
            };
            for (path, id) in ids() {
                form(path, id, "i", "an instance", report);
            }
            twice("instance", ids(), report);
        }
    }
    if let Some(dns) = &aws.dns
        && !is_hosted_zone(&dns.zone_id)
    {
        let id = &dns.zone_id;
        let problem = Diagnostic::new(
            &code::BAD_ID,
            format!(
                "`{id}` is not the id of a hosted zone: Z and up to 31 capital letters and digits"
            ),
        )
        .value(path("dns.zoneId"), "not the id of a hosted zone");
        let bare = id.trim_start_matches("/hostedzone/");
        report.push(if is_hosted_zone(bare) {
            problem.replace_with(bare)
        } else {
            problem.cure("use the id that `aws route53 list-hosted-zones` shows")
        });
    }
}

fn form(path: String, id: &str, prefix: &str, what: &str, report: &mut Report) {
    if is_id(id, prefix) {
        return;
    }
    let hint = if id.starts_with("arn:") {
        ", but an ARN"
    } else {
        ""
    };
    report.push(
        Diagnostic::new(
            &code::BAD_ID,
            format!("`{id}` is not the id of {what}{hint}"),
        )
        .value(path, format!("not the id of {what}"))
        .cure(format!("use an id such as `{prefix}-0123456789abcdef0`")),
    );
}

/// Whether a text is a resource id: `PREFIX-` and 8 or 17 hexadecimal digits.
fn is_id(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|rest| {
            matches!(rest.len(), 8 | 17)
                && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
}

fn is_hosted_zone(id: &str) -> bool {
    id.strip_prefix('Z').is_some_and(|rest| {
        (1..=31).contains(&rest.len())
            && rest
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

fn twice<'a>(what: &str, ids: impl Iterator<Item = (String, &'a str)>, report: &mut Report) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (path, id) in ids {
        if let Some(first) = seen.get(id) {
            report.push(
                Diagnostic::new(&code::ID_TWICE, format!("the {what} `{id}` is given twice"))
                    .value(path, "the second one")
                    .also(first, "the first one")
                    .cure(format!("give each {what} once")),
            );
        } else {
            seen.insert(id, path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_hosted_zone, is_id};

    #[test]
    fn ids_have_eight_or_seventeen_digits() {
        assert!(is_id("vpc-0123abcd", "vpc") && is_id("i-0123456789abcdef0", "i"));
        for bad in [
            "vpc-",
            "vpc-0123456",
            "vpc-0123ABCD",
            "vpc0123abcd",
            "subnet-0123abcd",
            "vpc-０１２３４５６７",
        ] {
            assert!(!is_id(bad, "vpc"), "{bad}");
        }
        assert!(is_hosted_zone("Z0123456789ABCDEFGHIJ"));
        for bad in [
            "Z",
            "z123",
            "A123",
            "Z12-3",
            &format!("Z{}", "1".repeat(32)),
        ] {
            assert!(!is_hosted_zone(bad), "{bad}");
        }
    }
}
