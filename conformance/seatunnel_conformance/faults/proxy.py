"""A proxy that forwards traffic to a deployment byte for byte, and applies one fault to it.

It implements HTTP/1.1 itself, because HTTP libraries normalise headers and repair what a fault breaks. It listens on
loopback addresses only.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlsplit

from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.faults.messages import HEAD_LIMIT, BrokenMessage, Message, read_request, read_response
from seatunnel_conformance.target.connection import Connection, Tls
from seatunnel_conformance.target.exchange import READING
from seatunnel_conformance.target.job_guard import JobGuard
from seatunnel_openapi import Contract, in_own_words

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

NOTHING: Final = FaultEffect()
"""The effect while no fault is applied."""

_HOSTS: Final = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
_SUBMISSIONS: Final = frozenset({"submit_job", "submit_jobs"})
_STOPPING: Final = 5
"""Seconds to wait for the start and the end of the proxy's thread."""
_CLOSING: Final = 1
"""Seconds to wait for the end of a connection."""
_ROUNDS_TO_CONNECT: Final = 3
"""Iterations of the event loop until an accepted socket is a stream. If the server closes before, asyncio loses it."""


@dataclass(slots=True)
class TrafficCounts:
    """Counts of the traffic since the last call of `Proxy.switch`.

    `altered` is the number of exchanges that the fault changed. `jobs` has the ids of the jobs that the deployment
    accepted, even if the client got another response. `tagged` is true if a request could change tags. `error` is the
    first error of the fault's code, or of a request that the guard refused.
    """

    exchanges: int = 0
    altered: int = 0
    jobs: set[str] = field(default_factory=set)
    tagged: bool = False
    error: str = ""


class Proxy:
    """A proxy for the deployment at `upstream`, which runs in a thread during a `with` block.

    `url` is the proxy's URL, with the context path and without TLS; `tls` is for connections to the deployment.
    `switch` changes the fault. `guard` looks up the jobs of requests at the deployment itself, because under a fault a
    request can name a foreign job: the fault can change a request, or the responses on which the suite relies.
    `listener` is a listening socket; by default, the proxy listens on the port of the deployment, on a loopback address
    where this port is free.
    """

    def __init__(
        self, upstream: str, contract: Contract, tls: Tls = Tls(), listener: socket.socket | None = None
    ) -> None:
        self.upstream = upstream
        self._parts = urlsplit(upstream)
        self._tls = tls.context() if self._parts.scheme == "https" else None
        self._contract, self._connection = in_own_words(contract), Connection(speaks=contract.release)
        self._effect = NOTHING
        self.guard: JobGuard | None = None
        self._guarding = asyncio.Lock()
        """Held during a look-up of the guard, so that there is only one at a time."""
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener = listener or _listener(self._port, self._parts.hostname or "")
        self.traffic = TrafficCounts()

    @property
    def _port(self) -> int:
        return self._parts.port or (443 if self._parts.scheme == "https" else 80)

    @property
    def url(self) -> str:
        """The URL of the proxy."""
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}{self._parts.path.rstrip('/')}"

    def switch(self, effect: FaultEffect = NOTHING, counts: TrafficCounts | None = None) -> TrafficCounts:
        """Apply another fault, or none, from the next request on. Return the counts of the traffic before.

        Several proxies can share `counts`; by default, new ones begin at zero.
        """
        before, self.traffic, self._effect = self.traffic, counts or TrafficCounts(), effect
        return before

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run_loop, daemon=True, name="proxy")
        self._thread.start()
        self._ready.wait(_STOPPING)
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOPPING)

    def _run_loop(self) -> None:
        # Not the default loop class of the program: `_run` depends on how a SelectorEventLoop accepts connections.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._serve((reader, writer)))
            clients[task] = writer
            task.add_done_callback(clients.pop)

        server = await asyncio.start_server(connected, sock=self._listener, limit=HEAD_LIMIT)
        self._ready.set()
        await self._stop.wait()
        self._loop.remove_reader(self._listener)
        for _ in range(_ROUNDS_TO_CONNECT):
            await asyncio.sleep(0)
        server.close()
        open_clients = dict(clients)
        for task in open_clients:
            task.cancel()
        await asyncio.gather(*open_clients, return_exceptions=True)
        # The tasks of new connections have not run yet, so they don't close them.
        for writer in open_clients.values():
            writer.transport.abort()

    async def _serve(self, client: Stream) -> None:
        """Handle the requests of one connection, over one connection to the deployment."""
        upstream = _Upstream(self._parts.hostname or "", self._port, self._tls)
        try:
            with contextlib.suppress(OSError, EOFError, ValueError, BrokenMessage):
                while (request := await read_request(client[0])) is not None:
                    if not await self._pass_on(request, upstream, client[1]):
                        break
        finally:
            client[1].close()
            await upstream.close()
            await _closed(client[1])

    async def _pass_on(self, request: Message, upstream: _Upstream, client: asyncio.StreamWriter) -> bool:
        """Handle one request, and return whether the connection to the client stays open."""
        effect, traffic = self._effect, self.traffic
        context_path = self._parts.path.rstrip("/")
        plain = ProxiedExchange(self._contract, request, context_path=context_path, connection=self._connection)
        asked = _applied(effect.on_request, plain, traffic)
        answered = asked if asked.response else await self._answered(asked, upstream, traffic)
        found = _applied(effect.on_response, answered, traffic)
        traffic.exchanges += 1
        traffic.altered += asked.request is not request or bool(asked.response) or _is_altered(found, answered.received)
        return await _deliver(found, client) and not request.ends_connection and not upstream.has_ended

    async def _answered(self, asked: ProxiedExchange, upstream: _Upstream, traffic: TrafficCounts) -> ProxiedExchange:
        """Send the request to the deployment, and return the exchange with its response. Raises `BrokenMessage`."""
        sent = asked.request.addressed_to(self._parts.netloc.rpartition("@")[2])
        if self.guard is not None and asked.method not in READING:
            async with self._guarding:
                await _require_own(self.guard, asked, traffic)
        answered = asked.with_response(await upstream.response(sent, asked.method))
        traffic.jobs |= _taken(answered)
        traffic.tagged = traffic.tagged or answered.is_for("update_tags")
        # The links in lists of log files have the port of the deployment; they get that of the proxy.
        own, theirs = self._listener.getsockname()[1], self._port
        response = answered.received
        has_links = answered.operation_id.endswith("logs") or answered.path == "/logs/"
        if own == theirs or not has_links or f":{theirs}/".encode() not in response.body:
            return answered
        return answered.with_body(response.body.replace(f":{theirs}/".encode(), f":{own}/".encode()))


def _applied(
    effect: Callable[[ProxiedExchange], ProxiedExchange], exchange: ProxiedExchange, traffic: TrafficCounts
) -> ProxiedExchange:
    """Apply a fault. If its code raises an error, record the error, and return the unchanged exchange."""
    try:
        return effect(exchange)
    except Exception as problem:  # noqa: BLE001 - a fault must not break connections by accident
        place = traceback.extract_tb(problem.__traceback__)[-1]
        traffic.error = traffic.error or f"{type(problem).__name__}: {problem} ({place.name}, line {place.lineno})"
        return exchange


async def _require_own(guard: JobGuard, exchange: ProxiedExchange, traffic: TrafficCounts) -> None:
    """Raise `BrokenMessage`, which closes the connection, for a request that may name a foreign job."""
    try:
        await asyncio.to_thread(guard.require_own, exchange.target, exchange.request.body)
    except SuiteError as reason:
        traffic.error = traffic.error or str(reason)
        raise BrokenMessage(str(reason)) from reason


def _taken(exchange: ProxiedExchange) -> set[str]:
    """Return the ids of the jobs that were accepted according to a response."""
    if exchange.operation_id not in _SUBMISSIONS or not exchange.ok:
        return set()
    found = exchange.document if isinstance(exchange.document, list) else [exchange.document]
    return {str(item["jobId"]) for item in found if isinstance(item, dict) and "jobId" in item}


def _is_altered(found: ProxiedExchange, response: Message) -> bool:
    """Return whether the fault has changed the bytes of the response, or their delivery."""
    return bool(found.delivery) or (found.received is not response and found.received.as_bytes() != response.as_bytes())


class _Upstream:
    """A connection to the deployment, opened for the first request, and again if the deployment has closed it."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._address = (host, port)
        self._tls = tls
        self._stream: Stream | None = None
        self.has_ended = False
        """Whether the deployment has closed the connection after its last response."""

    async def response(self, request: Message, method: str) -> Message:
        """Send a request and return the response. Raises `OSError` and `BrokenMessage`."""
        response = await self._exchange(request, method) if self._stream is None else await self._again(request, method)
        if response is None:
            raise BrokenMessage("no response")
        self.has_ended = response.ends_connection or self._stream is None or self._stream[0].at_eof()
        return response

    async def _again(self, request: Message, method: str) -> Message | None:
        """Send a request on the open connection, or on a new one if that is closed. Return None if both are closed."""
        try:
            response = await self._exchange(request, method)
        except ConnectionError:
            response = None
        if response is None:
            await self.close()
            response = await self._exchange(request, method)
        return response

    async def _exchange(self, request: Message, method: str) -> Message | None:
        if self._stream is None:
            self._stream = await asyncio.open_connection(*self._address, limit=HEAD_LIMIT, ssl=self._tls)
        reader, writer = self._stream
        writer.write(request.as_bytes())
        await writer.drain()
        return await read_response(reader, method)

    async def close(self) -> None:
        """Close the connection."""
        if self._stream is not None:
            await _closed(self._stream[1])
        self._stream = None


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, even if it is broken already."""
    writer.close()
    try:
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), _CLOSING)
    finally:
        # A peer may not read the rest of a response, nor respond to TLS close_notify.
        writer.transport.abort()


async def _deliver(exchange: ProxiedExchange, client: asyncio.StreamWriter) -> bool:
    """Send a response to the client, and return whether the connection stays open."""
    for piece in exchange.delivery or (exchange.received.as_bytes(),):
        if isinstance(piece, Cut):
            if piece is Cut.RESET:
                # With SO_LINGER 0, closing a socket resets its connection.
                sock: Any = client.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.transport.abort()
            client.close()
            return False
        if isinstance(piece, bytes):
            client.write(piece)
            await client.drain()
        else:
            await asyncio.sleep(piece)
    return not exchange.received.ends_connection


def listener_on(port: int) -> socket.socket:
    """Return a socket that listens on a port of 127.0.0.1; 0 stands for a free port. Raises `OSError`."""
    return _listening((_HOSTS[0], port), reused=True)


def _listening(address: tuple[str, int], *, reused: bool = False) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reused)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    listener.listen(128)
    listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
    return listener


def _listener(port: int, deployment: str) -> socket.socket:
    """Return a socket that listens on the port of the deployment, at a loopback address where this port is free.

    If there is no such address, it listens on another port. The same port is better, because a node recognises its own
    files in the list of log files by their port.
    """
    # Not at the address of the deployment: once that has ended, the proxy would forward requests to itself.
    own = {"localhost": _HOSTS[0]}.get(deployment, deployment)
    for host in _HOSTS:
        if host != own:
            with contextlib.suppress(OSError):
                return _listening((host, port))
    return listener_on(0)
