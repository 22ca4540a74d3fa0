"""What is broken, and how it is mended again. A scenario has a lab of its own and makes a row for each step."""
import contextlib
import math
import signal
import time

import bars
import load
import measure

SETTLED = 2.0  # seconds of good answers after which a step is over
MORE = 10.0  # seconds past the bar, so that what is over it is seen to be


class Run:
    """One scenario on one lab."""

    def __init__(self, lab, subject, expected, limit=None):
        self.lab = lab
        self.subject = subject
        self.expected = expected
        self.limit = limit  # for how long to look where nothing is judged
        self.measurements = []

    def bar(self, row):
        return self.expected.get(row) or bars.Bar("stays")

    @contextlib.contextmanager
    def row(self, name, broken=None, from_begin=False, outage=False):
        """A row: the body breaks or mends something, then the client is watched until it is content again."""
        lab, bar = self.lab, self.bar(name)
        begin = time.monotonic()
        yield
        at_least = bar.at_least
        at_most = self.limit or max(at_least, bar.gap or 0.0, bar.degraded or 0.0) + MORE
        if bar.vip == "stuck" or outage:
            at_most = at_least
        while True:
            lab.sleep(0.1)
            passed = time.monotonic() - begin
            content = lab.client.content_for(SETTLED, since=begin)
            if passed >= at_most or passed >= at_least and content:
                break
        self.add(name, begin, time.monotonic(), broken, from_begin)

    def add(self, name, begin, end, broken=None, from_begin=False):
        # What is under way belongs to this row too, as far as it is done.
        measurement = measure.measure(
            self.subject, name, self.lab.client.read(), self.lab.holders.between(begin, end), begin, end,
            broken and broken.name, from_begin,
        )
        self.measurements.append(measurement)
        return measurement


def proxy_killed(run):
    """The load balancer program of the holder dies and stays dead; later it is started again."""
    holder = run.lab.holder()
    with run.row("proxy-killed", holder):
        holder.processes["proxy"].kill()
    if run.bar("proxy-killed").vip == "stuck":
        return
    with run.row("proxy-returns", holder):
        run.lab.start_proxy(holder)


def proxy_hung(run):
    """The holder's load balancer program hangs: the kernel still takes connections. Later it goes on."""
    holder = run.lab.holder()
    with run.row("proxy-hung", holder):
        holder.processes["proxy"].signal_all(signal.SIGSTOP)
    with run.row("proxy-goes-on", holder):
        holder.processes["proxy"].signal_all(signal.SIGCONT)


def keepalived_stopped(run):
    """SIGTERM to the holder's keepalived, as `systemctl stop` and a reboot do; later a start."""
    holder = run.lab.holder()
    with run.row("keepalived-stopped", holder):
        holder.processes["keepalived"].signal(signal.SIGTERM)
    with run.row("keepalived-returns", holder):
        run.lab.start_keepalived(holder)


def keepalived_killed(run):
    """SIGKILL to all processes of the holder's keepalived: the address stays behind. Later systemd restarts it."""
    holder = run.lab.holder()
    with run.row("keepalived-killed", holder):
        holder.processes["keepalived"].kill()
    with run.row("keepalived-restarted", holder):
        run.lab.start_keepalived(holder)


def host_isolated(run):
    """Nothing reaches the holder any more, and its link stays up: loss of power, a dead switch; then it is back."""
    holder = run.lab.holder()
    with run.row("host-isolated", holder):
        holder.detach()
    with run.row("host-returns", holder):
        holder.attach()


def until_worst_moment(run):
    """Waits until the moment at which it is worst that two holders hear each other again.

    That is when the one that will keep the virtual IP speaks first: the other then leaves without a
    word, so that the keeper never learns that clients had been told of the other (keepalived.conf(5),
    vrrp_higher_prio_send_advert). The standby took over, and spoke, 3 advertisements and its skew after the
    last word of the holder; so the holder is next right after the standby has spoken.
    """
    advert = bars.timers(run.lab.cluster).advert
    joined = run.lab.holders.changes[-1][0]
    spoken = math.ceil((time.monotonic() - joined) / advert) * advert
    run.lab.sleep(joined + spoken + 0.15 * advert - time.monotonic())


def host_away(run):
    """The holder is out of reach until its load balancer program has given all servers up, and keepalived does not know yet."""
    holder = run.lab.holder()
    with run.row("host-away", holder):
        holder.detach()
    until_worst_moment(run)
    with run.row("host-away-returns", holder):
        holder.attach()


def host_blinks(run):
    """The holder is out of reach for some seconds, too short for it to learn that it was; the worst moment to return."""
    holder = run.lab.holder()
    with run.row("host-blinks", holder):
        holder.detach()
    until_worst_moment(run)
    with run.row("host-blinks-returns", holder):
        holder.attach()


def carrier_lost(run):
    """The holder's link goes down; then up."""
    holder = run.lab.holder()
    with run.row("carrier-lost", holder):
        holder.carrier("down")
    with run.row("carrier-returns", holder):
        holder.carrier("up")


def api_killed(run):
    """SIGKILL to one API server: its port is closed. Then it is started."""
    name = run.lab.api.names[0]
    with run.row("api-killed"):
        run.lab.api.process(name).kill()
    with run.row("api-returns"):
        run.lab.api.start(name)


def api_hung(run):
    """One API server hangs: the kernel still takes connections, and nobody answers them. Then it wakes."""
    name = run.lab.api.names[0]
    with run.row("api-hung"):
        run.lab.api.signal(name, signal.SIGSTOP)
    with run.row("api-wakes"):
        run.lab.api.signal(name, signal.SIGCONT)


def api_not_ready(run):
    """One API server has lost etcd: every answer of it is an error. Then it has etcd again."""
    name = run.lab.api.names[0]
    with run.row("api-not-ready"):
        run.lab.api.signal(name, signal.SIGUSR1)
    with run.row("api-ready-again"):
        run.lab.api.signal(name, signal.SIGUSR2)


def api_host_lost(run):
    """The host of one API server vanishes: nothing answers, not even with a refusal. Then it is back."""
    host = run.lab.api.host(run.lab.api.names[0])
    with run.row("api-host-lost"):
        host.detach()
    with run.row("api-host-returns"):
        host.attach()


def all_apis_gone(run):
    """No API server is left, then all are back: the virtual IP has no reason to move."""
    lab = run.lab
    with run.row("all-apis-gone", outage=True):
        for name in lab.api.names:
            lab.api.process(name).kill()
    for name in lab.api.names:
        lab.api.start(name)
    for name in lab.api.names:
        lab.until(lambda name=name: lab.api.process(name).text().count("serving") == 2, f"API server {name}")
    with run.row("all-apis-back", from_begin=True):
        pass


def split(run):
    """The load balancers do not hear each other, and clients reach both; then, at the worst moment, they do again."""
    with run.row("split"):
        for host in run.lab.balancers:
            host.drop_vrrp()
    until_worst_moment(run)
    with run.row("split-healed"):
        for host in run.lab.balancers:
            host.pass_vrrp()


def holder_blind(run):
    """The holder alone reaches no API server, and clients reach the holder; then it sees them again."""
    holder = run.lab.holder()
    addresses = [host.address for host in run.lab.api_hosts.values() if host is not holder]
    with run.row("holder-blind", holder):
        holder.lose_routes(addresses)
    with run.row("sight-returns", holder):
        holder.find_routes(addresses)


def api_drained(run):
    """One API server is stopped in order, as in an upgrade, under load: short requests and long watches."""
    load.drain(run)


EVERY = {
    "proxy-killed": proxy_killed,
    "proxy-hung": proxy_hung,
    "keepalived-stopped": keepalived_stopped,
    "keepalived-killed": keepalived_killed,
    "host-isolated": host_isolated,
    "host-blinks": host_blinks,
    "host-away": host_away,
    "carrier-lost": carrier_lost,
    "api-killed": api_killed,
    "api-hung": api_hung,
    "api-not-ready": api_not_ready,
    "api-host-lost": api_host_lost,
    "all-apis-gone": all_apis_gone,
    "split": split,
    "holder-blind": holder_blind,
    "api-drained": api_drained,
}
# Two that meet again: the worst case is that clients knew the one that will win, and then the other.
WINNER_HOLDS = {"split", "host-isolated", "host-blinks", "host-away"}


def names_of(cluster):
    """The scenarios that say something about a cluster, by name."""
    names = dict(EVERY)
    if cluster.colocated:
        # Its own API server is on the same host: no route that could be lost leads there.
        names.pop("holder-blind")
    if cluster.proxy.kind == "nginx":
        # nginx does not ask: that its host is blind, or that an API server is about to stop, it finds out by failing.
        for name in ("holder-blind", "host-away", "api-drained"):
            names.pop(name)
    return names
