//! The secrets of a cluster: what `hagen secrets` writes, and no rendered file holds.
//!
//! p256 with x509-cert and not rcgen: it writes a SEC1 key by itself, needs no C compiler, and
//! shares its digests and randomness with what hagen has already.

mod authority;
mod file;
mod staging;
mod store;

pub use authority::Pair;
pub use file::{folder, write};
pub use staging::{Staging, lock};
pub use store::{Problem, Secrets};

use std::time::SystemTime;

/// Which secrets a cluster needs.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Whether its CA is made before its first machine.
    pub cluster_ca: bool,
    /// The members of external etcd, if it has that.
    pub etcd: Option<Vec<Member>>,
}

/// A member of external etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The machine's name.
    pub name: String,
    /// The name by which other machines find it.
    pub host: String,
}

/// Makes the secrets of a cluster whose CA is made before and whose etcd is stacked, from the
/// operating system's randomness. `now` is when the CA is made.
///
/// Panics where the operating system gives no randomness: nothing may be made without it.
pub fn generate(now: SystemTime) -> Secrets {
    let wanted = Wanted {
        cluster_ca: true,
        etcd: None,
    };
    let mut secrets = Secrets::default();
    match secrets.add(&wanted, &mut None, now) {
        Ok(_) => secrets,
        Err(problem) => panic!("new secrets lack something, a bug in hagen: {problem:?}"),
    }
}

/// The secrets as `secrets.auto.tfvars.json`, which Terraform reads by itself.
pub fn tfvars(secrets: &Secrets) -> String {
    secrets.text()
}

/// The text of a bundle: what a machine waits for whose user data has no secrets. Each value stands
/// in one line; the last line says that nothing is missing.
pub fn bundle<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    use base64::Engine as _;
    let mut text = String::new();
    for (name, value) in values {
        text.push_str(name);
        text.push(' ');
        base64::engine::general_purpose::STANDARD.encode_string(value, &mut text);
        text.push('\n');
    }
    text + "end\n"
}

/// A new bootstrap token: six and sixteen lower-case letters or digits.
fn token() -> String {
    never_a_number(|| format!("{}.{}", token_part(6), token_part(16)))
}

/// A new certificate key: 64 hexadecimal digits.
fn certificate_key() -> String {
    never_a_number(|| hexadecimal(&random::<32>()))
}

/// Draws until there is a letter that no number has: what stands in YAML without quotes must not
/// be read as one.
fn never_a_number(draw: impl Fn() -> String) -> String {
    loop {
        let text = draw();
        if store::is_no_number(&text) {
            return text;
        }
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no randomness: {error}");
    }
    bytes
}

/// Letters and digits, each as likely as any other: bytes beyond the last multiple of 36 are
/// drawn again.
fn token_part(length: usize) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut out = String::with_capacity(length);
    while out.len() < length {
        let [byte] = random();
        if byte < 252 {
            out.push(char::from(ALPHABET[usize::from(byte % 36)]));
        }
    }
    out
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{bundle, hexadecimal, token_part};

    #[test]
    fn every_character_of_a_token_is_as_likely_as_any_other() {
        let mut seen: BTreeMap<char, u32> = BTreeMap::new();
        for c in token_part(36_000).chars() {
            *seen.entry(c).or_default() += 1;
        }
        assert_eq!(seen.len(), 36);
        // 1000 expected, with a standard deviation of 31.
        for (c, count) in seen {
            assert!((750..1250).contains(&count), "{c}: {count}");
        }
    }

    #[test]
    fn hexadecimal_is_two_digits_a_byte() {
        assert_eq!(hexadecimal(&[0, 9, 0xab, 0xff]), "0009abff");
    }

    #[test]
    fn a_bundle_ends_with_its_end() {
        assert_eq!(
            bundle([("ca.crt", "a\nb\n"), ("bootstrap-token", "x")]),
            "ca.crt YQpiCg==\nbootstrap-token eA==\nend\n"
        );
    }
}
