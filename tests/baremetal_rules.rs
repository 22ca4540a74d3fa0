//! The rules about bare metal against conditions that are counted out here, and what they accept against the
//! plan and the files: nothing that is accepted can fail or be wrong later.
#![allow(clippy::expect_used, missing_docs)]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::plan;
use hagen::plan::load_balancer::LoadBalancer;
use hagen::source::Source;
use hagen::validate;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5vdCBhIHJlYWwga2V5LCBqdXN0IGFuIGV4YW1wbGUh";
/// The subnet is 10.20.0.0/28.
const LAST: u32 = 15;

/// A cluster on bare metal. Hosts are numbers in the subnet, and beyond it.
#[derive(Clone, Debug)]
struct Case {
    /// 0 is haproxy, 1 nginx, 2 kube-vip.
    kind: usize,
    control_plane: usize,
    balancers: usize,
    /// Of the balancers, from 0; some are not there.
    nodes: Vec<usize>,
    gateway: u32,
    virtual_ip: u32,
    /// Those of the machines: the control plane, then the balancers.
    hosts: Vec<u32>,
    port: u16,
    api_server_port: u16,
    id: u16,
    advert: u32,
    check: u32,
    fall: Option<u32>,
    /// haproxy's.
    inter: u32,
    lease: u32,
    retry: u32,
    max_failover: Option<u32>,
    interface: bool,
    host: bool,
}

/// Seconds as the spec has them: of each unit four digits at most.
fn span(seconds: u32) -> String {
    if seconds < 10_000 {
        format!("{seconds}s")
    } else {
        format!("{}m{}s", seconds / 60, seconds % 60)
    }
}

impl Case {
    fn spec(&self) -> String {
        let kind = ["haproxy", "nginx", "kubeVip"][self.kind];
        let ip = |host: u32| std::net::Ipv4Addr::from(0x0a14_0000 + host);
        let mut text = format!(
            "apiVersion: hagen.dev/v1alpha1\nkind: Cluster\nname: prod\nkubernetes: {{ version: 1.37.1 }}\n\
             endpoint: {{ port: {}{} }}\ncontrolPlane: {{ count: {}, allowSingle: true }}\ntargets:\n  baremetal:\n    \
             network: {{ cidr: 10.20.0.0/28, gateway: {}, nameservers: [10.9.0.53] }}\n    virtualIp: {}\n    \
             apiServerPort: {}\n    sshAuthorizedKeys: [{KEY}]\n",
            self.port,
            if self.host {
                ", host: api.example.com"
            } else {
                ""
            },
            self.control_plane,
            ip(self.gateway),
            ip(self.virtual_ip),
            self.api_server_port,
        );
        if self.interface {
            text += "    interface: eth0\n";
        }
        if let Some(seconds) = self.max_failover {
            writeln!(text, "    maxFailover: {seconds}s").expect("text");
        }
        write!(text, "    loadBalancer:\n      {kind}:\n").expect("text");
        if self.kind == 2 {
            writeln!(
                text,
                "        leaseDuration: {}s\n        renewDeadline: {}s\n        retryPeriod: {}s",
                self.lease,
                self.lease - 1,
                self.retry
            )
            .expect("text");
        } else {
            let nodes: Vec<String> = self.nodes.iter().map(|at| format!("lb-{at}")).collect();
            let fall = self
                .fall
                .map_or(String::new(), |fall| format!(", checkFall: {fall}"));
            writeln!(
                text,
                "        nodes: [{}]\n        keepalived: {{ virtualRouterId: {}, advertInterval: {}, checkInterval: {}{fall} }}",
                nodes.join(", "),
                self.id,
                span(self.advert),
                span(self.check),
            )
            .expect("text");
        }
        if self.kind == 0 {
            writeln!(text, "        checkInterval: {}", span(self.inter)).expect("text");
        }
        text += "    machines:\n";
        for (at, host) in self.hosts.iter().enumerate() {
            let (name, role) = match at.checked_sub(self.control_plane) {
                None => (format!("cp-{at}"), "controlPlane"),
                Some(at) => (format!("lb-{at}"), "loadBalancer"),
            };
            writeln!(
                text,
                "      - {{ name: {name}, role: {role}, address: {} }}",
                ip(*host)
            )
            .expect("text");
        }
        text
    }

    fn pair(&self) -> bool {
        self.kind != 2
    }

    fn on_control_plane(&self) -> bool {
        self.pair() && self.nodes.is_empty()
    }

    /// Milliseconds of the longest failure of the load balancer.
    fn longest(&self) -> u32 {
        if !self.pair() {
            return (self.lease + 2 * self.retry) * 1000;
        }
        let fall = self
            .fall
            .unwrap_or(if self.on_control_plane() { 3 } else { 2 });
        let curl = if self.check == 1 { 800 } else { 1000 };
        let hung = fall * self.check * 1000 + curl + 609;
        hung.max(3 * self.advert * 1000 + 609)
    }

    /// Whether something is wrong, by counting.
    fn bad(&self) -> bool {
        let hosts: BTreeSet<u32> = self
            .hosts
            .iter()
            .copied()
            .chain([self.gateway, self.virtual_ip])
            .collect();
        let addresses = hosts.len() == self.hosts.len() + 2
            && hosts.iter().all(|host| (1..LAST).contains(host));
        let named: BTreeSet<usize> = self.nodes.iter().copied().collect();
        let used = self.pair()
            && named.len() == self.nodes.len()
            && named.iter().copied().eq(0..self.balancers)
            || self.balancers == 0 && (!self.pair() || self.nodes.is_empty());
        let peers = !self.pair()
            || if self.nodes.is_empty() {
                self.control_plane > 1
            } else {
                self.nodes.len() > 1
            };
        let free =
            |port: u16| ![22, 8405, 2379].contains(&port) && !(30000..=32767).contains(&port);
        let ports = free(self.port)
            && free(self.api_server_port)
            && (!self.on_control_plane() || self.port != self.api_server_port)
            && (self.pair() || self.port == self.api_server_port);
        let timers = !self.pair()
            || (1..=255).contains(&self.id)
                && (1..=255).contains(&self.advert)
                && (1..=60).contains(&self.check)
                && (self.kind != 0 || (1..20).contains(&self.inter));
        let kept = !timers
            || self
                .max_failover
                .is_none_or(|seconds| self.longest() <= seconds * 1000);
        let members = matches!(self.control_plane, 1 | 3);
        !(addresses
            && used
            && peers
            && ports
            && timers
            && kept
            && members
            && self.interface
            && self.host)
    }
}

/// What is right most of the time, and else anything.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    right: impl Strategy<Value = T> + 'static,
    any: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<T> {
    prop_oneof![24 => right, 1 => any].boxed()
}

fn case() -> BoxedStrategy<Case> {
    let shape = (
        0..3_usize,
        mostly(Just(3_usize), 1..=4_usize),
        prop::sample::select(vec![0_usize, 2, 2, 3]),
        any::<bool>(),
    );
    shape
        .prop_flat_map(|(kind, control_plane, balancers, stray)| {
            // kube-vip has no balancers of its own, unless by mistake.
            let balancers = if kind == 2 && !stray { 0 } else { balancers };
            let balancers = if kind == 2 && balancers > 2 {
                0
            } else {
                balancers
            };
            let nodes = mostly(
                Just((0..balancers).collect::<Vec<_>>()),
                prop::collection::vec(0..4_usize, 0..4),
            );
            let count = control_plane + balancers;
            let hosts: Vec<BoxedStrategy<u32>> = (0..count)
                .map(|at| mostly(Just(u32::try_from(at).expect("few") + 3), 0..20_u32))
                .collect();
            let colocated = kind < 2 && balancers == 0;
            let numbers = (
                mostly(Just(1_u32), 0..20_u32),
                mostly(Just(2_u32), 0..20_u32),
                hosts,
                mostly(
                    Just(if colocated { 8443_u16 } else { 6443 }),
                    prop::sample::select(vec![
                        443_u16, 6443, 8443, 8405, 30000, 32767, 32768, 2379,
                    ]),
                ),
                mostly(
                    Just(6443_u16),
                    prop::sample::select(vec![22_u16, 8443, 8405]),
                ),
            );
            let timers = (
                mostly(1..=255_u16, 0..=300_u16),
                mostly(
                    1..=3_u32,
                    prop::sample::select(vec![0_u32, 255, 256, 599_999]),
                ),
                mostly(
                    1..=3_u32,
                    prop::sample::select(vec![0_u32, 60, 61, 599_999]),
                ),
                prop::option::of(1..=10_u32),
                mostly(1..=19_u32, prop::sample::select(vec![0_u32, 20, 599_999])),
                (3..=15_u32, 1..=3_u32),
                prop::option::of(0..=40_u32),
            );
            let flags = (
                mostly(Just(true), any::<bool>()),
                mostly(Just(true), any::<bool>()),
            );
            (nodes, numbers, timers, flags).prop_map(
                move |(
                    nodes,
                    (gateway, virtual_ip, hosts, port, api_server_port),
                    (id, advert, check, fall, inter, (lease, retry), max_failover),
                    (interface, host),
                )| Case {
                    kind,
                    control_plane,
                    balancers,
                    nodes,
                    gateway,
                    virtual_ip,
                    hosts,
                    port,
                    api_server_port,
                    id,
                    advert,
                    check,
                    fall,
                    inter,
                    lease,
                    retry,
                    max_failover,
                    interface,
                    host,
                },
            )
        })
        .boxed()
}

/// What is accepted has a plan that says the same, and files.
fn holds(case: &Case, spec: &hagen::spec::Cluster) {
    let plan = plan::build(spec, "baremetal");
    assert_eq!(plan.nodes.len(), case.hosts.len());
    let longest = plan
        .load_balancer
        .interruptions()
        .iter()
        .filter(|row| row.bounded)
        .map(|row| row.most)
        .max();
    assert_eq!(longest, Some(case.longest()), "{case:?}");
    match &plan.load_balancer {
        LoadBalancer::Pair(pair) => {
            assert!(case.pair() && pair.nodes.len() >= 2);
            assert_eq!(pair.on_control_plane, case.on_control_plane());
            let addresses: BTreeSet<_> = pair.nodes.iter().map(|node| node.address).collect();
            assert_eq!(addresses.len(), pair.nodes.len());
            assert!(!addresses.contains(&pair.virtual_ip));
            assert!(!pair.on_control_plane || pair.port != pair.server_port);
            assert_eq!(pair.servers.len(), case.control_plane);
            assert!(pair.nodes.iter().all(|node| node.interface == "eth0"));
            assert!((1..=8).contains(&pair.keepalived.authentication.len()));
        }
        LoadBalancer::KubeVip(own) => {
            assert!(!case.pair());
            assert_eq!(own.nodes.len(), case.control_plane);
        }
        LoadBalancer::Managed(_) => panic!("not on bare metal"),
    }
    let provider = hagen::provider::find("baremetal").expect("the target");
    let mut artifacts = ArtifactSet::default();
    provider.render(&plan, &mut artifacts);
    let mut report = Report::default();
    provider.check(&plan, &mut report);
    assert!(!report.has_errors());
    for node in &plan.nodes {
        for folder in ["cloud-init", "network-config"] {
            let path = format!("{folder}/{}.yaml", node.name);
            assert!(artifacts.get(&path).is_some(), "no {path}");
        }
    }
}

#[test]
fn a_cluster_is_refused_exactly_where_something_is_wrong_with_it() {
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&case(), |case| {
        let text = case.spec();
        let source = Source::parse("spec", text.clone()).expect("YAML");
        let mut report = Report::default();
        let spec = validate::check(&source, Some("baremetal"), &mut report).expect("a spec");
        let shown = hagen::diagnostic::text(&report, Some(&source), ("", ""));
        // Rules of kube-vip's timers alone are not counted here.
        if report
            .iter()
            .any(|problem| problem.code.id.starts_with("HGN54"))
        {
            return Ok(());
        }
        prop_assert_eq!(report.has_errors(), case.bad(), "{}\n{}", shown, text);
        if report.has_errors() {
            refused.set(refused.get() + 1);
        } else {
            accepted.set(accepted.get() + 1);
            holds(&case, &spec);
        }
        Ok(())
    });
    outcome.expect("no counterexample");
    let (accepted, refused) = (accepted.get(), refused.get());
    assert!(
        accepted > 50 && refused > 50,
        "{accepted} accepted, {refused} refused"
    );
}

/// What the cure of a failover that takes too long says is one: with it the spec is accepted.
#[test]
fn the_cure_of_a_failover_that_takes_too_long_is_one() {
    let base = include_str!("fixtures/base/baremetal-pair.yaml");
    let found = |spec: String| -> Report {
        let source = Source::parse("spec", spec).expect("YAML");
        let mut report = Report::default();
        validate::check(&source, Some("baremetal"), &mut report);
        report
    };
    let (mut cured, mut hopeless) = (0, 0);
    for wanted in 0..20_u32 {
        for advert in [1_u32, 2, 5] {
            for (check, fall) in [(1_u32, 1_u32), (2, 2), (3, 4), (60, 10)] {
                let spec = |advert: u32, check: u32, fall: u32, wanted: u32| {
                    base.replace("maxFailover: 6s", &format!("maxFailover: {wanted}s")).replace(
                        "authentication: prod-api",
                        &format!("advertInterval: {advert}s, checkInterval: {check}s, checkFall: {fall}"),
                    )
                };
                let report = found(spec(advert, check, fall, wanted));
                let Some(problem) = report.iter().next() else {
                    continue;
                };
                assert_eq!((problem.code.id, report.iter().count()), ("HGN5045", 1));
                let value = |cure: &str, key: &str| -> Option<u32> {
                    let (_, rest) = cure.split_once(&format!("`{key}` to "))?;
                    let word = rest
                        .split(' ')
                        .next()
                        .expect("a word")
                        .trim_matches(['`', ';', 's', ',']);
                    let (minutes, seconds) = word.split_once('m').unwrap_or(("0", word));
                    let number = |text: &str| text.parse::<u32>().unwrap_or_default();
                    Some(number(minutes) * 60 + number(seconds))
                };
                let (first, last) = (&problem.cures[0], problem.cures.last().expect("a cure"));
                let longer = value(last, "maxFailover").expect("a span");
                assert!(
                    found(spec(advert, check, fall, longer)).is_empty(),
                    "{last}"
                );
                assert!(
                    !found(spec(advert, check, fall, longer - 1)).is_empty(),
                    "{last}"
                );
                if problem.cures.len() == 1 {
                    hopeless += 1;
                    assert!(wanted < 4, "{first}");
                    assert!(first.ends_with("no timers keep less than `4s`"), "{first}");
                    continue;
                }
                cured += 1;
                let with = spec(
                    value(first, "advertInterval").unwrap_or(advert),
                    value(first, "checkInterval").unwrap_or(check),
                    value(first, "checkFall").unwrap_or(fall),
                    wanted,
                );
                assert!(found(with).is_empty(), "{first}");
            }
        }
    }
    assert!(
        cured > 50 && hopeless > 20,
        "{cured} cured, {hopeless} hopeless"
    );
}
