"""The server inside of another program: in a thread, on a free port, and reachable without any port, too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx2

from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.errors import NoSuchNode, ServerError
from seatunnel_server.serving.nodes import AppServer
from seatunnel_server.serving.process import RunningServer, ServeOptions, serve

_Result = TypeVar("_Result")

_STARTING: Final = 30
"""Seconds within which the server has to answer, or to say why not."""

_STOPPING: Final = 15
"""Seconds within which it has to be gone."""


class DidNotStart(ServerError):
    """The server ended before it served; the message is what it had to say."""


class EmbeddedServer:
    """A reference server for as long as the block lasts: fresh, with jobs, logs and tags of its own.

    `url` is where it listens, context path included. Options without a port gets a free one.
    """

    def __init__(self, options: ServeOptions) -> None:
        self.options = options if options.port is not None else replace(options, port=0)
        self._running: RunningServer | None = None
        self._said: list[str] = []
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="seatunnel-server")

    def __enter__(self) -> Self:
        """Start. Raises `DidNotStart`."""
        self._thread.start()
        self._settled.wait(_STARTING)
        if self._running is None:
            raise DidNotStart(" ".join(self._said) or f"the server did not start within {_STARTING} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.stop()
        self._thread.join(_STOPPING)

    def node(self, number: int) -> EmbeddedNode:
        """Return a node of the cluster by its number, from 1 on. Raises `NoSuchNode`."""
        nodes = self._started.nodes
        if not 1 <= number <= len(nodes):
            raise NoSuchNode(number, len(nodes))
        return EmbeddedNode(self, nodes[number - 1])

    @property
    def url(self) -> str:
        """The address of the first node, without a slash at its end."""
        return self.node(1).url

    @property
    def transport(self) -> httpx2.BaseTransport:
        """For `httpx2.Client(transport=...)`: requests reach the first node that runs, without a socket."""
        return _InProcess(self._first_running)

    @property
    def async_transport(self) -> httpx2.AsyncBaseTransport:
        """The same for `httpx2.AsyncClient`, on whatever event loop that runs."""
        return _AsyncInProcess(self._first_running)

    def _first_running(self) -> EmbeddedNode:
        return next(EmbeddedNode(self, node) for node in self._started.nodes if node.running)

    def advance(self, seconds: float) -> None:
        """Advance the engine's clock and run what is scheduled. Raises `TypeError` without a manual clock."""
        clock = self.options.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("the time of this server is that of the machine, which can't be advanced")
        self.wait_for(clock.advance(seconds))

    def wait_for(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Have the server's event loop do some work, and return what came of it."""
        return asyncio.run_coroutine_threadsafe(work, self._started.loop).result()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop on which the engine lives."""
        return self._started.loop

    @property
    def _started(self) -> RunningServer:
        if self._running is None:
            raise RuntimeError("the server runs only inside of its `with` block")
        return self._running

    def _serve(self) -> None:
        try:
            serve(self.options, say=lambda _: None, print_error=self._said.append, started=self._has_started)
        finally:
            self._settled.set()

    def _has_started(self, running: RunningServer) -> None:
        self._running = running
        self._settled.set()


class EmbeddedNode:
    """A node of the server's cluster."""

    def __init__(self, server: EmbeddedServer, node: AppServer) -> None:
        self.server = server
        self._node = node

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return self._node.url

    @property
    def transport(self) -> httpx2.BaseTransport:
        """For `httpx2.Client(transport=...)`: requests reach the node without a socket."""
        return _InProcess(lambda: self)

    @property
    def async_transport(self) -> httpx2.AsyncBaseTransport:
        """The same for `httpx2.AsyncClient`, on whatever event loop that runs."""
        return _AsyncInProcess(lambda: self)

    def stop(self) -> None:
        """Have the node leave the cluster; its port refuses connections. Raises `LastNode`."""
        self.server.wait_for(self._node.stop())

    def start(self) -> None:
        """Have the node come back, as a new one."""
        self.server.wait_for(self._node.start())

    async def answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        """Answer a request on the server's own event loop, which is the one that has to call this.

        Raises `httpx2.ConnectError` while the node does not run.
        """
        if not self._node.running:
            raise httpx2.ConnectError(f"Node {self._node.number} does not run.", request=request)
        # A body may have been made for a client of another kind; as bytes it suits both.
        sent = httpx2.Request(request.method, request.url, headers=request.headers.raw, content=body)
        sent.extensions = request.extensions
        transport = httpx2.ASGITransport(self._node.app, raise_app_exceptions=False)
        response = await transport.handle_async_request(sent)
        return httpx2.Response(
            response.status_code, headers=response.headers.raw, stream=httpx2.ByteStream(await response.aread())
        )


class _InProcess(httpx2.BaseTransport):
    def __init__(self, choose: Callable[[], EmbeddedNode]) -> None:
        self._choose = choose

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        node = self._choose()
        return node.server.wait_for(node.answer(request, request.read()))


class _AsyncInProcess(httpx2.AsyncBaseTransport):
    def __init__(self, choose: Callable[[], EmbeddedNode]) -> None:
        self._choose = choose

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        node = self._choose()
        answer = node.answer(request, await request.aread())
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer, node.server.loop))
