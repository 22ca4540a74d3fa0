//! cloud-init.tf: what Terraform puts into a node's cloud-init. The same on every target with Terraform,
//! but for the names and addresses that its resources have.

use crate::component::{placeholder, secrets};
use crate::format::terraform::{Document, expr, mapping, set};
use crate::plan::{Drop, Plan, Role, SecretsMode};

/// A word in the cloud-init files and what Terraform puts in its place.
pub(super) struct Step {
    /// The end of the local's name.
    name: String,
    word: String,
    value: String,
}

/// Puts an expression in the place of a word; `name` ends the name of a local.
pub(super) fn step(
    name: impl Into<String>,
    word: impl Into<String>,
    value: impl Into<String>,
) -> Step {
    Step {
        name: name.into(),
        word: word.into(),
        value: value.into(),
    }
}

/// The locals that put names, addresses and secrets into the cloud-init files. `local.control_plane`,
/// `local.workers` and `local.etcd` have the nodes' names as keys.
pub(super) fn document(plan: &Plan, names_and_addresses: Vec<Step>) -> Document {
    let mut locals = hcl::Block::builder("locals").build();
    let mut groups = vec!["local.control_plane"];
    if plan.has_workers() {
        groups.push("local.workers");
    }
    if plan.external_etcd().is_some() {
        groups.push("local.etcd");
    }
    let nodes = match groups.as_slice() {
        [one] => (*one).to_owned(),
        several => format!("merge({})", several.join(", ")),
    };
    set(
        &mut locals,
        "cloud_init_file",
        expr(&format!(
            "{{ for name, node in {nodes} : name => file(\"${{path.module}}/cloud-init/${{name}}.yaml\") }}"
        )),
    );
    let mut steps = names_and_addresses;
    match plan.secrets.mode {
        SecretsMode::Pinned | SecretsMode::Tofu => steps.extend(secret_values(plan)),
        SecretsMode::Drop(Drop::File) => {}
        SecretsMode::Drop(Drop::Url) => {
            let bundles = plan
                .nodes
                .iter()
                .map(|node| (node.name.clone(), secrets::bundle(node)));
            set(&mut locals, "secrets_bundle", mapping(bundles));
            steps.push(step(
                "secrets_url",
                placeholder::SECRETS_URL,
                "var.secrets_urls[local.secrets_bundle[name]]",
            ));
        }
    }
    let mut before = "cloud_init_file".to_owned();
    let last = steps.len().saturating_sub(1);
    for (at, step) in steps.iter().enumerate() {
        let after = if at == last {
            "cloud_init".to_owned()
        } else {
            format!("cloud_init_{}", step.name)
        };
        set(
            &mut locals,
            &after,
            expr(&format!(
                "{{ for name, text in local.{before} : name => replace(text, \"{}\", {}) }}",
                step.word, step.value
            )),
        );
        before = after;
    }
    if steps.is_empty() {
        set(&mut locals, "cloud_init", expr("local.cloud_init_file"));
    }
    let mut document = Document::default();
    document.commented(
        if secrets::in_user_data(plan) {
            "The files in cloud-init/ are what runs, but for the words put in here: names and addresses\n\
             that are known once their resources are there, and the secrets, which are in no rendered file."
        } else {
            "The files in cloud-init/ are what runs, but for the words put in here: names and addresses\n\
             that are known once their resources are there. No secret is among them: machines wait for\n\
             theirs. Words that stay are for the script."
        },
        locals,
    );
    document
}

/// The secrets that stand in some machine's cloud-init, each once.
fn secret_values(plan: &Plan) -> Vec<Step> {
    let roles = [
        Role::FirstControlPlane,
        Role::ControlPlane,
        Role::Worker,
        Role::Etcd,
    ];
    let mut words: Vec<&str> = Vec::new();
    for role in roles {
        if role == Role::Etcd && plan.external_etcd().is_none() {
            continue;
        }
        for secret in secrets::of(plan, role) {
            if !words.contains(&secret.placeholder) {
                words.push(secret.placeholder);
            }
        }
    }
    // kubeadm's configuration has the words too.
    words
        .into_iter()
        .map(|word| {
            let (name, value) = variable_of(word);
            step(name, word, value)
        })
        .collect()
}

/// The end of a local's name and the expression, inside `for name, text`, of a secret's word.
fn variable_of(word: &str) -> (&'static str, String) {
    let encoded = |variable: &str| format!("base64encode(var.{variable})");
    // Only members have one.
    let member = |field: &str| format!("base64encode(try(var.etcd_members[name].{field}, \"\"))");
    match word {
        placeholder::BOOTSTRAP_TOKEN => ("token", "var.bootstrap_token".to_owned()),
        placeholder::CERTIFICATE_KEY => ("certificate_key", "var.certificate_key".to_owned()),
        placeholder::CA_CERTIFICATE => ("ca_certificate", encoded("cluster_ca_certificate")),
        placeholder::CA_KEY => ("ca_key", encoded("cluster_ca_key")),
        placeholder::ETCD_CA_CERTIFICATE => ("etcd_ca", encoded("etcd_ca_certificate")),
        placeholder::ETCD_CLIENT_CERTIFICATE => (
            "etcd_client_certificate",
            encoded("etcd_client_certificate"),
        ),
        placeholder::ETCD_CLIENT_KEY => ("etcd_client_key", encoded("etcd_client_key")),
        placeholder::ETCD_MEMBER_CERTIFICATE => ("etcd_member_certificate", member("certificate")),
        placeholder::ETCD_MEMBER_KEY => ("etcd_member_key", member("key")),
        other => panic!("no variable holds {other}, a bug in hagen"),
    }
}
