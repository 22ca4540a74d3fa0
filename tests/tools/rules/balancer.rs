//! Load balancers, target groups, attachments, listeners.

use std::collections::{BTreeMap, BTreeSet};

use hagen::spec::{AwsMachines, Exposure, MachineRole};
use serde_json::{Value, json};

use super::{Judged, check, references_in};

pub(super) fn problems(judged: &Judged<'_>, found: &mut Vec<String>) {
    load_balancers(judged, found);
    target_groups(judged, found);
    attachments(judged, found);
    listeners(judged, found);
    outputs(judged, found);
}

/// The load balancers that the spec asks for: name in Terraform, and whether internal.
fn wanted(judged: &Judged<'_>) -> BTreeMap<&'static str, bool> {
    let public = judged.spec.endpoint.exposure == Exposure::Internet;
    let mut wanted = BTreeMap::from([("api", !public)]);
    if public && judged.target().load_balancer.second_internal {
        wanted.insert("api_internal", true);
    }
    wanted
}

fn is_aws_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.starts_with("internal-")
}

fn expect(found: &mut Vec<String>, resource: &Value, argument: &str, wanted: &Value) {
    let value = &resource["values"][argument];
    check(found, value == wanted, || {
        format!(
            "{}: {argument} is {value}, not {wanted}",
            resource["address"]
        )
    });
}

fn load_balancers(judged: &Judged<'_>, found: &mut Vec<String>) {
    let wanted = wanted(judged);
    let balancers = judged.resources("aws_lb");
    check(found, balancers.len() == wanted.len(), || {
        format!("{} load balancers, not {}", balancers.len(), wanted.len())
    });
    let options = &judged.target().load_balancer;
    for balancer in balancers {
        let name = balancer["name"].as_str().unwrap_or_default();
        let Some(internal) = wanted.get(name) else {
            found.push(format!("aws_lb.{name} is not asked for"));
            continue;
        };
        let family = if options.dual_stack {
            "dualstack"
        } else {
            "ipv4"
        };
        for (argument, value) in [
            ("load_balancer_type", json!("network")),
            ("internal", json!(internal)),
            ("ip_address_type", json!(family)),
            ("enable_cross_zone_load_balancing", json!(true)),
            (
                "enable_deletion_protection",
                json!(options.deletion_protection),
            ),
        ] {
            expect(found, balancer, argument, &value);
        }
        let text = balancer["values"]["name"].as_str().unwrap_or_default();
        check(found, is_aws_name(text), || {
            format!("{text} is no name of a load balancer")
        });
        mappings(judged, balancer, *internal, found);
    }
    for block in judged.blocks("aws_lb") {
        check(
            found,
            references_in(block, "security_groups")
                .iter()
                .any(|name| name.starts_with("aws_security_group.")),
            || format!("{} has no security group", block["address"]),
        );
        let public = block["expressions"]["internal"]["constant_value"] == false;
        if public && judged.target().network.vpc.is_none() {
            let address = block["address"].as_str().unwrap_or_default();
            check(
                found,
                judged.depends(address, "aws_internet_gateway.cluster"),
                || {
                    format!(
                        "{address} does not wait for the internet gateway: AWS refuses an \
                         internet-facing load balancer in a VPC without one"
                    )
                },
            );
        }
    }
}

/// One fixed address in each zone.
fn mappings(judged: &Judged<'_>, balancer: &Value, internal: bool, found: &mut Vec<String>) {
    let network = &judged.target().network;
    let zones = if internal {
        network.subnets.len()
    } else {
        network.public_subnets.len()
    };
    let mappings = balancer["values"]["subnet_mapping"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    check(found, mappings.len() == zones, || {
        format!(
            "{} has {} zones, not {zones}",
            balancer["address"],
            mappings.len()
        )
    });
    let addresses: BTreeSet<String> = mappings
        .iter()
        .filter_map(|mapping| mapping["private_ipv4_address"].as_str())
        .filter(|address| !address.is_empty())
        .map(str::to_owned)
        .collect();
    let wanted: BTreeSet<String> = network
        .subnets
        .iter()
        .filter(|_| internal)
        .filter_map(|subnet| subnet.api_address)
        .map(|address| address.to_string())
        .collect();
    check(found, addresses == wanted, || {
        format!(
            "{} has the addresses {addresses:?}, not {wanted:?}",
            balancer["address"]
        )
    });
    let elastic = judged.resources("aws_eip");
    let elastic = elastic.iter().filter(|one| one["name"] == "api").count();
    if !internal {
        check(found, elastic == zones, || {
            format!("{elastic} elastic addresses for {zones} zones")
        });
    }
}

fn target_groups(judged: &Judged<'_>, found: &mut Vec<String>) {
    let port = judged.spec.endpoint.port;
    let by_address = match &judged.target().machines {
        // The address stays when the machine is made anew.
        AwsMachines::Provision(_) => true,
        AwsMachines::Existing(machines) => machines.iter().all(|one| one.instance_id.is_none()),
    };
    let groups = judged.resources("aws_lb_target_group");
    check(found, groups.len() == wanted(judged).len(), || {
        format!("{} target groups", groups.len())
    });
    for group in groups {
        let kind = if by_address { "ip" } else { "instance" };
        for (argument, value) in [
            ("preserve_client_ip", json!("false")),
            ("connection_termination", json!(true)),
            ("protocol", json!("TCP")),
            ("port", json!(port)),
            ("target_type", json!(kind)),
            ("deregistration_delay", json!("60")),
        ] {
            expect(found, group, argument, &value);
        }
        let text = group["values"]["name"].as_str().unwrap_or_default();
        check(found, is_aws_name(text), || {
            format!("{text} is no name of a target group")
        });
        health_check(
            judged,
            &group["address"],
            &group["values"]["health_check"][0],
            found,
        );
        let state = &group["values"]["target_health_state"][0];
        check(
            found,
            state["enable_unhealthy_connection_termination"] == false,
            || {
                format!(
                    "{}: one failed check cuts every connection",
                    group["address"]
                )
            },
        );
    }
}

fn health_check(judged: &Judged<'_>, address: &Value, check_of: &Value, found: &mut Vec<String>) {
    let readyz = judged.spec.kubernetes.anonymous_auth;
    let (protocol, path, matcher) = if readyz {
        ("HTTPS", "/readyz", "200")
    } else {
        ("TCP", "", "")
    };
    for (argument, value) in [
        ("protocol", protocol),
        ("path", path),
        ("matcher", matcher),
        ("port", "traffic-port"),
    ] {
        let is = check_of[argument].as_str().unwrap_or_default();
        check(found, is == value, || {
            format!("{address}: the health check's {argument} is {is:?}, not {value:?}")
        });
    }
    let number = |name: &str| check_of[name].as_i64().unwrap_or_default();
    check(found, number("timeout") < number("interval"), || {
        format!("{address}: a check may take as long as its interval, which AWS refuses")
    });
    for (name, range) in [
        ("interval", 5..=300),
        ("timeout", 2..=120),
        ("healthy_threshold", 2..=10),
        ("unhealthy_threshold", 2..=10),
    ] {
        check(found, range.contains(&number(name)), || {
            format!("{address}: {name} is {}", number(name))
        });
    }
}

/// The names of the control-plane nodes, which are the keys of what belongs to each.
pub(super) fn control_plane(judged: &Judged<'_>) -> BTreeSet<String> {
    match &judged.target().machines {
        AwsMachines::Provision(_) => (1..=judged.spec.control_plane.count)
            .map(|at| format!("cp-{at}"))
            .collect(),
        AwsMachines::Existing(machines) => machines
            .iter()
            .filter(|machine| machine.role == MachineRole::ControlPlane)
            .map(|machine| machine.name.clone())
            .collect(),
    }
}

fn attachments(judged: &Judged<'_>, found: &mut Vec<String>) {
    let nodes = control_plane(judged);
    let all = judged.resources("aws_lb_target_group_attachment");
    for name in wanted(judged).keys() {
        let keys: BTreeSet<String> = all
            .iter()
            .filter(|one| one["name"] == *name)
            .map(|one| one["index"].as_str().unwrap_or_default().to_owned())
            .collect();
        check(found, keys == nodes, || {
            format!("{name} has the targets {keys:?}, not {nodes:?}")
        });
    }
    for one in all {
        expect(found, one, "port", &json!(judged.spec.endpoint.port));
    }
}

fn listeners(judged: &Judged<'_>, found: &mut Vec<String>) {
    let listeners = judged.resources("aws_lb_listener");
    check(found, listeners.len() == wanted(judged).len(), || {
        format!("{} listeners", listeners.len())
    });
    for listener in listeners {
        for (argument, value) in [
            ("protocol", json!("TCP")),
            ("port", json!(judged.spec.endpoint.port)),
            ("tcp_idle_timeout_seconds", json!(350)),
        ] {
            expect(found, listener, argument, &value);
        }
    }
    for block in judged.blocks("aws_lb_listener") {
        let own = format!(
            "aws_lb_target_group_attachment.{}",
            block["name"].as_str().unwrap_or_default()
        );
        let waits = block["depends_on"]
            .as_array()
            .is_some_and(|items| items.iter().any(|item| *item == json!(own)));
        check(found, waits, || {
            format!("{} does not wait for {own}", block["address"])
        });
    }
}

fn outputs(judged: &Judged<'_>, found: &mut Vec<String>) {
    let outputs = &judged.plan["configuration"]["root_module"]["outputs"];
    for name in [
        "api_endpoint",
        "api_dns_name",
        "api_zone_id",
        "api_security_group_id",
        "api_target_group_arn",
    ] {
        check(found, outputs[name].is_object(), || {
            format!("there is no output {name}")
        });
    }
}
