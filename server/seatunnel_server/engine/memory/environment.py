"""State that the jobs of an engine share: history, checkpoints, the queue for slots, and the rest of their environment.

A checkpoint and a savepoint have the same content, the position of a job, from which a later start continues. A job
that finishes or is cancelled leaves none. A job that fails or stops with a savepoint leaves its last one
(`clearCheckpointIfNeed`; in `submit-job/savepoint-finished-batch`, the job reads all rows again).
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from seatunnel_server.engine.domain import (
    Checkpoint,
    CheckpointKind,
    Job,
    JobCheckpoints,
    JobId,
    JobMetrics,
    JobPlan,
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
    """The position of a job: the number of rows read, by the number of the pipeline, and the counters."""

    rows: Mapping[int, int] = field(default_factory=dict)
    metrics: JobMetrics = field(default_factory=JobMetrics)


HISTORY: Final = 32
"""The most checkpoints of a pipeline that are listed."""

_STATE_BYTES: Final = 128
"""The size of a checkpoint's state in responses."""


@dataclass(slots=True)
class _Record:
    position: Position
    updated: datetime
    pipelines: dict[int, deque[Checkpoint]] = field(default_factory=dict)
    count: int = 0
    restored: int = 0


class CheckpointStore:
    """The last position and the checkpoints of each job.

    If there are more than `limit` jobs, the one whose last checkpoint is the oldest is removed.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: OrderedDict[JobId, _Record] = OrderedDict()

    def add(
        self, job_id: JobId, position: Position, kind: CheckpointKind, now: datetime, pipelines: Iterable[int] = ()
    ) -> None:
        """Store the position of a job in place of an earlier one, and a checkpoint of its pipelines."""
        record = self._records.setdefault(job_id, _Record(position, now))
        self._records.move_to_end(job_id)
        record.position, record.updated, record.count = position, now, record.count + 1
        for number in pipelines:
            history = record.pipelines.setdefault(number, deque(maxlen=HISTORY))
            history.appendleft(Checkpoint(record.count, kind, now, _STATE_BYTES))
        if len(self._records) > self._limit:
            self._records.popitem(last=False)

    def position(self, job_id: JobId) -> Position | None:
        """Return a job's last position; None if there is none."""
        record = self._records.get(job_id)
        return None if record is None else record.position

    def restored(self, job_id: JobId) -> None:
        """Count a restart of all pipelines of a job, if it has had a checkpoint."""
        if record := self._records.get(job_id):
            record.restored += 1

    def of(self, job_id: JobId) -> JobCheckpoints | None:
        """Return the checkpoints of a job; None if there are none."""
        record = self._records.get(job_id)
        if record is None:
            return None
        pipelines = (
            PipelineCheckpoints(number, record.count, record.restored, tuple(history))
            for number, history in record.pipelines.items()
        )
        return JobCheckpoints(job_id, record.updated, tuple(pipelines))

    def drop(self, job_id: JobId) -> None:
        """Remove a job, if it is known."""
        self._records.pop(job_id, None)


_SHORTEST: Final = 0.01
"""The shortest interval between checkpoints, in seconds; shorter ones are replaced by it."""


class CheckpointCoordinator:
    """Takes the checkpoints of a job; `interval` is in seconds of the engine's clock, None for no checkpoints."""

    def __init__(
        self, job_id: JobId, store: CheckpointStore, clock: Clock, pipelines: Iterable[int], interval: float | None
    ) -> None:
        self.position = Position()
        """The position of the job at its last checkpoint."""
        self.count = 0
        self.interval = math.inf if interval is None else max(interval, _SHORTEST)
        self._job_id = job_id
        self._store = store
        self._clock = clock
        self._pipelines = tuple(pipelines)
        self._next = math.inf

    def schedule(self) -> None:
        """Schedule the next checkpoint, one interval from now."""
        self._next = self._clock.monotonic() + self.interval

    @property
    def is_due(self) -> bool:
        """Whether the time of the next checkpoint has come."""
        return self._clock.monotonic() >= self._next

    def take(self, position: Position, kind: CheckpointKind) -> None:
        """Store a position as a checkpoint or savepoint."""
        self.position = position
        self.count += 1
        self._store.add(self._job_id, position, kind, self._clock.now(), self._pipelines)

    def restored(self) -> None:
        """Count a restart of the job from its last checkpoint."""
        self._store.restored(self._job_id)

    def forget(self) -> None:
        """Remove the job's checkpoints."""
        self._store.drop(self._job_id)


class SlotUser(Protocol):
    """A job that needs slots."""

    id: JobId

    def begin(self) -> bool:
        """Take the slots and run; return False, and do nothing, if there are too few."""


_Job = TypeVar("_Job", bound=SlotUser)


@dataclass(slots=True)
class Entry(Generic[_Job]):
    """A job in the queue: the time `since` which it waits, the number of `checks` for slots, the time of the last."""

    job: _Job
    since: datetime
    checked: datetime
    checks: int = 1


class WaitingJobs(Generic[_Job]):
    """The queue of jobs that wait for slots, in the order of their submission (`job-schedule-strategy: WAIT`).

    As in the engine, only the first one may begin, so a small job waits behind a large one.
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
        """Append a job that found too few slots."""
        self._entries[job.id] = Entry(job, self._now(), self._now())

    def remove(self, job_id: JobId) -> None:
        """Remove a job, if it is in the queue."""
        self._entries.pop(job_id, None)

    def begin_in_order(self) -> None:
        """Begin the jobs in their order, until one finds too few slots."""
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
    """Returns a new account of the bytes that a job writes to files."""
    random: Random
    next_version: Callable[[], int]
    waiting: WaitingJobs[Any]
    """The queue of jobs that found too few slots; empty if the settings let such jobs fail."""
    asserted: AssertedRows = field(default_factory=AssertedRows)


_T = TypeVar("_T")


_LONGEST_SHARED = 64 * 1024


class SharedValues:
    """Plans and options that equal jobs share, to save memory; the newest `limit` are kept.

    Large values are not shared, since other jobs rarely have equal ones.
    """

    def __init__(self, limit: int = 512) -> None:
        self._limit = limit
        self._known: dict[Hashable, object] = {}

    def plan(self, plan: JobPlan) -> JobPlan:
        """Return the shared object for all plans that equal `plan`."""
        if _weight_of_plan(plan) > _LONGEST_SHARED:
            return plan
        return self._one((tuple(plan.edges.items()), plan.vertices), plan)

    def options(self, options: Mapping[str, str | None]) -> Mapping[str, str | None]:
        """Return the object that stands for all options with the same items in this order."""
        if _weight_of_texts(options) > _LONGEST_SHARED:
            return options
        return self._one(tuple(options.items()), options)

    def _one(self, key: Hashable, value: _T) -> _T:
        known = self._known.setdefault(key, value)
        if len(self._known) > self._limit:
            del self._known[next(iter(self._known))]
        return cast("_T", known)


def weight(job: Job) -> int:
    """Return the approximate number of characters that an ended job has in memory."""
    tables = (*job.metrics.source_tables, *(key.table for key in job.metrics.sink_vertices))
    texts = len(job.name) + len(job.error or "") + sum(map(len, tables))
    return texts + _weight_of_texts(job.env_options) + _weight_of_plan(job.plan)


def _weight_of_texts(options: Mapping[str, str | None]) -> int:
    return sum(len(name) + len(value or "") for name, value in options.items())


def _weight_of_plan(plan: JobPlan) -> int:
    return sum(len(vertex.name) + sum(map(len, vertex.table_paths)) for vertex in plan.vertices)


class History:
    """Ended jobs in the order of their ends, all of them and by state.

    The lists are cached until the history changes, so that a long one is not made again for each request.
    """

    def __init__(
        self, *, expiry: timedelta, limit: int, forgotten: Callable[[Job], None], weight_limit: int = 64 * 2**20
    ) -> None:
        """Take the limits of the history. `forgotten` is called for each job that is removed.

        A job is removed after `expiry`, if there are more than `limit` jobs, or if all together have more characters
        than `weight_limit`; the newest is always kept.
        """
        self._expiry = expiry
        self._limit = limit
        self._weight_limit = weight_limit
        self._weight = 0
        self.forgotten = 0
        """The version of the last job that was removed; 0 if none was."""
        self._forgotten = forgotten
        # In a plain dict with many deleted entries, finding the first one is slow.
        self._jobs: OrderedDict[JobId, Job] = OrderedDict()
        self._by_state: dict[str, dict[JobId, Job]] = {}
        self._lists: dict[str | None, tuple[Job, ...]] = {}

    def archive(self, job: Job) -> None:
        """Add an ended job, in place of an earlier one with its id."""
        earlier = self._jobs.get(job.id)
        if earlier is not None:
            self._remove(earlier)
        self._jobs[job.id] = job
        self._by_state.setdefault(job.status, {})[job.id] = job
        self._changed(job)
        self._weight += weight(job)
        while len(self._jobs) > self._limit or (self._weight > self._weight_limit and len(self._jobs) > 1):
            self._forget_oldest()

    def job(self, job_id: JobId) -> Job | None:
        """Return the job with an id; None if there is none."""
        return self._jobs.get(job_id)

    def jobs(self, state: str | None = None) -> Sequence[Job]:
        """Return the jobs that ended in `state`, or all jobs, in the order of their ends."""
        known = self._lists.get(state)
        if known is None:
            jobs = self._jobs if state is None else self._by_state.get(state)
            if jobs is None:  # any text may come from a request, so nothing is cached for it
                return ()
            known = self._lists[state] = tuple(jobs.values())
        return known

    def count(self, state: str) -> int:
        """Return the number of jobs that ended in `state`."""
        return len(self._by_state.get(state, ()))

    def sweep(self, now: datetime) -> None:
        """Remove the jobs that have expired at `now`."""
        while self._jobs:
            oldest = next(iter(self._jobs.values()))
            if oldest.finish_time is None or now - oldest.finish_time < self._expiry:
                return
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        oldest = next(iter(self._jobs.values()))
        self.forgotten = oldest.version
        self._remove(oldest)
        self._forgotten(oldest)

    def _remove(self, job: Job) -> None:
        del self._jobs[job.id]
        self._weight -= weight(job)
        del self._by_state[job.status][job.id]
        self._changed(job)

    def _changed(self, job: Job) -> None:
        self._lists.pop(None, None)
        self._lists.pop(job.status, None)
