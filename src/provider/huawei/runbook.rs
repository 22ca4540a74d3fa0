//! README.md: the runbook of one cluster.

use super::Context;
use crate::facts::huawei::LOAD_BALANCER;
use crate::provider::cloud::{Readme, machine, readme};
use crate::provider::runbook::Cloud;

/// The runbook of this cluster.
pub(super) fn document(context: &Context<'_>) -> String {
    let check = &LOAD_BALANCER.health_check;
    readme(
        context,
        &Readme {
            template: "huawei/README.md.hbs",
            load_balancer_kind: "dedicated ELB",
            own_name: false,
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
        protection: "deletionProtection: false",
        made,
        protected: context.cloud.deletion_protection,
        volumes: false,
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
