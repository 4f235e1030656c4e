"""A socket for `http.client` with one deadline and one limit of bytes for the whole response."""

from __future__ import annotations

import io
import socket

from seatunnel_conformance.target.network import Allowance


class Incoming:
    """Reads from a connection within an allowance. Raises the errors of `Allowance`, and `OSError`."""

    def __init__(self, connection: socket.socket, allowance: Allowance) -> None:
        self._connection = connection
        self._allowance = allowance

    def makefile(self, _: str) -> io.BufferedReader:
        """Return a file to read from; closing it does not close the connection."""
        return io.BufferedReader(_Raw(self._connection, self._allowance))


class _Raw(io.RawIOBase):
    def __init__(self, connection: socket.socket, allowance: Allowance) -> None:
        super().__init__()
        self._connection = connection
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._connection.settimeout(self._allowance.seconds(None))
        count = self._connection.recv_into(buffer)
        self._allowance.take(count)
        return count
