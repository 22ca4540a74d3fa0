//! What hagen says about a spec: a stable code, one sentence, the place, and a cure.
//!
//! A rule names a route of keys and never a byte; [`crate::source`] finds the bytes. All
//! problems are collected and shown together, in the order of the text.

mod catalogue;
mod sentence;
mod show;

pub use catalogue::{CODES, Code, code, find};
pub use sentence::{Count, List, closest};
pub use show::{json, text};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is rendered.
    Error,
    /// Rendered, and said.
    Warning,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One problem.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which problem.
    pub code: &'static Code,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where, or nothing where it is about no line of the spec.
    pub place: Option<Place>,
    /// What to say beside the place.
    pub label: String,
    /// Further places, each with what to say beside it.
    pub others: Vec<(Place, String)>,
    /// What to do: at least one.
    pub cures: Vec<String>,
    /// A value to put in the place, for tools.
    pub replacement: Option<String>,
}

/// A place in the spec, by its route of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The key itself.
    Key(String),
    /// The key's value.
    Value(String),
    /// Bytes, where the text has no keys yet.
    Bytes(std::ops::Range<usize>),
}

impl Diagnostic {
    /// A problem that is about no line of the spec. Add cures with [`Self::cure`].
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: None,
            label: String::new(),
            others: Vec::new(),
            cures: Vec::new(),
            replacement: None,
        }
    }

    /// Says where, with what to say beside it.
    #[must_use]
    pub fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        self.place = Some(place);
        self.label = label.into();
        self
    }

    /// Says where: the value at `path`.
    #[must_use]
    pub fn value(self, path: impl Into<String>, label: impl Into<String>) -> Self {
        self.at(Place::Value(path.into()), label)
    }

    /// Says where: the key at `path`.
    #[must_use]
    pub fn key(self, path: impl Into<String>, label: impl Into<String>) -> Self {
        self.at(Place::Key(path.into()), label)
    }

    /// Points at a further value.
    #[must_use]
    pub fn also(mut self, path: impl Into<String>, label: impl Into<String>) -> Self {
        self.others.push((Place::Value(path.into()), label.into()));
        self
    }

    /// Adds a cure: what to do, in the imperative, without a full stop.
    #[must_use]
    pub fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cures.push(cure.into());
        self
    }

    /// Adds a cure that is a value to put in the place.
    #[must_use]
    pub fn replace_with(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        if self.cures.is_empty() {
            self.cures.push(format!("use `{value}`"));
        }
        self.replacement = Some(value);
        self
    }
}

/// All problems of one spec.
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        debug_assert!(
            !diagnostic.cures.is_empty(),
            "{} has no cure",
            diagnostic.code.id
        );
        self.diagnostics.push(diagnostic);
    }

    /// Whether something keeps the spec from being rendered.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many problems of a severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code.severity == severity)
            .count()
    }

    /// The problems, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Takes over the problems of another report.
    pub fn extend(&mut self, other: Self) {
        self.diagnostics.extend(other.diagnostics);
    }
}
