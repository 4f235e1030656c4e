"""Limits for the requests, bytes and time of a run. `Governor` enforces them."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field, replace
from typing import Any, Final, Self

from seatunnel_conformance.errors import Inconclusive, InvalidSettings, LimitReached, TargetUnreachable
from seatunnel_conformance.target.connection import is_loopback
from seatunnel_conformance.target.reads import Disturbances, ListReads, Look

POLITE: Final = 20.0
"""The default number of requests per second to another machine."""


LONGEST_RUN: Final = 3600.0
"""The default time limit of a run in seconds."""

_RESERVE: Final = 10.0
"""The maximum number of seconds at the end of a run that are reserved for the cleanup."""


@dataclass(slots=True)
class Pace:
    """The time on the governor's clock at which the next request may be sent, if there is a rate limit."""

    next: float = -math.inf


@dataclass(slots=True)
class ChangesLeft:
    """The number of requests that may still change the target."""

    number: int
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def take(self) -> bool:
        """Use one request, and return whether one was left."""
        with self._lock:
            had_one = self.number > 0
            self.number -= had_one
        return had_one


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The limits of requests and of a run: times in seconds, sizes in bytes; None: no limit.

    `connect` and `response` are the time limits of one request, `body` is the maximum size of a response body. After
    `failures` requests in a row without a response, a probe is sent with a time limit of `probe`. `rate` is in requests
    per second. `requests` is a command's number of requests, `run` its time limit since `begun` (`time.monotonic`;
    default: its first connection). `cleanup` is the time limit of the cleanup. `changes` limits the requests that
    change the target. Copies made with `replace` share `changes` and `pace`.
    """

    connect: float = 5.0
    response: float = 30.0
    body: int = 32 * 2**20
    failures: int = 5
    probe: float = 5.0
    rate: float | None = None
    requests: int | None = None
    run: float | None = None
    begun: float | None = None
    cleanup: float = 30.0
    changes: ChangesLeft | None = field(default=None, repr=False, compare=False)
    pace: Pace = field(default_factory=Pace, repr=False, compare=False)

    @property
    def reserve(self) -> float:
        """The part of the run's time that is reserved for the cleanup."""
        return min(self.cleanup, (self.run or 0) / 4, _RESERVE)

    def started(self, begun: float) -> Self:
        """Return the limits with this beginning of the run, unless it is set already."""
        return self if self.begun is not None else replace(self, begun=begun)

    @property
    def left(self) -> float:
        """The remaining seconds of the run, including its reserve; negative if time is over."""
        spent = 0.0 if self.begun is None else time.monotonic() - self.begun
        return math.inf if self.run is None else self.run - spent

    @classmethod
    def parse(cls, option: Callable[[str], Any], url: str) -> Self:
        """Read limits from options by name. Without `rate_limit`, only targets on other machines have a limit.

        Raises `InvalidSettings`.
        """
        rate, timeout = option("rate_limit"), option("timeout")
        for name, value in (("--rate-limit", rate), ("--timeout", timeout), ("--max-time", option("max_time"))):
            if value is not None and not value > 0:
                raise InvalidSettings(f"{name} {value:g}: the value must be greater than 0")
        if rate is None and not is_loopback(url):
            rate = POLITE
        connect, response = timeout or cls().connect, timeout or cls().response
        return cls(connect, response, rate=rate, requests=option("max_requests"), run=option("max_time") or LONGEST_RUN)


LARGE: Final = 2**23
"""A size in bytes. After a larger response body, checks run one at a time: each can need ten times as much memory."""

LONGEST_TEXT: Final = 2**20
"""The maximum number of bytes of a plain text that are read: the log of a node can have gigabytes."""


HANGS: Final = 6
"""The number of timeouts after which the time limit of requests is `SHORTEST`, because some paths hang."""

SHORTEST: Final = 1.0
"""The time limit in seconds of requests after many timeouts."""


@dataclass(slots=True)
class Usage:
    """The state that all workers of a run share for one node.

    `sent` is the number of requests, `failures` of consecutive requests without a response, `hung` of timeouts. `large`
    is true if a response was larger than `LARGE`, `stopped` if the run was stopped. `gone` says why the target counts
    as gone, or is empty. Until `paused_until`, no request is sent. `lock` guards the counts and the pace.
    `disturbances` is shared by all nodes. `lists` has the whole lists of jobs that were read, `looks` the reads of the
    job guard by URL of a node.
    """

    begun: float
    sent: int = 0
    failures: int = 0
    hung: int = 0
    gone: str = ""
    stopped: bool = False
    large: bool = False
    paused_until: float = -math.inf
    lock: threading.RLock = field(default_factory=threading.RLock)
    disturbances: Disturbances = field(default_factory=Disturbances)
    lists: ListReads = field(default_factory=ListReads)
    looks: defaultdict[str, dict[str, Look]] = field(default_factory=lambda: defaultdict(dict))


@dataclass(slots=True)
class Governor:
    """Limits and counts the requests of a worker; the `usage` is shared by all workers of its run.

    `clock` and `sleep` are in seconds. The cleanup has a separate time limit, beyond the run's limits.
    """

    limits: RequestLimits
    url: str
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    shared: InitVar[Usage | None] = None
    usage: Usage = field(init=False)
    _cleanup_began: float | None = None

    def __post_init__(self, shared: Usage | None) -> None:
        self.usage = shared or Usage(self.clock() if self.limits.begun is None else self.limits.begun)

    def for_worker(self) -> Self:
        """Return the governor of a further worker of the run."""
        return replace(self, shared=self.usage, _cleanup_began=None)

    def for_node(self, url: str) -> Self:
        """Return the governor for another node of the cluster. The run goes on if that node is gone."""
        usage = Usage(self.usage.begun, disturbances=self.usage.disturbances)
        return replace(self, url=url, shared=usage, _cleanup_began=None)

    @property
    def sent(self) -> int:
        """The number of requests of the run."""
        return self.usage.sent

    def stop(self) -> None:
        """Make all further requests fail, except those of the cleanup."""
        self.usage.stopped = True

    def wait_to_send(self) -> float:
        """Wait until the next request may be sent, and return its time limit in seconds.

        Raises `TargetUnreachable` if the target no longer responds, `LimitReached` if requests or time are used up.
        """
        with self.usage.lock:
            if (ended := self.ended) is not None:
                raise ended
            pace, now = self.limits.pace, self.clock()
            if (start := max(self.usage.paused_until, pace.next)) > now:
                self.sleep(start - now)
            if self.limits.rate is not None:
                # Based on the time after the sleep: if it took too long, the next request must not be sent earlier.
                pace.next = self.clock() + 1 / self.limits.rate
            self.usage.sent += 1
        return min(self._patience(), self.seconds_left)

    def pause(self, seconds: float) -> None:
        """Make the next requests of all workers wait, because a gateway has refused a request as one too many."""
        self.usage.paused_until = self.clock() + seconds

    def _patience(self) -> float:
        """Return the time limit of a request. Each timeout halves it, because a run could otherwise take hours."""
        least = self.limits.probe if self.usage.hung < HANGS else SHORTEST
        return max(self.limits.response * 0.5**self.usage.hung, min(least, self.limits.response))

    @property
    def ended(self) -> Inconclusive | None:
        """The error of further requests; None if they may be sent."""
        if self.usage.gone:
            return TargetUnreachable(self.url, self.usage.gone)
        if self._is_stopped:
            return self.out_of_time
        limits = self.limits
        if self._cleanup_began is None and limits.requests is not None and self.sent >= limits.requests:
            return LimitReached(f"the budget of {limits.requests} requests is used up (--max-requests)")
        if self.seconds_left <= 0:
            return self.out_of_time
        return None

    @property
    def seconds_left(self) -> float:
        """The remaining time of the run; negative if it is over."""
        limits, now = self.limits, self.clock()
        end = math.inf if limits.run is None else self.usage.begun + limits.run
        if self._cleanup_began is not None:
            return min(self._cleanup_began + limits.cleanup, end) - now
        return end - limits.reserve - now

    @property
    def out_of_time(self) -> LimitReached:
        """The error of requests after the run was stopped or has used up its time."""
        if self._is_stopped:
            return LimitReached("the run was stopped")
        return LimitReached(f"the time of {self.limits.run or self.limits.cleanup:g} s is used up (--max-time)")

    @property
    def _is_stopped(self) -> bool:
        return self.usage.stopped and self._cleanup_began is None

    @property
    def is_cleaning_up(self) -> bool:
        """Whether the run is in its cleanup."""
        return self._cleanup_began is not None

    def answered(self) -> None:
        """Record a response."""
        self.usage.failures = 0

    def no_response(self, *, hung: bool, lives: Callable[[], bool]) -> None:
        """Record a request without a response; `lives` sends a probe, and returns whether the target responded.

        The probe is sent after each timeout, because timeouts take long, and after several other failures in a row.
        Without a response to the probe, the target counts as gone. A stopped run closes connections itself, so nothing
        is recorded.
        """
        usage = self.usage
        with usage.lock:
            if usage.gone or self._is_stopped:
                return
            usage.failures += 1
            usage.hung += hung
            if not (hung or usage.failures >= self.limits.failures):
                return
            if lives() or not usage.failures:  # the target may have responded to another worker meanwhile
                usage.failures = 0
            elif not self._is_stopped:
                usage.gone = (
                    f"{usage.failures} requests in a row got no response, nor did GET /overview; no more are sent"
                )

    def count_change(self) -> None:
        """Count a request that changes the target, except in the cleanup. Raises `LimitReached` if none is left."""
        changes = self.limits.changes
        if changes is not None and self._cleanup_began is None and not changes.take():
            raise LimitReached("the run has used up its requests that change the target (--plan shows how many it has)")

    @contextmanager
    def cleanup(self) -> Iterator[None]:
        """Allow requests during the block, even if the limits of the run are used up, within the limit `cleanup`."""
        before, self._cleanup_began = self._cleanup_began, self.clock()
        try:
            yield
        finally:
            self._cleanup_began = before
