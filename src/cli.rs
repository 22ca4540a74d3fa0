//! The command line: its words and nothing else.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::provider::PROVIDERS;

/// One cluster spec in, one reviewable folder out: Terraform, cloud-init and load balancer
/// configuration for highly available kubeadm clusters.
#[derive(Debug, Parser)]
#[command(
    name = "hagen",
    version,
    max_term_width = 100,
    subcommand_required = true,
    after_help = "Exit codes: 0 done; 1 differences found (render --check, diff); 2 the spec or the \
                  command line is wrong; 3 a file or a cloud API failed."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What hagen can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented spec to start from, and its JSON Schema beside it
    Init(Init),
    /// Render the folder of a cluster
    Render(Render),
    /// Say what a render would change, in words and as text; exit 1 if anything
    Diff(Diff),
    /// Say which failures a cluster survives, and how long each interrupts the API
    Drill(Drill),
    /// Check a spec: every problem at once
    Validate(Validate),
    /// Explain a diagnostic in full, or list all of them
    Explain(Explain),
    /// Print the JSON Schema of the spec, for editors
    Schema,
    /// List the targets and what each can do
    Providers(Providers),
    /// Make the secrets of a cluster, or add to them: join token, certificate key, CAs
    Secrets(Secrets),
    /// Write what each machine of bare metal boots with, its secrets included: seeds of cloud-init
    Seed(Seed),
    /// Print a script that revives expired join secrets; it holds them
    Rearm(Rearm),
    /// Print the commands of one task, with this cluster's names and values
    Runbook(Runbook),
    /// Print the completions of a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// `hagen init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The target the spec is for
    #[arg(long, value_name = "P", value_parser = provider_names())]
    pub provider: String,
    /// The file to write; `-` prints the spec and writes no schema
    #[arg(long, value_name = "FILE", default_value = "hagen.yaml")]
    pub out: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}

/// Which specs, for which target.
#[derive(Debug, Args)]
pub struct Input {
    /// The target to render for
    #[arg(long, value_name = "P", value_parser = provider_names())]
    pub provider: String,
    /// A spec, a folder of specs, or `-` for standard input; may be given several times
    /// [default: hagen.yaml, or without one the embedded example]
    #[arg(long, value_name = "F")]
    pub file: Vec<PathBuf>,
    /// The folder to render into; with several specs, the folder above theirs
    /// [default: out/NAME-P]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `hagen render`.
#[derive(Debug, Args)]
pub struct Render {
    /// Which specs, for which target.
    #[command(flatten)]
    pub input: Input,
    /// Write nothing; exit 1 with a diff if the folder is not what render would write
    #[arg(long)]
    pub check: bool,
    /// Overwrite files that were edited or are not hagen's own
    #[arg(long, conflicts_with = "check")]
    pub force: bool,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `hagen diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// Which specs, for which target.
    #[command(flatten)]
    pub input: Input,
    /// How to print the changes; markdown is a pull-request comment
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// `hagen drill`.
#[derive(Debug, Args)]
pub struct Drill {
    /// The target the cluster is on
    #[arg(long, value_name = "P", value_parser = provider_names())]
    pub provider: String,
    /// A spec, a folder of specs, or `-` for standard input; may be given several times
    /// [default: hagen.yaml, or without one the embedded example]
    #[arg(long, value_name = "F")]
    pub file: Vec<PathBuf>,
    /// How to print the failures; markdown is a table for a pull request
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// `hagen validate`.
#[derive(Debug, Args)]
pub struct Validate {
    /// A spec, a folder of specs, or `-` for standard input; may be given several times
    /// [default: hagen.yaml]
    #[arg(long, value_name = "F")]
    pub file: Vec<PathBuf>,
    /// Check this target only
    #[arg(long, value_name = "P", value_parser = provider_names())]
    pub provider: Option<String>,
    /// How to print the problems; json also shows every default
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `hagen explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, for instance HGN2003; without one, all of them are listed
    pub code: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `hagen providers`.
#[derive(Debug, Args)]
pub struct Providers {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `hagen secrets`.
#[derive(Debug, Args)]
pub struct Secrets {
    /// The spec of the cluster [default: hagen.yaml]
    #[arg(long, value_name = "F")]
    pub file: Option<PathBuf>,
    /// The file to write, or the rendered folder: then secrets.auto.tfvars.json in it, or where
    /// Terraform does not read it, with `mode: drop` and on bare metal, secrets.operator.json
    #[arg(long, value_name = "S")]
    pub out: PathBuf,
    /// Keep everything that is there, and add what the spec needs: certificates of new members of
    /// etcd
    #[arg(long, group = "change")]
    pub add: bool,
    /// Make new certificates for external etcd, from the same CA
    #[arg(long, group = "change")]
    pub renew_etcd: bool,
    /// Make a new bootstrap token and certificate key
    #[arg(long, group = "change")]
    pub rotate: bool,
    /// Replace secrets that are there: a running cluster does not know the new ones
    #[arg(long, group = "change")]
    pub force: bool,
}

/// `hagen seed`.
#[derive(Debug, Args)]
pub struct Seed {
    /// The rendered folder of a cluster on bare metal
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The file that `hagen secrets` wrote, or the folder it is in; seeds of `mode: drop` and of load
    /// balancers hold no secret and need none
    #[arg(long, value_name = "S")]
    pub secrets: Option<PathBuf>,
    /// Write the seed of this node only, and leave the others' as they are; may be given several
    /// times
    #[arg(long, value_name = "NAME")]
    pub node: Vec<String>,
    /// The folder to write into [default: DIR/seed]
    #[arg(long, value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Make an image of each seed too, NODE.iso with the label `cidata`; needs xorriso
    #[arg(long)]
    pub iso: bool,
    /// Write into a folder with other files, and over files that are not as hagen wrote them
    #[arg(long)]
    pub force: bool,
    /// How to print what was written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `hagen rearm`.
#[derive(Debug, Args)]
pub struct Rearm {
    /// The file that `hagen secrets` wrote, or the folder it is in
    #[arg(long, value_name = "S")]
    pub secrets: PathBuf,
    /// The spec of the cluster [default: hagen.yaml]
    #[arg(long, value_name = "F")]
    pub file: Option<PathBuf>,
    /// A file to write the script to, for its owner only
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Put a new bootstrap token and certificate key into the file first, for machines that are
    /// made from now on
    #[arg(long)]
    pub rotate: bool,
}

/// `hagen runbook`.
#[derive(Debug, Args)]
pub struct Runbook {
    /// The task
    #[arg(value_enum)]
    pub task: Task,
    /// The node, for `replace` and `drain-load-balancer`
    pub node: Option<String>,
    /// The target
    #[arg(long, value_name = "P", value_parser = provider_names())]
    pub provider: String,
    /// The spec of the cluster [default: hagen.yaml]
    #[arg(long, value_name = "F")]
    pub file: Option<PathBuf>,
    /// The rendered folder, as the commands name it [default: out/NAME-P]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The version, for `upgrade` [default: the next minor]
    #[arg(long, value_name = "VERSION")]
    pub to: Option<String>,
}

/// `hagen completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// What `hagen runbook` has the commands of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Add control-plane nodes: from 3 to 5.
    AddControlPlane,
    /// Add workers.
    AddWorker,
    /// Add members to external etcd: from 3 to 5.
    AddEtcd,
    /// Take members out of external etcd: from 5 to 3.
    RemoveEtcd,
    /// Replace one machine, with its name.
    Replace,
    /// Renew certificates before their year is over.
    RotateCertificates,
    /// Upgrade Kubernetes by one minor, or to a patch.
    Upgrade,
    /// Revive expired join secrets.
    Rearm,
    /// What the mode of the secrets protects against, and how they get to the machines.
    Secrets,
    /// The commands of kubeadm that people know, and the files that replace them.
    Kubeadm,
    /// Delete the cluster.
    TearDown,
    /// Install the cloud controller.
    CloudController,
    /// Bare metal: take the virtual IP from one node for a while, with its name.
    DrainLoadBalancer,
    /// Bare metal: bring a changed configuration to keepalived, haproxy, nginx or kube-vip.
    ChangeLoadBalancer,
    /// Bare metal: install MetalLB, check it, go from ARP to BGP.
    Metallb,
}

/// Text for people or JSON for tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For tools.
    Json,
}

/// How `diff` and `drill` print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    #[default]
    Text,
    /// For a pull request.
    Markdown,
    /// For tools.
    Json,
}

fn provider_names() -> PossibleValuesParser {
    PossibleValuesParser::new(PROVIDERS.iter().map(|provider| provider.name()))
}
