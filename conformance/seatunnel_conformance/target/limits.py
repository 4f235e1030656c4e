"""Limits for the requests, bytes and time of a run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.addresses import is_loopback

POLITE: Final = 20.0
"""Requests per second to another machine, by default."""


LONGEST_RUN: Final = 3600.0
"""Seconds that a run may take, by default."""

_RESERVE: Final = 10.0
"""Seconds at the end of a run that are reserved for the cleanup."""


@dataclass(slots=True)
class Pace:
    """When the next request may be sent, on the governor's clock, if there is a rate limit."""

    next: float = -math.inf


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Times in seconds, sizes in bytes; None is no limit.

    `connect` and `response` are the time limits of one request, `body` is the largest response body. After `failures`
    requests in a row without a response, a probe is sent, with a limit of `probe` seconds. `rate` is in requests per
    second. `requests` and `run` are the limits of a command, which began at `begun` on the monotonic clock, by default
    with its first connection. `cleanup` is the time limit of the cleanup. `pace` is shared by the copies that `replace`
    makes, so that they keep one rate together.
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
    pace: Pace = field(default_factory=Pace, repr=False, compare=False)

    @property
    def reserve(self) -> float:
        """The part of the run's time that is reserved for the cleanup."""
        return min(self.cleanup, (self.run or 0) / 4, _RESERVE)

    def started(self, begun: float) -> Self:
        """Return the limits with the beginning of the run, unless it is set already."""
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
