"""What a run may cost its target, and the one who runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.transport.addresses import is_loopback

POLITE: Final = 20.0
"""Requests a second that another machine is sent, unless something else is asked for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes; None is no limit.

    `connect` and `answer` bound one request, `body` the bytes of an answer's body. After `troubles` requests in a row
    without an answer the target is asked whether it is still there, with `probe` seconds for saying so. `rate` is in
    requests a second; `requests` and `run` bound all of a process, `cleanup` what it takes to tidy up after that.
    """

    connect: float = 5.0
    answer: float = 30.0
    body: int = 32 * 2**20
    troubles: int = 5
    probe: float = 5.0
    rate: float | None = None
    requests: int | None = None
    run: float | None = None
    cleanup: float = 30.0

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
        connect = min(cls().connect, timeout or cls().connect)
        answer = timeout or cls().answer
        return cls(connect, answer, rate=rate, requests=option("max_requests"), run=option("max_time"))
