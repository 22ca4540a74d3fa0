//! The form of a spec: keys, types, choices, ranges, addresses.
//!
//! The document is walked beside the JSON Schema of the spec's types, so that every problem is
//! found in one run; serde alone stops at the first. A scalar takes the type that the schema
//! asks for (`version: 1.37` is text), and what comes out is what serde then reads.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::form::{self, invisible};
use super::schema::{kind, meaning, words};
use crate::diagnostic::code::document as code;
use crate::diagnostic::{Diagnostic, List, Place, Report, closest};
use crate::source::{Content, Key, Node, child};

/// The properties of a mapping whose keys are free.
static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// Longer than any name, address, version, URL or tag.
const LONGEST: usize = 2048;

/// Checks `node` against `schema` and turns it into JSON. Where something is wrong, the report
/// says so and the result is not to be used.
pub(super) fn shape(schema: &Value, node: &Node, report: &mut Report) -> Value {
    Shape {
        definitions: schema.get("$defs"),
        report,
    }
    .value(schema, node, "", None)
}

struct Shape<'a> {
    definitions: Option<&'a Value>,
    report: &'a mut Report,
}

impl<'a> Shape<'a> {
    /// `place` is where to point for this node; nothing means its value.
    fn value(&mut self, schema: &'a Value, node: &Node, path: &str, place: Option<Place>) -> Value {
        let schema = self.resolve(schema);
        let place = place.unwrap_or_else(|| Place::Value(path.to_owned()));
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            return self.optional(choices, node, path, place);
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            return self.choice(choices, node, path, place);
        }
        if let Some(words) = words(schema) {
            return self.word(&words, &[], node, place);
        }
        let (kind, nullable) = kind(schema);
        if nullable && node.is_null() {
            return Value::Null;
        }
        match kind {
            "object" => self.object(schema, node, path, place),
            "array" => self.list(schema, node, path, place),
            "integer" => self.integer(schema, node, place),
            "boolean" => self.boolean(node, place),
            _ => self.string(schema, node, place),
        }
    }

    /// Follows a reference. Schemas are borrowed: a spec of thousands of machines has a lot of
    /// values.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return schema;
        };
        let name = reference.trim_start_matches("#/$defs/");
        self.definitions
            .and_then(|definitions| definitions.get(name))
            .unwrap_or(&Value::Null)
    }

    /// `Option<T>` of a type that has a name.
    fn optional(&mut self, choices: &'a [Value], node: &Node, path: &str, place: Place) -> Value {
        if node.is_null() {
            return Value::Null;
        }
        let inner = choices
            .iter()
            .find(|choice| choice.get("type").and_then(Value::as_str) != Some("null"))
            .unwrap_or(&Value::Null);
        self.value(inner, node, path, Some(place))
    }

    /// An externally tagged choice: a word, or a mapping with one key.
    fn choice(&mut self, choices: &'a [Value], node: &Node, path: &str, place: Place) -> Value {
        let simple: Vec<String> = choices.iter().filter_map(words).flatten().collect();
        let tagged: Vec<(&str, &'a Value)> = choices
            .iter()
            .filter_map(|choice| choice.get("properties")?.as_object())
            .flat_map(|properties| properties.iter())
            .map(|(name, schema)| (name.as_str(), schema))
            .collect();
        let names: Vec<&str> = tagged.iter().map(|(name, _)| *name).collect();
        match &node.content {
            Content::Mapping(entries) if !tagged.is_empty() => {
                let mut out = Map::new();
                for (at, (key, value)) in entries.iter().enumerate() {
                    let path = child(path, &key.text);
                    if self.duplicate(entries, at) {
                        continue;
                    }
                    if let Some((name, schema)) = tagged.iter().find(|(name, _)| *name == key.text)
                    {
                        out.insert((*name).to_owned(), self.value(schema, value, &path, None));
                    } else if simple.contains(&key.text) {
                        self.no_settings(&key.text, place.clone());
                        return Value::Null;
                    } else {
                        self.unknown_key(&key.text, &names, Place::Key(path));
                    }
                }
                if out.len() != 1 {
                    self.wrong_type(place, &format!("exactly one of {}", List(names, "or")));
                    return Value::Null;
                }
                Value::Object(out)
            }
            _ if simple.is_empty() => {
                self.wrong_type(place, &format!("a mapping with {}", List(names, "or")));
                Value::Null
            }
            _ => self.word(&simple, &names, node, place),
        }
    }

    /// One of a few words. `tagged` are the choices that take settings.
    fn word(&mut self, words: &[String], tagged: &[&str], node: &Node, place: Place) -> Value {
        let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
        all.extend(tagged);
        let Some(text) = plain(node).filter(|_| !node.is_null()) else {
            self.wrong_type(place, &List(all, "or").to_string());
            return Value::Null;
        };
        if words.iter().any(|word| word == text) {
            return text.into();
        }
        let mut problem = if tagged.contains(&text) {
            Diagnostic::new(&code::UNKNOWN_VALUE, format!("`{text}` takes settings"))
                .at(place, "settings are missing")
                .cure(format!("write a mapping: `{text}: …`"))
        } else {
            Diagnostic::new(
                &code::UNKNOWN_VALUE,
                format!("`{text}` is none of {}", List(all.clone(), "and")),
            )
            .at(place, "not a known value")
        };
        match closest(text, words.iter().map(String::as_str)) {
            Some(word) => {
                problem = problem
                    .cure(format!("did you mean `{word}`?"))
                    .replace_with(word);
            }
            None if problem.cures.is_empty() => {
                problem = problem.cure(format!("use {}", List(all, "or")));
            }
            None => {}
        }
        self.report.push(problem);
        Value::Null
    }

    fn object(&mut self, schema: &'a Value, node: &Node, path: &str, place: Place) -> Value {
        let properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&NOTHING);
        let free = schema
            .get("additionalProperties")
            .filter(|schema| schema.is_object());
        let entries = match &node.content {
            Content::Mapping(entries) => entries.as_slice(),
            // `targets:` with nothing below it is an empty mapping.
            Content::Scalar { .. } if node.is_null() => &[],
            _ => {
                self.wrong_type(place, "a mapping");
                return Value::Null;
            }
        };
        let mut out = Map::new();
        for (at, (key, value)) in entries.iter().enumerate() {
            let here = child(path, &key.text);
            if self.duplicate(entries, at) {
                continue;
            }
            match (properties.get(&key.text), free) {
                (Some(schema), _) => {
                    out.insert(key.text.clone(), self.value(schema, value, &here, None));
                }
                (None, Some(schema)) => {
                    self.text(&key.text, Place::Key(here.clone()));
                    out.insert(key.text.clone(), self.value(schema, value, &here, None));
                }
                (None, None) => {
                    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                    self.unknown_key(&key.text, &known, Place::Key(here));
                }
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !out.contains_key(name) && !entries.iter().any(|(key, _)| key.text == name) {
                let what = if path.is_empty() {
                    "the spec".to_owned()
                } else {
                    format!("`{path}`")
                };
                self.report.push(
                    Diagnostic::new(&code::MISSING_KEY, format!("{what} has no `{name}`"))
                        .at(
                            Place::Key(path.to_owned()),
                            format!("`{name}` is missing here"),
                        )
                        .cure(format!("add `{name}:`{}", meaning(properties.get(name)))),
                );
            }
        }
        Value::Object(out)
    }

    fn list(&mut self, schema: &'a Value, node: &Node, path: &str, place: Place) -> Value {
        let Content::List(items) = &node.content else {
            if node.is_null() {
                return Value::Array(Vec::new());
            }
            self.wrong_type(place, "a list");
            return Value::Null;
        };
        let inner = schema.get("items").unwrap_or(&Value::Null);
        items
            .iter()
            .enumerate()
            .map(|(at, item)| self.value(inner, item, &format!("{path}[{at}]"), None))
            .collect()
    }

    fn integer(&mut self, schema: &Value, node: &Node, place: Place) -> Value {
        let number = match &node.content {
            Content::Scalar {
                text,
                quoted: false,
            } => text.parse::<i128>().ok(),
            _ => None,
        };
        let Some(number) = number else {
            self.wrong_type(place, "a whole number");
            return Value::Null;
        };
        let bound = |key: &str| schema.get(key).and_then(Value::as_i64).map(i128::from);
        let (unsigned, bits) = match schema.get("format").and_then(Value::as_str) {
            Some("uint8") => (0, 255),
            Some("uint16") => (0, 65535),
            Some("uint32") => (0, u32::MAX.into()),
            _ => (i128::from(i32::MIN), i128::from(i32::MAX)),
        };
        let least = bound("minimum").unwrap_or(unsigned);
        let most = bound("maximum").unwrap_or(bits);
        if !(least..=most).contains(&number) {
            self.report.push(
                Diagnostic::new(
                    &code::OUT_OF_RANGE,
                    format!("{number} is not from {least} to {most}"),
                )
                .at(place, "out of range")
                .cure(format!("give a number from {least} to {most}")),
            );
            return Value::Null;
        }
        i64::try_from(number).map_or(Value::Null, Value::from)
    }

    fn boolean(&mut self, node: &Node, place: Place) -> Value {
        match plain(node) {
            Some("true") => Value::Bool(true),
            Some("false") => Value::Bool(false),
            _ => {
                self.wrong_type(place, "`true` or `false`");
                Value::Null
            }
        }
    }

    fn string(&mut self, schema: &Value, node: &Node, place: Place) -> Value {
        let Some(text) = plain(node).filter(|_| !node.is_null()) else {
            self.wrong_type(place, "text");
            return Value::Null;
        };
        if !self.text(text, place.clone()) {
            return Value::Null;
        }
        if text.is_empty() {
            self.wrong_type(place, "text that is not empty");
            return Value::Null;
        }
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Err((code, message, cure)) = form::check(format, text)
        {
            let label = if std::ptr::eq(code, &raw const code::HOST_BITS) {
                "not the network's first address"
            } else {
                "not of that form"
            };
            let problem = Diagnostic::new(code, message).at(place, label);
            let problem = match cure {
                Ok(value) => problem.replace_with(value),
                Err(cure) => problem.cure(cure),
            };
            self.report.push(problem);
            return Value::Null;
        }
        text.into()
    }

    /// Whether a text is short and has no control characters; the report says so if not.
    fn text(&mut self, text: &str, place: Place) -> bool {
        if text.len() > LONGEST {
            self.report.push(
                Diagnostic::new(
                    &code::TOO_LONG,
                    format!(
                        "{} characters are more than {LONGEST}",
                        text.chars().count()
                    ),
                )
                .at(place, "far too long")
                .cure("shorten it"),
            );
            return false;
        }
        if let Some(found) = text.chars().find(|c| c.is_control() || invisible(*c)) {
            self.report.push(
                Diagnostic::new(
                    &code::CONTROL_CHARACTER,
                    format!(
                        "the text holds the control character U+{:04X}",
                        u32::from(found)
                    ),
                )
                .at(place, "an invisible character is in here")
                .cure("remove the character"),
            );
            return false;
        }
        if text.contains("HAGEN_") {
            self.report.push(
                Diagnostic::new(
                    &code::PLACEHOLDER,
                    "words that begin with HAGEN_ are hagen's own: values are put in for them",
                )
                .at(place, "such a word is in here")
                .cure("write it without that word"),
            );
            return false;
        }
        true
    }

    /// Whether a key of a mapping stands there before; the report says so.
    fn duplicate(&mut self, entries: &[(Key, Node)], at: usize) -> bool {
        let key = &entries[at].0;
        let Some((first, _)) = entries[..at]
            .iter()
            .find(|(other, _)| other.text == key.text)
        else {
            return false;
        };
        let mut problem =
            Diagnostic::new(&code::DUPLICATE_KEY, format!("`{}` stands twice", key.text))
                .at(Place::Bytes(key.range.clone()), "the second one")
                .cure("remove one of the two");
        let place = Place::Bytes(first.range.clone());
        problem.others.push((place, "the first one".into()));
        self.report.push(problem);
        true
    }

    /// A choice without settings, written as a mapping.
    fn no_settings(&mut self, word: &str, place: Place) {
        self.report.push(
            Diagnostic::new(&code::WRONG_TYPE, format!("`{word}` takes no settings"))
                .at(place, "a mapping")
                .cure(format!("write `{word}` alone, without a colon behind it")),
        );
    }

    fn unknown_key(&mut self, key: &str, known: &[&str], place: Place) {
        let mut problem =
            Diagnostic::new(&code::UNKNOWN_KEY, format!("there is no key `{key}` here"))
                .at(place, "unknown key");
        problem = match closest(key, known.iter().copied()) {
            Some(word) => problem
                .cure(format!("did you mean `{word}`?"))
                .replace_with(word),
            None => problem.cure(format!("the keys here are {}", List(known.to_vec(), "and"))),
        };
        self.report.push(problem);
    }

    fn wrong_type(&mut self, place: Place, wanted: &str) {
        self.report.push(
            Diagnostic::new(&code::WRONG_TYPE, format!("this takes {wanted}"))
                .at(place, format!("not {wanted}"))
                .cure(format!("write {wanted}")),
        );
    }
}

fn plain(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Scalar { text, .. } => Some(text),
        _ => None,
    }
}
