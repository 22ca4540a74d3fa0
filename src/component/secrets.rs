//! Which secrets a machine gets, under which names.

use super::placeholder;
use crate::plan::{Etcd, Node, Plan, Role, SecretsMode};

/// A secret, or a certificate that comes with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its name in a bundle.
    pub name: &'static str,
    /// Its file on the machine.
    pub path: &'static str,
    /// The file's mode.
    pub mode: &'static str,
    /// What stands in a cloud-init file in its place.
    pub placeholder: &'static str,
    /// Whether the placeholder is of base64.
    pub encoded: bool,
}

const BOOTSTRAP_TOKEN: Secret = Secret {
    name: "bootstrap-token",
    path: "/etc/hagen/bootstrap-token",
    mode: "0600",
    placeholder: placeholder::BOOTSTRAP_TOKEN,
    encoded: false,
};
const CERTIFICATE_KEY: Secret = Secret {
    name: "certificate-key",
    path: "/etc/hagen/certificate-key",
    mode: "0600",
    placeholder: placeholder::CERTIFICATE_KEY,
    encoded: false,
};
const CA_CERTIFICATE: Secret = Secret {
    name: "ca.crt",
    path: "/etc/hagen/pki/ca.crt",
    mode: "0644",
    placeholder: placeholder::CA_CERTIFICATE,
    encoded: true,
};
const CA_KEY: Secret = Secret {
    name: "ca.key",
    path: "/etc/hagen/pki/ca.key",
    mode: "0600",
    placeholder: placeholder::CA_KEY,
    encoded: true,
};
/// For an API server, which comes to etcd with a certificate of its own.
const ETCD_CLIENT: [Secret; 3] = [
    Secret {
        name: "etcd/ca.crt",
        path: "/etc/hagen/pki/etcd/ca.crt",
        mode: "0644",
        placeholder: placeholder::ETCD_CA_CERTIFICATE,
        encoded: true,
    },
    Secret {
        name: "apiserver-etcd-client.crt",
        path: "/etc/hagen/pki/apiserver-etcd-client.crt",
        mode: "0644",
        placeholder: placeholder::ETCD_CLIENT_CERTIFICATE,
        encoded: true,
    },
    Secret {
        name: "apiserver-etcd-client.key",
        path: "/etc/hagen/pki/apiserver-etcd-client.key",
        mode: "0600",
        placeholder: placeholder::ETCD_CLIENT_KEY,
        encoded: true,
    },
];
/// For a member of etcd.
const ETCD_MEMBER: [Secret; 3] = [
    Secret {
        name: "ca.crt",
        path: "/etc/hagen/pki/ca.crt",
        mode: "0644",
        placeholder: placeholder::ETCD_CA_CERTIFICATE,
        encoded: true,
    },
    Secret {
        name: "member.crt",
        path: "/etc/hagen/pki/member.crt",
        mode: "0644",
        placeholder: placeholder::ETCD_MEMBER_CERTIFICATE,
        encoded: true,
    },
    Secret {
        name: "member.key",
        path: "/etc/hagen/pki/member.key",
        mode: "0600",
        placeholder: placeholder::ETCD_MEMBER_KEY,
        encoded: true,
    },
];

/// What a machine of this role gets, and nothing else: workers get no certificate key, only the
/// first control-plane node gets keys of CAs, and no machine the key of etcd's CA.
pub fn of(plan: &Plan, role: Role) -> Vec<Secret> {
    let ca = plan.secrets.mode != SecretsMode::Tofu;
    chosen(role, ca, matches!(plan.etcd, Etcd::External(_)))
}

/// What a machine of this role gets at most, in any cluster: for who has no plan, as `hagen seed`.
pub fn at_most(role: Role) -> Vec<Secret> {
    chosen(role, true, true)
}

fn chosen(role: Role, ca: bool, external_etcd: bool) -> Vec<Secret> {
    match role {
        Role::Etcd => return ETCD_MEMBER.to_vec(),
        // It passes on what is encrypted, and needs to know nothing.
        Role::LoadBalancer => return Vec::new(),
        _ => {}
    }
    let mut secrets = vec![BOOTSTRAP_TOKEN];
    if role.is_control_plane() {
        secrets.push(CERTIFICATE_KEY);
    }
    if ca {
        secrets.push(CA_CERTIFICATE);
    }
    if role == Role::FirstControlPlane {
        if ca {
            secrets.push(CA_KEY);
        }
        if external_etcd {
            // `kubeadm init --upload-certs` hands them on to the others.
            secrets.extend(ETCD_CLIENT);
        }
    }
    secrets
}

/// The name of the bundle of secrets that a machine waits for: that of its role, or a member's
/// own, which no machine's name makes the same as a role's.
pub fn bundle(node: &Node) -> String {
    match node.role {
        Role::Etcd => format!("member-{}", node.name),
        other => role(other).to_owned(),
    }
}

/// Every role.
pub const ROLES: [Role; 5] = [
    Role::FirstControlPlane,
    Role::ControlPlane,
    Role::Worker,
    Role::Etcd,
    Role::LoadBalancer,
];

/// A role as it is called in files and by the bootstrap script.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::FirstControlPlane => "first-control-plane",
        Role::ControlPlane => "control-plane",
        Role::Worker => "worker",
        Role::Etcd => "etcd",
        Role::LoadBalancer => "load-balancer",
    }
}

/// Whether secrets stand in the user data.
pub fn in_user_data(plan: &Plan) -> bool {
    !matches!(plan.secrets.mode, SecretsMode::Drop(_))
}
