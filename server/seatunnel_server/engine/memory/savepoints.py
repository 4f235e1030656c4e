"""Where jobs were when they were last saved, so that a later start can go on from there.

A checkpoint and a savepoint hold the same; a job that finishes or is cancelled leaves none behind, one that fails or
stops with a savepoint leaves its last one (`clearCheckpointIfNeed`; `submit-job/savepoint-finished-batch` reads all
rows again).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from seatunnel_server.engine.domain import JobId, JobMetrics


@dataclass(frozen=True, slots=True)
class Position:
    """How far a job has come: rows read by pipeline number and place of the source in it, and what was counted."""

    rows: Mapping[tuple[int, int], int] = field(default_factory=dict)
    metrics: JobMetrics = field(default_factory=JobMetrics)


class Savepoints:
    """The last position of each job that has one; of more than `limit` jobs the longest untouched are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._positions: OrderedDict[JobId, Position] = OrderedDict()

    def keep(self, job_id: JobId, position: Position) -> None:
        """Remember the position, in place of an earlier one of the same job."""
        self._positions[job_id] = position
        self._positions.move_to_end(job_id)
        if len(self._positions) > self._limit:
            self._positions.popitem(last=False)

    def latest(self, job_id: JobId) -> Position | None:
        """Return the job's last position; None when there is none, and the job starts from scratch."""
        return self._positions.get(job_id)

    def drop(self, job_id: JobId) -> None:
        """Forget the job's position, if it has one."""
        self._positions.pop(job_id, None)
