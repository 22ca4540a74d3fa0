//! Codes about Huawei Cloud.

super::codes! {}
