"""The whole lists of jobs of a node, and of their log files, which all checks of a run share.

An engine needs about a second for each thousand jobs of a list, and fails to send long ones to everybody else
meanwhile. So a list that was read once is used by every check that needs none of a later moment, and a long one is only
read at a few moments, for which checks wait.
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NamedTuple

from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.bodies import is_readable
from seatunnel_conformance.target.exchange import Request, Response

LONG: Final = 2**18
"""Bytes of a list that is long: of two hundred jobs, or a few more."""

MANY: Final = 250
"""Jobs of a list that is long, if only their number is known."""

_SHORTEST, _LONGEST = 0.5, 10.0
_TIMES: Final = 4
"""The seconds from the end of a read of a long list to the next one are so many times its duration, within limits."""

_LIST: Final = re.compile(r"/running-jobs|/finished-jobs(/[A-Z_]+)?|/logs?")
"""The lists that grow with the history of a deployment: of jobs, and of the log files of jobs."""


class LongList(NotObservable):
    """A request is not sent, because the list of jobs that it asks for is long."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the request was not sent, because {path} is long")


class ListRead(NamedTuple):
    """A read of a whole list, with the times of its begin and end on the monotonic clock."""

    began: float
    ended: float
    request: Request
    response: Response

    @property
    def next(self) -> float:
        """The time of the next read, if the list is long."""
        return self.ended + min(max(_TIMES * (self.ended - self.began), _SHORTEST), _LONGEST)


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

    def since(self, path: str, moment: float) -> ListRead | None:
        """Return the latest read of a list if it began after a moment."""
        read = self._last.get(path)
        return read if read is not None and read.began > moment else None

    def rest(self, path: str) -> float:
        """Return the seconds until a list may be read again: none, unless it is long."""
        read = self._last.get(path)
        return max(read.next - time.monotonic(), 0.0) if read is not None and self.is_long(path) else 0.0
