//! Who can connect, and where nodes can connect to: the networks in firewall rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::aws::ResourceKind;

use super::compare::Comparison;
use super::delta::Difference;
use super::instance::Instance;
use super::words::{code, codes, count, name};
use super::{Effect, Severity, rule};

/// Networks that come or go together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    added: bool,
    ingress: bool,
    who: String,
    port: String,
    file: String,
}

pub(super) fn report(comparison: &mut Comparison<'_>) {
    let all: Vec<&Instance> = comparison
        .new
        .values()
        .chain(comparison.old.values())
        .collect();
    let mut groups: BTreeMap<Group, BTreeSet<String>> = BTreeMap::new();
    let mut companions: Vec<(String, String, bool, String)> = Vec::new();
    let mut claimed = BTreeSet::new();
    for difference in &comparison.differences {
        let Some((group, network)) = group(difference, &all) else {
            continue;
        };
        if is_companion(difference.instance()) {
            companions.push((difference.address.clone(), group.who, group.added, network));
            continue;
        }
        claimed.insert(difference.address.clone());
        groups.entry(group).or_default().insert(network);
    }
    // Path MTU discovery follows its clients and needs no line of its own.
    for (address, who, added, network) in companions {
        if groups.iter().any(|(group, networks)| {
            group.who == who && group.added == added && networks.contains(&network)
        }) {
            claimed.insert(address);
        }
    }
    comparison.claimed.extend(claimed);
    for (group, networks) in groups {
        say(comparison, group, &networks);
    }
}

/// Who is let in or out by a rule that comes or goes.
fn group(difference: &Difference, all: &[&Instance]) -> Option<(Group, String)> {
    if !difference.is_added() && !difference.is_removed() {
        return None;
    }
    let one = difference.instance();
    let ingress = match rule::kind(&one.kind)? {
        ResourceKind::IngressRule => true,
        ResourceKind::EgressRule => false,
        _ => return None,
    };
    let network = one.plain("cidr_ipv4").or_else(|| one.plain("cidr_ipv6"))?;
    // Only plain networks: `each.value.public_ip` is known to nobody yet.
    network.parse::<ipnet::IpNet>().ok()?;
    let group = Group {
        added: difference.is_added(),
        ingress,
        who: who(one.plain("security_group_id").unwrap_or_default(), all),
        port: port(one),
        file: one.file.clone(),
    };
    Some((group, network.to_owned()))
}

/// What is behind a security group, as people call it.
fn who(security_group: &str, all: &[&Instance]) -> String {
    let behind = all.iter().find(|one| {
        rule::kind(&one.kind) == Some(ResourceKind::LoadBalancer)
            && one
                .attributes
                .get("security_groups")
                .is_some_and(|groups| groups.contains(security_group))
    });
    if let Some(balancer) = behind {
        return format!("the load balancer {}", name(&balancer.title()));
    }
    // Machines, or network interfaces that machines of the same name keep.
    let machines = all.iter().find(|one| {
        let groups = if one.kind == "aws_network_interface" {
            "security_groups"
        } else {
            "vpc_security_group_ids"
        };
        one.attributes
            .get(groups)
            .is_some_and(|groups| groups.contains(security_group))
    });
    match machines.and_then(|machine| super::node::word(&machine.name)) {
        Some(word) => format!("{word}s"),
        None => code(security_group),
    }
}

fn port(rule: &Instance) -> String {
    let value = |path| rule.plain(path).unwrap_or_default().to_owned();
    let (protocol, from, to) = (value("ip_protocol"), value("from_port"), value("to_port"));
    match protocol.as_str() {
        "-1" => "on every port".to_owned(),
        _ if from == to => format!("on {}", code(&format!("{protocol} {from}"))),
        _ => format!("on {}", code(&format!("{protocol} {from}-{to}"))),
    }
}

/// Whether it lets no connection in, only answers about one.
fn is_companion(rule: &Instance) -> bool {
    rule.plain("ip_protocol")
        .is_some_and(|protocol| protocol.starts_with("icmp"))
}

fn say(comparison: &mut Comparison<'_>, group: Group, networks: &BTreeSet<String>) {
    let list = codes(networks.iter().map(String::as_str));
    let everyone = group.added && networks.iter().any(|network| network.ends_with("/0"));
    let (who, port) = (&group.who, &group.port);
    let what = match (group.ingress, group.added) {
        (true, true) if comparison.first => format!("{list} can connect to {who} {port}"),
        (true, true) => format!("{list} can newly connect to {who} {port}"),
        (true, false) => format!("{list} can no longer connect to {who} {port}"),
        (false, true) => format!(
            "{who} can {}connect to {list} {port}",
            if comparison.first { "" } else { "newly " }
        ),
        (false, false) => format!("{who} can no longer connect to {list} {port}"),
    };
    let (severity, tail) = match (everyone, group.ingress, group.added) {
        (true, true, _) => (Severity::Danger, ": that is everyone on the internet"),
        (_, _, true) => (Severity::Notice, ""),
        (_, _, false) => (Severity::Caution, ""),
    };
    let effect = if group.added {
        Effect::Adds
    } else {
        Effect::Removes
    };
    let who = group.who.clone();
    let change = comparison.say(
        severity,
        effect,
        group.who,
        format!("{what}{tail}"),
        group.file,
    );
    change.brief = match (severity, effect) {
        (Severity::Danger, _) => Some(format!("everyone can connect to {who}")),
        (_, Effect::Adds) if group.ingress => Some(format!(
            "{} more can connect",
            count(networks.len(), "network")
        )),
        (_, Effect::Removes) if group.ingress => Some(format!(
            "{} can no longer connect",
            count(networks.len(), "network")
        )),
        _ => None,
    };
}
