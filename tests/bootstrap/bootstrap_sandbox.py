#!/usr/bin/env python3
"""Runs the real bootstrap script in a scratch root with stand-ins for what it drives.

    bootstrap_sandbox.py [SCRIPT] [--files DIR] [--only WORD] [--thorough] [--show] [--jobs N]

Each scenario has an overlay of / of its own and its own mount, network, process, host name and
IPC namespaces; nothing on the host changes and no packet leaves it. Needs root, util-linux,
iproute2, curl, openssl and gpg. --files takes an absolute tree of ready files, as cloud-init
would write them (etc/hagen/node.env, ...), and runs the general scenarios on them. --thorough
also kills the script after every single command that it runs.
"""
import argparse
import base64
import concurrent.futures
import hashlib
import hmac
import http.server
import ipaddress
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import socketserver
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
PARTS = "begin drop apt dnf provider-aws tofu pin first first-etcd kube-vip kubernetes".split()
STANDINS = (
    "apt-get apt-mark apt-cache dpkg systemctl modprobe sysctl swapoff timedatectl kubeadm kubectl kubelet crictl "
    "containerd sleep touch mv install rm shred sed curl gpg dnf grubby nft ufw setenforce getenforce setsebool semanage firewall-cmd"
).split()
TOKEN = "abcdef.0123456789abcdef"
CERTIFICATE_KEY = "c0ffee" * 10 + "beef"
DOWNLOADS = "192.0.2.200"
PROXY = "192.0.2.201"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CNI = b"apiVersion: v1\nkind: Namespace\nmetadata: {name: test-cni}\n"
COMMON = "facts firewall swap kernel packages runtime kubelet images secrets provider etcd-hosts"
STEPS = {
    "first-control-plane": COMMON + " validate cni-download init cni verify unpin scrub",
    "control-plane": COMMON + " discover validate turn join verify scrub",
    "joins instead": COMMON + " discover validate turn join verify unpin scrub",
}
ELSEWHERE = {
    "HAGEN_ENDPOINT_HOST": "api.test.internal", "HAGEN_ENDPOINT_ADDRESSES": "", "HAGEN_BIND_PORT": "6443", "HAGEN_PIN": "none", "HAGEN_METADATA": "",
    "HAGEN_PACKAGE_URL": "https://packages.test", "HAGEN_CONTAINERD_URL": "https://containerd.test/linux", "HAGEN_CONTAINERD_VERSION": "2.3.6-1",
}
ROLES = ("first-control-plane", "control-plane", "worker")
STEPS["worker"] = STEPS["control-plane"]
STEPS["load-balancer"] = "facts firewall load-balancer scrub"


def composed(parts=PARTS):
    """Parts as one file, without lines that are comments: as a machine gets them."""
    folder = HERE.parent.parent / "templates/bootstrap"
    lines = "".join((folder / f"{part}.sh").read_text() for part in parts).splitlines(keepends=True)
    return "".join(line for number, line in enumerate(lines) if not number or line.strip() and not line.lstrip().startswith("#"))


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)


# --- made once for all scenarios -------------------------------------------------------------


def make_material(folder):
    """CAs (the cluster's, etcd's, the one that the downloads' server stands under), a client of etcd, two package keys."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("cluster", "other", "web", "etcd"):
        key = folder / f"{name}.key"
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        run("openssl", "req", "-x509", "-new", "-key", key, "-days", "30", "-subj", f"/CN={name}", "-out",
            folder / f"{name}.crt", "-addext", "keyUsage=critical,keyCertSign")
    client = folder / "client"
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
        f"{client}.key", "-subj", "/CN=kube-apiserver-etcd-client", "-out", f"{client}.csr")
    run("openssl", "x509", "-req", "-in", f"{client}.csr", "-CA", folder / "etcd.crt", "-CAkey", folder / "etcd.key",
        "-set_serial", "7", "-days", "2", "-out", f"{client}.crt")
    for name in ("kubernetes", "containerd"):
        home = folder / f"gpg-{name}"
        home.mkdir(mode=0o700)
        gpg = ("gpg", "--batch", "--homedir", home)
        run(*gpg, "--passphrase", "", "--quick-gen-key", f"{name} packages", "ed25519", "sign", "never")
        (folder / f"{name}.asc").write_bytes(subprocess.check_output([*gpg, "--armor", "--export"], stderr=subprocess.DEVNULL))
        colons = subprocess.check_output([*gpg, "--with-colons", "--list-keys"], text=True, stderr=subprocess.DEVNULL)
        (folder / f"{name}.fingerprint").write_text(re.search(r"^fpr:+([0-9A-F]+):", colons, re.M)[1])
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


def server_certificate(material, authority, folder, names):
    """A certificate for all the names and addresses, under one of the CAs."""
    alternatives = []
    for name in names:
        try:
            ipaddress.ip_address(name)
            alternatives.append(f"IP:{name}")
        except ValueError:
            alternatives.append(f"DNS:{name}")
    key, request, certificate = (folder / f"{authority}-server.{end}" for end in ("key", "csr", "crt"))
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    run("openssl", "req", "-new", "-key", key, "-subj", "/CN=server", "-out", request)
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=" + ",".join(alternatives) + "\n")
    run("openssl", "x509", "-req", "-in", request, "-CA", material / f"{authority}.crt", "-CAkey",
        material / f"{authority}.key", "-set_serial", str(time.time_ns()), "-days", "2", "-extfile", extensions, "-out", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


# --- the stand-in servers ----------------------------------------------------------------------


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address, handler, world, context):
        self.world, self.context, self.host = world, context, address[0]
        super().__init__(address, handler)

    def get_request(self):
        connection, client = super().get_request()
        context = self.context(self.host)
        if context is None:  # nobody listens there (yet)
            connection.close()
            raise OSError
        if context == "plain":
            return connection, client
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), client

    def handle_error(self, request, client_address):
        pass  # clients that do not trust the certificate

    def server_bind(self):  # without the reverse look-up of http.server
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.host, self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def detached_signature(text, token):
    """As kubeadm signs cluster-info: HS256 by the secret half of the token, without the text."""
    def code(value):
        return base64.urlsafe_b64encode(value).decode().rstrip("=")
    name, key = token.split(".")
    head = code(b'{"alg":"HS256","kid":"%s"}' % name.encode())
    return head + ".." + code(hmac.digest(key.encode(), f"{head}.{code(text.encode())}".encode(), "sha256"))


class ApiServer(Handler):
    def do_GET(self):
        world = self.server.world
        world.requests.append((time.monotonic(), self.server.host, self.path))
        if self.headers.get("Authorization"):
            world.bearers.append(self.server.host)
        mitm = (world.box / "api/mitm").exists() and self.server.host == world.endpoint
        if self.path == "/readyz":
            return self.answer(500 if (world.box / "api/not-ready").exists() else 200, b"ok")
        valid = (world.box / "api/token-valid").exists()
        if self.path == "/api/v1/namespaces/kube-public/configmaps/cluster-info":
            authority = (world.material / ("other.crt" if mitm else "cluster.crt")).read_bytes()
            text = ("apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: "
                    f"{base64.b64encode(authority).decode()}\n    server: https://api.test.internal:6443\n  name: \"\"\n")
            data = {"kubeconfig": text}
            if valid:
                token = world.token if not mitm else world.token.split(".")[0] + ".aaaaaaaaaaaaaaaa"
                data["jws-kubeconfig-" + token.split(".")[0]] = detached_signature(text, token)
            return self.answer(200, json.dumps({"kind": "ConfigMap", "data": data}).encode())
        if self.headers.get("Authorization") != f"Bearer {world.token}" or not valid:
            return self.answer(401, b'{"kind":"Status","code":401}')
        node = world.box / "api/nodes" / self.path.removeprefix("/api/v1/nodes/")
        if not node.is_file():
            return self.answer(404, b'{"kind":"Status","code":404}')
        return self.answer(200, node.read_bytes())


class EtcdServer(Handler):
    def do_GET(self):
        healthy = (self.server.world.box / "api" / f"etcd-{self.server.host}").exists()
        self.answer(200 if healthy else 503, b'{"health":"%s","reason":""}' % (b"true" if healthy else b"false"))

    def do_POST(self):
        world = self.server.world
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert base64.b64decode(asked["key"]) == b"/registry" and base64.b64decode(asked["range_end"]) == b"/registrz", asked
        assert asked["count_only"] is True and self.path == "/v3/kv/range", asked
        header = {"header": {"cluster_id": "1", "revision": "9"}}
        self.answer(200, json.dumps({**header, "count": "311"} if (world.box / "api/registry").exists() else header).encode())


class Metadata(Handler):
    """The metadata service of AWS, version 2."""

    def do_PUT(self):
        good = self.path == "/latest/api/token" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        self.answer(200 if good else 400, b"metadata-token" if good else b"")

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") != "metadata-token":
            return self.answer(401, b"")
        body = {"/latest/meta-data/placement/availability-zone": b"eu-test-1a", "/latest/meta-data/instance-id": b"i-0123"}.get(self.path)
        self.answer(404 if body is None else 200, body or b"")


class Downloads(Handler):
    def do_GET(self):
        self.server.world.fetched.append(self.path)
        body = self.server.world.downloads.get(self.path)
        self.answer(404 if body is None else 200, body or b"not found")


class Proxy(Handler):
    def do_CONNECT(self):
        world = self.server.world
        world.proxied.append(self.path)
        host, port = self.path.rsplit(":", 1)
        far = socket.create_connection((DOWNLOADS if host in world.sites else host, int(port)))
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()

        def copy(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        thread = threading.Thread(target=copy, args=(far, self.connection), daemon=True)
        thread.start()
        copy(self.connection, far)
        thread.join()
        self.close_connection = True


# --- one machine -----------------------------------------------------------------------------------


class World:
    """The scratch root, its network and its servers. Made inside the namespaces of one scenario."""

    def __init__(self, script, material, files=None, role="first-control-plane", node=None, mode="pinned", etcd=False, shared=None, parts=None, **settings):
        self.material, self.role, self.requests, self.log = material, role, [], ""
        self.node, self.mode, self.etcd, self.bearers, self.fetched, self.proxied = node, mode, etcd, [], [], []
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="hagen-sandbox-"))
        run("mount", "--make-rprivate", "/")
        run("mount", "-t", "tmpfs", "tmpfs", self.base)
        self.upper, work, self.root = (self.base / name for name in "uwm")
        for folder in (self.upper, work, self.root):
            folder.mkdir()
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={self.upper},workdir={work}", self.root)
        run("mount", "-t", "proc", "proc", self.root / "proc")
        for name in ("run", "tmp", "sys"):
            run("mount", "-t", "tmpfs", "tmpfs", self.root / name)
        run("mount", "--bind", "/dev", self.root / "dev")
        (self.root / "sys/fs/cgroup").mkdir(parents=True)
        (self.root / "sys/fs/cgroup/cgroup.controllers").write_text("cpu memory\n")
        self.box = self.root / "opt/sandbox"
        for name in ("fail", "api/nodes"):
            (self.box / name).mkdir(parents=True)
        if shared:  # machines of one cluster see the same API servers
            run("mount", "--bind", shared, self.box / "api")
        self.boot_id = self.root / "proc/sys/kernel/random/boot_id"
        for name in ("etc/hagen", "var/lib/hagen", "etc/kubernetes", "run/hagen"):
            shutil.rmtree(self.root / name, ignore_errors=True)

        self.files(files, settings)
        self.script = "/usr/local/lib/hagen/bootstrap.sh"
        if not (self.root / self.script[1:]).exists():
            self.write(self.script, composed(parts.split()) if parts else pathlib.Path(script).read_bytes(), 0o700)
        self.write("/opt/sandbox/standin", (HERE / "standin.sh").read_bytes(), 0o755)
        for name in STANDINS:
            link = self.root / "usr/local/sbin" / name
            link.unlink(missing_ok=True)
            link.symlink_to("/opt/sandbox/standin")
        for name, labels in (("register", ""), ("label", '"node-role.kubernetes.io/control-plane":"",')):
            # The taint holds the same text: only the label must count.
            body = ('{"kind":"Node","metadata":{"name":"%s","labels":{' + labels + '"kubernetes.io/os":"linux"}},'
                    '"spec":{"taints":[{"key":"node-role.kubernetes.io/control-plane","effect":"NoSchedule"}]}}')
            self.write(f"/opt/sandbox/{name}", f"#!/bin/sh\nprintf '{body}' \"$1\" >/opt/sandbox/api/nodes/$1\n".encode(), 0o755)
        self.network()
        self.cloud_init()

    # -- files

    def write(self, path, content, mode=0o644):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        target.chmod(mode)

    def read(self, path):
        return (self.root / path.lstrip("/")).read_text()

    def exists(self, path):
        return os.path.lexists(self.root / path.lstrip("/"))

    def files(self, files, settings):
        pin = settings.pop("HAGEN_PIN", "init")
        names = {"first-control-plane": "cp-1", "control-plane": "cp-2", "worker": "worker-1", "load-balancer": "lb-1"}
        addresses = {"lb-1": "10.0.0.8", "cp-1": "10.0.0.11", "cp-2": "10.0.0.12", "cp-3": "10.0.0.13", "worker-1": "10.0.0.21"}
        name = self.node or names[self.role]
        env = {
            "HAGEN_CLUSTER": "test", "HAGEN_ROLE": self.role, "HAGEN_NODE": name, "HAGEN_ADDRESS": addresses[name],
            "HAGEN_FIRST": "cp-1", "HAGEN_PREVIOUS": {"cp-1": "", "cp-3": "cp-2"}.get(name, "cp-1"), "HAGEN_TURN_LIMIT": "60",
            "HAGEN_PEERS": " ".join(a for n, a in addresses.items() if n.startswith("cp")),
            "HAGEN_ENDPOINT_HOST": "api.test.internal", "HAGEN_ENDPOINT_PORT": "6443", "HAGEN_BIND_PORT": "6443",
            "HAGEN_PIN": pin, "HAGEN_KUBERNETES_VERSION": "1.37.1", "HAGEN_PACKAGE_REVISION": "1.1",
            "HAGEN_PACKAGE_URL": "https://packages.test/core:/stable:/v1.37", "HAGEN_IMAGE_REPOSITORY": "",
            "HAGEN_CONTAINERD_URL": "https://containerd.test/linux", "HAGEN_CONTAINERD_VERSION": "2.3.6-1",
            "HAGEN_CNI_URL": "https://cni.test/cni.yaml", "HAGEN_SECRETS": self.mode, "HAGEN_PROXY": "", "HAGEN_NO_PROXY": "",
            "HAGEN_SYSTEM_REPOSITORY": "", "HAGEN_CERTIFICATES_SECONDS": "7200", "HAGEN_METADATA": "", "HAGEN_ETCD_ENDPOINTS": "",
            "HAGEN_ENDPOINT_ADDRESSES": "",
        }
        if self.etcd:
            env["HAGEN_ETCD_ENDPOINTS"] = " ".join(f"https://etcd-{n}.test.internal:2379" for n in (1, 2, 3))
        if files:
            shutil.copytree(files, self.root, symlinks=True, dirs_exist_ok=True)
            text = self.read("/etc/hagen/node.env")
            env = dict(word.split("=", 1) for line in text.splitlines() for word in shlex.split(line, comments=True))
            self.role, self.mode, self.etcd = env["HAGEN_ROLE"], env["HAGEN_SECRETS"], bool(env.get("HAGEN_ETCD_ENDPOINTS"))
        # What the stand-in servers hold differs from the real thing: only these values are replaced.
        for variable, name in (("PACKAGE_KEY", "kubernetes"), ("CONTAINERD_KEY", "containerd"), ("CONTAINERD_RPM_KEY", "containerd")):
            env[f"HAGEN_{variable}"] = (self.material / f"{name}.fingerprint").read_text()
        if env.get("HAGEN_CNI_URL"):
            env["HAGEN_CNI_SHA256"] = hashlib.sha256(CNI).hexdigest()
        env.update(settings)
        self.env = env
        if files:  # keep the file as it came, but for what changed
            for key, value in env.items():
                text, count = re.subn(rf"(?m)^(?:export )?{key}=.*$", lambda _: f"{key}={shlex.quote(value)}", text)
                text += "" if count else f"\n{key}={shlex.quote(value)}\n"
        else:
            text = "".join(f"{key}='{value}'\n" for key, value in env.items())
        self.write("/etc/hagen/node.env", text, 0o600)
        # A load balancer is told less, and the world around it is the same.
        self.env = env = {**ELSEWHERE, **env}
        self.secret_files(files)
        self.write("/opt/sandbox/cluster.crt", (self.material / "cluster.crt").read_bytes())
        for name, there in (("tofu", self.mode == "tofu"), ("external-etcd", self.etcd)):
            if there:
                self.write(f"/opt/sandbox/{name}", "")
        if env["HAGEN_PROXY"]:
            self.write("/opt/sandbox/proxy", env["HAGEN_PROXY"])
        if not files and self.role != "load-balancer":
            self.configuration(name=env["HAGEN_NODE"])
            self.write("/etc/hagen/containerd.toml", "version = 2\n")
            self.write("/etc/modules-load.d/hagen.conf", "overlay\nbr_netfilter\n")
            self.write("/etc/sysctl.d/99-hagen.conf", "net.ipv4.ip_forward = 1\n")
        self.write("/etc/fstab", "/dev/vda / ext4 defaults 0 1\n/swap.img none swap sw 0 0\n")
        self.address = env["HAGEN_ADDRESS"] or "10.0.0.77"
        script = self.root / "usr/local/lib/hagen/bootstrap.sh"
        if files and script.exists() and "apt_tools() {" not in script.read_text():
            self.set_system("rocky", "9.6", "")  # rendered for an image with dnf only
            for folder in ("yum.repos.d", "pki/rpm-gpg"):
                (self.root / "etc" / folder).mkdir(parents=True, exist_ok=True)
            self.write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")
        else:
            self.set_system("debian", "12", "bookworm")

    def secret_files(self, files):
        """What of the secrets is on the machine before it starts: in drop, only what a person will bring."""
        if self.role == "load-balancer":
            self.token, self.secrets, self.bundle = TOKEN, {}, ""
            return
        first, worker = self.role == "first-control-plane", self.role == "worker"
        cluster, key = (self.material / "cluster.crt").read_text(), (self.material / "cluster.key").read_text()
        token, certificate_key = TOKEN, CERTIFICATE_KEY
        if files and self.mode != "drop":
            token = self.read("/etc/hagen/bootstrap-token").strip()
            found = re.search(r"certificateKey: *[\"']?([0-9a-f]{64})", self.read("/etc/hagen/kubeadm.yaml"))
            certificate_key = found[1] if found else certificate_key
        self.token, bundle = token, {"bootstrap-token": token}
        if self.mode != "tofu":
            bundle["ca.crt"] = cluster
        self.secrets = {"token": token}
        if not worker:
            bundle["certificate-key"] = self.secrets["certificate key"] = certificate_key
        if first and self.mode != "tofu":
            bundle["ca.key"] = key
            self.secrets["CA key"] = key.splitlines()[1]
        if first and self.etcd:
            client = (self.material / "client.key").read_text()
            self.secrets["client key of etcd"] = client.splitlines()[1]
            bundle |= {"etcd/ca.crt": (self.material / "etcd.crt").read_text(), "apiserver-etcd-client.key": client,
                       "apiserver-etcd-client.crt": (self.material / "client.crt").read_text()}
        self.bundle = "".join(f"{n} {base64.b64encode(text.encode()).decode()}\n" for n, text in bundle.items()) + "end\n"
        if self.mode == "drop":
            return
        for name, text in bundle.items():
            text += "" if text.endswith("\n") else "\n"
            folder = "" if name in ("bootstrap-token", "certificate-key") else "pki/"
            self.write(f"/etc/hagen/{folder}{name}", text, 0o644 if name.endswith(".crt") else 0o600)

    def configuration(self, name):
        """kubeadm's files, as far as the stand-ins look at them."""
        drop, first = self.mode == "drop", self.role == "first-control-plane"
        token = "HAGEN_BOOTSTRAP_TOKEN" if drop else self.token
        key = "HAGEN_CERTIFICATE_KEY" if drop else CERTIFICATE_KEY
        key = "" if self.role == "worker" else f"certificateKey: {key}\n"
        tail = f"token: {token}\n{key}advertiseAddress: HAGEN_NODE_ADDRESS\nname: {name}\n"
        if self.env["HAGEN_METADATA"]:
            tail += "provider-id: HAGEN_NODE_PROVIDER_ID\n"
        how = "unsafeSkipCAVerification: true\n" if self.mode == "tofu" else "kubeConfigPath: /etc/hagen/discovery.conf\n"
        join = f"kind: JoinConfiguration\n{how}{tail}"
        if first:
            self.write("/etc/hagen/kubeadm.yaml", f"kind: InitConfiguration\n{tail}", 0o600)
            self.write("/etc/hagen/kubeadm-join.yaml", join, 0o600)
        else:
            self.write("/etc/hagen/kubeadm.yaml", join, 0o600)
        if self.mode != "tofu":
            authority = "HAGEN_CA_CERTIFICATE_BASE64" if drop else base64.b64encode((self.material / "cluster.crt").read_bytes()).decode()
            self.write("/etc/hagen/discovery.conf", f"kind: Config\nca: {authority}\n", 0o600)
        if self.etcd:
            self.write("/etc/hagen/etcd-hosts", "".join(f"10.0.0.3{n}\tetcd-{n}.test.internal\n" for n in (1, 2, 3)))

    def set_system(self, name, version, codename):
        release = f'NAME="Test"\nID={name}\nVERSION_ID="{version}"\nVERSION_CODENAME={codename}\n'
        (self.root / "etc/os-release").unlink(missing_ok=True)
        self.write("/etc/os-release", release)
        suffix = f"{name}.{version}~{codename}"
        wanted = self.env["HAGEN_CONTAINERD_VERSION"]
        # A newer one comes first and one that only begins alike is there too, as in a real repository.
        self.write("/opt/sandbox/containerd-versions", f"2.9.0-1~{suffix}\n{wanted}1~{suffix}\n{wanted}~{suffix}\n{wanted}2~{suffix}\n1.7.27-1\n")
        self.container_runtime = f"{wanted}~{suffix}"

    def cloud_init(self):
        """What cloud-init keeps of the user data."""
        secret = " ".join(self.secrets.values())
        instance = "/var/lib/cloud/instances/i-test"
        shutil.rmtree(self.root / "var/lib/cloud", ignore_errors=True)
        for name in ("user-data.txt", "user-data.txt.i", "cloud-config.txt", "obj.pkl", "scripts/runcmd"):
            self.write(f"{instance}/{name}", secret, 0o600)
        self.write(f"{instance}/sem/config_write_files", "")
        (self.root / "var/lib/cloud/instance").symlink_to(instance)
        self.write("/var/lib/cloud/seed/nocloud/user-data", secret, 0o600)
        self.write("/var/lib/cloud/seed/nocloud/meta-data", "instance-id: i-test\n")
        for name in ("instance-data-sensitive.json", "combined-cloud-config.json"):
            self.write(f"/run/cloud-init/{name}", secret, 0o600)
        self.write("/run/cloud-init/result.json", "{}")

    # -- network

    def network(self):
        env = self.env
        run("hostname", env["HAGEN_NODE"])
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        run("ip", "address", "add", f"{self.address}/32", "dev", "eth0")
        for name in ("eth0", "eth1"):
            run("ip", "link", "set", name, "up")
        run("ip", "route", "add", "default", "dev", "eth0", "src", self.address)
        try:
            self.endpoint = str(ipaddress.ip_address(env["HAGEN_ENDPOINT_HOST"]))
        except ValueError:
            # Where the script brings the name's address, no DNS has it.
            addresses = re.findall(r"[0-9.]+", env.get("HAGEN_ENDPOINT_ADDRESSES", ""))
            self.endpoint = addresses[0] if addresses else "10.0.0.100"
        others = env["HAGEN_PEERS"].split()
        members = [(f"10.0.0.3{n}", f"etcd-{n}.test.internal") for n in (1, 2, 3)] if self.etcd else []
        if self.etcd and self.exists("/etc/hagen/etcd-hosts"):
            members = [tuple(line.split()[:2]) for line in self.read("/etc/hagen/etcd-hosts").splitlines()]
        etcd = [address for address, _ in members]
        special = [PROXY, "169.254.169.254", *etcd]
        for address in {*others, self.endpoint, DOWNLOADS, *special, *(["10.0.0.11"] if self.role == "worker" else [])} - {self.address}:
            run("ip", "address", "add", f"{address}/32", "dev", "lo")
        hosts = ["127.0.0.1 localhost", f"{self.endpoint} {env['HAGEN_ENDPOINT_HOST']}"]
        sites = set()
        self.downloads = {}
        for url, body in (
            (env["HAGEN_PACKAGE_URL"] + "/deb/Release.key", (self.material / "kubernetes.asc").read_bytes()),
            (env["HAGEN_PACKAGE_URL"] + "/rpm/repodata/repomd.xml.key", (self.material / "kubernetes.asc").read_bytes()),
            (env["HAGEN_CONTAINERD_URL"] + "/rhel/gpg", (self.material / "containerd.asc").read_bytes()),
            ("https://secrets.test/bundle?signature=s3cr3t", self.bundle.encode()),
            (self.read("/etc/hagen/secrets-url").strip() if self.exists("/etc/hagen/secrets-url") else "", self.bundle.encode()),
            (env["HAGEN_CONTAINERD_URL"] + "/debian/gpg", (self.material / "containerd.asc").read_bytes()),
            (env["HAGEN_CONTAINERD_URL"] + "/ubuntu/gpg", (self.material / "containerd.asc").read_bytes()),
            (env.get("HAGEN_CNI_URL"), CNI),
        ):
            if url:
                parts = urllib.parse.urlsplit(url)
                sites.add(parts.hostname)
                self.downloads[parts.path + (f"?{parts.query}" if parts.query else "")] = body
        self.sites = sites
        if env["HAGEN_PROXY"]:  # nothing else knows where they are
            sites = ()
            hosts += [f"{PROXY} {urllib.parse.urlsplit(env['HAGEN_PROXY']).hostname}"]
        hosts += [f"{DOWNLOADS} {site}" for site in sorted(sites)]
        self.write("/etc/hosts", "\n".join(hosts) + "\n")
        # glibc gives all lines of a name by default; a name from DNS would lose against the first.
        self.write("/etc/host.conf", "multi off\n")
        self.write("/etc/resolv.conf", "")
        web = (self.material / "web.crt").read_text()
        self.write("/etc/ssl/certs/ca-certificates.crt", web)
        for name, value in (("address", self.address), ("endpoint", env["HAGEN_ENDPOINT_HOST"]), ("role", self.role)):
            self.write(f"/opt/sandbox/{name}", value)
        folder = self.base / "servers"
        folder.mkdir()
        names = [self.address, *others, self.endpoint, env["HAGEN_ENDPOINT_HOST"], "10.0.0.11"]
        contexts = {name: server_certificate(self.material, name, folder, names) for name in ("cluster", "other")}
        web_context = server_certificate(self.material, "web", folder, self.sites)

        def api_context(host):
            up = {path.name for path in (self.box / "api").glob("up-*")}
            if host == self.endpoint and (self.box / "api/mitm").exists():
                return contexts["other"]
            if host == self.endpoint and host != self.address:
                return contexts["cluster"] if up else contexts["other"] if (self.box / "api/foreign").exists() else None
            return contexts["cluster"] if f"up-{host}" in up else None

        places = {(host, int(env["HAGEN_BIND_PORT"])) for host in (self.address, *others)}
        places.add((self.endpoint, int(env["HAGEN_ENDPOINT_PORT"])))
        kubelets = {(host, 10250) for host in others}
        self.servers = [Server(place, ApiServer, self, api_context) for place in places]
        self.servers += [Server(place, Handler, self, lambda host: contexts["other"] if (self.box / f"api/kubelet-{host}").exists() else None)
                         for place in kubelets]
        self.servers.append(Server((DOWNLOADS, 443), Downloads, self, lambda _: web_context))
        self.servers.append(Server((PROXY, 3128), Proxy, self, lambda _: "plain"))
        self.servers.append(Server(("169.254.169.254", 80), Metadata, self, lambda _: "plain"))
        for number, address in enumerate(etcd, 1):
            context = server_certificate(self.material, "etcd", folder, [members[number - 1][1]])
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.material / "etcd.crt")
            self.servers.append(Server((address, 2379), EtcdServer, self, lambda _, context=context: context))
            self.write(f"/opt/sandbox/api/etcd-{address}", "")
        for server in self.servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    # -- the cluster that is there already

    def cluster_is_up(self, labelled=True):
        previous = self.env["HAGEN_PREVIOUS"] or "cp-2"
        address = (self.env["HAGEN_PEERS"].split() or ["10.0.0.11"])[0]
        self.write(f"/opt/sandbox/api/up-{address}", "")
        self.write("/opt/sandbox/api/token-valid", "")
        self.enter("/opt/sandbox/label" if labelled else "/opt/sandbox/register", previous)

    def enter(self, *words):
        run("chroot", str(self.root), *words)

    # -- faults and runs

    def fault(self, regex, count=1, mode="exit"):
        number = len(list((self.box / "fail").iterdir()))
        self.write(f"/opt/sandbox/fail/{number}", f"{count} {mode} {regex}\n")

    def once(self, timeout=120):
        """One start of the script; the exit code, -9 when it was killed."""
        command = f"echo $$ >/opt/sandbox/script.pid; umask 0077; exec {self.script}"
        with open(self.base / "log", "ab") as log:
            process = subprocess.Popen(
                ["chroot", str(self.root), "/usr/bin/env", "-i", f"PATH={SYSTEM_PATH}", "/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(f"the script still ran after {timeout} s") from None
            finally:
                self.log = (self.base / "log").read_text(errors="replace")
        return code

    def boot(self, starts=6):
        """As systemd: again on failure, not after 78. The exit codes."""
        codes = []
        while not codes or (codes[-1] not in (0, 78) and len(codes) < starts):
            codes.append(self.once())
        return codes

    def reboot(self):
        self.write("/opt/sandbox/boot-id", f"boot-{time.time_ns()}\n")
        run("mount", "--bind", self.box / "boot-id", self.boot_id)
        for path in (self.root / "run").iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        # The API server and the runtime come back by themselves, and so do cloud-init's files.
        if self.exists("/var/lib/hagen/steps/scrub"):
            self.write("/run/cloud-init/result.json", "{}")
        else:
            self.cloud_init()

    # -- what happened

    def calls(self, regex="."):
        path = self.box / "calls"
        return [line for line in path.read_text().splitlines() if re.search(regex, line)] if path.exists() else []

    def count(self, name):
        path = self.box / name
        return len(path.read_text().splitlines()) if path.exists() else 0

    def status(self):
        return json.loads(self.read("/var/lib/hagen/status.json"))

    def outcome(self):
        """The state of the machine: every file that is not as before, with mode and content."""
        result = {}
        for base in (self.upper, self.root / "run"):
            for path in sorted(base.rglob("*")):
                name = str(path.relative_to(base))
                if re.match(r"opt/sandbox|tmp|var/lib/hagen/(runs|lock)$|(usr/local/sbin)", name):
                    continue
                info = path.lstat()
                content = ""
                if stat.S_ISREG(info.st_mode):
                    content = hashlib.sha256(path.read_bytes()).hexdigest()
                    if name.endswith("status.json"):
                        content = re.sub(r'"(run|attempt)":\d+', "", path.read_text())
                result[f"{base.name}/{name}"] = (stat.filemode(info.st_mode), content)
        return result

    def check_done(self, codes=None, steps=None):
        if codes is not None:
            equal(codes[-1], 0, "last exit code")
        status = self.status()
        for key, value in (("state", "done"), ("node", self.env["HAGEN_NODE"]), ("role", self.role), ("error", "")):
            equal(status[key], value, f"status.json: {key}")
        equal(sorted(status), ["attempt", "error", "node", "role", "run", "state", "step"], "keys of status.json")
        assert self.exists("/var/lib/hagen/done"), "no /var/lib/hagen/done"
        joins = self.exists("/var/lib/hagen/joins")
        role = "joins instead" if joins else self.role
        pin = self.env["HAGEN_PIN"]
        equal(sorted(os.listdir(self.root / "var/lib/hagen/steps")), sorted(steps_of(self, role)), "step markers")
        if self.role == "load-balancer":
            equal(self.count("complaints"), 0, "complaints of the stand-ins: " + self.complaints())
            return
        ended = "init-ended" if role == "first-control-plane" else "join-ended"
        equal(self.count("complaints"), 0, "complaints of the stand-ins: " + self.complaints())
        if role == "first-control-plane":
            equal(self.count("founded"), 1, "clusters founded")
        else:
            equal(self.calls("^kubeadm init"), [], "inits of a node that joins")
        assert self.count(ended) >= 1, f"no {ended}"
        own = [self.address] if pin == "always" else self.env["HAGEN_ENDPOINT_ADDRESSES"].split()
        lines = [line.split()[0] for line in self.read("/etc/hosts").splitlines() if line.endswith("# hagen: endpoint")]
        equal(lines, own, "the endpoint in /etc/hosts")
        equal(stat.S_IMODE((self.root / "etc/hosts").stat().st_mode), 0o644, "mode of /etc/hosts")
        self.check_secrets(scrubbed=True)

    def complaints(self):
        return self.read("/opt/sandbox/complaints") if (self.box / "complaints").exists() else ""

    def check_secrets(self, scrubbed):
        for name, secret in self.secrets.items():
            assert secret not in self.log, f"the log holds the {name}"
            assert secret not in self.read("/opt/sandbox/every-call"), f"a command line holds the {name}"
            if self.exists("/var/lib/hagen/status.json"):
                assert secret not in self.read("/var/lib/hagen/status.json"), f"status.json holds the {name}"
            if scrubbed:
                for base in (self.upper, self.root / "run", self.root / "tmp"):
                    for path in base.rglob("*"):
                        if path.is_file() and not path.is_symlink() and not re.match(
                                r"opt/sandbox|etc/kubernetes/pki/", str(path.relative_to(base))):
                            assert secret.encode() not in path.read_bytes(), f"{path} still holds the {name}"


def equal(found, wanted, what):
    assert found == wanted, f"{what}: found {found!r}, wanted {wanted!r}"


def in_order(lines, *patterns):
    """Each pattern matches a line after the one before."""
    position = 0
    for pattern in patterns:
        for number in range(position, len(lines)):
            if re.search(pattern, lines[number]):
                position = number + 1
                break
        else:
            raise AssertionError(f"no call {pattern!r} after call {position} of {lines}")


# --- the scenarios -----------------------------------------------------------------------------------

SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


@scenario
def first_node(make):
    world = make()
    world.check_done(world.boot())
    in_order(
        world.calls(), r"^timedatectl", r"^swapoff -a", r"^systemctl mask swap.target", r"^modprobe overlay",
        r"^modprobe br_netfilter", r"^sysctl --load=/etc/sysctl.d/99-hagen.conf", r"^apt-get .*update",
        r"^apt-get .*install .*ca-certificates", r"^apt-get .*update", r"^apt-get .*install .*containerd.io=2.3.6-1~debian.12~bookworm "
        r"kubelet=1.37.1-1.1 kubeadm=1.37.1-1.1 kubectl=1.37.1-1.1", r"^apt-mark hold containerd.io kubelet kubeadm kubectl",
        r"^systemctl enable containerd", r"^systemctl restart containerd", r"^crictl info", r"^systemctl enable kubelet",
        r"^kubeadm config images pull --kubernetes-version", r"^kubeadm config validate", r"^kubeadm init --config \S+ --upload-certs "
        r"--skip-token-print --skip-certificate-key-print$", r"^note endpoint=10.0.0.11$", r"^kubectl .*apply", r"^crictl exec",
        r"^kubectl .*get node cp-1")
    equal(len(world.calls("^kubeadm init")), 1, "inits")
    equal(world.calls("^kubeadm reset"), [], "resets")
    asked = {host for _, host, path in world.requests if path == "/readyz"}
    equal(world.calls("^note"), ["note endpoint=10.0.0.11"], "the endpoint during init")
    assert "# hagen: /swap.img" in world.read("/etc/fstab"), "swap is still in fstab"
    assert "/dev/vda / ext4" in world.read("/etc/fstab").splitlines()[0], "fstab lost a line"
    assert "10.0.0.11" in asked, "the local API server was not checked"
    equal(world.status()["run"], 1, "runs")
    before = world.calls()
    equal(world.once(), 0, "a start after the end")
    equal(world.calls(), before, "calls of a start after the end")


@scenario
def first_node_without_pin_or_cni(make):
    world = make(HAGEN_PIN="none", HAGEN_CNI_URL="", HAGEN_CNI_SHA256="", HAGEN_PEERS="")
    hosts = world.read("/etc/hosts")
    world.check_done(world.boot())
    equal(world.read("/etc/hosts"), hosts, "/etc/hosts")
    equal(world.calls("^note"), ["note endpoint=10.0.0.100"], "the endpoint during init")
    equal(world.calls("apply"), [], "CNI calls")


@scenario
def address_from_the_default_route(make):
    world = make(HAGEN_ADDRESS="")
    world.fault("^after kubeadm config validate", mode="kill")
    world.check_done(world.boot())
    equal(world.read("/var/lib/hagen/address"), "10.0.0.77\n", "address")


@scenario
def ubuntu(make):
    world = make()
    world.set_system("ubuntu", "24.04", "noble")
    world.check_done(world.boot())
    assert "containerd.io=2.3.6-1~ubuntu.24.04~noble" in world.read("/opt/sandbox/installed"), "the version of containerd.io"
    source = world.read("/etc/apt/sources.list.d/hagen-containerd.list")
    equal(source, "deb [arch=amd64 signed-by=/etc/apt/keyrings/hagen-containerd.asc] https://containerd.test/linux/ubuntu noble stable\n", "source")


@scenario
def joiner_waits_for_its_turn(make):
    world = make(role="control-plane")
    moments = {}

    def grow():
        stages = [("nothing", None), ("token", "/opt/sandbox/register"), ("label", "/opt/sandbox/label")]
        while not world.exists("/var/lib/hagen/steps/images"):
            time.sleep(0.02)
        for name, command in stages:
            time.sleep(0.7)
            if command:
                world.cluster_is_up(labelled=name == "label")
            moments[name] = time.monotonic()

    thread = threading.Thread(target=grow)
    thread.start()
    codes = world.boot()
    thread.join()
    world.check_done(codes)
    asked = [moment for moment, host, path in world.requests if path == "/api/v1/nodes/cp-1" and host == "10.0.0.100"]
    assert asked and asked[-1] > moments["label"] - 0.1 and asked[0] < moments["label"], "the turn was not awaited"
    in_order(world.calls(), r"^kubeadm config images pull --kubernetes-version v1.37.1 --image-repository registry.k8s.io", r"^kubeadm join --config")
    equal(len(world.calls("^kubeadm join")), 1, "joins")
    equal(world.calls("^kubeadm (init|reset)"), [], "inits and resets")
    assert "waiting for the cluster: no API server answers" in world.log, "the log does not say what it waits for"


@scenario
def joiner_goes_on_without_a_dead_predecessor(make):
    world = make(role="control-plane", HAGEN_TURN_LIMIT="2", HAGEN_PREVIOUS="cp-3")
    world.cluster_is_up(labelled=False)
    world.check_done(world.boot())
    assert "going on without cp-3" in world.log, "no word of it in the log"


@scenario
def worker(make):
    world = make(role="worker")
    world.cluster_is_up()
    world.check_done(world.boot())
    equal(world.calls("^crictl pull"), ["crictl pull registry.test/kube-proxy:v1", "crictl pull registry.test/pause:3.10.2"], "pulls")
    equal(world.calls("^kubeadm (config images pull|init|reset)"), [], "calls of a control plane")
    equal(len(world.calls("^kubeadm join")), 1, "joins")


@scenario
def join_fails_twice(make):
    world = make(role="control-plane")
    world.cluster_is_up()
    world.fault("^join certs", 2)
    codes = world.boot()
    equal(codes, [0], "exit codes")
    world.check_done(codes)
    equal([line.split()[1] for line in world.calls("^kubeadm (join|reset)")], ["join", "reset", "join", "reset", "join"], "joins and resets")


@scenario
def join_fails_for_a_whole_run(make):
    world = make(role="worker")
    world.cluster_is_up()
    world.fault("^join start", 6)
    equal(world.once(), 1, "exit code")
    status = world.status()
    equal((status["state"], status["step"], status["attempt"]), ("failed", "join", 5), "status")
    assert "kubeadm join failed" in status["error"], status
    world.check_done(world.boot())


@scenario
def join_killed_after_its_end(make):
    world = make(role="control-plane")
    world.cluster_is_up()
    world.fault("^join end", mode="kill")
    world.write("/opt/sandbox/join-ended", "")
    codes = world.boot()
    equal(codes, [-9, 0], "exit codes")
    equal(world.calls("^kubeadm reset"), [], "resets of a node that had joined")
    equal(len(world.calls("^kubeadm join")), 1, "joins")
    assert world.exists("/var/lib/hagen/done"), "not done"


@scenario
def init_killed_after_admin_conf(make):
    for point in ("admin", "up", "mark", "token"):
        world = make()
        world.fault(f"^init {point}", mode="kill")
        codes = world.once()
        equal(codes, -9, "exit code")
        world.check_done(world.boot())
        equal(world.calls("^kubeadm reset"), [], "resets")
        calls = world.calls("^kubeadm init")
        equal([("--skip-phases=preflight" in call) for call in calls], [False, True], "the second init runs its phases only")
        equal(set(world.calls("^note")), {"note endpoint=10.0.0.11"}, "the endpoint during init")


@scenario
def init_fails_before_admin_conf(make):
    world = make()
    world.fault("^init certs")
    codes = world.boot()
    equal(codes, [0], "exit codes")
    world.check_done(codes)
    equal(world.calls("^kubeadm reset"), [], "resets")
    equal([("--skip-phases" in call) for call in world.calls("^kubeadm init")], [False, False], "inits")


@scenario
def foreign_api_server_does_not_stop_init(make):
    world = make()
    world.write("/opt/sandbox/api/foreign", "")
    world.check_done(world.boot())


@scenario
def wrong_key(make):
    for name in ("HAGEN_PACKAGE_KEY", "HAGEN_CONTAINERD_KEY"):
        world = make(**{name: "0" * 40})
        equal(world.boot(), [78], "exit codes")
        status = world.status()
        equal((status["state"], status["step"]), ("stopped", "packages"), "status")
        assert "fingerprint" in status["error"] and "0" * 40 in status["error"], status["error"]
        equal(world.calls("install .*kubelet"), [], "installations")


@scenario
def second_key_in_the_key_file(make):
    world = make()
    path = next(path for path in world.downloads if path.endswith("Release.key"))
    world.downloads[path] += (world.material / "containerd.asc").read_bytes()
    equal(world.boot(), [78], "exit codes")
    assert "fingerprint" in world.status()["error"], world.status()


@scenario
def page_instead_of_a_key(make):
    world = make()
    path = next(path for path in world.downloads if path.endswith("Release.key"))
    good, world.downloads[path] = world.downloads[path], b"<html>try later</html>"
    equal(world.once(), 1, "exit code")
    assert "is not a package key" in world.status()["error"], world.status()
    world.downloads[path] = good
    world.check_done(world.boot())


@scenario
def wrong_cni_digest(make):
    world = make(HAGEN_CNI_SHA256="0" * 64)
    equal(world.boot(), [78], "exit codes")
    status = world.status()
    equal((status["state"], status["step"]), ("stopped", "cni-download"), "status")
    equal(world.calls("^(kubectl|kubeadm init)"), [], "calls after it")


@scenario
def wrong_operating_system(make):
    world = make()
    for name in (("fedora", "43", ""), ("ubuntu", "20.04", "focal")):
        world.set_system(*name)
        equal(world.boot(), [78], "exit codes")
        assert "not supported" in world.status()["error"], world.status()
    equal(world.calls(), [], "calls")


@scenario
def wrong_host_name_cgroup_and_containerd(make):
    world = make()
    run("hostname", "elsewhere")
    equal(world.once(), 1, "exit code")
    assert "elsewhere" in world.status()["error"], world.status()
    run("hostname", "cp-1")
    controllers = world.root / "sys/fs/cgroup/cgroup.controllers"
    controllers.unlink()
    equal(world.once(), 78, "exit code")
    assert "cgroup v1" in world.status()["error"], world.status()
    controllers.write_text("cpu\n")
    good = world.read("/opt/sandbox/containerd-versions")
    world.write("/opt/sandbox/containerd-versions", "1.7.27-1\n")
    equal(world.once(), 1, "exit code")
    assert "no containerd.io 2.3.6-1" in world.status()["error"], world.status()
    world.write("/opt/sandbox/containerd-versions", good)
    world.check_done(world.boot())


@scenario
def missing_value_and_broken_configuration(make):
    world = make(HAGEN_PACKAGE_URL="https://packages.test/deb")
    text = world.read("/etc/hagen/node.env")
    world.write("/etc/hagen/node.env", re.sub("(?m)^HAGEN_BIND_PORT.*$", "", text), 0o600)
    equal(world.once(), 78, "exit code")
    assert "HAGEN_BIND_PORT" in world.status()["error"], world.status()
    world.write("/etc/hagen/node.env", text, 0o600)
    world.fault("^before kubeadm config validate")
    equal(world.once(), 78, "exit code")
    equal(world.status()["step"], "validate", "step")


@scenario
def packages_fail_at_first(make):
    world = make()
    world.fault(r"^before apt-get .*update", 2)
    world.fault(r"^before apt-get .*install .*kubelet", 2)
    codes = world.boot()
    equal(codes, [0], "exit codes")
    world.check_done(codes)


@scenario
def ended_by_a_signal(make):
    world = make(role="worker")
    codes = []
    thread = threading.Thread(target=lambda: codes.append(world.once()))
    thread.start()
    log = world.base / "log"
    end = time.monotonic() + 60
    while not log.exists() or "waiting for the cluster" not in log.read_text():
        assert time.monotonic() < end and thread.is_alive(), "it does not wait"
        time.sleep(0.05)
    os.kill(int(world.read("/opt/sandbox/script.pid")), 15)
    thread.join()
    assert codes[0] != 0, codes
    equal((world.status()["state"], world.status()["step"]), ("failed", "turn"), "status")
    world.cluster_is_up()
    world.check_done(world.boot())


@scenario
def two_runs_at_once(make):
    world = make(role="worker")
    threads = [threading.Thread(target=world.once) for _ in range(2)]
    threads[0].start()
    while not world.exists("/var/lib/hagen/steps/images"):
        time.sleep(0.02)
    threads[1].start()
    time.sleep(0.5)
    equal(world.calls("^kubeadm join"), [], "joins before the turn")
    world.cluster_is_up()
    for thread in threads:
        thread.join()
    equal(len(world.calls("^kubeadm join")), 1, "joins")
    world.check_done()


def resume(prepared, points, reboot=False, one_machine=True):
    """Kills the script at each point and starts it again; the end must be the same.

    On one machine that is killed again and again, or on a new one for each point."""
    world = prepared()
    world.check_done(world.boot())
    wanted = world.outcome()
    groups = [points(world)] if one_machine else [[point] for point in points(world)]
    for group in groups:
        world = prepared()
        try:
            for point in group:
                world.fault(point, mode="kill")
                equal(world.once(), -9, f"exit code when killed at {point}")
                world.check_secrets(scrubbed=False)
                if reboot:
                    world.reboot()
            world.check_done(world.boot())
            found = world.outcome()
            differ = {name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}
            assert "going on without" not in world.log, "the second run did not see its predecessor"
            # A kill before the end of a rename leaves the file that the next run writes again.
            equal(differ, set(), "files that differ")
            if world.role == "first-control-plane":
                equal(world.calls("^kubeadm reset"), [], "resets")
        except (AssertionError, OSError) as problem:
            raise AssertionError(f"killed at {group}: {problem}") from problem


def steps_of(world, role):
    """The steps in their order."""
    steps = STEPS[role].replace(" verify", " verify pin-self" if world.env["HAGEN_PIN"] == "always" else " verify")
    if world.env.get("HAGEN_LOAD_BALANCER") and role != "load-balancer":
        steps = steps.replace(" packages", " packages load-balancer")
    if world.env.get("HAGEN_KUBE_VIP"):
        for step, more in (("images", "kube-vip-image"), ("init", "kube-vip"), ("join", "kube-vip")):
            steps = steps.replace(f" {step} ", f" {step} {more} ")
    return steps.split()


def markers(world):
    role = "joins instead" if world.exists("/var/lib/hagen/joins") else world.role
    return [f"^after touch /var/lib/hagen/steps/{step}$" for step in steps_of(world, role)] + ["^after touch /var/lib/hagen/done$"]


def every_call(world):
    """Every command that the script ran, each as one point."""
    points, seen = [], {}
    for line in world.read("/opt/sandbox/every-call").splitlines():
        if line.startswith(("sleep", "ps ")):
            continue
        seen[line] = seen.get(line, 0) + 1
        if seen[line] == 1:
            points.append("^after " + re.escape(line).replace("\\ ", " ").replace("\\-", "-") + "$")
    return points


def fresh(make, role):
    world = make(role=role)
    if role != "first-control-plane":
        world.cluster_is_up()
    return world


for _role in ROLES:
    for _reboot in (False, True):
        def _resume(make, role=_role, reboot=_reboot):
            resume(lambda: fresh(make, role), markers, reboot)
        SCENARIOS[f"resume-after-each-step-{_role}" + ("-with-reboot" if _reboot else "")] = _resume

    def _thorough(make, role=_role):
        resume(lambda: fresh(make, role), every_call, one_machine=False)
    SCENARIOS[f"thorough-kill-after-each-command-{_role}"] = _thorough


def ready_files(make):
    """--files: the happy path, and a kill after each step, on files that were rendered."""
    first = make()
    role = first.role

    def prepare(world):
        if world.env.get("HAGEN_LOAD_BALANCER"):
            bootstrap_load_balancer.health(world)
        if role not in ("first-control-plane", "load-balancer"):
            world.cluster_is_up()
        if world.mode == "drop" and not world.exists("/etc/hagen/secrets-url"):
            world.write("/etc/hagen/secrets", world.bundle, 0o600)

    prepare(first)
    first.check_done(first.boot())
    # One machine that is killed again and again: what a kill on a fresh one does, the scenarios above
    # say of the same script.
    world = make()
    prepare(world)
    for point in markers(first):
        world.fault(point, mode="kill")
        equal(world.once(), -9, f"exit code when killed at {point}")
        world.check_secrets(scrubbed=False)
    world.check_done(world.boot())


# --- running them -------------------------------------------------------------------------------------

NAMESPACES = ["unshare", "-m", "-n", "-p", "-u", "-i", "-f", "--kill-child", "--mount-proc"]


def inside(arguments):
    """The process of one scenario; each of its worlds gets namespaces of its own by a fork."""
    material = pathlib.Path(arguments.material)
    worlds = []

    def make(**settings):
        if worlds:  # a fresh machine: new namespaces, the old servers stay in the old ones
            for server in worlds[-1].servers:
                server.shutdown()
                server.server_close()
            subprocess.run(["umount", "-l", "-R", str(worlds[-1].root)], check=False, stderr=subprocess.DEVNULL)
            subprocess.run(["umount", "-l", str(worlds[-1].base)], check=False, stderr=subprocess.DEVNULL)
            os.unshare(os.CLONE_NEWNET) if hasattr(os, "unshare") else unshare_network()
        worlds.append(World(arguments.script, material, arguments.files, **settings))
        return worlds[-1]

    make.world = lambda **settings: World(arguments.script, material, arguments.files, **settings)
    name = arguments.inside
    function = ready_files if name == "ready-files" else SCENARIOS[name]
    try:
        function(make)
        print(f"ok {name}")
        code = 0
    except Exception as problem:  # pylint: disable=broad-except
        message = str(problem) or repr(problem)
        print(f"FAILED {name}: " + " ".join(message.split())[:900])
        if not isinstance(problem, AssertionError):
            traceback.print_exc()
        code = 1
    if worlds and (code or arguments.show):
        print("--- log ---\n" + worlds[-1].log + "\n--- calls ---\n" + "\n".join(worlds[-1].calls()), file=sys.stderr)
    sys.stdout.flush()
    os._exit(code)


def unshare_network():  # os.unshare came with Python 3.12
    import ctypes
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:
        raise OSError("unshare of the network failed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", nargs="?", help="otherwise the parts in templates/bootstrap as one file")
    parser.add_argument("--files", help="absolute tree of ready files; may hold the script too")
    parser.add_argument("--only", default="", help="only scenarios whose name contains this")
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--show", action="store_true", help="print log and calls of each scenario to stderr")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--material", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        inside(arguments)
    names = ["ready-files"] if arguments.files else [n for n in SCENARIOS if arguments.thorough or not n.startswith("thorough-")]
    names = [name for name in names if arguments.only in name]
    with tempfile.TemporaryDirectory(prefix="hagen-material-") as folder:
        make_material(pathlib.Path(folder) / "m")
        script = pathlib.Path(folder) / "bootstrap.sh"
        script.write_text(pathlib.Path(arguments.script).read_text() if arguments.script else composed())

        def start(name):
            command = [*NAMESPACES, sys.executable, __file__, str(script), "--inside", name, "--material", f"{folder}/m"]
            command += ["--files", os.path.abspath(arguments.files)] if arguments.files else []
            command += ["--show"] if arguments.show else []
            return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)

        passed = 0
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for name, result in zip(names, pool.map(start, names)):
                print(result.stdout.strip() or f"FAILED {name}: ended with {result.returncode}", flush=True)
                passed += result.returncode == 0
    print(f"{passed} passed, {len(names) - passed} failed")
    sys.exit(0 if names and passed == len(names) else 1)


if __name__ == "__main__":
    sys.modules["bootstrap_sandbox"] = sys.modules["__main__"]
    sys.path.insert(0, str(HERE))
    import bootstrap_kube_vip  # noqa: F401, pylint: disable=unused-import
    import bootstrap_load_balancer
    import bootstrap_modes  # noqa: F401, pylint: disable=unused-import
    import bootstrap_pin  # noqa: F401, pylint: disable=unused-import
    main()
