//! How addresses and networks appear in the JSON Schema: text with a format.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident = $format:literal, $example:literal;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "examples": [$example] })
            }
        }
    )*};
}

formats! {
    /// An address of either family.
    Ip = "ip", "10.0.1.10";
    /// An IPv4 address.
    Ipv4 = "ipv4", "10.0.1.10";
    /// A network of either family.
    Cidr = "cidr", "10.0.0.0/16";
    /// An IPv4 network.
    Cidr4 = "cidr4", "10.0.0.0/16";
    /// An IPv6 network.
    Cidr6 = "cidr6", "2001:db8::/56";
}
