//! What hagen knows of Alibaba Cloud, Tencent Cloud and Huawei Cloud alike: `cloud.yaml` below
//! `providers/NAME/`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::Deserialize;

use super::kubernetes::Prefixes;

/// What is known of one cloud.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cloud {
    /// Its name in words.
    pub title: String,
    /// What it calls a subnet.
    pub subnet_word: String,
    /// The forms of its ids.
    pub ids: Ids,
    /// The regions that hagen knows, each with its zones.
    pub regions: BTreeMap<String, Vec<String>>,
    /// Addresses that it keeps at the start of a subnet.
    pub reserved_first: u32,
    /// Addresses that it keeps at the end of a subnet.
    pub reserved_last: u32,
    /// The prefixes that a VPC can have.
    pub vpc_prefixes: Prefixes,
    /// The prefixes that a subnet can have.
    pub subnet_prefixes: Prefixes,
    /// Where the newest public image of an operating system is found.
    pub images: BTreeMap<String, Image>,
    /// The kinds of disks.
    pub disk_types: Vec<String>,
    /// The smallest system disk, in GiB.
    pub smallest_disk: u16,
    /// The largest system disk, in GiB.
    pub largest_disk: u16,
    /// The smallest data disk, in GiB.
    pub smallest_data_disk: u16,
    /// The system disk of a member of external etcd, in GiB.
    pub etcd_root_disk: u16,
    /// Where the metadata service is.
    pub metadata_addresses: Vec<String>,
    /// Where machines get the time without a way out of the network.
    pub time_servers: Vec<String>,
    /// Limits of tags.
    pub tags: TagLimits,
    /// Whether what the load balancer lets in passes the machines' security groups.
    #[serde(default)]
    pub load_balancer_passes_security_groups: bool,
    /// The most bytes of a name of a machine.
    pub machine_name_length: usize,
}

/// The forms of a cloud's ids.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ids {
    /// Of a VPC.
    pub vpc: IdForm,
    /// Of a subnet.
    pub subnet: IdForm,
    /// Of a machine.
    pub instance: IdForm,
    /// Of an image.
    pub image: IdForm,
    /// Of a security group.
    pub security_group: IdForm,
    /// Of a private DNS zone.
    pub dns_zone: IdForm,
}

/// The form of an id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdForm {
    /// This, and lower-case letters and digits behind it.
    Prefix(String),
    /// A UUID.
    Uuid,
    /// 32 hexadecimal digits.
    Hexadecimal,
    /// Letters, digits and `._-`.
    Word,
}

impl IdForm {
    /// Whether a text has the form.
    pub fn fits(&self, text: &str) -> bool {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        match self {
            Self::Prefix(prefix) => text
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| (4..=64).contains(&rest.len()) && rest.bytes().all(plain)),
            Self::Uuid => {
                let parts: Vec<&str> = text.split('-').collect();
                parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
                    && parts.iter().all(|part| part.bytes().all(hexadecimal))
            }
            Self::Hexadecimal => text.len() == 32 && text.bytes().all(hexadecimal),
            Self::Word => {
                (4..=128).contains(&text.len())
                    && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            }
        }
    }

    /// An example.
    pub fn example(&self) -> String {
        match self {
            Self::Prefix(prefix) => format!("{prefix}a1b2c3d4"),
            Self::Uuid => "01234567-89ab-cdef-0123-456789abcdef".into(),
            Self::Hexadecimal => "0123456789abcdef0123456789abcdef".into(),
            Self::Word => "an id without spaces".into(),
        }
    }
}

/// Where the newest public image of an operating system is found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// What finds it: a regular expression of its name, or its name.
    pub name: String,
    /// Who logs in.
    pub user: String,
    /// Whether its cloud-init gets its user data from a metadata service that wants a token.
    #[serde(default = "yes")]
    pub metadata_tokens: bool,
}

fn yes() -> bool {
    true
}

/// Limits of tags.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagLimits {
    /// The most tags that a spec may have.
    pub most: usize,
    /// The most characters of a key.
    pub key_length: usize,
    /// The most characters of a value.
    pub value_length: usize,
    /// Beginnings of keys that the cloud keeps for itself.
    pub reserved_prefixes: Vec<String>,
    /// Characters that keys and values may have beside letters, digits and spaces.
    pub characters: String,
}

/// What is known of a cloud, by the word of `--provider`; none where it is another kind of target.
pub fn of(name: &str) -> Option<&'static Cloud> {
    match name {
        "aliyun" => Some(&super::aliyun::CLOUD),
        "tencent" => Some(&super::tencent::CLOUD),
        "huawei" => Some(&super::huawei::CLOUD),
        _ => None,
    }
}

/// Where the fixed addresses of machines begin in a subnet of which no part is kept for them.
const FIRST: u32 = 16;
/// How many addresses are kept for the control plane, and behind these for members of etcd. Seven of
/// each is the most.
const KEPT: u32 = 8;

/// What a machine that Terraform makes is, for its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A control-plane node.
    ControlPlane,
    /// A member of external etcd.
    Etcd,
    /// A worker.
    Worker,
}

/// The fixed address of the `at`-th machine of its kind in a subnet, counted from 0. It may lie
/// outside the subnet: a rule refuses that.
pub fn fixed_address(subnet: Ipv4Net, part: Option<Ipv4Net>, slot: Slot, at: u32) -> Ipv4Addr {
    let first = match part {
        Some(part) => u32::from(part.network()),
        None => u32::from(subnet.network()).saturating_add(FIRST),
    };
    let offset = match slot {
        Slot::ControlPlane => 0,
        Slot::Etcd => KEPT,
        Slot::Worker => 2 * KEPT,
    };
    Ipv4Addr::from(first.saturating_add(offset).saturating_add(at))
}

/// How a load balancer asks an API server for its health.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// Seconds between two checks.
    pub interval_seconds: u32,
    /// Seconds that a check may take.
    pub timeout_seconds: u32,
    /// Checks in a row that make a target healthy.
    pub healthy_threshold: u32,
    /// Checks in a row that make a target unhealthy.
    pub unhealthy_threshold: u32,
}

#[cfg(test)]
mod tests {
    use super::{IdForm, Slot, fixed_address, of};

    #[test]
    fn fixed_addresses_do_not_meet() {
        let subnet = "10.0.16.0/20".parse().unwrap_or_default();
        let at = |slot, at| fixed_address(subnet, None, slot, at).to_string();
        assert_eq!(at(Slot::ControlPlane, 0), "10.0.16.16");
        assert_eq!(at(Slot::ControlPlane, 6), "10.0.16.22");
        assert_eq!(at(Slot::Etcd, 0), "10.0.16.24");
        assert_eq!(at(Slot::Worker, 0), "10.0.16.32");
        let part = "10.0.17.64/26".parse().ok();
        let first = fixed_address(subnet, part, Slot::ControlPlane, 0);
        assert_eq!(first.to_string(), "10.0.17.64");
    }

    #[test]
    fn the_data_files_hold_together() {
        for name in ["aliyun", "tencent", "huawei"] {
            let cloud = of(name).unwrap_or_else(|| panic!("{name}"));
            assert!(!cloud.regions.is_empty(), "{name}");
            for (region, zones) in &cloud.regions {
                assert!(!zones.is_empty(), "{region}");
                for zone in zones {
                    assert!(zone.starts_with(region.as_str()), "{zone}");
                }
            }
            assert!(cloud.images.contains_key("ubuntu-24.04"), "{name}");
            assert!(cloud.smallest_disk < cloud.largest_disk, "{name}");
            assert!(!cloud.metadata_addresses.is_empty(), "{name}");
        }
    }

    #[test]
    fn forms_of_ids() {
        let prefix = IdForm::Prefix("vpc-".into());
        assert!(prefix.fits("vpc-bp1a2b3c4d"));
        for bad in ["vpc-", "vpc-A1b2", "subnet-a1b2", "vpc-a1b2\"", "vpc-${x}"] {
            assert!(!prefix.fits(bad), "{bad}");
        }
        assert!(IdForm::Uuid.fits(&IdForm::Uuid.example()));
        for bad in [
            "",
            "01234567-89ab-cdef-0123-456789abcde",
            "01234567-89AB-cdef-0123-456789abcdef",
        ] {
            assert!(!IdForm::Uuid.fits(bad), "{bad}");
        }
        assert!(IdForm::Hexadecimal.fits(&IdForm::Hexadecimal.example()));
        assert!(IdForm::Word.fits("ubuntu_24_04_x64_20G_alibase_20250117.vhd"));
        assert!(!IdForm::Word.fits("a b c d"));
    }
}
