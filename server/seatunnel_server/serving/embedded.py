"""Runs the server in a thread of another program, on a free port; requests may also be sent without a socket."""

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
"""The most seconds for the start."""

_STOPPING: Final = 15
"""The most seconds for the end of the thread."""


class DidNotStart(ServerError):
    """The server did not start; the message has the errors that it printed."""


class EmbeddedServer:
    """A context manager that runs a new reference server. Options without a port get a free one."""

    def __init__(self, options: ServeOptions) -> None:
        self.options = options if options.port is not None else replace(options, port=0)
        self._running: RunningServer | None = None
        self._said: list[str] = []
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="seatunnel-server")

    def __enter__(self) -> Self:
        """Start the server. Raises `DidNotStart`."""
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
        """Return a node of the cluster by its number, from 1. Raises `NoSuchNode`."""
        nodes = self._started.nodes
        if not 1 <= number <= len(nodes):
            raise NoSuchNode(number, len(nodes))
        return EmbeddedNode(self, nodes[number - 1])

    @property
    def url(self) -> str:
        """The URL of the first node, with the context path and without a slash at its end."""
        return self.node(1).url

    @property
    def transport(self) -> httpx2.BaseTransport:
        """The transport for `httpx2.Client(transport=...)` to the first running node, without a socket."""
        return _InProcess(self._first_running)

    @property
    def async_transport(self) -> httpx2.AsyncBaseTransport:
        """The transport for `httpx2.AsyncClient`, like `transport`; the client may be in any event loop."""
        return _AsyncInProcess(self._first_running)

    def _first_running(self) -> EmbeddedNode:
        return next(EmbeddedNode(self, node) for node in self._started.nodes if node.running)

    def advance(self, seconds: float) -> None:
        """Advance the engine's clock by seconds. Raises `TypeError` unless the server has a `ManualClock`."""
        clock = self.options.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("the time of this server is that of the machine, which can't be advanced")
        self.wait_for(clock.advance(seconds))

    def wait_for(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine in the server's event loop, and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._started.loop).result()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the server."""
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
        """The URL of the node, with the context path and without a slash at its end."""
        return self._node.url

    @property
    def transport(self) -> httpx2.BaseTransport:
        """The transport for `httpx2.Client(transport=...)` to this node, without a socket."""
        return _InProcess(lambda: self)

    @property
    def async_transport(self) -> httpx2.AsyncBaseTransport:
        """The transport for `httpx2.AsyncClient`, like `transport`; the client may be in any event loop."""
        return _AsyncInProcess(lambda: self)

    def stop(self) -> None:
        """Stop the node; its port then refuses connections. Raises `LastNode`."""
        self.server.wait_for(self._node.stop())

    def start(self) -> None:
        """Start the node, which joins the cluster as a new one."""
        self.server.wait_for(self._node.start())

    async def answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        """Return the response to a request; has to be called in the server's event loop.

        Raises `httpx2.ConnectError` if the node does not run.
        """
        if not self._node.running:
            raise httpx2.ConnectError(f"Node {self._node.number} does not run.", request=request)
        # The request's body may be a sync or an async stream; as bytes, it fits the async transport.
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
