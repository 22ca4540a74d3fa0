//! What the cloud controller may do in Huawei Cloud. It has keys of a user, and no machine a role:
//! the controller knows no agency.

use serde_json::json;

use crate::facts::huawei::CLOUD_CONTROLLER;

/// The file with the policy.
pub(super) const POLICY: &str = "manifests/huawei-cloud-controller-policy.json";

/// What the user may do, an action a line.
pub(super) fn policy() -> String {
    let policy = json!({
        "Version": "1.1",
        "Statement": [{
            "Effect": "Allow",
            "Action": CLOUD_CONTROLLER.actions,
        }],
    });
    format!("{policy:#}\n")
}
