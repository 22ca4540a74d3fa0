//! What a change of the spec means for the cluster: specs through the real plan and provider,
//! compared with what was rendered before.

use std::collections::BTreeMap;

use hagen::artifact::ArtifactSet;
use hagen::change::{
    Change, Changes, Effect, FileState, Severity, compare, differences, json, markdown, text,
};

const MADE: &str = include_str!("../examples/aws.yaml");
const EXISTING_VPC: &str = include_str!("../examples/aws-internal.yaml");

const MACHINES: &str = "    machines:\n";

fn render(spec: &str) -> ArtifactSet {
    let source = hagen::source::Source::parse("spec.yaml", spec.to_owned()).expect("YAML");
    let mut report = hagen::diagnostic::Report::default();
    let cluster = hagen::validate::check(&source, None, &mut report);
    let cluster = cluster.unwrap_or_else(|| {
        panic!(
            "{}",
            hagen::diagnostic::text(&report, Some(&source), ("", ""))
        );
    });
    let plan = hagen::plan::build(&cluster, "aws");
    let mut artifacts = ArtifactSet::default();
    hagen::provider::find("aws")
        .expect("a target")
        .render(&plan, &mut artifacts);
    artifacts
}

fn files(artifacts: &ArtifactSet) -> BTreeMap<String, String> {
    artifacts
        .iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

/// A spec with words put in the place of others, which must be there.
fn with(spec: &str, replacements: &[(&str, &str)]) -> String {
    let mut spec = spec.to_owned();
    for (from, to) in replacements {
        assert!(spec.contains(from), "the spec has no {from:?}");
        spec = spec.replace(from, to);
    }
    spec
}

/// The changes from a spec to another.
fn changes(spec: &str, replacements: &[(&str, &str)]) -> Changes {
    compare(&files(&render(spec)), &render(&with(spec, replacements)))
}

/// The changes when a rendered file was another before.
fn from_edited(path: &str, replacements: &[(&str, &str)]) -> Changes {
    let new = render(MADE);
    let mut old = files(&new);
    let text = with(&old[path], replacements);
    old.insert(path.to_owned(), text);
    compare(&old, &new)
}

/// The one change whose words begin like this.
fn one<'a>(changes: &'a Changes, start: &str) -> &'a Change {
    let found: Vec<&Change> = changes
        .list
        .iter()
        .filter(|change| change.what.starts_with(start))
        .collect();
    assert_eq!(found.len(), 1, "{start:?} in {:#?}", changes.list);
    found[0]
}

fn expect(changes: &Changes, start: &str, severity: Severity, effect: Effect) {
    let change = one(changes, start);
    assert_eq!(
        (change.severity, change.effect),
        (severity, effect),
        "{change:#?}"
    );
}

/// The load balancer's statement is always there and always one.
fn kept(changes: &Changes) {
    expect(
        changes,
        "the load balancer prod-api is kept",
        Severity::Notice,
        Effect::Keeps,
    );
}

#[test]
fn the_same_spec_changes_nothing() {
    for spec in [MADE, EXISTING_VPC] {
        let new = render(spec);
        let old = files(&new);
        let (changes, files) = (compare(&old, &new), differences(&old, &new));
        kept(&changes);
        assert_eq!(changes.list.len(), 1);
        assert!(changes.is_empty());
        assert_eq!(text(&changes, &files), "no changes\n");
        assert_eq!(markdown(&changes, &files), "**prod on aws**: no changes\n");
        assert_eq!(json(&changes, &files)["changed"], false);
    }
}

#[test]
fn a_first_render_makes_everything() {
    let changes = compare(&BTreeMap::new(), &render(MADE));
    assert!(changes.first);
    assert!(
        changes.headline.starts_with("a new cluster; "),
        "{}",
        changes.headline
    );
    expect(
        &changes,
        "makes 3 control-plane nodes: cp-1, cp-2, cp-3",
        Severity::Notice,
        Effect::Adds,
    );
    expect(&changes, "makes 3 workers", Severity::Notice, Effect::Adds);
    expect(
        &changes,
        "the internal load balancer prod-api is made",
        Severity::Notice,
        Effect::Adds,
    );
    expect(
        &changes,
        "`10.0.0.0/16` can connect to the load balancer prod-api",
        Severity::Notice,
        Effect::Adds,
    );
    assert!(
        changes
            .list
            .iter()
            .all(|change| change.severity == Severity::Notice),
        "{:#?}",
        changes.list
    );
}

#[test]
fn more_nodes() {
    let changes = changes(
        MADE,
        &[
            ("controlPlane: { count: 3 }", "controlPlane: { count: 5 }"),
            ("workers: { count: 3 }", "workers: { count: 4 }"),
        ],
    );
    kept(&changes);
    expect(
        &changes,
        "adds 2 control-plane nodes: cp-4, cp-5.",
        Severity::Notice,
        Effect::Adds,
    );
    expect(
        &changes,
        "adds 1 worker: worker-4.",
        Severity::Notice,
        Effect::Adds,
    );
    assert!(
        changes
            .list
            .iter()
            .all(|change| change.severity == Severity::Notice),
        "{:#?}",
        changes.list
    );
    assert!(
        changes
            .headline
            .contains("adds 2 control-plane nodes; adds 1 worker"),
        "{}",
        changes.headline
    );
    assert!(
        changes.headline.ends_with("load balancer kept"),
        "{}",
        changes.headline
    );
}

#[test]
fn fewer_nodes_say_what_comes_first() {
    let fewer = changes(
        MADE,
        &[("controlPlane: { count: 3 }", "controlPlane: { count: 1 }")],
    );
    kept(&fewer);
    expect(
        &fewer,
        "removes 2 control-plane nodes: cp-2, cp-3",
        Severity::Danger,
        Effect::Removes,
    );
    let what = &one(&fewer, "removes 2 control-plane nodes").what;
    for part in [
        "kubeadm reset",
        "out of etcd",
        "Only 1 of 3 members would be left, and etcd needs 2",
    ] {
        assert!(what.contains(part), "{what}");
    }
    let five = with(
        MADE,
        &[("controlPlane: { count: 3 }", "controlPlane: { count: 5 }")],
    );
    let what = one(
        &changes(&five, &[("count: 5", "count: 3")]),
        "removes 2 control-plane nodes",
    )
    .what
    .clone();
    assert!(
        !what.contains("would be left"),
        "three of five are a majority: {what}"
    );
    let workers = changes(MADE, &[("workers: { count: 3 }", "workers: { count: 2 }")]);
    expect(
        &workers,
        "removes 1 worker: worker-3. First",
        Severity::Caution,
        Effect::Removes,
    );
}

#[test]
fn another_zone_replaces_the_machines_in_it() {
    let changes = changes(
        EXISTING_VPC,
        &[
            ("zone: eu-west-1c", "zone: eu-west-1d"),
            ("subnet-0123456789abcdef2", "subnet-0123456789abcdef3"),
        ],
    );
    expect(
        &changes,
        "control-plane node cp-3 is replaced, disk and all: it moves from `eu-west-1c` to `eu-west-1d`",
        Severity::Danger,
        Effect::Replace,
    );
    expect(
        &changes,
        "worker worker-3 is replaced",
        Severity::Danger,
        Effect::Replace,
    );
    expect(
        &changes,
        "the load balancer prod-api would be replaced",
        Severity::Danger,
        Effect::Refused,
    );
}

#[test]
fn another_subnet_in_the_same_zone_replaces_them_too() {
    let changes = changes(
        EXISTING_VPC,
        &[("subnet-0123456789abcdef2", "subnet-0123456789abcdef3")],
    );
    let change = one(&changes, "control-plane node cp-3 is replaced");
    assert!(
        change.what.contains(
            "`subnet_id` changes from `subnet-0123456789abcdef2` to `subnet-0123456789abcdef3`"
        ),
        "{change:?}"
    );
}

#[test]
fn a_key_pair_replaces_all_machines_and_with_them_etcd() {
    let changes = changes(
        MADE,
        &[(
            "image: ubuntu-24.04",
            "image: ubuntu-24.04\n        sshKey: me",
        )],
    );
    let change = one(
        &changes,
        "control-plane nodes cp-1, cp-2, cp-3 are replaced",
    );
    assert!(
        change.what.contains("All of etcd goes with them"),
        "{change:?}"
    );
    assert_eq!(changes.list[0].severity, Severity::Danger);
}

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
        "target group prod-api-9be73d: `health_check.interval` changes from `5` to `10`; changes in place",
        "listener `aws_lb_listener.api`: `tcp_idle_timeout_seconds` changes from `60` to `350`; changes in place",
        "load balancer prod-api: `enable_cross_zone_load_balancing` changes from `false` to `true`; changes in place",
    ] {
        expect(&changes, what, Severity::Notice, Effect::InPlace);
    }
    let change = one(&changes, "target group prod-api-9be73d");
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
fn who_may_connect() {
    let changes = changes(
        MADE,
        &[(
            "exposure: internal",
            "exposure: internal\n  allowedCidrs: [10.8.0.0/24, 0.0.0.0/0]",
        )],
    );
    kept(&changes);
    expect(
        &changes,
        "`0.0.0.0/0`, `10.8.0.0/24` can newly connect to the load balancer prod-api on `tcp 6443`: that is everyone",
        Severity::Danger,
        Effect::Adds,
    );
    expect(
        &changes,
        "`10.0.0.0/16` can no longer connect to the load balancer prod-api",
        Severity::Caution,
        Effect::Removes,
    );
    assert_eq!(
        changes.list.len(),
        3,
        "path MTU rules follow: {:#?}",
        changes.list
    );
}

#[test]
fn where_nodes_may_connect_to() {
    let changes = changes(
        MADE,
        &[(
            "nodeEgressCidrs: [0.0.0.0/0]",
            "nodeEgressCidrs: [192.0.2.0/24]",
        )],
    );
    expect(
        &changes,
        "control-plane nodes can newly connect to `192.0.2.0/24` on every port",
        Severity::Notice,
        Effect::Adds,
    );
    expect(
        &changes,
        "workers can no longer connect to `0.0.0.0/0`",
        Severity::Caution,
        Effect::Removes,
    );
}

#[test]
fn dns_records_come_change_and_go() {
    let endpoint = "endpoint:\n  host: api.prod.example.com\n";
    let dns = "    dns: { zoneId: Z0123456789ABCDEFGHIJ }\n    machines:\n";
    let named = with(MADE, &[("endpoint:\n", endpoint)]);
    let recorded = with(&named, &[(MACHINES, dns)]);
    let added = changes(&named, &[(MACHINES, dns)]);
    kept(&added);
    expect(
        &added,
        "adds 1 DNS record: `api`",
        Severity::Notice,
        Effect::Adds,
    );
    let moved = changes(
        &recorded,
        &[("Z0123456789ABCDEFGHIJ", "ZJIHGFEDCBA9876543210")],
    );
    expect(
        &moved,
        "DNS record `aws_route53_record.api` is replaced: `zone_id`",
        Severity::Danger,
        Effect::Replace,
    );
    let gone = compare(&files(&render(&recorded)), &render(&named));
    expect(
        &gone,
        "removes 1 DNS record: `api`",
        Severity::Danger,
        Effect::Removes,
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
fn a_new_kubernetes_is_for_new_nodes_only() {
    let old = with(MADE, &[("1.37.1", "1.36.4")]);
    let upgrade = changes(&old, &[("1.36.4", "1.37.1")]);
    kept(&upgrade);
    let joiners = one(
        &upgrade,
        "the cloud-init of control-plane nodes cp-2, cp-3 changes: ",
    );
    for part in [
        "Kubernetes from `1.36.4` to `1.37.1`",
        "Nodes that run do not get it, only new ones do",
        "kubeadm upgrade",
    ] {
        assert!(joiners.what.contains(part), "{joiners:?}");
    }
    assert_eq!(
        (joiners.severity, joiners.effect),
        (Severity::Notice, Effect::NewMachinesOnly)
    );
    one(
        &upgrade,
        "the cloud-init of workers worker-1, worker-2, worker-3 changes: ",
    );
    let back = changes(MADE, &[("1.37.1", "1.36.4")]);
    let back = one(&back, "the cloud-init of control-plane nodes cp-2, cp-3");
    assert!(
        back.severity == Severity::Danger && back.what.contains("cannot go back"),
        "{back:?}"
    );
}

#[test]
fn a_script_or_a_network_plugin_is_named() {
    let script = {
        let new = render(MADE);
        let mut old = files(&new);
        for (path, text) in &mut old {
            if path.starts_with("cloud-init/") {
                *text = text.replacen("set -Eeuo pipefail", "set -Eeu", 1);
            }
        }
        compare(&old, &new)
    };
    one(
        &script,
        "the cloud-init of control-plane nodes cp-1, cp-2, cp-3 changes: the bootstrap script.",
    );
    one(
        &script,
        "the cloud-init of workers worker-1, worker-2, worker-3 changes: the bootstrap script.",
    );
}

#[test]
fn user_data_that_is_not_ignored_stops_machines() {
    let old = render(&with(MADE, &[("1.37.1", "1.36.4")]));
    let mut new = ArtifactSet::default();
    for (path, text) in render(MADE).iter() {
        new.insert(
            path,
            text.replace(
                "ignore_changes = [ami, user_data_base64]",
                "ignore_changes = [ami]",
            ),
        );
    }
    let changes = compare(&files(&old), &new);
    expect(
        &changes,
        "the cloud-init of workers worker-1, worker-2, worker-3",
        Severity::Danger,
        Effect::Restart,
    );
    expect(
        &changes,
        "control-plane nodes cp-1, cp-2, cp-3: `lifecycle.ignore_changes`",
        Severity::Caution,
        Effect::Unknown,
    );
}

#[test]
fn machines() {
    let kind = changes(MADE, &[("m7i.large", "m7i.2xlarge")]);
    expect(
        &kind,
        "control-plane nodes cp-1, cp-2, cp-3: `instance_type` changes from `m7i.large` to `m7i.2xlarge`; each stops and starts",
        Severity::Danger,
        Effect::Restart,
    );
    let image = changes(MADE, &[("ubuntu-24.04", "{ ami: ami-0123456789abcdef0 }")]);
    kept(&image);
    expect(
        &image,
        "workers worker-1, worker-2, worker-3: `ami` changes",
        Severity::Notice,
        Effect::NewMachinesOnly,
    );
    let newest = changes(MADE, &[("ubuntu-24.04", "debian-12")]);
    expect(
        &newest,
        "the image of new machines",
        Severity::Notice,
        Effect::NewMachinesOnly,
    );
    let disks = changes(
        MADE,
        &[(
            "image: ubuntu-24.04",
            "image: ubuntu-24.04\n        diskSizes: { controlPlane: 200, worker: 50 }",
        )],
    );
    expect(
        &disks,
        "control-plane nodes cp-1, cp-2, cp-3: `root_block_device.volume_size` changes from `100` to `200`; changes in place",
        Severity::Notice,
        Effect::InPlace,
    );
    expect(
        &disks,
        "workers worker-1, worker-2, worker-3: `root_block_device.volume_size` changes from `100` to `50`. AWS refuses",
        Severity::Danger,
        Effect::Refused,
    );
}

#[test]
fn a_machine_that_is_there_already_becomes_another() {
    let existing = "    machines:
      existing:
        - { name: cp-1, address: 10.0.1.11 }
        - { name: cp-2, address: 10.0.17.11 }
        - { name: cp-3, address: 10.0.33.11 }
";
    let spec = with(
        EXISTING_VPC,
        &[
            (
                "    machines:\n      provision:\n        image: ubuntu-24.04\n        instanceTypes: { controlPlane: m7i.large, worker: m7i.xlarge }\n",
                existing,
            ),
            ("      nodeEgressCidrs: [0.0.0.0/0]\n", ""),
            (
                "controlPlane: { count: 3 }\nworkers: { count: 3 }\n",
                "controlPlane: { count: 3 }\nworkers: { count: 0 }\n",
            ),
        ],
    );
    let changes = changes(&spec, &[("10.0.17.11", "10.0.17.12")]);
    kept(&changes);
    let change = one(
        &changes,
        "control-plane node cp-2 is another machine: `10.0.17.11` becomes `10.0.17.12`",
    );
    assert!(
        change
            .what
            .contains("its certificates and its etcd member hold the old address"),
        "{change:?}"
    );
}

#[test]
fn tags_are_one_line() {
    let changes = changes(
        MADE,
        &[(MACHINES, "    tags: { team: core }\n    machines:\n")],
    );
    kept(&changes);
    assert_eq!(changes.list.len(), 2, "{:#?}", changes.list);
    expect(
        &changes,
        "tag `team` with the value `core` is added on ",
        Severity::Notice,
        Effect::InPlace,
    );
}

#[test]
fn another_region_is_everything() {
    let changes = changes(MADE, &[("region: eu-west-1\n", "region: eu-west-2\n")]);
    let change = one(
        &changes,
        "everything: the provider's `region` changes from `eu-west-1` to `eu-west-2`",
    );
    assert_eq!(
        (change.severity, change.effect),
        (Severity::Danger, Effect::Replace)
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

#[test]
fn nothing_in_a_terraform_file_goes_unsaid() {
    let new = render(MADE);
    for (path, text) in new.iter().filter(|(path, _)| path.ends_with(".tf")) {
        for (at, line) in text.lines().enumerate() {
            // Each value in turn, and each comment.
            let changed = if line.starts_with('#') {
                format!("{line} edited")
            } else if let Some((key, value)) =
                line.split_once(" = ").filter(|_| !line.ends_with('{'))
            {
                let value = value.trim_end_matches(',');
                match value {
                    "true" => format!("{key} = false"),
                    "false" => format!("{key} = true"),
                    _ if value.parse::<u32>().is_ok() => format!("{key} = {value}0"),
                    _ if value.starts_with('"') && !value.contains("${") => {
                        format!("{key} = \"x{}", &value[1..])
                    }
                    _ if value.starts_with('[') && value.ends_with(']') => {
                        format!("{key} = [null, {}", &value[1..])
                    }
                    _ if value.ends_with(" }") || value.ends_with(')') => {
                        format!("{key} = [{value}]")
                    }
                    _ => continue,
                }
            } else {
                continue;
            };
            let mut old = files(&new);
            let lines: Vec<&str> = text.lines().collect();
            let before = [&lines[..at], &[changed.as_str()], &lines[at + 1..]]
                .concat()
                .join("\n")
                + "\n";
            old.insert(path.to_owned(), before);
            let changes = compare(&old, &new);
            let said = changes
                .list
                .iter()
                .filter(|change| !change.what.ends_with("prod-api is kept"));
            assert!(said.count() > 0, "{path}:{}: {changed:?} is silent", at + 1);
        }
    }
}

#[test]
fn a_renamed_address_is_followed() {
    let mut new = ArtifactSet::default();
    for (path, text) in render(MADE).iter() {
        let text = text
            .replace("aws_lb\" \"api\"", "aws_lb\" \"front\"")
            .replace("aws_lb.api.", "aws_lb.front.");
        new.insert(path, text);
    }
    let old = files(&render(MADE));
    let without = compare(&old, &new);
    assert!(
        without
            .list
            .iter()
            .any(|change| change.what.contains("would be removed")),
        "{:#?}",
        without.list
    );
    new.insert(
        "moved.tf",
        "moved {\n  from = aws_lb.api\n  to   = aws_lb.front\n}\n".to_owned(),
    );
    let with = compare(&old, &new);
    assert!(
        !with
            .list
            .iter()
            .any(|change| change.what.contains("would be removed")),
        "{:#?}",
        with.list
    );
}

#[test]
fn a_file_that_is_no_terraform_is_said_to_be_none() {
    for broken in [
        "resource \"aws_lb\" {{{",
        "\u{fffd}\u{0}\u{1b}[31m",
        "x = [[[[",
        "<<<<<<< HEAD\n",
    ] {
        let new = render(MADE);
        let mut old = files(&new);
        old.insert("load-balancer.tf".into(), broken.into());
        let changes = compare(&old, &new);
        expect(
            &changes,
            "the folder's `load-balancer.tf` cannot be read as Terraform",
            Severity::Caution,
            Effect::Unknown,
        );
        expect(
            &changes,
            "whether the load balancer prod-api is kept is not known",
            Severity::Caution,
            Effect::Unknown,
        );
        assert!(
            !changes
                .list
                .iter()
                .any(|change| change.effect == Effect::Adds),
            "{:#?}",
            changes.list
        );
        let files = differences(&old, &new);
        for out in [text(&changes, &files), markdown(&changes, &files)] {
            assert!(
                !out.contains(['\u{1b}', '\u{0}']),
                "control characters reach the reader"
            );
        }
    }
}

#[test]
fn hostile_files_neither_hang_nor_crash() {
    let mut laughs = String::from("locals {\n  a0 = [\"ha\"]\n");
    for at in 1..60 {
        laughs.push_str(&format!(
            "  a{at} = [local.a{}, local.a{0}, local.a{0}]\n",
            at - 1
        ));
    }
    laughs.push_str("  loop = local.loop\n  one = local.two\n  two = local.one\n}\n");
    laughs.push_str(
        "resource \"aws_lb\" \"api\" {\n  name = local.a59\n  internal = local.loop\n}\n",
    );
    laughs.push_str("resource \"aws_eip\" \"a\" {\n  for_each = aws_eip.a\n}\n");
    let deep = format!("x = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let not = format!("x = {}true\n", "!".repeat(100_000));
    let sum = format!("x = 1{}\n", "+1".repeat(50_000));
    let huge = "# filler\n".repeat(400_000);
    let new = render(MADE);
    for hostile in [laughs, deep, not, sum, huge] {
        let mut old = files(&new);
        old.insert("load-balancer.tf".into(), hostile.clone());
        old.insert("cloud-init/cp-1.yaml".into(), hostile);
        let changes = compare(&old, &new);
        let files = differences(&old, &new);
        assert!(!changes.list.is_empty());
        assert!(text(&changes, &files).len() > 100);
        assert!(markdown(&changes, &files).len() <= 60_000);
    }
}

#[test]
fn names_in_the_folder_cannot_become_markup() {
    let new = render(MADE);
    let mut old = files(&new);
    let evil =
        "x</code></details><script>alert(1)</script> @everyone ](http://evil.example) `` ``` |";
    let nodes = format!("locals {{\n  workers = {{\n    {evil:?} = \"eu-west-1a\"\n  }}\n}}\n");
    old.insert("workers.tf".into(), nodes);
    old.insert(
        format!("cloud-init/{evil}.yaml"),
        "```\n````\n</details>\n# @everyone\n".into(),
    );
    let changes = compare(&old, &new);
    let out = markdown(&changes, &differences(&old, &new));
    // Whatever stands outside of code must hold nothing of it.
    let mut fence: Option<&str> = None;
    for line in out.lines() {
        if let Some(open) = fence {
            if line == open {
                fence = None;
            }
            continue;
        }
        if line.starts_with("```") {
            fence = Some(line.trim_end_matches("diff"));
            continue;
        }
        let outside: String = line.split('`').step_by(2).collect();
        for bad in ["<script", "@everyone", "](http"] {
            assert!(!outside.contains(bad), "{line}");
        }
    }
    assert_eq!(fence, None, "every fence is closed");
    assert!(
        out.contains("`````diff\n"),
        "longer than the longest within"
    );
}

#[test]
fn markdown_is_a_comment_that_github_takes() {
    let new = render(MADE);
    let first = compare(&BTreeMap::new(), &new);
    let all = differences(&BTreeMap::new(), &new);
    let out = markdown(&first, &all);
    assert!(out.len() <= 60_000, "{}", out.len());
    assert!(out.contains("left out"), "says that it is cut");
    assert_eq!(
        out.matches("<details>").count(),
        out.matches("</details>").count()
    );
    let more = render(&with(
        MADE,
        &[("controlPlane: { count: 3 }", "controlPlane: { count: 5 }")],
    ));
    let old = files(&new);
    let out = markdown(&compare(&old, &more), &differences(&old, &more));
    assert!(
        out.starts_with("**prod on aws**: adds 2 control-plane nodes; "),
        "{out}"
    );
    assert!(out.contains("<details><summary><code>control-plane.tf</code> changed, +2 −0</summary>\n\n```diff\n@@ "), "{out}");
}

#[test]
fn differences_are_unified_with_three_lines_around() {
    let old = BTreeMap::from([
        ("a.tf".to_owned(), "1\n2\n3\n4\n5\n6\n7\n8\n9\n".to_owned()),
        ("gone.tf".to_owned(), "x\n".to_owned()),
        ("same.tf".to_owned(), "y\n".to_owned()),
    ]);
    let mut new = ArtifactSet::default();
    new.insert("a.tf", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n".into());
    new.insert("new.tf", "z\n".into());
    new.insert("same.tf", "y\n".into());
    let found = differences(&old, &new);
    let states: Vec<_> = found
        .list
        .iter()
        .map(|file| (file.path.as_str(), file.state, file.added, file.removed))
        .collect();
    assert_eq!(
        states,
        [
            ("a.tf", FileState::Changed, 1, 1),
            ("gone.tf", FileState::Removed, 0, 1),
            ("new.tf", FileState::Added, 1, 0),
        ]
    );
    assert_eq!(
        found.list[0].hunks.as_deref(),
        Some("@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n")
    );
}

#[test]
fn json_has_the_documented_shape() {
    let old = files(&render(MADE));
    let new = render(&with(MADE, &[("m7i.large", "m7i.2xlarge")]));
    let value = json(&compare(&old, &new), &differences(&old, &new));
    assert_eq!(value["version"], 1);
    assert_eq!(value["title"], "prod on aws");
    assert_eq!(value["first"], false);
    assert_eq!(value["changed"], true);
    let first = &value["changes"][0];
    assert_eq!(first["severity"], "danger");
    assert_eq!(first["effect"], "restart");
    assert_eq!(first["file"], "control-plane.tf");
    assert_eq!(
        (&first["before"], &first["after"]),
        (&"m7i.large".into(), &"m7i.2xlarge".into())
    );
    assert_eq!(value["files"][0]["path"], "control-plane.tf");
    assert_eq!(value["files"][0]["addedLines"], 1);
}

#[test]
fn the_report_is_the_same_each_time_and_the_gravest_comes_first() {
    let old = files(&render(MADE));
    let new = render(&with(
        MADE,
        &[("name: prod", "name: other"), ("m7i.large", "m7i.2xlarge")],
    ));
    let first = compare(&old, &new);
    for _ in 0..3 {
        assert_eq!(compare(&old, &new).list, first.list);
    }
    assert!(
        first
            .list
            .is_sorted_by_key(|change| (change.severity, change.effect))
    );
}
