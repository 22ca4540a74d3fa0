"""More scenarios of bootstrap_sandbox.py: keepalived and a proxy, on machines of their own and on the control plane.

haproxy, nginx and keepalived read their configurations for real; they are started by stand-ins.
"""
import threading

from bootstrap_modes import CONTROL, FIRST
from bootstrap_sandbox import Handler, Server, equal, in_order, markers, resume, scenario

BALANCER = "load-balancer"
PARTS = "begin apt dnf load-balancer load-balancer-node"
ON_CONTROL_PLANE = "begin apt dnf load-balancer first kubernetes"
PEER = "10.0.0.9"

HAPROXY = """global
    maxconn 100
defaults
    mode tcp
    timeout connect 2s
    timeout client 1m
    timeout server 1m
frontend kube_apiserver
    bind :8443
    default_backend kube_apiserver
backend kube_apiserver
    server cp-1 10.0.0.11:6443
"""
NGINX = """include /etc/nginx/modules-enabled/*.conf;
events {}
stream {
    server {
        listen 8443;
        proxy_pass 10.0.0.11:6443;
    }
}
"""
KEEPALIVED = """vrrp_instance KUBE_API {
    state BACKUP
    interface eth0
    virtual_router_id 77
    priority 100
    unicast_peer {
        10.0.0.9
    }
    virtual_ipaddress {
        10.0.0.100/32 dev eth0
    }
}
"""
PLACES = {"haproxy": ("/etc/haproxy/haproxy.cfg", HAPROXY), "nginx": ("/etc/nginx/nginx.conf", NGINX)}


class Health(Handler):
    """What the proxy says of itself, once it was started."""

    def do_GET(self):
        world = self.server.world
        started = world.exists(f"/opt/sandbox/{world.env['HAGEN_LOAD_BALANCER']}")
        self.answer(200 if started and self.path == "/healthz" else 404, b"")


def health(world):
    server = Server(("127.0.0.1", 8405), Health, world, lambda _: "plain")
    world.servers.append(server)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


def balanced(make, role=BALANCER, proxy="haproxy", **settings):
    settings = {"HAGEN_LOAD_BALANCER": proxy, "HAGEN_HEALTH_PORT": "8405", **settings}
    if role == BALANCER:
        settings |= {"HAGEN_PEERS": PEER}
    world = make(role=role, parts=PARTS if role == BALANCER else ON_CONTROL_PLANE, **settings)
    world.write(f"/etc/hagen/{proxy}.conf", PLACES[proxy][1])
    world.write("/etc/hagen/keepalived.conf", KEEPALIVED)
    for path in ("/etc/keepalived/keepalived.conf", PLACES[proxy][0]):
        if world.exists(path):
            (world.root / path.lstrip("/")).unlink()
    health(world)
    return world


def placed(world, proxy="haproxy"):
    path, text = PLACES[proxy]
    equal(world.read(path), text, path)
    equal(world.read("/etc/keepalived/keepalived.conf"), KEEPALIVED, "keepalived.conf")


@scenario
def load_balancer_node(make):
    world = balanced(make)
    world.check_done(world.boot())
    placed(world)
    in_order(
        world.calls(), "^apt-get .*install .*ca-certificates keepalived haproxy curl", "^systemctl daemon-reload",
        "^systemctl enable haproxy keepalived", "^systemctl restart haproxy", "^systemctl restart keepalived")
    equal(world.calls("kubeadm|kubelet|containerd"), [], "calls that are a node's of Kubernetes")
    before = world.calls()
    equal(world.once(), 0, "a start after the end")
    equal(world.calls(), before, "calls of a start after the end")


@scenario
def load_balancer_node_with_nginx(make):
    world = balanced(make, proxy="nginx")
    world.check_done(world.boot())
    placed(world, "nginx")
    in_order(world.calls(), "^apt-get .*install .*nginx .*libnginx-mod-stream", "^systemctl restart nginx", "^systemctl restart keepalived")


@scenario
def load_balancer_node_on_rocky(make):
    world = balanced(make)
    world.set_system("rocky", "9.6", "")
    (world.root / "etc/yum.repos.d").mkdir(parents=True, exist_ok=True)
    world.write("/opt/sandbox/enforcing", "")
    world.check_done(world.boot())
    placed(world)
    # Before haproxy starts: it could not connect otherwise.
    in_order(world.calls(), "^dnf .*install .*keepalived haproxy", "^setsebool -P keepalived_connect_any 1", "^setsebool -P haproxy_connect_any 1",
             "^systemctl restart haproxy")
    assert not world.calls("^dnf .*install .* curl"), "curl would fight with curl-minimal"
    world = balanced(make, proxy="nginx")
    world.set_system("rocky", "9.6", "")
    (world.root / "etc/yum.repos.d").mkdir(parents=True, exist_ok=True)
    world.write("/opt/sandbox/enforcing", "")
    world.fault("^before semanage port -a .*6443", 9)  # the policy has it already
    world.check_done(world.boot())
    placed(world, "nginx")
    in_order(
        world.calls(), "^dnf .*install .*keepalived nginx nginx-mod-stream policycoreutils-python-utils", "^setsebool -P httpd_can_network_connect 1 httpd_setrlimit 1",
        "^semanage port -m -t http_port_t -p tcp 6443", "^semanage port -a -t http_port_t -p tcp 8405", "^systemctl restart nginx")


@scenario
def load_balancer_node_keeps_its_firewall(make):
    world = balanced(make)
    world.write("/opt/sandbox/firewalld", "")
    world.check_done(world.boot())
    in_order(
        world.calls(), "^firewall-cmd --permanent --add-port=6443/tcp",
        f'^firewall-cmd --permanent --add-rich-rule=rule family=ipv4 source address={PEER} protocol value=vrrp accept', "^firewall-cmd --reload")
    equal(world.calls("disable"), [], "what was switched off")
    world = balanced(make)
    world.write("/opt/sandbox/ufw", "")
    world.check_done(world.boot())
    in_order(world.calls(), "^ufw allow 6443/tcp", f"^ufw allow proto vrrp from {PEER}", "^ufw reload")
    world = balanced(make)  # one that is too old for the word
    for name in ("ufw", "ufw-without-vrrp"):
        world.write(f"/opt/sandbox/{name}", "")
    world.write("/etc/ufw/before.rules", "*filter\n:ufw-before-input - [0:0]\nCOMMIT\n")
    world.fault("^after ufw reload", mode="kill")
    world.check_done(world.boot())
    equal(world.read("/etc/ufw/before.rules"), f"*filter\n:ufw-before-input - [0:0]\n-A ufw-before-input -s {PEER} -p 112 -j ACCEPT\nCOMMIT\n", "rules")


@scenario
def load_balancer_that_refuses_its_configuration(make):
    world = balanced(make)
    world.write("/etc/hagen/haproxy.conf", HAPROXY + "    nonsense\n")
    equal(world.boot(), [78], "exit codes")
    assert "haproxy refuses its configuration" in world.status()["error"], world.status()
    equal(world.calls("^systemctl (re)?start"), [], "what was started")
    # Its interface may come later: it is tried again.
    world = balanced(make)
    world.write("/etc/hagen/keepalived.conf", KEEPALIVED.replace("eth0", "eth9"))
    equal(world.once(), 1, "exit code without the interface")
    assert "keepalived refuses its configuration" in world.status()["error"], world.status()
    equal(world.calls("^systemctl (re)?start"), [], "what was started")
    world.write("/etc/hagen/keepalived.conf", KEEPALIVED)
    world.check_done(world.boot())
    placed(world)


@scenario
def load_balancer_that_does_not_come_up(make):
    world = balanced(make)
    world.fault("^before systemctl restart keepalived", 1)
    codes = world.boot()
    equal(codes, [1, 0], "exit codes")
    world.check_done()
    equal(len(world.calls("^systemctl restart haproxy")), 2, "starts of haproxy")


@scenario
def load_balancer_node_is_killed_and_resumes(make):
    for reboot in (False, True):
        resume(lambda: balanced(make), markers, reboot)


@scenario
def first_node_that_is_a_load_balancer_too(make):
    world = balanced(make, FIRST, HAGEN_ENDPOINT_PORT="8443", HAGEN_ENDPOINT_ADDRESSES="10.0.0.100")
    world.check_done(world.boot())
    placed(world)
    # The proxy and the virtual IP are there before the cluster is.
    in_order(world.calls(), "^apt-get .*kubeadm", "^systemctl restart haproxy", "^systemctl restart keepalived", "^kubeadm init")
    equal(world.calls("^note"), ["note endpoint=10.0.0.11"], "the endpoint during init: its own proxy")
    # The upgrade reads them, later.
    for name in ("kubernetes", "containerd"):
        assert world.exists(f"/etc/apt/sources.list.d/hagen-{name}.list"), f"the source of {name} is gone"


@scenario
def joining_node_that_is_a_load_balancer_too(make):
    def prepared():
        world = balanced(make, CONTROL, HAGEN_PIN="none", HAGEN_ENDPOINT_PORT="8443", HAGEN_ENDPOINT_ADDRESSES="10.0.0.100")
        world.cluster_is_up()
        return world
    world = prepared()
    world.check_done(world.boot())
    placed(world)
    equal(world.calls("^note"), ["note endpoint=10.0.0.100"], "the endpoint during the join")
    resume(prepared, markers)
