//! Codes about MetalLB.

super::codes! {
    OBJECT_NAME = "HGN5201" Error "a name that no object of Kubernetes can have" {
        cause: "Names of pools, advertisements, routers, profiles, Secrets and namespaces become names of objects. The API server refuses others when they are applied.",
        example: "pools: [ { name: Default_Pool, … } ]",
        cure: "Use lower-case letters, digits and dashes, with a letter or digit at both ends.",
        source: "kubernetes.io/docs/concepts/overview/working-with-objects/names",
    }
    NAME_TWICE = "HGN5202" Error "one name for two of a kind" {
        cause: "Two objects of a kind with one name are one object: the second replaces the first, or MetalLB refuses both.",
        example: "pools: [ { name: default, … }, { name: default, … } ]",
        cure: "Give each a name of its own, or write both as one.",
        source: "MetalLB v0.16.1, internal/config/config.go: poolsFor, bfdProfilesFor, communitiesFromCrs",
    }
    ENTRY_TWICE = "HGN5203" Error "the same entry twice in a list" {
        cause: "MetalLB refuses its whole configuration over it, and goes on with the old one without a word.",
        example: "advertisements: [ { name: a, pools: [default, default] } ]",
        cure: "Remove one of the two.",
        source: "MetalLB v0.16.1, internal/config/config.go: validateDuplicate, validateLabelSelectorDuplicate",
    }
    SELECTOR = "HGN5204" Error "a label selector that Kubernetes does not take" {
        cause: "A label's name and value have a fixed form, In and NotIn need values, and Exists and DoesNotExist take none. MetalLB refuses its whole configuration over one that is wrong. A selector without labels fits everything, which is said by leaving it out.",
        example: "nodeSelectors: [ { matchExpressions: [ { key: rack, operator: In } ] } ]",
        cure: "Correct the selector.",
        source: "kubernetes.io/docs/concepts/overview/working-with-objects/labels; MetalLB v0.16.1, internal/config/config.go: parseSelectors",
    }

    NO_POOLS = "HGN5205" Error "MetalLB without addresses" {
        cause: "Without a pool MetalLB gives nothing to Services.",
        example: "services: { metallb: { pools: [], l2: {} } }",
        cure: "Add a pool, or set services: none.",
        source: "metallb.io/configuration",
    }
    NO_ADDRESSES = "HGN5206" Error "a pool without addresses" {
        cause: "MetalLB refuses its whole configuration over an empty pool.",
        example: "pools: [ { name: default, addresses: [] } ]",
        cure: "Add a network or a range.",
        source: "MetalLB v0.16.1, internal/config/config.go: addressPoolFromCR",
    }
    ADDRESS_FORM = "HGN5207" Error "addresses of a form that MetalLB does not read" {
        cause: "An entry of a pool is a network, or two whole addresses with a dash. MetalLB refuses its whole configuration over others. A leading zero is octal for some programs and decimal for others.",
        example: "addresses: [10.20.0.200-239]",
        cure: "Write 10.20.0.200-10.20.0.239, or a network such as 10.20.0.192/27.",
        source: "MetalLB v0.16.1, internal/config/config.go: ParseCIDR",
    }
    ADDRESS_FAMILY = "HGN5208" Error "IPv6 addresses in a pool" {
        cause: "Machines on bare metal are of IPv4, so no node could announce an address of IPv6. Of a range that begins with one family and ends with the other, MetalLB makes nonsense.",
        example: "addresses: [\"2001:db8:1::/120\"]",
        cure: "Use addresses of IPv4.",
        source: "MetalLB v0.16.1, internal/config/config.go: ParseCIDR, which compares addresses of both families as 16 bytes",
    }
    RANGE_BACKWARDS = "HGN5209" Error "a range that ends before it begins" {
        cause: "MetalLB refuses its whole configuration over it.",
        example: "addresses: [10.20.0.239-10.20.0.200]",
        cure: "Write the lower address first.",
        source: "MetalLB v0.16.1, internal/config/config.go: ParseCIDR",
    }
    ADDRESS_HOST_BITS = "HGN5210" Error "an address with a prefix in the place of a network" {
        cause: "MetalLB reads 10.20.0.77/24 as all of 10.20.0.0/24, without a word: Services then get the addresses of machines.",
        example: "addresses: [10.20.0.77/24]",
        cure: "Write the network's first address, or FIRST-LAST.",
        source: "MetalLB v0.16.1, internal/config/config.go: ParseCIDR, by Go's net.ParseCIDR",
    }
    POOLS_OVERLAP = "HGN5211" Error "two ranges of pools that overlap" {
        cause: "MetalLB refuses its whole configuration over an address that is in two pools, or twice in one.",
        example: "addresses: [10.20.0.200-10.20.0.220, 10.20.0.216/29]",
        cure: "Give each address to one pool, once.",
        source: "MetalLB v0.16.1, internal/config/config.go: poolsFor, cidrsOverlap",
    }
    ADDRESS_TAKEN = "HGN5212" Error "a pool that has the address of something else" {
        cause: "A Service would get the address of a machine, of the API server, of the gateway or of a router, and two would answer for it: the machine, or the whole cluster, is cut off. MetalLB does not look.",
        example: "virtualIp: 10.20.0.10, addresses: [10.20.0.0/27]",
        cure: "Choose a range that nobody uses.",
        source: "metallb/metallb#364, #2700, #2779, #772",
    }
    RANGE_TAKEN = "HGN5213" Error "a pool in a network that is for something else" {
        cause: "Addresses of pods and Services lead into the cluster's own network, and those of a DHCP server are given to others.",
        example: "network: { reserved: [10.20.0.100-10.20.0.149] }, addresses: [10.20.0.140-10.20.0.160]",
        cure: "Choose a range that nobody uses.",
        source: "metallb.io/configuration; kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation",
    }
    SPECIAL_RANGE = "HGN5214" Error "a pool in a range that is not routed" {
        cause: "Hosts and routers treat loopback, link-local and multicast addresses in their own way, so no Service can be reached there.",
        example: "addresses: [169.254.10.0/24]",
        cure: "Use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, or public addresses of your own.",
        source: "RFC 6890",
    }
    OUTSIDE_SUBNET = "HGN5215" Error "a pool that is announced by ARP and is not in the machines' subnet" {
        cause: "Hosts ask by ARP only for addresses of their own subnet; for others they ask the gateway, which knows no way.",
        example: "network: { cidr: 10.20.0.0/24 }, addresses: [10.30.0.0/28], l2: {}",
        cure: "Choose a free range of the subnet, or announce the pool by BGP.",
        source: "metallb.io/concepts/layer2",
    }
    SUBNET_EDGE = "HGN5216" Error "a pool with the subnet's own or its broadcast address" {
        cause: "No host can have these two, and MetalLB gives them to Services all the same unless they end in .0 and .255 and avoidBuggyIPs is on.",
        example: "network: { cidr: 10.20.0.0/24 }, addresses: [10.20.0.240-10.20.0.255], l2: {}",
        cure: "End the range one address earlier, or begin it one later.",
        source: "metallb/metallb#483",
    }
    INSIDE_SUBNET = "HGN5217" Warning "a pool that is announced by BGP and is in the machines' subnet" {
        cause: "Hosts of the subnet ask for its addresses by ARP and not the router, and nobody answers: Services are reached from everywhere but there.",
        example: "network: { cidr: 10.20.0.0/24 }, addresses: [10.20.0.200-10.20.0.239], bgp: { … }",
        cure: "Choose a range outside of the subnet.",
        source: "metallb.io/concepts/bgp",
    }
    NOTHING_USABLE = "HGN5218" Error "a pool of which no address is given out" {
        cause: "avoidBuggyIPs leaves out addresses that end in .0 and .255, and this pool has no others.",
        example: "addresses: [10.20.8.0/32]",
        cure: "Add other addresses, or set avoidBuggyIPs: false.",
        source: "MetalLB v0.16.1, internal/allocator/allocator.go: ipConfusesBuggyFirmwares",
    }
    NO_AUTO_ASSIGN = "HGN5219" Warning "no pool for Services that ask for none" {
        cause: "With autoAssign: false in every pool, only a Service that names a pool or an address gets one. All others wait for ever.",
        example: "pools: [ { name: default, addresses: [10.20.0.200/29], autoAssign: false } ]",
        cure: "Leave autoAssign out of one pool.",
        source: "metallb.io/configuration/_advanced_ipaddresspool_configuration",
    }

    NO_ANNOUNCEMENT = "HGN5221" Error "pools that nothing announces" {
        cause: "Since MetalLB 0.13 a pool alone announces nothing: Services get addresses that lead nowhere.",
        example: "metallb: { pools: [ … ] }",
        cure: "Add l2: {} to announce all pools by ARP, or bgp with your routers.",
        source: "metallb.io/configuration",
    }
    WHICH_POOLS = "HGN5222" Error "l2 and bgp together, without saying which announces what" {
        cause: "A pool by ARP must be in the machines' subnet, and one by BGP should not be, so that all pools by both is never meant.",
        example: "l2: {}, bgp: { peers: [ … ] }",
        cure: "Add advertisements that name pools to both.",
        source: "metallb.io/configuration",
    }
    UNKNOWN_POOL = "HGN5223" Error "an advertisement of a pool that is not there" {
        cause: "MetalLB ignores a name that it does not know, so the pool that was meant is not announced.",
        example: "advertisements: [ { name: a, pools: [defualt] } ]",
        cure: "Correct the name, or add the pool.",
        source: "MetalLB v0.16.1, internal/config/config.go: setL2AdvertisementsToPools",
    }
    NOT_ANNOUNCED = "HGN5224" Error "a pool that no advertisement names" {
        cause: "Services get its addresses, and nothing announces them.",
        example: "pools: [ { name: a, … }, { name: b, … } ], l2: { advertisements: [ { name: l2, pools: [a] } ] }",
        cure: "Name it in an advertisement, or remove it.",
        source: "metallb.io/configuration",
    }
    NO_POOLS_NAMED = "HGN5225" Error "an advertisement that names no pool" {
        cause: "MetalLB takes it for all pools, those that come later too.",
        example: "advertisements: [ { name: a, pools: [] } ]",
        cure: "Name the pools.",
        source: "MetalLB v0.16.1, internal/config/config.go: setL2AdvertisementsToPools",
    }
    SAME_ADVERTISEMENT = "HGN5226" Warning "two advertisements that say the same" {
        cause: "The second one adds nothing. Often a name or a pool was to be changed in it.",
        example: "advertisements: [ { name: a, pools: [default] }, { name: b, pools: [default] } ]",
        cure: "Remove one of the two.",
        source: "MetalLB v0.16.1, internal/config/config.go: validateDuplicateBGPAdvertisements",
    }
    INTERFACE_NAME = "HGN5227" Error "a name that no network interface can have" {
        cause: "Linux takes at most 15 characters, without spaces and slashes.",
        example: "interfaces: [enp0s31f6.bond0.100]",
        cure: "Use the name that `ip link` shows.",
        source: "linux/if.h, IFNAMSIZ; net/core/dev.c, dev_valid_name",
    }
    INTERFACE_EXCLUDED = "HGN5228" Error "an interface on which MetalLB never answers" {
        cause: "MetalLB leaves out interfaces of pods and bridges by their names, whatever an advertisement says.",
        example: "interfaces: [docker0]",
        cure: "Name the machines' own interface.",
        source: "MetalLB v0.16.1, config/native/exclude-l2-config.yaml",
    }
    INTERFACE_UNKNOWN = "HGN5229" Error "an interface that no node has in the subnet" {
        cause: "The addresses are of the machines' subnet, which is on the interface that the spec gives each machine. On another one nobody asks for them.",
        example: "interface: eth0, l2: { advertisements: [ { name: l2, pools: [default], interfaces: [eth1] } ] }",
        cure: "Use the machines' interface, or leave interfaces out.",
        source: "metallb.io/configuration/_advanced_l2_configuration",
    }
    NO_NODE = "HGN5230" Error "labels that fit no node" {
        cause: "Nobody announces the addresses, or nobody talks to the router. Control-plane nodes have the label exclude-from-external-load-balancers, so they announce only where there are no workers, and hagen tells MetalLB to ignore it.",
        example: "nodeSelectors: [ { matchLabels: { kubernetes.io/hostname: worker-9 } } ]",
        cure: "Correct the labels.",
        source: "metallb/metallb#2285; kubernetes.io/docs/reference/labels-annotations-taints",
    }
    ONE_NODE = "HGN5231" Warning "one node that answers by ARP" {
        cause: "By ARP one node answers for an address, and another one takes over when it dies. Here there is no other.",
        example: "workers: { count: 1 }, l2: {}",
        cure: "Add a worker, or let more nodes announce.",
        source: "metallb.io/concepts/layer2",
    }

    NO_PEERS = "HGN5241" Error "BGP without a router" {
        cause: "Without a router nothing hears of the addresses.",
        example: "bgp: { myAsn: 64512, peers: [] }",
        cure: "Name your routers.",
        source: "metallb.io/concepts/bgp",
    }
    NO_OWN_ASN = "HGN5242" Error "a session without a number of the cluster's own" {
        cause: "Both sides of a session are in an autonomous system, and MetalLB needs the number of its own.",
        example: "peers: [ { name: tor-a, address: 10.20.0.2, peerAsn: 64513 } ]",
        cure: "Set bgp.myAsn, for instance to one of the private numbers 64512 to 65534.",
        source: "MetalLB v0.16.1, internal/config/config.go: peerFromCR; RFC 6996",
    }
    PEER_ASN = "HGN5243" Error "a router with no one number" {
        cause: "A router has peerAsn, or dynamicAsn to take the number from its own first message: one of the two.",
        example: "peers: [ { name: tor-a, address: 10.20.0.2 } ]",
        cure: "Set peerAsn to the router's number.",
        source: "MetalLB v0.16.1, internal/config/config.go: peerFromCR",
    }
    PEER_ADDRESS = "HGN5244" Error "a router that is in no one place" {
        cause: "A router has an address, or is at the other end of an interface: one of the two.",
        example: "peers: [ { name: tor-a, peerAsn: 64513 } ]",
        cure: "Set address.",
        source: "MetalLB v0.16.1, internal/config/config.go: peerFromCR",
    }
    MULTI_HOP_INTERNAL = "HGN5245" Error "ebgpMultiHop within one autonomous system" {
        cause: "It is about sessions with another autonomous system, whose packets live one hop. MetalLB refuses its whole configuration over it.",
        example: "myAsn: 64512, peers: [ { peerAsn: 64512, ebgpMultiHop: true, … } ]",
        cure: "Remove it.",
        source: "MetalLB v0.16.1, internal/config/config.go: peerFromCR",
    }
    TIMERS = "HGN5246" Error "timers that BGP does not take" {
        cause: "The hold time is 0 or at least 3 seconds and has 16 bits, and messages come more often than it ends.",
        example: "holdTime: 2s",
        cure: "Use a hold time from 3 seconds on, and a third of it for keepaliveTime.",
        source: "RFC 4271, 4.2; MetalLB v0.16.1, internal/config/config.go: parseTimers",
    }
    CONNECT_TIME = "HGN5247" Error "a connect time out of range" {
        cause: "The API server refuses it when it is applied.",
        example: "connectTime: 0s",
        cure: "Use 1 to 65535 seconds.",
        source: "MetalLB v0.16.1, CRD of BGPPeer: connectTime",
    }
    PEER_IS_NODE = "HGN5248" Error "a router with the address of a node" {
        cause: "FRR holds no session with its own host, and a node that speaks BGP for its pod network already uses the port.",
        example: "machines: [ { address: 10.20.0.31, … } ], peers: [ { address: 10.20.0.31, … } ]",
        cure: "Use the router's address.",
        source: "metallb.io/configuration/_advanced_bgp_configuration; metallb.io/concepts/bgp: limitations of FRR mode",
    }
    PEER_FAR = "HGN5249" Warning "a router of another autonomous system outside of the subnet" {
        cause: "Packets of a session with another autonomous system live one hop unless ebgpMultiHop is set, so the session does not come up.",
        example: "network: { cidr: 10.20.0.0/24 }, peers: [ { address: 10.30.0.1, … } ]",
        cure: "Set ebgpMultiHop: true. If the nodes have another interface in the router's network, go on.",
        source: "RFC 4271; docs.frrouting.org/en/latest/bgp.html: neighbor ebgp-multihop",
    }
    UNKNOWN_BFD_PROFILE = "HGN5250" Error "a BFD profile that is not there" {
        cause: "MetalLB does not take the router until the profile is there.",
        example: "peers: [ { bfd: fsat, … } ]",
        cure: "Use fast, or add the profile to bfdProfiles.",
        source: "MetalLB v0.16.1, internal/config/config.go: peersFor",
    }
    RESTART_WITH_BFD = "HGN5251" Warning "graceful restart beside BFD" {
        cause: "Graceful restart keeps routes while a node's BGP is away for a moment, and BFD takes them away within a second of it.",
        example: "peers: [ { bfd: fast, gracefulRestart: true, … } ]",
        cure: "Remove one of the two.",
        source: "RFC 5882, 3.3; metallb.io/apis: BGPPeer, enableGracefulRestart",
    }
    PEERS_DIFFER = "HGN5252" Error "routers of one node that want different nodes" {
        cause: "FRR has one router id, and in each VRF one autonomous system. MetalLB refuses its whole configuration over routers that share a node and differ.",
        example: "peers: [ { myAsn: 64512, … }, { myAsn: 64514, … } ]",
        cure: "Make them alike, or let different nodes talk to them by nodeSelectors.",
        source: "MetalLB v0.16.1, internal/config/validation.go: DiscardNativeOnly",
    }
    PEER_TWICE = "HGN5253" Error "two routers at one address" {
        cause: "FRR has one session with an address. MetalLB refuses its whole configuration over a second one from the same node.",
        example: "peers: [ { name: a, address: 10.20.0.2, … }, { name: b, address: 10.20.0.2, … } ]",
        cure: "Remove one of the two.",
        source: "MetalLB v0.16.1, internal/config/validation.go: DiscardNativeOnly",
    }
    NATIVE_ONLY = "HGN5254" Error "a setting that MetalLB's own BGP does not have" {
        cause: "BFD, VRFs, graceful restart, large communities and more are FRR's. MetalLB refuses its whole configuration over them.",
        example: "bgp: { backend: native, peers: [ { bfd: fast, … } ] }",
        cure: "Remove backend: native, which gives FRR, or the setting.",
        source: "MetalLB v0.16.1, internal/config/validation.go: DiscardFRROnly",
    }

    UNKNOWN_PEER = "HGN5261" Error "an advertisement to a router that is not there" {
        cause: "MetalLB ignores a name that it does not know, so the router that was meant hears nothing.",
        example: "advertisements: [ { peers: [tor-x], … } ]",
        cure: "Correct the name, or add the router.",
        source: "metallb.io/apis: BGPAdvertisement, peers",
    }
    AGGREGATION = "HGN5262" Error "a route that is larger than the pool" {
        cause: "Such a route would draw the traffic of addresses that are not the cluster's. MetalLB refuses its whole configuration over it.",
        example: "addresses: [10.20.8.0/26], aggregationLength: 24",
        cure: "Use a prefix length from that of the pool's largest part to 32.",
        source: "MetalLB v0.16.1, internal/config/config.go: validateBGPAdvPerPool",
    }
    AGGREGATED_SELECTION = "HGN5263" Error "larger routes for selected Services" {
        cause: "A larger route holds addresses of Services that are not selected. The API server refuses it when it is applied.",
        example: "serviceSelectors: [ … ], aggregationLength: 24",
        cure: "Leave aggregationLength out.",
        source: "MetalLB v0.16.1, CRD of BGPAdvertisement: serviceSelectors",
    }
    COMMUNITY = "HGN5264" Error "a text that is no BGP community" {
        cause: "A community is two numbers up to 65535, or `large` and three up to 4294967295, or a name of communities. MetalLB refuses others, or waits for the name for ever.",
        example: "communities: [\"70000:1\"]",
        cure: "Write 64512:100, large:64512:1:2, or add the name to communities.",
        source: "MetalLB v0.16.1, internal/bgp/community/community.go; RFC 1997, RFC 8092",
    }
    PREFERENCES_DIFFER = "HGN5265" Error "two preferences for one route" {
        cause: "A router hears of a route once, with one preference. MetalLB refuses its whole configuration over two.",
        example: "advertisements: [ { pools: [a], localPref: 100, … }, { pools: [a], localPref: 200, … } ]",
        cure: "Give both the same localPref, or other pools, routers, nodes or lengths.",
        source: "MetalLB v0.16.1, internal/config/config.go: BGPAdvertisementsHaveCompatibleLocalPref",
    }
    PREFERENCE_UNUSED = "HGN5266" Warning "a preference that no router is told" {
        cause: "LOCAL_PREF is an attribute within one autonomous system. Routers of others do not get it.",
        example: "myAsn: 64512, peers: [ { peerAsn: 64513, … } ], advertisements: [ { localPref: 200, … } ]",
        cure: "Remove localPref. To sway another autonomous system, agree on communities.",
        source: "RFC 4271, 5.1.5",
    }

    ECHO_MULTI_HOP = "HGN5271" Error "BFD's echo mode over several hops" {
        cause: "Echo packets are for a neighbour that returns them at once. FRR does not run them in sessions over several hops.",
        example: "bfdProfiles: [ { name: p, echoMode: true } ], peers: [ { bfd: p, ebgpMultiHop: true, … } ]",
        cure: "Give this router a profile without echoMode.",
        source: "RFC 5883, 3; metallb.io/apis: BFDProfile, echoMode",
    }
    TTL_UNUSED = "HGN5272" Warning "a lowest TTL without several hops" {
        cause: "minimumTtl is about sessions over several hops. In others packets have a TTL of 255 anyway (RFC 5881).",
        example: "bfdProfiles: [ { name: p, minimumTtl: 250 } ], peers: [ { bfd: p, … } ]",
        cure: "Remove it.",
        source: "metallb.io/apis: BFDProfile, minimumTtl",
    }
    ECHO_UNUSED = "HGN5273" Warning "an interval of echo packets without echo mode" {
        cause: "Without echoMode no such packet is sent.",
        example: "bfdProfiles: [ { name: p, echoInterval: 50 } ]",
        cure: "Set echoMode: true, or remove echoInterval.",
        source: "metallb.io/apis: BFDProfile, echoInterval",
    }
}
