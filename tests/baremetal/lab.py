"""A cluster in namespaces: the load balancers with the files of a rendered folder, API servers, a client."""
import json
import pathlib
import re
import resource
import signal
import subprocess
import sys
import threading
import time

import bars
import topology

HERE = pathlib.Path(__file__).resolve().parent
INTERVAL = 0.05  # a request of the client every so often
TIMEOUT = 1.0  # seconds that a request has for everything
READY_WITHIN = 40
# As Debian's units start them, in the foreground. -P: nothing but VRRP; -l -D: all of it to standard error.
COMMANDS = {
    "haproxy": ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"],
    "nginx": ["nginx", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"],
    "keepalived": ["keepalived", "-f", "/etc/keepalived/keepalived.conf", "-n", "-l", "-D", "-P"],
}


def connection_limit():
    """haproxy's `-n`, for a machine where even root may not open as many files as `maxconn` asks for."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200_000, max(hard, 200_000)))
        return []
    except (ValueError, OSError):
        return ["-n", str((hard - 500) // 2)]


class Stopped(Exception):
    """The run is being ended."""


class NotReady(Exception):
    """A lab that did not come up."""


def make_certificates(folder, address):
    """A CA, and a certificate for all API servers: in it is the virtual IP, as kubeadm's certSANs have it."""
    (folder / "server.ext").write_text(f"subjectAltName = IP:{address}, DNS:kubernetes\n")
    for words in (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=kubernetes",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=kube-apiserver",
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile server.ext",
    ):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)


class ApiServers:
    """The stand-ins, by name."""

    def __init__(self, lab):
        self.lab = lab
        self.names = [name for name, _, _ in lab.cluster.proxy.servers]

    def host(self, name):
        return self.lab.api_hosts[name]

    def start(self, name, warm_up=bars.WARM_UP):
        port = next(port for server, _, port in self.lab.cluster.proxy.servers if server == name)
        folder = self.lab.network.folder
        self.host(name).start(
            "apiserver",
            [sys.executable, HERE / "apiserver.py", name, port, folder / "server.crt", folder / "server.key",
             self.lab.cluster.shutdown_delay, warm_up],
        )

    def process(self, name):
        return self.host(name).processes["apiserver"]

    def signal(self, name, number):
        self.process(name).signal(number)


class Lab:
    """A running cluster."""

    def __init__(self, tag, cluster, stop, first=0):
        self.cluster = cluster
        self.stop = stop
        self.first = first  # which load balancer host has the virtual IP in the beginning
        self.network = topology.Network(tag, cluster.network)
        try:
            make_certificates(self.network.folder, cluster.virtual_ip)
            self._hosts()
            self.holders = topology.Holders([self.network.hosts[b.name] for b in cluster.balancers], cluster.virtual_ip)
            self._programs()
        except BaseException:
            self.close()
            raise

    def _hosts(self):
        add = self.network.add
        by_address = {}
        for balancer in self.cluster.balancers:
            by_address[balancer.address] = add(balancer.name, balancer.address, balancer.interface)
        # Co-located: the API server is on the same host.
        self.api_hosts = {
            name: by_address.get(address) or add(name, address) for name, address, _ in self.cluster.proxy.servers
        }
        self.balancers = [self.network.hosts[b.name] for b in self.cluster.balancers]
        self.client_host = add("client", self.cluster.free_address())
        self.api = ApiServers(self)

    def _programs(self):
        for name in self.api.names:
            self.api.start(name, warm_up=0)
        for name in self.api.names:
            self.until(lambda name=name: "serving" in self.api.process(name).text(), f"API server {name}")
        for host in self.balancers:
            self.start_proxy(host)
        for host in self.balancers:
            self.until(lambda host=host: host.processes["proxy"].listens(self.cluster.proxy.port), f"{host.name}'s proxy")
        first = self.balancers[self.first]
        self.start_keepalived(first)
        self.until(lambda: self.vrrp_state(first) == "MASTER", f"{first.name}'s keepalived")
        for host in self.others(first):
            self.start_keepalived(host)
        self.client = Client(self)

    def start_proxy(self, host):
        proxy = self.cluster.proxy
        mounts = [(proxy.path, f"/etc/{proxy.kind}/{proxy.path.name}")]
        if proxy.kind == "nginx":
            mounts += [(host.folder / "log-nginx", "/var/log/nginx"), (host.folder / "lib-nginx", "/var/lib/nginx")]
        limit = connection_limit() if proxy.kind == "haproxy" else []
        host.start("proxy", COMMANDS[proxy.kind] + limit, mounts)

    def start_keepalived(self, host):
        balancer = next(b for b in self.cluster.balancers if b.name == host.name)
        folder = host.folder / "keepalived"
        for name, text in {"keepalived.conf": balancer.path.read_text(), **self.cluster.extra}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755 if name.endswith(".sh") else 0o644)
        # Where a killed one left its state: systemd's clean /run has none.
        for stale in (host.folder / "run").glob("keepalived*"):
            stale.unlink(missing_ok=True)
        log = host.folder / "keepalived.log"
        if log.exists():
            log.rename(host.folder / f"keepalived.log.{int(time.monotonic() * 1000)}")
        host.start("keepalived", COMMANDS["keepalived"], [(folder, "/etc/keepalived")])

    # Waiting.

    def sleep(self, seconds):
        if self.stop.wait(max(0.0, seconds)):
            raise Stopped

    def until(self, condition, what, limit=READY_WITHIN):
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end:
                raise NotReady(f"{what} is not ready after {limit} s")
            self.sleep(0.05)

    def vrrp_state(self, host):
        """The last state that a host's keepalived has said it is in."""
        states = re.findall(r"Entering (\w+) STATE", host.processes["keepalived"].text())
        return states[-1] if states else None

    def ready(self):
        """One holder, the others standing by, and the client content."""

        def settled():
            states = [self.vrrp_state(host) for host in self.balancers]
            return states.count("MASTER") == 1 and states.count("BACKUP") == len(states) - 1 and len(self.holders.now) == 1

        self.until(settled, "the virtual IP")
        # Until all that belongs to taking over is over.
        burst = max(balancer.second_burst for balancer in self.cluster.balancers)
        self.sleep(self.holders.changes[-1][0] + burst + 0.5 - time.monotonic())
        self.until(lambda: self.client.content_for(1.5), "the client")

    def holder(self):
        """The host that has the virtual IP."""
        (name,) = self.holders.now
        return self.network.hosts[name]

    def others(self, host):
        return [other for other in self.balancers if other is not host]

    def close(self, keep_logs=False):
        for part in ("client", "holders"):
            if hasattr(self, part):
                getattr(self, part).close()
        self.network.remove(keep_logs)


class Client:
    """The measuring client's process and what it has written."""

    def __init__(self, lab):
        cluster = lab.cluster
        self.process = lab.client_host.start(
            "client",
            [sys.executable, HERE / "client.py", cluster.virtual_ip, cluster.proxy.port, lab.network.folder / "ca.crt",
             INTERVAL, TIMEOUT],
        )
        self.requests = []
        self.rest = ""
        self.file = open(self.process.log, encoding="utf-8")
        self.lock = threading.Lock()

    def read(self):
        """All requests so far: [planned, begun, done, outcome, server]."""
        with self.lock:
            lines = (self.rest + self.file.read()).split("\n")
            self.rest = lines.pop()
            self.requests += [json.loads(line) for line in lines if line.startswith("[")]
            return self.requests

    def content_for(self, seconds, since=0.0):
        """Whether each request of the last seconds succeeded, and there were nearly as many as there should be."""
        begin = time.monotonic() - seconds
        if begin < since:
            return False
        last = [request for request in self.read()[-int(4 * seconds / INTERVAL) - 100:] if request[2] > begin]
        return len(last) > 0.7 * seconds / INTERVAL and all(request[3] == "ok" for request in last)

    def close(self):
        self.process.signal(signal.SIGTERM)
        self.file.close()
