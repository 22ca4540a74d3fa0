//! The comparison: single resources of both sides, one by one, and who reports on which.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::ArtifactSet;

use super::bare_metal::Machine;
use super::delta::{Difference, differences};
use super::folder::Folder;
use super::instance::{self, Instance};
use super::words::code;
use super::{Change, Changes, Effect, Severity};
use super::{access, bare_metal, cloud_init, load_balancer, node, rest, rule, summary};

/// What it means to write these files over those of a folder. `old` are the files that hagen
/// wrote there, by path relative to the folder, as they are now; none for a first render.
pub fn compare(old: &BTreeMap<String, String>, new: &ArtifactSet) -> Changes {
    let mut before = Folder::read(
        old.iter()
            .map(|(path, text)| (path.as_str(), text.as_str())),
    );
    let after = Folder::read(new.iter());
    before.borrow_locals(&after);
    let old_instances = moved(instance::all(&before), &after);
    let new_instances = instance::all(&after);
    let differences = differences(&before, &after, &old_instances, &new_instances);
    let terraform =
        |mut paths: Box<dyn Iterator<Item = &str> + '_>| paths.any(super::folder::is_terraform);
    // Where no Terraform names the machines, their cloud-init does.
    let bare = !terraform(Box::new(new.iter().map(|(path, _)| path)));
    let (old_machines, new_machines) = if bare {
        let olds = old
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        (bare_metal::machines(olds), bare_metal::machines(new.iter()))
    } else {
        Default::default()
    };
    let mut comparison = Comparison {
        first: !terraform(Box::new(old.keys().map(String::as_str))) && old_machines.is_empty(),
        old_machines,
        new_machines,
        old_files: old,
        new_files: new,
        before,
        after,
        old: old_instances,
        new: new_instances,
        differences,
        claimed: BTreeSet::new(),
        list: Vec::new(),
    };
    comparison.unread();
    node::report(&mut comparison);
    load_balancer::report(&mut comparison);
    access::report(&mut comparison);
    bare_metal::report(&mut comparison);
    cloud_init::report(&mut comparison);
    rest::report(&mut comparison);
    let mut list = comparison.list;
    list.sort_by(|a, b| {
        let rank = |change: &Change| (change.severity, change.effect);
        rank(a)
            .cmp(&rank(b))
            .then_with(|| (&a.file, &a.subject, &a.what).cmp(&(&b.file, &b.subject, &b.what)))
    });
    list.dedup();
    let mut changes = Changes {
        title: match summary::title(&comparison.after) {
            title if title.is_empty() => bare_metal::title(new.iter()).unwrap_or_default(),
            title => title,
        },
        first: comparison.first,
        headline: String::new(),
        list,
    };
    changes.headline = summary::headline(&changes);
    changes
}

/// Both sides, what differs, and what was said of it so far.
pub(super) struct Comparison<'a> {
    pub(super) first: bool,
    /// The machines, where no Terraform names them.
    pub(super) old_machines: BTreeMap<String, Machine>,
    pub(super) new_machines: BTreeMap<String, Machine>,
    pub(super) old_files: &'a BTreeMap<String, String>,
    pub(super) new_files: &'a ArtifactSet,
    pub(super) before: Folder,
    pub(super) after: Folder,
    pub(super) old: BTreeMap<String, Instance>,
    pub(super) new: BTreeMap<String, Instance>,
    pub(super) differences: Vec<Difference>,
    /// Addresses that one of the reports has spoken of.
    pub(super) claimed: BTreeSet<String>,
    pub(super) list: Vec<Change>,
}

impl Comparison<'_> {
    pub(super) fn say(
        &mut self,
        severity: Severity,
        effect: Effect,
        subject: impl Into<String>,
        what: impl Into<String>,
        file: impl Into<String>,
    ) -> &mut Change {
        self.list.push(Change {
            severity,
            effect,
            subject: subject.into(),
            what: what.into(),
            file: file.into(),
            before: None,
            after: None,
            brief: None,
        });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// What stands in the way of destroying a resource, as a sentence.
    pub(super) fn refusal(&self, difference: &Difference) -> Option<String> {
        let block = &difference.instance().block;
        if prevents_destroy(&self.after, block) {
            return Some("Terraform refuses the plan because of `prevent_destroy`".to_owned());
        }
        let old = difference.old.as_ref()?;
        let rule = rule::of(&old.kind)?;
        let guard = rule.guards.iter().find(|guard| old.is_on(guard))?;
        Some(format!(
            "{} refuses to delete it while {} is on, and Terraform has destroyed what depends on it by then: switch the protection off in an apply of its own first",
            rule.cloud,
            code(guard)
        ))
    }

    fn unread(&mut self) {
        let unread: Vec<(String, String)> = self
            .before
            .unread
            .iter()
            .chain(&self.after.unread)
            .map(|(path, reason)| (path.clone(), reason.clone()))
            .collect();
        for (path, reason) in unread {
            let what = format!(
                "the folder's {} cannot be read as Terraform ({reason}): what it would change is not known here, see terraform plan",
                code(&path)
            );
            self.say(Severity::Caution, Effect::Unknown, path.clone(), what, path);
        }
    }
}

/// Whether a block, as it will be, has `prevent_destroy`.
pub(super) fn prevents_destroy(folder: &Folder, block: &str) -> bool {
    folder.resources.get(block).is_some_and(|block| {
        block
            .body
            .blocks()
            .filter(|inner| inner.identifier() == "lifecycle")
            .flat_map(|inner| inner.body().attributes())
            .any(|attribute| {
                attribute.key() == "prevent_destroy"
                    && *attribute.expr() == hcl::Expression::Bool(true)
            })
    })
}

/// Terraform's own account of renamed addresses.
fn moved(old: BTreeMap<String, Instance>, after: &Folder) -> BTreeMap<String, Instance> {
    old.into_iter()
        .map(|(address, mut instance)| {
            for (from, to) in &after.moved {
                if instance.block == *from {
                    instance.block.clone_from(to);
                } else if address == *from
                    && let Some((block, key)) =
                        to.strip_suffix("\"]").and_then(|to| to.split_once("[\""))
                {
                    block.clone_into(&mut instance.block);
                    instance.key = Some(key.to_owned());
                }
            }
            (instance.address(), instance)
        })
        .collect()
}
