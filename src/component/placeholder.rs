//! What is not known when hagen renders, and what may not stand in a rendered file.
//!
//! A cloud-init file holds these words; Terraform (or `hagen seed`) puts the values in. The
//! words are plain text and not Terraform's own interpolation, so that a script's `${…}` stays
//! what it is and the file in version control is the file that runs.

use super::secrets;
use crate::plan::{CertificateName, Host, Plan};

/// The DNS name of the nodes' load balancer.
pub const API_HOST: &str = "HAGEN_API_HOST";
/// The DNS name of the public load balancer, where nodes use another.
pub const PUBLIC_API_HOST: &str = "HAGEN_PUBLIC_API_HOST";
/// The bootstrap token.
pub const BOOTSTRAP_TOKEN: &str = "HAGEN_BOOTSTRAP_TOKEN";
/// The certificate key: control-plane nodes only.
pub const CERTIFICATE_KEY: &str = "HAGEN_CERTIFICATE_KEY";
/// The cluster's CA certificate, PEM in base64.
pub const CA_CERTIFICATE: &str = "HAGEN_CA_CERTIFICATE_BASE64";
/// The cluster's CA key, PEM in base64: the first control-plane node only.
pub const CA_KEY: &str = "HAGEN_CA_KEY_BASE64";
/// The certificate of etcd's CA, PEM in base64.
pub const ETCD_CA_CERTIFICATE: &str = "HAGEN_ETCD_CA_CERTIFICATE_BASE64";
/// The certificate with which API servers come to etcd, PEM in base64.
pub const ETCD_CLIENT_CERTIFICATE: &str = "HAGEN_ETCD_CLIENT_CERTIFICATE_BASE64";
/// Its key, PEM in base64: the first control-plane node only, which hands it on encrypted.
pub const ETCD_CLIENT_KEY: &str = "HAGEN_ETCD_CLIENT_KEY_BASE64";
/// The certificate of a member of etcd, PEM in base64: its own machine only.
pub const ETCD_MEMBER_CERTIFICATE: &str = "HAGEN_ETCD_MEMBER_CERTIFICATE_BASE64";
/// Its key, PEM in base64: its own machine only.
pub const ETCD_MEMBER_KEY: &str = "HAGEN_ETCD_MEMBER_KEY_BASE64";
/// The address from which a machine fetches its secrets.
pub const SECRETS_URL: &str = "HAGEN_SECRETS_URL";
/// The addresses of the control-plane nodes, with spaces between.
pub const CONTROL_PLANE_ADDRESSES: &str = "HAGEN_CONTROL_PLANE_ADDRESSES";
/// The addresses of the load balancer that nodes find it at, with spaces between.
pub const LOAD_BALANCER_ADDRESSES: &str = "HAGEN_LOAD_BALANCER_ADDRESSES";
/// The addresses and names of the members of etcd, as lines of /etc/hosts in base64.
pub const ETCD_HOSTS: &str = "HAGEN_ETCD_HOSTS_BASE64";
/// The id of the node's machine, which the bootstrap script asks the cloud for.
pub const NODE_PROVIDER_ID: &str = "HAGEN_NODE_PROVIDER_ID";
/// The node's own address, which the bootstrap script puts in when the machine boots.
pub const NODE_ADDRESS: &str = "HAGEN_NODE_ADDRESS";

/// An address of the load balancer: that in a zone, or what else tells its addresses apart.
pub fn address_of(key: &str) -> String {
    format!("HAGEN_API_ADDRESS_{}", key.replace('-', "_").to_uppercase())
}

/// A host as it stands in a cloud-init file.
pub fn host(host: &Host) -> &str {
    match host {
        Host::Named(name) => name,
        Host::OfLoadBalancer => API_HOST,
        Host::OfPublicLoadBalancer => PUBLIC_API_HOST,
    }
}

/// A further name of the API server as it stands in a cloud-init file.
pub fn certificate_name(name: &CertificateName) -> String {
    match name {
        CertificateName::Known(name) => name.clone(),
        CertificateName::LoadBalancer => API_HOST.to_owned(),
        CertificateName::AddressOf(key) => address_of(key),
    }
}

/// Every word that Terraform may put something in for, in this plan. Where machines get their secrets
/// later, the words for these stay, for the script.
pub fn all(plan: &Plan) -> Vec<String> {
    let mut words: Vec<String> = [
        API_HOST,
        PUBLIC_API_HOST,
        SECRETS_URL,
        CONTROL_PLANE_ADDRESSES,
        LOAD_BALANCER_ADDRESSES,
        ETCD_HOSTS,
    ]
    .map(str::to_owned)
    .into();
    if secrets::in_user_data(plan) {
        words.extend(
            [
                BOOTSTRAP_TOKEN,
                CERTIFICATE_KEY,
                CA_CERTIFICATE,
                CA_KEY,
                ETCD_CA_CERTIFICATE,
                ETCD_CLIENT_CERTIFICATE,
                ETCD_CLIENT_KEY,
                ETCD_MEMBER_CERTIFICATE,
                ETCD_MEMBER_KEY,
            ]
            .map(str::to_owned),
        );
    }
    words.extend(
        plan.endpoint
            .other_names
            .iter()
            .filter_map(|name| match name {
                CertificateName::AddressOf(key) => Some(address_of(key)),
                _ => None,
            }),
    );
    words
}

/// The most bytes that can stand in the place of a placeholder, for the size of user data.
pub fn longest(placeholder: &str) -> usize {
    match placeholder {
        BOOTSTRAP_TOKEN => 23,
        CERTIFICATE_KEY => 64,
        // P-256 certificates and keys in PEM, in base64 once more: see `hagen secrets`.
        CA_CERTIFICATE | ETCD_CA_CERTIFICATE | ETCD_CLIENT_CERTIFICATE => 840,
        // With more names.
        ETCD_MEMBER_CERTIFICATE => 1300,
        CA_KEY | ETCD_CLIENT_KEY | ETCD_MEMBER_KEY => 310,
        // A presigned address carries a signature and often a session's token.
        SECRETS_URL => 2048,
        // Seven of them.
        CONTROL_PLANE_ADDRESSES | LOAD_BALANCER_ADDRESSES => 112,
        // Seven lines that differ in their addresses only: they compress well.
        ETCD_HOSTS => 300,
        // A load balancer's DNS name; an address is shorter.
        _ => 100,
    }
}
