"""Sockets for httpcore with one deadline and one limit of bytes for each exchange.

HTTP clients only have a time-out for each read, which does not stop a server that sends one byte per second or
`100 Continue` for ever. A limit for the body does not stop a header without an end.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakSet

import httpcore

_LATE: Final = "the response was not complete in time"


class TooManyBytes(httpcore.ReadError):
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
            raise httpcore.ReadTimeout(_LATE)
        return left if timeout is None else min(left, timeout)

    def take(self, count: int) -> None:
        """Count received bytes. Raises `TooManyBytes`."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooManyBytes("the response is too long")


class Network(httpcore.NetworkBackend):
    """Makes connections with the limits of `allowance`, which is set before each exchange."""

    def __init__(self) -> None:
        self.allowance = Allowance(0.0, 0)
        self._sockets = httpcore.SyncBackend()
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
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect."""
        seconds = self.allowance.seconds(timeout)
        return self.known(self._sockets.connect_tcp(host, port, seconds, local_address, socket_options))

    def known(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """Wrap a connection, so that it has the limits of the allowance and is closed by `down`."""
        known = _Stream(stream, self)
        with self._at_streams:
            self._streams.add(known)
            comes_too_late = self._is_down
        if comes_too_late:
            known.close()
            raise httpcore.ConnectError("the run is being stopped")
        return known


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, network: Network) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data = self._stream.read(max_bytes, self._network.allowance.seconds(timeout))
        except httpcore.ReadTimeout:
            raise httpcore.ReadTimeout(_LATE) from None
        self._network.allowance.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.allowance.seconds(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._network.allowance.seconds(timeout)
        return self._network.known(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def is_waiting(stream: httpcore.NetworkStream) -> bool:
    """Return whether unread bytes have arrived. False for TLS, where it can't be known."""
    connection: Any = stream.get_extra_info("socket")
    if connection is None or isinstance(connection, ssl.SSLSocket) or not stream.get_extra_info("is_readable"):
        return False
    with contextlib.suppress(OSError):
        # A closed connection is readable, too, but has no bytes.
        return bool(connection.recv(1, socket.MSG_PEEK))
    return False
