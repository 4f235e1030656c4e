"""Connections whose exchanges have one deadline and one limit of bytes.

The timeout of HTTP clients is for each read: it does not stop a server that sends one byte per second, or `100
Continue` for ever. Their limit for the body does not stop an endless header. They also hide whether a server sent more
bytes than its response. So `KeptConnection` uses h11, which shows this. But h11 normalises requests, and hides a
repeated `Content-Length`. Recorded scenarios need other versions of HTTP and other framings: `RawConnection` sends
their bytes unchanged, and `http.client` parses the responses.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from weakref import WeakSet

import h11
import httpcore2

from seatunnel_conformance.target.connection import Tls
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.redaction import Redactor, redact_url

_LATE: Final = "the response was not complete in time"


class TooManyBytes(httpcore2.ReadError):
    """A response has more bytes than the limit of its exchange."""


@dataclass(slots=True)
class Allowance:
    """The remaining limits of an exchange: its end (`time.monotonic`), and the number of bytes."""

    ends: float
    bytes_left: int

    def seconds(self, timeout: float | None) -> float:
        """Return the time limit of the next operation in seconds, at most `timeout`. Raises `ReadTimeout`."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout(_LATE)
        return left if timeout is None else min(left, timeout)

    def take(self, count: int) -> None:
        """Subtract received bytes. Raises `TooManyBytes` if there are more than the limit."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooManyBytes("the response is too long")


class Network:
    """Opens connections with the limits in `allowance`, which is set before each exchange."""

    def __init__(self) -> None:
        self.allowance = Allowance(0.0, 0)
        self._sockets = httpcore2.SyncBackend()
        self._streams = WeakSet[_Stream]()
        self._at_streams = threading.Lock()
        self._is_down = False

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Close all connections, even if in use by other threads, and open none during the block."""
        with self._at_streams:
            self._is_down, streams = True, list(self._streams)
        try:
            for stream in streams:
                with contextlib.suppress(OSError):
                    stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            yield
        finally:
            self._is_down = False

    def connect(self, host: str, port: int, seconds: float) -> _Stream:
        """Open a connection. Raises the errors of `httpcore2.NetworkBackend`."""
        return self.known(self._sockets.connect_tcp(host, port, self.allowance.seconds(seconds)))

    def known(self, stream: httpcore2.NetworkStream) -> _Stream:
        """Return a stream with the limits in `allowance`; `down` closes it."""
        known = _Stream(stream, self)
        with self._at_streams:
            self._streams.add(known)
            comes_too_late = self._is_down
        if comes_too_late:
            known.close()
            raise httpcore2.ConnectError("the run is being stopped")
        return known


class _Stream:
    def __init__(self, stream: httpcore2.NetworkStream, network: Network) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int) -> bytes:
        try:
            data = self._stream.read(max_bytes, self._network.allowance.seconds(None))
        except httpcore2.ReadTimeout:
            raise httpcore2.ReadTimeout(_LATE) from None
        self._network.allowance.take(len(data))
        return data

    def write(self, buffer: bytes) -> None:
        self._stream.write(buffer, self._network.allowance.seconds(None))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, context: ssl.SSLContext, host: str | None, seconds: float) -> _Stream:
        return self._network.known(self._stream.start_tls(context, host, self._network.allowance.seconds(seconds)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def is_waiting(stream: _Stream) -> bool:
    """Return whether a connection has unread bytes. With TLS, this is unknown, and False is returned."""
    connection: Any = stream.get_extra_info("socket")
    if connection is None or isinstance(connection, ssl.SSLSocket) or not stream.get_extra_info("is_readable"):
        return False
    with contextlib.suppress(OSError):
        # A connection that the other side has closed is readable, too, but has no bytes.
        return bool(connection.recv(1, socket.MSG_PEEK))
    return False


ERRORS: Final = (OSError, http.client.HTTPException, httpcore2.TimeoutException, httpcore2.NetworkError)
"""The exceptions of an exchange without a complete response."""

_PIECE: Final = 2**16

_SILENCE: Final = 0.75
"""If no byte came in this number of seconds before the time limit, the target does not send the rest of a body."""


_MOMENT: Final = 2.0
"""Seconds to wait whether the other side closes a connection after its response."""


class RawConnection:
    """A connection to a URL's host for exact bytes, without a proxy. Each exchange opens a new one, unless kept."""

    def __init__(self, url: str, tls: Tls, redactor: Redactor) -> None:
        parts = urlsplit(url)
        self._tls = tls.context() if parts.scheme == "https" else None
        self.host, self.port = parts.hostname or "localhost", parts.port or (443 if self._tls else 80)
        self._redactor = redactor
        self._socket: socket.socket | None = None
        self._incoming: _Incoming | None = None
        self._ended = True

    def exchange(self, content: bytes, method: str, allowance: Allowance, *, keep: bool) -> Response:
        """Send the bytes of one or more requests, and return the first response. Raises `ERRORS`."""
        kept = False
        try:
            response = self._exchanged(content, method, allowance)
            kept = keep and not response.closes
            if keep and not kept:
                self._ended = self.has_ended()
        finally:
            if not kept:
                self.close()
        return response

    def _exchanged(self, content: bytes, method: str, allowance: Allowance) -> Response:
        if self._socket is None or self._incoming is None:
            self._socket = self._opened(allowance.seconds(None))
            self._incoming = _Incoming(self._socket, allowance)
        self._socket.settimeout(allowance.seconds(None))
        self._socket.sendall(content)
        incoming, begun = self._incoming, time.monotonic()
        incoming.expect(allowance)
        reply = _FinalResponse(incoming, method=method)  # type: ignore[arg-type]
        reply.begin()
        try:
            # In pieces, because `http.client` would allocate memory for the whole `Content-Length`.
            body = b"".join(iter(lambda: reply.read(_PIECE), b""))
            if reply.length:
                raise http.client.IncompleteRead(body, reply.length)
        except (TimeoutError, httpcore2.TimeoutException) as error:
            # If the pause is longer than the time of all bytes before it, the target is not just slow.
            if time.monotonic() - incoming.last > max(_SILENCE, incoming.last - begun):
                raise http.client.HTTPException("the rest of its body does not come") from error
            raise
        return Response(reply.status, reply.getheaders(), body, redactor=self._redactor, closes=reply.will_close)

    def _opened(self, seconds: float) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), seconds)
        return self._tls.wrap_socket(plain, server_hostname=self.host) if self._tls else plain

    def has_ended(self) -> bool:
        """Close the connection, and return whether the other side closes it within `_MOMENT` seconds."""
        if self._socket is None:
            return self._ended
        try:
            self._socket.settimeout(_MOMENT)
            return not self._socket.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
        self._socket = self._incoming = None


class _FinalResponse(http.client.HTTPResponse):
    """Skips all informational responses (RFC 9110, 15.2), such as 103; `http.client` skips only 100."""

    def _read_status(self) -> tuple[str, int, str]:
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        while HTTPStatus.SWITCHING_PROTOCOLS < found[1] < HTTPStatus.OK:
            http.client.parse_headers(self.fp)
            found = super()._read_status()  # type: ignore[misc]
        return found


class _Incoming(io.RawIOBase):
    """Reads the bytes of a connection within an allowance. Raises the errors of `Allowance`, and `OSError`.

    `last` is the time of the last received byte (`time.monotonic`).
    """

    def __init__(self, connection: socket.socket, allowance: Allowance) -> None:
        super().__init__()
        self._connection = connection
        self._file = _OpenFile(self)
        self.expect(allowance)

    def expect(self, allowance: Allowance) -> None:
        """Set the allowance of the next response."""
        self._allowance = allowance
        self.last = time.monotonic()

    def makefile(self, _: str) -> io.BufferedReader:
        """Return the buffered file, one for all responses: it can have the beginning of the next response."""
        return self._file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._connection.settimeout(self._allowance.seconds(None))
        count = self._connection.recv_into(buffer)
        self.last = time.monotonic()
        self._allowance.take(count)
        return count


class _OpenFile(io.BufferedReader):
    """A file that ignores `close`, because the next response is read from it."""

    def close(self) -> None:
        pass


Field = tuple[bytes, bytes]

_PORTS: Final = {"http": 80, "https": 443}

_INTERIM: Final = frozenset(range(100, 200)) - {HTTPStatus.SWITCHING_PROTOCOLS}
"""The statuses of informational responses."""

_HEAD: Final = 100 * 2**10
"""The maximum number of bytes of the head of a response."""


def connected(
    network: Network, origin: str, proxy: str, context: Callable[[], SSLContext], seconds: float
) -> KeptConnection:
    """Open a connection to an origin, through the proxy with this URL, if given.

    Raises the errors of `httpcore2.NetworkBackend`.
    """
    site = urlsplit(origin)
    first = urlsplit(proxy) if proxy else site
    try:
        stream = network.connect(first.hostname or "", first.port or _PORTS.get(first.scheme, 80), seconds)
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        if not proxy:
            raise
        raise httpcore2.ProxyError(f"the proxy {redact_url(proxy)} can't be reached: {error}") from error
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


def _tunnel(stream: _Stream, address: str, fields: list[Field]) -> None:
    name = address.encode()
    status, _ = KeptConnection(stream).send("CONNECT", name, [(b"Host", name), *fields], ())
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        stream.close()
        raise httpcore2.ProxyError(f"the proxy responds to CONNECT with status {status}")


class KeptConnection:
    """A connection for several requests. `prefix` is put before request targets, `first` before the headers."""

    def __init__(self, stream: _Stream, prefix: bytes = b"", first: Iterable[Field] = ()) -> None:
        self._stream = stream
        self._prefix, self._first = prefix, list(first)
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._used = time.monotonic()

    def is_reusable(self, idle: float) -> bool:
        """Return whether another request can be sent. `idle` is the maximum idle time in seconds."""
        fresh = self._parser.our_state is h11.IDLE and time.monotonic() - self._used <= idle
        # If an idle connection is readable, the other side has closed it.
        return fresh and not self._stream.get_extra_info("is_readable")

    def send(self, method: str, target: bytes, fields: list[Field], body: Iterable[bytes]) -> tuple[int, list[Field]]:
        """Send a request, and return status and headers of the response.

        Raises `h11.ProtocolError`, and `TimeoutException` and `NetworkError` of httpcore2.
        """
        head = h11.Request(method=method, target=self._prefix + target, headers=self._first + fields)
        # A server can respond, and close the connection, before it has read the whole request.
        with suppress(httpcore2.WriteError):
            for part in (head, *map(h11.Data, body), h11.EndOfMessage()):
                self._stream.write(self._parser.send(part) or b"")
        while (event := self._received()).status_code in _INTERIM:
            pass
        return event.status_code, event.headers.raw_items()

    def body(self) -> Iterator[bytes]:
        """Yield the pieces of the body of the response. Raises the errors of `send`."""
        while isinstance(event := self._received(), h11.Data):
            yield bytes(event.data)

    def end(self) -> bool:
        """End an exchange, and close the connection unless it can be used again.

        Return whether bytes came after the response. They would be read as the next response, so the connection is
        closed.
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
        """Return the next event of h11."""
        while (event := self._parser.next_event()) is h11.NEED_DATA:
            data = self._stream.read(_PIECE)
            if not data and self._parser.their_state is h11.SEND_RESPONSE:
                raise h11.RemoteProtocolError("Server disconnected without sending a response.")
            self._parser.receive_data(data)
        return event
