//! Codes about Alibaba Cloud.

super::codes! {}
