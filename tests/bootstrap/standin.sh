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
case $name in # the proxy is for downloads and nothing else
  apt-get | dnf) if [[ -e $box/proxy && ${https_proxy-} != "$(<$box/proxy)" ]]; then die 'does not know the proxy'; fi ;;
  kubeadm | kubectl | crictl | kubelet | systemctl) if env | grep -qi '_proxy='; then die 'has a proxy in its environment'; fi ;;
esac

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
            nginx)
              # Debian configures and starts it before its stream module.
              if [[ ! -e $box/nginx ]] && grep -qs '^stream' /etc/nginx/nginx.conf; then die 'nginx would not start: its stream module is not there yet'; fi
              ;;
            containerd.io=* | kubelet=* | kubeadm=* | kubectl=*) printf '%s\n' "$word" >>$box/installed ;;
          esac
        done
        ;;
    esac
    ;;
  dnf)
    code=0
    case " $* " in
      *' versionlock '*) [[ -e $box/versionlock ]] || code=1 ;;
      *' install '*)
        while read -r key; do
          [[ -s $key ]] || die "the source's key $key is missing"
        done < <(sed -n 's|.*file://||p' /etc/yum.repos.d/hagen-*.repo 2>/dev/null)
        for word in "$@"; do
          case $word in
            containerd.io-* | kubelet-* | kubeadm-* | kubectl-*)
              [[ $* == *--disableexcludes=all* ]] || die "$word is excluded"
              grep -qs 'exclude=.*kubelet' /etc/yum.repos.d/hagen-kubernetes.repo || die 'nothing holds kubelet'
              grep -qs 'exclude=containerd.io' /etc/yum.repos.d/hagen-containerd.repo || die 'nothing holds containerd.io'
              printf '%s\n' "$word" >>$box/installed
              ;;
          esac
        done
        ;;
    esac
    ;;
  nft)
    code=0
    [[ -s ${2-} ]] || die 'no ruleset'
    grep -q nftables <<<"$(grep -E 'install' $box/calls)" || die 'nftables is not installed'
    ;;
  ufw)
    code=0
    if [[ $1 == status ]]; then
      if [[ -e $box/ufw ]]; then echo 'Status: active'; else echo 'Status: inactive'; fi
    elif [[ $* == *' proto vrrp '* && -e $box/ufw-without-vrrp ]]; then
      code=1
    elif [[ $1 == disable ]]; then
      rm -f $box/ufw
    fi
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
  getenforce)
    code=0
    if [[ -e $box/enforcing ]]; then echo Enforcing; else echo Disabled; fi
    ;;
  timedatectl) code=0; echo yes ;;
  apt-mark | modprobe | sysctl | swapoff) code=0 ;;
  systemctl)
    code=0
    if [[ $1 == is-active ]]; then
      if [[ -e $box/$2 ]]; then exit 0; else exit 3; fi
    fi
    case $* in
      'restart haproxy' | 'restart nginx' | 'restart keepalived')
        grep -q " install .* $2\( \|\$\)" $box/calls || die "$2 is not installed"
        touch "$box/$2"
        ;;
    esac
    if [[ $* == 'disable --now firewalld' ]]; then rm -f $box/firewalld; fi
    if [[ $* == 'restart containerd' ]]; then
      cmp -s /etc/containerd/config.toml /etc/hagen/containerd.toml || die 'restarted without its configuration'
      touch $box/containerd-runs
    fi
    ;;
  crictl)
    code=0
    [[ -e $box/containerd-runs ]] || exit 1
    case $1 in
      ps)
        if [[ $* == *kube-vip* ]]; then
          if [[ -e /etc/kubernetes/manifests/kube-vip.yaml && ! -e $box/kube-vip-dead ]]; then echo fedcba987654; fi
        elif [[ -e /etc/kubernetes/manifests/etcd.yaml ]]; then
          echo 0123456789ab
        fi
        ;;
      inspect) # kubelet takes its time: what ran before is still there when it is first asked for
        if [[ -e $box/kube-vip-pod ]]; then cat $box/kube-vip-pod; fi
        cp /etc/kubernetes/manifests/kube-vip.yaml $box/kube-vip-pod
        ;;
      exec) printf '%s, started, %s, https://%s:2380, https://%s:2379, false\n' 8e9e05c52164694d \
        "$(uname -n)" "$self" "$self" ;;
    esac
    ;;
  kubectl)
    code=0
    case " $* " in
      *' get secret kubeadm-certs '*) if [[ -e $box/api/up-$self ]]; then printf bootstrap-token-owner1; else exit 1; fi ;;
      *' patch secret bootstrap-token-owner1 '*) ;;
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
        if grep -q HAGEN_ "$file"; then die "a word was not put in: $(grep -o 'HAGEN_[A-Z_]*' "$file" | xargs)"; fi
        cp "$file" "$box/kubeadm-$1.yaml"
        if grep -q discovery.conf "$file"; then
          [[ -s /etc/hagen/discovery.conf ]] || die 'no discovery file'
          [[ $(stat -c %a /etc/hagen/discovery.conf) == 600 ]] || die 'the discovery file is not 0600'
          if grep -q HAGEN_ /etc/hagen/discovery.conf; then die 'a word was not put into the discovery file'; fi
          cp /etc/hagen/discovery.conf $box/discovery.conf
        fi
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
        if [[ -e $box/tofu ]]; then
          mkdir -p $kubernetes/pki
          if [[ -e /etc/hagen/pki/ca.crt ]]; then die 'a CA in tofu'; fi
          cp $box/cluster.crt $kubernetes/pki/ca.crt # kubeadm makes one
        else
          cmp -s $kubernetes/pki/ca.crt /etc/hagen/pki/ca.crt || die 'the CA certificate is not in place'
          cmp -s $kubernetes/pki/ca.key /etc/hagen/pki/ca.key || die 'the CA key is not in place'
          [[ $(stat -c %a $kubernetes/pki/ca.key) == 600 ]] || die 'the CA key is not 0600'
        fi
        if [[ -e $box/external-etcd ]]; then
          for file in etcd/ca.crt apiserver-etcd-client.crt apiserver-etcd-client.key; do
            cmp -s $kubernetes/pki/$file /etc/hagen/pki/$file || die "$file is not in place"
          done
          [[ $(stat -c %a $kubernetes/pki/apiserver-etcd-client.key) == 600 ]] || die 'the client key of etcd is not 0600'
        fi
        if [[ -e $kubernetes/pki/half ]]; then die 'a half-written certificate'; fi
        echo certificate >$kubernetes/pki/apiserver.crt
        touch $kubernetes/pki/half
        fault 'init certs'
        rm $kubernetes/pki/half
        mkdir -p $kubernetes/manifests /var/lib/kubelet
        echo conf >$kubernetes/admin.conf
        echo conf >$kubernetes/kubelet.conf
        fault 'init admin'
        echo conf >$kubernetes/super-admin.conf
        if [[ -e $box/kube-vip ]]; then
          grep -q super-admin.conf $kubernetes/manifests/kube-vip.yaml || die 'kube-vip has no rights during init'
          cp $kubernetes/manifests/kube-vip.yaml $box/kube-vip-pod
        fi
        if [[ -e $box/external-etcd ]]; then touch $box/api/registry; else echo etcd >$kubernetes/manifests/etcd.yaml; fi
        echo api >$kubernetes/manifests/kube-apiserver.yaml
        if [[ ! -e $box/api/up-$self ]]; then echo founded | tee -a $box/founded >>$box/api/founded; fi
        touch "$box/api/up-$self"
        fault 'init up'
        $box/label "$node"
        fault 'init mark'
        touch $box/api/token-valid
        fault 'init token'
        echo "$line" >>$box/init-ended
        ;;
      'join '*)
        if [[ ! -e $box/api/token-valid ]]; then die 'joins without a token'; fi
        if [[ $(<$box/role) != worker ]] && ! (set -o noclobber && echo "$node" >$box/api/joining) 2>/dev/null; then
          [[ $(<$box/api/joining) == "$node" ]] || die "joins at the same time as $(<$box/api/joining)"
        fi
        if [[ -e $kubernetes/kubelet.conf || -e $kubernetes/manifests/etcd.yaml || -e $kubernetes/pki/ca.crt ]]; then
          die 'preflight: FileAvailable'
        fi
        printf 'note endpoint=%s\n' "$(getent hosts "$(<$box/endpoint)" | awk '{ print $1 }')" >>$box/calls
        if [[ -e $kubernetes/manifests/kube-vip.yaml ]]; then die 'kube-vip would make a folder of admin.conf'; fi
        fault 'join start'
        mkdir -p $kubernetes/pki $kubernetes/manifests
        cp $box/cluster.crt $kubernetes/pki/ca.crt
        fault 'join certs'
        echo conf >$kubernetes/kubelet.conf
        fault 'join kubelet'
        if [[ $(<$box/role) == worker ]]; then
          $box/register "$node"
        else
          $box/register "$node"
          echo conf >$kubernetes/admin.conf
          if [[ ! -e $box/external-etcd ]]; then echo etcd >$kubernetes/manifests/etcd.yaml; fi
          if [[ -e $box/slow ]]; then /bin/sleep 0.3; fi
          fault 'join etcd'
          touch "$box/api/up-$self"
          $box/label "$node"
        fi
        echo "$node" >>$box/api/joined
        if [[ $(<$box/role) != worker ]]; then rm -f $box/api/joining; fi
        fault 'join end'
        echo "$line" >>$box/join-ended
        ;;
      'reset '*)
        rm -rf $kubernetes/{pki,manifests,admin.conf,super-admin.conf,kubelet.conf} /var/lib/kubelet
        rm -f "$box/api/up-$self" $box/kube-vip-pod
        ;;
      *) die 'an unknown command' ;;
    esac
    ;;
  *) code=0 ;;
esac
fault "after $line"
exit $code
