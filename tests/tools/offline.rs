//! Each example: fmt, init, validate and plan, and what must hold for every plan.
//!
//! Only the images are asked for; nothing else of the network need be there, since the plan does
//! not refresh.

use std::path::Path;
use std::sync::OnceLock;

use hagen::spec::Cluster;
use hcl::Body;
use serde_json::{Value, json};

use super::aws;
use super::examples::{self, each_example};
use super::render::Rendered;
use super::rules::{self, Judged};
use super::terraform::Folder;

each_example!(
    plan_of,
    "needs Terraform and moto: see tests/tools/README.md"
);

pub(crate) fn plan_of(name: &str) {
    let text = examples::text(name);
    let rendered = Rendered::new(&text);
    for (path, text) in rendered.files() {
        assert_eq!(
            rules::secrets_in(&text),
            [""; 0],
            "{path} holds what looks like a secret"
        );
    }
    let plan = plan(&rendered);
    let spec = spec(&text);
    let files = terraform_files(&rendered);
    let found = rules::problems(&Judged {
        spec: &spec,
        plan: &plan,
        files: &files,
    });
    assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
}

pub(crate) fn spec(text: &str) -> Cluster {
    serde_saphyr::from_str(text).unwrap()
}

pub(crate) fn terraform_files(rendered: &Rendered) -> Vec<(String, Body)> {
    rendered
        .files()
        .into_iter()
        .filter(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "tf"))
        .map(|(path, text)| {
            let body = hcl::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            (path, body)
        })
        .collect()
}

/// The plan of a folder in which nothing was applied yet.
fn plan(rendered: &Rendered) -> Value {
    rendered.write_secrets();
    let folder = Folder::new(&rendered.folder(), &aws::shared().endpoint());
    folder.init();
    folder.succeed(&["validate", "-no-color"]);
    let shown = folder.succeed(&[
        "plan",
        "-input=false",
        "-no-color",
        "-out=test.tfplan",
        "-refresh=false",
    ]);
    let secrets = rendered.secrets();
    assert!(
        !shown.contains(secrets["bootstrap_token"].as_str().unwrap()),
        "the plan that people read shows the bootstrap token"
    );
    folder.show(&["test.tfplan"])
}

/// The rules themselves: a good plan with one thing wrong must not pass.
#[test]
#[ignore = "needs Terraform and moto: see tests/tools/README.md"]
fn the_rules_see_what_is_wrong() {
    static GOOD: OnceLock<(Rendered, Value)> = OnceLock::new();
    let text = examples::text("aws-internal");
    let (rendered, plan) = GOOD.get_or_init(|| {
        let rendered = Rendered::new(&text);
        let plan = plan(&rendered);
        (rendered, plan)
    });
    let spec = spec(&text);
    let files = terraform_files(rendered);
    let judge = |plan: &Value| {
        rules::problems(&Judged {
            spec: &spec,
            plan,
            files: &files,
        })
    };
    assert_eq!(judge(plan), [""; 0]);
    for (kind, route, value) in WRONG {
        let mut plan = plan.clone();
        let resources = plan["planned_values"]["root_module"]["resources"]
            .as_array_mut()
            .unwrap();
        let resource = resources
            .iter_mut()
            .find(|resource| resource["type"] == *kind)
            .unwrap();
        let place = resource
            .pointer_mut(&format!("/values/{route}"))
            .unwrap_or_else(|| panic!("{kind} has no {route}"));
        *place = serde_json::from_str(value).unwrap();
        assert!(!judge(&plan).is_empty(), "{kind}: {route} = {value} passes");
    }
    for gone in [
        "aws_vpc_security_group_egress_rule",
        "aws_lb_target_group_attachment",
        "aws_lb_listener",
    ] {
        let mut plan = plan.clone();
        plan["planned_values"]["root_module"]["resources"]
            .as_array_mut()
            .unwrap()
            .retain(|resource| resource["type"] != gone);
        assert!(!judge(&plan).is_empty(), "no {gone} passes");
    }
    let mut plan = plan.clone();
    plan["configuration"]["root_module"]["outputs"] = json!({});
    assert!(!judge(&plan).is_empty(), "no outputs pass");
}

/// What others got wrong, one at a time: kind, argument, and a value that must not pass.
const WRONG: &[(&str, &str, &str)] = &[
    ("aws_lb_target_group", "preserve_client_ip", "\"true\""),
    ("aws_lb_target_group", "preserve_client_ip", "null"),
    ("aws_lb_target_group", "connection_termination", "false"),
    ("aws_lb_target_group", "protocol", "\"TLS\""),
    ("aws_lb_target_group", "port", "443"),
    ("aws_lb_target_group", "name", "\"-prod\""),
    ("aws_lb_target_group", "health_check/0/protocol", "\"TCP\""),
    ("aws_lb_target_group", "health_check/0/path", "\"/healthz\""),
    ("aws_lb_target_group", "health_check/0/timeout", "10"),
    ("aws_lb_target_group", "health_check/0/interval", "3"),
    (
        "aws_lb_target_group",
        "target_health_state/0/enable_unhealthy_connection_termination",
        "true",
    ),
    ("aws_lb", "name", "\"Prod-api\""),
    ("aws_lb", "internal", "false"),
    ("aws_lb", "enable_deletion_protection", "false"),
    ("aws_lb", "enable_cross_zone_load_balancing", "false"),
    ("aws_lb", "ip_address_type", "\"dualstack\""),
    ("aws_lb", "subnet_mapping/0/private_ipv4_address", "null"),
    ("aws_lb_listener", "protocol", "\"TLS\""),
    ("aws_lb_listener", "port", "443"),
    ("aws_lb_listener", "tcp_idle_timeout_seconds", "null"),
    ("aws_lb_target_group_attachment", "port", "0"),
    (
        "aws_vpc_security_group_ingress_rule",
        "cidr_ipv4",
        "\"0.0.0.0/0\"",
    ),
    (
        "aws_vpc_security_group_ingress_rule",
        "cidr_ipv6",
        "\"::/0\"",
    ),
    (
        "aws_vpc_security_group_ingress_rule",
        "description",
        "\"it's open\"",
    ),
    (
        "aws_instance",
        "metadata_options/0/http_tokens",
        "\"optional\"",
    ),
    ("aws_instance", "root_block_device/0/encrypted", "false"),
    (
        "aws_network_interface",
        "subnet_id",
        "\"subnet-0123456789abcdef1\"",
    ),
    ("aws_instance", "instance_type", "\"t3.micro\""),
    ("aws_instance", "tags", "{}"),
];
