"""What a run may cost its target, and the one who runs it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.addresses import is_loopback

POLITE: Final = 20.0
"""Requests a second that another machine is sent, unless something else is asked for."""


LONGEST_RUN: Final = 3600.0
"""Seconds that a run may take, unless something else is asked for."""

_RESERVE: Final = 10.0
"""Seconds before the end of a run in which no check is made any more, and what it has left is tidied up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes; None is no limit.

    `connect` and `answer` bound one request, `body` the bytes of an answer's body. After `troubles` requests in a row
    without an answer the target is asked whether it is still there, with `probe` seconds for saying so. `rate` is in
    requests a second. `requests` and `run` bound all of a command, which began at `begun` on the monotonic clock;
    None is the moment of its first connection.
    `cleanup` bounds what it takes to tidy up after that, within the time of the run.
    """

    connect: float = 5.0
    answer: float = 30.0
    body: int = 32 * 2**20
    troubles: int = 5
    probe: float = 5.0
    rate: float | None = None
    requests: int | None = None
    run: float | None = None
    begun: float | None = None
    cleanup: float = 30.0

    @property
    def reserve(self) -> float:
        """What of the time of a run is kept for tidying up."""
        return min(self.cleanup, (self.run or 0) / 4, _RESERVE)

    def started(self, begun: float) -> Self:
        """Return the limits of a run that began then, unless its beginning is known already."""
        return self if self.begun is not None else replace(self, begun=begun)

    @property
    def left(self) -> float:
        """Seconds that are left of a run, its reserve among them; below 0 when it is over."""
        spent = 0.0 if self.begun is None else time.monotonic() - self.begun
        return math.inf if self.run is None else self.run - spent

    @classmethod
    def parse(cls, option: Callable[[str], Any], url: str) -> Self:
        """Read limits from options by name; no rate given means none for this machine and a polite one for others.

        Raises `InvalidSettings`.
        """
        rate, timeout = option("rate_limit"), option("timeout")
        for name, value in (("--rate-limit", rate), ("--timeout", timeout), ("--max-time", option("max_time"))):
            if value is not None and not value > 0:
                raise InvalidSettings(f"{name} {value:g} is not above 0")
        if rate is None and not is_loopback(url):
            rate = POLITE
        connect, answer = timeout or cls().connect, timeout or cls().answer
        return cls(connect, answer, rate=rate, requests=option("max_requests"), run=option("max_time") or LONGEST_RUN)
