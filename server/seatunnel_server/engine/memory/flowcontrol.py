"""How fast sources may read, as far as that is refused; this engine reads as fast as it can."""

from __future__ import annotations

import re
from typing import Final

from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.memory.pipeline import TaskFailed
from seatunnel_server.engine.options import Options

_LIMITS: Final = ("read_limit.bytes_per_second", "read_limit.rows_per_second")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}")
_INT: Final = range(-(2**31), 2**31)


class LimitRefused(TaskFailed):
    """The rate limit of a source is not a valid number: its task fails at the start."""

    def __init__(self, java_class: str, message: str) -> None:
        super().__init__(message)
        self.java_class = java_class


def require_flow_limits(env: Options) -> None:
    """Refuse limits that are no positive 32-bit numbers. Raises `LimitRefused`."""
    texts = [java_text(value) for name in _LIMITS if (value := env.values.get(name)) is not None]
    for text in texts:
        if not _NUMBER.fullmatch(text) or int(text) not in _INT:
            raise LimitRefused("java.lang.NumberFormatException", f'For input string: "{text}"')
    if any(int(text) <= 0 for text in texts):
        raise LimitRefused("java.lang.IllegalArgumentException", "bytesPerSecond and countPerSecond must be positive")
