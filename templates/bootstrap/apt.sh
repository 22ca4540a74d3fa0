# --- packages: one function a package manager ---------------------------------------------

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

