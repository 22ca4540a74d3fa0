//! variables.tf and cloud-init.tf: what Terraform puts into a node's cloud-init.

use super::Context;
use crate::component::placeholder;
use crate::format::terraform::{Document, expr, nest, set};
use crate::plan::{CertificateName, Host};

/// The secrets, which `hagen secrets` writes to a file that is never committed.
pub(super) fn variables() -> Document {
    let mut document = Document::default();
    let secrets = [
        (
            "bootstrap_token",
            "Lets machines join. It expires two hours after the first node is up.",
            r#"can(regex("^[a-z0-9]{6}[.][a-z0-9]{16}$", var.bootstrap_token)) && can(regex("[a-df-z]", var.bootstrap_token))"#,
            "A bootstrap token is six and sixteen lower-case letters or digits with a dot between, and no number.",
        ),
        (
            "certificate_key",
            "Decrypts the control plane's certificates for joining control-plane nodes, for two hours.",
            r#"can(regex("^[0-9a-f]{64}$", var.certificate_key)) && can(regex("[a-df]", var.certificate_key))"#,
            "A certificate key is 64 hexadecimal digits, and no number.",
        ),
        (
            "cluster_ca_certificate",
            "The certificate of the cluster's CA, in PEM. Machines join no other cluster.",
            r#"startswith(var.cluster_ca_certificate, "-----BEGIN CERTIFICATE-----")"#,
            "The cluster's CA certificate is in PEM.",
        ),
        (
            "cluster_ca_key",
            "The key of the cluster's CA, in PEM. It reaches the first control-plane node only.",
            r#"startswith(var.cluster_ca_key, "-----BEGIN EC PRIVATE KEY-----")"#,
            "The cluster's CA key is an EC key in SEC1 PEM: kubeadm cannot read PKCS#8 on joining nodes.",
        ),
    ];
    for (at, (name, description, condition, message)) in secrets.into_iter().enumerate() {
        let mut block = hcl::block! {
            variable (name) {
                type        = (expr("string"))
                description = (description)
                sensitive   = true
            }
        };
        nest(
            &mut block,
            hcl::block! {
                validation {
                    condition     = (expr(condition))
                    error_message = (message)
                }
            },
        );
        if at == 0 {
            document.commented(
                "Secrets. `hagen secrets` writes them to secrets.auto.tfvars.json, which .gitignore covers.",
                block,
            );
        } else {
            document.block(block);
        }
    }
    document
}

/// The locals that put names, addresses and secrets into the cloud-init files.
pub(super) fn document(context: &Context<'_>) -> Document {
    let mut steps: Vec<(String, String, String)> = Vec::new();
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
        steps.push((
            "host".into(),
            placeholder::API_HOST.into(),
            format!("aws_lb.{nodes_balancer}.dns_name"),
        ));
    }
    if endpoint.client_host == Host::OfPublicLoadBalancer {
        steps.push((
            "public_host".into(),
            placeholder::PUBLIC_API_HOST.into(),
            "aws_lb.api.dns_name".into(),
        ));
    }
    for name in &endpoint.other_names {
        if let CertificateName::PublicAddress(zone) = name {
            steps.push((
                format!("address_{}", zone.replace('-', "_")),
                placeholder::public_address(zone),
                format!("aws_eip.api[\"{zone}\"].public_ip"),
            ));
        }
    }
    for (suffix, word, value) in [
        ("token", placeholder::BOOTSTRAP_TOKEN, "var.bootstrap_token"),
        (
            "certificate_key",
            placeholder::CERTIFICATE_KEY,
            "var.certificate_key",
        ),
        (
            "ca_certificate",
            placeholder::CA_CERTIFICATE,
            "base64encode(var.cluster_ca_certificate)",
        ),
        (
            "ca_key",
            placeholder::CA_KEY,
            "base64encode(var.cluster_ca_key)",
        ),
    ] {
        steps.push((suffix.into(), word.into(), value.into()));
    }

    let mut locals = hcl::Block::builder("locals").build();
    let nodes = if context.has_workers() {
        "merge(local.control_plane, local.workers)"
    } else {
        "local.control_plane"
    };
    set(
        &mut locals,
        "cloud_init_file",
        expr(&format!(
            "{{ for name, node in {nodes} : name => file(\"${{path.module}}/cloud-init/${{name}}.yaml\") }}"
        )),
    );
    let mut before = "cloud_init_file".to_owned();
    let last = steps.len() - 1;
    for (at, (suffix, word, value)) in steps.into_iter().enumerate() {
        let after = if at == last {
            "cloud_init".to_owned()
        } else {
            format!("cloud_init_{suffix}")
        };
        set(
            &mut locals,
            &after,
            expr(&format!(
                "{{ for name, text in local.{before} : name => replace(text, \"{word}\", {value}) }}"
            )),
        );
        before = after;
    }
    let mut document = Document::default();
    document.commented(
        "The files in cloud-init/ are what runs, but for the words put in here: the load balancer's\n\
         name, which is known once it is there, and the secrets, which are in no rendered file.",
        locals,
    );
    document
}
