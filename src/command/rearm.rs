//! `hagen rearm`.

use std::io::IsTerminal as _;

use serde::Serialize;
use zeroize::Zeroizing;

use super::secrets::{self, Files};
use super::{Outcome, Stop, print};
use crate::cli::Rearm;
use crate::format::template;
use crate::secrets::{Secrets, write};
use crate::spec::{Cluster, Lifetime};

/// The context of `templates/runbook/rearm.sh.hbs`.
#[derive(Serialize)]
struct Script<'a> {
    cluster: &'a str,
    token: &'a str,
    token_id: &'a str,
    token_seconds: u32,
    token_lifetime: String,
    certificate_key: &'a str,
    certificate_key_seconds: u32,
    /// Whether the certificates' lifetime is not the one that kubeadm gives them.
    certificates_apart: bool,
    /// How long control-plane nodes can join: they need both.
    control_plane_lifetime: String,
}

/// Prints or writes the script.
pub(super) fn run(arguments: &Rearm) -> Result<Outcome, Stop> {
    let spec = secrets::spec(arguments.file.as_deref())?;
    let terraform = secrets::terraform_reads(&arguments.secrets, &spec);
    let path = secrets::find(&arguments.secrets, terraform);
    secrets::beside_its_cluster(&spec.name, "the spec", &path)?;
    let mut values = secrets::read(&path)?;
    secrets::of_cluster(&spec.name, "the spec", &values, &path)?;
    if arguments.rotate {
        values.rotate();
        Files::new(path).store(&values, &spec, &secrets::plans(&spec), true)?;
    }
    let text = script(&spec, &values);
    if let Some(out) = &arguments.out {
        write(out, &text, true).map_err(|error| secrets::cannot_write(out, &error))?;
        print::note("it holds secrets: delete it when it has run");
        print::result(&out.display().to_string())?;
    } else {
        if std::io::stdout().is_terminal() {
            print::note(
                "this script holds secrets: `hagen rearm … | ssh NODE sudo sh` leaves no copy",
            );
        }
        print::result(&text)?;
    }
    Ok(Outcome::Done)
}

fn script(spec: &Cluster, secrets: &Secrets) -> Zeroizing<String> {
    let token = secrets.bootstrap_token();
    let (token_lifetime, key_lifetime) = (
        spec.secrets.token_lifetime,
        spec.secrets.certificate_key_lifetime,
    );
    Zeroizing::new(template::render(
        "runbook/rearm.sh.hbs",
        &Script {
            cluster: &spec.name,
            token,
            token_id: token.split('.').next().unwrap_or_default(),
            token_seconds: token_lifetime.seconds(),
            token_lifetime: token_lifetime.to_string(),
            certificate_key: secrets.certificate_key(),
            certificate_key_seconds: key_lifetime.seconds(),
            certificates_apart: key_lifetime != Lifetime::DEFAULT,
            control_plane_lifetime: token_lifetime.min(key_lifetime).to_string(),
        },
    ))
}
