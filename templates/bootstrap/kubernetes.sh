admin=/etc/kubernetes/admin.conf
kubelet=/etc/kubernetes/kubelet.conf
pki=/etc/kubernetes/pki
label=node-role.kubernetes.io/control-plane

# --- the cluster's API --------------------------------------------------------------------

url() { # HOST PORT
  if [[ $1 == *:* ]]; then printf 'https://[%s]:%s' "$1" "$2"; else printf 'https://%s:%s' "$1" "$2"; fi
}

api() { # CURL-ARGUMENTS...: an API server, and only one that our cluster CA signed
  curl -s --noproxy '*' --cacert "$etc/pki/ca.crt" --connect-timeout 5 --max-time 15 "$@"
}

local_ready() { # without anonymous access it answers 401 or 403, and that is an answer
  local code
  code=$(api -o /dev/null -w '%{http_code}' "$(url "$address" "$HAGEN_BIND_PORT")/readyz") &&
    [[ $code == 200 || $code == 401 || $code == 403 ]]
}

registered() { quiet kubectl --kubeconfig "$kubelet" --request-timeout 15s get node "$HAGEN_NODE"; }

# --- the machine, for a kubelet ------------------------------------------------------------

swap() {
  swapoff -a
  if [[ -e /etc/fstab ]]; then sed -Ei 's/^[^#].*[[:space:]]swap[[:space:]]/# hagen: &/' /etc/fstab; fi
  systemctl mask swap.target # also zram and swap partitions that systemd finds by itself
}

kernel() {
  grep -v '^#' /etc/modules-load.d/hagen.conf | xargs -n 1 modprobe
  sysctl --load=/etc/sysctl.d/99-hagen.conf # only ours: --system fails on others' lines
}

# --- the container runtime and the kubelet --------------------------------------------------

runtime() {
  # The package ships a configuration with CRI off: https://github.com/containerd/containerd/issues/4581
  install -D -m 0644 "$etc/containerd.toml" /etc/containerd/config.toml
  printf 'runtime-endpoint: unix:///run/containerd/containerd.sock\n' >/etc/crictl.yaml
  systemctl enable containerd
  systemctl restart containerd
  wait_for 120 'the container runtime' quiet crictl info || fail 'containerd does not answer on CRI'
}

kubelet_service() { systemctl enable kubelet; } # kubeadm starts it, with its configuration

render_config() { # /run is empty after a reboot, so each step that reads the file calls this
  (
    umask 0077
    sed "s|HAGEN_NODE_ADDRESS|$address|g" "$etc/kubeadm.yaml" >"$run/kubeadm.yaml"
    printf 'Authorization: Bearer %s\n' "$(<"$etc/bootstrap-token")" >"$run/authorization"
  )
}

validate() {
  render_config
  timeout 120 kubeadm config validate --config "$run/kubeadm.yaml" ||
    stop 'kubeadm refuses its configuration (see the log): render it again'
}

images() { # before this node's turn, so that it is a learner of etcd for seconds, not minutes
  local from=(--kubernetes-version "v$HAGEN_KUBERNETES_VERSION"
    --image-repository "${HAGEN_IMAGE_REPOSITORY:-registry.k8s.io}") image list
  case $HAGEN_ROLE in
    first-control-plane)
      render_config
      from=(--config "$run/kubeadm.yaml") # kubeadm reads no images from a JoinConfiguration
      ;;
    worker)
      list=$(kubeadm config images list "${from[@]}")
      for image in $list; do
        case $image in */kube-proxy:* | */pause:*)
          retry 5 timeout 600 crictl pull "$image" || fail "cannot pull $image" ;;
        esac
      done
      return
      ;;
  esac
  retry 5 timeout 1800 kubeadm config images pull "${from[@]}" || fail 'cannot pull the images'
}

# --- the endpoint's name in /etc/hosts ------------------------------------------------------

# Many load balancers do not loop back to the sender, and none has a healthy target before
# the first init is over: https://github.com/kubernetes/kubeadm/issues/3294
pin() { # WHEN: before-init, during-join, after-join or end
  case $HAGEN_PIN:$1 in
    init:before-init) write_hosts "$address" ;;
    init:end) if [[ $HAGEN_ROLE == first-control-plane ]]; then write_hosts; fi ;;
  esac
}

unpin() {
  local container
  pin end
  # A pod keeps the hosts file that it started with: made anew, kube-proxy finds the real
  # endpoint, and does not go blind with this node's API server.
  if [[ $HAGEN_ROLE:$HAGEN_PIN == first-control-plane:init ]]; then
    for container in $(crictl ps -q --name '^kube-proxy$' --state running); do
      quiet crictl stop "$container" || log 'kube-proxy could not be restarted'
    done
  fi
}

# --- the first control-plane node -----------------------------------------------------------

fetch_cni() { # before init: a wrong digest must not leave half a cluster
  if [[ -z $HAGEN_CNI_URL ]]; then return; fi
  download "$HAGEN_CNI_URL" "$state/cni.yaml" || fail "cannot download $HAGEN_CNI_URL"
  check_cni
}

check_cni() {
  quiet sha256sum --check <<<"$HAGEN_CNI_SHA256  $state/cni.yaml" ||
    stop "$HAGEN_CNI_URL does not have the SHA-256 digest $HAGEN_CNI_SHA256"
}

# A first node that was made anew must not found a second cluster with the same CA. Any
# answer counts, whatever its code: only an API server of this cluster holds such a certificate.
guard() {
  local target round targets=()
  targets=("$(url "$HAGEN_ENDPOINT_HOST" "$HAGEN_ENDPOINT_PORT")")
  for target in $HAGEN_PEERS; do targets+=("$(url "$target" "$HAGEN_BIND_PORT")"); done
  for round in 1 2 3; do
    for target in "${targets[@]}"; do
      if quiet api "$target/readyz"; then
        stop "$target answers with the CA of this cluster, which must not be founded a second time, and this node has no configuration to join. Remove the lost node (kubectl delete node $HAGEN_NODE, etcdctl member remove), then join this machine by hand (kubeadm init phase upload-certs --upload-certs, kubeadm token create --print-join-command)"
      fi
    done
    log "no other API server answers ($round of 3)"
    sleep 3
  done
}

place_pki() { # all of /etc/hagen/pki, and nothing half written by a killed init: none of it is in use yet
  rm -rf "$pki"
  install -d -m 0755 "$pki" && cp -R "$etc/pki/." "$pki/" &&
    chmod 0600 "$pki"/*.key && chmod 0644 "$pki"/*.crt
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
  if [[ ! -e $state/init-begun ]]; then guard; fi
  pin before-init # after the guard, which must see the real endpoint
  touch "$state/init-begun"
  render_config
  retry 3 run_init || fail 'kubeadm init failed (see the log)'
}

apply_cni() {
  if [[ -z $HAGEN_CNI_URL ]]; then return; fi
  check_cni
  # Server-side: the CRDs of a CNI can be too long for the annotation of a client-side apply.
  retry 10 timeout 300 kubectl --kubeconfig "$admin" --server "$(url "$address" "$HAGEN_BIND_PORT")" \
    apply --server-side --force-conflicts -f "$state/cni.yaml" || fail 'cannot apply the CNI manifest'
}

# --- the nodes that join --------------------------------------------------------------------

predecessor_joined() {
  local code
  code=$(api -H @"$run/authorization" -o "$run/node.json" -w '%{http_code}' \
    "$(url "$HAGEN_ENDPOINT_HOST" "$HAGEN_ENDPOINT_PORT")/api/v1/nodes/$HAGEN_PREVIOUS") || code=curl-$?
  case $code in
    200) detail='its control plane is not up yet' ;;
    401 | 403) detail='the bootstrap token is not valid yet, or no more' ;;
    404) detail='it is not registered yet' ;;
    curl-60) detail='the endpoint does not show a certificate of this cluster' ;;
    *) detail="no API server answers at the endpoint ($code)" ;;
  esac
  [[ $code == 200 ]] && grep -Eq "\"$label\"[[:space:]]*:" "$run/node.json"
}

# One control-plane node at a time: etcd takes one learner, and no release calls parallel
# joins safe. The label is the last thing that a join sets.
turn() {
  local pause
  render_config
  if ! wait_for "$HAGEN_TURN_LIMIT" "control-plane node $HAGEN_PREVIOUS" predecessor_joined; then
    pause=$((RANDOM % 61)) # a dead predecessor must not hold up the others, nor bring them all at once
    log "going on without $HAGEN_PREVIOUS in $pause s"
    sleep "$pause"
  fi
  detail=''
}

joined() {
  [[ -s $kubelet ]] && registered || return 1
  if [[ $HAGEN_ROLE == worker ]]; then return; fi
  local_ready && kubectl --kubeconfig "$kubelet" --request-timeout 15s get node "$HAGEN_NODE" -o json |
    grep -E "\"$label\"[[:space:]]*:" >/dev/null
}

run_join() {
  if [[ -e $state/join-begun ]]; then
    if joined; then return; fi # killed after the join, before its marker
    log 'clearing away what the last attempt left'
    timeout --kill-after 30 600 kubeadm reset -f || log 'kubeadm reset did not end well'
  fi
  touch "$state/join-begun"
  timeout --kill-after 30 5400 kubeadm join --config "$run/kubeadm.yaml"
}

join() {
  pin during-join
  render_config
  retry 5 run_join || fail 'kubeadm join failed (see the log)'
  pin after-join
}

# --- the endpoint's name in /etc/hosts ------------------------------------------------------

write_hosts() { # [ADDRESS]: with our line for the endpoint, or without
  {
    if (($#)); then printf '%s\t%s\t%s\n' "$1" "$HAGEN_ENDPOINT_HOST" "$pin_tag"; fi
    grep -vF "$pin_tag" /etc/hosts || true
  } >/etc/hosts.hagen
  chmod 0644 /etc/hosts.hagen
  mv -f /etc/hosts.hagen /etc/hosts
}

# Many load balancers do not loop back to the sender, and none has a healthy target before
# the first init is over: https://github.com/kubernetes/kubeadm/issues/3294
pin() { # WHEN: before-init, during-join, after-join or end
  case $HAGEN_PIN:$1 in
    init:before-init) write_hosts "$address" ;;
    init:end) if [[ $HAGEN_ROLE == first-control-plane ]]; then write_hosts; fi ;;
  esac
}

unpin() {
  local container
  pin end
  # A pod keeps the hosts file that it started with: made anew, kube-proxy finds the real
  # endpoint, and does not go blind with this node's API server.
  if [[ $HAGEN_ROLE:$HAGEN_PIN == first-control-plane:init ]]; then
    for container in $(crictl ps -q --name '^kube-proxy$' --state running); do
      quiet crictl stop "$container" || log 'kube-proxy could not be restarted'
    done
  fi
}

# --- the first control-plane node -----------------------------------------------------------

fetch_cni() { # before init: a wrong digest must not leave half a cluster
  if [[ -z $HAGEN_CNI_URL ]]; then return; fi
  download "$HAGEN_CNI_URL" "$state/cni.yaml" || fail "cannot download $HAGEN_CNI_URL"
  check_cni
}

check_cni() {
  quiet sha256sum --check <<<"$HAGEN_CNI_SHA256  $state/cni.yaml" ||
    stop "$HAGEN_CNI_URL does not have the SHA-256 digest $HAGEN_CNI_SHA256"
}

# A first node that was made anew must not found a second cluster with the same CA. Any
# answer counts, whatever its code: only an API server of this cluster holds such a certificate.
guard() {
  local target round targets=()
  targets=("$(url "$HAGEN_ENDPOINT_HOST" "$HAGEN_ENDPOINT_PORT")")
  for target in $HAGEN_PEERS; do targets+=("$(url "$target" "$HAGEN_BIND_PORT")"); done
  for round in 1 2 3; do
    for target in "${targets[@]}"; do
      if quiet api "$target/readyz"; then
        stop "$target answers with the CA of this cluster, which must not be founded a second time, and this node has no configuration to join. Remove the lost node (kubectl delete node $HAGEN_NODE, etcdctl member remove), then join this machine by hand (kubeadm init phase upload-certs --upload-certs, kubeadm token create --print-join-command)"
      fi
    done
    log "no other API server answers ($round of 3)"
    sleep 3
  done
}

place_pki() { # all of /etc/hagen/pki, and nothing half written by a killed init: none of it is in use yet
  rm -rf "$pki"
  install -d -m 0755 "$pki" && cp -R "$etc/pki/." "$pki/" &&
    chmod 0600 "$pki"/*.key && chmod 0644 "$pki"/*.crt
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
  if [[ ! -e $state/init-begun ]]; then guard; fi
  pin before-init # after the guard, which must see the real endpoint
  touch "$state/init-begun"
  render_config
  retry 3 run_init || fail 'kubeadm init failed (see the log)'
}

apply_cni() {
  if [[ -z $HAGEN_CNI_URL ]]; then return; fi
  check_cni
  # Server-side: the CRDs of a CNI can be too long for the annotation of a client-side apply.
  retry 10 timeout 300 kubectl --kubeconfig "$admin" --server "$(url "$address" "$HAGEN_BIND_PORT")" \
    apply --server-side --force-conflicts -f "$state/cni.yaml" || fail 'cannot apply the CNI manifest'
}

# --- the nodes that join --------------------------------------------------------------------

predecessor_joined() {
  local code
  code=$(api -H @"$run/authorization" -o "$run/node.json" -w '%{http_code}' \
    "$(url "$HAGEN_ENDPOINT_HOST" "$HAGEN_ENDPOINT_PORT")/api/v1/nodes/$HAGEN_PREVIOUS") || code=curl-$?
  case $code in
    200) detail='its control plane is not up yet' ;;
    401 | 403) detail='the bootstrap token is not valid yet, or no more' ;;
    404) detail='it is not registered yet' ;;
    curl-60) detail='the endpoint does not show a certificate of this cluster' ;;
    *) detail="no API server answers at the endpoint ($code)" ;;
  esac
  [[ $code == 200 ]] && grep -Eq "\"$label\"[[:space:]]*:" "$run/node.json"
}

# One control-plane node at a time: etcd takes one learner, and no release calls parallel
# joins safe. The label is the last thing that a join sets.
turn() {
  local pause
  render_config
  if ! wait_for "$HAGEN_TURN_LIMIT" "control-plane node $HAGEN_PREVIOUS" predecessor_joined; then
    pause=$((RANDOM % 61)) # a dead predecessor must not hold up the others, nor bring them all at once
    log "going on without $HAGEN_PREVIOUS in $pause s"
    sleep "$pause"
  fi
  detail=''
}

joined() {
  [[ -s $kubelet ]] && registered || return 1
  if [[ $HAGEN_ROLE == worker ]]; then return; fi
  local_ready && kubectl --kubeconfig "$kubelet" --request-timeout 15s get node "$HAGEN_NODE" -o json |
    grep -E "\"$label\"[[:space:]]*:" >/dev/null
}

run_join() {
  if [[ -e $state/join-begun ]]; then
    if joined; then return; fi # killed after the join, before its marker
    log 'clearing away what the last attempt left'
    timeout --kill-after 30 600 kubeadm reset -f || log 'kubeadm reset did not end well'
  fi
  touch "$state/join-begun"
  timeout --kill-after 30 5400 kubeadm join --config "$run/kubeadm.yaml"
}

join() {
  pin during-join
  render_config
  retry 5 run_join || fail 'kubeadm join failed (see the log)'
  pin after-join
}

# --- the end --------------------------------------------------------------------------------

etcd_voter() {
  local container
  container=$(crictl ps -q --name '^etcd$' --state running) && [[ $container ]] || return 1
  crictl exec "${container%%$'\n'*}" etcdctl --endpoints https://127.0.0.1:2379 --cacert "$pki/etcd/ca.crt" \
    --cert "$pki/etcd/healthcheck-client.crt" --key "$pki/etcd/healthcheck-client.key" member list |
    grep -E ", started, $HAGEN_NODE, .*, false\$" >/dev/null
}

verify() {
  if [[ $HAGEN_ROLE != worker ]]; then
    wait_for 300 'the local API server' local_ready || fail 'the local API server is not ready'
    if [[ -e /etc/kubernetes/manifests/etcd.yaml ]]; then
      # Only a warning: a ready API server has a voter already, as a learner answers no reads.
      wait_for 60 'the vote in etcd' quiet etcd_voter || log 'WARNING: the local etcd did not show up as a voter'
    fi
  fi
  wait_for 300 "node $HAGEN_NODE in the cluster" registered || fail 'this node is not registered'
}

main() {
  if [[ -e $state/done ]]; then
    each_boot
    return
  fi
  begin FIRST ENDPOINT_HOST ENDPOINT_PORT BIND_PORT PIN TURN_LIMIT KUBERNETES_VERSION PACKAGE_REVISION \
    PACKAGE_URL PACKAGE_KEY CONTAINERD_URL CONTAINERD_KEY CONTAINERD_VERSION
  case $HAGEN_PIN in init | none) ;; *) stop "HAGEN_PIN '$HAGEN_PIN' is unknown" ;; esac
  step facts facts
  step swap swap
  step kernel kernel
  step packages "$packages"
  step runtime runtime
  step kubelet kubelet_service
  step validate validate
  step images images
  case $HAGEN_ROLE in
    first-control-plane)
      step cni-download fetch_cni
      step init init
      step cni apply_cni
      ;;
    control-plane | worker)
      [[ ${HAGEN_PREVIOUS-} ]] || stop "$etc/node.env sets no HAGEN_PREVIOUS"
      step turn turn
      step join join
      ;;
    *) stop "role '$HAGEN_ROLE' is unknown" ;;
  esac
  step verify verify
  step unpin unpin
  end
}

main
