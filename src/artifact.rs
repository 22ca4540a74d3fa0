//! The set of rendered files, in memory.
//!
//! Everything that is rendered goes through [`ArtifactSet::insert`], which holds what must be
//! true of every file. What breaks it is a bug of hagen's and panics.

use std::collections::BTreeMap;

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The text: UTF-8, LF only, one newline at the end.
    pub text: String,
}

/// The files of a folder, by path relative to it, with `/` between parts.
#[derive(Clone, Debug, Default)]
pub struct ArtifactSet {
    files: BTreeMap<String, Artifact>,
}

impl ArtifactSet {
    /// Adds a file. Panics where the path is not plain and relative, is there already, or the
    /// text has carriage returns, trailing white space, or not exactly one newline at its end.
    pub fn insert(&mut self, path: impl Into<String>, text: String) {
        let path = path.into();
        assert!(
            !path.is_empty()
                && path.split('/').all(|part| {
                    !part.is_empty()
                        && part != "."
                        && part != ".."
                        && part
                            .chars()
                            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
                }),
            "{path} is no path for a rendered file, a bug in hagen"
        );
        assert!(
            !text.contains('\r'),
            "{path} has a carriage return, a bug in hagen"
        );
        assert!(
            text.ends_with('\n') && !text.ends_with("\n\n"),
            "{path} does not end in exactly one newline, a bug in hagen"
        );
        assert!(
            text.lines().all(|line| !line.ends_with([' ', '\t'])),
            "{path} has trailing white space, a bug in hagen"
        );
        let before = self.files.insert(path.clone(), Artifact { text });
        assert!(before.is_none(), "{path} is rendered twice, a bug in hagen");
    }

    /// The files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, artifact)| (path.as_str(), artifact.text.as_str()))
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|artifact| artifact.text.as_str())
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::ArtifactSet;

    #[test]
    fn what_must_hold_of_every_file_is_held() {
        for (path, text) in [
            ("../x", "a\n"),
            ("/x", "a\n"),
            ("a//b", "a\n"),
            ("", "a\n"),
            ("x", "a"),
            ("x", "a\n\n"),
            ("x", "a \n"),
            ("x", "a\r\n"),
        ] {
            let result = std::panic::catch_unwind(|| {
                ArtifactSet::default().insert(path, text.to_owned());
            });
            assert!(result.is_err(), "{path:?} {text:?}");
        }
        ArtifactSet::default().insert("cloud-init/cp-1.yaml", "a\n".into());
    }
}
