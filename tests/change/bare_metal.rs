//! Bare metal, where nothing applies a folder: what a change asks of the one who copies.

use super::*;

const BARE: &str = include_str!("../../examples/baremetal.yaml");

fn render_bare(spec: &str) -> ArtifactSet {
    let source = hagen::source::Source::parse("spec.yaml", spec.to_owned()).expect("YAML");
    let mut report = hagen::diagnostic::Report::default();
    let cluster = hagen::validate::check(&source, None, &mut report);
    let cluster = cluster.unwrap_or_else(|| {
        panic!(
            "{}",
            hagen::diagnostic::text(&report, Some(&source), ("", ""))
        );
    });
    let plan = hagen::plan::build(&cluster, "baremetal");
    let mut artifacts = ArtifactSet::default();
    hagen::provider::find("baremetal")
        .expect("a target")
        .render(&plan, &mut artifacts);
    artifacts
}

fn changes_bare(spec: &str, replacements: &[(&str, &str)]) -> Changes {
    compare(
        &files(&render_bare(spec)),
        &render_bare(&with(spec, replacements)),
    )
}

/// The changes when rendered files had other words before.
fn from_edited_bare(paths: &[&str], replacements: &[(&str, &str)]) -> Changes {
    let new = render_bare(BARE);
    let mut old = files(&new);
    for path in paths {
        let text = with(&old[*path], replacements);
        old.insert((*path).to_owned(), text);
    }
    compare(&old, &new)
}

const KEEPALIVED: [&str; 2] = ["keepalived/lb-1.conf", "keepalived/lb-2.conf"];

#[test]
fn nothing_changes_and_everything_is_new() {
    let new = render_bare(BARE);
    let changes = compare(&files(&new), &new);
    assert!(changes.is_empty() && !changes.first, "{changes:#?}");
    assert_eq!(changes.title, "prod on baremetal");
    let first = compare(&BTreeMap::new(), &new);
    for part in [
        "a new cluster",
        "has 3 control-plane nodes",
        "has 3 workers",
        "has 2 load balancer nodes",
    ] {
        assert!(first.headline.contains(part), "{}", first.headline);
    }
    assert!(first.first);
    assert!(
        first
            .list
            .iter()
            .all(|change| change.severity == Severity::Notice),
        "{first:#?}"
    );
}

#[test]
fn what_all_nodes_must_have_comes_to_all_at_once() {
    for (from, to, said) in [
        (
            "virtualRouterId: 77",
            "virtualRouterId: 78",
            "`virtual_router_id` from `77` to `78`",
        ),
        (
            "virtualRouterId: 77",
            "virtualRouterId: 77, authentication: other",
            "to `other`",
        ),
        (
            "virtualRouterId: 77",
            "virtualRouterId: 77, advertInterval: 2s",
            "`advert_int` from `1` to `2`",
        ),
    ] {
        let spec = with(BARE, &[("maxFailover: 6s", "maxFailover: 20s")]);
        let changes = changes_bare(&spec, &[(from, to)]);
        let start = "keepalived.conf of lb-1, lb-2 changes: ";
        expect(&changes, start, Severity::Danger, Effect::Restart);
        let what = &one(&changes, start).what;
        for part in [
            said,
            "both hold the virtual IP meanwhile",
            "stop keepalived on all",
        ] {
            assert!(what.contains(part), "{part:?} in {what}");
        }
        let brief = "**keepalived on all load balancer nodes at once**";
        assert!(changes.headline.contains(brief), "{}", changes.headline);
        // The seeds' own files have it too, and nobody takes them there.
        let own = one(
            &changes,
            "the cloud-init of load balancer nodes lb-1, lb-2 changes: ",
        );
        assert!(own.what.contains("keepalived's configuration"), "{own:#?}");
        assert!(
            own.what.contains("Nothing brings it to machines"),
            "{own:#?}"
        );
    }
}

#[test]
fn other_checks_are_copied_one_by_one_and_say_what_a_failure_takes() {
    let changes = changes_bare(
        BARE,
        &[
            ("maxFailover: 6s", "maxFailover: 20s"),
            ("virtualRouterId: 77", "virtualRouterId: 77, checkFall: 4"),
        ],
    );
    let start = "keepalived.conf of lb-1, lb-2 changes: `fall` from `2 3` to `4 3`. Copy it";
    expect(&changes, start, Severity::Notice, Effect::InPlace);
    let change = one(&changes, start);
    assert!(change.what.contains("one node at a time"), "{change:#?}");
    // 4 × 2 s, 1 s until curl gives up, 0.609 s until the other takes over.
    assert_eq!(
        (change.before.as_deref(), change.after.as_deref()),
        (Some("5.6 s"), Some("9.6 s"))
    );
    let advert = from_edited_bare(&KEEPALIVED, &[("advert_int 1", "advert_int 3")]);
    let change = one(
        &advert,
        "keepalived.conf of lb-1, lb-2 changes: `advert_int`",
    );
    assert_eq!(change.before.as_deref(), Some("9.6 s"));
}

#[test]
fn a_load_balancer_node_that_comes_is_known_to_its_peers_first() {
    let changes = changes_bare(
        BARE,
        &[
            ("nodes: [lb-1, lb-2]", "nodes: [lb-1, lb-2, lb-3]"),
            (
                "      - { name: cp-1,",
                "      - { name: lb-3, role: loadBalancer, address: 10.20.0.13 }\n      - { name: cp-1,",
            ),
        ],
    );
    expect(
        &changes,
        "adds 1 load balancer node: lb-3. Their peers must have them",
        Severity::Notice,
        Effect::Adds,
    );
    let start = "keepalived.conf of lb-1, lb-2 changes: `unicast_peer` has other peers. Copy it";
    expect(&changes, start, Severity::Caution, Effect::InPlace);
    assert!(
        one(&changes, start)
            .what
            .contains("takes the virtual IP too")
    );
}

#[test]
fn api_servers_that_come_and_go_are_copied_to_each_load_balancer_node() {
    let more = [
        ("controlPlane: { count: 3 }", "controlPlane: { count: 5 }"),
        (
            "      - { name: worker-1,",
            "      - { name: cp-4, address: 10.20.0.24 }\n      - { name: cp-5, address: 10.20.0.25 }\n      - { name: worker-1,",
        ),
    ];
    for (proxy, when) in [
        ("haproxy", "It may be there before its machine"),
        ("nginx", "Only once its machine has joined"),
    ] {
        let spec = with(BARE, &[("      haproxy:\n", &format!("      {proxy}:\n"))]);
        let changes = changes_bare(&spec, &more);
        expect(
            &changes,
            "adds 2 control-plane nodes: cp-4, cp-5",
            Severity::Notice,
            Effect::Adds,
        );
        let start = format!("{proxy} passes on to 2 API servers more: cp-4, cp-5. Copy");
        expect(&changes, &start, Severity::Caution, Effect::InPlace);
        let what = &one(&changes, &start).what;
        assert!(
            what.contains("(lb-1, lb-2) and reload") && what.contains(when),
            "{what}"
        );
        let back = compare(
            &files(&render_bare(&with(&spec, &more))),
            &render_bare(&spec),
        );
        expect(
            &back,
            &format!("{proxy} no longer passes on to cp-4, cp-5"),
            Severity::Caution,
            Effect::InPlace,
        );
        let gone = one(&back, "removes 2 control-plane nodes: cp-4, cp-5");
        assert!(gone.severity == Severity::Danger && !gone.what.contains("would be left"));
    }
}

#[test]
fn settings_of_the_proxy_are_named() {
    let spec = with(
        BARE,
        &[(
            "        nodes:",
            "        maxConnections: 30000\n        nodes:",
        )],
    );
    let changes = compare(&files(&render_bare(BARE)), &render_bare(&spec));
    let start = "haproxy has other settings: `maxconn 30000`, `no more maxconn 20000`";
    expect(&changes, start, Severity::Notice, Effect::InPlace);
    let words = from_edited_bare(
        &["haproxy/haproxy.cfg"],
        &[("# For keepalived", "# Of keepalived")],
    );
    expect(
        &words,
        "`haproxy/haproxy.cfg` is written differently and comes to the same",
        Severity::Notice,
        Effect::Keeps,
    );
    assert!(words.is_empty());
    let other = changes_bare(BARE, &[("      haproxy:\n", "      nginx:\n")]);
    expect(
        &other,
        "nginx comes in the place of haproxy on lb-1, lb-2",
        Severity::Caution,
        Effect::NewMachinesOnly,
    );
}

#[test]
fn machines_keep_their_network_and_their_cloud_init() {
    let changes = changes_bare(
        BARE,
        &[("nameservers: [10.20.0.1]", "nameservers: [10.20.0.2]")],
    );
    let network = changes
        .list
        .iter()
        .find(|change| change.what.contains("keeps its network"))
        .expect("it is said");
    assert_eq!(
        (network.severity, network.effect),
        (Severity::Caution, Effect::NewMachinesOnly)
    );
    let moved = changes_bare(BARE, &[("10.20.0.22", "10.20.0.29")]);
    expect(
        &moved,
        "control-plane node cp-2 is at another address: `10.20.0.22` becomes `10.20.0.29`",
        Severity::Danger,
        Effect::Replace,
    );
    expect(
        &moved,
        "haproxy looks for cp-2 at `10.20.0.29:6443` and no longer at `10.20.0.22:6443`",
        Severity::Caution,
        Effect::InPlace,
    );
    let fewer = changes_bare(
        BARE,
        &[
            (
                "controlPlane: { count: 3 }",
                "controlPlane: { count: 1, allowSingle: true }",
            ),
            (
                "      - { name: cp-2, role: controlPlane, address: 10.20.0.22 }\n",
                "",
            ),
            (
                "      - { name: cp-3, role: controlPlane, address: 10.20.0.23 }\n",
                "",
            ),
        ],
    );
    let gone = one(&fewer, "removes 2 control-plane nodes: cp-2, cp-3");
    assert!(
        gone.what
            .contains("Only 1 of 3 would be left, and etcd needs 2"),
        "{gone:#?}"
    );
}

#[test]
fn metallb_is_applied_by_its_script() {
    let pools = |range: &str| {
        let services = format!(
            "    interface: eth0\n    services: {{ metallb: {{ pools: [{{ name: default, addresses: [{range}] }}], l2: {{}} }} }}\n"
        );
        with(BARE, &[("    interface: eth0\n", &services)])
    };
    let old = pools("10.20.0.200-10.20.0.239");
    let changes = compare(
        &files(&render_bare(&old)),
        &render_bare(&pools("10.20.0.200-10.20.0.249")),
    );
    let start = "MetalLB's `manifests/metallb/";
    expect(&changes, start, Severity::Notice, Effect::InPlace);
    assert!(
        one(&changes, start)
            .what
            .ends_with("`bash manifests/metallb/apply.sh`")
    );
    let gone = compare(&files(&render_bare(&old)), &render_bare(BARE));
    expect(
        &gone,
        "MetalLB goes from the folder",
        Severity::Caution,
        Effect::Removes,
    );
}

/// What a person, or someone else, wrote into the folder is data.
#[test]
fn an_edited_configuration_is_read_as_far_as_it_goes() {
    for text in [
        "",
        "}\n}\nadvert_int\n",
        "interval 99999999999\nfall 0\nadvert_int 0\n",
        "unicast_peer {",
    ] {
        let new = render_bare(BARE);
        let mut old = files(&new);
        for path in KEEPALIVED.into_iter().chain(["haproxy/haproxy.cfg"]) {
            old.insert(path.to_owned(), text.to_owned());
        }
        let changes = compare(&old, &new);
        assert!(!changes.is_empty(), "{text:?}: {changes:#?}");
    }
}
