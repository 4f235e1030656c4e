"""Sockets for httpcore on which every exchange has one deadline and one allowance of bytes.

A time-out for each read, which is all that HTTP clients offer, is none against a server that sends a byte a second, or
`100 Continue` for ever; a limit for bodies is none against a header without an end.
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

_LATE: Final = "the answer was not complete in time"


class TooManyBytes(httpcore.ReadError):
    """The answer is longer than is read."""


@dataclass(slots=True)
class Allowance:
    """What is left for the exchange at hand: seconds up to `ends` (monotonic), and bytes."""

    ends: float
    bytes_left: int

    def seconds(self, timeout: float | None) -> float:
        """Return how long the next step may take."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(_LATE)
        return left if timeout is None else min(left, timeout)

    def take(self, count: int) -> None:
        """Use bytes up."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooManyBytes("the answer is longer than is read")


class Network(httpcore.NetworkBackend):
    """Makes connections that heed `allowance`, which is set before every exchange."""

    def __init__(self) -> None:
        self.allowance = Allowance(0.0, 0)
        self._sockets = httpcore.SyncBackend()
        self._streams = WeakSet[_Stream]()
        self._at_streams = threading.Lock()
        self._is_down = False

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """End every connection, whatever other threads wait for on it, and make none while the block lasts."""
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
        """Return a connection that heeds the allowance, and ends with the network."""
        known = _Stream(stream, self)
        with self._at_streams:
            self._streams.add(known)
            comes_too_late = self._is_down
        if comes_too_late:
            known.close()
            raise httpcore.ConnectError("the run is being ended")
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
    """Tell whether bytes have come that nobody has read. Of a connection with TLS that is not known: False."""
    connection: Any = stream.get_extra_info("socket")
    if connection is None or isinstance(connection, ssl.SSLSocket) or not stream.get_extra_info("is_readable"):
        return False
    with contextlib.suppress(OSError):
        # A connection that was closed can be read, too, and gives nothing.
        return bool(connection.recv(1, socket.MSG_PEEK))
    return False
