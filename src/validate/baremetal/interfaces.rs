//! Network interfaces: their names and the addresses of their cards.

use std::collections::BTreeMap;

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Count, Diagnostic, Report};

use super::{Target, machine_path, path};

/// The most characters of an interface's name (Linux, `IFNAMSIZ` without the byte at its end).
const LONGEST: usize = 15;
/// Names that are no interface's: the loopback interface, and those by which sysctl means all of them.
const OTHERS: [&str; 3] = ["lo", "all", "default"];

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let own = target.own;
    if let Some(name) = &own.interface {
        form(name, path("interface"), report);
    }
    for (at, machine) in own.machines.iter().enumerate() {
        if let Some(name) = &machine.interface {
            form(name, machine_path(at, "interface"), report);
        }
    }
    if own.interface.is_none() {
        missing(target, report);
    }
    composed(target, report);
    cards(target, report);
}

/// Says once that bonds, bridges and VLANs are not made by the seed.
fn composed(target: &Target<'_>, report: &mut Report) {
    let made_of_others = |name: &str| {
        let kinds = ["bond", "team", "br", "vlan", "vmbr"];
        name.contains('.')
            || kinds.iter().any(|kind| {
                let rest = name.strip_prefix(kind);
                rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
            })
    };
    let own = target.own;
    let machines = own.machines.iter().enumerate();
    let named = machines.filter_map(|(at, machine)| {
        let name = machine.interface.as_deref()?;
        Some((name, machine_path(at, "interface")))
    });
    let common = own
        .interface
        .as_deref()
        .map(|name| (name, path("interface")));
    let Some((name, here)) = common
        .into_iter()
        .chain(named)
        .find(|(name, _)| made_of_others(name))
    else {
        return;
    };
    report.push(
        Diagnostic::new(
            &code::COMPOSED_INTERFACE,
            format!("`{name}` is made of other interfaces, and a seed brings up a plain one of that name"),
        )
        .value(here, "a bond, a bridge or a VLAN")
        .cure("install such machines with their network in the image, and leave network-config out of their seeds"),
    );
}

fn missing(target: &Target<'_>, report: &mut Report) {
    let mut without = target
        .own
        .machines
        .iter()
        .enumerate()
        .filter(|(_, machine)| machine.interface.is_none());
    let Some((at, machine)) = without.next() else {
        return;
    };
    let message = match without.count() {
        0 => format!("`{}` has no network interface", machine.name),
        more => format!(
            "`{}` and {} have no network interface",
            machine.name,
            Count(more, "more machine")
        ),
    };
    report.push(
        Diagnostic::new(&code::NO_INTERFACE, message)
            .value(machine_path(at, "interface"), "`interface` is missing here")
            .cure("add `targets.baremetal.interface`, for instance `eth0`, where all machines have the same")
            .cure("or `interface` to each machine"),
    );
}

fn form(name: &str, here: String, report: &mut Report) {
    let why = if name.chars().count() > LONGEST {
        format!(
            "has {} characters, and the kernel takes {LONGEST}",
            name.chars().count()
        )
    } else if name.contains(':') {
        "is the label of an address and no interface".to_owned()
    } else if OTHERS.contains(&name) {
        "is no interface that leads to other machines".to_owned()
    } else if name.bytes().all(|b| b.is_ascii_digit()) {
        "is a number, which programs read as an index".to_owned()
    } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric())
        || !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    {
        "is not the name of an interface: letters, digits, dots, dashes and underscores".to_owned()
    } else {
        return;
    };
    let problem = Diagnostic::new(&code::INTERFACE_FORM, format!("`{name}` {why}"))
        .value(here, "not the name of an interface");
    report.push(match name.split_once(':') {
        Some((interface, _)) if is_plain(interface) => problem.replace_with(interface),
        _ => problem.cure("use the name that `ip link` shows, for instance `eth0` or `eno1`"),
    });
}

fn is_plain(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && !OTHERS.contains(&name)
}

/// The addresses of network cards: of a card's form, and each once.
fn cards(target: &Target<'_>, report: &mut Report) {
    let mut seen: BTreeMap<[u8; 6], String> = BTreeMap::new();
    for (at, machine) in target.own.machines.iter().enumerate() {
        let Some(text) = &machine.mac else {
            continue;
        };
        let here = machine_path(at, "mac");
        let Some(mac) = mac(text) else {
            report.push(mac_form(text, here));
            continue;
        };
        if mac[0] & 1 == 1 || mac == [0; 6] {
            let whose = if mac == [0; 6] {
                "is zero"
            } else {
                "is the address of a group of cards"
            };
            report.push(
                Diagnostic::new(&code::MAC_FORM, format!("`{text}` {whose}"))
                    .value(here, "not the address of one network card")
                    .cure("use the address that `ip link` shows behind link/ether"),
            );
        } else if let Some(first) = seen.get(&mac) {
            report.push(
                Diagnostic::new(
                    &code::MAC_TWICE,
                    format!("`{text}` is the address of another machine's network card already"),
                )
                .value(here, "the second one")
                .also(first, "the first one")
                .cure("give each machine the address of its own card"),
            );
        } else {
            seen.insert(mac, here);
        }
    }
}

fn mac_form(text: &str, here: String) -> Diagnostic {
    let problem = Diagnostic::new(
        &code::MAC_FORM,
        format!("`{text}` is not six pairs of hexadecimal digits with colons between them"),
    )
    .value(here, "not a MAC address");
    // As network devices show them, or without anything in between.
    let digits: String = text.chars().filter(|c| !".:- ".contains(*c)).collect();
    let pairs: Vec<String> = digits
        .to_ascii_lowercase()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    let meant = pairs.join(":");
    if mac(&meant).is_some() {
        problem.replace_with(meant)
    } else {
        problem.cure("write it as `52:54:00:12:34:56`")
    }
}

/// Six bytes with colons or dashes between them.
fn mac(text: &str) -> Option<[u8; 6]> {
    let separator = if text.contains('-') { '-' } else { ':' };
    let mut bytes = [0; 6];
    let mut parts = text.split(separator);
    for byte in &mut bytes {
        let part = parts.next()?;
        if part.len() != 2 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{form, mac, mac_form};
    use crate::diagnostic::Report;

    #[test]
    fn names_that_the_kernel_and_keepalived_read_alike() {
        let good = |name: &str| {
            let mut report = Report::default();
            form(name, String::new(), &mut report);
            report.is_empty()
        };
        for name in [
            "eth0",
            "eno1",
            "bond0.100",
            "br-lan",
            "enp3s0f0np0",
            "vm_br0",
            "a",
        ] {
            assert!(good(name), "{name}");
        }
        for name in [
            "eth0:1",
            "lo",
            "all",
            "default",
            "0",
            "12",
            ".",
            "..",
            "-a",
            "a b",
            "a/b",
            "a#",
            "a!",
            "a\"",
            "a{",
            "a%b",
            "a@if2",
            "sixteen-letters-",
            "eth\u{e4}",
        ] {
            assert!(!good(name), "{name}");
        }
    }

    #[test]
    fn a_mac_address_is_six_bytes() {
        assert_eq!(
            mac("52:54:00:aB:34:56"),
            Some([0x52, 0x54, 0, 0xab, 0x34, 0x56])
        );
        assert_eq!(mac("52-54-00-12-34-56"), mac("52:54:00:12:34:56"));
        for bad in [
            "",
            "52:54:00:12:34",
            "52:54:00:12:34:56:78",
            "5254.0012.3456",
            "52:54-00:12-34:56",
            "+2:54:00:12:34:56",
            "525400123456",
            "52:54:00:12:34:5g",
            "52:54:00:12:34:5",
            "52:54:00:12:34:5\u{e4}",
        ] {
            assert_eq!(mac(bad), None, "{bad}");
        }
        let meant = |text: &str| mac_form(text, String::new()).replacement;
        assert_eq!(
            meant("5254.00AB.3456").as_deref(),
            Some("52:54:00:ab:34:56")
        );
        assert_eq!(meant("525400123456").as_deref(), Some("52:54:00:12:34:56"));
        assert_eq!(meant("\u{e4}"), None);
    }
}
