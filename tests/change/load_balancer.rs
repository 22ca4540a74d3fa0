//! The load balancer and what hangs on it.

use super::*;

#[test]
fn an_internet_facing_endpoint_replaces_the_load_balancer_and_terraform_refuses() {
    let changes = changes(
        MADE,
        &[(
            "exposure: internal",
            "exposure: internet\n  allowedCidrs: [203.0.113.0/24]",
        )],
    );
    expect(
        &changes,
        "the load balancer prod-api would be replaced: `internal` changes",
        Severity::Danger,
        Effect::Refused,
    );
    let what = &changes.list[0].what;
    assert!(
        what.contains("Terraform refuses the plan because of `prevent_destroy`"),
        "{what}"
    );
    assert!(
        !changes
            .list
            .iter()
            .any(|change| change.what.contains("is kept"))
    );
    assert!(
        changes
            .headline
            .starts_with("**load balancer replacement refused**"),
        "{}",
        changes.headline
    );
    expect(
        &changes,
        "`203.0.113.0/24` can newly connect",
        Severity::Notice,
        Effect::Adds,
    );
    expect(
        &changes,
        "`10.0.0.0/16` can no longer connect",
        Severity::Caution,
        Effect::Removes,
    );
    expect(
        &changes,
        "adds 3 Elastic IP addresses",
        Severity::Notice,
        Effect::Adds,
    );
}

#[test]
fn without_terraforms_protection_aws_refuses_or_nothing_does() {
    // Protected until now, and no more: AWS still refuses, when the listener is gone already.
    let both = changes(
        MADE,
        &[
            (
                "exposure: internal",
                "exposure: internet\n  allowedCidrs: [203.0.113.0/24]",
            ),
            (
                MACHINES,
                "    loadBalancer: { deletionProtection: false }\n    machines:\n",
            ),
        ],
    );
    let change = one(&both, "the load balancer prod-api would be replaced");
    assert!(
        change.effect == Effect::Refused && change.what.contains("AWS refuses to delete it"),
        "{change:?}"
    );
    let open = with(
        MADE,
        &[(
            MACHINES,
            "    loadBalancer: { deletionProtection: false }\n    machines:\n",
        )],
    );
    let unprotected = changes(
        &open,
        &[(
            "exposure: internal",
            "exposure: internet\n  allowedCidrs: [203.0.113.0/24]",
        )],
    );
    expect(
        &unprotected,
        "the load balancer prod-api is replaced: `internal`",
        Severity::Danger,
        Effect::Replace,
    );
}

#[test]
fn deletion_protection_that_goes_is_loud() {
    let changes = changes(
        MADE,
        &[(
            MACHINES,
            "    loadBalancer: { deletionProtection: false }\n    machines:\n",
        )],
    );
    kept(&changes);
    expect(
        &changes,
        "the deletion protection of load balancer prod-api is switched off",
        Severity::Danger,
        Effect::InPlace,
    );
    expect(
        &changes,
        "Terraform no longer refuses a plan that destroys load balancer prod-api",
        Severity::Danger,
        Effect::Keeps,
    );
    assert!(
        changes
            .headline
            .contains("**deletion protection switched off**"),
        "{}",
        changes.headline
    );
}

#[test]
fn a_new_port_fills_a_new_target_group_first() {
    let changes = changes(
        MADE,
        &[("exposure: internal", "exposure: internal\n  port: 7443")],
    );
    kept(&changes);
    let change = one(&changes, "a new target group, prod-api-");
    assert_eq!(change.effect, Effect::Replace);
    assert!(
        change
            .what
            .contains("is made and filled before the old one goes"),
        "{change:?}"
    );
    expect(
        &changes,
        "listener `aws_lb_listener.api`: `port` changes from `6443` to `7443`; changes in place",
        Severity::Notice,
        Effect::InPlace,
    );
    // The registrations are part of it.
    assert!(
        !changes
            .list
            .iter()
            .any(|change| change.what.contains("target_group_attachment")),
        "{:#?}",
        changes.list
    );
}

#[test]
fn a_target_group_out_of_order_is_an_outage() {
    let new = render(&with(
        MADE,
        &[("exposure: internal", "exposure: internal\n  port: 7443")],
    ));
    let old = files(&render(MADE));
    let mut edited = ArtifactSet::default();
    for (path, text) in new.iter() {
        // As if hagen forgot it on the registrations.
        let text = text.replacen(
            "  depends_on               = [aws_lb_target_group_attachment.api]\n",
            "",
            1,
        );
        edited.insert(path, text);
    }
    expect(
        &compare(&old, &edited),
        "target group prod-api-",
        Severity::Danger,
        Effect::Replace,
    );
}

#[test]
fn attributes_of_the_load_balancer_change_in_place() {
    let changes = from_edited(
        "load-balancer.tf",
        &[
            ("interval            = 10", "interval            = 5"),
            (
                "tcp_idle_timeout_seconds = 350",
                "tcp_idle_timeout_seconds = 60",
            ),
            (
                "enable_cross_zone_load_balancing = true",
                "enable_cross_zone_load_balancing = false",
            ),
        ],
    );
    kept(&changes);
    for what in [
        "target group prod-api-44fc4c: `health_check.interval` changes from `5` to `10`; changes in place",
        "listener `aws_lb_listener.api`: `tcp_idle_timeout_seconds` changes from `60` to `350`; changes in place",
        "load balancer prod-api: `enable_cross_zone_load_balancing` changes from `false` to `true`; changes in place",
    ] {
        expect(&changes, what, Severity::Notice, Effect::InPlace);
    }
    let change = one(&changes, "target group prod-api-44fc4c");
    assert_eq!(
        (change.before.as_deref(), change.after.as_deref()),
        (Some("5"), Some("10"))
    );
    assert_eq!(change.file, "load-balancer.tf");
}

#[test]
fn a_security_group_that_goes_replaces_the_load_balancer() {
    let changes = from_edited(
        "load-balancer.tf",
        &[(
            "security_groups                  = [aws_security_group.api_lb.id]",
            "security_groups                  = []",
        )],
    );
    expect(
        &changes,
        "the load balancer prod-api would be replaced: `security_groups`",
        Severity::Danger,
        Effect::Refused,
    );
}

#[test]
fn a_subnet_more_is_added_and_the_load_balancer_kept() {
    let two = with(
        EXISTING_VPC,
        &[(
            "        - { id: subnet-0123456789abcdef2, zone: eu-west-1c, cidr: 10.0.32.0/20, apiAddress: 10.0.32.10 }\n",
            "",
        )],
    );
    let changes = compare(&files(&render(&two)), &render(EXISTING_VPC));
    kept(&changes);
    let change = one(
        &changes,
        "load balancer prod-api: `subnet_mapping[subnet-0123456789abcdef2]` is added",
    );
    assert_eq!(change.effect, Effect::InPlace);
    let back = compare(&files(&render(EXISTING_VPC)), &render(&two));
    expect(
        &back,
        "the load balancer prod-api would be replaced: `subnet_mapping[subnet-0123456789abcdef2]` is removed",
        Severity::Danger,
        Effect::Refused,
    );
}

#[test]
fn another_range_replaces_subnets_and_what_is_in_them() {
    let changes = changes(
        MADE,
        &[
            ("cidr: 10.0.32.0/20", "cidr: 10.0.48.0/20"),
            ("10.0.32.10", "10.0.48.10"),
        ],
    );
    expect(
        &changes,
        "subnet `aws_subnet.private[\"eu-west-1c\"]` is replaced: `cidr_block`",
        Severity::Danger,
        Effect::Replace,
    );
    expect(
        &changes,
        "control-plane node cp-3 is replaced, disk and all",
        Severity::Danger,
        Effect::Replace,
    );
    expect(
        &changes,
        "the load balancer prod-api would be replaced",
        Severity::Danger,
        Effect::Refused,
    );
    // The provider does not ask for a replacement while the new subnet's id is not known.
    let balancer = one(&changes, "the load balancer prod-api would be replaced");
    assert!(
        balancer
            .what
            .contains("AWS refuses in the middle of the apply"),
        "{balancer:?}"
    );
}

#[test]
fn another_vpc_replaces_what_is_in_it() {
    let changes = changes(
        EXISTING_VPC,
        &[("vpc-0123456789abcdef0", "vpc-0123456789abcdef1")],
    );
    one(&changes, "a new target group, prod-api-");
    one(
        &changes,
        "security group `aws_security_group.api_lb` is replaced: `vpc_id`",
    );
}

#[test]
fn another_name_is_another_load_balancer() {
    let changes = changes(MADE, &[("name: prod", "name: other")]);
    expect(
        &changes,
        "the load balancer prod-api would be replaced: `name` changes",
        Severity::Danger,
        Effect::Refused,
    );
}

#[test]
fn a_second_load_balancer_comes_and_the_first_is_kept() {
    let public = with(
        MADE,
        &[(
            "exposure: internal",
            "exposure: internet\n  allowedCidrs: [203.0.113.0/24]",
        )],
    );
    let changes = changes(
        &public,
        &[(
            MACHINES,
            "    loadBalancer: { secondInternal: true }\n    machines:\n",
        )],
    );
    kept(&changes);
    expect(
        &changes,
        "the internal load balancer prod-api-internal is made",
        Severity::Notice,
        Effect::Adds,
    );
}
