//! kubeadm's own validation of its configuration, a second time: what it would refuse, found
//! without it (cmd/kubeadm/app/apis/kubeadm/validation/validation.go).
#![allow(
    unreachable_pub,
    missing_docs,
    clippy::expect_used,
    clippy::case_sensitive_file_extension_comparisons
)]

use std::net::IpAddr;
use std::str::FromStr as _;

use hagen::artifact::ArtifactSet;
use ipnet::IpNet;
use serde_json::Value;

/// What kubeadm would refuse in what is rendered.
pub fn faults(artifacts: &ArtifactSet) -> Vec<String> {
    documents(artifacts).iter().flat_map(faults_of).collect()
}

/// kubeadm's documents of all nodes, with a value in the place of each word that Terraform or the
/// bootstrap script puts in.
pub fn documents(artifacts: &ArtifactSet) -> Vec<Value> {
    let mut all = Vec::new();
    for (path, text) in artifacts.iter() {
        if !path.starts_with("cloud-init/") {
            continue;
        }
        let document: Value = serde_saphyr::from_str(text).expect("cloud-init");
        for file in document["write_files"].as_array().expect("files") {
            let name = file["path"].as_str().expect("a path");
            if !["/etc/hagen/kubeadm.yaml", "/etc/hagen/kubeadm-join.yaml"].contains(&name) {
                continue;
            }
            let content = filled(file["content"].as_str().expect("text"));
            for document in content
                .split("---\n")
                .filter(|part| !part.trim().is_empty())
            {
                all.push(serde_saphyr::from_str(document).expect("YAML"));
            }
        }
    }
    all
}

fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("HAGEN_") {
        let end = rest[at..]
            .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
            .map_or(rest.len(), |length| at + length);
        out.push_str(&rest[..at]);
        out.push_str(match &rest[at..end] {
            "HAGEN_BOOTSTRAP_TOKEN" => "abcdef.0123456789abcdef",
            "HAGEN_CERTIFICATE_KEY" => {
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            }
            "HAGEN_NODE_ADDRESS" => "10.0.0.21",
            "HAGEN_NODE_PROVIDER_ID" => "aws:///eu-west-1a/i-0123456789abcdef0",
            "HAGEN_API_HOST" => "nodes-0123456789abcdef.elb.eu-west-1.amazonaws.com",
            "HAGEN_PUBLIC_API_HOST" => "api-0123456789abcdef.elb.eu-west-1.amazonaws.com",
            word if word.starts_with("HAGEN_API_ADDRESS_") => "203.0.113.9",
            word => panic!("nobody puts in {word}"),
        });
        rest = &rest[end..];
    }
    out + rest
}

/// What kubeadm would refuse in a document.
pub fn faults_of(document: &Value) -> Vec<String> {
    let mut faults = Faults(Vec::new());
    match document["kind"].as_str() {
        Some("InitConfiguration") => init(document, &mut faults),
        Some("ClusterConfiguration") => cluster(document, &mut faults),
        Some("JoinConfiguration") => join(document, &mut faults),
        Some("KubeletConfiguration") => {}
        Some("KubeProxyConfiguration") => kube_proxy(document, &mut faults),
        kind => faults.0.push(format!("kind is {kind:?}")),
    }
    faults.0
}

struct Faults(Vec<String>);

impl Faults {
    fn demand(&mut self, good: bool, what: &str) {
        if !good {
            self.0.push(what.to_owned());
        }
    }
}

fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// kubeadm reads it strictly, and kube-proxy refuses a mode that it does not know
/// (`k8s.io/kube-proxy/config/v1alpha1`; `pkg/proxy/apis/config/validation`).
fn kube_proxy(document: &Value, faults: &mut Faults) {
    let version = text(document, "/apiVersion");
    faults.demand(version == "kubeproxy.config.k8s.io/v1alpha1", "apiVersion");
    let mode = text(document, "/mode");
    faults.demand(["iptables", "nftables", "ipvs"].contains(&mode), "mode");
    let known = |object: &Value, known: &[&str]| {
        let keys = object.as_object().into_iter().flatten();
        keys.map(|(key, _)| key)
            .all(|key| known.contains(&key.as_str()))
    };
    let keys = ["apiVersion", "kind", "mode", "ipvs"];
    faults.demand(known(document, &keys), "a key of kube-proxy's");
    let Some(ipvs) = document.get("ipvs") else {
        return;
    };
    faults.demand(known(ipvs, &["strictARP", "excludeCIDRs"]), "a key of ipvs");
    let strict = ipvs.get("strictARP").is_none_or(Value::is_boolean);
    faults.demand(strict, "strictARP");
    for network in ipvs["excludeCIDRs"].as_array().into_iter().flatten() {
        let network = network.as_str().map(str::parse::<ipnet::IpNet>);
        faults.demand(matches!(network, Some(Ok(_))), "excludeCIDRs");
    }
}

fn init(document: &Value, faults: &mut Faults) {
    registration(document, faults);
    local_endpoint(&document["localAPIEndpoint"], faults);
    faults.demand(is_key(text(document, "/certificateKey")), "certificateKey");
    let tokens = document["bootstrapTokens"].as_array();
    faults.demand(
        tokens.is_some_and(|tokens| !tokens.is_empty()),
        "bootstrapTokens",
    );
    for token in tokens.into_iter().flatten() {
        faults.demand(is_token(text(token, "/token")), "token");
        let list = |key: &str| -> Vec<&str> {
            let list = token[key].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).collect()
        };
        let (usages, groups) = (list("usages"), list("groups"));
        let known = ["signing", "authentication"];
        faults.demand(usages.iter().all(|usage| known.contains(usage)), "usages");
        faults.demand(
            groups.is_empty() || usages.contains(&"authentication"),
            "groups",
        );
        let group = |group: &&str| {
            group
                .strip_prefix("system:bootstrappers:")
                .is_some_and(|rest| {
                    rest.len() <= 256
                        && rest.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                        && rest.chars().all(|c| {
                            c.is_ascii_lowercase() || c.is_ascii_digit() || ":-".contains(c)
                        })
                })
        };
        faults.demand(groups.iter().all(group), "a group");
        faults.demand(token.get("expires").is_none(), "ttl and expires");
        // Zero never ends: kubeadm takes it, and hagen must not write it.
        let seconds = seconds(text(token, "/ttl"));
        faults.demand(seconds.is_some_and(|s| (600..=86_400).contains(&s)), "ttl");
    }
}

fn cluster(document: &Value, faults: &mut Faults) {
    let version = text(document, "/kubernetesVersion");
    let numbers = version.strip_prefix('v').unwrap_or_default().split('.');
    let numbers: Option<Vec<u32>> = numbers.map(|part| part.parse().ok()).collect();
    faults.demand(
        numbers.is_some_and(|numbers| numbers.len() == 3),
        "kubernetesVersion",
    );
    faults.demand(
        is_host_port(text(document, "/controlPlaneEndpoint")),
        "controlPlaneEndpoint",
    );
    let repository = text(document, "/imageRepository");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/:".contains(c);
    faults.demand(
        !repository.is_empty()
            && repository.chars().all(plain)
            && !repository.contains("//")
            && !repository.ends_with(['/', ':', '.', '-', '_']),
        "imageRepository",
    );
    let algorithms = [
        "RSA-2048",
        "RSA-3072",
        "RSA-4096",
        "ECDSA-P256",
        "ECDSA-P384",
    ];
    let algorithm = text(document, "/encryptionAlgorithm");
    faults.demand(algorithms.contains(&algorithm), "encryptionAlgorithm");
    faults.demand(document.get("featureGates").is_none(), "featureGates");
    let names = document["apiServer"]["certSANs"].as_array();
    for name in names.into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        let bare = name.strip_prefix("*.").unwrap_or(name);
        faults.demand(
            is_subdomain(bare) || IpAddr::from_str(name).is_ok(),
            "certSANs",
        );
    }
    for argument in document["apiServer"]["extraArgs"]
        .as_array()
        .into_iter()
        .flatten()
    {
        // Nothing that kubeadm sets itself.
        let name = text(argument, "/name");
        faults.demand(name == "shutdown-delay-duration", "apiServer.extraArgs");
    }
    networking(document, faults);
    etcd(&document["etcd"], faults);
}

fn networking(document: &Value, faults: &mut Faults) {
    faults.demand(
        is_subdomain(text(document, "/networking/dnsDomain")),
        "dnsDomain",
    );
    let networks = |key: &str| -> Option<Vec<IpNet>> {
        let list = text(document, &format!("/networking/{key}")).split(',');
        list.map(|net| net.parse::<IpNet>().ok().filter(|net| net.trunc() == *net))
            .collect()
    };
    let v4 = |net: &IpNet| matches!(net, IpNet::V4(_));
    let (pods, services) = (networks("podSubnet"), networks("serviceSubnet"));
    for list in [&pods, &services] {
        let good = list.as_ref().is_some_and(|list| match list.as_slice() {
            [_] => true,
            [a, b] => v4(a) != v4(b),
            _ => false,
        });
        faults.demand(good, "one network, or two of different families");
    }
    for net in services.iter().flatten() {
        let bits = net.max_prefix_len() - net.prefix_len();
        faults.demand(bits <= 20 && (1_u64 << bits) >= 10, "serviceSubnet");
    }
    for net in pods.iter().flatten() {
        let node: u8 = if v4(net) { 24 } else { 64 };
        let difference = i16::from(node) - i16::from(net.prefix_len());
        faults.demand((0..=16).contains(&difference), "podSubnet");
    }
    if let (Some(pods), Some(services)) = (pods, services) {
        let families = |list: &[IpNet]| list.iter().map(v4).collect::<Vec<_>>();
        faults.demand(families(&pods) == families(&services), "families");
        for pod in &pods {
            for service in &services {
                let apart = !pod.contains(service) && !service.contains(pod);
                faults.demand(apart, "pods and Services overlap");
            }
        }
    }
}

fn etcd(etcd: &Value, faults: &mut Faults) {
    let (local, external) = (etcd.get("local"), etcd.get("external"));
    faults.demand(
        local.is_some() != external.is_some(),
        "local or external etcd",
    );
    if let Some(local) = local {
        faults.demand(text(local, "/dataDir").starts_with('/'), "dataDir");
    }
    if let Some(external) = external {
        for (key, ending) in [
            ("caFile", ".crt"),
            ("certFile", ".crt"),
            ("keyFile", ".key"),
        ] {
            let file = text(external, &format!("/{key}"));
            faults.demand(file.starts_with('/') && file.ends_with(ending), key);
        }
        let endpoints = external["endpoints"].as_array();
        let endpoints: Vec<&str> = endpoints
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        faults.demand(matches!(endpoints.len(), 3 | 5 | 7), "endpoints");
        for (at, endpoint) in endpoints.iter().enumerate() {
            let rest = endpoint.strip_prefix("https://").unwrap_or_default();
            faults.demand(is_host_port(rest), "an endpoint");
            faults.demand(!endpoints[..at].contains(endpoint), "an endpoint twice");
        }
    }
}

fn join(document: &Value, faults: &mut Faults) {
    registration(document, faults);
    let discovery = &document["discovery"];
    let (file, token) = (discovery.get("file"), discovery.get("bootstrapToken"));
    faults.demand(file.is_some() != token.is_some(), "discovery");
    if let Some(file) = file {
        faults.demand(
            text(file, "/kubeConfigPath").starts_with('/'),
            "kubeConfigPath",
        );
        // The file has no credentials, so the token for TLS is demanded.
        faults.demand(
            is_token(text(discovery, "/tlsBootstrapToken")),
            "tlsBootstrapToken",
        );
    }
    if let Some(token) = token {
        faults.demand(is_token(text(token, "/token")), "token");
        faults.demand(
            is_host_port(text(token, "/apiServerEndpoint")),
            "apiServerEndpoint",
        );
        let hashes = token["caCertHashes"]
            .as_array()
            .is_some_and(|hashes| !hashes.is_empty());
        let unsafely = token["unsafeSkipCAVerification"] == true;
        faults.demand(hashes || unsafely, "caCertHashes");
        let own = discovery.get("tlsBootstrapToken");
        faults.demand(
            own.is_none_or(|own| own.as_str().is_some_and(is_token)),
            "tlsBootstrapToken",
        );
    }
    if let Some(path) = document.get("caCertPath").and_then(Value::as_str) {
        faults.demand(
            path.starts_with('/') && path.ends_with(".crt"),
            "caCertPath",
        );
    }
    if let Some(control_plane) = document.get("controlPlane") {
        faults.demand(
            is_key(text(control_plane, "/certificateKey")),
            "certificateKey",
        );
        local_endpoint(&control_plane["localAPIEndpoint"], faults);
    }
}

fn registration(document: &Value, faults: &mut Faults) {
    let registration = &document["nodeRegistration"];
    faults.demand(
        is_subdomain(text(registration, "/name")),
        "nodeRegistration.name",
    );
    faults.demand(
        text(registration, "/criSocket").starts_with("unix:///"),
        "criSocket",
    );
    for argument in registration["kubeletExtraArgs"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let known = ["node-ip", "cloud-provider", "provider-id"];
        faults.demand(known.contains(&text(argument, "/name")), "kubeletExtraArgs");
        faults.demand(!text(argument, "/value").is_empty(), "kubeletExtraArgs");
    }
    for key in ["imagePullPolicy", "ignorePreflightErrors", "taints"] {
        faults.demand(registration.get(key).is_none(), key);
    }
}

fn local_endpoint(endpoint: &Value, faults: &mut Faults) {
    let address = text(endpoint, "/advertiseAddress").parse::<IpAddr>();
    faults.demand(
        address.is_ok_and(|address| !address.is_loopback() && !address.is_unspecified()),
        "advertiseAddress",
    );
    let port = endpoint["bindPort"].as_u64();
    faults.demand(
        port.is_some_and(|port| (1..=65535).contains(&port)),
        "bindPort",
    );
}

fn is_token(text: &str) -> bool {
    let plain = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.split_once('.').is_some_and(|(id, secret)| {
        id.len() == 6 && secret.len() == 16 && plain(id) && plain(secret)
    })
}

fn is_key(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            label.starts_with(edge)
                && label.ends_with(edge)
                && label.chars().all(|c| edge(c) || c == '-')
        })
}

fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        is_subdomain(host) && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// Seconds of a duration as Go writes it: `1h30m0s`.
fn seconds(text: &str) -> Option<u64> {
    let (hours, rest) = text.split_once('h').unwrap_or(("0", text));
    let (minutes, rest) = rest.split_once('m').unwrap_or(("0", rest));
    let seconds = rest.strip_suffix('s')?;
    let number = |text: &str| text.parse::<u64>().ok();
    Some(number(hours)? * 3600 + number(minutes)? * 60 + number(seconds)?)
}
