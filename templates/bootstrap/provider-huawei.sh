# --- the provider id on Huawei Cloud ----------------------------------------------------

# https://support.huaweicloud.com/intl/en-us/usermanual-ecs/ecs_03_0166.html
provider_id() {
  local instance
  instance=$(ask -f http://169.254.169.254/openstack/latest/meta_data.json |
    "$python" -c 'import json, sys; print(json.load(sys.stdin)["uuid"])' 2>/dev/null) &&
    [[ $instance ]] && printf 'huaweicloud://%s\n' "$instance" >"$state/provider-id"
}

