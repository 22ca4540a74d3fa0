//! The kubeadm documents of every node: by kubeadm's own types (kubeadm-v1beta4.json is a JSON
//! Schema made from them) and by what must hold between the nodes.

use hagen::spec::{AwsMachines, CloudProvider, Cluster, Etcd, SecretsMode};
use serde_json::{Value, json};

use super::cloud_init::{Finished, Kind, finished};
use super::end_to_end::{base64, list};
use super::examples::{self, each_example};
use super::offline;
use super::terraform::text;
use super::{python, tool};

each_example!(
    documents_of,
    "needs Python with jsonschema: see tests/tools/README.md"
);

fn documents_of(name: &str) {
    let spec = offline::spec(&examples::text(name));
    let mut all = Vec::new();
    for node in finished(name) {
        if node.kind == Kind::Etcd {
            continue;
        }
        let documents = read(&node, "/etc/hagen/kubeadm.yaml");
        if node.kind == Kind::First {
            first(&spec, &node, &documents);
            // Made anew, it joins the cluster that it founded.
            let join = read(&node, "/etc/hagen/kubeadm-join.yaml");
            joining(&spec, &node, &join);
            all.extend(join);
        } else {
            joining(&spec, &node, &documents);
        }
        all.extend(documents);
    }
    // The kubelet's own format has no schema here.
    all.retain(|document| document["kind"] != "KubeletConfiguration");
    let schema = tool::folder().join("kubeadm-v1beta4.json");
    assert_eq!(python::schema_problems(&schema, &all), [""; 0]);
    // The schema is strict: a word that kubeadm does not know is found.
    all[0]["nodeRegistraton"] = json!({});
    assert!(!python::schema_problems(&schema, &all).is_empty());
}

/// The documents of a file, with what the script puts in where secrets come later.
fn read(node: &Finished, path: &str) -> Vec<Value> {
    let mut text = node.content(path).unwrap();
    if node.dropped() {
        text = text
            .replace("HAGEN_BOOTSTRAP_TOKEN", node.secret("bootstrap_token"))
            .replace("HAGEN_CERTIFICATE_KEY", node.secret("certificate_key"));
    }
    match python::read_yaml(&text) {
        Value::Array(documents) => documents,
        one => vec![one],
    }
}

/// A time span as Go reads it.
fn go_duration(lifetime: hagen::spec::Lifetime) -> String {
    let seconds = lifetime.seconds();
    format!("{}h{}m0s", seconds / 3600, seconds % 3600 / 60)
}

fn of_kind<'a>(documents: &'a [Value], kind: &str) -> &'a Value {
    documents
        .iter()
        .find(|document| document["kind"] == kind)
        .unwrap_or_else(|| panic!("there is no {kind}"))
}

/// Where nodes reach the API server.
fn endpoint(spec: &Cluster) -> String {
    let second = spec
        .targets
        .aws
        .as_ref()
        .is_some_and(|aws| aws.load_balancer.second_internal);
    let host = match &spec.endpoint.host {
        Some(host) if !second => host.clone(),
        _ => "nodes-0123456789abcdef.elb.eu-west-1.amazonaws.com".to_owned(),
    };
    format!("{host}:{}", spec.endpoint.port)
}

fn first(spec: &Cluster, node: &Finished, documents: &[Value]) {
    assert_eq!(documents.len(), 3);
    let init = of_kind(documents, "InitConfiguration");
    let cluster = of_kind(documents, "ClusterConfiguration");
    let kubelet = of_kind(documents, "KubeletConfiguration");
    local_endpoint(spec, node, &init["localAPIEndpoint"]);
    registration(spec, node, init);
    assert_eq!(init["certificateKey"], node.secret("certificate_key"));
    let token = &init["bootstrapTokens"][0];
    assert_eq!(token["token"], node.secret("bootstrap_token"));
    assert_eq!(token["ttl"], go_duration(spec.secrets.token_lifetime));
    etcd(spec, &cluster["etcd"]);
    assert_eq!(init["patches"]["directory"], "/etc/hagen/patches");
    assert_eq!(kubelet["cgroupDriver"], "systemd");

    assert_eq!(cluster["clusterName"], spec.name.as_str());
    assert_eq!(
        cluster["kubernetesVersion"],
        format!("v{}", spec.kubernetes.version)
    );
    assert_eq!(cluster["controlPlaneEndpoint"], endpoint(spec));
    let networks = |networks: &[ipnet::IpNet]| {
        let texts: Vec<String> = networks.iter().map(ToString::to_string).collect();
        texts.join(",")
    };
    let networking = &cluster["networking"];
    assert_eq!(
        networking["podSubnet"],
        networks(&spec.kubernetes.pod_subnets)
    );
    assert_eq!(
        networking["serviceSubnet"],
        networks(&spec.kubernetes.service_subnets)
    );
    let names: Vec<&str> = list(&cluster["apiServer"]["certSANs"])
        .iter()
        .map(text)
        .collect();
    for wanted in certificate_names(spec) {
        assert!(
            names.contains(&wanted.as_str()),
            "{wanted} is not in {names:?}"
        );
    }
    // It answers until the load balancer has seen two failed checks, and the kubelet lets it.
    let delay = list(&cluster["apiServer"]["extraArgs"])
        .iter()
        .find(|argument| argument["name"] == "shutdown-delay-duration")
        .unwrap();
    let delay: u64 = text(&delay["value"])
        .strip_suffix('s')
        .unwrap()
        .parse()
        .unwrap();
    assert!(delay >= 30, "{delay}");
    grace(node, delay);
}

/// Where the API servers find etcd.
fn etcd(spec: &Cluster, etcd: &Value) {
    let Etcd::External(external) = spec.etcd else {
        assert_eq!(etcd["local"]["dataDir"], "/var/lib/etcd");
        assert!(etcd.get("external").is_none());
        return;
    };
    assert!(etcd.get("local").is_none());
    let endpoints = list(&etcd["external"]["endpoints"]);
    assert_eq!(endpoints.len(), usize::from(external.count));
    for endpoint in endpoints {
        let host = text(endpoint)
            .strip_prefix("https://")
            .and_then(|rest| rest.strip_suffix(":2379"))
            .unwrap();
        assert!(
            host.ends_with(&format!(".{}.etcd.internal", spec.name)),
            "{host}"
        );
    }
    // All three, or kubeadm refuses.
    for file in ["caFile", "certFile", "keyFile"] {
        assert!(text(&etcd["external"][file]).starts_with("/etc/kubernetes/pki/"));
    }
}

/// The static pod's grace is longer than the delay in it.
fn grace(node: &Finished, delay: u64) {
    let patch = node
        .content("/etc/hagen/patches/kube-apiserver+strategic.yaml")
        .unwrap();
    let patch = python::read_yaml(&patch);
    assert_eq!(patch["metadata"]["name"], "kube-apiserver");
    let grace = patch["spec"]["terminationGracePeriodSeconds"]
        .as_u64()
        .unwrap();
    assert!(grace >= delay + 60, "{grace}");
}

/// Every name and address by which somebody reaches the API server.
fn certificate_names(spec: &Cluster) -> Vec<String> {
    let target = spec.targets.aws.as_ref().unwrap();
    let public = spec.endpoint.exposure == hagen::spec::Exposure::Internet;
    let second = target.load_balancer.second_internal;
    let mut names = vec!["nodes-0123456789abcdef.elb.eu-west-1.amazonaws.com".to_owned()];
    names.extend(spec.endpoint.host.clone());
    if public {
        names.extend((1..=target.network.public_subnets.len()).map(|at| format!("203.0.113.{at}")));
    }
    if second {
        names.push("people-0123456789abcdef.elb.eu-west-1.amazonaws.com".to_owned());
    }
    if !public || second {
        let fixed = target
            .network
            .subnets
            .iter()
            .filter_map(|one| one.api_address);
        names.extend(fixed.map(|address| address.to_string()));
    }
    names
}

fn joining(spec: &Cluster, node: &Finished, documents: &[Value]) {
    let [join] = documents else {
        panic!("{}: {} documents", node.node, documents.len());
    };
    assert_eq!(join["kind"], "JoinConfiguration");
    registration(spec, node, join);
    discovery(spec, node, &join["discovery"]);
    let control_plane = node.kind != Kind::Worker;
    assert_eq!(
        join["controlPlane"].is_object(),
        control_plane,
        "{}",
        node.node
    );
    if control_plane {
        local_endpoint(spec, node, &join["controlPlane"]["localAPIEndpoint"]);
        assert_eq!(
            join["controlPlane"]["certificateKey"],
            node.secret("certificate_key")
        );
        assert_eq!(join["patches"]["directory"], "/etc/hagen/patches");
        grace(node, 30);
    } else {
        assert!(!node.text.contains(node.secret("certificate_key")));
    }
    if let (Some(key), true) = (
        node.secrets["cluster_ca_key"].as_str(),
        node.kind != Kind::First || node.dropped(),
    ) {
        assert!(!node.text.contains(&base64(key)));
    }
}

/// Whom a joining node believes.
fn discovery(spec: &Cluster, node: &Finished, discovery: &Value) {
    if spec.secrets.mode == SecretsMode::Tofu {
        // Whoever knows the token: kubeadm takes its signature for proof.
        let token = &discovery["bootstrapToken"];
        assert_eq!(token["token"], node.secret("bootstrap_token"));
        assert_eq!(token["apiServerEndpoint"], endpoint(spec));
        assert_eq!(token["unsafeSkipCAVerification"], true);
        assert!(discovery.get("file").is_none());
        return;
    }
    assert_eq!(
        discovery["tlsBootstrapToken"],
        node.secret("bootstrap_token")
    );
    assert_eq!(
        discovery["file"]["kubeConfigPath"],
        "/etc/hagen/discovery.conf"
    );
    // Only an API server with this CA is believed.
    let kubeconfig = python::read_yaml(&node.content("/etc/hagen/discovery.conf").unwrap());
    let cluster = &kubeconfig["clusters"][0];
    assert_eq!(
        cluster["cluster"]["server"],
        format!("https://{}", endpoint(spec))
    );
    let authority = if node.dropped() {
        "HAGEN_CA_CERTIFICATE_BASE64".to_owned()
    } else {
        base64(node.secret("cluster_ca_certificate"))
    };
    assert_eq!(cluster["cluster"]["certificate-authority-data"], authority);
    let context = &kubeconfig["contexts"][0];
    assert_eq!(kubeconfig["current-context"], context["name"]);
    assert_eq!(context["context"]["cluster"], cluster["name"]);
}

/// The address of a node: known for a machine that is there, else put in when it boots.
fn address(spec: &Cluster, node: &Finished) -> String {
    match &spec.targets.aws.as_ref().unwrap().machines {
        AwsMachines::Provision(_) => "HAGEN_NODE_ADDRESS".to_owned(),
        AwsMachines::Existing(machines) => machines
            .iter()
            .find(|machine| machine.name == node.node)
            .unwrap()
            .address
            .to_string(),
    }
}

fn local_endpoint(spec: &Cluster, node: &Finished, endpoint: &Value) {
    assert_eq!(endpoint["bindPort"], spec.endpoint.port);
    assert_eq!(endpoint["advertiseAddress"], address(spec, node));
}

fn registration(spec: &Cluster, node: &Finished, document: &Value) {
    let registration = &document["nodeRegistration"];
    assert_eq!(registration["name"], node.node.as_str());
    assert_eq!(
        registration["criSocket"],
        "unix:///run/containerd/containerd.sock"
    );
    let arguments = list(&registration["kubeletExtraArgs"]);
    assert!(arguments.contains(&json!({ "name": "node-ip", "value": address(spec, node) })));
    let of_cloud: Vec<&Value> = arguments
        .iter()
        .filter(|argument| argument["name"] != "node-ip")
        .collect();
    if spec.kubernetes.cloud_provider == CloudProvider::External {
        assert_eq!(
            of_cloud,
            [
                &json!({ "name": "cloud-provider", "value": "external" }),
                // The script asks the cloud which machine this is.
                &json!({ "name": "provider-id", "value": "HAGEN_NODE_PROVIDER_ID" }),
            ]
        );
    } else {
        assert_eq!(of_cloud, [&Value::Null; 0]);
    }
}
