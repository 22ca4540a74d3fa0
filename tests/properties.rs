//! Whatever the spec: it renders or it is refused, and never panics; and what a user wrote stays
//! data.
#![allow(clippy::expect_used, missing_docs)]

#[path = "common/kubeadm.rs"]
mod kubeadm;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::Report;
use hagen::plan;
use hagen::provider::PROVIDERS;
use hagen::source::Source;
use hagen::validate;
use proptest::prelude::*;

/// Renders a text for every target that it has. Nothing where it is refused.
fn render(text: &str) -> Option<Vec<ArtifactSet>> {
    let source = Source::parse("spec", text.to_owned()).ok()?;
    let mut report = Report::default();
    let spec = validate::check(&source, None, &mut report);
    // What is said must be showable, too.
    let _ = hagen::diagnostic::text(&report, Some(&source), ("", ""));
    let _ = hagen::diagnostic::json(&report, Some(&source), ("", ""));
    let spec = spec?;
    if report.has_errors() {
        return None;
    }
    let targets = PROVIDERS
        .iter()
        .filter(|provider| spec.targets.has(provider.name()));
    let rendered = targets.map(|provider| {
        let mut artifacts = ArtifactSet::default();
        let plan = plan::build(&spec, provider.name());
        provider.render(&plan, &mut artifacts);
        provider.check(&plan, &mut report);
        artifacts
    });
    Some(rendered.collect())
}

fn examples() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("examples/")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("a spec"))
        .collect()
}

/// Texts that mean something to Terraform, YAML, a shell, Markdown, or a terminal.
const HOSTILE: &[&str] = &[
    "${file(\"/etc/passwd\")}",
    "%{ for x in y }",
    "$${a}%${b}",
    "a\" }\nresource \"x\" \"y\" {",
    "a\nb",
    "'; rm -rf / #",
    "$(reboot)",
    "`reboot`",
    "--help",
    "-x",
    "../../etc",
    "HAGEN_CA_KEY_BASE64",
    "{{cluster}}",
    "| --- |",
    "prüfung",
    "😀",
    "\u{202e}drop",
    "\u{1b}[31m",
    "null",
    "for",
];

/// The scalars of a spec: where each stands in the text.
fn scalars(text: &str) -> Vec<std::ops::Range<usize>> {
    fn walk(node: &hagen::source::Node, found: &mut Vec<std::ops::Range<usize>>) {
        use hagen::source::Content;
        match &node.content {
            Content::Scalar { .. } => found.push(node.range.clone()),
            Content::List(items) => items.iter().for_each(|item| walk(item, found)),
            Content::Mapping(entries) => entries.iter().for_each(|(_, value)| walk(value, found)),
        }
    }
    let source = Source::parse("spec", text.to_owned()).expect("YAML");
    let mut found = Vec::new();
    walk(&source.root, &mut found);
    found
}

fn put(text: &str, at: &std::ops::Range<usize>, value: &str) -> String {
    // A JSON string is a YAML string, whatever is in it.
    let value = serde_json::to_string(value).expect("JSON");
    format!("{}{value}{}", &text[..at.start], &text[at.end..])
}

/// Every template that a file of Terraform evaluates.
fn templates(text: &str) -> Vec<String> {
    let body = hcl::parse(text).expect("Terraform");
    let shown = format!("{body:?}");
    shown
        .match_indices("QuotedString(")
        .map(|(at, _)| shown[at..].chars().take(400).collect())
        .collect()
}

#[test]
fn hostile_texts_stay_texts_wherever_they_stand() {
    let (mut refused, mut quoted) = (0, 0);
    for example in examples() {
        for at in scalars(&example) {
            for hostile in HOSTILE {
                let text = put(&example, &at, hostile);
                let Some(rendered) = render(&text) else {
                    refused += 1;
                    continue;
                };
                quoted += 1;
                for (path, text) in rendered.iter().flat_map(ArtifactSet::iter) {
                    if path.rsplit('.').next() != Some("tf") {
                        continue;
                    }
                    for template in templates(text) {
                        for word in ["passwd", "for x in y", "reboot"] {
                            assert!(!template.contains(word), "{path}: {template}");
                        }
                    }
                }
            }
        }
    }
    assert!(
        refused > 1000 && quoted > 0,
        "{refused} refused, {quoted} quoted"
    );
}

#[test]
fn ten_thousand_characters_are_refused() {
    let long = "a".repeat(10_000);
    for example in examples() {
        for at in scalars(&example) {
            assert!(render(&put(&example, &at, &long)).is_none());
        }
    }
}

fn edit() -> impl Strategy<Value = (usize, usize, String)> {
    (
        any::<prop::sample::Index>(),
        0_usize..4,
        prop_oneof![
            prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
            "[a-z0-9.:/-]{0,40}",
            any::<i64>().prop_map(|number| number.to_string()),
            Just("[]".to_owned()),
            Just("{}".to_owned()),
            Just("0.0.0.0/0".to_owned()),
            Just("65535".to_owned()),
        ],
    )
        .prop_map(|(index, kind, value)| (index.index(usize::MAX - 1), kind, value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// A spec with some of its lines lost, doubled or with other values.
    #[test]
    fn any_spec_renders_or_is_refused(
        example in prop::sample::select(examples()),
        edits in prop::collection::vec(edit(), 1..4),
    ) {
        let mut text = example;
        for (at, kind, value) in edits {
            let places = match Source::parse("spec", text.clone()) {
                Ok(_) => scalars(&text),
                Err(_) => break,
            };
            if places.is_empty() {
                break;
            }
            let place = places[at % places.len()].clone();
            text = match kind {
                0 => put(&text, &place, &value),
                // Bare: it may become a mapping, a list, or no YAML at all.
                1 => format!("{}{value}{}", &text[..place.start], &text[place.end..]),
                // Without its line.
                2 => {
                    let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
                    let end = text[place.start..].find('\n').map_or(text.len(), |at| place.start + at + 1);
                    format!("{}{}", &text[..start], &text[end..])
                }
                // With its line twice.
                _ => {
                    let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
                    let end = text[place.start..].find('\n').map_or(text.len(), |at| place.start + at + 1);
                    format!("{}{}", &text[..end], &text[start..])
                }
            };
        }
        for artifacts in render(&text).unwrap_or_default() {
            prop_assert_eq!(kubeadm::faults(&artifacts), [""; 0], "{}", text);
        }
    }

    /// Any bytes at all.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        render(&text);
    }

    /// What looks like YAML.
    #[test]
    fn any_yaml_is_read_or_refused(text in "([a-z]{1,3}: ?[\\[\\]{}&*!|>'\"#%@`,a-z0-9\n-]{0,12}\n? {0,4}){0,12}") {
        render(&text);
    }
}

/// The specs that are free of errors among the bases of the fixtures.
fn bases() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/base");
    fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| fs::read_to_string(entry.expect("entry").path()).expect("a spec"))
        .collect()
}

#[test]
fn kubeadm_takes_what_the_bases_and_examples_render_to() {
    for spec in bases().into_iter().chain(examples()) {
        for artifacts in render(&spec).expect("a good spec") {
            assert_eq!(kubeadm::faults(&artifacts), [""; 0], "{spec}");
            assert!(kubeadm::documents(&artifacts).len() >= 4);
        }
    }
}

/// Rules that nothing can break are no rules: each of them finds a document that was broken.
#[test]
fn each_rule_of_kubeadm_finds_what_breaks_it() {
    use serde_json::{Value, json};
    let all: Vec<Value> = bases()
        .iter()
        .flat_map(|spec| render(spec).expect("a good spec"))
        .flat_map(|artifacts| kubeadm::documents(&artifacts))
        .collect();
    for (kind, pointer, bad) in [
        ("InitConfiguration", "/nodeRegistration/name", json!("CP_1")),
        (
            "InitConfiguration",
            "/nodeRegistration/criSocket",
            json!("/run/containerd.sock"),
        ),
        (
            "InitConfiguration",
            "/nodeRegistration/kubeletExtraArgs/0/name",
            json!(""),
        ),
        (
            "InitConfiguration",
            "/nodeRegistration/imagePullPolicy",
            json!("Sometimes"),
        ),
        (
            "InitConfiguration",
            "/nodeRegistration/ignorePreflightErrors",
            json!(["all", "Mem"]),
        ),
        (
            "InitConfiguration",
            "/bootstrapTokens/0/token",
            json!("abc.def"),
        ),
        (
            "InitConfiguration",
            "/bootstrapTokens/0/usages",
            json!(["signing", "login"]),
        ),
        (
            "InitConfiguration",
            "/bootstrapTokens/0/usages",
            json!(["signing"]),
        ),
        (
            "InitConfiguration",
            "/bootstrapTokens/0/groups",
            json!(["system:masters"]),
        ),
        ("InitConfiguration", "/bootstrapTokens/0/ttl", json!("0s")),
        (
            "InitConfiguration",
            "/bootstrapTokens/0/expires",
            json!("2030-01-01T00:00:00Z"),
        ),
        ("InitConfiguration", "/certificateKey", json!("00")),
        (
            "InitConfiguration",
            "/localAPIEndpoint/advertiseAddress",
            json!("cp-1.example.com"),
        ),
        ("InitConfiguration", "/localAPIEndpoint/bindPort", json!(0)),
        (
            "ClusterConfiguration",
            "/controlPlaneEndpoint",
            json!("https://api.example.com"),
        ),
        (
            "ClusterConfiguration",
            "/controlPlaneEndpoint",
            json!("api.example.com"),
        ),
        (
            "ClusterConfiguration",
            "/apiServer/certSANs/0",
            json!("api_1.example.com"),
        ),
        (
            "ClusterConfiguration",
            "/apiServer/extraArgs/0/name",
            json!("advertise-address"),
        ),
        (
            "ClusterConfiguration",
            "/networking/dnsDomain",
            json!("Cluster.local"),
        ),
        (
            "ClusterConfiguration",
            "/networking/serviceSubnet",
            json!("10.0.0.0/11"),
        ),
        (
            "ClusterConfiguration",
            "/networking/serviceSubnet",
            json!("10.0.0.0/29"),
        ),
        (
            "ClusterConfiguration",
            "/networking/serviceSubnet",
            json!("10.0.0.0/16,10.1.0.0/16"),
        ),
        (
            "ClusterConfiguration",
            "/networking/podSubnet",
            json!("10.0.0.0/25"),
        ),
        (
            "ClusterConfiguration",
            "/networking/podSubnet",
            json!("10.0.0.0/7"),
        ),
        ("ClusterConfiguration", "/networking/podSubnet", json!("")),
        (
            "ClusterConfiguration",
            "/etcd/local",
            json!({ "dataDir": "etcd" }),
        ),
        (
            "ClusterConfiguration",
            "/etcd/external/endpoints/0",
            json!("etcd-1:2379"),
        ),
        (
            "ClusterConfiguration",
            "/etcd/external/endpoints/0",
            json!("http://etcd-1:2379"),
        ),
        ("ClusterConfiguration", "/etcd/external/keyFile", json!("")),
        (
            "ClusterConfiguration",
            "/etcd/external/caFile",
            json!("ca.crt"),
        ),
        (
            "ClusterConfiguration",
            "/encryptionAlgorithm",
            json!("ED25519"),
        ),
        (
            "ClusterConfiguration",
            "/featureGates",
            json!({ "EtcdLearnerMode": true }),
        ),
        (
            "ClusterConfiguration",
            "/imageRepository",
            json!("https://registry.k8s.io"),
        ),
        (
            "ClusterConfiguration",
            "/kubernetesVersion",
            json!("stable-1"),
        ),
        (
            "JoinConfiguration",
            "/discovery/file",
            json!({ "kubeConfigPath": "discovery.conf" }),
        ),
        ("JoinConfiguration", "/discovery/bootstrapToken", json!({})),
        (
            "JoinConfiguration",
            "/discovery/bootstrapToken/unsafeSkipCAVerification",
            json!(false),
        ),
        (
            "JoinConfiguration",
            "/discovery/bootstrapToken/apiServerEndpoint",
            json!("api.example.com"),
        ),
        (
            "JoinConfiguration",
            "/discovery/tlsBootstrapToken",
            json!(""),
        ),
        ("JoinConfiguration", "/caCertPath", json!("ca.pem")),
        (
            "JoinConfiguration",
            "/controlPlane/certificateKey",
            json!("zz"),
        ),
        (
            "JoinConfiguration",
            "/controlPlane/localAPIEndpoint/bindPort",
            json!(65536),
        ),
    ] {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let mut broken = 0;
        for document in all.iter().filter(|document| document["kind"] == kind) {
            let mut document = document.clone();
            match document.pointer_mut(parent) {
                Some(Value::Object(object)) => {
                    object.insert(key.to_owned(), bad.clone());
                }
                Some(Value::Array(list)) => {
                    list[key.parse::<usize>().expect("an index")] = bad.clone();
                }
                _ => continue,
            }
            broken += 1;
            assert!(
                !kubeadm::faults_of(&document).is_empty(),
                "{pointer}: {document}"
            );
        }
        assert!(broken > 0, "{kind} has no {pointer}");
    }
}

/// A cluster in some zones: how many control-plane nodes and etcd members (none is stacked), and
/// where machines that are there already stand.
#[derive(Clone, Debug)]
struct Zoned {
    control_plane: Vec<usize>,
    etcd: Option<Vec<usize>>,
    subnets: usize,
    provision: bool,
}

const ZONES: [&str; 5] = ["a", "b", "c", "d", "e"];

fn zoned() -> impl Strategy<Value = Zoned> {
    let numbers = prop::sample::select(vec![3_usize, 5, 7]);
    let external = prop::option::of((numbers.clone(), 1..=7_usize));
    (
        numbers,
        external,
        1..=ZONES.len(),
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(|(stacked, external, subnets, provision, mut seed)| {
            let (members, control_plane) = match external {
                None => (None, stacked),
                Some((members, control_plane)) => (Some(members), control_plane),
            };
            let mut place = |at: usize| {
                if provision {
                    return at % subnets;
                }
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                usize::try_from(seed >> 33).expect("31 bits") % subnets
            };
            let control_plane = (0..control_plane).map(&mut place).collect();
            let etcd = members.map(|members| (0..members).map(&mut place).collect());
            Zoned {
                control_plane,
                etcd,
                subnets,
                provision,
            }
        })
}

impl Zoned {
    fn spec(&self) -> String {
        let etcd = self.etcd.as_ref().map_or("stacked".into(), |members| {
            format!("{{ external: {{ count: {} }} }}", members.len())
        });
        let mut text = format!(
            "apiVersion: hagen.dev/v1alpha1\nkind: Cluster\nname: prod\nkubernetes: {{ version: 1.37.1 }}\n\
             etcd: {etcd}\ncontrolPlane: {{ count: {}, allowSingle: true }}\ntargets:\n  aws:\n    region: eu-west-1\n    \
             network:\n      vpc: vpc-01234567\n      cidr: 10.0.0.0/16\n      subnets:\n",
            self.control_plane.len(),
        );
        for (at, zone) in ZONES.iter().take(self.subnets).enumerate() {
            writeln!(
                text,
                "        - {{ id: subnet-0123456{at}, zone: eu-west-1{zone}, cidr: 10.0.{}.0/20 }}",
                at * 16
            )
            .expect("text");
        }
        if self.provision {
            return text
                + "      nodeEgressCidrs: [0.0.0.0/0]\n    machines:\n      provision:\n        image: debian-13\n        instanceTypes: { controlPlane: m7i.large }\n";
        }
        text += "    machines:\n      existing:\n";
        let members = self.etcd.iter().flatten().map(|zone| ("etcd", zone));
        let nodes = self.control_plane.iter().map(|zone| ("controlPlane", zone));
        for (at, (role, zone)) in nodes.chain(members).enumerate() {
            writeln!(
                text,
                "        - {{ name: m-{at}, role: {role}, address: 10.0.{}.{}, zone: eu-west-1{} }}",
                zone * 16,
                at + 10,
                ZONES[*zone]
            )
            .expect("text");
        }
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The rules guess nothing: the zones of the plan's own nodes are lost one by one, and there is
    /// a warning exactly where what is left cannot go on.
    #[test]
    fn there_is_a_warning_exactly_where_the_loss_of_a_zone_stops_the_cluster(cluster in zoned()) {
        let text = cluster.spec();
        let source = Source::parse("spec", text.clone()).expect("YAML");
        let mut report = Report::default();
        let spec = validate::check(&source, None, &mut report).expect("a spec");
        let found: Vec<&str> = report.iter().map(|problem| problem.code.id).collect();
        prop_assert!(!report.has_errors(), "{found:?}\n{text}");
        let plan = plan::build(&spec, "aws");
        // Which machines keep etcd, and which answer the API.
        let zones_of = |roles: &dyn Fn(&plan::Node) -> bool| -> Vec<String> {
            let nodes = plan.nodes.iter().filter(|node| roles(node));
            nodes.map(|node| node.zone.clone().expect("a zone")).collect()
        };
        let servers = zones_of(&|node| node.role.is_control_plane());
        let members = match cluster.etcd {
            None => servers.clone(),
            Some(_) => zones_of(&|node| node.role == plan::Role::Etcd),
        };
        let left = |machines: &[String], lost: &str| machines.iter().filter(|zone| *zone != lost).count();
        let all: BTreeSet<&str> = servers.iter().chain(&members).map(String::as_str).collect();
        let quorum_lost = all.iter().any(|zone| {
            let left = left(&members, zone);
            left <= members.len() - left
        });
        let api_lost = cluster.etcd.is_some()
            && servers.len() > 1
            && all.iter().any(|zone| left(&servers, zone) == 0);
        let warned = found.contains(&"HGN2065") || found.contains(&"HGN2066");
        prop_assert_eq!(warned, quorum_lost, "{:?}\n{}", found, text);
        prop_assert_eq!(found.contains(&"HGN2070"), api_lost, "{:?}\n{}", found, text);
    }
}

/// Subnets of a cloud with machines that Terraform makes.
#[derive(Clone, Debug)]
struct Made {
    cloud: usize,
    control_plane: u32,
    etcd: u32,
    workers: u32,
    subnets: Vec<MadeSubnet>,
}

/// A subnet: its prefix, the load balancer's address and the part for machines, both counted from
/// the subnet's first address; the part with its prefix.
#[derive(Clone, Debug)]
struct MadeSubnet {
    prefix: u8,
    api: Option<u32>,
    part: Option<(u32, u8)>,
}

/// A target, its region and zones, a kind of disk, and how many addresses the cloud keeps at the
/// start and at the end of a subnet.
type CloudOf = (
    &'static str,
    &'static str,
    [&'static str; 3],
    &'static str,
    (u32, u32),
);

const CLOUDS: [CloudOf; 3] = [
    (
        "aliyun",
        "cn-hangzhou",
        ["cn-hangzhou-h", "cn-hangzhou-i", "cn-hangzhou-j"],
        "cloud_essd",
        (1, 3),
    ),
    (
        "tencent",
        "ap-guangzhou",
        ["ap-guangzhou-3", "ap-guangzhou-4", "ap-guangzhou-6"],
        "CLOUD_BSSD",
        (2, 1),
    ),
    (
        "huawei",
        "cn-north-4",
        ["cn-north-4a", "cn-north-4b", "cn-north-4c"],
        "GPSSD",
        (2, 4),
    ),
];

fn made_subnet() -> impl Strategy<Value = MadeSubnet> {
    let prefix = prop::sample::select(vec![20_u8, 24, 25, 26, 27, 28]);
    let part = prop::option::of((any::<u32>(), 24..=30_u8));
    (prefix, prop::option::of(any::<u32>()), part).prop_map(|(prefix, api, part)| {
        let size = 1_u32 << (32 - prefix);
        MadeSubnet {
            prefix,
            // Where machines are, most often.
            api: api.map(|api| api % size.min(64)),
            part: part.map(|(at, longer)| {
                let longer = longer.max(prefix);
                let own = 1_u32 << (32 - longer);
                (at % (size / own) * own, longer)
            }),
        }
    })
}

fn made() -> impl Strategy<Value = Made> {
    (
        0..CLOUDS.len(),
        prop::sample::select(vec![3_u32, 5, 7]),
        prop::sample::select(vec![0_u32, 3, 5, 7]),
        0..80_u32,
        prop::collection::vec(made_subnet(), 1..=3),
    )
        .prop_map(|(cloud, control_plane, etcd, workers, subnets)| Made {
            cloud,
            control_plane,
            etcd,
            workers,
            subnets,
        })
}

impl Made {
    /// The first address of a subnet: 10.0.0.0, 10.0.16.0, 10.0.32.0.
    fn first(at: usize) -> u32 {
        0x0a00_0000 + (u32::try_from(at).expect("few") << 12)
    }

    fn spec(&self) -> String {
        let (target, region, zones, disk, _) = CLOUDS[self.cloud];
        let external = format!("{{ external: {{ count: {} }} }}", self.etcd);
        let mut text = format!(
            "apiVersion: hagen.dev/v1alpha1\nkind: Cluster\nname: prod\nkubernetes: {{ version: 1.37.1 }}\n\
             endpoint: {{ host: api.example.internal }}\netcd: {}\ncontrolPlane: {{ count: {} }}\n\
             workers: {{ count: {} }}\ntargets:\n  {target}:\n    region: {region}\n    \
             machines:\n      provision:\n        image: ubuntu-24.04\n        diskType: {disk}\n        \
             instanceTypes: {{ controlPlane: {} }}\n    network:\n      cidr: 10.0.0.0/16\n      \
             nodeEgressCidrs: [0.0.0.0/0]\n      subnets:\n",
            if self.etcd == 0 { "stacked" } else { &external },
            self.control_plane,
            self.workers,
            ["ecs.g7.large", "S5.MEDIUM4", "s6.large.2"][self.cloud],
        );
        let address = |number: u32| std::net::Ipv4Addr::from(number);
        for (at, subnet) in self.subnets.iter().enumerate() {
            let first = Self::first(at);
            let (zone, prefix) = (zones[at], subnet.prefix);
            write!(
                text,
                "        - {{ zone: {zone}, cidr: {}/{prefix}",
                address(first)
            )
            .expect("text");
            if let Some(api) = subnet.api {
                write!(text, ", apiAddress: {}", address(first + api)).expect("text");
            }
            if let Some((part, prefix)) = subnet.part {
                write!(text, ", nodeAddresses: {}/{prefix}", address(first + part)).expect("text");
            }
            text += " }\n";
        }
        text
    }

    /// Whether a machine would get an address that it cannot have, found by trying each machine.
    fn bad(&self) -> bool {
        let (kept_first, kept_last) = CLOUDS[self.cloud].4;
        // The load balancer's address never changes, and machines may come.
        let kept_for_machines = self.subnets.iter().any(|subnet| {
            let first = subnet.part.map_or(16, |(part, _)| part);
            subnet
                .api
                .is_some_and(|api| (first..first + 16).contains(&api))
        });
        if kept_for_machines {
            return true;
        }
        let roles = [(0, self.control_plane), (8, self.etcd), (16, self.workers)];
        roles.into_iter().any(|(offset, count)| {
            let mut next: Vec<u32> = self
                .subnets
                .iter()
                .map(|subnet| subnet.part.map_or(16, |(part, _)| part) + offset)
                .collect();
            (0..count as usize).any(|machine| {
                let at = machine % self.subnets.len();
                let subnet = &self.subnets[at];
                let size = 1_u32 << (32 - subnet.prefix);
                let own = next[at];
                next[at] += 1;
                let outside = match subnet.part {
                    Some((part, prefix)) => own >= part + (1 << (32 - prefix)),
                    None => own >= size,
                };
                outside || own < kept_first || own + kept_last >= size || subnet.api == Some(own)
            })
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The fixed addresses of machines are refused exactly where one of them cannot be, and what is
    /// accepted gets addresses of its own, each in the subnet of its zone.
    #[test]
    fn fixed_addresses_are_refused_exactly_where_a_machine_cannot_have_its_own(made in made()) {
        let text = made.spec();
        let (target, _, zones, _, (kept_first, kept_last)) = CLOUDS[made.cloud];
        let source = Source::parse("spec", text.clone()).expect("YAML");
        let mut report = Report::default();
        let spec = validate::check(&source, Some(target), &mut report).expect("a spec");
        let found: Vec<&str> = report.iter().map(|problem| problem.code.id).collect();
        let refused = found.iter().any(|id| ["HGN4053", "HGN4054", "HGN4055", "HGN4056"].contains(id));
        prop_assert_eq!(refused, made.bad(), "{:?}\n{}", found, text);
        if report.has_errors() {
            return Ok(());
        }
        let plan = plan::build(&spec, target);
        prop_assert_eq!(plan.nodes.len(), (made.control_plane + made.etcd + made.workers) as usize);
        let mut seen = BTreeSet::new();
        for node in &plan.nodes {
            let plan::Address::Known(address) = node.address else {
                panic!("{}: no fixed address", node.name);
            };
            let zone = node.zone.as_deref().expect("a zone");
            let at = zones.iter().position(|own| *own == zone).expect("a zone of the spec");
            let subnet = &made.subnets[at];
            let own = u32::from(address).checked_sub(Made::first(at)).expect("in the subnet");
            let size = 1_u32 << (32 - subnet.prefix);
            prop_assert!(own >= kept_first && own + kept_last < size, "{}\n{}", address, text);
            prop_assert!(subnet.api != Some(own), "{}\n{}", address, text);
            prop_assert!(seen.insert(address), "{} twice\n{}", address, text);
        }
    }
}
