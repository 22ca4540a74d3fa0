//! Measures `hagen render` for 3, 30, 300 and 3,000 nodes: time, memory, bytes, beside `cp -r`
//! of the same folder. `cargo bench` prints a table; nothing here passes or fails, since a busy
//! machine would decide it.
//!
//! Each time is the least of several runs of the real program into an empty place, process
//! start included, and so is that of `cp -r`.
#![allow(clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const SPEC: &str = include_str!("../examples/aws.yaml");

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    println!("  nodes  files      bytes    render    cp -r   ratio   us/node  memory MiB");
    for nodes in [3_u32, 30, 300, 3000] {
        let spec = SPEC
            .replace("podSubnets: [10.244.0.0/16]", "podSubnets: [10.128.0.0/11]")
            .replace(
                "workers: { count: 3 }",
                &format!("workers: {{ count: {} }}", nodes - 3),
            );
        let file = folder.path().join("spec.yaml");
        fs::write(&file, spec).expect("write");
        let rounds = if nodes > 1000 { 5 } else { 30 };
        let out = |round: u32| folder.path().join(format!("out-{nodes}-{round}"));
        let copy = |round: u32| folder.path().join(format!("copy-{nodes}-{round}"));
        let render = least(rounds, |round| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_hagen"));
            command
                .args(["render", "--provider", "aws", "--file"])
                .arg(&file)
                .arg("--out")
                .arg(out(round));
            command
        });
        // Children so far, and this one is the largest: sizes only grow.
        let memory = getrusage(UsageWho::RUSAGE_CHILDREN)
            .expect("usage")
            .max_rss();
        let copied = least(rounds, |round| {
            let mut command = Command::new("cp");
            command.arg("-r").arg(out(0)).arg(copy(round));
            command
        });
        let out = out(0);
        let (files, bytes) = size(&out);
        println!(
            "{nodes:>7} {files:>6} {bytes:>10} {:>6.2} ms {:>5.2} ms {:>6.2} {:>9.0} {:>11.1}",
            milliseconds(render),
            milliseconds(copied),
            render.as_secs_f64() / copied.as_secs_f64(),
            render.as_secs_f64() * 1e6 / f64::from(nodes),
            f64::from(u32::try_from(memory).unwrap_or(u32::MAX)) / 1024.0,
        );
    }
}

/// The least time of a command that makes a folder of its own in each round. Nothing is deleted
/// in between: a file system is slow to make files just after it has lost as many.
fn least(rounds: u32, command: impl Fn(u32) -> Command) -> Duration {
    (0..rounds)
        .map(|round| {
            let mut command = command(round);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let start = Instant::now();
            let status = command.status().expect("the command runs");
            let time = start.elapsed();
            assert!(status.success(), "{command:?}");
            time
        })
        .min()
        .expect("a round")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn size(folder: &Path) -> (usize, u64) {
    let mut total = (0, 0);
    for entry in fs::read_dir(folder).expect("folder") {
        let entry = entry.expect("entry");
        let found = if entry.path().is_dir() {
            size(&entry.path())
        } else {
            (1, entry.metadata().expect("metadata").len())
        };
        total = (total.0 + found.0, total.1 + found.1);
    }
    total
}
