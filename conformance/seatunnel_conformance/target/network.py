"""Connections with one deadline and one limit of bytes for each exchange: for `http1`, and for exact bytes.

HTTP clients only have a time-out for each read, which does not stop a server that sends one byte per second or
`100 Continue` for ever. A limit for the body does not stop a header without an end. `http1` normalises requests, but
recorded scenarios need other versions and framings: their bytes are sent as given, and `http.client` reads responses.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakSet

import httpcore2

from seatunnel_conformance.target.connection import Tls
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.redaction import Redactor

_LATE: Final = "the response was not complete in time"


class TooManyBytes(httpcore2.ReadError):
    """The response is too long."""


@dataclass(slots=True)
class Allowance:
    """The remaining limits of an exchange: time until `ends` (monotonic clock), and bytes."""

    ends: float
    bytes_left: int

    def seconds(self, timeout: float | None) -> float:
        """Return the time limit of the next operation, in seconds."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout(_LATE)
        return left if timeout is None else min(left, timeout)

    def take(self, count: int) -> None:
        """Count received bytes. Raises `TooManyBytes`."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooManyBytes("the response is too long")


class Network(httpcore2.NetworkBackend):
    """Makes connections with the limits of `allowance`, which is set before each exchange."""

    def __init__(self) -> None:
        self.allowance = Allowance(0.0, 0)
        self._sockets = httpcore2.SyncBackend()
        self._streams = WeakSet[_Stream]()
        self._at_streams = threading.Lock()
        self._is_down = False

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Close every connection, also those in use by other threads, and make none during the block."""
        with self._at_streams:
            self._is_down, streams = True, list(self._streams)
        try:
            for stream in streams:
                with contextlib.suppress(OSError):
                    stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            yield
        finally:
            self._is_down = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect."""
        seconds = self.allowance.seconds(timeout)
        return self.known(self._sockets.connect_tcp(host, port, seconds, local_address, socket_options))

    def known(self, stream: httpcore2.NetworkStream) -> httpcore2.NetworkStream:
        """Wrap a connection, so that it has the limits of the allowance and is closed by `down`."""
        known = _Stream(stream, self)
        with self._at_streams:
            self._streams.add(known)
            comes_too_late = self._is_down
        if comes_too_late:
            known.close()
            raise httpcore2.ConnectError("the run is being stopped")
        return known


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream, network: Network) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data = self._stream.read(max_bytes, self._network.allowance.seconds(timeout))
        except httpcore2.ReadTimeout:
            raise httpcore2.ReadTimeout(_LATE) from None
        self._network.allowance.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.allowance.seconds(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        seconds = self._network.allowance.seconds(timeout)
        return self._network.known(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def is_waiting(stream: httpcore2.NetworkStream) -> bool:
    """Return whether unread bytes have arrived. False for TLS, where it can't be known."""
    connection: Any = stream.get_extra_info("socket")
    if connection is None or isinstance(connection, ssl.SSLSocket) or not stream.get_extra_info("is_readable"):
        return False
    with contextlib.suppress(OSError):
        # A closed connection is readable, too, but has no bytes.
        return bool(connection.recv(1, socket.MSG_PEEK))
    return False


ERRORS: Final = (OSError, http.client.HTTPException, httpcore2.TimeoutException, httpcore2.NetworkError)
"""Exceptions of an exchange that is not completed."""

_PIECE: Final = 2**16

_SILENCE: Final = 0.75
"""Seconds without a byte after which the rest of a body is not expected any more, at the end of the time limit."""


_MOMENT: Final = 2.0
"""Seconds within which a connection ends after its last response."""


class RawConnection:
    """A connection to the host of a URL, without a proxy, opened for each exchange unless it is kept."""

    def __init__(self, url: str, tls: Tls, redactor: Redactor) -> None:
        parts = urlsplit(url)
        self._tls = tls.context() if parts.scheme == "https" else None
        self.host, self.port = parts.hostname or "localhost", parts.port or (443 if self._tls else 80)
        self._redactor = redactor
        self._socket: socket.socket | None = None
        self._incoming: _Incoming | None = None
        self._ended = True

    def exchange(self, content: bytes, method: str, allowance: Allowance, *, keep: bool) -> Response:
        """Send the bytes of requests, and return the first response that comes. Raises `ERRORS`."""
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
            # In pieces, because `http.client` would allocate the announced length.
            body = b"".join(iter(lambda: reply.read(_PIECE), b""))
            if reply.length:
                raise http.client.IncompleteRead(body, reply.length)
        except (TimeoutError, httpcore2.TimeoutException) as error:
            # Nothing has come for longer than all that came has taken: the target is not just slow.
            if time.monotonic() - incoming.last > max(_SILENCE, incoming.last - begun):
                raise http.client.HTTPException("the rest of its body does not come") from error
            raise
        return Response(reply.status, reply.getheaders(), body, redactor=self._redactor, closes=reply.will_close)

    def _opened(self, seconds: float) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), seconds)
        return self._tls.wrap_socket(plain, server_hostname=self.host) if self._tls else plain

    def has_ended(self) -> bool:
        """Close a connection that should be kept, and return whether the other side had ended it, or does so soon."""
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
    """A response after informational ones (RFC 9110, 15.2), such as 103; `http.client` only skips 100."""

    def _read_status(self) -> tuple[str, int, str]:
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        while HTTPStatus.SWITCHING_PROTOCOLS < found[1] < HTTPStatus.OK:
            http.client.parse_headers(self.fp)
            found = super()._read_status()  # type: ignore[misc]
        return found


class _Incoming(io.RawIOBase):
    """Bytes of a connection within an allowance. Raises the errors of `Allowance`, and `OSError`.

    `last` is the time of the last received byte, on the monotonic clock.
    """

    def __init__(self, connection: socket.socket, allowance: Allowance) -> None:
        super().__init__()
        self._connection = connection
        self._file = _OpenFile(self)
        self.expect(allowance)

    def expect(self, allowance: Allowance) -> None:
        """Begin to read another response, within its allowance."""
        self._allowance = allowance
        self.last = time.monotonic()

    def makefile(self, _: str) -> io.BufferedReader:
        """Return the file to read from, which can already have the beginning of the next response."""
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
    """A file that a response can't close, because the next one is read from it."""

    def close(self) -> None:
        pass
