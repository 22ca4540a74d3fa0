#!/usr/bin/env python3
"""Stands in for a kube-apiserver, in the behaviour that a load balancer sees.

    apiserver.py NAME PORT CERTIFICATE KEY DELAY WARM_UP

What it assumes of the real one (k8s.io/apiserver, pkg/server):

  * /readyz says 500 as soon as SIGTERM is there; /healthz and /livez stay green, since only
    readiness has the shutdown check (kubernetes/kubernetes#88954).
  * After SIGTERM it goes on serving for DELAY seconds (--shutdown-delay-duration), new connections
    too; then the listener is closed, requests in flight are finished, and watches end in order: the
    last chunk, then the end of the connection.
  * For its first WARM_UP seconds its hooks still run: it takes connections, and everything says 500.
  * Without etcd, /readyz, /healthz and /livez all say 500, and so does every request.

SIGUSR1 takes etcd away, SIGUSR2 brings it back. SIGSTOP and SIGKILL do what they do to any process.
Each connection has one request; a watch sends an event every other second. `?wait=S` answers after S seconds.
"""
import asyncio
import json
import signal
import ssl
import sys
import time

CLOSE = "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nX-Server: {}\r\nConnection: close\r\n"
FINISH_IN_FLIGHT = 10


class ApiServer:
    """One API server."""

    def __init__(self, name, delay, warm_up):
        self.name = name
        self.delay = delay
        self.etcd = True
        self.warm = time.monotonic() + warm_up
        self.stopping = asyncio.Event()
        self.ended = asyncio.Event()
        self.active = set()

    async def answer(self, reader, writer):
        """Answers the one request of a connection."""
        task = asyncio.current_task()
        self.active.add(task)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
            path, _, query = head.split(b" ", 2)[1].decode().partition("?")
            if "watch=1" in query:
                await self.watch(writer)
            else:
                if query.startswith("wait="):
                    await asyncio.sleep(float(query[5:]))
                writer.write(self.short(path))
                await writer.drain()
        except (OSError, ssl.SSLError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, IndexError):
            pass
        finally:
            self.active.discard(task)
            writer.close()

    def short(self, path):
        green = self.etcd and time.monotonic() >= self.warm
        if path == "/readyz":
            green = green and not self.stopping.is_set()
        body = "ok" if green else "failed"
        if path.startswith("/api"):
            body = json.dumps({"server": self.name, "status": body})
        head = CLOSE.format(200 if green else 500, "OK" if green else "Internal Server Error", self.name)
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    async def watch(self, writer):
        writer.write(f"{CLOSE.format(200, 'OK', self.name)}Transfer-Encoding: chunked\r\n\r\n".encode())
        event = json.dumps({"type": "BOOKMARK", "server": self.name}) + "\n"
        chunk = f"{len(event):x}\r\n{event}\r\n".encode()
        while not self.ended.is_set():
            writer.write(chunk)
            await writer.drain()
            try:
                await asyncio.wait_for(self.ended.wait(), 2)
            except asyncio.TimeoutError:
                pass
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def serve(self, port, context):
        listener = await asyncio.start_server(
            self.answer, "0.0.0.0", port, ssl=context, backlog=1024, ssl_handshake_timeout=15, ssl_shutdown_timeout=2
        )
        print("serving", flush=True)
        await self.stopping.wait()
        await asyncio.sleep(self.delay)
        listener.close()
        self.ended.set()
        if self.active:
            await asyncio.wait(self.active, timeout=FINISH_IN_FLIGHT)
        # close_notify and FIN of the last ones.
        await asyncio.sleep(0.2)


async def main():
    name, port, certificate, key, delay, warm_up = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = ApiServer(name, float(delay), float(warm_up))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.stopping.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: setattr(server, "etcd", False))
    loop.add_signal_handler(signal.SIGUSR2, lambda: setattr(server, "etcd", True))
    # A connection that its client gave up is no event worth a traceback.
    loop.set_exception_handler(lambda *_: None)
    await server.serve(int(port), context)


if __name__ == "__main__":
    asyncio.run(main())
