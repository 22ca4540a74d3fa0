//! How machines get their secrets, and how long these are good for.

use crate::diagnostic::code::cluster as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::kubernetes::KUBERNETES;
use crate::spec::{Cluster, SecretsMode};

use super::quorum;

/// Shorter, and a slow first node is not done before the secrets are worthless; longer, and a leaked
/// one is of use for days.
const MINUTES: std::ops::RangeInclusive<u32> = 10..=24 * 60;

pub(super) fn check(spec: &Cluster, report: &mut Report) {
    let secrets = &spec.secrets;
    for (key, what, lifetime) in [
        (
            "tokenLifetime",
            "the bootstrap token",
            secrets.token_lifetime,
        ),
        (
            "certificateKeyLifetime",
            "the certificate key",
            secrets.certificate_key_lifetime,
        ),
    ] {
        let path = format!("secrets.{key}");
        let minutes = lifetime.seconds() / 60;
        if !MINUTES.contains(&minutes) {
            report.push(range(path, minutes));
        } else if let Some(wait) = last_turn(spec).filter(|wait| minutes <= *wait) {
            report.push(
                Diagnostic::new(
                    &code::SHORT_LIFETIME,
                    format!(
                        "{what} is good for {minutes} minutes, and the last of {} control-plane nodes may wait {wait} for its turn",
                        spec.control_plane.count
                    ),
                )
                .value(path, "may end before the last one joins")
                .also(
                    "controlPlane.count",
                    format!("{} minutes for each one before it", KUBERNETES.turns.minutes),
                )
                .cure(format!("use {}m or more", wait + KUBERNETES.turns.minutes)),
            );
        }
    }
    if secrets.mode == SecretsMode::Tofu && !spec.kubernetes.anonymous_auth {
        report.push(
            Diagnostic::new(
                &code::TOFU_WITHOUT_ANONYMOUS,
                "with `tofu` machines read the cluster's CA without credentials, and the API server answers none",
            )
            .value("secrets.mode", "needs anonymous access")
            .also("kubernetes.anonymousAuth", "turned off")
            .cure("use `pinned`, or `drop`: machines then have the CA before they join")
            .cure("or remove `anonymousAuth: false`"),
        );
    }
}

fn range(path: String, minutes: u32) -> Diagnostic {
    let (message, replacement) = if minutes == 0 {
        (
            "a secret that is good for no time lets no machine join".to_owned(),
            "2h",
        )
    } else if minutes < *MINUTES.start() {
        (
            format!(
                "{minutes} minutes are too few: the first node alone may need {}",
                MINUTES.start()
            ),
            "2h",
        )
    } else {
        (
            "a secret with which machines join must not be good for more than a day".to_owned(),
            "24h",
        )
    };
    Diagnostic::new(&code::LIFETIME_RANGE, message)
        .value(path, "not from 10m to 24h")
        .replace_with(replacement)
}

/// How many minutes the last control-plane node may wait for its turn; none where there is no such
/// wait, or the count is refused anyway.
fn last_turn(spec: &Cluster) -> Option<u32> {
    let count = spec.control_plane.count;
    (2..=quorum::MOST)
        .contains(&count)
        .then(|| u32::from(count - 1) * KUBERNETES.turns.minutes)
}
