//! MetalLB's own resources, of its API of 0.16: `BGPPeer` is v1beta2, all others are v1beta1.

use serde_json::{Value, json};

use super::{commented, merge};
use crate::format::yaml;
use crate::plan::metallb::{
    BfdProfile, BgpAdvertisement, L2Advertisement, Metallb, MetallbDynamicAsn, Peer, PeerAsn,
    PeerPlace, Pool,
};

const V1BETA1: &str = "metallb.io/v1beta1";
const V1BETA2: &str = "metallb.io/v1beta2";

/// The files that hold something, by name.
pub(super) fn files(metallb: &Metallb) -> Vec<(&'static str, String)> {
    let mut files = vec![(
        "pools.yaml",
        file(
            "Addresses for Services of type LoadBalancer. hagen has checked them against the machines, the virtual\n\
             IP, the gateway, the name servers, reserved ranges, and the pod and Service networks; MetalLB does not.\n\
             avoidBuggyIPs leaves out addresses that end in .0 and .255.",
            metallb.pools.iter().map(|own| pool(metallb, own)),
        ),
    )];
    let mut advertisements: Vec<Value> = metallb
        .l2
        .iter()
        .map(|own| l2_advertisement(metallb, own))
        .collect();
    if let Some(bgp) = &metallb.bgp {
        advertisements.extend(
            bgp.advertisements
                .iter()
                .map(|own| bgp_advertisement(metallb, own)),
        );
    }
    files.push((
        "advertisements.yaml",
        file(&about_advertisements(metallb), advertisements),
    ));
    if let Some(bgp) = &metallb.bgp {
        files.push((
            "peers.yaml",
            file(
                &about_peers(metallb),
                bgp.peers.iter().map(|own| peer(metallb, own)),
            ),
        ));
        if !bgp.bfd_profiles.is_empty() {
            files.push((
                "bfd.yaml",
                file(
                    "A side that sends nothing for detectMultiplier times the interval (milliseconds) is dead. The routers\n\
                     need BFD, too, or the sessions do not come up.",
                    bgp.bfd_profiles.iter().map(|own| bfd_profile(metallb, own)),
                ),
            ));
        }
        if !bgp.communities.is_empty() {
            let aliases: Vec<Value> = bgp
                .communities
                .iter()
                .map(|(name, value)| json!({ "name": name, "value": value }))
                .collect();
            files.push((
                "communities.yaml",
                file(
                    "Names that BGPAdvertisements may use.",
                    [resource(
                        metallb,
                        V1BETA1,
                        "Community",
                        "communities",
                        &json!({ "communities": aliases }),
                    )],
                ),
            ));
        }
    }
    files
}

fn file(comment: &str, resources: impl IntoIterator<Item = Value>) -> String {
    let documents: Vec<String> = resources
        .into_iter()
        .map(|one| yaml::document(&one))
        .collect();
    commented(comment, &yaml::documents(&documents))
}

fn about_advertisements(metallb: &Metallb) -> String {
    let mut comment =
        "Every advertisement names its pools, since one that names none announces all of them."
            .to_owned();
    if metallb.answers_arp() {
        comment.push_str(
            "\n\
             By ARP, one node answers for an address. When it dies, another one takes over in about five seconds\n\
             (memberlist), and says so to the network.",
        );
    }
    if metallb.bgp.is_some() {
        comment.push_str(
            "\n\
             By BGP, every node announces, and the routers spread connections. They name their peers, too.",
        );
    }
    comment
}

fn about_peers(metallb: &Metallb) -> String {
    let mut comment = "The routers. Each needs the nodes as its neighbours. A pod network that speaks BGP to the same router\n\
                       itself (Calico can) takes the one session that there may be: let it announce the pools instead."
        .to_owned();
    if !metallb.password_secrets().is_empty() {
        comment.push_str(
            "\n\
             Passwords are in Secrets that are made by hand: apply.sh says how.",
        );
    }
    comment
}

/// A resource in MetalLB's namespace, the only one that it looks in.
fn resource(metallb: &Metallb, version: &str, kind: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": { "name": name, "namespace": metallb.namespace },
        "spec": spec,
    })
}

/// Adds a key unless its value is nothing.
fn add(spec: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        spec[key] = value.into();
    }
}

/// Adds a list unless it is empty.
fn add_list(spec: &mut Value, key: &str, list: &[impl serde::Serialize]) {
    if !list.is_empty() {
        spec[key] = json!(list);
    }
}

fn pool(metallb: &Metallb, own: &Pool) -> Value {
    let addresses: Vec<String> = own.addresses.iter().map(ToString::to_string).collect();
    let mut spec = json!({
        "addresses": addresses,
        "autoAssign": own.auto_assign,
        "avoidBuggyIPs": own.avoid_buggy_ips,
    });
    if let Some(allocation) = &own.allocation {
        let mut to = json!({ "priority": allocation.priority });
        add_list(&mut to, "namespaces", &allocation.namespaces);
        add_list(
            &mut to,
            "namespaceSelectors",
            &allocation.namespace_selectors,
        );
        add_list(&mut to, "serviceSelectors", &allocation.service_selectors);
        spec["serviceAllocation"] = to;
    }
    resource(metallb, V1BETA1, "IPAddressPool", &own.name, &spec)
}

fn l2_advertisement(metallb: &Metallb, own: &L2Advertisement) -> Value {
    let mut spec = json!({ "ipAddressPools": own.pools });
    add_list(&mut spec, "interfaces", &own.interfaces);
    add_list(&mut spec, "nodeSelectors", &own.node_selectors);
    add_list(&mut spec, "serviceSelectors", &own.service_selectors);
    resource(metallb, V1BETA1, "L2Advertisement", &own.name, &spec)
}

fn bgp_advertisement(metallb: &Metallb, own: &BgpAdvertisement) -> Value {
    let mut spec = json!({
        "ipAddressPools": own.pools,
        "peers": own.peers,
        "aggregationLength": own.aggregation_length,
    });
    add(&mut spec, "localPref", own.local_pref);
    add_list(&mut spec, "communities", &own.communities);
    add_list(&mut spec, "nodeSelectors", &own.node_selectors);
    add_list(&mut spec, "serviceSelectors", &own.service_selectors);
    resource(metallb, V1BETA1, "BGPAdvertisement", &own.name, &spec)
}

/// A time span as Go reads it.
fn seconds(seconds: u32) -> String {
    format!("{seconds}s")
}

fn peer(metallb: &Metallb, own: &Peer) -> Value {
    let mut spec = json!({ "myASN": own.my_asn });
    match own.asn {
        PeerAsn::Number(number) => spec["peerASN"] = number.into(),
        PeerAsn::Dynamic(MetallbDynamicAsn::Internal) => spec["dynamicASN"] = "internal".into(),
        PeerAsn::Dynamic(MetallbDynamicAsn::External) => spec["dynamicASN"] = "external".into(),
    }
    add(&mut spec, "localASN", own.local_asn);
    match &own.place {
        PeerPlace::Address(address) => spec["peerAddress"] = address.to_string().into(),
        PeerPlace::Interface(interface) => spec["interface"] = interface.as_str().into(),
    }
    merge(
        &mut spec,
        json!({ "peerPort": own.port, "holdTime": seconds(own.hold_seconds) }),
    );
    add(
        &mut spec,
        "keepaliveTime",
        own.keepalive_seconds.map(seconds),
    );
    add(&mut spec, "connectTime", own.connect_seconds.map(seconds));
    add(
        &mut spec,
        "routerID",
        own.router_id.map(|address| address.to_string()),
    );
    add(&mut spec, "bfdProfile", own.bfd.as_deref());
    add(&mut spec, "ebgpMultiHop", own.multi_hop.then_some(true));
    add(
        &mut spec,
        "enableGracefulRestart",
        own.graceful_restart.then_some(true),
    );
    add(&mut spec, "vrf", own.vrf.as_deref());
    if let Some(name) = &own.password_secret {
        spec["passwordSecret"] = json!({ "name": name, "namespace": metallb.namespace });
    }
    add_list(&mut spec, "nodeSelectors", &own.node_selectors);
    resource(metallb, V1BETA2, "BGPPeer", &own.name, &spec)
}

fn bfd_profile(metallb: &Metallb, own: &BfdProfile) -> Value {
    let mut spec = json!({
        "receiveInterval": own.receive_interval,
        "transmitInterval": own.transmit_interval,
        "detectMultiplier": own.detect_multiplier,
    });
    add(&mut spec, "echoInterval", own.echo_interval);
    merge(
        &mut spec,
        json!({ "echoMode": own.echo_mode, "passiveMode": own.passive_mode }),
    );
    add(&mut spec, "minimumTtl", own.minimum_ttl);
    resource(metallb, V1BETA1, "BFDProfile", &own.name, &spec)
}
