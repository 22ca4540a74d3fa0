//! YAML, always through the serialiser.
//!
//! serde-saphyr quotes what `PyYAML`, which cloud-init uses, would read as something else than
//! text (`yes`, `12:30`, `1_000`, `=`), and writes text of several lines as a literal block.

use serde::Serialize;
use serde_saphyr::ser_options;

/// A value as a YAML document without a leading `---`. Panics on what cannot be serialised:
/// the types are hagen's own.
pub fn document<T: Serialize>(value: &T) -> String {
    let options = ser_options! {
        // Folding would break a shell command in two.
        folded_wrap_chars: usize::MAX,
        compact_list_indent: false,
    };
    match serde_saphyr::to_string_with_options(value, options) {
        Ok(text) => text,
        Err(error) => panic!("a document cannot be serialised, a bug in hagen: {error}"),
    }
}

/// Several documents in one file.
pub fn documents(texts: &[String]) -> String {
    texts.join("---\n")
}
