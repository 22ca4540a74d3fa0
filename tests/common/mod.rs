//! The real binary in a scrubbed world: a folder of its own, no colours, no other variables.
#![allow(dead_code, unreachable_pub, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

/// The spec that `hagen init` writes.
pub const EXAMPLE: &str = include_str!("../../examples/aws.yaml");

/// A folder with a spec in it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder with this `hagen.yaml`.
    pub fn new(spec: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.spec(spec);
        folder
    }

    /// An empty folder.
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes `hagen.yaml`.
    pub fn spec(&self, text: &str) {
        std::fs::write(self.path().join("hagen.yaml"), text).expect("write");
    }

    /// A path below the rendered folder.
    pub fn out(&self, below: &str) -> PathBuf {
        self.path().join("out/prod-aws").join(below)
    }

    /// Runs hagen here.
    pub fn hagen(&self, arguments: &[&str]) -> Ran {
        hagen_in(self.path(), arguments)
    }

    /// `hagen render --provider aws`.
    pub fn render(&self) -> Ran {
        self.hagen(&["render", "--provider", "aws"])
    }
}

/// Runs hagen in a folder.
pub fn hagen_in(folder: &Path, arguments: &[&str]) -> Ran {
    hagen_with(folder, arguments, "")
}

/// Runs hagen in a folder with something on standard input.
pub fn hagen_with(folder: &Path, arguments: &[&str], input: &str) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_hagen"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .write_stdin(input.to_owned())
        .output()
        .expect("hagen");
    Ran(output, arguments.join(" "))
}

/// What a run printed, and how it ended.
pub struct Ran(Output, String);

impl Ran {
    /// A run that was started in another way.
    pub fn new(output: Output, arguments: &[&str]) -> Self {
        Self(output, arguments.join(" "))
    }

    /// Standard output.
    pub fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("UTF-8")
    }

    /// Standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("UTF-8")
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(
            self.0.status.code(),
            Some(code),
            "hagen {}\n{}\n{}",
            self.1,
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// Asserts that standard output holds a text.
    #[track_caller]
    pub fn stdout_has(self, text: &str) -> Self {
        assert!(
            self.stdout().contains(text),
            "{text:?} is not in:\n{}",
            self.stdout()
        );
        self
    }

    /// Asserts that standard error holds a text.
    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(
            self.stderr().contains(text),
            "{text:?} is not in:\n{}",
            self.stderr()
        );
        self
    }
}
