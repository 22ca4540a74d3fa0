//! Codes about Tencent Cloud.

super::codes! {}
