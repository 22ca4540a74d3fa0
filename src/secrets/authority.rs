//! The cluster's CA, as kubeadm would make it: it then signs everything else with it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::LineEnding;
use p256::{NonZeroScalar, SecretKey};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder, Error};
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::EncodePem as _;
use x509_cert::der::asn1::Ia5String;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    BasicConstraints, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

const DAY: Duration = Duration::from_hours(24);
/// kubeadm's own default, which counts no leap days.
const VALID: Duration = Duration::from_secs(10 * 365 * DAY.as_secs());
/// A machine whose clock is behind must accept the certificate too.
const BACKDATED: Duration = DAY;
/// What a certificate can say: from 1970, to before 9999.
const LATEST: Duration = Duration::from_secs(250_000_000_000);

/// A new CA: its certificate and its key, both in PEM.
pub(super) fn generate(now: SystemTime) -> (String, String) {
    let key = key();
    let key_pem = key
        .to_sec1_pem(LineEnding::LF)
        .unwrap_or_else(|error| panic!("a new key cannot be written, a bug in hagen: {error}"));
    let certificate = certificate(&key, now)
        .unwrap_or_else(|error| panic!("a CA cannot be made, a bug in hagen: {error}"));
    (certificate, key_pem.to_string())
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

fn certificate(key: &SecretKey, now: SystemTime) -> Result<String, Error> {
    let signer = SigningKey::from(key);
    let public_key = SubjectPublicKeyInfo::from_key(signer.verifying_key())?;
    let now = now
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .clamp(BACKDATED, LATEST);
    let validity = Validity::new(time(now.saturating_sub(BACKDATED))?, time(now + VALID)?);
    let mut serial = super::random::<16>();
    // A serial number is positive and does not begin with a zero.
    serial[0] = (serial[0] & 0x7f) | 0x40;
    let builder =
        CertificateBuilder::new(Profile, SerialNumber::new(&serial)?, validity, public_key)?;
    let certificate = builder.build::<_, DerSignature>(&signer)?;
    Ok(certificate.to_pem(LineEnding::LF)?)
}

fn time(since_1970: Duration) -> Result<Time, Error> {
    Ok(Time::try_from(UNIX_EPOCH + since_1970)?)
}

/// The subject and extensions of kubeadm's `NewSelfSignedCACert`.
struct Profile;

impl BuilderProfile for Profile {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        "CN=kubernetes"
            .parse()
            .unwrap_or_else(|error| panic!("the CA's name is malformed, a bug in hagen: {error}"))
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
        let names = SubjectAltName(vec![GeneralName::DnsName(Ia5String::new("kubernetes")?)]);
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
