//! From the spec's MetalLB to the plan's.

use super::{
    Allocation, Backend, BfdProfile, Bgp, BgpAdvertisement, L2Advertisement, Metallb, Peer,
    PeerAsn, PeerPlace, Pool,
};
use crate::facts::baremetal::metallb::{METALLB, When};
use crate::spec;

/// The names that advertisements get which the spec leaves to hagen.
const BY_ARP: &str = "l2";
const BY_BGP: &str = "bgp";

/// Builds the plan of MetalLB.
pub(in crate::plan) fn build(own: &spec::Baremetal, metallb: &spec::Metallb) -> Metallb {
    let facts = &*METALLB;
    let announcing = own.announcing();
    let backend = match &metallb.bgp {
        Some(bgp) if bgp.backend == spec::MetallbBackend::FrrK8s => Backend::FrrK8s,
        _ => Backend::Native,
    };
    let all_pools = || metallb.pools.iter().map(|pool| pool.name.clone()).collect();
    let bgp = metallb.bgp.as_ref().map(|bgp| Bgp {
        peers: bgp.peers.iter().map(|own| peer(bgp, own)).collect(),
        advertisements: bgp_advertisements(bgp, all_pools),
        bfd_profiles: bfd_profiles(bgp),
        communities: bgp
            .communities
            .iter()
            .map(|community| (community.name.clone(), community.value.clone()))
            .collect(),
    });
    Metallb {
        version: &facts.version,
        namespace: &facts.namespace,
        manifest: match backend {
            Backend::Native => &facts.manifests.native,
            Backend::FrrK8s => &facts.manifests.frr_k8s,
        },
        backend,
        ignore_exclude_argument: announcing
            .iter()
            .all(|machine| machine.role == spec::BaremetalRole::ControlPlane)
            .then_some(facts.ignore_exclude_argument.as_str()),
        pools: metallb.pools.iter().map(pool).collect(),
        l2: metallb
            .l2
            .iter()
            .flat_map(|l2| l2_advertisements(l2, all_pools, common_interface(own, &announcing)))
            .collect(),
        ports: facts
            .ports
            .iter()
            .filter(|port| needs(port.when, backend, bgp.as_ref()))
            .collect(),
        bgp,
    }
}

/// The interface that all of some machines have.
fn common_interface(own: &spec::Baremetal, machines: &[&spec::BaremetalMachine]) -> Vec<String> {
    let mut names: Vec<&String> = machines
        .iter()
        .filter_map(|machine| own.interface_of(machine))
        .collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [name] => vec![(*name).clone()],
        _ => Vec::new(),
    }
}

fn pool(pool: &spec::MetallbPool) -> Pool {
    let range = |text: &String| {
        let Ok(range) = text.parse() else {
            panic!("{text} was not validated, a bug in hagen");
        };
        range
    };
    Pool {
        name: pool.name.clone(),
        addresses: pool.addresses.iter().map(range).collect(),
        auto_assign: pool.auto_assign,
        avoid_buggy_ips: pool.avoid_buggy_ips,
        allocation: pool.service_allocation.as_ref().map(|own| Allocation {
            priority: own.priority,
            namespaces: own.namespaces.clone(),
            namespace_selectors: own.namespace_selectors.clone(),
            service_selectors: own.service_selectors.clone(),
        }),
    }
}

fn l2_advertisements(
    l2: &spec::MetallbL2,
    all_pools: impl Fn() -> Vec<String>,
    common_interface: Vec<String>,
) -> Vec<L2Advertisement> {
    if l2.advertisements.is_empty() {
        return vec![L2Advertisement {
            name: BY_ARP.to_owned(),
            pools: all_pools(),
            interfaces: common_interface,
            node_selectors: Vec::new(),
            service_selectors: Vec::new(),
        }];
    }
    let advertisements = l2.advertisements.iter();
    advertisements
        .map(|own| L2Advertisement {
            name: own.name.clone(),
            pools: own.pools.clone(),
            interfaces: if own.interfaces.is_empty() {
                common_interface.clone()
            } else {
                own.interfaces.clone()
            },
            node_selectors: own.node_selectors.clone(),
            service_selectors: own.service_selectors.clone(),
        })
        .collect()
}

fn bgp_advertisements(
    bgp: &spec::MetallbBgp,
    all_pools: impl Fn() -> Vec<String>,
) -> Vec<BgpAdvertisement> {
    let all_peers = || bgp.peers.iter().map(|peer| peer.name.clone()).collect();
    if bgp.advertisements.is_empty() {
        return vec![BgpAdvertisement {
            name: BY_BGP.to_owned(),
            pools: all_pools(),
            peers: all_peers(),
            aggregation_length: 32,
            local_pref: None,
            communities: Vec::new(),
            node_selectors: Vec::new(),
            service_selectors: Vec::new(),
        }];
    }
    let advertisements = bgp.advertisements.iter();
    advertisements
        .map(|own| BgpAdvertisement {
            name: own.name.clone(),
            pools: own.pools.clone(),
            peers: if own.peers.is_empty() {
                all_peers()
            } else {
                own.peers.clone()
            },
            aggregation_length: own.aggregation_length,
            local_pref: own.local_pref,
            communities: own.communities.clone(),
            node_selectors: own.node_selectors.clone(),
            service_selectors: own.service_selectors.clone(),
        })
        .collect()
}

fn peer(bgp: &spec::MetallbBgp, own: &spec::MetallbPeer) -> Peer {
    let hold = own.hold_time.map_or_else(
        // MetalLB takes three times the other for the one that is missing.
        || {
            own.keepalive_time
                .map_or(METALLB.bgp.hold_seconds, |keepalive| {
                    keepalive.seconds() * 3
                })
        },
        spec::Span::seconds,
    );
    let asn = match (own.peer_asn, own.dynamic_asn) {
        (Some(number), None) => PeerAsn::Number(number),
        (None, Some(dynamic)) => PeerAsn::Dynamic(dynamic),
        _ => panic!("{} has no one ASN, a bug in hagen", own.name),
    };
    let place = match (own.address, &own.interface) {
        (Some(address), None) => PeerPlace::Address(address),
        (None, Some(interface)) => PeerPlace::Interface(interface.clone()),
        _ => panic!("{} is in no one place, a bug in hagen", own.name),
    };
    Peer {
        name: own.name.clone(),
        place,
        port: own.port,
        my_asn: own.my_asn.or(bgp.my_asn).unwrap_or_default(),
        asn,
        local_asn: own.local_asn,
        hold_seconds: hold,
        keepalive_seconds: match bgp.backend {
            spec::MetallbBackend::FrrK8s => {
                let given = own.keepalive_time.map(spec::Span::seconds);
                Some(given.unwrap_or(hold / 3))
            }
            spec::MetallbBackend::Native => None,
        },
        connect_seconds: own.connect_time.map(spec::Span::seconds),
        router_id: own.router_id,
        node_selectors: own.node_selectors.clone(),
        password_secret: own.password_secret.clone(),
        bfd: own.bfd.clone(),
        multi_hop: own.ebgp_multi_hop,
        graceful_restart: own.graceful_restart,
        vrf: own.vrf.clone(),
    }
}

fn bfd_profiles(bgp: &spec::MetallbBgp) -> Vec<BfdProfile> {
    let mut profiles: Vec<BfdProfile> = bgp
        .bfd_profiles
        .iter()
        .map(|own| BfdProfile {
            name: own.name.clone(),
            receive_interval: own.receive_interval,
            transmit_interval: own.transmit_interval,
            detect_multiplier: own.detect_multiplier,
            echo_interval: own.echo_interval,
            echo_mode: own.echo_mode,
            passive_mode: own.passive_mode,
            minimum_ttl: own.minimum_ttl,
        })
        .collect();
    let fast = &METALLB.bfd_fast;
    let wanted = bgp
        .peers
        .iter()
        .any(|peer| peer.bfd.as_ref() == Some(&fast.name));
    if wanted && !profiles.iter().any(|profile| profile.name == fast.name) {
        profiles.push(BfdProfile {
            name: fast.name.clone(),
            receive_interval: fast.interval_milliseconds,
            transmit_interval: fast.interval_milliseconds,
            detect_multiplier: fast.detect_multiplier,
            echo_interval: None,
            echo_mode: false,
            passive_mode: false,
            minimum_ttl: None,
        });
    }
    profiles
}

/// Whether something that may need a port is there.
fn needs(when: When, backend: Backend, bgp: Option<&Bgp>) -> bool {
    let sessions = || {
        bgp.into_iter().flat_map(|bgp| {
            let profile = |peer: &Peer| {
                let name = peer.bfd.as_ref()?;
                bgp.bfd_profiles
                    .iter()
                    .find(|profile| &profile.name == name)
            };
            let peers = bgp.peers.iter();
            peers.filter_map(move |peer| Some((peer, profile(peer)?)))
        })
    };
    match when {
        When::Always => true,
        When::Bgp => bgp.is_some(),
        When::FrrK8s => backend == Backend::FrrK8s,
        When::Bfd => sessions().any(|(peer, _)| !peer.multi_hop),
        When::BfdEcho => sessions().any(|(_, profile)| profile.echo_mode),
        When::BfdMultiHop => sessions().any(|(peer, _)| peer.multi_hop),
    }
}

#[cfg(test)]
mod tests {
    use super::{Backend, Metallb, build};
    use crate::spec;

    const L2: &str = include_str!("../../../examples/baremetal-metallb-l2.yaml");
    const BGP: &str = include_str!("../../../examples/baremetal-metallb-bgp.yaml");

    fn plan(text: &str) -> Metallb {
        let spec: spec::Cluster = serde_saphyr::from_str(text).expect("a spec");
        let own = spec.targets.baremetal.expect("bare metal");
        let spec::BaremetalServices::Metallb(metallb) = &own.services else {
            panic!("no MetalLB");
        };
        build(&own, metallb)
    }

    fn ports(plan: &Metallb) -> Vec<u16> {
        plan.ports.iter().map(|port| port.port).collect()
    }

    #[test]
    fn by_arp_metallb_runs_alone() {
        let plan = plan(L2);
        assert_eq!(plan.backend, Backend::Native);
        assert!(plan.answers_arp());
        assert_eq!(ports(&plan), [7946, 9120, 17472]);
        assert_eq!(plan.l2[0].pools, ["default"]);
        assert_eq!(plan.l2[0].interfaces, ["eth0"]);
        assert!(plan.password_secrets().is_empty());
    }

    #[test]
    fn by_bgp_frr_runs_unless_the_spec_says_native() {
        let frr = plan(BGP);
        assert_eq!(frr.backend, Backend::FrrK8s);
        assert!(!frr.answers_arp());
        assert_eq!(
            ports(&frr),
            [7946, 9120, 17472, 179, 3784, 4784, 7573, 9140, 9141, 19443]
        );
        assert_eq!(frr.password_secrets(), ["tor-a-bgp", "tor-b-bgp"]);
        let native = plan(&BGP.replace(
            "          myAsn:",
            "          backend: native\n          myAsn:",
        ));
        assert_eq!(native.backend, Backend::Native);
        let bgp = native.bgp.expect("BGP");
        assert!(
            bgp.peers
                .iter()
                .all(|peer| peer.keepalive_seconds.is_none())
        );
    }

    #[test]
    fn an_advertisement_always_names_pools_and_routers() {
        let bgp = plan(BGP).bgp.expect("BGP");
        assert_eq!(bgp.advertisements[0].peers, ["tor-a", "tor-b"]);
        assert_eq!(bgp.advertisements[1].peers, ["tor-a", "tor-b", "edge"]);
        let short = &BGP[..BGP.find("          advertisements:").expect("the list")];
        let bgp = plan(&short.replace("bfd: far", "bfd: fast"))
            .bgp
            .expect("BGP");
        assert_eq!(bgp.advertisements.len(), 1);
        assert_eq!(bgp.advertisements[0].pools, ["default", "public"]);
        assert_eq!(bgp.advertisements[0].peers, ["tor-a", "tor-b", "edge"]);
        // `fast` is there once.
        assert_eq!(bgp.bfd_profiles.len(), 1);
    }

    #[test]
    fn a_timer_that_is_missing_is_a_third_or_three_times_the_other() {
        let of = |timers: &str| {
            let text = BGP.replace(
                "              holdTime: 30s\n              keepaliveTime: 10s\n",
                timers,
            );
            let peers = plan(&text).bgp.expect("BGP").peers;
            (peers[2].hold_seconds, peers[2].keepalive_seconds)
        };
        assert_eq!(of(""), (90, Some(30)));
        assert_eq!(of("              holdTime: 12s\n"), (12, Some(4)));
        assert_eq!(of("              keepaliveTime: 5s\n"), (15, Some(5)));
    }

    #[test]
    fn the_label_of_the_control_plane_is_ignored_only_without_workers() {
        assert_eq!(plan(L2).ignore_exclude_argument, None);
        let lines = L2.lines().filter(|line| !line.contains("role: worker"));
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        let argument = plan(&text).ignore_exclude_argument;
        assert_eq!(argument, Some("--ignore-exclude-lb"));
    }

    #[test]
    fn machines_with_different_interfaces_answer_on_all() {
        let text = L2.replace(
            "worker-2, role: worker,",
            "worker-2, role: worker, interface: bond0,",
        );
        assert!(plan(&text).l2[0].interfaces.is_empty());
    }
}
