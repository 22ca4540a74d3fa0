//! The endpoint and what of the cluster's choices needs a cloud.

use ipnet::IpNet;

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::{BaremetalLoadBalancer, CloudProvider, Drop, Exposure, SecretsMode};

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let (endpoint, kubernetes) = (&target.spec.endpoint, &target.spec.kubernetes);
    if endpoint.host.is_none() {
        report.push(
            Diagnostic::new(
                &code::NO_HOST,
                "nothing brings a DNS name to a virtual IP, so the endpoint needs one",
            )
            .value("endpoint.host", "`host` is missing here")
            .cure(format!(
                "add `endpoint.host`, for instance `api.{}.example.internal`: machines know it from /etc/hosts",
                target.spec.name
            )),
        );
    }
    exposure(target, report);
    if kubernetes.cloud_provider == CloudProvider::External {
        report.push(
            Diagnostic::new(
                &code::CONTROLLER,
                "nodes would wait for a cloud's controller, tainted, for ever",
            )
            .value("kubernetes.cloudProvider", "there is no cloud")
            .replace_with("none"),
        );
    }
    if target.spec.secrets.mode == SecretsMode::Drop(Drop::Url) {
        report.push(
            Diagnostic::new(
                &code::SECRETS_URL,
                "machines would wait for an address of their secrets, and without Terraform nobody hands them out",
            )
            .value("secrets.mode.drop", "needs Terraform")
            .cure("use `file`: a person copies the secrets to each machine")
            .cure("or `mode: pinned`: `hagen seed` writes them into each machine's seed")
            .replace_with("file"),
        );
    }
    if !kubernetes.anonymous_auth
        && matches!(target.own.load_balancer, BaremetalLoadBalancer::Haproxy(_))
    {
        report.push(
            Diagnostic::new(
                &code::ANONYMOUS_CHECK,
                "haproxy asks API servers for `/readyz` without credentials, and would take each 401 for a failure",
            )
            .value("kubernetes.anonymousAuth", "every API server would be out")
            .also("targets.baremetal.loadBalancer", "asks for `/readyz`")
            .cure("let anonymous requests through to /livez, /readyz and /healthz alone (`AuthenticationConfiguration`, `anonymous.conditions`), and remove `anonymousAuth: false`")
            .cure("or use `nginx`, which asks for nothing"),
        );
    }
    families(target, report);
}

/// hagen sets up no firewall on machines of the user's own.
fn exposure(target: &Target<'_>, report: &mut Report) {
    let endpoint = &target.spec.endpoint;
    if endpoint.exposure == Exposure::Internet {
        report.push(
            Diagnostic::new(
                &code::EXPOSURE,
                "hagen sets up no firewall on bare metal, and could not keep the rest of the internet out",
            )
            .value("endpoint.exposure", "nothing restricts it")
            .cure("use `internal`, and let clients in by the firewall in front of the virtual IP")
            .replace_with("internal"),
        );
    }
    if !endpoint.allowed_cidrs.is_empty() {
        report.push(
            Diagnostic::new(
                &code::ALLOWED_CIDRS,
                "`allowedCidrs` keeps no one out on bare metal: hagen sets up no firewall there",
            )
            .key("endpoint.allowedCidrs", "without effect")
            .cure("put these networks into the firewall in front of the virtual IP, and remove the list"),
        );
    }
}

/// Machines get an IPv4 address alone.
fn families(target: &Target<'_>, report: &mut Report) {
    let kubernetes = &target.spec.kubernetes;
    let lists = [
        ("podSubnets", &kubernetes.pod_subnets),
        ("serviceSubnets", &kubernetes.service_subnets),
    ];
    for (key, list) in lists {
        let first = list.iter().position(|net| matches!(net, IpNet::V6(_)));
        if let Some(at) = first {
            report.push(
                Diagnostic::new(
                    &code::IPV6_PODS,
                    format!("`{}` needs nodes with IPv6, and machines on bare metal have an IPv4 address alone", list[at]),
                )
                .value(format!("kubernetes.{key}[{at}]"), "an IPv6 network")
                .cure("use one IPv4 network for pods and one for Services"),
            );
            return;
        }
    }
}
