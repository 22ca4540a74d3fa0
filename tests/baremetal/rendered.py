"""What the harness has to know of a cluster, read from the files that it is about to run.

Nothing of these files is changed: addresses, ports, the interface and the virtual IP are given to
the network namespaces, and the timers to the judge.
"""
import base64
import binascii
import dataclasses
import gzip
import ipaddress
import pathlib
import re

# What the programs take where a file says nothing: keepalived.conf(5), haproxy's configuration.txt.
SCRIPT_DEFAULTS = {"interval": 1, "fall": 1, "rise": 1, "weight": 0}
HAPROXY_DEFAULTS = {"inter": 2.0, "fall": 3, "rise": 2}
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Unreadable(Exception):
    """A rendered folder lacks something that the harness needs."""


def seconds(text):
    """haproxy's and nginx's way to write a time; haproxy counts in milliseconds where there is no unit."""
    match = re.fullmatch(r"(\d+)(us|ms|s|m|h|d)?", text)
    if not match:
        raise Unreadable(f"{text!r} is no time")
    return int(match[1]) * UNITS[match[2] or "ms"]


def blocks(text, comment, end=""):
    """Nested blocks in braces as [words, children]. A statement ends with its line, or with `end`."""
    text = re.sub(rf"(?m)(^|\s)[{comment}].*$", "", text)
    tokens = re.findall(rf'"[^"]*"|[{{}}{end}\n]|[^\s{{}}{end}"]+', text)
    root = []
    stack, words = [root], []

    def finished():
        if words:
            stack[-1].append([list(words), []])
            words.clear()

    for token in tokens:
        if token == "{":
            # `name\n{` is allowed: the words may have ended with their line already.
            finished()
            stack.append(stack[-1][-1][1])
        elif token == "}":
            finished()
            stack.pop()
        elif token == (end or "\n"):
            finished()
        elif token != "\n":
            words.append(token.strip('"'))
    finished()
    return root


def child(children, *words):
    """The children of the first block that begins with these words."""
    return next((node[1] for node in children if node[0][: len(words)] == list(words)), [])


def value(children, name, default=None):
    return next((node[0][1] for node in children if node[0][0] == name and len(node[0]) > 1), default)


@dataclasses.dataclass
class Script:
    """A check that keepalived runs."""

    interval: float
    fall: int
    rise: int
    weight: int
    patience: float  # until it calls a program that does not answer failed


@dataclasses.dataclass
class Keepalived:
    """A load balancer host's keepalived.conf."""

    name: str
    path: pathlib.Path
    interface: str
    virtual_ip: str
    priority: int
    advert: float
    address: str | None
    scripts: list
    refresh: float  # gratuitous ARP again every so often; 0: never
    second_burst: float  # of gratuitous ARP, so long after a host took over


def keepalived(path):
    """Reads a keepalived.conf."""
    root = blocks(path.read_text(), "#!")
    instance = next((node[1] for node in root if node[0][0] == "vrrp_instance"), None)
    if instance is None:
        raise Unreadable(f"{path}: no vrrp_instance")
    addresses = child(instance, "virtual_ipaddress")
    if not addresses or value(instance, "interface") is None:
        raise Unreadable(f"{path}: no interface, or no virtual_ipaddress")
    tracked = [node[0][0] for node in child(instance, "track_script")]
    scripts = []
    for name in tracked:
        text = child(root, "vrrp_script", name)
        read = {key: float(value(text, key, default)) for key, default in SCRIPT_DEFAULTS.items()}
        # curl's own limit is the shorter one; keepalived's is the interval, if nothing is said.
        limit = re.search(r"--max-time (\S+)", value(text, "script", ""))
        patience = float(limit[1] if limit else value(text, "timeout", read["interval"]))
        scripts.append(Script(read["interval"], int(read["fall"]), int(read["rise"]), int(read["weight"]), patience))
    return Keepalived(
        name=path.stem,
        path=path,
        interface=value(instance, "interface"),
        virtual_ip=addresses[0][0][0].split("/")[0],
        priority=int(value(instance, "priority", 100)),
        advert=float(value(instance, "advert_int", 1)),
        address=value(instance, "unicast_src_ip"),
        scripts=scripts,
        refresh=float(value(child(root, "global_defs"), "vrrp_garp_master_refresh", 0)),
        second_burst=float(value(child(root, "global_defs"), "vrrp_garp_master_delay", 5)),
    )


@dataclasses.dataclass
class Proxy:
    """haproxy.cfg or nginx.conf: the port, what is behind it, and how fast it is known to be gone."""

    kind: str
    path: pathlib.Path
    port: int
    servers: list  # (name, address, port)
    connect: float
    active: bool  # asks the servers whether they are ready
    drains: bool = False  # lets a server that says it is not ready finish what it has
    cuts: bool = False  # ends the sessions of a server that it finds down
    fail_timeout: float = 0.0  # for how long a server that failed is left alone
    inter: float = 0.0
    downinter: float = 0.0
    fastinter: float = 0.0
    check: float = 0.0
    fall: int = 0
    rise: int = 0


def haproxy(path):
    """Reads a haproxy.cfg: the first frontend in TCP mode and its backend."""
    sections = {}
    current = None
    for line in path.read_text().splitlines():
        words = re.sub(r"(^|\s)#.*$", "", line).split()
        if not words:
            continue
        if words[0] in ("global", "defaults", "frontend", "backend", "listen", "userlist", "peers", "resolvers"):
            current = sections.setdefault((words[0], *words[1:2]), [])
        elif current is not None:
            current.append(words)
    defaults = next((lines for key, lines in sections.items() if key[0] == "defaults"), [])
    for key, lines in sections.items():
        target = next((words[1] for words in lines if words[0] == "default_backend"), None)
        if key[0] == "frontend" and target:
            break
    else:
        raise Unreadable(f"{path}: no frontend with a default_backend")
    bind = next(words[1] for words in lines if words[0] == "bind")
    backend = sections.get(("backend", target), [])
    timeouts = {words[1]: seconds(words[2]) for words in defaults + backend if words[0] == "timeout"}
    parameters, servers = {}, []
    for words in backend:
        options = words[1:] if words[0] == "default-server" else words[3:] if words[0] == "server" else []
        for name, text in zip(options, options[1:]):
            if name in ("inter", "downinter", "fastinter"):
                parameters[name] = seconds(text)
            elif name in ("fall", "rise"):
                parameters[name] = int(text)
        if words[0] == "server":
            address, port = words[2].rsplit(":", 1)
            servers.append((words[1], address, int(port)))
    read = HAPROXY_DEFAULTS | parameters
    return Proxy(
        kind="haproxy",
        path=path,
        port=int(bind.rsplit(":", 1)[1]),
        servers=servers,
        connect=timeouts["connect"],
        active=any(words[:2] == ["option", "httpchk"] for words in backend),
        drains=any(words[:2] == ["http-check", "expect"] and "L7OKC" in words for words in backend),
        cuts=any("shutdown-sessions" in words for words in backend),
        inter=read["inter"],
        downinter=read.get("downinter", read["inter"]),
        fastinter=read.get("fastinter", read["inter"]),
        check=timeouts.get("check", read["inter"]),
        fall=read["fall"],
        rise=read["rise"],
    )


def nginx(path):
    """Reads an nginx.conf: the first server of its stream."""
    stream = child(blocks(path.read_text(), "#", ";"), "stream")
    server = child(stream, "server")
    target = value(server, "proxy_pass")
    upstream = child(stream, "upstream", target)
    servers, fail_timeout = [], 10.0
    for number, node in enumerate((node for node in upstream if node[0][0] == "server"), 1):
        address, port = node[0][1].rsplit(":", 1)
        servers.append((f"server-{number}", address, int(port)))
        options = dict(word.split("=", 1) for word in node[0][2:] if "=" in word)
        fail_timeout = seconds(options.get("fail_timeout", "10s"))
    if not servers:
        raise Unreadable(f"{path}: no stream server with an upstream")
    return Proxy(
        kind="nginx",
        path=path,
        port=int(value(server, "listen").rsplit(":", 1)[-1]),
        servers=servers,
        connect=seconds(value(server, "proxy_connect_timeout", "60s")),
        active=False,
        fail_timeout=fail_timeout,
    )


@dataclasses.dataclass
class Cluster:
    """A load balancer in front of API servers, as files."""

    balancers: list  # Keepalived
    proxy: Proxy
    network: ipaddress.IPv4Network
    shutdown_delay: float
    extra: dict = dataclasses.field(default_factory=dict)  # files for /etc/keepalived: name → path

    @property
    def virtual_ip(self):
        return self.balancers[0].virtual_ip

    def winner(self):
        """Which load balancer host keeps the virtual IP of two that hold it: by priority, then by address (RFC 3768)."""
        return max(range(len(self.balancers)),
                   key=lambda n: (self.balancers[n].priority, ipaddress.ip_address(self.balancers[n].address)))

    @property
    def colocated(self):
        """Whether the load balancers are on the hosts of API servers."""
        return any(b.address == server[1] for b in self.balancers for server in self.proxy.servers)

    def free_address(self):
        """For the client: an address that nobody has."""
        taken = {self.virtual_ip, *(b.address for b in self.balancers), *(s[1] for s in self.proxy.servers)}
        return next(str(host) for host in reversed(list(self.network.hosts())) if str(host) not in taken)


def shutdown_delay(folder, default=0.0):
    """For how long an API server goes on serving after SIGTERM: kubeadm's configuration in cloud-init has it."""
    for path in sorted((folder / "cloud-init").glob("*.yaml")):
        text = path.read_text()
        for packed in re.findall(r"(?:[A-Za-z0-9+/]{40,}=*\s*)+", text):
            try:
                data = base64.b64decode("".join(packed.split()), validate=True)
                text += gzip.decompress(data).decode() if data[:2] == b"\x1f\x8b" else data.decode()
            except (binascii.Error, OSError, EOFError, UnicodeDecodeError):
                continue
        found = re.search(r"shutdown-delay-duration[\"']?,?\s*[\"']?value[\"']?: [\"']?(\d+)s", text)
        if found:
            return float(found[1])
    return default


def network(folder, address):
    """The network that an address is in: NoCloud's network-config has the length of the prefix."""
    for path in sorted((folder / "network-config").glob("*.yaml")):
        found = re.search(rf"\b{re.escape(address)}/(\d+)", path.read_text())
        if found:
            return ipaddress.ip_network(f"{address}/{found[1]}", strict=False)
    return ipaddress.ip_network(f"{address}/24", strict=False)


def read(folder):
    """Reads a rendered folder."""
    folder = pathlib.Path(folder)
    balancers = [keepalived(path) for path in sorted((folder / "keepalived").glob("*.conf"))]
    if len(balancers) < 2:
        raise Unreadable(f"{folder}: no two keepalived/*.conf")
    if (folder / "haproxy/haproxy.cfg").exists():
        proxy = haproxy(folder / "haproxy/haproxy.cfg")
    elif (folder / "nginx/nginx.conf").exists():
        proxy = nginx(folder / "nginx/nginx.conf")
    else:
        raise Unreadable(f"{folder}: neither haproxy/haproxy.cfg nor nginx/nginx.conf")
    return Cluster(balancers, proxy, network(folder, balancers[0].address), shutdown_delay(folder))
