"""Progress: one line on a terminal, updated in place. Nothing is written to a pipe or file."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Final, Self

from seatunnel_conformance.text.visible import line

_WIDTH: Final = 78
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """The progress line, cleared at the end of the block."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replace the text of the line."""
        if self._shows:
            sys.stderr.write(f"{_CLEAR}{line(text, _WIDTH)}")  # noqa: TID251 - it steers on purpose
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.show("")
