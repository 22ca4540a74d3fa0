#!/usr/bin/env python3
"""Runs the bootstrap script of role etcd with real etcd: one network namespace and one root for each member.

    etcd_real.py [--script FILE] [--files DIR] [--grown DIR] [--only WORD] [--show] [--jobs N]

Needs root, iproute2, util-linux, openssl, curl, etcd and etcdctl (Debian: etcd-server, etcd-client;
3.4 is enough). --files takes one absolute tree for each member (DIR/etcd-1/etc/hagen/node.env ...) as
hagen renders them, --grown the trees of the same cluster with two members more; without them the test
writes its own (make_files). A tree may bring usr/local/lib/hagen/bootstrap.sh; else the parts in
templates/bootstrap are put together.

What differs from a real machine: systemctl starts etcd by the unit's Exec lines but is no systemd; sleep is
short; the tarball is made of the installed programs, so its digests replace those of node.env; etcd
older than 3.6 does not know all settings, so unknown ones leave etcd.yaml (the test says which).
"""
import argparse
import base64
import concurrent.futures
import hashlib
import http.server
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import traceback
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
PARTS = HERE.parent.parent / "templates/bootstrap"
STANDINS = "systemctl timedatectl sleep touch etcdctl apt-get dnf lsblk mkfs.ext4".split()
STEPS = "facts firewall disk packages secrets hosts certificates member start promote verify scrub".split()
DOWNLOADS = "192.0.2.200"
RELEASE = "3.6.6"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Settings of the rendered file that etcd 3.4 does not have.
NEWER = ("feature-gates", "watch-progress-notify-interval")


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)


# --- what hagen renders -----------------------------------------------------------------------


class Authority:
    def __init__(self, folder, name="etcd-ca"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.key, self.certificate = folder, folder / f"{name}.key", folder / f"{name}.crt"
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key)
        run("openssl", "req", "-x509", "-new", "-key", self.key, "-days", "30", "-subj", f"/CN={name}", "-out", self.certificate,
            "-addext", "keyUsage=critical,keyCertSign,digitalSignature")

    def sign(self, name, usage, names=()):
        """A certificate and its SEC1 key: (text, text)."""
        key, request, result = (self.folder / f"{name}-{time.time_ns()}.{end}" for end in ("key", "csr", "crt"))
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        run("openssl", "req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        extensions = self.folder / f"{name}.ext"
        alternatives = ",".join(("IP:" if re.fullmatch(r"[\d.]+", word) else "DNS:") + word for word in names)
        extensions.write_text(f"keyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n"
                              + (f"subjectAltName={alternatives}\n" if names else ""))
        run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-set_serial",
            str(time.time_ns()), "-days", "20", "-extfile", extensions, "-out", result)
        return result.read_text(), key.read_text()


UNIT = """\
[Unit]
Description=etcd, the store of the Kubernetes cluster
Documentation=https://etcd.io/docs/
Wants=network-online.target
After=network-online.target
# Without its data disk it must not start with an empty directory.
RequiresMountsFor=/var/lib/etcd
StartLimitIntervalSec=0

[Service]
Type=notify
User=etcd
# No data: its disk is lost, or it is new. How such a member starts is for hagen's bootstrap to decide.
ExecStartPre=/bin/sh -c 'test -d /var/lib/etcd/data/member/wal || test -e /var/lib/hagen/start-empty'
ExecStart=/usr/local/bin/etcd --config-file /etc/etcd/etcd.yaml
Restart=always
RestartSec=5
# It says that it is ready once it has a quorum, which may need machines that are not there yet.
TimeoutStartSec=infinity
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/var/lib/etcd
ProtectHome=yes
PrivateTmp=yes
OOMScoreAdjust=-900
IOSchedulingClass=best-effort
IOSchedulingPriority=0

[Install]
WantedBy=multi-user.target
"""


def make_files(folder, addresses, authority, cluster="test", **settings):
    """The files of each member, in the form of hagen's."""
    domain = f"{cluster}.etcd.internal"
    everyone = ",".join(f"{name}=https://{name}.{domain}:2380" for name in addresses)
    for name, address in addresses.items():
        full = f"{name}.{domain}"
        certificate, key = authority.sign(name, "serverAuth,clientAuth", (full, name, "localhost", "127.0.0.1"))
        env = {
            "HAGEN_CLUSTER": cluster, "HAGEN_ROLE": "etcd", "HAGEN_NODE": name, "HAGEN_ADDRESS": address,
            "HAGEN_SECRETS": "pinned", "HAGEN_PROXY": "", "HAGEN_NO_PROXY": "", "HAGEN_SYSTEM_REPOSITORY": "",
            "HAGEN_ETCD_VERSION": RELEASE, "HAGEN_ETCD_URL": "https://downloads.test/etcd/releases/download",
            "HAGEN_ETCD_SHA256_AMD64": "0" * 64, "HAGEN_ETCD_SHA256_ARM64": "0" * 64,
            "HAGEN_ETCD_HOST": full, "HAGEN_ETCD_DISK": "", **settings,
        }
        files = {
            "etc/hagen/node.env": "".join(f"{key}='{value}'\n" for key, value in env.items()),
            "etc/hagen/etcd-hosts": "".join(f"{ip}\t{other}.{domain}\n" for other, ip in addresses.items()),
            "etc/hagen/pki/ca.crt": authority.certificate.read_text(),
            "etc/hagen/pki/member.crt": certificate,
            "etc/hagen/pki/member.key": key,
            "etc/hagen/etcd.yaml": f"""\
name: {name}
data-dir: /var/lib/etcd/data
listen-peer-urls: https://HAGEN_NODE_ADDRESS:2380
listen-client-urls: https://HAGEN_NODE_ADDRESS:2379,https://127.0.0.1:2379
initial-advertise-peer-urls: https://{full}:2380
advertise-client-urls: https://{full}:2379
initial-cluster: {everyone}
initial-cluster-token: hagen-{cluster}-0a1b2c3d
initial-cluster-state: new
client-transport-security:
  cert-file: /etc/etcd/pki/member.crt
  key-file: /etc/etcd/pki/member.key
  client-cert-auth: true
  trusted-ca-file: /etc/etcd/pki/ca.crt
peer-transport-security:
  cert-file: /etc/etcd/pki/member.crt
  key-file: /etc/etcd/pki/member.key
  client-cert-auth: true
  trusted-ca-file: /etc/etcd/pki/ca.crt
listen-metrics-urls: http://127.0.0.1:2381
quota-backend-bytes: 8589934592
strict-reconfig-check: true
enable-grpc-gateway: true
feature-gates: InitialCorruptCheck=true
watch-progress-notify-interval: 5000000000
log-level: info
logger: zap
""",
            "etc/systemd/system/etcd.service": UNIT,
        }
        for path, text in files.items():
            target = folder / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            target.chmod(0o600 if path.endswith((".key", ".env")) else 0o644)


def compose():
    """The parts as one file, without lines that are comments: as a machine gets them."""
    parts = [PARTS / f"{part}.sh" for part in ("begin", "drop", "apt", "dnf", "etcd")]
    return re.sub(r"(?m)^ *#[^!].*\n", "", "".join(path.read_text() for path in parts if path.exists()))


# --- the machines ---------------------------------------------------------------------------------


class Member:
    """One machine: its root is an overlay, its network a namespace on the bridge."""

    def __init__(self, world, name):
        self.world, self.name, self.base, self.data, self.process, self.uid = world, name, None, None, None, 900
        run("ip", "netns", "add", name)
        run("ip", "link", "add", f"br-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", f"br-{name}", "master", "bridge", "up")
        self.address = world.addresses[name]
        for words in ("link set lo up", f"address add {self.address}/32 dev eth0", "link set eth0 up",
                      f"route add default dev eth0 src {self.address}"):
            run("ip", "-n", name, *words.split())
        # A machine that is cut off is known to be so at once.
        run("nsenter", f"--net=/run/netns/{name}", "sysctl", "-q", "net.ipv4.neigh.eth0.retrans_time_ms=40")
        self.fresh()

    # -- the root

    def path(self, path):
        return self.root / path.lstrip("/")

    def write(self, path, text, mode=0o644):
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        target.chmod(mode)

    def read(self, path):
        target = self.path(path)
        return target.read_text() if target.exists() else ""

    def fresh(self, keep=False, files=None, **settings):
        """A new machine in this place; keep: with the data of the old one, which another user owns."""
        world = self.world
        kept = None
        if keep:
            kept = world.base / f"kept-{time.time_ns()}"
            shutil.move(self.path("/var/lib/etcd"), kept)
        if self.base:
            run("umount", "-l", "-R", self.root)
        self.uid += 7
        self.base = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=world.base))
        upper, work, self.root = (self.base / word for word in "uwm")
        for folder in (upper, work, self.root):
            folder.mkdir()
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", self.root)
        run("mount", "-t", "proc", "proc", self.root / "proc")
        for folder in ("run", "tmp"):
            run("mount", "-t", "tmpfs", "tmpfs", self.root / folder)
        for folder in ("dev", "sys"):
            run("mount", "--bind", f"/{folder}", self.root / folder)
        for folder in ("etc/hagen", "var/lib/hagen", "var/lib/etcd", "etc/etcd", "usr/local/bin"):
            shutil.rmtree(self.path(folder), ignore_errors=True)
        self.path("/usr/local/bin").mkdir()
        for file in ("etcd", "etcdctl"):  # those that the distribution's packages put there
            self.path(f"/usr/bin/{file}").unlink(missing_ok=True)
        for file in ("passwd", "shadow", "group", "gshadow"):
            lines = self.read(f"/etc/{file}").splitlines()
            self.write(f"/etc/{file}", "\n".join(line for line in lines if not line.startswith("etcd:")) + "\n")
        # useradd takes the next number: another one on each machine.
        self.write("/etc/group", self.read("/etc/group") + f"filler:x:{self.uid}:\n")
        self.write("/etc/login.defs", re.sub(r"(?m)^#?SYS_([UG])ID_MAX.*$", rf"SYS_\1ID_MAX {self.uid}", self.read("/etc/login.defs")))
        shutil.copytree(files or world.files / self.name, self.root, symlinks=True, dirs_exist_ok=True)
        self.set_env(**{"HAGEN_ETCD_SHA256_AMD64": world.digest, "HAGEN_ETCD_SHA256_ARM64": world.digest, **settings})
        text = self.read("/etc/hagen/etcd.yaml")
        if world.old:
            text = re.sub(rf"(?m)^({'|'.join(NEWER)}):.*\n", "", text)
        self.write("/etc/hagen/etcd.yaml", text)
        if world.script or not self.path("/usr/local/lib/hagen/bootstrap.sh").exists():
            self.write("/usr/local/lib/hagen/bootstrap.sh", pathlib.Path(world.script).read_text() if world.script else compose(), 0o700)
        site = urllib.parse.urlsplit(self.env["HAGEN_ETCD_URL"]).hostname
        # As images have it: the own name is 127.0.1.1.
        self.write("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {self.env['HAGEN_ETCD_HOST']} {self.name}\n{DOWNLOADS} {site}\n")
        self.write("/etc/ssl/certs/ca-certificates.crt", world.web.certificate.read_text())
        self.write("/etc/resolv.conf", "")
        self.write("/etc/fstab", "/dev/vda / ext4 defaults 0 1\n")
        self.write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n') if not self.path(
            "/etc/os-release").is_symlink() else None
        self.write("/opt/box/standin", (HERE / "etcd_standin.sh").read_bytes(), 0o755)
        self.write("/opt/box/disks", "")
        for name in STANDINS:
            link = self.path(f"/usr/local/sbin/{name}")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to("/opt/box/standin")
        secret = self.read("/etc/hagen/pki/member.key")
        self.write("/var/lib/cloud/instance/user-data.txt", secret, 0o600)
        self.write("/run/cloud-init/result.json", "{}")
        if kept:
            shutil.move(kept, self.path("/var/lib/etcd"))

    def set_env(self, **settings):
        text = self.read("/etc/hagen/node.env")
        for key, value in settings.items():
            text = re.sub(rf"(?m)^(?:export )?{key}=.*\n", "", text) + f"{key}={shlex.quote(value)}\n"
        self.write("/etc/hagen/node.env", text, 0o600)
        self.env = dict(word.split("=", 1) for line in text.splitlines() for word in shlex.split(line, comments=True))

    # -- running

    def enter(self, *words, **options):
        inside = f'hostname {self.name}; exec chroot {self.root} /usr/bin/env -i PATH={PATH} "$@"'
        return subprocess.Popen(["nsenter", f"--net=/run/netns/{self.name}", "unshare", "-u", "sh", "-c", inside, "sh", *words],
                                stdin=subprocess.DEVNULL, **options)

    def boot(self):
        """One start of the script, which goes on by itself."""
        log = open(self.base / "log", "ab")
        command = "echo $$ >/opt/box/script.pid; exec /usr/local/lib/hagen/bootstrap.sh"
        self.process = self.enter("/bin/sh", "-c", command, stdout=log, stderr=log, start_new_session=True)
        return self

    def end(self, timeout=90):
        """Waits for the script, which starts again as systemd does; its exit codes."""
        codes, end = [], time.monotonic() + timeout
        while True:
            try:
                codes.append(self.process.wait(max(0.1, end - time.monotonic())))
            except subprocess.TimeoutExpired:
                raise AssertionError(f"{self.name}: not done after {timeout} s: {self.tail()}") from None
            if codes[-1] in (0, 78):
                return codes
            assert codes.count(1) < 5, f"{self.name}: exit codes {codes}: {self.tail()}"
            self.boot()

    def done(self, timeout=90):
        codes = self.end(timeout)
        assert codes[-1] == 0, f"{self.name}: exit codes {codes}: {self.tail()}"
        self.check()
        return codes

    def tail(self):
        return self.log()[-600:]

    def log(self):
        path = self.base / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop_script(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def crash(self):
        """The machine dies: script, supervisor and etcd, all at once."""
        self.stop_script()
        for file in ("unit.pid", "etcd.pid"):
            for pid in self.read(f"/opt/box/{file}").split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.path(f"/opt/box/{file}").unlink(missing_ok=True)

    def power(self):
        """On again: what is enabled starts, and so does the script."""
        if self.path("/opt/box/enabled").exists():
            self.enter("systemctl", "start", "--no-block", "etcd").wait()
        return self.boot()

    def link(self, state):
        run("ip", "link", "set", f"br-{self.name}", state)
        for member in self.world.members.values():  # what is cut off is noticed at once
            run("ip", "-n", member.name, "neigh", "flush", "all")

    def rounds(self, count=5):
        """Waits until the script has looked around some more times."""
        def seen():
            return self.lines("calls").count("sleep 5")
        before = seen()
        wait(f"{count} more looks of {self.name}", lambda: seen() >= before + count, 60)

    def lines(self, name):
        return self.read(f"/opt/box/{name}").splitlines()

    def try_ctl(self, *words, host=None, pki="/etc/etcd/pki", credentials=("member.crt", "member.key"), timeout="5s"):
        """etcdctl on this machine: (exit code, output)."""
        words = ["/usr/local/bin/etcdctl", "--endpoints", f"https://{host or self.env['HAGEN_ETCD_HOST']}:2379", "--command-timeout", timeout,
                 "--dial-timeout", "2s", "--cacert", f"{pki}/ca.crt", *words]
        if credentials:
            words += ["--cert", f"{pki}/{credentials[0]}", "--key", f"{pki}/{credentials[1]}"]
        process = self.enter(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = process.communicate(timeout=30)[0]
        return process.returncode, output

    def ctl(self, *words, **options):
        code, output = self.try_ctl(*words, **options)
        assert code == 0, f"{self.name}: etcdctl {' '.join(words)}: {output[-300:]}"
        return output

    def members(self):
        """name -> (id, learner, client URLs) as this member knows them."""
        found = json.loads(self.ctl("member", "list", "-w", "json"))["members"]
        return {m.get("name", ""): (m["ID"], m.get("isLearner", False), m.get("clientURLs", [])) for m in found}

    # -- what must be true at the end

    def check(self):
        status = json.loads(self.read("/var/lib/hagen/status.json"))
        equal((status["state"], status["node"], status["role"], status["error"]), ("done", self.name, "etcd", ""), "status")
        equal(sorted(os.listdir(self.path("/var/lib/hagen/steps"))), sorted(STEPS), f"{self.name}: steps")
        equal(self.lines("complaints"), [], f"{self.name}: complaints")
        for file in ("member", "start-empty"):
            assert not self.path(f"/var/lib/hagen/{file}").exists(), f"{file} is still there"
        for path, mode, owner in (("etc/etcd/etcd.yaml", 0o640, "root:etcd"), ("etc/etcd/pki", 0o750, "root:etcd"),
                                  ("etc/etcd/pki/member.key", 0o640, "root:etcd"), ("etc/etcd/pki/ca.crt", 0o644, "root:root"),
                                  ("var/lib/etcd", 0o700, "etcd:etcd"), ("var/lib/etcd/data/member/wal", 0o700, "etcd:etcd")):
            info = self.path(path).stat()
            names = dict((line.split(":")[2], line.split(":")[0]) for line in self.read("/etc/passwd").splitlines())
            groups = dict((line.split(":")[2], line.split(":")[0]) for line in self.read("/etc/group").splitlines())
            found = (info.st_mode & 0o7777, f"{names.get(str(info.st_uid))}:{groups.get(str(info.st_gid))}")
            equal(found, (mode, owner), f"{self.name}: mode and owner of {path}")
        secret = self.read("/etc/etcd/pki/member.key").splitlines()[1]
        assert secret not in self.log() and secret not in self.read("/opt/box/calls"), "the key is in the log"
        for place in ("etc/hagen", "var/lib/cloud", "run", "var/lib/hagen"):
            for path in self.path(place).rglob("*"):
                assert not path.is_file() or secret.encode() not in path.read_bytes(), f"{path} still holds the key"
        assert self.path("/opt/box/enabled").exists(), "etcd is not enabled"
        hosts = self.read("/etc/hosts").splitlines()
        for line in self.read("/etc/hagen/etcd-hosts").splitlines():
            assert any(found.startswith(line.replace("HAGEN_NODE_ADDRESS", self.address)) for found in hosts), f"/etc/hosts lacks {line}"
        member = self.members()[self.name]
        assert not member[1] and member[2], f"{self.name} is no started voter: {member}"
        self.ctl("endpoint", "health")

    def outcome(self):
        """What must be the same however often the script was killed."""
        result = {}
        for place in ("etc/etcd", "etc/hosts", "etc/hagen", "var/lib/hagen/steps", "usr/local/bin", "etc/fstab", "etc/passwd"):
            top = self.path(place)
            for path in [top, *sorted(top.rglob("*"))] if top.exists() else []:
                info = path.lstat()
                content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
                result[str(path.relative_to(self.root))] = (oct(info.st_mode), info.st_uid, info.st_gid, content)
        return result


class Downloads(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        body = self.server.body if self.path.endswith(f"/{self.server.tarball}") else None
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")


class World:
    """The bridge, the downloads and the machines of one scenario."""

    def __init__(self, arguments):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="hagen-etcd-"))
        run("mount", "--make-rprivate", "/")
        for place in (self.base, "/run"):
            run("mount", "-t", "tmpfs", "tmpfs", place)
        (self.base / "tmp").mkdir()
        for words in ("link set lo up", "link add bridge type bridge", "link set bridge up", f"address add {DOWNLOADS}/32 dev bridge",
                      f"route add default dev bridge src {DOWNLOADS}"):
            run("ip", *words.split())
        self.arguments, self.members, self.script = arguments, {}, arguments.script
        material = pathlib.Path(arguments.material)
        self.authority, self.web, self.other = (object.__new__(Authority) for _ in range(3))
        for authority, name in ((self.authority, "etcd"), (self.web, "web"), (self.other, "other")):
            authority.folder = self.base / f"ca-{name}"
            shutil.copytree(material / name, authority.folder)
            authority.key, authority.certificate = authority.folder / f"{name}.key", authority.folder / f"{name}.crt"
        self.old = (material / "old").exists()
        self.body = (material / "etcd.tar.gz").read_bytes()
        self.digest = hashlib.sha256(self.body).hexdigest()
        self.use(arguments.files, 3)

    def use(self, files, count, **settings):
        """The files of all machines that come from now on."""
        if files:
            self.files = pathlib.Path(files)
            self.addresses = {}
            for tree in sorted(self.files.iterdir()):
                env = dict(word.split("=", 1) for line in (tree / "etc/hagen/node.env").read_text().splitlines() for word in shlex.split(line, comments=True))
                if env["HAGEN_ROLE"] == "etcd":
                    hosts = dict(reversed(line.split()[:2]) for line in (tree / "etc/hagen/etcd-hosts").read_text().splitlines())
                    self.addresses[tree.name] = env["HAGEN_ADDRESS"] or hosts[env["HAGEN_ETCD_HOST"]]
        else:
            self.files = self.base / f"files-{count}-{time.time_ns()}"
            self.addresses = {f"etcd-{number}": f"10.0.{number}.11" for number in range(1, count + 1)}
            make_files(self.files, self.addresses, self.authority, **settings)
        if not hasattr(self, "server"):
            name = next(iter(self.addresses))
            text = (self.files / name / "etc/hagen/node.env").read_text()
            env = dict(word.split("=", 1) for line in text.splitlines() for word in shlex.split(line, comments=True))
            certificate = self.base / "web.pem"
            certificate.write_text("".join(self.web.sign("web", "serverAuth", (urllib.parse.urlsplit(env["HAGEN_ETCD_URL"]).hostname,))))
            machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
            self.server = http.server.ThreadingHTTPServer((DOWNLOADS, 443), Downloads)
            self.server.tarball = f"v{env['HAGEN_ETCD_VERSION']}/etcd-v{env['HAGEN_ETCD_VERSION']}-linux-{machine}.tar.gz"
            self.server.body = self.body
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, *names):
        for name in names or self.addresses:
            self.members[name] = Member(self, name)
        return [self.members[name] for name in names or self.addresses]

    def three(self):
        """A healthy cluster of three."""
        members = self.add()
        for member in members:
            member.boot()
        for member in members:
            member.done()
        return members


class Writer(threading.Thread):
    """Writes a key again and again through the given members; remembers the longest time without success."""

    def __init__(self, member, hosts):
        super().__init__(daemon=True)
        self.member, self.hosts, self.count, self.gap, self.running = member, hosts, 0, 0.0, True
        self.start()

    def run(self):
        last = time.monotonic()
        while self.running:
            host = self.hosts[self.count % len(self.hosts)]
            code, _ = self.member.try_ctl("put", f"/w/{self.count}", str(self.count), host=host, timeout="2s")
            now = time.monotonic()
            if code == 0:
                self.gap = max(self.gap, now - last)
                last = now
                self.count += 1
            else:
                self.hosts = self.hosts[1:] + self.hosts[:1]
            time.sleep(0.3)
        self.gap = max(self.gap, time.monotonic() - last)

    def stop(self):
        self.running = False
        self.join()
        return self.count, self.gap


def equal(found, wanted, what):
    assert found == wanted, f"{what}: found {found!r}, wanted {wanted!r}"


def wait(what, condition, timeout=30):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.1)


def cluster_id(member):
    return json.loads(member.ctl("endpoint", "status", "-w", "json"))[0]["Status"]["header"]["cluster_id"]


def same_data(members):
    def hashes():
        found = [json.loads(m.ctl("endpoint", "hashkv", "-w", "json"))[0]["HashKV"] for m in members]
        return {(h["hash"], h["header"]["revision"]) for h in found}
    wait("the same data on all members", lambda: len(hashes()) == 1)


def voters(member):
    return sorted(name for name, (_, learner, clients) in member.members().items() if clients and not learner)


# --- the scenarios ----------------------------------------------------------------------------------------

SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


@scenario
def life(world):
    """Begin, certificates, a dead member, a kept disk, a lost disk, three to five."""
    one, two, three = world.three()
    equal({cluster_id(m) for m in world.members.values()}.__len__(), 1, "clusters")
    equal(voters(one), ["etcd-1", "etcd-2", "etcd-3"], "voters")
    for member in world.members.values():
        assert "initial-cluster-state: new" in member.read("/etc/etcd/etcd.yaml"), "not begun as rendered"
        equal(member.lines("starts"), ["start"], f"{member.name}: starts of etcd")
        member.process = None
        calls = len(member.lines("calls"))
        equal(member.boot().end(), [0], "a start after the end")
        assert not [c for c in member.lines("calls")[calls:] if c.startswith(("etcdctl", "systemctl"))], "it does something after the end"

    # Who may talk to it.
    one.ctl("put", "/a", "1")
    pki = one.path("/opt/pki")
    pki.mkdir(parents=True)
    shutil.copy(one.path("/etc/etcd/pki/ca.crt"), pki / "ca.crt")

    def client(name, authority):
        for end, text in zip(("crt", "key"), authority.sign(name, "clientAuth")):
            (pki / f"{name}.{end}").write_text(text)
        return f"{name}.crt", f"{name}.key"

    def curl(url, *words):
        return one.enter("curl", "-sf", "--max-time", "5", "--http1.1", "--cacert", "/opt/pki/ca.crt", url, *words, stdout=subprocess.DEVNULL).wait()

    good = ["--cert", "/etc/etcd/pki/member.crt", "--key", "/etc/etcd/pki/member.key"]
    stranger = client("stranger", world.other)
    for what, credentials in (("no certificate", None), ("a certificate of another CA", stranger)):
        code, output = one.try_ctl("get", "/a", host=two.env["HAGEN_ETCD_HOST"], pki="/opt/pki", credentials=credentials, timeout="2s")
        assert code != 0 and "/a" not in output, f"{what} is accepted"
        words = ["--cert", f"/opt/pki/{credentials[0]}", "--key", f"/opt/pki/{credentials[1]}"] if credentials else []
        for host in (m.env["HAGEN_ETCD_HOST"] for m in (one, two, three)):
            for url in (f"https://{host}:2379/version", f"https://{host}:2380/members"):
                equal(curl(url, *good), 0, f"curl's code for {url} with a member's certificate")
                assert curl(url, *words) != 0, f"{what} is accepted at {url}"
    assert curl(f"http://{two.env['HAGEN_ETCD_HOST']}:2379/version") != 0, "plain HTTP is accepted"
    assert curl(f"http://{two.env['HAGEN_ETCD_HOST']}:2381/metrics") != 0, "metrics are served to other machines"
    equal(curl("http://127.0.0.1:2381/metrics"), 0, "curl's code for the metrics on loopback")
    if not world.arguments.files:  # as kube-apiserver comes: clientAuth, no names
        one.ctl("get", "/a", pki="/opt/pki", credentials=client("kube-apiserver-etcd-client", world.authority))

    # What the first control-plane node asks before it founds a cluster, with the functions that ask it.
    for source, name in (("ca.crt", "etcd/ca.crt"), ("member.crt", "apiserver-etcd-client.crt"), ("member.key", "apiserver-etcd-client.key")):
        one.write(f"/opt/first/pki/{name}", one.path(f"/etc/etcd/pki/{source}").read_bytes())
    endpoints = " ".join(f"https://{m.env['HAGEN_ETCD_HOST']}:2379" for m in (one, two, three))
    asks = "etc=/opt/first detail='' keys=''\nask() { curl -s --noproxy '*' --connect-timeout 5 --max-time 15 \"$@\"; }\n"
    asks += (PARTS / "first-etcd.sh").read_text() + f"HAGEN_ETCD_ENDPOINTS='{endpoints}'\nread_etcd && printf '%s' \"$keys\"\n"

    def registry():
        process = one.enter("bash", "-euc", asks, stdout=subprocess.PIPE, text=True)
        output = process.communicate()[0]
        equal(process.returncode, 0, "code of read_etcd")
        return output

    assert '"header"' in registry() and '"count"' not in registry(), f"an empty store: {registry()}"
    one.ctl("put", "/registry/namespaces/default", "{}")
    assert '"count":"1"' in registry(), f"a store with a key: {registry()}"
    one.ctl("del", "/registry/namespaces/default")

    # One dies; its disk is kept, and its machine made anew.
    writer = Writer(one, [one.env["HAGEN_ETCD_HOST"], two.env["HAGEN_ETCD_HOST"]])
    before = three.members()
    wait("writes", lambda: writer.count > 5)
    three.crash()
    count = writer.count
    wait("writes with one member dead", lambda: writer.count > count + 10)
    three.fresh(keep=True)
    three.boot().done()
    equal(three.members(), before, "members after the disk came back")
    assert "the data of this member is there" in three.log(), three.tail()
    assert not [c for c in three.lines("calls") if re.search("member (add|remove|promote)", c)], "it changed the members"
    count, gap = writer.stop()
    assert gap < 8, f"no write went through for {gap:.1f} s"
    same_data((one, two, three))
    equal(len(three.ctl("get", "/w/", "--prefix", "--keys-only").split()), count, "keys")

    # One loses its data: removed, added as a learner, promoted.
    writer = Writer(one, [one.env["HAGEN_ETCD_HOST"], three.env["HAGEN_ETCD_HOST"]])
    old = one.members()
    two.crash()
    two.fresh()
    two.boot().done()
    new = one.members()
    assert new["etcd-2"][0] != old["etcd-2"][0], "it came back under its old id without its data"
    equal({n: new[n] for n in ("etcd-1", "etcd-3")}, {n: old[n] for n in ("etcd-1", "etcd-3")}, "the other members")
    changes = [re.search("member (add|remove|promote).*", c)[0] for c in two.lines("calls") if re.search("member (add|remove|promote)", c)]
    equal(changes[0], f"member remove {old['etcd-2'][0]:x}", "first change")
    assert any(c.startswith("member add etcd-2 --learner") for c in changes) and changes[-1].startswith("member promote"), changes
    count, gap = writer.stop()
    assert gap < 8, f"no write went through for {gap:.1f} s"
    same_data((one, two, three))


@scenario
def three_to_five(world):
    """Two members are added side by side; before, one finds its directory emptied."""
    if world.arguments.files and not world.arguments.grown:
        print("note: three-to-five is left out without --grown")
        return
    one, two, three = world.three()
    # Its directory is emptied under a machine that is done: etcd does not start, the next boot repairs it.
    two.crash()
    shutil.rmtree(two.path("/var/lib/etcd/data"))
    two.path("/opt/box/starts").unlink()
    two.enter("systemctl", "start", "--no-block", "etcd").wait()
    wait("a refusal", lambda: "refused" in two.lines("starts"))
    assert "start" not in two.lines("starts"), "etcd started with an empty directory"
    two.power().done()
    equal(voters(one), ["etcd-1", "etcd-2", "etcd-3"], "voters")
    same_data((one, two, three))

    # Those that are there learn the new names first.
    world.use(world.arguments.grown, 5)
    for member in (one, two, three):
        member.write("/etc/hagen/etcd-hosts", (world.files / member.name / "etc/hagen/etcd-hosts").read_text())
        equal(member.boot().end(), [0], "a start with new names")
    writer = Writer(one, [m.env["HAGEN_ETCD_HOST"] for m in (one, two, three)])
    learners, watching = [], True

    def watch():
        while watching:
            learners.append(sum(learner for _, learner, _ in one.members().values()))
            time.sleep(0.2)

    thread = threading.Thread(target=watch)
    thread.start()
    four, five = world.add("etcd-4", "etcd-5")
    four.boot(), five.boot()
    try:
        four.done(), five.done()
    finally:
        watching = False
        thread.join()
    equal(max(learners), 1, "learners at a time")
    equal(voters(one), [f"etcd-{n}" for n in range(1, 6)], "voters")
    equal(len({cluster_id(m) for m in world.members.values()}), 1, "clusters")
    one_gap = writer.stop()[1]
    assert one_gap < 8, f"no write went through for {one_gap:.1f} s"
    four.crash(), two.crash()
    wait("a write with two of five dead", lambda: five.try_ctl("put", "/five", "1")[0] == 0)
    two.power().end(), four.power().end()
    same_data(world.members.values())


@scenario
def killed_after_each_step(world):
    """All three begin, and each is killed after every step; then one that lost its data, also around each change."""
    plain = world.three()
    wanted = {member.name: member.outcome() for member in plain}
    for member in plain:
        member.crash()
    steps = [f"^after touch /var/lib/hagen/steps/{step}$" for step in STEPS]
    for member in plain:
        member.uid -= 7
        member.fresh()
        member.write("/opt/box/kill", "\n".join([*steps[:8], "^before systemctl start", "^after systemctl start", *steps[8:], "^after touch /var/lib/hagen/done$"]) + "\n")
        member.boot()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = list(pool.map(Member.done, plain))
    for member, codes in zip(plain, results):
        equal(member.read("/opt/box/kill"), "", f"{member.name}: kills that did not happen")
        equal(codes.count(-9), len(STEPS) + 3, f"{member.name}: kills")
        differ = {k: (wanted[member.name].get(k), v) for k, v in member.outcome().items() if wanted[member.name].get(k) != v}
        equal(differ, {}, f"{member.name}: files that differ")
    one, two, three = plain
    equal(voters(one), ["etcd-1", "etcd-2", "etcd-3"], "voters")
    equal(len({cluster_id(m) for m in plain}), 1, "clusters")
    one.ctl("put", "/k", "1")

    two.crash()
    two.fresh()
    points = steps[:7] + [r"^before etcdctl .*member remove", r"^after etcdctl .*member remove", r"^before etcdctl .*member add",
                          r"^after etcdctl .*member add", steps[7], r"^before systemctl start", r"^after systemctl start", steps[8],
                          r"^before etcdctl .*member promote", r"^after etcdctl .*member promote", *steps[9:]]
    two.write("/opt/box/kill", "\n".join(points) + "\n")
    two.boot().done(120)
    equal(two.read("/opt/box/kill"), "", "kills that did not happen")
    equal(voters(one), ["etcd-1", "etcd-2", "etcd-3"], "voters")
    equal(len([c for c in two.lines("killed") if "member remove" in c]), 2, "kills at remove")
    same_data(plain)


@scenario
def others_out_of_reach(world):
    """No member begins a cluster of its own because it sees nobody."""
    one, two, three = world.add()
    # The first sees no machine at all: it waits, and begins when most are there.
    for member in (two, three):
        member.link("down")
    one.boot()
    wait("the first waits", lambda: "nobody answers, 1 of 3 machines are there" in one.log())
    one.rounds()
    assert not one.path("/var/lib/hagen/member").exists(), "it began alone"
    # The second sees nobody either, and never begins.
    one.link("down"), two.link("up")
    two.boot()
    wait("the second waits", lambda: "nobody answers" in two.log())
    # With the third it would have a majority: that is what would split the cluster.
    three.link("up")
    three.boot()
    wait("the third waits", lambda: "nobody answers" in three.log())
    two.rounds(), three.rounds()
    for member in (two, three):
        assert not member.path("/var/lib/hagen/member").exists(), f"{member.name} began without the first"
    one.link("up")
    for member in (one, two, three):
        member.done()
    equal(len({cluster_id(m) for m in (one, two, three)}), 1, "clusters")
    one.ctl("put", "/k", "1")

    # No quorum: a member without its data waits, and joins when there is one again.
    three.crash(), two.crash()
    two.fresh()
    two.boot()
    wait("the decision", lambda: two.read("/var/lib/hagen/member") == "rejoin\n")
    two.rounds(1)
    assert two.lines("starts") == [], "etcd runs without its data"
    three.power()
    two.done()
    equal(three.end(), [0], "exit codes")
    equal(voters(one), ["etcd-1", "etcd-2", "etcd-3"], "voters")
    equal(two.ctl("get", "/k", "--print-value-only"), "1\n", "a value")
    # The first lost its data, and the others are out of reach: it waits too.
    one.crash()
    for member in (two, three):
        member.link("down")
    one.fresh()
    one.boot()
    wait("the first waits", lambda: "1 of 3 machines are there" in one.log())
    one.rounds()
    assert not one.path("/var/lib/hagen/member").exists(), "it began a second cluster"
    for member in (two, three):
        member.link("up")
    one.done()
    same_data((one, two, three))


@scenario
def stopped_members(world):
    """A member whose data is gone does not begin anew because the others are only stopped."""
    one, two, three = world.three()
    one.ctl("put", "/k", "1")
    for member in (one, two, three):
        member.crash()
    shutil.rmtree(one.path("/var/lib/etcd/data"))
    one.power()
    wait("the first waits", lambda: "this machine had data that is gone" in one.log())
    one.rounds(15)
    assert not one.path("/var/lib/hagen/member").exists(), "it began a second cluster"
    for member in (two, three):
        member.power()
    for member in (one, two, three):
        member.done()
    equal(one.ctl("get", "/k", "--print-value-only"), "1\n", "a value")
    equal(voters(one), ["etcd-1", "etcd-2", "etcd-3"], "voters")
    same_data((one, two, three))


@scenario
def one_to_three(world):
    """Two members are added to one, which they cannot reach at first: two of three could form a cluster."""
    if world.arguments.files:
        print("note: left out with --files")
        return
    world.use(None, 1)
    one, = world.add("etcd-1")
    one.boot().done()
    one.ctl("put", "/k", "1")
    world.use(None, 3)
    one.write("/etc/hagen/etcd-hosts", (world.files / "etcd-1/etc/hagen/etcd-hosts").read_text())
    equal(one.boot().end(), [0], "a start with new names")
    one.link("down")
    two, three = world.add("etcd-2", "etcd-3")
    two.boot(), three.boot()
    wait("both wait", lambda: all("nobody answers" in m.log() for m in (two, three)))
    two.rounds(), three.rounds()
    assert not any(m.lines("starts") for m in (two, three)), "a second cluster"
    one.link("up")
    two.done(), three.done()
    equal(len({cluster_id(m) for m in (one, two, three)}), 1, "clusters")
    equal(three.ctl("get", "/k", "--print-value-only"), "1\n", "a value")
    # A learner whose machine dies before it is promoted is taken away by its own successor.
    three.crash()
    three.fresh()
    three.write("/opt/box/kill", "^before etcdctl .*member promote\n")
    three.boot().process.wait(60)
    three.crash()
    equal([m[1] for m in one.members().values()].count(True), 1, "learners")
    three.fresh()
    three.boot().done()
    same_data((one, two, three))


@scenario
def what_is_wrong(world):
    """A wrong digest, a name that is taken, a directory without a log."""
    one, two, three = world.three()
    two.crash()
    two.fresh(HAGEN_ETCD_SHA256_AMD64="1" * 64, HAGEN_ETCD_SHA256_ARM64="1" * 64)
    equal(two.boot().end(), [78], "exit codes")
    assert "SHA-256" in two.tail() and not two.path("/usr/local/bin/etcd").exists(), two.tail()
    # Its place is taken by a member of another name, which must stay.
    wait("a new leader", lambda: one.try_ctl("put", "/a", "1")[0] == 0)
    one.ctl("member", "remove", f"{one.members()['etcd-2'][0]:x}")
    wait("a place for a learner", lambda: one.try_ctl("member", "add", "guest", "--learner", f"--peer-urls=https://{three.env['HAGEN_ETCD_HOST']}:2381")[0] == 0)
    two.fresh()
    two.boot()
    wait("it cannot be added", lambda: "too many learner" in two.log())
    guest = [i for n, (i, learner, _) in one.members().items() if learner]
    equal(len(guest), 1, "learners")
    two.stop_script()
    equal([i for n, (i, learner, _) in one.members().items() if learner], guest, "the other learner")
    one.ctl("member", "remove", f"{guest[0]:x}")
    two.boot().done()
    # Half of the data is gone.
    two.crash()
    shutil.rmtree(two.path("/var/lib/etcd/data/member/wal"))
    equal(two.boot().end(), [78], "exit codes")
    assert "no log" in two.tail(), two.tail()
    # What is left of it must not be taken for data, nor be thrown away.
    assert two.path("/var/lib/etcd/data/member/snap/db").exists(), "the database is gone"
    # Removed by the others while it was down: it says so, and keeps its data.
    two.path("/var/lib/etcd/data").rename(two.path("/var/lib/etcd/old"))
    two.boot().done()
    three.crash()
    wait("a new leader", lambda: one.try_ctl("put", "/a", "1")[0] == 0)
    one.ctl("member", "remove", f"{one.members()['etcd-3'][0]:x}")
    three.path("/var/lib/hagen/steps/verify").unlink(), three.path("/var/lib/hagen/done").unlink()
    three.power()
    wait("it says that it was removed", lambda: "does not list this member" in three.log())
    three.stop_script()
    assert list(three.path("/var/lib/etcd/data/member/wal").glob("*.wal")), "its data is gone"
    equal(voters(one), ["etcd-1", "etcd-2"], "voters")
    three.crash()
    three.path("/var/lib/etcd/data").rename(three.path("/var/lib/etcd/old"))
    three.power().done()
    equal(voters(one), ["etcd-1", "etcd-2", "etcd-3"], "voters")


@scenario
def disks(world):
    """The data disk: only an empty one is formatted, one with the label is kept, none is guessed."""
    if world.arguments.files:
        print("note: left out with --files")
        return
    world.use(None, 1, HAGEN_ETCD_DISK="separate")
    one, = world.add("etcd-1")
    loops = []

    def disk(content=None):
        file = world.base / f"disk-{len(loops)}"
        with open(file, "wb") as target:
            target.truncate(256 << 20)
        if content == "ext4":
            run("mkfs.ext4", "-q", file)
        elif content:
            with open(file, "r+b") as target:
                target.seek(content)
                target.write(b"data" if content < 1 << 20 else struct.pack("<8I", 0xA92B4EFC, 0, 90, 0, 0, 1, 0, 1))
        loops.append(subprocess.check_output(["losetup", "-f", "--show", file], text=True).strip())
        return loops[-1]

    def signature(name):
        return subprocess.run(["blkid", "-c", "/dev/null", "-o", "value", "-s", "LABEL", name], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()

    try:
        full, unknown, raid, partitioned, blank, second = disk("ext4"), disk(4096), disk((256 << 20) - (64 << 10)), disk(), disk(), disk()
        one.write("/opt/box/partitioned", partitioned + "\n")
        one.write("/opt/box/disks", "\n".join(loops) + "\n")
        equal(one.boot().end(), [78], "exit codes with two empty disks")
        assert f"more than one empty disk: {blank} {second}." in one.tail(), one.tail()
        one.write("/opt/box/disks", f"{full}\n{unknown}\n{raid}\n{partitioned}\n")
        one.boot()
        wait("it waits for a disk", lambda: "waiting for the data disk" in one.log().split("more than one")[-1])
        one.write("/opt/box/kill", "^before mkfs.ext4\n^after mkfs.ext4\n^after touch /var/lib/hagen/steps/disk$\n")
        one.write("/opt/box/disks", f"{full}\n{unknown}\n{raid}\n{partitioned}\n{blank}\n")
        one.done()
        equal(one.read("/opt/box/kill"), "", "kills that did not happen")
        equal([signature(name) for name in (full, unknown, raid, partitioned, blank, second)], ["", "", "", "", "etcd", ""], "labels")
        equal(subprocess.check_output(["dd", f"if={unknown}", "bs=4096", "skip=1", "count=1"], stderr=subprocess.DEVNULL)[:4], b"data", "a disk with unknown data")
        equal(one.read("/etc/fstab"), "/dev/vda / ext4 defaults 0 1\nLABEL=etcd /var/lib/etcd ext4 defaults,noatime,nofail 0 2\n", "fstab")
        equal(len([c for c in one.lines("calls") if c.startswith("mkfs")]), 2, "formats")
        one.ctl("put", "/k", "1")
        # The machine is made anew, the disk is kept, and another one is empty.
        one.crash()
        time.sleep(0.3)
        run("umount", one.path("/var/lib/etcd"))
        one.fresh()
        one.write("/opt/box/disks", f"{second}\n{blank}\n")
        one.boot().done()
        equal([c for c in one.lines("calls") if c.startswith("mkfs")], [], "formats")
        equal(one.ctl("get", "/k", "--print-value-only"), "1\n", "a value")
        # Not mounted: nothing may look like lost data.
        one.crash()
        time.sleep(0.3)
        run("umount", one.path("/var/lib/etcd"))
        one.boot().done()
        equal(one.ctl("get", "/k", "--print-value-only"), "1\n", "a value")
    finally:
        one.crash()
        time.sleep(0.3)
        subprocess.run(["umount", str(one.path("/var/lib/etcd"))], check=False, stderr=subprocess.DEVNULL)
        for name in loops:
            subprocess.run(["losetup", "-d", name], check=False)


@scenario
def secrets_later(world):
    """HAGEN_SECRETS=drop: a person brings the certificates, and not half of them."""
    if world.arguments.files:
        print("note: left out with --files")
        return
    world.use(None, 1, HAGEN_SECRETS="drop")
    one, = world.add("etcd-1")
    names = ("ca.crt", "member.crt", "member.key")
    lines = [f"{name} {base64.b64encode(one.path(f'/etc/hagen/pki/{name}').read_bytes()).decode()}" for name in names]
    shutil.rmtree(one.path("/etc/hagen/pki"))
    one.path("/var/lib/cloud/instance/user-data.txt").unlink()
    one.boot()
    wait("it waits for the secrets", lambda: "waiting for the secrets" in one.log())
    for bundle in (lines[:2] + ["end"], lines):
        one.write("/etc/hagen/secrets", "\n".join(bundle) + "\n", 0o600)
        one.rounds(2)
        assert not one.path("/etc/hagen/pki/member.key").exists(), "half a bundle is taken"
    one.write("/etc/hagen/secrets.new", "\n".join([*lines, "end"]) + "\n", 0o600)
    one.path("/etc/hagen/secrets.new").rename(one.path("/etc/hagen/secrets"))
    one.done()
    assert not one.path("/etc/hagen/secrets").exists(), "the bundle is still there"


# --- running them -------------------------------------------------------------------------------------------

NAMESPACES = ["unshare", "-m", "-n", "-p", "-i", "-f", "--kill-child", "--mount-proc"]


def inside(arguments):
    world, began = None, time.monotonic()
    try:
        world = World(arguments)
        SCENARIOS[arguments.inside](world)
        print(f"ok {arguments.inside} ({time.monotonic() - began:.0f} s)")
        code = 0
    except Exception as problem:  # pylint: disable=broad-except
        print(f"FAILED {arguments.inside}: " + (str(problem) or repr(problem))[:1500])
        if not isinstance(problem, AssertionError):
            traceback.print_exc()
            if isinstance(problem, subprocess.CalledProcessError):
                print(problem.stderr, file=sys.stderr)
        code = 1
    if world and (code or arguments.show):
        for member in world.members.values():
            print(f"--- {member.name}: log\n{member.log()}\n--- calls\n{member.read('/opt/box/calls')[-3000:]}\n--- starts\n{member.read('/opt/box/starts')[-500:]}"
                  f"\n--- etcd\n{member.read('/var/log/etcd.log')[-2500:]}", file=sys.stderr)
    sys.stdout.flush()
    os._exit(code)


def make_material(folder, release):
    for name in ("etcd", "web", "other"):
        Authority(folder / name, name)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    with tarfile.open(folder / "etcd.tar.gz", "w:gz", compresslevel=0) as tar:
        for name in ("etcd", "etcdctl"):
            path = shutil.which(name) or sys.exit(f"{name} is missing: apt-get install etcd-server etcd-client")
            tar.add(path, f"etcd-v{release}-linux-{machine}/{name}")
        stub = tarfile.TarInfo(f"etcd-v{release}-linux-{machine}/etcdutl")  # 3.4 has none
        stub.mode, content = 0o755, b"#!/bin/sh\n"
        stub.size = len(content)
        tar.addfile(stub, io.BytesIO(content))
    version = subprocess.check_output(["etcd", "--version"], text=True)
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    if (int(found[1]), int(found[2])) < (3, 6):
        (folder / "old").touch()
        print(f"note: etcd {found[0]} does not know {', '.join(NEWER)}: dropped from etcd.yaml")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--script", help="the composed script, instead of the parts or the one in the trees")
    parser.add_argument("--files", help="one absolute tree for each member")
    parser.add_argument("--grown", help="the same with two members more")
    parser.add_argument("--only", default="", help="only scenarios whose name contains this")
    parser.add_argument("--show", action="store_true", help="print the logs to stderr")
    parser.add_argument("--jobs", type=int, default=len(SCENARIOS))
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--material", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        inside(arguments)
    names = [name for name in SCENARIOS if arguments.only in name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hagen-material-") as folder:
        release = RELEASE
        for tree in sorted(pathlib.Path(arguments.files).iterdir()) if arguments.files else []:
            found = re.search(r"(?m)^(?:export )?HAGEN_ETCD_VERSION=['\"]?([\d.]+)", (tree / "etc/hagen/node.env").read_text())
            release = found[1] if found else release
        make_material(pathlib.Path(folder), release)

        def start(name):
            command = [*NAMESPACES, sys.executable, __file__, "--inside", name, "--material", folder]
            for option in ("script", "files", "grown"):
                if getattr(arguments, option):
                    command += [f"--{option}", os.path.abspath(getattr(arguments, option))]
            command += ["--show"] if arguments.show else []
            return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)

        passed = 0
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for name, result in zip(names, pool.map(start, names)):
                print(result.stdout.strip() or f"FAILED {name}: ended with {result.returncode}", flush=True)
                passed += result.returncode == 0
    print(f"{passed} passed, {len(names) - passed} failed, {time.monotonic() - began:.0f} s")
    sys.exit(0 if names and passed == len(names) else 1)


if __name__ == "__main__":
    main()
