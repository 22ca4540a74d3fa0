//! cloud-init.tf: what Terraform puts into a node's cloud-init.

use super::Context;
use crate::component::{placeholder, secrets};
use crate::format::terraform::{Document, expr, mapping, set};
use crate::plan::{CertificateName, Drop, Host, Role, SecretsMode};

/// A word in the cloud-init files and what Terraform puts in its place.
struct Step {
    /// The end of the local's name.
    name: String,
    word: String,
    value: String,
}

fn step(name: impl Into<String>, word: impl Into<String>, value: impl Into<String>) -> Step {
    Step {
        name: name.into(),
        word: word.into(),
        value: value.into(),
    }
}

/// The locals that put names, addresses and secrets into the cloud-init files.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut locals = hcl::Block::builder("locals").build();
    let mut groups = vec!["local.control_plane"];
    if context.has_workers() {
        groups.push("local.workers");
    }
    if context.etcd().is_some() {
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
    let mut steps = names_and_addresses(context);
    match context.plan.secrets.mode {
        SecretsMode::Pinned | SecretsMode::Tofu => steps.extend(secret_values(context)),
        SecretsMode::Drop(Drop::File) => {}
        SecretsMode::Drop(Drop::Url) => {
            let bundles = context
                .plan
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
        if secrets::in_user_data(context.plan) {
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

fn names_and_addresses(context: &Context<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let endpoint = &context.plan.endpoint;
    let nodes_balancer = context
        .target
        .load_balancers
        .first()
        .map_or("api", |balancer| balancer.resource);
    let certificate_names_balancer = endpoint
        .other_names
        .contains(&CertificateName::LoadBalancer);
    if endpoint.node_host == Host::OfLoadBalancer || certificate_names_balancer {
        steps.push(step(
            "host",
            placeholder::API_HOST,
            format!("aws_lb.{nodes_balancer}.dns_name"),
        ));
    }
    if endpoint.client_host == Host::OfPublicLoadBalancer {
        steps.push(step(
            "public_host",
            placeholder::PUBLIC_API_HOST,
            "aws_lb.api.dns_name",
        ));
    }
    for name in &endpoint.other_names {
        if let CertificateName::PublicAddress(zone) = name {
            steps.push(step(
                format!("address_{}", zone.replace('-', "_")),
                placeholder::public_address(zone),
                format!("aws_eip.api[\"{zone}\"].public_ip"),
            ));
        }
    }
    if context.made().is_some() {
        steps.push(step(
            "peers",
            placeholder::CONTROL_PLANE_ADDRESSES,
            "join(\" \", values(aws_network_interface.control_plane)[*].private_ip)",
        ));
    }
    if context.made().is_some() && context.etcd().is_some() {
        steps.push(step(
            "etcd_hosts",
            placeholder::ETCD_HOSTS,
            "base64encode(local.etcd_hosts)",
        ));
    }
    steps
}

/// The secrets that stand in some machine's cloud-init, each once.
fn secret_values(context: &Context<'_>) -> Vec<Step> {
    let roles = [
        Role::FirstControlPlane,
        Role::ControlPlane,
        Role::Worker,
        Role::Etcd,
    ];
    let mut words: Vec<&str> = Vec::new();
    for role in roles {
        if role == Role::Etcd && context.etcd().is_none() {
            continue;
        }
        for secret in secrets::of(context.plan, role) {
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
