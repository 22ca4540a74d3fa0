//! The script that applies both kustomizations.

use serde::Serialize;

use crate::format::template;
use crate::plan::metallb::Metallb;

/// The context of the template.
#[derive(Serialize)]
struct Values<'a> {
    version: &'a str,
    namespace: &'a str,
    secrets: Vec<&'a str>,
}

pub(super) fn script(metallb: &Metallb) -> String {
    template::render(
        "baremetal/metallb-apply.sh.hbs",
        &Values {
            version: metallb.version,
            namespace: metallb.namespace,
            secrets: metallb.password_secrets(),
        },
    )
}
