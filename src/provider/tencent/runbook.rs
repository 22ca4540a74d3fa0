//! README.md: the runbook of one cluster.

use super::Context;
use crate::facts::tencent::LOAD_BALANCER;
use crate::provider::cloud::{Readme, machine, readme};
use crate::provider::runbook::{Cloud, ObjectStore};

/// The runbook of this cluster.
pub(super) fn document(context: &Context<'_>) -> String {
    let check = &LOAD_BALANCER.health_check;
    readme(
        context,
        &Readme {
            template: "tencent/README.md.hbs",
            load_balancer_kind: "CLB",
            out_seconds: check.interval_seconds * check.unhealthy_threshold,
            cloud: cloud(context),
        },
    )
}

/// What Tencent Cloud says for itself.
pub(super) fn cloud<'a>(context: &Context<'_>) -> Cloud<'a> {
    let made = context.made().is_some();
    Cloud {
        provider: "tencent",
        title: "Tencent Cloud",
        terraform: true,
        protection: "deletionProtection: false",
        made,
        protected: context.cloud.deletion_protection,
        volumes: false,
        hop_limit: false,
        object_store: &OBJECT_STORE,
        user_data_readers: if made {
            "CVM's metadata service shows to the machine, and the state to whoever reads it"
        } else {
            "the output `cloud_init` shows to whoever reads the state"
        },
        resources: |node| {
            [
                machine("tencentcloud_instance", node),
                String::new(),
                String::new(),
            ]
        },
    }
}

const OBJECT_STORE: ObjectStore = ObjectStore {
    put: "coscli cp \"{bundles}/$bundle\" \"cos://BUCKET/$bundle\" >/dev/null",
    sign: "coscli signurl \"cos://BUCKET/$bundle\" --time 3600",
    remove: "coscli rm --force \"cos://BUCKET/$bundle\"",
    way: "Inside Tencent Cloud the addresses of COS of the same region resolve to internal ones.",
};
