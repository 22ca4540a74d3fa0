# --- one member of an external etcd ---------------------------------------------------------
# With its log it starts as it is. Without, it must neither vote under an old identity, as it
# forgot what it promised, nor begin a second cluster beside one that is there:
#   all who answer list it as never started, in the cluster as rendered: `new`
#   nobody answers: `new`, but only the first of the list, once most machines are there and none
#     runs etcd; the others wait for it. So added members alone never form a cluster.
#   else: its old entry goes, and it joins as a learner. Nobody else's entry is ever touched.
# $state/member holds the decision before it is acted on. etcd.service starts without a log only
# while $state/start-empty is there.

home=/var/lib/etcd
data=$home/data
conf=/etc/etcd
finding='' same=0 looks=3 id='' clients='' learner='' cluster=''

# --- the data disk ---------------------------------------------------------------------------

# DISK: no partition, not in use, no known signature (2, and also for errors), blank at its start
empty() {
  local code=0
  [[ $(lsblk -nrpo NAME,MOUNTPOINT "$1") =~ ^"$1"\ *$ ]] || return 1
  quiet blkid -p "$1" || code=$?
  ((code == 2)) && cmp -sn 1048576 "$1" /dev/zero
}

# $disk: the one to format; '' if one has the label, and maybe the data of an earlier machine
data_disk() {
  local name type kept=() blank=()
  while read -r name type; do
    if [[ $(blkid -p -s LABEL -o value "$name") == etcd ]]; then
      kept+=("$name")
    elif [[ $type == disk && $name != /dev/zram* ]] && { quiet grep -xF "$name" "$run/format" || empty "$name"; }; then
      # or its formatting was cut short
      blank+=("$name")
    fi
  done < <(lsblk -nrpo NAME,TYPE)
  disk=''
  ((${#kept[@]} < 2)) || stop "more than one disk has the label 'etcd': ${kept[*]}"
  if ((${#kept[@]})); then return; fi
  ((${#blank[@]} < 2)) || stop "more than one empty disk: ${blank[*]}. Format the one for etcd: mkfs.ext4 -L etcd DISK"
  disk=${blank[0]-}
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
    printf 'LABEL=etcd %s ext4 defaults,noatime,nofail 0 2\n' "$home"
  } >/etc/fstab.hagen
  mv -f /etc/fstab.hagen /etc/fstab
  systemctl daemon-reload
  install -d -m 0700 "$home"
  mountpoint -q "$home" || mount "$home" || fail "cannot mount the data disk on $home"
}

# --- programs and certificates ---------------------------------------------------------------

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
  # scrubbed already
  if [[ ! -e $etc/pki/member.key && -e $conf/pki/member.key ]]; then return; fi
  install -m 0644 "$etc"/pki/{ca,member}.crt "$conf/pki/"
  install -m 0640 -g etcd "$etc/pki/member.key" "$conf/pki/"
}

# --- how to start ----------------------------------------------------------------------------

setting() { sed -n "s/^$1: *//p" "$etc/etcd.yaml" | tr -d "\"'"; }

read_cluster() {
  local other
  name=$(setting name) url=$(setting initial-advertise-peer-urls) list=$(setting initial-cluster)
  [[ $name && $url && ,$list, == *",$name=$url,"* ]] ||
    stop "$etc/etcd.yaml is broken: initial-cluster lacks '$name=$url'"
  # Peer URLs, all and others', and the others' client URLs.
  mapfile -t urls < <(tr , '\n' <<<"$list" | cut -d = -f 2 | sort)
  self=https://$HAGEN_ETCD_HOST:2379 others=() endpoints=''
  for other in "${urls[@]}"; do
    if [[ $other != "$url" ]]; then
      others+=("$other")
      endpoints+=${other%:*}:2379,
    fi
  done
}

# etcd goes by the same
has_data() { compgen -G "$data/member/wal/*.wal" >/dev/null; }

# etcdctl; its last words in $detail
ctl() {
  detail=''
  timeout 30 etcdctl --endpoints "$endpoints" --cacert "$conf/pki/ca.crt" --cert "$conf/pki/member.crt" \
    --key "$conf/pki/member.key" --dial-timeout 3s --command-timeout 10s "$@" 2>"$run/etcdctl" && return
  detail=$(tail -n 1 "$run/etcdctl")
  return 1
}

# Peers answer here without a quorum too, and etcd itself asks here before it begins a cluster;
# HTTP/2 would end at their gRPC. [{"id":1,"peerURLs":["…"],"name":"…","clientURLs":["…"]},…]
# $seen: what the others say, nothing, new or rejoin
inquire() {
  local other answer mine here=1
  seen=''
  for other in "${others[@]}"; do
    if answer=$(curl -fs --http1.1 --noproxy '*' --cacert "$conf/pki/ca.crt" --cert "$conf/pki/member.crt" \
      --key "$conf/pki/member.key" --connect-timeout 3 --max-time 10 "$other/members") && [[ $answer == '[{'* ]]; then
      mine=$(grep -o '{[^}]*}' <<<"$answer" | grep -F "\"$url\"") || mine=''
      answer=$(grep -o '"peerURLs":\[[^]]*' <<<"$answer" | cut -d '"' -f 4 | sort)
      if [[ $seen != rejoin && $answer == "$(printf '%s\n' "${urls[@]}")" &&
        $mine == *"\"name\":\"$name\""* && $mine != *'"clientURLs":["'* ]]; then
        seen=new
      else
        seen=rejoin
      fi
    else
      # a machine that has no etcd yet refuses; one that is cut off, or down, does not
      other=${other#*://}
      answer=$(timeout 3 bash -c ": <>/dev/tcp/${other%:*}/${other##*:}" 2>&1) || true
      if [[ $answer == *refused* ]]; then here=$((here + 1)); fi
    fi
  done
  looks=3
  if [[ -z $seen && -e $state/was-member ]]; then
    # Its identity may have voted: silence is no leave to begin again under it.
    detail='nobody answers, and this machine had data that is gone: start etcd on the others, or restore a snapshot'
  elif [[ -z $seen ]]; then
    looks=12 # a minute: on machines that are there etcd may only be stopped
    detail="nobody answers, $here of ${#urls[@]} machines are there; ${list%%=*} begins"
    if [[ $list, == "$name=$url,"* ]] && ((here * 2 > ${#urls[@]})); then seen=new; fi
  fi
}

# Several times the same: a starting member shows an old or half a list for a moment
decided() {
  inquire
  if [[ $seen != "$finding" ]]; then same=0; fi
  finding=$seen same=$((same + 1))
  [[ $finding ]] && ((same >= looks))
}

# from a quorum: this member's $id, $clients, $learner, or none; $cluster: all, as etcd.yaml has them
own() {
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
  [[ $id ]] || detail="the cluster does not list this member; if it was removed, move $data away"
}

# as never started. The list is read anew each time, as a call may come through without an answer
listed() {
  own || return 1
  if [[ -z $id ]]; then
    ctl member add "$name" --learner --peer-urls="$url" >/dev/null && log 'added as a learner' && listed
  elif [[ $clients ]]; then
    ctl member remove "$id" >/dev/null && log "removed $name ($id), whose data is gone" && listed
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
  [[ ! -e $data/member ]] || stop "$data has a database but no log: move it away, then this member joins without"
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

# --- start -----------------------------------------------------------------------------------

# the members may change until etcd has read them
configure() {
  local how=new members=$list
  if [[ -s $state/member && $(<"$state/member") == existing ]] && ! has_data; then
    own && [[ $id ]] || return 1
    how=existing members=$cluster
  fi
  install -m 0640 -g etcd /dev/null "$conf/etcd.yaml.new"
  sed "s|HAGEN_NODE_ADDRESS|$address|g; s|^\(initial-cluster:\).*|\1 $members|
    s|^\(initial-cluster-state:\).*|\1 $how|" "$etc/etcd.yaml" >"$conf/etcd.yaml.new"
  mv -f "$conf/etcd.yaml.new" "$conf/etcd.yaml"
}

started() {
  has_data || configure || return 1
  own && [[ $clients ]]
}

start() {
  wait_for 1800 'the list of members' configure || fail "cannot configure etcd: $detail"
  install -d -m 0700 "$home" "$data"
  # a kept disk knows the user of another machine
  chown -R etcd:etcd "$home"
  touch "$state/start-empty"
  systemctl daemon-reload
  systemctl enable etcd
  # It is up when there is a quorum, which may need machines that are not there yet.
  systemctl start --no-block etcd
  wait_for 1800 'etcd' started || fail "etcd does not run (journalctl -u etcd): $detail"
}

voter() {
  own || return 1
  if [[ $learner == true ]]; then
    # refused until the learner has caught up
    ctl member promote "$id" >/dev/null && own
  fi
  [[ $id && $learner == false ]]
}

promote() { wait_for 1800 'the vote' voter || fail "this member is not promoted: $detail"; }

# as all see it, and by itself
healthy() {
  own && [[ $clients && $learner == false ]] || return 1
  local endpoints=$self
  ctl endpoint health >/dev/null
}

verify() {
  wait_for 300 'this member' healthy || fail "this member is not healthy (journalctl -u etcd): $detail"
  rm -f "$state"/{member,start-empty,was-member}
}

main() {
  if [[ -e $state/done ]] && has_data; then
    each_boot
    return
  fi
  begin ETCD_HOST ETCD_VERSION ETCD_URL
  if [[ -e $state/steps/start ]] && ! has_data; then
    log 'this member has no data any more: it starts over'
    touch "$state/was-member"
    rm -f "$state"/{start-empty,member,done}
    systemctl stop etcd
    rm -f "$state"/steps/{disk,member,promote,verify,scrub,start}
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
