//! MetalLB: two kustomizations, since its resources can only come once its webhook answers, and the script
//! that applies both.
//!
//! The resources say everything, also what is MetalLB's default: an advertisement without pools would announce
//! all of them, and one without peers to all of them.

mod apply;
mod install;
mod resources;

use serde_json::{Value, json};

use crate::format::yaml;
use crate::plan::metallb::{Metallb, Protocol};

/// The folder of it all.
const FOLDER: &str = "manifests/metallb";

/// The files: path in the rendered folder, text.
pub fn files(metallb: &Metallb) -> Vec<(String, String)> {
    let mut files = resources::files(metallb);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let mut all = vec![
        ("apply.sh".to_owned(), apply::script(metallb)),
        (
            "install/kustomization.yaml".to_owned(),
            install::kustomization(metallb),
        ),
        (
            "config/kustomization.yaml".to_owned(),
            kustomization(json!({
                "namespace": metallb.namespace,
                "resources": names,
            })),
        ),
    ];
    let configured = files.drain(..);
    all.extend(configured.map(|(name, text)| (format!("config/{name}"), text)));
    let below = |(path, text)| (format!("{FOLDER}/{path}"), text);
    all.into_iter().map(below).collect()
}

/// What a firewall must let in on the nodes, as rows of a table: ports, from where, what for.
pub fn ports(metallb: &Metallb) -> Vec<[String; 3]> {
    use crate::plan::metallb::From;
    let rows = metallb.ports.iter().map(|port| {
        let protocols: Vec<&str> = port
            .protocols
            .iter()
            .map(|protocol| match protocol {
                Protocol::Tcp => "TCP",
                Protocol::Udp => "UDP",
            })
            .collect();
        let from = match port.from {
            From::Nodes => "the nodes",
            From::Routers => "the routers",
        };
        [
            format!("{} {}", protocols.join(" and "), port.port),
            from.to_owned(),
            port.purpose.clone(),
        ]
    });
    rows.collect()
}

/// A kustomization with these keys.
fn kustomization(keys: Value) -> String {
    let mut document = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
    });
    merge(&mut document, keys);
    yaml::document(&document)
}

/// Adds the keys of one mapping to another, in their order.
fn merge(document: &mut Value, keys: Value) {
    if let (Value::Object(document), Value::Object(keys)) = (document, keys) {
        document.extend(keys);
    }
}

/// A comment of whole lines in front of a document.
fn commented(lines: &str, document: &str) -> String {
    let comment: String = lines
        .lines()
        .map(|line| match line {
            "" => "#\n".to_owned(),
            _ => format!("# {line}\n"),
        })
        .collect();
    comment + document
}
