#!/bin/bash
# Turns a fresh machine into a node of the cluster. hagen-bootstrap.service starts it until
# /var/lib/hagen/done exists; it may be killed anywhere and started again.
# Values: /etc/hagen/node.env. Progress: /var/lib/hagen/status.json and the log.
# Exit code 78: a person must act, so systemd does not try again.
set -Eeuo pipefail
shopt -s inherit_errexit nullglob
# Package scripts and kubeadm expect the usual mask; secrets go to directories of mode 0700.
umask 0022
export HOME=/root LC_ALL=C TZ=UTC DEBIAN_FRONTEND=noninteractive
# needrestart must not restart this very service in the middle of an installation.
export NEEDRESTART_SUSPEND=1

etc=/etc/hagen
state=/var/lib/hagen
run=/run/hagen
admin=/etc/kubernetes/admin.conf
kubelet=/etc/kubernetes/kubelet.conf
pki=/etc/kubernetes/pki
label=node-role.kubernetes.io/control-plane
pin_tag='# hagen: the endpoint while this node bootstraps'

step=start attempt=1 runs=1 error='' detail='' address=''

# --- reporting ---------------------------------------------------------------------------

log() { printf '%(%FT%TZ)T %s: %s\n' -1 "$step" "$*"; }

status() { # STATE: written beside and renamed, so that a reader never sees half a file
  printf '{"node":"%s","role":"%s","step":"%s","state":"%s","attempt":%d,"run":%d,"error":"%s"}\n' \
    "${HAGEN_NODE-}" "${HAGEN_ROLE-}" "$step" "$1" "$attempt" "$runs" \
    "${error//[\"\\[:cntrl:]]/ }" >"$state/status.json.new"
  mv -f "$state/status.json.new" "$state/status.json"
}

fail() { error=$1; exit 1; } # trying again may help: systemd does, 30 seconds later
stop() { error=$1; exit 78; } # it cannot

finish() {
  local code=$?
  trap - ERR
  if ((code != 0)); then
    error=${error:-ended with exit code $code}
    log "ERROR: $error"
    if ((code == 78)); then status stopped; else status failed; fi
  fi
}
trap finish EXIT
trap 'error=${error:-"line $LINENO: exit code $?"}' ERR
trap 'fail "ended by a signal"' TERM INT

# --- tools -------------------------------------------------------------------------------

quiet() { "$@" >/dev/null 2>&1; }

step() { # NAME FUNCTION: once per machine
  step=$1 attempt=1
  if [[ -e $state/steps/$1 ]]; then return; fi
  log begins
  status running
  "$2"
  touch "$state/steps/$1"
  log ends
}

wait_for() { # SECONDS WHAT COMMAND...
  local limit=$1 what=$2 end=$((SECONDS + $1)) next=0
  shift 2
  until "$@"; do
    if ((SECONDS >= end)); then
      log "gave up on $what after $limit s${detail:+: $detail}"
      return 1
    fi
    if ((SECONDS >= next)); then
      log "waiting for $what${detail:+: $detail}"
      next=$((SECONDS + 30))
    fi
    sleep 5
  done
}

retry() { # ATTEMPTS COMMAND...
  local limit=$1
  shift
  for ((attempt = 1; ; attempt++)); do
    status running
    if "$@"; then return; fi
    log "attempt $attempt of $limit failed: $1"
    if ((attempt >= limit)); then return 1; fi
    sleep $((15 + RANDOM % 31))
  done
}

url() { # HOST PORT
  if [[ $1 == *:* ]]; then printf 'https://[%s]:%s' "$1" "$2"; else printf 'https://%s:%s' "$1" "$2"; fi
}

api() { # CURL-ARGUMENTS...: an API server, and only one that our cluster CA signed
  curl -s --noproxy '*' --cacert "$etc/pki/ca.crt" --connect-timeout 5 --max-time 15 "$@"
}

download() { # URL FILE: what it is gets checked by the caller, so a plain mirror will do
  curl -fsSL --proto '=https,http' --retry 5 --retry-delay 5 --retry-all-errors \
    --connect-timeout 15 --max-time 300 -o "$2" "$1"
}

local_ready() { # without anonymous access it answers 401 or 403, and that is an answer
  local code
  code=$(api -o /dev/null -w '%{http_code}' "$(url "$address" "$HAGEN_BIND_PORT")/readyz") &&
    [[ $code == 200 || $code == 401 || $code == 403 ]]
}

registered() { quiet kubectl --kubeconfig "$kubelet" --request-timeout 15s get node "$HAGEN_NODE"; }

# --- the machine -------------------------------------------------------------------------

read_system() {
  # A subshell: os-release sets NAME, ID and more.
  # shellcheck source=/dev/null
  system=$(. /etc/os-release && printf '%s %s %s' "${ID-}" "${VERSION_ID-}" "${VERSION_CODENAME-}")
  read -r system_id system_version system_codename <<<"$system"
  case "$system_id $system_version" in
    'ubuntu 22.04' | 'ubuntu 24.04' | 'debian 12' | 'debian 13') packages=packages_apt ;;
    *) stop "operating system '$system_id $system_version' is not supported: use Ubuntu 22.04 or 24.04, Debian 12 or 13" ;;
  esac
}

find_address() { # the routing table is asked, nothing is sent
  address=$(ip -4 -o route get 1.1.1.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p') && [[ $address ]]
}

read_address() { # written down once: certificates and etcd keep the first one for ever
  address=$HAGEN_ADDRESS
  if [[ -z $address && -s $state/address ]]; then address=$(<"$state/address"); fi
  if [[ -z $address ]]; then
    wait_for 120 'a default route' find_address || fail 'no default route, so no primary IPv4 address'
    printf '%s\n' "$address" >"$state/address.new"
    mv -f "$state/address.new" "$state/address"
  fi
}

has_address() { [[ $(ip -o addr show to "$address" 2>/dev/null) ]]; }

clock_synchronised() { [[ $(timedatectl show -p NTPSynchronized --value 2>/dev/null) == yes ]]; }

facts() {
  # Kubernetes 1.35 and newer refuse cgroup v1: https://github.com/kubernetes/kubernetes/pull/134298
  [[ -e /sys/fs/cgroup/cgroup.controllers ]] ||
    stop 'this machine runs cgroup v1; boot it with systemd.unified_cgroup_hierarchy=1'
  [[ $(uname -n) == "$HAGEN_NODE" ]] ||
    fail "the host name is '$(uname -n)', the node name '$HAGEN_NODE': they must be the same"
  wait_for 60 "address $address on this machine" has_address ||
    fail "address $address is not on this machine"
  # kubeadm dates its certificates back by five minutes, no more.
  wait_for 300 'a synchronised clock' clock_synchronised ||
    fail 'the clock is not synchronised: check NTP (timedatectl)'
}

swap() {
  swapoff -a
  if [[ -e /etc/fstab ]]; then sed -Ei 's/^[^#].*[[:space:]]swap[[:space:]]/# hagen: &/' /etc/fstab; fi
  systemctl mask swap.target # also zram and swap partitions that systemd finds by itself
}

kernel() {
  grep -v '^#' /etc/modules-load.d/hagen.conf | xargs -n 1 modprobe
  sysctl --load=/etc/sysctl.d/99-hagen.conf # only ours: --system fails on others' lines
}

# --- packages: one function a package manager ---------------------------------------------

# The key is downloaded because its expiry date is extended from time to time, which broke
# cached copies (https://github.com/kubernetes/release/issues/3818); its fingerprint stays.
fetch_key() { # URL FINGERPRINT FILE
  local found
  download "$1" "$run/key" || fail "cannot download the package key $1"
  found=$(gpg --batch --homedir "$run" --show-keys --with-colons "$run/key" 2>/dev/null |
    awk -F: '$1 == "pub" { key = 1 } $1 == "fpr" && key { print $10; key = 0 }') || found=''
  [[ $found ]] || fail "$1 is not a package key"
  [[ $found == "$2" ]] || stop "the package key $1 has the fingerprint ${found//$'\n'/ }, expected $2"
  install -D -m 0644 "$run/key" "$3"
}

apt_install() { # PACKAGE...
  # A dpkg that was killed must be finished first; a foreign apt run is waited for.
  dpkg --configure -a && timeout 900 apt-get -q update &&
    timeout 1800 apt-get -q install -y --no-install-recommends --allow-downgrades \
      --allow-change-held-packages -o DPkg::Lock::Timeout=600 \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

packages_apt() {
  local sources=/etc/apt/sources.list.d keys=/etc/apt/keyrings runtime release
  # A source without its key, left by a killed run, would spoil the first update.
  rm -f "$sources"/hagen-{kubernetes,containerd}.list
  retry 5 apt_install ca-certificates curl gpg conntrack ethtool iptables socat ||
    fail 'cannot install the tools from the distribution'
  fetch_key "$HAGEN_PACKAGE_URL/Release.key" "$HAGEN_PACKAGE_KEY" "$keys/hagen-kubernetes.asc"
  fetch_key "$HAGEN_CONTAINERD_URL/$system_id/gpg" "$HAGEN_CONTAINERD_KEY" "$keys/hagen-containerd.asc"
  printf 'deb [signed-by=%s] %s /\n' "$keys/hagen-kubernetes.asc" "$HAGEN_PACKAGE_URL" \
    >"$sources/hagen-kubernetes.list"
  printf 'deb [arch=%s signed-by=%s] %s %s stable\n' "$(dpkg --print-architecture)" \
    "$keys/hagen-containerd.asc" "$HAGEN_CONTAINERD_URL/$system_id" "$system_codename" \
    >"$sources/hagen-containerd.list"
  retry 5 timeout 900 apt-get -q update || fail 'cannot read the package lists'
  # Docker appends the release to its versions: 2.3.6-1~ubuntu.24.04~noble.
  runtime=$(apt-cache madison containerd.io | awk -v want="$HAGEN_CONTAINERD_VERSION" \
    '$3 == want || index($3, want "~") == 1 { found = $3 } END { print found }')
  [[ $runtime ]] || fail "$HAGEN_CONTAINERD_URL has no containerd.io $HAGEN_CONTAINERD_VERSION for $system_codename"
  release=$HAGEN_KUBERNETES_VERSION-$HAGEN_PACKAGE_REVISION
  retry 5 apt_install "containerd.io=$runtime" "kubelet=$release" "kubeadm=$release" "kubectl=$release" ||
    fail "cannot install containerd.io $runtime and kubelet, kubeadm, kubectl $release"
  apt-mark hold containerd.io kubelet kubeadm kubectl
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

# Needs nothing that it removes, so it may be cut short. The metadata service still serves
# the user data: it is guarded by its hop limit, not here.
scrub() {
  local file copies=()
  if [[ -d /run/cloud-init ]]; then # cloud-init's last stage still reads its copies
    wait_for 120 'the end of cloud-init' test -e /run/cloud-init/result.json || true
  fi
  for file in /var/lib/cloud/seed/*/user-data; do
    printf '#cloud-config\n' >"$file" # without the file, the next boot finds no data source
  done
  for file in /var/lib/cloud/{instance,instances/*}; do
    copies+=("$file"/{user-data.txt,user-data.txt.i,cloud-config.txt,obj.pkl} "$file"/scripts/*)
  done
  copies+=("$etc"/{bootstrap-token,kubeadm.yaml,discovery.conf} "$etc"/pki/{,*/}*.key
    /run/cloud-init/{instance-data-sensitive,combined-cloud-config}.json /etc/kubernetes/bootstrap-kubelet.conf)
  for file in "${copies[@]}"; do
    if [[ -f $file ]]; then shred -u "$file" || rm -f "$file"; fi
  done
}

main() {
  local name
  ((EUID == 0)) || { printf 'this must run as root\n' >&2; trap - EXIT; exit 78; }
  if [[ -e $state/done ]]; then # cloud-init stores the user data again at every boot
    scrub
    return
  fi
  install -d -m 0755 "$state" "$state/steps"
  # shellcheck source=/dev/null
  . "$etc/node.env" || stop "$etc/node.env is missing or broken"
  for name in CLUSTER ROLE NODE FIRST ENDPOINT_HOST ENDPOINT_PORT BIND_PORT PIN TURN_LIMIT KUBERNETES_VERSION \
    PACKAGE_REVISION PACKAGE_URL PACKAGE_KEY CONTAINERD_URL CONTAINERD_KEY CONTAINERD_VERSION; do
    name=HAGEN_$name
    [[ ${!name-} ]] || stop "$etc/node.env sets no $name"
  done
  case $HAGEN_PIN in init | none) ;; *) stop "HAGEN_PIN '$HAGEN_PIN' is unknown" ;; esac
  # A second run beside this one would start a second kubeadm.
  exec 9>"$state/lock"
  flock -w 30 9 || fail 'another run is at work'
  if [[ -s $state/runs ]]; then runs=$(($(<"$state/runs") + 1)); fi
  printf '%d\n' "$runs" >"$state/runs"
  install -d -m 0700 "$run"
  log "cluster $HAGEN_CLUSTER, node $HAGEN_NODE, role $HAGEN_ROLE, run $runs"

  read_system
  read_address
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
  step scrub scrub
  step=end
  rm -rf "$run"
  status 'done'
  touch "$state/done"
  log 'this node is part of the cluster'
}

main
