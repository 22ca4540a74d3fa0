//! The runbook of bare metal: `hagen runbook` and the rendered README.md, for each kind of load balancer.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::fs;

use common::{EXAMPLE as AWS, Folder};

const EXAMPLE: &str = include_str!("../examples/baremetal.yaml");

/// A kind of cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kind {
    balancer: Balancer,
    external: bool,
    services: &'static str,
    mode: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Balancer {
    Pair(&'static str),
    OnControlPlane(&'static str),
    KubeVip,
}

const BALANCERS: [Balancer; 5] = [
    Balancer::Pair("haproxy"),
    Balancer::Pair("nginx"),
    Balancer::OnControlPlane("haproxy"),
    Balancer::OnControlPlane("nginx"),
    Balancer::KubeVip,
];
const L2: &str =
    "metallb: { pools: [{ name: default, addresses: [10.20.0.200-10.20.0.239] }], l2: {} }";
const BGP: &str = "metallb: { pools: [{ name: default, addresses: [10.20.8.0/24] }], bgp: { myAsn: 64512, peers: [{ name: tor, address: 10.20.0.2, peerAsn: 64513, bfd: fast }] } }";

fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for balancer in BALANCERS {
        for (external, services, mode) in [
            (false, "none", "pinned"),
            (true, L2, "{ drop: file }"),
            (false, BGP, "tofu"),
            (true, "none", "pinned"),
        ] {
            kinds.push(Kind {
                balancer,
                external,
                services,
                mode,
            });
        }
    }
    kinds
}

/// Puts words in the place of others, which must be there.
#[track_caller]
fn with(spec: &str, from: &str, to: &str) -> String {
    assert!(spec.contains(from), "no {from:?} in {spec}");
    spec.replace(from, to)
}

impl Kind {
    fn spec(self) -> String {
        let mut spec = EXAMPLE.to_owned();
        let (proxy, dedicated) = match self.balancer {
            Balancer::Pair(proxy) => (proxy, true),
            Balancer::OnControlPlane(proxy) => (proxy, false),
            Balancer::KubeVip => ("kubeVip", false),
        };
        spec = with(&spec, "      haproxy:\n", &format!("      {proxy}:\n"));
        if !dedicated {
            spec = with(&spec, "        nodes: [lb-1, lb-2]\n", "");
            for line in [
                "      - { name: lb-1, role: loadBalancer, address: 10.20.0.11 }\n",
                "      - { name: lb-2, role: loadBalancer, address: 10.20.0.12 }\n",
            ] {
                spec = with(&spec, line, "");
            }
            spec = with(&spec, "maxFailover: 6s", "maxFailover: 10s");
        }
        match self.balancer {
            Balancer::Pair(_) => {}
            Balancer::OnControlPlane(_) => {
                spec = with(&spec, "  port: 6443\n", "  port: 8443\n");
            }
            Balancer::KubeVip => {
                let keepalived = "        keepalived: { virtualRouterId: 77 }\n";
                spec = with(&spec, keepalived, "        leaseDuration: 5s\n");
            }
        }
        if self.external {
            let worker = "      - { name: worker-1,";
            let members: String = (1..=3)
                .map(|at| {
                    format!("      - {{ name: etcd-{at}, role: etcd, address: 10.20.0.4{at} }}\n")
                })
                .collect();
            spec = with(&spec, worker, &format!("{members}{worker}"));
            spec.push_str("\netcd: { external: { count: 3 } }\n");
        }
        if self.services != "none" {
            let interface = "    interface: eth0\n";
            let services = format!("{interface}    services:\n      {}\n", self.services);
            spec = with(&spec, interface, &services);
        }
        format!("{spec}\nsecrets: {{ mode: {} }}\n", self.mode)
    }

    fn folder(self) -> Folder {
        Folder::new(&self.spec())
    }

    fn readme(self) -> (Folder, String) {
        let folder = self.folder();
        folder.hagen(&["render", "--provider", "baremetal"]).code(0);
        let readme = folder.path().join("out/prod-baremetal/README.md");
        (folder, fs::read_to_string(readme).expect("README.md"))
    }

    fn haproxy(self) -> bool {
        matches!(
            self.balancer,
            Balancer::Pair("haproxy") | Balancer::OnControlPlane("haproxy")
        )
    }

    fn nginx(self) -> bool {
        self.pair() && !self.haproxy()
    }

    fn pair(self) -> bool {
        self.balancer != Balancer::KubeVip
    }

    fn dedicated(self) -> bool {
        matches!(self.balancer, Balancer::Pair(_))
    }

    fn on_control_plane(self) -> bool {
        matches!(self.balancer, Balancer::OnControlPlane(_))
    }

    /// A node that may hold the virtual IP, and another.
    fn holders(self) -> [&'static str; 2] {
        if self.dedicated() {
            ["lb-1", "lb-2"]
        } else {
            ["cp-1", "cp-2"]
        }
    }
}

#[track_caller]
fn runbook(folder: &Folder, arguments: &[&str]) -> String {
    let arguments = [&["runbook"], arguments, &["--provider", "baremetal"]].concat();
    folder.hagen(&arguments).code(0).stdout()
}

#[track_caller]
fn refused(folder: &Folder, arguments: &[&str], code: &str) -> String {
    let arguments = [&["runbook"], arguments].concat();
    let ran = folder.hagen(&arguments).code(2).stderr_has(code);
    assert_eq!(ran.stdout(), "");
    ran.stderr()
}

/// Says for each text whether it must be there, and what holds for every text.
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
    // Nothing here is a cloud's.
    for word in [
        "erraform",
        "machines.existing",
        "metadata service",
        "ecurity group",
        "ser data",
        "tfvars",
        "state rm",
    ] {
        assert!(!text.contains(word), "{kind:?}: {word:?} in\n{text}");
    }
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.windows(2) {
        let code = |line: &str| line.starts_with("    ");
        assert!(
            code(pair[0]) || !code(pair[1]) || pair[0].is_empty(),
            "{kind:?}: {pair:?}"
        );
    }
}

/// The order in which parts come.
#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = text[from..].find(part);
        assert!(at.is_some(), "no {part:?} after {from} in\n{text}");
        from += at.unwrap_or_default() + part.len();
    }
}

#[test]
fn the_readme_says_what_this_cluster_has_and_nothing_else() {
    std::thread::scope(|scope| {
        for kind in kinds() {
            scope.spawn(move || {
                let (folder, text) = kind.readme();
                readme_of(kind, &text);
                files_are_there(kind, &folder, &text);
            });
        }
    });
}

fn readme_of(kind: Kind, text: &str) {
    let Kind { external, .. } = kind;
    let (pair, kube_vip) = (kind.pair(), !kind.pair());
    let (metallb, drop) = (kind.services != "none", kind.mode.contains("drop"));
    let [first, second] = kind.holders();
    says(
        kind,
        text,
        &[
            ("\n## When the API does not answer\n", true),
            ("\n## Firewall\n", true),
            ("\n## How long each failure takes\n", true),
            ("\n## What each failure looks like\n", true),
            ("\n## Services of type LoadBalancer\n", !metallb),
            ("\n## Services of type LoadBalancer: MetalLB\n", metallb),
            ("\n### From ARP to BGP later\n", kind.services == L2),
            (&format!("for node in {first} {second}"), true),
            ("ip -4 -o addr show to 10.20.0.10", true),
            ("\n## Drain a load balancer node: lb-2\n", kind.dedicated()),
            (
                "\n## Drain a load balancer node: cp-3\n",
                kind.on_control_plane(),
            ),
            ("\n## Take the virtual IP from a node: cp-3\n", kube_vip),
            (
                "\n## Replace a load balancer node: lb-2\n",
                kind.dedicated(),
            ),
            (
                "\n## Apply a changed configuration of the load balancer\n",
                true,
            ),
            ("\n## Add members of etcd: 3 → 5\n", external),
            ("Entering FAULT STATE", pair),
            ("plndr-cp-lock", kube_vip),
            ("keepalived", pair),
            ("kube-vip", kube_vip),
            ("haproxy_server_(check_)?status", kind.haproxy()),
            ("`VRRP_Script(chk_backends) failed`", kind.haproxy()),
            ("nginx checks nothing by itself", kind.nginx()),
            ("/var/log/nginx/api.log", kind.nginx()),
            ("IP protocol 112 (VRRP), no port", pair),
            ("firewalld or ufw gets 6443/tcp", kind.dedicated()),
            ("| 7946/tcp", metallb),
            ("| 7946/tcp and udp", metallb),
            ("| 179/tcp", kind.services == BGP),
            ("| etcd | 2380/tcp | etcd |", external),
            ("load balancer nodes run no kube-proxy", kind.dedicated()),
            ("with `kubeProxy: nftables`", !kind.dedicated()),
            ("api.prod.example.com. 300 IN A 10.20.0.10", true),
            ("With the port 8443: at 6443", kind.on_control_plane()),
            ("`maxFailover: 6s`", kind.dedicated()),
            ("hagen seed --secrets secrets.operator.json .", !drop),
            ("       hagen seed .", drop),
            ("find seed .seed.hagen-staging -type f -exec shred", !drop),
            ("\n## Tear down\n", true),
        ],
    );
    // Each failure has its time, from the timers that are emitted.
    let rows: &[&str] = match kind.balancer {
        Balancer::Pair("haproxy") => &[
            "or the holder is shut down in order | 0.6 s | every new request | yes |",
            "power, kernel, network | 2.6 to 3.6 s | every new request | yes |",
            "haproxy on the holder is dead and does not come back | 2.6 to 4.6 s |",
            "the holder alone reaches no API server | 12.6 to 24.6 s | every new request | no |",
        ],
        Balancer::OnControlPlane("haproxy") => &["does not come back | 4.6 to 6.6 s |"],
        Balancer::KubeVip => &["with kube-vip's lease | 5.0 to 7.0 s | every new request | yes |"],
        _ => &[
            "an API server says that it is not ready | as long as it lasts | requests that meet it | no |",
        ],
    };
    for row in rows {
        assert!(text.contains(row), "{kind:?}: no {row:?} in\n{text}");
    }
    for line in text.lines() {
        let table = line.starts_with('|');
        let limit = if line.starts_with("    ") || table {
            260
        } else {
            170
        };
        assert!(line.chars().count() <= limit, "{kind:?}: {line}");
    }
    assert!(
        text.lines().count() < 730,
        "{kind:?} is a wall: {}",
        text.lines().count()
    );
}

/// By BGP there is no holder: each control-plane node announces the address.
#[test]
fn kube_vip_by_bgp_has_no_holder() {
    let kind = Kind {
        balancer: Balancer::KubeVip,
        external: true,
        services: "none",
        mode: "pinned",
    };
    let folder = Folder::new(include_str!("../examples/baremetal-kube-vip-bgp.yaml"));
    folder.hagen(&["render", "--provider", "baremetal"]).code(0);
    let readme = folder.path().join("out/prod-baremetal/README.md");
    let text = fs::read_to_string(readme).expect("README.md");
    says(
        kind,
        &text,
        &[
            ("which announce the address by BGP", true),
            ("Who announces 10.20.99.10?", true),
            (
                "| control plane | 179/tcp (BGP) | 10.20.0.1, and back |",
                true,
            ),
            (
                "power, kernel, network | 6.0 to 9.0 s | requests that meet it |",
                true,
            ),
            ("plndr-cp-lock", false),
            ("Exactly one", false),
            ("ARP", false),
        ],
    );
}

/// Every file that commands read is one that was rendered.
fn files_are_there(kind: Kind, folder: &Folder, text: &str) {
    let rendered = folder.path().join("out/prod-baremetal");
    let mut found = 0;
    let roots = [
        "keepalived/",
        "haproxy/",
        "nginx/",
        "manifests/",
        "cloud-init/",
    ];
    for word in text.split(|c: char| c.is_whitespace() || "`<(),;:".contains(c)) {
        let word = word.trim_matches(['"', '.', '\'']);
        if !roots.iter().any(|root| word.starts_with(root)) {
            continue;
        }
        // Those of /etc/kubernetes.
        if word == "manifests/" || word.starts_with("manifests/*") {
            continue;
        }
        found += 1;
        let name = word
            .replace("$node", kind.holders()[1])
            .replace("NODE", "cp-1")
            .replace("/*", "");
        let name = name
            .strip_suffix(".conf")
            .filter(|name| *name == "keepalived")
            .unwrap_or(&name);
        assert!(
            rendered.join(name).exists(),
            "{kind:?}: {word} is not there"
        );
    }
    assert!(
        found > 0 || kind.balancer == Balancer::KubeVip,
        "{kind:?} names no file"
    );
}

#[test]
fn a_change_of_keepalived_comes_to_all_at_once_where_it_must() {
    for balancer in BALANCERS
        .into_iter()
        .filter(|one| *one != Balancer::KubeVip)
    {
        let kind = Kind {
            balancer,
            external: false,
            services: "none",
            mode: "pinned",
        };
        let text = runbook(&kind.folder(), &["change-load-balancer"]);
        says(
            kind,
            &text,
            &[
                ("<out/prod-baremetal/haproxy/haproxy.cfg", kind.haproxy()),
                ("<out/prod-baremetal/nginx/nginx.conf", kind.nginx()),
                (
                    "sudo haproxy -c -f /etc/haproxy/haproxy.cfg.new &&",
                    kind.haproxy(),
                ),
                (
                    "sudo nginx -t -c /etc/nginx/nginx.conf.new &&",
                    kind.nginx(),
                ),
                ("<\"out/prod-baremetal/keepalived/$node.conf\"", true),
            ],
        );
        in_order(
            &text,
            &[
                "sudo systemctl reload keepalived' || break",
                "**both hold the address**",
                "sudo keepalived -t -f",
                "sudo systemctl stop keepalived; done",
                "sudo systemctl start keepalived'; done",
                "ip -4 -o addr show to 10.20.0.10",
            ],
        );
    }
}

#[test]
fn the_load_balancer_knows_new_nodes_in_the_right_order() {
    for balancer in BALANCERS {
        let kind = Kind {
            balancer,
            external: false,
            services: "none",
            mode: "pinned",
        };
        let text = runbook(&kind.folder(), &["add-control-plane"]);
        let rotate =
            "hagen rearm --rotate --file hagen.yaml --secrets out/prod-baremetal | ssh cp-1";
        let seed = "hagen seed --secrets out/prod-baremetal/secrets.operator.json --node NODE out/prod-baremetal";
        says(
            kind,
            &text,
            &[
                ("reload keepalived", kind.on_control_plane()),
                ("reload haproxy", kind.haproxy()),
                ("reload nginx", kind.nginx()),
                ("<out/prod-baremetal/seed/NODE/user-data", true),
            ],
        );
        let mut order = vec!["hagen render"];
        if kind.on_control_plane() {
            // A new node that hears no advert takes the address.
            order.push("reload keepalived");
        }
        if kind.haproxy() {
            order.push("reload haproxy");
        }
        order.extend([rotate, seed, "etcdctl member list"]);
        if kind.nginx() {
            order.push("reload nginx");
        }
        in_order(&text, &order);
    }
}

#[test]
fn a_node_is_drained_before_its_maintenance() {
    for balancer in BALANCERS {
        let kind = Kind {
            balancer,
            external: false,
            services: "none",
            mode: "pinned",
        };
        let folder = kind.folder();
        let [node, other] = kind.holders();
        let text = runbook(&folder, &["drain-load-balancer", node]);
        says(kind, &text, &[("kubectl drain", !kind.dedicated())]);
        if kind.pair() {
            let stop = format!("ssh {node} sudo systemctl disable --now keepalived");
            in_order(
                &text,
                &[
                    &format!("for node in {other}"),
                    &stop,
                    "Exactly one holds",
                    "maintenance",
                    "sudo systemctl enable --now keepalived",
                ],
            );
            assert!(text.contains("another one has it 0.6 s later"), "{text}");
        } else {
            in_order(
                &text,
                &["/etc/kubernetes/kube-vip.yaml.away", "maintenance", "mv"],
            );
            assert!(text.contains("after 7.0 s at most"), "{text}");
        }
        let words = refused(
            &folder,
            &["drain-load-balancer", "--provider", "baremetal"],
            "HGN9013",
        );
        assert!(
            words.contains("`drain-load-balancer` is about one node"),
            "{words}"
        );
        let wrong = ["drain-load-balancer", "worker-1", "--provider", "baremetal"];
        let words = refused(&folder, &wrong, "HGN9014");
        assert!(
            words.contains(&format!("those that may are {node}, {other}")),
            "{words}"
        );
    }
}

#[test]
fn machines_are_replaced_with_their_seeds() {
    for kind in kinds() {
        let folder = kind.folder();
        let drop = kind.mode.contains("drop");
        let seed = |node: &str| {
            let secrets = "--secrets out/prod-baremetal/secrets.operator.json ";
            let secrets = if drop { "" } else { secrets };
            format!("       hagen seed {secrets}--node {node} out/prod-baremetal ")
        };
        for node in ["cp-1", "cp-3", "worker-2"] {
            let text = runbook(&folder, &["replace", node]);
            says(
                kind,
                &text,
                &[
                    (&seed(node), true),
                    (&format!("<out/prod-baremetal/seed/{node}/user-data"), true),
                    (&format!("hostnamectl set-hostname {node} &&"), true),
                    ("cat >secrets.new && mv secrets.new secrets", drop),
                    (
                        &format!("ssh {node} sudo systemctl disable --now keepalived"),
                        kind.on_control_plane() && node != "worker-2",
                    ),
                    (
                        "haproxy has it as DOWN",
                        kind.haproxy() && node != "worker-2",
                    ),
                ],
            );
        }
        if kind.external {
            let text = runbook(&folder, &["replace", "etcd-2"]);
            says(
                kind,
                &text,
                &[(&seed("etcd-2"), true), ("hagen rearm", false)],
            );
            let text = runbook(&folder, &["add-etcd"]);
            says(
                kind,
                &text,
                &[
                    (&seed("NODE"), true),
                    ("the machines under `machines`.", true),
                    ("https://127.0.0.1:6443/readyz", true),
                    ("cloud-init/cp-1.yaml >etcd-hosts", true),
                ],
            );
        }
        if kind.dedicated() {
            let text = runbook(&folder, &["replace", "lb-1"]);
            let seed = "       hagen seed --node lb-1 out/prod-baremetal ";
            says(
                kind,
                &text,
                &[(seed, true), ("kubectl", false), ("rearm", false)],
            );
        }
    }
}

#[test]
fn what_goes_to_an_api_server_itself_has_its_own_port() {
    let kind = Kind {
        balancer: Balancer::OnControlPlane("haproxy"),
        external: true,
        services: "none",
        mode: "pinned",
    };
    let folder = kind.folder();
    for task in ["rotate-certificates", "add-etcd"] {
        let text = runbook(&folder, &[task]);
        says(
            kind,
            &text,
            &[
                ("https://127.0.0.1:6443/readyz", true),
                ("https://127.0.0.1:8443", false),
            ],
        );
    }
    let text = runbook(&folder, &["kubeadm"]);
    says(
        kind,
        &text,
        &[
            ("--control-plane-endpoint api.prod.example.com:8443", true),
            ("--apiserver-bind-port 6443", true),
            ("--apiserver-bind-port 8443", false),
        ],
    );
}

#[test]
fn members_of_etcd_go_without_a_state_to_tidy() {
    let kind = Kind {
        balancer: Balancer::Pair("haproxy"),
        external: true,
        services: "none",
        mode: "pinned",
    };
    let third = "      - { name: etcd-3, role: etcd, address: 10.20.0.43 }\n";
    let more: String = (4..=5)
        .map(|at| format!("      - {{ name: etcd-{at}, role: etcd, address: 10.20.0.4{at} }}\n"))
        .collect();
    let spec = with(&kind.spec(), third, &format!("{third}{more}"));
    let folder = Folder::new(&with(
        &spec,
        "external: { count: 3 }",
        "external: { count: 5 }",
    ));
    let text = runbook(&folder, &["remove-etcd"]);
    says(kind, &text, &[("the machines out of `machines`", true)]);
    in_order(
        &text,
        &[
            "member remove \"$id\"",
            "edit configmap kubeadm-config",
            "count: 3",
            "5. The machines are yours",
        ],
    );
}

#[test]
fn metallb_is_said_as_it_announces() {
    for (services, l2, bgp) in [(L2, true, false), (BGP, false, true)] {
        let kind = Kind {
            balancer: Balancer::Pair("haproxy"),
            external: false,
            services,
            mode: "pinned",
        };
        let text = runbook(&kind.folder(), &["metallb"]);
        says(
            kind,
            &text,
            &[
                ("bash out/prod-baremetal/manifests/metallb/apply.sh", true),
                ("servicel2statuses", l2),
                ("4. By BGP", bgp),
                ("show bgp summary", bgp),
                ("### From ARP to BGP later", !bgp),
            ],
        );
    }
}

/// The section about BGP is a spec that hagen takes.
#[test]
fn the_way_to_bgp_is_one_that_validates() {
    let kind = Kind {
        balancer: Balancer::Pair("haproxy"),
        external: false,
        services: L2,
        mode: "pinned",
    };
    let text = runbook(&kind.folder(), &["metallb"]);
    let from = text.find("       bgp:\n").expect("a part of a spec");
    let part: String = text[from..]
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| format!(" {line}\n"))
        .collect();
    let metallb = "metallb:\n        pools:\n          - { name: old, addresses: [10.20.0.200-10.20.0.239] }\n          \
                   - { name: new, addresses: [10.20.8.0/24] }\n        \
                   l2: { advertisements: [{ name: old, pools: [old] }] }\n";
    // Which pool goes to the routers is another line.
    let part =
        part.trim_end().to_owned() + "\n          advertisements: [{ name: new, pools: [new] }]";
    let spec = with(&kind.spec(), L2, &format!("{metallb}{part}"));
    Folder::new(&spec)
        .hagen(&["validate", "--provider", "baremetal"])
        .code(0);
}

#[test]
fn tasks_of_bare_metal_are_refused_elsewhere() {
    let aws = Folder::new(AWS);
    for (arguments, why) in [
        (
            &["drain-load-balancer", "cp-1"][..],
            "the load balancer is the cloud's own",
        ),
        (
            &["change-load-balancer"],
            "the load balancer is the cloud's own",
        ),
        (&["metallb"], "nothing of hagen's serves Services"),
    ] {
        let arguments = [arguments, &["--provider", "aws"]].concat();
        let words = refused(&aws, &arguments, "HGN9014");
        assert!(words.contains(why), "{words}");
    }
    let without = Folder::new(EXAMPLE);
    for task in ["metallb", "cloud-controller", "add-etcd", "remove-etcd"] {
        refused(&without, &[task, "--provider", "baremetal"], "HGN9014");
    }
    refused(
        &without,
        &["change-load-balancer", "lb-1", "--provider", "baremetal"],
        "HGN9014",
    );
}

#[test]
fn without_a_limit_the_table_says_what_would_be_bounded() {
    let spec = with(EXAMPLE, "    maxFailover: 6s\n", "");
    let folder = Folder::new(&spec);
    folder.hagen(&["render", "--provider", "baremetal"]).code(0);
    let readme = folder.path().join("out/prod-baremetal/README.md");
    let text = fs::read_to_string(readme).expect("README.md");
    assert!(
        text.contains("in order | 0.6 s | every new request | would be |"),
        "{text}"
    );
    assert!(
        text.contains("`maxFailover` in the spec would bound"),
        "{text}"
    );
}

/// The commands are for a shell: none of them is half a sentence to it.
#[test]
#[ignore = "needs bash and shellcheck"]
fn the_commands_are_shell() {
    use std::process::Command;
    for kind in kinds() {
        let (folder, text) = kind.readme();
        let mut script = String::from("#!/bin/bash\n");
        for line in text.lines() {
            script.push_str(line.strip_prefix("    ").unwrap_or_default());
            script.push('\n');
        }
        // Not a shell's: the record of DNS, and a part of a spec.
        for (from, to) in [
            ("api.prod.example.com. 300", "\n"),
            ("   bgp:\n", "bfd: fast }]\n"),
        ] {
            if let Some(at) = script.find(from) {
                let end = script[at..].find(to).expect("its end") + to.len();
                script.replace_range(at..at + end, "");
            }
        }
        let file = folder.path().join("commands.sh");
        fs::write(&file, &script).expect("written");
        // What the reader fills in, what another task sets or defines again, words that are for this side's shell, and the
        // loop over the other one of two nodes.
        let shellcheck = ["-S", "warning", "-e", "SC2034,SC2154,SC2029,SC2043,SC2218"];
        for (program, arguments) in [("bash", &["-n"][..]), ("shellcheck", &shellcheck)] {
            let output = Command::new(program)
                .args(arguments)
                .arg(&file)
                .output()
                .expect(program);
            assert!(
                output.status.success(),
                "{kind:?}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}
