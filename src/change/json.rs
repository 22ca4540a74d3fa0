//! The report as JSON.

use serde_json::{Value, json as object};

use super::{Change, Changes, FileDiff, FileDiffs};

/// The report for a script. The shape is stable: what is added does not change `version`, what
/// is renamed or removed does.
///
/// ```json
/// {
///   "version": 1,
///   "title": "prod on aws",
///   "first": false,
///   "changed": true,
///   "summary": "adds 2 control-plane nodes; load balancer kept",
///   "changes": [{
///     "severity": "danger | caution | notice",
///     "effect": "refused | replace | remove | restart | unknown | in-place | add | new-machines-only | keep",
///     "subject": "cp-4, cp-5", "what": "…", "file": "control-plane.tf",
///     "before": null, "after": null
///   }],
///   "files": [{ "path": "control-plane.tf", "state": "added | removed | changed",
///     "addedLines": 2, "removedLines": 0, "diff": "@@ …" }]
/// }
/// ```
///
/// `changed` is whether any file differs. Changes stand with the gravest first. `diff` is null
/// for a file that is too large.
pub fn json(changes: &Changes, files: &FileDiffs) -> Value {
    object!({
        "version": 1,
        "title": changes.title,
        "first": changes.first,
        "changed": !files.list.is_empty(),
        "summary": changes.headline.replace("**", ""),
        "changes": changes.list.iter().map(change).collect::<Vec<_>>(),
        "files": files.list.iter().map(file).collect::<Vec<_>>(),
    })
}

fn change(change: &Change) -> Value {
    object!({
        "severity": change.severity.word(),
        "effect": change.effect.word(),
        "subject": change.subject,
        "what": change.what,
        "file": change.file,
        "before": change.before,
        "after": change.after,
    })
}

fn file(file: &FileDiff) -> Value {
    object!({
        "path": file.path,
        "state": file.state.word(),
        "addedLines": file.added,
        "removedLines": file.removed,
        "diff": file.hunks,
    })
}
