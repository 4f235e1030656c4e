"""The records of checkpoints, for those who look at how a job is doing."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from seatunnel_server.engine.domain import Checkpoint, CheckpointKind, JobCheckpoints, JobId, PipelineCheckpoints

HISTORY: Final = 32
"""Checkpoints of a pipeline that are remembered."""


@dataclass(slots=True)
class _Record:
    updated: datetime
    pipelines: dict[int, deque[Checkpoint]] = field(default_factory=dict)
    count: int = 0


class CheckpointRecords:
    """One record for each job that has had a checkpoint; of more than `limit` the longest untouched are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: OrderedDict[JobId, _Record] = OrderedDict()

    def add(self, job_id: JobId, pipelines: Iterable[int], kind: CheckpointKind, now: datetime, size: int) -> None:
        """Note a checkpoint of all pipelines of a job."""
        record = self._records.setdefault(job_id, _Record(now))
        self._records.move_to_end(job_id)
        record.updated, record.count = now, record.count + 1
        for number in pipelines:
            history = record.pipelines.setdefault(number, deque(maxlen=HISTORY))
            history.appendleft(Checkpoint(record.count, kind, now, size))
        if len(self._records) > self._limit:
            self._records.popitem(last=False)

    def of(self, job_id: JobId) -> JobCheckpoints | None:
        """Return the record of a job."""
        record = self._records.get(job_id)
        if record is None:
            return None
        pipelines = (
            PipelineCheckpoints(number, record.count, tuple(history)) for number, history in record.pipelines.items()
        )
        return JobCheckpoints(job_id, record.updated, tuple(pipelines))

    def drop(self, job_id: JobId) -> None:
        """Forget the record of a job, if there is one."""
        self._records.pop(job_id, None)
