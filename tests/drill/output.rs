//! The command: its forms and its exit codes.

use serde_json::Value;

use crate::common::{EXAMPLE, Folder, hagen_with};

const BAREMETAL: &str = include_str!("../../examples/baremetal.yaml");

#[test]
fn text_is_for_people() {
    let folder = Folder::new(EXAMPLE);
    let ran = folder.hagen(&["drill", "--provider", "aws"]).code(0);
    let out = ran.stdout();
    assert!(
        out.starts_with(
            "prod on aws\nThe smallest set of failures that stops the API: any 2 of 3 etcd members"
        ),
        "{out}"
    );
    for text in [
        "FAILURE ",
        "One zone lost ",
        "Which: any of eu-west-1a, eu-west-1b and eu-west-1c.",
        "1 of 3, no quorum",
        "not published",
    ] {
        assert!(out.contains(text), "{text} is not in\n{out}");
    }
    assert_eq!(ran.stderr(), "");
}

#[test]
fn markdown_is_a_table() {
    let folder = Folder::new(BAREMETAL);
    folder
        .hagen(&["drill", "--provider", "baremetal", "--format", "markdown"])
        .code(0)
        .stdout_has("| failure | API | etcd | interruption | who notices | pods | why |\n|---|---|---|---|---|---|---|\n")
        .stdout_has("| The holder of the virtual IP lost (any of lb-1 and lb-2) | yes | 3 of 3 | 2.6 to 3.6 s | everyone |");
}

#[test]
fn json_has_keys_that_tools_may_count_on() {
    let folder = Folder::new(BAREMETAL);
    let out = folder
        .hagen(&["drill", "--provider", "baremetal", "--format", "json"])
        .code(0)
        .stdout();
    let clusters: Value = serde_json::from_str(&out).expect("JSON");
    let cluster = &clusters[0];
    let keys = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(keys(cluster), ["cluster", "target", "summary", "failures"]);
    assert_eq!(
        keys(&cluster["summary"]),
        [
            "line",
            "smallest",
            "fatalZones",
            "unknownZones",
            "survivedZones",
            "warnings"
        ]
    );
    assert_eq!(cluster["summary"]["smallest"][0]["what"], "etcdMembers");
    assert_eq!(cluster["summary"]["smallest"][0]["count"], 2);
    let rows = cluster["failures"].as_array().expect("rows");
    for row in rows {
        assert_eq!(
            keys(row),
            [
                "id",
                "zone",
                "title",
                "count",
                "nodes",
                "api",
                "quorum",
                "interruption",
                "pods",
                "sides",
                "why"
            ]
        );
        assert_eq!(keys(&row["quorum"]), ["members", "left", "needed", "kept"]);
        assert_eq!(
            keys(&row["interruption"]),
            ["leastMs", "mostMs", "reach", "ends"]
        );
    }
    let ids: Vec<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(
        ids,
        [
            "controlPlaneNodeLost",
            "workerLost",
            "apiServerDead",
            "apiServerHung",
            "apiServerNotReady",
            "apiServersBack",
            "apiServerDrained",
            "holderStopped",
            "holderGone",
            "proxyDead",
            "proxyHung",
            "keepalivedKilled",
            "holderBlind",
            "backgroundNodeLost",
            "loadBalancersLost",
            "etcdMemberLost",
            "twoEtcdMembersLost",
            "controlPlaneSplit",
            "loadBalancersSplit",
            "splitHealed",
        ]
    );
    let of = |id: &str| {
        rows.iter().find(|row| row["id"] == id).expect("a row")["interruption"].to_string()
    };
    assert_eq!(
        of("holderGone"),
        r#"{"leastMs":2609,"mostMs":3609,"reach":"everyone","ends":"byItself"}"#
    );
    assert_eq!(
        of("backgroundNodeLost"),
        r#"{"leastMs":0,"mostMs":0,"reach":"nobody","ends":"byItself"}"#
    );
    assert_eq!(
        of("loadBalancersLost"),
        r#"{"leastMs":null,"mostMs":null,"reach":"everyone","ends":"onRepair"}"#
    );
}

/// A time that nobody has published is no number.
#[test]
fn json_of_a_cloud_has_no_number_where_none_is_published() {
    let folder = Folder::new(EXAMPLE);
    let out = folder
        .hagen(&["drill", "--provider", "aws", "--format", "json"])
        .code(0)
        .stdout();
    let clusters: Value = serde_json::from_str(&out).expect("JSON");
    let rows = clusters[0]["failures"].as_array().expect("rows");
    let zone = rows
        .iter()
        .find(|row| row["id"] == "zoneLost")
        .expect("a zone");
    assert_eq!(zone["zone"], "eu-west-1a");
    assert_eq!(zone["interruption"]["mostMs"], Value::Null);
    assert_eq!(zone["interruption"]["ends"], "byItself");
}

#[test]
fn without_a_spec_the_example_is_used_and_said() {
    let folder = Folder::empty();
    for provider in ["aws", "aliyun", "tencent", "huawei", "baremetal"] {
        folder
            .hagen(&["drill", "--provider", provider])
            .code(0)
            .stdout_has("The smallest set of failures that stops the API")
            .stderr_has("using the embedded example");
    }
}

#[test]
fn several_specs_are_several_tables() {
    let folder = Folder::new(BAREMETAL);
    std::fs::write(
        folder.path().join("other.yaml"),
        BAREMETAL.replace("name: prod", "name: other"),
    )
    .expect("write");
    let both = [
        "drill",
        "--provider",
        "baremetal",
        "--file",
        "hagen.yaml",
        "--file",
        "other.yaml",
    ];
    let markdown = folder
        .hagen(&[&both[..], &["--format", "markdown"]].concat())
        .code(0)
        .stdout();
    assert!(
        markdown.starts_with("## prod\n\n") && markdown.contains("\n## other\n\n"),
        "{markdown}"
    );
    let json = folder
        .hagen(&[&both[..], &["--format", "json"]].concat())
        .code(0)
        .stdout();
    let clusters: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(clusters.as_array().map(Vec::len), Some(2));
}

#[test]
fn a_spec_with_problems_has_no_table() {
    let folder =
        Folder::new(&EXAMPLE.replace("controlPlane: { count: 3 }", "controlPlane: { count: 4 }"));
    let ran = folder
        .hagen(&["drill", "--provider", "aws"])
        .code(2)
        .stderr_has("HGN2063");
    assert_eq!(ran.stdout(), "");
    folder
        .hagen(&["drill", "--provider", "huawei"])
        .code(2)
        .stderr_has("the spec has no `targets.huawei`");
    folder.hagen(&["drill"]).code(2);
    folder
        .hagen(&["drill", "--provider", "aws", "--file", "nowhere.yaml"])
        .code(3);
    let out = hagen_with(
        folder.path(),
        &["drill", "--provider", "aws", "--file", "-"],
        EXAMPLE,
    )
    .code(0)
    .stdout();
    assert!(out.starts_with("prod on aws\n"));
}
