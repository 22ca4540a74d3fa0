//! Codes about Alibaba Cloud.

super::codes! {
    FEW_ZONES = "HGN4301" Error "a Network Load Balancer in one zone" {
        cause: "A Network Load Balancer of Alibaba Cloud has two zones or more, with a vSwitch in each. Terraform does not count them; the cloud refuses.",
        example: "loadBalancer: nlb, subnets with one entry",
        cure: "Add a subnet in a second zone, or use loadBalancer: slb, which has one subnet and stands by in another zone.",
        source: "Terraform provider alicloud: alicloud_nlb_load_balancer, zone_mappings",
    }
    MANY_ZONES = "HGN4302" Error "more zones than a Network Load Balancer has" {
        cause: "A Network Load Balancer has at most ten zones.",
        example: "loadBalancer: nlb, subnets with eleven entries",
        cure: "Keep ten subnets or fewer.",
        source: "Terraform provider alicloud: alicloud_nlb_load_balancer, zone_mappings",
    }
    ZONE_WITHOUT_NLB = "HGN4303" Warning "a zone without Network Load Balancers" {
        cause: "Machines are sold in more zones than Network Load Balancers are. The cloud refuses the load balancer when it is made, unless the zone has come since.",
        example: "region: cn-hangzhou, zone: cn-hangzhou-e, loadBalancer: nlb",
        cure: "Use a zone that has them, or loadBalancer: slb. If the zone is new, go on.",
        source: "Alibaba Cloud Server Load Balancer: Regions that support NLB",
    }
    ADDRESS_IN_SOME_ZONES = "HGN4305" Error "a fixed address in some zones only" {
        cause: "A Network Load Balancer has an address in each zone. With some fixed and others not, /etc/hosts and certificates would have to name both kinds.",
        example: "subnets: [ { zone: cn-hangzhou-h, apiAddress: 10.0.0.10, … }, { zone: cn-hangzhou-i, … } ]",
        cure: "Give apiAddress in each subnet, or in none.",
        source: "hagen; Terraform provider alicloud: alicloud_nlb_load_balancer, zone_mappings.private_ipv4_address",
    }
    ADDRESS_TWICE = "HGN4306" Error "two addresses of a classic load balancer" {
        cause: "A classic load balancer has a single address, in a single vSwitch, also when it moves to its other zone.",
        example: "loadBalancer: slb, apiAddress in two subnets",
        cure: "Keep apiAddress in one subnet.",
        source: "Terraform provider alicloud: alicloud_slb_load_balancer, address and vswitch_id",
    }
    ADDRESS_OF_PUBLIC_SLB = "HGN4307" Error "a private address of a public classic load balancer" {
        cause: "An internet-facing classic load balancer stands in no vSwitch: the cloud gives it a public address, and a private one is silently ignored or refused.",
        example: "exposure: internet, loadBalancer: slb, apiAddress: 10.0.0.10",
        cure: "Remove apiAddress, or use loadBalancer: nlb, whose public addresses are known before the machines are.",
        source: "Terraform provider alicloud: alicloud_slb_load_balancer, address_type",
    }
    SLB_OPTIONS_UNUSED = "HGN4308" Warning "options of the classic load balancer without one" {
        cause: "With loadBalancer: nlb nothing reads `slb`, so it is a slip or was left over.",
        example: "loadBalancer: nlb, slb: { masterZone: cn-hangzhou-h }",
        cure: "Remove slb, or say loadBalancer: slb.",
        source: "hagen",
    }

    SPECIFICATION = "HGN4311" Error "a specification that is none" {
        cause: "A classic load balancer has one of seven specifications. Terraform passes any word on, and the cloud refuses it.",
        example: "slb: { billing: { specification: slb.s2.large } }",
        cure: "Use one of slb.s1.small, slb.s2.small, slb.s2.medium, slb.s3.small, slb.s3.medium, slb.s3.large and slb.s4.large.",
        source: "Terraform provider alicloud: alicloud_slb_load_balancer, load_balancer_spec",
    }
    CLCU_ABROAD = "HGN4312" Warning "pay by CLCU outside China" {
        cause: "Only accounts of the China site can pay for a classic load balancer by what it does. A region elsewhere is mostly used by accounts of the international site, where the cloud refuses it.",
        example: "region: ap-southeast-1, slb: { billing: payByClcu }",
        cure: "Use a specification, unless the account is of the China site.",
        source: "Terraform provider alicloud: alicloud_slb_load_balancer, instance_charge_type",
    }
    SAME_ZONE = "HGN4313" Error "a classic load balancer that stands by where it is active" {
        cause: "A classic load balancer is active in one zone and stands by in another. In the same one it would go with it.",
        example: "slb: { masterZone: cn-hangzhou-h, slaveZone: cn-hangzhou-h }",
        cure: "Name two zones, or add a subnet in a second zone.",
        source: "Terraform provider alicloud: alicloud_slb_load_balancer, master_zone_id and slave_zone_id",
    }
    ZONE_OF_SLB = "HGN4314" Error "a zone of the load balancer that is not one of the region's" {
        cause: "The zones that a classic load balancer is active and stands by in are the region's. Terraform notices only when it applies.",
        example: "region: cn-hangzhou, slb: { slaveZone: cn-shanghai-b }",
        cure: "Use a zone of the region.",
        source: "Alibaba Cloud CLB: Regions that support CLB",
    }
    SMALL_SPECIFICATION = "HGN4315" Warning "a specification that is too small for production" {
        cause: "slb.s1.small takes 5,000 connections at a time. Each kubelet, controller and watch keeps some for as long as it lives.",
        example: "slb: { billing: { specification: slb.s1.small } }",
        cure: "Use slb.s2.small or a larger one.",
        source: "Alibaba Cloud CLB: Specifications",
    }

    INSTANCE_TYPE = "HGN4321" Error "no type of an ECS instance" {
        cause: "A type is ecs., a family and a size. Terraform passes any word on, and the cloud refuses it when the machines are made.",
        example: "instanceTypes: { controlPlane: g7.large }",
        cure: "Use a type such as ecs.g7.large.",
        source: "Alibaba Cloud ECS: Overview of instance families",
    }
    ARM_TYPE = "HGN4322" Error "an image for x86 on an Arm machine" {
        cause: "The images that hagen looks up by the operating system's name are for x86. The cloud refuses them on a type with an Arm processor.",
        example: "image: ubuntu-24.04, instanceTypes: { controlPlane: ecs.g8y.large }",
        cure: "Use a type with an x86 processor, or name an Arm image by its id.",
        source: "Alibaba Cloud ECS: Overview of instance families, Arm-based families",
    }
    SYSTEM_DISK_KIND = "HGN4323" Warning "a kind of disk that may not be encrypted" {
        cause: "hagen encrypts every disk. Not in every region can a system disk of an older kind be encrypted when a machine is made; those of the ESSD family can.",
        example: "diskType: cloud_efficiency",
        cure: "Use cloud_essd or cloud_auto.",
        source: "Alibaba Cloud ECS: Encrypted disks",
    }
    ENTRY_DISK = "HGN4324" Warning "an ESSD Entry disk on another machine" {
        cause: "ESSD Entry disks go with the economy and universal families (ecs.e and ecs.u1) only. The cloud refuses them on other machines.",
        example: "diskType: cloud_essd_entry, instanceTypes: { controlPlane: ecs.g7.large }",
        cure: "Use cloud_essd.",
        source: "Alibaba Cloud ECS: ESSD Entry disks",
    }
    TOO_SMALL = "HGN4325" Error "an instance type that is too small for a control-plane node" {
        cause: "kubeadm refuses a control-plane node with fewer than two processors or less than 1700 MB of memory. Types of the sizes nano and small have one processor.",
        example: "instanceTypes: { controlPlane: ecs.n4.small }",
        cure: "Use ecs.g7.large or larger.",
        source: "kubeadm: preflight checks NumCPU and Mem; Alibaba Cloud ECS: Overview of instance families",
    }

    SECURITY_GROUP_RULES = "HGN4331" Warning "more security group rules than an account has" {
        cause: "Each allowed network is a rule of a security group, and a group has at most 200 unless the account's quota was raised.",
        example: "endpoint.allowedCidrs with 200 networks",
        cure: "Merge neighbouring networks, or have the quota raised before you apply.",
        source: "Alibaba Cloud ECS API: AuthorizeSecurityGroupEgress",
    }
    ACCESS_LIST = "HGN4332" Error "more clients than an access control list has entries" {
        cause: "A classic load balancer lets clients in by one access control list, which has at most 300 entries.",
        example: "loadBalancer: slb, endpoint.allowedCidrs with 301 networks",
        cure: "Merge neighbouring networks, or use loadBalancer: nlb.",
        source: "Terraform provider alicloud: alicloud_slb_acl, entry_list",
    }
}
