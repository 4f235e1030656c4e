"""The jobs that have ended, for as long as they are remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar, cast

from seatunnel_server.engine.domain import Job, JobId, JobPlan

_T = TypeVar("_T")


_LONGEST_SHARED = 64 * 1024


class SharedValues:
    """Plans and option maps that equal jobs share. Keeps the newest `limit` of them.

    Large values are not shared: other jobs rarely have the same.
    """

    def __init__(self, limit: int = 512) -> None:
        self._limit = limit
        self._known: dict[Hashable, object] = {}

    def plan(self, plan: JobPlan) -> JobPlan:
        """Return a plan equal to `plan`, the same object for equal ones."""
        if _weight_of_plan(plan) > _LONGEST_SHARED:
            return plan
        return self._one((tuple(plan.edges.items()), plan.vertices), plan)

    def options(self, options: Mapping[str, str | None]) -> Mapping[str, str | None]:
        """Return options equal to `options` in the same order, the same object for equal ones."""
        if _weight_of_texts(options) > _LONGEST_SHARED:
            return options
        return self._one(tuple(options.items()), options)

    def _one(self, key: Hashable, value: _T) -> _T:
        known = self._known.setdefault(key, value)
        if len(self._known) > self._limit:
            del self._known[next(iter(self._known))]
        return cast("_T", known)


def weight(job: Job) -> int:
    """Return about how many characters an ended job holds in memory."""
    tables = (*job.metrics.source_tables, *(key.table for key in job.metrics.sink_vertices))
    texts = len(job.name) + len(job.error or "") + sum(map(len, tables))
    return texts + _weight_of_texts(job.env_options) + _weight_of_plan(job.plan)


def _weight_of_texts(options: Mapping[str, str | None]) -> int:
    return sum(len(name) + len(value or "") for name, value in options.items())


def _weight_of_plan(plan: JobPlan) -> int:
    return sum(len(vertex.name) + sum(map(len, vertex.table_paths)) for vertex in plan.vertices)


class History:
    """Archived jobs in the order in which they ended, all of them and by state.

    The lists are cached until the history changes, so that reading a long one again costs nothing.
    """

    def __init__(
        self, *, expiry: timedelta, limit: int, forgotten: Callable[[Job], None], weight_limit: int = 64 * 2**20
    ) -> None:
        """Take the limits of the history. `forgotten` is called for each job that is removed.

        A job is removed after `expiry`, if there are more than `limit`, or if all together are heavier than
        `weight_limit`; the newest is always kept.
        """
        self._expiry = expiry
        self._limit = limit
        self._weight_limit = weight_limit
        self._weight = 0
        self.forgotten = 0
        """The version of the last job that was forgotten; 0 if none was."""
        self._forgotten = forgotten
        # In a plain dict with many deleted entries, finding the first one is slow.
        self._jobs: OrderedDict[JobId, Job] = OrderedDict()
        self._by_state: dict[str, dict[JobId, Job]] = {}
        self._lists: dict[str | None, tuple[Job, ...]] = {}

    def archive(self, job: Job) -> None:
        """Remember an ended job, in place of an earlier one with its id."""
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
        """Return the archived job of that id."""
        return self._jobs.get(job_id)

    def jobs(self, state: str | None = None) -> Sequence[Job]:
        """Return the jobs that ended in `state`, or all, first ended first."""
        known = self._lists.get(state)
        if known is None:
            jobs = self._jobs if state is None else self._by_state.get(state)
            if jobs is None:  # any text may come here: nothing is kept for it
                return ()
            known = self._lists[state] = tuple(jobs.values())
        return known

    def count(self, state: str) -> int:
        """Return how many jobs ended in `state`."""
        return len(self._by_state.get(state, ()))

    def sweep(self, now: datetime) -> None:
        """Forget the jobs whose time is over at `now`."""
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
