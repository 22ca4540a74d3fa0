//! One line on what matters most.

use super::folder::Folder;
use super::resolve::Resolver;
use super::value::scalar;
use super::words::{count, name};
use super::{Changes, Effect, Severity};

/// The most parts of the line.
const MOST: usize = 10;

/// The target, as `--provider` has it, of what Terraform calls a provider.
fn target(provider: &str) -> &str {
    match provider {
        "alicloud" => "aliyun",
        "tencentcloud" => "tencent",
        "huaweicloud" => "huawei",
        other => other,
    }
}

/// `prod on aws`, as far as the files say it.
pub(super) fn title(folder: &Folder) -> String {
    let cluster = Resolver::new(folder)
        .local("cluster")
        .and_then(|value| scalar(&value))
        .map(|cluster| name(&cluster));
    let cloud = folder
        .others
        .values()
        .find(|block| block.words.first().is_some_and(|word| word == "provider"))
        .and_then(|block| block.words.get(1))
        .map(|cloud| name(target(cloud)));
    match (cluster, cloud) {
        (Some(cluster), Some(cloud)) => format!("{cluster} on {cloud}"),
        (one, other) => one.or(other).unwrap_or_default(),
    }
}

pub(super) fn headline(changes: &Changes) -> String {
    if changes.list.is_empty() {
        return "no changes".to_owned();
    }
    let mut grave: Vec<String> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    let mut kept: Vec<String> = Vec::new();
    if changes.first {
        parts.push("a new cluster".to_owned());
    }
    let (mut dangers, mut rest) = (0, 0);
    for change in &changes.list {
        match (&change.brief, change.severity, change.effect) {
            (Some(brief), _, Effect::Keeps) => kept.push(brief.clone()),
            (Some(brief), Severity::Danger, _) => grave.push(format!("**{brief}**")),
            (Some(brief), ..) => parts.push(brief.clone()),
            (None, Severity::Danger, _) => dangers += 1,
            (None, _, Effect::Keeps) => {}
            (None, ..) => rest += 1,
        }
    }
    kept.dedup();
    let mut all = grave;
    all.extend(parts);
    if dangers > 0 {
        all.push(format!("**{}**", count(dangers, "danger")));
    }
    if rest > 0 && !changes.first {
        all.push(count(
            rest,
            if all.is_empty() {
                "change"
            } else {
                "other change"
            },
        ));
    }
    if all.is_empty() {
        all.push("no change to what runs".to_owned());
    }
    all.extend(kept);
    // Most plans have four parts; one that turns everything round has as many as it has resources.
    all.dedup();
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    all.join("; ")
}
