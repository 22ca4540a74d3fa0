//! Terraform files, built from blocks and parsed expressions and never by pasting text.
//!
//! What a user wrote enters as a plain string, which hcl-rs quotes and escapes; what hagen
//! wrote enters through [`expr`], which parses it. Comments stand above top-level blocks.

use std::fmt::Write as _;

use hcl::expr::{Expression, Object, ObjectKey, TemplateExpr};
use hcl::format::{Format as _, Formatter};
use hcl::{Block, Body, Structure};

use super::align::align;

/// A Terraform file.
#[derive(Debug, Default)]
pub struct Document {
    items: Vec<(String, Block)>,
}

impl Document {
    /// Adds a block.
    pub fn block(&mut self, block: Block) {
        self.items.push((String::new(), block));
    }

    /// Adds a block with a comment above it, for the engineer who reviews the file.
    pub fn commented(&mut self, comment: impl Into<String>, block: Block) {
        self.items.push((comment.into(), block));
    }

    /// Whether the file holds nothing.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The text, as `terraform fmt` would print it.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for (at, (comment, block)) in self.items.iter().enumerate() {
            if at > 0 {
                out.push('\n');
            }
            for line in comment.lines() {
                out.push_str(if line.is_empty() { "#" } else { "# " });
                out.push_str(line);
                out.push('\n');
            }
            out.push_str(&align(&canonical(block)));
        }
        out
    }
}

fn canonical(block: &Block) -> String {
    let mut block = block.clone();
    quote_body(&mut block.body);
    let mut formatter = Formatter::builder()
        .compact_arrays(true)
        .prefer_ident_keys(true)
        .build_vec();
    // Writing to memory cannot fail, and hcl-rs writes UTF-8.
    block
        .format(&mut formatter)
        .unwrap_or_else(|error| panic!("a block cannot be written, a bug in hagen: {error}"));
    String::from_utf8_lossy(&formatter.into_inner()).into_owned()
}

fn quote_body(body: &mut Body) {
    for structure in &mut body.0 {
        match structure {
            Structure::Attribute(attribute) => quote(&mut attribute.expr),
            Structure::Block(block) => quote_body(&mut block.body),
        }
    }
}

/// Takes the quoting of texts out of hcl-rs's hands: it misses a `${` or `%{` behind another
/// one (hcl-primitives 0.1.13, `escape_markers`), and Terraform would then evaluate a user's
/// text. What [`expr`] parsed is a template of hagen's own and is left alone.
fn quote(expression: &mut Expression) {
    match expression {
        Expression::String(text) => {
            *expression = TemplateExpr::QuotedString(escaped(text)).into();
        }
        Expression::Array(items) => {
            // hcl-rs breaks the lines between such objects otherwise than `terraform fmt`.
            let plain = items.len() < 2
                || !items
                    .iter()
                    .any(|item| matches!(item, Expression::Object(_)));
            assert!(
                plain,
                "objects in a list are not written yet, a bug in hagen: use a mapping"
            );
            items.iter_mut().for_each(quote);
        }
        Expression::Object(object) => {
            let entries = std::mem::take(object);
            *object = entries
                .into_iter()
                .map(|(mut key, mut value)| {
                    if let ObjectKey::Expression(key) = &mut key {
                        quote(key);
                    }
                    quote(&mut value);
                    (key, value)
                })
                .collect();
        }
        Expression::FuncCall(call) => call.args.iter_mut().for_each(quote),
        Expression::Parenthesis(inner) => quote(inner),
        _ => {}
    }
}

/// A text as it stands between the quotes of a Terraform string.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// An expression in hagen's own words. Panics on bad syntax: the text is hagen's own, so that
/// is a bug; what a user wrote never comes here.
pub fn expr(text: &str) -> Expression {
    match text.parse() {
        Ok(expression) => expression,
        Err(error) => panic!("`{text}` is no expression, a bug in hagen: {error}"),
    }
}

/// A mapping whose keys are words of a user's and so always in quotes.
pub fn mapping<K, V>(entries: impl IntoIterator<Item = (K, V)>) -> Expression
where
    K: Into<String>,
    V: Into<Expression>,
{
    Expression::Object(
        entries
            .into_iter()
            .map(|(key, value)| {
                (
                    ObjectKey::Expression(Expression::String(key.into())),
                    value.into(),
                )
            })
            .collect::<Object<ObjectKey, Expression>>(),
    )
}

/// A mapping whose keys are hagen's own words, without quotes.
pub fn fields<V: Into<Expression>>(
    entries: impl IntoIterator<Item = (&'static str, V)>,
) -> Expression {
    Expression::Object(
        entries
            .into_iter()
            .map(|(key, value)| {
                (
                    ObjectKey::from(hcl::Identifier::unchecked(key)),
                    value.into(),
                )
            })
            .collect::<Object<ObjectKey, Expression>>(),
    )
}

/// A list of texts.
pub fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Expression {
    Expression::Array(
        items
            .into_iter()
            .map(|item| Expression::String(item.to_string()))
            .collect(),
    )
}

/// Adds an attribute to a block that was built without it.
pub fn set(block: &mut Block, key: &str, value: impl Into<Expression>) {
    block
        .body
        .0
        .push(hcl::Attribute::new(hcl::Identifier::unchecked(key), value).into());
}

/// Adds a block inside a block.
pub fn nest(block: &mut Block, inner: Block) {
    block.body.0.push(inner.into());
}

#[cfg(test)]
mod tests {
    use super::{Document, mapping, texts};

    fn text_of(value: impl Into<hcl::Expression>) -> String {
        let value = value.into();
        let mut document = Document::default();
        document.block(hcl::block! {
            locals {
                x = (value)
            }
        });
        document.to_text()
    }

    #[test]
    fn a_marker_behind_a_marker_is_quoted_too() {
        let text = text_of("${a} %${b} $${c} %%{d");
        assert_eq!(text, "locals {\n  x = \"$${a} %$${b} $$${c} %%%{d\"\n}\n");
        let text = text_of(mapping([("${k}%${l}", "${v}%${w}")]));
        assert!(text.contains("\"$${k}%$${l}\" = \"$${v}%$${w}\""), "{text}");
        let text = text_of(texts(["${a}%${b}"]));
        assert!(text.contains("[\"$${a}%$${b}\"]"), "{text}");
    }

    #[test]
    fn quotes_and_line_breaks_stay_inside() {
        let text = text_of("a\"b\\\n${c}");
        assert_eq!(text, "locals {\n  x = \"a\\\"b\\\\\\n$${c}\"\n}\n");
    }
}
