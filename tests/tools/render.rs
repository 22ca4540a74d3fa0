//! Rendering in a scratch folder, with secrets that only tests know.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cloud_init::Kind;
use super::tool::{self, Answer};

/// A spec and the folder rendered from it.
pub(crate) struct Rendered {
    scratch: TempDir,
    provider: &'static str,
}

impl Rendered {
    /// Renders a spec's text for AWS.
    pub(crate) fn new(spec: &str) -> Self {
        Self::on("aws", spec)
    }

    /// Renders a spec's text for a target.
    pub(crate) fn on(provider: &'static str, spec: &str) -> Self {
        let rendered = Self {
            scratch: tempfile::tempdir().unwrap(),
            provider,
        };
        rendered.again(spec);
        rendered
    }

    /// Renders another spec into the same folder.
    pub(crate) fn again(&self, spec: &str) {
        let file = self.scratch.path().join("spec.yaml");
        fs::write(&file, spec).unwrap();
        let answer = render_on(self.provider, &file, &self.folder());
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

    /// Makes the secrets as a user does, and where machines fetch theirs, says from where.
    pub(crate) fn write_secrets(&self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hagen"));
        command.args(["secrets", "--force", "--file"]);
        command.arg(self.scratch.path().join("spec.yaml"));
        command.arg("--out").arg(self.folder());
        let answer = tool::run(&mut command, Duration::from_mins(1));
        assert!(answer.status.success(), "hagen secrets: {}", answer.all());
        let variables = fs::read_to_string(self.folder().join("variables.tf")).unwrap_or_default();
        if variables.contains("secrets_urls") {
            let urls: serde_json::Map<String, Value> = fs::read_dir(self.folder().join("secrets"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .map(|name| {
                    (
                        name.clone(),
                        format!("https://drop.example.com/{name}?X-Sig=a%2Fb&n=1").into(),
                    )
                })
                .collect();
            let text = json!({ "secrets_urls": urls }).to_string();
            fs::write(self.folder().join("urls.auto.tfvars.json"), text).unwrap();
        }
    }

    /// What `hagen secrets` adds to the secrets that are there.
    pub(crate) fn add_secrets(&self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hagen"));
        command.args(["secrets", "--add", "--file"]);
        command.arg(self.scratch.path().join("spec.yaml"));
        command.arg("--out").arg(self.folder());
        let answer = tool::run(&mut command, Duration::from_mins(1));
        assert!(answer.status.success(), "hagen secrets: {}", answer.all());
    }

    /// The secrets that a machine waits for, where it does.
    pub(crate) fn bundle(&self, node: &str, kind: Kind) -> Option<String> {
        let folder = self.folder().join("secrets");
        let name = match kind {
            Kind::Etcd => format!("member-{node}"),
            other => other.word().to_owned(),
        };
        folder
            .exists()
            .then(|| fs::read_to_string(folder.join(name)).unwrap())
    }

    /// The secrets that were made.
    pub(crate) fn secrets(&self) -> Value {
        let text = ["secrets.auto.tfvars.json", "secrets.operator.json"]
            .iter()
            .find_map(|name| fs::read_to_string(self.folder().join(name)).ok());
        serde_json::from_str(&text.unwrap()).unwrap()
    }
}

/// `hagen render` of a file for AWS into a folder.
pub(crate) fn render(spec: &Path, out: &Path) -> Answer {
    render_on("aws", spec, out)
}

fn render_on(provider: &str, spec: &Path, out: &Path) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hagen"));
    command
        .args(["render", "--provider", provider, "--file"])
        .arg(spec)
        .arg("--out")
        .arg(out);
    tool::run(&mut command, Duration::from_mins(1))
}
