"""What a handler answers: bytes that are ready to be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.types import Message, Send

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its body already encoded.

    `chunks` are the body in pieces, so that a long list needs no copy of its own and lets other requests through
    between two pieces. `proof` is the compiled schema that has accepted these very bytes, if any; whoever
    guards the answers need not look at them again.
    """

    chunks: tuple[bytes, ...] = ()
    content_type: str | None = None
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    proof: object = None

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)

    def start(self) -> Message:
        """Return the ASGI message that opens the answer; `proof` rides along for the guard."""
        headers = [(b"content-length", b"%d" % sum(map(len, self.chunks))), *self.headers]
        if self.content_type is not None:
            headers.insert(0, (b"content-type", self.content_type.encode("latin-1")))
        message = {"type": "http.response.start", "status": self.status, "headers": headers}
        return message if self.proof is None else {**message, "proof": self.proof}

    def pieces(self) -> Iterator[Message]:
        """Yield the ASGI messages of the body, at least one."""
        last = len(self.chunks) - 1
        if last < 0:
            yield {"type": "http.response.body", "body": b"", "more_body": False}
        for at, chunk in enumerate(self.chunks):
            yield {"type": "http.response.body", "body": chunk, "more_body": at < last}

    async def send(self, send: Send) -> None:
        """Send the answer to an ASGI server."""
        await send(self.start())
        for piece in self.pieces():
            await send(piece)
