//! The rules about bare metal: what keepalived and haproxy refuse, or take and get wrong, and what two
//! machines cannot both have.

mod addresses;
mod endpoint;
mod failover;
mod interfaces;
mod keepalived;
mod kube_vip;
mod load_balancer;
mod login;
mod machines;
mod metallb;
mod network;
mod ports;
mod reserved;

use std::net::{IpAddr, Ipv4Addr};

use crate::diagnostic::Report;
use crate::spec::{Baremetal, BaremetalMachine, BaremetalRole, Cluster};

pub(super) fn check(spec: &Cluster, own: &Baremetal, report: &mut Report) {
    let target = &Target { spec, own };
    endpoint::check(target, report);
    network::check(target, report);
    interfaces::check(target, report);
    ports::check(target, report);
    load_balancer::check(target, report);
    keepalived::check(target, report);
    kube_vip::check(spec, own, report);
    failover::check(target, report);
    machines::check(target, report);
    addresses::check(target, report);
    metallb::check(spec, own, report);
    login::check(target, report);
}

/// The target with what most rules ask of it.
struct Target<'a> {
    spec: &'a Cluster,
    own: &'a Baremetal,
}

impl<'a> Target<'a> {
    /// The machines with this role.
    fn machines(&self, role: BaremetalRole) -> impl Iterator<Item = &'a BaremetalMachine> {
        let machines = self.own.machines.iter();
        machines.filter(move |machine| machine.role == role)
    }

    /// Whether keepalived and its proxy run on the control-plane nodes.
    fn on_control_plane(&self) -> bool {
        self.own.load_balancer.keepalived().is_some() && self.own.load_balancer.nodes().is_empty()
    }

    /// The path of a key of the load balancer.
    fn balancer_path(&self, key: &str) -> String {
        path(&format!(
            "loadBalancer.{}.{key}",
            self.own.load_balancer.kind()
        ))
    }
}

/// A path below this target.
fn path(rest: &str) -> String {
    format!("targets.baremetal.{rest}")
}

/// The path of a machine's key.
fn machine_path(at: usize, key: &str) -> String {
    path(&format!("machines[{at}].{key}"))
}

/// The role of a machine in words.
fn role_word(role: BaremetalRole) -> &'static str {
    match role {
        BaremetalRole::ControlPlane => "a control-plane node",
        BaremetalRole::Worker => "a worker",
        BaremetalRole::Etcd => "a member of etcd",
        BaremetalRole::LoadBalancer => "a load balancer node",
    }
}

/// An IPv4 address; another rule refuses those of IPv6.
fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
