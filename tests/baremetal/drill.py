"""What `hagen drill` predicts, held against what was measured."""
import json
import subprocess

import bars

# What a busy machine takes off: the client's first failed request begins up to its interval after the break, and
# a check may run a little earlier than its interval says.
EARLY = 0.4
# Rows by the drill's name of the failure.
ROWS = {
    "proxy-killed": "proxyDead",
    "proxy-hung": "proxyHung",
    "keepalived-stopped": "holderStopped",
    "keepalived-killed": "keepalivedKilled",
    "host-isolated": "holderGone",
    "carrier-lost": "holderGone",
    "api-killed": "apiServerDead",
    "api-hung": "apiServerHung",
    "api-not-ready": "apiServerNotReady",
    "api-host-lost": "controlPlaneNodeLost",
    "all-apis-back": "apiServersBack",
    "api-drained": "apiServerDrained",
    "split": "loadBalancersSplit",
    "split-healed": "splitHealed",
    "holder-blind": "holderBlind",
}


def ask(hagen, example):
    """The predictions for an example."""
    done = subprocess.run([hagen, "drill", "--provider", "baremetal", "--file", example, "--format", "json"],
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"no drill of {example}:\n{done.stderr}")
    return read(done.stdout)


def read(text):
    """{row: (least, most, reach)} in seconds; most is None where it does not end by itself."""
    (cluster,) = json.loads(text)
    found = {failure["id"]: failure["interruption"] for failure in cluster["failures"]}
    predicted = {}
    for row, name in ROWS.items():
        if name in found:
            least, most = found[name]["leastMs"], found[name]["mostMs"]
            # It begins with the start of the process here, and there when it answers. haproxy counts answers that are no yes, too.
            later = bars.WARM_UP if row == "all-apis-back" else 0.0
            predicted[row] = (
                None if least is None else least / 1000, None if most is None else most / 1000 + later, found[name]["reach"],
            )
    return predicted


def disagreements(measurement, predicted):
    """Where a measurement is not what was predicted."""
    if measurement.row not in predicted:
        return []
    least, most, reach = predicted[measurement.row]
    if most is None:
        return [] if measurement.failed else ["hagen drill says that requests fail until it is repaired, and none failed"]
    if reach == "some" and most > 0:
        # Of the requests that meet what failed: for so long some fail.
        if measurement.degraded > most + bars.CLIENT_TIMEOUT + bars.ROOM:
            return [f"hagen drill says that some requests fail for at most {most:.1f} s, and they did for {measurement.degraded:.1f} s"]
        return []
    if not measurement.recovered or measurement.gap > most + bars.ROOM:
        return [f"hagen drill says at most {most:.1f} s, and it was {measurement.gap:.1f} s"]
    # A host of an API server that is gone holds up each request by itself: others are answered meanwhile.
    if reach == "everyone" and measurement.row != "api-host-lost" and measurement.gap < least - EARLY:
        return [f"hagen drill says at least {least:.1f} s, and it was {measurement.gap:.1f} s"]
    return []


def told(predicted, row):
    """A cell of the table."""
    if row not in predicted:
        return "-"
    least, most, reach = predicted[row]
    if most is None:
        return "until repaired"
    if most == 0:
        return "none"
    span = f"{least:.1f} to {most:.1f} s" if most - least > 0.05 else f"{most:.1f} s"
    return span + (", some" if reach == "some" else "")
