"""Hosts as network namespaces, joined by a bridge in one more namespace: nothing of it is seen outside.

A host's processes have the files that the machine would have at the paths where it would have them,
by mounts of their own. They share the process ids with everything else on this machine, so
processes are ended by id and never by name.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

PREFIX = "hagen-failover"
BRIDGE = "br0"
NETNS = pathlib.Path("/run/netns")
# Each process gets its mounts by this, in the mount namespace that `ip netns exec` makes for it.
MOUNTS = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 1; shift 2; done; shift; exec "$@"'
# `ip netns add` makes a mount point on its first use: not twice at the same time.
_first_use = threading.Lock()


def ip(*words, check=True):
    """Runs ip."""
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


def began(pid):
    """When a process began, in the kernel's ticks, or None: a process id alone may be used again."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None


def own_prefix():
    """What names of this run begin with."""
    return f"{PREFIX}-{os.getpid()}-{began(os.getpid())}"


def kill(pid, number=signal.SIGKILL):
    """Sends a signal to a process that may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def remove_namespace(name):
    """Ends what runs in a namespace, and removes it."""
    for pid in ip("netns", "pids", name, check=False).stdout.split():
        kill(int(pid))
    ip("netns", "delete", name, check=False)


def remove_leftovers():
    """Removes what a killed run left behind: names of ours whose process is gone."""
    pattern = re.compile(rf"{PREFIX}-(\d+)-(\d+)-")
    removed = 0
    for folder, remove in ((NETNS, lambda path: remove_namespace(path.name)),
                           (pathlib.Path(tempfile.gettempdir()), lambda path: shutil.rmtree(path, ignore_errors=True))):
        for path in folder.glob(f"{PREFIX}-*") if folder.is_dir() else []:
            owner = pattern.match(path.name)
            if owner and began(owner[1]) != owner[2]:
                remove(path)
                removed += 1
    return removed


class Process:
    """A program that runs on a host."""

    def __init__(self, host, name, words, mounts):
        self.log = host.folder / f"{name}.log"
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                ["ip", "netns", "exec", host.namespace, "sh", "-c", MOUNTS, "sh",
                 *(str(part) for pair in mounts for part in pair), "--", *map(str, words)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            )
        self.pid = self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def tree(self):
        """The process and its children."""
        try:
            children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except OSError:
            children = []
        return [self.pid, *map(int, children)]

    def signal(self, number):
        kill(self.pid, number)

    def kill(self):
        """Ends all of its processes at once: none sees the end of another."""
        tree = self.tree()
        self.signal_all(signal.SIGSTOP, tree)
        self.signal_all(signal.SIGKILL, tree)
        self.popen.wait()

    def signal_all(self, number, tree=None):
        for pid in tree or self.tree():
            kill(pid, number)

    def listens(self, port):
        """Whether somebody listens on a port of its host."""
        table = pathlib.Path(f"/proc/{self.pid}/net/tcp")
        return bool(re.search(rf"^ *\d+: [0-9A-F]{{8}}:{port:04X} \S+ 0A ", table.read_text(), re.MULTILINE))

    def text(self):
        return self.log.read_text(errors="replace")


class Host:
    """A machine of the lab."""

    def __init__(self, lab, name, address, interface):
        self.lab = lab
        self.name = name
        self.address = address
        self.interface = interface
        self.namespace = f"{lab.prefix}-{name}"
        self.port = f"p-{len(lab.hosts)}"
        self.folder = lab.folder / name
        self.processes = {}
        (self.folder / "run/haproxy").mkdir(parents=True)
        (self.folder / "run/nginx").mkdir()
        for name in ("log-nginx", "lib-nginx", "keepalived"):
            (self.folder / name).mkdir()

    def start(self, name, words, mounts=()):
        """Starts a program; its own /run first."""
        process = Process(self, name, words, [(self.folder / "run", "/run"), *mounts])
        self.processes[name] = process
        return process

    def ip(self, *words, check=True):
        return ip("-n", self.namespace, *words, check=check)

    def holds(self, address):
        """Whether it has an address now."""
        return f" {address}/" in self.ip("-4", "-o", "address", "show", "dev", self.interface).stdout

    def nft(self, text):
        subprocess.run(["ip", "netns", "exec", self.namespace, "nft", "-f", "-"], input=text, text=True, check=True)

    # What may happen to a host.

    def detach(self):
        """The cable leads nowhere, and the host's own link stays up."""
        self.lab.switch("link", "set", self.port, "nomaster")

    def attach(self):
        self.lab.switch("link", "set", self.port, "master", BRIDGE)

    def carrier(self, state):
        self.lab.switch("link", "set", self.port, state)

    def lose_routes(self, addresses):
        for address in addresses:
            self.ip("route", "add", "blackhole", f"{address}/32")

    def find_routes(self, addresses):
        for address in addresses:
            self.ip("route", "del", "blackhole", f"{address}/32")

    def drop_vrrp(self):
        self.nft("table ip split {\n chain in {\n type filter hook input priority 0\n ip protocol 112 drop\n }\n}\n")

    def pass_vrrp(self):
        self.nft("delete table ip split")


class Network:
    """The hosts of a lab and the bridge between them."""

    def __init__(self, tag, network):
        self.prefix = f"{own_prefix()}-{tag}"
        self.network = network
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.prefix}-"))
        # Workers of nginx are not root, and open files below.
        self.folder.chmod(0o755)
        self.hosts = {}
        self._switch = f"{self.prefix}-switch"
        with _first_use:
            ip("netns", "add", self._switch)
        # Without forward_delay a port is silent for its first seconds.
        self.switch("link", "add", BRIDGE, "type", "bridge", "forward_delay", "0")
        self.switch("link", "set", BRIDGE, "up")

    def switch(self, *words):
        return ip("-n", self._switch, *words)

    def add(self, name, address, interface="eth0"):
        """A host with an address on the bridge."""
        host = Host(self, name, address, interface)
        with _first_use:
            ip("netns", "add", host.namespace)
        host.ip("link", "set", "lo", "up")
        self.hosts[name] = host
        self.switch("link", "add", host.port, "type", "veth", "peer", "name", interface, "netns", host.namespace)
        self.switch("link", "set", host.port, "master", BRIDGE, "up")
        host.ip("address", "add", f"{address}/{self.network.prefixlen}", "dev", interface)
        host.ip("link", "set", interface, "up")
        return host

    def remove(self, keep_logs=False):
        """Ends everything and removes every trace."""
        for host in self.hosts.values():
            for process in host.processes.values():
                if process.running():
                    process.kill()
        for host in self.hosts.values():
            remove_namespace(host.namespace)
        remove_namespace(self._switch)
        if not keep_logs:
            shutil.rmtree(self.folder, ignore_errors=True)


class Holders:
    """Who has the virtual IP, from the kernel's own messages: no polling."""

    def __init__(self, hosts, address):
        self.address = address
        self.lock = threading.Lock()
        self.now = frozenset()
        self.changes = [(time.monotonic(), self.now)]
        self.monitors = []
        for host in hosts:
            monitor = subprocess.Popen(
                ["ip", "-n", host.namespace, "-4", "-o", "monitor", "address"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                start_new_session=True,
            )
            self.monitors.append(monitor)
            threading.Thread(target=self._read, args=(host.name, monitor.stdout), daemon=True).start()

    def _read(self, name, lines):
        for line in lines:
            if f" {self.address}/" in line:
                with self.lock:
                    change = self.now - {name} if line.startswith("Deleted") else self.now | {name}
                    if change != self.now:
                        self.now = change
                        self.changes.append((time.monotonic(), change))

    def between(self, begin, end):
        """(since, holders) at `begin` and for each change until `end`."""
        with self.lock:
            changes = list(self.changes)
        before = [change for change in changes if change[0] <= begin][-1:]
        return [(begin, holders) for _, holders in before] + [c for c in changes if begin < c[0] <= end]

    def close(self):
        for monitor in self.monitors:
            monitor.kill()
            monitor.wait()


def can_make_namespaces():
    """Why namespaces cannot be made here, or nothing."""
    if os.geteuid() != 0:
        return "it needs root, for network namespaces"
    name = f"{own_prefix()}-try"
    made = ip("netns", "add", name, check=False)
    if made.returncode:
        return f"`ip netns add` fails: {made.stderr.strip()}"
    bridged = ip("-n", name, "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", check=False)
    remove_namespace(name)
    return f"no bridge can be made: {bridged.stderr.strip()}" if bridged.returncode else None
