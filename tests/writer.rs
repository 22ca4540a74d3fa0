//! The writer, through the real command: all or nothing, whoever is killed and whatever is in
//! the way.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{EXAMPLE, Folder};

/// Every file below a folder, with its bytes.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        let Ok(entries) = fs::read_dir(&at) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("entry").path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .expect("below")
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}

fn workers(count: usize) -> String {
    EXAMPLE.replace(
        "workers: { count: 3 }",
        &format!("workers: {{ count: {count} }}"),
    )
}

#[test]
fn a_second_render_touches_nothing() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    let before = fs::metadata(folder.out("outputs.tf"))
        .expect("file")
        .modified()
        .expect("time");
    folder.render().code(0);
    let after = fs::metadata(folder.out("outputs.tf"))
        .expect("file")
        .modified()
        .expect("time");
    assert_eq!(before, after);
    folder
        .hagen(&["render", "--provider", "aws", "--check"])
        .code(0);
}

#[test]
fn stale_files_go_and_those_of_others_stay() {
    let folder = Folder::new(&workers(4));
    folder.render().code(0);
    fs::write(folder.out("terraform.tfstate"), "state").expect("write");
    fs::write(folder.out("backend.tf"), "# mine\n").expect("write");
    fs::create_dir_all(folder.out(".terraform/providers")).expect("folder");
    fs::write(folder.out(".terraform/providers/x"), "x").expect("write");
    fs::write(folder.out("cloud-init/notes.txt"), "mine").expect("write");
    folder.spec(&workers(2));
    folder.render().code(0);
    let files = tree(&folder.out(""));
    assert!(!files.contains_key("cloud-init/worker-3.yaml"));
    assert!(!files.contains_key("cloud-init/worker-4.yaml"));
    assert!(files.contains_key("cloud-init/worker-2.yaml"));
    assert_eq!(files["terraform.tfstate"], b"state");
    assert_eq!(files["backend.tf"], b"# mine\n");
    assert_eq!(files[".terraform/providers/x"], b"x");
    assert_eq!(files["cloud-init/notes.txt"], b"mine");
    // Nothing is left beside the folder.
    let beside: Vec<_> = fs::read_dir(folder.path().join("out"))
        .expect("out")
        .collect();
    assert_eq!(beside.len(), 1);
}

#[test]
fn an_edited_file_is_kept_until_force() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    let edited = fs::read_to_string(folder.out("outputs.tf")).expect("file") + "# by hand\n";
    fs::write(folder.out("outputs.tf"), &edited).expect("write");
    folder.spec(&workers(1));
    let before = tree(&folder.out(""));
    folder
        .render()
        .code(2)
        .stderr_has("HGN8001")
        .stderr_has("outputs.tf");
    assert_eq!(tree(&folder.out("")), before);
    folder
        .hagen(&["render", "--provider", "aws", "--check"])
        .code(1)
        .stdout_has("-# by hand");
    folder
        .hagen(&["render", "--provider", "aws", "--force"])
        .code(0);
    assert!(
        !fs::read_to_string(folder.out("outputs.tf"))
            .expect("file")
            .contains("by hand")
    );
}

#[test]
fn a_file_of_someone_elses_is_not_overwritten() {
    let folder = Folder::new(EXAMPLE);
    fs::create_dir_all(folder.out("")).expect("folder");
    fs::write(folder.out("outputs.tf"), "# mine\n").expect("write");
    folder.render().code(2).stderr_has("HGN8002");
    assert_eq!(tree(&folder.out("")).len(), 1);
    folder
        .hagen(&["render", "--provider", "aws", "--force"])
        .code(0);
}

#[test]
fn what_may_not_change_is_refused_by_name_even_with_force() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    let before = tree(&folder.out(""));
    for (old, new, field) in [
        ("10.96.0.0/12", "10.112.0.0/12", "kubernetes.serviceSubnets"),
        ("10.244.0.0/16", "10.245.0.0/16", "kubernetes.podSubnets"),
        (
            "region: eu-west-1\n",
            "region: eu-west-2\n",
            "targets.aws.region",
        ),
        (
            "apiAddress: 10.0.0.10",
            "apiAddress: 10.0.0.11",
            "targets.aws.network.subnets[eu-west-1a]",
        ),
        (
            "exposure: internal",
            "exposure: internal\n  port: 7443",
            "endpoint.port",
        ),
    ] {
        let mut spec = EXAMPLE.replace(old, new);
        if field == "targets.aws.region" {
            spec = spec.replace("eu-west-1", "eu-west-2");
        }
        folder.spec(&spec);
        for arguments in [
            &["render", "--provider", "aws", "--out", "out/prod-aws"][..],
            &[
                "render",
                "--provider",
                "aws",
                "--out",
                "out/prod-aws",
                "--force",
            ][..],
        ] {
            folder
                .hagen(arguments)
                .code(2)
                .stderr_has("HGN8003")
                .stderr_has(field);
        }
        assert_eq!(tree(&folder.out("")), before, "{field}");
    }
    // A subnet more is no replacement.
    folder.spec(&EXAMPLE.replace("workers: { count: 3 }", "workers: { count: 5 }"));
    folder.render().code(0);
}

#[test]
fn another_cluster_is_not_rendered_over_this_one() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    folder.spec(&EXAMPLE.replace("name: prod", "name: test"));
    folder
        .hagen(&[
            "render",
            "--provider",
            "aws",
            "--out",
            "out/prod-aws",
            "--force",
        ])
        .code(2)
        .stderr_has("HGN8008");
}

#[test]
fn a_link_that_leads_out_is_refused() {
    for (link, target) in [
        ("cloud-init", "elsewhere"),
        ("outputs.tf", "elsewhere/file"),
    ] {
        let folder = Folder::new(EXAMPLE);
        fs::create_dir_all(folder.out("")).expect("folder");
        fs::create_dir(folder.path().join("elsewhere")).expect("folder");
        symlink(folder.path().join(target), folder.out(link)).expect("link");
        for force in [false, true] {
            let mut arguments = vec!["render", "--provider", "aws"];
            if force {
                arguments.push("--force");
            }
            folder.hagen(&arguments).code(2).stderr_has("HGN8004");
        }
        assert!(tree(&folder.path().join("elsewhere")).is_empty());
    }
}

#[test]
fn a_lock_that_names_files_outside_removes_none() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    fs::write(folder.path().join("precious"), "x").expect("write");
    let digest = hagen::write::digest(b"x");
    let lock = fs::read_to_string(folder.out("hagen.lock.json")).expect("lock");
    let lock = lock.replace(
        "\"files\": {",
        &format!("\"files\": {{\n    \"../../precious\": \"{digest}\","),
    );
    fs::write(folder.out("hagen.lock.json"), lock).expect("write");
    folder
        .hagen(&["render", "--provider", "aws", "--force"])
        .code(0);
    assert!(folder.path().join("precious").exists());
}

#[test]
fn a_broken_lock_is_said_and_nothing_is_touched() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    fs::write(folder.out("hagen.lock.json"), "<<<<<<< HEAD\n").expect("write");
    let before = tree(&folder.out(""));
    folder.render().code(2).stderr_has("HGN8006");
    assert_eq!(tree(&folder.out("")), before);
}

#[test]
fn terraform_at_work_is_left_alone() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    fs::write(folder.out(".terraform.tfstate.lock.info"), "{}").expect("write");
    folder.spec(&workers(1));
    folder.render().code(2).stderr_has("HGN8007");
}

#[test]
fn what_is_no_folder_is_an_error() {
    let folder = Folder::new(EXAMPLE);
    fs::write(folder.path().join("file"), "x").expect("write");
    folder
        .hagen(&["render", "--provider", "aws", "--out", "file"])
        .code(3)
        .stderr_has("HGN8005");
    folder
        .hagen(&["render", "--provider", "aws", "--out", "file/below"])
        .code(3)
        .stderr_has("HGN8005");
}

/// Standing in the folder, it is written in place: the shell is not left in the old one.
#[test]
fn rendering_into_the_folder_one_stands_in_works() {
    let folder = Folder::new(&workers(2));
    folder.render().code(0);
    fs::write(folder.path().join("hagen.yaml"), workers(1)).expect("write");
    let inside = folder.out("");
    let status = common::hagen_in(
        &inside,
        &[
            "render",
            "--provider",
            "aws",
            "--file",
            "../../hagen.yaml",
            "--out",
            ".",
        ],
    );
    status.code(0);
    let files = tree(&inside);
    assert!(!files.contains_key("cloud-init/worker-2.yaml"));
    assert!(!files.keys().any(|name| name.contains("staging")));
    // An interrupted write of that kind is undone where it was not decided, finished where it was.
    fs::create_dir_all(inside.join(".hagen-staging/new")).expect("folder");
    fs::write(inside.join(".hagen-staging/new/0"), "half").expect("write");
    folder.render().code(0);
    assert_eq!(tree(&inside), files);
    fs::create_dir_all(inside.join(".hagen-staging/new")).expect("folder");
    let readme = fs::read(inside.join("README.md")).expect("file");
    fs::rename(
        inside.join("README.md"),
        inside.join(".hagen-staging/new/0"),
    )
    .expect("rename");
    fs::write(
        inside.join(".hagen-staging/journal.json"),
        r#"{"README.md": "0"}"#,
    )
    .expect("write");
    folder.render().code(0);
    assert_eq!(fs::read(inside.join("README.md")).expect("file"), readme);
    assert_eq!(tree(&inside), files);
}

/// SIGKILL at moments spread over the whole run: the folder is the old one or the new one.
#[test]
fn killed_at_any_moment_it_leaves_the_old_folder_or_the_new() {
    let old_spec = workers(40);
    let new_spec = workers(30).replace("version: 1.37.1", "version: 1.36.4");
    let folder = Folder::new(&old_spec);
    let start = std::time::Instant::now();
    folder.render().code(0);
    // How long a run takes: only to spread the kills over it.
    let whole = start.elapsed();
    fs::write(folder.out("terraform.tfstate"), "state").expect("write");
    let old = tree(&folder.out(""));
    folder.spec(&new_spec);
    folder.render().code(0);
    let new = tree(&folder.out(""));
    assert_ne!(old, new);

    let (mut kept, mut replaced) = (0, 0);
    for round in 0..60_u32 {
        // Turn and turn about, so that each run has something to do.
        let current = tree(&folder.out(""));
        folder.spec(if current == old { &new_spec } else { &old_spec });
        let mut child = Command::new(env!("CARGO_BIN_EXE_hagen"))
            .args(["render", "--provider", "aws"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("hagen");
        std::thread::sleep(
            whole
                .mul_f64(f64::from(round) / 40.0)
                .min(Duration::from_secs(1)),
        );
        child.kill().expect("kill");
        child.wait().expect("wait");
        let after = tree(&folder.out(""));
        assert!(after == old || after == new, "round {round}: a mixture");
        if after == current {
            kept += 1;
        } else {
            replaced += 1;
        }
    }
    assert!(
        kept > 2 && replaced > 2,
        "the kills missed: {kept} kept, {replaced} replaced"
    );
    // Whatever the last kill left, the next run cleans up.
    folder.spec(&old_spec);
    folder.render().code(0);
    assert_eq!(tree(&folder.out("")), old);
    let beside: Vec<_> = fs::read_dir(folder.path().join("out"))
        .expect("out")
        .collect();
    assert_eq!(beside.len(), 1);
}
