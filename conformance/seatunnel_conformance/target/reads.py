"""Reads that all checks of a run share, and reads that fail because of other clients or other jobs.

An engine needs about a second for each thousand jobs of a list, and fails to send long ones to everybody else
meanwhile. So a list that was read once is used by every check that needs none of a later moment, and a long one is only
read at a few moments, for which checks wait.
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlencode

from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.exchange import Request, Response, is_readable

LONG: Final = 2**18
"""Bytes of a list that is long: of two hundred jobs, or a few more."""

MANY: Final = 250
"""Jobs of a list that is long, if only their number is known."""

_SLOW: Final = 0.3
"""Seconds for a list that takes long."""

_SHORTEST, _LONGEST = 0.5, 10.0
"""Seconds from the end of a read of a long list to the next one, within which its duration decides."""

_TIMES: Final = 4


def next_read(began: float, ended: float, *, least: float = 0.0, most: float) -> float:
    """Return the time of the next of costly reads: after so many times the duration of this one, within limits."""
    return ended + min(max(_TIMES * (ended - began), least), most)


FIRST_PAGE: Final = {"page": "1", "rows": "100"}
"""The query for the first page of a list."""

_LIST: Final = re.compile(rf"/running-jobs|/finished-jobs(/[A-Z_]+)?(\?{urlencode(FIRST_PAGE)})?|/logs?")
"""The lists that grow with the history of a deployment: of jobs, and of the log files of jobs; and their first pages,
for which an engine makes the whole list of ended jobs."""


class LongList(NotObservable):
    """A request is not sent, because the list of jobs that it asks for is long."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the request was not sent, because {path} is long")


ListedJobs: TypeAlias = list[Mapping[str, Any]]
"""The jobs of a list."""


class Look(NamedTuple):
    """A read of a list by the guard of jobs, with the time of its end.

    `jobs` is None if it is not readable or not complete. `counted` tells whether the overview has counted its jobs.
    """

    at: float
    jobs: ListedJobs | None
    counted: bool


class ListRead(NamedTuple):
    """A read of a whole list, with the times of its begin and end on the monotonic clock."""

    began: float
    ended: float
    request: Request
    response: Response

    @property
    def next(self) -> float:
        """The time of the next read, if the list is long."""
        return next_read(self.began, self.ended, least=_SHORTEST, most=_LONGEST)


@dataclass(slots=True)
class ListReads:
    """The latest reads of a run from one node, by path. `turns` has a lock for each path: one thread reads a list."""

    turns: defaultdict[str, threading.RLock] = field(default_factory=lambda: defaultdict(threading.RLock))
    _last: dict[str, ListRead] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def note(self, path: str, request: Request, response: Response) -> None:
        """Keep a response, if it is that of a whole list; `path` is without the context path."""
        if request.method == "GET" and response.status == HTTPStatus.OK and _LIST.fullmatch(path):
            ended = time.monotonic()
            # One that no check can read is not kept whole: there are several, of up to 32 MiB each.
            kept = response if is_readable(response.body) else response.shortened()
            self._last[path] = ListRead(ended - response.seconds, ended, request, kept)

    def count(self, path: str, number: int) -> None:
        """Take note of the number of jobs that the overview has for a list."""
        self._counts[path] = number

    def is_long(self, path: str) -> bool:
        """Return whether a list is long, as far as is known."""
        if (read := self._last.get(path)) is None:
            return self._counts.get(path, 0) > MANY
        return len(read.response.body) + read.response.missing > LONG

    def is_slow(self, path: str) -> bool:
        """Return whether the last read of a list took long, or that of all ended jobs, if the list is a part of it."""
        read = self._last.get(path) or self._last.get(path.rpartition("/")[0])
        return read is not None and read.ended - read.began > _SLOW

    def since(self, path: str, moment: float) -> ListRead | None:
        """Return the latest read of a list if it began after a moment."""
        read = self._last.get(path)
        return read if read is not None and read.began > moment else None

    def rest(self, path: str) -> float:
        """Return the seconds until a list may be read again: none, unless it is long."""
        read = self._last.get(path)
        return max(read.next - time.monotonic(), 0.0) if read is not None and self.is_long(path) else 0.0


_MEMBERS: Final = "/system-monitoring-information"

_READINGS: Final = (_MEMBERS, "/logs")
"""Paths whose requests are sent one at a time.

Engines answer concurrent ones with 500 or without some members (27 of 200 readings on 2.3.13 with six connections, 4 of
200 lists of log files on 2.3.9): both ask the health monitors of all members. Other clients of the target, such as a
console, have the same effect, so a reading that failed or lacks values is requested again.
"""

_THREADS: Final = "/running-threads"

_RENAMED: Final = b"Comparison method violates its general contract!"
"""The message of an engine if a thread changes its name while the threads are sorted. Seen on 2.3.10."""

_JOBS: Final = ("/job-info/", "/running-job/", "/running-jobs")

_NO_RATE: Final = b"is neither a decimal digit number"
"""Part of the message of an engine if a job that has just begun has a rate that is not a number. Seen in July 2026."""

_PAUSES: Final = (0.0, 0.0, 0.1, 0.3, 0.6)
"""Seconds before each repetition of a reading: 4 to 6 % fail while another client reads, too, and more under load."""

_FEW: Final = 2
"""Repetitions of a reading that has kept failing, or whose escapes may be broken, which is a reason to fail, and of a
list of threads."""

_WAITING: Final = (0.2, 0.4, 0.8)
"""Seconds before each repetition of a list that may contain a waiting job."""

_LAST: Final = 7
"""Readings whose numbers of values are remembered. Mixed-up ones can also have more values than others."""


@dataclass(slots=True)
class Disturbances:
    """Reads that other clients disturbed, of all workers of a run.

    `waiting_lists` are the paths of lists that the release can't show while a job waits to be scheduled. `lock` guards
    the requests of `_READINGS`. `in_vain` are the request targets whose repetitions kept failing; an empty text stands
    for all lists.
    """

    waiting_lists: tuple[str, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)
    in_vain: set[str] = field(default_factory=set)
    _values: deque[int] = field(default_factory=lambda: deque(maxlen=_LAST))

    def lock_for(self, target: str) -> AbstractContextManager[object]:
        """Return a lock for a request target whose requests must not run at the same time."""
        return self.lock if _reading(target) else nullcontext()

    def pauses(self, target: str) -> Sequence[float]:
        """Return the seconds before each repetition of a read that fails because of others; none for most reads."""
        if _THREADS in target:
            return _PAUSES[:_FEW]
        reading = _reading(target)
        if reading:
            return _PAUSES[: _FEW if reading in self.in_vain or "%" in reading else None]
        return _WAITING if self._may_wait(target) or any(path in target for path in _JOBS) else ()

    def _may_wait(self, target: str) -> bool:
        return "" not in self.in_vain and any(path in target for path in self.waiting_lists)

    def includes(self, target: str, status: int, body: bytes) -> bool:
        """Return whether a response is disturbed: a 500, or one with fewer values than most of the last readings.

        That about threads is a 400 that says why, or has no body, as for HEAD.
        """
        if _THREADS in target:
            return status == HTTPStatus.BAD_REQUEST and (not body or _RENAMED in body)
        if status == HTTPStatus.BAD_REQUEST:
            return _NO_RATE in body
        if status != HTTPStatus.OK or _MEMBERS not in target:
            return status == HTTPStatus.INTERNAL_SERVER_ERROR and bool(_reading(target) or self._may_wait(target))
        # The response to HEAD has no body.
        return 0 < _number(body) < max(self._values, key=lambda number: (self._values.count(number), number), default=0)

    def ended(self, target: str, status: int, body: bytes) -> None:
        """Take note of the last response to a read that may be repeated."""
        if status == HTTPStatus.INTERNAL_SERVER_ERROR and (_reading(target) or self._may_wait(target)):
            self.in_vain.add(_reading(target))
        elif _MEMBERS in target and body:
            self._values.append(_number(body))


def _reading(target: str) -> str:
    """Return the target of a reading, an empty text for other requests."""
    return target if any(path in target for path in _READINGS) else ""


def _number(body: bytes) -> int:
    """Return the number of values in a JSON text."""
    return body.count(b'":')
