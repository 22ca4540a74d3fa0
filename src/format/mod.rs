//! Text formats: Terraform's language, YAML, and templates for what has no serialiser.

pub mod align;
pub mod template;
pub mod terraform;
pub mod yaml;
