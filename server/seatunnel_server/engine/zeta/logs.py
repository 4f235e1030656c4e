"""Texts of a cluster: logs and metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from seatunnel_server.engine.zeta.cluster import Answer

_PIECE: Final = 16 * 1024


def decoded(answer: Answer) -> str:
    """Return the body of an answer in its charset, UTF-8 if it has none that is known."""
    charset = answer.content_type.lower().partition("charset=")[2].strip('" ') or "utf-8"
    try:
        return answer.body.decode(charset, "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class WholeLog:
    """A log that has been read as a whole."""

    text: str

    async def pieces(self) -> AsyncIterator[str]:
        """Yield the text in pieces."""
        for at in range(0, len(self.text), _PIECE):
            yield self.text[at : at + _PIECE]
