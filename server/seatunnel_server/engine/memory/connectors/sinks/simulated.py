"""A sink that stands for one that is not here: it takes rows and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from seatunnel_server.engine.memory.pipeline import Row, TaskContext


@dataclass(frozen=True, slots=True)
class Swallowed:
    """Takes rows."""

    plugin: str
    commits: ClassVar[bool] = False

    def prepare(self, context: TaskContext) -> None:
        """Need nothing."""

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        """Let rows go."""

    def close(self, context: TaskContext) -> None:
        """Have nothing to finish."""
