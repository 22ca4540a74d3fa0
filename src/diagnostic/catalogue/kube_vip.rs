//! Codes about kube-vip and kube-proxy.

super::codes! {
    LEASE = "HGN5401" Error "timers of kube-vip's lease that do not fit each other" {
        cause: "The leader must have given up before the others may take over, and must have tried more than once before it gives up. kube-vip does not start with timers that do not leave room for that.",
        example: "kubeVip: { leaseDuration: 3s, renewDeadline: 3s }",
        cure: "Make leaseDuration longer than renewDeadline, and renewDeadline longer than 1.2 × retryPeriod: 5s, 3s and 1s, or 15s, 10s and 2s where etcd is slow.",
        source: "k8s.io/client-go/tools/leaderelection: NewLeaderElector, JitterFactor",
    }
    NO_TIME = "HGN5402" Error "a timer of no length" {
        cause: "kube-vip counts in whole seconds, and takes 0 for a timer that is not set.",
        example: "kubeVip: { retryPeriod: 0s }",
        cure: "Use one second or more.",
        source: "kube-vip: pkg/kubevip/config_environment.go; k8s.io/client-go/tools/leaderelection: NewLeaderElector",
    }
    NO_LEADER = "HGN5403" Warning "a setting of the leader where there is none" {
        cause: "With BGP every control-plane node announces the virtual IP, and no leader is chosen. The setting has no effect.",
        example: "kubeVip: { mode: { bgp: … }, leaseDuration: 15s }",
        cure: "Remove the setting. With BGP, holdTime says how soon a node that is gone is noticed.",
        source: "kube-vip documentation: BGP Mode",
    }
    NO_MIRROR = "HGN5404" Warning "kube-vip's image, which no public mirror has" {
        cause: "It is of another registry than the images of Kubernetes: what stands in for those does not have it, and that registry may be slow or out of reach.",
        example: "downloads: { mirrors: china } and kubeVip: {}",
        cure: "Add downloads.registryMirrors with a mirror of ghcr.io, or go on, if machines reach it.",
        source: "github.com/kube-vip/kube-vip: packages",
    }

    NO_ANSWER = "HGN5411" Error "a check of the API server that nothing would answer" {
        cause: "With BGP, kube-vip asks each API server for /livez without credentials. Without anonymous access that is refused, so that the virtual IP would never be announced.",
        example: "kubernetes: { anonymousAuth: false } and kubeVip: { mode: { bgp: … } }",
        cure: "Leave anonymousAuth on (an AuthenticationConfiguration can narrow it to /livez, /readyz and /healthz), or use ARP.",
        source: "kube-vip documentation: BGP Control Plane Health Check; Kubernetes documentation: Anonymous authenticator configuration",
    }
    INSIDE = "HGN5412" Error "a virtual IP by BGP inside the machines' subnet" {
        cause: "Machines of a subnet ask each other for its addresses and never the router: its routes, and the check that takes a dead API server out of them, would do nothing for them.",
        example: "virtualIp: 10.20.0.10, network: { cidr: 10.20.0.0/24 }, kubeVip: { mode: { bgp: … } }",
        cure: "Use an address outside the subnet that the routers lead to the machines, for instance one of a network that nothing else uses.",
        source: "RFC 1122, 3.3.1.1; kube-vip documentation: BGP Mode",
    }
    NO_PEERS = "HGN5413" Error "BGP without a router" {
        cause: "Without a peer nobody learns where the virtual IP is.",
        example: "bgp: { as: 64512, peers: [] }",
        cure: "Name the routers, best two of them.",
        source: "kube-vip documentation: BGP Mode",
    }
    SYSTEM = "HGN5414" Error "an autonomous system that no router has" {
        cause: "0, 23456, 65535 and 4294967295 are kept for other purposes: a router refuses a session with them.",
        example: "bgp: { as: 65535 }",
        cure: "Use a private one, 64512 to 65534 or 4200000000 to 4294967294, or your own.",
        source: "RFC 7607, RFC 6793, RFC 7300, RFC 6996",
    }
    PEER = "HGN5415" Error "an address that no router of the cluster can have" {
        cause: "A peer is another host, with an address of its own that packets can be sent to.",
        example: "bgp: { peers: [ { address: 10.20.0.21, as: 64513 } ] }, which is cp-1",
        cure: "Use the router's own address.",
        source: "RFC 1122, 3.2.1.3; kube-vip documentation: BGP Mode",
    }
    PEER_TWICE = "HGN5416" Error "a router that is named twice" {
        cause: "Two hosts have one session, and the second is refused.",
        example: "peers: [ { address: 10.20.0.1, as: 64513 }, { address: 10.20.0.1, as: 64513 } ]",
        cure: "Remove one of them.",
        source: "RFC 4271, 6.8",
    }
    HOPS = "HGN5417" Error "a router of another autonomous system that is more than one hop away" {
        cause: "Between autonomous systems packets live for one hop, unless it is said that there may be more: the session would never come up.",
        example: "peers: [ { address: 10.99.0.1, as: 64513 } ], with machines in 10.20.0.0/24",
        cure: "Add `multihop: true`, or use the router's address in the machines' subnet.",
        source: "RFC 4271, 5.1.3; GoBGP documentation: eBGP multihop",
    }
    HOLD = "HGN5418" Error "timers of BGP that do not fit each other" {
        cause: "A hold time is at least 3 seconds and fits 16 bits, and a keepalive has to get through more than once in it.",
        example: "bgp: { holdTime: 9s, keepalive: 9s }",
        cure: "Use 3s to 65535s for holdTime, and at most a third of it for keepalive, for instance 9s and 3s.",
        source: "RFC 4271, 4.2 and 4.4",
    }

    IPVS = "HGN5421" Warning "kube-proxy's mode ipvs, which is on its way out" {
        cause: "It is deprecated since Kubernetes 1.35. From 1.40 it is off unless a feature gate is set, and it goes with 1.43.",
        example: "kubernetes: { kubeProxy: ipvs }",
        cure: "Use nftables, which is made for many Services, or iptables. If you need ipvs for now, go on.",
        source: "KEP-5495; Kubernetes documentation: Virtual IPs and Service Proxies",
    }
    NFTABLES = "HGN5422" Error "kube-proxy's mode nftables on an older kernel" {
        cause: "kube-proxy does not start in this mode before Linux 5.13, and Alibaba Cloud Linux 3 has 5.10: no Service would be reached.",
        example: "kubernetes: { kubeProxy: nftables } and targets.aliyun with image: alinux-3",
        cure: "Use iptables, or another image.",
        source: "kubernetes/kubernetes: pkg/proxy/nftables, NFTablesKubeProxyKernelVersion; Alibaba Cloud Linux 3 release notes",
    }
}
