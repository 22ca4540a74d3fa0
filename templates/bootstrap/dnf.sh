# --- packages: dnf ------------------------------------------------------------------------

dnf_install() { # PACKAGE...; erasing: podman's runc is in the way of containerd.io
  proxied timeout 1800 dnf -y --setopt=install_weak_deps=False --allowerasing --disableexcludes=all install "$@"
}

dnf_source() { # NAME URL KEY [LINES]: replaces /etc/yum.repos.d/hagen-NAME.repo
  printf '[hagen-%s]\nname=%s\nbaseurl=%s\ngpgcheck=1\ngpgkey=%s\n%s\n' "$1" "$1" "$2" "$3" "${4-}" \
    >"/etc/yum.repos.d/hagen-$1.repo"
}

dnf_tools() { # PACKAGE...: from the distribution
  local file keys='' base=$HAGEN_SYSTEM_REPOSITORY
  rm -f /etc/yum.repos.d/hagen-{kubernetes,containerd}.repo
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

