# --- the endpoint's name on a control-plane node ----------------------------------------

# Its load balancer may not lead it back to itself, and a share of its connections would hang: it
# asks its own API server, and while it has none yet, another one by that one's address.
pin_to_other() {
  local peer
  # Any answer counts, whatever its code: only an API server of this cluster holds such a certificate.
  for peer in $HAGEN_PEERS; do
    if [[ $peer != "$address" ]] && quiet api "$(url "$peer" "$HAGEN_BIND_PORT")/readyz"; then
      pin_to "$peer"
      return
    fi
  done
  log 'WARNING: no other API server answers at its own address: joining through the load balancer'
  endpoint_hosts
}

# After the join, which needs an API server
pin_self() {
  pin_to "$address"
  restart_kube_proxy
}

