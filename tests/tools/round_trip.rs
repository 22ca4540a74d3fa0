//! Hostile texts through hagen's writers, read back by the programs that will read them. The
//! specs that hagen takes allow few of these; the writers must not depend on that.

use std::collections::BTreeMap;
use std::fs;

use hagen::format::terraform::{Document, expr, mapping, nest, texts};
use hagen::format::yaml;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::python;
use super::terraform::Folder;

/// Pieces that some reader takes for something else than text. All are in Unicode's composed
/// form, which Terraform puts every text into.
const PIECES: &[&str] = &[
    "${",
    "%{",
    "$${",
    "%%{",
    "$",
    "%",
    "{",
    "}",
    "\"",
    "\\",
    "\\\\",
    "\\n",
    "\\u0041",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "'",
    "''",
    "#",
    "# c",
    "//",
    "/*",
    "*/",
    "<<EOT",
    "EOT",
    ":",
    ": ",
    "-",
    "- ",
    "?",
    "? ",
    "&a",
    "*a",
    "!",
    "!!str",
    "|",
    ">",
    "|-",
    "@",
    "`",
    ",",
    "[",
    "]",
    "=",
    "<<",
    "~",
    "null",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "y",
    "n",
    "0",
    "1",
    "0o17",
    "0x1F",
    "1e3",
    "1_000",
    "12:30",
    "1:2:3",
    ".5",
    "+1",
    ".inf",
    ".nan",
    "2026-11-23",
    "---",
    "...",
    "%YAML",
    "\u{0}",
    "\u{1}",
    "\u{7}",
    "\u{1b}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}",
    "\u{fffd}",
    "é",
    "ß",
    "日本",
    "😀",
    "a",
    "b",
    "Z",
    "HAGEN_API_HOST",
    "each.key",
    "local.tags",
];

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::collection::vec(prop::sample::select(PIECES), 0..8).prop_map(|parts| parts.concat()),
        2 => "[ -~\n\t]{0,40}",
        1 => prop::sample::select(PIECES).prop_map(str::to_owned),
    ]
}

/// The same texts on every run: what fails here fails again.
fn hostile_texts(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut out: Vec<String> = PIECES.iter().map(|piece| (*piece).to_owned()).collect();
    for piece in PIECES {
        out.extend([
            format!("a{piece}"),
            format!("{piece}a"),
            format!("a {piece} b\nc"),
            format!("{piece}\na"),
        ]);
    }
    out.extend([
        "\"${\\".repeat(2500),
        "x\n".repeat(5000),
        "é".repeat(10_000),
    ]);
    out.extend((0..count).map(|_| hostile().new_tree(&mut runner).unwrap().current()));
    out
}

fn write(folder: &std::path::Path, document: &Document) -> Folder {
    fs::write(folder.join("main.tf"), document.to_text()).unwrap();
    Folder::new(folder, "http://127.0.0.1:1")
}

#[test]
#[ignore = "needs Terraform: see tests/tools/README.md"]
fn terraform_reads_every_text_as_it_was() {
    let all = hostile_texts(400);
    let keyed: BTreeMap<String, String> =
        all.iter().map(|key| (key.clone(), key.clone())).collect();
    let list = texts(&all);
    let map = mapping(keyed.clone());
    let mut document = Document::default();
    document.block(hcl::block! {
        locals {
            list = (list)
            map  = (map)
        }
    });
    for name in ["list", "map"] {
        document.block(hcl::block! {
            output (name) {
                value = (expr(&format!("local.{name}")))
            }
        });
    }
    let scratch = tempfile::tempdir().unwrap();
    let folder = write(scratch.path(), &document);
    folder.succeed(&["fmt", "-check", "-diff"]);
    folder.apply();
    let outputs = folder.outputs();
    let read: Vec<String> = serde_json::from_value(outputs["list"]["value"].clone()).unwrap();
    assert_eq!(read.len(), all.len());
    for (read, text) in read.iter().zip(&all) {
        assert_eq!(read, text);
    }
    let read: BTreeMap<String, String> =
        serde_json::from_value(outputs["map"]["value"].clone()).unwrap();
    assert_eq!(read, keyed);
}

#[test]
#[ignore = "needs Python with PyYAML: see tests/tools/README.md"]
fn pyyaml_reads_every_text_as_it_was() {
    let all = hostile_texts(600);
    let value = json!({
        "list": all.clone(),
        "nested": { "list": [{ "a": all.clone() }] },
        "keyed": all.iter().map(|key| (key.clone(), json!(key))).collect::<serde_json::Map<_, _>>(),
    });
    let text = yaml::document(&value);
    assert_eq!(python::read_yaml(&text), value);
    // A document in a document, as a cloud-init file holds kubeadm's.
    let outer = json!({ "write_files": [{ "content": text }] });
    let read = python::read_yaml(&yaml::document(&outer));
    assert_eq!(read, outer);
}

/// An expression of one of the kinds that hagen writes.
fn expression() -> impl Strategy<Value = hcl::Expression> {
    let leaf = prop_oneof![
        hostile().prop_map(hcl::Expression::String),
        any::<i32>().prop_map(hcl::Expression::from),
        any::<bool>().prop_map(hcl::Expression::from),
        prop::sample::select(vec![
            "local.tags",
            "aws_lb.api.dns_name",
            "each.value",
            "aws_eip.api[\"eu-west-1a\"].public_ip",
            "{ for name, node in local.nodes : name => node.id }",
            "[for node in local.nodes : node.id]",
            "merge(local.tags, { Name = \"${local.cluster}-${each.key}\", \"a/b\" = \"1\" })",
            "\"${local.cluster}-api\"",
            "length(local.nodes) > 0 ? \"a\" : \"b\"",
            "can(regex(\"^[a-z]{6}$\", var.token))",
            "toset([\"a\", \"b\"])",
        ])
        .prop_map(expr),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|mut items| {
                // The writer refuses objects in a list.
                items.retain(|item| !matches!(item, hcl::Expression::Object(_)));
                hcl::Expression::Array(items)
            }),
            prop::collection::btree_map(hostile(), inner, 0..4).prop_map(mapping),
        ]
    })
}

fn body(depth: u32) -> BoxedStrategy<hcl::Block> {
    let inner = if depth == 0 {
        Just(Vec::new()).boxed()
    } else {
        prop::collection::vec(body(depth - 1), 0..3).boxed()
    };
    let attributes = prop::collection::btree_map("[a-z][a-z_]{0,12}", expression(), 0..5);
    ("[a-z][a-z_]{0,8}", attributes, inner)
        .prop_map(|(name, attributes, inner)| {
            let mut block = hcl::Block::builder(name).build();
            for (key, value) in attributes {
                hagen::format::terraform::set(&mut block, &key, value);
            }
            for one in inner {
                nest(&mut block, one);
            }
            block
        })
        .boxed()
}

#[test]
#[ignore = "needs Terraform: see tests/tools/README.md"]
fn terraform_formats_every_block_as_it_is() {
    let mut runner = TestRunner::deterministic();
    let mut document = Document::default();
    for at in 0..250 {
        let block = body(2).new_tree(&mut runner).unwrap().current();
        if at % 3 == 0 {
            document.commented("A comment, \"quoted\" = 1 {\n\nwith lines.", block);
        } else {
            document.block(block);
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let folder = write(scratch.path(), &document);
    folder.succeed(&["fmt", "-check", "-diff"]);
    // Still Terraform's language, and not only something that fmt leaves alone.
    assert!(hcl::parse(&document.to_text()).is_ok());
}
