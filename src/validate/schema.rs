//! Reading a JSON Schema as schemars writes it.

use serde_json::Value;

/// The words of an `enum` or `const` schema.
pub(super) fn words(schema: &Value) -> Option<Vec<String>> {
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![word.to_owned()]);
    }
    let words = schema.get("enum")?.as_array()?;
    Some(
        words
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

/// The type of a schema, and whether null is allowed.
pub(super) fn kind(schema: &Value) -> (&str, bool) {
    match schema.get("type") {
        Some(Value::String(kind)) => (kind, false),
        Some(Value::Array(kinds)) => {
            let names = || kinds.iter().filter_map(Value::as_str);
            (
                names().find(|kind| *kind != "null").unwrap_or("string"),
                names().any(|kind| kind == "null"),
            )
        }
        _ => ("string", false),
    }
}

/// The first sentence of a description, for a cure.
pub(super) fn meaning(schema: Option<&Value>) -> String {
    schema
        .and_then(|schema| schema.get("description"))
        .and_then(Value::as_str)
        .and_then(|text| text.split(". ").next())
        .map_or(String::new(), |text| {
            let text = text.replace('\n', " ");
            let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
            // A name such as `AWS` or `SHA-256` keeps its capitals.
            let first = if rest.starts_with(|c: char| c.is_ascii_uppercase()) {
                first.to_owned()
            } else {
                first.to_lowercase()
            };
            format!(" ({first}{})", rest.trim_end_matches('.'))
        })
}
