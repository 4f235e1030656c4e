"""The limits for the requests of a run: rate, number, time, and whether the target still responds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from seatunnel_conformance.errors import Inconclusive, LimitReached, TargetUnreachable
from seatunnel_conformance.target.limits import RequestLimits


@dataclass(slots=True)
class Reserve:
    """Requests that change the target, shared by several checks; `left` is the number of unused ones."""

    left: int


@dataclass(slots=True)
class Governor:
    """Limits and counts all requests of one process to one target.

    `clock` and `sleep` are in seconds. Cleanup has a time limit of its own, after the limits of the run are used up.
    """

    limits: RequestLimits
    url: str
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sent: int = 0
    _begun: float = field(init=False)
    _failures: int = 0
    _hung: int = 0
    _gone: str = ""
    _tidying: float | None = None
    _changes_left: int | None = None
    _reserve: Reserve = field(default_factory=lambda: Reserve(0))

    def __post_init__(self) -> None:
        self._begun = self.clock() if self.limits.begun is None else self.limits.begun

    def admit(self) -> float:
        """Wait until the next request may be sent, and return its time limit in seconds.

        Raises `TargetUnreachable` if the target no longer responds, `LimitReached` if requests or time are used up.
        """
        if (ended := self.ended) is not None:
            raise ended
        self._wait_for_turn()
        self.sent += 1
        return min(self._patience(), self.seconds_left)

    def _patience(self) -> float:
        """Return the time limit of a request: halved after each one that timed out, or a run could take hours."""
        return max(self.limits.response * 0.5**self._hung, min(self.limits.probe, self.limits.response))

    @property
    def ended(self) -> Inconclusive | None:
        """Why no further request may be sent; None if one may."""
        if self._gone:
            return TargetUnreachable(self.url, self._gone)
        limits = self.limits
        if self._tidying is None and limits.requests is not None and self.sent >= limits.requests:
            return LimitReached(f"the budget of {limits.requests} requests is used up (--max-requests)")
        if self.seconds_left <= 0:
            return self.out_of_time
        return None

    @property
    def seconds_left(self) -> float:
        """The remaining time of the run; negative if it is over."""
        limits, now = self.limits, self.clock()
        end = math.inf if limits.run is None else self._begun + limits.run
        if self._tidying is not None:
            return min(self._tidying + limits.cleanup, end) - now
        return end - limits.reserve - now

    @property
    def out_of_time(self) -> LimitReached:
        """The error for a run whose time is used up."""
        return LimitReached(f"the time of {self.limits.run or self.limits.cleanup:g} s is used up (--max-time)")

    @property
    def is_tidying(self) -> bool:
        """Whether the run is in its cleanup."""
        return self._tidying is not None

    def _wait_for_turn(self) -> None:
        if self.limits.rate is not None:
            pace, now = self.limits.pace, self.clock()
            if pace.next > now:
                self.sleep(pace.next - now)
            # A sleep that takes too long must not bring the next request forward.
            pace.next = self.clock() + 1 / self.limits.rate

    def answered(self) -> None:
        """Record a response."""
        self._failures = 0

    def no_response(self, *, hung: bool, lives: Callable[[], bool]) -> None:
        """Record a request without a response; `lives` sends a probe to the target.

        The probe is sent after each request that `hung`, because these take a whole time-out, and otherwise after
        several failures in a row.
        """
        self._failures += 1
        self._hung += hung
        if hung or self._failures >= self.limits.failures:
            if lives():
                self._failures = 0
            else:
                self._gone = (
                    f"{self._failures} requests in a row got no response, nor did GET /overview; no more are sent"
                )

    def admit_change(self) -> None:
        """Count a request that changes the target. Raises `LimitReached` if the check has used up its number."""
        if self._changes_left is None or self._tidying is not None:
            return
        if self._changes_left:
            self._changes_left -= 1
        elif self._reserve.left:
            self._reserve.left -= 1
        else:
            raise LimitReached(
                "the check has used up its requests that change the target (--plan shows how many there are)"
            )

    @contextmanager
    def changing(self, most: int, reserve: Reserve | None = None) -> Iterator[None]:
        """Allow `most` requests that change the target in the block, and then those of the reserve."""
        self._changes_left, self._reserve = most, reserve or Reserve(0)
        try:
            yield
        finally:
            self._changes_left = None

    @contextmanager
    def tidying(self) -> Iterator[None]:
        """Allow the requests of the cleanup, even if the limits of the run are used up."""
        before, self._tidying = self._tidying, self.clock()
        try:
            yield
        finally:
            self._tidying = before
