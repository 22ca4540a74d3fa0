//! The forms of single values: addresses, networks, time spans, and text that shows what it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::diagnostic::Code;
use crate::diagnostic::code::document as code;
use crate::spec::{Lifetime, Span};

/// Characters that reorder or hide text, which a review would not show.
pub(super) fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The code, the message, and a replacement or a cure in words.
type Refused = (&'static Code, String, Result<String, String>);

/// Checks a value that the schema gives a format. The error's last part is a replacement, or a
/// cure in words.
pub(super) fn check(format: &str, text: &str) -> Result<(), Refused> {
    match format {
        "lifetime" => lifetime(text),
        "span" => span(text),
        _ => address(format, text),
    }
}

fn lifetime(text: &str) -> Result<(), Refused> {
    let Err(wanted) = text.parse::<Lifetime>() else {
        return Ok(());
    };
    // A slip of the form that leaves no doubt: upper case, spaces, or a unit in full.
    let folded: String = text
        .to_ascii_lowercase()
        .split_whitespace()
        .collect::<String>()
        .replace("hours", "h")
        .replace("hour", "h")
        .replace("minutes", "m")
        .replace("minute", "m")
        .replace("min", "m");
    Err((
        &code::NOT_A_LIFETIME,
        format!("`{text}` is not a time span of {wanted}"),
        if folded.parse::<Lifetime>().is_ok() {
            Ok(folded)
        } else {
            Err(format!("write {wanted}"))
        },
    ))
}

fn span(text: &str) -> Result<(), Refused> {
    let Err(wanted) = text.parse::<Span>() else {
        return Ok(());
    };
    let folded: String = text
        .to_ascii_lowercase()
        .split_whitespace()
        .collect::<String>()
        .replace("minutes", "m")
        .replace("minute", "m")
        .replace("min", "m")
        .replace("seconds", "s")
        .replace("second", "s")
        .replace("sec", "s");
    Err((
        &code::NOT_A_LIFETIME,
        format!("`{text}` is not a time span of {wanted}"),
        if folded.parse::<Span>().is_ok() {
            Ok(folded)
        } else {
            Err(format!("write {wanted}"))
        },
    ))
}

/// Checks an address or a network.
fn address(format: &str, text: &str) -> Result<(), Refused> {
    let wanted = match format {
        "ip" => "an address such as 10.0.1.10",
        "ipv4" => "an IPv4 address such as 10.0.1.10",
        "ipv6" => "an IPv6 address such as 2001:db8::10",
        "cidr4" => "an IPv4 network such as 10.0.0.0/16",
        "cidr6" => "an IPv6 network such as 2001:db8::/56",
        "cidr" => "a network such as 10.0.0.0/16",
        _ => return Ok(()),
    };
    let network: Option<IpNet> = match format {
        "ip" if text.parse::<IpAddr>().is_ok() => return Ok(()),
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
pub(super) fn leading_zero(text: &str) -> bool {
    let address = text.split('/').next().unwrap_or_default();
    !address.contains(':')
        && address
            .split('.')
            .any(|octet| octet.len() > 1 && octet.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;
    use crate::spec::{Lifetime, Span};

    #[test]
    fn a_slip_of_a_time_span_is_put_right() {
        let cure = |text: &str| check("lifetime", text).expect_err(text).2.ok();
        for (slip, right) in [
            ("2H", "2h"),
            ("2 hours", "2h"),
            ("1 hour 30 min", "1h30m"),
            ("90 minutes", "90m"),
        ] {
            assert_eq!(cure(slip).as_deref(), Some(right));
        }
        for hopeless in ["7200", "1d", "-1h", "1.5h", "h", "2h\u{661}m"] {
            assert_eq!(cure(hopeless), None, "{hopeless}");
        }
    }

    #[test]
    fn a_slip_of_seconds_is_put_right() {
        let cure = |text: &str| check("span", text).expect_err(text).2.ok();
        for (slip, right) in [("5S", "5s"), ("5 seconds", "5s"), ("1 min 30 sec", "1m30s")] {
            assert_eq!(cure(slip).as_deref(), Some(right));
        }
        for hopeless in ["5", "5h", "-1s", "0.5s", "s"] {
            assert_eq!(cure(hopeless), None, "{hopeless}");
        }
    }

    proptest! {
        /// serde must not refuse what the form lets through.
        #[test]
        fn the_form_of_seconds_is_what_serde_takes(text in "[0-9ms .-]{0,7}|\\PC{0,8}") {
            let read = serde_json::from_value::<Span>(text.as_str().into());
            prop_assert_eq!(check("span", &text).is_ok(), read.is_ok());
        }

        #[test]
        fn the_form_of_a_time_span_is_what_serde_takes(text in "[0-9hm .-]{0,7}|\\PC{0,8}") {
            let read = serde_json::from_value::<Lifetime>(text.as_str().into());
            prop_assert_eq!(check("lifetime", &text).is_ok(), read.is_ok());
            if let Err((_, _, Ok(right))) = check("lifetime", &text) {
                prop_assert!(check("lifetime", &right).is_ok(), "{right}");
            }
        }
    }
}
