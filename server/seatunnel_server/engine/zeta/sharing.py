"""Lets identical reads share one response, while the request is in flight and for some time after that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

_T = TypeVar("_T")
_KEPT_BYTES: Final = 64 * 2**20
"""The most bytes of all cached responses."""
_OVERHEAD: Final = 1024
"""The approximate bytes of a cached response without its body."""


@dataclass(slots=True, eq=False)
class _SharedRead(Generic[_T]):
    task: asyncio.Future[_T]
    until: float
    """The time until which the response may be used, by the monotonic clock."""
    kept: int = 0
    """The bytes of the cached response."""


class SharedReads(Generic[_T]):
    """The shared reads, by key. A response may be used for `seconds` after its request was sent.

    With 0, only reads that are in flight are shared.
    """

    def __init__(self, seconds: float, size: Callable[[_T], int]) -> None:
        self._seconds = seconds
        self._size = size
        self._reads: dict[Hashable, _SharedRead[_T]] = {}
        self._kept = 0
        """The bytes of all cached responses."""
        self._tasks: set[asyncio.Future[_T]] = set()

    async def get(self, key: Hashable, read: Callable[[], Awaitable[_T]]) -> tuple[_T, bool]:
        """Return a response, and whether it comes from another read. Raises the exceptions of `read`.

        If a caller is cancelled, the read continues for the others.
        """
        found = self._reads.get(key)
        if found is not None and (not found.task.done() or time.monotonic() < found.until):
            return await asyncio.shield(found.task), True
        self._drop(key, found)
        task = asyncio.ensure_future(read())
        self._tasks.add(task)
        self._reads[key] = started = _SharedRead(task, time.monotonic() + self._seconds)
        task.add_done_callback(lambda _: self._ended(key, started))
        return await asyncio.shield(task), False

    def forget(self) -> None:
        """Stop sharing earlier responses, and reads that are in flight, with later reads."""
        self._reads.clear()
        self._kept = 0

    async def aclose(self) -> None:
        """Cancel the reads that are in flight."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, key: Hashable, read: _SharedRead[_T]) -> None:
        self._tasks.discard(read.task)
        failed = read.task.cancelled() or read.task.exception() is not None
        left = read.until - time.monotonic()
        if self._reads.get(key) is not read:
            return
        size = 0 if failed else self._size(read.task.result()) + _OVERHEAD
        if failed or left <= 0 or self._kept + size > _KEPT_BYTES:
            self._drop(key, read)
            return
        read.kept = size
        self._kept += size
        read.task.get_loop().call_later(left, self._drop, key, read)

    def _drop(self, key: Hashable, read: _SharedRead[_T] | None) -> None:
        if read is not None and self._reads.get(key) is read:
            del self._reads[key]
            self._kept -= read.kept
