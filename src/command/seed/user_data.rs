//! The secrets in the places of their words.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Secret;
use super::rendered::{Machine, Rendered, cannot_seed, invalid};
use crate::command::{Stop, secrets as files};
use crate::component::placeholder;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::command as code;
use crate::secrets::Secrets;

/// The cloud-init of a machine with its secrets. Values cannot break out of the document: certificates and
/// keys are in base64, and the token and the certificate key have a form that was checked when they were read.
pub(super) fn filled(
    rendered: &Rendered,
    machine: &Machine,
    secrets: Option<&Secrets>,
    file: &Path,
) -> Result<Secret, Stop> {
    if let Some(word) = machine.unknown_word() {
        let why = format!(
            "asks for {word}, which no machine of role {} gets here",
            crate::component::secrets::role(machine.role)
        );
        return Err(invalid(cannot_seed(&rendered.shown, &machine.name, &why)));
    }
    let mut text = Zeroizing::new(machine.cloud_init.clone());
    for secret in machine.words() {
        let value = secrets
            .and_then(|secrets| files::value(secrets, secret.placeholder, &machine.name))
            .map(Zeroizing::new)
            .ok_or_else(|| lacking(rendered, machine, secret.placeholder, secret.name, file))?;
        let value = if secret.encoded {
            Zeroizing::new(STANDARD.encode(value.as_bytes()))
        } else {
            value
        };
        text = Zeroizing::new(text.replace(secret.placeholder, &value));
    }
    Ok(text)
}

fn lacking(rendered: &Rendered, machine: &Machine, word: &str, name: &str, file: &Path) -> Stop {
    let (file, folder) = (file.display(), rendered.shown.display());
    let problem = Diagnostic::new(
        &code::OTHER_SECRETS,
        format!(
            "{file} has no `{name}` for `{}`, which its cloud-init in {folder} asks for",
            machine.name
        ),
    );
    invalid(match word {
        placeholder::CA_CERTIFICATE | placeholder::CA_KEY => problem
            .cure("name the secrets that were made for this spec: these are of `secrets.mode: tofu`, where the cluster makes its own CA"),
        _ => problem.cure(format!(
            "`hagen secrets --add --file SPEC --out {file}` makes what is missing, with secrets.etcd-ca.pem beside it"
        )),
    })
}
