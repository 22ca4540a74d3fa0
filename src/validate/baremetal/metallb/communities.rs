//! BGP communities: their forms, and names for them.

use crate::diagnostic::code::metallb as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::spec::MetallbBgp;

use super::{meant, path};

/// A community that is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Two numbers of 16 bits (RFC 1997).
    Plain,
    /// Three numbers of 32 bits (RFC 8092).
    Large,
}

/// The form of a community; nothing where it has none.
pub(super) fn form(text: &str) -> Option<Form> {
    let number = |text: &&str, most: u64| {
        // More digits than these need a number that is too large.
        let digits = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits && text.parse::<u64>().is_ok_and(|number| number <= most)
    };
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [a, b] => [a, b]
            .iter()
            .all(|part| number(part, u16::MAX.into()))
            .then_some(Form::Plain),
        ["large", rest @ ..] if rest.len() == 3 => rest
            .iter()
            .all(|part| number(part, u32::MAX.into()))
            .then_some(Form::Large),
        _ => None,
    }
}

/// The names that the spec has for communities.
pub(super) fn check(bgp: &MetallbBgp, report: &mut Report) {
    for (at, own) in bgp.communities.iter().enumerate() {
        if form(&own.value).is_none() {
            report.push(
                Diagnostic::new(
                    &code::COMMUNITY,
                    format!("`{}` is no BGP community", own.value),
                )
                .value(
                    path(&format!("bgp.communities[{at}].value")),
                    "not of that form",
                )
                .cure("write two numbers up to 65535 such as 64512:100, or large:64512:1:2"),
            );
        }
    }
}

/// The communities of an advertisement: written out, or by name.
pub(super) fn used(bgp: &MetallbBgp, list: &str, communities: &[String], report: &mut Report) {
    let known = bgp.communities.iter().map(|own| own.name.as_str());
    for (at, text) in communities.iter().enumerate() {
        if form(text).is_some() || known.clone().any(|known| known == text) {
            continue;
        }
        let problem = Diagnostic::new(
            &code::COMMUNITY,
            format!("`{text}` is no BGP community, and none of `communities` is called so"),
        )
        .value(
            format!("{list}[{at}]"),
            "neither a community nor a name of one",
        );
        let otherwise =
            "write it as 64512:100 or large:64512:1:2, or add the name to `communities`";
        report.push(meant(problem, text, known.clone(), otherwise));
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, form};

    #[test]
    fn two_numbers_or_large_and_three() {
        for plain in ["0:0", "64512:100", "65535:65535"] {
            assert_eq!(form(plain), Some(Form::Plain), "{plain}");
        }
        assert_eq!(form("large:4294967295:0:7"), Some(Form::Large));
        for bad in [
            "",
            "64512",
            "65536:1",
            "1:65536",
            "-1:1",
            "+1:1",
            "1:",
            ":1",
            "1:2:3",
            "large:1:2",
            "large:1:2:4294967296",
            "large:1:2:3:4",
            "Large:1:2:3",
            "no-export",
            "0x1:1",
            "1: 2",
            "00000000001:1",
        ] {
            assert_eq!(form(bad), None, "{bad}");
        }
    }
}
