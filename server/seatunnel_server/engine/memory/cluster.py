"""The nodes of the in-memory engine, and the cluster that they make: allocation of slots, failover, and job ids."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from seatunnel_server.engine.domain import JobId, JobStatus, LogFile, LoggerLevel, LogText, NodeThread
from seatunnel_server.engine.errors import EngineFailure, MasterLeft
from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.logs import Log, Logs
from seatunnel_server.engine.memory.monitoring import (
    Gauge,
    HealthMonitor,
    LogLevels,
    gauges,
    gauges_text,
    running_threads,
)
from seatunnel_server.engine.memory.settings import EngineSettings
from seatunnel_server.engine.port import Engine
from seatunnel_server.errors import LastNode, NoSuchNode

_HEARTBEAT: Final = 5.0
"""Seconds between two messages with which a worker sends its tags to the master (`DefaultSlotService`)."""

_LOGGER: Final = "o.a.s.e.s.SeaTunnelServer"


class SlotService:
    """The slots of a node, and the tags by which jobs select the node."""

    def __init__(self, *, slots: int, dynamic: bool, tags: Mapping[str, str]) -> None:
        """Take the number of slots, which is ignored if they are `dynamic`."""
        self.dynamic = dynamic
        self.assigned = 0
        self._slots = slots
        self._tags = dict(tags)

    @property
    def total_slots(self) -> int:
        """The number of slots; dynamic slots exist only while jobs hold them (research, 5.1)."""
        return self.assigned if self.dynamic else self._slots

    @property
    def free_slots(self) -> int:
        """The number of slots that no job holds; always 0 for dynamic slots."""
        return self.total_slots - self.assigned

    def room_for(self, slots: int) -> int:
        """Return how many of `slots` the node can give to a job."""
        return slots if self.dynamic else min(slots, self.free_slots)

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags of the node that the master knows."""
        return self._tags

    def replace_tags(self, tags: Mapping[str, str]) -> None:
        """Replace all tags."""
        self._tags = dict(tags)

    def has_tags(self, tags: Mapping[str, object]) -> bool:
        """Return whether the node has all `tags` with equal values. True for no tags."""
        return all(self._tags.get(name) == value for name, value in tags.items())


class MemoryNode:
    """A `Node` with its logs, loggers, tags, slots and health. If it is started again, it keeps only its log files."""

    def __init__(self, engine: Engine, number: int, settings: EngineSettings, clock: Clock) -> None:
        """Take the engine and the number of this node, from 1. The node runs after `start`."""
        self.engine = engine
        self.number = number
        self.address = settings.nodes[number - 1]
        self._host = (self.address.rpartition(":")[0] or self.address).strip("[]")
        self._port = settings.cluster_port + number - 1
        self._settings = settings
        self._clock = clock
        self.running = False

    def start(self) -> None:
        """Start the node with the tags of the configuration and no overridden log levels."""
        settings = self._settings
        self.running = True
        self.slots = SlotService(slots=settings.slots, dynamic=settings.dynamic_slots, tags=settings.tags)
        self.logs = Logs(
            settings.log_dir_of(self.number),
            clock=self._clock,
            cap=settings.log_cap,
            total=settings.logs_cap // len(settings.nodes),
            most_read=settings.log_response_cap,
        )
        self._levels = LogLevels()
        self._monitor = HealthMonitor(host=self._host, port=self._port)
        self._log_files: tuple[Sequence[str], Sequence[LogFile]] = (), ()
        self._began = self._clock.monotonic()
        self._heartbeat: asyncio.Task[None] | None = None
        self.say(f"SeaTunnel node {self.address} has started, its version is {settings.project_version}")

    async def aclose(self) -> None:
        """Stop the node, and write the rest of its logs. Has no effect on a stopped node."""
        if not self.running:
            return
        self.running = False
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._monitor.close()
        self.say("The node has stopped")
        await self.logs.aclose()

    @property
    def is_master(self) -> bool:
        """Whether this node is the master of the cluster."""
        return self.engine.nodes[0] is self

    @property
    def cluster_address(self) -> str:
        """The node's address in the notation of Hazelcast."""
        return f"[{self._host}]:{self._port}"

    @property
    def member(self) -> str:
        """The node as Hazelcast's messages name it."""
        return f"Member {self.cluster_address} - {self.identity}"

    @property
    def identity(self) -> str:
        """The unique id of the node, which changes when the node is started again."""
        return self._monitor.identity

    def reading(self, *, completed: int, running: int) -> Mapping[str, str]:
        """Return a reading of the health monitor; `completed` and `running` count the engine's operations."""
        return self._monitor.read(is_master=self.is_master, completed=completed, running=running)

    async def update_tags(self, tags: Mapping[str, str]) -> None:
        """Replace all tags: for the master at once, for others from their next heartbeat on."""
        self._require_running()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        if self.is_master:
            self.slots.replace_tags(tags)
        else:
            self._heartbeat = asyncio.create_task(self._send_tags(tags), name=f"heartbeat-{self.number}")

    async def _send_tags(self, tags: Mapping[str, str]) -> None:
        elapsed = self._clock.monotonic() - self._began
        await self._clock.sleep(_HEARTBEAT - elapsed % _HEARTBEAT)
        self.slots.replace_tags(tags)

    async def loggers(self) -> Sequence[LoggerLevel]:
        """Return the loggers that are configured or overridden."""
        self._require_running()
        return self._levels.all()

    async def logger(self, name: str) -> LoggerLevel:
        """Return the effective level of a logger."""
        self._require_running()
        return self._levels.one(name)

    async def set_logger(self, name: str, level: str | None) -> LoggerLevel:
        """Override the level of a logger, or remove the override if `level` is None."""
        self._require_running()
        return self._levels.override(name, level)

    async def threads(self) -> Sequence[NodeThread]:
        """Return the threads of this process."""
        self._require_running()
        return running_threads()

    async def metrics(self, *, openmetrics: bool) -> str:
        """Return the metrics of the node as text, without samples if telemetry is off; only the master counts jobs."""
        self._require_running()
        found: Sequence[Gauge] = ()
        if self._settings.telemetry:
            statuses = await self._job_statuses() if self.is_master else None
            found = gauges(statuses, nodes=len(self.engine.nodes), address=self.cluster_address)
        return gauges_text(found, openmetrics=openmetrics)

    async def _job_statuses(self) -> list[JobStatus]:
        return [job.status for job in (*await self.engine.running_jobs(), *await self.engine.finished_jobs())]

    async def log_files(self) -> Sequence[LogFile]:
        """Return the log files, sorted by name; the same object until a file is added or removed."""
        self._require_running()
        names = await self.logs.names()
        if names is not self._log_files[0]:
            self._log_files = names, [LogFile(self.address, name) for name in names]
        return self._log_files[1]

    async def read_log(self, name: str) -> LogText | None:
        """Return the text of a log file, up to the last line that was logged."""
        self._require_running()
        return await self.logs.read(name)

    def say(self, message: str, logger: str = _LOGGER) -> None:
        """Write a line into the node's log."""
        self.logs.server.line(logger, "engine", message)

    def _require_running(self) -> None:
        if not self.running:
            raise EngineFailure("The node is closed.")


SlotAllocation: TypeAlias = Counter[MemoryNode]
"""The number of slots that a job holds on each node."""


class JobLogs:
    """The logs of a job: the master has one, and each node that runs a part of the job."""

    def __init__(self, job_id: JobId) -> None:
        self._job_id = job_id
        self._logs: dict[MemoryNode, Log] = {}

    def of(self, node: MemoryNode) -> Log:
        """Return the log on a node. Its first line creates the file."""
        if node not in self._logs:
            self._logs[node] = node.logs.job(self._job_id)
        return self._logs[node]

    def deployed(self, allocation: SlotAllocation) -> None:
        """Write to the log on each node how many task groups of the job it runs."""
        for node, slots in allocation.items():
            message = f"{slots} task groups of job {self._job_id} are deployed on {node.address}"
            self.of(node).line("o.a.s.e.s.TaskExecutionService", f"job-{self._job_id}", message)

    def forget(self, node: MemoryNode) -> None:
        """Drop the log on a node that has stopped."""
        self._logs.pop(node, None)


class Cluster:
    """The running nodes of a cluster. The node that has run longest is the master, as in Hazelcast."""

    def __init__(self, nodes: Iterable[MemoryNode], stopped: Iterable[int] = ()) -> None:
        """Take all nodes, and the numbers of the `stopped` ones. Raises `NoSuchNode` and `LastNode`."""
        self.all_nodes = tuple(nodes)
        left = {id(self.node(number)) for number in stopped}
        self._members = [node for node in self.all_nodes if id(node) not in left]
        if not self._members:
            raise LastNode(len(self.all_nodes))

    def node(self, number: int) -> MemoryNode:
        """Return a running or stopped node by its number, from 1. Raises `NoSuchNode`."""
        if not 1 <= number <= len(self.all_nodes):
            raise NoSuchNode(number, len(self.all_nodes))
        return self.all_nodes[number - 1]

    @property
    def members(self) -> tuple[MemoryNode, ...]:
        """The running nodes, the master first."""
        return tuple(self._members)

    @property
    def master(self) -> MemoryNode:
        """The master node."""
        return self._members[0]

    @property
    def free_slots(self) -> int:
        """The number of free slots on all nodes."""
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
        """Return the running nodes that have all `tags`."""
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
        """Free the slots of an allocation."""
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
        """End the takeover at once."""
        if self._task is not None:
            self._task.cancel()

    def require_master(self) -> None:
        """Raise `MasterLeft` until the next master has taken over."""
        if self._task is not None and not self._task.done():
            raise MasterLeft(self._master)


_EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
_SEQUENCE_BITS, _NODE_BITS = 6, 16


class JobIds:
    """Makes job ids, each of the clock's time, a counter within the millisecond, and the number of the first node."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = -1

    def next(self) -> JobId:
        """Return an id larger than all earlier ones. After 64 ids in one millisecond, ids have later timestamps."""
        milliseconds = int((self._clock.now() - _EPOCH).total_seconds() * 1000)
        self._last = max(milliseconds << _SEQUENCE_BITS, self._last + 1)
        return JobId(self._last << _NODE_BITS | 1)
