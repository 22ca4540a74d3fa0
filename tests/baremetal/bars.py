"""How long each failure may last: computed from the timers in the files that run, and from nothing else.

keepalived (vrrp_timers in its source, and RFC 3768): a standby takes over when it has heard nothing
for 3 advertisements and its skew, (256 - priority) / 256 s; after an advertisement of priority 0, when
its skew is over. A check fails after `fall` runs, `interval` apart. haproxy (configuration.txt, 5.2):
a server goes down after `fall` checks, `inter` apart, and up again after `rise` of them.
"""
import dataclasses

# On a machine with other work: the run of a check, the client's own 50 ms, and being scheduled late.
ROOM = 1.5
# Where nothing should be noticed: what a lost packet costs is one second, TCP's first retransmission.
QUIET = 1.5
CLIENT_TIMEOUT = 1.0
# For so long an API server that has been started says that it is not ready.
WARM_UP = 3.0
# Requests that were under way when something was cut.
IN_FLIGHT = 3


@dataclasses.dataclass
class Bar:
    """What has to be seen in a row. None: not judged."""

    vip: str  # moves, stays, joins, leaves, resolves, stuck: see judge.py
    gap: float | None = QUIET
    bound: float | None = 0.0  # the gap by the formulae, without room
    degraded: float | None = None  # how long some requests may fail
    failed: int | None = None
    must_fail: bool = False  # the break is seen at all
    at_least: float = 4.0  # for how long to look: late effects show by then


@dataclasses.dataclass
class Timers:
    """The sums of timers that the bars are made of."""

    advert: float
    skew: float
    down: float  # silence until a standby takes over
    local: float  # until keepalived knows that its own proxy is gone
    local_hung: float  # until it knows that its own proxy does not answer
    release: float  # from there until another has the virtual IP
    local_back: float
    backends: float | None  # until keepalived knows that its proxy sees no API server
    server_down: float
    server_lost: float  # the same where nothing answers: each check waits, for the connection or for TLS
    server_up: float
    server_unready: float
    second_burst: float  # of gratuitous ARP, from which on a host that took over is quiet
    refresh: float  # until clients that ask the wrong host are told


def timers(cluster):
    """The timers of a cluster's files."""
    balancer, proxy = cluster.balancers[-1], cluster.proxy
    skew = (256 - min(b.priority for b in cluster.balancers)) / 256
    down = 3 * balancer.advert + skew
    local, *others = balancer.scripts
    backends = next((script for script in others if script.weight), None)
    return Timers(
        advert=balancer.advert,
        skew=skew,
        down=down,
        local=local.fall * local.interval,
        local_hung=local.fall * local.interval + local.patience,
        release=skew if local.weight == 0 else down,
        local_back=local.rise * local.interval,
        backends=backends and backends.fall * backends.interval,
        server_down=proxy.fall * proxy.inter,
        server_lost=proxy.fall * (proxy.inter + min(proxy.connect, proxy.inter)),
        server_up=proxy.downinter + (proxy.rise - 1) * proxy.fastinter if proxy.active else proxy.fail_timeout,
        # configuration.txt, http-check expect: L7OKC takes a server out of the balancing with the first answer.
        server_unready=proxy.inter if proxy.drains else proxy.fall * proxy.inter,
        second_burst=balancer.second_burst,
        refresh=balancer.refresh,
    )


def bars(cluster):
    """The bar of each row."""
    t = timers(cluster)
    active = cluster.proxy.active
    settled = t.local_back + t.down + 2  # by then it would have moved back

    def gap(bound, vip="moves", **more):
        return Bar(vip, gap=bound + ROOM, bound=bound, must_fail=True, **more)

    def quiet(vip="stays", **more):
        return Bar(vip, **more)

    def some_fail(seconds, **more):
        # Without active checks a server that is up and useless keeps its share: not judged.
        return Bar("stays", degraded=seconds + CLIENT_TIMEOUT + ROOM if active else None, must_fail=True,
                   at_least=seconds + 2, **more)

    def healed(**more):
        # The one that gives way does so at the other's next advertisement, and says so, and the other announces itself: twice.
        bound = t.advert + t.second_burst
        return Bar("resolves", gap=bound + ROOM, bound=bound, **more)

    def found_again(vip, seconds=0.0):
        # A host that comes back after its neighbours forgot it is not heard at once: its first packet is an error
        # of the past (sock_error). Then it is the next announcement that tells clients.
        bound = t.advert + max(t.refresh, seconds)
        return Bar(vip, gap=bound + ROOM, bound=bound, at_least=settled)

    blind = t.server_down + (t.backends or 0)
    # Co-located, an API server goes with the host.
    lost_server = t.server_lost if cluster.colocated else 0.0
    rows = {
        "proxy-killed": gap(t.local + t.release),
        "proxy-returns": quiet(failed=0, at_least=settled),
        "proxy-hung": gap(t.local_hung + t.release),
        "proxy-goes-on": quiet(failed=0, at_least=settled),
        "keepalived-stopped": gap(t.skew, at_least=t.down + 2),
        "keepalived-returns": quiet(failed=0, at_least=settled),
        "keepalived-killed": quiet("joins", at_least=t.down + 3),
        "keepalived-restarted": quiet("leaves", at_least=settled),
        # Until it knows that it is blind: then it comes back as the lesser one. Co-located, it sees its own API server.
        "host-isolated": gap(t.down, vip="joins", at_least=max(t.down + 4, t.server_lost + (t.backends or 0) + 2)),
        "host-returns": found_again("leaves" if t.backends and not cluster.colocated else "resolves"),
        "host-blinks": gap(t.down, vip="joins", at_least=t.down + t.second_burst + 0.5),
        "host-blinks-returns": healed(at_least=settled),
        # It is blind and does not know yet: it may win, and its servers have to come up first.
        "host-away": gap(t.down, vip="joins", at_least=t.server_lost + 1),
        "host-away-returns": found_again("resolves", t.server_up),
        "carrier-lost": gap(t.down, at_least=max(t.down + 3, lost_server + 2)),
        "carrier-returns": quiet(failed=IN_FLIGHT if cluster.colocated else 0, at_least=settled),
        "api-killed": quiet(failed=IN_FLIGHT, at_least=t.server_down + 2),
        "api-returns": quiet(failed=0 if active else None, at_least=WARM_UP + t.server_up + 2),
        "api-hung": some_fail(t.server_lost),
        "api-wakes": quiet(failed=IN_FLIGHT, at_least=t.server_up + 2),
        "api-not-ready": some_fail(t.server_unready),
        "api-ready-again": quiet(failed=0, at_least=t.server_up + 2),
        "api-host-lost": some_fail(t.server_lost),
        "api-host-returns": quiet(failed=IN_FLIGHT, at_least=t.server_up + 2),
        "all-apis-gone": Bar("stays", gap=None, bound=None, must_fail=True, at_least=blind + t.down + 2),
        "all-apis-back": Bar("stays", gap=WARM_UP + t.server_up + ROOM, bound=WARM_UP + t.server_up, at_least=settled),
        "split": quiet("joins", at_least=t.down + t.second_burst + 0.5),
        "split-healed": healed(at_least=t.down + 3),
        # Where sessions are cut when readiness ends, so is what is under way.
        "api-drained": quiet(failed=0 if cluster.proxy.drains or not cluster.proxy.cuts else IN_FLIGHT),
        "api-drained-returns": quiet(failed=0),
    }
    if t.backends:
        rows["holder-blind"] = gap(blind + t.down)
        rows["sight-returns"] = quiet(failed=0, at_least=t.server_up + settled)
    return rows


def stuck(cluster):
    """What a configuration that is known to be wrong has to be seen doing."""
    t = timers(cluster)
    return {"proxy-killed": Bar("stuck", gap=None, bound=None, must_fail=True, at_least=t.local + t.down + 6)}
