//! The rules that Alibaba Cloud, Tencent Cloud and Huawei Cloud have in common.

mod endpoint;
mod fixed_addresses;
mod ids;
mod machines;
mod network;
mod provision;
mod tags;
mod traffic;
mod zones;

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use crate::diagnostic::code::cloud as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::cloud::{self as facts, Cloud};
use crate::spec::{
    AliyunLoadBalancer, CloudMachines, CloudProvider, CloudSubnet, CloudTarget, Cluster, Etcd,
    Exposure,
};

/// Checks what these clouds have in common.
pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    zones::check(target, report);
    ids::check(target, report);
    network::check(target, report);
    endpoint::check(target, report);
    traffic::check(target, report);
    match target.own.machines {
        CloudMachines::Provision(provision) => {
            fixed_addresses::check(target, report);
            provision::check(target, provision, report);
        }
        CloudMachines::Existing(list) => machines::check(target, list, report),
    }
    tags::check(target, report);
}

/// The target with what most rules ask of it.
pub(super) struct Target<'a> {
    pub(super) spec: &'a Cluster,
    pub(super) own: CloudTarget<'a>,
    pub(super) facts: &'static Cloud,
}

/// What a kind of load balancer is like.
#[derive(Clone, Copy)]
pub(super) struct Balancer {
    /// The kind, as `providers/hairpin.yaml` has it.
    pub(super) kind: &'static str,
    /// What people call it.
    pub(super) title: &'static str,
    /// Whether it brings a DNS name.
    pub(super) own_name: bool,
    /// Whether nodes use a private address of an internet-facing one, too.
    pub(super) always_private: bool,
}

impl<'a> Target<'a> {
    pub(super) fn new(spec: &'a Cluster, own: CloudTarget<'a>) -> Self {
        let facts = facts::of(own.name)
            .unwrap_or_else(|| panic!("nothing is known of {}, a bug in hagen", own.name));
        Self { spec, own, facts }
    }

    /// A path below this target.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("targets.{}.{rest}", self.own.name)
    }

    /// The path of a subnet's key.
    pub(super) fn subnet_path(&self, at: usize, key: &str) -> String {
        self.path(&format!("network.subnets[{at}].{key}"))
    }

    /// The path of an existing machine's key.
    pub(super) fn machine_path(&self, at: usize, key: &str) -> String {
        self.path(&format!("machines.existing[{at}].{key}"))
    }

    /// The cloud's name.
    pub(super) fn title(&self) -> &'static str {
        &self.facts.title
    }

    /// What the cloud calls a subnet.
    pub(super) fn subnet_word(&self) -> &'static str {
        &self.facts.subnet_word
    }

    /// Whether the endpoint is on the internet.
    pub(super) fn internet(&self) -> bool {
        self.spec.endpoint.exposure == Exposure::Internet
    }

    /// Whether hagen makes the VPC.
    pub(super) fn makes_network(&self) -> bool {
        self.own.network.vpc.is_none()
    }

    /// Whether Terraform makes the machines.
    pub(super) fn provisions(&self) -> bool {
        matches!(self.own.machines, CloudMachines::Provision(_))
    }

    /// Whether the cloud's own controller runs in the cluster.
    pub(super) fn cloud_controller(&self) -> bool {
        self.spec.kubernetes.cloud_provider == CloudProvider::External
    }

    /// How many machines external etcd has; none with stacked etcd.
    pub(super) fn etcd_machines(&self) -> u16 {
        match self.spec.etcd {
            Etcd::Stacked => 0,
            Etcd::External(external) => external.count,
        }
    }

    /// The load balancer.
    pub(super) fn balancer(&self) -> Balancer {
        let balancer = |kind, title| Balancer {
            kind,
            title,
            own_name: false,
            always_private: false,
        };
        let aliyun = self.spec.targets.aliyun.as_ref();
        match self.own.name {
            "tencent" => balancer("clb", "a CLB"),
            "huawei" => Balancer {
                always_private: true,
                ..balancer("elb", "an ELB")
            },
            _ if aliyun.is_some_and(|own| own.load_balancer == AliyunLoadBalancer::Slb) => {
                balancer("slb", "a classic SLB")
            }
            _ => Balancer {
                own_name: true,
                ..balancer("nlb", "an NLB")
            },
        }
    }

    /// Whether nodes reach the load balancer at a private address.
    pub(super) fn private_for_nodes(&self) -> bool {
        !self.internet() || self.balancer().always_private
    }

    /// Whether the load balancer takes machines by their ids.
    pub(super) fn registers_by_id(&self) -> bool {
        self.own.name != "huawei"
    }

    /// How many of `count` machines that Terraform makes stand in each subnet: they go round,
    /// beginning with the first.
    pub(super) fn shares(&self, count: u16) -> Vec<usize> {
        let (subnets, count) = (self.own.network.subnets.len(), usize::from(count));
        (0..subnets)
            .map(|at| count / subnets + usize::from(at < count % subnets))
            .collect()
    }

    /// Whether the cloud keeps an address of a subnet for itself.
    fn keeps(&self, subnet: Ipv4Net, address: Ipv4Addr) -> bool {
        let (first, last) = (u32::from(subnet.network()), u32::from(subnet.broadcast()));
        subnet.contains(&address)
            && (u32::from(address) - first < self.facts.reserved_first
                || last - u32::from(address) < self.facts.reserved_last)
    }

    /// The addresses of a subnet that the cloud keeps, in words.
    fn kept(&self, subnet: Ipv4Net) -> String {
        let number = |count| match count {
            1 => String::new(),
            count => format!("{count} "),
        };
        format!(
            "the first {}and the last {}of `{subnet}`",
            number(self.facts.reserved_first),
            number(self.facts.reserved_last)
        )
    }

    /// The warning about a setting that nothing depends on.
    fn unused(&self, key: &str, message: &str) -> Diagnostic {
        Diagnostic::new(&code::UNUSED_SETTING, message)
            .key(self.path(key), "without effect")
            .cure("remove it, or make the choice that uses it")
    }
}

/// The subnets with their places in the spec, sorted by first address.
struct Sorted<'a>(Vec<(usize, &'a CloudSubnet)>);

impl<'a> Sorted<'a> {
    fn new(target: &Target<'a>) -> Self {
        let mut subnets: Vec<_> = target.own.network.subnets.iter().enumerate().collect();
        subnets.sort_by_key(|(_, subnet)| subnet.cidr);
        Self(subnets)
    }

    /// The subnet that holds an address. Subnets are apart unless another rule has refused them.
    fn holder(&self, address: Ipv4Addr) -> Option<(usize, &'a CloudSubnet)> {
        let after = self
            .0
            .partition_point(|(_, subnet)| subnet.cidr.network() <= address);
        let found = *self.0.get(after.checked_sub(1)?)?;
        found.1.cidr.contains(&address).then_some(found)
    }
}

/// A network without the prefix of a single address.
fn plain(net: IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() {
        net.addr().to_string()
    } else {
        net.to_string()
    }
}
