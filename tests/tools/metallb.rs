//! MetalLB's resources against the CRDs of the pinned version (metallb-0.16.1.json has their schemas), read as kubectl
//! reads them, and the script that applies them, with a stand-in for kubectl.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::examples;
use super::python;
use super::render::Rendered;
use super::tool::{self, Answer};

/// What hagen may write; the API has more, which is MetalLB's own to write, or of old versions.
const KINDS: &[&str] = &[
    "metallb.io/v1beta1/IPAddressPool",
    "metallb.io/v1beta1/L2Advertisement",
    "metallb.io/v1beta1/BGPAdvertisement",
    "metallb.io/v1beta1/BFDProfile",
    "metallb.io/v1beta1/Community",
    "metallb.io/v1beta2/BGPPeer",
];

/// The examples with MetalLB.
fn with_metallb() -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(tool::root().join("examples"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".yaml").map(str::to_owned)
        })
        .filter(|name| examples::text(name).contains("\n      metallb:\n"))
        .collect();
    found.sort();
    found
}

fn kubectl() -> String {
    tool::program("HAGEN_KUBECTL", "kubectl", "install kubectl 1.27 or newer")
}

/// What a kustomization makes, as kubectl prints it.
fn kustomized(folder: &Path) -> Vec<Value> {
    let printed = tool::succeed(&kubectl(), ["kustomize", folder.to_str().unwrap()]);
    match python::read_yaml(&printed) {
        Value::Array(documents) => documents,
        one => vec![one],
    }
}

/// What is wrong with each of some resources by the CRDs; a field that is not in them is wrong, too.
fn problems(resources: &[Value]) -> Vec<String> {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("resources.json");
    fs::write(&file, serde_json::to_string(resources).unwrap()).unwrap();
    let script = "import json, jsonschema, sys\n\
                  schemas = json.load(open(sys.argv[1]))['schemas']\n\
                  def strict(node):\n\
                  \x20   if isinstance(node, dict):\n\
                  \x20       if node.get('properties'): node.setdefault('additionalProperties', False)\n\
                  \x20       for value in list(node.values()): strict(value)\n\
                  \x20   elif isinstance(node, list):\n\
                  \x20       for value in node: strict(value)\n\
                  strict(schemas)\n\
                  found = []\n\
                  for one in json.load(open(sys.argv[2])):\n\
                  \x20   kind = one['apiVersion'] + '/' + one['kind']\n\
                  \x20   if kind not in schemas:\n\
                  \x20       found.append(kind + ': not in the API'); continue\n\
                  \x20   for error in jsonschema.Draft202012Validator(schemas[kind]).iter_errors(one):\n\
                  \x20       found.append(f'{kind}: {error.json_path}: {error.message[:200]}')\n\
                  print(json.dumps(found))";
    let python = python::interpreter(&["jsonschema"]);
    let schema = tool::folder().join("metallb-0.16.1.json");
    let arguments = [
        "-c",
        script,
        schema.to_str().unwrap(),
        file.to_str().unwrap(),
    ];
    serde_json::from_str(&tool::succeed(&python, arguments)).unwrap()
}

#[test]
#[ignore = "needs kubectl and Python with jsonschema: see tests/tools/README.md"]
fn resources_are_what_the_crds_take() {
    let mut kinds = std::collections::BTreeSet::new();
    let names = with_metallb();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        let rendered = Rendered::on("baremetal", &examples::text(&name));
        let folder = rendered.folder().join("manifests/metallb/config");
        let resources = kustomized(&folder);
        assert_eq!(problems(&resources), [""; 0], "{name}");
        for one in &resources {
            let kind = format!("{}/{}", one["apiVersion"], one["kind"]).replace('"', "");
            assert!(KINDS.contains(&kind.as_str()), "{name}: {kind}");
            assert_eq!(
                one["metadata"]["namespace"], "metallb-system",
                "{name}: {kind}"
            );
            kinds.insert(kind);
            explicit(one);
        }
        references(&resources);
        // Every file is in the kustomization, and none that is not there.
        let listed =
            python::read_yaml(&fs::read_to_string(folder.join("kustomization.yaml")).unwrap());
        let mut listed: Vec<&str> = listed["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap())
            .collect();
        listed.push("kustomization.yaml");
        listed.sort_unstable();
        let mut there: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        assert_eq!(listed, there, "{name}");
    }
    // The examples have all that hagen writes.
    assert_eq!(kinds.len(), KINDS.len(), "{kinds:?}");
}

/// Nothing is left to a default that means everything.
fn explicit(one: &Value) {
    let filled = |key: &str| {
        let list = one["spec"][key].as_array();
        assert!(list.is_some_and(|list| !list.is_empty()), "{key} of {one}");
    };
    match one["kind"].as_str().unwrap() {
        "L2Advertisement" => filled("ipAddressPools"),
        "BGPAdvertisement" => {
            filled("ipAddressPools");
            filled("peers");
        }
        "IPAddressPool" => {
            assert!(
                one["spec"]["autoAssign"].is_boolean() && one["spec"]["avoidBuggyIPs"].is_boolean()
            );
        }
        "BGPPeer" => assert!(one["spec"].get("password").is_none(), "{one}"),
        _ => {}
    }
}

/// Names that MetalLB would ignore when they are not there.
fn references(resources: &[Value]) {
    let there = |kind: &str, name: &Value| {
        resources
            .iter()
            .any(|one| one["kind"] == kind && one["metadata"]["name"] == *name)
    };
    for one in resources {
        for (key, kind) in [("ipAddressPools", "IPAddressPool"), ("peers", "BGPPeer")] {
            for name in one["spec"][key].as_array().into_iter().flatten() {
                assert!(there(kind, name), "{name} of {one}");
            }
        }
        if let Some(name) = one["spec"].get("bfdProfile") {
            assert!(there("BFDProfile", name), "{name} of {one}");
        }
    }
}

/// The check sees what the API server would refuse.
#[test]
#[ignore = "needs kubectl and Python with jsonschema: see tests/tools/README.md"]
fn a_wrong_field_is_noticed() {
    let rendered = Rendered::on("baremetal", &examples::text("baremetal-metallb-bgp"));
    let good = kustomized(&rendered.folder().join("manifests/metallb/config"));
    assert_eq!(problems(&good), [""; 0]);
    let change = |kind: &str, key: &str, value: Value| {
        let mut resources = good.clone();
        let one = resources
            .iter_mut()
            .find(|one| one["kind"] == kind)
            .unwrap();
        one["spec"][key] = value;
        resources
    };
    for (resources, word) in [
        (
            change("IPAddressPool", "autoAsign", json!(true)),
            "autoAsign",
        ),
        (
            change("BGPAdvertisement", "localpref", json!(100)),
            "localpref",
        ),
        (change("BGPPeer", "peerPort", json!(20179)), "peerPort"),
        (change("BGPPeer", "peerASN", json!("64513")), "peerASN"),
        (
            change("BFDProfile", "detectMultiplier", json!(1)),
            "detectMultiplier",
        ),
        (
            change("Community", "communities", json!([{ "alias": "a" }])),
            "alias",
        ),
        // Of a version to come.
        (
            change("IPAddressPool", "preferredNodeSelectors", json!([])),
            "preferredNodeSelectors",
        ),
    ] {
        let found = problems(&resources);
        assert!(
            found.iter().any(|one| one.contains(word)),
            "{word}: {found:?}"
        );
    }
    let mut old = good;
    let peer = old.iter_mut().find(|one| one["kind"] == "BGPPeer").unwrap();
    peer["apiVersion"] = json!("metallb.io/v1alpha1");
    assert!(!problems(&old).is_empty());
}

/// Upstream's manifest, as far as the patch touches it: its speaker has these arguments.
const STAND_IN: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata: { name: speaker, namespace: metallb-system }
spec:
  selector: { matchLabels: { app: metallb, component: speaker } }
  template:
    metadata: { labels: { app: metallb, component: speaker } }
    spec:
      containers:
        - name: speaker
          image: quay.io/metallb/speaker:v0.16.1
          args: [--port=9120, --log-level=info]
";

/// An example without its workers.
fn without_workers(name: &str) -> String {
    let text = examples::text(name);
    let lines = text.lines().filter(|line| !line.contains("role: worker"));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    text.replace("workers: { count: 3 }", "workers: { count: 0 }")
}

#[test]
#[ignore = "needs kubectl and Python: see tests/tools/README.md"]
fn without_workers_the_control_plane_announces() {
    let name = "baremetal-metallb-l2";
    for (spec, patched) in [(examples::text(name), false), (without_workers(name), true)] {
        let rendered = Rendered::on("baremetal", &spec);
        let path = "manifests/metallb/install/kustomization.yaml";
        let installed = python::read_yaml(&rendered.read(path));
        let url = installed["resources"][0].as_str().unwrap();
        assert!(
            url.ends_with("/v0.16.1/config/manifests/metallb-native.yaml"),
            "{url}"
        );
        rendered.edit(path, url, "upstream.yaml");
        let folder = rendered.folder().join("manifests/metallb/install");
        fs::write(folder.join("upstream.yaml"), STAND_IN).unwrap();
        let arguments =
            &kustomized(&folder)[0]["spec"]["template"]["spec"]["containers"][0]["args"];
        let mut wanted = vec!["--port=9120", "--log-level=info"];
        wanted.extend(patched.then_some("--ignore-exclude-lb"));
        assert_eq!(*arguments, json!(wanted));
    }
}

#[test]
#[ignore = "needs shellcheck: see tests/tools/README.md"]
fn the_script_is_a_good_one() {
    let program = tool::program(
        "HAGEN_SHELLCHECK",
        "shellcheck",
        "apt-get install shellcheck",
    );
    for name in with_metallb() {
        let rendered = Rendered::on("baremetal", &examples::text(&name));
        let file = rendered.folder().join("manifests/metallb/apply.sh");
        tool::succeed(&program, ["-S", "style", file.to_str().unwrap()]);
    }
}

/// A kubectl that writes down what it is asked. `TRIES` is how often the configuration is refused, `SECRET` what the
/// type of a Secret is, `STUCK` a workload that does not get ready.
const KUBECTL: &str = r#"#!/usr/bin/env bash
echo "$*" >>"$LOG"
case "$*" in
  'get --raw /readyz') [[ -z ${DOWN-} ]] ;;
  *' get deployments,daemonsets -o name') printf 'deployment.apps/controller\ndaemonset.apps/speaker\n' ;;
  *' rollout status '*) [[ $5 != "${STUCK-}" ]] ;;
  *' get secret '*) printf %s "${SECRET-}" ;;
  'apply -k config')
    if (($(grep -c '^apply -k config' "$LOG") <= ${TRIES-0})); then
      echo 'failed calling webhook: connection refused' >&2
      exit 1
    fi
    echo 'ipaddresspool.metallb.io/default created'
    ;;
esac
"#;

/// Runs the script of an example with the stand-in; what it said, and what kubectl was asked.
fn apply(name: &str, variables: &[(&str, &str)]) -> (Answer, Vec<String>) {
    let rendered = Rendered::on("baremetal", &examples::text(name));
    let scratch = tempfile::tempdir().unwrap();
    for (program, text) in [("kubectl", KUBECTL), ("sleep", "#!/bin/sh\n")] {
        let file = scratch.path().join(program);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let log = scratch.path().join("log");
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("bash");
    command
        .arg(rendered.folder().join("manifests/metallb/apply.sh"))
        .env("PATH", format!("{}:{path}", scratch.path().display()))
        .env("LOG", &log)
        .envs(variables.iter().copied());
    let answer = tool::run(&mut command, Duration::from_mins(1));
    let asked = fs::read_to_string(log).unwrap_or_default();
    (answer, asked.lines().map(str::to_owned).collect())
}

#[test]
#[ignore = "needs bash: see tests/tools/README.md"]
fn the_script_waits_for_the_webhook_and_says_what_is_wrong() {
    let (l2, bgp) = ("baremetal-metallb-l2", "baremetal-metallb-bgp");
    let tries = |asked: &[String]| asked.iter().filter(|one| *one == "apply -k config").count();

    let (answer, asked) = apply(l2, &[]);
    assert!(answer.status.success(), "{}", answer.all());
    assert_eq!(
        asked,
        [
            "get --raw /readyz",
            "apply -k install",
            "-n metallb-system get deployments,daemonsets -o name",
            "-n metallb-system rollout status deployment.apps/controller --timeout=5m",
            "-n metallb-system rollout status daemonset.apps/speaker --timeout=5m",
            "apply -k config",
        ]
    );

    // The webhook's certificate comes late.
    let (answer, asked) = apply(l2, &[("TRIES", "4")]);
    assert!(answer.status.success(), "{}", answer.all());
    assert_eq!(tries(&asked), 5);
    let (answer, asked) = apply(l2, &[("TRIES", "99")]);
    assert_eq!((answer.code(), tries(&asked)), (1, 30), "{}", answer.all());
    assert!(
        answer
            .stderr
            .contains("kubectl said last: failed calling webhook"),
        "{}",
        answer.stderr
    );

    let (answer, asked) = apply(l2, &[("DOWN", "yes")]);
    assert_eq!((answer.code(), asked.len()), (1, 1));
    assert!(
        answer.stderr.contains("the API server does not answer"),
        "{}",
        answer.stderr
    );
    let (answer, asked) = apply(l2, &[("STUCK", "deployment.apps/controller")]);
    assert_eq!((answer.code(), tries(&asked)), (1, 0));
    assert!(
        answer
            .stderr
            .contains("deployment.apps/controller is not ready"),
        "{}",
        answer.stderr
    );
    // A node that is down keeps nothing from the others.
    let (answer, asked) = apply(l2, &[("STUCK", "daemonset.apps/speaker")]);
    assert_eq!((answer.code(), tries(&asked)), (0, 1), "{}", answer.all());
    assert!(
        answer
            .stderr
            .contains("daemonset.apps/speaker is not ready on every node"),
        "{}",
        answer.stderr
    );

    // Without the password no router is configured.
    let (answer, asked) = apply(bgp, &[]);
    assert_eq!((answer.code(), tries(&asked)), (1, 0), "{}", answer.all());
    assert!(
        answer.stderr.contains("there is no Secret tor-a-bgp"),
        "{}",
        answer.stderr
    );
    assert!(
        answer
            .stderr
            .contains("create secret generic tor-a-bgp --type=kubernetes.io/basic-auth")
    );
    let (answer, asked) = apply(bgp, &[("SECRET", "Opaque")]);
    assert_eq!((answer.code(), tries(&asked)), (1, 0));
    assert!(
        answer.stderr.contains("is of type Opaque"),
        "{}",
        answer.stderr
    );
    let (answer, asked) = apply(bgp, &[("SECRET", "kubernetes.io/basic-auth")]);
    assert!(answer.status.success(), "{}", answer.all());
    let secrets = asked
        .iter()
        .filter(|one| one.contains(" get secret "))
        .count();
    assert_eq!((secrets, tries(&asked)), (2, 1));
}
