//! Codes about AWS.

super::codes! {}
