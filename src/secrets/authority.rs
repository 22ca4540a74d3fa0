//! Certificates: the cluster's CA and etcd's CA as kubeadm would make them, and what the latter
//! signs. kubeadm signs everything else with the former.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::LineEnding;
use p256::{NonZeroScalar, SecretKey};
use x509_cert::Certificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder, Error};
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::asn1::{Ia5String, ObjectIdentifier};
use x509_cert::der::{DecodePem as _, EncodePem as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};
use zeroize::Zeroize as _;

use super::Member;

const DAY: Duration = Duration::from_hours(24);
/// kubeadm's own defaults, which count no leap days.
const CA_VALID: Duration = Duration::from_secs(10 * 365 * DAY.as_secs());
const LEAF_VALID: Duration = Duration::from_secs(365 * DAY.as_secs());
/// A machine whose clock is behind must accept the certificate too.
const BACKDATED: Duration = DAY;
/// What a certificate can say: from 1970, to before 9999.
const LATEST: Duration = Duration::from_secs(250_000_000_000);

const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");

/// A certificate and its key, both in PEM. Memory that held the key is overwritten in the end.
#[derive(Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The key, in SEC1: kubeadm cannot read PKCS#8 on joining nodes.
    pub key: String,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// Says that there is a key and not which.
impl std::fmt::Debug for Pair {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pair").finish_non_exhaustive()
    }
}

/// A new CA: `kubernetes` or `etcd-ca`.
pub(super) fn generate(name: &'static str, now: SystemTime) -> Pair {
    let key = key();
    let profile = Authority { name };
    let certificate = sign(&key, &key, profile, now, CA_VALID)
        .unwrap_or_else(|error| panic!("a CA cannot be made, a bug in hagen: {error}"));
    Pair {
        certificate,
        key: pem(&key),
    }
}

/// etcd's CA, read from its file: it signs.
pub(super) struct Signer {
    name: Name,
    key: SecretKey,
}

impl Signer {
    /// Reads a CA. Nothing if it is none, or the key is not the certificate's.
    pub(super) fn new(ca: &Pair) -> Option<Self> {
        let certificate = Certificate::from_pem(&ca.certificate).ok()?;
        let body = certificate.tbs_certificate();
        let key = SecretKey::from_sec1_pem(&ca.key).ok()?;
        let own = SubjectPublicKeyInfo::from_key(SigningKey::from(&key).verifying_key()).ok()?;
        let (_, constraints) = body.get_extension::<BasicConstraints>().ok()??;
        (constraints.ca && own == *body.subject_public_key_info()).then(|| Self {
            name: body.subject().clone(),
            key,
        })
    }

    /// A certificate for both sides of etcd's connections: members are clients of each other.
    pub(super) fn member(&self, member: &Member, now: SystemTime) -> Pair {
        let name = |name: &str| Ia5String::new(name).map(GeneralName::DnsName);
        let names = [member.host.as_str(), &member.name, "localhost"]
            .map(|text| name(text).unwrap_or_else(|error| panic!("`{text}` is no name: {error}")))
            .into_iter()
            .chain([
                GeneralName::from(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                GeneralName::from(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            ])
            .collect();
        self.leaf(&member.name, names, vec![SERVER, CLIENT], now)
    }

    /// The certificate with which API servers come to etcd. kubeadm's own has this name and no
    /// organisation.
    pub(super) fn client(&self, now: SystemTime) -> Pair {
        self.leaf("kube-apiserver-etcd-client", Vec::new(), vec![CLIENT], now)
    }

    fn leaf(
        &self,
        name: &str,
        names: Vec<GeneralName>,
        purposes: Vec<ObjectIdentifier>,
        now: SystemTime,
    ) -> Pair {
        let own = key();
        let profile = Leaf {
            issuer: self.name.clone(),
            subject: common_name(name),
            names,
            purposes,
        };
        let certificate = sign(&self.key, &own, profile, now, LEAF_VALID)
            .unwrap_or_else(|error| panic!("a certificate cannot be made: {error}"));
        Pair {
            certificate,
            key: pem(&own),
        }
    }
}

fn key() -> SecretKey {
    // All but one in about four thousand million values are keys.
    loop {
        let scalar = NonZeroScalar::from_repr(super::random::<32>().into());
        if let Some(scalar) = Option::<NonZeroScalar>::from(scalar) {
            return SecretKey::from(scalar);
        }
    }
}

fn pem(key: &SecretKey) -> String {
    key.to_sec1_pem(LineEnding::LF)
        .unwrap_or_else(|error| panic!("a new key cannot be written, a bug in hagen: {error}"))
        .to_string()
}

fn common_name(name: &str) -> Name {
    format!("CN={name}")
        .parse()
        .unwrap_or_else(|error| panic!("`{name}` names nobody, a bug in hagen: {error}"))
}

fn sign(
    signer: &SecretKey,
    key: &SecretKey,
    profile: impl BuilderProfile,
    now: SystemTime,
    valid: Duration,
) -> Result<String, Error> {
    let signer = SigningKey::from(signer);
    let public_key = SubjectPublicKeyInfo::from_key(SigningKey::from(key).verifying_key())?;
    let now = now
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .clamp(BACKDATED, LATEST);
    let validity = Validity::new(time(now.saturating_sub(BACKDATED))?, time(now + valid)?);
    let mut serial = super::random::<16>();
    // A serial number is positive and does not begin with a zero.
    serial[0] = (serial[0] & 0x7f) | 0x40;
    let builder =
        CertificateBuilder::new(profile, SerialNumber::new(&serial)?, validity, public_key)?;
    let certificate = builder.build::<_, DerSignature>(&signer)?;
    Ok(certificate.to_pem(LineEnding::LF)?)
}

fn time(since_1970: Duration) -> Result<Time, Error> {
    Ok(Time::try_from(UNIX_EPOCH + since_1970)?)
}

/// The subject and extensions of kubeadm's `NewSelfSignedCACert`.
struct Authority {
    name: &'static str,
}

impl BuilderProfile for Authority {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        common_name(self.name)
    }

    fn build_extensions(
        &self,
        public_key: SubjectPublicKeyInfoRef<'_>,
        _issuer: SubjectPublicKeyInfoRef<'_>,
        certificate: &TbsCertificate,
    ) -> Result<Vec<Extension>, Error> {
        let usages =
            KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment | KeyUsages::KeyCertSign;
        let constraints = BasicConstraints {
            ca: true,
            path_len_constraint: None,
        };
        let names = SubjectAltName(vec![GeneralName::DnsName(Ia5String::new(self.name)?)]);
        let subject = certificate.subject();
        // Critical or not, as kubeadm has it: the first two are.
        Ok(vec![
            KeyUsage(usages).to_extension(subject, &[])?,
            constraints.to_extension(subject, &[])?,
            SubjectKeyIdentifier::try_from(public_key)?.to_extension(subject, &[])?,
            names.to_extension(subject, &[])?,
        ])
    }
}

/// The subject and extensions of kubeadm's `NewSignedCert`.
struct Leaf {
    issuer: Name,
    subject: Name,
    names: Vec<GeneralName>,
    purposes: Vec<ObjectIdentifier>,
}

impl BuilderProfile for Leaf {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _public_key: SubjectPublicKeyInfoRef<'_>,
        issuer: SubjectPublicKeyInfoRef<'_>,
        certificate: &TbsCertificate,
    ) -> Result<Vec<Extension>, Error> {
        let constraints = BasicConstraints {
            ca: false,
            path_len_constraint: None,
        };
        let usages = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment;
        let subject = certificate.subject();
        let mut extensions = vec![
            KeyUsage(usages).to_extension(subject, &[])?,
            ExtendedKeyUsage(self.purposes.clone()).to_extension(subject, &[])?,
            constraints.to_extension(subject, &[])?,
            AuthorityKeyIdentifier::try_from(issuer)?.to_extension(subject, &[])?,
        ];
        if !self.names.is_empty() {
            extensions.push(SubjectAltName(self.names.clone()).to_extension(subject, &[])?);
        }
        Ok(extensions)
    }
}
