//! The secrets of a cluster: what `hagen secrets` writes, and no rendered file holds.
//!
//! p256 with x509-cert and not rcgen: it writes a SEC1 key by itself, needs no C compiler, and
//! shares its digests and randomness with what hagen has already.

mod authority;
mod file;

pub use file::write;

use std::fmt;
use std::time::SystemTime;

use serde_json::json;
use zeroize::Zeroize as _;

/// The secrets of one cluster. Memory that held them is overwritten in the end.
#[derive(Clone)]
pub struct Secrets {
    /// Lets machines join: six and sixteen lower-case letters or digits.
    pub bootstrap_token: String,
    /// Encrypts the control plane's certificates on their way to joining nodes: 64 hex digits.
    pub certificate_key: String,
    /// The certificate of the cluster's CA.
    pub ca_certificate_pem: String,
    /// The key of the cluster's CA, in SEC1: kubeadm cannot read PKCS#8 on joining nodes.
    pub ca_key_pem: String,
}

/// Says that there are secrets and not what they are.
impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.bootstrap_token.zeroize();
        self.certificate_key.zeroize();
        self.ca_key_pem.zeroize();
    }
}

/// Makes new secrets from the operating system's randomness. `now` is when the CA is made.
///
/// Panics where the operating system gives no randomness: nothing may be made without it.
pub fn generate(now: SystemTime) -> Secrets {
    let (ca_certificate_pem, ca_key_pem) = authority::generate(now);
    Secrets {
        bootstrap_token: never_a_number(|| format!("{}.{}", token_part(6), token_part(16))),
        certificate_key: never_a_number(|| hexadecimal(&random::<32>())),
        ca_certificate_pem,
        ca_key_pem,
    }
}

/// The secrets as `secrets.auto.tfvars.json`, which Terraform reads by itself.
pub fn tfvars(secrets: &Secrets) -> String {
    let value = json!({
        "bootstrap_token": secrets.bootstrap_token,
        "certificate_key": secrets.certificate_key,
        "cluster_ca_certificate": secrets.ca_certificate_pem,
        "cluster_ca_key": secrets.ca_key_pem,
    });
    format!("{value:#}\n")
}

/// Draws until there is a letter that no number has: what stands in YAML without quotes must not
/// be read as one.
fn never_a_number(draw: impl Fn() -> String) -> String {
    loop {
        let text = draw();
        if text.contains(|c: char| c.is_ascii_lowercase() && c != 'e') {
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

    use super::{hexadecimal, token_part};

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
}
