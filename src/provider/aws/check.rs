//! What only shows in the rendered files: the size of the user data.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::artifact::ArtifactSet;
use crate::component::placeholder;
use crate::diagnostic::code::aws as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::aws::MACHINES;
use crate::plan::aws::Machines;
use crate::plan::{CertificateName, Plan, Target};

/// How much of the limit the largest user data takes.
#[derive(Clone, Debug)]
pub(super) struct UserData {
    /// The node with the largest.
    pub(super) node: String,
    /// Bytes after gzip, with the secrets put in.
    pub(super) bytes: usize,
}

/// Refuses user data that EC2 would refuse, and warns when little room is left.
pub(super) fn user_data(plan: &Plan, artifacts: &ArtifactSet, report: &mut Report) {
    let Some(largest) = largest(plan, artifacts) else {
        return;
    };
    let limit = MACHINES.user_data.limit_bytes;
    if largest.bytes > limit {
        report.push(
            Diagnostic::new(
                &code::USER_DATA_TOO_LARGE,
                format!(
                    "the user data of `{}` is {} bytes after gzip, and EC2 takes {limit}",
                    largest.node, largest.bytes
                ),
            )
            .value("kubernetes", "what makes it long is mostly here")
            .cure(
                "shorten what the spec adds: long repository names, many names in the certificate",
            ),
        );
    } else if largest.bytes * 100 > limit * MACHINES.user_data.warn_percent {
        report.push(
            Diagnostic::new(
                &code::USER_DATA_NEARLY_FULL,
                format!(
                    "the user data of `{}` is {} of {limit} bytes after gzip",
                    largest.node, largest.bytes
                ),
            )
            .value("kubernetes", "what makes it long is mostly here")
            .cure("leave room: the next version's may be longer"),
        );
    }
}

/// The largest user data: that of the longest text, since nodes differ in little else than their
/// names and what the first of them founds the cluster with.
fn largest(plan: &Plan, artifacts: &ArtifactSet) -> Option<UserData> {
    let Target::Aws(target) = &plan.target;
    if !matches!(target.machines, Machines::Made(_)) {
        return None;
    }
    let (node, text) = plan
        .nodes
        .iter()
        .filter_map(|node| {
            let path = format!("cloud-init/{}.yaml", node.name);
            artifacts.get(&path).map(|text| (node, text))
        })
        .max_by_key(|(_, text)| text.len())?;
    Some(UserData {
        node: node.name.clone(),
        bytes: gzipped(&filled(plan, text)),
    })
}

/// The text with values of the greatest length, which do not compress, in the place of what
/// Terraform puts in.
fn filled(plan: &Plan, text: &str) -> String {
    let mut words: Vec<String> = [
        placeholder::API_HOST,
        placeholder::PUBLIC_API_HOST,
        placeholder::BOOTSTRAP_TOKEN,
        placeholder::CERTIFICATE_KEY,
        placeholder::CA_CERTIFICATE,
        placeholder::CA_KEY,
    ]
    .map(str::to_owned)
    .into();
    words.extend(
        plan.endpoint
            .other_names
            .iter()
            .filter_map(|name| match name {
                CertificateName::PublicAddress(zone) => Some(placeholder::public_address(zone)),
                _ => None,
            }),
    );
    let mut text = text.to_owned();
    for word in words {
        text = text.replace(&word, &incompressible(&word, placeholder::longest(&word)));
    }
    text
}

/// Text of a length that looks random and is the same each time.
fn incompressible(seed: &str, length: usize) -> String {
    use base64::Engine as _;
    let mut out = String::new();
    let mut digest = Sha256::digest(seed.as_bytes());
    while out.len() < length {
        out.push_str(&base64::engine::general_purpose::STANDARD_NO_PAD.encode(digest));
        digest = Sha256::digest(digest);
    }
    out.truncate(length);
    out
}

fn gzipped(text: &str) -> usize {
    // Terraform's base64gzip uses Go's default, level 6.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    // Writing to memory cannot fail.
    encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .map_or(usize::MAX, |bytes| bytes.len())
}
