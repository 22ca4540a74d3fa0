//! Codes about Tencent Cloud.

super::codes! {
    CONTROLLER = "HGN4401" Error "Tencent Cloud's controller, which is for old versions only" {
        cause: "With cloudProvider: external every node waits, tainted, for the cloud's controller. Tencent Cloud's own one ends with Kubernetes 1.14, so the nodes would wait for ever and take no pods.",
        example: "kubernetes: { cloudProvider: external } and targets.tencent",
        cure: "Set cloudProvider: none, and expose Services with an ingress controller behind a load balancer of your own.",
        source: "github.com/TencentCloud/tencentcloud-cloud-controller-manager: README, supported versions 1.10 to 1.14",
    }

    ONLY_INTERNET = "HGN4411" Error "a setting of internet-facing load balancers, on an internal one" {
        cause: "An internal load balancer stands in a subnet and takes neither zones nor a bandwidth. Terraform plans it, and the provider refuses it when it applies.",
        example: "exposure: internal, clb: { masterZone: ap-guangzhou-3 }",
        cure: "Remove the setting, or set exposure: internet.",
        source: "Terraform provider tencentcloud: tencentcloud_clb_instance, master_zone_id, slave_zone_id, internet_bandwidth_max_out",
    }
    SLAVE_ALONE = "HGN4412" Error "a standby zone without an active one" {
        cause: "The load balancer stands by in slaveZone for masterZone. Tencent Cloud takes the one only with the other.",
        example: "clb: { slaveZone: ap-guangzhou-4 }",
        cure: "Add masterZone, or leave both out: the cloud then chooses.",
        source: "Tencent Cloud CLB API: CreateLoadBalancer, SlaveZoneId",
    }
    SAME_ZONES = "HGN4413" Error "one zone as the active and the standby one" {
        cause: "A load balancer that stands by in its own zone is lost with it.",
        example: "clb: { masterZone: ap-guangzhou-3, slaveZone: ap-guangzhou-3 }",
        cure: "Use another zone of the region for slaveZone.",
        source: "Tencent Cloud CLB API: CreateLoadBalancer, MasterZoneId and SlaveZoneId",
    }
    BALANCER_ZONE = "HGN4414" Error "a zone of the load balancer that is not one of the region's" {
        cause: "A zone is the region's name, a dash and a number. Terraform plans any text here, and the cloud refuses it when it applies.",
        example: "region: ap-guangzhou, clb: { masterZone: ap-shanghai-2 }",
        cure: "Use a zone of the region, for instance ap-guangzhou-3.",
        source: "Tencent Cloud CVM: Regions and availability zones",
    }
    UNKNOWN_BALANCER_ZONE = "HGN4415" Warning "a zone of the load balancer that hagen does not know" {
        cause: "The zone is new, or it is a slip. Terraform finds out only when it applies.",
        example: "clb: { masterZone: ap-guangzhou-33 }",
        cure: "Check the zone. If it is a new one, go on.",
        source: "Tencent Cloud CVM: Regions and availability zones",
    }
    SLA_TYPE = "HGN4416" Error "a specification that load balancers do not have" {
        cause: "With guaranteed capacity a load balancer has one of a few specifications. Terraform plans any text here, and the cloud refuses it when it applies.",
        example: "clb: { slaType: clb.c1.small }",
        cure: "Use clb.c2.medium, or leave slaType out for a shared instance, which is enough for most clusters.",
        source: "Terraform provider tencentcloud: tencentcloud_clb_instance, sla_type",
    }
    BANDWIDTH = "HGN4417" Error "a bandwidth outside what the load balancer can have" {
        cause: "A shared load balancer has 1 to 2048 Mbit/s, one with guaranteed capacity up to 61440.",
        example: "clb: { bandwidth: 4096 }, without slaType",
        cure: "Use at most 2048, or choose a slaType.",
        source: "Terraform provider tencentcloud: tencentcloud_clb_instance, internet_bandwidth_max_out",
    }
    API_ADDRESS_UNUSED = "HGN4418" Error "a private API address for an internet-facing load balancer" {
        cause: "Tencent Cloud gives an internet-facing load balancer a public address and no private one.",
        example: "exposure: internet, subnets: [ { zone: ap-guangzhou-3, apiAddress: 10.0.0.10, … } ]",
        cure: "Remove apiAddress, or set exposure: internal.",
        source: "Tencent Cloud CLB: network types; Terraform provider tencentcloud: tencentcloud_clb_instance, vip",
    }
    API_ADDRESS_TWICE = "HGN4419" Error "two addresses for a load balancer that has one" {
        cause: "An internal load balancer stands in one subnet with one address, which survives the loss of a zone all the same.",
        example: "apiAddress in the subnets of two zones",
        cure: "Keep apiAddress in one subnet.",
        source: "Terraform provider tencentcloud: tencentcloud_clb_instance, subnet_id and vip",
    }
    GROUP_UNUSED = "HGN4420" Warning "a security group that needs no rule" {
        cause: "hagen lets the load balancer pass the machines' security groups: only its own one is asked. So nothing is added to the machines' group.",
        example: "targets: { tencent: { controlPlaneSecurityGroup: sg-… } }",
        cure: "Remove controlPlaneSecurityGroup. The machines' group still has to let nodes in among themselves.",
        source: "Terraform provider tencentcloud: tencentcloud_clb_instance, load_balancer_pass_to_target",
    }

    INSTANCE_TYPE = "HGN4431" Error "an instance type of the wrong form" {
        cause: "A type of Tencent Cloud is a family, a dot, a size and the memory in GB, in capitals but for a letter behind the generation. Terraform plans any text, and the cloud refuses it when it applies.",
        example: "instanceTypes: { controlPlane: s5.large }",
        cure: "Write it as S5.LARGE8: four processors and 8 GB.",
        source: "Tencent Cloud CVM: Instance types",
    }
    TOO_SMALL = "HGN4432" Error "an instance type that is too small for a control-plane node" {
        cause: "kubeadm refuses a control-plane node with fewer than two processors or less than 1700 MB of memory. SMALL types have one processor.",
        example: "instanceTypes: { controlPlane: S5.SMALL2 }",
        cure: "Use S5.LARGE8, or S5.MEDIUM4 for a test cluster.",
        source: "kubeadm: preflight checks NumCPU and Mem; Tencent Cloud CVM: Instance types",
    }
    DISK_STEP = "HGN4433" Error "a data disk of a size that Tencent Cloud does not make" {
        cause: "Data disks grow in steps of 10 GiB. Terraform plans any number, and the cloud refuses it when it applies.",
        example: "diskSizes: { etcd: 45 }",
        cure: "Use 40 or 50.",
        source: "Tencent Cloud CVM API: DataDisk, DiskSize",
    }
    SSH_KEY = "HGN4434" Error "a key pair that is not given by its id" {
        cause: "Tencent Cloud takes the id of a key pair, skey- with letters and digits behind it. Its name, or the key itself, is something else.",
        example: "sshKey: laptop",
        cure: "Copy the id from the console, or from `tccli cvm DescribeKeyPairs`.",
        source: "Terraform provider tencentcloud: tencentcloud_instance, key_ids",
    }
    HOST_NAME = "HGN4435" Error "a host name that a machine of Tencent Cloud cannot have" {
        cause: "The node's name is the machine's host name, and on Tencent Cloud that has 2 to 60 characters.",
        example: "machines: { existing: [ { name: a, … } ] }",
        cure: "Use the host name that the machine has, between 2 and 60 characters.",
        source: "Terraform provider tencentcloud: tencentcloud_instance, hostname",
    }

    VPC_RANGE = "HGN4441" Error "a VPC's range that Tencent Cloud does not make" {
        cause: "A VPC lies in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, with a prefix of 12 to 28, and of 16 to 28 in the last. Terraform plans any range, and the cloud refuses it when it applies.",
        example: "network: { cidr: 203.0.113.0/24 }, without vpc",
        cure: "Use a private range, for instance 10.0.0.0/16.",
        source: "Tencent Cloud VPC: VPC and subnets, CIDR block",
    }
    GROUP_RULES = "HGN4442" Error "more rules than a security group takes" {
        cause: "A security group has at most 100 rules in each direction. Each allowed network takes one of the load balancer's group, each of nodeEgressCidrs one of the machines' groups.",
        example: "allowedCidrs with 120 networks",
        cure: "Merge neighbouring networks.",
        source: "Tencent Cloud VPC: Security group limits",
    }
}
