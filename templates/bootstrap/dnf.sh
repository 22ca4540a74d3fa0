# --- packages: dnf ------------------------------------------------------------------------

# PACKAGE...; erasing: podman's runc is in the way of containerd.io
dnf_install() {
  proxied timeout 1800 dnf -y --setopt=install_weak_deps=False --allowerasing --disableexcludes=all install "$@"
}

# NAME URL KEY [LINES]: replaces /etc/yum.repos.d/hagen-NAME.repo
dnf_source() {
  printf '[hagen-%s]\nname=%s\nbaseurl=%s\ngpgcheck=1\ngpgkey=%s\n%s\n' "$1" "$1" "$2" "$3" "${4-}" \
    >"/etc/yum.repos.d/hagen-$1.repo"
}

# PACKAGE...: from the distribution
dnf_tools() {
  local file keys='' base=$HAGEN_SYSTEM_REPOSITORY
  if [[ $base ]]; then
    for file in /etc/yum.repos.d/*.repo; do
      if [[ $file != */hagen-* ]]; then mv -f "$file" "$file.hagen"; fi
    done
    for file in /etc/pki/rpm-gpg/*; do
      case ${file,,} in *test*) ;; *"$system_id"*) keys+=" file://$file" ;; esac
    done
    if [[ $system_id == alinux ]]; then
      for file in os updates plus; do
        # Its images come without a key in a file.
        dnf_source "$file" "$base/alinux/\$releasever/$file/\$basearch/" \
          "${keys:-$base/alinux/\$releasever/RPM-GPG-KEY-ALINUX-3}"
      done
    else
      for file in BaseOS AppStream; do
        dnf_source "$file" "$base/${system_id/rocky/rockylinux}/\$releasever/$file/\$basearch/os/" "$keys"
      done
    fi
  fi
  retry 5 dnf_install "$@" || fail 'cannot install the tools from the distribution'
}

dnf_kubernetes() {
  local keys=/etc/pki/rpm-gpg version=$HAGEN_KUBERNETES_VERSION
  rm -f /etc/yum.repos.d/hagen-{kubernetes,containerd}.repo
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
  # The kubelet and most network plugins have no policy.
  if [[ -e /etc/selinux/config ]]; then
    # It may be off
    setenforce 0 || true
    sed -i 's/^SELINUX=enforcing/SELINUX=permissive/' /etc/selinux/config
  fi
}

