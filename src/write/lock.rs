//! `hagen.lock.json`: what may not change later, and which files hagen wrote.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Problem;
use crate::artifact::ArtifactSet;

/// The name of the lock.
pub const LOCK: &str = "hagen.lock.json";

/// What may not change later, and which files hagen wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lock {
    /// The version of this format.
    version: u32,
    /// The cluster's name.
    pub cluster: String,
    /// The target's name.
    pub target: String,
    /// What may not change: route of keys in the spec, and value.
    pub immutable: BTreeMap<String, Value>,
    /// The files and their digests.
    pub files: BTreeMap<String, String>,
}

impl Lock {
    /// The lock of a set of files.
    pub fn new(
        cluster: &str,
        target: &str,
        immutable: BTreeMap<String, Value>,
        artifacts: &ArtifactSet,
    ) -> Self {
        Self {
            version: 1,
            cluster: cluster.to_owned(),
            target: target.to_owned(),
            immutable,
            files: artifacts
                .iter()
                .map(|(path, text)| (path.to_owned(), digest(text.as_bytes())))
                .collect(),
        }
    }

    /// The text of the lock.
    pub fn to_text(&self) -> String {
        match serde_json::to_string_pretty(self) {
            Ok(text) => text + "\n",
            Err(error) => panic!("the lock cannot be serialised, a bug in hagen: {error}"),
        }
    }

    /// Reads a lock.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if lock.version == 1 {
            Ok(lock)
        } else {
            Err(format!(
                "its version is {}, and this hagen knows 1: use a newer hagen",
                lock.version
            ))
        }
    }

    /// What of this lock the next one would change. What is new in the next one is free.
    pub(super) fn immutable_changes(&self, next: &Self) -> Vec<Problem> {
        self.immutable
            .iter()
            .filter_map(|(field, before)| {
                let after = next.immutable.get(field);
                (after != Some(before)).then(|| Problem::Immutable {
                    field: field.clone(),
                    before: in_words(before),
                    after: after.map_or_else(|| "nothing".to_owned(), in_words),
                })
            })
            .collect()
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(in_words).collect();
            items.join(", ")
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| format!("{name} {}", in_words(value)))
                .collect();
            fields.join(", ")
        }
        other => other.to_string(),
    }
}

/// Whether a path from a lock stays in the folder; a lock may come from anywhere.
pub(super) fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\\'))
}

/// The digest of a file, as the lock has it.
pub fn digest(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
