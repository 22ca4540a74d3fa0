#!/bin/bash
# Turns a fresh machine into a node of the cluster. hagen-bootstrap.service starts it until
# /var/lib/hagen/done exists; it may be killed anywhere and started again.
# Values: /etc/hagen/node.env. Progress: /var/lib/hagen/status.json and the log.
# Exit code 78: a person must act, so systemd does not try again.
# shellcheck disable=SC2034 # what uses a variable may be in a part that this machine has no need of
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
# What cloud-init runs on
python=/usr/libexec/platform-python
if [[ ! -x $python ]]; then python=python3; fi

step=start attempt=1 runs=1 error='' detail='' address=''

# --- reporting ---------------------------------------------------------------------------

log() { printf '%(%FT%TZ)T %s: %s\n' -1 "$step" "$*"; }

# STATE: written beside and renamed, so that a reader never sees half a file
status() {
  printf '{"node":"%s","role":"%s","step":"%s","state":"%s","attempt":%d,"run":%d,"error":"%s"}\n' \
    "${HAGEN_NODE-}" "${HAGEN_ROLE-}" "$step" "$1" "$attempt" "$runs" \
    "${error//[\"\\[:cntrl:]]/ }" >"$state/status.json.new"
  mv -f "$state/status.json.new" "$state/status.json"
}

# Trying again may help: systemd does, 30 seconds later
fail() { error=$1; exit 1; }
# It cannot
stop() { error=$1; exit 78; }

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

# FUNCTION: of a part that not every machine has
need() { quiet declare -F "$1" || stop "this script was rendered without the part that has $1: render it for this machine"; }

# NAME FUNCTION [ARGUMENTS...]: once per machine
step() {
  step=$1 attempt=1
  if [[ -e $state/steps/$1 ]]; then return; fi
  log begins
  status running
  "${@:2}"
  touch "$state/steps/$1"
  log ends
}

# SECONDS WHAT COMMAND...
wait_for() {
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

# ATTEMPTS COMMAND...
retry() {
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

# By variables, as curl, apt and dnf all know them. Never for the API: kubeadm would copy them
# into its static pods.
proxied() {
  env ${HAGEN_PROXY:+http_proxy="$HAGEN_PROXY" https_proxy="$HAGEN_PROXY" no_proxy="$HAGEN_NO_PROXY"} "$@"
}

# CURL-ARGUMENTS...; no --retry-all-errors: the curl of Alibaba Cloud Linux 3 is older
fetch() {
  proxied curl -fsSL --proto '=https,http' --retry 5 --retry-delay 5 --retry-connrefused \
    --connect-timeout 15 --max-time 300 "$@"
}

# URL FILE: the caller checks what it is, so a plain mirror will do
download() { fetch -o "$2" "$1"; }

ask() { curl -s --noproxy '*' --connect-timeout 5 --max-time 15 "$@"; }

# The key is downloaded because its expiry date is extended from time to time, which broke
# cached copies (https://github.com/kubernetes/release/issues/3818); its fingerprint stays.
# URL FINGERPRINT FILE
fetch_key() {
  local found
  download "$1" "$run/key" || fail "cannot download the package key $1"
  found=$(gpg --batch --homedir "$run" --show-keys --with-colons "$run/key" 2>/dev/null |
    awk -F: '$1 == "pub" { key = 1 } $1 == "fpr" && key { print $10; key = 0 }') || found=''
  [[ $found ]] || fail "$1 is not a package key"
  [[ $found == "$2" ]] || stop "the package key $1 has the fingerprint ${found//$'\n'/ }, expected $2"
  install -D -m 0644 "$run/key" "$3"
}

# --- the machine -------------------------------------------------------------------------

read_system() {
  # A subshell: os-release sets NAME, ID and more.
  # shellcheck source=/dev/null
  system=$(. /etc/os-release && printf '%s %s %s' "${ID-}" "${VERSION_ID-}" "${VERSION_CODENAME-}")
  read -r system_id system_version system_codename <<<"$system"
  case "$system_id $system_version" in
    'ubuntu 22.04' | 'ubuntu 24.04' | 'debian 12' | 'debian 13') manager=apt ;;
    'rocky 9'* | 'almalinux 9'* | 'rhel 9'*) manager=dnf el=9 ;;
    'alinux 3'*) manager=dnf el=8 ;;
    *) stop "operating system '$system_id $system_version' is not supported: use Ubuntu 22.04 or 24.04, Debian 12 or 13, Rocky Linux 9, Alibaba Cloud Linux 3" ;;
  esac
}

# The routing table is asked, nothing is sent
find_address() {
  address=$(ip -4 -o route get 1.1.1.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p') && [[ $address ]]
}

# Written down once: certificates and etcd keep the first one for ever
read_address() {
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
  # Some distributions set the full name; kubeadm gives the kubelet the node's.
  [[ $(uname -n). == "$HAGEN_NODE".* ]] ||
    fail "the host name is '$(uname -n)', the node name '$HAGEN_NODE': they must be the same"
  wait_for 60 "address $address on this machine" has_address ||
    fail "address $address is not on this machine"
  # kubeadm dates its certificates back by five minutes, no more.
  wait_for 300 'a synchronised clock' clock_synchronised ||
    fail 'the clock is not synchronised: check NTP (timedatectl)'
}

# The cloud's security groups guard the nodes
firewall() {
  local found=()
  if quiet systemctl is-active firewalld; then found=(systemctl disable --now firewalld); fi
  if [[ $(ufw status 2>/dev/null) == *'Status: active'* ]]; then found=(ufw disable); fi
  if ((${#found[@]})); then
    log "WARNING: this machine had a firewall of its own, which is switched off: ${found[*]}"
    "${found[@]}"
  fi
}

# From pods: the metadata service gives them this node's user data
guard_metadata() {
  if [[ -e $etc/metadata.nft ]]; then nft -f "$etc/metadata.nft"; fi
}

# TAG [LINE...]: ours in /etc/hosts, or none
write_hosts() {
  local line
  {
    for line in "${@:2}"; do printf '%s\t%s\n' "$line" "$1"; done
    grep -vF "$1" /etc/hosts || true
  } >/etc/hosts.hagen
  chmod 0644 /etc/hosts.hagen
  mv -f /etc/hosts.hagen /etc/hosts
}

etcd_hosts() {
  local lines
  if [[ ! -e $etc/etcd-hosts ]]; then return; fi
  mapfile -t lines < <(grep -E '^[0-9a-f.:]+[[:blank:]]+[^[:blank:]]+$' "$etc/etcd-hosts")
  # A list that came empty must not take away the names that are there.
  if ((${#lines[@]} == 0)); then
    log "WARNING: $etc/etcd-hosts names no member of etcd: /etc/hosts stays as it is"
    return
  fi
  write_hosts '# hagen: etcd' "${lines[@]}"
}

# --- secrets -----------------------------------------------------------------------------

# In good time before they are needed, so that a person may take theirs
secrets() {
  if [[ $HAGEN_SECRETS == drop ]]; then
    need take_secrets
    wait_for 1800 'the secrets' take_secrets "$@" || fail "no secrets: $detail"
  fi
}

# Needs nothing that it removes, so it may be cut short. The metadata service still serves
# The user data: it is guarded by its hop limit, not here.
scrub() {
  local file copies=()
  # cloud-init's last stage still reads its copies
  if [[ -d /run/cloud-init ]]; then
    wait_for 120 'the end of cloud-init' test -e /run/cloud-init/result.json || true
  fi
  for file in /var/lib/cloud/seed/*/user-data; do
    # Without the file, the next boot finds no data source
    printf '#cloud-config\n' >"$file"
  done
  for file in /var/lib/cloud/{instance,instances/*}; do
    copies+=("$file"/{user-data.txt,user-data.txt.i,cloud-config.txt,obj.pkl} "$file"/scripts/*)
  done
  copies+=("$etc"/{secrets,secrets-url,bootstrap-token,certificate-key,kubeadm.yaml,kubeadm-join.yaml,discovery.conf}
    "$etc"/pki/{,*/}*.key "$run"/* /run/cloud-init/{instance-data-sensitive,combined-cloud-config}.json /etc/kubernetes/bootstrap-kubelet.conf)
  for file in "${copies[@]}"; do
    if [[ -f $file ]]; then shred -u "$file" || rm -f "$file"; fi
  done
}

# On a machine that is done: cloud-init has stored the user data again
each_boot() {
  local code=0
  guard_metadata || code=$?
  etcd_hosts # they may have changed
  scrub
  return "$code"
}

# NAME...: what node.env must set
begin() {
  local name
  ((EUID == 0)) || stop 'this must run as root'
  install -d -m 0755 "$state" "$state/steps"
  # shellcheck source=/dev/null
  . "$etc/node.env" || stop "$etc/node.env is missing or broken"
  for name in CLUSTER ROLE NODE SECRETS "$@"; do
    name=HAGEN_$name
    [[ ${!name-} ]] || stop "$etc/node.env sets no $name"
  done
  case $HAGEN_SECRETS in pinned | tofu | drop) ;; *) stop "HAGEN_SECRETS '$HAGEN_SECRETS' is unknown" ;; esac
  # A second run beside this one would start a second kubeadm.
  exec 9>"$state/lock"
  flock -w 30 9 || fail 'another run is at work'
  if [[ -s $state/runs ]]; then runs=$(($(<"$state/runs") + 1)); fi
  printf '%d\n' "$runs" >"$state/runs"
  install -d -m 0700 "$run"
  log "cluster $HAGEN_CLUSTER, node $HAGEN_NODE, role $HAGEN_ROLE, run $runs"
  read_system
  need "${manager}_tools"
  read_address
}

end() {
  step scrub scrub
  step=end
  rm -rf "$run"
  status 'done'
  touch "$state/done"
  log 'this node is part of the cluster'
}

