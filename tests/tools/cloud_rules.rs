//! What must hold for every plan that Terraform makes of hagen's files for Alibaba Cloud, Tencent Cloud
//! and Huawei Cloud: the settings of reference documents and of incidents, each by its argument.

use hagen::spec::{AliyunLoadBalancer, CloudImage, CloudMachines, Cluster, Exposure};
use serde_json::{Value, json};

use super::end_to_end::list;

/// What an argument must be.
enum Must {
    /// This value.
    Be(Value),
    /// Not there: the network type or the other choices forbid it.
    BeAbsent,
    /// There, or known once the cloud has made it.
    BeThere,
}

/// A rule: kind of resource, its name, the route of the argument, and what it must be.
type Rule = (&'static str, &'static str, &'static str, Must);

use Must::{Be, BeAbsent, BeThere};

fn rules(provider: &str, spec: &Cluster) -> Vec<Rule> {
    let internal = spec.endpoint.exposure == Exposure::Internal;
    let port = spec.endpoint.port;
    match provider {
        "aliyun" => aliyun(spec, internal, port),
        "tencent" => tencent(spec, internal, port),
        _ => huawei(spec, port),
    }
}

fn aliyun(spec: &Cluster, internal: bool, port: u16) -> Vec<Rule> {
    const GROUP: &str = "alicloud_nlb_server_group";
    let own = spec.targets.aliyun.as_ref().unwrap();
    if own.load_balancer == AliyunLoadBalancer::Slb {
        return classic(spec, internal, port);
    }
    let kind = if internal { "Intranet" } else { "Internet" };
    let balancer = "alicloud_nlb_load_balancer";
    let mut rules = vec![
        (balancer, "api", "address_type", Be(json!(kind))),
        (balancer, "api", "address_ip_version", Be(json!("ipv4"))),
        (balancer, "api", "cross_zone_enabled", Be(json!(true))),
        (balancer, "api", "load_balancer_type", BeAbsent),
        (
            balancer,
            "api",
            "deletion_protection_enabled",
            Be(json!(own.deletion_protection)),
        ),
        (balancer, "api", "zone_mappings/0/vswitch_id", BeThere),
        (balancer, "api", "zone_mappings/1/vswitch_id", BeThere),
        (GROUP, "api", "preserve_client_ip_enabled", Be(json!(false))),
        (GROUP, "api", "protocol", Be(json!("TCP"))),
        (GROUP, "api", "server_group_type", Be(json!("Instance"))),
        (GROUP, "api", "address_ip_version", Be(json!("Ipv4"))),
        (GROUP, "api", "connection_drain_enabled", Be(json!(true))),
        (
            GROUP,
            "api",
            "health_check/0/health_check_enabled",
            Be(json!(true)),
        ),
        (
            GROUP,
            "api",
            "health_check/0/health_check_type",
            Be(json!("TCP")),
        ),
        (
            GROUP,
            "api",
            "health_check/0/health_check_interval",
            Be(json!(5)),
        ),
        (
            GROUP,
            "api",
            "health_check/0/healthy_threshold",
            Be(json!(2)),
        ),
        (
            GROUP,
            "api",
            "health_check/0/unhealthy_threshold",
            Be(json!(2)),
        ),
        (
            "alicloud_nlb_listener",
            "api",
            "listener_protocol",
            Be(json!("TCP")),
        ),
        (
            "alicloud_nlb_listener",
            "api",
            "listener_port",
            Be(json!(port)),
        ),
        (
            "alicloud_nlb_listener",
            "api",
            "idle_timeout",
            Be(json!(900)),
        ),
        (
            "alicloud_nlb_listener",
            "api",
            "proxy_protocol_enabled",
            Be(json!(false)),
        ),
        (
            "alicloud_nlb_server_group_server_attachment",
            "api",
            "port",
            Be(json!(port)),
        ),
        (
            "alicloud_nlb_server_group_server_attachment",
            "api",
            "server_type",
            Be(json!("Ecs")),
        ),
    ];
    rules.extend(alibaba_machines(spec));
    rules
}

fn classic(spec: &Cluster, internal: bool, port: u16) -> Vec<Rule> {
    const BALANCER: &str = "alicloud_slb_load_balancer";
    const LISTENER: &str = "alicloud_slb_listener";
    let own = spec.targets.aliyun.as_ref().unwrap();
    let kind = if internal { "intranet" } else { "internet" };
    let protection = if own.deletion_protection { "on" } else { "off" };
    let specified = matches!(
        own.slb.billing,
        hagen::spec::AliyunSlbBilling::Specification(_)
    );
    let mut rules = vec![
        (BALANCER, "api", "address_type", Be(json!(kind))),
        (BALANCER, "api", "delete_protection", Be(json!(protection))),
        (BALANCER, "api", "master_zone_id", BeThere),
        (BALANCER, "api", "slave_zone_id", BeThere),
        (BALANCER, "api", "specification", BeAbsent),
        (BALANCER, "api", "name", BeAbsent),
        (
            BALANCER,
            "api",
            "load_balancer_spec",
            if specified { BeThere } else { BeAbsent },
        ),
        (
            BALANCER,
            "api",
            "instance_charge_type",
            Be(json!(if specified { "PayBySpec" } else { "PayByCLCU" })),
        ),
        (LISTENER, "api", "protocol", Be(json!("tcp"))),
        (LISTENER, "api", "frontend_port", Be(json!(port))),
        (LISTENER, "api", "backend_port", BeAbsent),
        (LISTENER, "api", "bandwidth", Be(json!(-1))),
        (LISTENER, "api", "scheduler", Be(json!("wrr"))),
        (LISTENER, "api", "health_check_type", Be(json!("tcp"))),
        (LISTENER, "api", "healthy_threshold", Be(json!(2))),
        (LISTENER, "api", "unhealthy_threshold", Be(json!(2))),
        (LISTENER, "api", "established_timeout", Be(json!(900))),
        (
            "alicloud_slb_server_group_server_attachment",
            "api",
            "port",
            Be(json!(port)),
        ),
        (
            "alicloud_slb_server_group_server_attachment",
            "api",
            "type",
            Be(json!("ecs")),
        ),
    ];
    rules.extend(alibaba_machines(spec));
    rules
}

fn alibaba_machines(spec: &Cluster) -> Vec<Rule> {
    const MACHINE: &str = "alicloud_instance";
    let own = spec.targets.aliyun.as_ref().unwrap();
    let CloudMachines::Provision(provision) = &own.machines else {
        return Vec::new();
    };
    // An older cloud-init gets no user data where a token is required.
    let old = !matches!(
        provision.image,
        CloudImage::Ubuntu2204 | CloudImage::Ubuntu2404 | CloudImage::Rocky9
    );
    vec![
        (
            MACHINE,
            "control_plane",
            "http_tokens",
            Be(json!(if old { "optional" } else { "required" })),
        ),
        (MACHINE, "control_plane", "private_ip", BeThere),
        (MACHINE, "control_plane", "user_data", BeThere),
        (MACHINE, "control_plane", "deployment_set_id", BeThere),
        (
            MACHINE,
            "control_plane",
            "system_disk_encrypted",
            Be(json!(true)),
        ),
        (
            MACHINE,
            "control_plane",
            "system_disk_size",
            Be(json!(provision.disk_sizes.control_plane)),
        ),
        (MACHINE, "control_plane", "role_name", BeAbsent),
    ]
}

fn tencent(spec: &Cluster, internal: bool, port: u16) -> Vec<Rule> {
    const BALANCER: &str = "tencentcloud_clb_instance";
    const LISTENER: &str = "tencentcloud_clb_listener";
    const MACHINE: &str = "tencentcloud_instance";
    let own = spec.targets.tencent.as_ref().unwrap();
    let kind = if internal { "INTERNAL" } else { "OPEN" };
    let mut rules = vec![
        (BALANCER, "api", "network_type", Be(json!(kind))),
        (
            BALANCER,
            "api",
            "delete_protect",
            Be(json!(own.deletion_protection)),
        ),
        (
            BALANCER,
            "api",
            "load_balancer_pass_to_target",
            Be(json!(true)),
        ),
        (BALANCER, "api", "security_groups", BeThere),
        (BALANCER, "api", "snat_pro", BeAbsent),
        (LISTENER, "api", "protocol", Be(json!("TCP"))),
        (LISTENER, "api", "port", Be(json!(port))),
        (LISTENER, "api", "scheduler", Be(json!("WRR"))),
        (LISTENER, "api", "snat_enable", Be(json!(true))),
        (LISTENER, "api", "health_check_switch", Be(json!(true))),
        (LISTENER, "api", "health_check_type", Be(json!("TCP"))),
        (LISTENER, "api", "health_check_time_out", Be(json!(2))),
        (LISTENER, "api", "health_check_interval_time", Be(json!(5))),
        (LISTENER, "api", "health_check_health_num", Be(json!(2))),
        (LISTENER, "api", "health_check_unhealth_num", Be(json!(2))),
        (LISTENER, "api", "health_source_ip_type", Be(json!(1))),
        (LISTENER, "api", "idle_connect_timeout", Be(json!(900))),
        (LISTENER, "api", "deregister_target_rst", Be(json!(true))),
        (LISTENER, "api", "session_expire_time", BeAbsent),
    ];
    if internal {
        rules.push((BALANCER, "api", "subnet_id", BeThere));
        // The provider refuses each only when it applies.
        for argument in [
            "vip_isp",
            "address_ip_version",
            "internet_charge_type",
            "master_zone_id",
            "slave_zone_id",
            "zone_id",
            "target_region_info_region",
            "target_region_info_vpc_id",
        ] {
            rules.push((BALANCER, "api", argument, BeAbsent));
        }
    } else {
        rules.push((BALANCER, "api", "vip", BeAbsent));
    }
    if let CloudMachines::Provision(provision) = &own.machines {
        rules.extend([
            (MACHINE, "control_plane", "private_ip", BeThere),
            (MACHINE, "control_plane", "user_data", BeThere),
            (MACHINE, "control_plane", "user_data_raw", BeAbsent),
            (MACHINE, "control_plane", "placement_group_id", BeThere),
            (MACHINE, "control_plane", "orderly_security_groups", BeThere),
            (MACHINE, "control_plane", "security_groups", BeAbsent),
            (MACHINE, "control_plane", "key_name", BeAbsent),
            (
                MACHINE,
                "control_plane",
                "system_disk_size",
                Be(json!(provision.disk_sizes.control_plane)),
            ),
        ]);
    }
    rules
}

fn huawei(spec: &Cluster, port: u16) -> Vec<Rule> {
    const BALANCER: &str = "huaweicloud_elb_loadbalancer";
    const LISTENER: &str = "huaweicloud_elb_listener";
    const POOL: &str = "huaweicloud_elb_pool";
    const MONITOR: &str = "huaweicloud_elb_monitor";
    const MEMBER: &str = "huaweicloud_elb_member";
    const MACHINE: &str = "huaweicloud_compute_instance";
    let own = spec.targets.huawei.as_ref().unwrap();
    let readyz = spec.kubernetes.anonymous_auth;
    let mut rules = vec![
        (BALANCER, "api", "cross_vpc_backend", Be(json!(true))),
        (BALANCER, "api", "l4_flavor_id", BeThere),
        (BALANCER, "api", "availability_zone/0", BeThere),
        (BALANCER, "api", "availability_zone/1", BeThere),
        (
            BALANCER,
            "api",
            "deletion_protection_enable",
            Be(json!(own.deletion_protection)),
        ),
        (BALANCER, "api", "force_delete", BeAbsent),
        (LISTENER, "api", "protocol", Be(json!("TCP"))),
        (LISTENER, "api", "protocol_port", Be(json!(port))),
        (LISTENER, "api", "idle_timeout", Be(json!(4000))),
        (LISTENER, "api", "transparent_client_ip_enable", BeAbsent),
        (POOL, "api", "protocol", Be(json!("TCP"))),
        (POOL, "api", "lb_method", Be(json!("ROUND_ROBIN"))),
        (POOL, "api", "connection_drain_enabled", Be(json!(true))),
        (
            MONITOR,
            "api",
            "protocol",
            Be(json!(if readyz { "HTTPS" } else { "TCP" })),
        ),
        (MONITOR, "api", "port", Be(json!(port))),
        (MONITOR, "api", "interval", Be(json!(5))),
        (MONITOR, "api", "timeout", Be(json!(3))),
        (MONITOR, "api", "max_retries", Be(json!(2))),
        (MONITOR, "api", "max_retries_down", Be(json!(2))),
        (MEMBER, "api", "subnet_id", BeAbsent),
        (MEMBER, "api", "protocol_port", Be(json!(port))),
        (MEMBER, "api", "address", BeThere),
    ];
    if readyz {
        rules.extend([
            (MONITOR, "api", "url_path", Be(json!("/readyz"))),
            (MONITOR, "api", "status_code", Be(json!("200"))),
        ]);
    }
    if let CloudMachines::Provision(provision) = &own.machines {
        rules.extend([
            (MACHINE, "control_plane", "network/0/fixed_ip_v4", BeThere),
            (MACHINE, "control_plane", "user_data", BeThere),
            (MACHINE, "control_plane", "scheduler_hints/0/group", BeThere),
            (
                MACHINE,
                "control_plane",
                "system_disk_size",
                Be(json!(provision.disk_sizes.control_plane)),
            ),
        ]);
    }
    rules
}

/// The planned resources of a kind with this name in Terraform.
fn planned<'a>(plan: &'a Value, kind: &str, name: &str) -> Vec<&'a Value> {
    list(&plan["planned_values"]["root_module"]["resources"])
        .iter()
        .filter(|resource| resource["type"] == kind && resource["name"] == name)
        .collect()
}

/// Whether an argument is known only once it is applied.
fn is_unknown(plan: &Value, address: &Value, route: &str) -> bool {
    list(&plan["resource_changes"])
        .iter()
        .filter(|change| change["address"] == *address)
        .any(|change| {
            // An unknown block or list is `true` as a whole.
            let unknown = &change["change"]["after_unknown"];
            let mut at = unknown;
            for part in route.split('/') {
                if *at == json!(true) {
                    return true;
                }
                at = match part.parse::<usize>() {
                    Ok(index) => &at[index],
                    Err(_) => &at[part],
                };
            }
            *at == json!(true)
                || at
                    .as_array()
                    .is_some_and(|items| items.contains(&json!(true)))
        })
}

fn is_empty(value: Option<&Value>) -> bool {
    value.is_none_or(|value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    })
}

/// What is written for an argument in the configuration: nothing is absent, whatever the cloud computes.
fn is_configured(plan: &Value, kind: &str, name: &str, route: &str) -> bool {
    let first = route.split('/').next().unwrap_or_default();
    list(&plan["configuration"]["root_module"]["resources"])
        .iter()
        .filter(|block| block["type"] == kind && block["name"] == name)
        .any(|block| !block["expressions"][first].is_null())
}

/// Everything that is wrong with a plan.
pub(crate) fn problems(provider: &str, spec: &Cluster, plan: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (kind, name, route, must) in rules(provider, spec) {
        let resources = planned(plan, kind, name);
        if resources.is_empty() {
            found.push(format!("there is no {kind}.{name}"));
            continue;
        }
        for resource in resources {
            let value = resource["values"].pointer(&format!("/{route}"));
            let address = &resource["address"];
            match &must {
                Be(wanted) if value != Some(wanted) => {
                    found.push(format!("{address}: {route} is {value:?}, not {wanted}"));
                }
                BeThere if is_empty(value) && !is_unknown(plan, address, route) => {
                    found.push(format!("{address}: {route} is missing"));
                }
                BeAbsent
                    if is_configured(plan, kind, name, route)
                        || !is_empty(value) && !is_unknown(plan, address, route) =>
                {
                    found.push(format!(
                        "{address}: {route} is {value:?} and must not be there"
                    ));
                }
                _ => {}
            }
        }
    }
    found.extend(registered(provider, spec, plan));
    found.extend(opened(plan));
    found
}

/// Every control-plane node is registered once, by its name.
fn registered(provider: &str, spec: &Cluster, plan: &Value) -> Vec<String> {
    let wanted = usize::from(spec.control_plane.count);
    let count = match provider {
        "aliyun" => {
            planned(plan, "alicloud_nlb_server_group_server_attachment", "api").len()
                + planned(plan, "alicloud_slb_server_group_server_attachment", "api").len()
        }
        // One for all, since the provider does them one after the other.
        "tencent" => {
            let all = planned(plan, "tencentcloud_clb_attachment", "api");
            let [one] = all.as_slice() else {
                return vec![format!("{} attachments, not one", all.len())];
            };
            list(&one["values"]["targets"]).len()
        }
        _ => planned(plan, "huaweicloud_elb_member", "api").len(),
    };
    if count == wanted {
        Vec::new()
    } else {
        vec![format!("{count} nodes are registered, not {wanted}")]
    }
}

/// No rule lets everybody in.
fn opened(plan: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for resource in list(&plan["planned_values"]["root_module"]["resources"]) {
        let values = &resource["values"];
        let inward = values["type"] == "ingress" || values["direction"] == "ingress";
        let drops = values["policy"] == "drop" || values["action"] == "deny";
        for key in ["cidr_ip", "remote_ip_prefix"] {
            if inward && !drops && ["0.0.0.0/0", "::/0"].iter().any(|all| values[key] == *all) {
                found.push(format!("{} lets everybody in", resource["address"]));
            }
        }
        for rule in list(&values["ingress"]) {
            let all = ["0.0.0.0/0", "::/0"]
                .iter()
                .any(|all| rule["cidr_block"] == *all);
            if all && rule["action"] == "ACCEPT" {
                found.push(format!("{} lets everybody in", resource["address"]));
            }
        }
    }
    found
}

/// Plans with one mistake each, one for each rule, with what is wrong.
pub(crate) fn each_wrong(provider: &str, spec: &Cluster, plan: &Value) -> Vec<(String, Value)> {
    let mut wrong = Vec::new();
    for (kind, name, route, must) in rules(provider, spec) {
        let what = format!("{kind}.{name}: {route}");
        let mut plan = plan.clone();
        let resources = plan["planned_values"]["root_module"]["resources"]
            .as_array_mut()
            .unwrap();
        let resource = resources
            .iter_mut()
            .find(|one| one["type"] == kind && one["name"] == name)
            .unwrap();
        let address = resource["address"].clone();
        let value = match must {
            Be(Value::Bool(value)) => json!(!value),
            Be(Value::Number(_)) => json!(4321),
            Be(_) | BeAbsent => json!("something else"),
            BeThere => Value::Null,
        };
        // Only values that are known can be changed here, and blocks that are there.
        let Some(place) = resource["values"].pointer_mut(&format!("/{route}")) else {
            if matches!(must, BeAbsent) && !route.contains('/') {
                resource["values"][route] = value;
                unknown(&mut plan, &address, route);
                wrong.push((what, plan));
            }
            continue;
        };
        *place = value;
        unknown(&mut plan, &address, route);
        wrong.push((what, plan));
    }
    wrong
}

/// Says that nothing of an argument is left for the cloud to say.
fn unknown(plan: &mut Value, address: &Value, route: &str) {
    let first = route.split('/').next().unwrap_or_default();
    for change in plan["resource_changes"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        if change["address"] == *address
            && let Some(fields) = change["change"]["after_unknown"].as_object_mut()
        {
            fields.remove(first);
        }
    }
}
