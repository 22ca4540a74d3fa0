#!/usr/bin/env python3
"""Asks the API through the virtual IP, over and over, and writes down each answer.

    client.py HOST PORT CA INTERVAL TIMEOUT

Every INTERVAL seconds a request begins, on a connection of its own, with a check of the server's
certificate, whatever became of those before: one that hangs holds up no other. Each has TIMEOUT
seconds for everything. A line for each, as JSON: when it should have begun, when it began, when it
was done (CLOCK_MONOTONIC), what came of it, which API server answered. The first two differ where
this process did not get to run: the judge does not believe a measurement with too much of that.

Ends on SIGTERM.
"""
import concurrent.futures
import json
import re
import signal
import socket
import ssl
import sys
import threading
import time

REQUEST = "GET /api/v1/namespaces/default HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"


class Refused(Exception):
    """An answer that is none."""


def get(address, context, timeout, request):
    """One request on a connection of its own: the name of the server that answered."""
    limit = time.monotonic() + timeout

    def left():
        rest = limit - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        return rest

    with socket.create_connection(address, timeout=left()) as plain:
        plain.settimeout(left())
        with context.wrap_socket(plain, server_hostname=address[0]) as stream:
            stream.settimeout(left())
            stream.sendall(request)
            answer = b""
            while True:
                stream.settimeout(left())
                part = stream.recv(65536)
                if not part:
                    break
                answer += part
    status = re.match(rb"HTTP/1\.1 (\d+)", answer)
    if not status:
        raise Refused("cut")
    if status[1] != b"200":
        raise Refused(f"http {status[1].decode()}")
    return re.search(rb"X-Server: (\S+)", answer)[1].decode()


def outcome(error):
    """A word for an error."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, TimeoutError):
        return "timeout"
    return {ConnectionRefusedError: "refused", ConnectionResetError: "reset"}.get(type(error), type(error).__name__)


def main():
    host, port, authority, interval, timeout = sys.argv[1:]
    interval, timeout = float(interval), float(timeout)
    context = ssl.create_default_context(cafile=authority)
    request = REQUEST.format(host).encode()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    turn = threading.Lock()

    def probe(planned):
        begun = time.monotonic()
        server = None
        try:
            server = get((host, int(port)), context, timeout, request)
            result = "ok"
        except (OSError, Refused) as error:
            result = outcome(error)
        line = json.dumps([planned, begun, time.monotonic(), result, server])
        with turn:
            print(line, flush=True)

    # Enough for all that can be under way, and for some that began late.
    with concurrent.futures.ThreadPoolExecutor(int(timeout / interval) + 20) as pool:
        planned = time.monotonic()
        while not stop.is_set():
            pool.submit(probe, planned)
            planned += interval
            # What was missed is missed: a burst would measure something else.
            behind = time.monotonic() - planned
            if behind > interval:
                planned += interval * int(behind / interval)
            stop.wait(max(0.0, planned - time.monotonic()))


if __name__ == "__main__":
    main()
