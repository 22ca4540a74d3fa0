//! `hagen runbook` and the rendered README.md: what each cluster's tasks say, and what does not
//! apply to it.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::fs;

use common::{EXAMPLE, Folder};

const THERE: &str = include_str!("../examples/aws-existing-address.yaml");

/// A kind of cluster, by its machines, etcd and mode.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kind {
    made: bool,
    external: bool,
    mode: &'static str,
}

const MODES: [&str; 4] = ["pinned", "tofu", "{ drop: file }", "{ drop: url }"];

fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for made in [true, false] {
        for external in [false, true] {
            for mode in MODES {
                kinds.push(Kind {
                    made,
                    external,
                    mode,
                });
            }
        }
    }
    kinds
}

impl Kind {
    fn spec(self) -> String {
        let mut spec = if self.made {
            EXAMPLE.to_owned()
        } else {
            THERE.replace("name: attached", "name: prod")
        };
        if self.external && !self.made {
            let worker = spec
                .lines()
                .find(|line| line.contains("runner-a"))
                .expect("a worker")
                .to_owned();
            let mut all = worker.clone();
            for (at, network) in ["a", "b", "c"].iter().zip([0, 16, 32]) {
                all.extend([format!(
                    "\n        - {{ name: store-{at}, address: 10.0.{network}.41, zone: eu-west-1{at}, role: etcd }}"
                )]);
            }
            spec = spec.replace(&worker, &all);
        }
        if self.external {
            spec.push_str("\netcd: { external: { count: 3 } }\n");
        }
        format!("{spec}\nsecrets: {{ mode: {} }}\n", self.mode)
    }

    fn folder(self) -> Folder {
        Folder::new(&self.spec())
    }

    /// The first and last control-plane node, a worker and a member of etcd.
    fn names(self) -> [&'static str; 4] {
        if self.made {
            ["cp-1", "cp-3", "worker-1", "etcd-2"]
        } else {
            ["master-a", "master-c", "runner-a", "store-b"]
        }
    }

    fn drop(self) -> bool {
        self.mode.contains("drop")
    }

    fn secrets(self) -> &'static str {
        if self.drop() {
            "secrets.operator.json"
        } else {
            "secrets.auto.tfvars.json"
        }
    }
}

#[track_caller]
fn runbook(folder: &Folder, arguments: &[&str]) -> String {
    let arguments = [&["runbook"], arguments, &["--provider", "aws"]].concat();
    folder.hagen(&arguments).code(0).stdout()
}

#[track_caller]
fn refused(folder: &Folder, arguments: &[&str], code: &str) -> String {
    let arguments = [&["runbook"], arguments, &["--provider", "aws"]].concat();
    let ran = folder.hagen(&arguments).code(2).stderr_has(code);
    assert_eq!(ran.stdout(), "");
    ran.stderr()
}

/// Says for each text whether it must be there.
#[track_caller]
fn says(kind: Kind, text: &str, expected: &[(&str, bool)]) {
    for (part, there) in expected {
        assert_eq!(
            text.contains(part),
            *there,
            "{kind:?}: {part:?} {} in\n{text}",
            if *there { "is not" } else { "is" }
        );
    }
    assert!(!text.contains("\n\n\n") && text.ends_with('\n') && !text.ends_with("\n\n"));
    assert!(!text.contains("{{") && !text.contains("HAGEN_"), "{text}");
    // Code in a list stands apart from the words before it.
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.windows(2) {
        let code = |line: &str| line.starts_with("    ");
        assert!(
            code(pair[0]) || !code(pair[1]) || pair[0].is_empty(),
            "{kind:?}: {pair:?}"
        );
    }
}

#[test]
fn each_task_says_what_applies_and_nothing_else() {
    std::thread::scope(|scope| {
        for kind in kinds() {
            scope.spawn(move || tasks_of(kind));
        }
    });
}

fn tasks_of(kind: Kind) {
    {
        let folder = kind.folder();
        let [first, last, worker, member] = kind.names();
        let Kind { made, external, .. } = kind;
        let (file, url) = (kind.mode == "{ drop: file }", kind.mode == "{ drop: url }");
        let there = !made;
        let arrives = |text: &str| {
            says(
                kind,
                text,
                &[
                    ("output -json cloud_init", there),
                    ("cat >secrets.new && mv secrets.new secrets", file),
                    ("as under \"Secrets\"", url),
                ],
            );
        };
        let rearm = "hagen rearm --file hagen.yaml --secrets out/prod-aws | ssh";
        let rotate = "hagen rearm --rotate --file hagen.yaml --secrets out/prod-aws | ssh";

        let text = runbook(&folder, &["add-control-plane"]);
        arrives(&text);
        says(
            kind,
            &text,
            &[
                ("3 → 5", true),
                ("cp-4 and cp-5", made),
                ("machines.existing", there),
                (rotate, true),
                (rearm, false),
                ("must say `0 to destroy`", true),
                ("etcdctl member list", !external),
                ("/control-plane\n", true),
            ],
        );
        let text = runbook(&folder, &["add-worker"]);
        arrives(&text);
        says(
            kind,
            &text,
            &[
                (rotate, true),
                (rearm, false),
                ("worker-4", made),
                ("etcd", false),
                ("secrets/worker", file),
            ],
        );

        let text = runbook(&folder, &["replace", last]);
        arrives(&text);
        let replace = format!("-replace='aws_instance.control_plane[\"{last}\"]'");
        says(
            kind,
            &text,
            &[
                ("member remove", !external),
                (&format!("exec etcd-{first} "), !external),
                ("kubeadm reset -f", true),
                (&format!("ssh {first} sudo sh"), true),
                (rotate, true),
                (rearm, false),
                (&replace, made),
                ("founds a cluster", false),
                ("secrets/control-plane", file),
            ],
        );
        if !external {
            // A dead member counts against the quorum, so it goes before anything is made.
            let at = |part: &str| text.find(part).expect("there");
            assert!(at("member remove") < at("hagen rearm"));
            assert!(at("hagen rearm") < at("terraform") || there);
        }
        let text = runbook(&folder, &["replace", first]);
        let second = if made { "cp-2" } else { "master-b" };
        says(
            kind,
            &text,
            &[
                (&format!("ssh {second} sudo sh"), true),
                (&format!("ssh {first} sudo sh\n"), false),
                (&format!("exec etcd-{second} "), !external),
                ("joins it like the others", true),
                ("etcdctl del --prefix /registry/", external),
                ("no cluster to lose", external),
                ("waits as long as etcd holds keys", external),
                ("never make it anew in an outage", !external),
                ("secrets/first-control-plane", file),
            ],
        );
        let text = runbook(&folder, &["replace", worker]);
        arrives(&text);
        let replace = format!("-replace='aws_instance.worker[\"{worker}\"]'");
        says(
            kind,
            &text,
            &[
                ("etcd", false),
                (rotate, true),
                (rearm, false),
                (&replace, made),
                ("kubeadm reset", false),
                ("which puts the new secrets", there && !kind.drop()),
            ],
        );

        if external {
            let text = runbook(&folder, &["add-etcd"]);
            arrives(&text);
            says(
                kind,
                &text,
                &[
                    ("3 → 5", true),
                    (
                        "hagen secrets --file hagen.yaml --out out/prod-aws --add",
                        true,
                    ),
                    ("etcd-4 and etcd-5", made),
                    ("output -raw etcd_hosts", made),
                    ("cloud-init/master-a.yaml >etcd-hosts", there),
                    ("<out/prod-aws/secrets/member-NODE", file),
                    ("restart hagen-bootstrap' <etcd-hosts", true),
                    ("sh \"$servers\"", true),
                    (
                        "servers=$(printf ,https://%s.prod.etcd.internal:2379 etcd-1 etcd-2 etcd-3 etcd-4 etcd-5) servers=${servers#,}\n",
                        made,
                    ),
                    ("//NAME", false),
                    ("…", false),
                    ("edit configmap kubeadm-config", true),
                    ("https://127.0.0.1:6443/readyz", true),
                ],
            );
            let text = runbook(&folder, &["replace", member]);
            arrives(&text);
            says(
                kind,
                &text,
                &[
                    ("hagen rearm", false),
                    (&format!("-replace='aws_instance.etcd[\"{member}\"]'"), made),
                    (&format!("'aws_ebs_volume.etcd[\"{member}\"]'"), made),
                    ("removes its own old entry", true),
                    (kind.secrets(), true),
                    (&format!("secrets/member-{member}"), file),
                ],
            );
        } else {
            let words = refused(&folder, &["add-etcd"], "HGN9014");
            assert!(words.contains("add-control-plane"));
            refused(&folder, &["replace", member], "HGN9013");
            refused(&folder, &["remove-etcd"], "HGN9014");
        }

        let text = runbook(&folder, &["rotate-certificates"]);
        says(
            kind,
            &text,
            &[
                ("kubeadm certs renew all", true),
                ("--renew-etcd", external),
                (kind.secrets(), external),
                ("systemctl restart etcd", external),
                ("apiserver-etcd-client", external),
                ("sudo systemd-run --wait --pipe sh -c 'cd /etc", true),
                ("jq -je", external),
                ("jq -j ", false),
                ("-pubkey)\" = \"$(openssl pkey", external),
            ],
        );
        let text = runbook(&folder, &["upgrade", "--to", "1.37.2"]);
        says(
            kind,
            &text,
            &[
                ("to=1.37.2 ", true),
                (&format!("exec etcd-{first} "), !external),
                ("/etc/etcd/pki/member.crt", external),
                ("upgrade apply \"v$to\" --patches /etc/hagen/patches", true),
                ("apt-get install", true),
                ("dnf install", there),
                ("etcd stays as it is", external),
            ],
        );
        let text = runbook(&folder, &["rearm"]);
        says(
            kind,
            &text,
            &[
                (rearm, true),
                ("makes old user data good again", true),
                ("The bundles in", kind.drop()),
            ],
        );
        let text = runbook(&folder, &["secrets"]);
        says(
            kind,
            &text,
            &[
                ("`mode: pinned`", kind.mode == "pinned"),
                ("`mode: tofu`", kind.mode == "tofu"),
                ("`mode: drop`: as pinned", kind.drop()),
                ("ec2:DescribeInstanceAttribute", made && !kind.drop()),
                ("secrets.etcd-ca.pem", external),
                ("cat >secrets.new && mv", file),
                ("aws s3 presign", url),
                ("umask 077     #", url),
                ("aws s3 rm", url),
                ("interface endpoint for S3", url),
                ("no secret itself is in Terraform", url),
                ("no secret is in Terraform", file),
                (
                    "rearm without `--rotate` makes old user data good again",
                    kind.mode == "tofu",
                ),
                ("out/prod-aws/secrets-urls.auto.tfvars.json", url),
                ("hop limit", made),
            ],
        );
        let text = runbook(&folder, &["kubeadm"]);
        says(
            kind,
            &text,
            &[
                ("kubeadm init --control-plane-endpoint \"$(terraform", true),
                ("--kubernetes-version v1.37.1", true),
                ("--pod-network-cidr 10.244.0.0/16", true),
                ("--certificate-key \"$certificate_key\"", true),
                ("--discovery-token-ca-cert-hash", kind.mode != "tofu"),
                ("unsafe-skip-ca-verification", kind.mode == "tofu"),
                (&format!("--node-name {first}"), true),
                ("etcd.external", external),
                (kind.secrets(), true),
            ],
        );
        let text = runbook(&folder, &["tear-down"]);
        says(
            kind,
            &text,
            &[
                ("deletionProtection: false", true),
                ("volumes of etcd", made && external),
                ("kubeadm reset -f", there),
                ("secrets.etcd-ca.pem", external),
                ("Services of type LoadBalancer", false),
            ],
        );
    }
}

#[test]
fn the_readme_has_the_tasks_that_the_cluster_has() {
    for kind in kinds() {
        let folder = kind.folder();
        folder.render().code(0);
        let text = fs::read_to_string(folder.out("README.md")).expect("README.md");
        says(
            kind,
            &text,
            &[
                ("\n## Secrets\n", true),
                ("\n## Revive the join secrets\n", true),
                ("\n## Add control-plane nodes: 3 → 5\n", true),
                ("\n## Add workers\n", true),
                ("\n## Add members of etcd: 3 → 5\n", kind.external),
                ("\n## Replace a control-plane node: ", true),
                ("\n## Replace a worker: ", true),
                ("\n## Replace a member of etcd: ", kind.external),
                ("\n## Renew certificates\n", true),
                ("\n## Upgrade Kubernetes\n", true),
                ("\n## The kubeadm commands that this stands for\n", true),
                ("\n## Tear down\n", true),
                ("\n## Remove members of etcd", false),
                ("\n## A way in\n", kind.made),
                ("worker        = aws_security_group.worker.id", kind.made),
                (
                    "etcd          = aws_security_group.etcd.id",
                    kind.made && kind.external,
                ),
                ("sets SELinux to permissive for good", true),
                ("| all nodes | 10250/tcp |", !kind.made),
                ("| etcd | 2380/tcp |", !kind.made && kind.external),
                ("\n## The cloud controller\n", false),
                ("| etcd | ", kind.external),
                ("-chdir", false),
                ("out/prod-aws", false),
            ],
        );
        for line in text.lines() {
            assert!(line.chars().count() <= 170, "{kind:?}: {line}");
        }
        assert!(text.lines().count() < 470, "{kind:?} is a wall");
        // What the command prints is the same, but for the paths.
        let here = runbook(&folder, &["tear-down"])
            .replace("terraform -chdir=out/prod-aws", "terraform")
            .replace("hagen.yaml", "SPEC")
            .replace("out/prod-aws/secrets", "secrets")
            .replace("out/prod-aws", ".");
        assert!(text.ends_with(&here), "{here}");
    }
}

#[test]
fn names_that_are_none_show_those_that_are() {
    let folder = Folder::new(EXAMPLE);
    let words = refused(&folder, &["replace", "cp-4"], "HGN9013");
    for name in ["cp-1", "cp-2", "cp-3", "worker-1", "worker-3"] {
        assert!(words.contains(&format!("`{name}`")), "{words}");
    }
    assert!(!words.contains("did you mean"));
    refused(&folder, &["replace"], "HGN9013");
    refused(&folder, &["add-worker", "cp-1"], "HGN9014");
    refused(&folder, &["rearm", "--to", "1.37.2"], "HGN9014");
    refused(&folder, &["cloud-controller"], "HGN9014");
    folder
        .hagen(&["runbook", "dance", "--provider", "aws"])
        .code(2)
        .stderr_has("add-control-plane");
}

#[test]
fn paths_are_those_of_the_reader() {
    let folder = Folder::empty();
    fs::write(folder.path().join("a.yaml"), EXAMPLE).expect("written");
    let text = runbook(
        &folder,
        &["add-worker", "--file", "a.yaml", "--out", "here"],
    );
    for part in [
        "hagen rearm --rotate --file a.yaml --secrets here | ssh",
        "--file a.yaml --out here`",
        "terraform -chdir=here apply",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn versions_go_up_one_minor_at_a_time() {
    let at = |version: &str| Folder::new(&EXAMPLE.replace("1.37.1", version));
    let folder = at("1.35.6");
    for (to, shown) in [
        ("1.35.7", "to=1.35.7 "),
        ("1.36.2", "to=1.36.2 "),
        ("v1.36.2", "to=1.36.2 "),
    ] {
        let text = runbook(&folder, &["upgrade", "--to", to]);
        assert!(text.contains(shown), "{text}");
    }
    for (to, why) in [
        ("1.35.6", "not newer"),
        ("1.35.5", "not newer"),
        ("1.34.9", "not newer"),
        ("1.37.1", "more than one minor"),
        ("2.0.0", "no version"),
        ("1.36", "no version"),
        ("1.36.x", "no version"),
        ("1.36.1; reboot", "no version"),
    ] {
        let words = refused(&folder, &["upgrade", "--to", to], "HGN9014");
        assert!(words.contains(why), "{to}: {words}");
    }
    assert!(refused(&at("1.37.1"), &["upgrade", "--to", "1.99.0"], "HGN9014").contains("1.99"));
    // Without a version, the next minor; the patch is for the reader to fill in.
    assert!(runbook(&folder, &["upgrade"]).contains("to=1.36.PATCH "));
    assert!(runbook(&at("1.37.1"), &["upgrade"]).contains("to=1.37.PATCH "));
}

#[test]
fn each_system_has_its_own_packages() {
    let image = |image: &str| Folder::new(&EXAMPLE.replace("ubuntu-24.04", image));
    for (name, apt, dnf) in [
        ("ubuntu-24.04", true, false),
        ("debian-12", true, false),
        ("rocky-9", false, true),
    ] {
        let text = runbook(&image(name), &["upgrade"]);
        assert_eq!(text.contains("apt-get"), apt, "{name}: {text}");
        assert_eq!(text.contains("dnf"), dnf, "{name}: {text}");
    }
}

#[test]
fn limits_of_a_cluster_are_said() {
    let seven =
        Folder::new(&EXAMPLE.replace("controlPlane: { count: 3 }", "controlPlane: { count: 7 }"));
    refused(&seven, &["add-control-plane"], "HGN9014");
    let one = Folder::new(&EXAMPLE.replace(
        "controlPlane: { count: 3 }",
        "controlPlane: { count: 1, allowSingle: true }",
    ));
    let words = refused(&one, &["replace", "cp-1"], "HGN9014");
    assert!(words.contains("add control-plane nodes first"));
    assert!(runbook(&one, &["add-control-plane"]).contains("1 → 3"));
    one.render().code(0);
    let text = fs::read_to_string(one.out("README.md")).expect("README.md");
    assert!(!text.contains("Replace a control-plane node"));
    let unprotected = Folder::new(&EXAMPLE.replace(
        "    region: eu-west-1\n",
        "    region: eu-west-1\n    loadBalancer: { deletionProtection: false }\n",
    ));
    let text = runbook(&unprotected, &["tear-down"]);
    assert!(text.contains("Nothing is protected") && !text.contains("1. "));
}

#[test]
fn the_cloud_controller_is_installed_once() {
    let spec = EXAMPLE.replace(
        "  version: 1.37.1\n",
        "  version: 1.37.1\n  cloudProvider: external\n",
    );
    let folder = Folder::new(&spec);
    let text = runbook(&folder, &["cloud-controller"]);
    for part in [
        "kubectl apply -f out/prod-aws/manifests/aws-cloud-controller-manager.yaml",
        ".spec.providerID",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let text = runbook(&folder, &["tear-down"]);
    assert!(text.contains("1. Delete the Services of type LoadBalancer"));
    assert!(text.contains("\n3. `terraform"));
    folder.render().code(0);
    let text = fs::read_to_string(folder.out("README.md")).expect("README.md");
    assert!(text.contains("kubectl apply -f manifests/aws-cloud-controller-manager.yaml"));
}

#[test]
fn members_of_etcd_go_one_at_a_time() {
    let spec = |count: u16| format!("{EXAMPLE}\netcd: {{ external: {{ count: {count} }} }}\n");
    refused(&Folder::new(&spec(3)), &["remove-etcd"], "HGN9014");
    let folder = Folder::new(&spec(5));
    let text = runbook(&folder, &["remove-etcd"]);
    let mut from = 0;
    // The order is what keeps the quorum.
    for part in [
        "5 → 3",
        "etcd-4 and etcd-5",
        "endpoint health --cluster",
        "node=etcd-5 ",
        "member remove \"$id\"",
        "disable --now hagen-bootstrap etcd",
        "endpoint health --cluster",
        "edit configmap kubeadm-config",
        "servers=$(printf ,https://%s.prod.etcd.internal:2379 etcd-1 etcd-2 etcd-3) servers=${servers#,}\n",
        "sh \"$servers\"",
        "count: 3",
        "hagen render",
        "state rm 'aws_volume_attachment.etcd[\"etcd-5\"]' 'aws_ebs_volume.etcd[\"etcd-5\"]'",
        "state rm 'aws_volume_attachment.etcd[\"etcd-4\"]' 'aws_ebs_volume.etcd[\"etcd-4\"]'",
        "apply prod.tfplan",
    ] {
        let at = text[from..].find(part);
        assert!(at.is_some(), "no {part:?} after {from} in {text}");
        from += at.unwrap_or_default() + part.len();
    }
    folder.render().code(0);
    let readme = fs::read_to_string(folder.out("README.md")).expect("README.md");
    assert!(readme.contains("\n## Remove members of etcd: 5 → 3\n"));
}

#[test]
fn without_a_spec_there_is_no_cluster_to_talk_about() {
    let folder = Folder::empty();
    let ran = folder
        .hagen(&["runbook", "tear-down", "--provider", "aws"])
        .code(3)
        .stderr_has("there is no hagen.yaml");
    assert_eq!(ran.stdout(), "");
}

#[test]
fn packages_come_through_the_proxy() {
    let folder = Folder::new(include_str!("../examples/aws-proxy.yaml"));
    let text = runbook(&folder, &["upgrade"]);
    for part in [
        "proxied() { sudo env http_proxy='http://proxy.corp.example.com:3128' https_proxy='http://proxy.corp.example.com:3128' \\\n",
        "no_proxy='localhost,",
        ".corp.example.com,192.168.0.0/16' \"$@\"; }",
        "proxied apt-get update && proxied apt-get install",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(!text.contains("sudo apt-get"));
    let text = runbook(&Folder::new(EXAMPLE), &["upgrade"]);
    assert!(text.contains("sudo apt-get update") && !text.contains("proxied"));
}

#[test]
fn the_way_in_is_that_of_the_image() {
    let key = "sshKey: ops";
    for (image, user, nobody) in [
        ("ubuntu-24.04", "ubuntu", false),
        ("debian-12", "admin", true),
        ("rocky-9", "rocky", true),
    ] {
        let spec = EXAMPLE.replace("ubuntu-24.04", image);
        for own in [false, true] {
            let spec = if own {
                let indent = spec
                    .lines()
                    .find(|line| line.trim_start().starts_with("image:"))
                    .expect("an image");
                let space = indent.len() - indent.trim_start().len();
                spec.replace(indent, &format!("{indent}\n{}{key}", " ".repeat(space)))
            } else {
                spec.clone()
            };
            let folder = Folder::new(&spec);
            folder.render().code(0);
            let text = fs::read_to_string(folder.out("README.md")).expect("README.md");
            for (part, there) in [
                (format!("      User {user}\n"), true),
                ("ProxyCommand sh ~/.ssh/prod-tunnel %n".to_owned(), true),
                (
                    "**nobody gets into these machines**".to_owned(),
                    nobody && !own,
                ),
                ("send-ssh-public-key".to_owned(), !nobody && !own),
                (
                    "have the key of `machines.provision.sshKey`".to_owned(),
                    own,
                ),
            ] {
                assert_eq!(
                    text.contains(&part),
                    there,
                    "{image} {own}: {part:?} in {text}"
                );
            }
        }
    }
}

/// The commands are for a shell: none of them is half a sentence to it.
#[test]
#[ignore = "needs bash"]
fn the_commands_are_shell() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    for kind in kinds() {
        let folder = kind.folder();
        folder.render().code(0);
        let text = fs::read_to_string(folder.out("README.md")).expect("README.md");
        let mut script = String::new();
        for line in text.lines() {
            if let Some(code) = line.strip_prefix("    ") {
                script.push_str(code);
                script.push('\n');
            } else {
                script.push('\n');
            }
        }
        // Terraform's own, in the section about a way in.
        let from = script.find("resource \"aws_security_group\" \"access\"");
        if let Some(from) = from {
            let to = script.find("aws elbv2").expect("the next command");
            script.replace_range(from..to, "");
        }
        let mut child = Command::new("bash")
            .arg("-n")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bash");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(script.as_bytes()).expect("read");
        drop(input);
        let output = child.wait_with_output().expect("ended");
        assert!(
            output.status.success(),
            "{kind:?}: {}\n{script}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// What a reader pastes into a shell is one word there, whatever the path is.
#[test]
fn paths_are_words_of_a_shell() {
    let folder = Folder::new(EXAMPLE);
    let said = folder
        .hagen(&[
            "runbook",
            "add-worker",
            "--provider",
            "aws",
            "--out",
            "a b's $x",
        ])
        .code(0)
        .stdout();
    assert!(
        said.contains(r"terraform -chdir='a b'\''s $x' apply"),
        "{said}"
    );
    let plain = folder
        .hagen(&["runbook", "add-worker", "--provider", "aws"])
        .code(0)
        .stdout();
    assert!(
        plain.contains("terraform -chdir=out/prod-aws apply"),
        "{plain}"
    );
}

/// The source of packages goes to the next minor, in the layout of each mirror.
#[test]
fn an_upgrade_changes_the_source_of_packages_wherever_they_come_from() {
    let sources = [
        "https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /",
        "https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb/ /",
        "https://mirrors.cloud.tencent.com/kubernetes_new/core:/stable:/v1.36/rpm/",
    ];
    let folder = Folder::new(EXAMPLE);
    let said = folder
        .hagen(&["runbook", "upgrade", "--provider", "aws"])
        .code(0)
        .stdout();
    let command = said
        .lines()
        .find_map(|line| line.split_once("sed -i \"")?.1.split_once('"'))
        .expect("a command")
        .0
        .replace("$minor", "1.37");
    for source in sources {
        let mut sed = std::process::Command::new("sed");
        let file = folder.path().join("list");
        fs::write(&file, format!("deb [signed-by=/etc/k.asc] {source}\n")).expect("write");
        let out = sed.arg(&command).arg(&file).output().expect("sed");
        let text = String::from_utf8(out.stdout).expect("text");
        assert!(
            text.contains(&source.replace("v1.36", "v1.37")),
            "{command}: {text}"
        );
    }
}
