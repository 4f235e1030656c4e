"""Job ids for those who bring none: flake ids, as the engine's cluster makes them.

A flake id holds the milliseconds since 2018, a sequence number and the node: 64 bits that only grow. Today's have 19
digits (research, 16.5). Layout: Hazelcast's `FlakeIdGenerator` with its defaults.
"""

from __future__ import annotations

from datetime import UTC, datetime

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.clock import Clock

_EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
_SEQUENCE_BITS, _NODE_BITS = 6, 16


class JobIds:
    """Makes ids; the same ones for the same node number and the same clock."""

    def __init__(self, clock: Clock, *, node: int = 1) -> None:
        """Take the clock and the node's number, of which 16 bits count."""
        self._clock = clock
        self._node = node & ((1 << _NODE_BITS) - 1)
        self._last = -1

    def next(self) -> JobId:
        """Return an id above all earlier ones; more than 64 in a millisecond borrow from the milliseconds to come."""
        milliseconds = int((self._clock.now() - _EPOCH).total_seconds() * 1000)
        self._last = max(milliseconds << _SEQUENCE_BITS, self._last + 1)
        return JobId(self._last << _NODE_BITS | self._node)
