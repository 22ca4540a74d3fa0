//! What hagen knows about Kubernetes and the clouds: typed access to the data files in
//! `providers/`, which a reviewer who writes no Rust can read and edit.
//!
//! The files are embedded and parsed once. A file that does not parse is a bug of hagen's,
//! caught by the tests of this module.

pub mod aliyun;
pub mod aws;
pub mod baremetal;
pub mod changes;
pub mod cloud;
pub mod failures;
pub mod hairpin;
pub mod huawei;
pub mod kubernetes;
pub mod mirrors;
pub mod public_hosts;
pub mod reserved_ranges;
pub mod tencent;
pub mod user_data;

use serde::de::DeserializeOwned;

/// Parses an embedded data file. Panics on a bad one: the files are hagen's own.
fn embedded<T: DeserializeOwned>(name: &str, text: &str) -> T {
    match serde_saphyr::from_str(text) {
        Ok(value) => value,
        Err(error) => panic!("providers/{name} is malformed, a bug in hagen: {error}"),
    }
}
