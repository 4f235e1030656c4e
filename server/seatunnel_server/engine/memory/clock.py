"""The engine's time: one clock for every wait, so that a day of the engine can pass in a moment of a test."""

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
    """A clock, and waits by it. All durations are seconds of the engine, whatever they last in reality."""

    def now(self) -> datetime:
        """Return the wall time, aware, in the server's zone."""

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean something."""

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; none or less lets everybody else have a turn."""

    async def tick(self, seconds: float) -> None:
        """Let `seconds` pass as a step of something that repeats for ever, so never in no time at all."""


class RealClock:
    """The machine's time, with every wait `speed` times as short; an infinite speed does not wait at all.

    The wall time stays what it is, because clients compare it with their own.
    """

    def __init__(self, speed: float = 1.0, *, shortest_tick: float = 0.05) -> None:
        """Take the speed, above 0, and the real seconds that a tick lasts at least."""
        if not speed > 0:
            raise ValueError(f"a clock's speed is a number above 0, not {speed}")
        self.speed = speed
        self._scale = speed if math.isfinite(speed) else 1.0
        self._shortest_tick = shortest_tick
        self._zone: tzinfo | None = None
        self._quarter = 0.0

    def now(self) -> datetime:
        """Return the wall time. The local zone is looked up every quarter of an hour, when summer time can begin."""
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
        """Wait for the scaled time, but at least for the shortest tick: a fast clock must not make a busy loop."""
        await asyncio.sleep(max(seconds / self.speed, self._shortest_tick))


class ManualClock:
    """Time that stands still until a test moves it. Kept in whole nanoseconds, so that sums of waits are exact."""

    # Callbacks that follow from one wake-up (a task's step, a lock handed on, a future awaited by another task) take a
    # few passes of the event loop; this many without a new sleeper count as silence.
    _QUIET_PASSES = 8

    def __init__(self, start: datetime = datetime(2024, 10, 27, 12, tzinfo=UTC)) -> None:
        """Start at this wall time, which must have a time zone."""
        self._start = start
        self._elapsed = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._registered = 0

    def now(self) -> datetime:
        """Return the start and what has passed since."""
        return self._start + timedelta(microseconds=self._elapsed // 1000)

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._elapsed / _NANOSECONDS

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has come that far."""
        sleeper = asyncio.get_running_loop().create_future()
        self._registered += 1
        heapq.heappush(self._sleepers, (self._elapsed + _nanoseconds(seconds), next(self._order), sleeper))
        await sleeper

    async def tick(self, seconds: float) -> None:
        """Wait until `advance` has come that far, which is at least one nanosecond on."""
        await self.sleep(max(seconds, 1 / _NANOSECONDS))

    async def advance(self, seconds: float = 0.0) -> None:
        """Let `seconds` pass: wake every sleeper that becomes due, in the order of time, then of falling asleep."""
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
    # What is left of a wait after rounding must not become none: its sleeper would ask for it again for ever.
    return max(round(seconds * _NANOSECONDS), 1) if seconds > 0 else 0
