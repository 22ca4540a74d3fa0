//! What is not known when hagen renders, and what may not stand in a rendered file.
//!
//! A cloud-init file holds these words; Terraform (or `hagen seed`) puts the values in. The
//! words are plain text and not Terraform's own interpolation, so that a script's `${…}` stays
//! what it is and the file in version control is the file that runs.

use crate::plan::{CertificateName, Host};

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
/// The node's own address, which the bootstrap script puts in when the machine boots.
pub const NODE_ADDRESS: &str = "HAGEN_NODE_ADDRESS";

/// The public address of the load balancer in a zone.
pub fn public_address(zone: &str) -> String {
    format!(
        "HAGEN_API_ADDRESS_{}",
        zone.replace('-', "_").to_uppercase()
    )
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
        CertificateName::PublicAddress(zone) => public_address(zone),
    }
}

/// The most bytes that can stand in the place of a placeholder, for the size of user data.
pub fn longest(placeholder: &str) -> usize {
    match placeholder {
        BOOTSTRAP_TOKEN => 23,
        CERTIFICATE_KEY => 64,
        // A P-256 certificate and key in PEM, in base64 once more: see `hagen secrets`.
        CA_CERTIFICATE => 1000,
        CA_KEY => 310,
        // A load balancer's DNS name; an address is shorter.
        _ => 100,
    }
}
