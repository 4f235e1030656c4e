"""A proxy before a deployment: passes traffic on byte for byte, and lets one fault change it.

It speaks HTTP/1.1 over plain sockets, because nothing else leaves bytes as they are: every framework writes headers in
its own way, and repairs what a fault has broken on purpose. It listens on this machine only.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.faults.catalogue import Effect
from seatunnel_conformance.faults.exchange import Cut, Exchange
from seatunnel_conformance.faults.messages import (
    HEAD_LIMIT,
    BrokenMessage,
    Message,
    read_answer,
    read_request,
)
from seatunnel_conformance.target.connection import Tls
from seatunnel_conformance.target.exchange import READING
from seatunnel_conformance.target.job_guard import JobGuard
from seatunnel_openapi import Contract

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

NOTHING: Final = Effect()
"""The effect of no fault."""

_HOSTS: Final = ("127.0.0.1", "127.0.0.2")
_SUBMISSIONS: Final = frozenset({"submit_job", "submit_jobs"})
_STOPPING: Final = 5
_FAREWELL: Final = 1
_ROUNDS_TO_CONNECT: Final = 3
"""Rounds of the event loop from an accepted socket to its stream; asyncio loses it when its server closes before."""


@dataclass(slots=True)
class Traffic:
    """What went through since the last switch.

    `altered` counts the exchanges that the fault has changed; `jobs` are the ids of all jobs that the deployment itself
    said it has taken, whatever the client was told; `tagged` tells whether it has taken tags. `trouble` is the first
    mistake of the fault itself.
    """

    exchanges: int = 0
    altered: int = 0
    jobs: set[str] = field(default_factory=set)
    tagged: bool = False
    trouble: str = ""


class Proxy:
    """A proxy before the deployment at `upstream`, in a thread of its own for as long as the block lasts.

    `url` is where it is reached, context path included and without TLS, `tls` how the deployment is. `switch` changes
    the fault while it runs. `guard` looks things up at the deployment itself: neither what a fault makes of a request
    nor what the suite sends because a fault has misled it may be about somebody else's job.
    """

    def __init__(self, upstream: str, contract: Contract, tls: Tls = Tls()) -> None:
        self.upstream = upstream
        self._parts = urlsplit(upstream)
        self._tls = tls.context() if self._parts.scheme == "https" else None
        self._contract = contract
        self._effect = NOTHING
        self.guard: JobGuard | None = None
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener = _listener(self._port, self._parts.hostname or "")
        self.traffic = Traffic()

    @property
    def _port(self) -> int:
        return self._parts.port or (443 if self._parts.scheme == "https" else 80)

    @property
    def url(self) -> str:
        """Where the proxy is reached."""
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}{self._parts.path.rstrip('/')}"

    def switch(self, effect: Effect = NOTHING) -> Traffic:
        """Apply another fault, or none, from the next request on. Returns what went through up to now."""
        before, self.traffic, self._effect = self.traffic, Traffic(), effect
        return before

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run_loop, daemon=True, name="proxy")
        self._thread.start()
        self._ready.wait(_STOPPING)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOPPING)

    def _run_loop(self) -> None:
        # Whatever loops the program around it prefers: `_run` knows how this one accepts connections.
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
        # Whoever came a moment ago is not served any more, and nothing of that task has run to close the connection.
        for writer in open_clients.values():
            writer.transport.abort()

    async def _serve(self, client: Stream) -> None:
        """Answer the requests of one connection, over one connection to the deployment."""
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
        """Answer one request; False when that was the last one of its connection."""
        effect, traffic = self._effect, self.traffic
        plain = Exchange(self._contract, request, context_path=self._parts.path.rstrip("/"))
        asked = _applied(effect.asked, plain, traffic)
        answered = asked if asked.answer else await self._answered(asked, upstream, traffic)
        found = _applied(effect.answered, answered, traffic)
        traffic.exchanges += 1
        traffic.altered += asked.request is not request or bool(asked.answer) or _is_altered(found, answered.received)
        return await _deliver(found, client) and not request.ends_connection and not upstream.has_ended

    async def _answered(self, asked: Exchange, upstream: _Upstream, traffic: Traffic) -> Exchange:
        """Ask the deployment."""
        sent = asked.request.addressed_to(self._parts.netloc.rpartition("@")[2])
        if self.guard is not None and asked.method not in READING:
            await _require_own(self.guard, asked, traffic)
        answered = asked.with_answer(await upstream.answer(sent, asked.method))
        traffic.jobs |= _taken(answered)
        traffic.tagged = traffic.tagged or answered.about("update_tags")
        return self._with_own_port(answered)

    def _with_own_port(self, exchange: Exchange) -> Exchange:
        """Let links to log files lead to the proxy where it could not get the deployment's own port."""
        own, theirs = self._listener.getsockname()[1], self._port
        answer = exchange.received
        if own == theirs or not exchange.operation_id.endswith("logs") or f":{theirs}/".encode() not in answer.body:
            return exchange
        return exchange.with_body(answer.body.replace(f":{theirs}/".encode(), f":{own}/".encode()))


def _applied(effect: Callable[[Exchange], Exchange], exchange: Exchange, traffic: Traffic) -> Exchange:
    """Apply a fault; where the fault itself makes a mistake, say so and change nothing."""
    try:
        return effect(exchange)
    except Exception as problem:  # noqa: BLE001 - a fault must not break connections by accident
        place = traceback.extract_tb(problem.__traceback__)[-1]
        traffic.trouble = traffic.trouble or f"{type(problem).__name__}: {problem} ({place.name}, line {place.lineno})"
        return exchange


async def _require_own(guard: JobGuard, exchange: Exchange, traffic: Traffic) -> None:
    """Raise `BrokenMessage`, which ends the connection, for a request that may be about somebody else's job."""
    try:
        await asyncio.to_thread(guard.require_own, exchange.target, exchange.request.body)
    except SuiteError as reason:
        traffic.trouble = traffic.trouble or str(reason)
        raise BrokenMessage(str(reason)) from reason


def _taken(exchange: Exchange) -> set[str]:
    """Return the ids of the jobs that an answer says were taken."""
    if exchange.operation_id not in _SUBMISSIONS or not exchange.ok:
        return set()
    found = exchange.document if isinstance(exchange.document, list) else [exchange.document]
    return {str(item["jobId"]) for item in found if isinstance(item, dict) and "jobId" in item}


def _is_altered(found: Exchange, answer: Message) -> bool:
    """Tell whether an exchange has another answer than the deployment's, or delivers it in another way."""
    return bool(found.delivery) or (found.received is not answer and found.received.as_bytes() != answer.as_bytes())


class _Upstream:
    """A connection to the deployment, made when it is needed and again when it is gone."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._address = (host, port)
        self._tls = tls
        self._stream: Stream | None = None
        self.has_ended = False
        """Whether the deployment has closed the connection behind its last answer."""

    async def answer(self, request: Message, method: str) -> Message:
        """Send a request and return the answer. Raises `OSError` and `BrokenMessage`."""
        answer = await self._exchange(request, method) if self._stream is None else await self._again(request, method)
        if answer is None:
            raise BrokenMessage("no answer came")
        self.has_ended = answer.ends_connection or self._stream is None or self._stream[0].at_eof()
        return answer

    async def _again(self, request: Message, method: str) -> Message | None:
        """Use the connection once more; if the deployment has closed it meanwhile, make another."""
        try:
            answer = await self._exchange(request, method)
        except ConnectionError:
            answer = None
        if answer is None:
            await self.close()
            answer = await self._exchange(request, method)
        return answer

    async def _exchange(self, request: Message, method: str) -> Message | None:
        if self._stream is None:
            self._stream = await asyncio.open_connection(*self._address, limit=HEAD_LIMIT, ssl=self._tls)
        reader, writer = self._stream
        writer.write(request.as_bytes())
        await writer.drain()
        return await read_answer(reader, method)

    async def close(self) -> None:
        """Close the connection."""
        if self._stream is not None:
            await _closed(self._stream[1])
        self._stream = None


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, within a second; that it is broken already is no trouble."""
    writer.close()
    try:
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), _FAREWELL)
    finally:
        # A peer need not read the rest of an answer, nor answer the farewell of TLS.
        writer.transport.abort()


async def _deliver(exchange: Exchange, client: asyncio.StreamWriter) -> bool:
    """Send an answer to the client as the exchange says; False when the connection ends with it."""
    for piece in exchange.delivery or (exchange.received.as_bytes(),):
        if isinstance(piece, Cut):
            _cut(client, piece)
            return False
        if isinstance(piece, bytes):
            client.write(piece)
            await client.drain()
        else:
            await asyncio.sleep(piece)
    return not exchange.received.ends_connection


def _cut(client: asyncio.StreamWriter, how: Cut) -> None:
    if how is Cut.RESET:
        # With no time to linger, closing a socket resets its connection.
        sock: Any = client.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.transport.abort()
    client.close()


def _listener(port: int, deployment: str) -> socket.socket:
    """Listen on the deployment's own port, on an address of this machine that has it free; else on any port.

    Links to log files name a port, and only those of the port that was asked are the node's own.
    """
    for address in _addresses(port, deployment):
        listener = socket.socket()
        try:
            listener.bind(address)
        except OSError:
            listener.close()
            continue
        listener.listen(128)
        listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
        return listener
    raise OSError(f"no address of this machine can be had, at port {port} or at any other")


def _addresses(port: int, deployment: str) -> Iterator[tuple[str, int]]:
    # Not the deployment's own address: once it is gone the proxy would be its own deployment, and never stop asking.
    own = {"localhost": _HOSTS[0]}.get(deployment, deployment)
    yield from ((host, port) for host in _HOSTS if host != own)
    yield _HOSTS[0], 0
