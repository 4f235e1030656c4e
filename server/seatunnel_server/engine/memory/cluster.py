"""The nodes of a cluster: allocation of slots, failover, and job ids."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import MasterLeft
from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.node import MemoryNode, SlotAllocation
from seatunnel_server.errors import LastNode, NoSuchNode


class Cluster:
    """The nodes that run. The master is the one that has been there longest, as in Hazelcast."""

    def __init__(self, nodes: Iterable[MemoryNode], stopped: Iterable[int] = ()) -> None:
        """Take all nodes, and the numbers of those that do not run at first. Raises `NoSuchNode` and `LastNode`."""
        self.all_nodes = tuple(nodes)
        left = {id(self.node(number)) for number in stopped}
        self._members = [node for node in self.all_nodes if id(node) not in left]
        if not self._members:
            raise LastNode(len(self.all_nodes))

    def node(self, number: int) -> MemoryNode:
        """Return a node by its number, from 1 on, whether it runs or not. Raises `NoSuchNode`."""
        if not 1 <= number <= len(self.all_nodes):
            raise NoSuchNode(number, len(self.all_nodes))
        return self.all_nodes[number - 1]

    @property
    def members(self) -> tuple[MemoryNode, ...]:
        """The nodes, the master first."""
        return tuple(self._members)

    @property
    def master(self) -> MemoryNode:
        """The master node."""
        return self._members[0]

    @property
    def free_slots(self) -> int:
        """The slots of all nodes that no job holds."""
        return sum(member.slots.free_slots for member in self._members)

    def join(self, member: MemoryNode) -> None:
        """Add a node, as the youngest."""
        self._members.append(member)

    def remove(self, member: MemoryNode) -> None:
        """Remove a node, with its slots. Raises `LastNode`."""
        if len(self._members) == 1:
            raise LastNode(self.all_nodes.index(member) + 1)
        self._members.remove(member)

    def with_tags(self, tags: Mapping[str, object]) -> list[MemoryNode]:
        """Return the nodes that carry all `tags`."""
        return [member for member in self._members if member.slots.has_tags(tags)]

    def take(self, slots: int, tags: Mapping[str, object] = MappingProxyType({})) -> SlotAllocation | None:
        """Allocate slots on nodes with `tags`, the least used nodes first.

        Return None, and allocate nothing, if too few are free.
        """
        allocation: SlotAllocation = Counter()
        members = sorted(self.with_tags(tags), key=lambda member: member.slots.assigned)
        while left := slots - allocation.total():
            open_ = [member for member in members if member.slots.room_for(slots) > allocation[member]]
            if not open_:
                return None
            share = max(left // len(open_), 1)
            for member in open_[:left]:
                allocation[member] += min(share, member.slots.room_for(slots) - allocation[member])
        for member, count in allocation.items():
            member.slots.assigned += count
        return allocation

    def give_back(self, allocation: SlotAllocation) -> None:
        """Take back slots that were assigned, except slots of nodes that have left."""
        for member, count in allocation.items():
            member.slots.assigned -= count


class Takeover:
    """The period between the loss of a master and the takeover by the next one."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._master = ""
        self._task: asyncio.Task[None] | None = None

    def begin(self, master: str) -> None:
        """Start or restart the failover after the node `master` has left."""
        self.cancel()
        self._master = master
        self._task = asyncio.create_task(self._clock.sleep(self._seconds), name="failover")

    def cancel(self) -> None:
        """End at once."""
        if self._task is not None:
            self._task.cancel()

    def require_master(self) -> None:
        """Raise `MasterLeft` until the next one has taken over."""
        if self._task is not None and not self._task.done():
            raise MasterLeft(self._master)


_EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
_SEQUENCE_BITS, _NODE_BITS = 6, 16


class JobIds:
    """Makes ids, the same ones for the same clock. Their lowest bits are the number of a node, the first."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock."""
        self._clock = clock
        self._last = -1

    def next(self) -> JobId:
        """Return an id above all earlier ones. After 64 ids in one millisecond, ids use later timestamps."""
        milliseconds = int((self._clock.now() - _EPOCH).total_seconds() * 1000)
        self._last = max(milliseconds << _SEQUENCE_BITS, self._last + 1)
        return JobId(self._last << _NODE_BITS | 1)
