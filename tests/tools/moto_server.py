#!/usr/bin/env python3
"""AWS for the tests: moto_server 5.2.1 with small repairs, so that a second `terraform plan` is
empty for what hagen emits, and target health can be driven from a test.

Usage: moto_server.py -H 127.0.0.1 -p PORT      (needs: pip install "moto[server]==5.2.1")

It ends when its standard input is closed, so no test leaves one behind.

  1. SecurityGroupRule.description also for rules that reference a security group
  2. instance groupSet filled when run_instances got NetworkInterfaces (private_ip /
     associate_public_ip_address in aws_instance)
  3. NLB ARNs say loadbalancer/net/ and listener/net/, as on AWS
  4. target health: state from {target id: state} in the JSON file $MOTO_HEALTH_FILE
  5. terminating an instance detaches its surviving network interfaces (else aws_network_interface
     cannot be destroyed)
  6. an action that moto lacks answers 400 at once, not 500 (the provider retries a 500 25 times)
  7. NLB subnet_mapping addresses are returned
  8. the provider can wait for the IPv6 ranges of subnets: their filter and their state
  9. the ids of hosted zones begin with Z
  10. the images of the publishers that hagen looks up are there (amis.json)
"""
import json, os, sys, threading
os.environ.setdefault("MOTO_AMIS_PATH", os.path.join(os.path.dirname(os.path.abspath(__file__)), "amis.json"))
import moto.ec2.models.security_groups as sg
import moto.ec2.models.instances as inst
import moto.elbv2.models as elb

sg.SecurityGroupRule.description = property(
    lambda s: s.ip_range.get("Description") or (s.source_group or {}).get("Description"))

def _groups(self):
    own = self.__dict__.get("_own_groups") or []
    if own:
        return own
    nic = self.__dict__.get("nics", {}).get(0)
    return list(nic._group_set) if nic else []
inst.Instance.security_groups = property(_groups, lambda s, v: s.__dict__.__setitem__("_own_groups", v))

_create = elb.ELBv2Backend.create_load_balancer
def create_load_balancer(self, *a, **kw):
    mk = elb.make_arn_for_load_balancer
    lb_type = kw.get("loadbalancer_type") or "application"
    if lb_type == "network":
        elb.make_arn_for_load_balancer = lambda **k: mk(**k).replace("loadbalancer/app/", "loadbalancer/net/")
    try:
        return _create(self, *a, **kw)
    finally:
        elb.make_arn_for_load_balancer = mk
elb.ELBv2Backend.create_load_balancer = create_load_balancer

_health = elb.FakeTargetGroup.health_for
def health_for(self, target, ec2_backend):
    h = _health(self, target, ec2_backend)
    f = os.environ.get("MOTO_HEALTH_FILE")
    if f and os.path.exists(f) and h.status == "healthy":
        st = json.load(open(f)).get(h.instance_id)
        if st and st != "healthy":
            h.status, h.reason, h.description = st, "Target.FailedHealthChecks", "Health checks failed"
    return h
elb.FakeTargetGroup.health_for = health_for

_term = inst.Instance.terminate
def terminate(self, *a, **kw):
    r = _term(self, *a, **kw)
    for nic in self.nics.values():      # stays listed in instance.nics: DescribeInstances reads it
        if not nic.delete_on_termination:
            nic.instance = nic.attachment_id = nic.attach_time = nic.device_index = None
            nic.status = "available"
    return r
inst.Instance.terminate = terminate

import moto.core.responses as resp
_call = resp.BaseResponse.call_action
def call_action(self):
    try:
        return _call(self)
    except NotImplementedError as e:
        b = ("<Response><Errors><Error><Code>UnsupportedOperation</Code><Message>%s</Message></Error></Errors>"
             "<RequestID>x</RequestID></Response>" % e)
        return 400, {"status": 400, "Content-Type": "text/xml"}, b
resp.BaseResponse.call_action = call_action

_create2 = elb.ELBv2Backend.create_load_balancer
def create_load_balancer2(self, *a, **kw):
    lb = _create2(self, *a, **kw)
    lb._mappings = {m["SubnetId"]: m for m in kw.get("subnet_mappings") or []}
    return lb
elb.ELBv2Backend.create_load_balancer = create_load_balancer2
def availability_zones(self):
    out = []
    for s in self.subnets:
        z = elb.AvailabilityZone(s); m = getattr(self, "_mappings", {}).get(s.id, {})
        a = {k: m[f] for k, f in (("PrivateIPv4Address", "PrivateIPv4Address"), ("AllocationId", "AllocationId")) if m.get(f)}
        if a: z.load_balancer_addresses = [a]
        out.append(z)
    return out
elb.FakeLoadBalancer.availability_zones = property(availability_zones)

import moto.ec2.models.subnets as subnets
_filter = subnets.Subnet.get_filter_value
def get_filter_value(self, name, method_name=None):
    if name == "ipv6-cidr-block-association.association-id":
        return list(self.ipv6_cidr_block_associations)
    return _filter(self, name, method_name)
subnets.Subnet.get_filter_value = get_filter_value
subnets.Subnet.ipv6_cidr_block_association_set = property(lambda self: [
    {"ipv6CidrBlock": one["ipv6CidrBlock"], "associationId": one["associationId"], "ipv6CidrBlockState": one["ipv6CidrBlockState"]}
    for one in self.ipv6_cidr_block_associations.values() if one["ipv6CidrBlockState"]["State"] == "associated"])

import moto.route53.models as dns
_zone_id = dns.create_route53_zone_id
dns.create_route53_zone_id = lambda *a, **kw: "Z" + _zone_id(*a, **kw)[1:]

def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)
threading.Thread(target=end_with_parent, daemon=True).start()

from moto.server import main
main(sys.argv[1:])
