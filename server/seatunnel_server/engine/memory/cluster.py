"""This node, which is the whole cluster: master and only worker, with its slots, its tags and the ids that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.clock import Clock


class Node:
    """The slots that jobs hold and the tags by which the node is found."""

    def __init__(self, *, slots: int, dynamic: bool, tags: Mapping[str, str]) -> None:
        """Take the number of slots, which only counts when they are not made as jobs ask for them."""
        self.dynamic = dynamic
        self._slots = slots
        self._assigned = 0
        self._tags = dict(tags)

    @property
    def total_slots(self) -> int:
        """All slots: with dynamic slots just those that jobs hold (research, 5.1)."""
        return self._assigned if self.dynamic else self._slots

    @property
    def free_slots(self) -> int:
        """Slots that no job holds; with dynamic slots there never are any."""
        return self.total_slots - self._assigned

    def take(self, slots: int, tags: Mapping[str, object] = MappingProxyType({})) -> bool:
        """Hand out that many slots to a job that asks for a worker with `tags`.

        Refuse, and hand out none, when fewer are free or the node does not carry all of them.
        """
        if not self.carries(tags) or (not self.dynamic and slots > self.free_slots):
            return False
        self._assigned += slots
        return True

    def give_back(self, slots: int) -> None:
        """Take back slots that were handed out."""
        self._assigned -= slots

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that the node carries."""
        return self._tags

    def replace_tags(self, tags: Mapping[str, str]) -> None:
        """Forget the old tags and carry these."""
        self._tags = dict(tags)

    def carries(self, tags: Mapping[str, object]) -> bool:
        """Whether the node has every one of `tags` with exactly that value; of no tags it has all."""
        return all(self._tags.get(name) == value for name, value in tags.items())


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
