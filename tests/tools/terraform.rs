//! Terraform in a rendered folder: with the real AWS provider and an AWS that answers locally, or with
//! providers that answer from a recorded schema.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::tool::{self, Answer};

/// Nothing of the user's reaches the provider, and a server that answers with an error is not
/// asked 25 times. This file is the only one that is not hagen's.
const OVERRIDE: &str = "provider \"aws\" {\n  max_retries = 2\n}\n";

/// Terraform's plugin cache is not made for two at a time.
static DOWNLOAD: Mutex<()> = Mutex::new(());

/// A folder in which Terraform runs.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// The AWS that the provider talks to; none for other clouds.
    endpoint: Option<String>,
}

pub(crate) fn program() -> String {
    tool::program(
        "HAGEN_TERRAFORM",
        "terraform",
        "install Terraform 1.5 or newer",
    )
}

impl Folder {
    /// A rendered folder, and the address of the AWS that its provider talks to.
    pub(crate) fn new(path: &Path, endpoint: &str) -> Self {
        Self {
            path: path.to_owned(),
            endpoint: Some(endpoint.to_owned()),
        }
    }

    /// A rendered folder for a cloud of which nothing answers here.
    pub(crate) fn of_other_cloud(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            endpoint: None,
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.current_dir(&self.path).args(arguments);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("TF_") || name.starts_with("AWS_") {
                command.env_remove(&*name);
            }
        }
        if plugins().is_none() {
            command.env("TF_PLUGIN_CACHE_DIR", cache());
        }
        command
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1");
        let Some(endpoint) = &self.endpoint else {
            return command;
        };
        command
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", "mock")
            .env("AWS_SECRET_ACCESS_KEY", "mock")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command
    }

    /// Runs Terraform, whatever its exit code.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        tool::run(&mut self.command(arguments), Duration::from_mins(7))
    }

    /// Runs Terraform, which must succeed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert!(
            answer.status.success(),
            "terraform {}: {}",
            arguments.join(" "),
            answer.all()
        );
        answer.stdout
    }

    /// Format, then init with the override file that only tests have.
    pub(crate) fn init(&self) {
        self.succeed(&["fmt", "-check", "-diff", "-recursive"]);
        if self.endpoint.is_some() {
            fs::write(self.path.join("zz_override.tf"), OVERRIDE).unwrap();
        }
        if let Some(plugins) = plugins() {
            let plugins = format!("-plugin-dir={plugins}");
            self.succeed(&["init", "-input=false", "-no-color", &plugins]);
        } else {
            fs::create_dir_all(cache()).unwrap();
            let _one = DOWNLOAD.lock();
            self.succeed(&["init", "-input=false", "-no-color"]);
        }
    }

    /// A plan, as `terraform show -json` has it. The file stays, as `test.tfplan`.
    pub(crate) fn plan(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["plan", "-input=false", "-no-color", "-out=test.tfplan"];
        all.extend(arguments);
        self.succeed(&all);
        self.show(&["test.tfplan"])
    }

    pub(crate) fn apply(&self) {
        self.succeed(&["apply", "-input=false", "-no-color", "-auto-approve"]);
    }

    /// Nobody else changes what is there, so it need not be read again.
    pub(crate) fn apply_known(&self) {
        self.succeed(&[
            "apply",
            "-input=false",
            "-no-color",
            "-auto-approve",
            "-refresh=false",
        ]);
    }

    pub(crate) fn destroy(&self) -> Answer {
        self.run(&[
            "destroy",
            "-input=false",
            "-no-color",
            "-auto-approve",
            "-refresh=false",
        ])
    }

    /// The state, or a plan.
    pub(crate) fn show(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["show", "-json"];
        all.extend(arguments);
        serde_json::from_str(&self.succeed(&all)).unwrap()
    }

    /// The outputs that are not secret.
    pub(crate) fn outputs(&self) -> Value {
        serde_json::from_str(&self.succeed(&["output", "-json"])).unwrap()
    }
}

/// Whether the providers of Alibaba Cloud, Tencent Cloud and Huawei Cloud answer from recorded schemas.
/// The real ones would ask the real clouds.
pub(crate) fn recorded() -> bool {
    env::var_os("HAGEN_RECORDED_PROVIDERS").is_some()
}

/// The folder that `init` takes providers from. Without one it downloads them.
fn plugins() -> Option<String> {
    env::var("HAGEN_TERRAFORM_PLUGINS").ok()
}

fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("terraform-plugins")
}

/// The changes of a plan that change something: address and actions, as `create` or
/// `delete create`.
pub(crate) fn changes(plan: &Value) -> Vec<(String, String)> {
    plan["resource_changes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter_map(|change| {
            let actions: Vec<&str> = change["change"]["actions"]
                .as_array()?
                .iter()
                .filter_map(Value::as_str)
                .collect();
            (actions != ["no-op"] && actions != ["read"])
                .then(|| (text(&change["address"]).to_owned(), actions.join(" ")))
        })
        .collect()
}

/// A text in JSON that must be one.
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}
