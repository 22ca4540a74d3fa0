//! Each example against an AWS of its own: apply, a second plan that finds nothing to do, what
//! is really there, and the tear-down that README.md of the output describes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use hagen::spec::{AwsMachines, Cluster, Drop, Etcd, SecretsMode};
use serde_json::Value;

use super::aws::Aws;
use super::examples::{self, each_example};
use super::offline;
use super::render::Rendered;
use super::terraform::{Folder, changes, text};
use super::tool;

each_example!(life, "needs Terraform and moto: see tests/tools/README.md");

fn life(name: &str) {
    let aws = Aws::start();
    let spec_text = aws.prepare(&examples::text(name));
    let spec = offline::spec(&spec_text);
    let before = aws.read();
    let rendered = Rendered::new(&spec_text);
    rendered.write_secrets();
    let folder = Folder::new(&rendered.folder(), &aws.endpoint());
    folder.init();
    folder.apply();
    second_plan(name, &folder);
    let there = aws.read();
    load_balancers(&spec, &there, &folder.outputs());
    machines(&spec, &there, &rendered.secrets());
    record(&spec, &there);
    if ["aws", "aws-external-etcd"].contains(&name) {
        machines_made_anew(&spec, &folder);
    }
    tear_down(&spec, &spec_text, &rendered, &folder);
    let after = aws.read();
    for kind in [
        "loadBalancers",
        "targetGroups",
        "addresses",
        "records",
        "vpcs",
        "volumes",
        "networkInterfaces",
    ] {
        assert_eq!(count(&after, kind), count(&before, kind), "{kind} are left");
    }
    assert_eq!(count(&after, "instances"), count(&before, "instances"));
}

fn count(there: &Value, kind: &str) -> usize {
    list(&there[kind]).len()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Nothing is left to change, but for what moto gets wrong: moto-differences.yaml lists it, and
/// what is listed must still occur.
fn second_plan(name: &str, folder: &Folder) {
    // Exit code 2 is "something to change"; only then is it worth reading what.
    let answer = folder.run(&[
        "plan",
        "-input=false",
        "-no-color",
        "-detailed-exitcode",
        "-out=test.tfplan",
    ]);
    assert!([0, 2].contains(&answer.code()), "{}", answer.all());
    let plan = if answer.code() == 0 {
        Value::Null
    } else {
        folder.show(&["test.tfplan"])
    };
    let mut found = BTreeSet::new();
    for (address, actions) in changes(&plan) {
        let change = list(&plan["resource_changes"])
            .iter()
            .find(|change| change["address"] == address.as_str())
            .unwrap();
        let (before, after) = (&change["change"]["before"], &change["change"]["after"]);
        let fields = after.as_object().into_iter().flatten();
        let differ: Vec<String> = fields
            .filter(|(key, value)| before[key.as_str()] != **value)
            .map(|(key, _)| format!("{address}: {key} ({actions})"))
            .collect();
        if differ.is_empty() {
            found.insert(format!("{address}: ({actions})"));
        }
        found.extend(differ);
    }
    let known = fs::read_to_string(tool::folder().join("moto-differences.yaml")).unwrap();
    let known: BTreeMap<String, BTreeMap<String, String>> = serde_saphyr::from_str(&known).unwrap();
    let known: BTreeSet<String> = known
        .get(name)
        .map(|listed| listed.keys().cloned().collect())
        .unwrap_or_default();
    assert_eq!(found, known, "{name}: the second plan is not as listed");
}

/// A machine that is made anew starts when the old one is gone, which holds its network interface
/// until then; its address, its data and its registration stay.
fn machines_made_anew(spec: &Cluster, folder: &Folder) {
    let mut machines = vec!["aws_instance.control_plane[\"cp-2\"]"];
    if let Etcd::External(_) = spec.etcd {
        machines.push("aws_instance.etcd[\"etcd-2\"]");
    }
    for machine in machines {
        let replace = format!("-replace={machine}");
        folder.succeed(&[
            "plan",
            "-input=false",
            "-no-color",
            &replace,
            "-out=replace.tfplan",
        ]);
        let plan = folder.show(&["replace.tfplan"]);
        let mut changed = changes(&plan);
        let at = changed.iter().position(|(address, _)| address == machine);
        let (_, actions) = changed.remove(at.unwrap());
        assert_eq!(actions, "delete create", "{machine}");
        // Only a volume has to be attached to the new machine.
        for (address, actions) in changed {
            assert!(
                address.starts_with("aws_volume_attachment.etcd[\"etcd-2\"]"),
                "{machine}: {address} ({actions})"
            );
        }
    }
}

/// The load balancers as AWS has them.
fn load_balancers(spec: &Cluster, there: &Value, outputs: &Value) {
    let target = spec.targets.aws.as_ref().unwrap();
    let port = spec.endpoint.port;
    let balancers = list(&there["loadBalancers"]);
    let names: Vec<&str> = balancers.iter().map(|one| text(&one["DNSName"])).collect();
    assert!(names.contains(&text(&outputs["api_dns_name"]["value"])));
    let endpoint = text(&outputs["api_endpoint"]["value"]);
    let host = endpoint.strip_suffix(&format!(":{port}")).unwrap();
    match &spec.endpoint.host {
        Some(own) => assert_eq!(host, own),
        None => assert_eq!(host, text(&outputs["api_dns_name"]["value"])),
    }
    for balancer in balancers {
        let protected = target.load_balancer.deletion_protection.to_string();
        let attributes = &balancer["Attributes"];
        assert_eq!(text(&attributes["deletion_protection.enabled"]), protected);
        assert_eq!(
            text(&attributes["load_balancing.cross_zone.enabled"]),
            "true"
        );
        assert_eq!(list(&balancer["SecurityGroups"]).len(), 1);
        let [listener] = list(&balancer["Listeners"]) else {
            panic!("one listener: {balancer}");
        };
        assert_eq!(listener["Port"], port);
        assert_eq!(listener["Protocol"], "TCP");
        let wanted = &target.tags;
        let tags = list(&there["tags"][text(&balancer["LoadBalancerArn"])]);
        for (key, value) in wanted {
            assert!(
                tags.iter()
                    .any(|tag| tag["Key"] == key.as_str() && tag["Value"] == value.as_str()),
                "the tag {key} is not {value:?}: {tags:?}"
            );
        }
    }
    for group in list(&there["targetGroups"]) {
        let attributes = &group["Attributes"];
        for (name, value) in [
            ("preserve_client_ip.enabled", "false"),
            (
                "target_health_state.unhealthy.connection_termination.enabled",
                "false",
            ),
            (
                "deregistration_delay.connection_termination.enabled",
                "true",
            ),
            ("deregistration_delay.timeout_seconds", "60"),
        ] {
            assert_eq!(text(&attributes[name]), value, "{name}");
        }
        let (protocol, path) = if spec.kubernetes.anonymous_auth {
            ("HTTPS", Some("/readyz"))
        } else {
            ("TCP", None)
        };
        assert_eq!(group["HealthCheckProtocol"], protocol);
        assert_eq!(group["HealthCheckPath"].as_str(), path);
        targets(spec, there, group);
    }
}

/// Every control-plane node is registered, once, with the API server's port.
fn targets(spec: &Cluster, there: &Value, group: &Value) {
    let target = spec.targets.aws.as_ref().unwrap();
    let wanted: BTreeSet<String> = match &target.machines {
        AwsMachines::Existing(machines) => machines
            .iter()
            .filter(|one| one.role == hagen::spec::MachineRole::ControlPlane)
            .map(|one| {
                one.instance_id
                    .clone()
                    .unwrap_or_else(|| one.address.to_string())
            })
            .collect(),
        AwsMachines::Provision(_) => list(&there["instances"])
            .iter()
            .filter(|one| name_of(one).contains("-cp-"))
            .map(|one| text(&one["PrivateIpAddress"]).to_owned())
            .collect(),
    };
    let is: BTreeSet<String> = list(&group["Targets"])
        .iter()
        .map(|one| {
            assert_eq!(one["Target"]["Port"], spec.endpoint.port);
            text(&one["Target"]["Id"]).to_owned()
        })
        .collect();
    assert_eq!(is, wanted);
    assert_eq!(is.len(), usize::from(spec.control_plane.count));
}

fn name_of(instance: &Value) -> &str {
    list(&instance["Tags"])
        .iter()
        .find(|tag| tag["Key"] == "Name")
        .map_or("", |tag| text(&tag["Value"]))
}

/// The machines that were made: user data that fits and is finished, zones that are even.
fn machines(spec: &Cluster, there: &Value, secrets: &Value) {
    let target = spec.targets.aws.as_ref().unwrap();
    let AwsMachines::Provision(_) = &target.machines else {
        return;
    };
    let mut zones: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let instances = list(&there["instances"]);
    let members = match spec.etcd {
        Etcd::Stacked => 0,
        Etcd::External(etcd) => etcd.count,
    };
    let expected = spec.control_plane.count + spec.workers.count + members;
    assert_eq!(instances.len(), usize::from(expected));
    for instance in instances {
        let name = name_of(instance);
        let zone = text(&instance["Placement"]["AvailabilityZone"]);
        *zones.entry((zone, kind_of(name))).or_default() += 1;
        let data = &instance["UserData"];
        assert!(
            data["bytes"].as_u64().unwrap() <= 16_384,
            "{name}: {} bytes of user data",
            data["bytes"]
        );
        finished(spec, name, text(&data["text"]), there, secrets);
    }
    for kind in ["cp", "worker", "etcd"] {
        let counts: Vec<usize> = target
            .network
            .subnets
            .iter()
            .map(|subnet| {
                let key = (subnet.zone.as_str(), kind);
                zones.get(&key).copied().unwrap_or_default()
            })
            .collect();
        let (least, most) = (counts.iter().min(), counts.iter().max());
        assert!(most.unwrap() - least.unwrap() <= 1, "{zones:?}");
    }
}

/// `cp`, `worker` or `etcd`, from a machine's name.
fn kind_of(name: &str) -> &'static str {
    ["cp", "worker", "etcd"]
        .into_iter()
        .find(|kind| name.contains(&format!("-{kind}-")))
        .unwrap_or_else(|| panic!("{name} is of no kind"))
}

/// Every word that hagen left open was filled in, and the secrets are where they belong.
fn finished(spec: &Cluster, name: &str, data: &str, there: &Value, secrets: &Value) {
    // What bootstrap.sh finds out itself, and its own variables, which are no placeholders.
    let left = placeholders(data);
    let dropped = matches!(spec.secrets.mode, SecretsMode::Drop(_));
    let left: BTreeSet<&str> = left
        .into_iter()
        .filter(|word| !(dropped && FROM_THE_BUNDLE.contains(word)))
        .collect();
    assert!(left.is_empty(), "{name}: {left:?} are still open");
    let kind = kind_of(name);
    let in_data = |key: &str| {
        let secret = secrets[key].as_str();
        secret.is_some_and(|secret| data.contains(secret) || data.contains(&base64(secret)))
    };
    let pinned = spec.secrets.mode == SecretsMode::Pinned;
    let external = matches!(spec.etcd, Etcd::External(_)) && !dropped;
    let first = name.ends_with("-cp-1");
    for (key, wanted) in [
        ("bootstrap_token", kind != "etcd" && !dropped),
        ("certificate_key", kind == "cp" && !dropped),
        ("cluster_ca_certificate", kind != "etcd" && pinned),
        ("cluster_ca_key", first && pinned),
        ("etcd_ca_certificate", external && (first || kind == "etcd")),
        ("etcd_client_key", external && first),
    ] {
        assert_eq!(in_data(key), wanted, "{name}: {key}");
    }
    for (member, leaf) in secrets["etcd_members"].as_object().into_iter().flatten() {
        let own = external && name.ends_with(&format!("-{member}"));
        assert_eq!(
            data.contains(&base64(text(&leaf["key"]))),
            own,
            "{name}: {member}"
        );
    }
    if matches!(spec.secrets.mode, SecretsMode::Drop(Drop::Url)) {
        assert!(data.contains("https://drop.example.com/"), "{name}");
    }
    if kind == "etcd" {
        return;
    }
    let balancers = list(&there["loadBalancers"]);
    let known = balancers
        .iter()
        .filter(|one| data.contains(text(&one["DNSName"])))
        .count();
    match &spec.endpoint.host {
        Some(host) if balancers.len() == 1 => assert!(data.contains(host.as_str()), "{name}"),
        _ => assert!(known > 0, "{name} does not know the load balancer"),
    }
    if first {
        assert_eq!(
            known,
            balancers.len(),
            "{name}: a name is not in the certificate"
        );
    }
}

/// Words that stay where secrets come later: the script puts them in.
pub(crate) const FROM_THE_BUNDLE: &[&str] = &[
    "HAGEN_BOOTSTRAP_TOKEN",
    "HAGEN_CERTIFICATE_KEY",
    "HAGEN_CA_CERTIFICATE_BASE64",
];

/// Words in capitals that begin with HAGEN_ and are neither variables of the script nor what the
/// machine finds out itself.
pub(crate) fn placeholders(data: &str) -> BTreeSet<&str> {
    const FOUND_AT_BOOT: [&str; 2] = ["HAGEN_NODE_ADDRESS", "HAGEN_NODE_PROVIDER_ID"];
    // The script names the words that it puts in itself.
    let (before, after) = data
        .split_once("path: /usr/local/lib/hagen/bootstrap.sh")
        .unwrap();
    let after = after.split_once("  - path: ").unwrap().1;
    let mut found = BTreeSet::new();
    for part in [before, after] {
        let words =
            part.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        found.extend(
            words
                .filter(|word| word.starts_with("HAGEN_") && !FOUND_AT_BOOT.contains(word))
                // A variable of node.env.
                .filter(|word| !part.contains(&format!("\n      {word}='"))),
        );
    }
    found
}

pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The record leads to the load balancer.
fn record(spec: &Cluster, there: &Value) {
    let target = spec.targets.aws.as_ref().unwrap();
    if target.dns.is_none() {
        return;
    }
    let host = format!("{}.", spec.endpoint.host.as_deref().unwrap());
    let record = list(&there["records"])
        .iter()
        .find(|record| record["Name"] == host.as_str())
        .unwrap();
    let leads_to = text(&record["AliasTarget"]["DNSName"]).trim_end_matches('.');
    assert!(
        list(&there["loadBalancers"])
            .iter()
            .any(|one| text(&one["DNSName"]) == leads_to)
    );
}

/// Protected, it cannot be destroyed; unprotected by the spec and applied, it can.
fn tear_down(spec: &Cluster, spec_text: &str, rendered: &Rendered, folder: &Folder) {
    let target = spec.targets.aws.as_ref().unwrap();
    if target.load_balancer.deletion_protection {
        let refused = folder.destroy();
        assert_eq!(refused.code(), 1);
        assert!(
            refused.all().contains("prevent_destroy"),
            "{}",
            refused.all()
        );
        rendered.again(&unprotected(spec_text));
        folder.apply_known();
    }
    let answer = folder.destroy();
    assert!(answer.status.success(), "destroy: {}", answer.all());
    assert_eq!(folder.succeed(&["state", "list"]), "");
}

/// The spec with the protection off.
pub(crate) fn unprotected(spec: &str) -> String {
    let off = "loadBalancer: { deletionProtection: false";
    let text = if spec.contains("loadBalancer: {") {
        spec.replace("loadBalancer: {", &format!("{off},"))
    } else {
        spec.replace(
            "\n    machines:\n",
            &format!("\n    {off} }}\n    machines:\n"),
        )
    };
    assert!(text.contains("deletionProtection: false"));
    text
}
