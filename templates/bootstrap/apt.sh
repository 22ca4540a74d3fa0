# --- packages: apt ------------------------------------------------------------------------

apt_get() { proxied timeout 1800 apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }

# PACKAGE...
apt_install() {
  # A dpkg that was killed must be finished first; a foreign apt run is waited for.
  dpkg --configure -a && apt_get update &&
    apt_get install -y --no-install-recommends --allow-downgrades --allow-change-held-packages \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# PACKAGE...: from the distribution
apt_tools() {
  local sources=/etc/apt/sources.list.d file keyring dir=$system_id security=debian-security parts=main
  if [[ $HAGEN_SYSTEM_REPOSITORY ]]; then
    for file in /etc/apt/sources.list "$sources"/*.{list,sources}; do
      if [[ -e $file && $file != */hagen-* ]]; then mv -f "$file" "$file.hagen"; fi
    done
    if [[ $dir == ubuntu ]]; then
      if [[ $(dpkg --print-architecture) == arm64 ]]; then dir=ubuntu-ports; fi
      security=$dir parts='main universe'
    fi
    keyring=(/usr/share/keyrings/"$system_id"-archive-keyring.*)
    printf "deb [signed-by=${keyring[0]}] $HAGEN_SYSTEM_REPOSITORY/%s %s $parts\n" "$dir" "$system_codename" \
      "$dir" "$system_codename-updates" "$security" "$system_codename-security" >"$sources/hagen-system.list"
  fi
  retry 5 apt_install "$@" || fail 'cannot install the tools from the distribution'
}

apt_kubernetes() {
  local sources=/etc/apt/sources.list.d keys=/etc/apt/keyrings runtime release
  # A source without its key, left by a killed run, would spoil the first update.
  rm -f "$sources"/hagen-{kubernetes,containerd}.list
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

