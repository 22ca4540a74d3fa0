//! Codes about the cluster on any target.

super::codes! {}
