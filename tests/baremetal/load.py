#!/usr/bin/env python3
"""Thousands of short requests and hundreds of long watches while an API server is drained.

    load.py HOST PORT CA WATCHES SHORT LONG

As a program, it is that load: so many watches, and so many requests in a second. It prints a line of
JSON for each thing that happens: a watch that began or ended (in order, with its last chunk, or cut),
a request that failed, a time in which it did not run; and the sums when SIGTERM ends it. As a module,
it is the scenario.

Beside the short requests there are a few that take a second, as a LIST of many objects does. A load
balancer that ends the sessions of a server that it finds not ready (haproxy's `on-marked-down
shutdown-sessions` without `error-status L7OKC`) cuts what is under way there, though the server would
have finished it: then requests that were cut at that moment are counted apart. Else they are failures.
"""
import asyncio
import json
import pathlib
import signal
import ssl
import sys
import threading
import time

WATCHES = 240
RATE = 80  # short requests in a second
LONG = 5  # requests in a second that take a second
BURST = 10  # requests that begin at the same time when the schedule is behind
AT_ONCE = 1.0  # what is cut so shortly after a watch was, is cut by the same
RECONNECTED = 3.0  # seconds in which a watch that ended has to be there again
REQUEST = "GET {} HTTP/1.1\r\nHost: kubernetes\r\nConnection: close\r\n\r\n"
TIMEOUT = 5.0
_turn = threading.Lock()


class Load:
    """The load of one client."""

    def __init__(self, host, port, context):
        self.host, self.port, self.context = host, port, context
        self.sent = {"short": 0, "long": 0}
        self.slowest = 0.0
        self.stopping = asyncio.Event()

    def say(self, kind, **more):
        print(json.dumps({"t": time.monotonic(), "kind": kind, **more}), flush=True)

    async def connect(self, path):
        reader, writer = await asyncio.open_connection(
            self.host, self.port, ssl=self.context, server_hostname=self.host, ssl_shutdown_timeout=1
        )
        writer.write(REQUEST.format(path).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        server = next((line[10:] for line in head.split("\r\n") if line.startswith("X-Server: ")), None)
        return reader, writer, int(head.split(" ", 2)[1]), server

    async def request(self, kind, path):
        begin = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT):
                reader, writer, status, server = await self.connect(path)
                body = await reader.read()
                writer.close()
            if status != 200 or b'"ok"' not in body:
                raise EOFError(f"{status} of {server}")
            if kind == "short":
                self.slowest = max(self.slowest, time.monotonic() - begin)
        except (OSError, EOFError, TimeoutError) as error:
            self.say("request-failed", request=kind, begun=begin, why=f"{type(error).__name__} {error}")

    async def watch(self, number):
        """A watch that is there again whenever it ends."""
        ended = time.monotonic()
        while not self.stopping.is_set():
            try:
                async with asyncio.timeout(TIMEOUT):
                    reader, writer, status, server = await self.connect("/api/v1/pods?watch=1")
                    await reader.readline()
            except (OSError, EOFError, TimeoutError) as error:
                self.say("watch-refused", number=number, why=f"{type(error).__name__} {error}")
                await asyncio.sleep(0.2)
                continue
            self.say("watch-began", number=number, server=server, status=status, after=time.monotonic() - ended)
            how = "cut"
            try:
                while line := await reader.readline():
                    if line == b"0\r\n":
                        how = "in order"
            except OSError:
                pass
            ended = time.monotonic()
            if not self.stopping.is_set():
                self.say("watch-ended", number=number, server=server, how=how)
            writer.close()

    async def run(self, watches, short, long):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.stopping.set)
        tasks = set()
        for number in range(watches):
            tasks.add(asyncio.create_task(self.watch(number)))
            if number % 20 == 19:
                await asyncio.sleep(0.1)
        kinds = [("short", "/api/v1/nodes", short), ("long", "/api/v1/pods?wait=1", long)] if short else []
        begin = told = time.monotonic()
        while not self.stopping.is_set():
            behind = 0.0
            for kind, path, each in kinds:
                passed = time.monotonic() - begin
                for _ in range(min(BURST, int(passed * each) - self.sent[kind])):
                    task = asyncio.create_task(self.request(kind, path))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    self.sent[kind] += 1
                behind = max(behind, passed - (self.sent[kind] + 1) / each)
            if behind > 0.2 and time.monotonic() > told + 0.5:
                told = time.monotonic()
                self.say("late", seconds=behind)
            await asyncio.sleep(0.02)
        self.say("sums", sent=self.sent, slowest=self.slowest)


def events(process):
    return [json.loads(line) for line in process.text().splitlines() if line.startswith("{")]


def drain(run):
    """The scenario: SIGTERM to an API server under load; later it is started again."""
    # Two of these at the same time would measure each other.
    with _turn:
        under_load(run)


def under_load(run):
    lab = run.lab
    name = lab.api.names[0]
    # Two programs: 80 watches that begin again at the same moment hold up no request.
    watches, requests = (
        lab.client_host.start(kind, [
            sys.executable, pathlib.Path(__file__).resolve(), lab.cluster.virtual_ip, lab.cluster.proxy.port,
            lab.network.folder / "ca.crt", *amounts,
        ])
        for kind, amounts in (("watches", (WATCHES, 0, 0)), ("requests", (0, RATE, LONG)))
    )
    lab.until(lambda: len({e["number"] for e in events(watches) if e["kind"] == "watch-began"}) == WATCHES, "every watch")
    lab.sleep(1)
    begin = time.monotonic()
    lab.api.signal(name, signal.SIGTERM)
    lab.until(lambda: not lab.api.process(name).running(), f"the end of {name}", lab.cluster.shutdown_delay + 30)
    stopped = time.monotonic()
    lab.sleep(max(4.0, run.bar("api-returns").at_least))
    drained = run.add("api-drained", begin, time.monotonic())
    back = time.monotonic()
    lab.api.start(name)
    lab.sleep(run.bar("api-returns").at_least)
    for load in (requests, watches):
        load.signal(signal.SIGTERM)
        load.popen.wait(30)
    returned = run.add("api-drained-returns", back, time.monotonic())
    judge_watches(lab.cluster.proxy, drained, returned, events(requests) + events(watches), name, begin, stopped, back)


def told_failures(row, failed):
    """Adds failed requests to a row."""
    row.failed += len(failed)
    for event in failed:
        why = f"{event['request']}: {event['why']}"
        row.outcomes[why] = row.outcomes.get(why, 0) + 1


def judge_watches(proxy, drained, returned, seen, name, begin, stopped, back):
    """Adds what the load saw to the measurements."""
    sums = next(event for event in seen if event["kind"] == "sums")
    cuts = drained_cuts(seen, name) if proxy.cuts and not proxy.drains else []
    for row, since, until in ((drained, begin, back), (returned, back, float("inf"))):
        inside = [event for event in seen if since < event["t"] <= until]

        def of(kind, inside=inside):
            return [event for event in inside if event["kind"] == kind]

        failed = of("request-failed")
        cut = [event for event in failed if any(event["begun"] < moment <= event["t"] + 0.1 < moment + AT_ONCE for moment in cuts)]
        told_failures(row, [event for event in failed if event not in cut])
        others = [event for event in of("watch-ended") if event["server"] != name]
        late = [event for event in of("watch-began") if event["after"] > RECONNECTED]
        row.lag = max([row.lag, *(event["seconds"] for event in of("late"))])
        if others:
            row.problems.append(f"{len(others)} watches on servers that were not touched were cut")
        if late or of("watch-refused"):
            row.problems.append(f"{len(of('watch-refused'))} watches were refused, {len(late)} were there again only after "
                                f"more than {RECONNECTED} s")
        if row is drained:
            note_drain(row, inside, sums, cut, begin, stopped)


def drained_cuts(seen, name):
    """The moments at which watches of the drained server were cut, and not ended in order."""
    return [event["t"] for event in seen if event["kind"] == "watch-ended" and event["how"] == "cut" and event["server"] == name]


def note_drain(row, inside, sums, cut, begin, stopped):
    """What happened to the watches and long requests of the drained server."""
    ended = [event for event in inside if event["kind"] == "watch-ended"]
    again = [event for event in inside if event["kind"] == "watch-began"]
    if len(again) != len(ended):
        row.problems.append(f"{len(ended)} watches ended, {len(again)} began again")
    if not ended:
        row.problems.append("no watch ended: nothing was drained")
    orderly = sum(event["how"] == "in order" for event in ended)
    moments = [event["t"] - begin for event in ended] or [0.0]
    row.notes += [
        f"{sums['sent']['short']} short requests, {sums['sent']['long']} of a second, {WATCHES} watches; "
        f"the slowest short request took {sums['slowest']:.2f} s",
        f"{len(ended)} watches of the drained server ended {min(moments):.1f} to {max(moments):.1f} s after SIGTERM, {orderly} of "
        f"them in order, all there again within {max((e['after'] for e in again), default=0.0):.2f} s; "
        f"the process ended {stopped - begin:.1f} s after it",
    ]
    if cut:
        kinds = [event["request"] for event in cut]
        row.notes.append(f"cut with them: {kinds.count('long')} requests of a second and {kinds.count('short')} short ones that were "
                         "under way")


if __name__ == "__main__":
    asyncio.run(Load(sys.argv[1], int(sys.argv[2]), ssl.create_default_context(cafile=sys.argv[3])).run(
        *map(int, sys.argv[4:])))
