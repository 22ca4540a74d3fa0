//! Tags: they change on every resource at once, so there is one line for each tag.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::Comparison;
use super::instance::Instance;
use super::words::{code, codes, count};
use super::{Effect, Severity};

/// Whether an attribute holds tags.
pub(super) fn is_tags(path: &str) -> bool {
    matches!(path, "tags" | "root_block_device.tags" | "tags_all")
}

pub(super) fn report(comparison: &mut Comparison<'_>) {
    let mut groups: BTreeMap<(String, Option<String>, Option<String>), BTreeSet<String>> =
        BTreeMap::new();
    let mut unclear: BTreeSet<String> = BTreeSet::new();
    let mut file = String::new();
    for difference in &comparison.differences {
        let (Some(old), Some(new)) = (&difference.old, &difference.new) else {
            continue;
        };
        for attribute in difference
            .attributes
            .iter()
            .filter(|change| is_tags(&change.path))
        {
            file.clone_from(&new.file);
            let none = BTreeMap::new();
            let tags = |one: &Instance| one.maps.get(&attribute.path).unwrap_or(&none).clone();
            let (before, after) = (tags(old), tags(new));
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let mut any = false;
            for key in keys
                .into_iter()
                .filter(|key| before.get(*key) != after.get(*key))
            {
                any = true;
                // A name has the resource's own name in it.
                let value = |side: &BTreeMap<String, String>| {
                    side.get(key).filter(|_| key != "Name").cloned()
                };
                groups
                    .entry((key.clone(), value(&before), value(&after)))
                    .or_default()
                    .insert(difference.address.clone());
            }
            // A volume's tags are its machine's, of which a line speaks already.
            let with_own = attribute.path != "tags"
                && difference
                    .attributes
                    .iter()
                    .any(|other| other.path == "tags");
            if !any && !with_own {
                unclear.insert(difference.address.clone());
            }
        }
    }
    let source = comparison
        .after
        .locals
        .get("tags")
        .map_or(file, |(file, _)| file.clone());
    for ((tag, before, after), resources) in groups {
        let change = match (&before, &after) {
            (None, Some(after)) => {
                format!("tag {} with the value {} is added", code(&tag), code(after))
            }
            (Some(_), None) => format!("tag {} is removed", code(&tag)),
            (Some(before), Some(after)) => format!(
                "tag {} changes from {} to {}",
                code(&tag),
                code(before),
                code(after)
            ),
            (None, None) => format!("tag {} changes", code(&tag)),
        };
        let what = format!(
            "{change} on {}; changes in place",
            count(resources.len(), "resource")
        );
        let said = comparison.say(
            Severity::Notice,
            Effect::InPlace,
            "tags",
            what,
            source.clone(),
        );
        said.before = before;
        said.after = after;
    }
    if !unclear.is_empty() {
        let what = format!(
            "the tags of {} change in place",
            codes(unclear.iter().map(String::as_str))
        );
        comparison.say(Severity::Notice, Effect::InPlace, "tags", what, source);
    }
}
