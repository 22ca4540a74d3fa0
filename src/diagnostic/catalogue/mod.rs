//! Every diagnostic that hagen can give, in one table.
//!
//! Codes are stable: one is never given a second meaning, and a retired one is never used
//! again. `HGN1…` is about the document, `HGN2…` about the cluster on any target, `HGN3…`
//! about AWS, `HGN40…` to `HGN42…` about what Alibaba Cloud, Tencent Cloud and Huawei Cloud share,
//! `HGN43…` about Alibaba Cloud, `HGN44…` about Tencent Cloud, `HGN45…` about Huawei Cloud,
//! `HGN50…` about bare metal, `HGN52…` about MetalLB, `HGN54…` about kube-vip and kube-proxy,
//! `HGN8…` about the output folder, `HGN9…` about the command line and files.

pub mod aliyun;
pub mod aws;
pub mod baremetal;
pub mod cloud;
pub mod cluster;
pub mod command;
pub mod document;
pub mod huawei;
pub mod kube_vip;
pub mod metallb;
pub mod output;
pub mod tencent;

use super::Severity;

/// A diagnostic in general: what `hagen explain` prints.
#[derive(Debug)]
pub struct Code {
    /// The stable code, `HGN` and four digits.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Why it is a problem.
    pub cause: &'static str,
    /// A piece of a spec, or a command, that gives it.
    pub example: &'static str,
    /// What to do.
    pub cure: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
}

/// Defines the codes of a family as constants, and the slice of all of them.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $id:literal $severity:ident $title:literal {
        cause: $cause:literal, example: $example:literal, cure: $cure:literal, source: $source:literal $(,)?
    })*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title, ".")]
            $(#[$meta])*
            pub static $name: $crate::diagnostic::Code = $crate::diagnostic::Code {
                id: $id,
                severity: $crate::diagnostic::Severity::$severity,
                title: $title,
                cause: $cause,
                example: $example,
                cure: $cure,
                source: $source,
            };
        )*
        /// The codes of this family, in order.
        pub static ALL: &[&$crate::diagnostic::Code] = &[$(&$name),*];
    };
}
use codes;

/// The families, in order.
pub static CODES: &[&[&Code]] = &[
    document::ALL,
    cluster::ALL,
    aws::ALL,
    cloud::ALL,
    aliyun::ALL,
    tencent::ALL,
    huawei::ALL,
    baremetal::ALL,
    metallb::ALL,
    kube_vip::ALL,
    output::ALL,
    command::ALL,
];

/// The code with this id, whatever its case.
pub fn find(id: &str) -> Option<&'static Code> {
    CODES
        .iter()
        .flat_map(|family| family.iter())
        .find(|code| code.id.eq_ignore_ascii_case(id))
        .copied()
}

/// The constants, by family.
pub mod code {
    pub use super::{
        aliyun, aws, baremetal, cloud, cluster, command, document, huawei, kube_vip, metallb,
        output, tencent,
    };
}
