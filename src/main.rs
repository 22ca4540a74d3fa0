//! hagen.
fn main() {}
