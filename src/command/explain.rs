//! `hagen explain`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Outcome, Said, Stop, print};
use crate::cli::{Explain, Format};
use crate::diagnostic::code::command as code;
use crate::diagnostic::{CODES, Code, Diagnostic, closest, find};
use crate::facts::hairpin::{self, Hairpin, Pin};

/// The story that no single diagnostic tells.
const HAIRPIN: &str = "hairpin";

/// Explains one diagnostic, or lists all.
pub(super) fn run(arguments: &Explain) -> Result<Outcome, Stop> {
    let all = || CODES.iter().flat_map(|family| family.iter());
    let Some(wanted) = &arguments.code else {
        match arguments.format {
            Format::Json => print::json(&all().map(|code| in_json(code)).collect())?,
            Format::Text => {
                let mut text = format!(
                    "{HAIRPIN}  {:7}  a node that reaches itself through its own load balancer\n",
                    "topic"
                );
                for code in all() {
                    let _ = writeln!(
                        text,
                        "{}  {:7}  {}",
                        code.id,
                        code.severity.word(),
                        code.title
                    );
                }
                print::result(&text)?;
            }
        }
        return Ok(Outcome::Done);
    };
    if wanted.eq_ignore_ascii_case(HAIRPIN) {
        match arguments.format {
            Format::Json => print::json(&hairpin::all().iter().map(row_in_json).collect())?,
            Format::Text => print::result(&story())?,
        }
        return Ok(Outcome::Done);
    }
    let Some(code) = find(wanted) else {
        let mut problem = Diagnostic::new(
            &code::UNKNOWN_CODE,
            format!("there is no diagnostic `{wanted}`"),
        );
        if let Some(near) = closest(wanted, all().map(|code| code.id)) {
            problem = problem.cure(format!("did you mean {near}?"));
        }
        problem = problem.cure("`hagen explain` lists all");
        return Err(Stop::Invalid(vec![Said::only(problem)]));
    };
    match arguments.format {
        Format::Json => print::json(&in_json(code))?,
        Format::Text => print::result(&in_text(code))?,
    }
    Ok(Outcome::Done)
}

fn row_in_json(row: &Hairpin) -> Value {
    json!({
        "provider": row.provider,
        "kind": row.kind,
        "title": row.title,
        "works": row.works.word(),
        "why": row.why,
        "loadBalancerCure": row.load_balancer_cure,
        "pinAlways": row.pin == Pin::Always,
        "pinRequired": row.required,
        "source": row.source,
    })
}

/// The table of the load balancers, with what it is about.
fn story() -> String {
    let mut text = String::from(
        "A node that reaches itself through its own load balancer

Each control-plane node is a target of the API load balancer, and a client of it: kubelet, kube-proxy and
controllers on it ask for the endpoint's name. Where the load balancer keeps the client's address, a connection
that it sends back to its own sender is dropped there, and one in as many connections as there are nodes hangs.
It looks like a slow cluster, or like a kubeadm init that times out.

Two cures, and hagen uses both: the load balancer's own, where it has one, and a pin on control-plane nodes: a line
in /etc/hosts (`# hagen: endpoint`) that maps the endpoint's name to the node itself. The first node is pinned
before kubeadm init; a joining one to another API server before kubeadm join, since it has none yet, and to
itself afterwards. /etc/hosts changes no port, so the load balancer listens on the API servers' own port, and
the endpoint must be a name. The price: a node whose own API server is down uses no other one, as with
ControlPlaneKubeletLocalMode of kubeadm. `endpoint: { pin: off }` leaves only the pin while the first node
starts, and is refused where nothing else helps.
",
    );
    for row in hairpin::all() {
        let pin = match (row.pin, row.required) {
            (Pin::Always, true) => "always, cannot be switched off",
            (Pin::Always, false) => "always",
            (Pin::WhileStarting, _) => "the first node, while it starts",
        };
        let _ = write!(
            text,
            "\n{}\n  reaches itself  {}: {}\n  load balancer   {}\n  pin             {pin}\n  source          {}\n",
            row.title,
            row.works.word(),
            row.why,
            row.load_balancer_cure,
            row.source,
        );
    }
    text
}

fn in_json(code: &Code) -> Value {
    json!({
        "code": code.id,
        "severity": code.severity.word(),
        "title": code.title,
        "cause": code.cause,
        "example": code.example,
        "cure": code.cure,
        "source": code.source,
    })
}

fn in_text(code: &Code) -> String {
    let example: String = code
        .example
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    format!(
        "{} ({}): {}\n\n{}\n\nExample:\n\n{example}\nCure: {}\n\nSource: {}\n",
        code.id,
        code.severity.word(),
        code.title,
        code.cause,
        code.cure,
        code.source,
    )
}
