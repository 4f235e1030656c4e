"""Encoded responses (`Reply`), and declarations of how a handler reads its request (`reads`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, TypeVar

import orjson
from starlette.types import Message, Send

JSON = "application/json"

_PIECE: Final = 64 * 1024
"""The most bytes that are passed to a connection at once, and so buffered for a client that does not read."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is made while it is sent: its length in bytes, and a function that yields its pieces."""

    length: int
    pieces: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A response with an encoded body.

    `chunks` are the pieces of the body: a long list is not copied, and other requests are served between two pieces.
    `validated_by` is the compiled schema that has accepted these bytes, which are then not validated again. `stream` is
    the body if it is not in memory.
    """

    chunks: tuple[bytes, ...] = ()
    content_type: str | None = None
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    validated_by: object = None
    stream: Stream | None = None

    @property
    def body(self) -> bytes:
        """The whole body; empty for a stream."""
        return b"".join(self.chunks)

    async def collected(self) -> Reply:
        """Return the response with its body in memory."""
        if self.stream is None:
            return self
        return replace(self, chunks=tuple([piece async for piece in self.stream.pieces()]), stream=None)

    def start(self) -> Message:
        """Return the ASGI message that opens the response."""
        return {"type": "http.response.start", "status": self.status, "headers": self.all_headers}

    @property
    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, with `content-type` and `content-length`."""
        length = sum(map(len, self.chunks)) if self.stream is None else self.stream.length
        kind = [] if self.content_type is None else [(b"content-type", self.content_type.encode("latin-1"))]
        return [*kind, (b"content-length", b"%d" % length), *self.headers]

    def pieces(self) -> Iterator[Message]:
        """Yield the ASGI messages of a body that is not a stream, at least one."""
        last = len(self.chunks) - 1
        if last < 0:
            yield from messages(b"")
        for at, chunk in enumerate(self.chunks):
            yield from messages(chunk, more=at < last)

    async def send(self, send: Send) -> None:
        """Send the response to an ASGI server."""
        await send(self.start())
        if len(self.chunks) == 1 and len(self.chunks[0]) <= _PIECE:
            await send({"type": "http.response.body", "body": self.chunks[0], "more_body": False})
            return
        if self.stream is None:
            for message in self.pieces():
                await send(message)
            return
        async for piece in self.stream.pieces():
            for message in messages(piece, more=True):
                await send(message)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def messages(body: bytes, *, more: bool = False) -> Iterator[Message]:
    """Yield the ASGI messages of a body, or of a part if `more` follows, each with at most `_PIECE` bytes."""
    for at in range(0, max(len(body), 1), _PIECE):
        piece = body if len(body) <= _PIECE else body[at : at + _PIECE]
        yield {"type": "http.response.body", "body": piece, "more_body": more or at + _PIECE < len(body)}


def encoded(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return a value as JSON, without blanks and a line end, as the engine writes it."""
    return orjson.dumps(value)


Handler: TypeAlias = Callable[..., Awaitable[Reply]]
_H = TypeVar("_H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reading:
    """How a handler reads its request, where the engine's servlets differ."""

    raw_path: bool = False
    """Whether the path's parameter is not decoded."""
    first: bool = False
    """Whether the first value of a repeated query parameter counts, not the last."""
    late: bool = False
    """Whether the handler validates the query's parameters itself, with `Call.check_query` or with other messages."""
    own_path: bool = False
    """Whether the handler validates the path's parameter itself."""
    body_first: bool = False
    """Whether the handler reads the body before the query, so that errors of the body precede those of the query."""


ORDINARY: Final = Reading()
_ATTRIBUTE: Final = "seatunnel_reading"


def reads(
    *, raw_path: bool = False, first: bool = False, late: bool = False, own_path: bool = False, body_first: bool = False
) -> Callable[[_H], _H]:
    """Declare how a handler reads its request (see `Reading`)."""

    def declare(handler: _H) -> _H:
        setattr(handler, _ATTRIBUTE, Reading(raw_path, first, late, own_path, body_first))
        return handler

    return declare


def reading_of(handler: Handler) -> Reading:
    """Return how a handler reads its request."""
    reading: Reading = getattr(handler, _ATTRIBUTE, ORDINARY)
    return reading
