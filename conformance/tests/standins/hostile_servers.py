"""Servers that send harmful responses, over plain sockets: no framework would send these."""

import gzip
import itertools
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Final

from other_services import speaking

Behaviour = Callable[[socket.socket], None]
"""What a server does to a connection on which a request has come."""

LIMIT: Final = 20.0
"""Seconds for which a server goes on, should nobody stop it."""


class Enough(OSError):
    """A server closes its connection."""


def _on_time() -> Iterator[int]:
    ends = time.monotonic() + LIMIT
    return itertools.takewhile(lambda _: time.monotonic() < ends, itertools.count())


def _response(body: bytes, *fields: bytes, status: bytes = b"200 OK", length: int | None = None) -> Behaviour:
    """Make a server that sends a response, whose length can be wrong."""
    size = len(body) if length is None else length
    head = [b"HTTP/1.1 " + status, b"Content-Type: application/json", b"Content-Length: %d" % size, *fields]
    whole = b"\r\n".join([*head, b"", b""]) + body
    return lambda client: client.sendall(whole)


def _head(*fields: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: application/json", *fields, b"", b""])


def endless_body(client: socket.socket) -> None:
    client.sendall(_head())
    for _ in _on_time():
        client.sendall(b"[1," * 20_000)


def endless_chunks(client: socket.socket) -> None:
    client.sendall(_head(b"Transfer-Encoding: chunked"))
    for _ in _on_time():
        client.sendall(b"1;%s\r\nx\r\n" % (b"e" * 5_000))


def endless_trailers(client: socket.socket) -> None:
    client.sendall(_head(b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n")
    for _ in _on_time():
        client.sendall(b"a: b\r\n" * 2_000)


def endless_header(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in _on_time():
        client.sendall(b"x" * 60_000)


def header_of_ten_megabytes(client: socket.socket) -> None:
    client.sendall(_head(b"X-Long: " + b"x" * 10_000_000, b"Content-Length: 2") + b"{}")


def ten_thousand_headers(client: socket.socket) -> None:
    client.sendall(_head(*(b"X-%d: y" % number for number in range(10_000)), b"Content-Length: 2") + b"{}")


def byte_a_second(client: socket.socket) -> None:
    for letter in _head(b"Content-Length: 2") + b"{}":
        client.sendall(bytes([letter]))
        time.sleep(1)


def byte_of_a_body_a_second(client: socket.socket) -> None:
    client.sendall(_head(b"Content-Length: 1000"))
    for _ in _on_time():
        client.sendall(b" ")
        time.sleep(1)


def nothing_at_all(client: socket.socket) -> None:
    client.settimeout(LIMIT)
    client.recv(1)


def continues_for_ever(client: socket.socket) -> None:
    for _ in _on_time():
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def reset(client: socket.socket) -> None:
    # With no time to linger, closing a socket resets its connection.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Enough


def reset_within_the_body(client: socket.socket) -> None:
    client.sendall(_head(b"Content-Length: 1000") + b"[")
    reset(client)


def old_version(client: socket.socket) -> None:
    client.sendall(b'{"projectVersion": "0.9"}')
    raise Enough


def length_too_long(client: socket.socket) -> None:
    client.sendall(_head(b"Content-Length: 3000") + b"{}")
    raise Enough


def chunks_of_garbage(client: socket.socket) -> None:
    client.sendall(_head(b"Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n")


def chunk_without_an_end(client: socket.socket) -> None:
    client.sendall(_head(b"Transfer-Encoding: chunked") + b"ffffffffffffffff\r\n{}")


@cache
def _compressed(megabytes: int, times: int) -> bytes:
    """Return blanks that were compressed many times."""
    packer = zlib.compressobj(1, wbits=31)
    packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(megabytes)) + packer.flush()
    return packed if times == 1 else gzip.compress(packed)


def bomb(client: socket.socket) -> None:
    _response(_compressed(40, times=1), b"Content-Encoding: gzip")(client)


def bomb_in_a_bomb(client: socket.socket) -> None:
    _response(_compressed(40, times=2), b"Content-Encoding: gzip, gzip")(client)


def answers_twice(client: socket.socket) -> None:
    whole = _head(b"Content-Length: 2") + b"{}"
    client.sendall(whole + whole.replace(b"{}", b"[]"))


BEHAVIOURS: Final[dict[str, Behaviour]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        endless_body,
        endless_chunks,
        endless_trailers,
        endless_header,
        header_of_ten_megabytes,
        ten_thousand_headers,
        byte_a_second,
        byte_of_a_body_a_second,
        nothing_at_all,
        continues_for_ever,
        reset,
        reset_within_the_body,
        old_version,
        length_too_long,
        chunks_of_garbage,
        chunk_without_an_end,
        bomb,
        bomb_in_a_bomb,
        answers_twice,
    )
} | {
    "length_that_never_comes": _response(b"{}", length=3000),
    "length_too_short": _response(b'{"a": 1}', length=3),
    "length_that_is_none": _response(b"{}", b"Content-Length: -1"),
    "page_instead_of_json": _response(b"<html><script>alert(1)</script>", b"Content-Type: text/html"),
    "hundred_thousand_brackets": _response(b"[" * 100_000 + b"]" * 100_000),
    "nine_hundred_objects": _response(b'{"a":' * 900 + b"1" + b"}" * 900),
    "huge_number": _response(b'{"totalSlot": ' + b"9" * 100_000 + b"}"),
    "huge_exponent": _response(b'{"totalSlot": 1e999999}'),
    "no_number": _response(b'{"totalSlot": NaN}'),
    "no_utf_8": _response(b'{"projectVersion": "\xff\xfe\x80"}'),
    "lone_surrogate": _response(b'{"projectVersion": "\\ud800"}'),
    "no_such_charset": _response(b"{}", b"Content-Type: application/json;charset=nope"),
    "control_characters": _response(b"{}\x1b[2J\x00", b"X-A: \x1b]0;title\x07"),
    "wrong_status": _response(b"{}", status=b"999 Odd"),
}


_WELCOME: Final = _response(b'{"projectVersion": "2.3.9"}')


def listening(behaviour: Behaviour, *, welcome: bool = False) -> AbstractContextManager[str]:
    """Serve with a behaviour until the block ends, and yield the address. `/overview` can respond as an engine does."""

    def answer(client: socket.socket) -> None:
        while head := _request(client):
            kind = _WELCOME if welcome and head.startswith(b"GET /overview ") else behaviour
            kind(client)

    return speaking(answer)


def _request(client: socket.socket) -> bytes:
    """Read a request; empty when no other comes."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = client.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    sizes = [int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while sizes and len(body) < sizes[0]:
        body += client.recv(65536)
    return head
