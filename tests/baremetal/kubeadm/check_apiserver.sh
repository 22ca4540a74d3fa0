#!/bin/sh
# The check that kubeadm documents for keepalived, in our words: is /healthz green through the load balancer of this host?
# https://github.com/kubernetes/kubeadm/blob/main/docs/ha-considerations.md#keepalived-configuration
if ! curl -sfk --max-time 2 -o /dev/null https://localhost:${port}/healthz; then
    echo 'no API server through this host' >&2
    exit 1
fi
