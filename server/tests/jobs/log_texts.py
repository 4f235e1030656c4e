"""Whole texts of logs, for tests that set or read them."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

from seatunnel_server.engine.domain import LogText


@dataclass(frozen=True)
class WholeText:
    """A log with a given text."""

    text: str

    async def pieces(self) -> AsyncIterator[str]:
        yield self.text


async def text_of(reading: Awaitable[LogText | None]) -> str:
    """Return the whole text of a log. Raises `AssertionError` when there is no such log."""
    log = await reading
    assert log is not None
    return "".join([piece async for piece in log.pieces()])
