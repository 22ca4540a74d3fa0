//! `providers/*/changes.yaml`: what a changed attribute of a resource means for what is running.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Stands in the data for an attribute that is not set.
pub const UNSET: &str = "unset";

/// What changes mean, by resource type; `data` and `provider` blocks with their first word.
/// Panics on a type that stands in two files.
pub static CHANGES: LazyLock<BTreeMap<String, Change>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for (name, cloud, text) in FILES {
        let file: BTreeMap<String, Change> = super::embedded(name, text);
        for (kind, change) in file {
            let change = Change {
                cloud: cloud(),
                ..change
            };
            assert!(
                all.insert(kind.clone(), change).is_none(),
                "providers/{name}: {kind} stands twice, a bug in hagen"
            );
        }
    }
    all
});

/// A file's name, the title of its cloud, and its text.
type File = (&'static str, fn() -> &'static str, &'static str);

const FILES: &[File] = &[
    (
        "changes.yaml",
        || "the cloud",
        include_str!("../../providers/changes.yaml"),
    ),
    (
        "aws/changes.yaml",
        || "AWS",
        include_str!("../../providers/aws/changes.yaml"),
    ),
    (
        "aliyun/changes.yaml",
        || &super::aliyun::CLOUD.title,
        include_str!("../../providers/aliyun/changes.yaml"),
    ),
    (
        "tencent/changes.yaml",
        || &super::tencent::CLOUD.title,
        include_str!("../../providers/tencent/changes.yaml"),
    ),
    (
        "huawei/changes.yaml",
        || &super::huawei::CLOUD.title,
        include_str!("../../providers/huawei/changes.yaml"),
    ),
];

/// What changes of one type of resource mean. Attributes stand with the blocks around them:
/// `health_check.interval`; a block's name alone stands for everything in it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// The title of the cloud that it is in.
    #[serde(skip)]
    pub cloud: &'static str,
    /// Where this is known from.
    pub source: String,
    /// What it is to the cluster, where that matters.
    #[serde(default)]
    pub kind: Option<ResourceKind>,
    /// What people call it.
    pub title: String,
    /// The attribute that holds its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether replacing or removing it is an outage.
    #[serde(default)]
    pub precious: bool,
    /// Attributes that keep it from being deleted while they are `true` or `on`.
    #[serde(default)]
    pub guards: Vec<String>,
    /// The values of a load balancer that only the private network reaches.
    #[serde(default)]
    pub internal: BTreeMap<String, String>,
    /// The attribute that holds its security groups.
    #[serde(default)]
    pub security_groups: Option<String>,
    /// The attribute that holds a machine's cloud-init.
    #[serde(default)]
    pub user_data: Option<String>,
    /// Attributes that replace it.
    #[serde(default)]
    pub replace: Vec<String>,
    /// Attributes that stop and start it.
    #[serde(default)]
    pub restart: Vec<String>,
    /// Attributes that change in place.
    #[serde(default)]
    pub in_place: Vec<String>,
    /// Attributes that the plan changes in place and the apply does not.
    #[serde(default)]
    pub refused: Vec<String>,
    /// Attributes that the plan refuses to change.
    #[serde(default)]
    pub refused_in_plan: Vec<String>,
    /// Numbers that can grow and not shrink.
    #[serde(default)]
    pub grows_only: Vec<String>,
    /// Attributes that replace it when they come or go.
    #[serde(default)]
    pub presence_replaces: Vec<String>,
    /// Nested blocks that are told apart by an attribute.
    #[serde(default)]
    pub blocks: BTreeMap<String, BlockChange>,
    /// Changes that are a danger although they happen in place.
    #[serde(default)]
    pub dangers: BTreeMap<String, Danger>,
    /// The rules that it is or holds: who may connect.
    #[serde(default)]
    pub rules: Vec<Rules>,
    /// A sentence on an attribute, for who reviews its change.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

/// What changes of nested blocks of one name mean.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockChange {
    /// The attribute that tells them apart.
    pub key: String,
    /// What one more means.
    pub added: AttributeEffect,
    /// What one less means.
    pub removed: AttributeEffect,
    /// What another value in one of them means.
    pub changed: AttributeEffect,
    /// Why the cloud refuses what Terraform plans in place, where a value is not known yet.
    #[serde(default)]
    pub hidden: Option<String>,
}

/// A change that is a danger although it happens in place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Danger {
    /// The values that make it one; any value, if there are none.
    #[serde(default)]
    pub values: Vec<String>,
    /// What it does, as a sentence.
    pub why: String,
    /// Whether the cloud does not do it at all.
    #[serde(default)]
    pub refused: bool,
}

impl Danger {
    /// Whether a value makes it a danger.
    pub fn meets(&self, value: Option<&str>) -> bool {
        self.values.is_empty() || self.values.iter().any(|one| one == value.unwrap_or(UNSET))
    }
}

/// Where a resource says who may connect.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// The blocks that are rules; the resource itself, if there is none.
    #[serde(default)]
    pub block: Option<String>,
    /// `ingress` or `egress`, or the attribute that says it.
    pub direction: String,
    /// The attributes that hold who it is, of which one is set.
    pub networks: Vec<String>,
    /// The attributes that hold other than networks: groups, which a line of their own names.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Whom it means if none is set.
    #[serde(default)]
    pub everyone: Option<String>,
    /// The attribute that holds the protocol.
    #[serde(default)]
    pub protocol: Option<String>,
    /// The attributes that hold the ports, or the first and the last.
    #[serde(default)]
    pub ports: Vec<String>,
    /// The attribute that names what it is a rule of; a load balancer, if there is none.
    #[serde(default)]
    pub of: Option<String>,
    /// The values of a rule that refuses.
    #[serde(default)]
    pub refuses: BTreeMap<String, String>,
}

/// What a changed attribute does to its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeEffect {
    /// It is destroyed and made anew.
    Replace,
    /// It stops and starts.
    Restart,
    /// It changes, and nothing stops.
    InPlace,
}

/// What a resource is to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResourceKind {
    /// The load balancer of the API servers.
    LoadBalancer,
    /// What the load balancer sends connections to.
    TargetGroup,
    /// A node's machine.
    Machine,
    /// What rules belong to.
    SecurityGroup,
    /// A name.
    DnsRecord,
    /// The cloud itself.
    Provider,
    /// What machines are made from.
    Image,
    /// What only Terraform itself reads: outputs and variables.
    Text,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CHANGES, ResourceKind};

    #[test]
    fn each_attribute_of_a_change_has_one_meaning() {
        for (resource, change) in CHANGES.iter() {
            let mut seen = BTreeSet::new();
            for attribute in change
                .replace
                .iter()
                .chain(&change.restart)
                .chain(&change.in_place)
                .chain(&change.refused)
                .chain(&change.refused_in_plan)
            {
                assert!(
                    seen.insert(attribute),
                    "{resource}.{attribute} stands in two lists"
                );
            }
            for attribute in change.grows_only.iter().chain(&change.presence_replaces) {
                assert!(
                    change.in_place.contains(attribute),
                    "{resource}.{attribute}"
                );
            }
            for attribute in change.notes.keys().chain(change.dangers.keys()) {
                assert!(
                    seen.contains(attribute) || change.blocks.contains_key(attribute),
                    "{resource}.{attribute} has only a note"
                );
            }
        }
    }

    #[test]
    fn every_load_balancer_says_when_it_is_internal() {
        for (resource, change) in CHANGES.iter() {
            assert_eq!(
                change.kind == Some(ResourceKind::LoadBalancer),
                !change.internal.is_empty(),
                "{resource}"
            );
        }
    }

    #[test]
    fn every_type_is_of_the_cloud_whose_file_it_stands_in() {
        for (resource, change) in CHANGES.iter() {
            let word = resource
                .trim_start_matches("data.")
                .trim_start_matches("provider.");
            let prefix = match change.cloud {
                "AWS" => "aws",
                "Alibaba Cloud" => "alicloud",
                "Tencent Cloud" => "tencentcloud",
                "Huawei Cloud" => "huaweicloud",
                _ => continue,
            };
            assert!(word.starts_with(prefix), "{resource} is not of {prefix}");
        }
    }
}
