//! Which machines the load balancer runs on.

use std::collections::BTreeMap;

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Count, Diagnostic, Report, closest};
use crate::spec::{BaremetalLoadBalancer, BaremetalMachine, BaremetalRole};

use super::{Target, machine_path, path, role_word};

/// Each node sends its adverts to each other one.
const MOST: usize = 16;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let nodes = target.own.load_balancer.nodes();
    if !nodes.is_empty() {
        named(target, nodes, report);
    }
    unused(target, nodes, report);
    if target.on_control_plane() && target.machines(BaremetalRole::ControlPlane).count() == 1 {
        report.push(
            Diagnostic::new(
                &code::NO_PEER,
                "keepalived on the one control-plane node has no peer, and takes no address without",
            )
            .key(
                path(&format!("loadBalancer.{}", target.own.load_balancer.kind())),
                "on the control plane",
            )
            .also("controlPlane.count", "one node")
            .cure("use 3 control-plane nodes")
            .cure("or name two machines of role `loadBalancer` in `nodes`, or use `kubeVip`"),
        );
    }
}

/// The machines that `nodes` names.
fn named(target: &Target<'_>, nodes: &[String], report: &mut Report) {
    let machines: BTreeMap<&str, &BaremetalMachine> = target
        .own
        .machines
        .iter()
        .map(|machine| (machine.name.as_str(), machine))
        .collect();
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (at, name) in nodes.iter().enumerate() {
        let here = target.balancer_path(&format!("nodes[{at}]"));
        if let Some(first) = seen.get(name.as_str()) {
            report.push(
                Diagnostic::new(
                    &code::BALANCER_TWICE,
                    format!("`{name}` is named twice, and would be its own peer"),
                )
                .value(here, "the second one")
                .also(first, "the first one")
                .cure("name each node once"),
            );
            continue;
        }
        match machines.get(name.as_str()) {
            None => report.push(unknown(target, name, nodes, here.clone())),
            Some(machine) if machine.role != BaremetalRole::LoadBalancer => report.push(
                Diagnostic::new(
                    &code::UNKNOWN_BALANCER,
                    format!(
                        "`{name}` is {}, and not a load balancer node",
                        role_word(machine.role)
                    ),
                )
                .value(&here, "another role")
                .cure("give the machine `role: loadBalancer`, or name machines that have it")
                .cure("or leave `nodes` out: the load balancer then runs on the control-plane nodes, on a port of its own"),
            ),
            Some(_) => {}
        }
        seen.insert(name, here);
    }
    let nodes_path = target.balancer_path("nodes");
    if seen.len() == 1 {
        report.push(
            Diagnostic::new(
                &code::SINGLE_BALANCER,
                "a single load balancer node is not highly available: with it the API is lost",
            )
            .key(nodes_path, "nobody takes over")
            .cure("name two machines of role `loadBalancer`")
            .cure("or leave `nodes` out: the load balancer then runs on the control-plane nodes, on a port of its own"),
        );
    } else if seen.len() > MOST {
        report.push(
            Diagnostic::new(
                &code::TOO_MANY_BALANCERS,
                format!(
                    "{} are too many for one virtual IP",
                    Count(seen.len(), "load balancer node")
                ),
            )
            .key(nodes_path, "too many")
            .cure(format!("use 2 or 3, {MOST} at most")),
        );
    }
}

fn unknown(target: &Target<'_>, name: &str, named: &[String], here: String) -> Diagnostic {
    let problem = Diagnostic::new(
        &code::UNKNOWN_BALANCER,
        format!("no machine is called `{name}`"),
    )
    .value(here, "not the name of a machine");
    let balancers = target
        .machines(BaremetalRole::LoadBalancer)
        .map(|machine| machine.name.as_str())
        // One that is named already was not meant.
        .filter(|own| !named.iter().any(|other| other == own));
    match closest(name, balancers) {
        Some(near) => problem
            .cure(format!("did you mean `{near}`?"))
            .replace_with(near),
        None => problem
            .cure("add the machine to `machines` with `role: loadBalancer`, or correct the name"),
    }
}

/// Load balancer nodes that the load balancer does not run on.
fn unused(target: &Target<'_>, nodes: &[String], report: &mut Report) {
    let kind = target.own.load_balancer.kind();
    for (at, machine) in target.own.machines.iter().enumerate() {
        if machine.role != BaremetalRole::LoadBalancer || nodes.contains(&machine.name) {
            continue;
        }
        let name = &machine.name;
        let (why, first, second) = match target.own.load_balancer {
            BaremetalLoadBalancer::KubeVip(_) => (
                "kube-vip runs on the control-plane nodes",
                "use `haproxy` or `nginx`, with the machine in its `nodes`".to_owned(),
                "or remove the machine, or correct its `role`",
            ),
            _ if nodes.is_empty() => (
                "the load balancer runs on the control-plane nodes",
                format!("name it in `loadBalancer.{kind}.nodes`, with another one"),
                "or remove the machine, or correct its `role`",
            ),
            _ => (
                "`nodes` does not name it",
                format!("name it in `loadBalancer.{kind}.nodes`"),
                "or remove the machine, or correct its `role`",
            ),
        };
        report.push(
            Diagnostic::new(
                &code::UNUSED_BALANCER,
                format!("`{name}` is a load balancer node, and {why}"),
            )
            .value(machine_path(at, "role"), "nothing would run there")
            .also(path(&format!("loadBalancer.{kind}")), "runs elsewhere")
            .cure(first)
            .cure(second),
        );
    }
}
