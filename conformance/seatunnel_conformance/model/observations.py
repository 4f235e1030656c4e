"""Observations: everything that a target shows of the run's own jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.forms import END_STATES
from seatunnel_conformance.arrange.jobs import NO_OPTIONS, Jobs
from seatunnel_conformance.model.jobs import ModelJob
from seatunnel_conformance.target.deployment import Target

Document: TypeAlias = Mapping[str, Any]

RUNNING: Final = "/running-jobs"
FINISHED: Final = "/finished-jobs"

_COUNTS: Final = {
    "runningJobs": RUNNING,
    "finishedJobs": f"{FINISHED}/FINISHED",
    "failedJobs": f"{FINISHED}/FAILED",
    "cancelledJobs": f"{FINISHED}/CANCELED",
}
"""The counts of the overview, with the lists whose lengths they are."""

_MOST_ENTRIES: Final = 50
"""The most entries of own jobs that are kept of a list."""

LISTS: Final = (RUNNING, FINISHED, *(f"{FINISHED}/{state}" for state in END_STATES))


@dataclass(frozen=True, slots=True)
class Observation:
    """Objects that the target showed, by job id or by the path of a list.

    `before` and `after` are the objects of `/job-info` at the beginning and at the end: what was read between them must
    agree with a job that has not changed. `lists` has the entries of the run's own jobs, and lacks lists that could not
    be read. `counted` has the counts with the lengths that they must equal, of lists that did not change.
    """

    before: Mapping[str, Document]
    after: Mapping[str, Document]
    details: Mapping[str, Document]
    lists: Mapping[str, list[Any]]
    counted: Mapping[str, tuple[Any, int]]

    def is_unchanged(self, job_id: str) -> bool:
        """Return whether a job had the same state, create time and members at the beginning and at the end."""
        return _key_members(self.before[job_id]) == _key_members(self.after[job_id])

    def entries(self, path: str, job_id: str) -> list[Document] | None:
        """Return the entries of a list with this id; None if the list could not be read."""
        if path not in self.lists:
            return None
        return [item for item in self.lists[path] if isinstance(item, Mapping) and item.get("jobId") == job_id]


def observe(target: Target, jobs: Jobs, model_jobs: Iterable[ModelJob]) -> Observation:
    """Read everything once; no request changes the target."""
    ids = [job.own.id for job in model_jobs]
    before = {job_id: jobs.info(job_id) for job_id in ids}
    lists = {path: listed for path in LISTS if (listed := _listed(target, path, ids)) is not None}
    overview = _members(target, "/overview")
    again = {path: _listed(target, path, ids) for path in (*_COUNTS.values(), FINISHED)}
    details = {job_id: _members(target, f"/running-job/{job_id}") for job_id in ids}
    after = {job_id: jobs.info(job_id) for job_id in ids}
    # A job that started and ended in between is in no list of running jobs, but in that of all ended ones.
    unchanged = {path for path in again if _is_same(lists.get(path), again[path])}
    counted = {
        name: (overview[name], lists[path].length)
        for name, path in _COUNTS.items()
        if name in overview and unchanged >= {path, FINISHED}
    }
    return Observation(before, after, details, {path: listed.own for path, listed in lists.items()}, counted)


def _key_members(document: Document) -> tuple[Any, ...]:
    return (document.get("jobStatus"), document.get("createTime"), frozenset(document))


def _is_same(listed: _Listed | None, again: _Listed | None) -> bool:
    return listed is not None and again is not None and listed.identity == again.identity


def _identity(item: Any) -> Any:
    return (item.get("jobId"), item.get("createTime")) if isinstance(item, Mapping) else item


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list, which can be long: the entries of own jobs, its length, and a digest of its ids."""

    own: list[Any]
    length: int
    identity: bytes


def _listed(target: Target, path: str, ids: Collection[str]) -> _Listed | None:
    response = target.get(path)
    try:
        items = response.items if response.status == HTTPStatus.OK else None
    except AssertionError:
        return None
    if items is None:
        return None
    own = (item for item in items if isinstance(item, Mapping) and item.get("jobId") in ids)
    identity = sha256()
    for item in items:
        identity.update(repr(_identity(item)).encode("utf-8", "surrogatepass"))
    return _Listed(list(islice(own, _MOST_ENTRIES)), len(items), identity.digest())


def workers(target: Target, tags: Mapping[str, str]) -> int:
    """Return the number of workers with these tags; the name of the member differs between releases."""
    overview = _members(target, "/overview", tags)
    return next((int(count) for name, count in overview.items() if name.startswith("work") and _is_number(count)), 0)


def _is_number(count: Any) -> bool:
    return isinstance(count, str) and count.isdecimal()


def _members(target: Target, path: str, query: Mapping[str, str] = NO_OPTIONS) -> Document:
    response = target.get(path, query=query)
    try:
        return response.members if response.status == HTTPStatus.OK else {}
    except AssertionError:
        return {}
