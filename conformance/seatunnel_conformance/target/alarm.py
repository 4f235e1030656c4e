"""Time limits for code that does not check the time itself, such as parsing a large body."""

from __future__ import annotations

import ctypes
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

AGAIN: Final = 0.5
"""Seconds after which the exception is raised again in a block that continues."""


class TimeIsUp(BaseException):
    """The time limit of a block has passed. Not an `Exception`, so that code which handles those does not continue."""


@contextmanager
def time_limit(seconds: float, *, again: float = AGAIN, may_ring: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Raise `TimeIsUp` in the block after `seconds`, and every `again` seconds after that until the block ends.

    While `may_ring` returns false, nothing is raised. The exception can be raised while the block ends, so the caller
    has to handle it around the block. Only the main thread can be interrupted, and only where the system has interval
    timers; elsewhere there is no limit.
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
            # Restore the timer of an enclosing limit, or of a pytest plugin.
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - begun), _AT_ONCE), interval)


def ring_in(thread: threading.Thread) -> None:
    """Raise `TimeIsUp` in another thread as soon as it executes Python code; a call that waits is not interrupted."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(TimeIsUp))


_AT_ONCE: Final = 0.001


def _is_possible() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
