//! Who may talk to whom.

use std::collections::BTreeSet;

use hagen::spec::{AwsMachines, Exposure, MachineRole};
use serde_json::Value;

use super::{Judged, check, references_in};

pub(super) fn problems(judged: &Judged<'_>, found: &mut Vec<String>) {
    nothing_is_open(judged, found);
    clients(judged, found);
    health_checks_pass(judged, found);
    descriptions(judged, found);
}

const INGRESS: &str = "aws_vpc_security_group_ingress_rule";
const EGRESS: &str = "aws_vpc_security_group_egress_rule";

fn nothing_is_open(judged: &Judged<'_>, found: &mut Vec<String>) {
    for rule in judged.resources(INGRESS) {
        let values = &rule["values"];
        for argument in ["cidr_ipv4", "cidr_ipv6"] {
            let network = values[argument].as_str().unwrap_or_default();
            check(found, !network.ends_with("/0"), || {
                format!("{} is open to {network}", rule["address"])
            });
            check(
                found,
                network.is_empty() || values["ip_protocol"] != "-1",
                || format!("{} opens every port to {network}", rule["address"]),
            );
        }
    }
    check(
        found,
        judged.resources("aws_security_group_rule").is_empty(),
        || "there are rules of the old kind".to_owned(),
    );
    for group in judged.resources("aws_security_group") {
        for side in ["ingress", "egress"] {
            let inline = group["values"][side].as_array().map_or(0, Vec::len);
            check(found, inline == 0, || {
                format!("{} has rules inside", group["address"])
            });
        }
    }
}

/// Exactly the networks that the spec allows may reach each load balancer.
fn clients(judged: &Judged<'_>, found: &mut Vec<String>) {
    let endpoint = &judged.spec.endpoint;
    let network = &judged.target().network;
    let own = BTreeSet::from([network.cidr.to_string()]);
    let mut allowed: BTreeSet<String> = endpoint
        .allowed_cidrs
        .iter()
        .map(ToString::to_string)
        .collect();
    let public = endpoint.exposure == Exposure::Internet;
    if public {
        allowed.extend(network.nat_cidrs.iter().map(ToString::to_string));
    } else if allowed.is_empty() {
        allowed.clone_from(&own);
    }
    let mut wanted = vec![("api_lb", allowed)];
    if public && judged.target().load_balancer.second_internal {
        wanted.push(("api_internal_lb", own));
    }
    for (group, wanted) in wanted {
        let may: BTreeSet<String> = judged
            .resources(INGRESS)
            .iter()
            .filter(|rule| {
                rule["name"] == format!("{group}_client")
                    || rule["name"] == format!("{group}_client_ipv6")
            })
            .flat_map(|rule| ["cidr_ipv4", "cidr_ipv6"].map(|argument| &rule["values"][argument]))
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        check(found, may == wanted, || {
            format!("{group} lets in {may:?}, not {wanted:?}")
        });
    }
}

/// Health checks obey the egress rules of the load balancer and the ingress rules of the nodes.
fn health_checks_pass(judged: &Judged<'_>, found: &mut Vec<String>) {
    let port = i64::from(judged.spec.endpoint.port);
    for balancer in judged.blocks("aws_lb") {
        for group in references_in(balancer, "security_groups") {
            if group.strip_suffix(".id").is_some() {
                egress(judged, &group, port, found);
                ingress(judged, &group, port, found);
            }
        }
    }
}

fn covers(judged: &Judged<'_>, kind: &str, name: &str, port: i64) -> bool {
    let rules = judged.resources(kind);
    let mut own = rules.iter().filter(|rule| rule["name"] == name).peekable();
    own.peek().is_some()
        && own.all(|rule| {
            let values = &rule["values"];
            values["ip_protocol"] == "tcp"
                && values["from_port"].as_i64() == Some(port)
                && values["to_port"].as_i64() == Some(port)
        })
}

fn egress(judged: &Judged<'_>, group: &str, port: i64, found: &mut Vec<String>) {
    let rules: Vec<&Value> = judged
        .blocks(EGRESS)
        .into_iter()
        .filter(|rule| references_in(rule, "security_group_id").contains(&group.to_owned()))
        .collect();
    let wanted: BTreeSet<String> = match &judged.target().machines {
        AwsMachines::Provision(_) => BTreeSet::new(),
        AwsMachines::Existing(machines) => machines
            .iter()
            .filter(|machine| machine.role == MachineRole::ControlPlane)
            .map(|machine| format!("{}/32", machine.address))
            .collect(),
    };
    let reached = rules.iter().any(|rule| {
        let name = rule["name"].as_str().unwrap_or_default();
        let to_group = references_in(rule, "referenced_security_group_id")
            .iter()
            .any(|name| name == "aws_security_group.control_plane.id");
        let to: BTreeSet<String> = judged
            .resources(EGRESS)
            .iter()
            .filter(|one| one["name"] == name)
            .filter_map(|one| one["values"]["cidr_ipv4"].as_str())
            .map(str::to_owned)
            .collect();
        covers(judged, EGRESS, name, port)
            && (to_group || (!wanted.is_empty() && wanted.is_subset(&to)))
    });
    check(found, reached, || {
        format!("{group} lets no health check out")
    });
}

fn ingress(judged: &Judged<'_>, group: &str, port: i64, found: &mut Vec<String>) {
    let known = judged
        .target()
        .load_balancer
        .control_plane_security_group
        .as_deref();
    if !judged.makes_machines() && known.is_none() {
        let outputs = &judged.plan["configuration"]["root_module"]["outputs"];
        check(
            found,
            outputs["control_plane_rule_to_add"].is_object(),
            || "nobody says which rule the machines need".to_owned(),
        );
        return;
    }
    let let_in = judged.blocks(INGRESS).into_iter().any(|rule| {
        let own = &rule["expressions"]["security_group_id"];
        let of_nodes = match known {
            Some(id) => own["constant_value"] == id,
            None => references_in(rule, "security_group_id")
                .iter()
                .any(|name| name == "aws_security_group.control_plane.id"),
        };
        of_nodes
            && references_in(rule, "referenced_security_group_id").contains(&group.to_owned())
            && covers(
                judged,
                INGRESS,
                rule["name"].as_str().unwrap_or_default(),
                port,
            )
    });
    check(found, let_in, || format!("no node lets {group} in"));
}

/// Terraform does not look at them, and AWS refuses what is not in this set.
fn descriptions(judged: &Judged<'_>, found: &mut Vec<String>) {
    for kind in ["aws_security_group", INGRESS, EGRESS] {
        for resource in judged.resources(kind) {
            let text = resource["values"]["description"]
                .as_str()
                .unwrap_or_default();
            let fits = (1..=255).contains(&text.len())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c));
            check(found, fits, || {
                format!("{}: AWS refuses {text:?}", resource["address"])
            });
        }
    }
}
