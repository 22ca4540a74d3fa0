//! Each cloud-init file: by cloud-init's own schema, by `PyYAML`, by yamllint, its scripts by
//! shellcheck, and for one node of each role by a real run of cloud-init.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use hagen::spec::{Cluster, Drop, Etcd, SecretsMode};
use serde_json::Value;

use super::end_to_end::{FROM_THE_BUNDLE, base64, list, placeholders};
use super::examples::{self, each_example};
use super::offline;
use super::render::Rendered;
use super::terraform::text;
use super::{clouds, python, tool};

each_example!(
    files_of,
    "needs cloud-init, yamllint, shellcheck and Python: see tests/tools/README.md"
);

/// The unit as it is installed: its comments are in bootstrap/, for review.
fn unit() -> String {
    include_str!("../../templates/hagen-bootstrap.service")
        .lines()
        .filter(|line| !(line.is_empty() || line.starts_with('#')))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    First,
    ControlPlane,
    Worker,
    Etcd,
    LoadBalancer,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::First => "first-control-plane",
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
            Self::Etcd => "etcd",
            Self::LoadBalancer => "load-balancer",
        }
    }
}

/// The files of a node, path and permissions, in the order of the document.
pub(crate) fn wanted_files(spec: &Cluster, kind: Kind) -> Vec<(String, &'static str)> {
    let control_plane = matches!(kind, Kind::First | Kind::ControlPlane);
    let kubernetes = kind != Kind::Etcd;
    let external = matches!(spec.etcd, Etcd::External(_));
    let mode = spec.secrets.mode;
    let dropped = matches!(mode, SecretsMode::Drop(_));
    let pinned = mode == SecretsMode::Pinned;
    let here = !dropped && kubernetes;
    let first = kind == Kind::First;
    let member = kind == Kind::Etcd;
    let client = first && external && !dropped;
    let mut files: Vec<(&str, &str, bool)> = vec![
        ("/etc/hagen/node.env", "0600", true),
        (
            "/etc/hagen/etcd-hosts",
            "0644",
            external && kind != Kind::Worker,
        ),
        ("/etc/hagen/etcd.yaml", "0644", member),
        ("/etc/hagen/kubeadm.yaml", "0600", kubernetes),
        ("/etc/hagen/kubeadm-join.yaml", "0600", first),
        (
            "/etc/hagen/discovery.conf",
            "0600",
            kubernetes && mode != SecretsMode::Tofu,
        ),
        (
            "/etc/hagen/patches/kube-apiserver+strategic.yaml",
            "0644",
            control_plane,
        ),
        ("/etc/hagen/bootstrap-token", "0600", here),
        ("/etc/hagen/certificate-key", "0600", here && control_plane),
        (
            "/etc/hagen/pki/ca.crt",
            "0644",
            (here && pinned) || (member && !dropped),
        ),
        ("/etc/hagen/pki/ca.key", "0600", first && pinned),
        ("/etc/hagen/pki/etcd/ca.crt", "0644", client),
        ("/etc/hagen/pki/apiserver-etcd-client.crt", "0644", client),
        ("/etc/hagen/pki/apiserver-etcd-client.key", "0600", client),
        ("/etc/hagen/pki/member.crt", "0644", member && !dropped),
        ("/etc/hagen/pki/member.key", "0600", member && !dropped),
        (
            "/etc/hagen/secrets-url",
            "0600",
            mode == SecretsMode::Drop(Drop::Url),
        ),
        ("/etc/hagen/containerd.toml", "0644", kubernetes),
    ];
    let mirrors: Vec<String> = spec
        .downloads
        .registry_mirrors
        .keys()
        .map(|registry| format!("/etc/containerd/certs.d/{registry}/hosts.toml"))
        .collect();
    files.extend(
        mirrors
            .iter()
            .map(|path| (path.as_str(), "0644", kubernetes)),
    );
    let proxy = "/etc/systemd/system/containerd.service.d/hagen-proxy.conf";
    files.extend([
        (proxy, "0644", kubernetes && spec.downloads.proxy.is_some()),
        ("/etc/hagen/metadata.nft", "0644", kubernetes),
        ("/etc/modules-load.d/hagen.conf", "0644", kubernetes),
        ("/etc/sysctl.d/99-hagen.conf", "0644", kubernetes),
        ("/usr/local/lib/hagen/bootstrap.sh", "0700", true),
        ("/etc/systemd/system/hagen-bootstrap.service", "0644", true),
        ("/etc/systemd/system/etcd.service", "0644", member),
    ]);
    files
        .into_iter()
        .filter(|(_, _, there)| *there)
        .map(|(path, mode, _)| (path.to_owned(), mode))
        .collect()
}

/// A cloud-init file that Terraform has finished.
pub(crate) struct Finished {
    pub(crate) node: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// As `PyYAML` reads it.
    pub(crate) read: Value,
    pub(crate) spec: Arc<Cluster>,
    pub(crate) secrets: Arc<Value>,
    /// The script with its comments, as it is reviewed.
    script: String,
    /// The secrets that come later, where they do.
    bundle: Option<String>,
}

impl Finished {
    /// The decoded content of a file that is written on the machine.
    pub(crate) fn content(&self, path: &str) -> Option<String> {
        use base64::Engine as _;
        let file = list(&self.read["write_files"])
            .iter()
            .find(|file| file["path"] == path)?;
        let content = text(&file["content"]);
        if file["encoding"] == "b64" {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(content)
                .unwrap();
            return Some(String::from_utf8(bytes).unwrap());
        }
        Some(content.to_owned())
    }

    /// Writes the files as cloud-init would, below a folder.
    pub(crate) fn write_below(&self, root: &Path) {
        for file in list(&self.read["write_files"]) {
            let path = text(&file["path"]);
            let mode = u32::from_str_radix(text(&file["permissions"]), 8).unwrap();
            write(root, path, &self.content(path).unwrap(), mode);
        }
        if let Some(bundle) = &self.bundle {
            write(root, "/etc/hagen/secrets", bundle, 0o600);
        }
    }

    /// A secret of the cluster.
    pub(crate) fn secret(&self, key: &str) -> &str {
        text(&self.secrets[key])
    }

    /// Whether secrets come to the machine later.
    pub(crate) fn dropped(&self) -> bool {
        matches!(self.spec.secrets.mode, SecretsMode::Drop(_))
    }
}

fn write(root: &Path, path: &str, content: &str, mode: u32) {
    let full = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(&full, content).unwrap();
    fs::set_permissions(&full, fs::Permissions::from_mode(mode)).unwrap();
}

/// The nodes of an example, finished as Terraform would.
pub(crate) fn finished(name: &str) -> Vec<Finished> {
    let spec = examples::text(name);
    let rendered = Rendered::on(clouds::provider_of(name), &spec);
    rendered.write_secrets();
    finished_of(&rendered, &spec)
}

/// The nodes of a folder with its secrets.
pub(crate) fn finished_of(rendered: &Rendered, spec_text: &str) -> Vec<Finished> {
    let spec = Arc::new(offline::spec(spec_text));
    let secrets = Arc::new(rendered.secrets());
    rendered
        .files()
        .into_iter()
        .filter_map(|(path, text)| {
            let node = path.strip_prefix("cloud-init/")?.strip_suffix(".yaml")?;
            let text = fill(&text, node, &spec, &secrets);
            let read = python::read_yaml(&text);
            let environment = text.lines().find(|line| line.contains("HAGEN_ROLE="));
            let kind = match environment.unwrap().trim() {
                "HAGEN_ROLE='first-control-plane'" => Kind::First,
                "HAGEN_ROLE='control-plane'" => Kind::ControlPlane,
                "HAGEN_ROLE='worker'" => Kind::Worker,
                "HAGEN_ROLE='etcd'" => Kind::Etcd,
                "HAGEN_ROLE='load-balancer'" => Kind::LoadBalancer,
                other => panic!("{other}"),
            };
            Some(Finished {
                node: node.to_owned(),
                kind,
                text,
                read,
                spec: Arc::clone(&spec),
                secrets: Arc::clone(&secrets),
                bundle: rendered.bundle(node, kind),
                script: rendered.read(&format!("bootstrap/{}.sh", kind.word())),
            })
        })
        .collect()
}

/// The lines that Terraform makes of the members' addresses.
fn etcd_hosts(spec: &Cluster) -> String {
    let count = match spec.etcd {
        Etcd::Stacked => 0,
        Etcd::External(etcd) => etcd.count,
    };
    (1..=count)
        .map(|at| format!("10.0.0.{} etcd-{at}.{}.etcd.internal\n", 40 + at, spec.name))
        .collect()
}

/// Puts in what Terraform puts in.
fn fill(text: &str, node: &str, spec: &Cluster, secrets: &Value) -> String {
    let mut words = vec![
        (
            "HAGEN_API_HOST",
            "nodes-0123456789abcdef.elb.eu-west-1.amazonaws.com".to_owned(),
        ),
        (
            "HAGEN_PUBLIC_API_HOST",
            "people-0123456789abcdef.elb.eu-west-1.amazonaws.com".to_owned(),
        ),
        ("HAGEN_API_ADDRESS_EU_WEST_1A", "203.0.113.1".to_owned()),
        ("HAGEN_API_ADDRESS_EU_WEST_1B", "203.0.113.2".to_owned()),
        ("HAGEN_API_ADDRESS_EU_WEST_1C", "203.0.113.3".to_owned()),
        (
            "HAGEN_CONTROL_PLANE_ADDRESSES",
            "10.0.0.11 10.0.0.12 10.0.0.13".to_owned(),
        ),
        ("HAGEN_ETCD_HOSTS_BASE64", base64(&etcd_hosts(spec))),
        (
            "HAGEN_SECRETS_URL",
            "https://drop.example.com/bundle?X-Sig=a%2Fb&n=1".to_owned(),
        ),
    ];
    if !matches!(spec.secrets.mode, SecretsMode::Drop(_)) {
        let plain = |key: &str| secrets[key].as_str().unwrap_or_default().to_owned();
        let member = |field: &str| {
            let leaf = &secrets["etcd_members"][node][field];
            base64(leaf.as_str().unwrap_or_default())
        };
        words.extend([
            ("HAGEN_BOOTSTRAP_TOKEN", plain("bootstrap_token")),
            ("HAGEN_CERTIFICATE_KEY", plain("certificate_key")),
            (
                "HAGEN_ETCD_CA_CERTIFICATE_BASE64",
                base64(&plain("etcd_ca_certificate")),
            ),
            (
                "HAGEN_ETCD_CLIENT_CERTIFICATE_BASE64",
                base64(&plain("etcd_client_certificate")),
            ),
            (
                "HAGEN_ETCD_CLIENT_KEY_BASE64",
                base64(&plain("etcd_client_key")),
            ),
            (
                "HAGEN_ETCD_MEMBER_CERTIFICATE_BASE64",
                member("certificate"),
            ),
            ("HAGEN_ETCD_MEMBER_KEY_BASE64", member("key")),
            (
                "HAGEN_CA_CERTIFICATE_BASE64",
                base64(&plain("cluster_ca_certificate")),
            ),
            ("HAGEN_CA_KEY_BASE64", base64(&plain("cluster_ca_key"))),
        ]);
    }
    words
        .into_iter()
        .fold(text.to_owned(), |text, (word, value)| {
            text.replace(word, &value)
        })
}

fn files_of(name: &str) {
    let nodes = finished(name);
    for node in &nodes {
        says_what_was_meant(node);
    }
    judged(&nodes);
}

/// What cloud-init, Python, yamllint and shellcheck say of the files, and that no word is left in them.
pub(crate) fn judged(nodes: &[Finished]) {
    let scratch = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for node in nodes {
        let mut open = placeholders(&node.text);
        if node.dropped() {
            open.retain(|word| !FROM_THE_BUNDLE.contains(word));
        }
        assert_eq!(open, [""; 0].into(), "{}", node.node);
        let path = scratch.path().join(format!("{}.yaml", node.node));
        fs::write(&path, &node.text).unwrap();
        schema(&path);
        paths.push(path);
    }
    let python = python::interpreter(&["yaml"]);
    let top_keys = tool::folder().join("cloud-init-top-keys");
    tool::succeed(&python, [&top_keys].into_iter().chain(&paths));
    let yamllint = tool::program("HAGEN_YAMLLINT", "yamllint", "apt-get install yamllint");
    let rules = tool::folder().join("yamllint.yaml");
    let flags = ["--strict".into(), "-c".into(), rules];
    tool::succeed(&yamllint, flags.iter().chain(&paths));
    scripts(nodes, scratch.path());
    for node in nodes {
        for file in list(&node.read["write_files"]) {
            let path = Path::new(text(&file["path"]));
            if path.extension().is_some_and(|end| end == "toml") {
                let read = python::read_toml(text(&file["content"]));
                mirrors(&node.spec, path, &read);
            }
        }
    }
}

/// A registry's mirror stands in its place, and nothing else is asked.
fn mirrors(spec: &Cluster, path: &Path, read: &Value) {
    let registry = path.parent().and_then(Path::file_name).unwrap();
    let Some(mirror) = spec
        .downloads
        .registry_mirrors
        .get(&registry.to_string_lossy().into_owned())
    else {
        return;
    };
    let (host, rest) = mirror.split_once('/').unwrap();
    let url = format!("https://{host}/v2/{rest}");
    assert_eq!(read["server"], url.as_str());
    assert_eq!(read["override_path"], true);
    assert_eq!(read["host"][url.as_str()]["override_path"], true);
    assert_eq!(read["host"].as_object().unwrap().len(), 1);
}

/// cloud-init's own opinion. Its warnings are problems too.
pub(crate) fn schema(path: &Path) {
    let cloud_init = tool::program(
        "HAGEN_CLOUD_INIT",
        "cloud-init",
        "apt-get install cloud-init",
    );
    let mut command = Command::new(cloud_init);
    command.args(["schema", "--config-file"]).arg(path);
    let answer = tool::run(&mut command, Duration::from_mins(1));
    assert!(
        answer.status.success(),
        "{}: {}",
        path.display(),
        answer.all()
    );
    assert!(
        !answer.all().to_lowercase().contains("deprecat"),
        "{}",
        answer.all()
    );
}

/// Exactly the files of the node's role, each as it must be.
fn says_what_was_meant(node: &Finished) {
    let name = &node.node;
    assert_eq!(node.read["hostname"], name.as_str());
    assert_eq!(node.read["ntp"]["enabled"], true);
    let files = list(&node.read["write_files"]);
    let is: Vec<(&str, &str)> = files
        .iter()
        .map(|file| {
            assert_eq!(file["owner"], "root:root", "{name}: {}", file["path"]);
            // A number would be read as octal, or not.
            (text(&file["path"]), text(&file["permissions"]))
        })
        .collect();
    let wanted = wanted_files(&node.spec, node.kind);
    let wanted: Vec<(&str, &str)> = wanted
        .iter()
        .map(|(path, permissions)| (path.as_str(), *permissions))
        .collect();
    assert_eq!(is, wanted, "{name}");
    let member = |field: &str| text(&node.secrets["etcd_members"][name.as_str()][field]);
    for (path, _) in wanted {
        let content = match path {
            "/etc/systemd/system/hagen-bootstrap.service" => &unit(),
            "/etc/modules-load.d/hagen.conf" => "overlay\nbr_netfilter\n",
            "/etc/hagen/bootstrap-token" => &format!("{}\n", node.secret("bootstrap_token")),
            "/etc/hagen/certificate-key" => &format!("{}\n", node.secret("certificate_key")),
            "/etc/hagen/pki/ca.crt" if node.kind == Kind::Etcd => {
                node.secret("etcd_ca_certificate")
            }
            "/etc/hagen/pki/ca.crt" => node.secret("cluster_ca_certificate"),
            "/etc/hagen/pki/ca.key" => node.secret("cluster_ca_key"),
            "/etc/hagen/pki/etcd/ca.crt" => node.secret("etcd_ca_certificate"),
            "/etc/hagen/pki/apiserver-etcd-client.crt" => node.secret("etcd_client_certificate"),
            "/etc/hagen/pki/apiserver-etcd-client.key" => node.secret("etcd_client_key"),
            "/etc/hagen/pki/member.crt" => member("certificate"),
            "/etc/hagen/pki/member.key" => member("key"),
            _ => continue,
        };
        assert_eq!(node.content(path).unwrap(), content, "{name}: {path}");
    }
    assert_eq!(
        node.read["runcmd"],
        serde_json::json!([
            ["systemctl", "daemon-reload"],
            [
                "systemctl",
                "enable",
                "--now",
                "--no-block",
                "hagen-bootstrap.service"
            ],
        ])
    );
}

/// The scripts as they are on the machine, and the values that they read.
fn scripts(nodes: &[Finished], scratch: &Path) {
    let shellcheck = tool::program(
        "HAGEN_SHELLCHECK",
        "shellcheck",
        "apt-get install shellcheck",
    );
    let bash = tool::program("HAGEN_BASH", "bash", "install bash");
    let mut seen = Vec::new();
    for node in nodes {
        if seen.contains(&&node.script) {
            continue;
        }
        let script = scratch.join("bootstrap.sh");
        fs::write(&script, &node.script).unwrap();
        seen.push(&node.script);
        // What is installed has no comments, and is the same program otherwise.
        let installed = scratch.join("installed.sh");
        let text = node.content("/usr/local/lib/hagen/bootstrap.sh").unwrap();
        fs::write(&installed, text).unwrap();
        tool::succeed(&bash, [Path::new("-n"), &installed]);
        // Values come from node.env, which is checked below.
        let flags = ["-s", "bash", "-S", "style", "-e", "SC2154"].map(Into::into);
        tool::succeed(&shellcheck, flags.iter().chain([&script]));
    }
    for node in nodes {
        let file = scratch.join("node.env");
        fs::write(&file, node.content("/etc/hagen/node.env").unwrap()).unwrap();
        let flags = ["-s", "bash", "-e", "SC2034"].map(Into::into);
        tool::succeed(&shellcheck, flags.iter().chain([&file]));
        let read = tool::succeed(
            &bash,
            [
                "-euc",
                ". \"$1\"; printf '%s ' \"$HAGEN_NODE\" \"${HAGEN_BIND_PORT-6443}\" \"${HAGEN_ENDPOINT_PORT-6443}\"",
                "-",
                file.to_str().unwrap(),
            ],
        );
        // A member of etcd has neither; on bare metal the load balancer's port may be another one.
        let port = if node.kind == Kind::Etcd {
            6443
        } else {
            node.spec.endpoint.port
        };
        assert_eq!(read, format!("{} 6443 {port} ", node.node));
    }
}

/// The rules that keep pods from the user data, loaded by nftables and asked with packets.
#[test]
#[ignore = "needs nftables and root: see tests/tools/README.md"]
fn pods_do_not_reach_the_metadata_service() {
    tool::program("HAGEN_NFT", "nft", "apt-get install nftables");
    let nodes = finished("aws");
    let scratch = tempfile::tempdir().unwrap();
    let rules = scratch.path().join("metadata.nft");
    let guard = tool::folder().join("metadata-guard");
    let text = nodes[0].content("/etc/hagen/metadata.nft").unwrap();
    fs::write(&rules, &text).unwrap();
    let said = tool::succeed(&guard.display().to_string(), [&rules]);
    assert_eq!(said, "pods are kept away\n");
    // It can fail.
    fs::write(&rules, text.replace("169.254.169.254", "169.254.169.253")).unwrap();
    let mut command = Command::new(guard);
    let answer = tool::run(command.arg(&rules), Duration::from_mins(1));
    assert!(
        answer.all().contains("still reaches the metadata service"),
        "{}",
        answer.all()
    );
}
