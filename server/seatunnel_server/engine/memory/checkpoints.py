"""Checkpoints and savepoints: where jobs were when they were last saved, and the records of that.

A later start goes on from there. A checkpoint and a savepoint hold the same; a job that finishes or is cancelled leaves
none behind, one that fails or stops with a savepoint leaves its last one (`clearCheckpointIfNeed`;
`submit-job/savepoint-finished-batch` reads all rows again).
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from seatunnel_server.engine.domain import (
    Checkpoint,
    CheckpointKind,
    JobCheckpoints,
    JobId,
    JobMetrics,
    PipelineCheckpoints,
)
from seatunnel_server.engine.memory.clock import Clock


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
