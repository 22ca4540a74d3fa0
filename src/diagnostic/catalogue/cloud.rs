//! Codes that Alibaba Cloud, Tencent Cloud and Huawei Cloud share.

super::codes! {
    REGION_FORM = "HGN4001" Error "a region of the wrong form" {
        cause: "A region is a name such as cn-hangzhou, ap-guangzhou or cn-north-4. A zone has a letter or a number more and is given with each subnet.",
        example: "region: cn-hangzhou-h",
        cure: "Use the region's name without that of the zone.",
        source: "Alibaba Cloud ECS, Tencent Cloud CVM, Huawei Cloud ECS: regions and zones",
    }
    UNKNOWN_REGION = "HGN4002" Warning "a region that hagen does not know" {
        cause: "The region is new, or it is a slip. Terraform finds out only when it connects.",
        example: "region: cn-hangzuo",
        cure: "Check the name. If it is a new region, go on.",
        source: "hagen: cloud.yaml of each cloud below providers/",
    }
    UNUSED_SETTING = "HGN4003" Warning "a setting without effect" {
        cause: "Nothing in the output depends on it with the other choices that were made, so it is a slip or was left over.",
        example: "nodeEgressCidrs with machines that exist",
        cure: "Remove it, or make the choice that uses it.",
        source: "hagen",
    }

    BAD_ID = "HGN4011" Error "an id of the wrong form" {
        cause: "Each cloud has its own form of ids: vpc-, vsw-, i- and sg- on Alibaba Cloud, vpc-, subnet-, ins-, sg- and img- on Tencent Cloud, UUIDs on Huawei Cloud. A name is something else. Terraform notices only when it applies.",
        example: "vpc: my-vpc",
        cure: "Copy the id from the console.",
        source: "Terraform providers alicloud, tencentcloud and huaweicloud: documentation of each resource",
    }
    ID_TWICE = "HGN4012" Error "an id that is given twice" {
        cause: "Two entries name the same subnet or the same machine. A load balancer takes each once.",
        example: "two subnets with id: vsw-a1b2c3d4",
        cure: "Give each entry an id of its own.",
        source: "Terraform providers: attachments are one for each machine",
    }

    ZONE = "HGN4021" Error "a zone that is not one of the region's" {
        cause: "A zone's name is the region's with a letter or a number behind it.",
        example: "region: cn-hangzhou, zone: cn-shanghai-b",
        cure: "Use a zone of the region, or correct the region.",
        source: "Alibaba Cloud ECS, Tencent Cloud CVM, Huawei Cloud ECS: regions and zones",
    }
    UNKNOWN_ZONE = "HGN4022" Error "a zone that the region does not have" {
        cause: "hagen knows the zones of this region, and this one is not among them. Terraform finds out only when it applies.",
        example: "region: cn-hangzhou, zone: cn-hangzhou-z",
        cure: "Use one of the zones that the message names.",
        source: "hagen: cloud.yaml of each cloud below providers/",
    }
    ZONE_TWICE = "HGN4023" Error "two subnets in one zone" {
        cause: "A load balancer has at most one subnet in a zone, hagen spreads nodes by zone, and the rendered files name subnets by their zones.",
        example: "subnets: [ { zone: cn-hangzhou-h, … }, { zone: cn-hangzhou-h, … } ]",
        cure: "Keep one subnet for each zone.",
        source: "Terraform provider alicloud: alicloud_nlb_load_balancer, zone_mappings",
    }

    NO_SUBNET_ID = "HGN4031" Error "a subnet of an existing VPC without its id" {
        cause: "With network.vpc the subnets are there already, and Terraform finds them by id.",
        example: "vpc: vpc-…, subnets: [ { zone: cn-hangzhou-h, cidr: 10.0.0.0/20 } ]",
        cure: "Add the id. To have hagen make the network, remove vpc and every id.",
        source: "Terraform providers: subnets of load balancers and machines are ids",
    }
    SUBNET_ID_IN_MADE_NETWORK = "HGN4032" Error "a subnet with an id in a VPC that hagen makes" {
        cause: "Without network.vpc hagen makes the VPC and every subnet in it, and a subnet that exists is in another VPC.",
        example: "subnets: [ { id: vsw-…, … } ] without vpc",
        cure: "Add vpc with the id of the VPC, or remove the subnet's id.",
        source: "Terraform providers: alicloud_vswitch, tencentcloud_subnet, huaweicloud_vpc_subnet",
    }
    SUBNET_OUTSIDE_VPC = "HGN4033" Error "a subnet outside the VPC's range" {
        cause: "Every subnet is a part of its VPC's range.",
        example: "cidr: 10.0.0.0/16 and a subnet of 10.1.0.0/20",
        cure: "Correct the subnet's or the VPC's range.",
        source: "Alibaba Cloud, Tencent Cloud and Huawei Cloud VPC: subnets",
    }
    SUBNETS_OVERLAP = "HGN4034" Error "two subnets that overlap" {
        cause: "A cloud refuses a subnet that overlaps another one of its VPC.",
        example: "subnets of 10.0.0.0/20 and 10.0.8.0/21",
        cure: "Give each subnet a range of its own.",
        source: "Alibaba Cloud, Tencent Cloud and Huawei Cloud VPC: subnets",
    }
    PREFIX = "HGN4035" Error "a VPC or subnet of a size that the cloud does not have" {
        cause: "Each cloud has a largest and a smallest VPC and subnet: on Alibaba Cloud from /8 to /28 and from /16 to /29, on Tencent Cloud from /12 to /28 and from /12 to /29, on Huawei Cloud from /8 to /28.",
        example: "targets: { aliyun: … } and a vSwitch of 10.0.0.0/30",
        cure: "Use a prefix that the message names.",
        source: "Alibaba Cloud, Tencent Cloud and Huawei Cloud VPC: limits of CIDR blocks",
    }
    SUBNET_FULL = "HGN4036" Error "a subnet without room for its machines and the load balancer" {
        cause: "The cloud keeps some addresses of each subnet, and the load balancer takes one. What is left has to do for the machines.",
        example: "a /29 subnet and seven machines in it",
        cure: "Use a larger subnet, more zones or fewer machines.",
        source: "Alibaba Cloud, Tencent Cloud and Huawei Cloud VPC: reserved addresses of a subnet",
    }
    NO_SUBNETS = "HGN4037" Error "no subnet" {
        cause: "The load balancer and the machines that Terraform makes need a subnet to stand in.",
        example: "network: { vpc: vpc-…, cidr: 10.0.0.0/16 }",
        cure: "Add network.subnets, one for each of three zones.",
        source: "Terraform providers: subnets of load balancers and machines",
    }
    NAT_CIDRS_IN_MADE_NETWORK = "HGN4038" Error "NAT addresses given for a VPC that hagen makes" {
        cause: "hagen makes the NAT gateway, knows its address and allows it. Others are not the nodes'.",
        example: "natCidrs: [203.0.113.7/32] without vpc",
        cure: "Remove natCidrs. Other clients belong in endpoint.allowedCidrs.",
        source: "hagen",
    }
    NAT_CIDRS_MISSING = "HGN4039" Error "nodes that may not reach their own load balancer" {
        cause: "Nodes of an existing VPC reach an internet-facing load balancer from the public addresses of its NAT gateways. Unless these are allowed, no node can join.",
        example: "exposure: internet, vpc: vpc-…, without natCidrs",
        cure: "Give the addresses in network.natCidrs, each as a /32.",
        source: "Tencent Kubernetes Engine documentation, CLB loopback: a node comes from its public address",
    }
    NAT_CIDRS_PRIVATE = "HGN4040" Error "a private network as the address of a NAT gateway" {
        cause: "Connections to an internet-facing load balancer arrive from the public address of the NAT gateway and never from a private one.",
        example: "natCidrs: [10.0.0.0/16]",
        cure: "Give the public addresses of the NAT gateways, each as a /32.",
        source: "RFC 1918; Alibaba Cloud, Tencent Cloud NAT gateway",
    }

    API_ADDRESS_OUTSIDE = "HGN4051" Error "an API address outside its subnet" {
        cause: "The load balancer's address in a subnet is one of that subnet's addresses.",
        example: "cidr: 10.0.0.0/20, apiAddress: 10.0.16.10",
        cure: "Use an address of the subnet.",
        source: "Terraform providers: alicloud_nlb_load_balancer, private_ipv4_address; tencentcloud_clb_instance, vip; huaweicloud_elb_loadbalancer, ipv4_address",
    }
    KEPT_ADDRESS = "HGN4052" Error "an address that the cloud keeps for itself" {
        cause: "The first and the last addresses of a subnet are the network, the gateway, the broadcast and what the cloud needs besides. How many differs by cloud: one and three on Alibaba Cloud, two and one on Tencent Cloud, two and three on Huawei Cloud.",
        example: "targets: { aliyun: … }, cidr: 10.0.0.0/24, apiAddress: 10.0.0.253",
        cure: "Use another address of the subnet.",
        source: "Alibaba Cloud, Tencent Cloud and Huawei Cloud VPC: reserved addresses of a subnet",
    }
    NODE_ADDRESSES_OUTSIDE = "HGN4053" Error "a part for machines that is not a part of the subnet" {
        cause: "nodeAddresses is the part of a subnet from which the machines that Terraform makes get their fixed addresses.",
        example: "cidr: 10.0.0.0/20, nodeAddresses: 10.0.16.64/26",
        cure: "Use a part of the subnet.",
        source: "hagen: fixed addresses of machines",
    }
    TOO_FEW_ADDRESSES = "HGN4054" Error "too few fixed addresses for the machines" {
        cause: "Machines that Terraform makes have fixed addresses, so that each knows the others before any is there. In each subnet 8 are kept for the control plane, 8 for members of etcd, and workers come behind these: from the sixteenth address of the subnet on, or from the first of nodeAddresses.",
        example: "nodeAddresses: 10.0.0.32/28 and a worker in that zone",
        cure: "Use a larger subnet or nodeAddresses, more zones or fewer machines.",
        source: "hagen: fixed addresses of machines",
    }
    MACHINE_AT_KEPT_ADDRESS = "HGN4055" Error "a machine at an address that the cloud keeps" {
        cause: "The fixed address that a machine would get is one of those that the cloud keeps at the start and the end of each subnet, so the cloud would refuse to make the machine.",
        example: "targets: { aliyun: … }, cidr: 10.0.0.0/20, nodeAddresses: 10.0.0.0/24",
        cure: "Use a part in the middle of the subnet as nodeAddresses.",
        source: "Alibaba Cloud, Tencent Cloud and Huawei Cloud VPC: reserved addresses of a subnet",
    }
    MACHINE_AT_API_ADDRESS = "HGN4056" Error "a machine at the load balancer's address" {
        cause: "The fixed address that a machine would get is that of the load balancer.",
        example: "cidr: 10.0.0.0/20, apiAddress: 10.0.0.16",
        cure: "Use another apiAddress, for instance one of the first sixteen addresses of the subnet.",
        source: "hagen: fixed addresses of machines",
    }
    IPV6_CLIENTS = "HGN4057" Error "IPv6 clients of a load balancer without IPv6" {
        cause: "hagen makes load balancers with IPv4 addresses on these clouds, so no client comes from an IPv6 network.",
        example: "allowedCidrs: [2001:db8::/32]",
        cure: "Remove the network.",
        source: "Terraform providers: alicloud_nlb_load_balancer, address_ip_version; tencentcloud_clb_instance; huaweicloud_elb_loadbalancer",
    }
    IPV6_PRIMARY = "HGN4058" Error "a cluster whose first family is IPv6" {
        cause: "Nodes on these clouds have an IPv4 address by which the API server advertises itself, and the API server exits if the first Service network is of another family.",
        example: "podSubnets: [fd00:1::/56], serviceSubnets: [fd00:2::/112]",
        cure: "Put the IPv4 networks first.",
        source: "kube-apiserver: service IP family must match public address family; kubernetes.io: IPv4/IPv6 dual-stack",
    }
    IPV6_NODES = "HGN4059" Error "dual-stack pods, which are not available on these clouds yet" {
        cause: "A dual-stack cluster needs nodes with an IPv4 and an IPv6 address. This version of hagen gives a node its IPv4 address alone.",
        example: "podSubnets: [10.244.0.0/16, fd00:1::/56], serviceSubnets: [10.96.0.0/16, fd00:2::/112]",
        cure: "Use one IPv4 network for pods and one for Services.",
        source: "kubernetes.io: IPv4/IPv6 dual-stack, prerequisites",
    }
    DNS_WITHOUT_HOST = "HGN4060" Error "a DNS record without a name" {
        cause: "The private record is that of endpoint.host, and there is none.",
        example: "dns: { zone: example.internal } without endpoint.host",
        cure: "Add endpoint.host, a name in that zone, or remove dns.",
        source: "Terraform providers: alicloud_pvtz_zone_record, tencentcloud_private_dns_record, huaweicloud_dns_recordset",
    }
    NO_HOST = "HGN4061" Error "an endpoint without a name, on a load balancer that brings none" {
        cause: "A classic SLB, a CLB and an ELB have an address and no DNS name. kubeadm's endpoint has to be a name: an address cannot be mapped to the node itself, and cannot move to another load balancer.",
        example: "targets: { tencent: … } without endpoint.host",
        cure: "Add endpoint.host, for instance api.prod.example.internal. Machines know it from /etc/hosts, or from a private record with dns.",
        source: "kubernetes.io: Creating Highly Available Clusters with kubeadm; hagen: providers/hairpin.yaml",
    }
    NODES_NOT_ALLOWED = "HGN4062" Error "nodes that are not among the allowed networks" {
        cause: "Nodes reach the API server through the load balancer's private address like any client. It lets in allowedCidrs or, without them, the VPC.",
        example: "allowedCidrs: [10.9.0.0/24] and nodes in 10.0.0.0/20",
        cure: "Add the nodes' networks to allowedCidrs.",
        source: "hagen: who may connect",
    }
    UNREACHABLE_CLIENTS = "HGN4063" Warning "a private network among the clients of an internet-facing load balancer" {
        cause: "Connections to an internet-facing load balancer arrive from public addresses, those of a NAT gateway for instance, so this entry lets no one in.",
        example: "exposure: internet, allowedCidrs: [10.0.0.0/8]",
        cure: "Give the public addresses from which these clients come, or remove the network.",
        source: "RFC 1918",
    }
    HOST_OUTSIDE_ZONE = "HGN4064" Error "an endpoint host outside its DNS zone" {
        cause: "The private record of endpoint.host stands in dns.zone, so the host is the zone's own name or ends with it.",
        example: "endpoint: { host: api.example.com }, dns: { zone: example.internal }",
        cure: "Correct the host or the zone.",
        source: "RFC 1034; Terraform providers: alicloud_pvtz_zone, tencentcloud_private_dns_zone, huaweicloud_dns_zone",
    }
    DNS_ZONE_FORM = "HGN4065" Error "a DNS zone of the wrong form" {
        cause: "A zone is a DNS name in lower case, without a dot at its end.",
        example: "dns: { zone: Example.Internal. }",
        cure: "Write it as example.internal.",
        source: "RFC 1035, 2.3.1",
    }
    PIN_OFF = "HGN4066" Error "a pin that is off where the cluster would hang without it" {
        cause: "Each control-plane node is a target of the load balancer in front of it. This kind does not lead a machine back to itself, so a node that asks for the API server waits in vain whenever it is its own target. The first one always is.",
        example: "loadBalancer: slb, endpoint: { pin: off }",
        cure: "Remove pin, or set it to auto. On Alibaba Cloud loadBalancer: nlb needs none.",
        source: "hagen: providers/hairpin.yaml; Alibaba Cloud CLB FAQ about backend servers; kubernetes/kubernetes#55677",
    }

    COUNT_DIFFERS = "HGN4071" Error "a list of machines that is not as long as the count says" {
        cause: "The count and the list say the same thing twice, so that a machine that was forgotten is noticed.",
        example: "controlPlane: { count: 3 } and two machines of that role",
        cure: "Correct the count, add the missing machines or correct their role.",
        source: "hagen",
    }
    NO_INSTANCE_ID = "HGN4072" Error "a control-plane machine without its id" {
        cause: "Alibaba Cloud and Tencent Cloud register machines with a load balancer by their ids.",
        example: "existing: [ { name: cp-1, address: 10.0.0.21 } ]",
        cure: "Add instanceId.",
        source: "Terraform providers: alicloud_nlb_server_group_server_attachment, server_id; tencentcloud_clb_attachment, targets.instance_id",
    }
    PUBLIC_MACHINE = "HGN4073" Error "a control-plane machine with a public address" {
        cause: "A load balancer reaches its machines at private addresses.",
        example: "address: 203.0.113.7",
        cure: "Use the machine's private address.",
        source: "Huawei Cloud ELB user guide: IP as a backend",
    }
    MACHINE_OUTSIDE_VPC = "HGN4074" Error "a machine of another VPC that is registered by its id" {
        cause: "A load balancer takes a machine by its id only in its own VPC, and then its address is in the VPC's range.",
        example: "cidr: 10.0.0.0/16, address: 10.1.0.5, instanceId: i-…",
        cure: "Correct the address or the VPC's range.",
        source: "Alibaba Cloud NLB: server groups; Tencent Cloud CLB: real servers of another VPC",
    }
    ADDRESS_TWICE = "HGN4075" Error "an address that is given twice" {
        cause: "Two machines, or a machine and the load balancer, have the same address.",
        example: "two machines with address: 10.0.0.21",
        cure: "Give each its own address.",
        source: "hagen",
    }
    MACHINE_ZONE = "HGN4076" Error "a machine whose zone is not that of its subnet" {
        cause: "A subnet is in one zone, and so is every machine with an address in it.",
        example: "zone: cn-hangzhou-h, address: 10.0.16.21, which is in the subnet of cn-hangzhou-i",
        cure: "Correct the zone or the address.",
        source: "Alibaba Cloud, Tencent Cloud VPC: a subnet is in one zone",
    }
    MACHINES_WITHOUT_VPC = "HGN4077" Error "existing machines in a VPC that hagen makes" {
        cause: "Without network.vpc hagen makes a new VPC, and machines that exist are not in it.",
        example: "machines: { existing: [ … ] } without vpc",
        cure: "Add network.vpc with the id of the machines' VPC and the ids of its subnets, or use provision.",
        source: "hagen",
    }

    NO_EGRESS = "HGN4081" Error "nodes that may connect to nothing" {
        cause: "Nodes load packages and images when they boot. Access to anywhere is never a default, so the networks that nodes may connect to have to be named.",
        example: "machines: { provision: … } without nodeEgressCidrs",
        cure: "Give 0.0.0.0/0 to let nodes reach the internet, or the networks of your mirrors and services.",
        source: "hagen: no access to or from anywhere by default",
    }
    NO_IMAGE = "HGN4082" Error "an operating system of which the cloud has no public image" {
        cause: "The newest public image is looked up by name, and this cloud has none of this operating system.",
        example: "targets: { tencent: … } and image: alinux-3",
        cure: "Use another one, or name an image: image: { id: … }.",
        source: "hagen: cloud.yaml of each cloud below providers/",
    }
    DISK_TYPE = "HGN4083" Error "a kind of disk that the cloud does not have" {
        cause: "The kinds of disks have other names on each cloud, and case matters.",
        example: "targets: { tencent: … } and diskType: cloud_essd",
        cure: "Use one of those that the message names.",
        source: "Terraform providers: alicloud_instance, system_disk_category; tencentcloud_instance, system_disk_type; huaweicloud_compute_instance, system_disk_type",
    }
    DISK_SIZE = "HGN4084" Error "a disk that is too small or too large" {
        cause: "Each cloud has a smallest and a largest disk. The images of operating systems want the smallest one.",
        example: "diskSizes: { controlPlane: 8 }",
        cure: "Use 100.",
        source: "hagen: cloud.yaml of each cloud below providers/",
    }
    SSH_KEY = "HGN4085" Error "a key pair of the wrong form" {
        cause: "sshKey is the name of a key pair, or on Tencent Cloud its id: letters, digits, dashes, dots and underscores. It is not the key itself.",
        example: "sshKey: ssh-ed25519 AAAA… ops@example.com",
        cure: "Use the name of the key pair as the console shows it.",
        source: "Terraform providers: alicloud_instance, key_name; tencentcloud_instance, key_ids; huaweicloud_compute_instance, key_pair",
    }
    OPEN_AIR_GAP = "HGN4086" Warning "an air-gapped cluster whose nodes may connect to anywhere" {
        cause: "With airGapped machines need no way to the internet. A security group that lets them out to anywhere keeps nothing in.",
        example: "downloads: { airGapped: true } and nodeEgressCidrs: [0.0.0.0/0]",
        cure: "Name the networks of your mirrors.",
        source: "hagen: no access to or from anywhere by default",
    }
    NARROW_EGRESS = "HGN4087" Warning "nodes that may not be able to reach a public load balancer" {
        cause: "Nodes reach an internet-facing load balancer at a public address. The cloud chooses it when the load balancer is made, so a list of a few networks hardly holds it.",
        example: "exposure: internet, nodeEgressCidrs: [198.51.100.0/24]",
        cure: "Use exposure: internal, or add the network of the load balancer's address.",
        source: "hagen: who may connect",
    }

    TOO_MANY_TAGS = "HGN4091" Error "more tags than fit" {
        cause: "A resource has only so many tags, and some are left to hagen and to the cloud.",
        example: "tags with 46 entries",
        cure: "Keep as many as the message says.",
        source: "hagen: cloud.yaml of each cloud below providers/",
    }
    TAG_FORM = "HGN4092" Error "a tag of the wrong form" {
        cause: "Keys and values have a greatest length and characters that differ by cloud.",
        example: "tags: { team: \"a;b\" }",
        cure: "Remove the character that the message names, or shorten the text.",
        source: "hagen: cloud.yaml of each cloud below providers/",
    }
    RESERVED_TAG = "HGN4093" Error "a tag that is not yours to set" {
        cause: "Each cloud keeps some beginnings of keys for itself, and hagen-cluster is set by hagen.",
        example: "tags: { hagen-cluster: prod }",
        cure: "Use another key.",
        source: "hagen: cloud.yaml of each cloud below providers/; Terraform provider alicloud: alicloud_instance, tags",
    }
}
