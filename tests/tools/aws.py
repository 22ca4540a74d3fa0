#!/usr/bin/env python3
"""Talks to the AWS of a test.

    aws.py prepare SPEC   makes the network, machines and hosted zone that a spec says are there,
                          and prints the spec with the ids that came out
    aws.py read           prints what is there, as JSON
"""
import base64, gzip, json, re, sys

import boto3

ec2, elb, dns = (boto3.client(name) for name in ("ec2", "elbv2", "route53"))


def prepare(path):
    text = open(path, encoding="utf-8").read()
    vpc = re.search(r"vpc: (vpc-\w+)", text)
    if not vpc:
        return text
    cidr = re.search(r"\n      cidr: (\S+)", text)[1]
    vpc_id = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    text = text.replace(vpc[1], vpc_id)
    subnets = {}
    for found, zone, cidr in re.findall(r"id: (subnet-\w+), zone: ([\w-]+), cidr: ([\d./]+)", text):
        made = ec2.create_subnet(VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        subnets.setdefault(zone, made)
        text = text.replace(found, made)
    machines = r"address: ([\d.]+), instanceId: (i-\w+), zone: ([\w-]+)"
    for address, found, zone in re.findall(machines, text):
        made = ec2.run_instances(
            ImageId="ami-a0000010000000000", MinCount=1, MaxCount=1,
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnets[zone], "PrivateIpAddress": address}])
        text = text.replace(found, made["Instances"][0]["InstanceId"])
    for found in re.findall(r"controlPlaneSecurityGroup: (sg-\w+)", text):
        group = ec2.create_security_group(GroupName="machines", Description="machines", VpcId=vpc_id)
        text = text.replace(found, group["GroupId"])
    for found in re.findall(r"zoneId: (Z\w+)", text):
        host = re.search(r"host: (\S+)", text)[1]
        zone = dns.create_hosted_zone(Name=host.split(".", 1)[1], CallerReference="test")
        text = text.replace(found, zone["HostedZone"]["Id"].split("/")[-1])
    return text


def user_data(instance):
    value = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    raw = base64.b64decode(value.get("UserData", {}).get("Value", ""))
    if not raw:
        return None
    return {"bytes": len(raw), "text": gzip.decompress(raw).decode()}


def attributes(found):
    return {one["Key"]: one["Value"] for one in found["Attributes"]}


def read():
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    for one in balancers:
        one["Attributes"] = attributes(elb.describe_load_balancer_attributes(LoadBalancerArn=one["LoadBalancerArn"]))
        one["Listeners"] = elb.describe_listeners(LoadBalancerArn=one["LoadBalancerArn"])["Listeners"]
    groups = elb.describe_target_groups()["TargetGroups"]
    for one in groups:
        arn = one["TargetGroupArn"]
        one["Attributes"] = attributes(elb.describe_target_group_attributes(TargetGroupArn=arn))
        one["Targets"] = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    instances = [one for page in ec2.describe_instances()["Reservations"] for one in page["Instances"]
                 if one["State"]["Name"] != "terminated"]
    zone_of = {one["SubnetId"]: one["AvailabilityZone"] for one in ec2.describe_subnets()["Subnets"]}
    for one in instances:
        one["UserData"] = user_data(one["InstanceId"])
        # A machine is where its network interface is; moto does not move it there.
        one["Placement"]["AvailabilityZone"] = zone_of[one["NetworkInterfaces"][0]["SubnetId"]]
    zones = dns.list_hosted_zones()["HostedZones"]
    records = [record for zone in zones
               for record in dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
               if record["Type"] in ("A", "AAAA")]
    return {
        "loadBalancers": balancers,
        "targetGroups": groups,
        "instances": instances,
        "records": records,
        "rules": ec2.describe_security_group_rules()["SecurityGroupRules"],
        "addresses": ec2.describe_addresses()["Addresses"],
        # Root volumes go with their machines.
        "volumes": [one for one in ec2.describe_volumes()["Volumes"]
                    if any(tag["Key"] == "Name" and tag["Value"].endswith("-data") for tag in one.get("Tags", []))],
        "networkInterfaces": [one for one in ec2.describe_network_interfaces()["NetworkInterfaces"]
                              if any(tag["Key"] == "hagen.dev/cluster" for tag in one.get("TagSet", []))],
        "vpcs": [one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]],
        "tags": {one["ResourceArn"]: one["Tags"] for one in
                 elb.describe_tags(ResourceArns=[b["LoadBalancerArn"] for b in balancers])["TagDescriptions"]}
                if balancers else {},
    }


if sys.argv[1] == "prepare":
    sys.stdout.write(prepare(sys.argv[2]))
else:
    json.dump(read(), sys.stdout, default=str)
