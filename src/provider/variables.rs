//! variables.tf: the secrets, which `hagen secrets` writes to a file that is never committed. The same
//! on every target with Terraform.

use crate::component::secrets;
use crate::format::terraform::{Document, expr, nest};
use crate::plan::{Drop, Plan, SecretsMode};

/// A variable, and what Terraform refuses in it.
struct Variable {
    name: &'static str,
    kind: &'static str,
    description: String,
    condition: String,
    message: &'static str,
}

/// A variable that holds something in PEM.
fn pem(name: &'static str, description: &str, label: &str, message: &'static str) -> Variable {
    Variable {
        name,
        kind: "string",
        description: description.to_owned(),
        condition: format!("startswith(var.{name}, \"-----BEGIN {label}-----\")"),
        message,
    }
}

const CERTIFICATE: &str = "CERTIFICATE";
const EC_KEY: &str = "EC PRIVATE KEY";

/// The variables.
pub(super) fn document(plan: &Plan) -> Document {
    let mut variables = Vec::new();
    match plan.secrets.mode {
        SecretsMode::Pinned => {
            variables.extend(join(plan));
            variables.extend(cluster_ca());
        }
        SecretsMode::Tofu => variables.extend(join(plan)),
        SecretsMode::Drop(Drop::File) => {}
        SecretsMode::Drop(Drop::Url) => variables.push(urls(plan)),
    }
    if secrets::in_user_data(plan) && plan.external_etcd().is_some() {
        variables.extend(etcd(plan));
    }
    let mut document = Document::default();
    for (at, variable) in variables.into_iter().enumerate() {
        let mut block = hcl::block! {
            variable (variable.name) {
                type        = (expr(variable.kind))
                description = (variable.description)
                sensitive   = true
            }
        };
        nest(
            &mut block,
            hcl::block! {
                validation {
                    condition     = (expr(&variable.condition))
                    error_message = (variable.message)
                }
            },
        );
        if at == 0 && secrets::in_user_data(plan) {
            document.commented(
                "Secrets. `hagen secrets` writes them to secrets.auto.tfvars.json, which .gitignore covers.",
                block,
            );
        } else if at == 0 {
            document.commented(
                "Where machines fetch their secrets. Good for a short while, and secret as long.",
                block,
            );
        } else {
            document.block(block);
        }
    }
    document
}

fn join(plan: &Plan) -> [Variable; 2] {
    let secrets = &plan.secrets;
    [
        Variable {
            name: "bootstrap_token",
            kind: "string",
            description: format!(
                "Lets machines join. It expires {} after the first node is up.",
                secrets.token_lifetime
            ),
            condition: r#"can(regex("^[a-z0-9]{6}[.][a-z0-9]{16}$", var.bootstrap_token)) && can(regex("[a-df-z]", var.bootstrap_token))"#.to_owned(),
            message: "A bootstrap token is six and sixteen lower-case letters or digits with a dot between, and no number.",
        },
        Variable {
            name: "certificate_key",
            kind: "string",
            description: format!(
                "Decrypts the control plane's certificates for joining control-plane nodes, for {}.",
                secrets.certificate_key_lifetime
            ),
            condition: r#"can(regex("^[0-9a-f]{64}$", var.certificate_key)) && can(regex("[a-df]", var.certificate_key))"#.to_owned(),
            message: "A certificate key is 64 hexadecimal digits, and no number.",
        },
    ]
}

fn cluster_ca() -> [Variable; 2] {
    [
        pem(
            "cluster_ca_certificate",
            "The certificate of the cluster's CA, in PEM. Machines join no other cluster.",
            CERTIFICATE,
            "The cluster's CA certificate is in PEM.",
        ),
        pem(
            "cluster_ca_key",
            "The key of the cluster's CA, in PEM. It reaches the first control-plane node only.",
            EC_KEY,
            "The cluster's CA key is an EC key in SEC1 PEM: kubeadm cannot read PKCS#8 on joining nodes.",
        ),
    ]
}

fn etcd(plan: &Plan) -> [Variable; 4] {
    let members: Vec<String> = plan
        .etcd_nodes()
        .map(|node| format!("\"{}\"", node.name))
        .collect();
    [
        pem(
            "etcd_ca_certificate",
            "The certificate of etcd's CA, in PEM. Its key is in no machine and in no state.",
            CERTIFICATE,
            "The certificate of etcd's CA is in PEM.",
        ),
        pem(
            "etcd_client_certificate",
            "The certificate with which API servers come to etcd, in PEM.",
            CERTIFICATE,
            "The API servers' certificate for etcd is in PEM.",
        ),
        pem(
            "etcd_client_key",
            "Its key, in PEM. It reaches the first control-plane node only, which hands it on encrypted.",
            EC_KEY,
            "The API servers' key for etcd is an EC key in SEC1 PEM.",
        ),
        Variable {
            name: "etcd_members",
            kind: "map(object({ certificate = string, key = string }))",
            description: "The certificate and key of each member of etcd, in PEM. Each reaches its own machine only."
                .to_owned(),
            condition: format!(
                "alltrue([for name in [{}] : can(var.etcd_members[name].key)])",
                members.join(", ")
            ),
            message: "A member of etcd has no certificate: `hagen secrets --add` makes those that are missing.",
        },
    ]
}

fn urls(plan: &Plan) -> Variable {
    let mut names: Vec<String> = Vec::new();
    for node in &plan.nodes {
        let name = format!("\"{}\"", secrets::bundle(node));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Variable {
        name: "secrets_urls",
        kind: "map(string)",
        description: format!(
            "The https address of each bundle that `hagen secrets` writes: {}.",
            names.join(", ").replace('"', "")
        ),
        condition: format!(
            "alltrue([for name in [{}] : can(regex(\"^https://[!-~]+$\", var.secrets_urls[name]))])",
            names.join(", ")
        ),
        message: "Each bundle of secrets has an https address, without spaces.",
    }
}
