"""State that the jobs of an engine share: checkpoints, the queue for slots, and the rest of their environment.

A checkpoint and a savepoint hold the same: where a job was when it was last saved. A later start goes on from there.
A job that finishes or is cancelled leaves none behind, one that fails or stops with a savepoint leaves its last one
(`clearCheckpointIfNeed`; `submit-job/savepoint-finished-batch` reads all rows again).
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final, Generic, Protocol, TypeVar

from seatunnel_server.engine.domain import (
    Checkpoint,
    CheckpointKind,
    JobCheckpoints,
    JobId,
    JobMetrics,
    PipelineCheckpoints,
)
from seatunnel_server.engine.memory.clock import Clock
from seatunnel_server.engine.memory.cluster import Cluster
from seatunnel_server.engine.memory.flow import SharedPace
from seatunnel_server.engine.memory.limits import JobSpace
from seatunnel_server.engine.memory.pipeline import AssertedRows
from seatunnel_server.engine.memory.settings import EngineSettings


@dataclass(frozen=True, slots=True)
class Position:
    """How far a job has come: rows read by pipeline number, and what was counted."""

    rows: Mapping[int, int] = field(default_factory=dict)
    metrics: JobMetrics = field(default_factory=JobMetrics)


HISTORY: Final = 32
"""Checkpoints of a pipeline that are remembered."""

_STATE_BYTES: Final = 128
"""How large the state of a checkpoint is said to be."""


@dataclass(slots=True)
class _Record:
    position: Position
    updated: datetime
    pipelines: dict[int, deque[Checkpoint]] = field(default_factory=dict)
    count: int = 0
    restored: int = 0


class CheckpointStore:
    """The last position, and a record, of each job that has had a checkpoint.

    Of more than `limit` jobs the longest untouched are forgotten.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: OrderedDict[JobId, _Record] = OrderedDict()

    def add(
        self, job_id: JobId, position: Position, kind: CheckpointKind, now: datetime, pipelines: Iterable[int] = ()
    ) -> None:
        """Remember the position of a job, in place of an earlier one, and note a checkpoint of its pipelines."""
        record = self._records.setdefault(job_id, _Record(position, now))
        self._records.move_to_end(job_id)
        record.position, record.updated, record.count = position, now, record.count + 1
        for number in pipelines:
            history = record.pipelines.setdefault(number, deque(maxlen=HISTORY))
            history.appendleft(Checkpoint(record.count, kind, now, _STATE_BYTES))
        if len(self._records) > self._limit:
            self._records.popitem(last=False)

    def position(self, job_id: JobId) -> Position | None:
        """Return the job's last position; None when there is none, and the job starts from scratch."""
        record = self._records.get(job_id)
        return None if record is None else record.position

    def restored(self, job_id: JobId) -> None:
        """Note that all pipelines of a job have started again from a checkpoint, if it has had one."""
        if record := self._records.get(job_id):
            record.restored += 1

    def of(self, job_id: JobId) -> JobCheckpoints | None:
        """Return the record of a job."""
        record = self._records.get(job_id)
        if record is None:
            return None
        pipelines = (
            PipelineCheckpoints(number, record.count, record.restored, tuple(history))
            for number, history in record.pipelines.items()
        )
        return JobCheckpoints(job_id, record.updated, tuple(pipelines))

    def drop(self, job_id: JobId) -> None:
        """Forget the job, if it is known."""
        self._records.pop(job_id, None)


_SHORTEST: Final = 0.01
"""The shortest interval between checkpoints, in seconds; shorter ones are replaced by it."""


class CheckpointCoordinator:
    """Takes the checkpoints of one job, at its interval in seconds of the engine's clock, or never if it has none."""

    def __init__(
        self, job_id: JobId, store: CheckpointStore, clock: Clock, pipelines: Iterable[int], interval: float | None
    ) -> None:
        self.position = Position()
        """Where the job was at its last checkpoint."""
        self.count = 0
        self.interval = math.inf if interval is None else max(interval, _SHORTEST)
        self._job_id = job_id
        self._store = store
        self._clock = clock
        self._pipelines = tuple(pipelines)
        self._next = math.inf

    def schedule(self) -> None:
        """Begin an interval."""
        self._next = self._clock.monotonic() + self.interval

    @property
    def is_due(self) -> bool:
        """Whether an interval is over."""
        return self._clock.monotonic() >= self._next

    def take(self, position: Position, kind: CheckpointKind) -> None:
        """Keep a position as a checkpoint or savepoint."""
        self.position = position
        self.count += 1
        self._store.add(self._job_id, position, kind, self._clock.now(), self._pipelines)

    def restored(self) -> None:
        """Note that the job starts again from its last checkpoint."""
        self._store.restored(self._job_id)

    def forget(self) -> None:
        """Leave no checkpoint behind."""
        self._store.drop(self._job_id)


class SlotUser(Protocol):
    """A job that needs slots."""

    id: JobId

    def begin(self) -> bool:
        """Take the slots and run. Returns false if there are too few."""


_Job = TypeVar("_Job", bound=SlotUser)


@dataclass(slots=True)
class Entry(Generic[_Job]):
    """A job in the queue: since when it waits, and how often and when it was tried."""

    job: _Job
    since: datetime
    checked: datetime
    checks: int = 1


class WaitingJobs(Generic[_Job]):
    """The jobs that wait for slots, the longest wait first (`job-schedule-strategy: WAIT`).

    As in the engine, only the first is tried, so a small job waits behind a large one.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: dict[JobId, Entry[_Job]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> tuple[Entry[_Job], ...]:
        """Return the waiting jobs in their order."""
        return tuple(self._entries.values())

    def join(self, job: _Job) -> None:
        """Put a job that found too few slots at the end."""
        self._entries[job.id] = Entry(job, self._now(), self._now())

    def remove(self, job_id: JobId) -> None:
        """Take a job out that waits no longer, if it is there."""
        self._entries.pop(job_id, None)

    def begin_in_order(self) -> None:
        """Let jobs begin from the first on, until one finds too few slots."""
        for entry in self.entries():
            entry.checks, entry.checked = entry.checks + 1, self._now()
            if not entry.job.begin():
                return
            self.remove(entry.job.id)


@dataclass(frozen=True, slots=True)
class JobEnvironment:
    """State that the jobs of an engine share."""

    clock: Clock
    settings: EngineSettings
    cluster: Cluster
    checkpoints: CheckpointStore
    traffic: SharedPace
    new_space: Callable[[], JobSpace]
    """Makes the account of the bytes that a job writes to files."""
    random: Random
    next_version: Callable[[], int]
    waiting: WaitingJobs[Any]
    """Where jobs wait that find too few slots, if the settings say so; otherwise they fail."""
    asserted: AssertedRows = field(default_factory=AssertedRows)
