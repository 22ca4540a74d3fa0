//! `hagen secrets`: the files of secrets, which `hagen rearm` reads and rotates too, and `hagen seed` reads.

mod place;

pub(super) use place::{FOR_OPERATOR, beside_its_cluster, find, of_cluster, terraform_reads};

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::{Outcome, Said, Stop, load, print};
use crate::cli;
use crate::component::{placeholder, secrets as of_machines};
use crate::diagnostic::code::command as code;
use crate::diagnostic::{Diagnostic, List, Report};
use crate::plan::{self, Etcd, Plan};
use crate::provider::PROVIDERS;
use crate::secrets::{self, Member, Pair, Problem, Secrets, Wanted};
use crate::spec::{Cluster, SecretsMode};
use crate::validate;

/// etcd's CA with its key, beside the others.
const ETCD_CA: &str = "secrets.etcd-ca.pem";
/// The folder of the bundles, beside the others.
const BUNDLES: &str = "secrets";

/// Makes the secrets of a cluster, or adds to those that are there. The spec must be valid, so
/// that they are made for something that can be rendered.
pub(super) fn run(arguments: &cli::Secrets) -> Result<Outcome, Stop> {
    let spec = spec(arguments.file.as_deref())?;
    let plans = plans(&spec);
    let wanted = wanted(&spec, &plans);
    let terraform = terraform_reads(&arguments.out, &spec);
    let files = Files::new(place::place(&arguments.out, &spec, terraform)?);
    beside_its_cluster(&spec.name, "the spec", &files.main)?;
    let there = files.main.symlink_metadata().is_ok();
    let change = arguments.add || arguments.renew_etcd || arguments.rotate;
    if there && !change && !arguments.force {
        return Err(in_the_way(&files.main));
    }
    let mut secrets = if change {
        let secrets = read(&files.main)?;
        of_cluster(&spec.name, "the spec", &secrets, &files.main)?;
        secrets
    } else {
        Secrets::default()
    };
    let mut etcd_ca = if arguments.force {
        None
    } else {
        files.etcd_ca()?
    };
    let had_ca = etcd_ca.is_some();
    let now = SystemTime::now();
    let done = if arguments.rotate {
        secrets.rotate();
        Ok("a new bootstrap token and certificate key: they are for machines that are made from now on, once `hagen rearm` has told the cluster".to_owned())
    } else if arguments.renew_etcd {
        secrets.renew_etcd(&wanted, &mut etcd_ca, now).map(|()| {
            "new certificates for etcd, from the same CA: `hagen runbook rotate-certificates` says how they get to the machines".to_owned()
        })
    } else {
        secrets.add(&wanted, &mut etcd_ca, now).map(|added| match added.as_slice() {
            _ if !arguments.add => keep(&files.main, &arguments.out, &spec),
            [] => "nothing was missing".to_owned(),
            added => format!("added: {}", List(added.to_vec(), "and")),
        })
    }
    .map_err(|problem| unusable(&files, &problem))?;
    if !terraform {
        secrets.set_cluster(&spec.name);
    }
    if let Some(ca) = &etcd_ca {
        if !had_ca {
            write(&files.etcd_ca, &ca.text(), arguments.force)?;
        }
        print::note(&format!(
            "{} holds the key of etcd's CA: no machine and no state needs it; keep it where only you can read it",
            files.etcd_ca.display()
        ));
    }
    files.store(&secrets, &spec, &plans, change || arguments.force)?;
    print::note(&done);
    print::result(&files.main.display().to_string())?;
    Ok(Outcome::Done)
}

/// What to do with new secrets.
fn keep(file: &Path, out: &Path, spec: &Cluster) -> String {
    let keep = "keep this file: the same secrets let further nodes join later; never commit it";
    if place::has_terraform(out, spec) {
        return format!(
            "{keep}, and keep Terraform's state, which may hold them too, where few can read it"
        );
    }
    if matches!(spec.secrets.mode, SecretsMode::Drop(_)) {
        return keep.to_owned();
    }
    let folder = if out.is_dir() { out } else { Path::new("DIR") };
    format!(
        "{keep}; `hagen seed --secrets {} {}` puts them into the machines' seeds",
        file.display(),
        folder.display()
    )
}

/// The one valid spec that is named, or `hagen.yaml`.
pub(super) fn spec(file: Option<&Path>) -> Result<Cluster, Stop> {
    let files: Vec<PathBuf> = file.map(Path::to_owned).into_iter().collect();
    let mut sources = load::specs(&files, None)?.into_iter();
    let (Some(source), None) = (sources.next(), sources.next()) else {
        return Err(Stop::Invalid(vec![Said::only(
            Diagnostic::new(&code::ONE_SPEC, "secrets are those of one cluster")
                .cure("name one spec with --file"),
        )]));
    };
    let source = source.map_err(|malformed| Stop::Invalid(vec![malformed]))?;
    let mut report = Report::default();
    let spec = validate::check(&source, None, &mut report);
    match spec {
        Some(spec) if !report.has_errors() => Ok(spec),
        _ => Err(Stop::Invalid(vec![Said::about(source, report)])),
    }
}

/// The plan of each target of a spec.
pub(super) fn plans(spec: &Cluster) -> Vec<Plan> {
    PROVIDERS
        .iter()
        .filter(|provider| spec.targets.has(provider.name()))
        .map(|provider| plan::build(spec, provider.name()))
        .collect()
}

/// What the cluster needs on any of its targets.
fn wanted(spec: &Cluster, plans: &[Plan]) -> Wanted {
    let mut members: Vec<Member> = Vec::new();
    for plan in plans {
        if let Etcd::External(etcd) = &plan.etcd {
            for member in &etcd.members {
                let member = Member {
                    name: member.name.clone(),
                    host: member.host.clone(),
                };
                if !members.contains(&member) {
                    members.push(member);
                }
            }
        }
    }
    Wanted {
        cluster_ca: spec.secrets.mode != SecretsMode::Tofu,
        etcd: (!members.is_empty()).then_some(members),
    }
}

/// The files of one cluster's secrets, side by side.
pub(super) struct Files {
    main: PathBuf,
    etcd_ca: PathBuf,
    bundles: PathBuf,
}

impl Files {
    /// By the file that holds nearly all of them.
    pub(super) fn new(main: PathBuf) -> Self {
        Self {
            etcd_ca: main.with_file_name(ETCD_CA),
            bundles: main.with_file_name(BUNDLES),
            main,
        }
    }

    /// Writes the secrets, and the bundles where machines wait for theirs.
    pub(super) fn store(
        &self,
        secrets: &Secrets,
        spec: &Cluster,
        plans: &[Plan],
        replace: bool,
    ) -> Result<(), Stop> {
        let drop = matches!(spec.secrets.mode, SecretsMode::Drop(_));
        // Nothing is written if something is missing.
        let bundles = if drop {
            bundles(secrets, plans).map_err(|problem| unusable(self, &problem))?
        } else {
            BTreeMap::new()
        };
        write(&self.main, &Zeroizing::new(secrets.text()), replace)?;
        if bundles.is_empty() {
            return Ok(());
        }
        secrets::folder(&self.bundles).map_err(|error| cannot_write(&self.bundles, &error))?;
        for (name, text) in &bundles {
            write(&self.bundles.join(name), text, true)?;
        }
        let names: Vec<&str> = bundles.keys().map(String::as_str).collect();
        print::note(&format!(
            "{} has a bundle for each kind of machine: {}; `hagen runbook secrets` says how they get there",
            self.bundles.display(),
            List(names, "and")
        ));
        Ok(())
    }

    /// etcd's CA, if its file is there.
    fn etcd_ca(&self) -> Result<Option<Pair>, Stop> {
        let text = match fs::read_to_string(&self.etcd_ca) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(load::unreadable(&self.etcd_ca, &error)),
        };
        Pair::parse(&text)
            .map(Some)
            .map_err(|problem| unusable(self, &problem))
    }
}

fn write(path: &Path, text: &str, replace: bool) -> Result<(), Stop> {
    secrets::write(path, text, replace).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            in_the_way(path)
        } else {
            cannot_write(path, &error)
        }
    })
}

/// Reads a file of secrets.
pub(super) fn read(path: &Path) -> Result<Secrets, Stop> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Stop::Failed(vec![Said::only(
                Diagnostic::new(
                    &code::CANNOT_READ,
                    format!("there are no secrets in {}", path.display()),
                )
                .cure("name the file that `hagen secrets` wrote, or the folder it is in")
                .cure("if there are none yet, `hagen secrets` makes them"),
            )]));
        }
        Err(error) => return Err(load::unreadable(path, &error)),
    };
    Secrets::parse(&text).map_err(|problem| unusable(&Files::new(path.to_owned()), &problem))
}

/// What each kind of machine waits for, by the name of its bundle.
fn bundles(
    secrets: &Secrets,
    plans: &[Plan],
) -> Result<BTreeMap<String, Zeroizing<String>>, Problem> {
    let mut bundles = BTreeMap::new();
    for plan in plans {
        for node in plan.nodes.iter().filter(|node| node.role.takes_secrets()) {
            let name = of_machines::bundle(node);
            if bundles.contains_key(&name) {
                continue;
            }
            let mut values = Vec::new();
            for secret in of_machines::of(plan, node.role) {
                let value = value(secrets, secret.placeholder, &node.name)
                    .ok_or_else(|| Problem::Lacks(format!("{} of {name}", secret.name)))?;
                values.push((secret.name, Zeroizing::new(value)));
            }
            let text = secrets::bundle(values.iter().map(|(name, value)| (*name, value.as_str())));
            bundles.insert(name, Zeroizing::new(text));
        }
    }
    Ok(bundles)
}

/// What stands in the place of a word of the cloud-init files.
pub(super) fn value(secrets: &Secrets, word: &str, node: &str) -> Option<String> {
    let certificate = |pair: Option<Pair>| pair.map(|pair| pair.certificate.clone());
    let key = |pair: Option<Pair>| pair.map(|pair| pair.key.clone());
    match word {
        placeholder::BOOTSTRAP_TOKEN => Some(secrets.bootstrap_token().to_owned()),
        placeholder::CERTIFICATE_KEY => Some(secrets.certificate_key().to_owned()),
        placeholder::CA_CERTIFICATE => certificate(secrets.cluster_ca()),
        placeholder::CA_KEY => key(secrets.cluster_ca()),
        placeholder::ETCD_CA_CERTIFICATE => secrets.etcd_ca_certificate().map(str::to_owned),
        placeholder::ETCD_CLIENT_CERTIFICATE => certificate(secrets.etcd_client()),
        placeholder::ETCD_CLIENT_KEY => key(secrets.etcd_client()),
        placeholder::ETCD_MEMBER_CERTIFICATE => certificate(secrets.member(node)),
        placeholder::ETCD_MEMBER_KEY => key(secrets.member(node)),
        other => panic!("no secret stands for {other}, a bug in hagen"),
    }
}

/// Secrets that do not do. Nothing of them is shown.
fn unusable(files: &Files, problem: &Problem) -> Stop {
    let (main, ca) = (files.main.display(), files.etcd_ca.display());
    let diagnostic = match problem {
        Problem::NotJson => Diagnostic::new(
            &code::MALFORMED_SECRETS,
            format!("{main} is no JSON with the secrets of a cluster"),
        )
        .cure("name the file that `hagen secrets` wrote, or restore it from a backup"),
        Problem::Malformed(name) => Diagnostic::new(
            &code::MALFORMED_SECRETS,
            format!("{main} has no usable `{name}`"),
        )
        .cure("restore the file from a backup"),
        Problem::Lacks(name) => Diagnostic::new(
            &code::OTHER_SECRETS,
            format!("{main} has no `{name}`, which the spec asks for"),
        )
        .cure("`hagen secrets --add` makes what is missing"),
        Problem::NoClusterCa => Diagnostic::new(
            &code::OTHER_SECRETS,
            format!("{main} has no CA of the cluster, which the spec's `secrets.mode` asks for"),
        )
        .cure("put `secrets: { mode: tofu }` back: the cluster has made a CA of its own")
        .cure("before the first apply, make all secrets anew with --force"),
        Problem::NoEtcd => Diagnostic::new(
            &code::OTHER_SECRETS,
            "there are no certificates of external etcd to renew",
        )
        .cure(
            "with stacked etcd, `kubeadm certs renew` does it: `hagen runbook rotate-certificates`",
        ),
        Problem::NoEtcdCa => Diagnostic::new(
            &code::NO_ETCD_CA,
            format!("{ca} is not there, and without it no certificate of etcd can be signed"),
        )
        .cure(format!(
            "put {ETCD_CA} beside {main}: it was written with it, and only the operator has it"
        )),
        Problem::MalformedEtcdCa => Diagnostic::new(
            &code::NO_ETCD_CA,
            format!("{ca} does not hold a CA and its key"),
        )
        .cure("restore it from a backup"),
        Problem::OtherEtcdCa => Diagnostic::new(
            &code::NO_ETCD_CA,
            format!("{ca} is another CA than that of {main}"),
        )
        .cure("put the one beside it that was written with it"),
    };
    Stop::Invalid(vec![Said::only(diagnostic)])
}

fn in_the_way(path: &Path) -> Stop {
    Stop::Invalid(vec![Said::only(
        Diagnostic::new(
            &code::FILE_EXISTS,
            format!("{} holds secrets already", path.display()),
        )
        .cure("keep them: a running cluster does not know new ones; --add adds what is missing")
        .cure("for a new cluster, name another file with --out, or replace it with --force"),
    )])
}

/// A file that could not be written.
pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Stop {
    Stop::Failed(vec![Said::only(
        Diagnostic::new(
            &code::CANNOT_WRITE_FILE,
            format!(
                "{} cannot be written: {}",
                path.display(),
                print::reason(error)
            ),
        )
        .cure("check that the folder is there and may be written to"),
    )])
}
