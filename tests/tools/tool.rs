//! Other programs: where they are, and running them with a limit of time.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// All of it, for a message.
    pub(crate) fn all(&self) -> String {
        format!("{}\n{}{}", self.status, self.stdout, self.stderr)
    }
}

/// The folder of these tests: the programs and data beside them are found here.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools")
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program: the one that a variable names, or the one on PATH. Panics if it is not there.
pub(crate) fn program(variable: &str, default: &str, install: &str) -> String {
    let name = env::var(variable).unwrap_or_else(|_| default.to_owned());
    let found = if name.contains('/') {
        Path::new(&name).is_file()
    } else {
        env::split_paths(&env::var_os("PATH").unwrap_or_default())
            .any(|folder| folder.join(&name).is_file())
    };
    assert!(
        found,
        "`{name}` is not here: {install}, or name it with {variable}"
    );
    name
}

/// Runs a command to its end, or interrupts it after a limit and panics.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Answer {
    let scratch = tempfile::tempdir().unwrap();
    // Files and not pipes: a program that writes much must not wait for a reader.
    let (out, err) = (scratch.path().join("out"), scratch.path().join("err"));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&err).unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let end = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > end {
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let Some(status) = status else {
        interrupt(&mut child);
        panic!(
            "{command:?} is not done after {limit:?}:\n{}{}",
            read(out),
            read(err)
        );
    };
    Answer {
        status,
        stdout: read(out),
        stderr: read(err),
    }
}

/// Ends a program the way Ctrl-C does, so that Terraform stops its providers; then the hard way.
fn interrupt(child: &mut std::process::Child) {
    if let Ok(id) = i32::try_from(child.id())
        && let Some(id) = rustix::process::Pid::from_raw(id)
    {
        let _ = rustix::process::kill_process(id, rustix::process::Signal::INT);
    }
    for _ in 0..150 {
        if child.try_wait().unwrap().is_some() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Runs a program that must succeed, and gives what it printed.
pub(crate) fn succeed<I, S>(name: &str, arguments: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(name);
    command.args(arguments);
    let answer = run(&mut command, Duration::from_mins(2));
    assert!(answer.status.success(), "{command:?}: {}", answer.all());
    answer.stdout
}
