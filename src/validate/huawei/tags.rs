//! The user's tags: what the rule of all clouds lets through and Huawei Cloud does not.

use crate::diagnostic::code::huawei as code;
use crate::diagnostic::{Diagnostic, Report};

use super::Target;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let plain = |c: char| c.is_alphanumeric() || "_-".contains(c);
    for (key, value) in target.own.tags {
        let place = target.path(&format!("tags.{key}"));
        if let Some(other) = key.chars().find(|c| ". ".contains(*c)) {
            report.push(
                Diagnostic::new(
                    &code::TAG_CHARACTERS,
                    format!("the tag's key has `{other}` in it, which Huawei Cloud does not take"),
                )
                .key(&place, "not a key of a tag")
                .cure("use letters, digits, `_` and `-`")
                .replace_with(key.replace(|c| !plain(c), "-")),
            );
        }
        if value.contains(' ') {
            report.push(
                Diagnostic::new(
                    &code::TAG_CHARACTERS,
                    format!("the value of the tag `{key}` has a space in it, which Huawei Cloud does not take"),
                )
                .value(&place, "not a value of a tag")
                .cure("use letters, digits, `_`, `-` and `.`")
                .replace_with(value.replace(' ', "-")),
            );
        }
    }
}
