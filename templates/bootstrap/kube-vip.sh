# --- kube-vip, which holds the virtual IP -----------------------------------------------------

# Before there is half a cluster: it comes from another registry than the images of Kubernetes
kube_vip_image() {
  retry 5 timeout 600 crictl pull "$HAGEN_KUBE_VIP_IMAGE" || fail "cannot pull $HAGEN_KUBE_VIP_IMAGE"
}

# FILE: kubelet takes what is there at once, but nothing that begins with a dot
place_kube_vip() {
  local manifests=/etc/kubernetes/manifests
  mkdir -p "$manifests"
  install -m 0600 "$etc/$1" "$manifests/.kube-vip.yaml"
  mv -f "$manifests/.kube-vip.yaml" "$manifests/kube-vip.yaml"
}

# admin.conf has no rights before kubeadm binds them, in the middle of init
# (https://github.com/kube-vip/kube-vip/issues/684)
kube_vip_for_init() { place_kube_vip kube-vip-init.yaml; }

# With admin.conf, and not the pod of before
kube_vip_runs() {
  local container found
  detail='its container does not run'
  container=$(crictl ps -q --name '^kube-vip$' --state running) && [[ $container ]] || return 1
  found=$(crictl inspect "${container%%$'\n'*}") || return 1
  detail='it still runs with super-admin.conf'
  [[ $found != *super-admin.conf* ]] || return 1
  # Any answer counts, whatever its code: only an API server of this cluster holds such a certificate.
  detail="no API server of this cluster answers at $HAGEN_KUBE_VIP"
  quiet ask --cacert "$pki/ca.crt" "$(url "$HAGEN_KUBE_VIP" "$HAGEN_ENDPOINT_PORT")/readyz"
}

# After init and after a join: what the pod mounts must be there. A reset empties the folder.
kube_vip() {
  place_kube_vip kube-vip.yaml
  wait_for 300 'kube-vip and the virtual IP' kube_vip_runs ||
    fail "the virtual IP is not up: $detail (crictl ps --name kube-vip, crictl logs)"
  detail=''
}

