//! The secrets of a cluster: their form, the CA that they hold, and the file they go to.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{EXAMPLE, Folder};
use hagen::component::placeholder::{self, longest};
use hagen::secrets::{Member, Pair, Problem, Secrets, Wanted, generate, tfvars, write};
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

fn ca(secrets: &Secrets) -> Pair {
    secrets.cluster_ca().expect("a CA")
}

fn certificate(secrets: &Secrets) -> Certificate {
    Certificate::from_pem(&ca(secrets).certificate).expect("the certificate is X.509 in PEM")
}

#[test]
fn token_and_key_have_the_form_that_kubeadm_takes() {
    for _ in 0..200 {
        let secrets = generate(now());
        let (id, secret) = secrets.bootstrap_token().split_once('.').expect("a dot");
        assert_eq!((id.len(), secret.len()), (6, 16));
        for c in id.chars().chain(secret.chars()) {
            assert!(c.is_ascii_lowercase() || c.is_ascii_digit(), "{c}");
        }
        assert_eq!(secrets.certificate_key().len(), 64);
        for c in secrets.certificate_key().chars() {
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
            secrets.bootstrap_token().to_owned(),
            secrets.certificate_key().to_owned(),
            ca(&secrets).key.clone(),
            serial,
        ] {
            assert!(seen.insert(secret.clone()), "{secret} came twice");
        }
    }
}

#[test]
fn debug_tells_no_secret() {
    let secrets = generate(now());
    let ca = ca(&secrets);
    let text = format!("{secrets:?} {secrets:#?} {ca:?}");
    for secret in [
        secrets.bootstrap_token(),
        secrets.certificate_key(),
        ca.key.as_str(),
    ] {
        assert!(!text.contains(secret));
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
        ca(&secrets)
            .key
            .starts_with("-----BEGIN EC PRIVATE KEY-----\n")
    );
    let key = p256::SecretKey::from_sec1_pem(&ca(&secrets).key).expect("SEC1");
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
        assert!(encoded(&ca(&secrets).certificate) <= longest(placeholder::CA_CERTIFICATE));
        assert!(encoded(&ca(&secrets).key) <= longest(placeholder::CA_KEY));
        assert_eq!(
            secrets.bootstrap_token().len(),
            longest(placeholder::BOOTSTRAP_TOKEN)
        );
        assert_eq!(
            secrets.certificate_key().len(),
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
            "bootstrap_token": secrets.bootstrap_token(),
            "certificate_key": secrets.certificate_key(),
            "cluster_ca_certificate": ca(&secrets).certificate,
            "cluster_ca_key": ca(&secrets).key,
        })
    );
}

#[test]
fn the_file_is_for_its_owner_only_and_is_not_overwritten_by_mistake() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secrets.auto.tfvars.json");
    let first = generate(now());
    write(&path, &tfvars(&first), false).expect("written");
    assert_eq!(mode_of(&path), 0o600);

    let second = generate(now());
    let error = write(&path, &tfvars(&second), false).expect_err("refused");
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).expect("read"), tfvars(&first));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
    write(&path, &tfvars(&second), true).expect("overwritten");
    assert_eq!(mode_of(&path), 0o600);
    assert_eq!(fs::read_to_string(&path).expect("read"), tfvars(&second));
    assert_eq!(
        fs::read_dir(folder.path()).expect("list").count(),
        1,
        "nothing is left beside it"
    );

    assert!(write(&folder.path().join("none/x.json"), &tfvars(&first), false).is_err());
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
        let error = write(path, &tfvars(&secrets), false).expect_err("refused");
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    }
    write(&link, &tfvars(&secrets), true).expect("the link is replaced");
    assert_eq!(fs::read_to_string(&target).expect("read"), "mine\n");
    assert!(!fs::symlink_metadata(&link).expect("there").is_symlink());
    assert!(!folder.path().join("nowhere").exists());
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

/// A cluster with external etcd of these members.
fn wanted(members: &[&str]) -> Wanted {
    let member = |name: &&str| Member {
        name: (*name).to_owned(),
        host: format!("{name}.prod.etcd.internal"),
    };
    Wanted {
        cluster_ca: true,
        etcd: Some(members.iter().map(member).collect()),
    }
}

fn with_etcd(members: &[&str]) -> (Secrets, Pair) {
    let (mut secrets, mut etcd_ca) = (Secrets::default(), None);
    secrets
        .add(&wanted(members), &mut etcd_ca, now())
        .expect("made");
    (secrets, etcd_ca.expect("a CA"))
}

#[test]
fn the_key_of_etcds_ca_is_not_among_the_secrets() {
    let (secrets, etcd_ca) = with_etcd(&["etcd-1", "etcd-2", "etcd-3"]);
    let text = tfvars(&secrets);
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let names: Vec<&String> = value.as_object().expect("values").keys().collect();
    assert_eq!(
        names,
        [
            "bootstrap_token",
            "certificate_key",
            "cluster_ca_certificate",
            "cluster_ca_key",
            "etcd_ca_certificate",
            "etcd_client_certificate",
            "etcd_client_key",
            "etcd_members"
        ]
    );
    assert_eq!(value["etcd_ca_certificate"], etcd_ca.certificate.as_str());
    let base64: String = etcd_ca.key.lines().nth(1).expect("a line").to_owned();
    assert!(!text.contains(&base64));
    // The two files read back as they were.
    assert_eq!(Secrets::parse(&text).expect("read").text(), text);
    let again = Pair::parse(&etcd_ca.text()).expect("read");
    assert_eq!(again.certificate, etcd_ca.certificate);
    assert_eq!(again.key, etcd_ca.key);
}

#[test]
fn members_are_added_and_all_else_stays() {
    let (before, etcd_ca) = with_etcd(&["etcd-1", "etcd-2", "etcd-3"]);
    let mut after = before.clone();
    let five = wanted(&["etcd-1", "etcd-2", "etcd-3", "etcd-4", "etcd-5"]);
    let added = after
        .add(&five, &mut Some(etcd_ca.clone()), now())
        .expect("added");
    assert_eq!(added, ["etcd_members.etcd-4", "etcd_members.etcd-5"]);
    // Up to the last member's end, the text is the same.
    let (old, new) = (before.text(), after.text());
    let same = old.strip_suffix("\n  }\n}\n").expect("the end");
    assert!(new.starts_with(same));
    let fresh = &new[same.len()..];
    assert!(
        fresh.starts_with(",\n    \"etcd-4\": {"),
        "{}",
        &fresh[..30]
    );
    // Again adds nothing, and needs no CA for it.
    assert!(after.add(&five, &mut None, now()).expect("done").is_empty());
    assert_eq!(after.text(), new);
    // Without the CA, or with another, nothing is made and nothing changes.
    let mut other = before.clone();
    assert_eq!(other.add(&five, &mut None, now()), Err(Problem::NoEtcdCa));
    let (_, stranger) = with_etcd(&["etcd-1"]);
    assert_eq!(
        other.add(&five, &mut Some(stranger), now()),
        Err(Problem::OtherEtcdCa)
    );
    assert_eq!(other.text(), old);
}

#[test]
fn renewing_keeps_the_ca_and_rotating_keeps_all_but_two() {
    let three = ["etcd-1", "etcd-2", "etcd-3"];
    let (before, etcd_ca) = with_etcd(&three);
    let mut after = before.clone();
    after
        .renew_etcd(&wanted(&three), &mut Some(etcd_ca), now())
        .expect("renewed");
    assert_eq!(after.etcd_ca_certificate(), before.etcd_ca_certificate());
    assert_eq!(after.bootstrap_token(), before.bootstrap_token());
    assert_eq!(ca(&after).key, ca(&before).key);
    for name in three {
        let pair = |secrets: &Secrets| secrets.member(name).expect("a member");
        assert_ne!(pair(&after).key, pair(&before).key);
        assert_ne!(pair(&after).certificate, pair(&before).certificate);
    }
    assert_ne!(
        after.etcd_client().expect("there").key,
        before.etcd_client().expect("there").key
    );

    let mut rotated = before.clone();
    rotated.rotate();
    let (old, new) = (before.text(), rotated.text());
    let differing: Vec<&str> = old
        .lines()
        .zip(new.lines())
        .filter(|(old, new)| old != new)
        .map(|(old, _)| old.trim().split('"').nth(1).expect("a name"))
        .collect();
    assert_eq!(differing, ["bootstrap_token", "certificate_key"]);
}

#[test]
fn a_cluster_that_made_its_own_ca_gets_no_other() {
    let tofu = Wanted::default();
    let mut secrets = Secrets::default();
    secrets.add(&tofu, &mut None, now()).expect("made");
    let text = secrets.text();
    assert!(!text.contains("cluster_ca"));
    let pinned = Wanted {
        cluster_ca: true,
        etcd: None,
    };
    assert_eq!(
        secrets.add(&pinned, &mut None, now()),
        Err(Problem::NoClusterCa)
    );
    assert_eq!(secrets.text(), text);
}

#[test]
fn what_is_no_file_of_secrets_is_refused_without_showing_it() {
    let good = tfvars(&generate(now()));
    for (text, problem) in [
        ("nonsense".to_owned(), Problem::NotJson),
        ("[]".to_owned(), Problem::NotJson),
        (
            "{}".to_owned(),
            Problem::Malformed("bootstrap_token".to_owned()),
        ),
        (
            good.replace("cluster_ca_certificate", "other"),
            Problem::Malformed("cluster_ca_key".to_owned()),
        ),
        (
            good.replacen("{\n", "{\n  \"etcd_members\": {\"etcd-1\": {}},\n", 1),
            Problem::Malformed("etcd_members.etcd-1".to_owned()),
        ),
    ] {
        assert_eq!(Secrets::parse(&text).err(), Some(problem));
    }
    // Variables of the user's own stay.
    let more = good.replacen("{\n", "{\n  \"mine\": 1,\n", 1);
    assert_eq!(Secrets::parse(&more).expect("read").text(), more);
}

#[test]
fn a_cas_file_with_another_key_is_none() {
    let (one, other) = (with_etcd(&["etcd-1"]).1, with_etcd(&["etcd-1"]).1);
    let mixed = format!("{}{}", one.certificate, other.key);
    assert_eq!(Pair::parse(&mixed).err(), Some(Problem::MalformedEtcdCa));
    let leaf = with_etcd(&["etcd-1"]).0.member("etcd-1").expect("a member");
    assert_eq!(
        Pair::parse(&leaf.text()).err(),
        Some(Problem::MalformedEtcdCa)
    );
}

#[test]
fn user_data_has_room_for_certificates_of_etcd() {
    // The longest that a machine with user data has: its name is made, its cluster's is not.
    let name = "etcd-7".to_owned();
    let member = Member {
        host: format!("{name}.{}.etcd.internal", "c".repeat(32)),
        name,
    };
    for _ in 0..10 {
        let mut secrets = Secrets::default();
        let wanted = Wanted {
            cluster_ca: false,
            etcd: Some(vec![member.clone()]),
        };
        secrets.add(&wanted, &mut None, now()).expect("made");
        let fits = |text: &str, word: &str| {
            let length = STANDARD.encode(text).len();
            assert!(length <= longest(word), "{word}: {length}");
        };
        let (client, own) = (
            secrets.etcd_client().expect("there"),
            secrets.member(&member.name).expect("there"),
        );
        fits(
            secrets.etcd_ca_certificate().expect("there"),
            placeholder::ETCD_CA_CERTIFICATE,
        );
        fits(&client.certificate, placeholder::ETCD_CLIENT_CERTIFICATE);
        fits(&client.key, placeholder::ETCD_CLIENT_KEY);
        fits(&own.certificate, placeholder::ETCD_MEMBER_CERTIFICATE);
        fits(&own.key, placeholder::ETCD_MEMBER_KEY);
    }
}

/// A folder with a spec of this mode and, with `members`, of external etcd.
fn spec(mode: &str, members: u16) -> String {
    let etcd = if members == 0 {
        String::new()
    } else {
        format!("etcd: {{ external: {{ count: {members} }} }}\n")
    };

    format!("{EXAMPLE}\n{etcd}secrets: {{ mode: {mode} }}\n")
}

fn names(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a file");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value.as_object().expect("values").keys().cloned().collect()
}

const ETCD: [&str; 4] = [
    "etcd_ca_certificate",
    "etcd_client_certificate",
    "etcd_client_key",
    "etcd_members",
];

#[test]
fn each_mode_has_the_values_that_it_needs() {
    for (mode, members) in [("pinned", 0), ("tofu", 0), ("pinned", 3), ("tofu", 3)] {
        let folder = Folder::new(&spec(mode, members));
        let out = "s.auto.tfvars.json";
        let ran = folder.hagen(&["secrets", "--out", out]).code(0);
        assert_eq!(ran.stdout(), format!("{out}\n"));
        let mut expected = vec!["bootstrap_token", "certificate_key"];
        if mode == "pinned" {
            expected.extend(["cluster_ca_certificate", "cluster_ca_key"]);
        }
        if members > 0 {
            expected.extend(ETCD);
        }
        assert_eq!(names(&folder.path().join(out)), expected, "{mode}");
        let ca = folder.path().join("secrets.etcd-ca.pem");
        assert_eq!(ca.exists(), members > 0);
        if members > 0 {
            assert_eq!(mode_of(&ca), 0o600);
            let text = fs::read_to_string(&ca).expect("a file");
            assert!(text.contains("CERTIFICATE") && text.contains("EC PRIVATE KEY"));
        }
        assert!(!folder.path().join("secrets").exists());
    }
}

#[test]
fn machines_that_wait_have_bundles_and_terraform_has_nothing() {
    for members in [0, 3] {
        let folder = Folder::new(&spec("{ drop: file }", members));
        fs::create_dir(folder.path().join("o")).expect("a folder");
        let ran = folder.hagen(&["secrets", "--out", "o"]).code(0);
        assert_eq!(ran.stdout(), "o/secrets.operator.json\n");
        let bundles = folder.path().join("o/secrets");
        assert_eq!(mode_of(&bundles), 0o700);
        let mut found: Vec<String> = fs::read_dir(&bundles)
            .expect("a folder")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into())
            .collect();
        found.sort();
        let mut expected = vec!["control-plane", "first-control-plane", "worker"];
        if members > 0 {
            expected = vec![
                "control-plane",
                "first-control-plane",
                "member-etcd-1",
                "member-etcd-2",
                "member-etcd-3",
                "worker",
            ];
        }
        assert_eq!(found, expected);
        let text = fs::read_to_string(folder.path().join("o/secrets.operator.json")).expect("file");
        let secrets = Secrets::parse(&text).expect("secrets");
        for name in &found {
            let path = bundles.join(name);
            assert_eq!(mode_of(&path), 0o600);
            let text = fs::read_to_string(&path).expect("a bundle");
            let mut lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.pop(), Some("end"));
            let values: Vec<(&str, String)> = lines
                .iter()
                .map(|line| {
                    let (name, value) = line.split_once(' ').expect("two words");
                    let value = STANDARD.decode(value).expect("base64");
                    (name, String::from_utf8(value).expect("text"))
                })
                .collect();
            let has: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            let mut expected = match name.as_str() {
                "first-control-plane" => {
                    vec!["bootstrap-token", "certificate-key", "ca.crt", "ca.key"]
                }
                "control-plane" => vec!["bootstrap-token", "certificate-key", "ca.crt"],
                "worker" => vec!["bootstrap-token", "ca.crt"],
                _ => vec!["ca.crt", "member.crt", "member.key"],
            };
            if members > 0 && name == "first-control-plane" {
                expected.extend([
                    "etcd/ca.crt",
                    "apiserver-etcd-client.crt",
                    "apiserver-etcd-client.key",
                ]);
            }
            assert_eq!(has, expected, "{name}");
            for (has, value) in values {
                let expected = match (
                    has,
                    secrets.member(name.strip_prefix("member-").unwrap_or(name)),
                ) {
                    ("bootstrap-token", _) => secrets.bootstrap_token().to_owned(),
                    ("certificate-key", _) => secrets.certificate_key().to_owned(),
                    ("etcd/ca.crt", _) | ("ca.crt", Some(_)) => {
                        secrets.etcd_ca_certificate().expect("a CA").to_owned()
                    }
                    ("ca.crt", None) => ca(&secrets).certificate.clone(),
                    ("ca.key", _) => ca(&secrets).key.clone(),
                    ("apiserver-etcd-client.crt", _) => {
                        secrets.etcd_client().expect("there").certificate.clone()
                    }
                    ("apiserver-etcd-client.key", _) => {
                        secrets.etcd_client().expect("there").key.clone()
                    }
                    ("member.crt", Some(member)) => member.certificate.clone(),
                    ("member.key", Some(member)) => member.key.clone(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(value, expected, "{name} {has}");
            }
        }
        // Terraform would read these names.
        for out in [
            "o/secrets.auto.tfvars.json",
            "o/secrets.tfvars.json",
            "o/x.json",
        ] {
            folder
                .hagen(&["secrets", "--out", out])
                .code(3)
                .stderr_has("HGN9006");
        }
        folder
            .hagen(&["secrets", "--out", "o/secrets.other.json"])
            .code(0);
    }
}

#[test]
fn from_three_members_to_five() {
    for mode in ["pinned", "{ drop: url }"] {
        let folder = Folder::new(&spec(mode, 3));
        fs::create_dir(folder.path().join("o")).expect("a folder");
        let hagen = |flags: &[&str]| {
            let arguments = [&["secrets", "--out", "o"], flags].concat();
            folder.hagen(&arguments)
        };
        let main = hagen(&[]).code(0).stdout();
        let main = folder.path().join(main.trim());
        let ca = folder.path().join("o/secrets.etcd-ca.pem");
        let read = |path: &Path| fs::read_to_string(path).expect("a file");
        let (before, key) = (read(&main), read(&ca));
        hagen(&[]).code(2).stderr_has("HGN9005").stderr_has("--add");
        hagen(&["--add"]).code(0).stderr_has("nothing was missing");
        assert_eq!(read(&main), before);

        folder.spec(&spec(mode, 5));
        let ran = hagen(&["--add"])
            .code(0)
            .stderr_has("added: `etcd_members.etcd-4` and `etcd_members.etcd-5`");
        let after = read(&main);
        assert!(after.starts_with(before.strip_suffix("\n  }\n}\n").expect("the end")));
        assert_eq!(read(&ca), key);
        let secrets = Secrets::parse(&after).expect("secrets");
        for secret in [
            secrets.bootstrap_token(),
            secrets.certificate_key(),
            "PRIVATE",
        ] {
            assert!(!ran.stderr().contains(secret));
        }
        if mode != "pinned" {
            assert!(folder.path().join("o/secrets/member-etcd-5").exists());
        }

        hagen(&["--renew-etcd"]).code(0);
        let renewed = Secrets::parse(&read(&main)).expect("secrets");
        assert_ne!(
            renewed.member("etcd-1").expect("there").key,
            secrets.member("etcd-1").expect("there").key
        );
        assert_eq!(renewed.bootstrap_token(), secrets.bootstrap_token());
        assert_eq!(read(&ca), key);
        hagen(&["--rotate"]).code(0);
        let rotated = Secrets::parse(&read(&main)).expect("secrets");
        assert_ne!(rotated.bootstrap_token(), secrets.bootstrap_token());
        assert_eq!(
            rotated.member("etcd-1").expect("there").key,
            renewed.member("etcd-1").expect("there").key
        );

        // Without the CA nothing is signed, and nothing changes.
        let before = read(&main);
        fs::rename(&ca, folder.path().join("elsewhere")).expect("moved");
        folder.spec(&spec(mode, 7));
        for flag in ["--add", "--renew-etcd"] {
            hagen(&[flag]).code(2).stderr_has("HGN9012");
        }
        fs::write(&ca, "nonsense").expect("written");
        hagen(&["--add"]).code(2).stderr_has("HGN9012");
        let other = Folder::new(&spec("pinned", 3));
        other.hagen(&["secrets", "--out", "s.tfvars.json"]).code(0);
        fs::copy(other.path().join("secrets.etcd-ca.pem"), &ca).expect("copied");
        hagen(&["--add"]).code(2).stderr_has("another CA");
        assert_eq!(read(&main), before);
        // All anew, the CA too.
        hagen(&["--force"]).code(0);
        assert_ne!(read(&ca), key);
        let all = Secrets::parse(&read(&main)).expect("secrets");
        assert!(all.member("etcd-7").is_some());
        assert_ne!(all.etcd_ca_certificate(), rotated.etcd_ca_certificate());
    }
}

#[test]
fn a_render_leaves_all_of_them_as_they_are() {
    let folder = Folder::new(&spec("{ drop: file }", 3));
    folder.render().code(0);
    folder.hagen(&["secrets", "--out", "out/prod-aws"]).code(0);
    let files = [
        "secrets.operator.json",
        "secrets.etcd-ca.pem",
        "secrets/worker",
        "secrets/member-etcd-1",
    ];
    let read = |file: &&str| fs::read_to_string(folder.out(file)).expect("a file");
    let before: Vec<String> = files.iter().map(read).collect();
    folder.spec(&spec("{ drop: file }", 5));
    folder.render().code(0);
    assert_eq!(files.iter().map(read).collect::<Vec<_>>(), before);
    for file in files {
        assert_eq!(mode_of(&folder.out(file)), 0o600);
    }
    assert_eq!(mode_of(&folder.out("secrets")), 0o700);
    let ignored = fs::read_to_string(folder.out(".gitignore")).expect("file");
    for line in ["secrets.*", "secrets/"] {
        assert!(ignored.lines().any(|ignored| ignored == line));
    }
}

#[test]
fn flags_that_contradict_each_other_and_files_that_are_not_there() {
    let folder = Folder::new(&spec("pinned", 0));
    folder
        .hagen(&["secrets", "--out", "s.tfvars.json", "--add", "--force"])
        .code(2);
    for flag in ["--add", "--rotate", "--renew-etcd"] {
        folder
            .hagen(&["secrets", "--out", "s.tfvars.json", flag])
            .code(3)
            .stderr_has("HGN9001");
    }
    folder.hagen(&["secrets", "--out", "s.tfvars.json"]).code(0);
    folder
        .hagen(&["secrets", "--out", "s.tfvars.json", "--renew-etcd"])
        .code(2)
        .stderr_has("HGN9011");
    fs::create_dir(folder.path().join("specs")).expect("a folder");
    for name in ["a.yaml", "b.yaml"] {
        fs::write(folder.path().join("specs").join(name), EXAMPLE).expect("written");
    }
    folder
        .hagen(&["secrets", "--file", "specs", "--out", "t.tfvars.json"])
        .code(2)
        .stderr_has("HGN9009");
}

#[test]
#[ignore = "needs openssl"]
fn openssl_takes_the_ca_and_a_certificate_that_it_signed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let secrets = generate(SystemTime::now());
    fs::write(at("ca.crt"), &ca(&secrets).certificate).expect("written");
    fs::write(at("ca.key"), &ca(&secrets).key).expect("written");

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

#[test]
#[ignore = "needs openssl"]
fn openssl_takes_the_certificates_of_etcd_before_and_after_they_are_renewed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let three = wanted(&["etcd-1", "etcd-2", "etcd-3"]);
    let (mut secrets, mut etcd_ca) = (Secrets::default(), None);
    let now = SystemTime::now();
    secrets.add(&three, &mut etcd_ca, now).expect("made");
    for round in ["made", "renewed", "rotated"] {
        match round {
            "renewed" => secrets
                .renew_etcd(&three, &mut etcd_ca, now)
                .expect("renewed"),
            "rotated" => secrets.rotate(),
            _ => {}
        }
        let ca = secrets.etcd_ca_certificate().expect("a CA");
        fs::write(at("ca.crt"), ca).expect("written");
        let text =
            openssl(&["x509", "-in", &at("ca.crt"), "-noout", "-text"]).replace("CN=", "CN = ");
        for part in ["Issuer: CN = etcd-ca", "Subject: CN = etcd-ca", "CA:TRUE"] {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
        // Ten years, or a year, and a day.
        let lives = |name: &str, seconds: u64| {
            let left = |seconds: u64| {
                Command::new("openssl")
                    .args(["x509", "-in", &at(name), "-noout", "-checkend"])
                    .arg(seconds.to_string())
                    .output()
                    .expect("openssl runs")
                    .status
                    .success()
            };
            assert!(left(seconds - 600) && !left(seconds + 600), "{name}");
        };
        lives("ca.crt", 3650 * DAY);
        let mut leaves = vec![("client".to_owned(), secrets.etcd_client().expect("there"))];
        for member in three.etcd.iter().flatten() {
            let pair = secrets.member(&member.name).expect("there");
            leaves.push((member.name.clone(), pair));
        }
        for (name, pair) in leaves {
            fs::write(at("leaf.crt"), &pair.certificate).expect("written");
            fs::write(at("leaf.key"), &pair.key).expect("written");
            assert!(pair.key.starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
            lives("leaf.crt", 365 * DAY);
            assert!(
                openssl(&["ec", "-in", &at("leaf.key"), "-check", "-noout"])
                    .contains("EC Key valid.")
            );
            assert_eq!(
                openssl(&["x509", "-in", &at("leaf.crt"), "-noout", "-pubkey"]),
                openssl(&["pkey", "-in", &at("leaf.key"), "-pubout"]),
            );
            let verify = |purpose: &str| {
                let arguments = ["verify", "-x509_strict", "-purpose", purpose];
                Command::new("openssl")
                    .args(arguments)
                    .args(["-CAfile", &at("ca.crt"), &at("leaf.crt")])
                    .output()
                    .expect("openssl runs")
                    .status
                    .success()
            };
            let client = name == "client";
            assert!(verify("sslclient"), "{round} {name}");
            assert_eq!(verify("sslserver"), !client, "{round} {name}");
            let text = openssl(&["x509", "-in", &at("leaf.crt"), "-noout", "-text"])
                .replace("CN=", "CN = ");
            let mut parts = vec![
                "Issuer: CN = etcd-ca\n".to_owned(),
                "ASN1 OID: prime256v1".to_owned(),
                "Key Usage: critical\n                Digital Signature, Key Encipherment\n"
                    .to_owned(),
                "CA:FALSE".to_owned(),
                "Authority Key Identifier".to_owned(),
            ];
            if client {
                parts.push("Subject: CN = kube-apiserver-etcd-client\n".to_owned());
                assert!(!text.contains("Subject Alternative Name"));
            } else {
                parts.push(format!("Subject: CN = {name}\n"));
                parts.push(format!(
                    "DNS:{name}.prod.etcd.internal, DNS:{name}, DNS:localhost, \
                     IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"
                ));
            }
            for part in parts {
                assert!(text.contains(&part), "no {part:?} in {text}");
            }
        }
    }
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

/// Secrets in the folder of another cluster would be taken for its own.
#[test]
fn another_clusters_folder_is_left_alone() {
    let folder = Folder::new(EXAMPLE);
    folder.render().code(0);
    folder.hagen(&["secrets", "--out", "out/prod-aws"]).code(0);
    let own = folder.out("secrets.auto.tfvars.json");
    let before = std::fs::read_to_string(&own).expect("secrets");
    folder.spec(&EXAMPLE.replace("name: prod", "name: shop"));
    for arguments in [
        &["secrets", "--force", "--out", "out/prod-aws"][..],
        &["secrets", "--add", "--out", "out/prod-aws"],
        &["rearm", "--secrets", "out/prod-aws"],
        &["rearm", "--rotate", "--secrets", "out/prod-aws"],
    ] {
        folder.hagen(arguments).code(2).stderr_has("HGN8008");
    }
    assert_eq!(std::fs::read_to_string(&own).expect("secrets"), before);
}
