# --- the external etcd, before a cluster is founded -------------------------------------

# CURL-ARGUMENTS...
etcd() {
  ask -f --cacert "$etc/pki/etcd/ca.crt" --cert "$etc/pki/apiserver-etcd-client.crt" \
    --key "$etc/pki/apiserver-etcd-client.key" "$@"
}

# Sets keys: what /registry holds, from a majority
read_etcd() {
  local member last healthy=0 all=0
  for member in $HAGEN_ETCD_ENDPOINTS; do
    all=$((all + 1))
    if [[ $(etcd "$member/health") == *true* ]]; then healthy=$((healthy + 1)) last=$member; fi
  done
  detail="$healthy of $all members are healthy"
  # Their number only, of the keys from /registry to /registrz: the values are secret.
  ((healthy * 2 > all)) || return 1
  detail='it does not say what it holds: is enable-grpc-gateway on?'
  keys=$(etcd -d '{"key":"L3JlZ2lzdHJ5","range_end":"L3JlZ2lzdHJ6","count_only":true}' "$last/v3/kv/range")
}

await_etcd() {
  wait_for 1800 'the external etcd' read_etcd || fail "the external etcd is not ready: $detail"
  detail=''
}

# Never over them, and nobody is there to be joined: asked anew at each start.
check_keys() {
  if [[ $keys == *'"count"'* ]]; then
    fail 'the external etcd holds the keys of a cluster, and no API server answers: start its control plane. If the cluster never came up, empty etcd: etcdctl del --prefix /registry/'
  fi
}

