//! How much of a cloud's user data a node's cloud-init takes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::component::{cloud_init, placeholder};
use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::user_data::{Limit, limit, warn_percent};
use crate::plan::{Node, Plan};

/// How much of the limit the largest user data takes.
#[derive(Clone, Debug)]
pub struct Usage {
    /// The node with the largest.
    pub node: String,
    /// Its size with the secrets put in, in the cloud's own terms.
    pub bytes: usize,
    /// The limit.
    pub limit: &'static Limit,
    /// The file that takes most of it, and its size after gzip by itself.
    pub largest_part: (String, usize),
}

impl Usage {
    /// The share of the limit, in percent.
    pub fn percent(&self) -> usize {
        self.bytes * 100 / self.limit.limit_bytes
    }
}

/// The largest user data of the plan for a cloud, by the cloud's name; none where the cloud has
/// no limit.
pub(super) fn largest(plan: &Plan, cloud: &str) -> Option<Usage> {
    let limit = limit(cloud)?;
    // Nodes of one role differ in little else than their names.
    let mut longest: Vec<(&Node, String)> = Vec::new();
    for node in &plan.nodes {
        let text = cloud_init::document(plan, node);
        match longest
            .iter_mut()
            .find(|(other, _)| other.role == node.role)
        {
            Some(other) if other.1.len() >= text.len() => {}
            Some(other) => *other = (node, text),
            None => longest.push((node, text)),
        }
    }
    let (node, compressed) = longest
        .into_iter()
        .map(|(node, text)| (node, gzipped(&filled(plan, &text))))
        .max_by_key(|(_, bytes)| *bytes)?;
    let largest_part = cloud_init::parts(plan, node)
        .into_iter()
        .map(|(path, text)| (path, gzipped(&filled(plan, &text))))
        .max_by_key(|(_, bytes)| *bytes)?;
    Some(Usage {
        node: node.name.clone(),
        bytes: limit.counted.of(compressed),
        limit,
        largest_part,
    })
}

/// Refuses user data that the cloud would refuse, and warns when little room is left. `title` is
/// the cloud's name in words.
pub(super) fn check(usage: &Usage, title: &str, report: &mut Report) {
    let (limit, counted) = (usage.limit.limit_bytes, usage.limit.counted.words());
    let (part, part_bytes) = &usage.largest_part;
    let most = format!("the largest part is {part}, with {part_bytes} bytes after gzip by itself");
    if usage.bytes > limit {
        report.push(
            Diagnostic::new(
                &code::USER_DATA_TOO_LARGE,
                format!(
                    "the user data of `{}` is {} bytes {counted}, and {title} takes {limit}; {most}",
                    usage.node, usage.bytes
                ),
            )
            .value("kubernetes", "what makes it long is mostly here and in `downloads`")
            .cure("shorten what the spec adds: long repository names, many mirrors, many names in the certificate")
            .cure("or set `secrets.mode: { drop: file }`, which keeps certificates out of it; with `{ drop: url }` an address takes their place, up to 2 KB long"),
        );
    } else if usage.bytes * 100 > limit * warn_percent() {
        report.push(
            Diagnostic::new(
                &code::USER_DATA_NEARLY_FULL,
                format!(
                    "the user data of `{}` is {} of {limit} bytes {counted}; {most}",
                    usage.node, usage.bytes
                ),
            )
            .value(
                "kubernetes",
                "what makes it long is mostly here and in `downloads`",
            )
            .cure("leave room: the next version's may be longer"),
        );
    }
}

/// The text with values of the greatest length, which do not compress, in the place of what
/// Terraform puts in.
fn filled(plan: &Plan, text: &str) -> String {
    let mut text = text.to_owned();
    for word in placeholder::all(plan) {
        if text.contains(&word) {
            text = text.replace(&word, &incompressible(&word, placeholder::longest(&word)));
        }
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
