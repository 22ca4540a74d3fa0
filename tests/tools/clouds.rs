//! Each example for Alibaba Cloud, Tencent Cloud and Huawei Cloud: fmt, init and validate; then, with
//! providers that answer from a recorded schema, plan and its rules, apply, a second plan that finds
//! nothing to do, what user data became, and the tear-down of README.md.
//!
//! What a recorded provider cannot see (allowed texts, ranges, what replaces a resource) is in hagen's own
//! rules, and in [`super::cloud_rules`].

// Says loudly what was left out.
#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use hagen::facts::user_data::limit;
use hagen::provider::PROVIDERS;
use hagen::spec::{Cluster, Drop, Etcd, SecretsMode};
use serde_json::Value;

use super::cloud_rules;
use super::end_to_end::{FROM_THE_BUNDLE, list, placeholders};
use super::render::Rendered;
use super::terraform::{Folder, changes, recorded, text};
use super::{cloud_init, examples, offline, python, tool};

examples::each_example!(
    life,
    "needs Terraform: see tests/tools/README.md",
    aliyun = "aliyun",
    aliyun_slb = "aliyun-slb",
    aliyun_existing = "aliyun-existing",
    aliyun_internet = "aliyun-internet",
    aliyun_slb_existing = "aliyun-slb-existing",
    tencent = "tencent",
    tencent_existing = "tencent-existing",
    tencent_open = "tencent-open",
    tencent_mirrors = "tencent-mirrors",
    huawei = "huawei",
    huawei_existing = "huawei-existing",
    huawei_internet = "huawei-internet",
    huawei_mirrors = "huawei-mirrors",
);

/// Why something is left out.
const NOT_RECORDED: &str = "without recorded providers (HAGEN_RECORDED_PROVIDERS) nothing can be planned but in an account";

/// The target of an example: the first word of its name.
pub(crate) fn provider_of(name: &str) -> &'static str {
    let first = name.split('-').next().unwrap_or_default();
    PROVIDERS
        .iter()
        .map(|provider| provider.name())
        .find(|provider| *provider == first)
        .unwrap_or_else(|| panic!("{name} begins with no target"))
}

/// Fails when an example for one of these clouds is not in the list above.
#[test]
fn each_example_for_these_clouds_is_tested() {
    let mut found: Vec<String> = fs::read_dir(tool::root().join("examples"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".yaml").map(str::to_owned)
        })
        .filter(|name| {
            ["aliyun", "tencent", "huawei"]
                .iter()
                .any(|cloud| name.starts_with(cloud))
        })
        .collect();
    found.sort();
    let mut tested = EXAMPLES.to_vec();
    tested.sort_unstable();
    assert_eq!(found, tested);
}

fn life(name: &str) {
    life_on(provider_of(name), &examples::text(name));
}

/// One spec, every target.
#[test]
#[ignore = "needs Terraform and moto: see tests/tools/README.md"]
fn everywhere() {
    let spec = examples::text("everywhere");
    offline::plan_of("everywhere");
    for provider in PROVIDERS.iter().map(|provider| provider.name()) {
        // bare_metal.rs has what is without Terraform.
        if !["aws", "baremetal"].contains(&provider) {
            life_on(provider, &spec);
        }
    }
}

/// The whole life of a spec on a target.
fn life_on(provider: &'static str, spec_text: &str) {
    let spec = offline::spec(spec_text);
    let rendered = Rendered::on(provider, spec_text);
    rendered.write_secrets();
    let folder = Folder::of_other_cloud(&rendered.folder());
    folder.init();
    folder.succeed(&["validate", "-no-color"]);
    if !recorded() {
        assert!(env::var_os("CI").is_none(), "{NOT_RECORDED}");
        println!("{provider}: plan and apply are left out: {NOT_RECORDED}");
        return;
    }
    let plan = folder.plan(&[]);
    let found = cloud_rules::problems(provider, &spec, &plan);
    assert!(found.is_empty(), "{provider}:\n{}", found.join("\n"));
    folder.apply();
    let again = folder.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
    assert_eq!(again.code(), 0, "{provider}: {}", again.all());
    outputs(&spec, &folder.outputs());
    user_data(provider, &spec, &rendered, &folder);
    tear_down(provider, spec_text, &rendered, &folder);
}

/// People and other modules find the same names on every target.
fn outputs(spec: &Cluster, outputs: &Value) {
    for name in [
        "api_endpoint",
        "api_addresses",
        "api_load_balancer_id",
        "api_target_group_id",
    ] {
        assert!(
            outputs[name].is_object(),
            "there is no output {name}: {outputs}"
        );
    }
    let endpoint = text(&outputs["api_endpoint"]["value"]);
    let host = endpoint
        .strip_suffix(&format!(":{}", spec.endpoint.port))
        .unwrap();
    if let Some(own) = &spec.endpoint.host {
        assert_eq!(host, own);
    } else {
        assert_eq!(host, text(&outputs["api_dns_name"]["value"]));
    }
    assert!(
        !list(&outputs["api_addresses"]["value"]).is_empty(),
        "{outputs}"
    );
}

/// The finished cloud-init of each machine: what Terraform gave to the cloud, or would hand to a person.
fn finished(provider: &str, folder: &Folder) -> BTreeMap<String, String> {
    let state = folder.show(&[]);
    let resources = list(&state["values"]["root_module"]["resources"]);
    let kind = match provider {
        "aliyun" => "alicloud_instance",
        "tencent" => "tencentcloud_instance",
        _ => "huaweicloud_compute_instance",
    };
    let made: BTreeMap<String, String> = resources
        .iter()
        .filter(|resource| resource["type"] == kind)
        .map(|machine| {
            let data = text(&machine["values"]["user_data"]);
            let limit = limit(provider).unwrap();
            let bytes = STANDARD.decode(data).unwrap();
            assert!(
                limit.counted.of(bytes.len()) <= limit.limit_bytes,
                "{}: {} bytes of user data",
                machine["address"],
                bytes.len()
            );
            let mut out = String::new();
            GzDecoder::new(bytes.as_slice())
                .read_to_string(&mut out)
                .unwrap();
            (text(&machine["index"]).to_owned(), out)
        })
        .collect();
    if !made.is_empty() {
        return made;
    }
    let outputs = folder.outputs();
    let existing = outputs["cloud_init"]["value"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    existing
        .into_iter()
        .map(|(node, data)| (node, text(&data).to_owned()))
        .collect()
}

fn user_data(provider: &str, spec: &Cluster, rendered: &Rendered, folder: &Folder) {
    let all = finished(provider, folder);
    let members = match spec.etcd {
        Etcd::Stacked => 0,
        Etcd::External(etcd) => etcd.count,
    };
    let expected = spec.control_plane.count + spec.workers.count + members;
    assert_eq!(all.len(), usize::from(expected), "{:?}", all.keys());
    let secrets = rendered.secrets();
    let dropped = matches!(spec.secrets.mode, SecretsMode::Drop(_));
    let scratch = tempfile::tempdir().unwrap();
    let mut roles = BTreeSet::new();
    for (node, data) in &all {
        let open: BTreeSet<&str> = placeholders(data)
            .into_iter()
            .filter(|word| !(dropped && FROM_THE_BUNDLE.contains(word)))
            .collect();
        assert!(open.is_empty(), "{node}: {open:?} are still open");
        let environment = environment(data);
        let role = environment["HAGEN_ROLE"].clone();
        if role != "etcd" {
            endpoint_of(provider, spec, &role, &environment);
        }
        let token = text(&secrets["bootstrap_token"]);
        assert_eq!(
            data.contains(token),
            role != "etcd" && !dropped,
            "{node}: the bootstrap token"
        );
        if spec.secrets.mode == SecretsMode::Drop(Drop::Url) {
            assert!(data.contains("https://drop.example.com/"), "{node}");
        }
        if roles.insert(role) {
            let path = scratch.path().join(format!("{node}.yaml"));
            fs::write(&path, data).unwrap();
            cloud_init::schema(&path);
        }
    }
    assert!(roles.contains("first-control-plane"));
}

/// node.env of a document.
fn environment(data: &str) -> BTreeMap<String, String> {
    let read = python::read_yaml(data);
    let file = list(&read["write_files"])
        .iter()
        .find(|file| file["path"] == "/etc/hagen/node.env")
        .unwrap();
    text(&file["content"])
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

/// How a node finds the API server: by a name, and where no DNS has it, by addresses.
fn endpoint_of(provider: &str, spec: &Cluster, role: &str, environment: &BTreeMap<String, String>) {
    let host = &environment["HAGEN_ENDPOINT_HOST"];
    assert!(
        host.contains('.') && host.parse::<std::net::IpAddr>().is_err(),
        "{host}"
    );
    assert_eq!(
        environment["HAGEN_ENDPOINT_PORT"],
        environment["HAGEN_BIND_PORT"]
    );
    let wanted = if role == "worker" { "none" } else { "always" };
    assert_eq!(environment["HAGEN_PIN"], wanted, "{provider}: {role}");
    let record = match provider {
        "aliyun" => spec
            .targets
            .aliyun
            .as_ref()
            .is_some_and(|own| own.dns.is_some()),
        "tencent" => spec
            .targets
            .tencent
            .as_ref()
            .is_some_and(|own| own.dns.is_some()),
        _ => spec
            .targets
            .huawei
            .as_ref()
            .is_some_and(|own| own.dns.is_some()),
    };
    let resolved = spec.endpoint.host.is_none() || record;
    let hosts: Vec<&str> = environment["HAGEN_ENDPOINT_ADDRESSES"]
        .split_whitespace()
        .collect();
    assert_eq!(hosts.is_empty(), resolved, "{provider}: {hosts:?}");
    for address in hosts {
        assert!(address.parse::<std::net::IpAddr>().is_ok(), "{address}");
    }
    if role != "worker" {
        assert_eq!(
            environment["HAGEN_PEERS"].split_whitespace().count(),
            usize::from(spec.control_plane.count)
        );
    }
}

fn tear_down(provider: &str, spec_text: &str, rendered: &Rendered, folder: &Folder) {
    let refused = folder.destroy();
    assert_eq!(refused.code(), 1, "{provider}: {}", refused.all());
    assert!(
        refused.all().contains("prevent_destroy"),
        "{}",
        refused.all()
    );
    rendered.again(&unprotected(provider, spec_text));
    folder.apply_known();
    let answer = folder.destroy();
    assert!(answer.status.success(), "destroy: {}", answer.all());
    assert_eq!(folder.succeed(&["state", "list"]), "");
}

/// The spec with the protection off, as README.md says.
fn unprotected(provider: &str, spec: &str) -> String {
    let own = format!("\n  {provider}:\n");
    assert!(spec.contains(&own), "{spec}");
    spec.replace(&own, &format!("{own}    deletionProtection: false\n"))
}

/// Two nodes more are two machines more, registered beside the others; nothing that runs is touched.
#[test]
#[ignore = "needs Terraform: see tests/tools/README.md"]
fn more_control_plane_nodes_touch_no_other() {
    if !recorded() {
        assert!(env::var_os("CI").is_none(), "{NOT_RECORDED}");
        println!("left out: {NOT_RECORDED}");
        return;
    }
    for name in ["aliyun", "aliyun-slb", "tencent", "huawei"] {
        let provider = provider_of(name);
        let spec_text = examples::text(name);
        let rendered = Rendered::on(provider, &spec_text);
        rendered.write_secrets();
        let folder = Folder::of_other_cloud(&rendered.folder());
        folder.init();
        folder.apply();
        let more = spec_text.replace("controlPlane: { count: 3 }", "controlPlane: { count: 5 }");
        assert_ne!(more, spec_text);
        rendered.again(&more);
        let changed = changes(&folder.plan(&[]));
        let (added, others): (Vec<_>, Vec<_>) =
            changed.iter().partition(|(_, actions)| actions == "create");
        let new = |address: &str| address.contains("\"cp-4\"") || address.contains("\"cp-5\"");
        assert!(
            added.iter().all(|(address, _)| new(address)) && added.len() >= 2,
            "{name}: {added:?}"
        );
        // Tencent's attachment holds all targets, and gets two more.
        let others: Vec<&str> = others.iter().map(|(address, _)| address.as_str()).collect();
        let wanted: &[&str] = match provider {
            "tencent" => &["tencentcloud_clb_attachment.api"],
            _ => &[],
        };
        assert_eq!(others, wanted, "{name}");
    }
}

/// The rules themselves: a good plan with one thing wrong must not pass.
#[test]
#[ignore = "needs Terraform: see tests/tools/README.md"]
fn the_rules_of_these_clouds_see_what_is_wrong() {
    if !recorded() {
        assert!(env::var_os("CI").is_none(), "{NOT_RECORDED}");
        println!("left out: {NOT_RECORDED}");
        return;
    }
    for name in ["aliyun", "aliyun-slb", "tencent", "tencent-open", "huawei"] {
        let provider = provider_of(name);
        let spec_text = examples::text(name);
        let spec = offline::spec(&spec_text);
        let rendered = Rendered::on(provider, &spec_text);
        rendered.write_secrets();
        let folder = Folder::of_other_cloud(&rendered.folder());
        folder.init();
        let plan = folder.plan(&[]);
        let judge = |plan: &Value| cloud_rules::problems(provider, &spec, plan);
        assert_eq!(judge(&plan), [""; 0], "{name}");
        let mut seen = 0;
        for wrong in cloud_rules::each_wrong(provider, &spec, &plan) {
            let (what, plan) = wrong;
            assert!(!judge(&plan).is_empty(), "{name}: {what} passes");
            seen += 1;
        }
        assert!(seen > 15, "{name}: only {seen} mistakes were made");
    }
}
