//! The version of Kubernetes: exact, supported, and without the regression that needs a
//! working load balancer.

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, List, Report};
use crate::facts::kubernetes::KUBERNETES;

const PATH: &str = "kubernetes.version";

pub(super) fn check(version: &str, report: &mut Report) {
    let Some([major, minor, patch]) = parse(version) else {
        report.push(form(version));
        return;
    };
    let known: Vec<&str> = KUBERNETES.minors.iter().map(|m| m.minor.as_str()).collect();
    let Some(found) = KUBERNETES.minor(version) else {
        let (first, last) = (bound(known.first()), bound(known.last()));
        let (why, label) = if (major, minor) < first {
            ("gets no fixes any more", "too old")
        } else if (major, minor) > last {
            ("is newer than this version of hagen", "not known yet")
        } else {
            ("is not known", "not known")
        };
        let mut problem = Diagnostic::new(
            &code::MINOR_NOT_SUPPORTED,
            format!(
                "Kubernetes {major}.{minor} {why}; supported are {}",
                List(known, "and")
            ),
        )
        .value(PATH, label);
        if let Some(newest) = KUBERNETES.minors.last() {
            problem = problem.cure(format!(
                "use {}.{} or a later patch of it",
                newest.minor, newest.first_patch
            ));
        }
        if (major, minor) > last {
            problem = problem.cure("or use a newer hagen");
        }
        report.push(problem);
        return;
    };
    if patch < u64::from(found.first_patch) {
        report.push(
            Diagnostic::new(
                &code::PATCH_REGRESSION,
                format!(
                    "in {version} `kubeadm init` calls the API server through the load balancer, \
                     which has no healthy target yet (kubernetes/kubeadm#3294)"
                ),
            )
            .value(
                PATH,
                format!("fixed in {}.{}", found.minor, found.first_patch),
            )
            .cure(format!(
                "use {0}.{1} or a later patch of {0}",
                found.minor, found.first_patch
            ))
            .replace_with(format!("{}.{}", found.minor, found.first_patch)),
        );
    }
}

fn form(version: &str) -> Diagnostic {
    let problem = Diagnostic::new(
        &code::VERSION_FORM,
        format!("`{version}` is not an exact version: three numbers such as 1.37.1"),
    )
    .value(PATH, "not an exact version");
    let bare = version.trim_start_matches(['v', 'V']);
    if parse(bare).is_some() {
        return problem.cure("write it without the v").replace_with(bare);
    }
    match KUBERNETES.minors.iter().find(|known| known.minor == bare) {
        Some(known) => problem.cure(format!(
            "add the patch: {}.{} or later",
            known.minor, known.first_patch
        )),
        None => problem.cure("write all three numbers, for instance 1.37.1"),
    }
}

/// The three numbers of `X.Y.Z`, without leading zeros.
fn parse(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split('.').map(|part| {
        let plain = part.bytes().all(|b| b.is_ascii_digit())
            && (part.len() == 1 || !part.starts_with('0'))
            && part.len() <= 9;
        plain.then(|| part.parse().ok()).flatten()
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// The two numbers of a minor of the data file.
fn bound(minor: Option<&&str>) -> (u64, u64) {
    minor
        .and_then(|minor| minor.split_once('.'))
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_three_plain_numbers_are_a_version() {
        assert_eq!(parse("1.37.1"), Some([1, 37, 1]));
        assert_eq!(parse("1.37.0"), Some([1, 37, 0]));
        for bad in [
            "",
            "1",
            "1.37",
            "1.37.",
            "1.37.01",
            "1.37.1.2",
            "v1.37.1",
            "1.37.1-rc.0",
            "1.37.x",
            "1.37.99999999999999999999",
            "1.٣.1",
            "+1.37.1",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
