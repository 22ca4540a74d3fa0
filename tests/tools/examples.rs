//! The specs in examples/.

use std::fs;

use super::tool;

/// A test of every example for AWS: `each_example!(a_function, "what it needs")` makes a test
/// for each, named after it, that calls `a_function(name)`.
macro_rules! each_example {
    ($check:path, $needs:literal) => {
        $crate::examples::each_example!($check, $needs,
            aws = "aws",
            internal = "aws-internal",
            internet = "aws-internet",
            internet_second = "aws-internet-second",
            existing_address = "aws-existing-address",
            existing_instance = "aws-existing-instance",
            long_name = "aws-long-name",
            external_etcd = "aws-external-etcd",
            existing_etcd = "aws-existing-etcd",
            air_gapped = "aws-air-gapped",
            proxy = "aws-proxy",
        );
    };
    ($check:path, $needs:literal, $($test:ident = $name:literal,)*) => {
        #[allow(dead_code)]
        pub(crate) const EXAMPLES: &[&str] = &[$($name),*];
        $(
            #[test]
            #[ignore = $needs]
            fn $test() {
                $check($name);
            }
        )*
    };
}
pub(crate) use each_example;

/// The text of an example.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(tool::root().join(format!("examples/{name}.yaml"))).unwrap()
}

/// Fails when an example for AWS is not in the list above.
#[test]
fn each_example_for_aws_is_tested() {
    let mut found: Vec<String> = fs::read_dir(tool::root().join("examples"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".yaml").map(str::to_owned)
        })
        // This one is for every target: clouds.rs has it.
        .filter(|name| name != "everywhere" && text(name).contains("\n  aws:\n"))
        .collect();
    found.sort();
    let mut tested = super::offline::EXAMPLES.to_vec();
    tested.sort_unstable();
    assert_eq!(found, tested);
}
