"""HTTP/1.1 messages that keep the bytes that were received, so that unchanged messages are forwarded unchanged."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Self

HEAD_LIMIT: Final = 2**20
"""The most bytes of a message's head."""

BODY_LIMIT: Final = 16 * 2**20
"""The most bytes of a message's body."""

_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})
_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class BrokenMessage(Exception):
    """The bytes are not an HTTP/1.1 message, or the message is too long."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response.

    `line` is its first line without the line end, `fields` has its headers in order. `framed` is the body as it is
    sent, which may be chunked; `body` is the decoded body. `head` has the received bytes of line and headers, or is
    None if these were changed.
    """

    line: str
    fields: tuple[tuple[str, str], ...]
    framed: bytes = b""
    body: bytes = b""
    head: bytes | None = None

    def as_bytes(self) -> bytes:
        """Return the bytes to send. If line and headers are unchanged, they are the received bytes."""
        if self.head is not None:
            return self.head + self.framed
        lines = [self.line, *(f"{name}: {value}" for name, value in self.fields)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + self.framed

    def header(self, name: str) -> str:
        """Return the value of a header. Several values are joined with commas; a missing header is an empty string."""
        return ", ".join(value for found, value in self.fields if found.lower() == name.lower())

    def with_line(self, line: str) -> Self:
        """Return the message with another first line."""
        return replace(self, line=line, head=None)

    def with_header(self, name: str, value: str) -> Self:
        """Return the message with this header instead of all headers of this name."""
        return replace(self.without_header(name), fields=(*self._others({name.lower()}), (name, value)))

    def without_header(self, *names: str) -> Self:
        """Return the message without the headers of these names."""
        return replace(self, fields=self._others({name.lower() for name in names}), head=None)

    def with_fields(self, *fields: tuple[str, str]) -> Self:
        """Return the message with exactly these headers."""
        return replace(self, fields=fields, head=None)

    def with_body(self, body: bytes) -> Self:
        """Return the message with another body, not chunked, and its `Content-Length`."""
        fields = (*self._others(_FRAMING), ("Content-Length", str(len(body))))
        return replace(self, fields=fields, framed=body, body=body, head=None)

    def with_framed(self, framed: bytes) -> Self:
        """Return the message with other bytes for its body; the caller sets the headers that describe them."""
        return replace(self, framed=framed, head=None)

    def _others(self, names: set[str] | frozenset[str]) -> tuple[tuple[str, str], ...]:
        return tuple((name, value) for name, value in self.fields if name.lower() not in names)

    def addressed_to(self, host: str) -> Self:
        """Return the request with another value of the `Host` header; all other bytes stay."""
        if self.head is None:
            return self.with_header("Host", host)
        head = re.sub(rb"(?im)^(host:[ \t]*)[^\r\n]*", rb"\g<1>" + host.encode(), self.head, count=1)
        return replace(self, head=head)

    @property
    def ends_connection(self) -> bool:
        """Whether the sender closes the connection after this message, as its headers or HTTP/1.0 say."""
        return "close" in self.header("connection").lower() or "HTTP/1.0" in self.line


async def read_request(reader: asyncio.StreamReader) -> Message | None:
    """Read a request; return None if the client has closed the connection.

    Raises `BrokenMessage`, `EOFError` if the body is cut off, and `ValueError` if the length of a chunk is no number.
    """
    head = await _read_head(reader)
    if head is None:
        return None
    message = _parsed(head)
    if message.line.count(" ") != 2:  # noqa: PLR2004 - method, target, version
        raise BrokenMessage(message.line)
    return await _with_content(message, reader, until_end=False)


async def read_response(reader: asyncio.StreamReader, method: str) -> Message | None:
    """Read the response to a request with this method; return None if the server has closed the connection.

    Responses with a status below 200 are skipped. Raises the errors of `read_request`.
    """
    while (head := await _read_head(reader)) is not None:
        message = _parsed(head)
        found = re.match(r"HTTP/1\.[01] (\d{3})(?: |$)", message.line)
        if found is None:
            raise BrokenMessage(message.line)
        status = int(found[1])
        if status >= HTTPStatus.OK:
            if method == "HEAD" or status in _BODILESS:
                return message
            return await _with_content(message, reader, until_end=True)
    return None


def make_response(status: int, fields: tuple[tuple[str, str], ...], body: bytes) -> Message:
    """Return a new response with these headers and a `Content-Length`."""
    return Message(status_line(status), fields).with_body(body)


def status_line(status: int) -> str:
    """Return the first line of a response with this status."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}"


def _parsed(head: bytes) -> Message:
    line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    fields = [text.partition(":") for text in lines]
    return Message(line, tuple((name, value.strip(" \t")) for name, _, value in fields), head=head)


async def _read_head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as problem:
        if problem.partial:
            raise BrokenMessage("the head is incomplete") from problem
        return None
    except asyncio.LimitOverrunError as problem:
        raise BrokenMessage("the head is too long") from problem


async def _with_content(message: Message, reader: asyncio.StreamReader, *, until_end: bool) -> Message:
    """Read the body. Without chunks and a length, it is empty or, with `until_end`, everything up to the end."""
    length = message.header("content-length")
    if "chunked" in message.header("transfer-encoding").lower():
        framed, body = await _read_chunks(reader)
    elif length:
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            raise BrokenMessage(f"a body of {length} bytes")
        framed = body = await reader.readexactly(int(length))
    else:
        framed = body = await _read_to_end(reader) if until_end else b""
    return replace(message, framed=framed, body=body)


async def _read_to_end(reader: asyncio.StreamReader) -> bytes:
    try:
        await reader.readexactly(BODY_LIMIT + 1)
    except asyncio.IncompleteReadError as end:
        return end.partial
    raise BrokenMessage("a body without an end")


async def _read_chunks(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read a chunked body. Return its bytes as they were sent, with trailers, and the decoded body."""
    framed, parts, size, total = [], [], 1, 0
    while size:
        line = await _read_line(reader)
        size = int(line.partition(b";")[0], 16)
        total += size
        if total > BODY_LIMIT:
            raise BrokenMessage(f"a body of more than {BODY_LIMIT} bytes")
        chunk = await reader.readexactly(size + 2) if size else await _read_trailers(reader)
        framed += [line, chunk]
        parts.append(chunk[:size])
    return b"".join(framed), b"".join(parts)


async def _read_trailers(reader: asyncio.StreamReader) -> bytes:
    lines = [await _read_line(reader)]
    while lines[-1] != b"\r\n":
        lines.append(await _read_line(reader))
    return b"".join(lines)


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n")
    except asyncio.LimitOverrunError as problem:
        raise BrokenMessage("a line of the body is too long") from problem
