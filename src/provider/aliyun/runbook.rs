//! README.md: the runbook of one cluster.

use super::Context;
use crate::facts::aliyun::LOAD_BALANCER;
use crate::plan::aliyun::LoadBalancer;
use crate::provider::cloud::{Readme, machine, readme};
use crate::provider::runbook::{Cloud, ObjectStore};

/// The runbook of this cluster.
pub(super) fn document(context: &Context<'_>, balancer: &LoadBalancer) -> String {
    let check = &LOAD_BALANCER.health_check;
    readme(
        context,
        &Readme {
            template: match balancer {
                LoadBalancer::Nlb => "aliyun/README.md.hbs",
                LoadBalancer::Slb(_) => "aliyun/README-slb.md.hbs",
            },
            load_balancer_kind: match balancer {
                LoadBalancer::Nlb => "Network Load Balancer",
                LoadBalancer::Slb(_) => "classic load balancer",
            },
            out_seconds: check.interval_seconds * check.unhealthy_threshold,
            cloud: cloud(context),
        },
    )
}

/// What Alibaba Cloud says for itself.
pub(super) fn cloud<'a>(context: &Context<'_>) -> Cloud<'a> {
    let made = context.made().is_some();
    Cloud {
        provider: "aliyun",
        title: "Alibaba Cloud",
        terraform: true,
        protection: "deletionProtection: false",
        made,
        protected: context.cloud.deletion_protection,
        volumes: false,
        hop_limit: false,
        object_store: &OBJECT_STORE,
        user_data_readers: if made {
            "ECS shows to whoever may call `ecs:DescribeUserData`"
        } else {
            "the output `cloud_init` shows to whoever reads the state"
        },
        resources: |node| {
            [
                machine("alicloud_instance", node),
                String::new(),
                String::new(),
            ]
        },
    }
}

const OBJECT_STORE: ObjectStore = ObjectStore {
    put: "ossutil cp \"{bundles}/$bundle\" \"oss://BUCKET/$bundle\" >/dev/null",
    sign: "ossutil sign \"oss://BUCKET/$bundle\" --timeout 3600 | head -n 1",
    remove: "ossutil rm \"oss://BUCKET/$bundle\"",
    way: "In the VPC, OSS has internal addresses (oss-REGION-internal.aliyuncs.com) that need no way to the internet: sign with that endpoint.",
};
