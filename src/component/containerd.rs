//! containerd's configuration.

use crate::plan::Plan;

/// The configuration in version 3 of its format, which containerd 2.0 and later read
/// (containerd docs/cri/config.md). The packages' own file turns the CRI off.
pub fn configuration(plan: &Plan) -> String {
    // The image is a registry's name of validated form: letters, digits and ./:_-.
    let sandbox = &plan.kubernetes.sandbox_image;
    format!(
        "\
version = 3

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '{sandbox}'

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = true
"
    )
}
