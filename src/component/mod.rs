//! What runs on the machines: plan in, text out. The same for every target.

pub mod bootstrap;
pub mod cloud_controller;
pub mod cloud_init;
pub mod containerd;
pub mod external_etcd;
pub mod kube_vip;
pub mod kubeadm;
pub mod load_balancer;
pub mod metadata;
pub mod metallb;
pub mod node_environment;
pub mod placeholder;
pub mod secrets;
