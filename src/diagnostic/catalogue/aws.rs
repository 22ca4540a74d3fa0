//! Codes about AWS.

super::codes! {
    REGION_FORM = "HGN3001" Error "a region of the wrong form" {
        cause: "A region is a name such as eu-west-1. An availability zone has one more letter and is given with each subnet.",
        example: "region: eu-west-1a",
        cure: "Use the region's name without the zone's letter.",
        source: "AWS General Reference: Regions and Availability Zones",
    }
    UNKNOWN_REGION = "HGN3002" Warning "a region that hagen does not know" {
        cause: "The region is new, or it is a slip. Terraform finds out only when it connects.",
        example: "region: eu-wset-1",
        cure: "Check the name. If it is a new region, go on.",
        source: "AWS General Reference: Regions and Availability Zones",
    }
    REGION_WITHOUT_SECURITY_GROUPS = "HGN3003" Error "a region whose load balancers have no security groups" {
        cause: "In these isolated regions a Network Load Balancer cannot have a security group, and hagen restricts the API server's clients with one.",
        example: "region: us-iso-east-1",
        cure: "Use another region.",
        source: "kubernetes-sigs/cluster-api-provider-aws: network load balancer security groups",
    }
    IMAGE_IN_PARTITION = "HGN3004" Error "an operating system's image outside the commercial regions" {
        cause: "Publishers own their images under other accounts in China, GovCloud and the isolated regions, or are not there at all, so an image cannot be looked up by the operating system's name.",
        example: "region: cn-north-1, image: ubuntu-24.04",
        cure: "Name an image: image: { ami: ami-… }.",
        source: "documentation.ubuntu.com/aws: Find Ubuntu images; wiki.debian.org/Cloud/AmazonEC2Image",
    }
    UNUSED_SETTING = "HGN3006" Warning "a setting without effect" {
        cause: "Nothing in the output depends on it with the other choices that were made, so it is a slip or was left over.",
        example: "publicSubnets in an existing VPC, with exposure: internal",
        cure: "Remove it, or make the choice that uses it.",
        source: "hagen",
    }
    NODE_NAME_LIKE_ID = "HGN3007" Error "a node name that reads as an instance id" {
        cause: "AWS's cloud controller takes a node's name that begins with i- for the id of its instance, finds none of that id, and removes the node.",
        example: "kubernetes: { cloudProvider: external } and a machine called i-love-lamp",
        cure: "Rename the machine. Names such as cp-1 are fine.",
        source: "kubernetes/cloud-provider-aws: nodeNameToInstanceID",
    }
    NODE_OUTSIDE_VPC = "HGN3008" Warning "a node outside the VPC, with the cloud controller" {
        cause: "The cloud controller looks up each node's instance in its own account and region, and removes nodes that have none. A machine with an address outside the VPC may be an instance of a peered VPC, which is found, or a machine elsewhere, which is not. hagen cannot know which, nor does a node elsewhere find the metadata service that its provider id comes from.",
        example: "kubernetes: { cloudProvider: external } and a machine with address: 192.168.7.31",
        cure: "Make sure that the machine is an EC2 instance of this account and region, or use cloudProvider: none.",
        source: "kubernetes.io: Cloud Controller Manager, node controller; kubernetes/cloud-provider-aws: instances_v2.go",
    }

    BAD_ID = "HGN3011" Error "an AWS id of the wrong form" {
        cause: "An id is a prefix, a dash and 8 or 17 hexadecimal digits; that of a hosted zone begins with Z. A name or an ARN is something else. Terraform notices only when it applies.",
        example: "vpc: my-vpc",
        cure: "Copy the id from the console or from `aws ec2 describe-…`.",
        source: "Amazon EC2 User Guide: Resource IDs; Route 53 API: HostedZone",
    }
    ID_TWICE = "HGN3012" Error "an id that is given twice" {
        cause: "Two entries name the same subnet or the same instance. A load balancer takes a subnet once, and a target group an instance once.",
        example: "two subnets with id: subnet-0123456789abcdef0",
        cure: "Give each entry an id of its own.",
        source: "Terraform AWS provider: aws_lb, subnet_mapping; aws_lb_target_group_attachment",
    }

    ZONE = "HGN3021" Error "a zone that is not one of the region's" {
        cause: "A zone is the region's name and a letter. A zone's id, such as euw1-az1, is something else.",
        example: "region: eu-west-1, zone: eu-west-2a",
        cure: "Use a zone of the region, for instance eu-west-1a.",
        source: "AWS General Reference: Regions and Availability Zones",
    }
    LOCAL_ZONE = "HGN3022" Error "a Local Zone or Wavelength Zone" {
        cause: "A Network Load Balancer cannot have a subnet in a Local Zone or a Wavelength Zone.",
        example: "region: us-west-2, zone: us-west-2-lax-1a",
        cure: "Use an availability zone of the region.",
        source: "User Guide for Network Load Balancers: Availability Zones, subnet requirements",
    }
    ZONE_TWICE = "HGN3023" Error "two subnets in one zone" {
        cause: "A load balancer has at most one subnet in a zone, and hagen spreads nodes by zone.",
        example: "subnets: [ { zone: eu-west-1a, … }, { zone: eu-west-1a, … } ]",
        cure: "Keep one subnet for each zone in each list.",
        source: "User Guide for Network Load Balancers: Availability Zones",
    }
    ONE_ZONE = "HGN3024" Warning "a load balancer in one zone" {
        cause: "The load balancer has an address in each of its zones. With one zone, its loss takes the API away, even if nodes are left.",
        example: "publicSubnets with one entry and exposure: internet",
        cure: "Add a subnet in a second and a third zone. Adding is possible later, removing is not.",
        source: "User Guide for Network Load Balancers: Availability Zones",
    }

    NO_SUBNET_ID = "HGN3031" Error "a subnet of an existing VPC without its id" {
        cause: "With network.vpc the subnets are there already, and Terraform finds them by id.",
        example: "vpc: vpc-…, subnets: [ { zone: eu-west-1a, cidr: 10.0.0.0/20 } ]",
        cure: "Add the id. To have hagen make the network, remove vpc and every id.",
        source: "Terraform AWS provider: aws_lb, subnet_mapping.subnet_id",
    }
    SUBNET_ID_IN_MADE_NETWORK = "HGN3032" Error "a subnet with an id in a VPC that hagen makes" {
        cause: "Without network.vpc hagen makes the VPC and every subnet in it, and a subnet that exists is in another VPC.",
        example: "subnets: [ { id: subnet-…, … } ] without vpc",
        cure: "Add vpc with the id of the VPC, or remove the subnet's id.",
        source: "Terraform AWS provider: aws_subnet",
    }
    SUBNET_OUTSIDE_VPC = "HGN3033" Error "a subnet outside the VPC's range" {
        cause: "Every subnet is a part of its VPC's range.",
        example: "cidr: 10.0.0.0/16 and a subnet of 10.1.0.0/20",
        cure: "Correct the subnet's or the VPC's range.",
        source: "Amazon VPC User Guide: Subnet CIDR blocks",
    }
    SUBNETS_OVERLAP = "HGN3034" Error "two subnets that overlap" {
        cause: "AWS refuses a subnet that overlaps another one of its VPC, private or public.",
        example: "subnets of 10.0.0.0/20 and 10.0.8.0/21",
        cure: "Give each subnet a range of its own.",
        source: "Amazon VPC User Guide: Subnet CIDR blocks",
    }
    PREFIX = "HGN3035" Error "a VPC or subnet of a size that AWS does not have" {
        cause: "VPCs and subnets are from /16 to /28. An IPv6 range of a subnet is from /44 to /64, in steps of 4.",
        example: "cidr: 10.0.0.0/8",
        cure: "Use a prefix in that range.",
        source: "Amazon VPC User Guide: VPC CIDR blocks, Subnet CIDR blocks",
    }
    SUBNET_FULL = "HGN3036" Error "a subnet without room for its nodes and the load balancer" {
        cause: "AWS keeps five addresses of a subnet, and the load balancer wants eight free ones, unless its address is fixed. What is left has to do for the nodes.",
        example: "a /28 subnet and 12 nodes in it",
        cure: "Use a larger subnet, more zones or fewer nodes.",
        source: "User Guide for Network Load Balancers: subnet requirements; Amazon VPC User Guide: Subnet CIDR blocks",
    }
    NO_NAT_ZONE = "HGN3037" Error "a zone without a public subnet for its NAT gateway" {
        cause: "In a VPC that hagen makes, nodes reach packages and images through a NAT gateway in their own zone, which stands in that zone's public subnet.",
        example: "subnets in eu-west-1a and eu-west-1b, publicSubnets in eu-west-1a only",
        cure: "Add a public subnet for the zone.",
        source: "Amazon VPC User Guide: NAT gateway basics",
    }
    NAT_CIDRS_IN_MADE_NETWORK = "HGN3038" Error "NAT addresses given for a VPC that hagen makes" {
        cause: "hagen makes the NAT gateways, knows their addresses and allows them. Others are not the nodes'.",
        example: "natCidrs: [203.0.113.7/32] without vpc",
        cure: "Remove natCidrs. Other clients belong in endpoint.allowedCidrs.",
        source: "hagen; kubernetes-sigs/cluster-api-provider-aws adds NAT addresses in the same way",
    }
    NAT_CIDRS_MISSING = "HGN3039" Error "nodes that may not reach their own load balancer" {
        cause: "Nodes of an existing VPC reach an internet-facing load balancer from the public addresses of its NAT gateways. Unless these are allowed, no node can join.",
        example: "exposure: internet, vpc: vpc-…, without natCidrs",
        cure: "Give the addresses in network.natCidrs, or set loadBalancer.secondInternal, so that nodes stay inside.",
        source: "kubernetes-sigs/cluster-api-provider-aws: security groups, NAT gateway addresses",
    }
    NAT_CIDRS_PRIVATE = "HGN3040" Error "a private network as the address of a NAT gateway" {
        cause: "Connections to an internet-facing load balancer arrive from the public address of the NAT gateway and never from a private one.",
        example: "natCidrs: [10.0.0.0/16]",
        cure: "Give the public addresses of the NAT gateways, each as a /32.",
        source: "Amazon VPC User Guide: NAT gateway basics",
    }
    NO_SUBNETS = "HGN3041" Error "no private subnet" {
        cause: "An internal load balancer and the machines that Terraform makes need a private subnet to stand in.",
        example: "network: { vpc: vpc-…, cidr: 10.0.0.0/16 }",
        cure: "Add network.subnets, one for each of three zones.",
        source: "User Guide for Network Load Balancers: Availability Zones",
    }
    NO_PUBLIC_SUBNETS = "HGN3042" Error "no public subnet for an internet-facing load balancer" {
        cause: "An internet-facing load balancer stands in subnets with a route to an internet gateway.",
        example: "exposure: internet without publicSubnets",
        cure: "Add network.publicSubnets, one for each of three zones.",
        source: "User Guide for Network Load Balancers: Create a Network Load Balancer",
    }
    IPV6_IN_MADE_NETWORK = "HGN3043" Error "an IPv6 range given for a subnet that hagen makes" {
        cause: "AWS assigns the IPv6 range of a new VPC, so that of its subnets is known only after it was made.",
        example: "ipv6Cidr: 2001:db8:1::/64 without vpc",
        cure: "Remove ipv6Cidr. With loadBalancer.dualStack the subnets get one.",
        source: "Terraform AWS provider: aws_vpc, assign_generated_ipv6_cidr_block",
    }

    API_ADDRESS_OUTSIDE = "HGN3051" Error "an API address outside its subnet" {
        cause: "The load balancer's address in a subnet is one of that subnet's addresses.",
        example: "cidr: 10.0.0.0/20, apiAddress: 10.0.16.10",
        cure: "Use an address of the subnet.",
        source: "Elastic Load Balancing API: SubnetMapping, PrivateIPv4Address",
    }
    ADDRESS_KEPT_BY_AWS = "HGN3052" Error "an address that AWS keeps for itself" {
        cause: "The first four addresses of each subnet and the last are the network, the router, DNS, a reserve and the broadcast.",
        example: "cidr: 10.0.0.0/20, apiAddress: 10.0.0.1",
        cure: "Use another address of the subnet.",
        source: "Amazon VPC User Guide: Subnet CIDR blocks",
    }
    API_ADDRESS_MISSING = "HGN3053" Error "an API address in some subnets only" {
        cause: "Addresses of the load balancer cannot change later, so those in the spec are either all fixed or all left to AWS. A list with a gap is a slip.",
        example: "three subnets, two with apiAddress",
        cure: "Give apiAddress in every private subnet, or in none.",
        source: "Terraform AWS provider: aws_lb, subnet_mapping (a change replaces the load balancer)",
    }
    API_ADDRESS_UNUSED = "HGN3054" Error "a private API address for an internet-facing load balancer" {
        cause: "Only an internal load balancer takes private addresses. An internet-facing one gets Elastic IP addresses.",
        example: "exposure: internet, apiAddress: 10.0.0.10",
        cure: "Remove apiAddress, or set loadBalancer.secondInternal.",
        source: "Elastic Load Balancing API: SubnetMapping, PrivateIPv4Address",
    }
    SECOND_INTERNAL = "HGN3055" Error "a second internal load balancer beside an internal one" {
        cause: "The second load balancer keeps nodes inside where the endpoint is on the internet. Beside an internal endpoint it has no use.",
        example: "exposure: internal, loadBalancer: { secondInternal: true }",
        cure: "Remove secondInternal.",
        source: "kubernetes-sigs/cluster-api-provider-aws: secondaryControlPlaneLoadBalancer",
    }
    DUAL_STACK_SUBNET = "HGN3056" Error "a dual-stack load balancer in a subnet without IPv6" {
        cause: "Every subnet of a dual-stack load balancer needs an IPv6 range.",
        example: "loadBalancer: { dualStack: true } and a subnet without ipv6Cidr",
        cure: "Add the subnet's IPv6 range as ipv6Cidr, or turn dualStack off.",
        source: "User Guide for Network Load Balancers: IP address type",
    }
    IPV6_CLIENTS = "HGN3057" Error "IPv6 clients of a load balancer without IPv6" {
        cause: "A load balancer that is not dual-stack has no IPv6 address, so no client comes from an IPv6 network.",
        example: "allowedCidrs: [2001:db8::/32] without dualStack",
        cure: "Set loadBalancer.dualStack, or remove the network.",
        source: "User Guide for Network Load Balancers: IP address type",
    }
    IPV6_PRIMARY = "HGN3058" Error "a cluster whose first family is IPv6" {
        cause: "Nodes on AWS have an IPv4 address by which the API server advertises itself, and the API server exits if the first Service network is of another family.",
        example: "podSubnets: [fd00:1::/56], serviceSubnets: [fd00:2::/112]",
        cure: "Put the IPv4 networks first.",
        source: "kube-apiserver: service IP family must match public address family; kubernetes.io: IPv4/IPv6 dual-stack",
    }
    IPV6_NODES = "HGN3059" Error "dual-stack pods, which are not available on AWS yet" {
        cause: "A dual-stack cluster needs nodes with an IPv4 and an IPv6 address. This version of hagen gives a node on AWS its IPv4 address alone: the kubelet's --node-ip, the instance and its security group know no other. loadBalancer.dualStack is about the load balancer's clients only.",
        example: "podSubnets: [10.244.0.0/16, fd00:1::/56], serviceSubnets: [10.96.0.0/16, fd00:2::/112]",
        cure: "Use one IPv4 network for pods and one for Services.",
        source: "kubernetes.io: IPv4/IPv6 dual-stack, prerequisites",
    }
    DNS_WITHOUT_HOST = "HGN3060" Error "a DNS record without a name" {
        cause: "The Route 53 record is that of endpoint.host, and there is none.",
        example: "dns: { zoneId: Z0123456789 } without endpoint.host",
        cure: "Add endpoint.host, a name in that zone, or remove dns.",
        source: "Terraform AWS provider: aws_route53_record",
    }
    HOST_WITHOUT_DNS = "HGN3061" Warning "an endpoint host without a DNS record" {
        cause: "Nodes join through endpoint.host. hagen makes a record for it only in a Route 53 zone that the spec names, so otherwise the record is yours to make, before nodes join.",
        example: "endpoint: { host: api.prod.example.com } without dns",
        cure: "Add targets.aws.dns, or make a CNAME to the output api_dns_name as soon as the load balancer is there.",
        source: "Terraform AWS provider: aws_route53_record; kubernetes-sigs/cluster-api-provider-aws#2902",
    }
    NODES_NOT_ALLOWED = "HGN3062" Error "nodes that are not among the allowed networks" {
        cause: "Nodes reach the API server through the internal load balancer like any client. It lets in allowedCidrs or, without them, the VPC; a second internal load balancer lets in the VPC alone.",
        example: "allowedCidrs: [10.9.0.0/24] and nodes in 10.0.0.0/20",
        cure: "Add the nodes' networks to allowedCidrs.",
        source: "User Guide for Network Load Balancers: Security groups",
    }
    UNREACHABLE_CLIENTS = "HGN3063" Warning "a private network among the clients of an internet-facing load balancer" {
        cause: "Connections to an internet-facing load balancer arrive from public addresses, those of a NAT gateway for instance, so this entry lets no one in. A second internal load balancer serves the VPC.",
        example: "exposure: internet, allowedCidrs: [10.0.0.0/8]",
        cure: "Give the public addresses from which these clients come, or remove the network.",
        source: "RFC 1918; Amazon VPC User Guide: NAT gateway basics",
    }

    COUNT_DIFFERS = "HGN3071" Error "a list of machines that is not as long as the count says" {
        cause: "The count and the list say the same thing twice, so that a machine that was forgotten is noticed.",
        example: "controlPlane: { count: 3 } and two machines of that role",
        cure: "Correct the count, add the missing machines or correct their role.",
        source: "hagen",
    }
    MIXED_TARGETS = "HGN3072" Error "some control-plane machines with an instance id and some without" {
        cause: "A target group holds instances or addresses, never both.",
        example: "three control-plane machines, two with instanceId",
        cure: "Give instanceId for all of them or for none.",
        source: "Elastic Load Balancing API: CreateTargetGroup, TargetType",
    }
    TARGET_ADDRESS = "HGN3073" Error "an address that cannot be a target" {
        cause: "A target's address is in the VPC's range, or in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10. Public addresses cannot be registered.",
        example: "address: 203.0.113.7",
        cure: "Use the machine's private address.",
        source: "User Guide for Network Load Balancers: Target groups, target type",
    }
    INSTANCE_OUTSIDE_VPC = "HGN3074" Error "an instance whose address is outside the VPC" {
        cause: "An instance is registered by its id only in its own VPC, and then its address is in the VPC's range.",
        example: "cidr: 10.0.0.0/16, address: 10.1.0.5, instanceId: i-…",
        cure: "Correct the address or the VPC's range. To register a machine of a peered VPC, remove instanceId from all machines.",
        source: "User Guide for Network Load Balancers: Target groups, target type",
    }
    ADDRESS_TWICE = "HGN3075" Error "an address that is given twice" {
        cause: "Two machines, or a machine and the load balancer, have the same address.",
        example: "two machines with address: 10.0.0.21",
        cure: "Give each its own address.",
        source: "Elastic Load Balancing API: RegisterTargets",
    }
    MACHINE_ZONE = "HGN3076" Error "a machine whose zone is not that of its subnet" {
        cause: "A subnet is in one zone, and so is every machine with an address in it.",
        example: "zone: eu-west-1a, address: 10.0.16.21, which is in the subnet of eu-west-1b",
        cure: "Correct the zone or the address.",
        source: "Amazon VPC User Guide: Subnets for your VPC",
    }
    MACHINES_WITHOUT_VPC = "HGN3077" Error "existing machines in a VPC that hagen makes" {
        cause: "Without network.vpc hagen makes a new VPC, and machines that exist are not in it and cannot be moved.",
        example: "machines: { existing: [ … ] } without vpc",
        cure: "Add network.vpc with the id of the machines' VPC and the ids of its subnets, or use provision.",
        source: "Amazon EC2 User Guide: an instance stays in its VPC",
    }

    NO_EGRESS = "HGN3081" Error "nodes that may connect to nothing" {
        cause: "Nodes load packages and images when they boot. Access to anywhere is never a default, so the networks that nodes may connect to have to be named.",
        example: "machines: { provision: … } without nodeEgressCidrs",
        cure: "Give 0.0.0.0/0 to let nodes reach the internet, or the networks of your mirrors and services.",
        source: "AWS Security Hub: EC2 security group controls; hagen: no access to or from anywhere by default",
    }
    INSTANCE_TYPE = "HGN3082" Error "an instance type of the wrong form" {
        cause: "An instance type is a family, a dot and a size, in lower case.",
        example: "instanceTypes: { controlPlane: M7i.Large }",
        cure: "Write it as m7i.large.",
        source: "Amazon EC2 Instance Types: naming conventions",
    }
    TOO_SMALL = "HGN3084" Error "an instance type that is too small for a control-plane node" {
        cause: "kubeadm refuses a control-plane node with fewer than two processors or less than 1700 MB of memory.",
        example: "instanceTypes: { controlPlane: t3.micro }",
        cure: "Use m7i.large, or t3.medium for a test cluster.",
        source: "kubeadm preflight checks NumCPU and Mem",
    }
    ARCHITECTURES = "HGN3085" Error "machines of different architectures" {
        cause: "One image is looked up for all machines, and an image is for x86 or for Arm.",
        example: "instanceTypes: { controlPlane: m7i.large, worker: m7g.large }",
        cure: "Use types of one architecture. A g behind the generation, as in m7g, is Arm.",
        source: "Amazon EC2 Instance Types: naming conventions",
    }
    DISK_SIZE = "HGN3086" Error "a volume that is too small or too large" {
        cause: "The system, images and logs need 20 GiB and etcd's data 8, and a gp3 volume has at most 16384.",
        example: "diskSizes: { controlPlane: 8 }",
        cure: "Use 100.",
        source: "Amazon EBS User Guide: General Purpose SSD volumes; hagen: providers/aws/machines.yaml",
    }
    SSH_KEY = "HGN3087" Error "a key pair's name of the wrong form" {
        cause: "The name of an EC2 key pair has at most 255 ASCII characters, without spaces at its ends. It is the name, not the key itself.",
        example: "sshKey: ssh-ed25519 AAAA… schlüssel@büro",
        cure: "Use the key pair's name, as `aws ec2 describe-key-pairs` shows it.",
        source: "Amazon EC2 API: CreateKeyPair, KeyName",
    }

    NARROW_EGRESS = "HGN3089" Warning "nodes that may not be able to reach a public load balancer" {
        cause: "Without a second, internal load balancer nodes reach the API server at the public addresses of the load balancer. AWS chooses these when it is made, so a list of a few networks hardly holds them.",
        example: "exposure: internet, nodeEgressCidrs: [198.51.100.0/24]",
        cure: "Set loadBalancer.secondInternal, so that nodes stay inside.",
        source: "User Guide for Network Load Balancers: internet-facing load balancers",
    }

    OPEN_AIR_GAP = "HGN3090" Warning "an air-gapped cluster whose nodes may connect to anywhere" {
        cause: "With airGapped machines need no way to the internet. A security group that lets them out to anywhere keeps nothing in.",
        example: "downloads: { airGapped: true } and nodeEgressCidrs: [0.0.0.0/0]",
        cure: "Name the networks of your mirrors.",
        source: "AWS Security Hub: EC2 security group controls; hagen: no access to or from anywhere by default",
    }

    TOO_MANY_TAGS = "HGN3091" Error "more tags than fit" {
        cause: "A resource has at most 50 tags, and ten are left to hagen and to AWS.",
        example: "tags with 41 entries",
        cure: "Keep at most 40.",
        source: "Amazon EC2 User Guide: Tag restrictions",
    }
    TAG_FORM = "HGN3092" Error "a tag of the wrong form" {
        cause: "A key has 1 to 128 characters and a value at most 256: letters, digits, spaces and _ . : / = + - @.",
        example: "tags: { team: \"a;b\" }",
        cure: "Remove the character that the message names, or shorten the text.",
        source: "Amazon EC2 User Guide: Tag restrictions",
    }
    RESERVED_TAG = "HGN3093" Error "a tag that is not yours to set" {
        cause: "aws: is AWS's own prefix, Name and hagen.dev/… are set by hagen, and kubernetes.io/cluster/… makes the cloud controller refuse a node whose two security groups both carry it.",
        example: "tags: { Name: prod }",
        cure: "Use another key.",
        source: "Amazon EC2 User Guide: Tag restrictions; kubernetes/cloud-provider-aws: tagged security groups",
    }

    SECURITY_GROUP_RULES = "HGN3095" Warning "more security group rules than the default quota" {
        cause: "Each allowed network takes two rules, one for the API and one for path MTU discovery, and a security group has 60 rules of a family in a direction unless AWS raised the quota.",
        example: "allowedCidrs with 31 IPv4 networks",
        cure: "Merge neighbouring networks, or have the quota raised before you apply.",
        source: "Amazon VPC User Guide: Amazon VPC quotas, security groups",
    }
    ELASTIC_IPS = "HGN3096" Warning "more Elastic IP addresses than the default quota" {
        cause: "An internet-facing load balancer takes an Elastic IP address in each zone, and so does each NAT gateway of a VPC that hagen makes. A region has five unless AWS raised the quota, and Terraform finds out half-way through.",
        example: "exposure: internet without vpc, in three zones",
        cure: "Have the quota raised before you apply, or use an existing VPC.",
        source: "Amazon VPC User Guide: Amazon VPC quotas, Elastic IP addresses",
    }
}
