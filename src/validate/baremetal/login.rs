//! Who may log in, and where machines get the time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::validate::names;

use super::{Target, path};

/// The types of keys that sshd takes from a line (sshd(8)). Of DSA it takes none since OpenSSH 9.8.
const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let keys = &target.own.ssh_authorized_keys;
    let at = path("sshAuthorizedKeys");
    if keys.is_empty() {
        report.push(
            Diagnostic::new(
                &code::NO_SSH_KEY,
                "nobody can log in to the machines: there is no SSH key",
            )
            .value(&at, "`sshAuthorizedKeys` is missing here")
            .cure("add the public keys of the people who look after the machines")
            .cure("or go on, if the image has keys of its own"),
        );
    }
    for (index, key) in keys.iter().enumerate() {
        ssh_key(key, format!("{at}[{index}]"), report);
    }
    for (index, server) in target.own.time_servers.iter().enumerate() {
        time_server(server, path(&format!("timeServers[{index}]")), report);
    }
}

fn ssh_key(key: &str, here: String, report: &mut Report) {
    // Also PuTTY's, and OpenSSH's without its first line.
    let marks = ["PRIVATE KEY", "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjE"];
    if marks.iter().any(|mark| key.contains(mark)) {
        // It is not repeated.
        report.push(
            Diagnostic::new(
                &code::PRIVATE_KEY,
                "this is a private key, and machines get the public one",
            )
            .value(here, "a private key")
            .cure("use the line of the .pub file")
            .cure("and make a new key: this one stands in a file"),
        );
        return;
    }
    let Some(why) = fault(key) else {
        return;
    };
    report.push(
        Diagnostic::new(&code::SSH_KEY, format!("this is no public SSH key: {why}"))
            .value(here, "not taken for a key")
            .cure("copy the line of the .pub file, such as `ssh-ed25519 AAAAC3Nza… someone`"),
    );
}

/// What keeps a line from being a public key. The key itself is not repeated: who knows what it is.
fn fault(key: &str) -> Option<&'static str> {
    let mut words = key.split(' ');
    let (Some(kind), Some(base64)) = (words.next(), words.next()) else {
        return Some("it has a type, a space and the key in base64");
    };
    if kind == "ssh-dss" {
        return Some("OpenSSH takes no DSA keys any more");
    }
    if !TYPES.contains(&kind) {
        return Some("it begins with none of the types that sshd knows");
    }
    let Ok(bytes) = STANDARD.decode(base64) else {
        return Some("what stands behind the type is not base64, or not all of it");
    };
    let Some(fields) = fields(&bytes) else {
        return Some("it is cut off, or has something behind its end");
    };
    if fields.first() != Some(&kind.as_bytes()) || fields.len() < 2 {
        return Some("the type before the base64 is another one than within");
    }
    if kind == "ssh-ed25519" && fields.iter().map(|field| field.len()).ne([11, 32]) {
        return Some("it has not the 32 bytes of an Ed25519 key");
    }
    None
}

/// The fields of a key: each has four bytes of length before it (RFC 4251, 5).
fn fields(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        fields.push(field);
        bytes = rest;
    }
    Some(fields)
}

fn time_server(server: &str, here: String, report: &mut Report) {
    let good = |text: &str| text.parse::<std::net::IpAddr>().is_ok() || is_host(text);
    if good(server) {
        return;
    }
    let problem = Diagnostic::new(
        &code::TIME_SERVER,
        format!("`{server}` is neither a host name in lower case nor an address"),
    )
    .value(here, "not a time server");
    let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
    let folded = bare
        .trim()
        .trim_end_matches(['/', '.'])
        .to_ascii_lowercase();
    report.push(if good(&folded) {
        problem.replace_with(folded)
    } else {
        problem.cure("use a name such as `ntp.example.com`, or an address")
    });
}

/// A host name. One that ends in a number reads as an address (RFC 1123, 2.1).
fn is_host(text: &str) -> bool {
    names::is_subdomain(text)
        && text
            .rsplit('.')
            .next()
            .is_some_and(|last| !last.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;

    use super::{STANDARD, TYPES, fault, is_host};

    /// A key of these fields behind its type.
    fn key(kind: &str, fields: &[&[u8]]) -> String {
        let mut bytes = Vec::new();
        for field in std::iter::once(kind.as_bytes()).chain(fields.iter().copied()) {
            bytes.extend(u32::try_from(field.len()).expect("short").to_be_bytes());
            bytes.extend(field);
        }
        format!("{kind} {}", STANDARD.encode(bytes))
    }

    #[test]
    fn keys_that_sshd_reads() {
        // The first three are of ssh-keygen, whose private halves were thrown away.
        for good in [
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN/IU9q7bLoEc589HP3fy+hK3UZa1WeVfiGNrape6W/W ops@example.com",
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBD691TpOVk8KUTRTiYCHSjWBbMwCQuiO6uXPwwELqyfTpj3L9d9blbBKWZ9FJ1AqGaYjyX7MEY+kCZ4eF9KvHl8= two words",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCsLlD81SlpGbRoQavY+bDB7Y1rCgoAPeONBedpQl4JcbYV2eMKVlPqRD87YwlYNq1Cvq9tasdXKGFEjnj+SrvKWMpai1fx4jejTKiGCwFqyZt6CXmFa6wyC/Wp8vUDMNv/c/NX+JI7+5vNgPwUVC3nkxTcQlwHbp371QGooINIHLENThfGS6aDxTx8TAsugBIj6PYewnAWYjF2YeP1M19t/Gw9iIVqgr7L6ZOLYnur6WdkrdTvq9oEtL9PtZvAS5uuEhcYMqubvL7KhUDSbq62E0I2TOuBXih4c6EFlIyjQBQ5zY/8R6mwwEb/0J4ClnR8ip93seBYzn/wUw0nZSBV ",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5vdCBhIHJlYWwga2V5LCBqdXN0IGFuIGV4YW1wbGUh",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5vdCBhIHJlYWwga2V5LCBqdXN0IGFuIGV4YW1wbGUh a comment: ${of} words",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for kind in TYPES.iter().filter(|kind| **kind != "ssh-ed25519") {
            assert_eq!(fault(&key(kind, &[b"one", b"two"])), None, "{kind}");
        }
    }

    #[test]
    fn what_sshd_would_pass_over_is_refused() {
        let whole = key("ssh-ed25519", &[&[7; 32]]);
        assert_eq!(fault(&whole), None);
        for bad in [
            "",
            "ssh-ed25519",
            "AAAAC3NzaC1lZDI1NTE5AAAAIG5vdCBhIHJlYWwga2V5LCBqdXN0IGFuIGV4YW1wbGUh",
            "ssh-dss AAAAB3NzaC1kc3M=",
            "ssh-ed25519  AAAA",
            "ssh-ed25519 ====",
            "no-pty ssh-ed25519 AAAA",
            &whole[..whole.len() - 4],
            &format!("{}AAAA", whole.trim_end_matches('=')),
            &key("ssh-ed25519", &[&[7; 31]]),
            &key("ssh-rsa", &[]),
            &key("ssh-rsa", &[b"e", b"n"]).replacen("ssh-rsa", "ssh-ed25519", 1),
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn names_of_time_servers() {
        for good in ["ntp.example.com", "ntp", "0.debian.pool.ntp.org"] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            "1.2.3.4",
            "10",
            "NTP.example.com",
            "ntp.example.com.",
            "a b",
            "a\nb",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_a_key_or_is_not(kind in proptest::sample::select(TYPES.to_vec()), line in "[A-Za-z0-9+/= ]{0,80}|\\PC{0,20}") {
            fault(&line);
            fault(&format!("{kind} {line}"));
        }

        #[test]
        fn a_key_that_was_cut_off_is_refused(bytes in proptest::collection::vec(any::<u8>(), 32), cut in 1..60_usize) {
            let whole = key("ssh-ed25519", &[&bytes]);
            prop_assert_eq!(fault(&whole), None);
            prop_assert!(fault(&whole[..whole.len() - cut]).is_some());
        }
    }
}
