"""More scenarios of bootstrap_sandbox.py: a load balancer that does not lead a node back to itself."""
from bootstrap_modes import CONTROL, FIRST, WORKER, resumed, up
from bootstrap_sandbox import Handler, Server, equal, in_order, scenario

import threading

LOAD_BALANCER = "10.0.0.100"
TAG = "# hagen: endpoint"


def without_dns(world):
    """The endpoint's name is known from what the script writes, and from nowhere else."""
    lines = world.read("/etc/hosts").splitlines()
    world.write("/etc/hosts", "".join(f"{line}\n" for line in lines if "api.test.internal" not in line))


def mapped(world):
    """What the endpoint's name is mapped to by the script, in the order of the lines."""
    return [line.split()[0] for line in world.read("/etc/hosts").splitlines() if line.endswith(TAG)]


def pinned(make, **settings):
    world = make(HAGEN_PIN="always", HAGEN_ENDPOINT_ADDRESSES=LOAD_BALANCER, **settings)
    without_dns(world)
    return world


def seen(world):
    """The endpoint as kubeadm saw it, at each init and join."""
    return [call.split("=")[1] for call in world.calls("^note")]


@scenario
def pinned_first_node(make):
    world = pinned(make)
    world.check_done(world.boot())
    equal(seen(world), ["10.0.0.11"], "the endpoint during init")
    equal(mapped(world), ["10.0.0.11"], "the endpoint in the end")
    # Before that the guard asked through the load balancer.
    in_order(world.read("/opt/sandbox/every-call").splitlines(), "^curl .*https://api.test.internal:6443/readyz", "^kubeadm init")
    before = world.read("/etc/hosts")
    equal(world.once(), 0, "a start after the end")
    equal(world.read("/etc/hosts"), before, "/etc/hosts after a boot")


@scenario
def pinned_joining_node(make):
    world = pinned(make, role=CONTROL)
    world.cluster_is_up()
    world.check_done(world.boot())
    equal(seen(world), ["10.0.0.11"], "the endpoint during the join: another API server")
    equal(mapped(world), ["10.0.0.12"], "the endpoint in the end: its own")
    in_order(world.calls(), "^kubeadm join", "^crictl ps -q --name .kube-proxy", "^crictl stop")
    # It waited for its turn through the load balancer.
    assert any(host == LOAD_BALANCER and path == "/api/v1/nodes/cp-1" for _, host, path in world.requests), world.requests


@scenario
def pinned_joining_node_takes_a_peer_that_answers(make):
    world = pinned(make, role=CONTROL, HAGEN_PREVIOUS="cp-3")
    up(world, "up-10.0.0.13", "token-valid")
    world.write("/opt/sandbox/api/nodes/cp-3", '{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":""}}}')
    # The first attempt goes to it, and fails; the next one looks again.
    world.fault("^join certs", 1)
    world.check_done(world.boot())
    equal(set(seen(world)), {"10.0.0.13"}, "the endpoint during the joins")
    equal(len(world.calls("^kubeadm join")), 2, "joins")
    equal(mapped(world), ["10.0.0.12"], "the endpoint in the end")


@scenario
def pinned_joining_node_without_peers(make):
    world = pinned(make, role=CONTROL, HAGEN_PEERS="")
    world.cluster_is_up()
    world.check_done(world.boot())
    equal(seen(world), [LOAD_BALANCER], "the endpoint during the join")
    equal(mapped(world), ["10.0.0.12"], "the endpoint in the end")
    assert "no other API server answers at its own address" in world.log, "no word of it in the log"


@scenario
def pinned_first_node_made_anew(make):
    world = pinned(make)
    up(world, "up-10.0.0.13", "token-valid")
    world.check_done(world.boot())
    equal(world.calls("^kubeadm init"), [], "inits")
    equal(seen(world), ["10.0.0.13"], "the endpoint during the join")
    equal(mapped(world), ["10.0.0.11"], "the endpoint in the end")


@scenario
def pinned_while_it_starts_with_addresses_in_hosts(make):
    """endpoint.pin: off. While it is pinned, the load balancer's address must not be there beside it."""
    world = make(HAGEN_ENDPOINT_ADDRESSES=LOAD_BALANCER)
    without_dns(world)
    world.check_done(world.boot())
    equal(seen(world), ["10.0.0.11"], "the endpoint during init")
    equal(mapped(world), [LOAD_BALANCER], "the endpoint in the end")
    world = make(HAGEN_PIN="none", HAGEN_ENDPOINT_ADDRESSES=LOAD_BALANCER, role=CONTROL)
    without_dns(world)
    world.cluster_is_up()
    world.check_done(world.boot())
    equal(seen(world), [LOAD_BALANCER], "the endpoint during the join")
    equal(mapped(world), [LOAD_BALANCER], "the endpoint in the end")


@scenario
def worker_knows_every_address_of_the_load_balancer(make):
    world = make(HAGEN_PIN="none", HAGEN_ENDPOINT_ADDRESSES=f"{LOAD_BALANCER} 10.0.16.100", role=WORKER)
    without_dns(world)
    world.cluster_is_up()
    world.check_done(world.boot())
    equal(mapped(world), [LOAD_BALANCER, "10.0.16.100"], "the endpoint")


@scenario
def an_image_that_writes_the_hosts_file_at_each_boot(make):
    """manage_etc_hosts: true, on machines that are there already."""
    def rewritten(world):
        world.write("/etc/hosts", "127.0.0.1 localhost\n" + "".join(f"192.0.2.200 {site}\n" for site in sorted(world.sites)))

    for role, pin, wanted in ((FIRST, "always", ["10.0.0.11"]), (CONTROL, "always", ["10.0.0.12"]), (WORKER, "none", [LOAD_BALANCER])):
        world = make(role=role, HAGEN_PIN=pin, HAGEN_ENDPOINT_ADDRESSES=LOAD_BALANCER)
        rewritten(world)
        if role != FIRST:
            world.cluster_is_up()
        # While it comes up, in the middle of its steps, and once it is done.
        for step in ("images", "etcd-hosts", "init" if role == FIRST else "join"):
            world.fault(f"^after touch /var/lib/hagen/steps/{step}$", mode="kill")
            equal(world.once(), -9, f"exit code at {step}")
            rewritten(world)
        world.check_done(world.boot())
        rewritten(world)
        equal(world.once(), 0, "a boot after the end")
        equal(mapped(world), wanted, f"the endpoint of a {role} after a boot")


@scenario
def a_word_in_the_place_of_an_address(make):
    world = make(HAGEN_ENDPOINT_ADDRESSES="HAGEN_LOAD_BALANCER_ADDRESSES", role=WORKER)
    equal(world.boot(), [78], "exit codes")
    assert "is not an address" in world.status()["error"], world.status()


@scenario
def pin_needs_its_part(make):
    world = make(HAGEN_PIN="always", role=CONTROL, parts="begin apt kubernetes")
    equal(world.boot(), [78], "exit codes")
    assert "the part that has pin_self" in world.status()["error"], world.status()
    world = make(HAGEN_PIN="sometimes")
    equal(world.boot(), [78], "exit codes")


for _role in (FIRST, CONTROL):
    resumed(f"pinned-{_role}", steps="etcd-hosts init turn join verify pin-self scrub", role=_role, HAGEN_PIN="always",
            HAGEN_ENDPOINT_ADDRESSES=LOAD_BALANCER, prepare=without_dns)


# --- where a machine's id comes from, with a cloud controller ---------------------------------------------


class AlibabaMetadata(Handler):
    """With http_tokens = required."""

    def do_PUT(self):
        good = self.path == "/latest/api/token" and self.headers.get("X-aliyun-ecs-metadata-token-ttl-seconds")
        self.answer(200 if good else 400, b"metadata-token" if good else b"")

    def do_GET(self):
        if self.headers.get("X-aliyun-ecs-metadata-token") != "metadata-token":
            return self.answer(403, b"")
        body = {"/latest/meta-data/region-id": b"cn-test", "/latest/meta-data/instance-id": b"i-bp0123"}.get(self.path)
        self.answer(404 if body is None else 200, body or b"")


class HuaweiMetadata(Handler):
    def do_GET(self):
        good = self.path == "/openstack/latest/meta_data.json"
        self.answer(200 if good else 404, b'{"uuid": "0d1c2b3a-0000-4000-8000-000000000000", "name": "cp-1"}' if good else b"")


@scenario
def provider_ids_of_other_clouds(make):
    from bootstrap_sandbox import run
    for cloud, address, handler, wanted in (
            ("aliyun", "100.100.100.200", AlibabaMetadata, "cn-test.i-bp0123"),
            ("huawei", "169.254.169.253", HuaweiMetadata, "huaweicloud://0d1c2b3a-0000-4000-8000-000000000000")):
        world = make(HAGEN_METADATA=cloud, parts=f"begin apt provider-{cloud} first kubernetes")
        if cloud == "huawei":  # the sandbox has AWS's there
            for server in world.servers:
                if server.server_address[0] == "169.254.169.254":
                    server.RequestHandlerClass = handler
        else:
            run("ip", "address", "add", f"{address}/32", "dev", "lo")
            server = Server((address, 80), handler, world, lambda _: "plain")
            world.servers.append(server)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        world.check_done(world.boot())
        equal(world.read("/var/lib/hagen/provider-id"), wanted + "\n", f"the provider id on {cloud}")
        assert f"provider-id: {wanted}" in world.read("/opt/sandbox/kubeadm-init.yaml"), "kubeadm does not know it"
