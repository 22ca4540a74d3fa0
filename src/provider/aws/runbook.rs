//! README.md: the runbook.

use serde::Serialize;

use super::Context;
use crate::format::template;

#[derive(Serialize)]
struct Runbook<'a> {
    cluster: &'a str,
}

/// The runbook of this cluster.
pub(super) fn document(context: &Context<'_>) -> String {
    template::render(
        "aws/README.md.hbs",
        &Runbook {
            cluster: &context.plan.cluster,
        },
    )
}
