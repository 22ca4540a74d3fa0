//! The single resources of a folder, each with its attributes and their values.

use std::collections::BTreeMap;

use hcl::{Body, Expression};

use super::folder::{Block, Folder};
use super::resolve::{Resolver, Variables};
use super::rule;
use super::value::{scalar, text};

/// The most single resources that are told apart.
const MOST: usize = 20_000;

/// One resource as Terraform will have it, or another block that is compared the same way.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// `aws_lb.api`, or `data.aws_ami.node` for what is no resource.
    pub(super) block: String,
    /// The resource type, or what stands for it in the rules: `provider.aws`.
    pub(super) kind: String,
    /// The name in Terraform: `api`.
    pub(super) name: String,
    /// The `for_each` key.
    pub(super) key: Option<String>,
    /// The file it stands in.
    pub(super) file: String,
    /// Values by path: `health_check.interval`, `subnet_mapping["…"].private_ipv4_address`.
    pub(super) attributes: BTreeMap<String, String>,
    /// Objects such as tags, entry by entry.
    pub(super) maps: BTreeMap<String, BTreeMap<String, String>>,
}

impl Instance {
    /// The address: `aws_instance.control_plane["cp-1"]`.
    pub(super) fn address(&self) -> String {
        match &self.key {
            Some(key) => format!("{}[{key:?}]", self.block),
            None => self.block.clone(),
        }
    }

    /// An attribute's value without quotes.
    pub(super) fn plain(&self, path: &str) -> Option<&str> {
        let value = self.attributes.get(path)?;
        Some(
            value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'))
                .unwrap_or(value),
        )
    }

    /// Whether a switch is on, in the words of any of the clouds.
    pub(super) fn is_on(&self, path: &str) -> bool {
        self.plain(path)
            .is_some_and(|value| matches!(value, "true" | "on"))
    }

    /// Whether an attribute is `true`.
    pub(super) fn is_true(&self, path: &str) -> bool {
        self.attributes
            .get(path)
            .is_some_and(|value| value == "true")
    }

    /// Whether Terraform leaves an attribute alone once the resource is there.
    pub(super) fn ignores(&self, path: &str) -> bool {
        let Some(list) = self.attributes.get("lifecycle.ignore_changes") else {
            return false;
        };
        let first = path.split(['.', '[']).next().unwrap_or(path);
        list.trim_matches(['[', ']'])
            .split(',')
            .map(|word| word.trim().trim_matches('"'))
            .any(|word| word == "all" || word == first || word == path)
    }

    /// What people call it: its name in the cloud, or else its address.
    pub(super) fn title(&self) -> String {
        let named = rule::of(&self.kind)
            .and_then(|rule| rule.name.as_ref())
            .and_then(|name| self.plain(name));
        named.map_or_else(|| self.address(), str::to_owned)
    }
}

/// Everything that is compared, by address.
pub(super) fn all(folder: &Folder) -> BTreeMap<String, Instance> {
    let resolver = Resolver::new(folder);
    let mut found = BTreeMap::new();
    for (address, block) in folder.resources.iter().chain(&folder.others) {
        let resource = block.words.first().is_some_and(|word| word == "resource");
        let instances = if resource {
            resolver.instances(address)
        } else {
            None
        };
        let Some(instances) = instances else {
            let one = instance(&resolver, address, block, None, &Variables::new());
            found.insert(one.address(), one);
            continue;
        };
        for (key, value) in instances.into_iter().take(MOST.saturating_sub(found.len())) {
            let variables = Variables::from([
                ("each.key".to_owned(), Expression::String(key.clone())),
                ("each.value".to_owned(), value),
            ]);
            let one = instance(&resolver, address, block, Some(key), &variables);
            found.insert(one.address(), one);
        }
    }
    found
}

fn instance(
    resolver: &Resolver<'_>,
    address: &str,
    block: &Block,
    key: Option<String>,
    variables: &Variables,
) -> Instance {
    let kind = match block.words.as_slice() {
        [first, kind, _] if first == "resource" => kind.clone(),
        [first, kind, ..] if matches!(first.as_str(), "data" | "provider") => {
            format!("{first}.{kind}")
        }
        words => words.first().cloned().unwrap_or_default(),
    };
    let mut one = Instance {
        block: address.to_owned(),
        name: block.words.last().cloned().unwrap_or_default(),
        file: block.file.clone(),
        attributes: BTreeMap::new(),
        maps: BTreeMap::new(),
        kind,
        key,
    };
    collect(&mut one, resolver, "", &block.body, variables);
    if one.key.is_some() {
        one.attributes.remove("for_each");
    }
    one
}

fn collect(
    one: &mut Instance,
    resolver: &Resolver<'_>,
    prefix: &str,
    body: &Body,
    variables: &Variables,
) {
    for attribute in body.attributes() {
        let path = format!("{prefix}{}", attribute.key());
        let value = resolver.resolve(attribute.expr(), variables);
        if prefix.is_empty()
            && let Expression::Object(_) = &value
        {
            one.maps.insert(path.clone(), super::value::entries(&value));
        }
        one.attributes.insert(path, text(&value));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for block in body.blocks() {
        let mut name = block.identifier().to_owned();
        for label in block.labels() {
            name = format!("{name}.{}", label.as_str());
        }
        let Some((label, content, elements)) = dynamic(resolver, block, variables) else {
            nested(
                one,
                resolver,
                (prefix, &name),
                block.body(),
                variables,
                &mut seen,
            );
            continue;
        };
        for (key, value) in elements {
            let mut inner = variables.clone();
            inner.insert(format!("{label}.key"), Expression::String(key));
            inner.insert(format!("{label}.value"), value);
            nested(one, resolver, (prefix, &label), content, &inner, &mut seen);
        }
    }
}

/// The name, the content and the elements of a `dynamic` block.
type Dynamic<'a> = (String, &'a Body, Vec<(String, Expression)>);

/// A `dynamic` block's parts, if the files tell.
fn dynamic<'a>(
    resolver: &Resolver<'_>,
    block: &'a hcl::Block,
    variables: &Variables,
) -> Option<Dynamic<'a>> {
    let label = block
        .labels()
        .first()
        .filter(|_| block.identifier() == "dynamic")?;
    let collection = block
        .body()
        .attributes()
        .find(|attribute| attribute.key() == "for_each")?;
    let content = block
        .body()
        .blocks()
        .find(|inner| inner.identifier() == "content")?;
    let elements = resolver.elements_of(collection.expr(), variables)?;
    Some((label.as_str().to_owned(), content.body(), elements))
}

/// One block in another, or in the resource itself. `at` is the path around it, and its name.
fn nested(
    one: &mut Instance,
    resolver: &Resolver<'_>,
    at: (&str, &str),
    body: &Body,
    variables: &Variables,
    seen: &mut BTreeMap<String, usize>,
) {
    let (prefix, name) = at;
    let key = rule::of(&one.kind)
        .and_then(|rule| rule.blocks.get(name))
        .and_then(|known| {
            body.attributes()
                .find(|attribute| attribute.key() == known.key)
        })
        .map(|attribute| {
            let value = resolver.resolve(attribute.expr(), variables);
            format!("[{}]", scalar(&value).unwrap_or_else(|| text(&value)))
        });
    let number = seen.entry(name.to_owned()).or_default();
    let path = match key {
        Some(key) => format!("{prefix}{name}{key}"),
        None if *number == 0 => format!("{prefix}{name}"),
        None => format!("{prefix}{name}[{number}]"),
    };
    *number += 1;
    // So that an empty block is there, too. Each argument of a lifecycle counts for itself.
    if name != "lifecycle" {
        one.attributes.insert(path.clone(), "{}".to_owned());
    }
    collect(one, resolver, &format!("{path}."), body, variables);
}
