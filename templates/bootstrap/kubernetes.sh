admin=/etc/kubernetes/admin.conf
kubelet=/etc/kubernetes/kubelet.conf
pki=/etc/kubernetes/pki
label=node-role.kubernetes.io/control-plane

# --- the cluster's API -------------------------------------------------------------------

# HOST PORT
url() {
  if [[ $1 == *:* ]]; then printf 'https://[%s]:%s' "$1" "$2"; else printf 'https://%s:%s' "$1" "$2"; fi
}

endpoint() { url "$HAGEN_ENDPOINT_HOST" "$HAGEN_ENDPOINT_PORT"; }

# CURL-ARGUMENTS...: an API server, and only one that our cluster CA signed
api() { ask --cacert "$etc/pki/ca.crt" "$@"; }

# Without anonymous access it answers 401 or 403, and that is an answer
local_ready() {
  local code
  code=$(ask --cacert "$pki/ca.crt" -o /dev/null -w '%{http_code}' "$(url "$address" "$HAGEN_BIND_PORT")/readyz") &&
    [[ $code == 200 || $code == 401 || $code == 403 ]]
}

registered() { quiet kubectl --kubeconfig "$kubelet" --request-timeout 15s get node "$HAGEN_NODE"; }

# --- the endpoint's name -----------------------------------------------------------------

endpoint_tag='# hagen: endpoint'

# The load balancer's addresses, where no DNS has the name. All of one name in /etc/hosts count, so
# it is these, or a pin
endpoint_hosts() {
  local one lines=()
  if [[ -z $HAGEN_ENDPOINT_ADDRESSES ]] && ! quiet grep -F "$endpoint_tag" /etc/hosts; then return; fi
  for one in $HAGEN_ENDPOINT_ADDRESSES; do
    [[ $one =~ ^[0-9a-f.:]+$ ]] || stop "HAGEN_ENDPOINT_ADDRESSES: '$one' is not an address"
    lines+=("$one"$'\t'"$HAGEN_ENDPOINT_HOST")
  done
  write_hosts "$endpoint_tag" "${lines[@]}"
}

# ADDRESS
pin_to() { write_hosts "$endpoint_tag" "$1"$'\t'"$HAGEN_ENDPOINT_HOST"; }

# At each boot: cloud-init of some images writes /etc/hosts anew
endpoint_again() {
  # shellcheck source=/dev/null
  . "$etc/node.env"
  if [[ $HAGEN_PIN == always ]]; then
    address=$HAGEN_ADDRESS
    if [[ -z $address ]]; then address=$(<"$state/address"); fi
    pin_to "$address"
  else
    endpoint_hosts
  fi
}

# A pod keeps the hosts file that it started with: made anew, it reads the one of now
restart_kube_proxy() {
  local container
  for container in $(crictl ps -q --name '^kube-proxy$' --state running); do
    quiet crictl stop "$container" || log 'kube-proxy could not be restarted'
  done
}

# --- the machine, for a kubelet ----------------------------------------------------------

# Kubernetes 1.35 and newer refuse v1: https://github.com/kubernetes/kubernetes/pull/134298
cgroups() {
  local boot
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then return; fi
  boot=$(</proc/sys/kernel/random/boot_id)
  # Once: a reboot that changed nothing must not be tried for ever.
  if [[ $manager == dnf && $(cat "$state/reboot" 2>/dev/null || echo "$boot") == "$boot" ]]; then
    log 'cgroup v1: rebooting into cgroup v2'
    grubby --update-kernel=ALL --args=systemd.unified_cgroup_hierarchy=1
    printf '%s\n' "$boot" >"$state/reboot"
    systemctl reboot
    exit
  fi
  stop 'this machine runs cgroup v1; boot it with systemd.unified_cgroup_hierarchy=1'
}

swap() {
  swapoff -a
  if [[ -e /etc/fstab ]]; then sed -Ei 's/^[^#].*[[:space:]]swap[[:space:]]/# hagen: &/' /etc/fstab; fi
  # also zram and swap partitions that systemd finds by itself
  systemctl mask swap.target
}

kernel() {
  grep -v '^#' /etc/modules-load.d/hagen.conf | xargs -n 1 modprobe
  # Only ours: --system fails on others' lines
  sysctl --load=/etc/sysctl.d/99-hagen.conf
}

# --- the container runtime and the kubelet --------------------------------------------------

runtime() {
  # The package ships a configuration with CRI off: https://github.com/containerd/containerd/issues/4581
  install -D -m 0644 "$etc/containerd.toml" /etc/containerd/config.toml
  printf 'runtime-endpoint: unix:///run/containerd/containerd.sock\n' >/etc/crictl.yaml
  # Its proxy came as a drop-in
  systemctl daemon-reload
  systemctl enable containerd
  systemctl restart containerd
  wait_for 120 'the container runtime' quiet crictl info || fail 'containerd does not answer on CRI'
}

# kubeadm starts it, with its configuration
kubelet_service() { systemctl enable kubelet; }

provider() {
  if [[ $HAGEN_METADATA ]]; then
    need provider_id
    wait_for 300 'the metadata service' provider_id || fail 'the metadata service does not say which instance this is'
  fi
}

# FROM TO: the words that are known here. bash does it: secrets go into no command line
put_in() {
  local text
  text=$(<"$1")
  text=${text//HAGEN_NODE_ADDRESS/$address}
  if [[ -s $state/provider-id ]]; then text=${text//HAGEN_NODE_PROVIDER_ID/$(<"$state/provider-id")}; fi
  if [[ $HAGEN_SECRETS == drop ]]; then words_of_bundle; fi
  printf '%s\n' "$text" >"$2.new"
  mv -f "$2.new" "$2"
}

joins() { [[ $HAGEN_ROLE != first-control-plane || -e $state/joins ]]; }

# /run is empty after a reboot, so each step that reads the file calls this
render_config() {
  local from=$etc/kubeadm.yaml
  if [[ -e $state/joins ]]; then from=$etc/kubeadm-join.yaml; fi
  (
    umask 0077
    put_in "$from" "$run/kubeadm.yaml"
    if [[ -s $etc/discovery.conf ]]; then put_in "$etc/discovery.conf" "$etc/discovery.conf"; fi
    printf 'Authorization: Bearer %s\n' "$(<"$etc/bootstrap-token")" >"$run/authorization"
  )
}

validate() {
  render_config
  timeout 120 kubeadm config validate --config "$run/kubeadm.yaml" ||
    stop 'kubeadm refuses its configuration (see the log): render it again'
}

# Before this node's turn, so that it is a learner of etcd for seconds, not minutes
images() {
  local image from=(--kubernetes-version "v$HAGEN_KUBERNETES_VERSION"
    --image-repository "${HAGEN_IMAGE_REPOSITORY:-registry.k8s.io}")
  if [[ $HAGEN_ROLE != worker ]]; then
    retry 5 timeout 1800 kubeadm config images pull "${from[@]}" || fail 'cannot pull the images'
    return
  fi
  for image in $(kubeadm config images list "${from[@]}"); do
    case $image in */kube-proxy:* | */pause:*)
      retry 5 timeout 600 crictl pull "$image" || fail "cannot pull $image" ;;
    esac
  done
}

# Where no CA is known before: kubeadm does the same, but only when it is this node's turn.
discover() {
  if [[ $HAGEN_SECRETS == tofu ]]; then
    need find_ca
    wait_for 1800 'cluster information signed with the bootstrap token' find_ca ||
      fail "no cluster information that is signed with the bootstrap token, which may have expired: run hagen rearm"
  fi
}

# --- the nodes that join --------------------------------------------------------------------

# NAME: its object with the bootstrap token; sets code
ask_node() {
  code=$(api -H @"$run/authorization" -o "$run/node.json" -w '%{http_code}' "$(endpoint)/api/v1/nodes/$1") ||
    code=curl-$?
  case $code in
    200) detail='its control plane is not up yet' ;;
    401 | 403) detail='the bootstrap token is not valid yet, or no more: then run hagen rearm' ;;
    404) detail='it is not registered yet' ;;
    curl-60) detail='the endpoint does not show a certificate of this cluster' ;;
    *) detail="no API server answers at the endpoint ($code)" ;;
  esac
}

predecessor_joined() {
  local code
  ask_node "$HAGEN_PREVIOUS"
  # kubeadm makes the token last, so a first node that is not there now is gone.
  if [[ $code$HAGEN_ROLE == 404worker ]]; then return; fi
  [[ $code == 200 ]] && grep -Eq "\"$label\"[[:space:]]*:" "$run/node.json"
}

cluster_answers() {
  local code
  ask_node "$HAGEN_PREVIOUS"
  [[ $code == 200 || $code == 404 ]]
}

token_accepted() {
  local code
  ask_node "$HAGEN_NODE"
  [[ $code == 200 || $code == 404 ]]
}

# One control-plane node at a time: etcd takes one learner, and no release calls parallel
# joins safe. The label is the last thing that a join sets.
turn() {
  local pause
  render_config
  if [[ -e $state/joins ]]; then
    wait_for 1800 'a valid bootstrap token' token_accepted || fail "cannot join: $detail"
    detail=''
    return
  fi
  # The clock of a turn starts when there is a cluster: before that all would go at once.
  wait_for 1800 'the cluster' cluster_answers || fail "cannot join: $detail"
  if ! wait_for "$HAGEN_TURN_LIMIT" "control-plane node $HAGEN_PREVIOUS" predecessor_joined; then
    # A dead predecessor must not hold up the others, nor bring them all at once
    pause=$((RANDOM % 61))
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
    # Killed after the join, before its marker
    if joined; then return; fi
    log 'clearing away what the last attempt left'
    timeout --kill-after 30 600 kubeadm reset -f || log 'kubeadm reset did not end well'
  fi
  touch "$state/join-begun"
  # At each attempt: the one that it was pinned to may be gone.
  if [[ $HAGEN_PIN == always ]]; then pin_to_other; fi
  timeout --kill-after 30 5400 kubeadm join --config "$run/kubeadm.yaml"
}

join() {
  render_config
  retry 5 run_join || fail 'kubeadm join failed (see the log)'
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
  local bundle=(bootstrap-token ca.crt)
  if [[ -e $state/done ]]; then
    endpoint_again
    each_boot
    return
  fi
  begin FIRST ENDPOINT_HOST ENDPOINT_PORT BIND_PORT PIN TURN_LIMIT KUBERNETES_VERSION PACKAGE_REVISION \
    PACKAGE_URL PACKAGE_KEY CONTAINERD_URL CONTAINERD_KEY CONTAINERD_RPM_KEY CONTAINERD_VERSION CERTIFICATES_SECONDS
  case $HAGEN_PIN in
    init | none) ;;
    always) need pin_self ;;
    *) stop "HAGEN_PIN '$HAGEN_PIN' is unknown" ;;
  esac
  case $HAGEN_ROLE in
    first-control-plane)
      need guard
      bundle+=(certificate-key ca.key)
      if [[ $HAGEN_ETCD_ENDPOINTS ]]; then bundle+=(etcd/ca.crt apiserver-etcd-client.{crt,key}); fi
      ;;
    control-plane) bundle+=(certificate-key) ;;
    worker) ;;
    *) stop "role '$HAGEN_ROLE' is unknown" ;;
  esac
  cgroups
  step facts facts
  step firewall firewall
  step swap swap
  step kernel kernel
  step packages "${manager}_kubernetes"
  if [[ ${HAGEN_LOAD_BALANCER-} ]]; then
    need load_balancer
    step load-balancer load_balancer
  fi
  guard_metadata
  step runtime runtime
  step kubelet kubelet_service
  step images images
  if [[ ${HAGEN_KUBE_VIP-} ]]; then
    need kube_vip
    step kube-vip-image kube_vip_image
  fi
  step secrets secrets "${bundle[@]}"
  step provider provider
  step etcd-hosts etcd_hosts
  # No step, for the same reason. A node that pins itself does so in init and join.
  if [[ $HAGEN_PIN == none || ! (-e $state/init-begun || -e $state/join-begun) ]]; then endpoint_hosts; fi
  if ! joins && [[ ! -e $state/init-begun ]]; then guard; fi
  if joins; then step discover discover; fi
  step validate validate
  if joins; then
    step turn turn
    step join join
  else
    step cni-download fetch_cni
    step init init
  fi
  if [[ ${HAGEN_KUBE_VIP-} ]]; then step kube-vip kube_vip; fi
  if ! joins; then step cni apply_cni; fi
  step verify verify
  if [[ $HAGEN_PIN == always ]]; then step pin-self pin_self; fi
  if [[ $HAGEN_ROLE == first-control-plane ]]; then step unpin unpin; fi
  end
}

main
