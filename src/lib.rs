//! hagen: one cluster spec in, one reviewable folder out.
//!
//! Data flows one way:
//!
//! ```text
//! source + spec → validate → plan → component, provider → artifact set → write | check | diff
//! ```

pub mod diagnostic;
pub mod facts;
pub mod source;
pub mod spec;
pub mod validate;
