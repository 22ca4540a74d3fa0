//! Templates for what has no serialiser: shell variables and Markdown.
//!
//! Handlebars in strict mode, so that an unknown name is an error; its `if` and `unless` are
//! replaced, since the built-in ones read an unknown name as false even there
//! (sunng87/handlebars-rust#579).

use std::sync::LazyLock;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason,
    Renderable as _,
};
use serde::Serialize;

/// Every template: its name is its path below `templates/`.
pub const TEMPLATES: &[(&str, &str)] = &[
    (
        "aws/README.md.hbs",
        include_str!("../../templates/aws/README.md.hbs"),
    ),
    (
        "aliyun/README.md.hbs",
        include_str!("../../templates/aliyun/README.md.hbs"),
    ),
    (
        "aliyun/README-slb.md.hbs",
        include_str!("../../templates/aliyun/README-slb.md.hbs"),
    ),
    (
        "baremetal/README.md.hbs",
        include_str!("../../templates/baremetal/README.md.hbs"),
    ),
    (
        "baremetal/add-control-plane.md.hbs",
        include_str!("../../templates/baremetal/add-control-plane.md.hbs"),
    ),
    (
        "baremetal/failures.md.hbs",
        include_str!("../../templates/baremetal/failures.md.hbs"),
    ),
    (
        "baremetal/secrets.md.hbs",
        include_str!("../../templates/baremetal/secrets.md.hbs"),
    ),
    (
        "baremetal/tear-down.md.hbs",
        include_str!("../../templates/baremetal/tear-down.md.hbs"),
    ),
    (
        "baremetal/metallb-apply.sh.hbs",
        include_str!("../../templates/baremetal/metallb-apply.sh.hbs"),
    ),
    (
        "huawei/README.md.hbs",
        include_str!("../../templates/huawei/README.md.hbs"),
    ),
    (
        "tencent/README.md.hbs",
        include_str!("../../templates/tencent/README.md.hbs"),
    ),
    (
        "load-balancer/haproxy.cfg.hbs",
        include_str!("../../templates/load-balancer/haproxy.cfg.hbs"),
    ),
    (
        "load-balancer/keepalived.conf.hbs",
        include_str!("../../templates/load-balancer/keepalived.conf.hbs"),
    ),
    (
        "load-balancer/nginx.conf.hbs",
        include_str!("../../templates/load-balancer/nginx.conf.hbs"),
    ),
    (
        "runbook/add-control-plane.md.hbs",
        include_str!("../../templates/runbook/add-control-plane.md.hbs"),
    ),
    (
        "runbook/add-etcd.md.hbs",
        include_str!("../../templates/runbook/add-etcd.md.hbs"),
    ),
    (
        "runbook/add-worker.md.hbs",
        include_str!("../../templates/runbook/add-worker.md.hbs"),
    ),
    (
        "runbook/change-load-balancer.md.hbs",
        include_str!("../../templates/runbook/change-load-balancer.md.hbs"),
    ),
    (
        "runbook/cloud-check.md.hbs",
        include_str!("../../templates/runbook/cloud-check.md.hbs"),
    ),
    (
        "runbook/cloud-controller.md.hbs",
        include_str!("../../templates/runbook/cloud-controller.md.hbs"),
    ),
    (
        "runbook/cloud-end.md.hbs",
        include_str!("../../templates/runbook/cloud-end.md.hbs"),
    ),
    (
        "runbook/cloud-head.md.hbs",
        include_str!("../../templates/runbook/cloud-head.md.hbs"),
    ),
    (
        "runbook/drain-load-balancer.md.hbs",
        include_str!("../../templates/runbook/drain-load-balancer.md.hbs"),
    ),
    (
        "runbook/kubeadm.md.hbs",
        include_str!("../../templates/runbook/kubeadm.md.hbs"),
    ),
    (
        "runbook/metallb.md.hbs",
        include_str!("../../templates/runbook/metallb.md.hbs"),
    ),
    (
        "runbook/rearm.md.hbs",
        include_str!("../../templates/runbook/rearm.md.hbs"),
    ),
    (
        "runbook/rearm.sh.hbs",
        include_str!("../../templates/runbook/rearm.sh.hbs"),
    ),
    (
        "runbook/remove-etcd.md.hbs",
        include_str!("../../templates/runbook/remove-etcd.md.hbs"),
    ),
    (
        "runbook/replace-control-plane.md.hbs",
        include_str!("../../templates/runbook/replace-control-plane.md.hbs"),
    ),
    (
        "runbook/replace-etcd.md.hbs",
        include_str!("../../templates/runbook/replace-etcd.md.hbs"),
    ),
    (
        "runbook/replace-load-balancer.md.hbs",
        include_str!("../../templates/runbook/replace-load-balancer.md.hbs"),
    ),
    (
        "runbook/replace-worker.md.hbs",
        include_str!("../../templates/runbook/replace-worker.md.hbs"),
    ),
    (
        "runbook/rotate-certificates.md.hbs",
        include_str!("../../templates/runbook/rotate-certificates.md.hbs"),
    ),
    (
        "runbook/secrets.md.hbs",
        include_str!("../../templates/runbook/secrets.md.hbs"),
    ),
    (
        "runbook/seed.md.hbs",
        include_str!("../../templates/runbook/seed.md.hbs"),
    ),
    (
        "runbook/tear-down.md.hbs",
        include_str!("../../templates/runbook/tear-down.md.hbs"),
    ),
    (
        "runbook/upgrade.md.hbs",
        include_str!("../../templates/runbook/upgrade.md.hbs"),
    ),
];

/// Files that are emitted as they are.
pub mod verbatim {
    /// The parts of the script that turns a machine into a node, by name.
    pub const PARTS: &[(&str, &str)] = &[
        ("begin", include_str!("../../templates/bootstrap/begin.sh")),
        ("drop", include_str!("../../templates/bootstrap/drop.sh")),
        ("apt", include_str!("../../templates/bootstrap/apt.sh")),
        ("dnf", include_str!("../../templates/bootstrap/dnf.sh")),
        ("etcd", include_str!("../../templates/bootstrap/etcd.sh")),
        (
            "provider-aws",
            include_str!("../../templates/bootstrap/provider-aws.sh"),
        ),
        (
            "provider-aliyun",
            include_str!("../../templates/bootstrap/provider-aliyun.sh"),
        ),
        (
            "provider-huawei",
            include_str!("../../templates/bootstrap/provider-huawei.sh"),
        ),
        ("pin", include_str!("../../templates/bootstrap/pin.sh")),
        ("tofu", include_str!("../../templates/bootstrap/tofu.sh")),
        ("first", include_str!("../../templates/bootstrap/first.sh")),
        (
            "first-etcd",
            include_str!("../../templates/bootstrap/first-etcd.sh"),
        ),
        (
            "load-balancer",
            include_str!("../../templates/bootstrap/load-balancer.sh"),
        ),
        (
            "load-balancer-node",
            include_str!("../../templates/bootstrap/load-balancer-node.sh"),
        ),
        (
            "kube-vip",
            include_str!("../../templates/bootstrap/kube-vip.sh"),
        ),
        (
            "kubernetes",
            include_str!("../../templates/bootstrap/kubernetes.sh"),
        ),
    ];
    /// The unit of a member of external etcd.
    pub const ETCD_UNIT: &str = include_str!("../../templates/etcd.service");
    /// The drop-in of units that must always run.
    pub const RESTART: &str = include_str!("../../templates/load-balancer/restart.conf");
    /// What keeps systemd-networkd from taking away the virtual IP.
    pub const NETWORKD: &str = include_str!("../../templates/load-balancer/networkd.conf");
    /// The unit that runs it.
    pub const BOOTSTRAP_UNIT: &str = include_str!("../../templates/hagen-bootstrap.service");
}

static REGISTRY: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(handlebars::no_escape);
    registry.register_helper("if", Box::new(StrictIf { when: true }));
    registry.register_helper("unless", Box::new(StrictIf { when: false }));
    for (name, text) in TEMPLATES {
        if let Err(error) = registry.register_template_string(name, text) {
            panic!("templates/{name} is malformed, a bug in hagen: {error}");
        }
    }
    registry
});

/// Renders a template. Panics on a name that the context does not have: both are hagen's own.
pub fn render<T: Serialize>(name: &str, context: &T) -> String {
    match REGISTRY.render(name, context) {
        Ok(text) => text,
        Err(error) => panic!("templates/{name} cannot be rendered, a bug in hagen: {error}"),
    }
}

/// `{{#if}}` that refuses a name the context does not have.
struct StrictIf {
    when: bool,
}

impl HelperDef for StrictIf {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let param = helper
            .param(0)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex("if", 0))?;
        if param.is_value_missing() {
            let name = param.relative_path().cloned();
            return Err(RenderErrorReason::MissingVariable(name).into());
        }
        let truthy = match param.value() {
            serde_json::Value::Bool(value) => *value,
            serde_json::Value::Null => false,
            serde_json::Value::String(text) => !text.is_empty(),
            serde_json::Value::Array(items) => !items.is_empty(),
            _ => true,
        };
        let branch = if truthy == self.when {
            helper.template()
        } else {
            helper.inverse()
        };
        branch.map_or(Ok(()), |template| {
            template.render(registry, context, state, out)
        })
    }
}

/// A text in single quotes for a POSIX shell.
pub fn shell_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{REGISTRY, TEMPLATES, shell_quote};

    #[test]
    fn a_name_that_is_not_there_is_an_error_in_if_too() {
        for template in [
            "{{nope}}",
            "{{#if nope}}x{{/if}}",
            "{{#unless nope}}x{{/unless}}",
        ] {
            assert!(
                REGISTRY
                    .render_template(template, &json!({"a": 1}))
                    .is_err(),
                "{template}"
            );
        }
        let text = REGISTRY
            .render_template(
                "{{#if a}}y{{else}}n{{/if}}{{#unless b}}z{{/unless}}",
                &json!({"a": true, "b": false}),
            )
            .expect("renders");
        assert_eq!(text, "yz");
    }

    #[test]
    fn every_file_in_the_folder_is_registered() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        let mut found = Vec::new();
        let mut folders = vec![std::path::PathBuf::from(root)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("templates/") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "hbs") {
                    let name = path.strip_prefix(root).expect("below");
                    found.push(name.to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        let mut known: Vec<_> = TEMPLATES
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        known.sort();
        assert_eq!(found, known);
    }

    #[test]
    fn quotes_hold_whatever_is_in_them() {
        assert_eq!(shell_quote("a'b$(c)"), r"'a'\''b$(c)'");
    }
}
