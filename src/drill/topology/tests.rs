//! What only shows when several things fail at once.

use super::{Api, Damage, Front, Machine, Topology};
use crate::plan::Role;

/// Three control-plane nodes, each with etcd, behind two load balancers.
fn stacked() -> Topology {
    let machine = |name: &str, role, etcd, holder| Machine {
        name: name.to_owned(),
        zone: None,
        role,
        etcd,
        holder,
    };
    Topology {
        machines: vec![
            machine("cp-1", Role::FirstControlPlane, true, false),
            machine("cp-2", Role::ControlPlane, true, false),
            machine("cp-3", Role::ControlPlane, true, false),
            machine("lb-1", Role::LoadBalancer, false, true),
            machine("lb-2", Role::LoadBalancer, false, true),
        ],
        needed: 2,
        stacked: true,
        front: Front::Pair,
    }
}

fn damage(machines: &[usize], etcd: &[usize], api_servers: &[usize], proxies: &[usize]) -> Damage {
    let set = |of: &[usize]| of.iter().copied().collect();
    Damage {
        machines: set(machines),
        etcd: set(etcd),
        api_servers: set(api_servers),
        proxies: set(proxies),
        ..Damage::default()
    }
}

#[test]
fn an_api_server_needs_its_own_member() {
    let topology = stacked();
    let two_servers_and_the_third_member = damage(&[], &[0], &[1, 2], &[]);
    let left = topology.left(&two_servers_and_the_third_member);
    assert_eq!((left.api, left.members, left.servers), (Api::No, 2, 0));
    let external = Topology {
        stacked: false,
        ..stacked()
    };
    assert_eq!(
        external.left(&two_servers_and_the_third_member).api,
        Api::Yes
    );
}

#[test]
fn a_proxy_and_another_machine_are_two_load_balancers() {
    let topology = stacked();
    assert_eq!(topology.left(&damage(&[3], &[], &[], &[4])).api, Api::No);
    assert_eq!(topology.left(&damage(&[3], &[], &[], &[3])).api, Api::Yes);
}

/// kube-vip has the address as long as an API server is ready, whatever else is lost.
#[test]
fn kube_vip_is_where_an_api_server_is() {
    for front in [Front::KubeVip, Front::Routes] {
        let topology = Topology { front, ..stacked() };
        assert_eq!(
            topology.left(&damage(&[3, 4], &[], &[0, 1], &[])).api,
            Api::Yes
        );
        assert_eq!(topology.left(&damage(&[0, 1], &[], &[], &[])).api, Api::No);
        let gone = Damage {
            front: true,
            ..Damage::default()
        };
        assert_eq!(topology.left(&gone).api, Api::No);
    }
}
