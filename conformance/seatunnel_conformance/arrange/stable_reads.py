"""Comparing two readings of a cluster on which other people's jobs come and go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from seatunnel_conformance.errors import LimitMissed

LIMIT: Final = 10.0
"""Seconds within which there has to be a moment in which nothing changes."""

PAUSE: Final = 0.1

_Read = TypeVar("_Read")


def at_rest(read: Callable[[], _Read], between: Callable[[], Any]) -> tuple[_Read, Any]:
    """Read twice with something between, until both readings are equal; return the reading and what was between.

    Raises `LimitMissed` on a cluster that is never at rest.
    """
    deadline = time.monotonic() + LIMIT
    while True:
        before, found, after = read(), between(), read()
        if before == after:
            return before, found
        if time.monotonic() > deadline:
            raise LimitMissed("a moment in which no job of the cluster begins or ends", LIMIT, str(after)[:200])
        time.sleep(PAUSE)
