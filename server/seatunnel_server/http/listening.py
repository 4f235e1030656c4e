"""Listening sockets: on a port, or on the first free port of a range, as the engine selects it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from seatunnel_server.errors import PortTaken

_BACKLOG = 2048
_SEND_BYTES = 256 * 1024
"""The most bytes that the system buffers for a client that does not read; the default is megabytes."""

_LAST_PORT = 65535

_ROUNDS_TO_CONNECT = 3
"""The rounds of the event loop after which an accepted socket is a connection of the protocol."""


def listen(host: str, ports: Iterable[int]) -> socket.socket:
    """Return a socket that listens on the first available one of `ports`; 0 is any port. Raises `PortTaken`.

    The server uses this socket, so no other process can take the port before.
    """
    wanted = tuple(ports)
    reason = "no port was given"
    for port in wanted:
        try:
            return _listening(host, port)
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
    raise PortTaken(host, wanted[0] if wanted else 0, wanted[-1] if wanted else 0, reason)


def free_ports(first: int, span: int) -> Iterable[int]:
    """Yield the ports that the engine tries with `enable-dynamic-port`: up to `first + span`, if free for UDP."""
    for port in range(first, min(first + span, _LAST_PORT) + 1):
        try:
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
                probe.bind(("", port))
        except OSError:
            continue
        yield port


def reserve(listener: socket.socket) -> socket.socket:
    """Close a socket, and return one on its port that refuses connections. Raises `PortTaken`."""
    family, address = listener.family, listener.getsockname()
    listener.close()
    try:
        return _bound(family, address)
    except OSError as problem:
        raise PortTaken(address[0], address[1], address[1], (problem.strerror or str(problem)).lower()) from None


def _listening(host: str, port: int) -> socket.socket:
    if port > _LAST_PORT:
        raise OSError(f"the last port is {_LAST_PORT}")
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = _bound(family, address)
    try:
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _bound(family: int, address: Any) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        bound.bind(address)
        bound.setblocking(False)  # noqa: FBT003 - the socket's own signature
    except OSError:
        bound.close()
        raise
    return bound


def address_of(listener: socket.socket, host: str) -> str:
    """Return the `host:port` of a socket for clients; `localhost` for a wildcard address."""
    port = listener.getsockname()[1]
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def accept_no_more(servers: Iterable[asyncio.Server]) -> None:
    """Stop accepting, and return when every accepted socket is a connection. Then the servers may be closed.

    If an asyncio server is closed before, its last accepted sockets stay open, and no protocol gets them.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, asyncio.SelectorEventLoop):
        return
    for server in servers:
        for listener in server.sockets:
            loop.remove_reader(listener.fileno())
    for _ in range(_ROUNDS_TO_CONNECT):
        await asyncio.sleep(0)
