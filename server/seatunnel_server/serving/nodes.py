"""The HTTP servers of an engine's nodes: each has a port, and stops and starts with its node."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from socket import socket
from types import FrameType
from typing import Final, TypeAlias

import uvicorn
from starlette.types import ASGIApp

from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.errors import LastNode
from seatunnel_server.http.listening import accept_no_more, reserve

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_STOP_MASTER: Final = getattr(signal, "SIGUSR1", None)
_CLOSING_SECONDS: Final = 5
"""The most seconds to close the engine after the last request."""

Configure: TypeAlias = Callable[[ASGIApp], uvicorn.Config]


@dataclass(eq=False)
class AppServer:
    """The HTTP server of an app."""

    app: ASGIApp
    listener: socket
    """The socket on the node's port, which is closed at the end."""
    url: str
    configure: Configure
    number: int = 1
    """The number of the node in the cluster, from 1."""
    _server: _Server | None = field(init=False, default=None)
    _serving: asyncio.Task[None] | None = field(init=False, default=None)

    @property
    def running(self) -> bool:
        """Whether the node is part of the cluster."""
        return True

    @property
    def is_master(self) -> bool:
        """Whether the node is the master of a cluster whose nodes can stop."""
        return False

    async def start(self) -> None:
        """Start the server, if it is stopped, and return when it accepts requests."""
        if self._server is not None:
            return
        self._server = _Server(self.configure(self.app))
        self._serving = asyncio.create_task(self._server.serve([self.listener]), name=f"node-{self.number}")
        await self._server.listening.wait()

    async def stop(self) -> None:
        """Raise `LastNode`, because there is no other node."""
        raise LastNode(self.number)

    async def drain(self) -> None:
        """Stop accepting connections, and wait for open requests, at most for the grace period."""
        if self._server is not None and self._serving is not None:
            self._server.leaving.set()
            await self._serving
        self._server = None
        self.listener.close()

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        """Drain on a signal; on a second SIGINT, stop at once."""
        if self._server is not None:
            self._server.handle_exit(number, frame)


@dataclass(eq=False)
class NodeServer(AppServer):
    """The HTTP server of a node of the in-memory engine, on the event loop of the engine."""

    engine: MemoryEngine = field(kw_only=True)

    def __post_init__(self) -> None:
        """Make the port refuse connections if the node does not run."""
        if not self.running:
            self.listener = reserve(self.listener)

    @property
    def running(self) -> bool:
        """Whether the node is part of the cluster."""
        return self.engine.node(self.number).running

    @property
    def is_master(self) -> bool:
        """Whether the node is the master."""
        return self.running and self.engine.node(self.number).is_master

    async def start(self) -> None:
        """Start the node and its server, if they are stopped, and return when it accepts requests."""
        if self._server is None:
            self.engine.start_node(self.number)
        await super().start()

    async def stop(self) -> None:
        """Stop the node, if it runs; its port then refuses connections. Raises `LastNode`."""
        if not self.running:
            return
        await self.engine.stop_node(self.number)
        kept = self.listener.dup()
        await self.drain()
        self.listener = reserve(kept)


class ClusterServer:
    """The servers of all nodes. They run until a signal, or until `stop`, and then drain."""

    def __init__(self, servers: Sequence[AppServer], grace: int) -> None:
        """Take the servers, and the grace period of open requests in seconds."""
        self.servers = servers
        self._grace = grace
        self._leaving = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._stopping: set[asyncio.Task[None]] = set()

    async def serve(self, announce: Callable[[], None]) -> None:
        """Serve the running nodes until the end; `announce` is called when they accept requests."""
        with self._captured_signals():
            for server in self.servers:
                if server.running:
                    await server.start()
            announce()
            await self._leaving.wait()
            await asyncio.gather(*(server.drain() for server in self.servers))

    def stop(self) -> None:
        """Drain all servers and end `serve`; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._leaving.set)

    def _handle_exit(self, number: int, frame: FrameType | None) -> None:
        """Drain all servers. If the process still runs after the grace period and `_CLOSING_SECONDS`, it exits.

        The timer of `faulthandler` works even if Python is blocked.
        """
        faulthandler.dump_traceback_later(self._grace + _CLOSING_SECONDS, exit=True, file=sys.__stderr__ or sys.stderr)
        for server in self.servers:
            server.handle_exit(number, frame)
        self.stop()

    def _handle_stop(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop_master)

    def _stop_master(self) -> None:
        """Stop the master, unless it is the last node."""
        running = [server for server in self.servers if server.running]
        for master in running if len(running) > 1 else ():
            if master.is_master:
                task = self._loop.create_task(master.stop())
                self._stopping.add(task)
                task.add_done_callback(self._stopping.discard)

    @contextlib.contextmanager
    def _captured_signals(self) -> Iterator[None]:
        """Drain on SIGINT and SIGTERM, stop the master on SIGUSR1. Only the main thread receives signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._handle_exit) for number in _SIGNALS}
        if _STOP_MASTER is not None and len(self.servers) > 1:
            before[_STOP_MASTER] = signal.signal(_STOP_MASTER, self._handle_stop)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            for number, handler in before.items():
                signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A uvicorn server that sets `listening` when it listens, and serves until `leaving` is set, not until signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening, self.leaving = asyncio.Event(), asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start the server, and set `listening`."""
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        """Serve, and give responses another date each second; uvicorn would wake up ten times as often."""
        while not self.leaving.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.leaving.wait()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop accepting connections, and drain."""
        await accept_no_more(self.servers)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: the process handles signals for all its servers."""
        yield
