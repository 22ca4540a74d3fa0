admin=/etc/kubernetes/admin.conf
kubelet=/etc/kubernetes/kubelet.conf
pki=/etc/kubernetes/pki
label=node-role.kubernetes.io/control-plane
pin_tag='# hagen: the endpoint while this node bootstraps'

# --- the cluster's API -------------------------------------------------------------------

url() { # HOST PORT
  if [[ $1 == *:* ]]; then printf 'https://[%s]:%s' "$1" "$2"; else printf 'https://%s:%s' "$1" "$2"; fi
}

endpoint() { url "$HAGEN_ENDPOINT_HOST" "$HAGEN_ENDPOINT_PORT"; }

api() { # CURL-ARGUMENTS...: an API server, and only one that our cluster CA signed
  ask --cacert "$etc/pki/ca.crt" "$@"
}

local_ready() { # without anonymous access it answers 401 or 403, and that is an answer
  local code
  code=$(ask --cacert "$pki/ca.crt" -o /dev/null -w '%{http_code}' "$(url "$address" "$HAGEN_BIND_PORT")/readyz") &&
    [[ $code == 200 || $code == 401 || $code == 403 ]]
}

registered() { quiet kubectl --kubeconfig "$kubelet" --request-timeout 15s get node "$HAGEN_NODE"; }

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
  systemctl mask swap.target # also zram and swap partitions that systemd finds by itself
}

kernel() {
  grep -v '^#' /etc/modules-load.d/hagen.conf | xargs -n 1 modprobe
  sysctl --load=/etc/sysctl.d/99-hagen.conf # only ours: --system fails on others' lines
}

# --- packages: of Kubernetes ---------------------------------------------------------------

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

apt_kubernetes() {
  local sources=/etc/apt/sources.list.d keys=/etc/apt/keyrings runtime release
  apt_tools ca-certificates curl gpg conntrack ethtool iptables nftables socat
  fetch_key "$HAGEN_PACKAGE_URL/deb/Release.key" "$HAGEN_PACKAGE_KEY" "$keys/hagen-kubernetes.asc"
  fetch_key "$HAGEN_CONTAINERD_URL/$system_id/gpg" "$HAGEN_CONTAINERD_KEY" "$keys/hagen-containerd.asc"
  printf 'deb [signed-by=%s] %s /\n' "$keys/hagen-kubernetes.asc" "$HAGEN_PACKAGE_URL/deb" \
    >"$sources/hagen-kubernetes.list"
  printf 'deb [arch=%s signed-by=%s] %s %s stable\n' "$(dpkg --print-architecture)" \
    "$keys/hagen-containerd.asc" "$HAGEN_CONTAINERD_URL/$system_id" "$system_codename" \
    >"$sources/hagen-containerd.list"
  retry 5 apt_get update || fail 'cannot read the package lists'
  # Docker appends the release to its versions: 2.3.6-1~ubuntu.24.04~noble.
  runtime=$(apt-cache madison containerd.io | awk -v want="$HAGEN_CONTAINERD_VERSION" \
    '$3 == want || index($3, want "~") == 1 { found = $3 } END { print found }')
  [[ $runtime ]] || fail "$HAGEN_CONTAINERD_URL has no containerd.io $HAGEN_CONTAINERD_VERSION for $system_codename"
  release=$HAGEN_KUBERNETES_VERSION-$HAGEN_PACKAGE_REVISION
  retry 5 apt_install "containerd.io=$runtime" "kubelet=$release" "kubeadm=$release" "kubectl=$release" ||
    fail "cannot install containerd.io $runtime and kubelet, kubeadm, kubectl $release"
  apt-mark hold containerd.io kubelet kubeadm kubectl
}

dnf_kubernetes() {
  local keys=/etc/pki/rpm-gpg version=$HAGEN_KUBERNETES_VERSION
  # No curl: it would fight with curl-minimal, which is there.
  dnf_tools ca-certificates gnupg2 conntrack-tools ethtool iproute-tc iptables nftables socat
  fetch_key "$HAGEN_PACKAGE_URL/rpm/repodata/repomd.xml.key" "$HAGEN_PACKAGE_KEY" "$keys/hagen-kubernetes"
  fetch_key "$HAGEN_CONTAINERD_URL/rhel/gpg" "$HAGEN_CONTAINERD_RPM_KEY" "$keys/hagen-containerd"
  # The exclusions hold the packages: dnf update leaves them alone.
  dnf_source kubernetes "$HAGEN_PACKAGE_URL/rpm/" "file://$keys/hagen-kubernetes" \
    'exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni'
  dnf_source containerd "$HAGEN_CONTAINERD_URL/rhel/$el/\$basearch/stable" "file://$keys/hagen-containerd" \
    $'module_hotfixes=1\nexclude=containerd.io'
  set -- "containerd.io-${HAGEN_CONTAINERD_VERSION%-*}" {kubelet,kubeadm,kubectl}"-$version"
  retry 5 dnf_install "$@" || fail "cannot install $*"
  quiet dnf versionlock add "$@" || true # where the plugin is
  if [[ -e /etc/selinux/config ]]; then # the kubelet and most network plugins have no policy
    setenforce 0 || true # it may be off
    sed -i 's/^SELINUX=enforcing/SELINUX=permissive/' /etc/selinux/config
  fi
}

# --- the container runtime and the kubelet --------------------------------------------------

runtime() {
  # The package ships a configuration with CRI off: https://github.com/containerd/containerd/issues/4581
  install -D -m 0644 "$etc/containerd.toml" /etc/containerd/config.toml
  printf 'runtime-endpoint: unix:///run/containerd/containerd.sock\n' >/etc/crictl.yaml
  systemctl daemon-reload # its proxy came as a drop-in
  systemctl enable containerd
  systemctl restart containerd
  wait_for 120 'the container runtime' quiet crictl info || fail 'containerd does not answer on CRI'
}

kubelet_service() { systemctl enable kubelet; } # kubeadm starts it, with its configuration

provider_id() { # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
  local base=http://169.254.169.254/latest zone instance
  if [[ $HAGEN_METADATA != aws || -s $state/provider-id ]]; then return; fi
  (umask 0077 && printf 'X-aws-ec2-metadata-token: %s\n' \
    "$(ask -f -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$base/api/token")" >"$run/metadata") &&
    zone=$(ask -f -H @"$run/metadata" "$base/meta-data/placement/availability-zone") &&
    instance=$(ask -f -H @"$run/metadata" "$base/meta-data/instance-id") &&
    [[ $zone && $instance ]] && printf 'aws:///%s/%s\n' "$zone" "$instance" >"$state/provider-id"
}

provider() { wait_for 300 'the metadata service' provider_id || fail 'the metadata service does not say which instance this is'; }

put_in() { # FROM TO: the words that are known here. bash does it: secrets go into no command line
  local text name word
  text=$(<"$1")
  text=${text//HAGEN_NODE_ADDRESS/$address}
  if [[ -s $state/provider-id ]]; then text=${text//HAGEN_NODE_PROVIDER_ID/$(<"$state/provider-id")}; fi
  if [[ $HAGEN_SECRETS == drop ]]; then
    for name in bootstrap-token certificate-key; do
      if [[ -s $etc/$name ]]; then
        word=${name^^}
        text=${text//HAGEN_${word//-/_}/$(<"$etc/$name")}
      fi
    done
    word=CA_CERTIFICATE # in two parts, or Terraform would put a certificate here
    text=${text//HAGEN_${word}_BASE64/$(base64 -w 0 "$etc/pki/ca.crt")}
  fi
  printf '%s\n' "$text" >"$2.new"
  mv -f "$2.new" "$2"
}

joins() { [[ $HAGEN_ROLE != first-control-plane || -e $state/joins ]]; }

render_config() { # /run is empty after a reboot, so each step that reads the file calls this
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

images() { # before this node's turn, so that it is a learner of etcd for seconds, not minutes
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
    wait_for 1800 'cluster information signed with the bootstrap token' find_ca ||
      fail "no cluster information that is signed with the bootstrap token, which may have expired: run hagen rearm"
  fi
}

find_ca() { # the token stays here: whoever answers must know it
  ask -kf -o "$run/info" "$(endpoint)/api/v1/namespaces/kube-public/configmaps/cluster-info" &&
    "$python" - "$etc/bootstrap-token" "$run/info" "$run/ca.crt" 2>/dev/null <<'EOF' && install -D -m 0644 "$run/ca.crt" "$etc/pki/ca.crt"
import base64, hashlib, hmac, json, re, sys
token, info, ca = sys.argv[1:]
name, key = open(token).read().strip().split(".")
data = json.load(open(info))["data"]
text, found = data["kubeconfig"], data["jws-kubeconfig-" + name]
head = found.split(".")[0]
code = lambda value: base64.urlsafe_b64encode(value).decode().rstrip("=")
wanted = hmac.new(key.encode(), (head + "." + code(text.encode())).encode(), hashlib.sha256)
if not hmac.compare_digest(found, head + ".." + code(wanted.digest())):
    sys.exit("wrong signature")
ca_text = re.search(r"certificate-authority-data: *(\S+)", text)[1]
open(ca, "wb").write(base64.b64decode(ca_text))
EOF
}

# --- the endpoint's name in /etc/hosts ------------------------------------------------------

# Many load balancers do not loop back to the sender, and none has a healthy target before
# the first init is over: https://github.com/kubernetes/kubeadm/issues/3294
pin() { # WHEN: before-init, during-join, after-join or end
  case $HAGEN_PIN:$1 in
    init:before-init) write_hosts "$pin_tag" "$address"$'\t'"$HAGEN_ENDPOINT_HOST" ;;
    init:end) if [[ $HAGEN_ROLE == first-control-plane ]]; then write_hosts "$pin_tag"; fi ;;
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

etcd() { # CURL-ARGUMENTS...
  ask -f --cacert "$etc/pki/etcd/ca.crt" --cert "$etc/pki/apiserver-etcd-client.crt" \
    --key "$etc/pki/apiserver-etcd-client.key" "$@"
}

read_etcd() { # sets keys: what /registry holds, from a majority
  local member last healthy=0 all=0
  for member in $HAGEN_ETCD_ENDPOINTS; do
    all=$((all + 1))
    if [[ $(etcd "$member/health") == *true* ]]; then healthy=$((healthy + 1)) last=$member; fi
  done
  detail="$healthy of $all members are healthy"
  # Their number only, of the keys from /registry to /registrz: the values are secret.
  ((healthy * 2 > all)) &&
    keys=$(etcd -d '{"key":"L3JlZ2lzdHJ5","range_end":"L3JlZ2lzdHJ6","count_only":true}' "$last/v3/kv/range")
}

# A first node that was made anew must not found a second cluster: it joins the one that is
# there. Any answer counts, whatever its code: only an API server of this cluster holds such a
# certificate. Where its CA is not known before, anything that speaks TLS and HTTP counts.
guard() {
  local target round keys='' targets trust=(--cacert "$etc/pki/ca.crt")
  step=guard attempt=1
  status running
  if [[ $HAGEN_ETCD_ENDPOINTS ]]; then
    wait_for 1800 'the external etcd' read_etcd || fail "the external etcd is not ready: $detail"
    detail=''
    if [[ $keys == *'"count"'* ]]; then
      found_cluster 'the external etcd holds the keys of a cluster'
      return
    fi
  fi
  if [[ $HAGEN_SECRETS == tofu ]]; then trust=(-k); fi
  targets=("$(endpoint)")
  for target in $HAGEN_PEERS; do
    if [[ $target != "$address" ]]; then targets+=("$(url "$target" "$HAGEN_BIND_PORT")"); fi
  done
  for round in 1 2 3; do
    for target in "${targets[@]}"; do
      if quiet ask "${trust[@]}" "$target/readyz"; then
        found_cluster "$target answers"
        return
      fi
    done
    log "no other API server answers ($round of 3)"
    sleep 3
  done
}

found_cluster() { # WHY
  log "WARNING: $1, so this node joins instead of founding a second cluster. If it was here before, remove what is left of it: kubectl delete node $HAGEN_NODE, and its member of etcd"
  touch "$state/joins" # for good
}

place_pki() { # all of /etc/hagen/pki, and nothing half written by a killed init: none of it is in use yet
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
  pin before-init # after the guard, which must see the real endpoint
  touch "$state/init-begun"
  render_config
  retry 3 run_init || fail 'kubeadm init failed (see the log)'
  if [[ $HAGEN_CERTIFICATES_SECONDS != 7200 ]]; then
    keep_certificates || log 'WARNING: the uploaded certificates live two hours: their lifetime could not be changed'
  fi
}

first_kubectl() { timeout 300 kubectl --kubeconfig "$admin" --server "$(url "$address" "$HAGEN_BIND_PORT")" "$@"; }

keep_certificates() { # kubeadm has no option for it. They live as long as the token that owns them.
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

# --- the nodes that join --------------------------------------------------------------------

ask_node() { # NAME: its object with the bootstrap token; sets code
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
  elif ! wait_for "$HAGEN_TURN_LIMIT" "control-plane node $HAGEN_PREVIOUS" predecessor_joined; then
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
  local bundle=(bootstrap-token ca.crt)
  if [[ -e $state/done ]]; then
    each_boot
    return
  fi
  begin FIRST ENDPOINT_HOST ENDPOINT_PORT BIND_PORT PIN TURN_LIMIT KUBERNETES_VERSION PACKAGE_REVISION \
    PACKAGE_URL PACKAGE_KEY CONTAINERD_URL CONTAINERD_KEY CONTAINERD_RPM_KEY CONTAINERD_VERSION CERTIFICATES_SECONDS
  case $HAGEN_PIN in init | none) ;; *) stop "HAGEN_PIN '$HAGEN_PIN' is unknown" ;; esac
  case $HAGEN_ROLE in
    first-control-plane)
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
  guard_metadata
  step runtime runtime
  step kubelet kubelet_service
  step images images
  step secrets secrets "${bundle[@]}"
  step provider provider
  step etcd-hosts etcd_hosts
  if ! joins && [[ ! -e $state/init-begun ]]; then guard; fi
  if joins; then step discover discover; fi
  step validate validate
  if joins; then
    step turn turn
    step join join
  else
    step cni-download fetch_cni
    step init init
    step cni apply_cni
  fi
  step verify verify
  step unpin unpin
  end
}

main
