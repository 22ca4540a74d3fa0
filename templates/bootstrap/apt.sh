# --- packages: apt ------------------------------------------------------------------------

apt_get() { proxied timeout 1800 apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }

apt_install() { # PACKAGE...
  # A dpkg that was killed must be finished first; a foreign apt run is waited for.
  dpkg --configure -a && apt_get update &&
    apt_get install -y --no-install-recommends --allow-downgrades --allow-change-held-packages \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

apt_tools() { # PACKAGE...: from the distribution
  local sources=/etc/apt/sources.list.d file keyring dir=$system_id security=debian-security parts=main
  # A source without its key, left by a killed run, would spoil the first update.
  rm -f "$sources"/hagen-{kubernetes,containerd}.list
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

