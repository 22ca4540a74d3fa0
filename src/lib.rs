//! hagen: one cluster spec in, one reviewable folder out.
//!
//! Data flows one way:
//!
//! ```text
//! source + spec → validate → plan → component, provider → artifact set → write | check | diff
//! ```

// The documentation is built with private items: it is for who works on hagen.
#![allow(rustdoc::private_intra_doc_links)]

pub mod artifact;
pub mod change;
pub mod cli;
pub mod command;
pub mod component;
pub mod diagnostic;
pub mod drill;
pub mod facts;
pub mod format;
pub mod plan;
pub mod provider;
pub mod secrets;
pub mod source;
pub mod spec;
pub mod validate;
pub mod write;
