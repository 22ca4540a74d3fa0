//! The rules about kube-vip: what it, client-go or a router refuses, or takes and never announces.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::diagnostic::code::{cluster, kube_vip as code};
use crate::diagnostic::{Diagnostic, List, Report};
use crate::facts::baremetal::kube_vip::KUBE_VIP;
use crate::spec::{
    Baremetal, BaremetalLoadBalancer, BaremetalRole, Cluster, KubeVip, KubeVipBgp, KubeVipMode,
    KubeVipPeer, LEASE_DURATION, Mirrors, RENEW_DEADLINE, RETRY_PERIOD, Span,
};

const KUBE_VIP_PATH: &str = "targets.baremetal.loadBalancer.kubeVip";
const BGP: &str = "targets.baremetal.loadBalancer.kubeVip.mode.bgp";

/// Checks kube-vip, if that is the load balancer.
pub(super) fn check(spec: &Cluster, own: &Baremetal, report: &mut Report) {
    let BaremetalLoadBalancer::KubeVip(kube_vip) = &own.load_balancer else {
        return;
    };
    image(spec, report);
    match &kube_vip.mode {
        KubeVipMode::Arp => lease(kube_vip, report),
        KubeVipMode::Bgp(bgp) => {
            no_leader(kube_vip, report);
            answers(spec, report);
            outside(own, report);
            systems(bgp, report);
            peers(own, bgp, report);
            hold(bgp, report);
        }
    }
}

fn path(key: &str) -> String {
    format!("{KUBE_VIP_PATH}.{key}")
}

/// The image is of another registry than those of Kubernetes, and no mirror of theirs has it.
fn image(spec: &Cluster, report: &mut Report) {
    let downloads = &spec.downloads;
    let registry = KUBE_VIP.registry.as_str();
    if downloads.registry_mirrors.contains_key(registry) {
        return;
    }
    let cure = format!("add `downloads.registryMirrors` with a mirror of `{registry}`");
    if downloads.air_gapped {
        report.push(
            Diagnostic::new(
                &cluster::PUBLIC_SOURCE,
                format!("kube-vip's image would come from `{registry}`, which is on the internet"),
            )
            .key(
                KUBE_VIP_PATH,
                format!("{} is out of reach", KUBE_VIP.image()),
            )
            .also("downloads.airGapped", "machines reach mirrors alone")
            .cure(cure),
        );
    } else if downloads.mirrors == Mirrors::China {
        report.push(
            Diagnostic::new(
                &code::NO_MIRROR,
                format!(
                    "kube-vip's image would come from `{registry}`: no mirror stands in for it"
                ),
            )
            .key(KUBE_VIP_PATH, KUBE_VIP.image())
            .also("downloads.mirrors", "not for this image")
            .cure(cure)
            .cure("or go on, if machines reach that host"),
        );
    }
}

/// The timers, in the order of their length.
fn timers(kube_vip: &KubeVip) -> [(&'static str, Span, Span); 3] {
    [
        ("leaseDuration", kube_vip.lease_duration, LEASE_DURATION),
        ("renewDeadline", kube_vip.renew_deadline, RENEW_DEADLINE),
        ("retryPeriod", kube_vip.retry_period, RETRY_PERIOD),
    ]
}

fn lease(kube_vip: &KubeVip, report: &mut Report) {
    let [lease, renew, retry] = timers(kube_vip);
    let mut nothing = false;
    for (key, span, _) in [lease, renew, retry] {
        if span.seconds() == 0 {
            nothing = true;
            report.push(
                Diagnostic::new(&code::NO_TIME, format!("`{key}` is no time at all"))
                    .value(path(key), "not a second")
                    .cure("use one second or more")
                    .replace_with("1s"),
            );
        }
    }
    if nothing {
        return;
    }
    if lease.1 <= renew.1 {
        report.push(too_short(lease, renew, "longer than"));
    }
    if renew.1.seconds() * 100 <= retry.1.seconds() * KUBE_VIP.jitter_percent {
        report.push(too_short(renew, retry, "longer than 1.2 times"));
    }
}

/// The first timer is not as long as it has to be by the second.
fn too_short(
    (key, span, _): (&str, Span, Span),
    (other, least, _): (&str, Span, Span),
    than: &str,
) -> Diagnostic {
    Diagnostic::new(
        &code::LEASE,
        format!("`{key}` is {span}, and has to be {than} `{other}`, which is {least}"),
    )
    .key(path(key), "too short")
    .cure("use 5s, 3s and 1s for `leaseDuration`, `renewDeadline` and `retryPeriod`")
    .cure("or 15s, 10s and 2s, where etcd is slow")
}

fn no_leader(kube_vip: &KubeVip, report: &mut Report) {
    let mut set: Vec<&str> = timers(kube_vip)
        .into_iter()
        .filter(|(_, span, default)| span != default)
        .map(|(key, _, _)| key)
        .collect();
    if kube_vip.preserve_on_leadership_loss {
        set.push("preserveOnLeadershipLoss");
    }
    for key in set {
        report.push(
            Diagnostic::new(
                &code::NO_LEADER,
                format!("`{key}` has no effect: with BGP there is no leader"),
            )
            .key(path(key), "without effect")
            .also(path("mode"), "by BGP")
            .cure("remove it"),
        );
    }
}

fn answers(spec: &Cluster, report: &mut Report) {
    if spec.kubernetes.anonymous_auth {
        return;
    }
    report.push(
        Diagnostic::new(
            &code::NO_ANSWER,
            format!(
                "kube-vip asks each API server for `{}` without credentials, and would never announce the virtual IP",
                KUBE_VIP.health_check.path
            ),
        )
        .value("kubernetes.anonymousAuth", "refused without credentials")
        .also(path("mode"), "by BGP, with a check")
        .cure("leave anonymous access on, narrowed to `/livez`, `/readyz` and `/healthz` if need be")
        .cure("or announce the virtual IP by ARP"),
    );
}

fn outside(own: &Baremetal, report: &mut Report) {
    let std::net::IpAddr::V4(virtual_ip) = own.virtual_ip else {
        return;
    };
    if own.network.cidr.contains(&virtual_ip) {
        report.push(
            Diagnostic::new(
                &code::INSIDE,
                format!(
                    "{virtual_ip} is inside {}, so that machines would ask each other for it and never the routers",
                    own.network.cidr
                ),
            )
            .value("targets.baremetal.virtualIp", "in the subnet")
            .also("targets.baremetal.network.cidr", "the machines' subnet")
            .also(path("mode"), "by BGP")
            .cure("use an address outside the subnet that the routers lead to the machines"),
        );
    }
}

fn systems(bgp: &KubeVipBgp, report: &mut Report) {
    let peers = bgp.peers.iter().enumerate();
    let peers = peers.map(|(at, peer)| (peer.autonomous_system, format!("{BGP}.peers[{at}].as")));
    for (number, place) in [(bgp.autonomous_system, format!("{BGP}.as"))]
        .into_iter()
        .chain(peers)
    {
        let reserved = &KUBE_VIP.bgp.reserved_systems;
        if reserved.contains(&number) {
            report.push(
                Diagnostic::new(
                    &code::SYSTEM,
                    format!(
                        "no router has the autonomous system {number}: {} are kept for other purposes",
                        List(reserved.clone(), "and")
                    ),
                )
                .value(place, "kept for another purpose")
                .cure("use a private one, 64512 to 65534, or your own"),
            );
        }
    }
}

fn peers(own: &Baremetal, bgp: &KubeVipBgp, report: &mut Report) {
    if bgp.peers.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_PEERS,
                "there is no router, so nobody would learn where the virtual IP is",
            )
            .value(format!("{BGP}.peers"), "none")
            .cure("name the routers, best two of them"),
        );
    }
    let mut seen = BTreeMap::new();
    for (at, peer) in bgp.peers.iter().enumerate() {
        let place = format!("{BGP}.peers[{at}].address");
        if let Some(first) = seen.insert(peer.address, place.clone()) {
            report.push(
                Diagnostic::new(
                    &code::PEER_TWICE,
                    format!("{} is named twice", peer.address),
                )
                .value(place, "the second time")
                .also(first, "the first time")
                .cure("remove one of them"),
            );
            continue;
        }
        if let Some(why) = fault(own, peer.address) {
            report.push(
                Diagnostic::new(
                    &code::PEER,
                    format!("no router has the address {}: {why}", peer.address),
                )
                .value(place, why)
                .cure("use the router's own address"),
            );
        } else if far(own, bgp, peer) {
            report.push(
                Diagnostic::new(
                    &code::HOPS,
                    format!(
                        "{} is of another autonomous system and outside {}, so a session would not come up",
                        peer.address, own.network.cidr
                    ),
                )
                .value(place, "more than one hop away")
                .also("targets.baremetal.network.cidr", "the machines' subnet")
                .cure("add `multihop: true`")
                .cure("or use the router's address in the subnet"),
            );
        }
    }
}

/// What keeps an address from being a router's.
fn fault(own: &Baremetal, address: Ipv4Addr) -> Option<String> {
    let host = own
        .machines
        .iter()
        .filter(|machine| machine.role == BaremetalRole::ControlPlane)
        .find(|machine| machine.address == address);
    if let Some(machine) = host {
        return Some(format!("`{}` has it, where kube-vip runs", machine.name));
    }
    let network = own.network.cidr;
    let of_no_host = address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_broadcast()
        || address.octets()[0] == 0
        || address.octets()[0] >= 240
        || network.prefix_len() < 31 && [network.network(), network.broadcast()].contains(&address);
    if own.virtual_ip == address {
        Some("it is the virtual IP".to_owned())
    } else if of_no_host {
        Some("it is no host's".to_owned())
    } else {
        None
    }
}

fn far(own: &Baremetal, bgp: &KubeVipBgp, peer: &KubeVipPeer) -> bool {
    peer.autonomous_system != bgp.autonomous_system
        && !peer.multihop
        && !own.network.cidr.contains(&peer.address)
}

fn hold(bgp: &KubeVipBgp, report: &mut Report) {
    let facts = &KUBE_VIP.bgp;
    let (hold, keepalive) = (bgp.hold_time.seconds(), bgp.keepalive.seconds());
    let wrong = if !(facts.least_hold_seconds..=u16::MAX.into()).contains(&hold) {
        Some(("holdTime", "3 to 65535 seconds".to_owned()))
    } else if keepalive == 0 || keepalive * facts.keepalives_in_hold > hold {
        let most = hold / facts.keepalives_in_hold;
        Some((
            "keepalive",
            format!("1 to {most} seconds with this `holdTime`"),
        ))
    } else {
        None
    };
    if let Some((key, range)) = wrong {
        report.push(
            Diagnostic::new(
                &code::HOLD,
                format!(
                    "`holdTime` is {} and `keepalive` {}: `{key}` has to be {range}",
                    bgp.hold_time, bgp.keepalive
                ),
            )
            .key(format!("{BGP}.{key}"), format!("not {range}"))
            .cure("use `holdTime: 30s` and `keepalive: 10s`, or 9s and 3s to notice sooner"),
        );
    }
}
