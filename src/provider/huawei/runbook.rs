//! README.md: the runbook of one cluster.

use super::Context;
use crate::facts::huawei::LOAD_BALANCER;
use crate::provider::cloud::{Readme, machine, readme};
use crate::provider::runbook::{Cloud, ObjectStore};

/// The runbook of this cluster.
pub(super) fn document(context: &Context<'_>) -> String {
    let check = &LOAD_BALANCER.health_check;
    readme(
        context,
        &Readme {
            template: "huawei/README.md.hbs",
            load_balancer_kind: "dedicated ELB",
            out_seconds: check.interval_seconds * check.unhealthy_threshold,
            cloud: cloud(context),
        },
    )
}

/// What Huawei Cloud says for itself.
pub(super) fn cloud<'a>(context: &Context<'_>) -> Cloud<'a> {
    let made = context.made().is_some();
    Cloud {
        provider: "huawei",
        title: "Huawei Cloud",
        terraform: true,
        protection: "deletionProtection: false",
        made,
        protected: context.cloud.deletion_protection,
        volumes: false,
        hop_limit: false,
        object_store: &OBJECT_STORE,
        user_data_readers: if made {
            "ECS shows to whoever may read the machine's details"
        } else {
            "the output `cloud_init` shows to whoever reads the state"
        },
        resources: |node| {
            [
                machine("huaweicloud_compute_instance", node),
                String::new(),
                String::new(),
            ]
        },
    }
}

const OBJECT_STORE: ObjectStore = ObjectStore {
    put: "obsutil cp \"{bundles}/$bundle\" \"obs://BUCKET/$bundle\" >/dev/null",
    sign: "obsutil sign \"obs://BUCKET/$bundle\" -e=3600 | grep -o 'https://[^ ]*'",
    remove: "obsutil rm -f \"obs://BUCKET/$bundle\"",
    way: "Nodes resolve OBS by the cloud's private DNS to internal addresses, in 100.64.0.0/10.",
};
