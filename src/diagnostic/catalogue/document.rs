//! Codes about the document: YAML, keys, and the form of values.

super::codes! {
    NOT_A_DOCUMENT = "HGN1001" Error "the spec is not one YAML document" {
        cause: "The file is not YAML, is empty, or holds more than one document, so nothing in it can be read.",
        example: "name: [prod",
        cure: "Correct the line that is shown. JSON is YAML too. Several clusters go into several files.",
        source: "YAML 1.2",
    }
    UNKNOWN_KEY = "HGN1002" Error "a key that the spec does not have" {
        cause: "A key that is not known is a slip or belongs elsewhere. Ignoring it would render a cluster other than the one meant.",
        example: "controlPlane: { cuont: 3 }",
        cure: "Use the suggested key, or look at `hagen schema` for the keys of this place.",
        source: "hagen schema",
    }
    WRONG_TYPE = "HGN1003" Error "a value of the wrong type" {
        cause: "The key takes another type of value, for instance a number and not a word.",
        example: "controlPlane: { count: three }",
        cure: "Give the type that the message names.",
        source: "hagen schema",
    }
    MISSING_KEY = "HGN1004" Error "a key that is required is missing" {
        cause: "The key has no safe default, so the spec has to say it.",
        example: "kubernetes: {}",
        cure: "Add the key. `hagen init` writes a complete spec to copy from.",
        source: "hagen schema",
    }
    UNKNOWN_VALUE = "HGN1005" Error "a value that is none of the choices" {
        cause: "The key takes one of a few values, and this is none of them.",
        example: "endpoint: { exposure: public }",
        cure: "Use one of the values that the message lists.",
        source: "hagen schema",
    }
    DUPLICATE_KEY = "HGN1006" Error "a key that stands twice" {
        cause: "Parsers disagree on which of two equal keys counts, so neither does.",
        example: "name: prod\nname: test",
        cure: "Remove one of the two.",
        source: "YAML 1.2, 3.2.1.3: keys are unique",
    }
    OUT_OF_RANGE = "HGN1007" Error "a number out of its range" {
        cause: "The number is smaller or larger than the key can take.",
        example: "endpoint: { port: 70000 }",
        cure: "Give a number in the range that the message names.",
        source: "hagen schema",
    }
    NOT_AN_ADDRESS = "HGN1008" Error "a value that is no address or network" {
        cause: "The value is not an IP address, or not a network in CIDR form, of the family that the key takes. Octets with leading zeros are refused, since programs read them differently.",
        example: "podSubnets: [10.244.0.0]",
        cure: "Write an address as 10.0.1.10 and a network as 10.0.0.0/16.",
        source: "RFC 4632; golang/go#30999 for leading zeros",
    }
    HOST_BITS = "HGN1009" Error "a network whose address is not its first" {
        cause: "Bits behind the prefix are set. Clouds refuse such a network, and it is not clear which one was meant.",
        example: "podSubnets: [10.244.1.0/16]",
        cure: "Use the network's first address, which the message names.",
        source: "Terraform AWS provider: aws_vpc_security_group_ingress_rule",
    }
    CONTROL_CHARACTER = "HGN1010" Error "a value with a control character" {
        cause: "A line break, tab or other invisible character in a name or an address ends up in files where it means something else.",
        example: "name: \"prod\\n\"",
        cure: "Remove the character.",
        source: "hagen: what is written in the spec stays data",
    }
    TOO_LONG = "HGN1011" Error "a value that is far too long" {
        cause: "No name, address, version or tag is longer than 2,048 characters.",
        example: "name: aaaa… (10,000 characters)",
        cure: "Shorten the value.",
        source: "hagen",
    }
    NOT_A_LIFETIME = "HGN1012" Error "a time span of the wrong form" {
        cause: "A time span is hours and minutes, each a whole number of at most four digits. Days, seconds and fractions are refused, so that it has one way to be written.",
        example: "secrets: { tokenLifetime: 7200 }",
        cure: "Write it as 2h, 90m or 1h30m.",
        source: "hagen schema",
    }
    PLACEHOLDER = "HGN1013" Error "a word that hagen puts a value in for" {
        cause: "Rendered files hold words such as HAGEN_BOOTSTRAP_TOKEN, and Terraform or `hagen seed` puts secrets and addresses in their place, wherever they stand. In a URL of the spec, a secret would be sent to that host.",
        example: "packageRepository: packages.example.com/HAGEN_BOOTSTRAP_TOKEN",
        cure: "Write the text without a word that begins with HAGEN_.",
        source: "hagen: what is written in the spec stays data",
    }
}
