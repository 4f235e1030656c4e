"""Who may send a request now: the rate, the budget, the time of a run, and whether the target still lives."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from seatunnel_conformance.errors import Inconclusive, LimitReached, TargetUnreachable
from seatunnel_conformance.target.limits import Limits


@dataclass(slots=True)
class Reserve:
    """Changing requests that several checks have in common; `left` are those that nobody has sent yet."""

    left: int


@dataclass(slots=True)
class Governor:
    """Admits the requests of one process to one target, whoever sends them, and keeps count.

    `clock` and `sleep` are in seconds. Tidying up is admitted after everything else has ended, for a while.
    """

    limits: Limits
    url: str
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sent: int = 0
    _begun: float = field(init=False)
    _slot: float = field(init=False)
    _troubles: int = 0
    _hung: int = 0
    _gone: str = ""
    _tidying: float | None = None
    _changes_left: int | None = None
    _reserve: Reserve = field(default_factory=lambda: Reserve(0))

    def __post_init__(self) -> None:
        self._slot = self.clock()
        self._begun = self._slot if self.limits.begun is None else self.limits.begun

    def admit(self) -> float:
        """Wait for the turn of the next request, and return how many seconds it may take.

        Raises `TargetUnreachable` for a target that is gone, `LimitReached` when budget or time are used up.
        """
        if (ended := self.ended) is not None:
            raise ended
        self._wait_for_turn()
        self.sent += 1
        return min(self._patience(), self.seconds_left)

    def _patience(self) -> float:
        """Wait half as long after every request that hung, or a target on which many do would take hours."""
        return max(self.limits.answer * 0.5**self._hung, min(self.limits.probe, self.limits.answer))

    @property
    def ended(self) -> Inconclusive | None:
        """Why no further request is sent; None as long as there may be one."""
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
        """What is left of the time of the run, for requests and pauses; below 0 when it is over."""
        limits, now = self.limits, self.clock()
        end = math.inf if limits.run is None else self._begun + limits.run
        if self._tidying is not None:
            return min(self._tidying + limits.cleanup, end) - now
        return end - limits.reserve - now

    @property
    def out_of_time(self) -> LimitReached:
        """What is said when the time of the run is over."""
        return LimitReached(f"the time of {self.limits.run or self.limits.cleanup:g} s is used up (--max-time)")

    @property
    def is_tidying(self) -> bool:
        """Whether what is sent now tidies up."""
        return self._tidying is not None

    def _wait_for_turn(self) -> None:
        if self.limits.rate is not None:
            now = self.clock()
            if self._slot > now:
                self.sleep(self._slot - now)
            self._slot = max(self._slot, now) + 1 / self.limits.rate

    def answered(self) -> None:
        """Take note that the target lives."""
        self._troubles = 0

    def troubled(self, *, hung: bool, lives: Callable[[], bool]) -> None:
        """Take note of a request that got no answer; `lives` asks the target whether it is there.

        It is asked after a request that `hung`, because each of these costs a whole time-out, and otherwise after
        several troubles in a row.
        """
        self._troubles += 1
        self._hung += hung
        if hung or self._troubles >= self.limits.troubles:
            if lives():
                self._troubles = 0
            else:
                self._gone = f"{self._troubles} in a row got no answer, nor did GET /overview, so nothing more is tried"

    def admit_change(self) -> None:
        """Count a request that changes the target. Raises `LimitReached` when a check would change more than it may."""
        if self._changes_left is None or self._tidying is not None:
            return
        if self._changes_left:
            self._changes_left -= 1
        elif self._reserve.left:
            self._reserve.left -= 1
        else:
            raise LimitReached("the check would have changed the target more often than its kind may (--plan)")

    @contextmanager
    def changing(self, most: int, reserve: Reserve | None = None) -> Iterator[None]:
        """Admit so many requests that change the target, to the end of the block; more come from the reserve."""
        self._changes_left, self._reserve = most, reserve or Reserve(0)
        try:
            yield
        finally:
            self._changes_left = None

    @contextmanager
    def tidying(self) -> Iterator[None]:
        """Admit requests that tidy up, whatever was used up before."""
        before, self._tidying = self._tidying, self.clock()
        try:
            yield
        finally:
            self._tidying = before
