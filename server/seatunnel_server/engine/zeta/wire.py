"""Connections to the nodes of a cluster: a small HTTP/1.1 client that needs little CPU time for each request."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

import httptools

_CONNECT_SECONDS: Final = 2.0
"""The most seconds to connect to a node, or to wait for a free connection; at most half of the timeout."""
_CONNECTIONS: Final = 100
_RESPONSE_LIMIT: Final = 128 * 2**20
"""The most bytes of a response; reading a longer one fails."""
_HEAD_LIMIT: Final = 64 * 2**10
"""The most bytes of a response's headers or trailers, and of chunk sizes between two pieces of its body."""
_VALUES: Final = 4_000_000
"""The most values of a JSON body that is parsed: a value of two bytes needs 64 bytes of memory."""
_IN_ALL: Final = 256 * 2**20
"""The most bytes of all responses that are being read; reading the response that exceeds them fails."""
_STATUSES: Final = range(100, 600)
"""The statuses that can be sent to a client."""
_INFORMATIONAL: Final = range(100, 200)
_BODILESS: Final = frozenset({"GET", "DELETE"})
_PORTS: Final = {"http": 80, "https": 443}


class NotConnected(Exception):
    """The node accepts no connection; nothing was sent. `reason` is the end of a sentence about the node."""

    reason = "does not accept connections"


class NotTrusted(NotConnected):
    """The certificate of the node is not valid, is for another host, or is not trusted."""

    reason = "has a certificate that is not trusted; the gateway trusts those in SSL_CERT_FILE, too"


class NoTls(NotConnected):
    """The node does not speak TLS, although its URL begins with https."""

    reason = "does not speak TLS; its URL may have to begin with http://"


class NoConnectionFree(Exception):
    """All connections are in use; nothing was sent."""


class BrokenOff(Exception):
    """The connection was closed before the end of the response, or the response is not HTTP/1.1."""


class TooLong(Exception):
    """The response is too long; the message says which limit it exceeds."""


@dataclass(frozen=True, slots=True)
class EngineResponse:
    """The response of a node; the names of headers are in lower case."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def excess_of(body: bytes) -> str | None:
    """Return the text for an error if a JSON body has too many values to be parsed; otherwise None."""
    return f"has more than {_VALUES} values" if body.count(b",") >= _VALUES else None


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """A request to the node at `url`; `target` begins with a slash, and has only characters that HTTP allows in it."""

    url: str
    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    once: bool = False
    """Whether the request gets a new connection: the node may close an idle one at this moment, and then it would be
    unknown whether it has received the request."""

    @property
    def data(self) -> bytes:
        """The bytes of the request."""
        node = urlsplit(self.url)
        head = [f"{self.method} {node.path}{self.target} HTTP/1.1\r\nhost: {node.netloc}\r\n".encode("ascii")]
        head += [name + b": " + value + b"\r\n" for name, value in self.headers]
        if self.body or self.method not in _BODILESS:
            head.append(b"content-length: %d\r\n" % len(self.body))
        return b"".join((*head, b"\r\n", self.body))


class EngineWire(Protocol):
    """Sends requests to nodes."""

    async def send(self, request: EngineRequest) -> EngineResponse:
        """Return the response to a request. Raises the exceptions of this module."""

    async def aclose(self) -> None:
        """Close all connections."""


class SocketWire:
    """Sends requests over sockets, with a limited pool of connections. `timeout` are the seconds for a response."""

    def __init__(self, timeout: float, *, tls: ssl.SSLContext | None = None) -> None:
        self._soon = min(_CONNECT_SECONDS, timeout / 2)
        self._tls = tls
        """None until the first HTTPS connection, which makes one that trusts the system's certificates."""
        self._free = asyncio.Semaphore(_CONNECTIONS)
        self._reading = _Reading()
        self._idle: dict[str, list[_Connection]] = {}

    async def aclose(self) -> None:
        """Close the connections that are not in use."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def send(self, request: EngineRequest) -> EngineResponse:
        """Return the response of a node. If an idle connection was closed by the node, the request is sent again."""
        url, data = request.url, request.data
        if self._free.locked():
            await self._wait_for_free()
        else:
            await self._free.acquire()
        try:
            while not request.once and (kept := self._kept(url)) is not None:
                try:
                    return await self._ask(url, kept, data)
                except BrokenOff:
                    if kept.has_heard:
                        raise
            return await self._ask(url, await self._connect(url), data, keeps=not request.once)
        finally:
            self._free.release()

    async def _wait_for_free(self) -> None:
        try:
            async with asyncio.timeout(self._soon):
                await self._free.acquire()
        except TimeoutError:
            raise NoConnectionFree from None

    def _kept(self, url: str) -> _Connection | None:
        kept = self._idle.get(url, [])
        while kept:
            connection = kept.pop()
            if connection.is_reusable:
                return connection
            connection.close()
        return None

    async def _ask(self, url: str, connection: _Connection, data: bytes, *, keeps: bool = True) -> EngineResponse:
        try:
            response = await connection.ask(data)
        except BaseException:  # a cancelled request leaves an incomplete response on the connection, too
            connection.close()
            raise
        if keeps and connection.is_reusable:
            self._idle.setdefault(url, []).append(connection)
        else:
            connection.close()
        return response

    async def _connect(self, url: str) -> _Connection:
        node = urlsplit(url)
        port = node.port or _PORTS[node.scheme]
        if node.scheme == "https" and self._tls is None:
            self._tls = ssl.create_default_context()
        tls = self._tls if node.scheme == "https" else None
        try:
            async with asyncio.timeout(self._soon):
                loop = asyncio.get_running_loop()
                make = partial(_Connection, self._reading)
                return (await loop.create_connection(make, node.hostname or "", port, ssl=tls))[1]
        except ssl.SSLCertVerificationError:
            raise NotTrusted from None
        except ssl.SSLError:
            raise NoTls from None
        except (OSError, UnicodeError):  # a time-out is an OSError
            raise NotConnected from None


@dataclass(slots=True)
class _Reading:
    size: int = 0
    """The bytes of all responses that are being read."""


class _Connection(asyncio.Protocol):
    """A connection, and the response that is being read from it."""

    has_heard = False
    """Whether a part of the current response has been received."""
    _ends_with_connection = False
    """Whether the end of the connection is the end of the response."""

    def __init__(self, reading: _Reading) -> None:
        self._reading = reading
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[EngineResponse] | None = None
        self._keeps = True

    @property
    def is_reusable(self) -> bool:
        """Whether another request can be sent over the connection."""
        return self._keeps and self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, data: bytes) -> EngineResponse:
        """Send a request and return its response. Raises `BrokenOff` and `TooLong`."""
        if self._transport is None:
            raise BrokenOff
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._size = self._beside_body = 0
        self._ends_with_connection = self.has_heard = self._has_head = False
        self._transport.write(data)
        try:
            return await self._answer
        finally:
            self._reading.size -= self._size
            self._body = bytearray()  # connection and parser refer to each other, which would delay freeing it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the current response: completely if it has no length, otherwise with an error."""
        self._transport = None
        if exc is None and self._ends_with_connection:
            self.on_message_complete()
        self._fail(BrokenOff())

    def data_received(self, data: bytes) -> None:
        """Handle bytes from the node."""
        if self._answer is None or self._answer.done():
            self._keeps = False  # the data belong to no request
            self.close()
            return
        self.has_heard = True
        self._size += len(data)
        self._beside_body += len(data)
        self._reading.size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(BrokenOff())
        if self._size > _RESPONSE_LIMIT:
            self._fail(TooLong(f"is longer than {_RESPONSE_LIMIT} bytes"))
        elif self._beside_body > _HEAD_LIMIT:
            self._fail(TooLong(f"has more than {_HEAD_LIMIT} bytes of headers"))
        elif self._reading.size > _IN_ALL:
            self._fail(TooLong(f"is too long: those that are being read have {_IN_ALL} bytes in all"))

    def _fail(self, error: Exception) -> None:
        self._keeps = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def on_message_begin(self) -> None:
        """Don't use the connection again if this is a second response to one request."""
        if self._answer is not None and self._answer.done():
            self._keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header; trailers are ignored."""
        if not self._has_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Note whether this is the head of the final response, and how its body ends."""
        self._has_head = self._parser.get_status_code() not in _INFORMATIONAL
        names = {name for name, _ in self._headers}
        self._ends_with_connection = names.isdisjoint({b"content-length", b"transfer-encoding"})

    def on_body(self, body: bytes) -> None:
        """Store a piece of the body."""
        self._beside_body = 0
        self._body += body

    def on_message_complete(self) -> None:
        """End the response, unless it is an informational one, after which the final response follows."""
        status = self._parser.get_status_code()
        if status not in _STATUSES:
            self._fail(BrokenOff())
        elif status in _INFORMATIONAL:
            self._headers.clear()
            self._ends_with_connection = False
        elif self._answer is not None and not self._answer.done():
            self._keeps = self._keeps and self._transport is not None and self._parser.should_keep_alive()
            self._answer.set_result(EngineResponse(status, tuple(self._headers), bytes(self._body)))
