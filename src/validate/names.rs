//! Names: of the cluster, of nodes, of the DNS domain.

use std::collections::BTreeMap;

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::Cluster;

/// The most characters of a cluster's name: those of a load balancer's.
const LONGEST_NAME: usize = 32;

/// The most characters of a DNS label and of a whole DNS name (RFC 1035, 2.3.4).
const LONGEST_LABEL: usize = 63;
const LONGEST_DOMAIN: usize = 253;

pub(super) fn check(spec: &Cluster, report: &mut Report) {
    cluster_name(&spec.name, report);
    dns_domain(&spec.kubernetes.dns_domain, report);
}

fn cluster_name(name: &str, report: &mut Report) {
    if name.starts_with("internal-") {
        report.push(
            Diagnostic::new(
                &code::RESERVED_NAME,
                "AWS keeps names that begin with `internal-` for itself",
            )
            .value("name", "begins with `internal-`")
            .cure("choose a name with another beginning"),
        );
    }
    let why = if name.chars().count() > LONGEST_NAME {
        format!(
            "has {} characters, and {LONGEST_NAME} fit into the name of a load balancer",
            name.chars().count()
        )
    } else if let Some(c) = name.chars().find(|c| !label_character(*c)) {
        format!("has `{c}` in it, which is no lower-case letter, digit or dash")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "does not begin with a letter".into()
    } else if name.ends_with('-') {
        "ends with a dash".into()
    } else {
        return;
    };
    let problem = Diagnostic::new(&code::CLUSTER_NAME, format!("the cluster's name {why}"))
        .value("name", "not a name for a cluster");
    let folded = fold(name);
    report.push(
        if is_label(&folded)
            && folded.len() <= LONGEST_NAME
            && !folded.starts_with("internal-")
            && folded.starts_with(|c: char| c.is_ascii_lowercase())
        {
            problem.replace_with(folded)
        } else {
            problem.cure(
                "use at most 32 lower-case letters, digits and dashes, beginning with a letter",
            )
        },
    );
}

fn dns_domain(domain: &str, report: &mut Report) {
    if is_subdomain(domain) {
        return;
    }
    let problem = Diagnostic::new(
        &code::DNS_DOMAIN,
        format!("`{domain}` is not a DNS domain in lower case"),
    )
    .value("kubernetes.dnsDomain", "not a DNS domain");
    let folded = domain.trim_end_matches('.').to_ascii_lowercase();
    report.push(if is_subdomain(&folded) {
        problem.replace_with(folded)
    } else {
        problem.cure("use `cluster.local`, or labels of letters, digits and dashes joined by dots")
    });
}

/// Checks the names of nodes, each with the path of its value.
pub(super) fn nodes<'a>(names: impl Iterator<Item = (String, &'a str)>, report: &mut Report) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (path, name) in names {
        if !is_label(name) || is_number(name) || name == "localhost" {
            report.push(node_name(&path, name));
        }
        match seen.get(name) {
            Some(first) => report.push(
                Diagnostic::new(
                    &code::NODE_NAME_TWICE,
                    format!("two nodes are called `{name}`"),
                )
                .value(path, "the second one")
                .also(first, "the first one")
                .cure("give each node a name of its own"),
            ),
            None => {
                seen.insert(name, path);
            }
        }
    }
}

fn node_name(path: &str, name: &str) -> Diagnostic {
    let why = if name.len() > LONGEST_LABEL {
        format!(
            "has {} characters, and a host name has at most {LONGEST_LABEL}",
            name.chars().count()
        )
    } else if name == "localhost" {
        "`localhost` is the name of every machine for itself".to_owned()
    } else if is_number(name) {
        format!("`{name}` is a number, which programs read as an address and not as a host name")
    } else if name.contains('.') {
        format!("`{name}` has a dot: a node's name is the first label of its host name")
    } else {
        format!("`{name}` is not a host name: lower-case letters, digits and dashes between them")
    };
    let why = if why.starts_with("has") {
        format!("the node's name {why}")
    } else {
        why
    };
    let problem = Diagnostic::new(&code::NODE_NAME, why).value(path, "not a host name");
    let folded = fold(name.split('.').next().unwrap_or_default());
    if is_label(&folded) && !is_number(&folded) {
        problem.cure(format!(
            "rename the machine, for instance to `{folded}`, and use that name"
        ))
    } else {
        problem.cure("rename the machine, for instance to `cp-1`, and use that name")
    }
}

/// Whether a name is decimal or hexadecimal digits alone as `inet_aton` reads them: `ping 10` asks
/// 0.0.0.10.
fn is_number(name: &str) -> bool {
    let (digits, hexadecimal) = match name.strip_prefix("0x") {
        Some(digits) => (digits, true),
        None => (name, false),
    };
    !digits.is_empty()
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (hexadecimal && b.is_ascii_hexdigit()))
}

fn label_character(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// A name with upper-case letters lowered and underscores, dots and spaces as dashes.
fn fold(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '_' | '.' | ' ' => '-',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

/// Whether a text is one DNS label (RFC 1123) in lower case.
pub(super) fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_LABEL
        && text.chars().all(label_character)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is an RFC 1123 subdomain in lower case.
pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= LONGEST_DOMAIN && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::{is_label, is_number, is_subdomain};

    #[test]
    fn a_number_reads_as_an_address() {
        assert!(is_number("10") && is_number("0x1f") && is_number("007"));
        for name in ["cp-1", "1a", "a1", "0x", "1-2", ""] {
            assert!(!is_number(name), "{name}");
        }
    }

    #[test]
    fn labels_and_subdomains() {
        for good in ["a", "1", "cp-1", "x--y", &"a".repeat(63)] {
            assert!(is_label(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "ä", &"a".repeat(64)] {
            assert!(!is_label(bad), "{bad}");
        }
        assert!(is_subdomain("cluster.local") && is_subdomain("local"));
        for bad in ["", ".", "a.", ".a", "a..b", &["abcdefg."; 40].concat()] {
            assert!(!is_subdomain(bad), "{bad}");
        }
    }
}
