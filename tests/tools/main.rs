//! hagen's files, judged by the programs that will read them: Terraform with the real AWS
//! provider, moto's AWS, cloud-init, `PyYAML`, shellcheck, and file systems that do not cooperate.
//!
//! `tests/tools/run` runs all of it. A tool that is not there is a failure and not a skip; the
//! message says what to install. README.md in this folder has the list.

// Tests may panic: that is how they fail.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod applied_changes;
mod applied_order;
mod aws;
mod bare_metal;
mod bootstrap;
mod cloud_init;
mod cloud_init_run;
mod cloud_rules;
mod clouds;
mod end_to_end;
mod etcd;
mod examples;
mod file_systems;
mod kube_vip;
mod kubeadm_files;
mod metallb;
mod offline;
mod python;
mod render;
mod round_trip;
mod rules;
mod seed;
mod terraform;
mod tool;
