//! Codes that Alibaba Cloud, Tencent Cloud and Huawei Cloud share.

super::codes! {}
