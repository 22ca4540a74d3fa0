//! The rules of a spec: every problem at once, none fixed silently.
//!
//! [`check`] takes the text apart in two steps: its form ([`shape`]), then, if that holds, its
//! meaning, a file a family of rules. What comes out is a spec of which a plan can be made
//! without failing.

mod addresses;
mod air_gap;
mod aliyun;
mod aws;
mod baremetal;
mod cloud;
mod downloads;
mod endpoint;
mod form;
mod huawei;
mod kube_proxy;
mod mirrors;
mod names;
mod networks;
mod quorum;
mod registries;
mod schema;
mod secrets;
mod shape;
mod tencent;
mod versions;

use std::sync::LazyLock;

use serde_json::Value;

use crate::diagnostic::Report;
use crate::source::Source;
use crate::spec::Cluster;

/// The JSON Schema of the spec.
pub static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Cluster).to_value());

/// Checks a spec. `target` limits the rules about targets to one of them; without it all that
/// the spec describes are checked. Problems go to the report; the spec comes back if its form
/// holds, and is fit for a plan if the report has no errors.
pub fn check(source: &Source, target: Option<&str>, report: &mut Report) -> Option<Cluster> {
    let value = shape::shape(&SCHEMA, &source.root, report);
    if report.has_errors() {
        return None;
    }
    match serde_json::from_value::<Cluster>(value) {
        Ok(spec) => {
            meaning(&spec, target, report);
            Some(spec)
        }
        Err(error) => unreachable!("the schema lets through what serde refuses: {error}"),
    }
}

/// The rules, in the order of the spec's keys.
fn meaning(spec: &Cluster, target: Option<&str>, report: &mut Report) {
    names::check(spec, report);
    versions::check(&spec.kubernetes.version, report);
    addresses::check(spec, report);
    registries::check(&spec.kubernetes, report);
    endpoint::check(spec, report);
    quorum::check(spec, report);
    secrets::check(spec, report);
    downloads::check(spec, report);
    let wanted = |name: &str| target.is_none_or(|target| target == name);
    let targets = &spec.targets;
    kube_proxy::check(
        spec,
        targets.aliyun.as_ref().filter(|_| wanted("aliyun")),
        report,
    );
    mirrors::check(spec, |name| wanted(name) && targets.has(name), report);
    if let Some(own) = targets.aws.as_ref().filter(|_| wanted("aws")) {
        aws::check(spec, own, report);
    }
    if let Some(own) = targets.aliyun.as_ref().filter(|_| wanted("aliyun")) {
        aliyun::check(spec, own, report);
    }
    if let Some(own) = targets.tencent.as_ref().filter(|_| wanted("tencent")) {
        tencent::check(spec, own, report);
    }
    if let Some(own) = targets.huawei.as_ref().filter(|_| wanted("huawei")) {
        huawei::check(spec, own, report);
    }
    if let Some(own) = targets.baremetal.as_ref().filter(|_| wanted("baremetal")) {
        baremetal::check(spec, own, report);
    }
}
