//! kube-vip's manifests and what kube-proxy is told, by Kubernetes' own schemas: no field is unknown, and none is
//! of another type. The schemas of each minor come with kubernetes-validate (Python).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::render::Rendered;
use super::{examples, python, tool};

const EXAMPLES: &[&str] = &["baremetal-kube-vip", "baremetal-kube-vip-bgp"];
/// The supported minors: providers/kubernetes.yaml.
const MINORS: &[&str] = &["1.35", "1.36", "1.37"];

/// What is wrong with each of some objects by the schemas of a minor. Empty: nothing.
fn problems(minor: &str, objects: &[Value]) -> Vec<String> {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("objects.json");
    std::fs::write(&file, serde_json::to_string(objects).unwrap()).unwrap();
    let script = "import json, sys, kubernetes_validate as k\n\
                  found = []\n\
                  for o in json.load(open(sys.argv[1])):\n\
                  \x20   try: used = k.validate(o, sys.argv[2], strict=True)\n\
                  \x20   except k.ValidationError as e: found.append(e.message)\n\
                  \x20   else: assert used.startswith(sys.argv[2]), used\n\
                  print(json.dumps(found))";
    let python = python::interpreter(&["kubernetes_validate"]);
    let printed = tool::succeed(&python, ["-c", script, file.to_str().unwrap(), minor]);
    serde_json::from_str(&printed).unwrap()
}

/// The manifests of an example: path, object.
fn manifests(rendered: &Rendered) -> Vec<(String, Value)> {
    let files = rendered.files().into_iter();
    files
        .filter(|(path, _)| path.starts_with("manifests/kube-vip/"))
        .map(|(path, text)| (path, python::read_yaml(&text)))
        .collect()
}

#[test]
#[ignore = "needs Python with kubernetes-validate: see tests/tools/README.md"]
fn each_manifest_is_a_pod_of_each_supported_minor() {
    for name in EXAMPLES {
        let rendered = Rendered::on("baremetal", &examples::text(name));
        let found = manifests(&rendered);
        assert_eq!(
            found.len(),
            4,
            "{name}: one a node, and the first one's for init"
        );
        let mut objects: Vec<Value> = found.into_iter().map(|(_, object)| object).collect();
        for minor in MINORS {
            assert_eq!(problems(minor, &objects), [""; 0], "{name}: {minor}");
        }
        // The check can fail: on a word that Kubernetes does not know, and on a value of another type.
        let container = &mut objects[0]["spec"]["containers"][0];
        container["securityContext"]["capabilites"] = json!({ "drop": ["ALL"] });
        objects[1]["spec"]["containers"][0]["env"][0]["value"] = json!(true);
        objects[2]["spec"]["volumes"][0]["hostPath"]["typ"] = json!("File");
        objects[3]["spec"]["hostNetwork"] = json!("yes");
        for minor in MINORS {
            assert_eq!(problems(minor, &objects).len(), 4, "{name}: {minor}");
        }
    }
}

/// What is installed is what is reviewed, but for the first node during init.
#[test]
#[ignore = "needs Python: see tests/tools/README.md"]
fn each_machine_gets_the_manifest_that_is_reviewed() {
    for name in EXAMPLES {
        let rendered = Rendered::on("baremetal", &examples::text(name));
        let mut machines = 0;
        for (path, text) in rendered.files() {
            let Some(file) = path.strip_prefix("cloud-init/") else {
                continue;
            };
            let read = python::read_yaml(&text);
            let content = |path: &str| {
                let files = read["write_files"].as_array().unwrap();
                let found = files.iter().find(|file| file["path"] == path)?;
                Some(found["content"].as_str().unwrap().to_owned())
            };
            let control_plane = file.starts_with("cp-");
            machines += usize::from(control_plane);
            let wanted =
                control_plane.then(|| rendered.read(&format!("manifests/kube-vip/{file}")));
            assert_eq!(
                content("/etc/hagen/kube-vip.yaml"),
                wanted,
                "{name}: {path}"
            );
            let wanted =
                (file == "cp-1.yaml").then(|| rendered.read("manifests/kube-vip/init/cp-1.yaml"));
            assert_eq!(
                content("/etc/hagen/kube-vip-init.yaml"),
                wanted,
                "{name}: {path}"
            );
        }
        assert_eq!(machines, 3, "{name}");
        for (path, object) in manifests(&rendered) {
            let credentials = &object["spec"]["volumes"][0]["hostPath"]["path"];
            let wanted = if path.contains("/init/") {
                "/etc/kubernetes/super-admin.conf"
            } else {
                "/etc/kubernetes/admin.conf"
            };
            assert_eq!(*credentials, wanted, "{name}: {path}");
        }
    }
}

/// The first node's file, with each mode of kube-proxy, by kubeadm's own types.
#[test]
#[ignore = "needs Python with jsonschema: see tests/tools/README.md"]
fn kubeadm_reads_its_file_with_each_mode_of_kube_proxy() {
    let spec = examples::text("baremetal-kube-vip").replace("  kubeProxy: nftables\n", "");
    let schema = tool::folder().join("kubeadm-v1beta4.json");
    for (mode, wanted) in [
        ("iptables", None),
        ("nftables", Some(json!({ "mode": "nftables" }))),
        (
            "ipvs",
            Some(json!({
                "mode": "ipvs",
                "ipvs": { "strictARP": true, "excludeCIDRs": ["10.20.0.10/32"] },
            })),
        ),
    ] {
        let version = "  version: 1.37.1\n";
        let spec = spec.replace(version, &format!("{version}  kubeProxy: {mode}\n"));
        let rendered = Rendered::on("baremetal", &spec);
        let read = python::read_yaml(&rendered.read("cloud-init/cp-1.yaml"));
        let files = read["write_files"].as_array().unwrap();
        let file = files
            .iter()
            .find(|file| file["path"] == "/etc/hagen/kubeadm.yaml");
        let text = file.unwrap()["content"].as_str().unwrap();
        let text = text
            .replace("HAGEN_BOOTSTRAP_TOKEN", "abcdef.0123456789abcdef")
            .replace("HAGEN_CERTIFICATE_KEY", &"0f".repeat(32));
        let mut documents = python::read_yaml(&text).as_array().unwrap().clone();
        let kube_proxy = documents
            .iter()
            .position(|document| document["kind"] == "KubeProxyConfiguration")
            .map(|at| documents.remove(at));
        let wanted = wanted.map(|mut wanted| {
            wanted["apiVersion"] = json!("kubeproxy.config.k8s.io/v1alpha1");
            wanted["kind"] = json!("KubeProxyConfiguration");
            wanted
        });
        assert_eq!(kube_proxy, wanted, "{mode}");
        documents.retain(|document| document["kind"] != "KubeletConfiguration");
        assert_eq!(
            python::schema_problems(&schema, &documents),
            [""; 0],
            "{mode}"
        );
    }
}

/// The script with the files that are rendered, killed after each of its steps; the sandbox has secrets of its own.
#[test]
#[ignore = "needs root and Python: see tests/tools/README.md"]
fn a_node_of_each_role_boots_from_what_is_rendered() {
    for name in EXAMPLES {
        let rendered = Rendered::on("baremetal", &examples::text(name));
        for node in ["cp-1", "cp-2", "worker-1"] {
            let scratch = tempfile::tempdir().unwrap();
            let read = python::read_yaml(&rendered.read(&format!("cloud-init/{node}.yaml")));
            for file in read["write_files"].as_array().unwrap() {
                let field = |name: &str| file[name].as_str().unwrap();
                let content = if field("path") == "/usr/local/lib/hagen/bootstrap.sh" {
                    field("content").to_owned()
                } else {
                    field("content")
                        .replace("HAGEN_BOOTSTRAP_TOKEN", "abcdef.0123456789abcdef")
                        .replace("HAGEN_CERTIFICATE_KEY", &"0f".repeat(32))
                        .replace("HAGEN_CA_CERTIFICATE_BASE64", "eA==")
                };
                let path = scratch.path().join(&field("path")[1..]);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, content).unwrap();
                let mode = u32::from_str_radix(field("permissions"), 8).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            let mut command = Command::new(python::interpreter(&["yaml"]));
            command
                .arg(tool::root().join("tests/bootstrap/bootstrap_sandbox.py"))
                .arg(scratch.path().join("usr/local/lib/hagen/bootstrap.sh"))
                .arg("--files")
                .arg(scratch.path());
            let answer = tool::run(&mut command, Duration::from_mins(10));
            let said = answer.all();
            assert!(
                said.contains("1 passed, 0 failed"),
                "{name}, {node}: {said}"
            );
        }
    }
}
