//! Nodes: how many, where, on what, and their cloud-init.

use super::*;

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
