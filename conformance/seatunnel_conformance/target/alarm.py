"""An end for what does not look at the clock itself: the parsing of a huge body, a library's own search, a wait."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

AGAIN: Final = 0.5
"""Seconds after which it rings again in a block that goes on all the same."""


class TimeIsUp(BaseException):
    """The time limit of a block has passed. Not an `Exception`, so that code which handles those does not continue."""


@contextmanager
def time_limit(seconds: float, *, again: float = AGAIN, may_ring: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Raise `TimeIsUp` within the block once `seconds` are over, and `again` after as many, until the block ends.

    As long as `may_ring` says no it waits for the next time. The exception can still come as the block ends, so
    whoever begins the block has to handle it around the block. Only the main thread of a process that has interval
    timers can be interrupted; elsewhere nothing is limited.
    """
    if seconds == math.inf or not _is_possible():
        yield
        return
    rings = True

    def ring(*_: Any) -> None:
        if rings and may_ring():
            raise TimeIsUp

    begun, handler = time.monotonic(), signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, max(seconds, _AT_ONCE), again)
    try:
        yield
    finally:
        rings = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            # That of whoever else has set one, a limit around this one or a plugin of pytest.
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - begun), _AT_ONCE), interval)


_AT_ONCE: Final = 0.001


def _is_possible() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
