//! What the plan does not say and the files do: lifecycles, providers, secrets.

use hcl::{Block, Body, Expression};

use super::{Judged, check};

pub(super) fn problems(judged: &Judged<'_>, found: &mut Vec<String>) {
    lifecycles(judged, found);
    providers(judged, found);
}

fn blocks<'a>(judged: &'a Judged<'_>, identifier: &'a str) -> impl Iterator<Item = &'a Block> {
    judged
        .files
        .iter()
        .flat_map(|(_, body)| body.blocks())
        .filter(move |block| block.identifier() == identifier)
}

fn resources<'a>(judged: &'a Judged<'_>, kind: &'a str) -> impl Iterator<Item = &'a Block> {
    blocks(judged, "resource").filter(move |block| {
        block
            .labels()
            .first()
            .is_some_and(|label| label.as_str() == kind)
    })
}

fn lifecycle(block: &Block) -> Option<&Body> {
    block
        .body()
        .blocks()
        .find(|inner| inner.identifier() == "lifecycle")
        .map(Block::body)
}

fn says(body: Option<&Body>, key: &str) -> Option<String> {
    let attribute = body?
        .attributes()
        .find(|attribute| attribute.key() == key)?;
    Some(attribute.expr().to_string())
}

fn lifecycles(judged: &Judged<'_>, found: &mut Vec<String>) {
    let protected = judged.target().load_balancer.deletion_protection;
    for kind in ["aws_lb", "aws_eip", "aws_ebs_volume"] {
        for block in resources(judged, kind) {
            let name = block.labels().last().map_or("", |label| label.as_str());
            let wanted = (protected && (name.starts_with("api") || name == "etcd"))
                .then(|| "true".to_owned());
            let is = says(lifecycle(block), "prevent_destroy");
            check(found, is == wanted, || {
                format!("{kind}.{name}: prevent_destroy is {is:?}, not {wanted:?}")
            });
        }
    }
    for kind in [
        "aws_lb_target_group",
        "aws_lb_target_group_attachment",
        "aws_security_group",
    ] {
        for block in resources(judged, kind) {
            let first = says(lifecycle(block), "create_before_destroy");
            check(found, first.as_deref() == Some("true"), || {
                format!("{kind} goes before the new one is there")
            });
        }
    }
    for block in resources(judged, "aws_instance") {
        let ignored = says(lifecycle(block), "ignore_changes").unwrap_or_default();
        check(
            found,
            ignored.contains("ami") && ignored.contains("user_data_base64"),
            || format!("a new image or cloud-init stops a running machine: ignores {ignored}"),
        );
        let bounded = lifecycle(block).is_some_and(|body| {
            body.blocks()
                .any(|inner| inner.identifier() == "precondition")
        });
        check(found, bounded, || {
            "nothing looks at the size of the user data".to_owned()
        });
    }
}

/// Credentials are the user's: the provider's block has the region and nothing else.
fn providers(judged: &Judged<'_>, found: &mut Vec<String>) {
    let providers: Vec<&Block> = blocks(judged, "provider").collect();
    check(found, providers.len() == 1, || {
        format!("{} provider blocks", providers.len())
    });
    for provider in providers {
        let region = Expression::String(judged.target().region.clone());
        let attributes: Vec<_> = provider.body().attributes().collect();
        let plain = attributes.len() == 1
            && attributes[0].key() == "region"
            && *attributes[0].expr() == region
            && provider.body().blocks().next().is_none();
        check(found, plain, || {
            "the provider's block says more than the region".to_owned()
        });
    }
    for text in judged
        .files
        .iter()
        .map(|(path, body)| (path, hcl::to_string(body).unwrap_or_default()))
    {
        check(found, !text.1.contains("arn:aws:"), || {
            format!("{} names a partition", text.0)
        });
    }
}

/// What looks like a secret in a rendered text: a join token, 64 hexadecimal digits, a key.
pub(crate) fn secrets_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')) {
        let token = word.split_once('.').is_some_and(|(id, rest)| {
            let small = |text: &str, length| {
                text.len() == length
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            };
            small(id, 6) && small(rest, 16)
        });
        // Digests of etcd's releases are no secrets, nor is that of a manifest.
        let known = include_str!("../../../providers/kubernetes.yaml").contains(word)
            || word.starts_with("9f86d081884c7d65");
        let key = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if token || (key && !known) {
            found.push(word.to_owned());
        }
    }
    // A PEM header alone is a condition on a variable; what follows it in a file is the key.
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let base64 = |line: &str| {
            line.trim().len() > 40
                && line
                    .trim()
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        };
        if line.ends_with(" PRIVATE KEY-----") && lines.peek().is_some_and(|next| base64(next)) {
            found.push("a private key".to_owned());
        }
    }
    found
}
