"""How much disk jobs may fill: each of them, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

JOB_BYTES: Final = 64 * 2**20
TOTAL_BYTES: Final = 2**30
ENTRY_BYTES: Final = 16 * 1024
"""What a file or a folder counts for when it is made, so that their number is bounded, too."""


class SpaceExhausted(Exception):
    """A job or all jobs have written what they may; `str()` says which, and how much that is."""


@dataclass(slots=True)
class DiskSpace:
    """The bytes that jobs may write to files, all together, from the start of the engine on."""

    limit: int = TOTAL_BYTES
    used: int = 0

    def give_back(self, size: int) -> None:
        """Take note that so many bytes have been deleted."""
        self.used = max(self.used - size, 0)


class JobSpace:
    """The bytes that one job may write to files, whatever its sinks, subtasks and attempts."""

    __slots__ = ("_limit", "_used", "total")

    def __init__(self, limit: int = JOB_BYTES, total: DiskSpace | None = None) -> None:
        self._limit = limit
        self._used = 0
        self.total = total or DiskSpace()

    def take(self, size: int) -> None:
        """Use some of the space; raises `SpaceExhausted`, and takes nothing, when too little is left."""
        if self._used + size > self._limit:
            raise SpaceExhausted(f"No space left on device: a job may write {self._limit} bytes")
        if self.total.used + size > self.total.limit:
            raise SpaceExhausted(f"No space left on device: all jobs together may write {self.total.limit} bytes")
        self._used += size
        self.total.used += size
