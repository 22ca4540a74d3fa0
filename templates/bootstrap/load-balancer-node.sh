# --- a machine that is a load balancer and nothing else ----------------------------------------

# What comes in, and VRRP between the nodes: without it both hold the virtual IP
open_firewall() {
  local peer
  if quiet systemctl is-active firewalld; then
    firewall-cmd --permanent --add-port="$HAGEN_ENDPOINT_PORT/tcp"
    for peer in $HAGEN_PEERS; do
      firewall-cmd --permanent --add-rich-rule="rule family=ipv4 source address=$peer protocol value=vrrp accept"
    done
    firewall-cmd --reload
  fi
  if [[ $(ufw status 2>/dev/null) == *'Status: active'* ]]; then
    ufw allow "$HAGEN_ENDPOINT_PORT/tcp"
    for peer in $HAGEN_PEERS; do
      # Older ones know no vrrp: their rules of before are iptables' own.
      if ! quiet ufw allow proto vrrp from "$peer" && ! grep -F -- "-s $peer -p 112 " /etc/ufw/before.rules; then
        sed -i "/^COMMIT/i -A ufw-before-input -s $peer -p 112 -j ACCEPT" /etc/ufw/before.rules
      fi
    done
    ufw reload
  fi
}

main() {
  if [[ -e $state/done ]]; then
    each_boot
    return
  fi
  begin LOAD_BALANCER ENDPOINT_PORT HEALTH_PORT PEERS
  [[ $HAGEN_ROLE == load-balancer ]] || stop "role '$HAGEN_ROLE' is unknown"
  step facts facts
  step firewall open_firewall
  step load-balancer load_balancer
  end
}

main
