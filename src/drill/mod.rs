//! What fails, and what is left: a table for any plan.
//!
//! A pure function of the plan. What is left after a failure is counted from the machines (`topology`);
//! how long it takes comes from the plan's timers and from what clouds have published (`interruption`).
//! Where nobody has published a time there is none.

mod etcd;
mod interruption;
mod json;
mod load_balancer;
mod markdown;
mod nodes;
mod notice;
mod splits;
mod summary;
mod text;
mod topology;
mod words;
mod zones;

pub use interruption::{Interruption, Reach};
pub use summary::{Stops, Summary, What};

use interruption::Timers;
use topology::{Damage, Front, Left, Topology};

use crate::plan::load_balancer::{Announced, KubeVip, Proxy};
use crate::plan::{LoadBalancer, Plan};

/// The failures of a cluster.
#[derive(Clone, Debug)]
pub struct Drill {
    /// The cluster's name.
    pub cluster: String,
    /// The target's name.
    pub target: &'static str,
    /// What stops the API.
    pub summary: Summary,
    /// The failures.
    pub rows: Vec<Row>,
}

/// A failure, and what it does.
#[derive(Clone, Debug)]
pub struct Row {
    /// What fails: a word that stays the same in later versions.
    pub id: &'static str,
    /// The zone that it is about, if it is about one.
    pub zone: Option<String>,
    /// What fails, in words.
    pub title: String,
    /// How many of `nodes` fail at once.
    pub count: usize,
    /// The nodes that may be the ones.
    pub nodes: Vec<String>,
    /// Whether the API is reached once the interruption is over.
    pub api: Api,
    /// etcd, on the side that has most of it.
    pub quorum: Quorum,
    /// How long requests fail or wait.
    pub interruption: Interruption,
    /// What becomes of running pods.
    pub pods: Pods,
    /// The sides of a network that is split.
    pub sides: Vec<Side>,
    /// The mechanism.
    pub why: String,
}

/// Whether the API is reached. Without etcd's quorum it is not: what an API server then still answers from
/// its watch cache, to connections that it has, is not the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// It is.
    Yes,
    /// By some clients: those of one side, or of one of two load balancers.
    Partly,
    /// It is not.
    No,
    /// The cloud does not say.
    Unknown,
}

impl From<bool> for Api {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Api {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Partly => "partly",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// The members of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// All of them.
    pub members: usize,
    /// Those that are left.
    pub left: usize,
    /// How many have to agree.
    pub needed: usize,
}

impl Quorum {
    /// Whether enough are left.
    pub fn kept(self) -> bool {
        self.left >= self.needed
    }
}

/// What becomes of running pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// They go on.
    Unaffected,
    /// Those on what is lost are lost with it.
    OnLostNodes,
    /// All go on, and those on what is cut off are replaced as well.
    OnCutOffNodes,
}

impl Pods {
    /// What becomes of them, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unaffected => "go on",
            Self::OnLostNodes => "lost with it",
            Self::OnCutOffNodes => "also replaced",
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unaffected => "unaffected",
            Self::OnLostNodes => "onLostNodes",
            Self::OnCutOffNodes => "onCutOffNodes",
        }
    }
}

/// One side of a network that is split.
#[derive(Clone, Debug)]
pub struct Side {
    /// The machines on it.
    pub nodes: Vec<String>,
    /// Whether clients on this side reach the API.
    pub api: Api,
    /// The members of etcd on it.
    pub members: usize,
}

/// The failures of a plan.
pub fn of(plan: &Plan) -> Drill {
    let model = Model::of(plan);
    let mut rows = nodes::rows(&model);
    rows.extend(load_balancer::rows(&model));
    rows.extend(etcd::rows(&model));
    rows.extend(zones::rows(&model));
    rows.extend(splits::rows(&model));
    Drill {
        cluster: plan.cluster.clone(),
        target: plan.endpoint.hairpin.provider.as_str(),
        summary: summary::of(&model),
        rows,
    }
}

/// The plan, as its failures see it.
struct Model<'a> {
    plan: &'a Plan,
    topology: Topology,
    timers: Timers<'a>,
}

/// What fails, as a row begins.
struct Failing {
    id: &'static str,
    title: String,
    count: usize,
    nodes: Vec<String>,
}

impl<'a> Model<'a> {
    fn of(plan: &'a Plan) -> Self {
        Self {
            plan,
            topology: Topology::of(plan),
            timers: Timers::of(plan),
        }
    }

    /// A failure of `count` of these machines.
    fn failing(&self, id: &'static str, title: &str, count: usize, among: &[usize]) -> Failing {
        Failing {
            id,
            title: title.to_owned(),
            count,
            nodes: self.topology.names(among),
        }
    }

    /// A row: what is left is counted; `survived` says how long it takes where the API is reached.
    fn row(
        &self,
        failing: Failing,
        damage: &Damage,
        pods: Pods,
        survived: impl FnOnce(Left) -> (Interruption, Vec<String>),
    ) -> Row {
        let left = self.topology.left(damage);
        let (interruption, why) = if left.api == Api::No {
            (
                Interruption::UntilRepaired(Reach::Everyone),
                self.lost(left, damage),
            )
        } else {
            survived(left)
        };
        Row {
            id: failing.id,
            zone: None,
            title: failing.title,
            count: failing.count,
            nodes: failing.nodes,
            api: left.api,
            quorum: self.quorum(left.members),
            interruption,
            pods,
            sides: Vec::new(),
            why: sentences(&why),
        }
    }

    fn quorum(&self, left: usize) -> Quorum {
        Quorum {
            members: self.topology.members().len(),
            left,
            needed: self.topology.needed,
        }
    }

    /// Why the API is not reached.
    fn lost(&self, left: Left, damage: &Damage) -> Vec<String> {
        let quorum = self.quorum(left.members);
        let mut why = Vec::new();
        if !quorum.kept() {
            why.push(counted(quorum));
            why.push(
                "API servers are not ready (/readyz fails), writes and consistent reads fail, and open watches see nothing new."
                    .to_owned(),
            );
            let holders = self.topology.holders();
            let held = holders.iter().any(|at| !damage.machines.contains(at));
            match &self.plan.load_balancer {
                LoadBalancer::Pair(pair) if held => why.push(match pair.proxy {
                    Proxy::Haproxy { .. } => {
                        "keepalived keeps the virtual IP, and haproxy has no API server to pass on to."
                            .to_owned()
                    }
                    Proxy::Nginx => {
                        "keepalived keeps the virtual IP, and nginx passes on to API servers that cannot answer."
                            .to_owned()
                    }
                }),
                LoadBalancer::KubeVip(_) if matches!(self.topology.front, Front::Routes) => why.push(
                    "Each API server fails /livez without etcd, so that kube-vip takes every route to the virtual IP back."
                        .to_owned(),
                ),
                LoadBalancer::KubeVip(own) if preserves(own) => why.push(
                    "No lease is renewed without the API; the last leader keeps the virtual IP until it sees another, in front of an API server that cannot answer."
                        .to_owned(),
                ),
                LoadBalancer::KubeVip(_) => why.push(
                    "No lease is renewed without the API, so kube-vip takes the virtual IP off every node."
                        .to_owned(),
                ),
                LoadBalancer::Managed(_) | LoadBalancer::Pair(_) => {}
            }
        } else if left.servers == 0 {
            why.push("No API server is left that is ready.".to_owned());
        } else if let Front::Managed(_) = self.topology.front {
            why.push(format!(
                "etcd and API servers go on, but nothing of {} is left in front of them.",
                self.timers.name()
            ));
        } else {
            why.push(
                "etcd and API servers go on, but nothing that holds the virtual IP is left."
                    .to_owned(),
            );
        }
        let pods = if damage.machines.is_empty() {
            "Running pods go on"
        } else {
            "Other pods go on"
        };
        why.push(format!(
            "{pods}; nothing is scheduled, and Services do not change."
        ));
        why
    }
}

/// Whether a leader of kube-vip's that cannot renew its lease keeps the virtual IP.
fn preserves(own: &KubeVip) -> bool {
    matches!(&own.announced, Announced::Arp(lease) if lease.preserve)
}

/// How many members are left.
fn counted(quorum: Quorum) -> String {
    let Quorum {
        members,
        left,
        needed,
    } = quorum;
    let are = if left == 1 { "is" } else { "are" };
    let have = if needed == 1 { "has" } else { "have" };
    format!("{left} of {members} etcd members {are} left, and {needed} {have} to agree.")
}

/// What becomes of etcd's leader.
const ELECTION: &str =
    "If etcd's leader is among what failed, the others elect one within 1 to 2 s.";

fn sentences(sentences: &[String]) -> String {
    sentences.join(" ")
}

impl Drill {
    /// For people at a terminal.
    pub fn text(&self) -> String {
        text::of(self)
    }

    /// A table for a pull request or a runbook.
    pub fn markdown(&self) -> String {
        markdown::of(self)
    }

    /// For tools.
    pub fn json(&self) -> serde_json::Value {
        json::of(self)
    }
}
