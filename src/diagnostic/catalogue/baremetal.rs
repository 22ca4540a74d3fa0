//! Codes about bare metal: machines, their network, and keepalived with its proxy.

super::codes! {
    NO_HOST = "HGN5001" Error "an endpoint without a name on bare metal" {
        cause: "Nothing brings a name to a virtual IP, and kubeadm's controlPlaneEndpoint cannot change after the first node is up. With a name, the load balancer can be exchanged for another kind later.",
        example: "targets: { baremetal: … } without endpoint.host",
        cure: "Add endpoint.host. Machines know it from /etc/hosts; people need a record of it to the virtual IP.",
        source: "kubernetes.io: Creating Highly Available Clusters with kubeadm",
    }
    EXPOSURE = "HGN5002" Error "an endpoint on the internet, with no firewall that hagen sets up" {
        cause: "On a cloud hagen lets in the networks that the spec names and no others. On bare metal it sets up no firewall, so it could not keep this promise.",
        example: "endpoint: { exposure: internet, allowedCidrs: [203.0.113.0/24] }",
        cure: "Use internal, and let clients in by the firewall in front of the virtual IP.",
        source: "hagen",
    }
    ALLOWED_CIDRS = "HGN5003" Error "a list of clients that nothing enforces" {
        cause: "There is no security group on bare metal. A list without effect would look like a protection that is not there.",
        example: "endpoint: { allowedCidrs: [10.0.0.0/8] }",
        cure: "Put the networks into the firewall in front of the virtual IP, and remove the list.",
        source: "hagen",
    }
    CONTROLLER = "HGN5004" Error "a cloud controller on bare metal" {
        cause: "With cloudProvider: external nodes are tainted until a cloud's controller has seen them, and there is no cloud.",
        example: "kubernetes: { cloudProvider: external }",
        cure: "Use none.",
        source: "kubernetes.io: Cloud Controller Manager Administration",
    }
    SECRETS_URL = "HGN5005" Error "addresses of secrets that nobody hands out" {
        cause: "With drop: url Terraform puts an address of its own into each machine's user data. There is no Terraform on bare metal.",
        example: "secrets: { mode: { drop: url } }",
        cure: "Use drop: file, or pinned: hagen seed writes the secrets into each machine's seed.",
        source: "hagen",
    }
    ANONYMOUS_CHECK = "HGN5006" Error "a health check that is answered with 401" {
        cause: "haproxy asks each API server for /readyz without credentials. With anonymous access turned off it gets 401, takes every one for dead, and nothing answers at the virtual IP.",
        example: "kubernetes: { anonymousAuth: false } and loadBalancer: { haproxy: … }",
        cure: "Let anonymous requests through to /livez, /readyz and /healthz alone: an AuthenticationConfiguration with anonymous.conditions, on by default since Kubernetes 1.32. Then remove anonymousAuth: false. nginx and kube-vip ask for nothing.",
        source: "kubernetes.io: Authenticating, anonymous authenticator configuration; canonical/cluster-api-k8s#11",
    }
    IPV6_PODS = "HGN5007" Error "pods with IPv6 on nodes without" {
        cause: "Machines have an IPv4 address alone, and with it the API servers and kubelets. Pods of another family would have no way to other nodes.",
        example: "podSubnets: [10.244.0.0/16, fd00:10:244::/56]",
        cure: "Use one IPv4 network for pods and one for Services.",
        source: "kubernetes.io: IPv4/IPv6 dual-stack, prerequisites",
    }

    COUNT_DIFFERS = "HGN5011" Error "a count that differs from the list of machines" {
        cause: "The counts say how many nodes of each role there are, and the list says which.",
        example: "controlPlane: { count: 3 } and two machines of that role",
        cure: "Correct the count, add the missing machines or correct their role.",
        source: "hagen",
    }
    UNUSED_BALANCER = "HGN5012" Error "a load balancer node without a load balancer" {
        cause: "A machine of role loadBalancer holds the virtual IP and does nothing else. What the load balancer runs on is in its nodes; without nodes, or with kube-vip, that is the control plane.",
        example: "role: loadBalancer and loadBalancer: { kubeVip: {} }",
        cure: "Name the machine in nodes, correct its role, or remove it.",
        source: "hagen",
    }
    UNKNOWN_BALANCER = "HGN5013" Error "a load balancer on a machine that is not for it" {
        cause: "Each of nodes is the name of a machine of role loadBalancer. To have it on the control-plane nodes, nodes is left out.",
        example: "haproxy: { nodes: [lb-1, cp-1] }",
        cure: "Correct the name, add the machine, or correct its role.",
        source: "hagen",
    }
    BALANCER_TWICE = "HGN5014" Error "a load balancer node that is named twice" {
        cause: "A node is its own peer then: keepalived takes that without a word and would wait for adverts that nobody sends.",
        example: "nodes: [lb-1, lb-1]",
        cure: "Name each node once.",
        source: "keepalived 2.2.7, keepalived -t accepts it",
    }
    SINGLE_BALANCER = "HGN5015" Error "a single load balancer node" {
        cause: "A virtual IP moves to another node when its holder fails. With one node there is no other, and the API ends with it.",
        example: "nodes: [lb-1]",
        cure: "Name two nodes, or leave nodes out to use the control-plane nodes.",
        source: "kubernetes/kubeadm, docs/ha-considerations.md",
    }
    TOO_MANY_BALANCERS = "HGN5016" Error "more load balancer nodes than are of use" {
        cause: "One node holds the virtual IP and all others stand by; each sends its adverts to each other one. Two survive a failure, three a failure during maintenance.",
        example: "nodes: with 17 names",
        cure: "Use 2 or 3, 16 at most.",
        source: "keepalived.conf(5), unicast_peer",
    }
    NO_PEER = "HGN5017" Error "a virtual IP on the one control-plane node" {
        cause: "With a single control-plane node keepalived has no peer, and unicast_fault_no_peer keeps it from taking the address at all: without it, it would fall back to multicast.",
        example: "controlPlane: { count: 1, allowSingle: true } and haproxy without nodes",
        cure: "Use three control-plane nodes, two load balancer nodes of their own, or kubeVip.",
        source: "keepalived.conf(5), unicast_fault_no_peer",
    }
    BALANCERS_IN_ONE_ZONE = "HGN5018" Warning "all load balancer nodes in one zone" {
        cause: "What the zone stands for, a rack or a room, fails as a whole, and nothing is left to hold the virtual IP, though machines elsewhere go on.",
        example: "lb-1 and lb-2 with zone: rack-a, and other machines in rack-b",
        cure: "Put the load balancer nodes into different zones.",
        source: "hagen",
    }

    NO_INTERFACE = "HGN5021" Error "a machine without a network interface" {
        cause: "The machine's address and the virtual IP are put on an interface by its name. None is guessed: a machine may have several.",
        example: "machines: [ { name: cp-1, address: 10.20.0.21 } ] without interface",
        cure: "Add interface below targets.baremetal, or to each machine.",
        source: "keepalived.conf(5), interface; cloud-init, network-config version 2",
    }
    INTERFACE_FORM = "HGN5022" Error "an interface name of the wrong form" {
        cause: "The kernel takes 15 characters at most. Further, the name stands in keepalived.conf, where ! and # begin comments, and a colon is a label and not an interface.",
        example: "interface: eth0:1",
        cure: "Use the name that `ip link` shows, for instance eth0, eno1 or enp0s31f6.",
        source: "Linux, dev_valid_name and IFNAMSIZ; systemd, ifname_valid; keepalived.conf(5)",
    }
    MAC_FORM = "HGN5023" Error "a MAC address of the wrong form" {
        cause: "The machine finds its interface by this address, so it is the six bytes of one network card: none that many cards may have (a group's), and not zero.",
        example: "mac: 5254.0012.3456",
        cure: "Write six pairs of hexadecimal digits with colons, as `ip link` shows them.",
        source: "IEEE 802, 8.2; cloud-init, network-config version 2, match",
    }
    MAC_TWICE = "HGN5024" Error "a MAC address that is given twice" {
        cause: "A network card has an address of its own. Two machines with the same one take each other's packets.",
        example: "two machines with mac: 52:54:00:12:34:56",
        cure: "Give each machine the address of its own card.",
        source: "IEEE 802, 8.2",
    }
    ZONE_FORM = "HGN5025" Error "a zone of the wrong form" {
        cause: "A zone is a short word for what fails together. It has the form of a label's value in Kubernetes, so that nodes can carry it.",
        example: "zone: rack 7 (left)",
        cure: "Use at most 63 letters, digits, dashes, dots and underscores, beginning and ending with a letter or a digit.",
        source: "kubernetes.io: Labels and Selectors",
    }

    COMPOSED_INTERFACE = "HGN5026" Warning "an interface that a seed does not bring up" {
        cause: "A bond, a bridge or a VLAN is made of other interfaces, which the spec does not know. The network-config of a seed sets up a plain one of that name, so that a machine installed from it has no network.",
        example: "interface: bond0",
        cure: "Install such machines with their network in the image, and take network-config out of their seeds, or replace it with your own.",
        source: "cloud-init, network-config version 2: bonds, bridges, vlans",
    }

    IPV6_ADDRESS = "HGN5031" Error "an IPv6 address of a machine or the virtual IP" {
        cause: "Machines and the virtual IP are of one family, and that is IPv4: keepalived refuses a virtual IP of another family than its instance's.",
        example: "virtualIp: fd00::10",
        cure: "Use an IPv4 address of the subnet.",
        source: "keepalived 2.2.7, keepalived -t; hagen",
    }
    OUTSIDE_NETWORK = "HGN5032" Error "an address outside the subnet" {
        cause: "The virtual IP moves between machines by ARP, which only reaches their own subnet, and machines reach the gateway there.",
        example: "cidr: 10.20.0.0/24 and virtualIp: 10.20.1.10",
        cure: "Use an address of the subnet, or correct network.cidr.",
        source: "RFC 826; RFC 5798, 8.1",
    }
    NETWORK_ADDRESS = "HGN5033" Error "the first or the last address of the subnet" {
        cause: "The first address of a subnet is the subnet's own name and the last one its broadcast address. No host has them.",
        example: "cidr: 10.20.0.0/24 and address: 10.20.0.255",
        cure: "Use another address of the subnet.",
        source: "RFC 1122, 3.2.1.3",
    }
    NETWORK_SIZE = "HGN5034" Error "a subnet that is too small or too large" {
        cause: "A gateway, the virtual IP and machines have to find room in it, and all of them hear each other's ARP.",
        example: "cidr: 10.20.0.0/30",
        cure: "Use a prefix from /12 to /29.",
        source: "hagen",
    }
    ADDRESS_TWICE = "HGN5035" Error "an address that is used twice" {
        cause: "Machines, the virtual IP, the gateway and DNS servers each answer at an address of their own. Of two that share one, the one whose ARP came last is reached.",
        example: "virtualIp: 10.20.0.21 and a machine of that address",
        cure: "Give each its own address.",
        source: "RFC 5227",
    }
    RESERVED_ADDRESS = "HGN5036" Error "an address in a range that others use" {
        cause: "network.reserved names what is given to others, such as by a DHCP server. Sooner or later one of them has the same address.",
        example: "reserved: [10.20.0.100-10.20.0.149] and address: 10.20.0.101",
        cure: "Use an address outside the range, or take it out of the DHCP server's range.",
        source: "RFC 2131, 2.2; RFC 5227",
    }
    RANGE_FORM = "HGN5037" Error "a reserved range of the wrong form" {
        cause: "A range is a network, or its first and last address with a dash between them.",
        example: "reserved: [10.20.0.149-10.20.0.100]",
        cure: "Write 10.20.0.100-10.20.0.149, or 10.20.0.64/27.",
        source: "hagen",
    }
    RANGE_OUTSIDE = "HGN5038" Warning "a reserved range outside the subnet" {
        cause: "Nothing of the cluster is there, so that part of the range keeps nothing apart. It may be a slip.",
        example: "cidr: 10.20.0.0/24 and reserved: [10.21.0.100-10.21.0.149]",
        cure: "Correct the range, or remove it.",
        source: "hagen",
    }
    NO_NAMESERVERS = "HGN5039" Warning "machines without a DNS server" {
        cause: "Addresses are set and not asked for by DHCP, so machines know no DNS server but those of the spec, and find no repository of packages or images by its name.",
        example: "network: { cidr: 10.20.0.0/24, gateway: 10.20.0.1 }",
        cure: "Add network.nameservers.",
        source: "cloud-init, network-config version 2, nameservers",
    }

    ROUTER_ID = "HGN5041" Error "a virtual router id that does not exist" {
        cause: "VRRP has one byte for it, and 0 is none.",
        example: "virtualRouterId: 300",
        cure: "Use a number from 1 to 255 that is of this cluster alone in its network.",
        source: "RFC 5798, 5.2.3",
    }
    COMMON_ROUTER_ID = "HGN5042" Warning "the virtual router id of every tutorial" {
        cause: "51 stands in keepalived's own sample and in every tutorial, so another pair in this network may well have it. Where both do, they fight for their addresses.",
        example: "virtualRouterId: 51",
        cure: "Use another one, unless you know that no other pair in this network has it.",
        source: "keepalived, keepalived.conf.sample; oracle-cne/ocne#492",
    }
    AUTHENTICATION = "HGN5043" Error "a word of authentication of the wrong form" {
        cause: "VRRP has eight bytes for it; keepalived cuts off the rest and reports an error. Beside letters, digits, dots, dashes and underscores there are characters that begin a comment or end the word.",
        example: "authentication: my-cluster",
        cure: "Use 1 to 8 letters, digits, dots, dashes or underscores, or leave it out.",
        source: "keepalived.conf(5), auth_pass; keepalived 2.2.7, keepalived -t",
    }
    TIMER = "HGN5044" Error "a timer out of its range" {
        cause: "keepalived takes no interval of zero and adverts of at most 255 seconds. haproxy starts an API server slowly only where its checks are more frequent than that.",
        example: "keepalived: { virtualRouterId: 77, checkInterval: 0s }",
        cure: "Use a time from the range that the message names.",
        source: "keepalived.conf(5), advert_int and interval; haproxy, configuration manual, slowstart",
    }
    FAILOVER = "HGN5045" Error "a failover that takes longer than the spec allows" {
        cause: "How long each failure of the load balancer takes follows from its timers: three missed adverts and the skew time, or so many failed checks. With these timers, a failure may take longer than maxFailover.",
        example: "maxFailover: 3s with the default timers",
        cure: "Shorten the timers that the message names, or allow more time.",
        source: "RFC 3768, 6.1; keepalived 2.2.7, vrrp_state_backup; client-go, leaderelection",
    }

    SAME_PORT = "HGN5051" Error "a load balancer on the port of the API server" {
        cause: "On a control-plane node the API server has its port on all addresses, and the load balancer that runs there needs one of its own.",
        example: "endpoint: { port: 6443 } and haproxy without nodes",
        cure: "Use 8443 for endpoint.port: the endpoint is what clients use. Or put the load balancer on nodes of its own.",
        source: "kubernetes/kubeadm, docs/ha-considerations.md; kubesphere/kubekey#560",
    }
    KUBE_VIP_PORT = "HGN5052" Error "two ports with kube-vip" {
        cause: "kube-vip moves an address and translates no port: at the virtual IP, the API server itself answers, on its own port.",
        example: "endpoint: { port: 8443 } and loadBalancer: { kubeVip: {} }",
        cure: "Give endpoint.port and apiServerPort the same number.",
        source: "kube-vip documentation, flags and environment variables: port",
    }
    EPHEMERAL_PORT = "HGN5053" Warning "a port that outgoing connections may take" {
        cause: "Linux gives ports from 32768 to 60999 to outgoing connections. If one has it while the program starts, it cannot listen.",
        example: "endpoint: { port: 44300 }",
        cure: "Use 6443, or 8443.",
        source: "Linux, Documentation/networking/ip-sysctl, ip_local_port_range",
    }
    PINNED_PORT = "HGN5054" Error "two ports with a load balancer on nodes of its own" {
        cause: "While it starts, the first control-plane node maps the endpoint's name to itself in /etc/hosts, since the load balancer has no API server yet to pass on to. /etc/hosts changes no port.",
        example: "endpoint: { port: 443 } and haproxy: { nodes: [lb-1, lb-2] }, with apiServerPort 6443",
        cure: "Give endpoint.port and apiServerPort the same number. They differ only where the load balancer runs on the control-plane nodes.",
        source: "kubernetes/kubeadm#3294",
    }

    SSH_KEY = "HGN5061" Error "an SSH key of the wrong form" {
        cause: "A line that sshd cannot read is passed over without a word, and the person cannot log in. A key is its type, its base64 and perhaps a comment; both name the same type.",
        example: "sshAuthorizedKeys: [AAAAC3NzaC1lZDI1NTE5…]",
        cure: "Copy the line of the .pub file.",
        source: "sshd(8), AUTHORIZED_KEYS FILE FORMAT; RFC 4253, 6.6",
    }
    PRIVATE_KEY = "HGN5062" Error "a private SSH key in the spec" {
        cause: "The spec and what is rendered from it are read by many, and the key lets whoever has it log in elsewhere. The machines need its public half alone.",
        example: "sshAuthorizedKeys: [ \"-----BEGIN OPENSSH PRIVATE KEY----- …\" ]",
        cure: "Use the line of the .pub file, and make a new key: this one stands in a file.",
        source: "ssh-keygen(1)",
    }
    NO_SSH_KEY = "HGN5063" Warning "machines that nobody can log in to" {
        cause: "Images of clouds have no password, and without a key nobody can log in: not to look why a machine did not join, nor to upgrade it.",
        example: "targets: { baremetal: … } without sshAuthorizedKeys",
        cure: "Add a public key, unless the image has one of its own.",
        source: "cloud-init, ssh_authorized_keys",
    }
    TIME_SERVER = "HGN5064" Error "a time server of the wrong form" {
        cause: "Certificates and etcd need machines that agree on the time, and a line that the time service cannot read is passed over.",
        example: "timeServers: [https://ntp.example.com]",
        cure: "Use a host name or an address alone.",
        source: "cloud-init, module ntp; chrony.conf(5), server",
    }
}
