"""Reads that all checks of a run share, and reads that are repeated because other clients or jobs made them fail.

An engine takes about a second for each thousand jobs of a list, and meanwhile fails to send long lists to other
clients. So a check uses another check's list, unless it needs a later one. Checks pause between reads of a long list.
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
"""A list with more bytes is long. This is the size of about two hundred jobs."""

MANY: Final = 250
"""A list with more jobs is long, if only their number is known."""

_SLOW: Final = 0.3
"""A list that takes more seconds is slow."""

_SHORTEST, _LONGEST = 0.5, 10.0
"""The minimum and maximum number of seconds from the end of a read of a long list to the next one."""

_TIMES: Final = 4
"""The pause after a costly read is its duration multiplied by this."""


def next_read(began: float, ended: float, *, least: float = 0.0, most: float) -> float:
    """Return the time of the next costly read, after a pause of `_TIMES` times this read's duration, within limits."""
    return ended + min(max(_TIMES * (ended - began), least), most)


FIRST_PAGE: Final = {"page": "1", "rows": "100"}
"""The query for the first page of a list."""

_LIST: Final = re.compile(rf"/running-jobs|/finished-jobs(/[A-Z_]+)?(\?{urlencode(FIRST_PAGE)})?|/logs?")
"""Matches the paths of lists that grow with the history of a deployment (jobs and log files), and of their first pages:
for a page, an engine makes the whole list of ended jobs."""


class LongList(NotObservable):
    """A request for a list of jobs is not sent, because the list is long."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the request was not sent, because {path} is long")


ListedJobs: TypeAlias = list[Mapping[str, Any]]
"""The jobs of a list."""


class Look(NamedTuple):
    """A read of a list by the job guard, with the time of its end.

    `jobs` is None if the list can't be read or is not complete. `counted` is true if it was compared with the
    overview's counts.
    """

    at: float
    jobs: ListedJobs | None
    counted: bool


class ListRead(NamedTuple):
    """A read of a whole list, with the times of its beginning and its end (`time.monotonic`)."""

    began: float
    ended: float
    request: Request
    response: Response

    @property
    def next(self) -> float:
        """The earliest time of the next read if the list is long."""
        return next_read(self.began, self.ended, least=_SHORTEST, most=_LONGEST)


@dataclass(slots=True)
class ListReads:
    """The latest reads of lists from one node. `turns` has a lock for each path: only one thread reads a list."""

    turns: defaultdict[str, threading.RLock] = field(default_factory=lambda: defaultdict(threading.RLock))
    _last: dict[str, ListRead] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def note(self, path: str, request: Request, response: Response) -> None:
        """Keep a response if it is a whole list; `path` has the query, but not the context path."""
        if request.method == "GET" and response.status == HTTPStatus.OK and _LIST.fullmatch(path):
            ended = time.monotonic()
            # A response with too many values for checks is not kept whole: several could have 32 MiB each.
            kept = response if is_readable(response.body) else response.shortened()
            self._last[path] = ListRead(ended - response.seconds, ended, request, kept)

    def count(self, path: str, number: int) -> None:
        """Keep the number of jobs that the overview counts for a list."""
        self._counts[path] = number

    def is_long(self, path: str) -> bool:
        """Return whether a list is long, as far as is known."""
        if (read := self._last.get(path)) is None:
            return self._counts.get(path, 0) > MANY
        return len(read.response.body) + read.response.missing > LONG

    def is_slow(self, path: str) -> bool:
        """Return whether the last read of a list was slow. Without a read, the list at the parent path decides."""
        read = self._last.get(path) or self._last.get(path.rpartition("/")[0])
        return read is not None and read.ended - read.began > _SLOW

    def since(self, path: str, moment: float) -> ListRead | None:
        """Return the latest read of a list if it began after `moment` (`time.monotonic`), else None."""
        read = self._last.get(path)
        return read if read is not None and read.began > moment else None

    def rest(self, path: str) -> float:
        """Return the number of seconds until a list may be read again; 0 for a short list."""
        read = self._last.get(path)
        return max(read.next - time.monotonic(), 0.0) if read is not None and self.is_long(path) else 0.0


_MEMBERS: Final = "/system-monitoring-information"

_READINGS: Final = (_MEMBERS, "/logs")
"""Paths whose requests are sent one at a time, and repeated if they fail.

Engines answer concurrent requests to them with 500 or with missing values: 27 of 200 on 2.3.13 with six connections to
`/system-monitoring-information`, 4 of 200 on 2.3.9 to `/logs`. Both ask all members of the cluster. Other clients of
the target, such as a console, have the same effect.
"""

_THREADS: Final = "/running-threads"

_RENAMED: Final = b"Comparison method violates its general contract!"
"""Part of an engine's error if a thread changes its name while the threads are sorted. Observed on 2.3.10."""

_JOBS: Final = ("/job-info/", "/running-job/", "/running-jobs")

_NO_RATE: Final = b"is neither a decimal digit number"
"""Part of an engine's error if a job that has just started has a rate that is not a number. Observed in July 2026."""

_PAUSES: Final = (0.0, 0.0, 0.1, 0.3, 0.6)
"""Seconds before each repetition of a request to `_READINGS`: 4 to 6 % fail while another client sends them, too."""

_FEW: Final = 2
"""The maximum number of repetitions for a list of threads, and for a request to `_READINGS` that kept failing, or has
escapes in its query: the query may be broken."""

_WAITING: Final = (0.2, 0.4, 0.8)
"""Seconds before each repetition of a request for a job, or for a list that may contain a waiting job."""

_LAST: Final = 7
"""The number of responses to compare by their number of values. Mixed-up responses can also have more values."""


@dataclass(slots=True)
class Disturbances:
    """Detects reads that other clients or jobs have disturbed, for all workers of a run.

    `waiting_lists` has the paths of lists that the release can't return while a job waits to be scheduled. `lock` is
    held while monitoring or `/logs` is read. `in_vain` has the request targets that kept failing; an empty string
    stands for all `waiting_lists`.
    """

    waiting_lists: tuple[str, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)
    in_vain: set[str] = field(default_factory=set)
    _values: deque[int] = field(default_factory=lambda: deque(maxlen=_LAST))

    def lock_for(self, target: str) -> AbstractContextManager[object]:
        """Return the lock to hold during a request to `_READINGS`, or a null context for other requests."""
        return self.lock if _reading(target) else nullcontext()

    def pauses(self, target: str) -> Sequence[float]:
        """Return the pauses in seconds before repetitions of a disturbed read; empty for most reads."""
        if _THREADS in target:
            return _PAUSES[:_FEW]
        reading = _reading(target)
        if reading:
            return _PAUSES[: _FEW if reading in self.in_vain or "%" in reading else None]
        return _WAITING if self._may_wait(target) or any(path in target for path in _JOBS) else ()

    def _may_wait(self, target: str) -> bool:
        return "" not in self.in_vain and any(path in target for path in self.waiting_lists)

    def includes(self, target: str, status: int, body: bytes) -> bool:
        """Return whether a response shows that the read was disturbed.

        For threads, it is a 400 with the known error or, as for HEAD, without a body. For other paths, it is a 500, or
        monitoring entries with fewer values than in most of the last responses.
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
        """Record the final response to a read that may be repeated."""
        if status == HTTPStatus.INTERNAL_SERVER_ERROR and (_reading(target) or self._may_wait(target)):
            self.in_vain.add(_reading(target))
        elif _MEMBERS in target and body:
            self._values.append(_number(body))


def _reading(target: str) -> str:
    """Return the request target if it is one of `_READINGS`, else an empty string."""
    return target if any(path in target for path in _READINGS) else ""


def _number(body: bytes) -> int:
    """Return the number of members in a JSON text."""
    return body.count(b'":')
