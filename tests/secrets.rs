//! The secrets of a cluster: their form, the CA that they hold, and the file they go to.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hagen::component::placeholder::{self, longest};
use hagen::secrets::{Secrets, generate, tfvars, write};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;
use x509_cert::Certificate;
use x509_cert::der::{DecodePem as _, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    BasicConstraints, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};

const DAY: u64 = 24 * 60 * 60;
// 2026-11-22
const NOW: u64 = 1_795_305_600;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn certificate(secrets: &Secrets) -> Certificate {
    Certificate::from_pem(&secrets.ca_certificate_pem).expect("the certificate is X.509 in PEM")
}

#[test]
fn token_and_key_have_the_form_that_kubeadm_takes() {
    for _ in 0..200 {
        let secrets = generate(now());
        let (id, secret) = secrets.bootstrap_token.split_once('.').expect("a dot");
        assert_eq!((id.len(), secret.len()), (6, 16));
        for c in id.chars().chain(secret.chars()) {
            assert!(c.is_ascii_lowercase() || c.is_ascii_digit(), "{c}");
        }
        assert_eq!(secrets.certificate_key.len(), 64);
        for c in secrets.certificate_key.chars() {
            assert!(c.is_ascii_digit() || ('a'..='f').contains(&c), "{c}");
        }
    }
}

#[test]
fn no_two_are_the_same() {
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let secrets = generate(now());
        let serial = certificate(&secrets)
            .tbs_certificate()
            .serial_number()
            .to_string();
        for secret in [
            &secrets.bootstrap_token,
            &secrets.certificate_key,
            &secrets.ca_key_pem,
            &serial,
        ] {
            assert!(seen.insert(secret.clone()), "{secret} came twice");
        }
    }
}

#[test]
fn debug_tells_no_secret() {
    let secrets = generate(now());
    let text = format!("{secrets:?} {secrets:#?}");
    for secret in [
        &secrets.bootstrap_token,
        &secrets.certificate_key,
        &secrets.ca_key_pem,
    ] {
        assert!(!text.contains(secret.as_str()));
    }
    assert!(!text.contains("PRIVATE"));
}

#[test]
fn the_ca_is_what_kubeadm_would_have_made() {
    let secrets = generate(now());
    let certificate = certificate(&secrets);
    let body = certificate.tbs_certificate();
    assert_eq!(body.subject().to_string(), "CN=kubernetes");
    assert_eq!(body.issuer(), body.subject());
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
    assert_eq!(seconds(body.validity().not_before), NOW - DAY);
    assert_eq!(seconds(body.validity().not_after), NOW + 3650 * DAY);

    let (critical, constraints) = body
        .get_extension::<BasicConstraints>()
        .expect("well formed")
        .expect("there");
    assert!(critical && constraints.ca && constraints.path_len_constraint.is_none());
    let (critical, usage) = body
        .get_extension::<KeyUsage>()
        .expect("well formed")
        .expect("there");
    let expected =
        KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment | KeyUsages::KeyCertSign;
    assert!(critical);
    assert_eq!(usage, KeyUsage(expected));
    let (_, names) = body
        .get_extension::<SubjectAltName>()
        .expect("well formed")
        .expect("there");
    assert!(matches!(&names.0[..], [GeneralName::DnsName(name)] if name.as_str() == "kubernetes"));
    assert!(
        body.get_extension::<SubjectKeyIdentifier>()
            .expect("well formed")
            .is_some()
    );
}

#[test]
fn the_ca_signs_itself_with_the_key_beside_it() {
    let secrets = generate(now());
    let certificate = certificate(&secrets);
    let body = certificate.tbs_certificate();
    let public = body.subject_public_key_info().to_der().expect("DER");
    let verifying = VerifyingKey::from_public_key_der(&public).expect("a P-256 key");
    let signature =
        DerSignature::try_from(certificate.signature().raw_bytes()).expect("a signature");
    verifying
        .verify(&body.to_der().expect("DER"), &signature)
        .expect("the signature is the key's");

    assert!(
        secrets
            .ca_key_pem
            .starts_with("-----BEGIN EC PRIVATE KEY-----\n")
    );
    let key = p256::SecretKey::from_sec1_pem(&secrets.ca_key_pem).expect("SEC1");
    assert_eq!(VerifyingKey::from(key.public_key()), verifying);
}

#[test]
fn a_clock_far_off_makes_no_panic() {
    for seconds in [0, 1, DAY, 4_102_444_800, 1 << 40] {
        let at = UNIX_EPOCH + Duration::from_secs(seconds);
        certificate(&generate(at));
    }
    certificate(&generate(UNIX_EPOCH - Duration::from_secs(1)));
}

#[test]
fn user_data_has_room_for_any_of_them() {
    for _ in 0..500 {
        let secrets = generate(now());
        let encoded = |text: &str| STANDARD.encode(text).len();
        assert!(encoded(&secrets.ca_certificate_pem) <= longest(placeholder::CA_CERTIFICATE));
        assert!(encoded(&secrets.ca_key_pem) <= longest(placeholder::CA_KEY));
        assert_eq!(
            secrets.bootstrap_token.len(),
            longest(placeholder::BOOTSTRAP_TOKEN)
        );
        assert_eq!(
            secrets.certificate_key.len(),
            longest(placeholder::CERTIFICATE_KEY)
        );
    }
}

#[test]
fn the_file_has_the_variables_of_variables_tf() {
    let secrets = generate(now());
    let value: serde_json::Value = serde_json::from_str(&tfvars(&secrets)).expect("JSON");
    assert_eq!(
        value,
        serde_json::json!({
            "bootstrap_token": secrets.bootstrap_token,
            "certificate_key": secrets.certificate_key,
            "cluster_ca_certificate": secrets.ca_certificate_pem,
            "cluster_ca_key": secrets.ca_key_pem,
        })
    );
}

#[test]
fn the_file_is_for_its_owner_only_and_is_not_overwritten_by_mistake() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secrets.auto.tfvars.json");
    let first = generate(now());
    write(&path, &first, false).expect("written");
    assert_eq!(mode(&path), 0o600);

    let second = generate(now());
    let error = write(&path, &second, false).expect_err("refused");
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).expect("read"), tfvars(&first));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
    write(&path, &second, true).expect("overwritten");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_to_string(&path).expect("read"), tfvars(&second));
    assert_eq!(
        fs::read_dir(folder.path()).expect("list").count(),
        1,
        "nothing is left beside it"
    );

    assert!(write(&folder.path().join("none/x.json"), &first, false).is_err());
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("elsewhere");
    fs::write(&target, "mine\n").expect("written");
    let link = folder.path().join("secrets.auto.tfvars.json");
    let dangling = folder.path().join("dangling");
    symlink(&target, &link).expect("linked");
    symlink(folder.path().join("nowhere"), &dangling).expect("linked");
    let secrets = generate(now());
    for path in [&link, &dangling] {
        let error = write(path, &secrets, false).expect_err("refused");
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    }
    write(&link, &secrets, true).expect("the link is replaced");
    assert_eq!(fs::read_to_string(&target).expect("read"), "mine\n");
    assert!(!fs::symlink_metadata(&link).expect("there").is_symlink());
    assert!(!folder.path().join("nowhere").exists());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
#[ignore = "needs openssl"]
fn openssl_takes_the_ca_and_a_certificate_that_it_signed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let secrets = generate(SystemTime::now());
    fs::write(at("ca.crt"), &secrets.ca_certificate_pem).expect("written");
    fs::write(at("ca.key"), &secrets.ca_key_pem).expect("written");

    let text = openssl(&["x509", "-in", &at("ca.crt"), "-noout", "-text"]);
    for part in [
        "Version: 3 (0x2)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: CN = kubernetes",
        "Subject: CN = kubernetes",
        "ASN1 OID: prime256v1",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment, Certificate Sign",
        "X509v3 Basic Constraints: critical\n                CA:TRUE",
        "X509v3 Subject Key Identifier: \n",
        "DNS:kubernetes",
    ] {
        let (text, part) = (text.replace("CN=", "CN = "), part);
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(openssl(&["ec", "-in", &at("ca.key"), "-check", "-noout"]).contains("EC Key valid."));
    assert_eq!(
        openssl(&["x509", "-in", &at("ca.crt"), "-noout", "-pubkey"]),
        openssl(&["pkey", "-in", &at("ca.key"), "-pubout"]),
    );
    openssl(&[
        "verify",
        "-x509_strict",
        "-check_ss_sig",
        "-CAfile",
        &at("ca.crt"),
        &at("ca.crt"),
    ]);

    openssl(&[
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=kube-apiserver",
        "-keyout",
        &at("leaf.key"),
        "-out",
        &at("leaf.csr"),
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        &at("leaf.csr"),
        "-CA",
        &at("ca.crt"),
        "-CAkey",
        &at("ca.key"),
        "-days",
        "1",
        "-out",
        &at("leaf.crt"),
    ]);
    openssl(&["verify", "-CAfile", &at("ca.crt"), &at("leaf.crt")]);
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .output()
        .expect("openssl runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {text}");
    text
}
