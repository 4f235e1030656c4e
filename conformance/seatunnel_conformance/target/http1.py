"""Requests and responses of HTTP/1.1 on a connection that is kept, also through a proxy.

Pools of HTTP clients don't say whether a server sent more bytes than its response. Here, h11's parser can be asked.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import h11
import httpcore2

from seatunnel_conformance.target.connection import Tls
from seatunnel_conformance.target.network import Network, is_waiting

Field = tuple[bytes, bytes]

_PORTS: Final = {"http": 80, "https": 443}

_PIECE: Final = 2**16

_INTERIM: Final = frozenset(range(100, 200)) - {HTTPStatus.SWITCHING_PROTOCOLS}
"""The statuses of responses before the final one."""

_HEAD: Final = 100 * 2**10
"""The most bytes of the header of a response, or of an informational one before it."""


def connected(
    network: Network, origin: str, proxy: str, context: Callable[[], SSLContext], seconds: float
) -> KeptConnection:
    """Connect to an origin, if need be through a proxy (a URL). Raises the errors of `httpcore2.NetworkBackend`."""
    site = urlsplit(origin)
    first = urlsplit(proxy) if proxy else site
    stream = network.connect_tcp(first.hostname or "", first.port or _PORTS.get(first.scheme, 80), seconds)
    fields: list[Field] = []
    if proxy:
        if first.scheme == "https":
            stream = stream.start_tls(Tls().context(), first.hostname, seconds)
        if first.username:
            pair = f"{unquote(first.username)}:{unquote(first.password or '')}"
            fields = [(b"Proxy-Authorization", b"Basic " + b64encode(pair.encode()))]
        if site.scheme == "http":
            return KeptConnection(stream, origin.encode(), fields)
        _tunnel(stream, site.netloc if site.port else f"{site.netloc}:443", fields)
    if site.scheme == "https":
        stream = stream.start_tls(context(), site.hostname, seconds)
    return KeptConnection(stream)


def _tunnel(stream: httpcore2.NetworkStream, address: str, fields: list[Field]) -> None:
    name = address.encode()
    status, _ = KeptConnection(stream).send("CONNECT", name, [(b"Host", name), *fields], ())
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        stream.close()
        raise httpcore2.ProxyError(f"the proxy responds to CONNECT with status {status}")


class KeptConnection:
    """A connection. `prefix` stands before each request target, `first` before the fields of each request."""

    def __init__(self, stream: httpcore2.NetworkStream, prefix: bytes = b"", first: Iterable[Field] = ()) -> None:
        self._stream = stream
        self._prefix, self._first = prefix, list(first)
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._used = time.monotonic()

    def is_reusable(self, idle: float) -> bool:
        """Return whether another request can be sent, if the connection may be idle for this many seconds."""
        fresh = self._parser.our_state is h11.IDLE and time.monotonic() - self._used <= idle
        # What can be read from an idle connection is its end.
        return fresh and not self._stream.get_extra_info("is_readable")

    def send(self, method: str, target: bytes, fields: list[Field], body: Iterable[bytes]) -> tuple[int, list[Field]]:
        """Send a request, and return status and fields of the response.

        Raises `h11.ProtocolError`, and `TimeoutException` and `NetworkError` of httpcore2.
        """
        head = h11.Request(method=method, target=self._prefix + target, headers=self._first + fields)
        # A server can close a connection that it reads nothing more from, and respond nevertheless.
        with suppress(httpcore2.WriteError):
            for part in (head, *map(h11.Data, body), h11.EndOfMessage()):
                self._stream.write(self._parser.send(part) or b"")
        while (event := self._received()).status_code in _INTERIM:
            pass
        return event.status_code, event.headers.raw_items()

    def body(self) -> Iterator[bytes]:
        """Yield the body of the response to the last request. Raises what `send` does."""
        while isinstance(event := self._received(), h11.Data):
            yield bytes(event.data)

    def end(self) -> bool:
        """End an exchange: close the connection, unless it can be used again.

        Returns whether bytes came after the response. They would be read as the next response, so they close it, too.
        """
        followed = False
        if self._parser.our_state is self._parser.their_state is h11.DONE:
            followed = bool(self._parser.trailing_data[0]) or is_waiting(self._stream)
            self._parser.start_next_cycle()
            self._used = time.monotonic()
        if followed or self._parser.our_state is not h11.IDLE:
            self.close()
        return followed

    def close(self) -> None:
        """Close the connection."""
        self._parser.send_failed()
        self._stream.close()

    def _received(self) -> Any:
        """Return the next event."""
        while (event := self._parser.next_event()) is h11.NEED_DATA:
            data = self._stream.read(_PIECE)
            if not data and self._parser.their_state is h11.SEND_RESPONSE:
                raise h11.RemoteProtocolError("Server disconnected without sending a response.")
            self._parser.receive_data(data)
        return event
