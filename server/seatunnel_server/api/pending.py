"""The queue of waiting jobs, as `/pending-jobs` reports it, and its members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from seatunnel_server.api.diagnosis import WORKER, quantity
from seatunnel_server.api.members import ABSENT, TIME_FORMAT, Members, Nested, always, itself, milliseconds
from seatunnel_server.engine.domain import Job, JobId, Queue, WaitingJob, Worker


@dataclass(frozen=True, slots=True)
class QueueSelection:
    """A part of the queue: one job, or at most `limit` jobs (all if it is not positive).

    With `pretty`, times are text instead of milliseconds, and the JSON is indented.
    """

    job_id: JobId | None = None
    limit: int = 0
    pretty: bool = False

    def of(self, waiting: Queue) -> Sequence[WaitingJob]:
        """Return the selected jobs of a queue."""
        if self.job_id is not None:
            return [it for it in waiting.jobs if it.job.id == self.job_id]
        return waiting.jobs[: self.limit] if self.limit > 0 else waiting.jobs

    def moment(self, moment: datetime) -> int | str:
        """Return a time as milliseconds since 1970, or as text if `pretty`."""
        return moment.strftime(TIME_FORMAT) if self.pretty else milliseconds(moment)


class TaskGroup(NamedTuple):
    """A task group of a waiting job, `allocated` if it gets a slot."""

    job: Job
    pipeline: int
    number: int
    allocated: bool


@dataclass(frozen=True, slots=True)
class PendingPipeline:
    """A pipeline of a waiting job: the slots it needs and would get now, and its first task groups."""

    job: Job
    number: int
    siblings: int
    slots: int
    allocated: int
    groups: Sequence[TaskGroup]


@dataclass(frozen=True, slots=True)
class PendingJob:
    """A waiting job and its pipelines; `holders` are the ids of jobs that have slots, `wanted` the selection."""

    waiting: WaitingJob
    now: datetime
    wanted: QueueSelection
    slots: int
    allocated: int
    holders: Sequence[int]
    pipelines: Sequence[PendingPipeline]


@dataclass(frozen=True, slots=True)
class PendingQueue:
    """The queue of waiting jobs, and the workers; `matching` are the workers with the tags."""

    queue: Queue
    workers: Sequence[Worker]
    matching: Sequence[Worker]
    wanted: QueueSelection
    jobs: Sequence[PendingJob]

    @classmethod
    def of(
        cls, queue: Queue, workers: Sequence[Worker], matching: Sequence[Worker], wanted: QueueSelection
    ) -> PendingQueue:
        """Return the selected part of a queue.

        The lists of a job's pipelines, of their task groups and of the jobs that have slots are cut at
        about 4 MiB; the counts are complete.
        """
        holders = list(dict.fromkeys(job for it in workers for job in it.jobs))
        room = _Room()
        jobs = [_pending(it, queue, holders, wanted, room) for it in wanted.of(queue)]
        return cls(queue, workers, matching, wanted, jobs)

    @property
    def total_slots(self) -> int:
        """The slots of the workers that match."""
        return sum(it.total_slots for it in self.matching)

    @property
    def free_slots(self) -> int:
        """The free slots of the workers that match."""
        return sum(it.free_slots for it in self.matching)

    def enqueued(self, place: int) -> int | str:
        """Return the time at which the job with an index in the queue was added; the epoch if the queue is empty."""
        jobs = self.queue.jobs
        since = jobs[place].since if jobs else datetime.fromtimestamp(0)  # noqa: DTZ006 - the server's own zone
        return self.wanted.moment(since)


class _Room:
    """The approximate number of bytes that are left for the lists of a response."""

    def __init__(self) -> None:
        self._left = 4 * 2**20

    def fit(self, count: int, size: int) -> int:
        """Return how many of `count` items of `size` bytes there is room for, and take that room."""
        fitting = min(count, self._left // size)
        self._left -= fitting * size
        return fitting


_ID_BYTES: Final = 20
_GROUP_BYTES: Final = 500
"""The estimated bytes of a job's id, and of a task group, which is sent in two lists."""


def _pending(it: WaitingJob, queue: Queue, holders: Sequence[int], wanted: QueueSelection, room: _Room) -> PendingJob:
    pipelines = list(_pipelines_of(it, queue.free_slots, room))
    total = sum(it.pipelines.values())
    allocated = min(total, queue.free_slots)
    shown = holders[: room.fit(len(holders), _ID_BYTES)]
    return PendingJob(it, queue.now, wanted, total, allocated, shown, pipelines)


def _pipelines_of(it: WaitingJob, free: int, room: _Room) -> Iterator[PendingPipeline]:
    """Yield the pipelines of a job; the free slots go to its first task groups."""
    size = _GROUP_BYTES + 2 * len(it.job.name)
    for number, slots in sorted(it.pipelines.items()):
        if not room.fit(1, size):
            return
        had = min(free, slots)
        free -= had
        groups = [TaskGroup(it.job, number, group, group <= had) for group in range(1, room.fit(slots, size) + 1)]
        yield PendingPipeline(it.job, number, len(it.pipelines), slots, had, groups)


_FAILURES: Final = {"failureReason": "RESOURCE_NOT_ENOUGH", "failureMessage": "slot not enough"}
_LOCATION: Final[Members] = {
    "jobId": lambda it: it.job.id,
    "pipelineId": lambda it: it.pipeline,
    "taskGroupId": lambda it: it.number,
}
_TASK_GROUP: Final[Members] = {
    "taskGroupLocation": Nested(itself, _LOCATION),
    "taskFullName": lambda it: f"Job {it.job.name} pipeline {it.pipeline} task group {it.number}",
    "allocated": lambda it: it.allocated,
    "failureReason": lambda it: ABSENT if it.allocated else _FAILURES["failureReason"],
    "failureMessage": lambda it: ABSENT if it.allocated else _FAILURES["failureMessage"],
}
_TASK_GROUPS: Final[Members] = {
    "totalTaskGroups": lambda it: quantity(it.slots),
    "allocatedTaskGroups": lambda it: quantity(it.allocated),
    "lackingTaskGroups": lambda it: quantity(it.slots - it.allocated),
}
_PENDING_PIPELINE: Final[Members] = {
    "pipelineId": lambda it: it.number,
    "pipelineName": lambda it: f"Job {it.job.name}, Pipeline: [({it.number}/{it.siblings})]",
    **_TASK_GROUPS,
    "taskGroupDiagnostics": Nested(lambda it: it.groups, _TASK_GROUP),
}


def _lacking(it: PendingJob) -> list[TaskGroup]:
    return [group for pipeline in it.pipelines for group in pipeline.groups if not group.allocated]


_PENDING_JOB: Final[Members] = {
    "jobId": lambda it: it.waiting.job.id,
    "jobName": lambda it: it.waiting.job.name,
    "pendingSourceState": always("SUBMIT"),
    "jobStatus": lambda it: it.waiting.job.status.value,
    "enqueueTimestamp": lambda it: it.wanted.moment(it.waiting.since),
    "checkTime": lambda it: it.wanted.moment(it.waiting.checked),
    "waitDurationMs": lambda it: milliseconds(it.now) - milliseconds(it.waiting.since),
    "checkCount": lambda it: it.waiting.checks,
    **_TASK_GROUPS,
    **{name: always(text) for name, text in _FAILURES.items()},
    "tagFilter": always({}),
    "blockingJobIds": lambda it: it.holders,
    "pipelines": Nested(lambda it: it.pipelines, _PENDING_PIPELINE),
    "lackingTaskGroupDiagnostics": Nested(_lacking, _TASK_GROUP),
}
_QUEUE_SUMMARY: Final[Members] = {
    "size": lambda it: len(it.queue.jobs),
    "scheduleStrategy": lambda it: "WAIT" if it.queue.waits else "REJECT",
    "oldestEnqueueTimestamp": lambda it: it.enqueued(0),
    "newestEnqueueTimestamp": lambda it: it.enqueued(-1),
    "lackingTaskGroups": lambda it: quantity(sum(quantity(job.slots - job.allocated) for job in it.jobs)),
}
_CLUSTER_SNAPSHOT: Final[Members] = {
    "totalSlots": lambda it: quantity(it.total_slots),
    "freeSlots": lambda it: quantity(it.free_slots),
    "assignedSlots": lambda it: quantity(it.total_slots - it.free_slots),
    "workerCount": lambda it: len(it.matching),
    "workers": Nested(lambda it: it.workers, WORKER),
}
PENDING_QUEUE: Final[Members] = {
    "queueSummary": Nested(itself, _QUEUE_SUMMARY),
    "clusterSnapshot": Nested(itself, _CLUSTER_SNAPSHOT),
    "pendingJobs": Nested(lambda it: it.jobs, _PENDING_JOB),
}
