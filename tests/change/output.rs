//! The report as text, Markdown and JSON.

use super::*;

#[test]
fn markdown_is_a_comment_that_github_takes() {
    let new = render(MADE);
    let first = compare(&BTreeMap::new(), &new);
    let all = differences(&BTreeMap::new(), &new);
    let out = markdown(&first, &all);
    assert!(out.len() <= 60_000, "{}", out.len());
    assert!(out.contains("left out"), "says that it is cut");
    assert_eq!(
        out.matches("<details>").count(),
        out.matches("</details>").count()
    );
    let more = render(&with(
        MADE,
        &[("controlPlane: { count: 3 }", "controlPlane: { count: 5 }")],
    ));
    let old = files(&new);
    let out = markdown(&compare(&old, &more), &differences(&old, &more));
    assert!(
        out.starts_with("**prod on aws**: adds 2 control-plane nodes; "),
        "{out}"
    );
    assert!(out.contains("<details><summary><code>control-plane.tf</code> changed, +2 −0</summary>\n\n```diff\n@@ "), "{out}");
}

#[test]
fn differences_are_unified_with_three_lines_around() {
    let old = BTreeMap::from([
        ("a.tf".to_owned(), "1\n2\n3\n4\n5\n6\n7\n8\n9\n".to_owned()),
        ("gone.tf".to_owned(), "x\n".to_owned()),
        ("same.tf".to_owned(), "y\n".to_owned()),
    ]);
    let mut new = ArtifactSet::default();
    new.insert("a.tf", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n".into());
    new.insert("new.tf", "z\n".into());
    new.insert("same.tf", "y\n".into());
    let found = differences(&old, &new);
    let states: Vec<_> = found
        .list
        .iter()
        .map(|file| (file.path.as_str(), file.state, file.added, file.removed))
        .collect();
    assert_eq!(
        states,
        [
            ("a.tf", FileState::Changed, 1, 1),
            ("gone.tf", FileState::Removed, 0, 1),
            ("new.tf", FileState::Added, 1, 0),
        ]
    );
    assert_eq!(
        found.list[0].hunks.as_deref(),
        Some("@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n")
    );
}

#[test]
fn json_has_the_documented_shape() {
    let old = files(&render(MADE));
    let new = render(&with(MADE, &[("m7i.large", "m7i.2xlarge")]));
    let value = json(&compare(&old, &new), &differences(&old, &new));
    assert_eq!(value["version"], 1);
    assert_eq!(value["title"], "prod on aws");
    assert_eq!(value["first"], false);
    assert_eq!(value["changed"], true);
    let first = &value["changes"][0];
    assert_eq!(first["severity"], "danger");
    assert_eq!(first["effect"], "restart");
    assert_eq!(first["file"], "control-plane.tf");
    assert_eq!(
        (&first["before"], &first["after"]),
        (&"m7i.large".into(), &"m7i.2xlarge".into())
    );
    assert_eq!(value["files"][0]["path"], "control-plane.tf");
    assert_eq!(value["files"][0]["addedLines"], 1);
}

#[test]
fn the_report_is_the_same_each_time_and_the_gravest_comes_first() {
    let old = files(&render(MADE));
    let new = render(&with(
        MADE,
        &[("name: prod", "name: other"), ("m7i.large", "m7i.2xlarge")],
    ));
    let first = compare(&old, &new);
    for _ in 0..3 {
        assert_eq!(compare(&old, &new).list, first.list);
    }
    assert!(
        first
            .list
            .is_sorted_by_key(|change| (change.severity, change.effect))
    );
}
