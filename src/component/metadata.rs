//! Keeping pods from the metadata service, which serves the user data to whoever asks.

use crate::plan::Plan;

/// Where the rules are on a node.
pub const PATH: &str = "/etc/hagen/metadata.nft";

/// The rules for nftables: what the node forwards, and so comes from pods with a network of their
/// own, does not reach the service. The node itself and pods on its network do.
pub fn rules(plan: &Plan) -> Option<String> {
    if plan.metadata_addresses.is_empty() {
        return None;
    }
    let drops: Vec<String> = plan
        .metadata_addresses
        .iter()
        .map(|address| {
            let family = if address.contains(':') { "ip6" } else { "ip" };
            format!("    {family} daddr {address} counter drop")
        })
        .collect();
    let drops = drops.join("\n");
    // The first two lines make the table new at each load.
    Some(format!(
        "\
table inet hagen
delete table inet hagen
table inet hagen {{
  chain forward {{
    type filter hook forward priority -10; policy accept;
{drops}
  }}
}}
"
    ))
}
