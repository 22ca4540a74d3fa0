//! Codes about the cluster on any target.

super::codes! {
    CLUSTER_NAME = "HGN2001" Error "a cluster name of the wrong form" {
        cause: "The name becomes the name of the load balancer, a DNS label and the kubeadm cluster name, so it has at most 32 lower-case letters, digits and dashes, begins with a letter and does not end with a dash.",
        example: "name: Prod_EU",
        cure: "Use a name such as prod-eu.",
        source: "Elastic Load Balancing API: CreateLoadBalancer, Name; RFC 1123, 2.1",
    }
    RESERVED_NAME = "HGN2002" Error "a cluster name that begins with internal-" {
        cause: "AWS keeps names that begin with internal- for its own load balancers and refuses them.",
        example: "name: internal-prod",
        cure: "Choose a name with another beginning.",
        source: "Elastic Load Balancing API: CreateLoadBalancer, Name",
    }
    NODE_NAME = "HGN2003" Error "a node name of the wrong form" {
        cause: "A node's name is also its host name, its etcd member name and the value of a label, so it is one DNS label: at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends. A number alone is read as an address.",
        example: "machines: { existing: [ { name: CP_1, … } ] }",
        cure: "Rename the machine, for instance to cp-1, and use that name.",
        source: "kubernetes.io: Object Names and IDs; kubeadm validation, nodeRegistration.name; RFC 1123, 2.1",
    }
    NODE_NAME_TWICE = "HGN2004" Error "two nodes with one name" {
        cause: "The second node to join under a name takes over the Node object of the first, and etcd refuses a second member of that name.",
        example: "machines: { existing: [ { name: cp-1, … }, { name: cp-1, … } ] }",
        cure: "Give each machine a name of its own.",
        source: "kubernetes.io: Nodes, node name uniqueness",
    }
    DNS_DOMAIN = "HGN2005" Error "a DNS domain of the wrong form" {
        cause: "kubeadm takes an RFC 1123 subdomain in lower case: labels of letters, digits and dashes, joined by dots, without a dot at the end.",
        example: "kubernetes: { dnsDomain: Cluster.Local. }",
        cure: "Use cluster.local unless there is a reason not to.",
        source: "kubeadm validation, networking.dnsDomain",
    }

    VERSION_FORM = "HGN2011" Error "a version that is not X.Y.Z" {
        cause: "Packages, images and kubeadm's configuration are pinned to one exact version. A minor such as 1.37 or a label such as stable-1 would give two nodes two versions, depending on the day.",
        example: "kubernetes: { version: v1.37 }",
        cure: "Write all three numbers without a v, for instance 1.37.1.",
        source: "kubernetes.io: Version Skew Policy; kubeadm, kubernetesVersion",
    }
    MINOR_NOT_SUPPORTED = "HGN2012" Error "a minor version that hagen does not support" {
        cause: "Older minors get no security fixes any more. Newer ones may have changed kubeadm's configuration, and hagen was not tested with them.",
        example: "kubernetes: { version: 1.30.2 }",
        cure: "Use a supported minor, or a newer hagen.",
        source: "kubernetes.io/releases; kubernetes.io: Version Skew Policy",
    }
    PATCH_REGRESSION = "HGN2013" Error "a patch version whose kubeadm init needs a working load balancer" {
        cause: "In this patch version kubeadm init calls the API server through the load balancer, which has no healthy target before init is done. The first node fails or takes many minutes. Later patch versions call the local API server.",
        example: "kubernetes: { version: 1.36.0 }",
        cure: "Use the patch version that the message names, or a later one.",
        source: "kubernetes/kubeadm#3294, fixed by kubernetes/kubernetes#138449 and its cherry-picks #138682, #138683",
    }

    ENDPOINT_HOST = "HGN2021" Error "an endpoint host of the wrong form" {
        cause: "The host is written into certificates, kubeconfigs and kubeadm's controlPlaneEndpoint, so it is a full DNS name in lower case: at least two labels, no scheme, no port, no dot at the end.",
        example: "endpoint: { host: https://API.example.com:6443 }",
        cure: "Write the name alone, for instance api.prod.example.com. The port has a key of its own.",
        source: "kubeadm validation, controlPlaneEndpoint; RFC 1123, 2.1",
    }
    ENDPOINT_IS_ADDRESS = "HGN2022" Error "an endpoint host that is an address" {
        cause: "The endpoint cannot change after the first node is up. What a name points to can be moved to another load balancer; an address cannot.",
        example: "endpoint: { host: 10.0.0.10 }",
        cure: "Use a DNS name, or leave the host out where the load balancer brings a name.",
        source: "kubernetes.io: Creating Highly Available Clusters with kubeadm; kubernetes-sigs/cluster-api-provider-aws#4766",
    }
    ENDPOINT_IN_CLUSTER_DOMAIN = "HGN2023" Error "an endpoint host under the cluster's own DNS domain" {
        cause: "Names under dnsDomain are answered by CoreDNS, which runs in the cluster. Nodes would need the cluster to find the API server, and the API server to run the cluster.",
        example: "endpoint: { host: api.cluster.local }",
        cure: "Use a name in a domain that is served outside the cluster.",
        source: "kubernetes.io: DNS for Services and Pods",
    }
    RESERVED_PORT = "HGN2024" Error "an endpoint port that a node needs for something else" {
        cause: "The load balancer and the API server listen on the same port, and this one is already taken on a control-plane node: by etcd, the kubelet, a controller or SSH.",
        example: "endpoint: { port: 10250 }",
        cure: "Use 6443, or 443.",
        source: "kubernetes.io: Ports and Protocols; kubeadm constants",
    }
    NODE_PORT = "HGN2025" Error "an endpoint port in the range of NodePort Services" {
        cause: "kube-proxy may take any port from 30000 to 32767 for a Service, on control-plane nodes too, and the API server's port with it.",
        example: "endpoint: { port: 30443 }",
        cure: "Use 6443, or 443.",
        source: "kubernetes.io: Service, type NodePort",
    }
    NO_ALLOWED_CIDRS = "HGN2026" Error "an endpoint on the internet that does not say who may come" {
        cause: "There is no safe default for an internet-facing API server, so the networks that may connect have to be named.",
        example: "endpoint: { exposure: internet }",
        cure: "Name the networks of your offices, VPN and CI in endpoint.allowedCidrs.",
        source: "NSA/CISA Kubernetes Hardening Guide, network access to the control plane",
    }
    OPEN_TO_ALL = "HGN2027" Error "an endpoint that is open to the whole internet" {
        cause: "The network holds everybody, or so large a part of the internet that it protects nothing. API servers that anyone can reach are scanned within minutes, and each flaw before authentication is open to all. hagen has no switch that permits it.",
        example: "endpoint: { exposure: internet, allowedCidrs: [0.0.0.0/0] }",
        cure: "Name the networks of your offices, VPN and CI.",
        source: "NSA/CISA Kubernetes Hardening Guide, network access to the control plane",
    }
    NESTED_NETWORKS = "HGN2028" Warning "a network that another one in the list already holds" {
        cause: "The entry adds nothing. One of the two is often a slip: a wrong prefix length, or a network that was meant to be another.",
        example: "endpoint: { allowedCidrs: [10.0.0.0/8, 10.1.0.0/16] }",
        cure: "Remove the smaller one, or correct the larger one.",
        source: "RFC 4632",
    }
    ENDPOINT_IS_MEMBER = "HGN2029" Error "an endpoint host among the names of etcd members" {
        cause: "Members of external etcd find each other as NODE.CLUSTER.etcd.internal, which hagen writes into the machines' /etc/hosts. An API server under such a name would be looked for on an etcd machine, or not be found.",
        example: "etcd: { external: { count: 3 } } and endpoint: { host: etcd-1.prod.etcd.internal }",
        cure: "Use a name in another domain.",
        source: "hagen; hosts(5)",
    }

    SUBNET_COUNT = "HGN2041" Error "not one network, or two of different families" {
        cause: "Kubernetes takes one pod network and one Service network, or two of each, one IPv4 and one IPv6.",
        example: "kubernetes: { podSubnets: [10.244.0.0/16, 10.245.0.0/16] }",
        cure: "Give one network. For dual stack, give one of each family.",
        source: "kubernetes.io: IPv4/IPv6 dual-stack; kubeadm validation, networking",
    }
    FAMILIES_DIFFER = "HGN2042" Error "pod and Service networks of different families" {
        cause: "The first family is the cluster's primary one, and pods and Services have to agree on it and on whether there is a second.",
        example: "kubernetes: { podSubnets: [10.244.0.0/16, fd00:1::/56], serviceSubnets: [10.96.0.0/16] }",
        cure: "Give both lists the same families in the same order.",
        source: "kubernetes.io: IPv4/IPv6 dual-stack; kubeadm validation, networking",
    }
    POD_PREFIX = "HGN2043" Error "a pod network that is too small or too large" {
        cause: "The controller manager cuts the pod network into one block a node, a /24 or, with IPv6, a /64. It takes at most 65,536 blocks, so the prefix is from /8 to /24, or from /48 to /64.",
        example: "kubernetes: { podSubnets: [10.244.0.0/25] }",
        cure: "Use a prefix in that range, for instance a /16, or a /56 with IPv6.",
        source: "kubeadm validation, networking.podSubnet (node mask 24 and 64, difference at most 16)",
    }
    SERVICE_PREFIX = "HGN2044" Error "a Service network that is too small or too large" {
        cause: "kubeadm needs ten addresses in it and takes at most 20 bits of them, so the prefix is from /12 to /28, or from /108 to /124 with IPv6.",
        example: "kubernetes: { serviceSubnets: [10.0.0.0/8] }",
        cure: "Use a prefix in that range, for instance a /16, or a /112 with IPv6.",
        source: "kubeadm validation, networking.serviceSubnet",
    }
    NETWORKS_OVERLAP = "HGN2045" Error "two networks that overlap" {
        cause: "A node sends a packet either to the pod network, to a Service or to its own network, by the address alone. Where two of them overlap, some pods, Services or machines cannot be reached. kubeadm does not check this, and the networks cannot change later.",
        example: "podSubnets: [10.0.0.0/16] in a VPC of 10.0.0.0/16",
        cure: "Move one of the two to a range of its own.",
        source: "kubernetes.io: Cluster Networking; kubernetes/kubeadm validation.go has no such check",
    }
    SPECIAL_NETWORK = "HGN2046" Error "a network or address that is kept for another purpose" {
        cause: "Loopback, link-local, multicast and reserved ranges are not routed like others. Clouds serve their metadata from 169.254.0.0/16.",
        example: "kubernetes: { podSubnets: [169.254.0.0/16] }",
        cure: "Use a private range: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, or fd00::/8.",
        source: "RFC 6890 and the IANA special-purpose address registries",
    }
    DOCKER_NETWORK = "HGN2047" Warning "a network that overlaps Docker's own" {
        cause: "Docker gives its bridge 172.17.0.0/16 on every machine that has it. A node or a developer's machine with Docker cannot reach what lies behind the same range.",
        example: "kubernetes: { podSubnets: [172.17.0.0/16] }",
        cure: "Use another range, if Docker is or may come to be on the nodes or on machines that talk to them.",
        source: "docs.docker.com: bridge network, default address pools",
    }
    TOO_FEW_POD_BLOCKS = "HGN2048" Error "a pod network with fewer blocks than nodes" {
        cause: "Each node gets a /24 of the pod network, or a /64 with IPv6. Nodes beyond the last block get none and run no pods. The network cannot change later.",
        example: "podSubnets: [10.244.0.0/22] and 6 nodes",
        cure: "Use a larger pod network, or fewer nodes.",
        source: "kube-controller-manager, --node-cidr-mask-size; kubeadm, networking.podSubnet",
    }
    FEW_POD_BLOCKS = "HGN2049" Warning "a pod network with little room for more nodes" {
        cause: "Each node gets a /24 of the pod network, or a /64 with IPv6, and fewer than twice as many blocks as nodes are there. A rolling replacement and growth need more, and the network cannot change later.",
        example: "podSubnets: [10.244.0.0/22] and 3 nodes",
        cure: "Use a larger pod network while it is still possible.",
        source: "kube-controller-manager, --node-cidr-mask-size; kubeadm, networking.podSubnet",
    }
    PUBLIC_NETWORK = "HGN2050" Warning "a network of public addresses" {
        cause: "The addresses belong to someone on the internet, whom pods and nodes can then not reach, unless they are your own.",
        example: "kubernetes: { podSubnets: [11.0.0.0/16] }",
        cure: "Use a private range: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10.",
        source: "RFC 1918; RFC 6598",
    }
    ADDRESS_IN_CLUSTER_NETWORK = "HGN2051" Error "a machine's address in the pod or Service network" {
        cause: "Other nodes take the address for that of a pod or a Service, so the machine cannot be reached.",
        example: "address: 10.244.3.7 and podSubnets: [10.244.0.0/16]",
        cure: "Move the pod or Service network to another range.",
        source: "kubernetes.io: Cluster Networking",
    }
    CLOUD_RANGE = "HGN2052" Error "a network in a range that the cloud keeps for itself" {
        cause: "Each cloud has ranges for its own metadata, DNS and load balancers. A pod, a Service or a machine with such an address cannot be reached, or the cloud cannot.",
        example: "kubernetes: { podSubnets: [100.64.0.0/16] } on Alibaba Cloud",
        cure: "Use another private range.",
        source: "hagen: providers/reserved-ranges.yaml, with a source for each range",
    }

    NO_CONTROL_PLANE = "HGN2061" Error "no control-plane node" {
        cause: "A cluster without a control plane has no API server.",
        example: "controlPlane: { count: 0 }",
        cure: "Use 3.",
        source: "kubernetes.io: Options for Highly Available Topology",
    }
    SINGLE_CONTROL_PLANE = "HGN2062" Error "a single control-plane node" {
        cause: "With one node, its failure stops the API server and may lose etcd's data. This is never a default.",
        example: "controlPlane: { count: 1 }",
        cure: "Use 3. For a test cluster, set allowSingle: it can grow later.",
        source: "etcd.io: FAQ, failure tolerance",
    }
    EVEN_MEMBERS = "HGN2063" Error "an even number of etcd members" {
        cause: "etcd needs more than half of its members. An even number tolerates as many failures as one member fewer, and has one more member that can fail.",
        example: "controlPlane: { count: 4 }",
        cure: "Use 3, 5 or 7.",
        source: "etcd.io: FAQ, why an odd number of cluster members",
    }
    TOO_MANY_MEMBERS = "HGN2064" Error "more etcd members than are of use" {
        cause: "Each write waits for more than half of the members, so more of them make etcd slower, and seven survive three failures already.",
        example: "controlPlane: { count: 9 }",
        cure: "Use 3, 5 or 7. More capacity for the API comes from larger machines.",
        source: "etcd.io: FAQ, maximum cluster size",
    }
    FEW_ZONES = "HGN2065" Warning "etcd members in fewer than three zones" {
        cause: "In one or two zones, one zone always holds more than half of the etcd members or as many as are needed, and with that zone the API is lost.",
        example: "controlPlane: { count: 3 } and two subnets",
        cure: "Add a subnet in a third zone.",
        source: "etcd.io: FAQ, failure tolerance; kubernetes.io: Running in multiple zones",
    }
    ZONE_LOSS = "HGN2066" Warning "a zone whose loss stops etcd" {
        cause: "One zone holds so many etcd members that the others are not more than half.",
        example: "five control-plane machines, three of them in eu-west-1a",
        cure: "Spread the machines with etcd evenly over the zones.",
        source: "etcd.io: FAQ, failure tolerance; kubernetes.io: Running in multiple zones",
    }
    TOO_FEW_MEMBERS = "HGN2068" Error "too few members of external etcd" {
        cause: "etcd on machines of its own is there to survive the loss of one. A single member does not, and it has the only copy of what the cluster knows.",
        example: "etcd: { external: { count: 1 } }",
        cure: "Use 3, or stacked etcd for a test cluster.",
        source: "etcd.io: FAQ, failure tolerance; kubernetes.io: Options for Highly Available Topology",
    }
    TOO_MANY_API_SERVERS = "HGN2069" Error "more control-plane nodes than are of use" {
        cause: "With external etcd the control plane may have any number of nodes from two: API servers agree on nothing among themselves. Each holds all objects in memory and watches all of etcd, though, and nodes join one after the other, so more than seven cost more than they give.",
        example: "etcd: { external: { count: 3 } } and controlPlane: { count: 9 }",
        cure: "Use 2 to 7. More capacity for the API comes from larger machines.",
        source: "hagen; kubernetes.io: Considerations for large clusters",
    }
    ONE_ZONE = "HGN2070" Warning "a control plane in one zone" {
        cause: "All API servers are in one zone, and with it the API is lost, although etcd may go on elsewhere.",
        example: "etcd: { external: { count: 3 } } and control-plane machines in eu-west-1a only",
        cure: "Spread the control plane over two zones or more.",
        source: "kubernetes.io: Running in multiple zones",
    }

    IMAGE_REPOSITORY = "HGN2081" Error "an image repository of the wrong form" {
        cause: "The value is put before the name of each image, so it is a registry with an optional port and path, in lower case, without a scheme, a tag or a digest.",
        example: "kubernetes: { imageRepository: https://registry.example.com/k8s:latest }",
        cure: "Write it as registry.example.com/k8s.",
        source: "kubeadm validation, imageRepository; distribution/reference",
    }
    PACKAGE_REPOSITORY = "HGN2082" Error "a repository of packages or releases of the wrong form" {
        cause: "The value is put into what configures apt, dnf and curl, behind https://, so it is a host with an optional port and path, without a scheme, spaces or quotes.",
        example: "kubernetes: { packageRepository: https://mirror.example.com/ }",
        cure: "Write it as mirror.example.com/kubernetes.",
        source: "sources.list(5); kubernetes.io: Installing kubeadm",
    }
    CNI_URL = "HGN2083" Error "a manifest's address of the wrong form" {
        cause: "The first node downloads the manifest and applies it with the rights of an administrator, so the address is an https one without credentials, spaces, quotes or characters that a shell reads.",
        example: "cni: { manifest: { url: http://example.com/cni.yaml, … } }",
        cure: "Use an https address. Encode other characters with %.",
        source: "RFC 3986; hagen: what is written in the spec stays data",
    }
    CNI_DIGEST = "HGN2084" Error "a manifest's digest of the wrong form" {
        cause: "The digest is what `sha256sum` prints: 64 hexadecimal digits in lower case.",
        example: "cni: { manifest: { sha256: sha256:AB12, … } }",
        cure: "Run `curl -fsSL URL | sha256sum` on a manifest that you have read.",
        source: "sha256sum(1)",
    }
    MOVING_MANIFEST = "HGN2085" Warning "a manifest's address that does not name a version" {
        cause: "What the address gives changes with the next release, and from then on its digest is wrong and no new cluster gets a pod network.",
        example: "url: https://raw.githubusercontent.com/flannel-io/flannel/master/Documentation/kube-flannel.yml",
        cure: "Use the address of a release or a commit.",
        source: "hagen: the same spec gives the same cluster",
    }

    LIFETIME_RANGE = "HGN2101" Error "a secret that is good for too short or too long" {
        cause: "Secrets with which machines join are good from ten minutes to a day after the first node is up. Less, and it may be over before anyone joins; for ever, which kubeadm writes as 0, and whoever finds an old one can join.",
        example: "secrets: { tokenLifetime: 0m }",
        cure: "Use 2h. Machines that come later get a new token then.",
        source: "kubeadm, bootstrapTokens.ttl; kubernetes.io: Authenticating with Bootstrap Tokens",
    }
    SHORT_LIFETIME = "HGN2102" Warning "a secret that may end before the control plane has joined" {
        cause: "Control-plane nodes join one after the other, and each waits up to eight minutes for every one before it. A token or a certificate key that ends before the last one's turn leaves it outside.",
        example: "controlPlane: { count: 5 } and secrets: { tokenLifetime: 20m }",
        cure: "Use the time that the message names, or more.",
        source: "hagen: turns of control-plane nodes; kubeadm join, --control-plane",
    }
    TOFU_WITHOUT_ANONYMOUS = "HGN2103" Error "trust on first use, without anonymous access" {
        cause: "With mode tofu a machine reads the cluster's CA from the ConfigMap cluster-info before it trusts anyone, so without credentials. An API server that refuses anonymous requests does not answer.",
        example: "secrets: { mode: tofu } and kubernetes: { anonymousAuth: false }",
        cure: "Use pinned or drop, where machines have the CA before, or keep anonymous access.",
        source: "kubernetes.io: kubeadm join, token-based discovery with CA pinning; kubeadm, cluster-info",
    }

    PROXY = "HGN2111" Error "a proxy of the wrong form" {
        cause: "The value is read by curl, apt, dnf and containerd, which agree on a scheme, a host and a port and on little else: without a port each takes another one.",
        example: "downloads: { proxy: proxy.example.com }",
        cure: "Write it as http://proxy.example.com:3128.",
        source: "curl(1), --proxy; apt-transport-http(1); dnf.conf(5)",
    }
    PROXY_CREDENTIALS = "HGN2112" Error "a proxy with credentials" {
        cause: "The proxy's address is in every machine's user data and in the rendered files, which are reviewed and kept. A password there is read by everybody.",
        example: "downloads: { proxy: \"http://USER:PASSWORD@proxy.example.com:3128\" }",
        cure: "Use a proxy that lets machines in by their addresses, and change the password.",
        source: "hagen: no secret in a rendered file",
    }
    NO_PROXY = "HGN2113" Error "an exception from the proxy of the wrong form" {
        cause: "An entry is a host, a domain that begins with a dot, an address or a network. Stars, ports and schemes are read by some programs and ignored by others.",
        example: "downloads: { noProxy: [\"*.example.com\"] }",
        cure: "Write it as .example.com.",
        source: "golang.org/x/net/http/httpproxy; curl(1), NO_PROXY",
    }
    UNUSED_DOWNLOAD = "HGN2114" Warning "a setting of downloads without effect" {
        cause: "Nothing in the output depends on it with the other choices that were made, so it is a slip or was left over.",
        example: "downloads: { noProxy: [.example.com] } without a proxy",
        cure: "Remove it, or make the choice that uses it.",
        source: "hagen",
    }
    REGISTRY_MIRROR = "HGN2115" Error "a mirror of a registry of the wrong form" {
        cause: "The key is a registry as it stands in an image's name, and the value the host and path that containerd asks in its place, behind https://. containerd looks mirrors up by the exact host, so one under another name is never used.",
        example: "downloads: { registryMirrors: { hub.docker.com: https://mirror.example.com/ } }",
        cure: "Write it as docker.io: mirror.example.com.",
        source: "containerd: docs/hosts.md",
    }
    PUBLIC_SOURCE = "HGN2116" Error "an air-gapped cluster with a source on the internet" {
        cause: "Machines reach nothing but mirrors, and this would be loaded from a host on the internet. They would wait for it in vain when they boot.",
        example: "downloads: { airGapped: true } without containerdRepository",
        cure: "Name a mirror in the key that the message names.",
        source: "hagen: providers/public-hosts.yaml",
    }
    PROXY_IN_AIR_GAP = "HGN2117" Warning "an air-gapped cluster with a proxy" {
        cause: "A proxy is a way to elsewhere, and an air-gapped cluster has none. It makes sense only where the mirrors themselves are behind it.",
        example: "downloads: { airGapped: true, proxy: \"http://proxy.example.com:3128\" }",
        cure: "Remove the proxy, or airGapped.",
        source: "hagen",
    }
    NO_REGISTRY_MIRRORS = "HGN2118" Warning "an air-gapped pod network without mirrors of registries" {
        cause: "The manifest of a pod network names images, most often of docker.io or quay.io. Without a mirror of these registries, nodes stay NotReady.",
        example: "downloads: { airGapped: true } and a cni manifest without registryMirrors",
        cure: "Add registryMirrors for the registries in the manifest, or put your own registry into it.",
        source: "containerd: docs/hosts.md",
    }
    MIRROR_LAGS = "HGN2119" Warning "a version that a public mirror may not have yet" {
        cause: "Mirrors are filled after a release, some days or months later. This one was last seen with an older minor, and machines wait for packages or images that are not there.",
        example: "kubernetes: { version: 1.37.1 } and downloads: { mirrors: china }",
        cure: "Look whether the mirror has the version by now, use an older minor, or name a repository of your own.",
        source: "hagen: providers/mirrors.yaml",
    }
    NO_ETCD_MIRROR = "HGN2120" Warning "releases of etcd that no public mirror has" {
        cause: "Members of external etcd load etcd's release. No public mirror stands in for github.com, which is slow in mainland China or out of reach.",
        example: "etcd: { external: { count: 3 } } and downloads: { mirrors: china }",
        cure: "Put the release on a host of your own and name it in downloads.etcdRepository.",
        source: "hagen: providers/mirrors.yaml",
    }

    USER_DATA_TOO_LARGE = "HGN2901" Error "user data that the cloud would refuse" {
        cause: "Each cloud takes only so much user data, and counts in its own way: before base64 or after it. hagen measures each node's cloud-init after gzip with secrets of the greatest length put in. `hagen validate` shows how much is taken.",
        example: "kubernetes: { imageRepository: a name of 2,000 characters }",
        cure: "Shorten what the spec adds to the user data; the message names the largest part.",
        source: "EC2 user guide, instance user data: 16,384 bytes before base64; Terraform provider tencentcloud: 16 KB after base64; kubernetes/kops#10202",
    }
    USER_DATA_NEARLY_FULL = "HGN2902" Warning "user data that is nearly full" {
        cause: "Little of what the cloud takes is left. The next version's script may be longer.",
        example: "kubernetes: { imageRepository: a name of 1,500 characters }",
        cure: "Shorten what the spec adds to the user data.",
        source: "EC2 user guide, instance user data",
    }
}
