//! Codes about Huawei Cloud.

super::codes! {
    BALANCER_ZONE = "HGN4501" Error "a zone of the load balancer outside the region" {
        cause: "A load balancer stands in zones of its own region. A zone is the region's name and a letter.",
        example: "region: cn-north-4, elb: { zones: [cn-north-1a, cn-north-4b] }",
        cure: "Use zones of the region, for instance cn-north-4a.",
        source: "Terraform provider huaweicloud: huaweicloud_elb_loadbalancer, availability_zone",
    }
    BALANCER_ZONE_UNKNOWN = "HGN4502" Warning "a zone of the load balancer that hagen does not know" {
        cause: "The zone is new, or it is a slip. Terraform finds out only when it applies.",
        example: "region: cn-north-4, elb: { zones: [cn-north-4a, cn-north-4z] }",
        cure: "Check the letter. If it is a new zone, go on.",
        source: "Huawei Cloud: Regions and endpoints",
    }
    BALANCER_ZONE_TWICE = "HGN4503" Error "a zone of the load balancer that is given twice" {
        cause: "The zones are a set: the same one twice is one zone, and perhaps another was meant.",
        example: "elb: { zones: [cn-north-4a, cn-north-4a] }",
        cure: "Name each zone once.",
        source: "Terraform provider huaweicloud: huaweicloud_elb_loadbalancer, availability_zone",
    }
    BALANCER_ONE_ZONE = "HGN4504" Warning "a load balancer in one zone" {
        cause: "A dedicated load balancer works in each of its zones at once. With one zone, its loss takes the API away, even if nodes are left.",
        example: "elb: { zones: [cn-north-4a] }",
        cure: "Name two zones or more. They need no subnet of their own, and one more can be added later.",
        source: "Huawei Cloud ELB user guide: planning AZs of a dedicated load balancer",
    }
    BALANCER_FLAVOR = "HGN4505" Error "an id of a load balancer's flavor of the wrong form" {
        cause: "The id of a flavor is a UUID, and differs by region. The name, such as L4_flavor.elb.s1.small, is something else.",
        example: "elb: { flavor: { id: L4_flavor.elb.s1.small } }",
        cure: "Copy the id, or let hagen look one up: flavor: { maxConnections: 500000 }.",
        source: "Huawei Cloud ELB API: querying flavors",
    }
    BALANCER_CONNECTIONS = "HGN4506" Error "a number of connections that no network flavor has" {
        cause: "The flavor is looked up by exactly this number. Where none has it, the list is empty, and Terraform fails with an invalid index.",
        example: "elb: { flavor: { maxConnections: 600000 } }",
        cure: "Use 500000, 1000000, 2000000, 4000000, 10000000 or 20000000.",
        source: "Huawei Cloud ELB service overview: specifications of dedicated load balancers; Terraform provider huaweicloud: huaweicloud_elb_flavors",
    }
    BANDWIDTH = "HGN4507" Error "more bandwidth than an elastic IP has" {
        cause: "The load balancer's elastic IP is paid by traffic, and has at most 300 Mbit/s then.",
        example: "endpoint: { exposure: internet }, elb: { bandwidth: 500 }",
        cure: "Use 1 to 300.",
        source: "Terraform provider huaweicloud: huaweicloud_vpc_eip, bandwidth",
    }
    BANDWIDTH_UNUSED = "HGN4508" Warning "a bandwidth without effect" {
        cause: "The bandwidth is that of the elastic IP, and an internal load balancer has none.",
        example: "endpoint: { exposure: internal }, elb: { bandwidth: 50 }",
        cure: "Remove it, or make the endpoint internet-facing.",
        source: "hagen",
    }
    API_ADDRESS_TWICE = "HGN4509" Error "two private addresses of one load balancer" {
        cause: "A dedicated load balancer has one private address, in one subnet, and serves all its zones with it. Only load balancers with an address in each zone take several.",
        example: "subnets: [ { …, apiAddress: 10.0.0.10 }, { …, apiAddress: 10.0.16.10 } ]",
        cure: "Keep apiAddress in one subnet.",
        source: "Terraform provider huaweicloud: huaweicloud_elb_loadbalancer, ipv4_address",
    }
    BALANCER_ROOM = "HGN4511" Error "a subnet without room for the load balancer" {
        cause: "With IP as a backend, a load balancer takes addresses of its subnet for itself, and refuses a subnet with fewer than sixteen free ones. Machines take theirs from the same subnet.",
        example: "{ zone: cn-north-4a, cidr: 10.0.0.0/28 } as the load balancer's subnet",
        cure: "Use a larger subnet, or put apiAddress into one that has room.",
        source: "Huawei Cloud ELB FAQ elb_faq_0131",
    }
    TAG_CHARACTERS = "HGN4512" Error "a tag that Huawei Cloud does not take" {
        cause: "Keys have letters, digits, hyphens and underscores; values periods as well. Spaces fit in neither.",
        example: "tags: { cost.center: platform team }",
        cure: "Use hyphens in their place.",
        source: "Huawei Cloud Tag Management Service: notes and constraints",
    }
    TOO_MANY_CLIENTS = "HGN4513" Error "more clients than an IP address group holds" {
        cause: "The load balancer has no security group: who may connect is an IP address group, which holds 300 addresses and networks. With exposure: internet, the VPC and the NAT gateways are among them.",
        example: "endpoint.allowedCidrs with 301 networks",
        cure: "Join neighbouring networks into larger ones.",
        source: "Huawei Cloud ELB user guide elb_ug_ip_0000: IP address groups",
    }
    FLAVOR = "HGN4514" Error "a flavor of the wrong form" {
        cause: "A flavor is a family, a size and the GiB of memory for each processor, as s6.large.2. Terraform notices only when it applies.",
        example: "instanceTypes: { controlPlane: s6.large }",
        cure: "Use a flavor such as s6.large.2.",
        source: "Huawei Cloud ECS user guide: ECS types and specifications",
    }
    TOO_SMALL = "HGN4515" Error "a flavor that is too small for a control plane" {
        cause: "kubeadm demands two processors of a control-plane node, and the sizes small and medium have one.",
        example: "instanceTypes: { controlPlane: s6.medium.4 }",
        cure: "Use large or more, for instance s6.large.2.",
        source: "kubernetes.io: Installing kubeadm; Huawei Cloud ECS user guide: ECS types and specifications",
    }
    ARCHITECTURES = "HGN4516" Error "machines of two architectures" {
        cause: "All machines have one image, which is for one architecture. Families that begin with k are Kunpeng, which is Arm.",
        example: "instanceTypes: { controlPlane: s6.large.2, worker: kc1.xlarge.2 }",
        cure: "Use flavors of one architecture.",
        source: "Huawei Cloud ECS user guide: Kunpeng ECSs",
    }
    ARM_IMAGE = "HGN4517" Error "an image for x86 on Arm" {
        cause: "The public images that are looked up by an operating system's name are for x86. Those for Arm have names of their own, which differ by region.",
        example: "image: ubuntu-24.04, instanceTypes: { controlPlane: kc1.large.4 }",
        cure: "Name an image for Arm by its id.",
        source: "Huawei Cloud ECS user guide: Kunpeng ECSs; IMS: public images",
    }
    SSH_KEY = "HGN4518" Error "a key pair's name that Huawei Cloud does not have" {
        cause: "The name of a key pair has at most 64 letters, digits, hyphens and underscores here, and no dot. The name of the key's file is something else.",
        example: "sshKey: ops.pem",
        cure: "Use the name that the console shows.",
        source: "Terraform provider huaweicloud: huaweicloud_kps_keypair, name",
    }
    VPC_RANGE = "HGN4519" Error "a range that no VPC has" {
        cause: "A VPC's range is a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16. Terraform notices only when it applies.",
        example: "network: { cidr: 203.0.113.0/24 }",
        cure: "Use a part of one of these.",
        source: "Terraform provider huaweicloud: huaweicloud_vpc, cidr",
    }
}
