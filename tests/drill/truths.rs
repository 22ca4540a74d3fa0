//! What everyone who runs such clusters knows.

use hagen::drill::{self, Api, Interruption, Pods, Reach, What};
use hagen::plan::Plan;

use crate::cluster::{Baremetal, Front, cloud, narrow};
use crate::{ids, of_zone, row};

fn spread(front: Front, control_plane: &[u8], balancers: [u8; 2]) -> Baremetal {
    Baremetal {
        front,
        control_plane: control_plane.iter().copied().map(Some).collect(),
        etcd: Vec::new(),
        load_balancers: balancers.map(Some).to_vec(),
        workers: vec![Some(control_plane[0])],
    }
}

#[test]
fn three_nodes_in_three_zones_outlive_any_of_them() {
    for (example, target) in [
        ("aws", "aws"),
        ("aliyun", "aliyun"),
        ("huawei", "huawei"),
        ("tencent", "tencent"),
    ] {
        let (_, plan) = cloud(example, target, 3, None, 3);
        let drill = drill::of(&plan);
        let rows: Vec<_> = drill
            .rows
            .iter()
            .filter(|row| row.id == "zoneLost")
            .collect();
        assert_eq!(rows.len(), 3, "{target}");
        assert!(
            rows.iter()
                .all(|row| row.api == Api::Yes && row.quorum.left == 2),
            "{target}"
        );
        assert!(drill.summary.fatal_zones.is_empty());
    }
    let drill = drill::of(&spread(Front::Haproxy, &[0, 1, 2], [0, 1]).plan());
    assert_eq!(drill.summary.survived_zones.len(), 3);
    assert_eq!(drill.summary.smallest[0].count, 2);
}

#[test]
fn of_two_zones_one_holds_the_quorum() {
    let drill = drill::of(&spread(Front::Haproxy, &[0, 1, 0], [0, 1]).plan());
    let (most, least) = (
        of_zone(&drill, "zoneLost", "room-0"),
        of_zone(&drill, "zoneLost", "room-1"),
    );
    assert_eq!(
        (most.api, most.quorum.left, most.quorum.kept()),
        (Api::No, 1, false)
    );
    assert_eq!(
        most.interruption,
        Interruption::UntilRepaired(Reach::Everyone)
    );
    assert_eq!(least.api, Api::Yes);
    assert_eq!(drill.summary.fatal_zones, ["room-0"]);
    assert!(
        drill.summary.line.contains("the loss of zone room-0 alone"),
        "{}",
        drill.summary.line
    );
    assert!(
        drill
            .summary
            .warnings
            .iter()
            .any(|text| text.contains("room-0 breaks etcd's quorum")),
        "{:?}",
        drill.summary.warnings
    );
    // Of two zones the network is split in one way.
    let splits: Vec<_> = drill
        .rows
        .iter()
        .filter(|row| row.id == "zoneSplit")
        .collect();
    assert_eq!(splits.len(), 1);
    assert_eq!(splits[0].api, Api::Partly);
    assert_eq!(
        splits[0]
            .sides
            .iter()
            .map(|side| side.api)
            .collect::<Vec<_>>(),
        [Api::Yes, Api::No]
    );
}

/// The quorum alone is not enough: what holds the virtual IP has to live somewhere else as well.
#[test]
fn both_load_balancers_in_one_zone_fail_with_it() {
    let drill = drill::of(&spread(Front::Nginx, &[0, 1, 2], [0, 0]).plan());
    let lost = of_zone(&drill, "zoneLost", "room-0");
    assert_eq!(lost.api, Api::No);
    assert!(lost.quorum.kept());
    assert!(
        lost.why
            .contains("nothing that holds the virtual IP is left"),
        "{}",
        lost.why
    );
    assert_eq!(of_zone(&drill, "zoneSplit", "room-0").api, Api::No);
    assert_eq!(of_zone(&drill, "zoneSplit", "room-1").api, Api::Partly);
}

#[test]
fn five_external_members_outlive_two_and_not_three() {
    let mut cluster = Baremetal::stacked(Front::Haproxy, 3);
    cluster.etcd = vec![None; 5];
    let drill = drill::of(&cluster.plan());
    assert_eq!(row(&drill, "etcdMemberLost").api, Api::Yes);
    let two = row(&drill, "twoEtcdMembersLost");
    assert_eq!(
        (two.api, two.quorum.left, two.quorum.needed),
        (Api::Yes, 3, 3)
    );
    let three = row(&drill, "etcdQuorumLost");
    assert_eq!((three.api, three.quorum.left, three.count), (Api::No, 2, 3));
    // Neither API servers nor their nodes are members.
    assert_eq!(row(&drill, "controlPlaneNodeLost").quorum.left, 5);
    let sets: Vec<_> = drill
        .summary
        .smallest
        .iter()
        .map(|set| (set.what, set.count))
        .collect();
    assert_eq!(sets, [(What::LoadBalancers, 2)]);
    assert_eq!(
        row(&drill, "etcdSplit").sides[0].nodes,
        ["etcd-4", "etcd-5"]
    );
}

#[test]
fn seven_members_have_a_row_for_each_step() {
    let drill = drill::of(&Baremetal::stacked(Front::HaproxyOnControlPlane, 7).plan());
    let counts: Vec<_> = drill
        .rows
        .iter()
        .filter(|row| row.id.starts_with("etcd") || row.id == "twoEtcdMembersLost")
        .map(|row| (row.id, row.count, row.api))
        .collect();
    assert_eq!(
        counts,
        [
            ("etcdMemberLost", 1, Api::Yes),
            ("twoEtcdMembersLost", 2, Api::Yes),
            ("etcdMinorityLost", 3, Api::Yes),
            ("etcdQuorumLost", 4, Api::No),
        ]
    );
}

#[test]
fn on_the_control_plane_the_holder_takes_its_api_server_with_it() {
    let apart = drill::of(&Baremetal::stacked(Front::Haproxy, 3).plan());
    let beside = drill::of(&Baremetal::stacked(Front::HaproxyOnControlPlane, 3).plan());
    let (apart, beside_holder) = (row(&apart, "holderGone"), row(&beside, "holderGone"));
    assert_eq!((apart.quorum.left, beside_holder.quorum.left), (3, 2));
    assert_eq!(
        (apart.pods, beside_holder.pods),
        (Pods::Unaffected, Pods::OnLostNodes)
    );
    assert_eq!(apart.interruption, lasts(2609, 3609, Reach::Everyone));
    // The virtual IP moves, and then a connection may go to the API server that went with it.
    assert_eq!(
        beside_holder.interruption,
        lasts(2609, 5609, Reach::Everyone)
    );
    assert!(
        row(&beside, "controlPlaneNodeLost")
            .title
            .contains("not the holder")
    );
    assert!(!ids(&beside).contains(&"backgroundNodeLost"));
}

/// keepalived needs nobody's consent; kube-vip keeps its lease in the API.
#[test]
fn without_quorum_keepalived_keeps_the_virtual_ip_and_kube_vip_does_not() {
    for (front, says) in [
        (Front::Haproxy, "keepalived keeps the virtual IP"),
        (
            Front::NginxOnControlPlane,
            "keepalived keeps the virtual IP",
        ),
        (
            Front::KubeVip,
            "kube-vip takes the virtual IP off every node",
        ),
    ] {
        let drill = drill::of(&Baremetal::stacked(front, 3).plan());
        let lost = row(&drill, "twoEtcdMembersLost");
        assert_eq!(lost.api, Api::No);
        assert!(lost.why.contains(says), "{front:?}: {}", lost.why);
    }
}

#[test]
fn kube_vip_moves_with_its_lease_and_asks_no_api_server() {
    let drill = drill::of(&Baremetal::stacked(Front::KubeVip, 3).plan());
    let leader = row(&drill, "leaderGone");
    assert_eq!((leader.api, leader.quorum.left), (Api::Yes, 2));
    let Interruption::Lasts {
        least,
        most: Some(most),
        reach,
    } = leader.interruption
    else {
        panic!("{:?}", leader.interruption)
    };
    assert_eq!(reach, Reach::Everyone);
    assert!(
        least >= 4000 && most >= 5000,
        "a lease of 5 s: {least} to {most}"
    );
    assert!(leader.why.contains("needs etcd's quorum"), "{}", leader.why);
    // Another node's API server takes no requests: only etcd's election may be noticed.
    assert_eq!(
        row(&drill, "controlPlaneNodeLost").interruption,
        lasts(0, 2000, Reach::Everyone)
    );
    assert_eq!(
        row(&drill, "leaderApiServerDead").interruption,
        lasts(least, most, Reach::Everyone)
    );
    for absent in [
        "holderGone",
        "proxyDead",
        "loadBalancersSplit",
        "apiServerDead",
    ] {
        assert!(!ids(&drill).contains(&absent), "{absent}");
    }
}

/// nginx asks nobody for /readyz, and three clouds only open the port.
#[test]
fn what_is_not_asked_is_not_noticed() {
    let for_good = Interruption::UntilRepaired(Reach::Some);
    let nginx = drill::of(&Baremetal::stacked(Front::Nginx, 3).plan());
    let (_, aliyun) = cloud("aliyun", "aliyun", 3, None, 3);
    let (_, huawei) = cloud("huawei", "huawei", 3, None, 3);
    for drill in [&nginx, &drill::of(&aliyun)] {
        for id in ["apiServerHung", "apiServerNotReady", "etcdMemberLost"] {
            assert_eq!(
                row(drill, id).interruption,
                for_good,
                "{id} {}",
                drill.target
            );
            assert_eq!(row(drill, id).api, Api::Yes);
        }
    }
    let huawei = drill::of(&huawei);
    assert_eq!(
        row(&huawei, "apiServerNotReady").interruption,
        lasts(5000, 10_000, Reach::Some)
    );
    assert!(!ids(&nginx).contains(&"holderBlind"));
}

#[test]
fn an_upgrade_is_noticed_only_where_the_port_is_all_that_is_asked() {
    let of = |example, target| {
        let (_, plan) = cloud(example, target, 3, None, 3);
        row(&drill::of(&plan), "apiServerDrained").interruption
    };
    assert_eq!(of("aws", "aws"), Interruption::None);
    assert_eq!(of("huawei", "huawei"), Interruption::None);
    assert_eq!(of("tencent", "tencent"), lasts(5000, 10_000, Reach::Some));
    let haproxy = drill::of(&Baremetal::stacked(Front::Haproxy, 3).plan());
    assert_eq!(
        row(&haproxy, "apiServerDrained").interruption,
        Interruption::None
    );
}

#[test]
fn a_single_node_is_all_there_is() {
    let mut cluster = Baremetal::stacked(Front::Haproxy, 1);
    cluster.workers.clear();
    let drill = drill::of(&cluster.plan());
    for id in [
        "controlPlaneNodeLost",
        "apiServerDead",
        "etcdMemberLost",
        "apiServerDrained",
    ] {
        assert_eq!(row(&drill, id).api, Api::No, "{id}");
    }
    assert!(!ids(&drill).contains(&"workerLost"));
    assert!(
        drill.summary.line.ends_with("cp-1."),
        "{}",
        drill.summary.line
    );
}

/// Machines whose zones nobody says may all be in the one that is lost.
#[test]
fn a_zone_that_is_not_said_is_not_taken_for_another() {
    let mut cluster = spread(Front::Haproxy, &[0, 1, 2], [0, 1]);
    cluster.control_plane[1] = None;
    let drill = drill::of(&cluster.plan());
    let lost = of_zone(&drill, "zoneLost", "room-0");
    assert_eq!(lost.api, Api::Unknown);
    assert!(
        lost.why.contains("does not say the zone of cp-2"),
        "{}",
        lost.why
    );
    assert!(!ids(&drill).contains(&"zoneSplit"));
    assert!(ids(&drill).contains(&"controlPlaneSplit"));
    // Without room-1, and without cp-2 as well, two members and a load balancer are left.
    assert_eq!(of_zone(&drill, "zoneLost", "room-1").api, Api::Yes);
    assert_eq!(drill.summary.unknown_zones, ["room-0", "room-2"]);
}

/// Where a cloud keeps one address is its own affair once the network is split; a zone that the load balancer only
/// stands by in changes nothing.
#[test]
fn a_standby_load_balancer_moves_within_half_a_minute() {
    let (_, plan) = cloud("aliyun-slb", "aliyun", 3, None, 3);
    let drill = drill::of(&plan);
    let active = of_zone(&drill, "zoneLost", "cn-beijing-h");
    assert_eq!(active.interruption, lasts(0, 30_000, Reach::Everyone));
    let standby = of_zone(&drill, "zoneLost", "cn-beijing-i");
    assert!(standby.why.contains("only stands by"), "{}", standby.why);
    assert_eq!(
        of_zone(&drill, "zoneSplit", "cn-beijing-h").api,
        Api::Unknown
    );
    assert_eq!(
        of_zone(&drill, "zoneSplit", "cn-beijing-j").api,
        Api::Partly
    );
}

/// Without an active zone in the spec nobody knows where the load balancer is.
#[test]
fn a_load_balancer_in_no_zone_is_nobodys_promise() {
    let mut spec: hagen::spec::Cluster =
        serde_saphyr::from_str(include_str!("../../examples/tencent-open.yaml")).expect("a spec");
    let own = &mut spec.targets.tencent.as_mut().expect("tencent").clb;
    own.master_zone = None;
    own.slave_zone = None;
    let drill = drill::of(&hagen::plan::build(&spec, "tencent"));
    let rows: Vec<_> = drill
        .rows
        .iter()
        .filter(|row| row.id == "zoneLost")
        .collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.api == Api::Unknown));
    assert!(
        drill
            .summary
            .warnings
            .iter()
            .any(|text| text.contains("is the cloud's choice"))
    );
}

/// People come by the internet-facing load balancer, nodes by the internal one.
#[test]
fn a_load_balancer_in_a_single_zone_fails_with_it_and_the_other_goes_on() {
    let (_, plan) = narrow("aws-internet-second", "aws", (3, None), 3, 1);
    let drill = drill::of(&plan);
    assert_eq!(of_zone(&drill, "zoneLost", "eu-west-1a").api, Api::Partly);
    assert_eq!(of_zone(&drill, "zoneLost", "eu-west-1b").api, Api::Yes);
    assert_eq!(drill.summary.fatal_zones, ["eu-west-1a"]);
    let (_, plan) = narrow("huawei", "huawei", (3, None), 3, 1);
    let drill = drill::of(&plan);
    assert_eq!(of_zone(&drill, "zoneLost", "cn-north-4a").api, Api::No);
    assert_eq!(of_zone(&drill, "zoneLost", "cn-north-4b").api, Api::Yes);
}

/// A leader that may keep the address is told.
#[test]
fn kube_vip_that_preserves_keeps_the_virtual_ip_without_quorum() {
    let drill = drill::of(&kube_vip("preserveOnLeadershipLoss: true"));
    let lost = row(&drill, "twoEtcdMembersLost");
    assert_eq!(lost.api, Api::No);
    assert!(
        lost.why.contains("the last leader keeps the virtual IP"),
        "{}",
        lost.why
    );
    let split = row(&drill, "controlPlaneSplit");
    assert!(
        split.why.contains("both sides may hold it"),
        "{}",
        split.why
    );
    assert_eq!(split.api, Api::Partly);
}

/// Three nodes behind kube-vip with these keys of its own.
fn kube_vip(keys: &str) -> Plan {
    let text = Baremetal::stacked(Front::KubeVip, 3).text();
    let text = text.replace("{ kubeVip: {} }", &format!("{{ kubeVip: {{ {keys} }} }}"));
    let spec = serde_saphyr::from_str(&text).expect("a spec");
    hagen::plan::build(&spec, "baremetal")
}

/// With BGP there is no leader: each node has a route of its own, as long as its API server answers.
#[test]
fn kube_vip_without_a_leader_shares_connections_out() {
    let plan = kube_vip("mode: { bgp: { as: 64512, peers: [{ address: 10.20.0.1, as: 64513 }] } }");
    let drill = drill::of(&plan);
    assert!(!ids(&drill).contains(&"leaderGone"));
    assert_eq!(
        row(&drill, "controlPlaneNodeLost").interruption,
        lasts(20_000, 30_000, Reach::Some)
    );
    assert_eq!(
        row(&drill, "apiServerDead").interruption,
        lasts(10_000, 15_000, Reach::Some)
    );
    assert_eq!(
        row(&drill, "apiServerHung").interruption,
        lasts(13_000, 18_000, Reach::Some)
    );
    // /livez asks for etcd, and for nothing else that /readyz does.
    assert_eq!(
        row(&drill, "etcdMemberLost").interruption,
        lasts(10_000, 15_000, Reach::Some)
    );
    assert_eq!(
        row(&drill, "apiServerNotReady").interruption,
        Interruption::UntilRepaired(Reach::Some)
    );
    assert_eq!(
        row(&drill, "apiServersBack").interruption,
        lasts(0, 5000, Reach::Everyone)
    );
    let lost = row(&drill, "twoEtcdMembersLost");
    assert_eq!(lost.api, Api::No);
    assert!(lost.why.contains("takes every route"), "{}", lost.why);
}

fn lasts(least: u32, most: u32, reach: Reach) -> Interruption {
    Interruption::Lasts {
        least,
        most: Some(most),
        reach,
    }
}
