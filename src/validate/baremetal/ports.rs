//! Ports: of the load balancer, of the API servers, and what else listens on the same nodes.

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::code::cluster;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::baremetal::metallb::{METALLB, When};
use crate::facts::baremetal::ports::PORTS;
use crate::spec::{BaremetalLoadBalancer, BaremetalServices, Metallb, MetallbBackend};
use crate::validate::endpoint;

use super::{Target, path};

const ENDPOINT: &str = "endpoint.port";

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let (port, own) = (target.spec.endpoint.port, target.own.api_server_port);
    let own_path = path("apiServerPort");
    // That of the endpoint is checked for every target.
    endpoint::port(own, &own_path, report);
    for (port, here) in ports(target) {
        let reserved = PORTS.reserved.iter();
        taken(
            port,
            &here,
            reserved.map(|taken| (taken.port, taken.what.as_str())),
            report,
        );
        taken(port, &here, of_services(target), report);
        let range = &PORTS.ephemeral;
        if (range.first..=range.last).contains(&port) {
            report.push(
                Diagnostic::new(
                    &code::EPHEMERAL_PORT,
                    format!(
                        "port {port} may be taken by an outgoing connection: Linux gives {} to {} to them",
                        range.first, range.last
                    ),
                )
                .value(&here, "not free for sure")
                .cure("use 6443, or 8443"),
            );
        }
    }
    if target.on_control_plane() && port == own {
        let free = if own == 8443 { 6443 } else { 8443 };
        report.push(
            Diagnostic::new(
                &code::SAME_PORT,
                format!("the load balancer runs on the control-plane nodes, where the API server has port {port}"),
            )
            .value(ENDPOINT, "the API server's own port")
            .also(&own_path, format!("`apiServerPort` is {own}"))
            .cure(format!("set `endpoint.port` to {free}"))
            .cure("or name two machines of role `loadBalancer` in `nodes`"),
        );
    }
    if matches!(target.own.load_balancer, BaremetalLoadBalancer::KubeVip(_)) && port != own {
        report.push(
            Diagnostic::new(
                &code::KUBE_VIP_PORT,
                format!("kube-vip translates no port: clients would come to port {port}, and API servers have {own}"),
            )
            .value(ENDPOINT, "nothing listens there")
            .also(&own_path, format!("`apiServerPort` is {own}"))
            .cure(format!("set `endpoint.port` to {own}, or both to another port")),
        );
    }
    let apart = !target.own.load_balancer.nodes().is_empty();
    if apart && port != own {
        report.push(
            Diagnostic::new(
                &code::PINNED_PORT,
                format!("the first control-plane node asks itself at port {port} while it starts, and its API server has {own}"),
            )
            .value(ENDPOINT, "nothing listens there on a control-plane node")
            .also(&own_path, format!("`apiServerPort` is {own}"))
            .cure(format!("set `endpoint.port` to {own}, or both to another port")),
        );
    }
}

/// What MetalLB listens at on each node, beside BGP.
fn of_services(target: &Target<'_>) -> impl Iterator<Item = (u16, &'static str)> {
    let metallb = match &target.own.services {
        BaremetalServices::None => None,
        BaremetalServices::Metallb(own) => Some(own),
    };
    let frr_k8s = |own: &Metallb| {
        let bgp = own.bgp.as_ref();
        bgp.is_some_and(|bgp| bgp.backend == MetallbBackend::FrrK8s)
    };
    metallb.into_iter().flat_map(move |own| {
        let ports = METALLB.ports.iter().filter(move |port| match port.when {
            When::Always => true,
            When::FrrK8s => frr_k8s(own),
            // BGP's own is reserved in any case, and BFD is UDP.
            When::Bgp | When::Bfd | When::BfdEcho | When::BfdMultiHop => false,
        });
        ports.map(|port| (port.port, "MetalLB"))
    })
}

/// The ports that the spec sets, each with its path, once.
fn ports(target: &Target<'_>) -> Vec<(u16, String)> {
    let (port, own) = (target.spec.endpoint.port, target.own.api_server_port);
    let mut all = vec![(port, ENDPOINT.to_owned())];
    if own != port {
        all.push((own, path("apiServerPort")));
    }
    all
}

/// Refuses a port that something else has on the nodes: `others` are ports with what needs them.
fn taken<'a>(
    port: u16,
    here: &str,
    others: impl IntoIterator<Item = (u16, &'a str)>,
    report: &mut Report,
) {
    for (_, what) in others.into_iter().filter(|(other, _)| *other == port) {
        report.push(
            Diagnostic::new(
                &cluster::RESERVED_PORT,
                format!("a node needs port {port} for {what}"),
            )
            .value(here, format!("the port of {what}"))
            .cure("use 6443, or 8443"),
        );
    }
}
