"""What a client saw and who had the virtual IP, between two moments.

The gap is the longest time in which no request was answered well: from the end of the last good
answer to the end of the next. Requests begin every 50 ms whatever became of those before, so that a
server that hangs and gets one in three makes failed requests and no gap, and a load balancer that
is gone makes both. A time in which the client itself did not run can only lengthen a gap, never hide
one; `lag` says how long that was at most.
"""
import collections
import dataclasses

CLIENT_INTERVAL = 0.05


@dataclasses.dataclass
class Measurement:
    """A row of the table: one thing that was done to one cluster."""

    subject: str
    row: str
    seconds: float  # how long it was watched
    gap: float
    recovered: bool  # the last requests were answered
    sent: int
    failed: int
    degraded: float  # from the first failed request to the end of the last one
    outcomes: dict
    slowest: float  # of the good answers
    lag: float
    holders: list  # [seconds since the beginning, [names]]
    broken: str | None  # the load balancer host that it was done to
    problems: list = dataclasses.field(default_factory=list)  # found by the scenario itself
    notes: list = dataclasses.field(default_factory=list)

    def as_dict(self):
        return dataclasses.asdict(self)


def longest_gap(good, begin, end, from_begin):
    """The longest time without a good answer, and whether it was still going on at the end."""
    inside = [moment for moment in good if begin < moment <= end]
    before = [moment for moment in good if moment <= begin]
    start = begin if from_begin or not before else before[-1]
    moments = [start, *inside, end]
    gaps = [later - earlier for earlier, later in zip(moments, moments[1:])]
    return max(gaps)


def measure(subject, row, requests, holders, begin, end, broken=None, from_begin=False):
    """A measurement from the client's lines, [planned, begun, done, outcome, server]."""
    good = sorted(request[2] for request in requests if request[3] == "ok")
    inside = [request for request in requests if begin < request[2] <= end and (not from_begin or request[1] >= begin)]
    failed = [request for request in inside if request[3] != "ok"]
    last = [request for request in inside if request[2] > end - 1.0]
    return Measurement(
        subject=subject,
        row=row,
        seconds=end - begin,
        gap=longest_gap(good, begin, end, from_begin),
        recovered=any(request[3] == "ok" for request in last),
        sent=len(inside),
        failed=len(failed),
        degraded=max(r[2] for r in failed) - min(r[1] for r in failed) if failed else 0.0,
        outcomes=dict(collections.Counter(request[3] for request in failed)),
        slowest=max((r[2] - r[1] for r in inside if r[3] == "ok"), default=0.0),
        lag=max((request[1] - request[0] for request in inside), default=end - begin),
        holders=[[round(max(0.0, since - begin), 2), sorted(names)] for since, names in holders],
        broken=broken,
    )
