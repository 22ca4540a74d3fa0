//! containerd's configuration.

use crate::plan::{Plan, Proxy};

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

/// The folder that names the mirror of a registry, and the file in it (containerd
/// docs/hosts.md).
pub fn mirror(registry: &str, mirror: &str) -> (String, String) {
    let (host, path) = mirror.split_once('/').unwrap_or((mirror, ""));
    // `server` is asked when no mirror has the image: here that is the mirror too, so that no
    // other host is named. A path of the mirror's own stands in place of the registry's `/v2`.
    let text = if path.is_empty() {
        format!(
            "\
server = 'https://{host}'

[host.'https://{host}']
  capabilities = ['pull', 'resolve']
"
        )
    } else {
        format!(
            "\
server = 'https://{host}/v2/{path}'
override_path = true

[host.'https://{host}/v2/{path}']
  capabilities = ['pull', 'resolve']
  override_path = true
"
        )
    };
    (
        format!("/etc/containerd/certs.d/{registry}/hosts.toml"),
        text,
    )
}

/// A part of containerd's unit that gives it the proxy: images are pulled by it alone.
pub fn proxy(proxy: &Proxy) -> String {
    let without = proxy.without.join(",");
    let variables = [
        ("HTTP_PROXY", &proxy.url),
        ("HTTPS_PROXY", &proxy.url),
        ("NO_PROXY", &without),
    ];
    // systemd reads `%` as the beginning of a specifier.
    let lines = variables
        .map(|(name, value)| format!("Environment=\"{name}={}\"", value.replace('%', "%%")));
    format!("[Service]\n{}\n", lines.join("\n"))
}
