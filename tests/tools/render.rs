//! Rendering in a scratch folder, with secrets that only tests know.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

use super::tool::{self, Answer};

/// A spec and the folder rendered from it.
pub(crate) struct Rendered {
    scratch: TempDir,
}

impl Rendered {
    /// Renders a spec's text.
    pub(crate) fn new(spec: &str) -> Self {
        let rendered = Self {
            scratch: tempfile::tempdir().unwrap(),
        };
        rendered.again(spec);
        rendered
    }

    /// Renders another spec into the same folder.
    pub(crate) fn again(&self, spec: &str) {
        let file = self.scratch.path().join("spec.yaml");
        fs::write(&file, spec).unwrap();
        let answer = render(&file, &self.folder());
        assert!(answer.status.success(), "hagen render: {}", answer.all());
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.scratch.path().join("out")
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder().join(path)).unwrap()
    }

    /// Every rendered file, by its path.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let lock: Value = serde_json::from_str(&self.read("hagen.lock.json")).unwrap();
        let files = lock["files"].as_object().unwrap();
        files
            .keys()
            .map(|path| (path.clone(), self.read(path)))
            .collect()
    }

    /// Changes a rendered file, as a person would.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        fs::write(self.folder().join(path), text.replace(from, to)).unwrap();
    }

    /// Puts the secrets where Terraform finds them.
    pub(crate) fn write_secrets(&self) {
        let text = serde_json::to_string(secrets()).unwrap();
        fs::write(self.folder().join("secrets.auto.tfvars.json"), text).unwrap();
    }
}

/// `hagen render` of a file into a folder.
pub(crate) fn render(spec: &Path, out: &Path) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hagen"));
    command
        .args(["render", "--provider", "aws", "--file"])
        .arg(spec)
        .arg("--out")
        .arg(out);
    tool::run(&mut command, Duration::from_mins(1))
}

/// Secrets as `hagen secrets` makes them.
pub(crate) fn secrets() -> &'static Value {
    static SECRETS: OnceLock<Value> = OnceLock::new();
    SECRETS.get_or_init(|| {
        let secrets = hagen::secrets::generate(SystemTime::now());
        serde_json::from_str(&hagen::secrets::tfvars(&secrets)).unwrap()
    })
}
