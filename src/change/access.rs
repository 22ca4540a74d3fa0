//! Who can connect, and where nodes can connect to: the networks in firewall rules.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::facts::changes::{ResourceKind, Rules};

use super::compare::Comparison;
use super::delta::Difference;
use super::instance::Instance;
use super::words::{code, codes, count, name};
use super::{Effect, Severity, rule};

/// Networks that come or go together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    added: bool,
    ingress: bool,
    who: String,
    port: String,
    file: String,
}

/// What one rule lets in or out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Opening {
    ingress: bool,
    network: String,
    who: String,
    port: String,
    /// Whether it lets no connection in, only answers about one.
    companion: bool,
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
    let mut unrefused: Vec<(String, Opening)> = Vec::new();
    for difference in &comparison.differences {
        let (old, new) = (
            openings(difference.old.as_ref(), &all, false),
            openings(difference.new.as_ref(), &all, false),
        );
        let (refused, refuses) = (
            openings(difference.old.as_ref(), &all, true),
            openings(difference.new.as_ref(), &all, true),
        );
        for opening in refused.difference(&refuses) {
            if opening.ingress && !new.contains(opening) {
                unrefused.push((difference.instance().file.clone(), opening.clone()));
            }
        }
        let added = new.difference(&old).map(|opening| (true, opening));
        let removed = old.difference(&new).map(|opening| (false, opening));
        let complete = says_all(difference);
        let mut said = false;
        for (added, opening) in added.chain(removed) {
            if opening.companion {
                let companion = (
                    difference.address.clone(),
                    opening.who.clone(),
                    added,
                    opening.network.clone(),
                );
                if complete {
                    companions.push(companion);
                }
                continue;
            }
            let group = Group {
                added,
                ingress: opening.ingress,
                who: opening.who.clone(),
                port: opening.port.clone(),
                file: difference.instance().file.clone(),
            };
            said = true;
            groups
                .entry(group)
                .or_default()
                .insert(opening.network.clone());
        }
        if said && complete {
            claimed.insert(difference.address.clone());
        }
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
    for (file, opening) in unrefused {
        let what = format!(
            "{} is no longer refused to connect to {}{}: whom no other rule refuses can connect",
            code(&opening.network),
            opening.who,
            opening.port,
        );
        let brief = format!("a refusal goes in front of {}", opening.who);
        comparison
            .say(Severity::Danger, Effect::Removes, opening.who, what, file)
            .brief = Some(brief);
    }
    for (group, networks) in &groups {
        let narrower = if group.added && group.ingress {
            narrower(&groups, group, networks)
        } else {
            None
        };
        say(comparison, group.clone(), networks, narrower.as_deref());
    }
}

/// Whether nothing is left to say of a difference once its openings are told of.
fn says_all(difference: &Difference) -> bool {
    let Some(known) = rule::of(&difference.instance().kind) else {
        return false;
    };
    let whole = difference.is_added() || difference.is_removed();
    // Blocks also stand in a resource that is more than its rules.
    if known.rules.iter().all(|rules| rules.block.is_none()) {
        return whole
            || difference.attributes.iter().all(|attribute| {
                known
                    .rules
                    .iter()
                    .any(|rules| reads(rules, &attribute.path))
            });
    }
    let refuses = [&difference.old, &difference.new]
        .into_iter()
        .flatten()
        .any(|one| {
            known.rules.iter().any(|rules| {
                blocks(one, rules)
                    .iter()
                    .any(|block| refuses(one, rules, block))
            })
        });
    !whole
        && !refuses
        && difference.attributes.iter().all(|attribute| {
            known
                .rules
                .iter()
                .filter_map(|rules| rules.block.as_deref())
                .any(|block| attribute.path.split(['[', '.']).next() == Some(block))
        })
}

/// Whether an opening is made from an attribute.
fn reads(rules: &Rules, path: &str) -> bool {
    rules
        .networks
        .iter()
        .chain(&rules.ports)
        .chain(&rules.protocol)
        .chain(rules.refuses.keys())
        .any(|attribute| attribute == path)
}

/// What a resource lets in or out, or refuses, if it is or holds rules.
fn openings(one: Option<&Instance>, all: &[&Instance], refusing: bool) -> BTreeSet<Opening> {
    let mut found = BTreeSet::new();
    let Some((one, known)) = one.and_then(|one| Some((one, rule::of(&one.kind)?))) else {
        return found;
    };
    for rules in &known.rules {
        for block in blocks(one, rules) {
            if refuses(one, rules, &block) == refusing {
                found.extend(opening(one, rules, &block, all));
            }
        }
    }
    found
}

/// The paths in front of the attributes of each rule: `ingress[1].`, or none.
fn blocks(one: &Instance, rules: &Rules) -> Vec<String> {
    let Some(wanted) = &rules.block else {
        return vec![String::new()];
    };
    one.attributes
        .keys()
        .filter(|path| {
            *path == wanted
                || path
                    .strip_prefix(wanted.as_str())
                    .is_some_and(|rest| rest.starts_with('[') && rest.ends_with(']'))
        })
        .map(|path| format!("{path}."))
        .collect()
}

fn refuses(one: &Instance, rules: &Rules, block: &str) -> bool {
    rules.refuses.iter().any(|(attribute, value)| {
        one.plain(&format!("{block}{attribute}"))
            .is_some_and(|set| set.eq_ignore_ascii_case(value))
    })
}

fn opening(one: &Instance, rules: &Rules, block: &str, all: &[&Instance]) -> Option<Opening> {
    let value = |attribute: &String| one.plain(&format!("{block}{attribute}"));
    let group = rules.groups.iter().find_map(value);
    let network = match (rules.networks.iter().find_map(value), group) {
        (Some(network), _) => network.to_owned(),
        // A block has no line of its own that names it.
        (None, Some(group)) if rules.block.is_some() => {
            who(Some(group), one, all).trim_matches('`').to_owned()
        }
        (None, Some(_)) => return None,
        (None, None) => rules.everyone.clone()?,
    };
    // Only plain networks: `each.value.public_ip` is known to nobody yet.
    if rules.block.is_none() && parse(&network).is_none() {
        return None;
    }
    let direction = value(&rules.direction).unwrap_or(&rules.direction);
    let protocol = rules
        .protocol
        .as_ref()
        .map(|attribute| value(attribute).unwrap_or("all").to_lowercase());
    Some(Opening {
        ingress: direction == "ingress",
        network,
        who: who(
            rules
                .of
                .as_ref()
                .map(|of| one.plain(of).unwrap_or_default()),
            one,
            all,
        ),
        companion: protocol
            .as_ref()
            .is_some_and(|protocol| protocol.starts_with("icmp")),
        port: port(protocol.as_deref(), rules.ports.iter().filter_map(value)),
    })
}

/// A network, or an address that stands for one.
fn parse(network: &str) -> Option<IpNet> {
    network
        .parse()
        .or_else(|_| network.parse::<std::net::IpAddr>().map(IpNet::from))
        .ok()
}

/// What is behind a security group, as people call it. A list without a group is a load balancer's.
fn who(security_group: Option<&str>, one: &Instance, all: &[&Instance]) -> String {
    let is_balancer = |one: &Instance| rule::kind(&one.kind) == Some(ResourceKind::LoadBalancer);
    let holds = |one: &Instance| {
        let attribute = rule::of(&one.kind).and_then(|rule| rule.security_groups.as_ref());
        attribute
            .and_then(|attribute| one.attributes.get(attribute))
            .zip(security_group)
            .is_some_and(|(groups, group)| groups.contains(group))
    };
    let behind = all
        .iter()
        .find(|one| is_balancer(one) && (security_group.is_none() || holds(one)));
    if let Some(balancer) = behind {
        return format!("the load balancer {}", name(&balancer.title()));
    }
    // Machines, or network interfaces that machines of the same name keep.
    let machines = all.iter().find(|one| !is_balancer(one) && holds(one));
    match machines.and_then(|machine| super::node::word(&machine.name)) {
        Some(word) => format!("{word}s"),
        None => code(security_group.unwrap_or(&one.block)),
    }
}

/// Where one connects, with a space in front; nothing where a rule is about no port.
fn port<'a>(protocol: Option<&str>, ports: impl Iterator<Item = &'a str>) -> String {
    let Some(protocol) = protocol else {
        return String::new();
    };
    let ports: Vec<&str> = ports.flat_map(|ports| ports.split('/')).collect();
    let every = |port: &&str| port.eq_ignore_ascii_case("all") || *port == "-1";
    match (protocol, ports.as_slice()) {
        ("-1" | "all", _) => " on every port".to_owned(),
        (_, []) => format!(" on every port of {}", code(protocol)),
        (_, ports) if !protocol.starts_with("icmp") && ports.iter().all(every) => {
            format!(" on every port of {}", code(protocol))
        }
        (_, [from, rest @ ..]) if rest.iter().all(|to| to == from) => {
            format!(" on {}", code(&format!("{protocol} {from}")))
        }
        (_, ports) => format!(" on {}", code(&format!("{protocol} {}", ports.join("-")))),
    }
}

/// Networks that go and that those which come have in them.
fn narrower(
    groups: &BTreeMap<Group, BTreeSet<String>>,
    group: &Group,
    networks: &BTreeSet<String>,
) -> Option<String> {
    let gone = groups.iter().filter(|(other, _)| {
        !other.added && other.ingress && other.who == group.who && other.port == group.port
    });
    let narrower: BTreeSet<&str> = gone
        .flat_map(|(_, gone)| gone)
        .filter(|gone| {
            networks.iter().any(|network| {
                parse(network)
                    .zip(parse(gone))
                    .is_some_and(|(wide, narrow)| wide != narrow && wide.contains(&narrow))
            })
        })
        .map(String::as_str)
        .collect();
    (!narrower.is_empty()).then(|| codes(narrower))
}

fn say(
    comparison: &mut Comparison<'_>,
    group: Group,
    networks: &BTreeSet<String>,
    narrower: Option<&str>,
) {
    let list = codes(networks.iter().map(String::as_str));
    let everyone = group.added && networks.iter().any(|network| network.ends_with("/0"));
    let (who, port) = (&group.who, &group.port);
    let what = match (group.ingress, group.added) {
        (true, true) if comparison.first => format!("{list} can connect to {who}{port}"),
        (true, true) => format!("{list} can newly connect to {who}{port}"),
        (true, false) => format!("{list} can no longer connect to {who}{port}"),
        (false, true) => format!(
            "{who} can {}connect to {list}{port}",
            if comparison.first { "" } else { "newly " }
        ),
        (false, false) => format!("{who} can no longer connect to {list}{port}"),
    };
    let (severity, tail) = match (everyone, group.ingress, group.added, narrower) {
        (true, true, _, _) => (
            Severity::Danger,
            ": that is everyone on the internet".to_owned(),
        ),
        (_, _, true, Some(narrower)) => (
            Severity::Danger,
            format!(": that is wider than {narrower}, in whose place it is"),
        ),
        (_, _, true, None) => (Severity::Notice, String::new()),
        (_, _, false, _) => (Severity::Caution, String::new()),
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
        (Severity::Danger, _) if everyone => Some(format!("everyone can connect to {who}")),
        (Severity::Danger, _) => Some(format!("a wider network can connect to {who}")),
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
