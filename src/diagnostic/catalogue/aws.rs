//! Codes about AWS.

super::codes! {
    USER_DATA_TOO_LARGE = "HGN3901" Error "user data that EC2 would refuse" {
        cause: "EC2 takes 16,384 bytes of user data before base64. hagen measures each node's cloud-init after gzip with secrets of the greatest length put in.",
        example: "kubernetes: { imageRepository: a name of 2,000 characters }",
        cure: "Shorten what the spec adds to the user data.",
        source: "EC2 user guide, instance user data; kubernetes/kops#10202",
    }
    USER_DATA_NEARLY_FULL = "HGN3902" Warning "user data that is nearly full" {
        cause: "More than four fifths of the 16,384 bytes are taken.",
        example: "kubernetes: { imageRepository: a name of 1,500 characters }",
        cure: "Shorten what the spec adds to the user data.",
        source: "EC2 user guide, instance user data",
    }
}
