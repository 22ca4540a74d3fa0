"""The measurements as a table for people, as Markdown and as JSON."""
import judge

DONE = {
    "proxy-killed": "load balancer program killed, for good",
    "proxy-returns": "… and started again",
    "proxy-hung": "load balancer program hangs",
    "proxy-goes-on": "… and goes on",
    "keepalived-stopped": "keepalived stopped (reboot)",
    "keepalived-returns": "… and started again",
    "keepalived-killed": "keepalived killed, address left behind",
    "keepalived-restarted": "… and restarted",
    "host-isolated": "host unreachable, link up (power loss)",
    "host-returns": "… and back",
    "host-blinks": "host unreachable for 7 s",
    "host-blinks-returns": "… and back",
    "host-away": "host unreachable for 16 s",
    "host-away-returns": "… and back",
    "carrier-lost": "link down",
    "carrier-returns": "… and up again",
    "api-killed": "one API server killed",
    "api-returns": "… and started again",
    "api-hung": "one API server hangs",
    "api-wakes": "… and goes on",
    "api-not-ready": "one API server without etcd",
    "api-ready-again": "… and with it again",
    "api-host-lost": "host of one API server gone",
    "api-host-returns": "… and back",
    "all-apis-gone": "all API servers gone",
    "all-apis-back": "… and back: from then on",
    "split": "load balancers do not hear each other",
    "split-healed": "… and hear each other again",
    "holder-blind": "holder alone reaches no API server",
    "sight-returns": "… and reaches them again",
    "api-drained": "one API server upgraded, under load",
    "api-drained-returns": "… and started again",
}


def gap(measurement):
    if not measurement.recovered:
        return f"> {measurement.seconds:.0f} s" if measurement.row != "all-apis-gone" else "all of it"
    if measurement.gap < 0.3:
        return "none"
    return f"{measurement.gap:.1f} s"


def moved(measurement):
    """What the virtual IP did, in a word or two."""
    sets = [names for _, names in measurement.holders]
    first, last = sets[0], sets[-1]
    if len(last) > 1:
        return "on both" if len(first) == 1 else "stays on both"
    if len(first) > 1:
        return f"{last[0]} keeps it" if last else "nobody"
    if first != last:
        return f"{first[0] if first else 'nobody'} → {last[0] if last else 'nobody'}"
    return "stays" if all(names == first for names in sets) else "away and back"


def failed(measurement):
    text = f"{measurement.failed} of {measurement.sent}"
    if measurement.failed and measurement.degraded > measurement.gap + 1.5:
        text += f" in {measurement.degraded:.0f} s"
    return text


def by_row(results, subjects):
    """[row, {subject: result}] in the order of DONE."""
    found = {}
    for result in results:
        if result["subject"] in subjects:
            found.setdefault(result["row"], {})[result["subject"]] = result
    return [(row, found[row]) for row in DONE if row in found]


def table(results, subjects):
    """Rows of cells: the row's name, for each subject gap, bar if it has one, failed requests and virtual IP."""
    judged = {s for s in subjects if any(result["bar"] for result in results if result["subject"] == s)}
    head = [""]
    for subject in subjects:
        head += [f"{subject}: gap", *(["predicted", "at most"] if subject in judged else []), "failed", "virtual IP"]
    rows = [head]
    for row, found in by_row(results, subjects):
        cells = [DONE[row]]
        for subject in subjects:
            cells += cells_of(found.get(subject), subject in judged)
        rows.append(cells)
    return rows


def cells_of(result, judged):
    if result is None:
        return [""] * (5 if judged else 3)
    measurement, bar = result["measurement"], result["bar"]
    mark = {judge.FAILED: " FAILED", judge.UNSURE: " ?"}.get(result["verdict"].verdict, "")
    limit = [result["predicted"], f"{bar.gap:.1f} s" if bar and bar.gap is not None else "-"] if judged else []
    return [gap(measurement) + mark, *limit, failed(measurement), moved(measurement)]


def plain(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def as_json(results, programs):
    """Everything, with names that stay."""
    return {
        "programs": programs,
        "rows": [
            {
                **result["measurement"].as_dict(),
                "bar": result["bar"].gap if result["bar"] else None,
                "predicted": result["predicted"],
                "bound": result["bar"].bound if result["bar"] else None,
                "verdict": result["verdict"].verdict,
                "reasons": result["verdict"].reasons,
            }
            for result in results
        ],
    }
