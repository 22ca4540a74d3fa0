//! Clusters of any shape, as specs.

use std::fmt::Write as _;

use hagen::plan::{self, Plan};
use hagen::spec::{Cluster, Etcd, ExternalEtcd};

/// What stands in front of the API servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    Haproxy,
    HaproxyOnControlPlane,
    Nginx,
    NginxOnControlPlane,
    KubeVip,
}

/// Machines of one's own. A zone is a number, none where the spec does not say it.
#[derive(Clone, Debug)]
pub(crate) struct Baremetal {
    pub(crate) front: Front,
    /// The zones of the control-plane nodes, `cp-1` first.
    pub(crate) control_plane: Vec<Option<u8>>,
    /// Those of the members of external etcd; empty for stacked ones.
    pub(crate) etcd: Vec<Option<u8>>,
    /// Those of two load balancers of their own.
    pub(crate) load_balancers: Vec<Option<u8>>,
    /// Those of the workers.
    pub(crate) workers: Vec<Option<u8>>,
}

impl Baremetal {
    /// Control-plane nodes with etcd, without zones.
    pub(crate) fn stacked(front: Front, control_plane: usize) -> Self {
        Self {
            front,
            control_plane: vec![None; control_plane],
            etcd: Vec::new(),
            load_balancers: vec![None; 2],
            workers: vec![None; 2],
        }
    }

    pub(crate) fn plan(&self) -> Plan {
        let spec: Cluster = serde_saphyr::from_str(&self.text()).expect("a spec");
        plan::build(&spec, "baremetal")
    }

    fn dedicated(&self) -> bool {
        matches!(self.front, Front::Haproxy | Front::Nginx)
    }

    pub(crate) fn text(&self) -> String {
        let etcd = if self.etcd.is_empty() {
            "stacked".to_owned()
        } else {
            format!("{{ external: {{ count: {} }} }}", self.etcd.len())
        };
        let (kind, nodes) = match self.front {
            Front::Haproxy => ("haproxy", "nodes: [lb-1, lb-2], "),
            Front::HaproxyOnControlPlane => ("haproxy", ""),
            Front::Nginx => ("nginx", "nodes: [lb-1, lb-2], "),
            Front::NginxOnControlPlane => ("nginx", ""),
            Front::KubeVip => ("kubeVip", ""),
        };
        let balancer = if self.front == Front::KubeVip {
            "{ kubeVip: {} }".to_owned()
        } else {
            format!("{{ {kind}: {{ {nodes}keepalived: {{ virtualRouterId: 77 }} }} }}")
        };
        let port = match self.front {
            Front::HaproxyOnControlPlane | Front::NginxOnControlPlane => 8443,
            _ => 6443,
        };
        let mut text = format!(
            "apiVersion: hagen.dev/v1alpha1\n\
             kind: Cluster\n\
             name: prod\n\
             kubernetes: {{ version: 1.37.1, podSubnets: [10.244.0.0/16], serviceSubnets: [10.96.0.0/12] }}\n\
             endpoint: {{ host: api.prod.example.com, port: {port} }}\n\
             etcd: {etcd}\n\
             controlPlane: {{ count: {}, allowSingle: true }}\n\
             workers: {{ count: {} }}\n\
             targets:\n  baremetal:\n    \
               network: {{ cidr: 10.20.0.0/24, gateway: 10.20.0.1 }}\n    \
               interface: eth0\n    \
               virtualIp: 10.20.0.10\n    \
               loadBalancer: {balancer}\n    \
               sshAuthorizedKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5vdCBhIHJlYWwga2V5LCBqdXN0IGFuIGV4YW1wbGUh ops]\n    \
               machines:\n",
            self.control_plane.len(),
            self.workers.len(),
        );
        let none = Vec::new();
        let balancers = if self.dedicated() {
            &self.load_balancers
        } else {
            &none
        };
        for (name, role, first, zones) in [
            ("lb", "loadBalancer", 11, balancers),
            ("cp", "controlPlane", 21, &self.control_plane),
            ("worker", "worker", 31, &self.workers),
            ("etcd", "etcd", 41, &self.etcd),
        ] {
            for (at, zone) in zones.iter().enumerate() {
                let zone = zone.map_or(String::new(), |zone| format!(", zone: room-{zone}"));
                let _ = writeln!(
                    text,
                    "      - {{ name: {name}-{}, role: {role}, address: 10.20.0.{}{zone} }}",
                    at + 1,
                    first + at
                );
            }
        }
        text
    }
}

/// An example for a cloud with other numbers, and only the first of its zones.
pub(crate) fn cloud(
    example: &str,
    target: &str,
    control_plane: u16,
    etcd: Option<u16>,
    zones: usize,
) -> (Cluster, Plan) {
    narrow(example, target, (control_plane, etcd), zones, zones)
}

/// The same with a load balancer in fewer zones, where that is another choice than the machines'.
pub(crate) fn narrow(
    example: &str,
    target: &str,
    (control_plane, etcd): (u16, Option<u16>),
    zones: usize,
    of_balancer: usize,
) -> (Cluster, Plan) {
    let path = format!("{}/examples/{example}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("an example");
    let mut spec: Cluster = serde_saphyr::from_str(&text).expect("a spec");
    spec.control_plane.count = control_plane;
    spec.etcd = etcd.map_or(Etcd::Stacked, |count| {
        Etcd::External(ExternalEtcd { count })
    });
    let targets = &mut spec.targets;
    if let Some(own) = &mut targets.aws {
        own.network.subnets.truncate(zones);
        own.network.public_subnets.truncate(of_balancer);
    }
    if let Some(own) = &mut targets.aliyun {
        own.network.subnets.truncate(zones);
    }
    if let Some(own) = &mut targets.tencent {
        own.network.subnets.truncate(zones);
    }
    if let Some(own) = &mut targets.huawei {
        own.network.subnets.truncate(zones);
        let subnets = own.network.subnets.iter().take(of_balancer);
        own.elb.zones = subnets.map(|subnet| subnet.zone.clone()).collect();
    }
    let plan = plan::build(&spec, target);
    (spec, plan)
}
