//! What a file of secrets holds: the values of Terraform's variables, by name.

use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value, json};
use zeroize::{Zeroize as _, Zeroizing};

use super::authority::{self, Pair, Signer};
use super::{Wanted, certificate_key, token};

const CLUSTER: &str = "cluster";
const BOOTSTRAP_TOKEN: &str = "bootstrap_token";
const CERTIFICATE_KEY: &str = "certificate_key";
const CLUSTER_CA: [&str; 2] = ["cluster_ca_certificate", "cluster_ca_key"];
const ETCD_CA: &str = "etcd_ca_certificate";
const ETCD_CLIENT: [&str; 2] = ["etcd_client_certificate", "etcd_client_key"];
const ETCD_MEMBERS: &str = "etcd_members";

/// The secrets of one cluster, in the order of their file: what is not hagen's stays as it is.
/// Memory that held them is overwritten in the end.
#[derive(Clone, Default)]
pub struct Secrets(Map<String, Value>);

/// Why secrets cannot be read or added to. Never says a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text is no object in JSON.
    NotJson,
    /// This value is not there, or has not the form that it should have.
    Malformed(String),
    /// This value is needed and not there.
    Lacks(String),
    /// The file was made for a cluster that makes its own CA.
    NoClusterCa,
    /// Something is to be signed, and the file of etcd's CA is not there.
    NoEtcdCa,
    /// The file of etcd's CA holds none.
    MalformedEtcdCa,
    /// The CA of etcd in the two files is not the same.
    OtherEtcdCa,
    /// The secrets are of a cluster without external etcd.
    NoEtcd,
}

/// Says that there are secrets and not what they are.
impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.0.values_mut().for_each(overwrite);
    }
}

fn overwrite(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(overwrite),
        Value::Object(fields) => fields.values_mut().for_each(overwrite),
        _ => {}
    }
}

impl Secrets {
    /// Reads a file of secrets.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let Ok(Value::Object(values)) = serde_json::from_str(text) else {
            return Err(Problem::NotJson);
        };
        let secrets = Self(values);
        let malformed = |name: &str| Err(Problem::Malformed(name.to_owned()));
        if !secrets.value(BOOTSTRAP_TOKEN).is_some_and(is_token) {
            return malformed(BOOTSTRAP_TOKEN);
        }
        if !secrets.value(CERTIFICATE_KEY).is_some_and(is_key) {
            return malformed(CERTIFICATE_KEY);
        }
        for [certificate, key] in [CLUSTER_CA, ETCD_CLIENT] {
            let there = |name| secrets.0.contains_key(name);
            if (there(certificate) || there(key)) && secrets.pair(&[certificate, key]).is_none() {
                return malformed(key);
            }
        }
        if let Some(members) = secrets.0.get(ETCD_MEMBERS) {
            let Some(members) = members.as_object() else {
                return malformed(ETCD_MEMBERS);
            };
            if let Some(name) = members.keys().find(|name| secrets.member(name).is_none()) {
                return Err(Problem::Malformed(format!("{ETCD_MEMBERS}.{name}")));
            }
        }
        Ok(secrets)
    }

    /// The cluster that they are of, where the file says it. One that Terraform reads does not: it warns of
    /// what is no variable.
    pub fn cluster(&self) -> Option<&str> {
        self.value(CLUSTER)
    }

    /// Says the cluster that they are of.
    pub fn set_cluster(&mut self, name: &str) {
        if self.cluster() != Some(name) {
            self.0.shift_insert(0, CLUSTER.to_owned(), name.into());
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.0)
            .unwrap_or_else(|error| panic!("secrets are plain text, a bug in hagen: {error}"));
        text.push('\n');
        text
    }

    /// Lets machines join: six and sixteen lower-case letters or digits.
    pub fn bootstrap_token(&self) -> &str {
        self.value(BOOTSTRAP_TOKEN).unwrap_or_default()
    }

    /// Encrypts the control plane's certificates on their way to joining nodes: 64 hex digits.
    pub fn certificate_key(&self) -> &str {
        self.value(CERTIFICATE_KEY).unwrap_or_default()
    }

    /// The cluster's CA, where it is made before the cluster.
    pub fn cluster_ca(&self) -> Option<Pair> {
        self.pair(&CLUSTER_CA)
    }

    /// The certificate of etcd's CA. Its key is in a file of its own.
    pub fn etcd_ca_certificate(&self) -> Option<&str> {
        self.value(ETCD_CA)
    }

    /// With which API servers come to external etcd.
    pub fn etcd_client(&self) -> Option<Pair> {
        self.pair(&ETCD_CLIENT)
    }

    /// The certificate of a member of external etcd.
    pub fn member(&self, name: &str) -> Option<Pair> {
        let member = self.0.get(ETCD_MEMBERS)?.get(name)?;
        Some(Pair {
            certificate: member.get("certificate")?.as_str()?.to_owned(),
            key: member.get("key")?.as_str()?.to_owned(),
        })
    }

    /// Adds what a cluster needs and is not there, and says what that is. Whatever is there stays.
    /// A new CA of etcd is put into `etcd_ca`.
    pub fn add(
        &mut self,
        wanted: &Wanted,
        etcd_ca: &mut Option<Pair>,
        now: SystemTime,
    ) -> Result<Vec<String>, Problem> {
        let new = self.0.is_empty();
        let mut added = Vec::new();
        if new {
            self.rotate();
            added.extend([BOOTSTRAP_TOKEN, CERTIFICATE_KEY].map(str::to_owned));
        }
        if wanted.cluster_ca && self.cluster_ca().is_none() {
            // A cluster that runs has one already, which is another.
            if !new {
                return Err(Problem::NoClusterCa);
            }
            self.set_pair(&CLUSTER_CA, &authority::generate("kubernetes", now));
            added.push(CLUSTER_CA[0].to_owned());
        }
        let Some(members) = &wanted.etcd else {
            return Ok(added);
        };
        let client = self.etcd_client().is_none();
        let lacking: Vec<_> = members
            .iter()
            .filter(|member| self.member(&member.name).is_none())
            .collect();
        if !client && lacking.is_empty() && self.etcd_ca_certificate().is_some() {
            return Ok(added);
        }
        let signer = self.signer(etcd_ca, now)?;
        if client {
            self.set_pair(&ETCD_CLIENT, &signer.client(now));
            added.push(ETCD_CLIENT[0].to_owned());
        }
        for member in lacking {
            self.set_member(&member.name, &signer.member(member, now));
            added.push(format!("{ETCD_MEMBERS}.{}", member.name));
        }
        Ok(added)
    }

    /// A new bootstrap token and certificate key.
    pub fn rotate(&mut self) {
        self.set(BOOTSTRAP_TOKEN, token().into());
        self.set(CERTIFICATE_KEY, certificate_key().into());
    }

    /// New certificates for these members of etcd and for the API servers, from the same CA.
    pub fn renew_etcd(
        &mut self,
        wanted: &Wanted,
        etcd_ca: &mut Option<Pair>,
        now: SystemTime,
    ) -> Result<(), Problem> {
        let Some(members) = &wanted.etcd else {
            return Err(Problem::NoEtcd);
        };
        if self.etcd_ca_certificate().is_none() {
            return Err(Problem::NoEtcd);
        }
        let signer = self.signer(etcd_ca, now)?;
        self.set_pair(&ETCD_CLIENT, &signer.client(now));
        for member in members {
            self.set_member(&member.name, &signer.member(member, now));
        }
        Ok(())
    }

    /// etcd's CA: the one that is there, or for secrets that have none a new one.
    fn signer(&mut self, etcd_ca: &mut Option<Pair>, now: SystemTime) -> Result<Signer, Problem> {
        let known = self.etcd_ca_certificate().map(str::to_owned);
        if etcd_ca.is_none() {
            if known.is_some() {
                return Err(Problem::NoEtcdCa);
            }
            *etcd_ca = Some(authority::generate("etcd-ca", now));
        }
        let Some(ca) = etcd_ca else {
            return Err(Problem::NoEtcdCa);
        };
        let signer = Signer::new(ca).ok_or(Problem::MalformedEtcdCa)?;
        match known {
            Some(known) if known.trim() != ca.certificate.trim() => {
                return Err(Problem::OtherEtcdCa);
            }
            Some(_) => {}
            None => self.set(ETCD_CA, ca.certificate.as_str().into()),
        }
        Ok(signer)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    fn pair(&self, [certificate, key]: &[&str; 2]) -> Option<Pair> {
        Some(Pair {
            certificate: self.value(certificate)?.to_owned(),
            key: self.value(key)?.to_owned(),
        })
    }

    fn set(&mut self, name: &str, value: Value) {
        if let Some(mut before) = self.0.insert(name.to_owned(), value) {
            overwrite(&mut before);
        }
    }

    fn set_pair(&mut self, [certificate, key]: &[&str; 2], pair: &Pair) {
        self.set(certificate, pair.certificate.as_str().into());
        self.set(key, pair.key.as_str().into());
    }

    fn set_member(&mut self, name: &str, pair: &Pair) {
        let members = self
            .0
            .entry(ETCD_MEMBERS)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(members) = members.as_object_mut() {
            let value = json!({ "certificate": pair.certificate, "key": pair.key });
            if let Some(mut before) = members.insert(name.to_owned(), value) {
                overwrite(&mut before);
            }
        }
    }
}

/// A file with a certificate and its key: etcd's CA, which no machine and no state holds.
impl Pair {
    /// Reads the file.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let part = |label: &str| {
            let (begin, end) = (
                format!("-----BEGIN {label}-----"),
                format!("-----END {label}-----"),
            );
            let from = text.find(&begin)?;
            let to = from + text[from..].find(&end)? + end.len();
            Some(format!("{}\n", &text[from..to]))
        };
        let pair = Self {
            certificate: part("CERTIFICATE").ok_or(Problem::MalformedEtcdCa)?,
            key: part("EC PRIVATE KEY").ok_or(Problem::MalformedEtcdCa)?,
        };
        Signer::new(&pair)
            .map(|_| ())
            .ok_or(Problem::MalformedEtcdCa)?;
        Ok(pair)
    }

    /// The text of the file.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", self.certificate, self.key))
    }
}

fn is_token(text: &str) -> bool {
    let of = |part: &str, length| {
        part.len() == length
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.split_once('.')
        .is_some_and(|(id, secret)| of(id, 6) && of(secret, 16))
        && is_no_number(text)
}

fn is_key(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && is_no_number(text)
}

/// Whether there is a letter that no number has: both stand in YAML without quotes.
pub(super) fn is_no_number(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_lowercase() && c != 'e')
}
