"""More scenarios of bootstrap_sandbox.py: kube-vip, whose manifest is another one during init."""
from bootstrap_modes import CONTROL, FIRST, WORKER, resumed, up
from bootstrap_sandbox import equal, in_order, run, scenario

VIRTUAL_IP = "10.0.0.100"
IMAGE = "ghcr.io/kube-vip/kube-vip:v1.2.3"
MANIFEST = "/etc/kubernetes/manifests/kube-vip.yaml"
OWN = "path: /etc/kubernetes/admin.conf\n"
DURING_INIT = "path: /etc/kubernetes/super-admin.conf\n"
# In the order of their calls; a regular expression matches each alone.
PLACED_FOR_INIT = "install -m 0600 /etc/hagen/kube-vip-init.yaml "
PLACED = "install -m 0600 /etc/hagen/kube-vip.yaml "


def with_virtual_ip(world):
    """cloud-init's files; the virtual IP answers where kube-vip runs, or another node has it."""
    world.write("/etc/hagen/kube-vip.yaml", OWN, 0o600)
    if world.role == FIRST:
        world.write("/etc/hagen/kube-vip-init.yaml", DURING_INIT, 0o600)
    world.write("/opt/sandbox/kube-vip", "")
    for server in world.servers:
        if server.server_address[0] == VIRTUAL_IP:
            def context(host, before=server.context):
                others = [path for path in (world.box / "api").glob("up-*") if path.name != f"up-{world.address}"]
                return before(host) if others or (world.box / "kube-vip-pod").exists() else None
            server.context = context


def with_kube_vip(make, **settings):
    world = make(HAGEN_KUBE_VIP=VIRTUAL_IP, HAGEN_KUBE_VIP_IMAGE=IMAGE, HAGEN_ENDPOINT_ADDRESSES=VIRTUAL_IP, **settings)
    with_virtual_ip(world)
    return world


def joining(make, **settings):
    world = with_kube_vip(make, role=CONTROL, HAGEN_PIN="none", **settings)
    world.cluster_is_up()
    return world


def impatient(world):
    """The script that waits for seconds only."""
    text = world.read(world.script)
    assert text.count("wait_for 300 'kube-vip and the virtual IP'") == 1, "the wait is another one"
    world.write(world.script, text.replace("wait_for 300 'kube-vip", "wait_for 1 'kube-vip"), 0o700)


def every_call(world):
    return world.read("/opt/sandbox/every-call").splitlines()


def installed(world):
    equal(world.read(MANIFEST), OWN, "the manifest in the end")
    folder = world.root / "etc/kubernetes/manifests"
    equal(oct((folder / "kube-vip.yaml").stat().st_mode & 0o777), "0o600", "its mode")
    equal([path.name for path in folder.iterdir() if path.name.startswith(".")], [], "what was left half placed")


@scenario
def kube_vip_first_node(make):
    world = with_kube_vip(make)
    world.check_done(world.boot())
    installed(world)
    equal(world.calls("^note"), ["note endpoint=10.0.0.11"], "the endpoint during init")
    # The image before there is anything of a cluster; the hand-over before anything else; the name is the virtual
    # IP's only when kube-vip has it with the credentials that it keeps.
    in_order(
        every_call(world), f"^crictl pull {IMAGE}", f"^{PLACED_FOR_INIT}", f"^mv -f .*/.kube-vip.yaml {MANIFEST}", "^kubeadm init",
        f"^{PLACED}", f"^mv -f .*/.kube-vip.yaml {MANIFEST}", "^crictl ps -q --name .kube-vip", "^crictl inspect", "^crictl ps -q --name .kube-vip",
        "^crictl inspect", f"^curl .*https://{VIRTUAL_IP}:6443/readyz", "^kubectl .* apply", "^mv -f /etc/hosts.hagen", "^crictl ps -q --name .kube-proxy")
    assert "it still runs with super-admin.conf" in world.log, "the pod of before was taken for the new one"
    before = every_call(world)
    equal(world.once(), 0, "a start after the end")
    equal([call for call in every_call(world)[len(before):] if "kube-vip" in call], [], "calls of a start after the end")


@scenario
def kube_vip_joining_node(make):
    world = joining(make)
    world.check_done(world.boot())
    installed(world)
    in_order(every_call(world), f"^crictl pull {IMAGE}", "^kubeadm join", f"^{PLACED}", f"^mv -f .*/.kube-vip.yaml {MANIFEST}", "^crictl inspect")
    equal([call for call in every_call(world) if "kube-vip-init" in call], [], "calls for init")


@scenario
def kube_vip_first_node_made_anew(make):
    world = with_kube_vip(make)
    up(world, "up-10.0.0.13", "token-valid")
    world.check_done(world.boot())
    installed(world)
    equal(world.calls("^kubeadm init"), [], "inits")
    equal([call for call in every_call(world) if "kube-vip-init" in call], [], "calls for init")
    in_order(every_call(world), "^kubeadm join", f"^{PLACED}")


@scenario
def kube_vip_after_a_reset(make):
    world = joining(make)
    world.fault("^join etcd", 2)
    world.check_done(world.boot())
    installed(world)
    equal([line.split()[1] for line in world.calls("^kubeadm (join|reset)")], ["join", "reset", "join", "reset", "join"], "joins and resets")
    in_order(every_call(world), "^kubeadm reset", "^kubeadm join", f"^{PLACED}")
    equal(len([call for call in every_call(world) if call.startswith(PLACED)]), 1, "placed")
    # A person takes the node out, and cloud-init sets it up again.
    world.enter("/usr/local/sbin/kubeadm", "reset", "-f")
    assert not world.exists(MANIFEST), "a reset leaves the manifest"
    run("rm", "-rf", str(world.root / "var/lib/hagen"))
    world.secret_files(None)
    world.configuration(name="cp-2")
    world.write("/run/cloud-init/result.json", "{}")
    world.check_done(world.boot())
    installed(world)


@scenario
def kube_vip_first_node_joins_again(make):
    world = with_kube_vip(make)
    world.check_done(world.boot())
    world.enter("/usr/local/sbin/kubeadm", "reset", "-f")
    run("rm", "-rf", str(world.root / "var/lib/hagen"))
    world.secret_files(None)
    world.configuration(name="cp-1")
    world.write("/run/cloud-init/result.json", "{}")
    up(world, "up-10.0.0.12", "token-valid")
    calls = len(every_call(world))
    equal(world.boot()[-1], 0, "last exit code")
    assert world.exists("/var/lib/hagen/joins"), "it did not join"
    installed(world)
    later = every_call(world)[calls:]
    in_order(later, "^kubeadm join", f"^{PLACED}")
    equal([call for call in later if "kube-vip-init" in call], [], "calls for init")


@scenario
def kube_vip_is_not_on_a_worker(make):
    for parts in (None, "begin apt kubernetes"):
        world = make(role=WORKER, HAGEN_PIN="none", HAGEN_ENDPOINT_ADDRESSES=VIRTUAL_IP, parts=parts)
        world.cluster_is_up()
        world.check_done(world.boot())
        equal([call for call in every_call(world) if "kube-vip" in call], [], "calls")
        assert not world.exists(MANIFEST), "a worker has the manifest"


@scenario
def kube_vip_that_does_not_run(make):
    world = with_kube_vip(make)
    impatient(world)
    world.write("/opt/sandbox/kube-vip-dead", "")
    equal(world.once(), 1, "exit code")
    status = world.status()
    equal((status["state"], status["step"]), ("failed", "kube-vip"), "status")
    assert "the virtual IP is not up: its container does not run" in status["error"], status
    # Whatever comes, it is not left with rights over everything, nor is the name led to where nothing answers.
    equal(world.read(MANIFEST), OWN, "the manifest")
    assert "10.0.0.11\tapi.test.internal" in world.read("/etc/hosts"), world.read("/etc/hosts")
    (world.box / "kube-vip-dead").unlink()
    world.check_done(world.boot())
    installed(world)
    equal(len(world.calls("^kubeadm init")), 1, "inits")


@scenario
def kube_vip_without_the_address(make):
    for role in (FIRST, CONTROL):
        world = with_kube_vip(make) if role == FIRST else joining(make)
        impatient(world)
        (server,) = [server for server in world.servers if server.server_address[0] == VIRTUAL_IP]
        context = server.context
        # Something else has it, which the cluster's CA did not sign.
        server.context = lambda host, context=context, world=world: None if world.exists(MANIFEST) else context(host)
        equal(world.once(), 1, f"exit code of a {role}")
        assert f"no API server of this cluster answers at {VIRTUAL_IP}" in world.status()["error"], world.status()
        equal(world.read(MANIFEST), OWN, "the manifest")
        server.context = context
        world.check_done(world.boot())
        installed(world)


@scenario
def kube_vip_image_out_of_reach(make):
    for role in (FIRST, CONTROL):
        world = with_kube_vip(make) if role == FIRST else joining(make)
        world.fault("^before crictl pull ghcr.io", 5)
        equal(world.once(), 1, "exit code")
        status = world.status()
        equal((status["step"], status["error"]), ("kube-vip-image", f"cannot pull {IMAGE}"), "status")
        equal(world.calls("^kubeadm (init|join)"), [], "inits and joins")
        assert not world.exists(MANIFEST), "the manifest is there without its image"
        world.check_done(world.boot())
        installed(world)


@scenario
def kube_vip_needs_its_part(make):
    for role in (FIRST, CONTROL):
        world = make(HAGEN_KUBE_VIP=VIRTUAL_IP, HAGEN_KUBE_VIP_IMAGE=IMAGE, role=role, parts="begin apt first kubernetes")
        world.cluster_is_up()
        equal(world.boot(), [78], "exit codes")
        assert "the part that has kube_vip" in world.status()["error"], world.status()


@scenario
def kube_vip_with_a_ca_that_is_not_known_before(make):
    for role in (FIRST, CONTROL):
        world = with_kube_vip(make, mode="tofu") if role == FIRST else joining(make, mode="tofu")
        world.check_done(world.boot())
        installed(world)


@scenario
def kube_vip_survives_a_kill_at_every_point(make):
    """Beside those after each step: in the middle of placing a manifest, and in the middle of init and of a join."""
    placing = ["after " + PLACED_FOR_INIT, "after mv -f .*kube-vip.yaml"]
    phases = [f"init {phase}" for phase in ("certs", "admin", "up", "mark", "token")]
    for point in (*placing, *phases, "after kubeadm init", "after " + PLACED, "after crictl inspect", "before touch /var/lib/hagen/steps/kube-vip$"):
        world = with_kube_vip(make)
        world.fault(f"^{point}", mode="kill")
        equal(world.once(), -9, f"exit code when killed at {point}")
        world.check_done(world.boot())
        installed(world)
        equal(world.calls("^kubeadm reset"), [], "resets")
    for point in ("join kubelet", "join etcd", "join end", "after " + PLACED, "after mv -f .*kube-vip.yaml", "after crictl inspect"):
        world = joining(make)
        if point == "join end":  # killed after the join, before its marker: there is no second one
            world.write("/opt/sandbox/join-ended", "cp-2\n")
        world.fault(f"^{point}", mode="kill")
        equal(world.once(), -9, f"exit code when killed at {point}")
        world.check_done(world.boot())
        installed(world)


@scenario
def kube_vip_survives_a_kill_with_the_second_manifest_half_placed(make):
    world = with_kube_vip(make)
    world.fault(f"^before mv -f .*kube-vip.yaml", mode="kill")
    equal(world.once(), -9, "exit code")
    # kubelet does not see what begins with a dot.
    assert world.exists("/etc/kubernetes/manifests/.kube-vip.yaml") and not world.exists(MANIFEST), "not half placed"
    world.check_done(world.boot())
    installed(world)


for _role in (FIRST, CONTROL):
    resumed(f"kube-vip-{_role}", steps="kube-vip-image etcd-hosts init join kube-vip cni verify scrub", role=_role,
            HAGEN_PIN="init" if _role == FIRST else "none", HAGEN_ENDPOINT_ADDRESSES=VIRTUAL_IP, HAGEN_KUBE_VIP=VIRTUAL_IP,
            HAGEN_KUBE_VIP_IMAGE=IMAGE, prepare=with_virtual_ip)
