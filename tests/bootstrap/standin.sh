#!/bin/bash
# Stands in for the programs that a node would run; called by the name it is linked as.
# Records each call in /opt/sandbox/calls, fails or kills where /opt/sandbox/fail says so,
# and keeps the little state (what is installed, what runs) that the script's checks read.
set -u
box=/opt/sandbox
name=${0##*/}
line="$name $*"
self=$(<$box/address)

end_script() { # SIGKILL to the whole session, as systemd does to a unit's control group
  local sid pid
  sid=$(<$box/script.pid)
  kill -9 "$sid"
  for pid in $(ps -o pid= --sid "$sid"); do
    if [[ $pid != "$$" ]]; then kill -9 "$pid" 2>/dev/null; fi
  done
  kill -9 $$
}

fault() { # POINT: files fail/N hold "COUNT MODE REGEX"
  local file count mode pattern
  for file in "$box"/fail/*; do
    [[ -e $file ]] || continue
    read -r count mode pattern <"$file"
    if ((count > 0)) && [[ $1 =~ $pattern ]]; then
      printf '%s %s %s\n' $((count - 1)) "$mode" "$pattern" >"$file"
      if [[ $mode == kill ]]; then end_script; fi
      printf 'stand-in: %s fails as it was told\n' "$1" >&2
      exit 1
    fi
  done
}

die() { printf 'stand-in %s: %s\n' "$name" "$*" >&2; printf '%s\n' "$line: $*" >>$box/complaints; exit 1; }

config() { # the value of --config
  local previous=''
  for argument in "${words[@]}"; do
    if [[ $previous == --config || $previous == -f ]]; then printf '%s' "$argument"; fi
    previous=$argument
  done
}

words=("$@")
case $name in
  sleep) exec /bin/sleep 0.02 ;;
  touch | mv | install | rm | shred | sed | curl | gpg) record=quiet ;;
  *) record=loud ;;
esac
{
  flock 8
  if [[ $record == loud ]]; then printf '%s\n' "$line" >>$box/calls; fi
  printf '%s\n' "$line" >>$box/every-call
} 8>>$box/lock
fault "before $line"

case $name in
  touch | mv | install | rm | shred | sed | curl | gpg)
    real=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v "$name")
    "$real" "$@"
    code=$?
    ;;
  apt-get)
    code=0
    case " $* " in
      *' update '*)
        while read -r key; do
          [[ -s $key && $(stat -c %a "$key") == 644 ]] || die "the source's key $key is missing or unreadable for _apt"
        done < <(sed -n 's/.*signed-by=\([^] ]*\).*/\1/p' /etc/apt/sources.list.d/hagen-*.list 2>/dev/null)
        ;;
      *' install '*)
        for word in "$@"; do
          case $word in
            containerd.io=* | kubelet=* | kubeadm=* | kubectl=*) printf '%s\n' "$word" >>$box/installed ;;
          esac
        done
        ;;
    esac
    ;;
  apt-cache)
    code=0
    while read -r version; do
      printf 'containerd.io | %s | https://containerd.test/linux stable amd64 Packages\n' "$version"
    done <$box/containerd-versions
    ;;
  dpkg)
    code=0
    if [[ $1 == --print-architecture ]]; then echo amd64; fi
    ;;
  timedatectl) code=0; echo yes ;;
  apt-mark | modprobe | sysctl | swapoff) code=0 ;;
  systemctl)
    code=0
    if [[ $* == 'restart containerd' ]]; then
      cmp -s /etc/containerd/config.toml /etc/hagen/containerd.toml || die 'restarted without its configuration'
      touch $box/containerd-runs
    fi
    ;;
  crictl)
    code=0
    [[ -e $box/containerd-runs ]] || exit 1
    case $1 in
      ps) if [[ -e /etc/kubernetes/manifests/etcd.yaml ]]; then echo 0123456789ab; fi ;;
      exec) printf '%s, started, %s, https://%s:2380, https://%s:2379, false\n' 8e9e05c52164694d \
        "$(uname -n)" "$self" "$self" ;;
    esac
    ;;
  kubectl)
    code=0
    case " $* " in
      *' get node '*)
        [[ -s /etc/kubernetes/kubelet.conf ]] || exit 1
        compgen -G "$box/api/up-*" >/dev/null || exit 1
        node=$(uname -n)
        [[ -e $box/api/nodes/$node ]] || exit 1
        cat "$box/api/nodes/$node"
        ;;
      *' apply '*)
        [[ -e $box/api/up-$self && -s /etc/kubernetes/admin.conf ]] || exit 1
        [[ $* == *"--server https://$self:"* ]] || die 'does not talk to the local API server'
        [[ -s $(config) ]] || die 'nothing to apply'
        ;;
    esac
    ;;
  kubeadm)
    code=0
    kubernetes=/etc/kubernetes
    node=$(uname -n)
    case "$1 ${2-} ${3-}" in
      'config validate '* | 'init '* | 'join '*)
        file=$(config)
        [[ -s $file ]] || die 'its configuration is missing'
        [[ $(stat -c %a "$file") == 600 ]] || die 'its configuration is not 0600'
        if grep -q HAGEN_NODE_ADDRESS "$file"; then die 'the address was not put in'; fi
        ;;
    esac
    case "$1 ${2-} ${3-}" in
      'config images list') printf 'registry.test/%s\n' kube-apiserver:v1 kube-proxy:v1 pause:3.10.2 etcd:3.7.0-0 ;;
      'config images pull' | 'config validate '*) ;;
      'init '*)
        printf 'note endpoint=%s\n' "$(getent hosts "$(<$box/endpoint)" | awk '{ print $1 }')" >>$box/calls
        if [[ $* != *--skip-phases=preflight* ]] && [[ -e $kubernetes/manifests/etcd.yaml || -e $kubernetes/admin.conf ]]; then
          die 'preflight: FileAvailable'
        fi
        cmp -s $kubernetes/pki/ca.crt /etc/hagen/pki/ca.crt || die 'the CA certificate is not in place'
        cmp -s $kubernetes/pki/ca.key /etc/hagen/pki/ca.key || die 'the CA key is not in place'
        [[ $(stat -c %a $kubernetes/pki/ca.key) == 600 ]] || die 'the CA key is not 0600'
        if [[ -e $kubernetes/pki/half ]]; then die 'a half-written certificate'; fi
        echo certificate >$kubernetes/pki/apiserver.crt
        touch $kubernetes/pki/half
        fault 'init certs'
        rm $kubernetes/pki/half
        mkdir -p $kubernetes/manifests /var/lib/kubelet
        echo conf >$kubernetes/admin.conf
        echo conf >$kubernetes/kubelet.conf
        fault 'init admin'
        echo etcd >$kubernetes/manifests/etcd.yaml
        echo api >$kubernetes/manifests/kube-apiserver.yaml
        if [[ ! -e $box/api/up-$self ]]; then echo founded >>$box/founded; fi
        touch "$box/api/up-$self"
        fault 'init up'
        $box/label "$node"
        fault 'init mark'
        touch $box/api/token-valid
        fault 'init token'
        echo "$line" >>$box/init-ended
        ;;
      'join '*)
        [[ -s /etc/hagen/discovery.conf ]] || die 'no discovery file'
        if [[ -e $kubernetes/kubelet.conf || -e $kubernetes/manifests/etcd.yaml || -e $kubernetes/pki/ca.crt ]]; then
          die 'preflight: FileAvailable'
        fi
        fault 'join start'
        mkdir -p $kubernetes/pki $kubernetes/manifests
        cp /etc/hagen/pki/ca.crt $kubernetes/pki/ca.crt
        fault 'join certs'
        echo conf >$kubernetes/kubelet.conf
        fault 'join kubelet'
        if [[ $(<$box/role) == worker ]]; then
          $box/register "$node"
        else
          $box/register "$node"
          echo conf >$kubernetes/admin.conf
          echo etcd >$kubernetes/manifests/etcd.yaml
          fault 'join etcd'
          touch "$box/api/up-$self"
          $box/label "$node"
        fi
        fault 'join end'
        echo "$line" >>$box/join-ended
        ;;
      'reset '*)
        rm -rf $kubernetes/{pki,manifests,admin.conf,kubelet.conf} /var/lib/kubelet
        rm -f "$box/api/up-$self"
        ;;
      *) die 'an unknown command' ;;
    esac
    ;;
  *) code=0 ;;
esac
fault "after $line"
exit $code
