# --- one member of an external etcd ---------------------------------------------------------
#
# A member whose log is there starts as it is. Without a log it must not vote under an old
# identity (it forgot what it promised), nor begin a second cluster beside one that is there:
#   - all who answer list this member as one that never ran, in the cluster as rendered: `new`
#   - nobody answers: `new`, but only for the first of the list, once most machines are there and
#     none has an etcd. The others wait for it. So those that are added to a cluster, or made
#     anew, can never form one of their own, however many they are and whoever is out of reach.
#   - anything else: an old entry of this name is removed and the member joins as a learner.
# Decisions are written to $state/member before they are acted on; etcd.service starts an empty
# member only while that file is there. Another name than one's own is never removed.

home=/var/lib/etcd
data=$home/data
conf=/etc/etcd
finding='' same=0 id='' clients='' learner='' cluster=''

# --- the data disk -----------------------------------------------------------------------------

labelled() { # a kept disk has the label already
  local found
  found=$(blkid -c /dev/null -o device -t LABEL=etcd) || return 1
  [[ $found != *$'\n'* ]] || stop "more than one disk has the label 'etcd': ${found//$'\n'/ }"
}

empty() { # DISK: no partition, no user, no signature that blkid or wipefs knows, and blank at its start
  local code=0 found
  [[ $(lsblk -nrpo NAME,MOUNTPOINT "$1") =~ ^"$1"\ *$ ]] || return 1
  quiet blkid -p "$1" || code=$?
  ((code == 2)) && found=$(wipefs -n "$1") && [[ -z $found ]] && cmp -sn 1048576 "$1" /dev/zero
}

data_disk() { # labelled, or the one empty disk in $disk
  local name type found=()
  if labelled; then disk=''; return; fi
  if [[ -s $run/format ]]; then disk=$(<"$run/format"); return; fi # killed while it was formatted
  while read -r name type; do
    if [[ $type == disk && $name != /dev/zram* ]] && empty "$name"; then found+=("$name"); fi
  done < <(lsblk -dnrpo NAME,TYPE)
  ((${#found[@]} < 2)) ||
    stop "more than one empty disk: ${found[*]}. Format the one for etcd: mkfs.ext4 -L etcd DISK"
  disk=${found[0]-}
  [[ $disk ]]
}

mount_disk() {
  local disk
  if [[ -z ${HAGEN_ETCD_DISK-} ]]; then return; fi
  wait_for 600 'the data disk' data_disk ||
    fail "no disk has the label 'etcd', and none is empty: attach one, or format it: mkfs.ext4 -L etcd DISK"
  if [[ $disk ]]; then
    log "formatting $disk, which is empty"
    printf '%s\n' "$disk" >"$run/format"
    mkfs.ext4 -q -L etcd "$disk" || fail "cannot format $disk"
  fi
  {
    grep -v '^LABEL=etcd[[:space:]]' /etc/fstab || true
    printf 'LABEL=etcd %s ext4 defaults,noatime 0 2\n' "$home"
  } >/etc/fstab.hagen
  mv -f /etc/fstab.hagen /etc/fstab
  systemctl daemon-reload
  install -d -m 0700 "$home"
  mountpoint -q "$home" || mount "$home" || fail "cannot mount the data disk on $home"
}

# --- programs, names, certificates ----------------------------------------------------------------

install_etcd() {
  local arch sum file=$state/etcd.tar.gz
  case $(uname -m) in
    x86_64) arch=amd64 sum=${HAGEN_ETCD_SHA256_AMD64-} ;;
    aarch64) arch=arm64 sum=${HAGEN_ETCD_SHA256_ARM64-} ;;
    *) stop "machine type $(uname -m) is not supported: use x86_64 or aarch64" ;;
  esac
  arch=etcd-v$HAGEN_ETCD_VERSION-linux-$arch
  if ! quiet type curl tar gzip; then "${manager}_tools" ca-certificates curl tar gzip; fi
  retry 5 download "$HAGEN_ETCD_URL/v$HAGEN_ETCD_VERSION/$arch.tar.gz" "$file" ||
    fail "cannot download etcd from $HAGEN_ETCD_URL"
  quiet sha256sum --check <<<"$sum  $file" || stop "$arch.tar.gz does not have the SHA-256 digest '$sum'"
  tar -xzf "$file" -C "$state" --no-same-owner --strip-components=1 "$arch"/etcd{,ctl,utl}
  install -m 0755 "$state"/etcd{,ctl,utl} /usr/local/bin/
  rm -f "$file" "$state"/etcd{,ctl,utl}
  quiet getent group etcd || groupadd --system etcd
  quiet getent passwd etcd ||
    useradd --system --gid etcd --home-dir "$home" --no-create-home --shell /usr/sbin/nologin etcd
}

certificates() {
  install -d -m 0755 "$conf"
  install -d -m 0750 -g etcd "$conf/pki"
  if [[ ! -e $etc/pki/member.key && -e $conf/pki/member.key ]]; then return; fi # scrubbed already
  install -m 0644 "$etc"/pki/{ca,member}.crt "$conf/pki/"
  install -m 0640 -g etcd "$etc/pki/member.key" "$conf/pki/"
}

# --- how to start -----------------------------------------------------------------------------------

setting() { sed -n "s/^$1: *//p" "$etc/etcd.yaml" | tr -d "\"'"; }

read_cluster() {
  local member
  name=$(setting name) url=$(setting initial-advertise-peer-urls)
  read -ra rendered < <(setting initial-cluster | tr , ' ')
  [[ $name && $url && " ${rendered[*]} " == *" $name=$url "* ]] ||
    stop "$etc/etcd.yaml is broken: initial-cluster lacks '$name=$url'"
  self=https://$HAGEN_ETCD_HOST:2379 others=() endpoints=''
  for member in "${rendered[@]}"; do
    member=${member#*=}
    if [[ $member != "$url" ]]; then
      others+=("$member")
      endpoints+=${member%:*}:2379,
    fi
  done
}

has_data() { compgen -G "$data/member/wal/*.wal" >/dev/null; } # etcd goes by the same

ctl() { # etcdctl's last word goes to $detail
  timeout 30 etcdctl --endpoints "$endpoints" --cacert "$conf/pki/ca.crt" --cert "$conf/pki/member.crt" \
    --key "$conf/pki/member.key" --dial-timeout 3s --command-timeout 10s "$@" 2>"$run/etcdctl" && detail='' && return
  detail=$(tail -n 1 "$run/etcdctl")
  return 1
}

# The peer port answers before there is a quorum and after it is lost; etcd itself asks there
# before it begins a cluster. One line, no nested objects: {"id":1,"peerURLs":["…"],"name":"…","clientURLs":["…"]}
inquire() { # sets $seen to what the others say: nothing, new or rejoin
  local other answer mine here=1
  seen=''
  for other in "${others[@]}"; do
    if answer=$(curl -fs --http1.1 --noproxy '*' --cacert "$conf/pki/ca.crt" --cert "$conf/pki/member.crt" \
      --key "$conf/pki/member.key" --connect-timeout 3 --max-time 10 "$other/members") && [[ $answer == '[{'* ]]; then
      mine=$(grep -o '{[^}]*}' <<<"$answer" | grep -F "\"$url\"") || mine=''
      answer=$(grep -o '"peerURLs":\[[^]]*' <<<"$answer" | cut -d '"' -f 4 | sort)
      if [[ $seen != rejoin && $mine == *"\"name\":\"$name\""* && $mine != *'"clientURLs":["'* &&
        $answer == "$(printf '%s\n' "${rendered[@]#*=}" | sort)" ]]; then
        seen=new
      else
        seen=rejoin
      fi
    else
      other=${other#*://}
      # A machine that is there and has no etcd refuses; one that is cut off, or down, does not.
      answer=$(timeout 3 bash -c ": <>/dev/tcp/${other%:*}/${other##*:}" 2>&1) || true
      if [[ $answer == *refused* ]]; then here=$((here + 1)); fi
    fi
  done
  if [[ -z $seen ]]; then
    detail="nobody answers, $here of ${#rendered[@]} machines are there; ${rendered[0]%%=*} begins"
    if [[ ${rendered[0]} == "$name=$url" ]] && ((here * 2 > ${#rendered[@]})); then seen=new; fi
  fi
}

decided() { # three times the same: a member that starts shows half a list for a moment
  inquire
  if [[ $seen != "$finding" ]]; then same=0; fi
  finding=$seen same=$((same + 1))
  [[ $finding ]] && ((same > 2))
}

own() { # from a quorum: this member's $id, $clients, $learner, empty if it is not listed; $cluster as etcd wants it
  local key member urls client is
  id='' clients='' learner='' cluster=''
  ctl member list >"$run/members" || return 1
  while IFS='|' read -r key _ member urls client is; do
    if [[ $member == "$name" || -z $member && $urls == "$url" ]]; then
      id=$key clients=$client learner=$is member=$name
    elif [[ $urls == "$url" ]]; then
      stop "another member of the cluster, $member, has the URL $url of this one"
    fi
    cluster+=,${member:-$key}=${urls//,/,${member:-$key}=}
  done < <(sed 's/, /|/g' "$run/members")
  cluster=${cluster#,}
  [[ $id ]] || detail='the cluster does not list this member'
}

listed() { # as a member that never ran. The list is read anew each time: the last call may have come through
  own || return 1
  if [[ -z $id ]]; then
    log 'adding this member as a learner'
    ctl member add "$name" --learner --peer-urls="$url" >/dev/null && listed
  elif [[ $clients ]]; then
    log "removing $name ($id): it ran before, and its data is gone"
    ctl member remove "$id" >/dev/null && listed
  fi
}

decide() { printf '%s\n' "$1" >"$state/member.new" && mv -f "$state/member.new" "$state/member"; }

member() {
  if [[ ${HAGEN_ETCD_DISK-} ]]; then
    mountpoint -q "$home" || fail "the data disk is not mounted on $home"
  fi
  if has_data; then
    log 'the data of this member is there'
    return
  fi
  [[ ! -e $data/member ]] || stop "$data has a database but no log: move it away, and this member joins with an empty one"
  detail=''
  if [[ ! -s $state/member ]]; then
    wait_for 1800 'the other members' decided || fail "cannot tell how to start: $detail"
    log "decided: $finding"
    decide "$finding"
  fi
  if [[ $(<"$state/member") == rejoin ]]; then
    wait_for 1800 'a place in the cluster' listed || fail "cannot join the cluster: $detail"
    decide existing
  fi
}

# --- start --------------------------------------------------------------------------------------------

configure() { # the cluster may change until etcd has read it, so an empty member gets it anew
  local how=new members
  members=$(IFS=, && printf '%s' "${rendered[*]}")
  if [[ -s $state/member && $(<"$state/member") == existing ]] && ! has_data; then
    own && [[ $id ]] || return 1
    how=existing members=$cluster
  fi
  sed "s|HAGEN_NODE_ADDRESS|$address|g
    s|^initial-cluster:.*|initial-cluster: $members|
    s|^initial-cluster-state:.*|initial-cluster-state: $how|" "$etc/etcd.yaml" >"$conf/etcd.yaml.new"
  chgrp etcd "$conf/etcd.yaml.new"
  chmod 0640 "$conf/etcd.yaml.new"
  mv -f "$conf/etcd.yaml.new" "$conf/etcd.yaml"
}

started() {
  has_data || configure || return 1
  own && [[ $clients ]]
}

start() {
  wait_for 1800 'the list of members' configure || fail "cannot configure etcd: $detail"
  install -d -m 0700 "$home" "$data"
  chown -R etcd:etcd "$home" # a kept disk knows the user of another machine
  systemctl daemon-reload
  systemctl enable etcd
  # It is up when there is a quorum, which may need machines that are not there yet.
  systemctl start --no-block etcd
  wait_for 1800 'etcd' started || fail "etcd does not run (journalctl -u etcd): $detail"
}

voter() {
  own || return 1
  if [[ $learner == true ]]; then
    ctl member promote "$id" >/dev/null && own # refused until the learner has caught up
  fi
  [[ $id && $learner == false ]]
}

promote() { wait_for 1800 'the vote' voter || fail "this member is not promoted: $detail"; }

healthy() {
  local endpoints=$self
  ctl endpoint health >/dev/null && own && [[ $clients && $learner == false ]]
}

verify() {
  wait_for 300 'this member' healthy || fail "this member is not healthy (journalctl -u etcd): $detail"
  rm -f "$state/member"
}

main() {
  if [[ -e $state/done ]] && has_data; then
    etcd_hosts # they may have changed
    each_boot
    return
  fi
  begin ETCD_HOST ETCD_VERSION ETCD_URL
  if [[ -e $state/done ]]; then
    log 'the data of this member is gone: it joins again'
    rm -f "$state/done" "$state"/steps/{disk,member,start,promote,verify}
  fi
  read_cluster
  step facts facts
  step firewall firewall
  step disk mount_disk
  step packages install_etcd
  step secrets secrets ca.crt member.crt member.key
  step hosts etcd_hosts
  step certificates certificates
  step member member
  endpoints+=$self
  step start start
  step promote promote
  step verify verify
  end
}

main
