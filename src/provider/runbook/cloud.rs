//! What a target says for itself in the runbook.

use crate::plan::Node;

/// What a target says for itself.
pub(in crate::provider) struct Cloud<'a> {
    /// The word of `--provider`.
    pub(in crate::provider) provider: &'a str,
    /// What the cloud is called in a sentence.
    pub(in crate::provider) title: &'a str,
    /// Whether Terraform applies the folder.
    pub(in crate::provider) terraform: bool,
    /// What switches the protection from deletion off, in the target's part of the spec.
    pub(in crate::provider) protection: &'a str,
    /// Whether Terraform makes the machines.
    pub(in crate::provider) made: bool,
    /// Whether Terraform refuses to destroy what holds the cluster.
    pub(in crate::provider) protected: bool,
    /// Whether members of etcd have a volume of their own.
    pub(in crate::provider) volumes: bool,
    /// Whether the metadata service is closed to pods by a hop limit, too.
    pub(in crate::provider) hop_limit: bool,
    /// The cloud's object store, where bundles of secrets may wait.
    pub(in crate::provider) object_store: &'a ObjectStore,
    /// Who else can read user data.
    pub(in crate::provider) user_data_readers: &'a str,
    /// The address in Terraform of a machine, its volume and the volume's attachment.
    pub(in crate::provider) resources: fn(&Node) -> [String; 3],
}

/// How bundles of secrets come to an object store, and machines to them: commands of a shell with
/// `$bundle` in them, and `{bundles}` for the folder of the bundles.
pub(in crate::provider) struct ObjectStore {
    /// Uploads one.
    pub(in crate::provider) put: &'static str,
    /// Prints an https address of one that is good for an hour.
    pub(in crate::provider) sign: &'static str,
    /// Deletes one.
    pub(in crate::provider) remove: &'static str,
    /// How nodes reach the store without the internet, in a sentence or two.
    pub(in crate::provider) way: &'static str,
}
