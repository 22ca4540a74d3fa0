#!/bin/bash
# Turns a fresh machine into a node of the cluster. hagen-bootstrap.service starts it until
# /var/lib/hagen/done exists; it may be killed anywhere and started again.
# Values: /etc/hagen/node.env. Progress: /var/lib/hagen/status.json and the log.
# Exit code 78: a person must act, so systemd does not try again.
# shellcheck disable=SC2317 # most functions are called by their name only
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

download() { # URL FILE: what it is gets checked by the caller, so a plain mirror will do
  curl -fsSL --proto '=https,http' --retry 5 --retry-delay 5 --retry-all-errors \
    --connect-timeout 15 --max-time 300 -o "$2" "$1"
}

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

write_hosts() { # [ADDRESS]: with our line for the endpoint, or without
  {
    if (($#)); then printf '%s\t%s\t%s\n' "$1" "$HAGEN_ENDPOINT_HOST" "$pin_tag"; fi
    grep -vF "$pin_tag" /etc/hosts || true
  } >/etc/hosts.hagen
  chmod 0644 /etc/hosts.hagen
  mv -f /etc/hosts.hagen /etc/hosts
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

each_boot() { scrub; } # on a machine that is done: cloud-init has stored the user data again

begin() { # NAME...: what node.env must set
  local name
  ((EUID == 0)) || stop 'this must run as root'
  install -d -m 0755 "$state" "$state/steps"
  # shellcheck source=/dev/null
  . "$etc/node.env" || stop "$etc/node.env is missing or broken"
  for name in CLUSTER ROLE NODE "$@"; do
    name=HAGEN_$name
    [[ ${!name-} ]] || stop "$etc/node.env sets no $name"
  done
  # A second run beside this one would start a second kubeadm.
  exec 9>"$state/lock"
  flock -w 30 9 || fail 'another run is at work'
  if [[ -s $state/runs ]]; then runs=$(($(<"$state/runs") + 1)); fi
  printf '%d\n' "$runs" >"$state/runs"
  install -d -m 0700 "$run"
  log "cluster $HAGEN_CLUSTER, node $HAGEN_NODE, role $HAGEN_ROLE, run $runs"
  read_system
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

