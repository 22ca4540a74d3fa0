//! Every diagnostic about a spec: a fixture that gives it, and how it is shown.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/kubeadm.rs"]
mod kubeadm;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hagen::artifact::ArtifactSet;
use hagen::diagnostic::{CODES, Diagnostic, Place, Report, Severity, code, find, json, text};
use hagen::source::Source;
use hagen::validate;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json as value};

/// Whether a code is about what is rendered, the output folder, the command line or files:
/// scenarios.rs has these.
fn elsewhere(id: &str) -> bool {
    ["HGN2901", "HGN2902"].contains(&id) || id.starts_with("HGN8") || id.starts_with("HGN9")
}

/// Codes that were given once and must never be given to something else.
const RETIRED: &[&str] = &["HGN2067", "HGN3005", "HGN3083", "HGN3901", "HGN3902"];

/// A spec that gives one diagnostic: a base with some of its text replaced, or a whole document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fixture {
    #[serde(default)]
    base: String,
    #[serde(default)]
    replace: Vec<(String, String)>,
    #[serde(default)]
    text: String,
    /// Further codes that the spec cannot but give.
    #[serde(default)]
    also: BTreeSet<String>,
}

impl Fixture {
    fn spec(&self) -> String {
        if self.base.is_empty() {
            return self.text.clone();
        }
        let mut spec = fs::read_to_string(fixtures("base").join(format!("{}.yaml", self.base)))
            .expect("the base is there");
        for (old, new) in &self.replace {
            assert!(spec.contains(old), "{old:?} is not in {}", self.base);
            spec = spec.replace(old, new);
        }
        spec
    }
}

/// A checked spec: the report, and the source where the text is a document at all.
struct Checked {
    spec: String,
    source: Option<Source>,
    report: Report,
}

impl Checked {
    fn new(spec: String) -> Self {
        let mut report = Report::default();
        let source = match Source::parse("hagen.yaml", spec.clone()) {
            Ok(source) => {
                validate::check(&source, None, &mut report);
                Some(source)
            }
            Err(malformed) => {
                report.push(
                    Diagnostic::new(&code::document::NOT_A_DOCUMENT, malformed.message)
                        .at(Place::Bytes(malformed.range), "here")
                        .cure("`hagen init` writes a spec to start from"),
                );
                None
            }
        };
        Self {
            spec,
            source,
            report,
        }
    }

    fn codes(&self) -> BTreeSet<&str> {
        self.report.iter().map(|problem| problem.code.id).collect()
    }

    fn shown(&self) -> String {
        let coloured = text(
            &self.report,
            self.source.as_ref(),
            ("hagen.yaml", &self.spec),
        );
        plain(&coloured)
    }
}

/// A text without its colours and without white space at the ends of lines.
fn plain(coloured: &str) -> String {
    let mut out = String::new();
    let mut rest = coloured;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned() + "\n"
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn fixtures(folder: &str) -> PathBuf {
    root("tests/fixtures").join(folder)
}

/// The names of a folder's files with this ending, without it.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}

/// A fixture is called after its code, with a word behind it where a code has several.
fn code_of(name: &str) -> &str {
    name.split('-').next().unwrap()
}

#[test]
fn every_fixture_gives_its_code_and_is_shown_as_its_snapshot() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root("snapshots/diagnostics"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut wrong = Vec::new();
    let files = names(&fixtures("diagnostics"), ".yaml");
    for name in &files {
        let file =
            fs::read_to_string(fixtures("diagnostics").join(format!("{name}.yaml"))).unwrap();
        let fixture: Fixture = serde_saphyr::from_str(&file).expect(name);
        let checked = Checked::new(fixture.spec());
        let own = code_of(name);
        let mut expected: BTreeSet<&str> = fixture.also.iter().map(String::as_str).collect();
        expected.insert(own);
        if checked.codes() != expected {
            wrong.push(format!("{name} gives\n{}", checked.shown()));
            continue;
        }
        for problem in json(&checked.report, checked.source.as_ref(), ("hagen.yaml", ""))
            .as_array()
            .unwrap()
        {
            // Without a document there are no lines to count in.
            if checked.source.is_some() {
                assert!(problem["line"].as_u64().unwrap() > 0, "{name}: {problem}");
                assert!(problem["column"].as_u64().unwrap() > 0, "{name}: {problem}");
            }
            let message = problem["message"].as_str().unwrap();
            assert!(
                !message.ends_with('.') && message.lines().count() == 1,
                "{name}: {message}"
            );
        }
        settings.bind(|| insta::assert_snapshot!(name.as_str(), checked.shown()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Here, behind the writing of snapshots with INSTA_UPDATE=always.
    assert_eq!(
        names(&root("snapshots/diagnostics"), ".snap"),
        files,
        "snapshots on the left, fixtures on the right"
    );
}

#[test]
fn every_code_has_a_fixture() {
    let known: BTreeSet<&str> = CODES
        .iter()
        .flat_map(|family| family.iter())
        .map(|code| code.id)
        .collect();
    let files = names(&fixtures("diagnostics"), ".yaml");
    let tested: BTreeSet<&str> = files.iter().map(|name| code_of(name)).collect();
    let expected: BTreeSet<&str> = known.into_iter().filter(|id| !elsewhere(id)).collect();
    assert_eq!(tested, expected, "fixtures on the left, codes on the right");
}

#[test]
fn codes_are_in_order_and_complete() {
    for id in RETIRED {
        assert!(find(id).is_none(), "{id} is retired");
    }
    let mut last = "";
    for entry in CODES.iter().flat_map(|family| family.iter()) {
        assert!(entry.id > last, "{} stands behind {last}", entry.id);
        last = entry.id;
        for part in [
            entry.title,
            entry.cause,
            entry.example,
            entry.cure,
            entry.source,
        ] {
            assert!(
                !part.is_empty() && part.trim() == part,
                "{}: {part:?}",
                entry.id
            );
        }
        assert!(
            !entry.title.ends_with('.'),
            "{}: a title is no sentence",
            entry.id
        );
    }
}

/// The bases, and the examples that hagen comes with.
fn good_specs() -> BTreeMap<String, String> {
    [fixtures("base"), root("examples")]
        .iter()
        .flat_map(|folder| {
            names(folder, ".yaml").into_iter().map(|name| {
                let file = folder.join(format!("{name}.yaml"));
                (
                    file.display().to_string(),
                    fs::read_to_string(file).unwrap(),
                )
            })
        })
        .collect()
}

#[test]
fn the_bases_and_examples_are_free_of_problems() {
    for (name, spec) in good_specs() {
        let example = name.contains("/examples/");
        let checked = Checked::new(spec);
        // A name of your own without a record, and six Elastic IP addresses, are worth a warning
        let meant = |diagnostic: &hagen::diagnostic::Diagnostic| {
            example && ["HGN3061", "HGN3096"].contains(&diagnostic.code.id)
        };
        assert!(
            checked.report.iter().all(meant),
            "{name}:\n{}",
            checked.shown()
        );
    }
}

/// The targets that there are.
const TARGETS: &[&str] = &["aws", "aliyun", "tencent", "huawei", "baremetal"];

/// `plan::build` cannot fail, so it must not on any spec that the rules accept, for any target that
/// it has. Two changes to a base reach corners that one does not.
#[test]
fn what_is_accepted_can_be_planned() {
    let fixtures: Vec<Fixture> = names(&fixtures("diagnostics"), ".yaml")
        .iter()
        .map(|name| {
            let file = fixtures("diagnostics").join(format!("{name}.yaml"));
            serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).expect(name)
        })
        .collect();
    let mut planned: BTreeMap<&str, usize> = BTreeMap::new();
    let mut build = |spec: String| -> bool {
        let Ok(source) = Source::parse("hagen.yaml", spec) else {
            return false;
        };
        let mut accepted = false;
        for target in TARGETS {
            let mut report = Report::default();
            if let Some(spec) = validate::check(&source, Some(target), &mut report)
                && !report.has_errors()
                && spec.targets.has(target)
            {
                let plan = hagen::plan::build(&spec, target);
                assert_eq!(
                    plan.control_plane().count(),
                    usize::from(spec.control_plane.count)
                );
                *planned.entry(target).or_default() += 1;
                accepted = true;
            }
        }
        accepted
    };
    for (_, spec) in good_specs() {
        build(spec);
    }
    // What is refused alone is refused with another change, too.
    let fixtures: Vec<Fixture> = fixtures
        .into_iter()
        .filter(|fixture| build(fixture.spec()))
        .collect();
    // A warning is no reason for kubeadm to refuse what is rendered.
    for fixture in &fixtures {
        let spec = fixture.spec();
        for (target, artifacts) in render_all(spec.clone()) {
            assert_eq!(kubeadm::faults(&artifacts), [""; 0], "{target}: {spec}");
        }
    }
    for (at, one) in fixtures.iter().enumerate() {
        let spec = one.spec();
        for other in fixtures[at + 1..]
            .iter()
            .filter(|other| other.base == one.base)
        {
            let replace = |spec: String, (old, new): &(String, String)| spec.replace(old, new);
            build(other.replace.iter().fold(spec.clone(), replace));
        }
    }
    for (target, least) in TARGETS.iter().zip([50, 12, 8, 8, 12]) {
        let planned = planned.get(target).copied().unwrap_or_default();
        assert!(planned >= least, "{target}: only {planned} were accepted");
    }
}

/// The rows of a table of rules: each rule, and what covers it.
fn rules(table: &str) -> Vec<(String, String)> {
    fs::read_to_string(fixtures(table))
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| rule"))
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [rule, covered] = cells.as_slice() else {
                panic!("{row}: two columns");
            };
            let codes = covered
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|word| word.starts_with("HGN"));
            for id in codes {
                assert!(find(id).is_some(), "{rule}: there is no {id}");
            }
            // Files of this crate are named in ticks.
            for file in ticked(covered) {
                if file.starts_with("providers/") || file.starts_with("tests/") {
                    assert!(root(file).is_file(), "{rule}: there is no {file}");
                }
            }
            ((*rule).to_owned(), (*covered).to_owned())
        })
        .collect()
}

/// What a good spec renders to, for its first target.
fn render(spec: String) -> ArtifactSet {
    let mut all = render_all(spec);
    assert!(!all.is_empty(), "a good spec has a target");
    all.swap_remove(0).1
}

/// What a good spec renders to, for each target that it has.
fn render_all(spec: String) -> Vec<(&'static str, ArtifactSet)> {
    let source = Source::parse("hagen.yaml", spec).unwrap_or_else(|bad| panic!("{}", bad.message));
    let mut all = Vec::new();
    for target in TARGETS {
        let mut report = Report::default();
        let spec = validate::check(&source, Some(target), &mut report).unwrap();
        if !spec.targets.has(target) || report.has_errors() {
            continue;
        }
        let plan = hagen::plan::build(&spec, target);
        let mut artifacts = ArtifactSet::default();
        let provider = hagen::provider::find(target).unwrap();
        provider.render(&plan, &mut artifacts);
        all.push((*target, artifacts));
    }
    all
}

/// What stands in ticks.
fn ticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The tables of what a cloud demands; those of one cloud alone are checked where they are there.
#[test]
fn the_tables_of_the_rules_of_clouds_name_codes_that_exist() {
    for (table, least) in [
        ("aws-rules.md", 15),
        ("cloud-rules.md", 30),
        ("aliyun-rules.md", 5),
        ("tencent-rules.md", 5),
        ("huawei-rules.md", 5),
        ("metallb-rules.md", 38),
        ("kube-vip-rules.md", 25),
    ] {
        let shared = ["aws-rules.md", "cloud-rules.md"].contains(&table);
        if !shared && !fixtures(table).is_file() {
            continue;
        }
        let rules = rules(table);
        for (rule, covered) in &rules {
            assert!(
                covered.contains("HGN") || covered.contains("fixed by hagen: "),
                "{table}: {rule}: neither a code nor fixed by hagen"
            );
        }
        assert!(rules.len() >= least, "{table}: {} rows", rules.len());
    }
}

/// What the reference about bare metal demands: a code, or where hagen cannot but do it, or why it is not
/// known here.
#[test]
fn the_table_of_the_rules_of_bare_metal_names_codes_and_files_that_exist() {
    let rules = rules("baremetal-rules.md");
    let mut named = BTreeSet::new();
    for (rule, covered) in &rules {
        let ways = ["held by construction: ", "not known here: "];
        assert!(
            covered.contains("HGN") || ways.iter().any(|way| covered.contains(way)),
            "{rule}: neither a code nor where it is held"
        );
        // What is held by construction is held somewhere.
        if let Some((_, held)) = covered.split_once("held by construction: ") {
            let mut files = ticked(held).filter(|text| text.contains('/'));
            let file = files
                .next()
                .unwrap_or_else(|| panic!("{rule}: held nowhere"));
            assert!(root(file).is_file(), "{rule}: there is no {file}");
        }
        let words = covered.split(|c: char| !c.is_ascii_alphanumeric());
        named.extend(words.filter(|word| word.starts_with("HGN")));
    }
    assert!(rules.len() >= 40, "{} rows", rules.len());
    for code in code::baremetal::ALL {
        assert!(named.contains(code.id), "no row names {}", code.id);
    }
}

/// A mistake in a good spec, and the code that catches it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    base: String,
    replace: Vec<(String, String)>,
    code: String,
}

/// Each mistake in a list is caught by the code beside it, and a good spec gives none of them.
#[test]
fn each_mistake_is_caught_by_its_code() {
    let files = names(&fixtures("mutations"), ".yaml");
    assert!(files.contains("cloud"), "{files:?}");
    let mut missed = Vec::new();
    for name in &files {
        let file = fixtures("mutations").join(format!("{name}.yaml"));
        let mutations: Vec<Mutation> =
            serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).expect(name);
        assert!(mutations.len() >= 25, "{name}: {}", mutations.len());
        let mut seen = BTreeSet::new();
        for (at, mutation) in mutations.into_iter().enumerate() {
            let one = (mutation.base.clone(), mutation.replace.clone());
            assert!(seen.insert(one), "{name}: number {} stands twice", at + 1);
            let fixture = Fixture {
                base: mutation.base,
                replace: mutation.replace,
                text: String::new(),
                also: BTreeSet::new(),
            };
            let checked = Checked::new(fixture.spec());
            if !checked.codes().contains(mutation.code.as_str()) {
                missed.push(format!(
                    "{name}: number {} does not give {}\n{}",
                    at + 1,
                    mutation.code,
                    checked.shown()
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn the_table_of_the_rules_of_kubeadm_names_codes_and_values_that_exist() {
    let mut rendered = String::new();
    for (_, spec) in good_specs() {
        for (_, text) in render(spec).iter() {
            rendered.push_str(text);
        }
    }
    let rules = rules("kubeadm-rules.md");
    for (rule, covered) in &rules {
        let unsaid = covered.contains("cannot be said in the spec: ");
        assert!(
            covered.contains("HGN") || unsaid,
            "{rule}: neither a code nor said why there is none"
        );
        assert!(
            !unsaid || covered.contains("tested by `tests/"),
            "{rule}: tested by nothing"
        );
        // What hagen writes is there to be read.
        if let Some((_, written)) = covered.split_once("hagen writes ") {
            let written = written.split(", tested by").next().unwrap();
            for value in ticked(written).filter(|value| !value.contains(".yaml")) {
                assert!(rendered.contains(value), "{rule}: nothing holds `{value}`");
            }
        }
        if covered.contains("hagen leaves it out") {
            let key = ticked(rule).next().unwrap();
            assert!(
                !rendered.contains(&format!("{key}:")),
                "{rule}: {key} is there"
            );
        }
    }
    assert!(rules.len() >= 60, "{} rows", rules.len());
}

/// What the rules assume of a turn is what is rendered: the last of three nodes waits sixteen
/// minutes, so a token for seventeen is long enough and one for sixteen is not.
#[test]
fn a_turn_is_as_long_as_the_rules_say() {
    let base = fs::read_to_string(fixtures("base/aws-internal.yaml")).unwrap();
    for (minutes, short) in [(16, true), (17, false)] {
        let secrets = format!("\nsecrets: {{ tokenLifetime: {minutes}m }}\ncontrolPlane");
        let checked = Checked::new(base.replace("\ncontrolPlane", &secrets));
        assert_eq!(
            checked.codes().contains("HGN2102"),
            short,
            "{}",
            checked.shown()
        );
    }
    let artifacts = render(base);
    let last = artifacts.get("cloud-init/cp-3.yaml").unwrap();
    let limit = last
        .lines()
        .find(|line| line.contains("HAGEN_TURN_LIMIT"))
        .unwrap();
    assert!(limit.contains("960"), "{limit}");
}

/// Versions that no spec says are ones that kubeadm and Kubernetes take.
#[test]
fn versions_in_the_data_files_are_supported_ones() {
    let facts = &*hagen::facts::kubernetes::KUBERNETES;
    let numbers = |version: &str| -> Vec<u32> {
        version
            .split(['.', '-'])
            .map(|part| part.parse().unwrap())
            .collect()
    };
    // Kubernetes 1.36 and later want 2.2 (containerd RELEASES.md).
    assert!(numbers(&facts.containerd.version) >= vec![2, 2]);
    for minor in &facts.minors {
        // kubeadm's MinExternalEtcdVersion; 3.7 has no way back to 3.6.
        let etcd = numbers(&minor.etcd);
        assert!(
            etcd >= vec![3, 5, 24] && etcd < vec![3, 7],
            "{}",
            minor.etcd
        );
        assert!(
            facts
                .etcd
                .iter()
                .any(|release| release.version == minor.etcd)
        );
        assert_eq!(minor.end_of_life.len(), 10, "{}", minor.end_of_life);
    }
}

/// A password that someone put into an address is refused, and not printed with the refusal: it
/// would end up in the log of a CI.
#[test]
fn credentials_in_an_address_are_never_shown() {
    let base = fs::read_to_string(fixtures("base/aws-internal.yaml")).unwrap();
    let address = "http://hagen:hunter2@proxy.example.com:3128";
    for lines in [
        format!("downloads: {{ proxy: \"{address}\" }}"),
        format!("downloads: {{ proxy: \"{address}\", prxy: 1 }}"),
        format!("downloads: {{ proxy: [\"{address}\"] }}"),
        format!("downloads: {{ \"{address}\": 1 }}"),
        format!("downloads: {{ noProxy: [\"{address}\"] }}"),
        format!("downloads: {{ systemRepository: \"{address}\" }}"),
        format!("downloads: {{ registryMirrors: {{ \"{address}\": \"{address}\" }} }}"),
        format!("secrets: {{ tokenLifetime: \"{address}\" }}"),
        format!("endpoint: {{ host: \"{address}\" }}"),
        format!("downloads: {{ proxy: \"{address}\" "),
        "downloads: { proxy: \"hagen:hunter2@proxy.example.com:3128\" }".to_owned(),
    ] {
        let checked =
            Checked::new(base.replace("\ncontrolPlane", &format!("\n{lines}\ncontrolPlane")));
        assert!(checked.report.has_errors(), "{lines}");
        let shown = checked.shown();
        assert!(!shown.contains("hunter2"), "{shown}");
        let body = ("hagen.yaml", checked.spec.as_str());
        let listed = json(&checked.report, checked.source.as_ref(), body);
        assert!(!listed.to_string().contains("hunter2"), "{listed}");
    }
}

/// A spec of many machines, which a rule that compares each with each would take minutes for.
#[test]
fn three_thousand_machines_are_checked_at_once() {
    let mut machines = String::new();
    for n in 0..3000 {
        let role = if n < 3 { "controlPlane" } else { "worker" };
        let address = format!("10.0.{}.{}", 16 * (n % 3) + n / 600, n / 3 % 200 + 10);
        writeln!(
            machines,
            "        - {{ name: node-{n}, role: {role}, address: {address}, zone: eu-west-1{} }}",
            ["a", "b", "c"][n % 3]
        )
        .unwrap();
    }
    let base = fs::read_to_string(fixtures("base/aws-by-address.yaml")).unwrap();
    let spec = base[..base.find("        - { name: cp-1").unwrap()]
        .replace("workers: { count: 2 }", "workers: { count: 2997 }")
        + &machines;
    let spec = spec.replace(
        "imageRepository",
        "podSubnets: [10.128.0.0/11]\n  imageRepository",
    );
    let source =
        Source::parse("hagen.yaml", spec).unwrap_or_else(|error| panic!("{}", error.message));
    // The best of three, for machines that are busy with something else.
    let took = (0..3)
        .map(|_| {
            let mut report = Report::default();
            let began = Instant::now();
            validate::check(&source, Some("aws"), &mut report);
            let took = began.elapsed();
            let found: Vec<&str> = report.iter().map(|problem| problem.code.id).collect();
            assert!(found.is_empty(), "{found:?}");
            took
        })
        .min()
        .unwrap();
    // Milliseconds when optimised; this is for debug builds.
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// As above, on one of the clouds whose rules are shared.
#[test]
fn three_thousand_machines_of_another_cloud_are_checked_at_once() {
    let base = fs::read_to_string(fixtures("base/cloud-huawei-existing.yaml")).unwrap();
    let mut spec = base[..base.find("        - { name: cp-1").unwrap()]
        .replace(
            "etcd: { external: { count: 3 } }",
            "workers: { count: 2997 }",
        )
        .replace("1.37.1", "1.37.1\n  podSubnets: [10.128.0.0/11]");
    for n in 0..3000 {
        let role = if n < 3 { "controlPlane" } else { "worker" };
        let address = format!("10.0.{}.{}", 16 * (n % 3) + n / 600, n / 3 % 200 + 11);
        writeln!(
            spec,
            "        - {{ name: node-{n}, role: {role}, address: {address} }}"
        )
        .unwrap();
    }
    let source =
        Source::parse("hagen.yaml", spec).unwrap_or_else(|error| panic!("{}", error.message));
    let took = (0..3)
        .map(|_| {
            let mut report = Report::default();
            let began = Instant::now();
            validate::check(&source, Some("huawei"), &mut report);
            let took = began.elapsed();
            let found: Vec<&str> = report.iter().map(|problem| problem.code.id).collect();
            assert!(found.is_empty(), "{found:?}");
            took
        })
        .min()
        .unwrap();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// As above, on bare metal.
#[test]
fn three_thousand_machines_on_bare_metal_are_checked_at_once() {
    let base = fs::read_to_string(fixtures("base/baremetal-kube-vip-small.yaml")).unwrap();
    let key = base.find("    sshAuthorizedKeys").unwrap();
    let mut spec = base[..base.find("      - { name: cp-1").unwrap()]
        .replace("cidr: 10.20.0.0/24", "cidr: 10.20.0.0/16")
        .replace("controlPlane: { count: 3 }", "workers: { count: 2997 }")
        .replace("1.37.1", "1.37.1\n  podSubnets: [10.128.0.0/11]");
    for n in 0..3000 {
        let role = if n < 3 { "controlPlane" } else { "worker" };
        writeln!(
            spec,
            "      - {{ name: node-{n}, role: {role}, address: 10.20.{}.{}, mac: \"52:54:00:00:{:02x}:{:02x}\" }}",
            n / 200 + 1,
            n % 200 + 10,
            n / 256,
            n % 256
        )
        .unwrap();
    }
    spec += &base[key..];
    let source =
        Source::parse("hagen.yaml", spec).unwrap_or_else(|error| panic!("{}", error.message));
    let took = (0..3)
        .map(|_| {
            let mut report = Report::default();
            let began = Instant::now();
            validate::check(&source, Some("baremetal"), &mut report);
            let took = began.elapsed();
            let found: Vec<&str> = report.iter().map(|problem| problem.code.id).collect();
            assert!(found.is_empty(), "{found:?}");
            took
        })
        .min()
        .unwrap();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// A private key that someone pasted is refused, and not printed with the refusal, in whatever form it stands
/// there.
#[test]
fn a_private_key_is_never_shown() {
    let base = fs::read_to_string(fixtures("base/baremetal-pair.yaml")).unwrap();
    let at = base.find("    sshAuthorizedKeys").unwrap();
    for lines in [
        "    sshAuthorizedKeys: [\"-----BEGIN OPENSSH PRIVATE KEY----- b3Blbn -----END OPENSSH PRIVATE KEY-----\"]\n",
        "    sshAuthorizedKeys:\n      - |\n        -----BEGIN OPENSSH PRIVATE KEY-----\n        b3Blbn\n        -----END OPENSSH PRIVATE KEY-----\n",
        "    sshAuthorizedKeys:\n      - >-\n        -----BEGIN RSA PRIVATE KEY-----\n        b3Blbn\n        -----END RSA PRIVATE KEY-----\n",
        "    sshAuthorizedKeys: [\"ssh-ed25519 -----BEGIN PRIVATE KEY-----b3Blbn\"]\n",
        "    sshAuthorizedKeys: \"-----BEGIN PRIVATE KEY-----b3Blbn\"\n",
        "    timeServers: [\"-----BEGIN PRIVATE KEY-----b3Blbn-----END PRIVATE KEY-----\"]\n",
    ] {
        let checked = Checked::new(format!("{}{lines}", &base[..at]));
        assert!(checked.report.has_errors(), "{lines}");
        let shown = checked.shown();
        assert!(!shown.contains("b3Blbn"), "{shown}");
        let body = ("hagen.yaml", checked.spec.as_str());
        let listed = json(&checked.report, checked.source.as_ref(), body);
        assert!(!listed.to_string().contains("b3Blbn"), "{listed}");
    }
}

#[test]
fn another_target_is_not_checked() {
    let base = fs::read_to_string(fixtures("base/aws-internal.yaml")).unwrap();
    let source = Source::parse("hagen.yaml", base.replace("vpc-0", "x-")).unwrap();
    for (target, errors) in [
        (None, true),
        (Some("aws"), true),
        (Some("aliyun"), false),
        (Some("baremetal"), false),
    ] {
        let mut report = Report::default();
        assert!(validate::check(&source, target, &mut report).is_some());
        assert_eq!(report.count(Severity::Error) > 0, errors, "{target:?}");
    }
}

/// Any of the texts.
fn word(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    proptest::sample::select(words).prop_map(Value::from)
}

/// Text of the form that a spec takes: printable, not empty.
fn any_text() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z0-9.:/-]{1,40}".prop_map(Value::from),
        "[ -~äß日本語🦀À]{1,40}".prop_map(Value::from),
        "[a-z]{60,300}".prop_map(Value::from),
    ]
}

fn cidr4() -> impl Strategy<Value = Value> {
    (any::<u32>(), 0..=32_u8).prop_map(|(address, prefix)| {
        ipnet::Ipv4Net::new_assert(address.into(), prefix)
            .trunc()
            .to_string()
            .into()
    })
}

fn cidr6() -> impl Strategy<Value = Value> {
    (any::<u128>(), 0..=128_u8).prop_map(|(address, prefix)| {
        ipnet::Ipv6Net::new_assert(address.into(), prefix)
            .trunc()
            .to_string()
            .into()
    })
}

fn cidrs() -> impl Strategy<Value = Value> {
    let near = word(&[
        "10.0.0.0/16",
        "10.244.0.0/16",
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/20",
        "172.16.0.0/12",
    ]);
    list(prop_oneof![cidr4(), cidr6(), near], 4)
}

fn cidrs4() -> impl Strategy<Value = Value> {
    list(cidr4(), 3)
}

fn address() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u32>().prop_map(|n| Value::from(std::net::Ipv4Addr::from(n).to_string())),
        (0..4096_u32)
            .prop_map(|n| Value::from(std::net::Ipv4Addr::from(0x0a00_0000 + n).to_string())),
    ]
}

fn count() -> impl Strategy<Value = Value> {
    prop_oneof![0..10_u16, Just(65535_u16), any::<u16>()].prop_map(Value::from)
}

fn list(item: impl Strategy<Value = Value>, most: usize) -> impl Strategy<Value = Value> {
    proptest::collection::vec(item, 0..=most).prop_map(Value::from)
}

/// A mapping of which each key is there or not; those before `required` always are.
fn mapping(
    fields: Vec<(&'static str, BoxedStrategy<Value>)>,
    required: usize,
) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .enumerate()
        .map(|(at, (key, strategy))| {
            // `weighted` takes no certainty.
            if at < required {
                return strategy.prop_map(move |value| (key, Some(value))).boxed();
            }
            proptest::option::weighted(0.6, strategy)
                .prop_map(move |value| (key, value))
                .boxed()
        })
        .collect();
    fields
        .prop_map(|fields| {
            fields
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .boxed()
}

fn zone() -> BoxedStrategy<Value> {
    prop_oneof![
        word(&["eu-west-1a", "eu-west-1b", "eu-west-1-lhr-1a", "euw1-az1"]),
        any_text()
    ]
    .boxed()
}

fn subnet(private: bool) -> BoxedStrategy<Value> {
    let near = word(&["10.0.0.0/20", "10.0.0.0/28", "10.0.16.0/20", "0.0.0.0/0"]);
    let mut fields = vec![
        ("zone", zone()),
        ("cidr", prop_oneof![cidr4(), near].boxed()),
        (
            "id",
            prop_oneof![word(&["subnet-01234567"]), any_text()].boxed(),
        ),
        ("ipv6Cidr", cidr6().boxed()),
    ];
    if private {
        fields.push(("apiAddress", address().boxed()));
    }
    mapping(fields, 2)
}

fn machines() -> BoxedStrategy<Value> {
    let machine = mapping(
        vec![
            ("name", any_text().boxed()),
            ("address", address().boxed()),
            ("role", word(&["controlPlane", "worker", "etcd"]).boxed()),
            (
                "instanceId",
                prop_oneof![word(&["i-01234567"]), any_text()].boxed(),
            ),
            ("zone", zone()),
        ],
        2,
    );
    let types = mapping(
        vec![
            (
                "controlPlane",
                prop_oneof![
                    word(&[
                        "m7i.large",
                        "t3.nano",
                        "m3.large",
                        "m7g.medium",
                        "a1.medium"
                    ]),
                    any_text()
                ]
                .boxed(),
            ),
            ("worker", any_text().boxed()),
            ("etcd", any_text().boxed()),
        ],
        1,
    );
    let image = prop_oneof![
        word(&["ubuntu-22.04", "ubuntu-24.04", "debian-12", "debian-13"]),
        any_text().prop_map(|ami| value!({ "ami": ami })),
    ];
    let provision = mapping(
        vec![
            ("image", image.boxed()),
            ("instanceTypes", types),
            (
                "diskSizes",
                mapping(
                    vec![
                        ("controlPlane", count().boxed()),
                        ("worker", count().boxed()),
                        ("etcd", count().boxed()),
                    ],
                    0,
                ),
            ),
            ("sshKey", any_text().boxed()),
        ],
        2,
    );
    prop_oneof![
        list(machine, 6).prop_map(|list| value!({ "existing": list })),
        provision.prop_map(|provision| value!({ "provision": provision })),
    ]
    .boxed()
}

/// The part of a spec for one of the clouds whose targets are alike.
fn cloud(name: &'static str) -> BoxedStrategy<Value> {
    let zone = || {
        prop_oneof![
            word(&[
                "cn-hangzhou-h",
                "ap-guangzhou-3",
                "cn-north-4a",
                "cn-north-4z",
                "h"
            ]),
            any_text()
        ]
        .boxed()
    };
    let id = || {
        let ids = word(&[
            "vsw-a1b2c3d4",
            "ins-a1b2c3d4",
            "01234567-89ab-cdef-0123-456789abcdef",
        ]);
        prop_oneof![ids, any_text()].boxed()
    };
    let near = || word(&["10.0.0.0/20", "10.0.0.0/28", "10.0.16.0/20", "0.0.0.0/0"]);
    let subnet = mapping(
        vec![
            ("zone", zone()),
            ("cidr", prop_oneof![cidr4(), near()].boxed()),
            ("id", id()),
            ("apiAddress", address().boxed()),
            ("nodeAddresses", prop_oneof![cidr4(), near()].boxed()),
        ],
        2,
    );
    let network = mapping(
        vec![
            (
                "cidr",
                prop_oneof![cidr4(), word(&["10.0.0.0/16", "0.0.0.0/0"])].boxed(),
            ),
            ("vpc", id()),
            ("subnets", list(subnet, 4).boxed()),
            ("nodeEgressCidrs", cidrs4().boxed()),
            ("natCidrs", cidrs4().boxed()),
        ],
        1,
    );
    let machine = mapping(
        vec![
            ("name", any_text().boxed()),
            ("address", address().boxed()),
            ("role", word(&["controlPlane", "worker", "etcd"]).boxed()),
            ("instanceId", id()),
            ("zone", zone()),
        ],
        2,
    );
    let types = || {
        mapping(
            vec![
                ("controlPlane", any_text().boxed()),
                ("worker", any_text().boxed()),
                ("etcd", any_text().boxed()),
            ],
            1,
        )
    };
    let image = prop_oneof![
        word(&[
            "ubuntu-22.04",
            "ubuntu-24.04",
            "debian-12",
            "rocky-9",
            "alinux-3"
        ]),
        any_text().prop_map(|id| value!({ "id": id })),
    ];
    let sizes = mapping(
        vec![
            ("controlPlane", count().boxed()),
            ("worker", count().boxed()),
            ("etcd", count().boxed()),
        ],
        0,
    );
    let provision = mapping(
        vec![
            ("image", image.boxed()),
            ("instanceTypes", types()),
            (
                "diskType",
                prop_oneof![word(&["cloud_essd", "CLOUD_BSSD", "SSD"]), any_text()].boxed(),
            ),
            ("diskSizes", sizes),
            ("sshKey", any_text().boxed()),
        ],
        3,
    );
    let machines = prop_oneof![
        list(machine, 6).prop_map(|list| value!({ "existing": list })),
        provision.prop_map(|provision| value!({ "provision": provision })),
    ];
    let mut fields = vec![
        (
            "region",
            prop_oneof![
                word(&[
                    "cn-hangzhou",
                    "ap-guangzhou",
                    "cn-north-4",
                    "cn-north-4a",
                    "new-1"
                ]),
                any_text()
            ]
            .boxed(),
        ),
        ("network", network),
        ("machines", machines.boxed()),
        (
            "dns",
            mapping(vec![("zone", any_text().boxed()), ("zoneId", id())], 1),
        ),
        ("controlPlaneSecurityGroup", id()),
        (
            "deletionProtection",
            any::<bool>().prop_map(Value::from).boxed(),
        ),
        (
            "tags",
            proptest::collection::btree_map("[ -~ä]{1,20}", "[ -~ä]{1,20}", 0..4)
                .prop_map(|tags: BTreeMap<String, String>| value!(tags))
                .boxed(),
        ),
    ];
    match name {
        "aliyun" => {
            let slb = vec![("masterZone", zone()), ("slaveZone", zone())];
            fields.push(("loadBalancer", word(&["nlb", "slb"]).boxed()));
            fields.push(("slb", mapping(slb, 0)));
        }
        "tencent" => {
            let clb = vec![
                ("slaType", any_text().boxed()),
                ("masterZone", zone()),
                ("slaveZone", zone()),
            ];
            fields.push(("clb", mapping(clb, 0)));
        }
        _ => fields.push(("elb", mapping(vec![("zones", list(zone(), 3).boxed())], 0))),
    }
    mapping(fields, 3)
}

/// A span of time of the form that timers take.
fn span() -> BoxedStrategy<Value> {
    prop_oneof![
        (0..30_u32).prop_map(|seconds| Value::from(format!("{seconds}s"))),
        word(&["0s", "9999m9999s", "1m", "255s", "256s"]),
    ]
    .boxed()
}

/// The part of a spec for bare metal.
fn baremetal() -> BoxedStrategy<Value> {
    let near = || {
        prop_oneof![
            (0..256_u32).prop_map(|n| Value::from(format!("10.20.0.{n}"))),
            word(&["fd00::1", "::ffff:10.20.0.9", "10.21.0.7"]),
            address(),
        ]
        .boxed()
    };
    let near4 = || {
        (0..256_u32)
            .prop_map(|n| Value::from(format!("10.20.0.{n}")))
            .boxed()
    };
    let name = || {
        let names = word(&["lb-1", "lb-2", "cp-1", "cp-2", "cp-3", "worker-1"]);
        prop_oneof![names, any_text()].boxed()
    };
    let names = || list(name(), 4).boxed();
    let count = |most: u32| (1..=most).prop_map(Value::from).boxed();
    let keepalived = || {
        mapping(
            vec![
                (
                    "virtualRouterId",
                    (0..=65535_u32).prop_map(Value::from).boxed(),
                ),
                ("advertInterval", span()),
                ("checkInterval", span()),
                ("checkFall", count(10)),
                ("authentication", any_text().boxed()),
            ],
            1,
        )
    };
    let haproxy = mapping(
        vec![
            ("keepalived", keepalived()),
            ("nodes", names()),
            ("checkInterval", span()),
            ("checkFall", count(10)),
            (
                "maxConnections",
                (1000..=1_000_000_u32).prop_map(Value::from).boxed(),
            ),
        ],
        1,
    );
    let nginx = mapping(vec![("keepalived", keepalived()), ("nodes", names())], 1);
    let bgp = mapping(
        vec![
            ("as", (0..70_000_u32).prop_map(Value::from).boxed()),
            (
                "peers",
                list(
                    mapping(
                        vec![
                            ("address", near4()),
                            ("as", (0..70_000_u32).prop_map(Value::from).boxed()),
                            ("multihop", any::<bool>().prop_map(Value::from).boxed()),
                        ],
                        2,
                    ),
                    3,
                )
                .boxed(),
            ),
            ("holdTime", span()),
            ("keepalive", span()),
        ],
        2,
    );
    let mode = prop_oneof![
        Just(value!("arp")),
        bgp.prop_map(|own| value!({ "bgp": own }))
    ];
    let kube_vip = mapping(
        vec![
            ("mode", mode.boxed()),
            ("leaseDuration", span()),
            ("renewDeadline", span()),
            ("retryPeriod", span()),
        ],
        0,
    );
    let interface = || prop_oneof![word(&["eth0", "lo", "0", "ens5f0np0"]), any_text()].boxed();
    let machine = mapping(
        vec![
            ("name", name()),
            ("address", near()),
            (
                "role",
                word(&["controlPlane", "worker", "etcd", "loadBalancer"]).boxed(),
            ),
            ("interface", interface()),
            (
                "mac",
                prop_oneof![
                    word(&["52:54:00:12:34:56", "01-00-00-00-00-00"]),
                    any_text()
                ]
                .boxed(),
            ),
            ("zone", prop_oneof![word(&["rack-a"]), any_text()].boxed()),
        ],
        2,
    );
    let network = mapping(
        vec![
            (
                "cidr",
                prop_oneof![cidr4(), word(&["10.20.0.0/24", "0.0.0.0/0"])].boxed(),
            ),
            ("gateway", near4()),
            ("nameservers", list(near4(), 3).boxed()),
            (
                "reserved",
                list(
                    prop_oneof![
                        any_text(),
                        cidr4(),
                        word(&["10.20.0.9-10.20.0.1", "0.0.0.0-255.255.255.255"])
                    ],
                    3,
                )
                .boxed(),
            ),
        ],
        2,
    );
    mapping(
        vec![
            ("network", network),
            ("virtualIp", near()),
            (
                "loadBalancer",
                prop_oneof![
                    haproxy.prop_map(|own| value!({ "haproxy": own })),
                    nginx.prop_map(|own| value!({ "nginx": own })),
                    kube_vip.prop_map(|own| value!({ "kubeVip": own })),
                ]
                .boxed(),
            ),
            ("machines", list(machine, 6).boxed()),
            ("interface", interface()),
            (
                "apiServerPort",
                (1..=65535_u16).prop_map(Value::from).boxed(),
            ),
            ("maxFailover", span()),
            ("sshAuthorizedKeys", list(any_text(), 2).boxed()),
            ("timeServers", list(any_text(), 2).boxed()),
        ],
        4,
    )
}

fn any_spec() -> BoxedStrategy<Value> {
    let kubernetes = mapping(
        vec![
            (
                "version",
                prop_oneof![
                    word(&["1.37.1", "1.37", "v1.36.0", "1.34.9", "99.0.0"]),
                    any_text()
                ]
                .boxed(),
            ),
            ("podSubnets", cidrs().boxed()),
            ("serviceSubnets", cidrs().boxed()),
            ("dnsDomain", any_text().boxed()),
            ("imageRepository", any_text().boxed()),
            ("packageRepository", any_text().boxed()),
            ("cloudProvider", word(&["none", "external"]).boxed()),
            (
                "cni",
                (any_text(), any_text())
                    .prop_map(
                        |(url, sha256)| value!({ "manifest": { "url": url, "sha256": sha256 } }),
                    )
                    .boxed(),
            ),
            ("anonymousAuth", any::<bool>().prop_map(Value::from).boxed()),
        ],
        1,
    );
    let endpoint = mapping(
        vec![
            (
                "host",
                prop_oneof![
                    word(&[
                        "api.example.com",
                        "::1",
                        "[::1]",
                        "1.2.3.4",
                        "a.cluster.local"
                    ]),
                    any_text()
                ]
                .boxed(),
            ),
            ("port", (1..=65535_u16).prop_map(Value::from).boxed()),
            ("exposure", word(&["internal", "internet"]).boxed()),
            ("allowedCidrs", cidrs().boxed()),
            ("pin", word(&["auto", "off"]).boxed()),
        ],
        0,
    );
    let network = mapping(
        vec![
            (
                "cidr",
                prop_oneof![cidr4(), word(&["10.0.0.0/16", "0.0.0.0/0"])].boxed(),
            ),
            ("vpc", any_text().boxed()),
            ("subnets", list(subnet(true), 4).boxed()),
            ("publicSubnets", list(subnet(false), 4).boxed()),
            ("nodeEgressCidrs", cidrs4().boxed()),
            ("natCidrs", cidrs4().boxed()),
        ],
        1,
    );
    let flag = || any::<bool>().prop_map(Value::from).boxed();
    let aws = mapping(
        vec![
            (
                "region",
                prop_oneof![
                    word(&["eu-west-1", "cn-north-1", "us-iso-east-1", "eu-west-1a"]),
                    any_text()
                ]
                .boxed(),
            ),
            ("network", network),
            ("machines", machines()),
            (
                "loadBalancer",
                mapping(
                    vec![
                        ("deletionProtection", flag()),
                        ("dualStack", flag()),
                        ("secondInternal", flag()),
                        ("controlPlaneSecurityGroup", any_text().boxed()),
                    ],
                    0,
                ),
            ),
            (
                "dns",
                any_text()
                    .prop_map(|zone| value!({ "zoneId": zone }))
                    .boxed(),
            ),
            (
                "tags",
                proptest::collection::btree_map("[ -~ä]{1,20}", "[ -~ä]{1,20}", 0..4)
                    .prop_map(|tags: BTreeMap<String, String>| value!(tags))
                    .boxed(),
            ),
        ],
        3,
    );
    let lifetime = || {
        prop_oneof![
            (0..3000_u32).prop_map(|minutes| Value::from(format!("{minutes}m"))),
            word(&["2h", "0m", "24h", "1h30m", "9999h9999m"]),
        ]
        .boxed()
    };
    let secrets = mapping(
        vec![
            (
                "mode",
                proptest::sample::select(vec![
                    value!("pinned"),
                    value!("tofu"),
                    value!({ "drop": "file" }),
                    value!({ "drop": "url" }),
                ])
                .boxed(),
            ),
            ("tokenLifetime", lifetime()),
            ("certificateKeyLifetime", lifetime()),
        ],
        0,
    );
    let source = || {
        prop_oneof![
            word(&[
                "mirror.example.com/a",
                "ghcr.io",
                "http://u:p@h:1",
                "10.0.0.5:80"
            ]),
            any_text()
        ]
    };
    let downloads = mapping(
        vec![
            ("airGapped", flag()),
            ("mirrors", word(&["none", "china"]).boxed()),
            (
                "proxy",
                prop_oneof![word(&["http://p:1"]), source()].boxed(),
            ),
            ("noProxy", list(prop_oneof![any_text(), cidr4()], 3).boxed()),
            ("systemRepository", source().boxed()),
            ("containerdRepository", source().boxed()),
            ("etcdRepository", source().boxed()),
            (
                "registryMirrors",
                proptest::collection::btree_map(
                    "[ -~ä]{1,20}|docker\\.io|quay\\.io",
                    source(),
                    0..4,
                )
                .prop_map(|mirrors: BTreeMap<String, Value>| value!(mirrors))
                .boxed(),
            ),
        ],
        0,
    );
    mapping(
        vec![
            ("apiVersion", word(&["hagen.dev/v1alpha1"]).boxed()),
            ("kind", word(&["Cluster"]).boxed()),
            ("name", any_text().boxed()),
            ("kubernetes", kubernetes),
            (
                "targets",
                mapping(
                    vec![
                        ("aws", aws),
                        ("aliyun", cloud("aliyun")),
                        ("tencent", cloud("tencent")),
                        ("huawei", cloud("huawei")),
                        ("baremetal", baremetal()),
                    ],
                    1,
                ),
            ),
            ("endpoint", endpoint),
            (
                "etcd",
                prop_oneof![
                    Just(value!("stacked")),
                    count().prop_map(|n| value!({ "external": { "count": n } }))
                ]
                .boxed(),
            ),
            (
                "controlPlane",
                mapping(vec![("count", count().boxed()), ("allowSingle", flag())], 0),
            ),
            ("workers", mapping(vec![("count", count().boxed())], 0)),
            ("secrets", secrets),
            ("downloads", downloads),
        ],
        5,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spec_whose_form_holds_is_accepted_or_refused(spec in any_spec()) {
        let text = serde_json::to_string_pretty(&spec).unwrap();
        let checked = Checked::new(text);
        let source = checked.source.as_ref().expect("JSON is YAML");
        let form: Vec<_> = checked.report.iter().filter(|problem| problem.code.id.starts_with("HGN1")).collect();
        prop_assert!(form.is_empty(), "{form:?}");
        for problem in checked.report.iter() {
            prop_assert!(problem.place.is_some() && !problem.cures.is_empty() && !problem.message.is_empty());
            // A tool puts the replacement where the place is, so the place has to be there.
            if let (Some(_), Some(Place::Value(path))) = (&problem.replacement, &problem.place) {
                prop_assert!(source.has(path), "{path}");
            }
        }
        prop_assert!(checked.report.is_empty() != (checked.shown().trim() != ""));
        json(&checked.report, Some(source), ("hagen.yaml", ""));
    }
}
