"""The engine's clocks. Every wait goes through one, so that a test can let a day of the engine pass in a moment."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

_NANOSECONDS = 1_000_000_000


class Clock(Protocol):
    """A clock and its waits. All durations are seconds of the engine, which may differ from real ones."""

    def now(self) -> datetime:
        """Return the wall time in the server's time zone."""

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean something."""

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`. Zero or a negative number only lets other tasks run."""

    async def tick(self, seconds: float) -> None:
        """Wait for `seconds`, in an endless loop. Some time always passes, so that the loop is not a busy loop."""


class RealClock:
    """The machine's time, with every wait divided by `speed`; with an infinite speed, `sleep` does not wait at all.

    The wall time is the real one, because clients compare it with their own.
    """

    def __init__(self, speed: float = 1.0, *, shortest_tick: float = 0.05) -> None:
        """Take the speed, above 0, and the shortest tick in real seconds. Raises `ValueError`."""
        if not speed > 0:
            raise ValueError(f"a clock's speed is a number above 0, not {speed}")
        self.speed = speed
        self._scale = speed if math.isfinite(speed) else 1.0
        self._shortest_tick = shortest_tick
        self._zone: tzinfo | None = None
        self._quarter = 0.0

    def now(self) -> datetime:
        """Return the wall time. The time zone is looked up every quarter of an hour, when summer time may begin."""
        seconds = time.time()
        if self._quarter != (quarter := seconds // 900):
            self._quarter, self._zone = quarter, datetime.now().astimezone().tzinfo
        return datetime.fromtimestamp(seconds, self._zone)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds times the speed (times 1 when that is infinite)."""
        return time.monotonic() * self._scale

    async def sleep(self, seconds: float) -> None:
        """Wait for the scaled time."""
        await asyncio.sleep(max(seconds, 0.0) / self.speed)

    async def tick(self, seconds: float) -> None:
        """Wait for the scaled time, but at least for the shortest tick."""
        await asyncio.sleep(max(seconds / self.speed, self._shortest_tick))


class ManualClock:
    """A clock that only a test advances. Its time is in whole nanoseconds, so that sums of waits are exact."""

    # The callbacks after one wake-up (a task's step, a released lock, a future that another task awaits) take a few
    # passes of the event loop. After this many passes without a new sleeper, all are done.
    _QUIET_PASSES = 8

    def __init__(self, start: datetime = datetime(2024, 10, 27, 12, tzinfo=UTC)) -> None:
        """Start at this wall time, which must have a time zone."""
        self._start = start
        self._elapsed = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._registered = 0

    def now(self) -> datetime:
        """Return the start time plus the elapsed time."""
        return self._start + timedelta(microseconds=self._elapsed // 1000)

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._elapsed / _NANOSECONDS

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has moved the time by `seconds`."""
        sleeper = asyncio.get_running_loop().create_future()
        self._registered += 1
        heapq.heappush(self._sleepers, (self._elapsed + _nanoseconds(seconds), next(self._order), sleeper))
        await sleeper

    async def tick(self, seconds: float) -> None:
        """Wait until `advance` has moved the time by `seconds`, at least by one nanosecond."""
        await self.sleep(max(seconds, 1 / _NANOSECONDS))

    async def advance(self, seconds: float = 0.0) -> None:
        """Move the time by `seconds`, and wake the sleepers of this time in their order."""
        target = self._elapsed + _nanoseconds(seconds)
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, sleeper = heapq.heappop(self._sleepers)
            if sleeper.done():  # its task was cancelled
                continue
            self._elapsed = due
            sleeper.set_result(None)
            await self._settle()
        self._elapsed = target

    async def _settle(self) -> None:
        quiet = 0
        while quiet < self._QUIET_PASSES:
            before = self._registered
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._registered == before else 0


def _nanoseconds(seconds: float) -> int:
    # The rest of a wait must not be rounded to zero: its task would ask for this rest again and again.
    return max(round(seconds * _NANOSECONDS), 1) if seconds > 0 else 0
