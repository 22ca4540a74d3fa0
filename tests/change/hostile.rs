//! Folders that a person, or nobody sensible, wrote.

use std::fmt::Write as _;

use super::*;

#[test]
fn a_file_that_is_no_terraform_is_said_to_be_none() {
    for broken in [
        "resource \"aws_lb\" {{{",
        "\u{fffd}\u{0}\u{1b}[31m",
        "x = [[[[",
        "<<<<<<< HEAD\n",
    ] {
        let new = render(MADE);
        let mut old = files(&new);
        old.insert("load-balancer.tf".into(), broken.into());
        let changes = compare(&old, &new);
        expect(
            &changes,
            "the folder's `load-balancer.tf` cannot be read as Terraform",
            Severity::Caution,
            Effect::Unknown,
        );
        expect(
            &changes,
            "whether the load balancer prod-api is kept is not known",
            Severity::Caution,
            Effect::Unknown,
        );
        assert!(
            !changes
                .list
                .iter()
                .any(|change| change.effect == Effect::Adds),
            "{:#?}",
            changes.list
        );
        let files = differences(&old, &new);
        for out in [text(&changes, &files), markdown(&changes, &files)] {
            assert!(
                !out.contains(['\u{1b}', '\u{0}']),
                "control characters reach the reader"
            );
        }
    }
}

#[test]
fn hostile_files_neither_hang_nor_crash() {
    let mut laughs = String::from("locals {\n  a0 = [\"ha\"]\n");
    for at in 1..60 {
        let before = at - 1;
        let _ = writeln!(
            laughs,
            "  a{at} = [local.a{before}, local.a{before}, local.a{before}]"
        );
    }
    laughs.push_str("  loop = local.loop\n  one = local.two\n  two = local.one\n}\n");
    laughs.push_str(
        "resource \"aws_lb\" \"api\" {\n  name = local.a59\n  internal = local.loop\n}\n",
    );
    laughs.push_str("resource \"aws_eip\" \"a\" {\n  for_each = aws_eip.a\n}\n");
    let deep = format!("x = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let not = format!("x = {}true\n", "!".repeat(100_000));
    let sum = format!("x = 1{}\n", "+1".repeat(50_000));
    let huge = "# filler\n".repeat(400_000);
    let new = render(MADE);
    for hostile in [laughs, deep, not, sum, huge] {
        let mut old = files(&new);
        old.insert("load-balancer.tf".into(), hostile.clone());
        old.insert("cloud-init/cp-1.yaml".into(), hostile);
        let changes = compare(&old, &new);
        let files = differences(&old, &new);
        assert!(!changes.list.is_empty());
        assert!(text(&changes, &files).len() > 100);
        assert!(markdown(&changes, &files).len() <= 60_000);
    }
}

#[test]
fn names_in_the_folder_cannot_become_markup() {
    let new = render(MADE);
    let mut old = files(&new);
    let evil =
        "x</code></details><script>alert(1)</script> @everyone ](http://evil.example) `` ``` |";
    let nodes = format!("locals {{\n  workers = {{\n    {evil:?} = \"eu-west-1a\"\n  }}\n}}\n");
    old.insert("workers.tf".into(), nodes);
    old.insert(
        format!("cloud-init/{evil}.yaml"),
        "```\n````\n</details>\n# @everyone\n".into(),
    );
    let changes = compare(&old, &new);
    let out = markdown(&changes, &differences(&old, &new));
    // Whatever stands outside of code must hold nothing of it.
    let mut fence: Option<&str> = None;
    for line in out.lines() {
        if let Some(open) = fence {
            if line == open {
                fence = None;
            }
            continue;
        }
        if line.starts_with("```") {
            fence = Some(line.trim_end_matches("diff"));
            continue;
        }
        let outside: String = line.split('`').step_by(2).collect();
        for bad in ["<script", "@everyone", "](http"] {
            assert!(!outside.contains(bad), "{line}");
        }
    }
    assert_eq!(fence, None, "every fence is closed");
    assert!(
        out.contains("`````diff\n"),
        "longer than the longest within"
    );
}
