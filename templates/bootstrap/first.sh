# --- the first control-plane node -------------------------------------------------------

# Many load balancers do not loop back to the sender, and none has a healthy target before
# The first init is over: https://github.com/kubernetes/kubeadm/issues/3294
pin() { if [[ $HAGEN_PIN != none ]]; then pin_to "$address"; fi; }

unpin() {
  if [[ $HAGEN_PIN != init ]]; then return; fi
  endpoint_hosts
  # It would go blind with this node's API server.
  restart_kube_proxy
}

# Before init: a wrong digest must not leave half a cluster
fetch_cni() {
  if [[ -z $HAGEN_CNI_URL ]]; then return; fi
  download "$HAGEN_CNI_URL" "$state/cni.yaml" || fail "cannot download $HAGEN_CNI_URL"
  check_cni
}

check_cni() {
  quiet sha256sum --check <<<"$HAGEN_CNI_SHA256  $state/cni.yaml" ||
    stop "$HAGEN_CNI_URL does not have the SHA-256 digest $HAGEN_CNI_SHA256"
}

# A first node that was made anew must not found a second cluster: it joins the one that is
# there. Any answer counts, whatever its code: only an API server of this cluster holds such a
# certificate. Where its CA is not known before, anything that speaks TLS and HTTP counts.
guard() {
  local target round keys='' targets
  step=guard attempt=1
  status running
  if [[ $HAGEN_ETCD_ENDPOINTS ]]; then
    need await_etcd
    await_etcd
  fi
  targets=("$(endpoint)/readyz")
  for target in $HAGEN_PEERS; do
    if [[ $target != "$address" ]]; then
      targets+=("$(url "$target" "$HAGEN_BIND_PORT")/readyz" "$(url "$target" 10250)/healthz")
    fi
  done
  for round in 1 2 3; do
    for target in "${targets[@]}"; do
      if quiet answers "$target"; then
        found_cluster "$target answers"
        return
      fi
    done
    log "no other API server or kubelet answers ($round of 3)"
    sleep 3
  done
  if [[ $keys ]]; then check_keys; fi
}

# URL: kubelets have certificates of their own, and run where a node has joined only.
answers() { if [[ $1 == *:10250/* || $HAGEN_SECRETS == tofu ]]; then ask -k "$1"; else api "$1"; fi; }

# WHY
found_cluster() {
  log "WARNING: $1, so this node joins instead of founding a second cluster. If it was here before, remove what is left of it: kubectl delete node $HAGEN_NODE, and its member of etcd"
  # For good
  touch "$state/joins"
}

# All of /etc/hagen/pki, and nothing half written by a killed init: none of it is in use yet
place_pki() {
  rm -rf "$pki"
  install -d -m 0755 "$pki"
  if [[ -d $etc/pki ]]; then cp -R "$etc/pki/." "$pki/"; fi &&
    find "$pki" -name '*.crt' -exec chmod 0644 {} + -o -name '*.key' -exec chmod 0600 {} +
}

run_init() {
  local arguments=(--config "$run/kubeadm.yaml" --upload-certs --skip-token-print --skip-certificate-key-print)
  if [[ -s $admin || -e /etc/kubernetes/manifests/etcd.yaml ]]; then
    # Others may have joined already, so there is no reset. Each phase keeps what it finds;
    # only the preflight checks would stumble over it.
    log 'an earlier init came as far as admin.conf: running its phases again'
    arguments+=(--skip-phases=preflight)
  else
    place_pki || fail 'cannot place the cluster CA'
  fi
  timeout --kill-after 30 1800 kubeadm init "${arguments[@]}"
}

init() {
  # After the guard, which must see the real endpoint
  pin
  touch "$state/init-begun"
  render_config
  if [[ ${HAGEN_KUBE_VIP-} ]]; then kube_vip_for_init; fi
  retry 3 run_init || fail 'kubeadm init failed (see the log)'
  if [[ $HAGEN_CERTIFICATES_SECONDS != 7200 ]]; then
    keep_certificates || log 'WARNING: the uploaded certificates live two hours: their lifetime could not be changed'
  fi
}

first_kubectl() { timeout 300 kubectl --kubeconfig "$admin" --server "$(url "$address" "$HAGEN_BIND_PORT")" "$@"; }

# kubeadm has no option for it. They live as long as the token that owns them.
keep_certificates() {
  local owner until
  until=$(date -u -d "$HAGEN_CERTIFICATES_SECONDS seconds" +%FT%TZ) &&
    owner=$(first_kubectl -n kube-system get secret kubeadm-certs -o 'jsonpath={.metadata.ownerReferences[0].name}') &&
    [[ $owner ]] &&
    first_kubectl -n kube-system patch secret "$owner" --type merge -p "{\"stringData\":{\"expiration\":\"$until\"}}"
}

apply_cni() {
  if [[ -z $HAGEN_CNI_URL ]]; then return; fi
  check_cni
  # Server-side: the CRDs of a CNI can be too long for the annotation of a client-side apply.
  retry 10 first_kubectl apply --server-side --force-conflicts -f "$state/cni.yaml" ||
    fail 'cannot apply the CNI manifest'
}

