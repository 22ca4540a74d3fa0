# --- the provider id on AWS -------------------------------------------------------------

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
provider_id() {
  local base=http://169.254.169.254/latest zone instance
  (umask 0077 && printf 'X-aws-ec2-metadata-token: %s\n' \
    "$(ask -f -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$base/api/token")" >"$run/metadata") &&
    zone=$(ask -f -H @"$run/metadata" "$base/meta-data/placement/availability-zone") &&
    instance=$(ask -f -H @"$run/metadata" "$base/meta-data/instance-id") &&
    [[ $zone && $instance ]] && printf 'aws:///%s/%s\n' "$zone" "$instance" >"$state/provider-id"
}

