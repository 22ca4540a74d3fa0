//! The forms of single values: addresses, networks, and text that shows what it is.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::diagnostic::Code;
use crate::diagnostic::code::document as code;

/// Characters that reorder or hide text, which a review would not show.
pub(super) fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The code, the message, and a replacement or a cure in words.
type Refused = (&'static Code, String, Result<String, String>);

/// Checks an address or a network. The error's last part is a replacement, or a cure in words.
pub(super) fn address(format: &str, text: &str) -> Result<(), Refused> {
    let wanted = match format {
        "ipv4" => "an IPv4 address such as 10.0.1.10",
        "ipv6" => "an IPv6 address such as 2001:db8::10",
        "cidr4" => "an IPv4 network such as 10.0.0.0/16",
        "cidr6" => "an IPv6 network such as 2001:db8::/56",
        "cidr" => "a network such as 10.0.0.0/16",
        _ => return Ok(()),
    };
    let network: Option<IpNet> = match format {
        "ipv4" if text.parse::<Ipv4Addr>().is_ok() => return Ok(()),
        "ipv6" if text.parse::<Ipv6Addr>().is_ok() => return Ok(()),
        "cidr4" => text.parse::<Ipv4Net>().ok().map(IpNet::V4),
        "cidr6" => text.parse::<Ipv6Net>().ok().map(IpNet::V6),
        "cidr" => text.parse().ok(),
        _ => None,
    };
    // ipnet reads 010.0.0.0 as 10.0.0.0; other programs read it as octal.
    let network = network.filter(|_| !leading_zero(text));
    match network {
        None => Err((
            &code::NOT_AN_ADDRESS,
            format!("`{text}` is not {wanted}"),
            Err(format!("write {wanted}")),
        )),
        Some(network) if network.trunc() != network => Err((
            &code::HOST_BITS,
            format!("`{text}` has bits set behind its prefix"),
            Ok(network.trunc().to_string()),
        )),
        Some(_) => Ok(()),
    }
}

/// Whether an IPv4 octet is written with a leading zero.
fn leading_zero(text: &str) -> bool {
    let address = text.split('/').next().unwrap_or_default();
    !address.contains(':')
        && address
            .split('.')
            .any(|octet| octet.len() > 1 && octet.starts_with('0'))
}
