"""The bytes of a request, from which no server reads a second one.

Requests come from files of unknown origin, and from values that a target has sent. A line break in a header, a wrong
length or a body that a server does not expect would hide another request, which the guard of foreign jobs does not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.exchange import READING

Fields = Iterable[tuple[str, str]]

_PARTS: Final = {
    "method": re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"),
    "path": re.compile(r"[^\x00-\x20\x7f\ud800-\udfff]+"),
    "version": re.compile(r"[0-9]\.[0-9]"),
    "header name": re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: [!#$%&'*+.^_`|~0-9A-Za-z-]+)*"),
    "header": re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*"),
}
"""The grammar of the parts of a head (RFC 9112), with letters of all scripts in paths and values, and names of several
words: servers refuse these (recorded in `http-semantics/bad-requests`)."""

_WORD: Final = re.compile("[a-z]+")
"""A length that is no number. A server without a body to skip does nothing wrong with it."""


class NotOneRequest(Inconclusive):
    """A server could read another request from the bytes, or two. Nothing is sent."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the request can't be sent: {problem}")


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request, in parts and as the bytes to send; `body` is without chunks."""

    method: str
    target: str
    body: bytes | None
    content: bytes

    @classmethod
    def of(  # noqa: PLR0913 - the parts of a request
        cls,
        method: str,
        target: str,
        fields: Fields,
        body: bytes | None,
        *,
        chunks: bytes | None = None,
        prefix: str = "",
        version: str = "1.1",
    ) -> Self:
        """Return a request; `chunks` is the body in chunks, `prefix` the context path. Raises `NotOneRequest`."""
        fields = list(fields)
        require_one_request(method, target, fields, body, is_chunked=chunks is not None, version=version)
        if method in READING and b"\n" in (body or b""):
            # Generated requests have such bodies, but nobody else has written them.
            raise NotOneRequest(f"a server that ignores the body of a {method} would read its lines as another request")
        lines = [f"{method} {prefix}{target} HTTP/{version}", *(f"{name}: {value}" for name, value in fields), "", ""]
        return cls(method, target, body, "\r\n".join(lines).encode() + ((body or b"") if chunks is None else chunks))


def require_one_request(  # noqa: PLR0913 - the parts of a request
    method: str, target: str, fields: Fields, body: bytes | None, *, is_chunked: bool = False, version: str = "1.1"
) -> None:
    """Raise `NotOneRequest` for control characters, or an end of the body that servers may see in different places."""
    fields = list(fields)
    parts = [("method", method), ("path", target), ("version", version)]
    parts += [(f"header {name!r}"[:80], value) for name, value in fields] + [
        ("header name", name) for name, _ in fields
    ]
    for part, text in parts:
        if _PARTS.get(part, _PARTS["header"]).fullmatch(text) is None:
            raise NotOneRequest(f"its {part} has a line break or another character that is not allowed there")
    values = [(name.lower(), value.strip()) for name, value in fields]
    lengths = [value for name, value in values if name == "content-length"]
    codings = [value for name, value in values if name == "transfer-encoding"]
    if (codings != ["chunked"] or lengths or version != "1.1") if is_chunked else codings:
        raise NotOneRequest("its headers do not say where the chunks of its body end")
    if lengths and lengths != [str(len(body or b""))] and (body or not _WORD.fullmatch(lengths[0]) or len(lengths) > 1):
        raise NotOneRequest("its Content-Length is not the length of its body")
