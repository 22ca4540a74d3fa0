//! A cluster that is there, and a spec or a file that changes: what Terraform would then do.

use std::collections::BTreeSet;

use serde_json::Value;

use super::aws::Aws;
use super::examples;
use super::render::Rendered;
use super::terraform::{Folder, changes};

/// What serves the API must not go away, whatever changes.
const KEPT: &[&str] = &[
    "aws_lb.",
    "aws_lb_target_group.",
    "aws_lb_listener.",
    "aws_lb_target_group_attachment.",
    "aws_instance.",
    "aws_eip.",
    "aws_security_group.",
    "aws_subnet.",
    "aws_vpc.",
    "aws_nat_gateway.",
    "aws_route53_record.",
];

fn nothing_goes(what: &str, plan: &Value) {
    for (address, actions) in changes(plan) {
        let kept = KEPT.iter().any(|prefix| address.starts_with(prefix));
        assert!(
            !(kept && actions.contains("delete")),
            "{what}: {address} would be replaced or deleted"
        );
    }
}

fn created(plan: &Value) -> BTreeSet<String> {
    changes(plan)
        .into_iter()
        .filter(|(_, actions)| actions.contains("create"))
        .map(|(address, _)| address)
        .collect()
}

fn updated(plan: &Value, kind: &str) -> usize {
    changes(plan)
        .iter()
        .filter(|(address, actions)| address.starts_with(kind) && actions == "update")
        .count()
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// A spec with one of its lines changed.
fn with(spec: &str, from: &str, to: &str) -> String {
    assert!(spec.contains(from), "{from:?} is not in the spec");
    spec.replacen(from, to, 1)
}

#[test]
#[ignore = "needs Terraform and moto: see tests/tools/README.md"]
fn changes_leave_the_load_balancer_alone() {
    let aws = Aws::start();
    let spec = aws.prepare(&examples::text("aws-internal"));
    let rendered = Rendered::new(&spec);
    rendered.write_secrets();
    let folder = Folder::new(&rendered.folder(), &aws.endpoint());
    folder.init();
    folder.apply();
    // What changes below is never applied, so one refresh is enough.
    let plan = |what: &str| {
        let plan = folder.plan(&["-refresh=false"]);
        nothing_goes(what, &plan);
        plan
    };

    rendered.again(&with(
        &spec,
        "controlPlane: { count: 3 }",
        "controlPlane: { count: 5 }",
    ));
    let more = plan("five nodes");
    assert_eq!(
        created(&more),
        set(&[
            r#"aws_instance.control_plane["cp-4"]"#,
            r#"aws_instance.control_plane["cp-5"]"#,
            r#"aws_network_interface.control_plane["cp-4"]"#,
            r#"aws_network_interface.control_plane["cp-5"]"#,
            r#"aws_lb_target_group_attachment.api["cp-4"]"#,
            r#"aws_lb_target_group_attachment.api["cp-5"]"#,
        ])
    );
    assert_eq!(changes(&more).len(), 6, "{:?}", changes(&more));

    rendered.again(&with(
        &spec,
        "workers: { count: 3 }",
        "workers: { count: 4 }",
    ));
    assert_eq!(
        created(&plan("one more worker")),
        set(&[r#"aws_instance.worker["worker-4"]"#])
    );

    rendered.again(&with(
        &spec,
        "\n    machines:",
        "\n    tags: { team: infra }\n    machines:",
    ));
    let tags = plan("a tag");
    assert_eq!(created(&tags), set(&[]));
    assert_eq!(updated(&tags, "aws_lb."), 1);
    assert_eq!(updated(&tags, "aws_instance."), 6);

    rendered.again(&with(
        &spec,
        "\nworkers:",
        "\nendpoint: { allowedCidrs: [10.0.0.0/16, 172.16.8.0/24] }\nworkers:",
    ));
    assert_eq!(
        created(&plan("one more network")),
        set(&[
            r#"aws_vpc_security_group_ingress_rule.api_lb_client["172.16.8.0/24"]"#,
            r#"aws_vpc_security_group_ingress_rule.api_lb_path_mtu["172.16.8.0/24"]"#,
        ])
    );

    // A new version of Kubernetes changes every cloud-init, and must not stop a machine.
    rendered.again(&with(&spec, "version: 1.37.1", "version: 1.37.2"));
    assert_eq!(changes(&plan("a new version of Kubernetes")), []);

    // Another image is for new machines.
    rendered.again(&with(&spec, "image: ubuntu-24.04", "image: debian-12"));
    assert_eq!(changes(&plan("another image")), []);

    // Numbers of the health check are hagen's own data: a later hagen may bring others.
    rendered.again(&spec);
    for (from, to) in [
        ("interval            = 10", "interval            = 5"),
        ("timeout             = 5", "timeout             = 3"),
        ("healthy_threshold   = 2", "healthy_threshold   = 3"),
    ] {
        rendered.edit("load-balancer.tf", from, to);
    }
    let health = plan("other health checks");
    assert_eq!(
        changes(&health),
        [("aws_lb_target_group.api".to_owned(), "update".to_owned())]
    );
}
