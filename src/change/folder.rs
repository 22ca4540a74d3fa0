//! The Terraform of a folder: its resources, locals and other blocks, by address.

use std::collections::BTreeMap;

use hcl::{Body, Expression};

/// Beyond this a file was not written by hagen, nor by a person.
const MOST_BYTES: usize = 256 * 1024;

/// The Terraform of a folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Resources by `type.name`.
    pub(super) resources: BTreeMap<String, Block>,
    /// Everything else but locals, by its words joined with dots: `output.api_endpoint`.
    pub(super) others: BTreeMap<String, Block>,
    /// Locals by name, each with its file.
    pub(super) locals: BTreeMap<String, (String, Expression)>,
    /// What `moved` blocks rename, from and to.
    pub(super) moved: Vec<(String, String)>,
    /// Files that cannot be read as Terraform, each with the reason.
    pub(super) unread: BTreeMap<String, String>,
}

/// A block.
#[derive(Debug)]
pub(super) struct Block {
    /// The file it stands in.
    pub(super) file: String,
    /// Its first word and labels: `resource`, `aws_lb`, `api`.
    pub(super) words: Vec<String>,
    pub(super) body: Body,
}

impl Folder {
    /// Reads every file that Terraform would read.
    pub(super) fn read<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut folder = Self::default();
        for (path, text) in files.filter(|(path, _)| is_terraform(path)) {
            match parse(text) {
                Ok(body) => folder.add(path, body),
                Err(reason) => {
                    folder.unread.insert(path.to_owned(), reason);
                }
            }
        }
        folder
    }

    /// Takes the locals of files that could not be read here from where they could, so that the
    /// rest can be compared all the same.
    pub(super) fn borrow_locals(&mut self, other: &Self) {
        for (name, (file, expression)) in &other.locals {
            if self.unread.contains_key(file) {
                self.locals
                    .entry(name.clone())
                    .or_insert_with(|| (file.clone(), expression.clone()));
            }
        }
    }

    fn add(&mut self, path: &str, body: Body) {
        for structure in body {
            let block = match structure {
                hcl::Structure::Block(block) => block,
                // Terraform refuses it; what it says is compared like anything else.
                hcl::Structure::Attribute(attribute) => hcl::Block::builder(attribute.key.clone())
                    .add_attribute(attribute)
                    .build(),
            };
            let mut words = vec![block.identifier.to_string()];
            words.extend(block.labels.iter().map(|label| label.as_str().to_owned()));
            match (words[0].as_str(), words.len()) {
                ("locals", _) => {
                    for attribute in block.body.into_attributes() {
                        self.locals
                            .insert(attribute.key.to_string(), (path.to_owned(), attribute.expr));
                    }
                    continue;
                }
                ("moved", 1) => {
                    let word = |key: &str| {
                        block
                            .body
                            .attributes()
                            .find(|attribute| attribute.key() == key)
                            .map(|attribute| super::value::text(attribute.expr()))
                    };
                    self.moved.extend(word("from").zip(word("to")));
                }
                _ => {}
            }
            let resource = words[0] == "resource" && words.len() == 3;
            let address = if resource {
                words[1..].join(".")
            } else {
                words.join(".")
            };
            let map = if resource {
                &mut self.resources
            } else {
                &mut self.others
            };
            let found = Block {
                file: path.to_owned(),
                words,
                body: block.body,
            };
            if let Some(first) = map.get_mut(&address) {
                // Terraform merges some and refuses others; none may go unseen.
                first.body.0.extend(found.body.0);
            } else {
                map.insert(address, found);
            }
        }
    }
}

/// Terraform reads the folder itself and none below.
pub(super) fn is_terraform(path: &str) -> bool {
    !path.contains('/')
        && path
            .strip_suffix(".tf")
            .is_some_and(|name| !name.is_empty())
}

fn parse(text: &str) -> Result<Body, String> {
    if text.len() > MOST_BYTES {
        return Err(format!("it has {} bytes", text.len()));
    }
    hcl::parse(text).map_err(|error| match error {
        hcl::Error::Parse(error) => {
            let location = error.location();
            format!("line {}, column {}", location.line(), location.column())
        }
        _ => "a wrong expression".to_owned(),
    })
}
