# --- the virtual IP and the proxy in front of the API servers ----------------------------------

declare -A proxy_file=([haproxy]=/etc/haproxy/haproxy.cfg [nginx]=/etc/nginx/nginx.conf)

place_load_balancer() {
  install -D -m 0644 "$etc/$HAGEN_LOAD_BALANCER.conf" "${proxy_file[$HAGEN_LOAD_BALANCER]}"
  install -D -m 0644 "$etc/keepalived.conf" /etc/keepalived/keepalived.conf
}

load_balancer_packages() {
  local packages=(ca-certificates keepalived "$HAGEN_LOAD_BALANCER")
  if [[ $manager == apt ]]; then
    packages+=(curl)
    if [[ $HAGEN_LOAD_BALANCER == nginx ]]; then packages+=(libnginx-mod-stream); fi
  elif [[ $HAGEN_LOAD_BALANCER == nginx ]]; then
    packages+=(nginx-mod-stream policycoreutils-python-utils)
  fi
  "${manager}_tools" "${packages[@]}"
}

check_load_balancer() {
  case $HAGEN_LOAD_BALANCER in
    haproxy) haproxy -c -f /etc/haproxy/haproxy.cfg ;;
    nginx) nginx -t -c /etc/nginx/nginx.conf ;;
  esac || stop "$HAGEN_LOAD_BALANCER refuses its configuration (see the log): render it again"
  # It also wants its interface to be there.
  keepalived -t -f /etc/keepalived/keepalived.conf || fail 'keepalived refuses its configuration (see the log)'
}

# It lets them listen on, and connect to, ports of their own list only
let_through_selinux() {
  local port
  setsebool -P keepalived_connect_any 1
  if [[ $HAGEN_LOAD_BALANCER == haproxy ]]; then
    setsebool -P haproxy_connect_any 1
    return
  fi
  setsebool -P httpd_can_network_connect 1 httpd_setrlimit 1
  for port in "$HAGEN_ENDPOINT_PORT" "$HAGEN_HEALTH_PORT"; do
    semanage port -a -t http_port_t -p tcp "$port" || semanage port -m -t http_port_t -p tcp "$port"
  done
}

proxy_alive() { quiet ask -f "http://127.0.0.1:$HAGEN_HEALTH_PORT/healthz"; }

load_balancer() {
  [[ ${proxy_file[$HAGEN_LOAD_BALANCER]-} ]] || stop "HAGEN_LOAD_BALANCER '$HAGEN_LOAD_BALANCER' is unknown"
  # Not before: Debian's nginx starts before its stream module is there, and would fail with ours.
  load_balancer_packages
  place_load_balancer
  check_load_balancer
  if [[ $(getenforce 2>/dev/null) == Enforcing ]]; then let_through_selinux; fi
  systemctl daemon-reload
  systemctl enable "$HAGEN_LOAD_BALANCER" keepalived
  systemctl restart "$HAGEN_LOAD_BALANCER"
  wait_for 60 "$HAGEN_LOAD_BALANCER" proxy_alive || fail "$HAGEN_LOAD_BALANCER does not answer: journalctl -u $HAGEN_LOAD_BALANCER"
  systemctl restart keepalived
  quiet systemctl is-active keepalived || fail 'keepalived does not run: journalctl -u keepalived'
}
