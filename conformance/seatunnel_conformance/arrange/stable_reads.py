"""Consistent reads of a cluster on which foreign jobs start and end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from seatunnel_conformance.errors import LimitMissed

LIMIT: Final = 10.0
"""Seconds to wait for two equal reads."""

PAUSE: Final = 0.1

_Read = TypeVar("_Read")


def at_rest(read: Callable[[], _Read], between: Callable[[], Any]) -> tuple[_Read, Any]:
    """Call `read`, `between` and `read` until both reads are equal; return the read and the result of `between`.

    Raises `LimitMissed` on a cluster that changes all the time.
    """
    deadline = time.monotonic() + LIMIT
    while True:
        before, found, after = read(), between(), read()
        if before == after:
            return before, found
        if time.monotonic() > deadline:
            raise LimitMissed("a moment in which no job of the cluster starts or ends", LIMIT, str(after)[:200])
        time.sleep(PAUSE)
