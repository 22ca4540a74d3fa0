//! `hagen seed`: what machines of bare metal boot with, from the rendered folder and the secrets.
//!
//! It reads no spec: what is seeded is what was reviewed, byte for byte, with the secrets put in.

mod folder;
mod image;
mod rendered;
mod user_data;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use self::folder::{Folder, Seed};
use self::rendered::{Machine, Rendered};
use super::secrets;
use super::{Outcome, Said, Stop, print};
use crate::cli::{self, Format};
use crate::component::secrets::role;
use crate::diagnostic::code::command as code;
use crate::diagnostic::{Count, Diagnostic, List};
use crate::format::yaml;
use crate::secrets::Secrets;

/// Writes the seeds: all of them that are asked for, or none.
pub(super) fn run(arguments: &cli::Seed) -> Result<Outcome, Stop> {
    let rendered = Rendered::read(&arguments.folder)?;
    let machines = rendered.machines(&arguments.node)?;
    let (file, secrets) = secrets_of(arguments, &rendered, &machines)?;
    if arguments.iso {
        image::there()?;
    }
    let mut seeds = Vec::new();
    for machine in &machines {
        seeds.push(Seed {
            node: machine.name.clone(),
            user_data: user_data::filled(&rendered, machine, secrets.as_ref(), &file)?,
            meta_data: meta_data(&rendered.cluster, machine),
            network_config: machine.network_config.clone(),
        });
    }
    let out = Folder::new(arguments.out.as_deref(), &rendered)?;
    let removed = out.write(&seeds, &rendered, arguments.iso, arguments.force)?;
    say(arguments, &rendered, &machines, &out.shown, &removed)?;
    Ok(Outcome::Done)
}

/// The secrets, if any of these machines gets one. Their path is for messages.
fn secrets_of(
    arguments: &cli::Seed,
    rendered: &Rendered,
    machines: &[&Machine],
) -> Result<(PathBuf, Option<Secrets>), Stop> {
    let needing: Vec<&str> = machines
        .iter()
        .filter(|machine| !machine.words().is_empty())
        .map(|machine| machine.name.as_str())
        .collect();
    let Some(named) = &arguments.secrets else {
        if needing.is_empty() {
            return Ok((PathBuf::new(), None));
        }
        let folder = rendered.shown.display();
        return Err(Stop::Invalid(vec![Said::only(
            Diagnostic::new(
                &code::NO_SECRETS,
                format!("the seeds of {} hold secrets", List(needing, "and")),
            )
            .cure(format!(
                "add --secrets {folder}/{}, or the file that you gave to `hagen secrets --out`",
                secrets::FOR_OPERATOR
            ))
            .cure(format!(
                "if there are none yet, `hagen secrets --file SPEC --out {folder}` makes them"
            )),
        )]));
    };
    let file = secrets::find(named, false);
    let what = rendered.shown.display().to_string();
    secrets::beside_its_cluster(&rendered.cluster, &what, &file)?;
    let secrets = secrets::read(&file)?;
    secrets::of_cluster(&rendered.cluster, &what, &secrets, &file)?;
    Ok((file, Some(secrets)))
}

/// What tells cloud-init whether the machine is a new one.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct MetaData<'a> {
    instance_id: String,
    local_hostname: &'a str,
}

/// The id is the machine's for good, and not a digest of its user data: where it changes, cloud-init takes
/// the disk for a copy, makes new SSH host keys and writes the secrets again, which a node that is up has
/// removed and would not remove once more. A machine that is made anew has an empty disk, and runs everything.
fn meta_data(cluster: &str, machine: &Machine) -> String {
    yaml::document(&MetaData {
        instance_id: format!("{cluster}.{}", machine.name),
        local_hostname: &machine.name,
    })
}

/// Says what was written.
fn say(
    arguments: &cli::Seed,
    rendered: &Rendered,
    machines: &[&Machine],
    out: &Path,
    removed: &[String],
) -> Result<(), Stop> {
    let image = |machine: &Machine| {
        arguments
            .iso
            .then(|| out.join(format!("{}.iso", machine.name)))
    };
    let secret = machines.iter().any(|machine| !machine.words().is_empty());
    print::note(&format!(
        "{}: {}{}",
        rendered.cluster,
        Count(machines.len(), "seed"),
        if secret {
            ", with secrets, for your eyes only: delete them when the machines are up"
        } else {
            ", without secrets"
        }
    ));
    if machines.iter().any(|machine| machine.waits) {
        print::note(
            "machines wait for their secrets (`mode: drop`): `hagen secrets` wrote a bundle for each kind, and README.md says how they get there",
        );
    }
    if !removed.is_empty() {
        print::note(&format!("removed: {}", List(removed.to_vec(), "and")));
    }
    if arguments.format == Format::Json {
        let seeds: Vec<_> = machines
            .iter()
            .map(|machine| {
                json!({
                    "node": machine.name,
                    "role": role(machine.role),
                    "folder": out.join(&machine.name).display().to_string(),
                    "image": image(machine).map(|path| path.display().to_string()),
                    "secrets": !machine.words().is_empty(),
                })
            })
            .collect();
        print::json(&json!({
            "cluster": rendered.cluster,
            "seeds": seeds,
            "removed": removed,
        }))?;
        return Ok(());
    }
    for machine in machines {
        print::result(&out.join(&machine.name).display().to_string())?;
        if let Some(image) = image(machine) {
            print::result(&image.display().to_string())?;
        }
    }
    Ok(())
}

/// The text of a seed's file that may hold secrets.
type Secret = Zeroizing<String>;
