//! A spec's text and where each of its keys and values stands.
//!
//! Rules name a route of keys (`controlPlane.count`); this module turns it into bytes, late
//! and in one place, so that the spec's types stay plain. The parser is granit-parser, which
//! serde-saphyr builds on.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle};

/// The most nodes a spec may have once its aliases are followed: far above any real spec, far
/// below what a chain of aliases can grow to.
const MOST_NODES: usize = 200_000;

/// The deepest a spec may nest.
const DEEPEST: usize = 64;

/// A spec as text, with the place of each key and value.
#[derive(Clone, Debug)]
pub struct Source {
    /// How messages call it: the path as given, `<stdin>`, or `<example aws>`.
    pub name: String,
    /// The text.
    pub text: String,
    /// The document.
    pub root: Node,
    places: BTreeMap<String, Place>,
}

/// A node of the document, with its bytes in the text.
#[derive(Clone, Debug)]
pub struct Node {
    /// The bytes of the value; of a mapping or list, its first line.
    pub range: Range<usize>,
    /// What it holds.
    pub content: Content,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// A scalar: its text, and whether it stood in quotes or a block.
    Scalar {
        /// The text.
        text: String,
        /// Whether it was quoted, and so can only be a string.
        quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text, duplicates included.
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Its bytes.
    pub range: Range<usize>,
}

/// The bytes of a key and of its value.
#[derive(Clone, Debug)]
struct Place {
    key: Option<Range<usize>>,
    value: Range<usize>,
}

/// Why a text is not a document.
#[derive(Debug)]
pub struct Malformed {
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub range: Range<usize>,
}

impl Source {
    /// Parses `text`. Errors on bad YAML, an empty text, several documents, or a text whose
    /// aliases or nesting grow beyond reason.
    pub fn parse(name: impl Into<String>, text: String) -> Result<Self, Malformed> {
        let root = Reader::new(&text).document()?;
        let mut places = BTreeMap::new();
        index(&root, "", None, &mut places);
        Ok(Self {
            name: name.into(),
            text,
            root,
            places,
        })
    }

    /// The bytes of the value at `path`, or of the nearest thing above it that is there.
    pub fn value(&self, path: &str) -> Range<usize> {
        self.nearest(path).map_or(0..0, |(place, exact)| {
            match (exact, &place.key) {
                // What is missing is missing from a mapping: its key says which.
                (false, Some(key)) => key.clone(),
                _ => place.value.clone(),
            }
        })
    }

    /// The bytes of the key at `path`, or of the nearest thing above it that is there.
    pub fn key(&self, path: &str) -> Range<usize> {
        self.nearest(path).map_or(0..0, |(place, _)| {
            place.key.clone().unwrap_or_else(|| place.value.clone())
        })
    }

    /// Whether the text itself has something at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.places.contains_key(path)
    }

    fn nearest(&self, path: &str) -> Option<(&Place, bool)> {
        let mut path = path;
        let mut exact = true;
        loop {
            if let Some(place) = self.places.get(path) {
                return Some((place, exact));
            }
            if path.is_empty() {
                return None;
            }
            exact = false;
            path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
        }
    }
}

/// The line and column of a byte in a text, both from 1; columns count characters.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[start..].chars().count() + 1,
    )
}

/// The path of a key below `parent`.
pub fn child(parent: &str, key: &str) -> String {
    if parent.is_empty() {
        key.to_owned()
    } else {
        format!("{parent}.{key}")
    }
}

fn index(node: &Node, path: &str, key: Option<Range<usize>>, places: &mut BTreeMap<String, Place>) {
    places.entry(path.to_owned()).or_insert(Place {
        key,
        value: node.range.clone(),
    });
    match &node.content {
        Content::Scalar { .. } => {}
        Content::List(items) => {
            for (at, item) in items.iter().enumerate() {
                index(item, &format!("{path}[{at}]"), None, places);
            }
        }
        Content::Mapping(entries) => {
            for (key, value) in entries {
                let path = child(path, &key.text);
                index(value, &path, Some(key.range.clone()), places);
            }
        }
    }
}

/// Builds the tree from the parser's events.
struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, serde_saphyr::granit_parser::StrInput<'a>>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            parser: Parser::new_from_str(text),
            anchors: BTreeMap::new(),
            nodes: 0,
        }
    }

    fn document(mut self) -> Result<Node, Malformed> {
        let mut root = None;
        loop {
            let (event, range) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(..) if root.is_some() => {
                    return Err(Malformed {
                        message: "one file holds one cluster, and here a second document begins"
                            .into(),
                        range,
                    });
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => root = Some(self.node(event, range, 0)?),
            }
        }
        match root {
            Some(root) if !root.is_null() => Ok(root),
            _ => Err(Malformed {
                message: "the spec is empty".into(),
                range: 0..0,
            }),
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Malformed> {
        match self.parser.next() {
            Some(Ok((event, span))) => {
                let range = span.byte_range().unwrap_or(0..0);
                Ok((event, self.clamp(range)))
            }
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0);
                Err(Malformed {
                    message: format!("this is not YAML: {}", error.info()),
                    range: self.clamp(at..at + 1),
                })
            }
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len())),
        }
    }

    /// Cuts a range to the text and to whole characters, and drops trailing white space.
    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let mut start = range.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = range.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start..start + self.text[start..end].trim_end().len()
    }

    fn node(
        &mut self,
        event: Event<'a>,
        range: Range<usize>,
        depth: usize,
    ) -> Result<Node, Malformed> {
        self.nodes += 1;
        if self.nodes > MOST_NODES || depth > DEEPEST {
            return Err(Malformed {
                message: "the spec nests or repeats beyond reason".into(),
                range,
            });
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, _) => (
                anchor,
                Node {
                    range,
                    content: Content::Scalar {
                        text: text.into_owned(),
                        quoted: style != ScalarStyle::Plain,
                    },
                },
            ),
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, range) => items.push(self.node(event, range, depth + 1)?),
                    }
                }
                let range = self.first_line(range);
                (
                    anchor,
                    Node {
                        range,
                        content: Content::List(items),
                    },
                )
            }
            Event::MappingStart(_, anchor, _) => {
                let mut entries = Vec::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd, _) => break,
                        (event, range) => {
                            let Event::Scalar(text, ..) = event else {
                                return Err(Malformed {
                                    message: "a key is a word, not a list, a mapping or an alias"
                                        .into(),
                                    range,
                                });
                            };
                            let key = Key {
                                text: text.into_owned(),
                                range,
                            };
                            let (event, range) = self.next()?;
                            let value = self.node(event, range, depth + 1)?;
                            entries.push((key, value));
                        }
                    }
                }
                let range = self.first_line(range);
                (
                    anchor,
                    Node {
                        range,
                        content: Content::Mapping(entries),
                    },
                )
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(Malformed {
                        message: "this alias names itself or nothing".into(),
                        range,
                    });
                };
                self.nodes += node.count();
                return Ok(Node { range, ..node });
            }
            _ => {
                return Err(Malformed {
                    message: "a value was expected here".into(),
                    range,
                });
            }
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// A mapping or list begins where its first line does and is shown by that line.
    fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let rest = &self.text[range.start..];
        let line = rest.split('\n').next().unwrap_or_default().trim_end();
        range.start..range.start + line.len()
    }
}

impl Node {
    /// Whether the node is nothing: an empty plain scalar, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, quoted: false }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    fn count(&self) -> usize {
        1 + match &self.content {
            Content::Scalar { .. } => 0,
            Content::List(items) => items.iter().map(Self::count).sum(),
            Content::Mapping(entries) => entries.iter().map(|(_, value)| value.count()).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, position};

    #[test]
    fn every_key_and_value_has_its_bytes() {
        let text = "name: prüfung\nendpoint: { port: 6443 }\nlist:\n  - a: 1\n    b: \"x\"\n";
        let source = Source::parse("spec", text.into()).expect("valid");
        let at = |range: std::ops::Range<usize>| &text[range];
        assert_eq!(at(source.value("name")), "prüfung");
        assert_eq!(at(source.key("endpoint.port")), "port");
        assert_eq!(at(source.value("endpoint.port")), "6443");
        assert_eq!(at(source.value("list[0].b")), "\"x\"");
        // What is not there points at the nearest thing above it.
        assert_eq!(at(source.value("endpoint.host")), "endpoint");
        assert_eq!(position(text, source.value("endpoint.port").start), (2, 19));
    }

    #[test]
    fn what_is_no_single_document_is_refused() {
        for text in [
            "",
            "# only a comment\n",
            "a: [",
            "a: 1\n---\nb: 2\n",
            "? [a]\n: b\n",
            "a: *b\n",
        ] {
            assert!(Source::parse("spec", text.into()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn aliases_cannot_grow_without_bound() {
        use std::fmt::Write as _;
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..9 {
            let items = vec![format!("*a{}", n - 1); 10].join(", ");
            writeln!(text, "a{n}: &a{n} [{items}]").expect("string");
        }
        let error = Source::parse("spec", text).expect_err("too large");
        assert!(error.message.contains("beyond reason"));
    }
}
