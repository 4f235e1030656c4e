"""Sends bytes exactly as given. `http.client` reads the response, with one deadline and one limit of bytes.

httpcore, which the wire uses otherwise, normalises requests; recorded scenarios need other versions and framings.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpcore

from seatunnel_conformance.target.connection import Tls
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.network import Allowance
from seatunnel_conformance.text.redaction import Redactor

ERRORS: Final = (OSError, http.client.HTTPException, httpcore.TimeoutException, httpcore.NetworkError)
"""Exceptions of an exchange that is not completed."""

_PIECE: Final = 2**16

_SILENCE: Final = 0.75
"""Seconds without a byte after which the rest of a body is not expected any more, at the end of the time limit."""


class RawConnection:
    """A connection to the host of a URL, without a proxy, opened for each exchange unless it is kept."""

    def __init__(self, url: str, tls: Tls, redactor: Redactor) -> None:
        parts = urlsplit(url)
        self._tls = tls.context() if parts.scheme == "https" else None
        self.host, self.port = parts.hostname or "localhost", parts.port or (443 if self._tls else 80)
        self._redactor = redactor
        self._socket: socket.socket | None = None

    def exchange(self, content: bytes, method: str, allowance: Allowance, *, keep: bool) -> Response:
        """Send the bytes of a request, and return the response. Raises `ERRORS`."""
        kept = False
        try:
            response = self._exchanged(content, method, allowance)
            kept = keep and not response.closes
        finally:
            if not kept:
                self.close()
        return response

    def _exchanged(self, content: bytes, method: str, allowance: Allowance) -> Response:
        connection = self._socket or self._opened(allowance.seconds(None))
        self._socket = connection
        connection.settimeout(allowance.seconds(None))
        connection.sendall(content)
        incoming, begun = _Incoming(connection, allowance), time.monotonic()
        reply = _FinalResponse(incoming, method=method)  # type: ignore[arg-type]
        reply.begin()
        try:
            body = _whole(reply)
        except (TimeoutError, httpcore.TimeoutException) as error:
            # Nothing has come for longer than all that came has taken: the target is not just slow.
            if time.monotonic() - incoming.last > max(_SILENCE, incoming.last - begun):
                raise http.client.HTTPException("the rest of its body does not come") from error
            raise
        return Response(reply.status, reply.getheaders(), body, redactor=self._redactor, closes=reply.will_close)

    def _opened(self, seconds: float) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), seconds)
        return self._tls.wrap_socket(plain, server_hostname=self.host) if self._tls else plain

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None


def _whole(reply: http.client.HTTPResponse) -> bytes:
    """Read a body in pieces, because `http.client` would allocate the announced length."""
    body = b"".join(iter(lambda: reply.read(_PIECE), b""))
    if reply.length:
        raise http.client.IncompleteRead(body, reply.length)
    return body


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
        self._allowance = allowance
        self.last = time.monotonic()

    def makefile(self, _: str) -> io.BufferedReader:
        """Return a file to read from; closing it does not close the connection."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._connection.settimeout(self._allowance.seconds(None))
        count = self._connection.recv_into(buffer)
        self.last = time.monotonic()
        self._allowance.take(count)
        return count
