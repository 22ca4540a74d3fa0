"""More scenarios of bootstrap_sandbox.py: systems, networks, how secrets come, several machines."""
import base64
import ctypes
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import tempfile
import threading
import time
import traceback
from datetime import datetime, timedelta, timezone

from bootstrap_sandbox import HERE, ROLES, SCENARIOS, composed, detached_signature, equal, in_order, markers, resume, run, scenario

FIRST, CONTROL, WORKER = "first-control-plane", "control-plane", "worker"
INIT = "/opt/sandbox/kubeadm-init.yaml"
JOIN = "/opt/sandbox/kubeadm-join.yaml"


def while_waiting(world, *acts):
    """Boots the machine; each act (WORDS, FUNCTION) follows when the log has its words."""
    codes = []
    thread = threading.Thread(target=lambda: codes.extend(world.boot()))
    thread.start()
    log = world.base / "log"
    for words, act in acts:
        end = time.monotonic() + 60
        while not log.exists() or words not in log.read_text(errors="replace"):
            if time.monotonic() > end or not thread.is_alive():
                thread.join(1)
                raise AssertionError(f"the log never said {words!r}: {world.log[-600:]}")
            time.sleep(0.03)
        act()
    thread.join()
    return codes


def put(world, path, text):
    world.write(path + ".part", text, 0o600)
    (world.root / (path + ".part").lstrip("/")).rename(world.root / path.lstrip("/"))


def up(world, *names):
    for name in names:
        world.write(f"/opt/sandbox/api/{name}", "")


def quick(seconds):
    """For what must not happen meanwhile."""
    time.sleep(seconds)


# --- operating systems ---------------------------------------------------------------------------


def dnf_machine(world, name, version, keys=()):
    world.set_system(name, version, "")
    for folder in ("yum.repos.d", "pki/rpm-gpg"):
        shutil.rmtree(world.root / "etc" / folder, ignore_errors=True)
        (world.root / "etc" / folder).mkdir(parents=True)
    world.write("/etc/yum.repos.d/base.repo", "[base]\nbaseurl=https://elsewhere.test/\n")
    for key in keys:
        world.write(f"/etc/pki/rpm-gpg/{key}", "a key\n")
    world.write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")


@scenario
def rocky_and_alinux(make):
    for name, version, el, role in (("rocky", "9.6", 9, FIRST), ("alinux", "3", 8, CONTROL), ("almalinux", "9.4", 9, WORKER)):
        world = make(role=role)
        dnf_machine(world, name, version)
        if role != FIRST:
            world.cluster_is_up()
        world.check_done(world.boot())
        calls = world.calls()
        in_order(calls, r"^dnf .*install .*conntrack-tools.* nftables", r"^dnf .*--allowerasing --disableexcludes=all install "
                 r"containerd.io-2.3.6 kubelet-1.37.1 kubeadm-1.37.1 kubectl-1.37.1$", "^setenforce 0", "^systemctl restart containerd")
        assert not any(" conntrack " in call or call.startswith("apt") for call in calls), calls
        repository = world.read("/etc/yum.repos.d/hagen-kubernetes.repo")
        for line in ("baseurl=https://packages.test/core:/stable:/v1.37/rpm/", "gpgcheck=1", "gpgkey=file:///etc/pki/rpm-gpg/hagen-kubernetes",
                     "exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni"):
            assert line in repository.splitlines(), repository
        repository = world.read("/etc/yum.repos.d/hagen-containerd.repo")
        for line in (f"baseurl=https://containerd.test/linux/rhel/{el}/$basearch/stable", "gpgcheck=1", "exclude=containerd.io"):
            assert line in repository.splitlines(), repository
        equal(world.read("/etc/selinux/config").splitlines()[0], "SELINUX=permissive", "SELinux")
        assert world.exists("/etc/yum.repos.d/base.repo"), "the system's own sources are gone"


@scenario
def rocky_with_a_wrong_key(make):
    for name in ("HAGEN_PACKAGE_KEY", "HAGEN_CONTAINERD_RPM_KEY"):
        world = make(**{name: "0" * 40})
        dnf_machine(world, "rocky", "9.6")
        equal(world.boot(), [78], "exit codes")
        assert "fingerprint" in world.status()["error"], world.status()
        equal(world.calls("install .*kubelet"), [], "installations")


@scenario
def rocky_without_selinux_and_with_a_first_failure(make):
    world = make()
    dnf_machine(world, "rocky", "9.6")
    (world.root / "etc/selinux/config").unlink()
    world.fault("^before dnf .*install .*conntrack", 2)
    world.fault("^before dnf .*install .*kubelet", 2)
    equal(world.boot(), [0], "exit codes")
    world.check_done()
    equal(world.calls("^setenforce"), [], "SELinux")


@scenario
def cgroup_v1_is_left_by_one_reboot(make):
    for name, version in (("alinux", "3"), ("rocky", "9.6")):
        world = make()
        dnf_machine(world, name, version)
        world.reboot()
        controllers = world.root / "sys/fs/cgroup/cgroup.controllers"
        controllers.unlink()
        world.fault("^after grubby", mode="kill")
        equal(world.once(), -9, "exit code")
        for _ in range(2):  # a reboot that did not come yet is asked for again
            equal(world.once(), 0, "exit code")
            assert world.calls()[-1] == "systemctl reboot", world.calls()
        assert not world.exists("/var/lib/hagen/done"), "done before the reboot"
        world.reboot()
        if name == "rocky":  # it did not help
            equal(world.boot(), [78], "exit codes")
            assert "cgroup v1" in world.status()["error"], world.status()
            equal(len(world.calls("^systemctl reboot")), 2, "reboots")
        controllers.write_text("cpu\n")
        world.check_done(world.boot())
        in_order(world.calls(), "^grubby --update-kernel=ALL --args=systemd.unified_cgroup_hierarchy=1", "^systemctl reboot")


@scenario
def cgroup_v1_elsewhere(make):
    world = make()
    (world.root / "sys/fs/cgroup/cgroup.controllers").unlink()
    equal(world.boot(), [78], "exit codes")
    equal(world.calls("reboot|grubby"), [], "reboots")


@scenario
def firewalls_are_switched_off(make):
    for name, call in (("firewalld", "systemctl disable --now firewalld"), ("ufw", "ufw disable")):
        world = make()
        world.write(f"/opt/sandbox/{name}", "")
        world.check_done(world.boot())
        assert call in world.calls(), world.calls()
        assert re.search(f"WARNING: .*firewall.*{name}", world.log), "no word of it in the log"
    world = make()
    world.check_done(world.boot())
    equal(world.calls("disable"), [], "firewalls that are off")


@scenario
def size(_):
    for parts, most in (("begin apt pin first kubernetes", 9800), ("begin apt kubernetes", 7900),
                        ("begin dnf drop provider-aws first first-etcd kubernetes", 10900)):
        found = len(gzip.compress(composed(parts.split()).encode(), 6))
        assert found <= most, f"{parts}: {found} bytes after gzip -6, and user data has room for {most}"


@scenario
def machines_have_the_parts_that_they_need(make):
    for role, mode, parts in ((FIRST, "pinned", "begin apt first kubernetes"), (WORKER, "pinned", "begin apt kubernetes"),
                              (CONTROL, "drop", "begin drop apt kubernetes"), (CONTROL, "tofu", "begin apt tofu kubernetes")):
        world = make(role=role, mode=mode, parts=parts)
        if role != FIRST:
            world.cluster_is_up()
        if mode == "drop":
            put(world, "/etc/hagen/secrets", world.bundle)
        world.check_done(world.boot())
    for settings, lacking in (({"mode": "drop", "parts": "begin apt first kubernetes"}, "take_secrets"),
                              ({"parts": "begin dnf first kubernetes"}, "apt_tools"), ({"parts": "begin apt kubernetes"}, "guard"),
                              ({"etcd": True, "parts": "begin apt first kubernetes"}, "await_etcd"),
                              ({"role": WORKER, "mode": "tofu", "parts": "begin apt kubernetes"}, "find_ca"),
                              ({"role": WORKER, "HAGEN_METADATA": "aws", "parts": "begin apt kubernetes"}, "provider_id")):
        world = make(**settings)
        equal(world.boot(), [78], "exit codes")
        assert f"the part that has {lacking}" in world.status()["error"], world.status()
        equal(world.calls("^kubeadm (init|join)"), [], "inits and joins")


@scenario
def full_host_name(make):
    world = make(role=WORKER)
    run("hostname", "worker-1.test.internal")
    world.cluster_is_up()
    equal(world.boot(), [0], "exit codes")


@scenario
def unit_for_old_systemd(make):
    unit = (HERE.parent.parent / "templates/hagen-bootstrap.service").read_text()
    assert not re.search("(?m)^Standard.*append:", unit), "StandardOutput=append: is for systemd 240 and later"
    command = re.search("(?m)^ExecStart=/bin/sh -c '([^']*)'$", unit)[1]
    world = make()
    world.script = "/usr/local/lib/hagen/started"
    world.write(world.script, f"#!/bin/sh\n{command}\n", 0o755)
    equal(world.boot(), [0], "exit codes")
    text = world.read("/var/log/hagen-bootstrap.log")
    assert "this node is part of the cluster" in text and not world.log, "the log is elsewhere"
    equal((world.root / "var/log/hagen-bootstrap.log").stat().st_mode & 0o777, 0o600, "mode of the log")


# --- networks --------------------------------------------------------------------------------------


@scenario
def proxy_for_downloads_only(make):
    for name in ("debian", "rocky"):
        world = make(role=FIRST if name == "debian" else CONTROL, HAGEN_PROXY="http://192.0.2.201:3128", HAGEN_NO_PROXY="10.0.0.0/8")
        if name == "rocky":
            dnf_machine(world, "rocky", "9.6")
            world.cluster_is_up()
        world.check_done(world.boot())
        hosts = {target.split(":")[0] for target in world.proxied}
        equal(hosts, {"packages.test", "containerd.test"} | ({"cni.test"} if name == "debian" else set()), "hosts asked through the proxy")
        assert world.requests, "no API server was asked"


@scenario
def direct_without_a_proxy(make):
    world = make()
    world.check_done(world.boot())
    equal(world.proxied, [], "hosts asked through the proxy")


@scenario
def system_repository_apt(make):
    base = "https://mirror.test/base"
    for name, version, codename, wanted in (
            ("debian", "12", "bookworm", "debian bookworm main;debian bookworm-updates main;debian-security bookworm-security main"),
            ("ubuntu", "24.04", "noble", "ubuntu noble main universe;ubuntu noble-updates main universe;ubuntu noble-security main universe")):
        world = make(HAGEN_SYSTEM_REPOSITORY=base)
        world.set_system(name, version, codename)
        for path in ("sources.list", "sources.list.d/vendor.list", "sources.list.d/debian.sources"):
            world.write(f"/etc/apt/{path}", "deb https://elsewhere.test/ x main\n")
        world.write(f"/usr/share/keyrings/{name}-archive-keyring.gpg", "a key\n")
        world.fault("^after apt-get .*install", mode="kill")
        equal(world.once(), -9, "exit code")
        world.check_done(world.boot())
        key = f"/usr/share/keyrings/{name}-archive-keyring.gpg"
        equal(world.read("/etc/apt/sources.list.d/hagen-system.list").splitlines(),
              [f"deb [signed-by={key}] {base}/{line}" for line in wanted.split(";")], "sources")
        folder = world.root / "etc/apt/sources.list.d"
        equal(sorted(p.name for p in folder.iterdir() if p.suffix in (".list", ".sources")),
              ["hagen-containerd.list", "hagen-kubernetes.list", "hagen-system.list"], "sources that apt reads")
        assert not world.exists("/etc/apt/sources.list"), "the distribution's source is still there"
        assert "elsewhere.test" in world.read("/etc/apt/sources.list.hagen"), "the old source is lost"


@scenario
def system_repository_dnf(make):
    base = "https://mirror.test/base"
    for name, version, keys, wanted in (
            ("rocky", "9.6", ("RPM-GPG-KEY-Rocky-9", "RPM-GPG-KEY-Rocky-9-Testing", "RPM-GPG-KEY-EPEL-9"),
             {"hagen-BaseOS.repo": "rockylinux/$releasever/BaseOS/$basearch/os/", "hagen-AppStream.repo": "rockylinux/$releasever/AppStream/$basearch/os/"}),
            ("alinux", "3", (), {f"hagen-{part}.repo": f"alinux/$releasever/{part}/$basearch/" for part in ("os", "updates", "plus")})):
        world = make(HAGEN_SYSTEM_REPOSITORY=base)
        dnf_machine(world, name, version, keys)
        world.check_done(world.boot())
        folder = world.root / "etc/yum.repos.d"
        equal(sorted(path.name for path in folder.glob("*.repo")), sorted([*wanted, "hagen-containerd.repo", "hagen-kubernetes.repo"]), "sources")
        for file, path in wanted.items():
            text = (folder / file).read_text()
            assert f"baseurl={base}/{path}" in text.splitlines() and "gpgcheck=1" in text.splitlines(), text
            key = "file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Rocky-9" if keys else f"{base}/alinux/$releasever/RPM-GPG-KEY-ALINUX-3"
            assert re.search(f"(?m)^gpgkey= ?{re.escape(key)}$", text), text
        assert (folder / "base.repo.hagen").exists(), "the old source is lost"


@scenario
def metadata_is_kept_from_pods(make):
    world = make()
    world.write("/etc/hagen/metadata.nft", "table inet hagen {}\n")
    world.check_done(world.boot())
    in_order(world.calls(), r"^apt-get .*install .* nftables ", "^nft -f /etc/hagen/metadata.nft", "^systemctl restart containerd")
    world.reboot()
    world.cloud_init()
    before = len(world.calls("^nft"))
    equal(world.once(), 0, "a start after the end")
    equal(len(world.calls("^nft")), before + 1, "the ruleset at the next boot")
    world.fault("^before nft")
    world.cloud_init()
    equal(world.once(), 1, "a start after the end, with an nft that fails")
    world.check_secrets(scrubbed=True)
    # Killed in between and rebooted: there again before anything runs on the node.
    world = make()
    world.write("/etc/hagen/metadata.nft", "table inet hagen {}\n")
    world.fault("^after touch /var/lib/hagen/steps/images", mode="kill")
    equal(world.once(), -9, "exit code")
    world.reboot()
    world.check_done(world.boot())
    equal(len(world.calls("^nft")), 2, "the ruleset at each boot")


@scenario
def provider_id(make):
    for role, file in ((FIRST, INIT), (WORKER, JOIN)):
        world = make(role=role, HAGEN_METADATA="aws")
        if role != FIRST:
            world.cluster_is_up()
        world.fault("^after touch /var/lib/hagen/steps/provider", mode="kill")
        equal(world.once(), -9, "exit code")
        world.check_done(world.boot())
        assert "provider-id: aws:///eu-test-1a/i-0123\n" in world.read(file), world.read(file)
        assert "metadata-token" not in world.read("/opt/sandbox/every-call").replace("aws-ec2-metadata-token-ttl", ""), "the token is on a command line"


# --- how secrets come --------------------------------------------------------------------------------


@scenario
def signature_is_that_of_kubeadm(_):
    # From the tests of k8s.io/cluster-bootstrap/token/jws.
    equal(detached_signature("Hello from the other side. I must have called a thousand times.", "joshua.my voice is my passcode"),
          "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8", "signature")


def dropped(world):
    """What a node must have got out of its bundle."""
    text = world.read(INIT if world.role == FIRST else JOIN)
    assert f"token: {world.token}\n" in text, text
    if world.role != WORKER:
        assert f"certificateKey: {world.secrets['certificate key']}\n" in text, text
    if world.role != FIRST:
        ca = re.search("ca: (.*)", world.read("/opt/sandbox/discovery.conf"))[1]
        equal(base64.b64decode(ca).decode(), (world.material / "cluster.crt").read_text(), "the CA in the discovery file")


@scenario
def drop_by_hand(make):
    for role in ROLES:
        world = make(role=role, mode="drop", etcd=role == FIRST)
        if role != FIRST:
            world.cluster_is_up()
        good = world.bundle
        lines = good.splitlines()
        bad = [good[:len(good) // 2], "end\n" + "\n".join(lines[:-1]) + "\n", "\n".join(lines[:-1]) + "\n", "\n".join(lines[1:]) + "\n", "evil ZXZpbA==\n" + good, "",
               good.replace(lines[0], lines[0].split()[0] + " !!!"), "../../passwd ZXZpbA==\n" + "\n".join(lines[1:]) + "\n"]

        def bring(world=world, bad=bad, good=good):
            for text in bad:
                put(world, "/etc/hagen/secrets", text)
                quick(0.15)
                assert not world.exists("/var/lib/hagen/steps/secrets"), f"taken: {text}"
            assert world.calls("images pull|crictl pull"), "the images were not pulled meanwhile"
            equal(world.calls("validate|kubeadm (init|join)"), [], "calls before the secrets")
            put(world, "/etc/hagen/secrets", good)

        codes = while_waiting(world, ("waiting for the secrets: put them into /etc/hagen/secrets", bring))
        equal(codes, [0], "exit codes")
        world.check_done()
        dropped(world)
        assert not world.exists("/etc/passwd.evil") and not world.exists("/etc/hagen/secrets"), "the bundle is still there"


@scenario
def drop_by_url(make):
    for role in (FIRST, WORKER):
        world = make(role=role, mode="drop")
        world.secrets["address of the bundle"] = "s3cr3t"
        world.write("/etc/hagen/secrets-url", "https://secrets.test/bundle?signature=s3cr3t\n", 0o600)
        world.cloud_init()
        if role != FIRST:
            world.cluster_is_up()
        path = "/bundle?signature=s3cr3t"
        body = world.downloads.pop(path)

        def appear(world=world, path=path, body=body):
            world.downloads[path] = body[:40]  # cut short
            seen = len(world.fetched)
            while len(world.fetched) < seen + 2:
                quick(0.05)
            assert not world.exists("/var/lib/hagen/steps/secrets"), "half a bundle was taken"
            world.downloads[path] = body

        codes = while_waiting(world, ("waiting for the secrets: they cannot be downloaded", appear))
        equal(codes, [0], "exit codes")
        world.check_done()
        dropped(world)


@scenario
def tofu(make):
    for role in ROLES:
        world = make(role=role, mode="tofu")
        if role == FIRST:
            world.check_done(world.boot())
            equal(world.bearers, [], "tokens sent by the first node")
            continue
        up(world, "up-10.0.0.11")  # without a signature: the token is not there yet
        world.check_done(while_waiting(world, ("waiting for cluster information signed", world.cluster_is_up)))
        assert world.exists("/etc/hagen/pki/ca.crt"), "no CA"
        equal(world.read("/etc/hagen/pki/ca.crt"), (world.material / "cluster.crt").read_text(), "the CA that was found")
        assert world.bearers, "no turn was taken"


@scenario
def tofu_refuses_a_man_in_the_middle(make):
    world = make(role=CONTROL, mode="tofu")
    world.cluster_is_up()
    up(world, "mitm")

    def leave():
        while sum("cluster-info" in path for _, _, path in world.requests) < 4:
            quick(0.05)
        equal(world.bearers, [], "tokens sent to a stranger")
        assert not world.exists("/etc/hagen/pki/ca.crt"), "the stranger's CA was taken"
        (world.box / "api/mitm").unlink()

    world.check_done(while_waiting(world, ("waiting for cluster information signed", leave)))
    equal(world.read("/etc/hagen/pki/ca.crt"), (world.material / "cluster.crt").read_text(), "the CA that was found")


@scenario
def certificates_live_longer(make):
    world = make(HAGEN_CERTIFICATES_SECONDS="14400")
    world.check_done(world.boot())
    call, = world.calls("^kubectl .*-n kube-system patch secret bootstrap-token-owner1 --type merge")
    until = datetime.fromisoformat(re.search('"expiration":"([^"]*)Z"', call)[1]).replace(tzinfo=timezone.utc)
    assert abs(until - datetime.now(timezone.utc) - timedelta(hours=4)) < timedelta(minutes=2), call
    world = make(HAGEN_CERTIFICATES_SECONDS="14400")
    world.fault("^before kubectl .*patch", 9)
    equal(world.boot(), [0], "exit codes")
    world.check_done()
    assert "WARNING: the uploaded certificates live two hours" in world.log, "no word of it in the log"
    world = make()
    world.check_done(world.boot())
    equal(world.calls("^kubectl .*patch"), [], "patches without a need")


# --- one cluster, never two ------------------------------------------------------------------------------


@scenario
def guard_joins_the_cluster_that_is_there(make):
    for mode, what in (("pinned", "ready"), ("pinned", "not ready"), ("pinned", "endpoint only"), ("tofu", "ready"), ("drop", "ready")):
        world = make(mode=mode, HAGEN_PEERS="10.0.0.11 10.0.0.13" if what != "endpoint only" else "")
        up(world, "up-10.0.0.13")
        if what == "not ready":
            up(world, "not-ready")
        if mode == "drop":
            put(world, "/etc/hagen/secrets", world.bundle)

        def rearm(world=world, mode=mode):
            quick(0.3)
            if mode != "tofu":
                asked = [path for _, _, path in world.requests if path.startswith("/api/v1/nodes/")]
                equal(set(asked), {"/api/v1/nodes/cp-1"}, "what was asked with the expired token")
            equal(world.calls("^kubeadm (init|join)"), [], "calls without a token")
            (world.box / "api/not-ready").unlink(missing_ok=True)
            up(world, "token-valid")

        words = "cluster information signed" if mode == "tofu" else "a valid bootstrap token: the bootstrap token is not valid"
        equal(while_waiting(world, (f"waiting for {words}", rearm)), [0], "exit codes")
        world.check_done()
        equal(len(world.calls("^kubeadm join")), 1, "joins")
        assert "kind: JoinConfiguration" in world.read(JOIN), "it joined with another file"
        assert "joins instead of founding a second cluster" in world.log, "no word of it in the log"
        if mode != "tofu":
            assert "run hagen rearm" in world.log, "no word of what to do"
        equal(world.calls(" apply "), [], "CNI calls")


@scenario
def guard_is_for_good(make):
    world = make()
    up(world, "up-10.0.0.13")
    world.fault("^after touch /var/lib/hagen/joins", mode="kill")
    equal(world.once(), -9, "exit code")
    (world.box / "api/up-10.0.0.13").unlink()  # an outage must not make it found another one
    world.reboot()

    def back():
        quick(0.3)
        equal(world.calls("^kubeadm (init|join)"), [], "calls in the outage")
        world.cluster_is_up()
        up(world, "up-10.0.0.13")

    world.check_done(while_waiting(world, ("waiting for a valid bootstrap token: no API server answers", back)))


@scenario
def guard_counts_kubelets(make):
    world = make()
    up(world, "kubelet-10.0.0.12")  # every API server is down

    def back():
        quick(0.3)
        equal(world.calls("^kubeadm (init|join)"), [], "calls in the outage")
        up(world, "up-10.0.0.12", "token-valid")

    world.check_done(while_waiting(world, ("waiting for a valid bootstrap token: no API server answers", back)))
    assert "https://10.0.0.12:10250/healthz answers" in world.log, "no word of it in the log"


@scenario
def own_address_is_no_peer(make):
    world = make()
    assert "10.0.0.11" in world.env["HAGEN_PEERS"]
    up(world, "kubelet-10.0.0.11")
    world.check_done(world.boot())


@scenario
def worker_goes_on_when_the_first_node_is_gone(make):
    world = make(role=WORKER, HAGEN_TURN_LIMIT="600")
    up(world, "up-10.0.0.12", "token-valid")
    world.check_done(world.boot())
    assert "going on without" not in world.log, "it waited for its turn"
    world = make(role=CONTROL, HAGEN_TURN_LIMIT="1")
    up(world, "up-10.0.0.11", "token-valid")
    world.check_done(world.boot())
    assert "going on without cp-1" in world.log, "a control-plane node did not wait"


# --- an external etcd ---------------------------------------------------------------------------------------


@scenario
def external_etcd(make):
    world = make(etcd=True)
    for number in (31, 33):
        (world.box / f"api/etcd-10.0.0.{number}").unlink()

    def heal():
        quick(0.3)
        equal(world.calls("^kubeadm init"), [], "inits without a quorum")
        up(world, "etcd-10.0.0.33")

    codes = while_waiting(world, ("waiting for the external etcd: 1 of 3 members are healthy", heal))
    equal(codes, [0], "exit codes")
    world.check_done()
    hosts = world.read("/etc/hosts").splitlines()
    for number in (1, 2, 3):
        assert f"10.0.0.3{number}\tetcd-{number}.test.internal\t# hagen: etcd" in hosts, hosts
    equal(world.calls("^crictl exec"), [], "looks at a local etcd")
    for role in (CONTROL, WORKER):
        world = make(role=role, etcd=role == CONTROL)
        world.cluster_is_up()
        world.check_done(world.boot())


@scenario
def external_etcd_with_a_cluster_in_it(make):
    world = make(etcd=True)
    up(world, "registry")
    # Nobody is there to be joined: it neither founds nor settles for joining, and looks again at each start.
    equal(world.once(), 1, "exit code")
    equal((world.status()["state"], world.status()["step"]), ("failed", "guard"), "status")
    for words in ("holds the keys of a cluster", "etcdctl del --prefix /registry/"):
        assert words in world.status()["error"], world.status()
    assert not world.exists("/var/lib/hagen/joins"), "it joins for good"
    equal(world.calls("^kubeadm (init|join)"), [], "inits and joins")
    up(world, "up-10.0.0.13", "token-valid")
    world.check_done(world.boot())
    # Emptied by a person, as the first init was cut short: founded now.
    world = make(etcd=True)
    up(world, "registry")
    equal(world.once(), 1, "exit code")
    (world.box / "api/registry").unlink()
    world.check_done(world.boot())
    equal(world.count("founded"), 1, "clusters founded")


# --- killed and started again, in each of these ways ---------------------------------------------------------


def resumed(name, steps="images secrets provider etcd-hosts discover validate cni-download init turn join verify unpin scrub", prepare=None, **settings):
    def function(make):
        def prepared():
            world = make(**settings)
            if world.role != FIRST:
                world.cluster_is_up()
            if world.mode == "drop":
                put(world, "/etc/hagen/secrets", world.bundle)
            if prepare:
                prepare(world)
            return world

        def points(world):
            return [point for point in markers(world) if point.split("/")[-1].rstrip("$") in steps.split()]
        resume(prepared, points, True)
    SCENARIOS[f"resume-{name}"] = function


def lost(world):
    up(world, "up-10.0.0.13", "token-valid")


def rocky(world):
    dnf_machine(world, "rocky", "9.6")


for _role in ROLES:
    resumed(f"drop-{_role}", role=_role, mode="drop")
    resumed(f"tofu-{_role}", role=_role, mode="tofu")
resumed("external-etcd-in-drop", mode="drop", etcd=True, HAGEN_CERTIFICATES_SECONDS="86400")
resumed("rejoin", prepare=lost)
resumed("rejoin-in-tofu", mode="tofu", prepare=lost)
resumed("rocky", steps="facts firewall swap kernel packages runtime kubelet", prepare=rocky, HAGEN_SYSTEM_REPOSITORY="https://mirror.test/base")


# --- machines side by side -------------------------------------------------------------------------------------


def side_by_side(make, late=(), **settings):
    """Each machine is a process with namespaces of its own; what stands for the API and etcd is one folder."""
    shared = pathlib.Path(tempfile.mkdtemp(prefix="hagen-shared-"))
    (shared / "nodes").mkdir()
    machines = {"cp-3": CONTROL, "worker-1": WORKER, "cp-2": CONTROL, "cp-1": FIRST}
    children = {}
    try:
        for node, role in machines.items():
            child = os.fork()
            if child:
                children[node] = child
                continue
            code = 1
            try:
                if ctypes.CDLL(None, use_errno=True).unshare(0x40000000 | 0x04000000) != 0:  # network, host name
                    raise OSError("unshare failed")
                local = {key: value for key, value in settings.items() if key != "etcd" or role != WORKER}
                world = make.world(role=role, node=node, shared=str(shared), **local)
                world.write("/opt/sandbox/slow", "")
                if node == "cp-1":
                    time.sleep(1)
                if world.mode == "drop":
                    codes = while_waiting(world, ("waiting for the secrets", lambda: put(world, "/etc/hagen/secrets", world.bundle)))
                else:
                    codes = world.boot()
                (shared / f"{node}.json").write_text(json.dumps({"codes": codes, "log": world.log, "calls": world.calls()}))
                world.check_done(codes)
                code = 0
            except BaseException:  # pylint: disable=broad-except
                (shared / f"{node}.error").write_text(traceback.format_exc())
            os._exit(code)
        results = {node: os.waitpid(child, 0)[1] for node, child in children.items()}
        errors = "\n".join(path.read_text() for path in shared.glob("*.error"))
        equal(set(results.values()), {0}, f"machines that failed: {errors}")
        equal((shared / "founded").read_text().split(), ["founded"], "clusters founded")
        joined = (shared / "joined").read_text().split()
        equal(sorted(joined), ["cp-2", "cp-3", "worker-1"], "who joined")
        assert joined.index("cp-2") < joined.index("cp-3"), joined
        for node in machines:
            found = json.loads((shared / f"{node}.json").read_text())
            equal(found["codes"], [0], f"exit codes of {node}")
            equal(len([call for call in found["calls"] if call.startswith(("kubeadm join", "kubeadm init"))]), 1, f"inits and joins of {node}")
            assert "going on without" not in found["log"], f"{node} did not wait for its turn"
    finally:
        for child in children.values():
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(shared, ignore_errors=True)


@scenario
def side_by_side_pinned(make):
    side_by_side(make)


@scenario
def side_by_side_tofu(make):
    side_by_side(make, mode="tofu")


@scenario
def side_by_side_drop_with_an_external_etcd(make):
    side_by_side(make, mode="drop", etcd=True)
