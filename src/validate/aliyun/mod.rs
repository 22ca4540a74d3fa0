//! The rules about Alibaba Cloud: what it refuses and Terraform does not notice before it applies.

use crate::diagnostic::Report;
use crate::spec::{Aliyun, Cluster};

use super::cloud::{self, Target};

pub(super) fn check(spec: &Cluster, own: &Aliyun, report: &mut Report) {
    let target = Target::new(spec, own.common());
    cloud::check(&target, report);
}
