"""Whether a measurement is what the bar says: passed, failed, or not to be told on this machine."""
import dataclasses

from measure import CLIENT_INTERVAL

PASSED, FAILED, UNSURE, SHOWN = "passed", "failed", "unsure", "shown"
# The client did not run for so long, or sent so few of its requests, that the machine was measured.
LAG = 0.75
SENT = 0.7
# A client whose requests all hang and one whose requests are all refused are both fine: with a request
# every 50 ms there are this many in a second.
RATE = 1 / CLIENT_INTERVAL


@dataclasses.dataclass
class Verdict:
    """A judgement and its reasons."""

    verdict: str
    reasons: list


def measured_badly(measurement):
    """Why a measurement says nothing, or an empty list."""
    reasons = []
    if measurement.lag > LAG:
        reasons.append(f"the client was not run for {measurement.lag:.2f} s: this machine is too busy")
    # The first and the last second are cut through.
    expected = max(0.0, measurement.seconds - 2.0) * RATE
    if measurement.sent < SENT * expected:
        reasons.append(f"{measurement.sent} requests in {measurement.seconds:.0f} s, of {expected:.0f}: the machine is too busy")
    return reasons


def holders(measurement, vip):
    """What is wrong with who had the virtual IP."""
    sets = [names for _, names in measurement.holders]
    if not sets:
        return ["nobody looked at who has the virtual IP"]
    first, last = sets[0], sets[-1]
    if vip == "stays" and any(names != first or len(names) != 1 for names in sets):
        return [f"the virtual IP was to stay, and went {told(sets)}"]
    if vip == "moves" and (len(first) != 1 or len(last) != 1 or first == last):
        return [f"the virtual IP was to move, and went {told(sets)}"]
    if vip == "joins" and (len(first) != 1 or len(last) < 2 or first[0] not in last):
        return [f"another host was to take the virtual IP too, and it went {told(sets)}"]
    if vip == "leaves" and (len(last) != 1 or last == [measurement.broken]):
        return [f"{measurement.broken} was to leave the virtual IP to the other, and it went {told(sets)}"]
    if vip == "resolves" and len(last) != 1:
        return [f"one host was to keep the virtual IP, and it went {told(sets)}"]
    if vip == "stuck" and any(names != first or len(names) != 1 for names in sets):
        return [f"this is known to leave the virtual IP where it is, and it went {told(sets)}"]
    return []


def told(sets):
    return " → ".join("+".join(names) or "nobody" for names in sets)


def judge(measurement, bar):
    """The verdict on a row."""
    busy = measured_badly(measurement)
    if bar is None:
        return Verdict(UNSURE if busy else SHOWN, busy)
    reasons = list(measurement.problems) + holders(measurement, bar.vip)
    if bar.vip == "stuck":
        if measurement.recovered:
            reasons.append("this is known to stay broken, and the client was served again")
    elif bar.gap is not None:
        if not measurement.recovered:
            reasons.append(f"not recovered after {measurement.seconds:.1f} s")
        elif measurement.gap > bar.gap:
            reasons.append(f"a gap of {measurement.gap:.2f} s, over {bar.gap:.2f} s")
    if bar.must_fail and not measurement.failed:
        reasons.append("no request failed: what was broken did not break anything")
    if bar.failed is not None and measurement.failed > bar.failed:
        reasons.append(f"{measurement.failed} failed requests, over {bar.failed}: {measurement.outcomes}")
    if bar.degraded is not None and measurement.degraded > bar.degraded:
        reasons.append(f"requests failed for {measurement.degraded:.1f} s, over {bar.degraded:.1f} s")
    if busy:
        # Neither good nor bad news is worth anything.
        return Verdict(UNSURE, busy + reasons)
    return Verdict(FAILED if reasons else PASSED, reasons)
